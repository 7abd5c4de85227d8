package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"sampledesk/bot/view"
	"sampledesk/workflow"
)

// clickSlice is how long each of the two bots is clicked at in its turn: short, so that a busy moment of the machine strikes
// both alike.
const clickSlice = time.Second

// clickRounds is how many turns each has for each number of people.
const clickRounds = 4

// BenchmarkClicks measures clicks on Approve through the program, with 1, 8 and 64 people clicking: how many are
// acknowledged in a second and how long that takes, beside a bot that does nothing but acknowledge. The desk, the bot and
// the stand-ins of each are processes of their own. Nothing is sent to TikTok meanwhile, as it could still be undone.
func BenchmarkClicks(b *testing.B) {
	const requests = 4_000
	desk := newStage(b, "--no-rate-limits", "--seed", fmt.Sprint(requests))
	listen := freeAddress(b)
	desk.serve("SAMPLEDESK_UNDO=2h", "SAMPLEDESK_SYNC=@every 1h", "SAMPLEDESK_SYNC_MESSAGES=@every 1h", "SAMPLEDESK_LISTEN="+listen)
	bare := newStage(b, "--no-rate-limits")
	acknowledger := program(b, []string{asAcknowledger + "=" + bare.info["slack_api_url"].(string), "TOKEN=" + bare.info["slack_app_token"].(string)})
	acknowledger.Stderr = os.Stderr
	require.NoError(b, acknowledger.Start())

	b.Cleanup(func() { desk.stop(syscall.SIGTERM) })
	requireSeen(b, listen, requests)
	ours, theirs := newClicking(b, desk, requestsOf(b, desk)), newClicking(b, bare, fakeRequests(requests))
	for _, people := range []int{1, 8, 64} {
		b.Run(fmt.Sprintf("people=%d", people), func(b *testing.B) {
			var our, their clicks
			cpu := cpuOf(desk.desk.Process.Pid)
			for range clickRounds {
				our.add(ours.run(b, people))
				their.add(theirs.run(b, people))
			}
			spent := cpuOf(desk.desk.Process.Pid) - cpu
			for b.Loop() { // the measuring is done
			}
			b.ReportMetric(float64(spent.Microseconds())/1e3/float64(len(our.took)), "cpu-ms/click")
			b.ReportMetric(0, "ns/op")
			for name, c := range map[string]*clicks{"": &our, "bare_": &their} {
				b.ReportMetric(c.rate(), name+"clicks/s")
				b.ReportMetric(c.percentile(50), name+"p50-ms")
				b.ReportMetric(c.percentile(99), name+"p99-ms")
			}
			b.ReportMetric(our.rate()/their.rate(), "rate-x")
			b.ReportMetric(our.percentile(99)/their.percentile(99), "p99-x")
		})
	}
}

// cpuOf is the processor's time that a process has used, where Linux tells it.
func cpuOf(pid int) time.Duration {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	var ticks int64
	for _, at := range []int{11, 12} { // in user mode, and in the kernel for it
		n, _ := strconv.ParseInt(fields[at], 10, 64)
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}

// clicks are those of some turns.
type clicks struct {
	took  []time.Duration
	spent time.Duration
}

func (c *clicks) add(more clicks) {
	c.took = append(c.took, more.took...)
	c.spent += more.spent
}

// rate is how many there were in a second.
func (c *clicks) rate() float64 { return float64(len(c.took)) / c.spent.Seconds() }

// percentile returns the milliseconds within which so many in a hundred were acknowledged.
func (c *clicks) percentile(p int) float64 {
	slices.Sort(c.took)
	return float64(c.took[(len(c.took)-1)*p/100].Microseconds()) / 1e3
}

// clicking is people who click on the buttons of one workspace, each button once.
type clicking struct {
	stage   *stage
	client  *http.Client
	people  []string
	buttons []pressed
	next    atomic.Int64
}

// pressed is a button, and where it is.
type pressed struct{ ts, block string }

// newClicking posts messages in the bot's name, with a button to approve each request.
func newClicking(b *testing.B, s *stage, requests []string) *clicking {
	b.Helper()
	const onOne = 8 // about as much JSON as a card
	c := &clicking{
		stage: s, people: append(s.people("member"), s.people("admin")...),
		client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 100}},
	}
	for some := range slices.Chunk(requests, onOne) {
		var blocks []any
		for _, id := range some {
			target := view.Target{Key: workflow.Key{Shop: workflow.ShopID(s.info["tiktok_shop_id"].(string)), ID: workflow.ApplicationID(id)}}
			blocks = append(blocks, map[string]any{"type": "actions", "block_id": target.String(), "elements": []any{map[string]any{
				"type": "button", "action_id": "approve", "value": "1", "text": map[string]any{"type": "plain_text", "text": "Approve"},
			}}})
		}
		ts := c.post(b, map[string]any{"channel": s.info["slack_channel"], "text": "requests", "blocks": blocks})
		for _, block := range blocks {
			c.buttons = append(c.buttons, pressed{ts, block.(map[string]any)["block_id"].(string)})
		}
	}
	return c
}

// post posts a message and returns its timestamp.
func (c *clicking) post(b *testing.B, message map[string]any) string {
	b.Helper()
	body, err := json.Marshal(message)
	require.NoError(b, err)
	req, err := http.NewRequestWithContext(b.Context(), http.MethodPost, c.stage.info["slack_api_url"].(string)+"chat.postMessage", bytes.NewReader(body))
	require.NoError(b, err)
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	req.Header.Set("Authorization", "Bearer "+c.stage.info["slack_bot_token"].(string))
	resp, err := c.client.Do(req)
	require.NoError(b, err)
	defer func() { _ = resp.Body.Close() }()
	var got struct {
		OK    bool
		Error string
		TS    string
	}
	require.NoError(b, json.NewDecoder(resp.Body).Decode(&got))
	require.True(b, got.OK, got.Error)
	return got.TS
}

// run lets so many people click, each on the next button as soon as the last click was acknowledged.
func (c *clicking) run(b *testing.B, people int) clicks {
	b.Helper()
	var mu sync.Mutex
	var all clicks
	began := time.Now()
	var wg sync.WaitGroup
	for n := range people {
		wg.Go(func() {
			var took []time.Duration
			for time.Since(began) < clickSlice {
				at := c.buttons[int(c.next.Add(1)-1)%len(c.buttons)]
				start := time.Now()
				if err := c.click(c.people[n%len(c.people)], at); err != nil {
					b.Error(err)
					return
				}
				took = append(took, time.Since(start))
			}
			mu.Lock()
			defer mu.Unlock()
			all.took = append(all.took, took...)
		})
	}
	wg.Wait()
	all.spent = time.Since(began)
	if b.Failed() {
		b.FailNow()
	}
	return all
}

func (c *clicking) click(who string, at pressed) error {
	body, err := json.Marshal(map[string]any{
		"user": who, "do": "click", "channel": c.stage.info["slack_channel"], "ts": at.ts, "block_id": at.block, "action_id": "approve", "wait_ms": 0,
	})
	if err != nil {
		return err
	}
	resp, err := c.client.Post(c.stage.slack+"/sim/act", "application/json", bytes.NewReader(body))
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	var got seen
	if err := json.NewDecoder(resp.Body).Decode(&got); err != nil {
		return err
	}
	if !got.OK {
		return fmt.Errorf("a click of %s was not acknowledged: %s", c.stage.slack, got.Error)
	}
	return nil
}

// requireSeen waits until the desk has as many requests as there are, and has swept to the end.
func requireSeen(b *testing.B, address string, requests int) {
	b.Helper()
	require.Eventually(b, func() bool {
		resp, err := http.Get("http://" + address + "/readyz")
		if err != nil {
			return false
		}
		defer func() { _ = resp.Body.Close() }()
		var ready struct {
			Shops []struct {
				Waiting   int
				LastSweep time.Time `json:"last_sweep"`
			}
		}
		if json.NewDecoder(resp.Body).Decode(&ready) != nil || len(ready.Shops) != 1 {
			return false
		}
		shop := ready.Shops[0]
		return shop.Waiting == requests && !shop.LastSweep.IsZero()
	}, 3*time.Minute, 200*time.Millisecond)
}

// requestsOf lists the requests that are at TikTok.
func requestsOf(b *testing.B, s *stage) (ids []string) {
	b.Helper()
	var state struct {
		Applications []struct {
			ID string `json:"id"`
		} `json:"applications"`
	}
	s.get(s.shop+"/sim/state", &state)
	for _, a := range state.Applications {
		ids = append(ids, a.ID)
	}
	return ids
}

func fakeRequests(n int) (ids []string) {
	for i := range n {
		ids = append(ids, fmt.Sprint(1_000_000_000+i))
	}
	return ids
}

// asAcknowledger makes the test binary a bot that acknowledges whatever it is sent, and does nothing else. It names the
// address of Slack's API.
const asAcknowledger = "SAMPLEDESK_TEST_AS_ACKNOWLEDGER"

func acknowledge(api, token string) error {
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, api+"apps.connections.open", nil)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	var opened struct{ URL string }
	if err := json.NewDecoder(resp.Body).Decode(&opened); err != nil {
		return err
	}
	link, _, err := websocket.DefaultDialer.Dial(opened.URL, nil)
	if err != nil {
		return err
	}
	for {
		var e struct {
			ID string `json:"envelope_id"`
		}
		if err := link.ReadJSON(&e); err != nil {
			return err
		}
		if e.ID == "" {
			continue
		}
		if err := link.WriteJSON(map[string]string{"envelope_id": e.ID}); err != nil {
			return err
		}
	}
}
