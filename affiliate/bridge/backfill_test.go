package bridge_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/affiliate/affiliatesim"
	"sampledesk/workflow"
)

// statusOf is the status that a search was for.
func (c call) statusOf() workflow.Status {
	var body struct {
		Status workflow.Status `json:"status"`
	}
	_ = json.Unmarshal(c.Body, &body)
	return body.Status
}

// liveSearches are the searches of the sweeps; those of the backfill are left out.
func (d *desk) liveSearches() []call {
	d.t.Helper()
	return slices.DeleteFunc(d.calls(searchPath), func(c call) bool { return slices.Contains(workflow.BackfillStatuses, c.statusOf()) })
}

func (d *desk) backfillSearches() []call {
	d.t.Helper()
	return slices.DeleteFunc(d.calls(searchPath), func(c call) bool { return !slices.Contains(workflow.BackfillStatuses, c.statusOf()) })
}

// ended lets a shop have applications that are over, n of each status.
func (d *desk) ended(n int) (all []workflow.Key) {
	d.t.Helper()
	for _, status := range workflow.BackfillStatuses {
		for range n {
			all = append(all, d.apply(affiliatesim.Request{Status: affiliatesim.Status(status)}))
		}
	}
	return all
}

// silent expects that nothing was posted, shown or timed for applications, and that all of them are known.
func (d *desk) silent(all []workflow.Key) {
	d.t.Helper()
	d.view(func(tx workflow.Tx) error {
		for _, k := range all {
			a, err := tx.Application(k)
			require.NoError(d.t, err)
			require.True(d.t, a.Backfilled())
			require.False(d.t, a.Card.Wanted)
			require.Equal(d.t, workflow.Timer{}, a.Timer)
			require.Empty(d.t, a.News)
			for _, lane := range []workflow.Lane{workflow.CardLane(k), workflow.ThreadLane(k)} {
				waiting, err := tx.Lane(lane)
				require.NoError(d.t, err)
				require.Empty(d.t, waiting)
			}
		}
		return nil
	})
	require.Empty(d.t, d.notices(d.shop().ID))
}

func TestTheBackfillHappensOnceAndPostsNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := connected(t, affiliatesim.Options{})
		all := d.ended(7)
		for range 5 {
			d.sweep()
			time.Sleep(time.Minute)
		}
		d.silent(all)
		require.True(t, d.shop().Backfill.Ended())
		require.Len(t, d.backfillSearches(), len(workflow.BackfillStatuses))
		writes := d.store.written()
		d.sweep()
		require.Equal(t, writes, d.store.written())
		require.Len(t, d.backfillSearches(), len(workflow.BackfillStatuses))
	})
}

func TestOldApplicationsAreBackfilledAPageASweepAcrossRestarts(t *testing.T) {
	if testing.Short() {
		t.Skip("it is long")
	}
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := connected(t, affiliatesim.Options{})
		all := d.ended(105) // of each status two pages and a little
		sweeps := 0
		for ; !d.shop().Backfill.Ended(); sweeps++ {
			require.Less(t, sweeps, 200)
			d.sweep()
			if sweeps < 10 {
				require.LessOrEqual(t, len(d.backfillSearches()), 2*(sweeps+1), "the present goes before the past")
			}
			if sweeps%8 == 5 {
				d.restart()
			}
			time.Sleep(time.Minute)
		}
		require.GreaterOrEqual(t, sweeps, 20)
		d.silent(all)
		require.Len(t, d.backfillSearches(), 11*3, "no page was read twice")
	})
}

func TestAPageTokenThatExpiredRestartsItsStatusAndReadsItInOneGo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := connected(t, affiliatesim.Options{})
		var all []workflow.Key
		for range 180 {
			all = append(all, d.apply(affiliatesim.Request{Status: "WITHDRAW_CANCELLED"}))
		}
		d.between.meddle(func(r *http.Request, next http.RoundTripper) (*http.Response, error) {
			if r.URL.Query().Get("page_token") != "" && time.Since(lastSearch(d)) > 30*time.Second {
				return answer(http.StatusOK, refusal(36009004, "page_token is invalid")), nil
			}
			return next.RoundTrip(r)
		})
		for range 4 {
			d.sweep()
			time.Sleep(time.Minute)
		}
		require.True(t, d.shop().Backfill.Ended())
		d.silent(all)
	})
}

// lastSearch is when the stand-in last answered a search of the backfill.
func lastSearch(d *desk) time.Time {
	calls := d.backfillSearches()
	if len(calls) == 0 {
		return time.Time{}
	}
	return calls[len(calls)-1].At
}

func TestABackfillThatFailsIsLoggedOnceAndDelaysNoSweep(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := connected(t, affiliatesim.Options{})
		all := d.ended(1)
		broken := true
		d.between.meddle(func(r *http.Request, next http.RoundTripper) (*http.Response, error) {
			body, err := readBody(r)
			if broken && err == nil && bytes.Contains(body, []byte(workflow.StatusRejectCancelled)) {
				return answer(http.StatusOK, refusal(16020099, "no")), nil
			}
			return next.RoundTrip(r)
		})
		for range 10 {
			d.sweep()
			time.Sleep(time.Minute)
		}
		require.Equal(t, 1, d.log.count("backfill failed"))
		require.False(t, d.shop().Backfill.Ended())
		broken = false
		d.sweep()
		require.True(t, d.shop().Backfill.Ended())
		d.silent(all)
	})
}

func TestWhatWasPostedAndSoldBeforeIsBackfilledToo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := connected(t, affiliatesim.Options{})
		k := d.apply(affiliatesim.Request{Status: "CONTENT_PENDING"})
		d.post(k, `{"paid_order_count":9}`)
		d.act("/sim/applications/"+string(k.ID)+"/complete", `{}`, nil)
		time.Sleep(time.Hour)
		d.sweep()
		a := d.application(k)
		require.Len(t, a.Contents, 1)
		require.InDelta(t, 9, a.Contents[0].Orders.Value, 0)
		d.silent([]workflow.Key{k})
		asked := len(d.calls(fulfilments))
		d.watch()
		require.Len(t, d.calls(fulfilments), asked, "it is over")
	})
}
