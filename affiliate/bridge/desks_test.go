package bridge_test

import (
	"context"
	"log/slog"
	"net/http"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/affiliate"
	"sampledesk/affiliate/affiliatesim"
	"sampledesk/affiliate/bridge"
	"sampledesk/store/boltstore"
	"sampledesk/workflow"
	"sampledesk/workflow/desks"
)

// alongside returns bridges of several desks on the store of a desk, each with a client of its own, as processes have.
func (d *desk) alongside(n int) (all []*bridge.Bridge) {
	for range n {
		all = append(all, d.aside(d.store))
	}
	return all
}

// aside returns the bridge of another desk, on a store.
func (d *desk) aside(store workflow.Store) *bridge.Bridge {
	d.t.Helper()
	client, err := affiliate.New(affiliate.Config{
		AppKey: d.details.AppKey, AppSecret: affiliate.Secret(d.details.AppSecret), APIURL: d.details.APIURL, AuthURL: d.details.AuthURL,
		HTTPClient: &http.Client{Transport: d.between},
	})
	require.NoError(d.t, err)
	log := slog.New(slog.NewTextHandler(d.log, nil))
	b := bridge.New(client, store, d.engine, d.key, log).Use(bridge.Apps{Unnamed: workflow.App{ServiceID: d.details.ServiceID, ConsentURL: d.details.ConsentURL}})
	b.Desks = desks.New(store, "here", "v1", log)
	return b
}

// each has all bridges do something at once.
func each(all []*bridge.Bridge, do func(*bridge.Bridge)) {
	var working sync.WaitGroup
	for _, b := range all {
		working.Go(func() { do(b) })
	}
	working.Wait()
}

func TestSeveralDesksExchangeAndRenewTokensOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, affiliatesim.Options{})
		all := d.alongside(3)
		each(all, func(b *bridge.Bridge) {
			require.NoError(t, b.Connect(t.Context(), affiliate.Secret(d.details.RefreshToken)))
		})
		d.apply(affiliatesim.Request{})
		all[0].SweepAll(t.Context())
		require.Len(t, d.calls(refreshPath), 1, "the token works once")
		for range 3 {
			d.act("/sim/authorization", `{"do":"expire_access"}`, nil)
			d.act("/sim/faults", `{"path":"token/refresh","times":1,"do":"delay","delay_ms":2000}`, nil)
			var working sync.WaitGroup
			working.Go(func() { all[0].SweepAll(t.Context()) })
			working.Go(func() { all[1].PollMessages(t.Context()) })
			working.Go(func() { all[2].WatchAll(t.Context()) })
			working.Wait()
			for _, went := range []map[workflow.ShopID]bridge.Sweep{all[0].Sweeps(), all[1].MessagePolls(), all[2].Watches()} {
				for _, s := range went {
					require.NoError(t, s.Err)
				}
			}
		}
		require.Len(t, d.calls(refreshPath), 4, "once for each time")
	})
}

func TestSeveralDesksSweepOncePerTickAndTellEachOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := connected(t, affiliatesim.Options{})
		shop := workflow.ShopID(d.details.ShopID)
		d.apply(affiliatesim.Request{})
		all := d.alongside(3)
		const searches = "sample_applications/search"
		all[0].SweepAll(t.Context())
		one := len(d.calls(searches))
		tick := time.Now().Add(time.Minute).Truncate(time.Minute)
		for n := range 3 {
			time.Sleep(time.Until(tick.Add(time.Duration(n) * time.Minute)))
			before := len(d.calls(searches))
			each(all, func(b *bridge.Bridge) { b.SweepDue(t.Context(), tick.Add(time.Duration(n)*time.Minute)) })
			require.LessOrEqual(t, len(d.calls(searches))-before, one, "one desk swept")
			for _, b := range all {
				s := b.Sweeps()[shop]
				require.NoError(t, s.Err)
				require.Zero(t, s.Running)
				require.WithinDuration(t, time.Now(), s.Ended, 10*time.Second, "all know of it")
			}
		}
		d.act("/sim/faults", `{"path":"sample_applications/search","times":100,"do":"status","status":503}`, nil)
		tick = tick.Add(time.Hour)
		time.Sleep(time.Until(tick))
		each(all, func(b *bridge.Bridge) { b.SweepDue(t.Context(), tick) })
		for _, b := range all {
			require.Error(t, b.Sweeps()[shop].Err, "all know that it failed")
		}
	})
}

func TestAKeyIsHeldToTheOneThatTheStoreWasSealedWith(t *testing.T) {
	store, err := boltstore.Open(t.Context(), filepath.Join(t.TempDir(), "desk.db"))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	key, _ := bridge.NewKey()
	other, _ := bridge.NewKey()
	require.NoError(t, key.SealWebhook("1", "sdwh_secret", func(sealed []byte) error {
		return store.Update(t.Context(), func(tx workflow.Tx) error { return tx.PutShop(workflow.Shop{ID: "1", WebhookSecret: sealed}) })
	}))
	require.ErrorIs(t, other.Check(t.Context(), store), bridge.ErrWrongKey, "it does not open what is there")
	require.NoError(t, key.Check(t.Context(), store))
	require.NoError(t, key.Check(t.Context(), store))
	require.ErrorIs(t, other.Check(t.Context(), store), bridge.ErrWrongKey)
	next, text := bridge.NewKey()
	n, err := key.Rotate(t.Context(), store, next, func(workflow.Tx) error { return nil })
	require.NoError(t, err)
	require.Equal(t, 1, n)
	again, err := bridge.ParseKey(text)
	require.NoError(t, err)
	require.NoError(t, again.Check(t.Context(), store))
	require.ErrorIs(t, other.Check(t.Context(), store), bridge.ErrWrongKey)
}

// shared is a store that says of itself that several processes have it open. What else such a store promises the bridge
// does not ask.
type shared struct{ workflow.Store }

func (shared) Changes(context.Context, string) ([]workflow.Change, string, error) {
	return nil, "", nil
}

func (shared) Take(context.Context, string, time.Duration, int) (time.Duration, error) { return 0, nil }

func (shared) Spend(context.Context, string, time.Duration, int) error { return nil }

func (shared) Hold(context.Context, string, time.Duration) error { return nil }

func TestAConsentThatComesBackToAnotherDeskIsToldWhoeverWaitsForIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, affiliatesim.Options{})
		mine := d.aside(shared{d.store})
		others := d.aside(shared{d.store})
		for name, good := range map[string]bool{"allowed": true, "a bad code": false} {
			link, state := d.link("", "")
			var got bridge.Connection
			var gotErr error
			var waiting sync.WaitGroup
			waiting.Go(func() { got, gotErr = mine.AwaitConsent(t.Context(), link) })
			time.Sleep(time.Second)
			require.True(t, others.Awaited(state), name)
			back := bridge.Return{State: state, Code: "made up"}
			if good {
				back = d.consent(`{"state":"` + state + `"}`)
			}
			want, wantErr := others.Consented(t.Context(), back)
			require.Equal(t, good, wantErr == nil)
			waiting.Wait()
			if wantErr != nil {
				require.Equal(t, sentence(t, wantErr), sentence(t, gotErr), name)
				continue
			}
			require.NoError(t, gotErr)
			require.Equal(t, want, got, name)
			require.NotEmpty(t, got.Offered, name)
			require.False(t, others.Awaited(state), name)
		}
	})
}
