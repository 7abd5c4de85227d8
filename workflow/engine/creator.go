package engine

import (
	"sampledesk/workflow"
)

// liveOf returns a creator's application at a shop that was seen last of those that are live, or ErrNotFound.
func liveOf(tx workflow.Tx, shop workflow.ShopID, creator workflow.CreatorKey) (workflow.Application, error) {
	all, err := workflow.OfCreator(tx, creator)
	if err != nil {
		return workflow.Application{}, err
	}
	for _, a := range all {
		if a.Key.Shop == shop && a.State().Live() {
			return a, nil
		}
	}
	return workflow.Application{}, workflow.ErrNotFound
}

func hasLive(tx workflow.Tx, c workflow.CampaignID, member workflow.CreatorKey) (bool, error) {
	all, err := workflow.CurrentApplications(tx, c, member)
	return len(all) > 0, err
}
