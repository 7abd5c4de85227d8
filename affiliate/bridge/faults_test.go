package bridge_test

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/affiliate/affiliatesim"
	"sampledesk/workflow"
)

// connectionFault is a row of the vendor's table of codes that is the shop's fault, or a call's, and no application's.
type connectionFault struct {
	code    int
	message string
	means   workflow.Fault
	call    bool // one call is stopped and no other
}

// connectionFaults are all of them, with the words that tell some apart.
var connectionFaults = []connectionFault{
	{105001, "access token is invalid", workflow.FaultReconnect, false},
	{101000, "the header does not fit the token", workflow.FaultReconnect, false},
	{105002, "access token has expired", workflow.FaultExpired, false},
	{36009004, "Invalid credentials. The 'access_token' is invalid", workflow.FaultReconnect, false},
	{36009004, "invalid app_key", workflow.FaultAppKey, false},
	{36009004, "timestamp is invalid", workflow.FaultClock, false},
	{36009004, "the version is invalid", workflow.FaultVersion, true},
	{36009004, "shop_cipher is invalid", workflow.FaultShop, false},
	{36009004, "shop_id does not match", workflow.FaultShop, false},
	{105005, "access scope is not granted: seller.affiliate_collaboration.write", workflow.FaultScope, true},
	{106001, "signature is invalid", workflow.FaultSecret, false},
	{106013, "shop cipher is missing", workflow.FaultBug, false},
	{36009014, "The version name is invalid", workflow.FaultVersion, true},
	{36009033, "the address is not on the allow list", workflow.FaultAddress, false},
	{36009009, "no such path", workflow.FaultNoCall, true},
	{36009010, "no such method", workflow.FaultNoCall, true},
	{36009022, "no such content type", workflow.FaultNoCall, true},
	{36009023, "no such content type", workflow.FaultNoCall, true},
}

// minutes lets the desk sweep once a minute, as it does.
func (d *desk) minutes(n int) {
	d.t.Helper()
	for range n {
		time.Sleep(time.Minute)
		d.bridge.SweepAll(d.t.Context())
	}
}

func TestAFaultOfTheConnectionIsNeverTheEndOfADecision(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := connected(t, affiliatesim.Options{NoRateLimits: true})
		channel, _ := d.run()
		d.sweep()
		for _, f := range connectionFaults {
			name := fmt.Sprintf("%d %s", f.code, f.message)
			before := len(channel.said(workflow.KindStopped, workflow.KindResumed))
			keys := []workflow.Key{d.apply(affiliatesim.Request{}), d.apply(affiliatesim.Request{})}
			moves := d.apply(affiliatesim.Request{Status: affiliatesim.Shipped})
			d.sweep()
			d.breakCalls("/review", f.code, f.message)
			for _, k := range keys {
				d.decide(k, workflow.Approve, "")
			}
			d.act("/sim/applications/"+string(moves.ID)+"/deliver", "", nil)
			d.minutes(3)
			for _, k := range keys {
				a := d.application(k)
				require.Equal(t, workflow.Sending, a.State(), name)
				require.Equal(t, f.means, a.Decision.Failure.Fault, "the card can say why: "+name)
				require.Equal(t, f.message, a.Decision.Failure.Message, name)
			}
			require.Equal(t, workflow.Delivered, d.application(moves).State(), "the others are up to date: "+name)
			require.Equal(t, f.means, d.shop().ReviewsStopped.Fault, name)
			require.Equal(t, f.call, d.shop().ReviewsStopped.Call == workflow.CallReview, name)
			require.Equal(t, workflow.Failure{}, d.shop().SyncStopped, name)
			payloads := channel.said(workflow.KindStopped, workflow.KindResumed)[before:]
			require.Len(t, payloads, 1, name)
			require.Equal(t, workflow.KindStopped, payloads[0].Kind, name)

			d.mendCalls()
			d.minutes(2)
			for _, k := range keys {
				require.Equal(t, workflow.AwaitingShipment, d.application(k).State(), name)
				require.Equal(t, workflow.DecisionConfirmed, d.application(k).Decision.Phase, name)
			}
			require.Equal(t, workflow.Failure{}, d.shop().ReviewsStopped, name)
			payloads = channel.said(workflow.KindStopped, workflow.KindResumed)[before:]
			require.Len(t, payloads, 2, name)
			require.Equal(t, workflow.KindResumed, payloads[1].Kind, name)
		}
		require.Empty(t, channel.said(workflow.KindRefused))
	})
}

func TestAFaultOfTheConnectionStopsSweepsUntilItIsMended(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := connected(t, affiliatesim.Options{NoRateLimits: true})
		channel, _ := d.run()
		d.sweep()
		for _, f := range connectionFaults {
			name := fmt.Sprintf("%d %s", f.code, f.message)
			before := len(channel.said(workflow.KindStopped, workflow.KindResumed))
			k := d.apply(affiliatesim.Request{})
			d.sweep()
			d.breakCalls("sample_applications/search", f.code, f.message)
			d.minutes(2)
			late := d.apply(affiliatesim.Request{})
			d.decide(k, workflow.Approve, "")
			d.minutes(2)
			require.Equal(t, workflow.AwaitingShipment, d.application(k).State(), "decisions go on: "+name)
			require.Equal(t, f.means, d.shop().SyncStopped.Fault, name)
			require.Equal(t, f.call, d.shop().SyncStopped.Call == workflow.CallSearch, name)
			require.Equal(t, workflow.Failure{}, d.shop().ReviewsStopped, name)
			d.mendCalls()
			d.minutes(1)
			require.Equal(t, workflow.Pending, d.application(late).State(), name)
			require.Equal(t, workflow.Failure{}, d.shop().SyncStopped, name)
			time.Sleep(10 * time.Second)
			var kinds []workflow.PayloadKind
			for _, s := range channel.said(workflow.KindStopped, workflow.KindResumed)[before:] {
				kinds = append(kinds, s.Kind)
			}
			require.Equal(t, []workflow.PayloadKind{workflow.KindStopped, workflow.KindResumed}, kinds, name)
		}
	})
}

func TestAFaultThatAllCallsMeetIsToldOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := connected(t, affiliatesim.Options{})
		channel, _ := d.run()
		k := d.apply(affiliatesim.Request{})
		d.sweep()
		d.breakCalls("/sample_applications/", 105001, "access token is invalid")
		d.decide(k, workflow.Approve, "")
		d.minutes(3)
		require.Equal(t, workflow.FaultReconnect, d.shop().SyncStopped.Fault)
		require.Equal(t, workflow.FaultReconnect, d.shop().ReviewsStopped.Fault)
		d.restart()
		require.Len(t, channel.said(workflow.KindStopped), 1)
	})
}

func TestWhatIsNoFaultOfTheConnectionIsAsTheTableHasIt(t *testing.T) {
	for _, c := range []struct {
		code    int
		message string
		state   workflow.State
		means   workflow.Fault
	}{
		{16022020, "agency request", workflow.Refused, workflow.FaultAgency},
		{16032001, "creator in another region", workflow.Refused, workflow.FaultRegion},
		{36009004, "invalid review_result", workflow.Refused, ""},
		{16999999, "not today", workflow.Refused, ""},
		{1010000, "the vendor has no such code", workflow.Refused, ""},
		{36009002, "too many requests", workflow.AwaitingShipment, ""},
		{36009003, "internal error", workflow.AwaitingShipment, ""},
		{36009007, "time-out", workflow.AwaitingShipment, ""},
		{16030100, "message quota", workflow.AwaitingShipment, ""},
		{16030002, "the shop's message quota", workflow.AwaitingShipment, ""},
		{45101004, "daily quota", workflow.AwaitingShipment, ""},
	} {
		t.Run(fmt.Sprintf("%d %s", c.code, c.message), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d, k, channel := undecided(t)
				d.act("/sim/faults", fmt.Sprintf(`{"path":"/review","times":1,"do":"code","code":%d,"message":%q}`, c.code, c.message), nil)
				d.decide(k, workflow.Approve, "")
				time.Sleep(2 * time.Minute)
				a := d.application(k)
				require.Equal(t, c.state, a.State())
				require.Empty(t, channel.said(workflow.KindStopped))
				if c.state == workflow.Refused {
					require.Equal(t, c.means, a.Decision.Failure.Fault)
					require.Equal(t, c.message, a.Decision.Failure.Message)
				}
				require.Equal(t, c.means != workflow.FaultAgency && c.state == workflow.Refused, a.Decidable())
			})
		})
	}
}

func TestAShopThatGoesByAnotherCipherIsListedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := connected(t, affiliatesim.Options{})
		channel, _ := d.run()
		k := d.apply(affiliatesim.Request{})
		d.sweep()
		forget := func() {
			s := d.shop()
			s.Cipher = "ROW_of_old"
			require.NoError(t, d.db.Update(t.Context(), func(tx workflow.Tx) error { return tx.PutShop(s) }))
		}
		forget()
		d.sweep()
		forget()
		d.decide(k, workflow.Approve, "")
		time.Sleep(10 * time.Second)
		require.Equal(t, workflow.AwaitingShipment, d.application(k).State())
		require.Empty(t, channel.said(workflow.KindStopped))
	})
}

func TestADecisionThatTikTokDoesNotShowIsLookedForAndNotSentAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, k, _ := undecided(t)
		d.act("/sim/faults", `{"path":"/review","do":"apply_then_drop"}`, nil)
		d.act("/sim/oddities", fmt.Sprintf(`{"id":%q,"without":["id"]}`, k.ID), nil)
		d.decide(k, workflow.Approve, "")
		time.Sleep(5 * time.Minute)
		require.Equal(t, workflow.Unclear, d.application(k).State(), "that it is not there proves nothing")
		require.Len(t, d.calls("/review"), 1)
		d.act("/sim/oddities", fmt.Sprintf(`{"id":%q}`, k.ID), nil)
		time.Sleep(10 * time.Minute)
		require.Equal(t, workflow.AwaitingShipment, d.application(k).State())
		require.Len(t, d.calls("/review"), 1)
	})
}

func TestARequestThatCannotBeReadIsToldOnceAndStopsNoOther(t *testing.T) {
	for name, fields := range map[string]string{
		"no id": `"without":["id"]`, "an id that is none": `"fields":{"id":"x7"}`, "an id that is an object": `"fields":{"id":{}}`,
		"no status": `"without":["status"]`, "a status that is a number": `"fields":{"status":7}`, "an empty status": `"fields":{"status":""}`,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := connected(t, affiliatesim.Options{})
				channel, _ := d.run()
				known := d.apply(affiliatesim.Request{}) // alone in its status, and known before
				d.sweep()
				odd := d.apply(affiliatesim.Request{Status: affiliatesim.AwaitingShipment}) // alone in its status
				for _, k := range []workflow.Key{known, odd} {
					d.act("/sim/oddities", fmt.Sprintf(`{"id":%q,%s}`, k.ID, fields), nil)
				}
				other := d.apply(affiliatesim.Request{Status: affiliatesim.Shipped})
				gone := d.apply(affiliatesim.Request{Status: affiliatesim.ContentPending})
				d.sweep()
				d.act("/sim/applications/"+string(gone.ID)+"/cancel", "", nil)
				d.minutes(3)
				require.NoError(t, d.bridge.Sweeps()[known.Shop].Err)
				require.Equal(t, workflow.Pending, d.application(known).State(), "it is believed to be where it was")
				require.Equal(t, workflow.Unseen, d.applicationIfAny(odd).State())
				require.Equal(t, workflow.Shipped, d.application(other).State())
				require.Equal(t, workflow.CancelledByTikTok, d.application(gone).State(), "what vanished is still asked for")

				unread := d.bridge.Sweeps()[known.Shop].Unreadable
				require.NotEmpty(t, unread)
				payloads := channel.said(workflow.KindUnreadable)
				require.NotEmpty(t, payloads)
				require.LessOrEqual(t, len(payloads), 1)
				var named []string
				for _, u := range unread {
					require.NotEmpty(t, u.Why)
					named = append(named, u.ID)
				}
				require.ElementsMatch(t, named, payloads[0].IDs)
				require.Equal(t, len(named), d.log.count("could not read a request"))
				if name[:2] == "no" && name != "no id" {
					require.ElementsMatch(t, []string{string(known.ID), string(odd.ID)}, named)
				}
				d.restart()
				d.sweep()
				require.Empty(t, d.notices(known.Shop), "nor again after a restart")

				for _, k := range []workflow.Key{known, odd} {
					d.act("/sim/oddities", fmt.Sprintf(`{"id":%q}`, k.ID), nil)
				}
				d.minutes(1)
				require.Equal(t, workflow.AwaitingShipment, d.application(odd).State())
				require.Empty(t, d.bridge.Sweeps()[known.Shop].Unreadable)
			})
		})
	}
}

// applicationIfAny is application for one that may be unknown.
func (d *desk) applicationIfAny(k workflow.Key) (a workflow.Application) {
	d.view(func(tx workflow.Tx) error {
		a, _ = tx.Application(k)
		return nil
	})
	return a
}

func TestOddFieldsCostThemselvesAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := connected(t, affiliatesim.Options{NoRateLimits: true})
		d.run()
		d.sweep()
		values := []string{`null`, `"12.3K"`, `-1`, `1e400`, `9223372036854775808`, `true`, `"yes"`, `[]`, `{}`, `"\u0000"`, `"` + string(slices.Repeat([]byte("n"), 40_000)) + `"`}
		var odd []workflow.Key
		for i, field := range []string{
			"approve_expiration_time", "shipment_expiration_time", "available_quantity", "commission_rate", "is_approvable", "disapprovable_reasons",
			"order_id", "tracking_number", "partner_name", "fulfillment_status", "creator", "creator.creator_open_id", "creator.username",
			"creator.nickname", "creator.avatar_url", "creator.follower_count", "creator.gmv", "creator.gmv.amount", "creator.gmv.currency",
			"product", "product.id", "product.title", "product.sku_id", "product.sku_name", "product.sku_image_url",
		} {
			for _, value := range values[i%2:] {
				k := d.apply(affiliatesim.Request{})
				d.act("/sim/oddities", fmt.Sprintf(`{"id":%q,"fields":{%q:%s}}`, k.ID, field, value), nil)
				odd = append(odd, k)
			}
		}
		d.sweep()
		for _, k := range odd {
			require.Equal(t, workflow.Pending, d.application(k).State())
		}
		require.Empty(t, d.bridge.Sweeps()[d.shop().ID].Unreadable)
		late := d.apply(affiliatesim.Request{})
		for _, k := range odd[:5] {
			d.act("/sim/applications/"+string(k.ID)+"/withdraw", "", nil)
		}
		d.minutes(1)
		require.Equal(t, workflow.Pending, d.application(late).State())
		for _, k := range odd[:5] {
			require.Equal(t, workflow.Withdrawn, d.application(k).State())
		}
	})
}

func TestADeadlineThatCannotBeReadSetsNoTimer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := connected(t, affiliatesim.Options{})
		channel, _ := d.run()
		d.sweep()
		k := d.apply(affiliatesim.Request{})
		d.act("/sim/oddities", fmt.Sprintf(`{"id":%q,"fields":{"approve_expiration_time":"soon"}}`, k.ID), nil)
		d.sweep()
		require.Zero(t, d.application(k).Snapshot.ReviewBy)
		require.Zero(t, d.application(k).Timer)
		d.decide(k, workflow.Approve, "")
		time.Sleep(10 * time.Second)
		require.Equal(t, workflow.AwaitingShipment, d.application(k).State())
		require.Empty(t, channel.said(workflow.KindDeadline))
	})
}

func TestOddPagesEndAListingAndNothingIsLost(t *testing.T) {
	for _, pages := range []string{"repeat", "empty_middle", "self", "shrink", "shuffle"} {
		t.Run(pages, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := connected(t, affiliatesim.Options{NoRateLimits: true})
				d.run()
				var keys []workflow.Key
				for range 120 {
					keys = append(keys, d.apply(affiliatesim.Request{}))
				}
				d.sweep()
				d.act("/sim/oddities", fmt.Sprintf(`{"pages":%q,"times":1000000,"path":"sample_applications"}`, pages), nil)
				ended := keys[:8]
				for _, k := range ended {
					d.act("/sim/applications/"+string(k.ID)+"/withdraw", "", nil)
				}
				for _, k := range keys[8:16] {
					d.act("/sim/applications/"+string(k.ID)+"/approve", "", nil)
				}
				late := d.apply(affiliatesim.Request{Status: affiliatesim.Shipped})
				d.minutes(1)
				require.NoError(t, d.bridge.Sweeps()[late.Shop].Err)
				for _, k := range ended {
					require.Equal(t, workflow.Withdrawn, d.application(k).State())
				}
				for _, k := range keys[8:16] {
					require.Equal(t, workflow.AwaitingShipment, d.application(k).State())
				}
				for _, k := range keys[16:] {
					require.Equal(t, workflow.Pending, d.application(k).State())
				}
				require.Equal(t, workflow.Shipped, d.application(late).State())
				require.Less(t, len(d.calls(searchPath)), 400, "no listing goes on for ever")
			})
		})
	}
}
