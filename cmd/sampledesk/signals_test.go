package main

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/affiliate"
	"sampledesk/bot/view"
	"sampledesk/webhook"
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
	t.Parallel()
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

// otherSystem is another system: a server of https that keeps what it gets, and a file with its certificate.
func otherSystem(t *testing.T, answer func(n int) int) (address, certificate string, got func() []map[string]string) {
	t.Helper()
	var mu sync.Mutex
	var all []map[string]string
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		fields := map[string]string{}
		_ = json.Unmarshal(text, &fields)
		fields["signature"], fields["timestamp"], fields["body"] = r.Header.Get(webhook.HeaderSignature), r.Header.Get(webhook.HeaderTimestamp), string(text)
		mu.Lock()
		all = append(all, fields)
		n := len(all)
		mu.Unlock()
		w.WriteHeader(answer(n))
	}))
	t.Cleanup(server.Close)
	certificate = filepath.Join(t.TempDir(), "other.pem")
	require.NoError(t, os.WriteFile(certificate, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), 0o600))
	return server.URL, certificate, func() []map[string]string {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(all)
	}
}

func TestAnotherSystemIsToldOfADecisionAndItsStageAcrossAFaultThere(t *testing.T) {
	t.Parallel()
	address, certificate, got := otherSystem(t, func(n int) int {
		if n == 2 {
			return http.StatusBadGateway // of the decision's first attempt
		}
		return http.StatusOK
	})
	s := newStage(t, "--seed", "1")
	listen := freeAddress(t)
	s.serve("SAMPLEDESK_LOG=info", "SAMPLEDESK_LISTEN="+listen, "SAMPLEDESK_WEBHOOK_ALLOW=127.0.0.1", "SSL_CERT_FILE="+certificate)
	s.until("the card", func() bool { return len(s.cards()) == 1 })
	admin, path := s.person("admin"), "/hooks/very-secret"

	overview := s.act(map[string]any{"user": admin, "do": "command", "command": "/samples", "text": "settings", "channel": s.info["slack_channel"]}).ViewID
	require.NotEmpty(t, overview)
	open := func(action, value, in string) string {
		seen := s.act(map[string]any{"user": admin, "do": "click", "view_id": in, "action_id": action, "value": value})
		require.NotEmpty(t, seen.ViewID, "%s %s: %+v; %v", action, value, seen, s.log)
		return seen.ViewID
	}
	dialog := open(view.ActionSettingsSection, string(view.SettingsOthers), overview)
	require.True(t, s.act(map[string]any{"user": admin, "do": "submit", "view_id": dialog, "values": map[string]any{view.ActionSettingsWebhook: address + path}}).OK)
	secret := ""
	find := regexp.MustCompile("sdwh_[A-Z2-7]+")
	s.until("the secret on screen", func() bool { secret = find.FindString(page(t, s.slack+"/sim/state")); return secret != "" })
	dialog = open(view.ActionSettingsSection, string(view.SettingsOthers), overview)
	test := open(view.ActionWebhookTest, "test", dialog)
	s.until("the test's answer", func() bool { return strings.Contains(page(t, s.slack+"/sim/state"), "it answered 200 OK") })
	require.NotEmpty(t, test)
	require.Equal(t, "test", got()[0]["kind"])

	card := s.cards()[0]
	require.True(t, s.click(s.person("member"), card, "approve").OK)
	s.until("the decision, twice, its stage and its order", func() bool { return len(got()) == 5 })
	all := got()
	require.Equal(t, []string{"decision", "decision", "stage", "shipment"}, []string{all[1]["kind"], all[2]["kind"], all[3]["kind"], all[4]["kind"]}, "in order: the stage waits for the decision")
	require.Equal(t, all[1]["event_id"], all[2]["event_id"])
	require.Equal(t, all[1]["body"], all[2]["body"])
	require.Equal(t, []string{"approve", s.person("member"), card.application(), "Awaiting shipment"},
		[]string{all[3]["decision"], all[3]["decided_by"], all[3]["application"], all[3]["stage"]})
	require.NotEmpty(t, all[4]["order_id"], "which the sweep after it brings")
	require.NotEmpty(t, all[3]["creator_handle"])
	require.Contains(t, all[3]["card"], "/archives/")
	for _, one := range all {
		seconds, err := strconv.ParseInt(one["timestamp"], 10, 64)
		require.NoError(t, err)
		require.Equal(t, webhook.Sign(secret, time.Unix(seconds, 0), []byte(one["body"])), one["signature"], one["kind"])
	}
	metrics := page(t, "http://"+listen+"/metrics")
	require.Contains(t, metrics, `sampledesk_effects_delivered_total{kind="webhook",outcome="failed"} 1`)
	require.Zero(t, s.stop(syscall.SIGTERM), s.log)
	sent := linesWith(t, s.log.String(), `"msg":"delivered"`, `"kind":"webhook"`, `"application":"`+card.application()+`"`)
	require.Len(t, sent, 3)
	require.Equal(t, all[2]["event_id"], sent[0]["effect"], "the log and the receiver have the same id")
	kept, err := os.ReadFile(s.store)
	require.NoError(t, err)
	for where, text := range map[string]string{"log": s.log.String(), "/metrics": metrics, "the store": string(kept)} {
		require.NotContains(t, text, secret, where)
		if where != "the store" { // which has the address, as a setting
			require.NotContains(t, text, "very-secret", where)
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
