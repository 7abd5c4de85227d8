package affiliatesim

import (
	"cmp"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// inbox is a desk that takes webhooks and checks their signature.
type inbox struct {
	mu      sync.Mutex
	refuse  int // so many are answered 503 first
	got     []map[string]any
	headers []string
	bodies  []string
}

func (i *inbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.refuse > 0 {
		i.refuse--
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	var hook map[string]any
	_ = json.Unmarshal(body, &hook)
	i.got = append(i.got, hook)
	i.headers = append(i.headers, r.Header.Get("Authorization"))
	i.bodies = append(i.bodies, string(body))
}

// all waits until every delivery has ended and returns what came.
func (i *inbox) all() []map[string]any {
	synctest.Wait()
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.got
}

// openWithInbox starts a stand-in whose webhooks arrive in an inbox.
func openWithInbox(t *testing.T) (*caller, *inbox) {
	box := &inbox{}
	u := open(t, Options{Webhooks: serve(t, box)})
	u.order("/sim/webhooks", `{"url":"http://desk.test/tiktok/webhook"}`)
	return u, box
}

func TestAStatusChangeIsAnnouncedSigned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u, box := openWithInbox(t)
		id := u.add(`{"creator":{"creator_open_id":"71"},"product":{"id":"77","sku_id":"78"}}`)
		require.Zero(t, u.post(reviewPath(id), nil, approval).Code)
		got := box.all()
		require.Len(t, got, 2)
		want := map[string]any{
			"application_id": id, "new_status": "PENDING",
			"creator": map[string]any{"creator_open_id": "71"}, "product": map[string]any{"id": "77", "sku_id": "78"},
		}
		require.Equal(t, want, got[0]["data"])
		second := got[1]["data"].(map[string]any)
		require.Equal(t, "AWAITING_SHIPMENT", second["new_status"])
		require.Equal(t, []any{map[string]any{"creator_open_id": "71"}}, second["creator"], "both documented shapes come, by turns")
		require.Equal(t, []any{56.0, u.details.ShopID, float64(time.Now().Unix())}, []any{got[0]["type"], got[0]["shop_id"], got[0]["timestamp"]})
		require.NotEqual(t, got[0]["tts_notification_id"], got[1]["tts_notification_id"])
		for i, body := range box.bodies {
			require.Equal(t, signWebhook(u.details.AppKey, u.details.AppSecret, []byte(body)), box.headers[i])
		}
	})
}

func TestADeadlineThatPassesIsAnnouncedAlthoughNobodyAsks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u, box := openWithInbox(t)
		u.add(`{"approve_in":"1h"}`)
		time.Sleep(time.Hour)
		got := box.all()
		require.Len(t, got, 2)
		require.Equal(t, "OVERDUE_CANCELLED", got[1]["data"].(map[string]any)["new_status"])
	})
}

func TestACreatorsMessageIsAnnounced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u, box := openWithInbox(t)
		u.add(`{"creator":{"creator_open_id":"71"}}`)
		sent := u.order("/sim/messages", `{"creator_open_id":"71","text":"Is it still free?"}`)
		u.order("/sim/messages", `{"creator_open_id":"71","text":"Hello?"}`)
		got := box.all()
		require.Len(t, got, 3)
		require.EqualValues(t, 33, got[1]["type"])
		data := got[1]["data"].(map[string]any)
		require.Equal(t, []any{sent["id"], sent["conversation_id"], "TEXT", "Is it still free?"},
			[]any{data["message_id"], data["conversation_id"], data["msg_type"], data["content"]})
		require.NotEmpty(t, data["sender"].(map[string]any)["sender_im_user_id"])
		require.IsType(t, "", data["create_time"])
		require.Equal(t, `{"content":"Hello?"}`, got[2]["data"].(map[string]any)["content"], "plain and JSON text come by turns")
	})
}

func TestTheAuthorisationsEndIsAnnounced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u, box := openWithInbox(t)
		u.order("/sim/authorization", `{"do":"announce_expiry"}`)
		u.order("/sim/authorization", `{"do":"deauthorize"}`)
		got := box.all()
		require.Len(t, got, 2)
		require.Equal(t, []any{7.0, 6.0}, []any{got[0]["type"], got[1]["type"]})
		require.NotZero(t, got[0]["data"].(map[string]any)["expiration_time"])
	})
}

func TestAWebhookIsTriedThreeTimesAndThenLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u, box := openWithInbox(t)
		box.refuse = 5
		u.add(`{}`)
		second := u.add(`{}`)
		time.Sleep(time.Minute)
		got := box.all()
		require.Len(t, got, 1, "the first was lost, the second came with its last try")
		require.Equal(t, second, got[0]["data"].(map[string]any)["application_id"])
		hooks := u.state()["webhooks"].(map[string]any)
		require.Equal(t, []any{1.0, 1.0}, []any{hooks["delivered"], hooks["lost"]})
	})
}

func TestWebhooksMayBeDoubledLostAndStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u, box := openWithInbox(t)
		const address = `"url":"http://desk.test/tiktok/webhook"`
		u.order("/sim/webhooks", `{`+address+`,"times":2}`)
		u.add(`{}`)
		got := box.all()
		require.Len(t, got, 2)
		require.Equal(t, got[0], got[1], "a repeated webhook has the same notification id")
		u.order("/sim/webhooks", `{`+address+`,"times":0}`)
		u.add(`{}`)
		u.order("/sim/webhooks", `{"url":""}`)
		u.add(`{}`)
		require.Len(t, box.all(), 2)
		for _, body := range []string{`{"url":"/webhook"}`, `{"url":"file:///x"}`, `{` + address + `,"times":-1}`, `{"address":"x"}`} {
			status, _ := u.control("/sim/webhooks", body)
			require.Equal(t, http.StatusBadRequest, status, body)
		}
	})
}

func TestAWebhookMayComeLateAndBeOvertaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u, box := openWithInbox(t)
		u.order("/sim/webhooks", `{"url":"http://desk.test/tiktok/webhook","late":"30s"}`)
		u.add(`{}`)
		time.Sleep(29 * time.Second)
		require.Empty(t, box.all())
		time.Sleep(time.Second)
		require.Len(t, box.all(), 1)
		u.add(`{}`)
		u.order("/sim/webhooks", `{"url":"http://desk.test/tiktok/webhook"}`)
		time.Sleep(time.Minute)
		require.Len(t, box.all(), 1, "what was held back goes with its address")
		for _, body := range []string{`{"late":"soon"}`, `{"late":"-1s"}`, `{"late":"2h"}`, `{"seed":-1}`} {
			status, _ := u.control("/sim/webhooks", body)
			require.Equal(t, http.StatusBadRequest, status, body)
		}
	})
}

func TestUnreliableWebhooksAreLostDoubledAndLateTheSameForEachSeed(t *testing.T) {
	arrivals := func(t *testing.T, seed string) (came []string) {
		synctest.Test(t, func(t *testing.T) {
			u, box := openWithInbox(t)
			u.order("/sim/webhooks", `{"url":"http://desk.test/tiktok/webhook","unreliable":true,"seed":`+seed+`}`)
			number := map[string]string{}
			for i := range 40 {
				number[u.add(`{}`)] = strconv.Itoa(i)
				time.Sleep(time.Millisecond) // so that no two come back at the same instant
			}
			time.Sleep(time.Minute)
			for _, hook := range box.all() {
				came = append(came, number[hook["data"].(map[string]any)["application_id"].(string)])
			}
		})
		return came
	}
	first := arrivals(t, "7")
	require.Equal(t, first, arrivals(t, "7"))
	require.NotEqual(t, first, arrivals(t, "8"))
	seen := map[string]int{}
	inOrder := slices.IsSortedFunc(first, func(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b)) })
	for _, n := range first {
		seen[n]++
	}
	require.Less(t, len(seen), 40, "some are lost")
	require.Greater(t, len(first), len(seen), "some come twice")
	require.False(t, inOrder, "some are late")
}
