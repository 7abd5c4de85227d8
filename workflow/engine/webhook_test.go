package engine_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
	"sampledesk/workflow/engine"
)

// told is what waits for another system of the sample.
func (d *desk) told() (kinds []workflow.WebhookKind) {
	d.t.Helper()
	for _, e := range d.lane(workflow.WebhookLane(sample)) {
		require.Equal(d.t, []any{workflow.CallWebhook, workflow.Others, sample}, []any{e.Kind, e.Kind.Service(), e.Key()})
		kinds = append(kinds, e.Webhook.Kind)
	}
	return kinds
}

func TestAnotherSystemIsToldInOrderOfWhatHappensWhereAShopNamesOne(t *testing.T) {
	t.Parallel()
	silent := newDesk(t, glow)
	silent.apply(approval(silent.seen().Round, noon))
	require.Empty(t, silent.told())

	shop := glow
	shop.Settings.Webhook = "https://hooks.example/"
	d := newDesk(t, shop)
	d.apply(approval(d.seen().Round, noon))
	d.apply(reported(workflow.StatusAwaitingShipment, noon.Add(time.Minute)))
	require.Equal(t, []workflow.WebhookKind{workflow.WebhookStage, workflow.WebhookDecided, workflow.WebhookStage}, d.told())

	shop.InitialSyncDone = false
	first := newDesk(t, shop)
	a := first.seen()
	require.Empty(t, first.told(), "what a first sweep finds happened before the desk")
	first.apply(approval(a.Round, noon))
	require.Equal(t, []workflow.WebhookKind{workflow.WebhookDecided}, first.told())
}

func TestAnEventThatIsGivenUpIsToldToAdminsOnceADayAndCanBeTriedAgain(t *testing.T) {
	t.Parallel()
	shop := glow
	shop.Settings.Webhook = "https://hooks.example/very-secret"
	d := newDesk(t, shop)
	d.apply(approval(d.seen().Round, noon))
	bury := func(at time.Time) {
		eff, ok := d.claim(workflow.WebhookLane(sample), at)
		require.True(t, ok)
		require.NoError(t, d.Settle(t.Context(), eff, engine.Outcome{Then: engine.Buried, Tell: true, Failure: workflow.Failure{Message: "it answered 404 Not Found"}}, at))
	}
	bury(noon)
	bury(noon.Add(time.Hour))
	var told []workflow.Payload
	for _, n := range d.notices() {
		if n.Kind == workflow.KindWebhook {
			told = append(told, n)
		}
	}
	require.Len(t, told, 1)
	require.Equal(t, "hooks.example", told[0].Text, "the rest of the address is a secret")
	require.Empty(t, d.told())
	tried, err := d.Retry(t.Context(), sample, by(member), noon.Add(2*time.Hour))
	require.NoError(t, err)
	require.Equal(t, 2, tried)
	require.Len(t, d.told(), 2)
}

func TestASecretIsKeptOnceWhereOnlyANewOneIsWanted(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	for n, c := range []struct {
		sealed  string
		onlyNew bool
		want    string
	}{{"one", true, "one"}, {"two", true, "one"}, {"three", false, "three"}} {
		kept, err := d.KeepWebhookSecret(t.Context(), sample.Shop, []byte(c.sealed), c.onlyNew, workflow.Actor{}, noon)
		require.NoError(t, err)
		require.Equal(t, c.want, string(kept), n)
	}
	_, err := d.KeepWebhookSecret(t.Context(), "404", []byte("x"), false, workflow.Actor{}, noon)
	require.True(t, errors.Is(err, workflow.ErrNotFound))
}
