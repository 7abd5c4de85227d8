package bridge_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/affiliate/affiliatesim"
	"sampledesk/affiliate/bridge"
	"sampledesk/workflow"
)

func TestTheEndOfAnAuthorisationIsToldAndStopsNothingBeforeItsTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, affiliatesim.Options{})
		connect := func() {
			_, state := d.link("", "UADMIN")
			c, err := d.consented(d.consent(`{"state":"` + state + `","lasts":"960h"}`))
			require.NoError(t, err)
			if len(c.Offered) > 0 {
				_, err = d.bridge.Accept(t.Context(), bridge.Choice{Authorisation: c.Authorisation.OpenID, Shops: ids(c.Offered)})
				require.NoError(t, err)
			}
		}
		connect()
		said, stop := d.run()
		end, began := d.authorisation().Ends, time.Now()
		var told []int
		for time.Now().Before(end) {
			require.NoError(t, d.bridge.CheckAuthorisations(t.Context()))
			d.sweep()
			time.Sleep(time.Second)
			if n := len(said.said(workflow.KindEnding)); n > len(told) {
				told = append(told, int(time.Since(began).Hours()/24))
				stop()
				d.restart()
				said, stop = d.run()
				told = slices.Clip(told)
				require.NoError(t, d.bridge.CheckAuthorisations(t.Context()))
				time.Sleep(time.Second)
				require.Empty(t, said.said(workflow.KindEnding), "once, whatever restarts")
				for range told {
					said.sayings = append(said.sayings, workflow.Payload{Kind: workflow.KindEnding})
				}
			}
			time.Sleep(12 * time.Hour)
		}
		require.Equal(t, []int{10, 33, 39}, told)
		time.Sleep(time.Minute)
		d.bridge.SweepAll(t.Context())
		require.Equal(t, workflow.FaultReconnect, d.shop().SyncStopped.Fault)

		connect()
		d.sweep()
		require.Equal(t, workflow.Failure{}, d.shop().SyncStopped, "renewed, it goes on by itself")
		before := len(said.said(workflow.KindEnding))
		require.NoError(t, d.bridge.CheckAuthorisations(t.Context()))
		time.Sleep(time.Second)
		require.Len(t, said.said(workflow.KindEnding), before, "and is silent")
	})
}

func TestAPairThatWasLostBetweenTikToksAnswerAndTheDiskIsToldAtOnce(t *testing.T) {
	t.Parallel()
	const renewal = "/api/v2/token/refresh"
	renews := func(d *desk) { // twelve hours before its access token expires
		time.Sleep(time.Until(d.authorisation().SavedAt.Add(7*24*time.Hour - 11*time.Hour)))
		d.sweep()
		require.False(d.t, d.authorisation().Renewing.IsZero())
	}
	for name, lost := range map[string]func(*desk){
		"the process was killed": func(d *desk) { d.restart(); require.NoError(d.t, d.bridge.Connect(d.t.Context(), "")) },
		"the answer was lost": func(d *desk) {
			time.Sleep(5 * time.Minute)
			require.NoError(d.t, d.bridge.CheckAuthorisations(d.t.Context()))
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := connected(t, affiliatesim.Options{})
				require.True(t, d.authorisation().Renewing.IsZero())
				d.act("/sim/faults", `{"path":"`+renewal+`","times":1,"do":"apply_then_drop"}`, nil)
				renews(d)
				lost(d)
				said, stop := d.run()
				time.Sleep(time.Second)
				require.Len(t, said.said(workflow.KindEnding), 1)
				require.Empty(t, said.said(workflow.KindStopped), "the access token lives, so nothing stops yet")
				require.WithinDuration(t, time.Now().Add(11*time.Hour), d.authorisation().Ends, 10*time.Minute)
				require.True(t, d.authorisation().Renewing.IsZero(), "and it is looked into once")
				d.sweep()
				require.Equal(t, workflow.Failure{}, d.shop().SyncStopped)
				_, state := d.link("", "UADMIN")
				_, err := d.consented(d.consent(`{"state":"` + state + `","lasts":"960h"}`))
				require.NoError(t, err)
				require.Greater(t, time.Until(d.authorisation().Ends), 900*time.Hour)
				stop()
			})
		})
	}
	t.Run("the request had not arrived", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			d := connected(t, affiliatesim.Options{})
			ends := d.authorisation().Ends
			d.act("/sim/faults", `{"path":"`+renewal+`","times":1,"do":"drop"}`, nil)
			renews(d)
			d.restart()
			require.NoError(t, d.bridge.Connect(t.Context(), ""))
			require.True(t, d.authorisation().Renewing.IsZero())
			require.Equal(t, ends, d.authorisation().Ends)
			said, stop := d.run()
			time.Sleep(time.Second)
			require.Empty(t, said.said(workflow.KindEnding, workflow.KindStopped))
			stop()
		})
	})
}

func TestTikToksWordOnTheEndOfAnAuthorisationIsLookedIntoAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := connected(t, affiliatesim.Options{})
		said, _ := d.run()
		look := func() {
			require.NoError(t, d.bridge.LookAtAuthorisation(t.Context(), d.shop().ID))
			time.Sleep(time.Second)
		}
		look()
		require.Empty(t, said.said(workflow.KindEnding, workflow.KindStopped), "a word that is not so does nothing")
		d.act("/sim/authorization", `{"do":"end_in","lasts":"200h"}`, nil)
		require.True(t, d.authorisation().Ends.After(time.Now().AddDate(0, 10, 0)), "nobody said so yet")
		look()
		require.Equal(t, time.Now().Add(200*time.Hour-time.Second).UTC(), d.authorisation().Ends)
		require.Equal(t, 30, said.said(workflow.KindEnding)[0].Waiting)
		d.act("/sim/authorization", `{"do":"deauthorize"}`, nil)
		look()
		require.Len(t, said.said(workflow.KindStopped), 1)
		require.Equal(t, workflow.FaultReconnect, d.shop().SyncStopped.Fault)
		require.NoError(t, d.bridge.LookAtAuthorisation(t.Context(), "404"))
	})
}
