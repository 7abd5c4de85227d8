package engine_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
	"sampledesk/workflow/engine"
)

// request is what TikTok knows of an application.
type request struct {
	key   workflow.Key
	truth workflow.Snapshot
}

// plan has something happen at a time, or, if that has passed, before the next tick.
func (s *sixty) plan(at time.Time, action func()) {
	look := max(at.Unix(), s.now.Unix()+1)/int64(pace/time.Second) + 1
	s.plans[look] = append(s.plans[look], action)
}

// take returns what happens before this tick.
func (s *sixty) take() (actions []func()) {
	look := s.now.Unix() / int64(pace/time.Second)
	actions = s.plans[look]
	delete(s.plans, look)
	return actions
}

// each returns the keys in one order, whatever the map's.
func (s *sixty) each(keys map[workflow.Key]bool) iter.Seq[workflow.Key] {
	all := make([]workflow.Key, 0, len(keys))
	for k := range keys {
		all = append(all, k)
	}
	slices.SortFunc(all, func(a, b workflow.Key) int { return cmp.Compare(a.String(), b.String()) })
	return slices.Values(all)
}

func (s *sixty) span(least, most time.Duration) time.Duration {
	return (least + time.Duration(s.dice.Int64N(int64(most-least)))).Truncate(time.Second)
}

func (s *sixty) once(in int) bool { return s.dice.IntN(in) == 0 }

// people has creators ask, a third of them before the desk is there. Now and then many ask at once, for as long.
func (s *sixty) people() {
	for n := 0; n < s.expected; {
		at, crowd := s.now.Add(s.span(time.Second, s.ends.Sub(s.now)-24*time.Hour)), 1
		left, shops := 168*time.Hour-s.span(0, time.Duration(1+s.dice.IntN(160))*time.Hour), s.dice.IntN(3)
		if s.once(3) {
			at = s.now.Add(time.Second)
		}
		if s.once(20) {
			crowd = 8
		}
		for range crowd {
			n++
			id := workflow.ApplicationID(strconv.Itoa(1000 + n))
			k := workflow.Key{Shop: s.shops[shops].id, ID: id}
			s.plan(at, func() { s.asks(k, left+s.span(0, 10*time.Minute)) })
		}
	}
}

// asks has a creator ask for a sample, with so much time left to decide, and plans what becomes of that.
func (s *sixty) asks(k workflow.Key, left time.Duration) {
	n, _ := strconv.Atoi(string(k.ID))
	r := &request{key: k, truth: workflow.Snapshot{
		Status: workflow.StatusPending, Approvable: true, Stock: 10,
		Creator: workflow.Creator{OpenID: "open-" + strconv.Itoa(n%97), Username: "creator_" + strconv.Itoa(n%97), Followers: workflow.OptionalNumber{Value: float64(n), Shared: true}},
		Product: workflow.Product{ID: workflow.ProductID(strconv.Itoa(n % 7)), Title: "Product " + strconv.Itoa(n%7), Variant: strconv.Itoa(n % 3)},
	}}
	if !s.once(4) {
		r.truth.Creator.GMV = workflow.Money{Amount: strconv.Itoa(n * 7919 % 10007), Currency: "USD"}
	}
	s.requests[k] = r
	s.reviewed(r, s.now.Add(left))
	s.tally["requests"]++
}

// reviewed puts a request into review until then.
func (s *sixty) reviewed(r *request, by time.Time) {
	s.reports(r, func(t *workflow.Snapshot) { t.Status, t.ReviewBy = workflow.StatusPending, by })
	s.plan(by, func() { s.expires(r, by) })
	left := by.Sub(s.now)
	if s.once(4) {
		s.plan(s.now.Add(s.span(0, left)), func() { s.shifts(r) })
	}
	switch when := s.now.Add(s.span(0, left)); s.dice.IntN(10) {
	case 0: // nobody does anything
	case 1:
		s.plan(when, func() { s.becomes(r, workflow.StatusPending, workflow.StatusWithdrawn) })
	case 2:
		s.plan(when, func() {
			if r.truth.Status == workflow.StatusPending {
				s.approved(r)
			}
		})
	default:
		s.plan(when, func() { s.decides(r) })
		if s.once(3) {
			s.plan(when.Add(-pace), func() { s.decides(r) })
		}
	}
}

// reports changes what TikTok will say.
func (s *sixty) reports(r *request, change func(*workflow.Snapshot)) {
	change(&r.truth)
	i := slices.IndexFunc(s.shops, func(b *branch) bool { return b.id == r.key.Shop })
	s.shops[i].dirty[r.key] = true
}

// shifts has TikTok move a deadline.
func (s *sixty) shifts(r *request) {
	by := s.span(-40*time.Hour, 90*time.Hour)
	switch r.truth.Status {
	case workflow.StatusPending:
		s.reports(r, func(t *workflow.Snapshot) { t.ReviewBy = later(s.now, t.ReviewBy.Add(by)) })
		s.plan(r.truth.ReviewBy, func() { s.expires(r, r.truth.ReviewBy) })
	case workflow.StatusAwaitingShipment:
		s.reports(r, func(t *workflow.Snapshot) { t.ShipBy = later(s.now, t.ShipBy.Add(by)) })
		s.plan(r.truth.ShipBy, func() { s.lapses(r, r.truth.ShipBy) })
	}
	s.tally["deadlines moved"]++
}

func later(now, t time.Time) time.Time {
	if t.Before(now.Add(time.Minute)) {
		return now.Add(time.Minute)
	}
	return t
}

// becomes moves a request from one status to another, if it is there.
func (s *sixty) becomes(r *request, from, to workflow.Status) {
	if r.truth.Status == from {
		s.reports(r, func(t *workflow.Snapshot) { t.Status = to })
		s.tally[string(to)]++
	}
}

func (s *sixty) expires(r *request, by time.Time) {
	if r.truth.ReviewBy.Equal(by) {
		s.becomes(r, workflow.StatusPending, workflow.StatusOverdueCancelled)
	}
}

func (s *sixty) lapses(r *request, by time.Time) {
	if r.truth.ShipBy.Equal(by) {
		s.becomes(r, workflow.StatusAwaitingShipment, workflow.StatusNotShipCancelled)
	}
}

// approved is what comes of an approval: a shipment, mostly in time; or the grouping fails, and the request is back.
func (s *sixty) approved(r *request) {
	by := s.now.Add(s.span(10*time.Hour, 96*time.Hour))
	s.reports(r, func(t *workflow.Snapshot) {
		t.Status, t.ShipBy, t.OrderID = workflow.StatusAwaitingShipment, by, "5766"
	})
	s.plan(by, func() { s.lapses(r, by) })
	if s.once(6) {
		s.plan(s.now.Add(s.span(0, 40*time.Hour)), func() { s.shifts(r) })
	}
	if s.once(12) {
		s.plan(s.now.Add(pace), func() {
			if again := r.truth.ReviewBy; r.truth.Status == workflow.StatusAwaitingShipment {
				if s.once(2) || !again.After(s.now) {
					again = s.now.Add(s.span(time.Hour, 168*time.Hour))
				}
				s.reviewed(r, again)
				s.tally["came back"]++
			}
		})
		return
	}
	s.plan(s.now.Add(s.span(0, 100*time.Hour)), func() { s.ships(r) })
}

func (s *sixty) ships(r *request) {
	if r.truth.Status != workflow.StatusAwaitingShipment {
		return
	}
	s.reports(r, func(t *workflow.Snapshot) { t.Status, t.Tracking = workflow.StatusShipped, "1Z1" })
	s.tally["shipped"]++
	if s.once(5) {
		s.plan(s.now.Add(s.span(0, 200*time.Hour)), func() { s.reports(r, func(t *workflow.Snapshot) { t.Tracking = "1Z2" }) })
	}
	s.plan(s.now.Add(s.span(20*time.Hour, 15*24*time.Hour)), func() { s.arrives(r) })
}

func (s *sixty) arrives(r *request) {
	s.becomes(r, workflow.StatusShipped, workflow.StatusContentPending)
	if s.once(4) {
		s.plan(s.now.Add(21*24*time.Hour), func() { s.becomes(r, workflow.StatusContentPending, workflow.StatusUnfulfilCancelled) })
		return
	}
	for i := range 1 + s.dice.IntN(3) {
		s.plan(s.now.Add(s.span(0, 24*24*time.Hour)), func() { s.posts(r, i) })
	}
}

// posts has a creator post: the desk finds it, or TikTok says so first.
func (s *sixty) posts(r *request, i int) {
	if s.now.Before(s.asleepUntil) || s.now.Before(s.tikTokUntil) {
		s.plan(s.now.Add(pace), func() { s.posts(r, i) })
		return
	}
	a := s.application(r.key)
	if a.State() != workflow.Delivered && a.State() != workflow.Completed {
		return
	}
	c := workflow.Content{ID: fmt.Sprint(i), Format: "VIDEO", At: s.now, Views: workflow.OptionalNumber{Value: 1, Shared: true}}
	if s.do(func(ctx context.Context) error {
		_, err := s.desk.FindContent(ctx, r.key, []workflow.Content{c}, s.now)
		return err
	}) {
		s.plan(s.now.Add(pace), func() { s.posts(r, i) })
	}
	s.model.see(r.key)
	s.model.posted(r.key, c)
	s.plan(s.now.Add(s.span(0, 48*time.Hour)), func() { s.becomes(r, workflow.StatusContentPending, workflow.StatusCompleted) })
}

// decides has a reviewer decide, and sometimes change their mind before the decision is sent.
func (s *sixty) decides(r *request) {
	a := s.application(r.key)
	if s.now.Before(s.asleepUntil) || !a.Decidable() {
		return
	}
	e := workflow.Decided{Actor: by(member), At: s.now, Round: a.Round, Verdict: workflow.Approve, Undo: 25 * time.Minute}
	if s.once(4) {
		e.Verdict, e.Reason = workflow.Reject, workflow.Other
	}
	_, err := s.desk.Apply(s.t.Context(), r.key, e)
	if refused := (workflow.Refusal{}); errors.As(err, &refused) {
		return
	}
	require.NoError(s.t, err)
	s.model.see(r.key)
	s.tally["decided"]++
	if s.once(3) {
		s.plan(s.now.Add(pace), func() { s.takesBack(r) })
	}
}

func (s *sixty) takesBack(r *request) {
	a := s.application(r.key)
	if s.now.Before(s.asleepUntil) || a.State() != workflow.Queued {
		return
	}
	_, err := s.desk.Apply(s.t.Context(), r.key, workflow.Undone{Actor: by(member), At: s.now, Round: a.Round})
	require.NoError(s.t, err)
	s.model.see(r.key)
	s.tally["undone"]++
}

// deliver has the dispatcher deliver what can be delivered, until nothing more is due.
func (s *sixty) deliver() {
	for more := true; more; {
		more = false
		for _, kind := range workflow.EffectKinds {
			if s.now.Before(s.tikTokUntil) && kind.Service() == workflow.TikTok || s.now.Before(s.slackUntil) && kind.Service() == workflow.Slack {
				continue
			}
			for _, e := range read(s.desk, func(tx workflow.Tx) ([]workflow.Effect, error) {
				ready, _, err := tx.Ready(kind, s.now, 200)
				return ready, err
			}) {
				more = s.carry(e) || more
			}
		}
	}
}

// carry delivers one effect. A desk may die in it: what was delivered then is recognised by its id.
func (s *sixty) carry(e workflow.Effect) bool {
	var taken bool
	died := s.do(func(ctx context.Context) (err error) {
		e, taken, err = s.desk.Claim(ctx, e.ID, s.now, s.now.Add(time.Minute))
		return err
	})
	s.model.see(e.Key())
	if died || !taken {
		return false
	}
	o := s.outcome(e)
	died = s.do(func(ctx context.Context) error { return s.desk.Settle(ctx, e, o, s.now) })
	s.model.see(e.Key())
	return !died
}

// outcome is what comes of a delivery.
func (s *sixty) outcome(e workflow.Effect) engine.Outcome {
	s.posted++
	ts := fmt.Sprintf("%d.%06d", 1_800_000_000+s.posted, s.posted)
	switch e.Kind {
	case workflow.ReviewOnTikTok:
		return s.reviews(e)
	case workflow.ShowCard:
		if a := s.application(e.Key()); a.Card.Posted() {
			ts = a.Card.TS
		}
		return engine.Outcome{Event: workflow.PostShown{At: s.now, Channel: "C0SAMPLES", TS: ts, Hash: ts}}
	case workflow.ShowNotice:
		n := s.desk.notice(e.Notice)
		if n.TS == "" {
			s.model.shown(n)
		} else {
			ts = n.TS
		}
		return engine.Outcome{Event: workflow.PostShown{At: s.now, Channel: "C0SAMPLES", TS: ts, Hash: ts}}
	case workflow.SendMessage:
		s.announced[e.ID] = "nudge " + e.Key().String()
		return engine.Outcome{Result: engine.MessageDone{What: workflow.OnMessageSent, At: s.now}}
	default:
		s.announced[e.ID] = announcement(e)
		return engine.Outcome{}
	}
}

// reviews sends a decision to TikTok, which decides itself whether it comes in time.
func (s *sixty) reviews(e workflow.Effect) engine.Outcome {
	r := s.requests[e.Key()]
	switch {
	case s.once(15):
		return engine.Outcome{Event: workflow.RefusedForGood{At: s.now, Failure: workflow.Failure{Code: 16032001}}}
	case r.truth.Status != workflow.StatusPending:
		return engine.Outcome{Event: workflow.AnswerLost{At: s.now}, Then: engine.Again, After: time.Hour}
	case e.Review.Verdict == workflow.Approve:
		s.approved(r)
	default:
		s.becomes(r, workflow.StatusPending, workflow.StatusRejectCancelled)
	}
	return engine.Outcome{Event: workflow.Confirmed{At: s.now, Verdict: e.Review.Verdict}}
}
