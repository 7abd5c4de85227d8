package engine

import (
	"cmp"
	"context"
	"slices"
	"time"

	"sampledesk/workflow"
)

// maxSingle is how many applications of a shop may reach a step of the same deadline at once and still be announced one
// by one. More become one grouped message.
const maxSingle = 5

// maxListed is how many applications a grouped message names; the others it counts.
const maxListed = 10

// announceGroups makes the grouped messages that are needed, and returns what is due then. Messages that were opened
// and not made, as their process died, are opened again: there may be more by now.
func (c clock) announceGroups(ctx context.Context) (seen survey, err error) {
	if seen, err = c.survey(ctx); err != nil {
		return seen, err
	}
	if seen.shop.HasOpenGroup() {
		if err := c.openGroups(ctx, nil); err != nil {
			return seen, err
		}
		if seen, err = c.survey(ctx); err != nil {
			return seen, err
		}
	}
	if when, concerned := seen.day(c.now); concerned {
		if err := c.showDay(ctx, when); err != nil {
			return seen, err
		}
		if seen, err = c.survey(ctx); err != nil {
			return seen, err
		}
	}
	kinds := seen.groupedKinds()
	if len(kinds) == 0 {
		return seen, nil
	}
	if err := c.openGroups(ctx, kinds); err != nil {
		return seen, err
	}
	if seen, err = c.survey(ctx); err != nil {
		return seen, err
	}
	if err := c.closeGroups(ctx, seen); err != nil {
		return seen, err
	}
	return c.survey(ctx)
}

// survey is what was found of a shop's deadlines that are due.
type survey struct {
	shop    workflow.Shop
	of      map[workflow.DeadlineKind]tally
	singles []workflow.Key // what is announced one by one, the most urgent first
	left    int            // how many are handled otherwise
}

// tally is what there is to announce of one kind. While a grouped message is open it is what that message covers.
type tally struct {
	count     int
	firstSeen int // of the count, those whose step was past when the desk first saw them
	urgent    []workflow.Application
	steps     []stepTally // what the day's message did not tell of, step by step
}

// stepTally is what came to one step of a deadline.
type stepTally struct {
	row    workflow.EscalationStep
	before time.Duration
	count  int
	urgent []workflow.Application
}

// survey goes through all that is due. It only reads: however much that is, nobody waits for it.
func (c clock) survey(ctx context.Context) (seen survey, err error) {
	err = c.engine.store.View(ctx, func(tx workflow.Tx) error {
		seen = survey{of: map[workflow.DeadlineKind]tally{}}
		if seen.shop, err = tx.Shop(c.shop); err != nil {
			return err
		}
		for cursor := ""; ; {
			page, err := tx.Applications(workflow.DueOf(c.shop), cursor, observeBatch)
			if err != nil {
				return err
			}
			for _, a := range page.Applications {
				if a.Timer.Next.After(c.now) {
					page.Next = ""
					break
				}
				seen.add(a, c.now)
			}
			if cursor = page.Next; cursor == "" {
				return nil
			}
		}
	})
	seen.singles = seen.oneByOne()
	return seen, err
}

// add adds what is due of one application.
func (seen *survey) add(a workflow.Application, now time.Time) {
	row, before, ok := a.LatestStep(seen.shop.Settings, now)
	if !ok {
		return
	}
	if _, announced := seen.shop.GroupWith(a.Timer); announced || a.Timer.Expired(now) {
		seen.left++
		return
	}
	if g := seen.shop.OpenGroup(row.Deadline); g != nil && !g.Covers(a.Timer) {
		return
	}
	if row.Deadline == workflow.MoveDeadline {
		seen.left++
	}
	t := seen.of[row.Deadline]
	if t.count++; a.Timer.First {
		t.firstSeen++
	}
	t.urgent = mostUrgent(t.urgent, a)
	if !seen.shop.Digest.Covers(a.Timer) {
		t.step(row, before, a)
	}
	seen.of[row.Deadline] = t
}

// step counts an application that came to a step.
func (t *tally) step(row workflow.EscalationStep, before time.Duration, a workflow.Application) {
	i := slices.IndexFunc(t.steps, func(s stepTally) bool { return s.before == before })
	if i < 0 {
		t.steps, i = append(t.steps, stepTally{row: row, before: before}), len(t.steps)
	}
	t.steps[i].count++
	t.steps[i].urgent = mostUrgent(t.steps[i].urgent, a)
}

// mostUrgent adds an application to the most urgent, as far as a message names them; of the same urgency the most valuable
// comes first.
func mostUrgent(all []workflow.Application, a workflow.Application) []workflow.Application {
	i, _ := slices.BinarySearchFunc(all, a, func(x, y workflow.Application) int {
		return cmp.Or(x.Timer.By.Compare(y.Timer.By), workflow.MoreValuable(x, y))
	})
	all = slices.Insert(all, i, a)
	return all[:min(len(all), maxListed)]
}

var audiences = []workflow.Audience{workflow.ToThread, workflow.ToReviewers, workflow.ToChannel, workflow.ToAdmins}

func wider(a, b workflow.Audience) bool {
	return slices.Index(audiences, a) > slices.Index(audiences, b)
}

// grouped reports whether it is announced as a group: if there are many, if two or more were past when first seen, or if two
// or more came to a step that means people.
func (t tally) grouped() bool {
	return t.count > maxSingle || t.firstSeen > 1 || slices.ContainsFunc(t.steps, func(s stepTally) bool {
		return s.count > 1 && s.row.Audience != workflow.ToThread
	})
}

// day returns whether a shop's message of the day concerns what is due, and how: it comes where many have to be told of
// whom nobody else tells, or where several were past when first seen.
func (seen survey) day(now time.Time) (when occasion, concerned bool) {
	when = forFew
	for _, kind := range []workflow.DeadlineKind{workflow.ReviewDeadline, workflow.ShipDeadline} {
		t := seen.of[kind]
		concerned = concerned || len(t.steps) > 0
		quiet := slices.ContainsFunc(t.steps, func(s stepTally) bool { return s.row.Audience == workflow.ToThread })
		if len(t.steps) > 0 && (t.firstSeen > 1 || t.grouped() && quiet) {
			when = forMany
		}
	}
	return when, concerned && seen.shop.InitialSyncDone && (when == forMany || seen.shop.Digest.Day == seen.shop.Today(now))
}

// groupedKinds returns the kinds that are announced as a group.
func (seen survey) groupedKinds() []workflow.DeadlineKind {
	var kinds []workflow.DeadlineKind
	for _, r := range workflow.Deadlines {
		if r.Grouped && seen.shop.InitialSyncDone && seen.of[r.Deadline].grouped() {
			kinds = append(kinds, r.Deadline)
		}
	}
	return kinds
}

// oneByOne returns what is announced one by one.
func (seen survey) oneByOne() []workflow.Key {
	var all []workflow.Application
	for _, r := range workflow.Deadlines {
		if t := seen.of[r.Deadline]; r.Grouped && !t.grouped() {
			all = append(all, t.urgent...)
		}
	}
	slices.SortStableFunc(all, func(a, b workflow.Application) int { return a.Timer.By.Compare(b.Timer.By) })
	keys := make([]workflow.Key, 0, len(all))
	for _, a := range all {
		keys = append(keys, a.Key)
	}
	return keys
}

// openGroups opens a grouped message of each kind, and drops those that were opened before.
func (c clock) openGroups(ctx context.Context, kinds []workflow.DeadlineKind) error {
	return c.engine.changeShop(ctx, c.shop, func(_ *txn, s *workflow.Shop) (bool, error) {
		s.GroupedMessages = slices.DeleteFunc(slices.Clone(s.GroupedMessages), func(g workflow.GroupedMessage) bool { return g.Open })
		for _, kind := range kinds {
			s.GroupCount++
			s.GroupedMessages = append(s.GroupedMessages, workflow.GroupedMessage{Kind: kind, At: c.now, N: s.GroupCount, Open: true})
		}
		return true, nil
	})
}

// closeGroups makes the grouped messages that were opened, of what was counted since. One for which too little was left
// is dropped.
func (c clock) closeGroups(ctx context.Context, seen survey) error {
	return c.engine.changeShop(ctx, seen.shop.ID, func(t *txn, s *workflow.Shop) (bool, error) {
		if !slices.Equal(s.GroupedMessages, seen.shop.GroupedMessages) {
			return false, nil // another process changed it
		}
		var groups []workflow.GroupedMessage
		for _, g := range s.GroupedMessages {
			due := seen.of[g.Kind]
			switch {
			case !g.Open:
				groups = append(groups, g)
			case due.grouped():
				if err := c.notifySteps(t, s, g.Kind, due); err != nil {
					return false, err
				}
				// This one also covers what an earlier message of the kind covered.
				groups = slices.DeleteFunc(groups, func(was workflow.GroupedMessage) bool { return was.Kind == g.Kind })
				groups = append(groups, workflow.GroupedMessage{Kind: g.Kind, At: g.At, N: g.N})
			}
		}
		s.GroupedMessages = groups
		return true, nil
	})
}

// notifySteps makes the messages of the steps that many came to, one for each. What is only for the threads stands in the
// day's message, if it is about what that lists.
func (c clock) notifySteps(t *txn, s *workflow.Shop, kind workflow.DeadlineKind, due tally) error {
	for _, step := range due.steps {
		if step.row.Audience == workflow.ToThread && kind != workflow.PostDeadline {
			continue
		}
		agenda := workflow.Agenda{At: c.now, Audience: step.row.Audience, Deadline: kind, Before: step.before, Count: step.count}
		for _, a := range step.urgent {
			agenda.Keys = append(agenda.Keys, a.Key)
		}
		n := workflow.Notice{ID: workflow.StepNotice(s.ID, kind, step.before, c.now), Shop: s.ID, Kind: workflow.KindDeadline, Agenda: &agenda}
		if err := t.notify(n, c.now, workflow.Routine); err != nil {
			return err
		}
		s.StepNotices = append([]workflow.NoticeID{n.ID}, s.StepNotices...)
		s.StepNotices = s.StepNotices[:min(len(s.StepNotices), maxStepNotices)]
	}
	return nil
}

// maxStepNotices is how many messages of steps are edited as their items are handled: those of about two days.
const maxStepNotices = 12

// newsOrder is the order in which news is announced: first what needs attention.
var newsOrder = []workflow.News{workflow.NewsNotShipped, workflow.NewsStuck, workflow.NewsShipped, workflow.NewsDelivered}

// gather adds an application's news to what is gathered.
func gather(all []workflow.Gathered, a workflow.Application) []workflow.Gathered {
	i := slices.IndexFunc(all, func(g workflow.Gathered) bool { return g.News == a.News })
	if i < 0 {
		all, i = append(all, workflow.Gathered{News: a.News}), len(all)
	}
	all[i].Count++
	if len(all[i].Items) < maxListed {
		all[i].Items = append(all[i].Items, workflow.ItemOf(a))
	}
	return all
}

// gatherShipments gathers what became of shipments since the last sweep, up to observeBatch of it, and reports whether
// there is more. If not, it announces what was gathered, grouped. Each thread has its own anyway.
func gatherShipments(t *txn, shop workflow.ShopID, at time.Time) (more bool, err error) {
	s, err := t.tx.Shop(shop)
	if err != nil {
		return false, err
	}
	page, err := t.tx.Applications(workflow.NewsOf(shop), "", observeBatch)
	if err != nil {
		return false, err
	}
	gathered := slices.Clone(s.Gathered)
	for _, a := range page.Applications {
		gathered = gather(gathered, a)
		a.News = ""
		if err := t.tx.PutApplication(a); err != nil {
			return false, err
		}
	}
	s.Gathered = gathered
	if page.Next == "" {
		if err := announceShipments(t, s, at); err != nil {
			return false, err
		}
		s.Gathered = nil
	}
	return page.Next != "", t.tx.PutShop(s)
}

// announceShipments announces what was gathered, unless the shop wants that in the threads only.
func announceShipments(t *txn, s workflow.Shop, at time.Time) error {
	if s.Settings.Shipments == workflow.ShipmentsInThread {
		return nil
	}
	for _, news := range newsOrder {
		i := slices.IndexFunc(s.Gathered, func(g workflow.Gathered) bool { return g.News == news })
		if i < 0 {
			continue
		}
		g := s.Gathered[i]
		payload := workflow.Payload{Kind: workflow.KindShipment, At: at, News: news, Waiting: g.Count, Items: g.Items, Shop: s.Name}
		if err := t.announce(s.ID, payload); err != nil {
			return err
		}
	}
	return nil
}
