package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"sampledesk/affiliate"
	"sampledesk/affiliate/bridge"
	"sampledesk/webhook"
	"sampledesk/workflow"
	"sampledesk/workflow/engine"
)

// metric is a metric as it is described to the registry.
type metric struct {
	name, help string
	labels     []string
}

// described lists our metrics by name.
func described(t *testing.T) map[string]metric {
	t.Helper()
	m := newMetrics()
	descs := make(chan *prometheus.Desc, 100)
	for _, c := range append(m.all, state{metrics: m}) {
		c.Describe(descs)
	}
	close(descs)
	all, form := map[string]metric{}, regexp.MustCompile(`fqName: "([^"]*)", help: "([^"]*)".*variableLabels: \{([^}]*)\}`)
	for d := range descs {
		found := form.FindStringSubmatch(d.String())
		require.NotNil(t, found, d)
		one := metric{name: found[1], help: found[2]}
		if found[3] != "" {
			one.labels = strings.Split(found[3], ",")
		}
		all[one.name] = one
	}
	return all
}

func TestTheMetricsAreListedInTheREADMEAsTheRegistryHasThem(t *testing.T) {
	var rows []string
	for _, m := range described(t) {
		rows = append(rows, fmt.Sprintf("| `%s` | %s | %s |", m.name, strings.Join(m.labels, ", "), m.help))
	}
	slices.Sort(rows)
	readme, err := os.ReadFile("deploy/README.md")
	require.NoError(t, err)
	listed := regexp.MustCompile("(?m)^\\| `sampledesk_.*$").FindAllString(string(readme), -1)
	require.Equal(t, strings.Join(rows, "\n"), strings.Join(listed, "\n"))
}

func TestTheFieldsOfAWebhookAreListedInTheREADMEAsTheyAreSent(t *testing.T) {
	var rows []string
	for _, f := range webhook.Fields {
		rows = append(rows, fmt.Sprintf("| `%s` | %s |", f.Name, f.Meaning))
	}
	readme, err := os.ReadFile("deploy/README.md")
	require.NoError(t, err)
	_, table, ok := strings.Cut(string(readme), "| field | meaning |\n|---|---|\n")
	require.True(t, ok)
	table, _, _ = strings.Cut(table, "\n\n")
	require.Equal(t, strings.Join(rows, "\n"), table)
	for _, kind := range workflow.WebhookKinds {
		require.Contains(t, table, "`"+string(kind)+"`", "nobody is told of the kind")
	}
	for _, header := range []string{webhook.HeaderEvent, webhook.HeaderTimestamp, webhook.HeaderSignature} {
		require.Contains(t, string(readme), "| `"+header+"` |")
	}
}

func TestTheMetricsAreNamedByTheConventionsAndHoldOnlyKnownLabels(t *testing.T) {
	m := newMetrics()
	shop, typed := workflow.Key{Shop: "7495000000000000001", ID: "1729384756"}, "glow.daily, who typed this"
	for _, event := range []workflow.EventKind{workflow.OnApproved, workflow.OnApprovalConfirmed, workflow.OnNoted} {
		m.applied(workflow.Entry{Key: shop, Event: event, By: workflow.Actor{Person: "U1", Surface: workflow.Surface(typed)}, Text: typed}, workflow.Application{})
	}
	m.acknowledged("block_actions", time.Millisecond)
	m.acknowledged(typed, time.Millisecond)
	m.swept(bridge.SweepEnd{Shop: shop.Shop, Err: errors.New(typed)})
	m.called(affiliate.Trace{Endpoint: affiliate.EndpointReview, Err: &affiliate.Error{Code: 36009002, Message: typed}})
	m.called(affiliate.Trace{})
	m.committed(time.Millisecond, 3)
	m.webhook("accepted")
	service := countedService{panics{}, m, nil}
	require.Zero(t, service.Budget(workflow.Effect{}, ""))
	require.Panics(t, func() { service.Deliver(t.Context(), workflow.Effect{Kind: workflow.Reply, Application: shop.ID}) })
	client := m.slackClient(&http.Client{Transport: answering(`{"ok":false,"error":"` + "no_text" + `"}`)}, "https://slack.com/api/")
	for _, address := range []string{"https://slack.com/api/chat.postMessage", "https://hooks.slack.com/actions/T1/1/secret", "https://slack.com/api/" + "ü"} {
		response, err := client.Get(address)
		require.NoError(t, err)
		_, _ = io.Copy(io.Discard, response.Body)
		require.NoError(t, response.Body.Close())
	}

	problems, err := testutil.GatherAndLint(m.registry)
	require.NoError(t, err)
	require.Empty(t, problems)
	families, err := m.registry.Gather()
	require.NoError(t, err)
	var text strings.Builder
	for _, f := range families {
		_, _ = fmt.Fprintln(&text, f.String())
	}
	require.NotContains(t, text.String(), typed)
	for _, never := range []string{"1729384756", "U1", "secret", "hooks.slack", "ü"} {
		require.NotContains(t, text.String(), never)
	}
	for _, is := range []string{`value:"refused"`, `value:"chat.postMessage"`, `value:"rate_limited"`, `value:"panicked"`} {
		require.Contains(t, text.String(), is)
	}
}

func TestALabelHasABoundedNumberOfValues(t *testing.T) {
	m := newMetrics()
	for n := range 3 * mostLabels {
		m.swept(bridge.SweepEnd{Shop: workflow.ShopID(fmt.Sprint(n))})
		m.swept(bridge.SweepEnd{Shop: workflow.ShopID(fmt.Sprint(n))})
	}
	require.Equal(t, mostLabels+1, testutil.CollectAndCount(m.sweeps.vec))
	require.InDelta(t, 4*mostLabels, testutil.ToFloat64(m.sweeps.of(other, "ok")), 0)
}

// panics is a service that breaks down.
type panics struct{}

func (panics) Limit(workflow.Tx, workflow.Effect) (string, error)      { return "", nil }
func (panics) Budget(workflow.Effect, string) time.Duration            { return 0 }
func (panics) Deliver(context.Context, workflow.Effect) engine.Outcome { panic("a fault") }

// answering is a transport that gives every call the same answer.
type answering string

func (a answering) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(string(a))), Header: http.Header{}}, nil
}

// named finds the metrics and the labels that an expression names.
var (
	namedMetric = regexp.MustCompile(`\b(?:sampledesk|go|process)_[a-z_]+`)
	namedLabels = regexp.MustCompile(`\{([^}]*)\}|\b(?:by|without|on|ignoring) *\(([^)]*)\)`)
)

// requireKnown requires that an expression names only metrics and labels that there are.
func requireKnown(t *testing.T, expression string, all map[string]metric) {
	t.Helper()
	labels := []string{"le", "job", "instance"}
	for _, name := range namedMetric.FindAllString(expression, -1) {
		if !strings.HasPrefix(name, namespace+"_") {
			continue
		}
		known, ok := all[name]
		for _, end := range []string{"_bucket", "_sum", "_count"} {
			if base, cut := strings.CutSuffix(name, end); cut && !ok {
				known, ok = all[base]
			}
		}
		require.True(t, ok, "%s in %s", name, expression)
		labels = append(labels, known.labels...)
	}
	for _, found := range namedLabels.FindAllStringSubmatch(expression, -1) {
		for label := range strings.SplitSeq(found[1]+","+found[2], ",") {
			if end := strings.IndexAny(label, "=!"); end >= 0 {
				label = label[:end]
			}
			if label = strings.TrimSpace(label); label != "" {
				require.Contains(t, labels, label, "in %s", expression)
			}
		}
	}
}

func TestTheDashboardAndTheAlertsNameOnlyMetricsThatThereAre(t *testing.T) {
	all := described(t)
	text, err := os.ReadFile("deploy/alerts.yaml")
	require.NoError(t, err)
	var rules struct {
		Groups []struct {
			Rules []struct {
				Alert       string
				Expr        string
				Labels      map[string]string
				Annotations map[string]string
			}
		}
	}
	require.NoError(t, yaml.Unmarshal(text, &rules))
	count := 0
	for _, g := range rules.Groups {
		for _, r := range g.Rules {
			requireKnown(t, r.Expr, all)
			require.NotEmpty(t, r.Alert)
			require.NotEmpty(t, r.Annotations["summary"], r.Alert)
			require.NotEmpty(t, r.Annotations["description"], r.Alert)
			require.Contains(t, []string{"critical", "warning"}, r.Labels["severity"], r.Alert)
			count++
		}
	}
	require.Greater(t, count, 8)

	text, err = os.ReadFile("deploy/dashboard.json")
	require.NoError(t, err)
	var board struct {
		UID    string `json:"uid"`
		Panels []struct {
			ID      int    `json:"id"`
			Title   string `json:"title"`
			Type    string `json:"type"`
			GridPos struct{ X, Y, W, H int }
			Targets []struct {
				Expr string `json:"expr"`
			} `json:"targets"`
		} `json:"panels"`
	}
	require.NoError(t, json.Unmarshal(text, &board))
	require.NotEmpty(t, board.UID)
	shown, ids := "", map[int]bool{}
	for _, p := range board.Panels {
		require.False(t, ids[p.ID], p.Title)
		ids[p.ID] = true
		require.LessOrEqual(t, p.GridPos.X+p.GridPos.W, 24, p.Title)
		for _, target := range p.Targets {
			requireKnown(t, target.Expr, all)
			shown += target.Expr + "\n"
		}
	}
	for _, name := range []string{"decisions_total", "slack_acknowledgement_seconds", "effects_waiting", "effects_oldest_age_seconds", "sweeps_total", "slack_calls_total", "tiktok_calls_total", "store_size_bytes"} {
		require.Contains(t, shown, namespace+"_"+name, "nothing of it is on the dashboard")
	}
}
