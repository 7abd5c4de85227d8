package main

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/affiliate"
	"sampledesk/workflow"
)

// linesWith returns the lines of a log that hold all of these.
func linesWith(t *testing.T, log string, all ...string) (found []map[string]any) {
	t.Helper()
next:
	for line := range strings.Lines(log) {
		for _, s := range all {
			if !strings.Contains(line, s) {
				continue next
			}
		}
		var facts map[string]any
		require.NoError(t, json.Unmarshal([]byte(line), &facts), line)
		found = append(found, facts)
	}
	return found
}

// page reads a page as it stands.
func page(t *testing.T, address string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	require.NoError(t, err)
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer func() { require.NoError(t, response.Body.Close()) }()
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return string(text)
}

func TestAnOperatorFindsInTheLogWhetherARejectionWentOutAndInTheMetricsHowMany(t *testing.T) {
	s := newStage(t, "--seed", "2")
	address := freeAddress(t)
	s.serve("SAMPLEDESK_LOG=info", "SAMPLEDESK_LISTEN="+address)
	s.until("two cards", func() bool { return len(s.cards()) == 2 })
	card := s.cards()[0]
	s.reject(s.person("member"), card, "OUT_OF_STOCK")
	s.until("the rejection on the card", func() bool { return s.card(card.application()).Metadata.Payload["stage"] == "Reject" })
	s.until("a few sweeps without news", func() bool {
		return strings.Contains(page(t, "http://"+address+"/metrics"), `sampledesk_sweeps_total{outcome="ok",shop="`+s.info["tiktok_shop_id"].(string)+`"} 3`)
	})
	metrics, ready := page(t, "http://"+address+"/metrics"), page(t, "http://"+address+"/readyz")
	require.Zero(t, s.stop(syscall.SIGTERM), s.log)
	log := s.log.String()

	about := `"application":"` + card.application() + `"`
	decided := linesWith(t, log, `"msg":"decided"`, about)
	require.Len(t, decided, 1)
	require.Equal(t, "rejected", decided[0]["event"])
	require.Equal(t, "OUT_OF_STOCK", decided[0]["reason"])
	require.Equal(t, s.person("member"), decided[0]["person"])
	sent := linesWith(t, log, `"msg":"delivered"`, about, `"kind":"review"`)
	require.Len(t, sent, 1)
	require.Equal(t, decided[0]["effect"], sent[0]["effect"], "one search finds both")
	require.Equal(t, "rejection confirmed", sent[0]["event"])
	require.NotEmpty(t, sent[0]["request_id"], "by which TikTok's support finds the call")
	took, err := time.ParseDuration(sent[0]["took"].(string))
	require.NoError(t, err, "durations are text with units")
	require.Positive(t, took)
	require.Len(t, linesWith(t, log, `"msg":"sweep changed requests"`), 1, "the first sweep alone: nothing is said of the unchanged")
	for _, line := range linesWith(t, log) {
		require.Equal(t, "INFO", line["level"], line)
	}

	for _, is := range []string{
		`sampledesk_decisions_total{decision="rejected",shop="` + s.info["tiktok_shop_id"].(string) + `",surface="modal"} 1`,
		`sampledesk_decision_results_total{result="confirmed",shop="` + s.info["tiktok_shop_id"].(string) + `"} 1`,
		`sampledesk_slack_acknowledgement_seconds_count{kind="block_actions"} 1`, `sampledesk_slack_acknowledgement_seconds_count{kind="view_submission"} 1`,
		`sampledesk_tiktok_calls_total{endpoint="sample_applications/review",outcome="ok"} 1`, `sampledesk_slack_calls_total{method="chat.postMessage",outcome="ok"}`,
		`sampledesk_effects_delivered_total{kind="review",outcome="delivered"} 1`, `sampledesk_effects_waiting{kind="review"} 0`,
		`sampledesk_ready 1`, `sampledesk_slack_connected 1`, `sampledesk_slack_connections_total 1`, `sampledesk_store_up 1`, `sampledesk_store_size_bytes `,
		`sampledesk_tiktok_pace_ratio{endpoint="sample_applications/review",shop="` + s.info["tiktok_shop_id"].(string) + `"} 1`,
		`sampledesk_requests_waiting{shop="` + s.info["tiktok_shop_id"].(string) + `"} 1`, `sampledesk_dead_letters 0`, `sampledesk_build_info{`,
	} {
		require.Contains(t, metrics, is)
	}
	require.NotContains(t, metrics, card.application())

	key, err := os.ReadFile(s.store + keyEnd)
	require.NoError(t, err)
	slack, err := json.Marshal(s.state())
	require.NoError(t, err)
	for _, name := range []string{"slack_bot_token", "slack_app_token", "slack_signing_secret", "tiktok_app_secret", "tiktok_refresh_token"} {
		secret := s.info[name].(string)
		require.NotEmpty(t, secret, name)
		for where, text := range map[string]string{"log": log, "/metrics": metrics, "/readyz": ready, "Slack": string(slack)} {
			require.NotContains(t, text, secret, "%s in %s", name, where)
			require.NotContains(t, text, strings.TrimSpace(string(key)), "the key in %s", where)
		}
	}
}

// BenchmarkWhatCountingCostsAClick measures all that is counted between a click and its acknowledgement.
func BenchmarkWhatCountingCostsAClick(b *testing.B) {
	m := newMetrics()
	line := workflow.Entry{Key: workflow.Key{Shop: "7495000000000000001", ID: "1"}, Event: workflow.OnApproved, By: workflow.Actor{Surface: workflow.FromCard}}
	var after workflow.Application
	b.ReportAllocs()
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			m.applied(line, after)
			m.acknowledged("block_actions", 20*time.Millisecond)
			m.committed(2*time.Millisecond, 1)
		}
	})
}

// BenchmarkWhatCountingCostsACall measures what is counted of a call of TikTok.
func BenchmarkWhatCountingCostsACall(b *testing.B) {
	m := newMetrics()
	b.ReportAllocs()
	for b.Loop() {
		m.called(affiliate.Trace{Endpoint: affiliate.EndpointReview, Took: time.Millisecond})
	}
}
