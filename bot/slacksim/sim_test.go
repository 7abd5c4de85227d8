package slacksim

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestFaultsOfTheWebAPI(t *testing.T) {
	hello := object{"channel": samples, "text": "Hello"}
	said := func(b *bench) int { return len(b.state().Channels[0].Messages) }
	broken := func(t *testing.T, b *bench) {
		t.Helper()
		r := b.request(http.MethodPost, b.details.APIURL+"chat.postMessage", encode(hello), "application/json")
		r.Header.Set("Authorization", "Bearer "+b.details.BotToken)
		got, err := b.client.Do(r)
		if err == nil {
			_ = got.Body.Close()
		}
		require.Error(t, err)
	}
	t.Run("a status in place of the answer", func(t *testing.T) {
		b := outside(t, Options{})
		b.fault(object{"method": "chat.postMessage", "do": "status", "status": 503, "times": 2})
		for range 2 {
			got, _ := b.callAs(b.details.BotToken, "chat.postMessage", hello)
			require.Equal(t, 503, got.StatusCode)
		}
		require.Zero(t, said(b))
		b.must("chat.postMessage", hello)
	})
	t.Run("an error in place of the answer", func(t *testing.T) {
		b := outside(t, Options{})
		b.fault(object{"method": "chat.postMessage", "do": "error", "error": "ratelimited", "retry_after": 2})
		got, o := b.callAs(b.details.BotToken, "chat.postMessage", hello)
		require.Equal(t, []any{429, "2", "ratelimited"}, []any{got.StatusCode, got.Header.Get("Retry-After"), o["error"]})
		b.fault(object{"method": "chat.postMessage", "do": "error", "error": "is_archived"})
		b.fails("is_archived", "chat.postMessage", hello)
		require.Zero(t, said(b))
	})
	t.Run("a delay", func(t *testing.T) {
		inBubble(t, Options{Events: []string{}}, func(t *testing.T, b *bench) {
			b.fault(object{"method": "chat.postMessage", "do": "delay", "delay_ms": 5000})
			started := time.Now()
			b.must("chat.postMessage", hello)
			require.Equal(t, 5*time.Second, time.Since(started))
		})
	})
	t.Run("a connection that breaks before anything happened", func(t *testing.T) {
		b := outside(t, Options{})
		b.fault(object{"method": "chat.postMessage", "do": "drop"})
		broken(t, b)
		require.Zero(t, said(b))
		require.Equal(t, "fault: drop", b.calls("")[0].Error)
	})
	t.Run("a connection that breaks after it was done", func(t *testing.T) {
		b := outside(t, Options{})
		b.fault(object{"method": "chat.postMessage", "do": "apply_then_drop"})
		broken(t, b)
		require.Equal(t, 1, said(b))
		require.True(t, b.calls("")[0].OK)
	})
	t.Run("times 0 clears", func(t *testing.T) {
		b := outside(t, Options{})
		b.fault(object{"method": "chat.postMessage", "do": "drop", "times": 100})
		b.fault(object{"method": "chat.update", "do": "drop", "times": 100})
		b.fault(object{"method": "chat.postMessage", "times": 0})
		b.must("chat.postMessage", hello)
		_, left := b.sim(http.MethodGet, "faults", nil)
		require.JSONEq(t, `[{"method":"chat.update","do":"drop","times":100}]`, string(left))
		b.fault(object{"times": 0})
		_, left = b.sim(http.MethodGet, "faults", nil)
		require.JSONEq(t, `[]`, string(left))
	})
}

func TestABadFaultSaysWhatIsWrong(t *testing.T) {
	b := outside(t, Options{})
	for _, c := range []struct {
		fault any
		want  string
	}{
		{object{}, `name either "method"`},
		{object{"method": "chat.postMessage", "socket": "silence", "do": "drop"}, `name either "method"`},
		{object{"method": "chat.shout", "do": "drop"}, "no method"},
		{object{"method": "chat.update", "do": "sing"}, "do must be one of"},
		{object{"method": "chat.update", "do": "status"}, "status must be"},
		{object{"method": "chat.update", "do": "error"}, "error must name"},
		{object{"method": "chat.update", "do": "delay"}, "delay_ms must be"},
		{object{"method": "chat.update", "do": "drop", "times": -1}, "times must be"},
		{object{"method": "chat.update", "do": "drop", "retry_after": -1}, "retry_after must be"},
		{object{"socket": "burn"}, "socket must be one of"},
		{object{"socket": "disconnect", "reason": "boredom"}, "reason must be one of"},
		{[]string{}, "decoding JSON"},
	} {
		status, out := b.sim(http.MethodPost, "faults", c.fault)
		require.Equal(t, http.StatusBadRequest, status)
		require.Contains(t, string(out), strings.ReplaceAll(c.want, `"`, `\"`))
	}
}

func TestTheLedgerKeepsTheLastCalls(t *testing.T) {
	l := newLedger(2_000)
	for i := range 5_250 {
		l.add(record{Method: "api.test", Args: object{"i": i}})
	}
	numbers := func(since int) []int {
		all, err := l.since(since)
		require.NoError(t, err)
		out := []int{}
		for _, line := range all {
			var r record
			require.NoError(t, json.Unmarshal(line, &r))
			out = append(out, r.N)
			require.EqualValues(t, r.N-1, r.Args["i"])
		}
		return out
	}
	run := func(from, to int) []int {
		out := []int{}
		for n := from; n <= to; n++ {
			out = append(out, n)
		}
		return out
	}
	require.Equal(t, run(3_251, 5_250), numbers(0))
	require.Equal(t, run(4_321, 5_250), numbers(4_320))
	require.Equal(t, run(5_240, 5_250), numbers(5_239))
	require.Empty(t, numbers(5_250))
	require.Empty(t, numbers(9_999))
}

func TestTheLedgerPacksLargeCallsEarlyAndLeavesHugeArgumentsOut(t *testing.T) {
	l := newLedger(100)
	for range 250 {
		l.add(record{Method: "api.test", Args: object{"a": long(50_000)}})
	}
	require.Less(t, l.size, segmentBytes)
	require.LessOrEqual(t, len(l.packed), 12)
	all, err := l.since(0)
	require.NoError(t, err)
	require.Len(t, all, 100)
	l.add(record{Method: "api.test", Args: object{"a": long(600_000)}})
	all, err = l.since(250)
	require.NoError(t, err)
	require.Contains(t, string(all[0]), "1200008 bytes of arguments")
}

func TestTheLedgerShowsEachCallOnce(t *testing.T) {
	b := outside(t, Options{})
	b.must("auth.test", object{})
	b.fails("channel_not_found", "chat.postMessage", object{"channel": "C404", "text": "Hello"})
	all := b.calls("")
	for i := range all {
		require.WithinDuration(t, time.Now(), all[i].At, time.Minute)
		all[i].At = time.Time{}
	}
	require.Equal(t, []record{
		{N: 1, Method: "auth.test", Args: object{}, OK: true},
		{N: 2, Method: "chat.postMessage", Args: object{"channel": "C404", "text": "Hello"}, Error: "channel_not_found"},
	}, all)
	require.Len(t, b.calls("?since=1"), 1)
	status, _ := b.sim(http.MethodGet, "calls?since=yesterday", nil)
	require.Equal(t, http.StatusBadRequest, status)
}

func TestAPageHearsOfEveryChange(t *testing.T) {
	b := outside(t, Options{NoRateLimits: true})
	got, err := b.client.Do(b.request(http.MethodGet, b.base+"/sim/events", nil, ""))
	require.NoError(t, err)
	defer func() { _ = got.Body.Close() }()
	require.Equal(t, "text/event-stream", got.Header.Get("Content-Type"))
	lines := bufio.NewScanner(got.Body)
	next := func() int {
		for lines.Scan() {
			if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				var v struct{ Version int }
				require.NoError(t, json.Unmarshal([]byte(data), &v))
				return v.Version
			}
		}
		require.NoError(t, lines.Err())
		return -1
	}
	first := next()
	for i := range 30 {
		b.post(object{"text": fmt.Sprint(i)})
	}
	second := next()
	require.Greater(t, second, first)
}

func TestThePageLearnsWhatTheWorkspaceIs(t *testing.T) {
	b := outside(t, Options{Links: []Link{{"The other one", "http://127.0.0.1:8485/"}}})
	_, out := b.sim(http.MethodGet, "workspace", nil)
	o := b.decode(out)
	require.Equal(t, object{"id": "T0DESK0001", "name": "Sample Shop"}, o["team"])
	require.Equal(t, object{"id": "B0DESK0001", "user_id": "U0DESK0BOT", "name": "Sample Desk"}, o["bot"])
	require.Equal(t, object{
		"id": admin, "name": "Admin", "role": "admin", "handle": "admin", "tz": "Europe/Berlin", "locale": "en-GB",
		"is_admin": true, "is_restricted": false, "is_ultra_restricted": false, "is_stranger": false, "deleted": false,
	}, o["users"].([]any)[0])
	require.Equal(t, object{
		"id": "S0REVIEW01", "handle": "reviewers", "name": "Sample reviewers", "users": []any{admin, memberOne}, "disabled": false,
	}, o["usergroups"].([]any)[0])
	require.Equal(t, []any{object{"label": "The other one", "url": "http://127.0.0.1:8485/"}}, o["links"])
	require.Equal(t, []any{}, o["shortcuts"])
	require.Equal(t, "/samples", o["commands"].([]any)[0].(object)["command"])
}

func TestWhatIsKeptIsBounded(t *testing.T) {
	w := New(Options{Events: []string{}})
	defer func() { require.NoError(t, w.Close()) }()
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := range 3 * keptEphemerals {
		w.whisper(samples, admin, content{text: "A"}, "")
		w.newTrigger(admin, samples, "")
		if i < 3*keptOpen {
			_, err := w.newView(admin, spec{kind: "modal"})
			require.NoError(t, err)
		}
	}
	m := &message{}
	for i := range 3 * keptVersions {
		m.show("A", json.RawMessage(fmt.Sprint(i)), nil)
	}
	require.LessOrEqual(t, len(w.ephemerals), keptEphemerals+keptEphemerals/4)
	require.LessOrEqual(t, len(w.triggers.by), keptTriggers+keptTriggers/4)
	require.LessOrEqual(t, len(w.views), keptOpen+keptClosed+keptClosed/4)
	require.Len(t, w.viewOrder, len(w.views))
	require.Len(t, m.versions, keptVersions)
	require.Equal(t, fmt.Sprint(3*keptVersions-2), string(m.versions[keptVersions-1]))
}

func FuzzWhatPeopleAndAppsSend(f *testing.F) {
	for _, v := range []object{
		click(admin, "1.000000", "a", object{"value": []string{"b"}}), {"user": admin, "do": "command", "command": "/samples"},
		{"user": admin, "do": "submit", "view_id": "V1", "values": object{"a": nil}}, {"user": admin, "do": "post", "channel": samples, "text": "@sampledesk <@U1|a>"},
		{"channel": samples, "text": "A", "metadata": object{}, "thread_ts": "1.000000"}, {"trigger_id": "1.2.3", "view": modal(textInput("a", "a"))},
		{"method": "chat.update", "do": "drop", "times": 0}, {"user_id": admin, "view": object{"type": "home", "blocks": []object{actions("a", soundSelect("static_select"))}}},
	} {
		f.Add([]byte(encode(v)))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		ok := roundTrip(func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody, Header: http.Header{}}, nil
		})
		w := New(Options{HTTPURL: "http://app.test/", Transport: ok, NoRateLimits: true})
		defer func() { require.NoError(t, w.Close()) }()
		h := w.Handler()
		send := func(path string) {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, bytes.NewReader(data))
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set("Authorization", "Bearer "+w.secrets.bot)
			out := httptest.NewRecorder()
			h.ServeHTTP(out, r)
			require.True(t, json.Valid(out.Body.Bytes()), "%s", out.Body)
		}
		for _, m := range methods() {
			send("/api/" + m.name)
		}
		var d userAct
		if decode(data, &d) == nil {
			wait := 0
			d.WaitMS = &wait
			if do, known := userActs[d.Do]; known {
				_, _ = do(w, t.Context(), &actor{userAct: d, person: w.people[0]}) // any answer will do, as long as there is one
			}
		}
		send("/sim/faults")
	})
}
