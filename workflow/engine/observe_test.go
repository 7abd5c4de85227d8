package engine_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
	"sampledesk/workflow/engine"
)

// picky is a store that does not take some applications.
type picky struct {
	workflow.Store
	refuses map[workflow.ApplicationID]bool
}

type pickyTx struct {
	workflow.Tx
	refuses map[workflow.ApplicationID]bool
}

var errPicky = errors.New("the name is too long")

func (p picky) Update(ctx context.Context, fn func(workflow.Tx) error) error {
	return p.Store.Update(ctx, func(tx workflow.Tx) error { return fn(pickyTx{tx, p.refuses}) })
}

func (p pickyTx) PutApplication(a workflow.Application) error {
	if p.refuses[a.Key.ID] {
		return errPicky
	}
	return p.Tx.PutApplication(a)
}

func TestAReportThatTheStoreDoesNotTakeCostsItselfAlone(t *testing.T) {
	d := newDesk(t, glow)
	store := picky{d.store, map[workflow.ApplicationID]bool{"2": true}}
	desk := engine.New(store, nil)
	var all []engine.Observation
	for _, id := range []workflow.ApplicationID{"1", "2", "3"} {
		all = append(all, engine.Observation{ID: id, Reported: reported(workflow.StatusPending, noon)})
	}
	changed, err := desk.Observe(t.Context(), sample.Shop, all)
	notKept, ok := errors.AsType[*engine.NotKeptError](err)
	require.True(t, ok, err)
	require.Len(t, notKept.Records, 1)
	require.ErrorIs(t, notKept.Records["2"], errPicky)
	require.ErrorContains(t, err, "2")
	require.Equal(t, 2, changed)
	for _, id := range []workflow.ApplicationID{"1", "3"} {
		require.NoError(t, d.store.View(t.Context(), func(tx workflow.Tx) error {
			a, err := tx.Application(workflow.Key{Shop: sample.Shop, ID: id})
			require.Equal(t, workflow.Pending, a.State())
			return err
		}))
	}
	_, err = desk.Observe(t.Context(), sample.Shop, all[1:2])
	require.ErrorAs(t, err, &notKept, "nor by itself")

	store.refuses["1"], store.refuses["3"] = true, true
	later := []engine.Observation{{ID: "1", Reported: reported(workflow.StatusShipped, minutes(1))}, {ID: "3", Reported: reported(workflow.StatusShipped, minutes(1))}}
	_, err = desk.Observe(t.Context(), sample.Shop, later)
	require.ErrorIs(t, err, errPicky)
	notKept, ok = errors.AsType[*engine.NotKeptError](err)
	require.False(t, ok, "where nothing is taken the store is at fault: %v", notKept)
}

func TestRequestsThatCannotBeReadAreToldOnceEach(t *testing.T) {
	d := newDesk(t, glow)
	tell := func(names ...string) {
		require.NoError(t, d.AnnounceUnreadable(t.Context(), sample.Shop, names, noon))
	}
	tell("7", "")
	tell("7", "")
	tell("7", "", "8", "8", "\x00")
	payloads := d.notices()
	require.Len(t, payloads, 2)
	require.Equal(t, workflow.Payload{Kind: workflow.KindUnreadable, At: noon, Shop: "Glow", Waiting: 2, IDs: []string{"7", ""}}, payloads[0])
	require.Equal(t, []string{"8"}, payloads[1].IDs)
	require.Equal(t, 5, payloads[1].Waiting)
}

func TestARequestThatIsAnAgencysHasNothingLeftToDecide(t *testing.T) {
	d := newDesk(t, glow)
	a := d.seen()
	d.apply(workflow.Decided{Actor: by(member), At: noon, Round: a.Round, Verdict: workflow.Approve})
	e := d.take(workflow.ReviewLane(sample), noon)
	d.settle(e, engine.Outcome{Event: workflow.RefusedForGood{At: minutes(2), Failure: workflow.Failure{Code: 16022020, Fault: workflow.FaultAgency}}}, minutes(2))
	a = d.memory().Application
	require.Equal(t, workflow.Refused, a.State())
	require.False(t, a.Decidable())
	require.Zero(t, a.Timer, "nobody here is reminded of it")
	_, err := d.Apply(t.Context(), sample, approval(a.Round, minutes(3)))
	requireRefused(t, workflow.RuleAgency, err)
}
