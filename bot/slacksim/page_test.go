package slacksim_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"strings"
	"testing"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"sampledesk/bot/slacksim"
)

type fields = map[string]any

// pageDesk is a workspace behind a real socket, with a small app of the test's own that speaks plain HTTP and Socket Mode to it.
type pageDesk struct {
	t         *testing.T
	workspace *slacksim.Workspace
	server    *httptest.Server
	details   slacksim.Details
}

func newPageDesk(t *testing.T, options slacksim.Options) *pageDesk {
	t.Helper()
	workspace := slacksim.New(options)
	server := httptest.NewServer(workspace.Handler())
	t.Cleanup(func() {
		require.NoError(t, workspace.Close())
		server.CloseClientConnections() // the browser's stream of events
		server.Close()
	})
	return &pageDesk{t: t, workspace: workspace, server: server, details: workspace.Details(server.URL)}
}

// user is the first person of a role.
func (d *pageDesk) user(role string) string {
	d.t.Helper()
	for _, person := range d.details.Users {
		if person.Role == role {
			return person.ID
		}
	}
	d.t.Fatalf("nobody is %s", role)
	return ""
}

// as is the page's address as somebody sees the channel.
func (d *pageDesk) as(role string) string {
	return d.details.Page + "#" + d.user(role) + "/" + d.details.Channel
}

// call calls the Web API as the bot and requires that it went well.
func (d *pageDesk) call(method string, arguments fields) fields {
	d.t.Helper()
	return d.callWith(d.details.BotToken, method, arguments)
}

func (d *pageDesk) callWith(token, method string, arguments fields) fields {
	d.t.Helper()
	body, err := json.Marshal(arguments)
	require.NoError(d.t, err)
	request, err := http.NewRequestWithContext(d.t.Context(), http.MethodPost, d.details.APIURL+method, bytes.NewReader(body))
	require.NoError(d.t, err)
	request.Header.Set("Content-Type", "application/json; charset=utf-8")
	request.Header.Set("Authorization", "Bearer "+token)
	response, err := http.DefaultClient.Do(request)
	require.NoError(d.t, err)
	defer func() { require.NoError(d.t, response.Body.Close()) }()
	var answer fields
	require.NoError(d.t, json.NewDecoder(response.Body).Decode(&answer))
	require.Equal(d.t, true, answer["ok"], "%s: %v", method, answer)
	return answer
}

// post posts blocks to the channel and returns the message's time stamp.
func (d *pageDesk) post(text string, blocks ...fields) string {
	d.t.Helper()
	arguments := fields{"channel": d.details.Channel, "text": text}
	if blocks != nil {
		arguments["blocks"] = blocks
	}
	ts, ok := d.call("chat.postMessage", arguments)["ts"].(string)
	require.True(d.t, ok)
	return ts
}

// envelope is what came over Socket Mode.
type envelope struct {
	ID      string `json:"envelope_id"`
	Type    string `json:"type"`
	Payload fields `json:"payload"`
}

// action is the first action of a click's payload.
func (e envelope) action() fields {
	actions, _ := e.Payload["actions"].([]any)
	if len(actions) == 0 {
		return nil
	}
	first, _ := actions[0].(fields)
	return first
}

// listen connects the app and acknowledges everything with what answer gives; nil is an acknowledgement without a payload. What arrived
// can be read from the channel.
func (d *pageDesk) listen(answer func(envelope) any) <-chan envelope {
	d.t.Helper()
	address, ok := d.callWith(d.details.AppToken, "apps.connections.open", fields{})["url"].(string)
	require.True(d.t, ok)
	link, response, err := websocket.DefaultDialer.DialContext(d.t.Context(), address, nil)
	require.NoError(d.t, err)
	require.NoError(d.t, response.Body.Close())
	arrived := make(chan envelope, 100)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			var e envelope
			if link.ReadJSON(&e) != nil {
				return
			}
			if e.ID == "" {
				continue // hello, or a farewell
			}
			acknowledgement := fields{"envelope_id": e.ID}
			if payload := answer(e); payload != nil {
				acknowledgement["payload"] = payload
			}
			if link.WriteJSON(acknowledgement) != nil {
				return
			}
			arrived <- e
		}
	}()
	d.t.Cleanup(func() {
		_ = link.Close() // it may have been closed by the workspace already
		<-done
	})
	return arrived
}

// next waits for something to arrive at the app, passing over events.
func (d *pageDesk) next(arrived <-chan envelope) envelope {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(d.t.Context(), patience)
	defer cancel()
	for {
		select {
		case e := <-arrived:
			if e.Type != "events_api" {
				return e
			}
		case <-ctx.Done():
			d.t.Fatal("nothing arrived at the app")
		}
	}
}

func silently(envelope) any { return nil }

func plain(text string) fields  { return fields{"type": "plain_text", "text": text} }
func mrkdwn(text string) fields { return fields{"type": "mrkdwn", "text": text, "verbatim": true} }
func section(text fields) fields {
	return fields{"type": "section", "text": text}
}

func button(action, text, value string) fields {
	return fields{"type": "button", "action_id": action, "text": plain(text), "value": value}
}

func actions(id string, elements ...fields) fields {
	return fields{"type": "actions", "block_id": id, "elements": elements}
}

func option(text, value string) fields { return fields{"text": plain(text), "value": value} }

// loaded is what an address answered.
type loaded struct {
	status int
	header http.Header
	body   string
}

func load(t *testing.T, address string) loaded {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	require.NoError(t, err)
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	var body bytes.Buffer
	_, err = body.ReadFrom(response.Body)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	return loaded{response.StatusCode, response.Header, body.String()}
}

func TestThePageIsNeverCachedAndAllowsOnlyItsOwnScripts(t *testing.T) {
	d := newPageDesk(t, slacksim.Options{})
	page := load(t, d.details.Page)

	require.Equal(t, http.StatusOK, page.status)
	require.Equal(t, "text/html; charset=utf-8", page.header.Get("Content-Type"))
	require.Equal(t, "no-store", page.header.Get("Cache-Control"))
	require.Equal(t, "nosniff", page.header.Get("X-Content-Type-Options"))
	policy := page.header.Get("Content-Security-Policy")
	for _, rule := range []string{"default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'", "require-trusted-types-for 'script'", "frame-ancestors 'none'"} {
		require.Contains(t, policy, rule)
	}
	require.NotContains(t, policy, "unsafe")
	for _, inline := range []string{"<style", "style=", "onclick=", "onload=", "//cdn", "https://"} {
		require.NotContains(t, page.body, inline)
	}
}

func TestThePageIsFramedOnlyByThoseWhoAreNamed(t *testing.T) {
	for _, c := range []struct {
		framedBy []string
		want     string
	}{
		{nil, "frame-ancestors 'none'"},
		{[]string{"'self'", "http://127.0.0.1:8484"}, "frame-ancestors 'self' http://127.0.0.1:8484"},
		{[]string{"http://127.0.0.1:1; script-src *", "http://a.test http://b.test", ""}, "frame-ancestors 'none'"},
	} {
		d := newPageDesk(t, slacksim.Options{FramedBy: c.framedBy})
		rules := strings.Split(load(t, d.details.Page).header.Get("Content-Security-Policy"), "; ")
		require.Equal(t, c.want, rules[len(rules)-1])
	}
}

func TestEveryFileOfThePageIsEmbeddedAndNothingElseHasAnAddress(t *testing.T) {
	d := newPageDesk(t, slacksim.Options{})
	kinds := map[string]string{".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}
	count := 0
	require.NoError(t, fs.WalkDir(os.DirFS("web"), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || path.Ext(name) == ".html" {
			return err
		}
		count++
		want, err := os.ReadFile(path.Join("web", name))
		require.NoError(t, err)
		got := load(t, d.details.Page+"web/"+name)
		require.Equal(t, http.StatusOK, got.status, name)
		require.Equal(t, kinds[path.Ext(name)], got.header.Get("Content-Type"), name)
		require.Equal(t, "no-store", got.header.Get("Cache-Control"), name)
		require.Equal(t, string(want), got.body, name)
		return nil
	}))
	require.NotZero(t, count)
	for _, missing := range []string{"web/", "web/js", "web/js/", "web/index.html", "web/js/nothing.js", "web/..%2fpage.go", "web/%2e%2e/page.go", "page.go", "nothing"} {
		require.Equal(t, http.StatusNotFound, load(t, d.details.Page+missing).status, missing)
	}
}

func TestThePageLoadsOnlyFilesThatExist(t *testing.T) {
	d := newPageDesk(t, slacksim.Options{})
	page := load(t, d.details.Page).body
	for _, attribute := range []string{`href="/`, `src="/`} {
		for _, rest := range strings.Split(page, attribute)[1:] {
			file, _, _ := strings.Cut(rest, `"`)
			require.Equal(t, http.StatusOK, load(t, d.details.Page+file).status, file)
		}
	}
}

func TestNoScriptTurnsTextIntoMarkup(t *testing.T) {
	require.NoError(t, fs.WalkDir(os.DirFS("web"), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(path.Join("web", name))
		require.NoError(t, err)
		for _, word := range []string{"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "DOMParser", "srcdoc"} {
			require.NotContains(t, string(content), word, name)
		}
		return nil
	}))
}

func TestThePageIsReadOnly(t *testing.T) {
	d := newPageDesk(t, slacksim.Options{})
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete} {
		request, err := http.NewRequestWithContext(t.Context(), method, d.details.Page, nil)
		require.NoError(t, err)
		response, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		require.Equal(t, http.StatusMethodNotAllowed, response.StatusCode, method)
	}
}

func replyTo(d *pageDesk, ts, text string) {
	d.t.Helper()
	d.call("chat.postMessage", fields{"channel": d.details.Channel, "thread_ts": ts, "text": text})
}

// at is a selector for something of one message in the channel.
func at(ts, selector string) string { return fmt.Sprintf(`#main [data-ts="%s"] %s`, ts, selector) }
