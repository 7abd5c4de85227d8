package bridge_test

import (
	"errors"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
)

// decide makes a decision about an application as it stands, without an undo window.
func (d *desk) decide(k workflow.Key, v workflow.Verdict, reason workflow.Reason) {
	d.t.Helper()
	_, err := d.engine.Apply(d.t.Context(), k, workflow.Decided{
		Actor: workflow.Actor{Person: "U1", Surface: workflow.FromCard}, At: time.Now(), Round: d.application(k).Round,
		Verdict: v, Reason: reason,
	})
	require.NoError(d.t, err)
}

// review returns the effect that carries the application's decision, if there is one.
func (d *desk) review(k workflow.Key) (e workflow.Effect, found bool) {
	d.t.Helper()
	d.view(func(tx workflow.Tx) (err error) {
		e, err = tx.Effect(d.application(k).Decision.Review)
		if errors.Is(err, workflow.ErrNotFound) {
			return nil
		}
		found = err == nil
		return err
	})
	return e, found
}

// claim takes the decision's effect as a courier does.
func (d *desk) claim(k workflow.Key) workflow.Effect {
	d.t.Helper()
	e, found := d.review(k)
	require.True(d.t, found)
	now := time.Now()
	e, ok, err := d.engine.Claim(d.t.Context(), e.ID, now, now.Add(10*time.Second))
	require.NoError(d.t, err)
	require.True(d.t, ok)
	return e
}
