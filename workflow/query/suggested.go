package query

import (
	"context"
	"time"

	"sampledesk/workflow"
)

// suggestedIn are the listings of what a rule suggests something for.
func suggestedIn(shops []workflow.Shop) []workflow.Listing {
	var all []workflow.Listing
	for _, s := range shops {
		for _, a := range workflow.RuleActions {
			all = append(all, workflow.SuggestedOf(s.ID, a.Kind))
		}
		all = append(all, workflow.OverCapOf(s.ID))
	}
	return all
}

// suggested reports whether a rule suggests something for an application that waits for a decision.
func suggested(a workflow.Application) bool { return a.Proposal != nil && a.Decidable() }

// Suggestions are how much rules suggest in some shops.
type Suggestions struct {
	All      int
	Approve  int             // of these: to approve, in Shop
	Shop     workflow.ShopID // the one in which most are suggested to be approved; empty: none
	Reject   int             // of these: to reject, in RejectIn
	RejectIn workflow.ShopID // the one in which most are suggested to be rejected; empty: none
}

// SuggestionsIn counts them, without reading any: all, and of the shops in which the reader decides those to be decided.
func SuggestionsIn(tx workflow.Tx, shops, deciding []workflow.Shop) (s Suggestions, err error) {
	if s.All, err = countIn(tx, suggestedIn(shops)); err != nil || s.All == 0 {
		return s, err
	}
	if s.Approve, s.Shop, err = mostSuggested(tx, deciding, workflow.ActApprove); err != nil {
		return s, err
	}
	s.Reject, s.RejectIn, err = mostSuggested(tx, deciding, workflow.ActReject)
	return s, err
}

// mostSuggested is the shop in which an action is suggested most often, and how often.
func mostSuggested(tx workflow.Tx, shops []workflow.Shop, what workflow.ActionKind) (most int, in workflow.ShopID, err error) {
	for _, shop := range shops {
		n, err := tx.Count(workflow.SuggestedOf(shop.ID, what))
		if err != nil {
			return most, in, err
		}
		if n > most {
			most, in = n, shop.ID
		}
	}
	return most, in, nil
}

// SuggestedAt is QueueAt of what a rule suggests something for.
func SuggestedAt(tx workflow.Tx, shops []workflow.Shop, at Page, size int) (Queue, error) {
	return queueAt(tx, shops, suggestedIn(shops), at, size)
}

// CheckSuggested is CheckBulk of all that rules of a shop suggest to approve, up to workflow.MaxPlan of them. What is over a
// cap is not in that listing.
func CheckSuggested(ctx context.Context, tx workflow.Tx, s workflow.ShopID, now time.Time) (c BulkCheck, err error) {
	for a, err := range workflow.Walk(ctx, tx, workflow.SuggestedOf(s, workflow.ActApprove), "") {
		switch {
		case err != nil:
			return c, err
		case len(c.Targets) == workflow.MaxPlan:
			return c, nil
		}
		c.add(a, a.Round, BulkAction{Verdict: workflow.Approve}, now)
	}
	return c, nil
}

// Rejections are what rules of a shop suggest to reject.
type Rejections struct {
	Applications []workflow.Application // that can be rejected now, soonest deadline first
	Moved        int                    // of those before the last of them: they can't be
	Total        int                    // how many are suggested in all
}

// SuggestedRejections returns them, so many at the most and those only that can be offered.
func SuggestedRejections(ctx context.Context, tx workflow.Tx, s workflow.ShopID, now time.Time, most int, offered func(workflow.Application) bool) (r Rejections, err error) {
	of := workflow.SuggestedOf(s, workflow.ActReject)
	if r.Total, err = tx.Count(of); err != nil {
		return r, err
	}
	for a, err := range workflow.Walk(ctx, tx, of, "") {
		switch {
		case err != nil:
			return r, err
		case len(r.Applications) == most:
			return r, nil
		}
		_, err := workflow.Step(a, workflow.Decided{At: now, Round: a.Round, Verdict: workflow.Reject, Reason: a.Proposal.Action.Reason, Review: "none"})
		if err != nil || !offered(a) {
			r.Moved++
			continue
		}
		r.Applications = append(r.Applications, a)
	}
	return r, nil
}
