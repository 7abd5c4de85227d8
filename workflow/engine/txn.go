package engine

import (
	"crypto/rand"
	"errors"
	"time"

	"sampledesk/workflow"
)

// txn is one transaction of the engine.
type txn struct {
	tx       *steady
	ahead    time.Duration // by how much this machine's clock is before the store's
	enqueued bool
	faults   []error        // of steps; see Next.Fault
	kept     []kept         // what the history tells of, for who watches
	ownRun   workflow.RunID // the run that this transaction saves itself, so that updateRun leaves it alone
	asking   int            // how deep rules are being asked about other requests because one has changed
}

// kept is a line of the history with the application as it is then.
type kept struct {
	line   workflow.Entry
	after  workflow.Application
	undone workflow.EffectID // the review that was taken back
}

// load returns the application, or an unseen one.
func load(tx workflow.Tx, k workflow.Key) (workflow.Application, error) {
	a, err := tx.Application(k)
	if errors.Is(err, workflow.ErrNotFound) {
		return workflow.Application{Key: k}, nil
	}
	return a, err
}

// apply steps one application. Did reports whether it changed.
func (t *txn) apply(k workflow.Key, ev workflow.Event) (after workflow.Application, did bool, err error) {
	before, err := load(t.tx, k)
	if err != nil {
		return before, false, err
	}
	if ev, err = t.readied(before, forErased(before, prepared(ev))); err != nil {
		return before, false, err
	}
	next, err := workflow.Step(before, ev)
	if err != nil || !next.Changed {
		return before, false, err
	}
	if err := onFirstSeen(t, before, &next, ev); err != nil {
		return before, false, err
	}
	if err := setTimer(t.tx, before, &next); err != nil {
		return before, false, err
	}
	if err := t.askOnStep(before, &next, ev); err != nil {
		return before, false, err
	}
	next, line, told := next.Told(before, ev)
	if err := t.save(before, next, line, told); err != nil {
		return before, false, err
	}
	if told {
		if err := t.callWebhook(before, next.Application, line); err != nil {
			return before, false, err
		}
		k := kept{line: line, after: next.Application}
		if line.Event == workflow.OnUndone {
			k.undone = before.Decision.Review
		}
		t.kept = append(t.kept, k)
	}
	if next.Fault != nil {
		t.faults = append(t.faults, next.Fault)
	}
	if after, err = t.afterStep(before, next, ev); err != nil {
		return after, true, err
	}
	after, err = t.afterRules(before, after, ev, next.At)
	return after, true, err
}

// prepared makes an event ready to be stepped: a decision gets the effect that will carry it, and what people typed is
// cleaned, so that the history has it as it is shown.
func prepared(ev workflow.Event) workflow.Event {
	switch e := ev.(type) {
	case workflow.Decided:
		if e.Review == "" {
			e.Review = newEffectID()
		}
		e.Note, e.Message = workflow.CleanText(e.Note), workflow.CleanText(e.Message)
		return e
	case workflow.Noted:
		e.Text = workflow.CleanText(e.Text)
		return e
	default:
		return ev
	}
}

// afterStep does what a step means for more than the application itself: its run, and the message that was to go with a
// decision once that is confirmed.
func (t *txn) afterStep(before workflow.Application, next workflow.Next, ev workflow.Event) (workflow.Application, error) {
	after := next.Application
	if err := updateRun(t, before, next, ev); err != nil {
		return after, err
	}
	if err := updateDigests(t, before, after, next.At); err != nil {
		return after, err
	}
	if err := t.repaintOthers(before, after, next.At); err != nil {
		return after, err
	}
	if before.State() == workflow.Unseen && after.Decidable() {
		return offerInTurn(t, after, next.At)
	}
	if err := tellExpired(t, before, after, next.At); err != nil {
		return after, err
	}
	if err := countBacklog(t, before, after, next.At); err != nil {
		return after, err
	}
	if before.Decision.Phase == workflow.DecisionConfirmed || after.Decision.Phase != workflow.DecisionConfirmed || after.Decision.Message == "" {
		return after, nil
	}
	if err := writeDecisionMessage(t, after, next.At); err != nil {
		return after, err
	}
	return load(t.tx, after.Key)
}

// save saves what a step led to, with its line of the history, if that is told.
func (t *txn) save(before workflow.Application, next workflow.Next, line workflow.Entry, told bool) error {
	if err := errors.Join(t.tx.PutApplication(next.Application), workflow.CountIn(t.tx, before, next.Application)); err != nil {
		return err
	}
	if told {
		if err := t.tx.Append(line); err != nil {
			return err
		}
	}
	for _, id := range next.Cancel {
		if err := t.cancel(workflow.ReviewLane(before.Key), id); err != nil {
			return err
		}
	}
	for _, eff := range next.Reschedule {
		if err := t.reschedule(eff); err != nil {
			return err
		}
	}
	for _, eff := range next.Effects {
		eff.Shop, eff.Application = before.Key.Shop, before.Key.ID
		if err := t.enqueue(eff, next.At); err != nil {
			return err
		}
	}
	for _, lane := range next.Wake {
		t.enqueued = true
		if err := t.tx.Wake(lane); err != nil {
			return err
		}
	}
	return nil
}

// unclaimed returns the first effect of a lane that is one of those and not claimed, by the index alone; ErrNotFound if
// there is none.
func (t *txn) unclaimed(l workflow.Lane, one func(workflow.InLine) bool) (id workflow.EffectID, err error) {
	err = t.tx.Line(l, func(e workflow.InLine) bool {
		if !e.Claimed && one(e) {
			id = e.ID
		}
		return id == ""
	})
	if err == nil && id == "" {
		err = workflow.ErrNotFound
	}
	return id, err
}

// cancel drops an effect unless it is claimed: a claim is never undone.
func (t *txn) cancel(lane workflow.Lane, id workflow.EffectID) error {
	_, err := t.unclaimed(lane, func(e workflow.InLine) bool { return e.ID == id })
	if errors.Is(err, workflow.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return t.tx.Remove(id)
}

// reschedule makes an effect due earlier, unless it is claimed.
func (t *txn) reschedule(earlier workflow.Effect) error {
	_, err := t.unclaimed(earlier.Lane, func(e workflow.InLine) bool { return e.ID == earlier.ID })
	if errors.Is(err, workflow.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	waiting, err := t.tx.Effect(earlier.ID)
	if err != nil {
		return err
	}
	waiting.NotBefore = earlier.NotBefore
	t.enqueued = true
	return t.tx.Change(waiting)
}

// enqueue puts an effect in its lane. Repaints of one card or notice coalesce: what is shown is rendered at delivery,
// so one that waits already serves, and only has to come as early as the new one asks.
func (t *txn) enqueue(eff workflow.Effect, at time.Time) error {
	t.enqueued = true
	if eff.Kind == workflow.ShowCard || eff.Kind == workflow.ShowNotice {
		id, err := t.unclaimed(eff.Lane, func(e workflow.InLine) bool { return e.Kind == eff.Kind && e.Notice == eff.Notice })
		if err == nil {
			return t.coalesce(id, eff)
		}
		if !errors.Is(err, workflow.ErrNotFound) {
			return err
		}
	}
	if eff.ID == "" {
		eff.ID = newEffectID()
	}
	eff.MadeAt = at
	if eff.Kind == workflow.ReviewOnTikTok { // so much time as was promised to think again, whatever this machine's clock says
		eff.NotBefore = eff.NotBefore.Add(-t.ahead)
	}
	return t.tx.Enqueue(eff)
}

// coalesce has the repaint that waits serve for another.
func (t *txn) coalesce(id workflow.EffectID, eff workflow.Effect) error {
	waiting, err := t.tx.Effect(id)
	if err != nil {
		return err
	}
	priority, notBefore := min(waiting.Priority, eff.Priority), waiting.NotBefore
	if eff.NotBefore.Before(notBefore) && waiting.Attempt == 0 {
		notBefore = eff.NotBefore // one that failed keeps its pause
	}
	if priority == waiting.Priority && notBefore.Equal(waiting.NotBefore) {
		return nil
	}
	waiting.Priority, waiting.NotBefore = priority, notBefore
	return t.tx.Change(waiting)
}

// newEffectID returns an id that no other desk will ever make: 130 random bits.
func newEffectID() workflow.EffectID { return workflow.EffectID(rand.Text()) }
