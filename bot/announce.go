package bot

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"sampledesk/bot/access"
	"sampledesk/bot/view"
	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

// announceDesk renders what is told once, in a card's thread or in a channel, and what of it is edited later. Whether there
// is still a reason for it is looked at when it is delivered.
type announceDesk struct {
	store    workflow.Store
	access   *access.Access
	defaults query.Defaults
}

// deadline renders a step of a deadline for the thread of its card. It is looked at once more whether there is a reason
// left: none means silence. Loud steps are shown in the channel too.
func (d *announceDesk) deadline(ctx context.Context, e workflow.Effect, a workflow.Application, s workflow.Shop) (m view.Message, loud, obsolete bool) {
	p := *e.Payload
	if p.Obsolete(a, s.Settings, time.Now()) {
		return m, false, true
	}
	named, unnamed := d.called(ctx, p.Audience, s)
	m = view.Deadline(view.DeadlineFacts{
		Saying: p, Application: a, Region: s.Region, Named: named, Unnamed: unnamed, Days: moveDays(s),
		Nudging: p.Deadline == workflow.PostDeadline && p.Before > 0 && s.Settings.Nudge != "",
	})
	return m, p.Audience == workflow.ToChannel || p.Audience == workflow.ToAdmins, false
}

// moveDays returns after how many days a shop is told of a parcel that does not move.
func moveDays(s workflow.Shop) int { return cmp.Or(s.Settings.MoveDays, workflow.DefaultMoveDays) }

// called returns whom an announcement calls by name: only people who can act. Where it calls for somebody and nobody can be
// named, unnamed says who may.
func (d *announceDesk) called(ctx context.Context, to workflow.Audience, s workflow.Shop) (named view.Entitled, unnamed string) {
	switch to {
	case workflow.ToReviewers:
		named = view.Entitled{People: d.able(ctx, s.Settings.Reviewers, s), Groups: s.Settings.Groups}
		if len(named.People) > 0 || len(named.Groups) > 0 {
			return named, ""
		}
		if len(s.Settings.Reviewers) == 0 {
			return named, view.EveryMember
		}
		fallthrough // those who were named can decide no more, and an admin can name others
	case workflow.ToAdmins:
		return view.Entitled{People: d.able(ctx, d.defaults.AdminsOf(s), s)}, view.AnAdmin
	default:
		return view.Entitled{}, ""
	}
}

// able leaves out those who can not act in a shop's channel: who left it, guests, people of other workspaces. About whom
// Slack does not tell in time is called all the same.
func (d *announceDesk) able(ctx context.Context, all []workflow.PersonID, s workflow.Shop) []workflow.PersonID {
	ctx, cancel := context.WithTimeout(ctx, access.Timeout)
	defer cancel()
	channel, unable := d.defaults.ChannelOf(s), make([]bool, len(all))
	access.AskAll(len(all), access.FewAtATime, func(n int) {
		err := d.access.MayDecide(ctx, all[n], channel)
		unable[n] = err != nil && access.DenialOf(err) != view.DeniedUnchecked
	})
	var able []workflow.PersonID
	for n, p := range all {
		if !unable[n] {
			able = append(able, p)
		}
	}
	return able
}

// group tells of several applications in one message: deadlines, or what became of shipments. What needs no word
// any more is left out, and where nothing is left there is silence.
func (d *announceDesk) group(ctx context.Context, p workflow.Payload, s workflow.Shop) (m view.Message, obsolete bool, err error) {
	if p, err = d.current(ctx, p); err != nil {
		return m, false, err
	}
	if p.Waiting <= 0 {
		return m, true, nil
	}
	if p.Kind == workflow.KindShipment {
		if s.Settings.Shipments == workflow.ShipmentsInThread {
			return m, true, nil
		}
		return view.Shipments(view.ShipmentsFacts{Saying: p, Days: moveDays(s)}), false, nil
	}
	steps := s.Settings.Steps
	if len(steps) == 0 {
		steps = workflow.DefaultSteps
	}
	named, unnamed := d.called(ctx, p.Audience, s)
	return view.Deadlines(view.DeadlinesFacts{Saying: p, Steps: steps, Named: named, Unnamed: unnamed}), false, nil
}

// current brings a group up to date: without the items that need no word any more, and with the links of cards that came
// meanwhile.
func (d *announceDesk) current(ctx context.Context, p workflow.Payload) (workflow.Payload, error) {
	var items []workflow.Item
	err := d.store.View(ctx, func(tx workflow.Tx) error {
		items = nil
		for _, i := range p.Items {
			a, err := tx.Application(i.Key)
			if errors.Is(err, workflow.ErrNotFound) {
				continue
			}
			if err != nil {
				return err
			}
			if p.StillNames(a, i, time.Now()) {
				i.Link = a.Card.Link
				items = append(items, i)
			}
		}
		return nil
	})
	if err != nil {
		return p, err
	}
	p.Waiting -= len(p.Items) - len(items)
	p.Items = items
	if len(items) == 0 {
		p.NextDue = time.Time{}
	} else if p.Kind == workflow.KindDeadline {
		p.NextDue = slices.MinFunc(items, func(a, b workflow.Item) int { return a.By.Compare(b.By) }).By
	}
	return p, nil
}

// morningMessage renders a morning's message, with its applications as they are now.
func (d *announceDesk) morningMessage(tx workflow.Tx, n workflow.Notice) (view.Message, error) {
	if n.Agenda == nil {
		return view.Message{}, workflow.ErrNotFound
	}
	shop, err := d.defaults.ShopNamed(tx, n.Shop)
	if err != nil {
		return view.Message{}, err
	}
	facts := view.MorningFacts{Agenda: *n.Agenda, Shop: shop}
	for i, k := range n.Agenda.Keys {
		a, err := tx.Application(k)
		if errors.Is(err, workflow.ErrNotFound) {
			continue
		}
		if err != nil {
			return view.Message{}, err
		}
		facts.Rows = append(facts.Rows, view.MorningRow{Application: a, Tomorrow: i >= n.Agenda.Today})
	}
	return view.Morning(facts), nil
}

// contentMessage renders the message about a piece of content.
func (d *announceDesk) contentMessage(tx workflow.Tx, n workflow.Notice) (view.Message, error) {
	if n.Content == nil {
		return view.Message{}, workflow.ErrNotFound
	}
	a, err := tx.Application(n.Key())
	return view.Content(view.ContentFacts{Content: *n.Content, Stage: n.Stage, Creator: a.Snapshot.Creator, Product: a.Snapshot.Product}), err
}

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
