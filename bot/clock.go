package bot

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"sampledesk/bot/access"
	"sampledesk/bot/post"
	"sampledesk/bot/view"
	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

// clock renders what falls due: steps of deadlines, what became of shipments and of content, and the mornings' messages.
type clock struct {
	access   *access.Access
	defaults query.Defaults
}

// deadline renders a step of a deadline for the thread of its card. It is looked at once more whether there is a reason
// left: none means silence. Loud steps are shown in the channel too.
func (d clock) deadline(_ context.Context, _ workflow.Tx, s post.Subject) (post.Rendered, error) {
	payload, shop := s.Payload, s.Shop
	if payload.Obsolete(s.Application, shop.Settings, time.Now()) {
		return post.Rendered{Obsolete: true}, nil
	}
	about := replyKeys(payload)
	about["step"] = payload.Step
	return post.Rendered{Later: func(ctx context.Context) (post.Rendered, error) {
		named, unnamed := d.called(ctx, payload.Audience, shop)
		return post.Rendered{
			About: about, Loud: !payload.Told && loud(payload.Audience, named),
			Message: view.Deadline(view.DeadlineFacts{
				Payload: payload, Application: s.Application, Region: shop.Region, Named: named, Unnamed: unnamed, Days: moveDays(shop), Now: time.Now(),
				Nudging: payload.Deadline == workflow.PostDeadline && payload.Before > 0 && shop.Settings.Nudge != "",
			}),
		}, nil
	}}, nil
}

// loud reports whether a step in a thread is shown in the channel too: where it is for the channel or the admins, and where
// it is for reviewers of whom none can be named, as a thread reaches only whom it names.
func loud(to workflow.Audience, named view.Entitled) bool {
	switch to {
	case workflow.ToChannel, workflow.ToAdmins:
		return true
	case workflow.ToReviewers:
		return len(named.People) == 0 && len(named.Groups) == 0
	default:
		return false
	}
}

// moveDays returns after how many days a shop is told of a parcel that does not move.
func moveDays(s workflow.Shop) int { return cmp.Or(s.Settings.MoveDays, workflow.DefaultMoveDays) }

// postDays returns how many days a creator of a shop has to post.
func postDays(s workflow.Shop) int { return cmp.Or(s.Settings.PostDays, workflow.DefaultPostDays) }

// called returns whom an announcement calls by name: only people who can act. Where it calls for somebody and nobody can be
// named, unnamed says who may.
func (d clock) called(ctx context.Context, to workflow.Audience, s workflow.Shop) (named view.Entitled, unnamed string) {
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
func (d clock) able(ctx context.Context, all []workflow.PersonID, s workflow.Shop) []workflow.PersonID {
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

// shipments renders what became of several shipments. What needs no word any more is left out, and where nothing is left
// there is silence.
func (d clock) shipments(_ context.Context, tx workflow.Tx, s post.Subject) (post.Rendered, error) {
	payload, err := current(tx, announced(s))
	if err != nil {
		return post.Rendered{}, err
	}
	obsolete := payload.Waiting <= 0 || s.Shop.Settings.Shipments == workflow.ShipmentsInThread
	return post.Rendered{Obsolete: obsolete, Message: view.Shipments(view.ShipmentsFacts{Payload: payload, Days: moveDays(s.Shop), Post: postDays(s.Shop)})}, nil
}

// expired renders the message of a day about requests that expired without a decision.
func (d clock) expired(_ context.Context, tx workflow.Tx, s post.Subject) (post.Rendered, error) {
	name, rows, err := d.agenda(tx, s.Notice)
	if err != nil {
		return post.Rendered{}, err
	}
	return post.Rendered{Message: view.Expired(view.ExpiredFacts{Agenda: *s.Notice.Agenda, Shop: name, Rows: rows})}, nil
}

// overtaken renders what an older version of the desk had still to say of several deadlines: nothing, as the day's message
// lists them.
func (clock) overtaken(context.Context, workflow.Tx, post.Subject) (post.Rendered, error) {
	return post.Rendered{Obsolete: true}, nil
}

// step renders the message of a step of a deadline that several came to, as they are now. Where they need nobody any more
// by the time it would be posted there is silence.
func (d clock) step(_ context.Context, tx workflow.Tx, s post.Subject) (post.Rendered, error) {
	n := s.Notice
	name, rows, err := d.agenda(tx, n)
	if err != nil {
		return post.Rendered{}, err
	}
	facts := view.DeadlinesFacts{
		Agenda: *n.Agenda, Shop: name, Rows: rows, Quick: s.Shop.Settings.QuickReject, Now: time.Now(),
		Posts: func(a workflow.Application) time.Time { return a.PostBy(s.Shop.Settings) },
	}
	if !n.Posted() && facts.Waiting() <= 0 {
		return post.Rendered{Obsolete: true}, nil
	}
	about := map[string]any{"step": workflow.StepName(n.Agenda.Before), "deadline": string(n.Agenda.Deadline)}
	return post.Rendered{Later: func(ctx context.Context) (post.Rendered, error) {
		facts.Named, facts.Unnamed = d.called(ctx, n.Agenda.Audience, s.Shop)
		return post.Rendered{Message: view.Deadlines(facts), About: about}, nil
	}}, nil
}

// agenda reads what a notice lists: its shop's name, where that is to be said, and the applications that are still there.
func (d clock) agenda(tx workflow.Tx, n workflow.Notice) (shop string, rows []workflow.Application, err error) {
	if n.Agenda == nil {
		return "", nil, workflow.ErrNotFound
	}
	if shop, err = d.defaults.ShopNamed(tx, n.Shop); err != nil {
		return "", nil, err
	}
	rows, err = existing(tx, n.Agenda.Keys)
	return shop, rows, err
}

// existing reads applications, without those that are gone.
func existing(tx workflow.Tx, keys []workflow.Key) (all []workflow.Application, err error) {
	for _, k := range keys {
		a, err := tx.Application(k)
		if errors.Is(err, workflow.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		all = append(all, a)
	}
	return all, nil
}

// current brings a group up to date: without the items that need no word any more, and with the links of cards that came
// meanwhile.
func current(tx workflow.Tx, payload workflow.Payload) (workflow.Payload, error) {
	var items []workflow.Item
	for _, i := range payload.Items {
		a, err := tx.Application(i.Key)
		if errors.Is(err, workflow.ErrNotFound) {
			continue
		}
		if err != nil {
			return payload, err
		}
		if payload.StillNames(a) {
			i.Link = a.Card.Link
			items = append(items, i)
		}
	}
	payload.Waiting -= len(payload.Items) - len(items)
	payload.Items = items
	return payload, nil
}

// morning renders a day's message, with its applications as they are now.
func (d clock) morning(_ context.Context, tx workflow.Tx, s post.Subject) (post.Rendered, error) {
	n, settings := s.Notice, s.Shop.Settings
	if n.Agenda == nil {
		return post.Rendered{}, workflow.ErrNotFound
	}
	now := time.Now()
	facts := view.MorningFacts{Quick: settings.QuickReject, Past: n.Agenda.Day != s.Shop.Digest.Day, Now: now}
	var err error
	if facts.Shop, err = d.defaults.ShopNamed(tx, n.Shop); err != nil {
		return post.Rendered{}, err
	}
	if facts.Review, err = existing(tx, n.Agenda.Keys); err != nil {
		return post.Rendered{}, err
	}
	if facts.Ship, err = existing(tx, n.Agenda.Ship); err != nil {
		return post.Rendered{}, err
	}
	slices.SortStableFunc(facts.Review, func(a, b workflow.Application) int {
		return settings.Urgency(b.Snapshot.ReviewBy.Sub(now)) - settings.Urgency(a.Snapshot.ReviewBy.Sub(now))
	})
	if facts.Due, err = dueCounts(tx, workflow.QueueOf(n.Shop), settings, settings.NearSpan(), now); err != nil {
		return post.Rendered{}, err
	}
	if facts.ShipDue, err = dueCounts(tx, workflow.StageOf(n.Shop, workflow.StageAwaiting), settings, shipNear, now); err != nil {
		return post.Rendered{}, err
	}
	waiting, err := query.AnswersOf(tx, []workflow.Shop{s.Shop}, query.Page{}, view.MaxMorningAnswers)
	if err != nil {
		return post.Rendered{}, err
	}
	facts.Waiting, facts.Answers = waiting.Total, waiting.Rows
	return post.Rendered{Later: func(ctx context.Context) (post.Rendered, error) {
		facts.Named, facts.Unnamed = d.called(ctx, n.Agenda.Audience, s.Shop)
		return post.Rendered{Message: view.Morning(facts)}, nil
	}}, nil
}

// shipNear is how near a deadline to ship is that a day's message counts for itself: a day's work.
const shipNear = 24 * time.Hour

// dueCounts counts how much of a listing in order of deadlines falls due soon, all of it.
func dueCounts(tx workflow.Tx, l workflow.Listing, s workflow.Settings, near time.Duration, now time.Time) (view.DueCounts, error) {
	c := view.DueCounts{NearSpan: near, FarSpan: s.DigestSpan()}
	var err error
	if c.Near, err = query.DueWithin(tx, l, now, c.NearSpan); err != nil {
		return c, err
	}
	all, err := query.DueWithin(tx, l, now, c.FarSpan)
	c.Far = all - c.Near
	return c, err
}

// content renders the message about a piece of content.
func (clock) content(_ context.Context, _ workflow.Tx, s post.Subject) (post.Rendered, error) {
	n, a := s.Notice, s.Application
	if n.Content == nil {
		return post.Rendered{}, workflow.ErrNotFound
	}
	about := map[string]any{}
	if n.Stage != "" {
		about["stage"] = string(n.Stage)
	}
	return post.Rendered{About: about, Message: view.Content(view.ContentFacts{Content: *n.Content, Stage: n.Stage, Creator: a.Snapshot.Creator, Product: a.Snapshot.Product})}, nil
}
