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
	All     int
	Approve int             // of these: to approve, in Shop
	Shop    workflow.ShopID // the one in which most are suggested to be approved; empty: none
}

// SuggestionsIn counts them, without reading any.
func SuggestionsIn(tx workflow.Tx, shops []workflow.Shop) (s Suggestions, err error) {
	if s.All, err = countIn(tx, suggestedIn(shops)); err != nil || s.All == 0 {
		return s, err
	}
	for _, shop := range shops {
		n, err := tx.Count(workflow.SuggestedOf(shop.ID, workflow.ActApprove))
		if err != nil {
			return s, err
		}
		if n > s.Approve {
			s.Approve, s.Shop = n, shop.ID
		}
	}
	return s, nil
}

// SuggestedAt is QueueAt of what a rule suggests something for.
func SuggestedAt(tx workflow.Tx, shops []workflow.Shop, at Page, size int) (Queue, error) {
	return queueAt(tx, shops, suggestedIn(shops), at, size)
}

// CheckSuggested is CheckBulk of all that rules of a shop suggest to approve, or to reject for a reason, up to
// workflow.MaxPlan of them. What is over a cap is not in that listing.
func CheckSuggested(ctx context.Context, tx workflow.Tx, s workflow.ShopID, d BulkAction, now time.Time) (c BulkCheck, err error) {
	for a, err := range workflow.Walk(ctx, tx, workflow.SuggestedOf(s, actionOf(d)), "") {
		switch {
		case err != nil:
			return c, err
		case d.Verdict == workflow.Reject && a.Proposal.Action.Reason != d.Reason:
			continue
		case len(c.Targets) == workflow.MaxPlan:
			return c, nil
		}
		c.add(a, a.Round, d, now)
	}
	return c, nil
}

func actionOf(d BulkAction) workflow.ActionKind {
	if d.Verdict == workflow.Reject {
		return workflow.ActReject
	}
	return workflow.ActApprove
}
