package bridge_test

import (
	"bytes"
	"encoding/json"
	"errors"
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

const searchPath = "/affiliate_seller/202508/sample_applications/search"

func TestASweepOfNothingCompletesTheInitialSync(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := connected(t, affiliatesim.Options{})
		d.sweep()
		require.True(t, d.shop().InitialSyncDone)
		require.Len(t, d.liveSearches(), 4, "one per live status")
		require.Len(t, d.calls(searchPath), 4+len(workflow.BackfillStatuses), "and one per status of what is over")
		require.Empty(t, d.notices(d.shop().ID))
		writes := d.store.written()
		d.sweep()
		require.Equal(t, writes, d.store.written())
		require.Empty(t, d.calls(collaborationsPath))
	})
}

func TestASweepFindsEveryApplicationAndItsNextWritesNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("it is long")
	}
	for _, n := range []int{1, 51, 601} { // more than a batch of each kind
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := connected(t, affiliatesim.Options{})
				ids := map[workflow.ApplicationID]bool{}
				for range n {
					ids[d.apply(affiliatesim.Request{}).ID] = true
				}
				d.sweep()
				shop := d.shop().ID
				require.Equal(t, n, d.count(workflow.QueueOf(shop)))
				require.Equal(t, max(n-workflow.MaxBacklogCards, 0), d.count(workflow.BacklogOf(shop)))
				require.Len(t, d.liveSearches(), (n+49)/50+3)

				writes := d.store.written()
				d.sweep()
				require.Equal(t, writes, d.store.written())
				require.Len(t, d.liveSearches(), 2*((n+49)/50+3))
				d.view(func(tx workflow.Tx) error {
					for after := ""; ; {
						page, err := tx.Applications(workflow.QueueOf(shop), after, 200)
						for _, a := range page.Applications {
							delete(ids, a.Key.ID)
						}
						if after = page.Next; err != nil || after == "" {
							return err
						}
					}
				})
				require.Empty(t, ids)
			})
		})
	}
}

func TestABacklogIsToldOfOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := connected(t, affiliatesim.Options{Seed: 51})
		d.sweep()
		d.sweep()
		require.Empty(t, d.notices(d.shop().ID))
		d.view(func(tx workflow.Tx) error {
			n, err := tx.Notice(workflow.BacklogNotice(d.shop().ID))
			require.NoError(t, err)
			waiting, err := tx.Lane(n.Lane())
			require.Len(t, waiting, 1)
			require.Equal(t, 21, n.Count)
			return err
		})
	})
}

func TestAReportIsTakenOverWhole(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := connected(t, affiliatesim.Options{})
		stock := 42
		k := d.apply(affiliatesim.Request{
			Creator: affiliatesim.RequestedBy{
				OpenID: "openid1", Username: "glow.daily", Nickname: "Glow Daily", AvatarURL: "https://pictures.example/glow.png",
				FollowerCount: affiliatesim.Count(12_300), ContentCount: affiliatesim.Blank, VideoView: affiliatesim.Absent,
				FulfillmentPercentage: affiliatesim.Text("60.85%"), GMV: affiliatesim.Money("1500.50", "USD"),
			},
			Product: affiliatesim.RequestedProduct{
				ID: "1729000000000000001", Title: "Glow serum", SKUID: "1729000000000000002", SKUName: "30 ml", SKUImageURL: "https://pictures.example/serum.png",
			},
			CommissionRate: "0.15", AvailableQuantity: &stock, PartnerName: "An agency", ApproveIn: "100h",
		})
		met := time.Now()
		d.sweep()
		a := d.application(k)
		require.Equal(t, workflow.Snapshot{
			Status: workflow.StatusPending, ReviewBy: met.Add(100 * time.Hour).UTC(), Fulfilment: "PENDING", Approvable: true,
			Stock: 42, Commission: "0.15", Partner: "An agency", Collab: workflow.Collab{Known: true},
			Creator: workflow.Creator{
				OpenID: "openid1", Username: "glow.daily", Nickname: "Glow Daily", Avatar: "https://pictures.example/glow.png",
				Followers: workflow.OptionalNumber{Value: 12_300, Shared: true}, Fulfilment: workflow.OptionalNumber{Value: 60.85, Shared: true},
				GMV: workflow.Money{Amount: "1500.5", Currency: "USD"},
			},
			Product: workflow.Product{
				ID: "1729000000000000001", Title: "Glow serum", SKU: "1729000000000000002", Variant: "30 ml",
				Picture: "https://pictures.example/serum.png",
			},
		}, withoutEmpty(a.Snapshot))
		require.Equal(t, workflow.Pending, a.State())
	})
}

// withoutEmpty makes a list without obstacles the same as none.
func withoutEmpty(r workflow.Snapshot) workflow.Snapshot {
	if len(r.Obstacles) == 0 {
		r.Obstacles = nil
	}
	return r
}

func TestNumbersThatDriftAreNotWritten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := connected(t, affiliatesim.Options{})
		k := d.apply(affiliatesim.Request{Creator: affiliatesim.RequestedBy{
			FollowerCount: affiliatesim.Count(10_001), VideoView: affiliatesim.Count(20_002), GMV: affiliatesim.Money("30003", "USD"),
		}})
		d.sweep()
		a := d.application(k)
		writes := d.store.written()

		d.act("/sim/products/"+string(a.Snapshot.Product.ID), `{"available_quantity":7}`, nil)
		d.between.alter(func(_ string, answer []byte) []byte {
			return []byte(strings.NewReplacer("10001", "11111", "20002", "22222", "30003", "33333").Replace(string(answer)))
		})
		time.Sleep(time.Minute)
		d.sweep()
		require.Equal(t, writes, d.store.written())
		require.Equal(t, a, d.application(k))

		d.act("/sim/products/"+string(a.Snapshot.Product.ID), `{"available_quantity":0}`, nil)
		time.Sleep(time.Minute)
		d.sweep()
		b := d.application(k)
		require.Equal(t, int64(0), b.Snapshot.Stock, "stock that crosses zero is a difference")
		require.False(t, b.Snapshot.Approvable)
		require.Equal(t, workflow.OptionalNumber{Value: 11111, Shared: true}, b.Snapshot.Creator.Followers, "and brings the other numbers along")
		require.Equal(t, workflow.OptionalNumber{Value: 22222, Shared: true}, b.Snapshot.Creator.MedianViews)
		require.Equal(t, workflow.Money{Amount: "33333", Currency: "USD"}, b.Snapshot.Creator.GMV)
		require.Equal(t, a.Round, b.Round)
	})
}

func TestWhatTheLivePagesNoLongerShowIsAskedForDirectly(t *testing.T) {
	for action, want := range map[string]workflow.State{
		"expire": workflow.Expired, "withdraw": workflow.Withdrawn, "reject": workflow.Rejected, "cancel": workflow.CancelledByTikTok,
	} {
		t.Run(action, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := connected(t, affiliatesim.Options{})
				k := d.apply(affiliatesim.Request{Creator: affiliatesim.RequestedBy{OpenID: "openid1"}, Product: affiliatesim.RequestedProduct{ID: "17"}})
				d.apply(affiliatesim.Request{Creator: affiliatesim.RequestedBy{OpenID: "openid1"}})
				d.sweep()
				d.act("/sim/applications/"+string(k.ID)+"/"+action, "", nil)
				time.Sleep(time.Second)
				d.sweep()
				require.Equal(t, want, d.application(k).State())
				calls := d.calls(searchPath)
				require.JSONEq(t, `{"creator_user_oepn_id":"openid1","product_id":"17"}`, string(calls[len(calls)-1].Body))
				d.sweep()
				require.Len(t, d.calls(searchPath), len(calls)+4, "an ending is asked for once")
			})
		})
	}
}

func TestWhatMovesOnWhileThePagesAreReadIsMet(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := connected(t, affiliatesim.Options{})
		k := d.apply(affiliatesim.Request{Status: affiliatesim.Shipped})
		back := d.apply(affiliatesim.Request{Status: affiliatesim.AwaitingShipment})
		d.sweep()
		// One is delivered, and one returns to review, once the page of the status to come was read already.
		d.between.hold(func(r *http.Request) error {
			body, err := readBody(r)
			if err == nil && bytes.Contains(body, []byte(`"SHIPPED"`)) {
				d.act("/sim/applications/"+string(back.ID)+"/fail_grouping", "", nil)
				d.between.meddle(nil)
			}
			return err
		})
		time.Sleep(time.Minute)
		d.sweep()
		require.Equal(t, workflow.AwaitingShipment, d.application(back).State(), "its page was read before")
		d.act("/sim/applications/"+string(k.ID)+"/deliver", "", nil)
		time.Sleep(time.Minute)
		d.sweep()
		require.Equal(t, workflow.Delivered, d.application(k).State())
		require.Equal(t, workflow.Pending, d.application(back).State())
	})
}

func TestWhatIsShippedBetweenTwoPagesIsAskedForInTheSameSweep(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := connected(t, affiliatesim.Options{})
		k := d.apply(affiliatesim.Request{Status: affiliatesim.Shipped})
		d.sweep()
		// It goes back and forth, so that no page shows it: it is elsewhere whenever its page is read.
		d.between.hold(func(r *http.Request) error {
			body, err := readBody(r)
			status := "SHIPPED"
			if bytes.Contains(body, []byte(`"SHIPPED"`)) {
				status = "AWAITING_SHIPMENT"
			}
			d.act("/sim/applications/"+string(k.ID)+"/set_status", fmt.Sprintf(`{"status":%q}`, status), nil)
			return err
		})
		before := len(d.calls(searchPath))
		time.Sleep(time.Minute)
		d.sweep()
		require.Len(t, d.calls(searchPath), before+5)
		require.Equal(t, workflow.Shipped, d.application(k).State())
	})
}

// readBody reads what is sent and puts it back.
func readBody(r *http.Request) ([]byte, error) {
	if r.GetBody == nil {
		return nil, nil
	}
	copied, err := r.GetBody()
	if err != nil {
		return nil, err
	}
	var body bytes.Buffer
	_, err = body.ReadFrom(copied)
	return body.Bytes(), errors.Join(err, copied.Close())
}

func TestAnApplicationWithoutACreatorsIDIsFoundByTheirName(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := connected(t, affiliatesim.Options{})
		k := d.apply(affiliatesim.Request{
			Creator: affiliatesim.RequestedBy{OpenID: "openid1", Username: "glow.daily"}, Product: affiliatesim.RequestedProduct{ID: "17"},
		})
		d.apply(affiliatesim.Request{Creator: affiliatesim.RequestedBy{Username: "glow.daily.too"}, Product: affiliatesim.RequestedProduct{ID: "17"}})
		d.between.alter(func(_ string, answer []byte) []byte {
			return bytes.ReplaceAll(answer, []byte(`"creator_open_id":"openid1"`), []byte(`"creator_open_id":""`))
		})
		d.sweep()
		d.act("/sim/applications/"+string(k.ID)+"/withdraw", "", nil)
		time.Sleep(time.Second)
		d.sweep()
		require.Equal(t, workflow.Withdrawn, d.application(k).State())
		calls := d.calls(searchPath)
		require.JSONEq(t, `{"username":"glow.daily","product_id":"17"}`, string(calls[len(calls)-1].Body))
	})
}

func TestAnUnknownStatusIsKeptLiveAndLoggedOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := connected(t, affiliatesim.Options{})
		k := d.apply(affiliatesim.Request{})
		d.sweep()
		d.act("/sim/applications/"+string(k.ID)+"/set_status", `{"status":"NEWLY_INVENTED"}`, nil)
		for range 3 {
			time.Sleep(time.Minute)
			d.sweep()
		}
		a := d.application(k)
		require.Equal(t, workflow.Unrecognised, a.State())
		require.Equal(t, workflow.Stage("NEWLY_INVENTED"), a.Stage())
		require.Equal(t, 1, d.log.count("unknown application status"))
		d.act("/sim/applications/"+string(k.ID)+"/set_status", `{"status":"SHIPPED"}`, nil)
		time.Sleep(time.Minute)
		d.sweep()
		require.Equal(t, workflow.Shipped, d.application(k).State())
	})
}

func TestAnApplicationThatVanishedIsLeftAsItWasAndLoggedOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := connected(t, affiliatesim.Options{})
		k := d.apply(affiliatesim.Request{})
		d.sweep()
		before := d.application(k)
		d.between.alter(func(path string, answer []byte) []byte {
			if path != searchPath {
				return answer
			}
			return []byte(`{"code":0,"message":"Success","data":{"total_count":0,"next_page_token":"","sample_applications":[]},"request_id":"1"}`)
		})
		for range 3 {
			time.Sleep(time.Minute)
			d.sweep()
		}
		require.Equal(t, before, d.application(k))
		require.Equal(t, 1, d.log.count("application no longer listed by TikTok"))
	})
}

func TestAReportCarriesTheTimeAtWhichItsOwnRequestBegan(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := connected(t, affiliatesim.Options{})
		pending := d.apply(affiliatesim.Request{})
		shipped := d.apply(affiliatesim.Request{Status: affiliatesim.Shipped})
		d.act("/sim/faults", `{"path":"sample_applications/search","times":4,"do":"delay","delay_ms":3000}`, nil)
		began := time.Now().UTC()
		d.sweep()
		require.Equal(t, began, d.application(pending).ReportedAt, "not the time of the answer")
		require.Equal(t, began.Add(3*time.Second), d.application(pending).SeenAt)
		require.Equal(t, began.Add(6*time.Second), d.application(shipped).ReportedAt, "nor that of the sweep")
	})
}

func TestAnAnswerOlderThanWhatIsKnownIsDropped(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := connected(t, affiliatesim.Options{})
		k := d.apply(affiliatesim.Request{})
		d.sweep()
		// The page is on its way while TikTok confirms the decision: its "pending" is older.
		stopped := make(chan struct{})
		d.between.alter(func(_ string, answer []byte) []byte {
			if bytes.Contains(answer, []byte(`"PENDING"`)) {
				<-stopped
			}
			return answer
		})
		swept := make(chan struct{})
		time.Sleep(time.Minute)
		go func() { defer close(swept); d.bridge.SweepAll(t.Context()) }()
		time.Sleep(5 * time.Second)
		d.decide(k, workflow.Approve, "")
		e := d.claim(k)
		_, err := d.engine.Apply(t.Context(), k, workflow.Confirmed{At: time.Now(), Verdict: workflow.Approve})
		require.NoError(t, err)
		require.NotEmpty(t, e.ID)
		want := d.application(k)
		d.act("/sim/applications/"+string(k.ID)+"/approve", "", nil)
		close(stopped)
		<-swept
		got := d.application(k)
		require.Equal(t, workflow.AwaitingShipment, got.State())
		require.Equal(t, want.Decision, got.Decision)
		require.False(t, got.ChangedElsewhere)
	})
}

func TestPagesThatGoInCirclesEndAListingAndNoSweep(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := connected(t, affiliatesim.Options{})
		k := d.apply(affiliatesim.Request{})
		d.sweep()
		pages := 0
		d.between.meddle(func(*http.Request, http.RoundTripper) (*http.Response, error) {
			pages++
			return answer(http.StatusOK, `{"code":0,"message":"Success","data":{"total_count":9,"next_page_token":"again","sample_applications":[]},"request_id":"1"}`), nil
		})
		d.sweep()
		require.Equal(t, 2*(len(workflow.LiveStatuses)+1), pages, "and what was not met is asked for")
		require.Equal(t, workflow.Pending, d.application(k).State(), "that it is nowhere proves nothing")
	})
}

func TestASweepThatFailsHalfWayIsNotTakenForAFullOne(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := connected(t, affiliatesim.Options{})
		d.apply(affiliatesim.Request{})
		k := d.apply(affiliatesim.Request{Status: affiliatesim.Shipped})
		d.sweep()
		first := d.bridge.Sweeps()[k.Shop]
		before := d.application(k)
		var asked []string
		d.between.hold(func(r *http.Request) error {
			body, err := readBody(r)
			var filter map[string]string
			_ = json.Unmarshal(body, &filter)
			asked = append(asked, filter["status"])
			if filter["status"] == "AWAITING_SHIPMENT" {
				return errors.New("the network is down")
			}
			return err
		})
		time.Sleep(time.Minute)
		d.bridge.SweepAll(t.Context())
		failed := d.bridge.Sweeps()[k.Shop]
		require.ErrorContains(t, failed.Err, "the network is down")
		require.Equal(t, first.Ended, failed.Ended, "the last good one stays on record")
		require.True(t, failed.Began.After(first.Ended))
		require.NotContains(t, asked, "", "what was not looked for is not missing")
		require.Equal(t, before, d.application(k))
	})
}
