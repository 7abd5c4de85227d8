package main

import (
	"bufio"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// startDemo starts the demo as its visitor does, and reads the three addresses that it prints: the page, the workspace,
// the Affiliate Center. At the test's end it is told to stop, and has to do that well.
func startDemo(t *testing.T, args ...string) (s *stage, page string) {
	t.Helper()
	command := program(t, []string{"TMPDIR=" + t.TempDir()}, append([]string{
		"demo", "--slack-listen", "127.0.0.1:0", "--affiliate-listen", "127.0.0.1:0", "--listen", "127.0.0.1:0", "--undo", "2s", "--every", "0s",
	}, args...)...)
	out, err := command.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, command.Start())
	var printed []string
	for lines := bufio.NewScanner(out); len(printed) < 3 && lines.Scan(); {
		printed = append(printed, regexp.MustCompile(`http://\S+`).FindAllString(lines.Text(), -1)...)
	}
	require.Len(t, printed, 3, "the addresses")
	t.Cleanup(func() {
		require.NoError(t, command.Process.Signal(syscall.SIGTERM))
		_, _ = io.Copy(io.Discard, out)
		require.NoError(t, command.Wait())
	})
	s = &stage{t: t, slack: strings.TrimSuffix(printed[1], "/"), shop: strings.TrimSuffix(printed[2], "/")}
	var workspace struct {
		Channel string `json:"channel"`
		Users   []any  `json:"users"`
	}
	s.get(s.slack+"/sim/workspace", &workspace)
	s.info = map[string]any{"slack_channel": workspace.Channel, "slack_users": workspace.Users}
	require.Equal(t, s.slack+"/demo/", printed[0])
	return s, printed[0]
}

// ticked reads the steps as the page does.
func (s *stage) ticked() (now steps) {
	s.t.Helper()
	s.get(s.slack+"/demo/steps", &now)
	return now
}

func TestAVisitorsStepsAreTickedAsTheyComeAbout(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("a whole visit takes too long for a short run")
	}
	s, page := startDemo(t, "--answer", "1s")
	s.until("the first cards", func() bool { return len(s.cards()) == 6 })
	require.Zero(t, s.ticked())
	member, cards := s.person("member"), s.cards()

	require.True(t, s.click(member, cards[0], "approve").OK)
	s.until("the approval", func() bool { return s.ticked().Approve })
	s.until("its confirmation", func() bool { return s.ticked().Settle })
	require.Equal(t, steps{Approve: true, Settle: true}, s.ticked())
	s.warehouse(cards[0].application(), "ship")
	s.until("the shipment", func() bool { return s.ticked().Ship })
	s.warehouse(cards[0].application(), "deliver")
	s.until("the delivery", func() bool { return s.ticked().Deliver })
	s.reject(member, cards[1], "NOT_MATCH")
	s.until("the rejection", func() bool { return s.ticked().Reject })
	require.Equal(t, steps{Approve: true, Settle: true, Ship: true, Deliver: true, Reject: true}, s.ticked())

	view := s.click(member, cards[2], "campaign").ViewID
	require.True(t, s.act(map[string]any{"user": member, "do": "submit", "view_id": view, "values": map[string]any{"campaign_name": "Spring launch"}}).OK)
	s.act(map[string]any{"user": member, "do": "command", "command": "/campaign", "text": "status spring launch"})
	s.until("the campaign", func() bool { return s.ticked().Collect })
	s.click(s.person("guest"), cards[3], "approve")
	s.until("the friendly no", func() bool { return s.ticked().Refuse })
	require.Equal(t, steps{Approve: true, Settle: true, Ship: true, Deliver: true, Reject: true, Collect: true, Refuse: true}, s.ticked())

	s.more(member, page, cards[3])
	all := steps{
		Approve: true, Settle: true, Ship: true, Deliver: true, Post: true, Reject: true, Home: true,
		Write: true, Note: true, Collect: true, Invite: true, Link: true, Several: true, Wait: true, Refuse: true,
	}
	require.Equal(t, all, s.ticked())
}

// sendLink asks TikTok for a link for the first product that the dialog offers, and sends it.
func (s *stage) sendLink(who, dialog string) {
	s.t.Helper()
	var product any
	for _, v := range s.state().Views {
		for _, b := range v.Blocks {
			if v.ID == dialog && b.Element["action_id"] == "link_product" {
				product = b.Element["options"].([]any)[0].(map[string]any)["value"]
			}
		}
	}
	require.NotNil(s.t, product, "a product to choose")
	asked := s.act(map[string]any{"user": who, "do": "submit", "view_id": dialog, "values": map[string]any{"link_product": product}})
	require.True(s.t, asked.OK, asked.Error)
	s.until("the link", func() bool {
		return s.act(map[string]any{"user": who, "do": "submit", "view_id": dialog, "values": map[string]any{"link_picture": []string{}}}).OK
	})
}

// opened clicks, or does what else opens a dialog, until one opened.
func (s *stage) opened(act map[string]any) (dialog string) {
	s.t.Helper()
	act["wait_ms"] = 5000
	s.until("the dialog", func() bool {
		dialog = s.act(act).ViewID
		return dialog != ""
	})
	return dialog
}

// more does what the guide's second row says, and the rest of the first.
func (s *stage) more(who, page string, card message) {
	channel := s.info["slack_channel"].(string)
	s.act(map[string]any{"user": who, "do": "home"})
	s.until("App Home", func() bool { return s.ticked().Home })
	s.warehouse(s.cards()[0].application(), "post")
	s.until("the content", func() bool { return s.ticked().Post })

	dialog := s.opened(map[string]any{"user": who, "do": "click", "channel": channel, "ts": card.TS, "action_id": "more", "value": "message"})
	written := s.act(map[string]any{"user": who, "do": "submit", "view_id": dialog, "values": map[string]any{"message_text": "Hello"}, "wait_ms": 0})
	require.True(s.t, written.OK, written.Error)
	s.until("the message and its answer", func() bool { return s.ticked().Write })
	dialog = s.opened(map[string]any{"user": who, "do": "shortcut", "callback_id": "add_note", "channel": channel, "ts": card.TS})
	s.act(map[string]any{"user": who, "do": "submit", "view_id": dialog, "values": map[string]any{"note_text": "we know them"}, "wait_ms": 0})
	s.until("the note", func() bool { return s.ticked().Note })

	_, _, body := answerOf(s.t, http.MethodGet, page)
	command := regexp.MustCompile(`data-copy="(/campaign) (import \d+)"`).FindStringSubmatch(body)
	require.NotNil(s.t, command, body)
	s.act(map[string]any{"user": who, "do": "command", "command": command[1], "text": command[2], "wait_ms": 0})
	s.until("the question", func() bool { return s.ticked().Invite })
	question := s.messages("sampledesk_notice")
	asked := question[slices.IndexFunc(question, func(m message) bool { return m.Metadata.Payload["kind"] == "question" })]
	s.click(who, asked, "sample_needed")
	dialog = s.opened(map[string]any{"user": who, "do": "click", "channel": channel, "ts": asked.TS, "action_id": "request_link"})
	s.sendLink(who, dialog)
	s.until("the request", func() bool { return s.ticked().Link })

	decided := several(s.t, who, channel, "approve", s.act, func() (private aside) {
		s.get(s.slack+"/sim/state", &private)
		return private
	})
	s.act(map[string]any{"user": who, "do": "submit", "view_id": decided, "wait_ms": 0})
	s.until("the run's end", func() bool { return s.ticked().Several })
	var urgent struct{ ID string }
	s.post(s.shop+"/sim/applications", map[string]any{"approve_in": "30h"}, &urgent)
	s.until("its card", func() bool {
		return slices.ContainsFunc(s.cards(), func(m message) bool { return m.application() == urgent.ID })
	})
	s.post(s.shop+"/sim/clock", map[string]any{"advance": "24h"}, nil)
	s.until("the deadlines", func() bool { return s.ticked().Wait })
}

func TestAnApprovalThatIsUndoneCountsAsOne(t *testing.T) {
	t.Parallel()
	s, _ := startDemo(t, "--seed", "1", "--undo", "10m")
	s.until("the card", func() bool { return len(s.cards()) == 1 })
	require.True(t, s.click(s.person("admin"), s.cards()[0], "approve").OK)
	s.until("the approval", func() bool { return s.ticked() == steps{Approve: true} })
	require.True(t, s.click(s.person("admin"), s.cards()[0], "undo").OK)
	s.until("the undoing", func() bool { return s.ticked() == steps{Approve: true, Settle: true} })
}

// demoOn serves a demo's page in this process, with both stand-ins at these addresses and no desk.
func demoOn(t *testing.T, slack, affiliate string, undo time.Duration) (*simulation, string) {
	t.Helper()
	flags := simFlags{SlackListen: slack, AffiliateListen: affiliate}
	log := slog.New(slog.DiscardHandler)
	ctx, cancel := context.WithCancel(t.Context())
	stage, err := flags.listen(ctx, log, staging{framed: true})
	require.NoError(t, err)
	stage.pages[0] = newDemoPage(stage, undo, "7290000000000000001", log).over(stage.pages[0])
	ended := make(chan error, 1)
	go func() { ended <- stage.serve(ctx) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-ended)
	})
	return stage, stage.details.Slack.Page + "demo/"
}

// answerOf is what an address answers.
func answerOf(t testing.TB, method, address string) (status int, header http.Header, body string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, address, nil)
	require.NoError(t, err)
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	return response.StatusCode, response.Header, string(text)
}

func TestTheDemosPageRunsOnlyItsOwnScriptsAndFramesOnlyTheStandIns(t *testing.T) {
	stage, page := demoOn(t, "127.0.0.1:0", "127.0.0.1:0", 10*time.Second)
	center := strings.TrimSuffix(stage.details.TikTok.Page, "/")
	_, port, _ := strings.Cut(strings.TrimPrefix(center, "http://"), ":")
	status, header, body := answerOf(t, http.MethodGet, page)
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, "no-store", header.Get("Cache-Control"))
	policy := header.Get("Content-Security-Policy")
	for _, rule := range []string{
		"default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'", "require-trusted-types-for 'script'",
		"frame-src 'self' " + center + " http://localhost:" + port + ";",
	} {
		require.Contains(t, policy, rule)
	}
	require.NotContains(t, policy+body, "unsafe")
	for _, inline := range []string{"<style", "style=", "onclick=", "<script>"} {
		require.NotContains(t, body, inline)
	}
	require.Contains(t, body, `<iframe src="`+center+`/?zone=`)
	require.Contains(t, body, "for 10 seconds")

	_, header, _ = answerOf(t, http.MethodGet, stage.details.Slack.Page)
	require.Contains(t, header.Get("Content-Security-Policy"), "frame-ancestors 'self'")
	_, header, _ = answerOf(t, http.MethodGet, stage.details.TikTok.Page)
	slack := strings.TrimSuffix(stage.details.Slack.Page, "/")
	require.Contains(t, header.Get("Content-Security-Policy"), "frame-ancestors "+slack+" http://localhost:")

	for _, link := range regexp.MustCompile(`(?:href|src)="(/[^"]*)"`).FindAllStringSubmatch(body, -1) {
		status, _, _ := answerOf(t, http.MethodGet, slack+link[1])
		require.Equal(t, http.StatusOK, status, link[1])
	}
	for _, missing := range []string{"demo.html", "web/demo.html", "nothing"} {
		status, _, _ := answerOf(t, http.MethodGet, page+missing)
		require.Equal(t, http.StatusNotFound, status, missing)
	}
	status, _, _ = answerOf(t, http.MethodPost, page)
	require.Equal(t, http.StatusMethodNotAllowed, status)
}

func TestThePageHasASentenceForEachStepThatIsRead(t *testing.T) {
	_, page := demoOn(t, "127.0.0.1:0", "127.0.0.1:0", 0)
	_, _, body := answerOf(t, http.MethodGet, page)
	var onPage, read []string
	for _, found := range regexp.MustCompile(`data-step="(\w+)"`).FindAllStringSubmatch(body, -1) {
		onPage = append(onPage, found[1])
	}
	for field := range reflect.TypeFor[steps]().Fields() {
		read = append(read, field.Tag.Get("json"))
	}
	require.Equal(t, read, onPage)
	require.Equal(t, len(read), strings.Count(body, `class="how"`))
	require.NotContains(t, body, "Undo", "a desk that lets nobody undo does not speak of it")
}

func TestADemoThatListensEverywhereIsShownUnderTheNameThatItsVisitorUses(t *testing.T) {
	stage, _ := demoOn(t, "0.0.0.0:0", "0.0.0.0:0", time.Second)
	_, port, _ := strings.Cut(strings.TrimPrefix(strings.TrimSuffix(stage.details.TikTok.Page, "/"), "http://"), ":")
	request := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/demo/", nil)
	for host, want := range map[string]string{"desk.test:8484": "desk.test", "desk.test": "desk.test", "[::1]:8484": "[::1]"} {
		request.Host = host
		answer := httptest.NewRecorder()
		stage.pages[0].ServeHTTP(answer, request)
		require.Contains(t, answer.Body.String(), `<iframe src="http://`+want+":"+port+`/?zone=`, host)
		require.Contains(t, answer.Header().Get("Content-Security-Policy"), "frame-src 'self' http://*:"+port+";")
	}
}

func TestATimeIsToldInWords(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "", time.Second: "1 second", 10 * time.Second: "10 seconds", 1500 * time.Millisecond: "1.5s", 2 * time.Minute: "2 minutes",
		90 * time.Second: "90 seconds", time.Hour: "1 hour", 48 * time.Hour: "48 hours",
	} {
		require.Equal(t, want, inWords(d))
	}
}
