package main

import (
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// aside is the last private answer in Slack, as its person can click it.
type aside struct {
	Ephemerals []struct {
		TS string `json:"ts"`
	} `json:"ephemerals"`
}

func (a aside) last() string { return a.Ephemerals[len(a.Ephemerals)-1].TS }

// several leads somebody through *Decide several* to its second page: all that are offered are chosen.
func several(t testing.TB, who, channel, verdict string, act func(map[string]any) seen, state func() aside) (page string) {
	t.Helper()
	require.True(t, act(map[string]any{"user": who, "do": "command", "command": "/samples", "text": "queue", "channel": channel}).OK)
	opened := act(map[string]any{"user": who, "do": "click", "channel": channel, "ts": state().last(), "action_id": "bulk", "wait_ms": untilItOpens})
	require.NotEmpty(t, opened.ViewID, "no dialog opened: %s", opened.Error)
	chosen := act(map[string]any{
		"user": who, "do": "submit", "view_id": opened.ViewID, "values": map[string]any{"bulk_verdict": verdict}, "wait_ms": 0,
	})
	require.True(t, chosen.OK, chosen.Error)
	require.NotEqual(t, opened.ViewID, chosen.ViewID, "%s", chosen.Response)
	return chosen.ViewID
}

func (b *bubble) several(who, verdict string) string {
	return several(b.t, who, b.desk.SlackChannel, verdict, b.act, func() (s aside) {
		b.get(slackAt, "/sim/state", &s)
		return s
	})
}

func (b *bubble) decideAll(who, page string) {
	b.t.Helper()
	b.act(map[string]any{"user": who, "do": "submit", "view_id": page, "wait_ms": 0})
}

// counted reads a number before a word of a run's message; none is zero.
func counted(text, what string) int {
	m := regexp.MustCompile(`(\d+) ` + what).FindStringSubmatch(text)
	if m == nil {
		return 0
	}
	n, _ := strconv.Atoi(m[1])
	return n
}

// settled counts the applications of a status at TikTok.
func (b *bubble) settled(status string) (n int) {
	b.t.Helper()
	var truth struct {
		Applications []struct {
			Status string `json:"status"`
		} `json:"applications"`
	}
	b.get(centerAt, "/sim/state", &truth)
	for _, a := range truth.Applications {
		if a.Status == status {
			n++
		}
	}
	return n
}

func TestTwoRunsAtOnceSurviveLostAnswersAndARestart(t *testing.T) {
	inBubble(t, 40, func(b *bubble) {
		b.open()
		time.Sleep(2 * time.Minute)
		members := b.people("member")
		first, second := b.several(members[0], "approve"), b.several(members[1], "NOT_MATCH")
		b.post(centerAt, "/sim/faults", map[string]any{"path": "review", "times": 4, "do": "apply_then_drop"}, nil)
		b.post(centerAt, "/sim/faults", map[string]any{"path": "review", "times": 2, "do": "status", "status": 500}, nil)
		b.decideAll(members[0], first)
		b.decideAll(members[1], second)
		time.Sleep(13 * time.Second) // the undo window is over and the decisions are going out
		b.close()
		b.open()
		time.Sleep(15 * time.Minute)

		told := b.told("run")
		require.Len(t, told, 2, "one message each, whatever happened")
		approved, rejected := told[0].Text, told[1].Text
		if strings.Contains(rejected, "approved") {
			approved, rejected = rejected, approved
		}
		confirmed, refused := counted(approved, "confirmed by TikTok"), counted(approved, "refused by TikTok")
		require.Equal(t, 40, confirmed+refused, approved)
		require.Positive(t, confirmed)
		require.Equal(t, 40, counted(rejected, "not decided"), rejected)
		require.Equal(t, confirmed, b.settled("AWAITING_SHIPMENT"), "the message says what TikTok did")
		require.Zero(t, b.settled("REJECT_CANCELLED"))
		applied := map[string]int{}
		for _, c := range b.calls(centerAt) {
			if strings.HasSuffix(c.Path, "/review") && c.Code == 0 && c.Status == http.StatusOK {
				applied[c.Path]++
			}
		}
		for path, n := range applied {
			require.Equal(t, 1, n, path)
		}
		for _, c := range b.calls(slackAt) {
			require.True(t, c.OK || c.Error == "ratelimited", "%s: %s", c.Method, c.Error) // a restart forgets the budgets
		}
	})
}

func TestARunThatIsUndoneInTimeReachesNobody(t *testing.T) {
	inBubble(t, 12, func(b *bubble) {
		b.open()
		time.Sleep(time.Minute)
		member := b.people("member")[0]
		b.decideAll(member, b.several(member, "approve"))
		time.Sleep(2 * time.Second)
		told := b.told("run")
		require.Len(t, told, 1)
		require.Equal(t, []string{"run_undo"}, told[0].controls())
		b.act(map[string]any{"user": member, "do": "click", "ts": told[0].TS, "action_id": "run_undo"})
		time.Sleep(5 * time.Minute)
		require.Contains(t, b.told("run")[0].Text, "12 undone")
		require.Equal(t, 12, b.settled("PENDING"))
		for _, c := range b.calls(centerAt) {
			require.False(t, strings.HasSuffix(c.Path, "/review"), c.Path)
		}
	})
}

func TestARunOutlivesAKillRightAfterItsAcknowledgement(t *testing.T) {
	t.Parallel()
	s := newStage(t, "--seed", "8")
	s.serve("SAMPLEDESK_UNDO=1s")
	s.until("eight cards", func() bool { return len(s.cards()) == 8 })
	who, channel := s.person("member"), fmt.Sprint(s.info["slack_channel"])
	page := several(t, who, channel, "approve", s.act, func() (a aside) {
		s.get(s.slack+"/sim/state", &a)
		return a
	})
	got := s.act(map[string]any{"user": who, "do": "submit", "view_id": page, "wait_ms": 0})
	require.True(t, got.OK, got.Error)
	s.stop(syscall.SIGKILL)
	s.serve()
	decided := func() (n int) {
		for _, c := range s.cards() {
			status, _ := s.status(c.application())
			if status == "AWAITING_SHIPMENT" {
				n++
			}
		}
		return n
	}
	runs := func() (found []message) {
		for _, m := range s.messages("sampledesk_notice") {
			if m.Metadata.Payload["kind"] == "run" {
				found = append(found, m)
			}
		}
		return found
	}
	s.until("the end of the run", func() bool {
		all := runs()
		return len(all) == 1 && strings.Contains(all[0].Text, "approved") && counted(all[0].Text, "confirmed by TikTok") == decided()
	})
	require.Equal(t, decided(), 8-counted(runs()[0].Text, "refused by TikTok"))
	require.Equal(t, 8, s.reviews(""), "each went out once")
	require.Zero(t, s.stop(syscall.SIGTERM), s.log)
}
