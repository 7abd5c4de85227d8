package bot

import (
	"cmp"

	"sampledesk/bot/view"
	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

// replyMessage renders what is said in the thread of a card.
func replyMessage(e workflow.Effect) view.Message {
	s := *e.Payload
	if s.Kind != workflow.KindMessage {
		return view.Reply(s)
	}
	to := view.Correspondent{Shop: e.Shop, Application: e.Application}
	if s.Creator != nil {
		to.Creator = s.Creator.KeyOf(e.Shop)
	}
	return view.Heard(s, to)
}

// located adds to what a creator wrote where that was: the shop's name, and the campaign's.
func located(tx workflow.Tx, s workflow.Payload, shop workflow.Shop) (workflow.Payload, error) {
	if s.Kind != workflow.KindMessage {
		return s, nil
	}
	s.Shop = cmp.Or(shop.Name, string(shop.ID))
	var err error
	s.Campaign, err = query.CampaignName(tx, s.CampaignID)
	return s, err
}

// announcement renders what is said in a channel.
func announcement(e workflow.Effect, s workflow.Payload, admins []workflow.PersonID) view.Message {
	if s.Kind != workflow.KindMessage {
		return view.Notice(s, admins)
	}
	return view.Heard(s, view.Correspondent{Shop: e.Shop, Creator: s.CreatorKey, Campaign: s.CampaignID})
}
