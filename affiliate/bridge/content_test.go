package bridge_test

import (
	"bytes"
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

const fulfilments = "/fulfillments/search"

// watch reads content once and expects that all went well.
func (d *desk) watch() {
	d.t.Helper()
	d.bridge.WatchAll(d.t.Context())
	for shop, s := range d.bridge.Watches() {
		require.NoError(d.t, s.Err, "shop %s", shop)
	}
}

// post has the creator of an application post something.
func (d *desk) post(k workflow.Key, particulars string) {
	d.t.Helper()
	d.act("/sim/applications/"+string(k.ID)+"/post", particulars, nil)
}

// delivered returns a desk with an application whose sample arrived after the desk had seen it.
func delivered(t *testing.T) (*desk, workflow.Key) {
	t.Helper()
	d := connected(t, affiliatesim.Options{})
	k := d.apply(affiliatesim.Request{})
	d.sweep()
	for _, step := range []string{"approve", "ship", "deliver"} {
		d.act("/sim/applications/"+string(k.ID)+"/"+step, `{}`, nil)
		time.Sleep(time.Minute)
		d.sweep()
	}
	require.Equal(t, workflow.Delivered, d.application(k).State())
	return d, k
}

// notice returns the message about a piece of content, if there is one.
func (d *desk) notice(k workflow.Key, id string) (n workflow.Notice, found bool) {
	d.t.Helper()
	_ = d.db.View(d.t.Context(), func(tx workflow.Tx) (err error) {
		n, err = tx.Notice(workflow.ContentNotice(k, id))
		found = err == nil
		return err
	})
	return n, found
}

func TestContentIsFoundTakenOverWholeAndCompletesTheApplication(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d, k := delivered(t)
		d.watch()
		require.Len(t, d.calls(fulfilments), 2, "one per format")
		require.Equal(t, workflow.Delivered, d.application(k).State())
		d.post(k, `{"page_link":"https://www.tiktok.com/@glow.daily/video/1","description":"Trying it","view_count":1200,"like_count":90,"paid_order_count":4}`)
		d.post(k, `{"content_format":"LIVE","page_link":"https://www.tiktok.com/@glow.daily/live/2"}`)
		posted := time.Now().Truncate(time.Second).UTC()
		time.Sleep(30 * time.Minute)
		d.watch()
		a := d.application(k)
		require.Equal(t, workflow.Completed, a.State())
		require.Len(t, a.Contents, 2)
		require.Equal(t, workflow.Content{
			ID: a.Contents[0].ID, Format: "VIDEO", Text: "Trying it", Link: "https://www.tiktok.com/@glow.daily/video/1", At: posted,
			Views: workflow.OptionalNumber{Value: 1200, Shared: true}, Likes: workflow.OptionalNumber{Value: 90, Shared: true},
			Orders: workflow.OptionalNumber{Value: 4, Shared: true},
		}, a.Contents[0])
		require.Equal(t, "LIVE", a.Contents[1].Format)
		for _, c := range a.Contents {
			n, shown := d.notice(k, c.ID)
			require.True(t, shown)
			require.Equal(t, c, *n.Content)
			require.Equal(t, c.Format == "VIDEO", n.Stage == workflow.StageCompleted, "one of them tells that the application is completed")
		}
		d.sweep()
		require.Equal(t, workflow.Completed, d.application(k).State(), "TikTok still says that content is due")
	})
}

func TestCompletedAndItsContentAreOneMessageWhicheverIsSeenFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d, k := delivered(t)
		channel, _ := d.run()
		d.post(k, `{}`)
		d.act("/sim/applications/"+string(k.ID)+"/complete", `{}`, nil)
		time.Sleep(time.Minute)
		d.sweep()
		d.watch()
		time.Sleep(time.Minute)
		a := d.application(k)
		require.Equal(t, workflow.StatusCompleted, a.Snapshot.Status)
		require.Len(t, a.Contents, 1)
		n, _ := d.notice(k, a.Contents[0].ID)
		require.Equal(t, workflow.StageCompleted, n.Stage)
		for _, said := range channel.said(workflow.KindStage) {
			require.NotEqual(t, workflow.StageCompleted, said.Stage)
		}
	})
}

func TestGrowthIsFollowedForTwoWeeksAndNothingIsWrittenWithoutIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d, k := delivered(t)
		d.post(k, `{"view_count":1000,"paid_order_count":1}`)
		d.watch()
		time.Sleep(time.Minute)
		before := d.application(k)
		d.watch()
		require.Equal(t, before, d.application(k))

		d.between.alter(func(_ string, answer []byte) []byte {
			return []byte(strings.ReplaceAll(string(answer), `"view_count":1000`, `"view_count":5000`))
		})
		time.Sleep(13 * 24 * time.Hour)
		d.watch()
		require.Equal(t, workflow.OptionalNumber{Value: 5000, Shared: true}, d.application(k).Contents[0].Views)
		n, _ := d.notice(k, d.application(k).Contents[0].ID)
		require.InDelta(t, 5000, n.Content.Views.Value, 0)

		time.Sleep(2 * 24 * time.Hour)
		asked := len(d.calls(fulfilments))
		d.watch()
		require.Len(t, d.calls(fulfilments), asked)
	})
}

func TestALookWithoutNewsLeavesTheStoreAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := connected(t, affiliatesim.Options{})
		for _, status := range []affiliatesim.Status{"SHIPPED", "CONTENT_PENDING"} {
			d.apply(affiliatesim.Request{Status: status})
		}
		d.sweep()
		writes := d.store.written()
		d.watch()
		d.watch()
		require.Equal(t, writes, d.store.written())
		require.Len(t, d.calls(fulfilments), 8)
	})
}

func TestContentFromBeforeTheDeskCompletesWithoutAWord(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := connected(t, affiliatesim.Options{})
		k := d.apply(affiliatesim.Request{Status: "CONTENT_PENDING"})
		d.post(k, `{}`)
		time.Sleep(time.Hour)
		d.sweep()
		d.watch()
		a := d.application(k)
		require.Equal(t, workflow.Completed, a.State())
		require.Len(t, a.Contents, 1)
		require.False(t, a.Card.Wanted)
		_, shown := d.notice(k, a.Contents[0].ID)
		require.False(t, shown)

		d.post(k, `{}`)
		time.Sleep(time.Hour)
		d.watch()
		a = d.application(k)
		require.Len(t, a.Contents, 2)
		_, shown = d.notice(k, a.Contents[1].ID)
		require.True(t, shown, "what comes later is news")
	})
}

func TestARoundThatIsTooLongForOneRunIsGoneOnWith(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := connected(t, affiliatesim.Options{})
		d.bridge.WatchPerRun(50)
		for range 60 {
			d.apply(affiliatesim.Request{Status: "CONTENT_PENDING"})
		}
		d.sweep()
		asked := func() map[string]int {
			all := map[string]int{}
			for _, c := range d.calls(fulfilments) {
				all[c.Path]++
			}
			return all
		}
		d.watch()
		require.Len(t, asked(), 50)
		d.watch()
		require.Len(t, asked(), 60)
		for path, n := range asked() {
			require.Equal(t, 2, n, path)
		}
	})
}

func TestOneApplicationThatCannotBeAskedAboutHidesNoOther(t *testing.T) {
	for name, fault := range map[string]string{
		"refused":    `"do":"code","code":16020001`,
		"unreadable": `"do":"status","status":418`,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := connected(t, affiliatesim.Options{})
				odd, other := d.apply(affiliatesim.Request{Status: "SHIPPED"}), d.apply(affiliatesim.Request{Status: "SHIPPED"})
				d.sweep()
				d.act("/sim/faults", fmt.Sprintf(`{"path":%q,"times":100,%s}`, string(odd.ID)+fulfilments, fault), nil)
				d.post(other, `{}`)
				d.watch()
				d.watch()
				require.Equal(t, workflow.Completed, d.application(other).State())
				require.Equal(t, 1, d.log.count("could not read the content of an application"))
			})
		})
	}
}

func TestAnOddVideoHidesNoLive(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d, k := delivered(t)
		d.post(k, `{"content_format":"LIVE"}`)
		d.between.meddle(func(r *http.Request, next http.RoundTripper) (*http.Response, error) {
			body, err := readBody(r)
			if err == nil && bytes.Contains(body, []byte("VIDEO")) {
				return answer(http.StatusOK, `{"code":0,"message":"Success","data":{"fulfillments":[{"content":{}}]},"request_id":"1"}`), nil
			}
			return next.RoundTrip(r)
		})
		for range 2 {
			d.watch()
		}
		a := d.application(k)
		require.Equal(t, workflow.Completed, a.State())
		require.Len(t, a.Contents, 1)
		require.Equal(t, "LIVE", a.Contents[0].Format)
		require.Equal(t, 1, d.log.count("could not read the content of an application"))
	})
}

func TestAFaultOnOneApplicationDoesNotStandInTheWayOfTheNextRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := connected(t, affiliatesim.Options{})
		odd := d.apply(affiliatesim.Request{Status: "SHIPPED"})
		other := d.apply(affiliatesim.Request{Status: "SHIPPED"})
		d.sweep()
		d.act("/sim/faults", fmt.Sprintf(`{"path":%q,"times":100,"do":"status","status":503}`, string(odd.ID)+fulfilments), nil)
		d.post(other, `{}`)
		for range 2 {
			d.bridge.WatchAll(t.Context())
		}
		require.Equal(t, workflow.Completed, d.application(other).State())
		require.LessOrEqual(t, d.log.count("content poll failed"), 1)
	})
}

func TestAShopWhoseContentHangsHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := connected(t, affiliatesim.Options{Shops: 2})
		shops := d.shops()
		d.apply(affiliatesim.Request{ShopID: string(shops[0].ID), Status: "SHIPPED"})
		k := d.apply(affiliatesim.Request{ShopID: string(shops[1].ID), Status: "SHIPPED"})
		d.sweep()
		d.post(k, `{}`)
		d.between.hold(func(r *http.Request) error {
			if r.URL.Query().Get("shop_cipher") != shops[0].Cipher {
				return nil
			}
			<-r.Context().Done()
			return r.Context().Err()
		})
		first := make(chan struct{})
		go func() { defer close(first); d.bridge.WatchAll(t.Context()) }()
		time.Sleep(5 * time.Second)
		require.Equal(t, workflow.Completed, d.application(k).State())
		began := time.Now()
		d.bridge.WatchAll(t.Context())
		require.Less(t, time.Since(began), 5*time.Second, "the one that hangs is left out")
		<-first
		require.Error(t, d.bridge.Watches()[shops[0].ID].Err)
		require.NoError(t, d.bridge.Watches()[shops[1].ID].Err)
	})
}

func TestAMissingScopeForContentIsLoggedOnceAndRested(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := connected(t, affiliatesim.Options{})
		k := d.apply(affiliatesim.Request{Status: "SHIPPED"})
		d.sweep()
		d.act("/sim/faults", fmt.Sprintf(`{"path":%q,"times":100000,"do":"code","code":105005,"message":"scope"}`, fulfilments), nil)
		for range 60 {
			d.bridge.WatchAll(t.Context())
			time.Sleep(time.Minute)
		}
		require.LessOrEqual(t, len(d.calls(fulfilments)), 4)
		require.Equal(t, 1, d.log.count("content poll failed"))
		require.Error(t, d.bridge.Watches()[k.Shop].Err)
		require.Equal(t, workflow.Failure{}, d.shop().SyncStopped)
		d.mendCalls()
		d.post(k, `{}`)
		time.Sleep(30 * time.Minute)
		d.watch()
		require.Equal(t, workflow.Completed, d.application(k).State())
	})
}
