package bridge_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/affiliate/affiliatesim"
	"sampledesk/affiliate/affiliatetest"
	"sampledesk/affiliate/bridge"
	"sampledesk/workflow"
)

// hooked is a desk whose inbox is where TikTok's webhooks go.
type hooked struct {
	*desk
	inbox *bridge.Inbox
	stop  func()

	mu       sync.Mutex
	outcomes map[string]int
}

// withInbox returns a desk that was swept and polled once, and that sweeps no more by itself.
func withInbox(t *testing.T) *hooked {
	t.Helper()
	h := &hooked{}
	transport := affiliatetest.Serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.inbox.ServeHTTP(w, r) }))
	h.desk = connected(t, affiliatesim.Options{Webhooks: &http.Client{Transport: transport}, NoRateLimits: true})
	h.start()
	h.sweep()
	h.poll()
	h.act("/sim/webhooks", `{"url":"http://desk.test/tiktok/webhook"}`, nil)
	time.Sleep(time.Second)
	return h
}

func (h *hooked) start() {
	h.inbox, h.outcomes = bridge.NewInbox(h.bridge), map[string]int{}
	h.inbox.Told = func(outcome string) {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.outcomes[outcome]++
	}
	ctx, cancel := context.WithCancel(h.t.Context())
	var running sync.WaitGroup
	running.Go(func() { h.inbox.Run(ctx) })
	h.stop = func() { cancel(); running.Wait() }
	h.t.Cleanup(func() { h.stop() })
}

func (h *hooked) outcome(name string) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.outcomes[name]
}

// sign signs a webhook as TikTok does.
func (d *desk) sign(body string) string {
	mac := hmac.New(sha256.New, []byte(d.details.AppSecret))
	_, _ = mac.Write([]byte(d.details.AppKey + body))
	return hex.EncodeToString(mac.Sum(nil))
}

// deliver sends a webhook by hand, and returns the status and the body of the answer.
func (h *hooked) deliver(signature, body string) (int, string) {
	r := httptest.NewRequest(http.MethodPost, "/tiktok/webhook", strings.NewReader(body))
	r.Header.Set("Authorization", signature)
	w := httptest.NewRecorder()
	h.inbox.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

// changed is webhook 56 as it stands.
func (d *desk) changed(notification string, k workflow.Key) string {
	return fmt.Sprintf(`{"type":56,"tts_notification_id":%q,"shop_id":%q,"timestamp":1,"data":{"application_id":%q,"new_status":"SHIPPED","creator":{"creator_open_id":"71"},"product":{"id":"1729"}}}`,
		notification, k.Shop, k.ID)
}

func (d *desk) searches() int { return len(d.calls("202508/sample_applications/search")) }

func TestAWebhookWakesALookAtOneApplication(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := withInbox(t)
		before := h.searches()
		k := h.apply(affiliatesim.Request{})
		time.Sleep(time.Second)
		require.Equal(t, workflow.Pending, h.application(k).State(), "it is known at once, without a sweep")
		require.Equal(t, before+1, h.searches())
		time.Sleep(5 * time.Second)
		for _, step := range []struct {
			does string
			want workflow.State
		}{{"approve", workflow.AwaitingShipment}, {"ship", workflow.Shipped}, {"deliver", workflow.Delivered}} {
			h.act("/sim/applications/"+string(k.ID)+"/"+step.does, `{}`, nil)
			time.Sleep(5 * time.Second)
			require.Equal(t, step.want, h.application(k).State())
		}
		require.Equal(t, before+4, h.searches())
		require.Zero(t, h.outcome("failed"))
	})
}

func TestAWebhookWakesALookAtOneConversation(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := withInbox(t)
		channel, _ := h.run()
		k := h.apply(affiliatesim.Request{})
		time.Sleep(5 * time.Second)
		for _, text := range []string{"Is it still free?", "Hello?"} { // the first in a conversation that nobody knows
			h.answer(k, text)
			time.Sleep(5 * time.Second)
			said := channel.said(workflow.KindMessage)
			last, err := json.Marshal(said[len(said)-1])
			require.NoError(t, err)
			require.Contains(t, string(last), text)
		}
		require.Len(t, channel.said(workflow.KindMessage), 2)
		h.poll()
		time.Sleep(time.Second)
		require.Len(t, channel.said(workflow.KindMessage), 2, "a poll finds nothing new")
	})
}

func TestTheEndOfAnAuthorisationIsKnownByItsWebhook(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := withInbox(t)
		h.act("/sim/authorization", `{"do":"announce_expiry"}`, nil)
		time.Sleep(5 * time.Second)
		require.Zero(t, h.shop().SyncStopped)
		time.Sleep(11 * time.Minute)
		h.act("/sim/authorization", `{"do":"deauthorize"}`, nil)
		time.Sleep(5 * time.Second)
		require.NotZero(t, h.shop().SyncStopped, "it is known at once, without a sweep")
	})
}

func TestWebhooksThatAreNobodysUnreadableOrOfNoInterestChangeNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := withInbox(t)
		k := h.apply(affiliatesim.Request{})
		time.Sleep(5 * time.Second)
		before, good := h.searches(), h.changed("1", k)
		for name, c := range map[string]struct {
			signature, body string
			status          int
		}{
			"unsigned":             {"", good, 401},
			"signed by another":    {hex.EncodeToString(make([]byte, 32)), good, 401},
			"with another body":    {h.sign(good), h.changed("2", k), 401},
			"with a word before":   {"Bearer " + h.sign(good), good, 401},
			"too long":             {h.sign(good), good + strings.Repeat(" ", bridge.MaxWebhook), 413},
			"an unknown type":      {h.sign(`{"type":68,"tts_notification_id":"3"}`), `{"type":68,"tts_notification_id":"3"}`, 200},
			"an order's":           {h.sign(`{"type":1,"tts_notification_id":"4","shop_id":"1"}`), `{"type":1,"tts_notification_id":"4","shop_id":"1"}`, 200},
			"nonsense":             {h.sign(`nonsense`), `nonsense`, 200},
			"of a shop elsewhere":  {h.sign(h.changed("5", workflow.Key{Shop: "1", ID: "2"})), h.changed("5", workflow.Key{Shop: "1", ID: "2"}), 200},
			"of nothing in itself": {h.sign(`{"type":56,"tts_notification_id":"6","shop_id":"1","data":[]}`), `{"type":56,"tts_notification_id":"6","shop_id":"1","data":[]}`, 200},
		} {
			status, said := h.deliver(c.signature, c.body)
			require.Equal(t, c.status, status, name)
			if status == http.StatusOK {
				require.Empty(t, said, name)
			}
			require.NotContains(t, said, h.details.AppSecret)
		}
		time.Sleep(5 * time.Second)
		require.Equal(t, before, h.searches())
		for i := range 5 { // the good one, again and again, for days
			status, said := h.deliver(h.sign(good), good)
			require.Equal(t, http.StatusOK, status)
			require.Empty(t, said)
			time.Sleep(time.Duration(i) * 10 * time.Hour)
		}
		require.Equal(t, before+1, h.searches())
		require.Zero(t, h.log.count(h.details.AppSecret))
	})
}

func TestWhatAWebhookIsAboutOutlivesTheProcess(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := withInbox(t)
		h.act("/sim/faults", `{"path":"sample_applications/search","times":1000,"do":"status","status":503}`, nil)
		k := h.apply(affiliatesim.Request{})
		time.Sleep(time.Second)
		h.stop()
		h.act("/sim/faults", `{"times":0}`, nil)
		h.restart()
		h.start()
		time.Sleep(time.Second)
		require.Equal(t, workflow.Pending, h.application(k).State())
	})
}

func TestAStoreThatCannotKeepAWebhookHasTikTokSendItAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := withInbox(t)
		h.stop()
		began := time.Now()
		k := h.apply(affiliatesim.Request{}) // nobody keeps it now
		time.Sleep(time.Minute)
		require.Less(t, time.Since(began), 2*time.Minute)
		require.Equal(t, 1, h.outcome("failed"))
		h.start()
		time.Sleep(2 * time.Minute)
		require.Equal(t, workflow.Pending, h.application(k).State())
	})
}

// A thousand a second for ten seconds, doubled and shuffled: real time, real disk.
func TestAStormOfWebhooksNeitherDelaysClicksNorFillsTheDisk(t *testing.T) {
	h := withInbox(t)
	var keys []workflow.Key
	h.act("/sim/webhooks", `{"url":""}`, nil)
	for range 40 {
		keys = append(keys, h.apply(affiliatesim.Request{}))
	}
	h.sweep()
	storm(t, h, keys, 2*time.Second)
}

// storm sends a thousand webhooks a second about those applications, each twice, in no order, while somebody clicks.
func storm(t *testing.T, h *hooked, keys []workflow.Key, lasts time.Duration) {
	t.Helper()
	const perSecond, senders = 1000, 64
	count := int(lasts.Seconds() * perSecond)
	var bodies []string
	for n := range count {
		body := h.changed(fmt.Sprint(7_380_066_284_010_000_000+n), keys[rand.IntN(len(keys))])
		bodies = append(bodies, body, body)
	}
	rand.Shuffle(len(bodies), func(i, j int) { bodies[i], bodies[j] = bodies[j], bodies[i] })
	size, searches, began := h.size(), h.searches(), time.Now()

	var sending sync.WaitGroup
	var slowest [senders]time.Duration
	for s := range senders {
		sending.Go(func() {
			for n := s; n < len(bodies); n += senders {
				time.Sleep(time.Until(began.Add(time.Duration(n) * time.Second / (2 * perSecond))))
				sent := time.Now()
				status, _ := h.deliver(h.sign(bodies[n]), bodies[n])
				if status != http.StatusOK {
					t.Errorf("answered %d", status)
				}
				slowest[s] = max(slowest[s], time.Since(sent))
			}
		})
	}
	clicks := make(chan []time.Duration)
	ended := make(chan struct{})
	go func() {
		var took []time.Duration
		for {
			select {
			case <-ended:
				clicks <- took
				return
			case <-time.After(20 * time.Millisecond):
			}
			clicked := time.Now()
			if err := h.store.Update(context.WithoutCancel(t.Context()), func(tx workflow.Tx) error {
				return tx.PutPerson(workflow.Person{ID: "U1", Home: clicked.String()})
			}); err != nil {
				t.Error(err)
			}
			took = append(took, time.Since(clicked))
		}
	}()
	sending.Wait()
	lasted := time.Since(began)
	close(ended)
	took := <-clicks
	slices.Sort(took)
	grown := h.size() - size
	looked := h.searches() - searches
	t.Logf("%d deliveries in %s: slowest answer %s; %d clicks, median %s, p99 %s; the store grew by %d KB; %d searches",
		len(bodies), lasted.Round(time.Millisecond), slices.Max(slowest[:]).Round(time.Millisecond), len(took), took[len(took)/2], took[len(took)*99/100], grown>>10, looked)
	require.Less(t, slices.Max(slowest[:]), 3*time.Second)
	require.Less(t, took[len(took)*99/100], 500*time.Millisecond)
	require.Less(t, grown, int64(count)*1000, "an id and what the pages around it need")
	require.Less(t, float64(looked), 20*lasted.Seconds()+20)
	require.Equal(t, count, h.outcome("kept"))
	require.Equal(t, count, h.outcome("repeated"))
	var looks []workflow.Look
	h.view(func(tx workflow.Tx) (err error) { looks, _, err = tx.Looks("", 1000); return err })
	require.LessOrEqual(t, len(looks), len(keys))
}

// size is that of the store's file.
func (d *desk) size() int64 {
	d.t.Helper()
	info, err := os.Stat(d.path)
	require.NoError(d.t, err)
	return info.Size()
}
