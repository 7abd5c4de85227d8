package bridge_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/affiliate/affiliatesim"
	"sampledesk/workflow"
)

// stops are the faults that concern a shop as a whole.
var stops = map[string]struct {
	code    int
	message string
}{
	"scope missing":     {105005, "access scope is not granted: seller.affiliate_collaboration.read"},
	"signature invalid": {106001, "signature is invalid"},
	"token invalid":     {105001, "access token is invalid"},
	"clock off":         {36009004, "timestamp is invalid"},
}

// breakCalls makes all calls whose path contains the part meet a fault, until mendCalls.
func (d *desk) breakCalls(part string, code int, message string) {
	d.t.Helper()
	d.act("/sim/faults", fmt.Sprintf(`{"path":%q,"times":1000000,"do":"code","code":%d,"message":%q,"delay_ms":400}`, part, code, message), nil)
}

func (d *desk) mendCalls() {
	d.t.Helper()
	d.act("/sim/faults", `{"times":0}`, nil)
}

func TestAShopWhoseTikTokHangsDoesNotHoldUpAnother(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := connected(t, affiliatesim.Options{Shops: 2})
		shops := d.shops()
		hanging, other := shops[0], shops[1]
		k := d.apply(affiliatesim.Request{ShopID: string(other.ID)})
		d.between.hold(func(r *http.Request) error {
			if r.URL.Query().Get("shop_cipher") != hanging.Cipher {
				return nil
			}
			<-r.Context().Done()
			return r.Context().Err()
		})
		first := make(chan struct{})
		go func() { defer close(first); d.bridge.SweepAll(t.Context()) }()
		time.Sleep(5 * time.Second)
		require.Equal(t, workflow.Pending, d.application(k).State())
		require.False(t, d.bridge.Sweeps()[other.ID].Ended.IsZero())
		hangs := d.bridge.Sweeps()[hanging.ID]
		require.False(t, hangs.Running.IsZero())
		hangs.Running = time.Time{}
		require.Zero(t, hangs, "it got nowhere")

		time.Sleep(time.Second)
		began := time.Now()
		late := d.apply(affiliatesim.Request{ShopID: string(other.ID)})
		d.bridge.SweepAll(t.Context())
		require.Less(t, time.Since(began), 5*time.Second, "the next round leaves the hanging one out")
		require.Equal(t, workflow.Pending, d.application(late).State())

		<-first
		require.ErrorContains(t, d.bridge.Sweeps()[hanging.ID].Err, "deadline exceeded")
		d.between.meddle(nil)
		d.sweep()
	})
}

func TestAFaultOfTheShopIsAnnouncedOnceAndSoIsItsEnd(t *testing.T) {
	for name, stop := range stops {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := connected(t, affiliatesim.Options{})
				channel, _ := d.run()
				d.sweep()
				d.breakCalls("sample_applications/search", stop.code, stop.message)
				for range 3 {
					time.Sleep(time.Minute)
					d.bridge.SweepAll(t.Context())
				}
				require.Equal(t, stop.code, d.shop().SyncStopped.Code)
				require.Contains(t, d.shop().SyncStopped.Message, stop.message)
				require.NotEmpty(t, d.shop().SyncStopped.RequestID)
				payloads := channel.said(workflow.KindStopped, workflow.KindResumed)
				require.Len(t, payloads, 1)
				require.Equal(t, workflow.KindStopped, payloads[0].Kind)
				require.Equal(t, stop.code, payloads[0].Failure.Code)
				require.Equal(t, d.shop().Name, payloads[0].Shop)

				d.mendCalls()
				for range 3 {
					time.Sleep(time.Minute)
					d.sweep()
				}
				require.Equal(t, workflow.Failure{}, d.shop().SyncStopped)
				payloads = channel.said(workflow.KindStopped, workflow.KindResumed)
				require.Len(t, payloads, 2)
				require.Equal(t, workflow.KindResumed, payloads[1].Kind)
			})
		})
	}
}

func TestOtherFaultsFailASweepAndDoNotStopTheShop(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := connected(t, affiliatesim.Options{})
		for _, fault := range []string{
			`{"path":"search","times":9,"do":"status","status":503}`, `{"path":"search","times":9,"do":"drop"}`,
			`{"path":"search","times":9,"do":"code","code":36009004,"message":"page_size is invalid"}`,
		} {
			d.act("/sim/faults", fault, nil)
			d.bridge.SweepAll(t.Context())
			require.Error(t, d.bridge.Sweeps()[d.shop().ID].Err, fault)
			require.Equal(t, workflow.Failure{}, d.shop().SyncStopped, fault)
			d.mendCalls()
		}
		d.sweep()
	})
}

func TestAShopWithoutTokensIsStoppedAsOneToConnectAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := connected(t, affiliatesim.Options{})
		d.act("/sim/authorization", `{"do":"deauthorize"}`, nil)
		d.bridge.SweepAll(t.Context())
		require.Equal(t, workflow.FaultReconnect, d.shop().SyncStopped.Fault)
		require.Zero(t, d.log.count(d.details.AppSecret), "no secret is in the log")
	})
}

func TestDecisionsWaitWhileTikTokRefusesTheShopAndThenGoOut(t *testing.T) {
	for name, stop := range stops {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := connected(t, affiliatesim.Options{})
				channel, _ := d.run()
				var keys []workflow.Key
				for range 5 {
					keys = append(keys, d.apply(affiliatesim.Request{}))
				}
				d.sweep()
				d.breakCalls("/review", stop.code, stop.message)
				for _, k := range keys {
					d.decide(k, workflow.Approve, "")
				}
				time.Sleep(5 * time.Minute)
				for _, k := range keys {
					require.Equal(t, workflow.Sending, d.application(k).State())
				}
				require.Equal(t, stop.code, d.shop().ReviewsStopped.Code)
				require.LessOrEqual(t, len(d.calls("/review")), len(keys)+10, "one of them tries again, every half minute")
				require.GreaterOrEqual(t, len(d.calls("/review")), 9)
				require.Len(t, channel.said(workflow.KindStopped), 1)

				d.mendCalls()
				time.Sleep(time.Minute)
				for _, k := range keys {
					require.Equal(t, workflow.AwaitingShipment, d.application(k).State())
					require.Equal(t, workflow.DecisionConfirmed, d.application(k).Decision.Phase)
					require.Equal(t, "AWAITING_SHIPMENT", d.truth(k.ID).Status)
				}
				require.Equal(t, workflow.Failure{}, d.shop().ReviewsStopped)
				require.Len(t, channel.said(workflow.KindStopped), 1)
				require.Len(t, channel.said(workflow.KindResumed), 1)
			})
		})
	}
}

func TestAShopThatMayNotDecideDoesNotHoldUpAnothersDecisions(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := connected(t, affiliatesim.Options{Shops: 2})
		d.run()
		shops := d.shops()
		barred := d.apply(affiliatesim.Request{ShopID: string(shops[0].ID)})
		free := d.apply(affiliatesim.Request{ShopID: string(shops[1].ID)})
		d.sweep()
		d.between.meddle(func(r *http.Request, next http.RoundTripper) (*http.Response, error) {
			if strings.HasSuffix(r.URL.Path, "/review") && r.URL.Query().Get("shop_cipher") == shops[0].Cipher {
				return answer(http.StatusForbidden, refusal(105005, "access scope is not granted")), nil
			}
			return next.RoundTrip(r)
		})
		d.decide(barred, workflow.Approve, "")
		time.Sleep(time.Second)
		d.decide(free, workflow.Approve, "")
		time.Sleep(2 * time.Second)
		require.Equal(t, workflow.Sending, d.application(barred).State())
		require.Equal(t, 105005, d.application(barred).Decision.Failure.Code, "the card can say why")
		require.Equal(t, workflow.AwaitingShipment, d.application(free).State())
	})
}

func TestAShopIsNotStoppedForDecisionsThatEndedByThemselves(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := connected(t, affiliatesim.Options{})
		channel, _ := d.run()
		first, second := d.apply(affiliatesim.Request{}), d.apply(affiliatesim.Request{})
		d.sweep()
		d.breakCalls("/review", 105005, "access scope is not granted")
		d.decide(first, workflow.Approve, "")
		d.decide(second, workflow.Approve, "")
		time.Sleep(10 * time.Second)
		d.act("/sim/applications/"+string(first.ID)+"/withdraw", "", nil)
		d.sweep()
		require.NotEqual(t, workflow.Failure{}, d.shop().ReviewsStopped, "one still waits")
		d.act("/sim/applications/"+string(second.ID)+"/withdraw", "", nil)
		d.sweep()
		require.Equal(t, workflow.Withdrawn, d.application(second).State())
		require.Equal(t, workflow.Failure{}, d.shop().ReviewsStopped)
		require.Empty(t, channel.said(workflow.KindResumed), "nobody knows that")

		third := d.apply(affiliatesim.Request{})
		d.sweep()
		d.decide(third, workflow.Approve, "")
		time.Sleep(time.Minute)
		require.Equal(t, 105005, d.shop().ReviewsStopped.Code)
		require.Len(t, channel.said(workflow.KindStopped), 2)
		d.mendCalls()
		time.Sleep(time.Minute)
		require.Equal(t, workflow.AwaitingShipment, d.application(third).State())
		require.Len(t, channel.said(workflow.KindResumed), 1)
	})
}

func TestARefusalForGoodShowsThatTheShopMayDecideAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := connected(t, affiliatesim.Options{})
		channel, _ := d.run()
		k := d.apply(affiliatesim.Request{})
		d.sweep()
		d.breakCalls("/review", 105005, "access scope is not granted")
		d.decide(k, workflow.Approve, "")
		time.Sleep(10 * time.Second)
		d.act("/sim/applications/"+string(k.ID)+"/withdraw", "", nil)
		d.mendCalls()
		time.Sleep(time.Minute)
		require.Equal(t, workflow.Refused, d.application(k).State())
		require.Equal(t, workflow.Failure{}, d.shop().ReviewsStopped)
		require.Len(t, channel.said(workflow.KindResumed), 1)
	})
}
