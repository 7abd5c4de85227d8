package affiliatesim

import (
	"cmp"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
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

func TestAWebhookIsTriedAgainFourTimesAndThenLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u, box := openWithInbox(t)
		began := time.Now()
		box.refuse = 3
		first := u.add(`{}`)
		require.Empty(t, box.all())
		second := u.add(`{}`)
		require.Empty(t, box.all())
		for _, after := range []time.Duration{2 * time.Minute, 32 * time.Minute, 212 * time.Minute} {
			time.Sleep(time.Until(began.Add(after)))
			synctest.Wait()
		}
		got := box.all()
		require.Len(t, got, 2, "neither waits for the other")
		require.ElementsMatch(t, []any{first, second}, []any{got[0]["data"].(map[string]any)["application_id"], got[1]["data"].(map[string]any)["application_id"]})

		box.refuse = 5
		u.add(`{}`)
		time.Sleep(16 * time.Hour)
		require.Len(t, box.all(), 2, "after the fourth repetition it is lost")
		require.Zero(t, box.refuse)
		hooks := u.state()["webhooks"].(map[string]any)
		require.Equal(t, []any{2.0, 1.0}, []any{hooks["delivered"], hooks["lost"]})
	})
}

func TestOnlyAnEmpty200TakesAWebhook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, answer := range map[string]func(http.ResponseWriter){
			"another status": func(w http.ResponseWriter) { w.WriteHeader(http.StatusNoContent) },
			"a body":         func(w http.ResponseWriter) { _, _ = io.WriteString(w, "ok") },
			"a late answer":  func(http.ResponseWriter) { time.Sleep(4 * time.Second) },
		} {
			var tries atomic.Int32
			u := open(t, Options{Webhooks: serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				if tries.Add(1) == 1 {
					answer(w)
				}
			}))})
			u.order("/sim/webhooks", `{"url":"http://desk.test/tiktok/webhook"}`)
			u.add(`{}`)
			time.Sleep(3 * time.Minute)
			require.EqualValues(t, 2, tries.Load(), name)
		}
	})
}

func TestAForgedWebhookIsSignedByNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u, box := openWithInbox(t)
		u.order("/sim/webhooks", `{"url":"http://desk.test/tiktok/webhook","forged":true}`)
		u.add(`{}`)
		require.Len(t, box.all(), 1)
		require.NotEqual(t, signWebhook(u.details.AppKey, u.details.AppSecret, []byte(box.bodies[0])), box.headers[0])
	})
}

func TestAddressesOfWebhooksAreRegisteredByTheVendorsRules(t *testing.T) {
	u := open(t, Options{NoRateLimits: true})
	const path = "/event/202309/webhooks"
	call := func(method, body string) reply {
		return u.send(u.request(method, path, nil, body))
	}
	const good = "https://desk.example.com/tiktok/webhook"
	for name, c := range map[string]struct{ event, address string }{
		"plain":               {"NEW_MESSAGE_LISTENER", "http://desk.example.com/tiktok/webhook"},
		"a port":              {"NEW_MESSAGE_LISTENER", "https://desk.example.com:8443/tiktok/webhook"},
		"an address's digits": {"NEW_MESSAGE_LISTENER", "https://192.0.2.1/tiktok/webhook"},
		"no domain":           {"NEW_MESSAGE_LISTENER", "https://localhost/tiktok/webhook"},
		"too long":            {"NEW_MESSAGE_LISTENER", "https://desk.example.com/" + strings.Repeat("x", 255)},
		"a query":             {"NEW_MESSAGE_LISTENER", good + "?x=1"},
		"no event":            {"", good},
		"a name for 56":       {"SAMPLE_APPLICATION_STATUS_CHANGE", good},
	} {
		require.Equal(t, codeParameterInvalid, call(http.MethodPut, `{"address":"`+c.address+`","event_type":"`+c.event+`"}`).Code, name)
	}
	for range 2 {
		require.Zero(t, call(http.MethodPut, `{"address":"`+good+`","event_type":"NEW_MESSAGE_LISTENER"}`).Code)
	}
	listed := call(http.MethodGet, "").data(t)
	require.EqualValues(t, 1, listed["total_count"])
	require.Equal(t, good, listed["webhooks"].([]any)[0].(map[string]any)["address"])
	require.Zero(t, call(http.MethodDelete, `{"event_type":"NEW_MESSAGE_LISTENER"}`).Code)
	require.Equal(t, codeParameterInvalid, call(http.MethodDelete, `{"event_type":"NEW_MESSAGE_LISTENER"}`).Code)
	u.order("/sim/webhooks", `{"names_56":true}`)
	require.Zero(t, call(http.MethodPut, `{"address":"`+good+`","event_type":"SAMPLE_APPLICATION_STATUS_CHANGE"}`).Code)
	u.order("/sim/authorization", `{"do":"withhold_scope","scope":"`+scopeShops+`"}`)
	refused := call(http.MethodGet, "")
	require.Equal(t, codeScopeMissing, refused.Code)
	require.Contains(t, refused.Message, "Shop Authorized Information")
}

func TestARegisteredAddressIsCalledThroughWhatStandsForTheInternet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var came []string
		u := open(t, Options{NoRateLimits: true, Webhooks: serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			var hook webhook
			_ = json.Unmarshal(body, &hook)
			mu.Lock()
			defer mu.Unlock()
			came = append(came, strconv.Itoa(hook.Type)+" "+r.Host+r.URL.Path)
			if r.Header.Get("Authorization") == "" {
				w.WriteHeader(http.StatusUnauthorized)
			}
		}))})
		arrived := func() []string {
			synctest.Wait()
			mu.Lock()
			defer mu.Unlock()
			defer func() { came = nil }()
			return came
		}
		register := func(method, body string) {
			require.Zero(t, u.send(u.request(method, "/event/202309/webhooks", nil, body)).Code)
		}
		u.order("/sim/webhooks", `{"names_56":true}`)
		register(http.MethodPut, `{"address":"https://desk.example.com/one%2Fway/webhook","event_type":"SAMPLE_APPLICATION_STATUS_CHANGE"}`)
		u.add(`{}`)
		require.Empty(t, arrived(), "it may be somebody's")
		u.order("/sim/webhooks", `{"names_56":true,"url":"http://center.test/all"}`)
		u.add(`{}`)
		require.Equal(t, []string{"56 center.test/all"}, arrived(), "as set in the partner center")
		u.order("/sim/webhooks", `{"names_56":true,"url":"http://center.test/all","through":"http://127.0.0.1:8080/"}`)
		u.add(`{"creator":{"creator_open_id":"71"}}`)
		u.order("/sim/messages", `{"creator_open_id":"71","text":"Hello"}`)
		require.Equal(t, []string{"56 desk.example.com/one/way/webhook", "33 center.test/all"}, arrived(), "each event has its own address, and gets one of the two")
		register(http.MethodPut, `{"address":"https://new.example.com/w","event_type":"NEW_MESSAGE_LISTENER"}`)
		u.order("/sim/messages", `{"creator_open_id":"71","text":"Hello again"}`)
		require.Equal(t, []string{"33 new.example.com/w"}, arrived())
		register(http.MethodDelete, `{"event_type":"SAMPLE_APPLICATION_STATUS_CHANGE"}`)
		u.order("/sim/webhooks", `{"through":"http://127.0.0.1:8080"}`)
		u.add(`{}`)
		require.Empty(t, arrived(), "nothing is registered for it any more")
		status, _ := u.control("/sim/webhooks", `{"through":"desk.test"}`)
		require.Equal(t, http.StatusBadRequest, status)
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
