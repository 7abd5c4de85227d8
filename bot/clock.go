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
)

// deadline renders a step of a deadline for the thread of its card. It is looked at once more whether there is a reason
// left: none means silence. Loud steps are shown in the channel too.
func (d *Desk) deadline(ctx context.Context, e workflow.Effect, a workflow.Application, s workflow.Shop) (m view.Message, loud, moot bool) {
	saying := *e.Payload
	if saying.Obsolete(a, s.Settings, time.Now()) {
		return m, false, true
	}
	named, unnamed := d.called(ctx, saying.Audience, s)
	m = view.Deadline(view.DeadlineFacts{
		Saying: saying, Application: a, Region: s.Region, Named: named, Unnamed: unnamed, Days: moveDays(s),
		Nudging: saying.Deadline == workflow.PostDeadline && saying.Before > 0 && s.Settings.Nudge != "",
	})
	return m, saying.Audience == workflow.ToChannel || saying.Audience == workflow.ToAdmins, false
}

// moveDays returns after how many days a shop is told of a parcel that does not move.
func moveDays(s workflow.Shop) int { return cmp.Or(s.Settings.MoveDays, workflow.DefaultMoveDays) }

// called returns whom a voice calls by name: only people who can act. Where it calls for somebody and nobody can be
// named, unnamed says who may.
func (d *Desk) called(ctx context.Context, v workflow.Audience, s workflow.Shop) (named view.Entitled, unnamed string) {
	switch v {
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
		return view.Entitled{People: d.able(ctx, d.adminsOf(s), s)}, view.AnAdmin
	default:
		return view.Entitled{}, ""
	}
}

// able leaves out those who can not act in a shop's channel: who left it, guests, people of other workspaces. About whom
// Slack does not tell in time is called all the same.
func (d *Desk) able(ctx context.Context, all []workflow.PersonID, s workflow.Shop) []workflow.PersonID {
	ctx, cancel := context.WithTimeout(ctx, access.Timeout)
	defer cancel()
	channel, unable := d.channelOf(s), make([]bool, len(all))
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

// announceGroup tells of several applications in one message: deadlines, or what became of shipments. What needs no word
// any more is left out, and where nothing is left there is silence.
func (d *Desk) announceGroup(ctx context.Context, saying workflow.Payload, s workflow.Shop) (m view.Message, moot bool, err error) {
	if saying, err = d.current(ctx, saying); err != nil {
		return m, false, err
	}
	if saying.Waiting <= 0 {
		return m, true, nil
	}
	if saying.Kind == workflow.KindShipment {
		if s.Settings.Shipments == workflow.ShipmentsInThread {
			return m, true, nil
		}
		return view.Shipments(view.ShipmentsFacts{Saying: saying, Days: moveDays(s)}), false, nil
	}
	steps := s.Settings.Steps
	if len(steps) == 0 {
		steps = workflow.DefaultSteps
	}
	named, unnamed := d.called(ctx, saying.Audience, s)
	return view.Deadlines(view.DeadlinesFacts{Saying: saying, Steps: steps, Named: named, Unnamed: unnamed}), false, nil
}

// current brings a group up to date: without the items that need no word any more, and with the links of cards that came
// meanwhile.
func (d *Desk) current(ctx context.Context, saying workflow.Payload) (workflow.Payload, error) {
	var items []workflow.Item
	err := d.store.View(ctx, func(tx workflow.Tx) error {
		items = nil
		for _, i := range saying.Items {
			a, err := tx.Application(i.Key)
			if errors.Is(err, workflow.ErrNotFound) {
				continue
			}
			if err != nil {
				return err
			}
			if saying.StillNames(a, i, time.Now()) {
				i.Link = a.Card.Link
				items = append(items, i)
			}
		}
		return nil
	})
	if err != nil {
		return saying, err
	}
	saying.Waiting -= len(saying.Items) - len(items)
	saying.Items = items
	if len(items) == 0 {
		saying.NextDue = time.Time{}
	} else if saying.Kind == workflow.KindDeadline {
		saying.NextDue = slices.MinFunc(items, func(a, b workflow.Item) int { return a.By.Compare(b.By) }).By
	}
	return saying, nil
}

// morningMessage renders a morning's message, with its applications as they are now.
func (d *Desk) morningMessage(tx workflow.Tx, n workflow.Notice) (view.Message, error) {
	if n.Agenda == nil {
		return view.Message{}, workflow.ErrNotFound
	}
	shop, err := d.defaults().ShopNamed(tx, n.Shop)
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
func (d *Desk) contentMessage(tx workflow.Tx, n workflow.Notice) (view.Message, error) {
	if n.Content == nil {
		return view.Message{}, workflow.ErrNotFound
	}
	a, err := tx.Application(n.Key())
	return view.Content(view.ContentFacts{Content: *n.Content, Stage: n.Stage, Creator: a.Snapshot.Creator, Product: a.Snapshot.Product}), err
}
