package bot_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// ask makes a request of the stand-in's side doors.
func (w *world) ask(method, path string, body, into any) {
	w.t.Helper()
	sent, err := json.Marshal(body)
	require.NoError(w.t, err)
	r, err := http.NewRequestWithContext(context.WithoutCancel(w.t.Context()), method, w.base+path, bytes.NewReader(sent))
	require.NoError(w.t, err)
	got, err := w.client.Do(r)
	require.NoError(w.t, err)
	defer func() { _ = got.Body.Close() }()
	text, err := io.ReadAll(got.Body)
	require.NoError(w.t, err)
	require.Equal(w.t, http.StatusOK, got.StatusCode, "%s", text)
	require.NoError(w.t, json.Unmarshal(text, into), "%s", text)
}

type object = map[string]any

// sight is what a person saw of what they did.
type sight struct {
	OK       bool            `json:"ok"`
	Error    string          `json:"error"`
	AckedMS  int64           `json:"acked_ms"`
	Response json.RawMessage `json:"response"`
	ViewID   string          `json:"view_id"`
}

func (w *world) act(request object) (seen sight) {
	w.t.Helper()
	w.ask(http.MethodPost, "/sim/act", request, &seen)
	if string(seen.Response) == "null" {
		seen.Response = nil
	}
	return seen
}

func (w *world) fault(order object) {
	w.t.Helper()
	var answer object
	w.ask(http.MethodPost, "/sim/faults", order, &answer)
}

// click uses a control of an application's card, and lets everything come to rest.
func (w *world) click(who, id, action string, value ...string) sight {
	w.t.Helper()
	request := object{"user": who, "do": "click", "channel": samples, "ts": w.card(id).TS, "action_id": action}
	if len(value) > 0 {
		request["value"] = value[0]
	}
	seen := w.act(request)
	synctest.Wait()
	return seen
}

// accepted is a click that the desk acknowledged.
func (w *world) accepted(who, id, action string, value ...string) {
	w.t.Helper()
	seen := w.click(who, id, action, value...)
	require.True(w.t, seen.OK, seen.Error)
}

// command types a slash command and returns what was shown, as one text.
func (w *world) command(who, command, text string) string {
	w.t.Helper()
	return w.commandIn("", who, command, text)
}

// commandIn types a slash command in another channel than the shop's.
func (w *world) commandIn(channel, who, command, text string) string {
	w.t.Helper()
	seen := w.act(object{"user": who, "do": "command", "command": command, "text": text, "channel": channel, "wait_ms": 0})
	require.True(w.t, seen.OK, seen.Error)
	synctest.Wait()
	return wording(w.t, seen.Response)
}

// message is a message as the stand-in shows it.
type message struct {
	TS       string          `json:"ts"`
	Thread   string          `json:"thread_ts"`
	User     string          `json:"user"`
	Channel  string          `json:"channel"`
	Text     string          `json:"text"`
	Blocks   json.RawMessage `json:"blocks"`
	Deleted  bool            `json:"deleted"`
	Files    []object        `json:"files"`
	Metadata struct {
		Type    string `json:"event_type"`
		Payload object `json:"event_payload"`
	} `json:"metadata"`
}

type dialog struct {
	ID       string          `json:"view_id"`
	User     string          `json:"user"`
	Callback string          `json:"callback_id"`
	Blocks   json.RawMessage `json:"blocks"`
	Open     bool            `json:"open"`
}

type slackState struct {
	Channels []struct {
		ID       string    `json:"id"`
		User     string    `json:"user"` // with whom, of direct messages
		Messages []message `json:"messages"`
	} `json:"channels"`
	Ephemerals []message `json:"ephemerals"`
	Views      []dialog  `json:"views"`
	Socket     struct {
		Links          int `json:"links"`
		Opened         int `json:"opened"`
		Sent           int `json:"sent"`
		Acked          int `json:"acked"`
		AckedElsewhere int `json:"acked_elsewhere"`
		Redelivered    int `json:"redelivered"`
		Unacked        int `json:"unacked"`
	} `json:"socket"`
}

func (w *world) state() (s slackState) {
	w.t.Helper()
	w.ask(http.MethodGet, "/sim/state", nil, &s)
	return s
}

// messages are those of the shop's channel, threads included.
func (w *world) messages() []message {
	w.t.Helper()
	for _, c := range w.state().Channels {
		if c.ID == samples {
			return c.Messages
		}
	}
	return nil
}

// cards are the messages that show an application, in their order.
func (w *world) cards(id string) []message {
	w.t.Helper()
	return slices.DeleteFunc(w.messages(), func(m message) bool {
		return m.Metadata.Type != "sampledesk_card" || m.Metadata.Payload["application"] != id
	})
}

func (w *world) card(id string) message {
	w.t.Helper()
	cards := w.cards(id)
	require.Equal(w.t, 1, len(cards), "cards of %s", id) // Len would print every byte of them
	return cards[0]
}

// thread are the replies below a message.
func (w *world) thread(ts string) []message {
	w.t.Helper()
	return slices.DeleteFunc(w.messages(), func(m message) bool { return m.Thread != ts || m.TS == ts })
}

// told is what a person was told privately, in order.
func (w *world) told(who string) []string {
	w.t.Helper()
	var said []string
	for _, e := range w.state().Ephemerals {
		if e.User == who {
			said = append(said, e.Text)
		}
	}
	return said
}

// call is a call of the Web API as the stand-in saw it.
type call struct {
	At     time.Time `json:"at"`
	Method string    `json:"method"`
	Args   object    `json:"args"`
	OK     bool      `json:"ok"`
	Error  string    `json:"error"`
}

func (w *world) calls(method string) []call {
	w.t.Helper()
	var all []call
	w.ask(http.MethodGet, "/sim/calls", nil, &all)
	return slices.DeleteFunc(all, func(c call) bool { return c.Method != method })
}

// controls are the action ids that a message or a dialog carries.
func controls(t *testing.T, blocks json.RawMessage) []string {
	t.Helper()
	var all []struct {
		Elements []struct {
			Action string `json:"action_id"`
		} `json:"elements"`
		Element struct {
			Action string `json:"action_id"`
		} `json:"element"`
		Accessory struct {
			Action string `json:"action_id"`
		} `json:"accessory"`
	}
	require.NoError(t, json.Unmarshal(blocks, &all))
	var found []string
	for _, b := range all {
		if b.Element.Action != "" {
			found = append(found, b.Element.Action)
		}
		if b.Accessory.Action != "" {
			found = append(found, b.Accessory.Action)
		}
		for _, e := range b.Elements {
			if e.Action != "" {
				found = append(found, e.Action)
			}
		}
	}
	return found
}

// wording is every text in a JSON value, a line each.
func wording(t *testing.T, raw json.RawMessage) string {
	t.Helper()
	var value any
	require.NoError(t, json.Unmarshal(raw, &value))
	var lines []string
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, each := range v {
				walk(each)
			}
		case object:
			if s, ok := v["text"].(string); ok {
				lines = append(lines, s)
			}
			for _, each := range v {
				walk(each)
			}
		}
	}
	walk(value)
	return strings.Join(lines, "\n")
}
