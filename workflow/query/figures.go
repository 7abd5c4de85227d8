package query

import (
	"context"
	"iter"
	"slices"
	"time"

	"sampledesk/workflow"
)

// Figures are what happened in a period, from its start on and before its end. Each request counts once in each.
type Figures struct {
	Received int // first seen by the desk
	Approved int // the approval counts when TikTok has confirmed it, whoever decided
	Rejected int
	There    int           // of both, those decided in the Affiliate Center or by TikTok's automation
	Median   time.Duration // from first sight to the decision, of those decided at this desk; as exact as a workflow.Span
	Shipped  int
	Posted   int // content was found, or the platform says done
	Orders   int // paid so far, through the content of those posted
	Untold   int // of those posted, those of whose orders TikTok tells nothing

	Expired, NotShipped, NotPosted int // the three ways to waste a request
}

// Decided is how many requests were decided.
func (f Figures) Decided() int { return f.Approved + f.Rejected }

// Timed reports whether anything was decided at this desk: then there is a Median.
func (f Figures) Timed() bool { return f.Decided() > f.There }

// Wasted is how many requests came to nothing in one of the three ways that need not have been.
func (f Figures) Wasted() int { return f.Expired + f.NotShipped + f.NotPosted }

// FiguresOf counts what happened to a shop's applications from a time on and before another. The store keeps the sums.
func FiguresOf(ctx context.Context, tx workflow.Tx, shop workflow.ShopID, from, to time.Time) (Figures, error) {
	if err := ctx.Err(); err != nil {
		return Figures{}, err
	}
	sum, err := tx.Totals(shop, from, to)
	return Figures{
		Received: sum.In(workflow.LineReceived), Approved: sum.In(workflow.LineApproved), Rejected: sum.In(workflow.LineRejected),
		There: sum.There, Median: sum.Took.Median(), Shipped: sum.In(workflow.LineShipped), Posted: sum.In(workflow.LinePosted),
		Orders: sum.Orders, Untold: sum.Untold, Expired: sum.In(workflow.LineExpired),
		NotShipped: sum.In(workflow.LineNotShipped), NotPosted: sum.In(workflow.LineNotPosted),
	}, err
}

// moved hands out, each once, the applications that were first seen in a time or moved on since it began.
func moved(ctx context.Context, tx workflow.Tx, shop workflow.ShopID, from, to time.Time) iter.Seq2[workflow.Application, error] {
	older := func(a workflow.Application) bool { return a.SeenAt.Before(from) && !a.ChangedAt.Before(from) }
	return func(yield func(workflow.Application, error) bool) {
		for a, err := range workflow.Walk(ctx, tx, workflow.SeenOf(shop), workflow.CursorAt(from)) {
			if err == nil && !a.SeenAt.Before(to) {
				break
			}
			if !yield(a, err) {
				return
			}
		}
		for a, err := range workflow.Walk(ctx, tx, workflow.LiveOf(shop), "") {
			if (err != nil || older(a)) && !yield(a, err) {
				return
			}
		}
		for _, stage := range workflow.Stages {
			if slices.Contains(liveStages, stage) {
				continue
			}
			for a, err := range workflow.Walk(ctx, tx, workflow.StageOf(shop, stage), "") {
				if err == nil && a.ChangedAt.Before(from) {
					break // the latest come first
				}
				if (err != nil || older(a)) && !yield(a, err) {
					return
				}
			}
		}
	}
}

// liveStages are the stages whose applications LiveOf lists.
var liveStages = []workflow.Stage{workflow.StageReview, workflow.StageAwaiting, workflow.StageShipping, workflow.StageContent}
