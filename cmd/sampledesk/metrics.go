package main

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"sampledesk/affiliate"
	"sampledesk/affiliate/bridge"
	"sampledesk/workflow"
	"sampledesk/workflow/desks"
	"sampledesk/workflow/engine"
	"sampledesk/workflow/outbox"
)

// metrics are what a desk counts of itself, for /metrics. deploy/README.md lists them all, and a test holds the list to
// the registry.
//
// What happens is counted where it happens, by whoever is wired in here: nothing but this package knows Prometheus. An
// increment is an atomic addition and takes no lock, so it costs a click nothing. What only is, is read when somebody asks
// (metrics_state.go).
//
// # What it defends against
//
//   - Somebody who reads /metrics: it holds numbers, ids of shops, and names of the desk's own and the vendors' calls. No
//     creator, no request, no person, nothing that anybody typed and no secret is a label. Addresses are never read: a
//     response_url is a credential.
//   - Somebody who makes labels: each label has its known values, and what is none of them is "other". Shops and methods
//     are counted up to mostLabels.
//
// What is left: numbers tell how busy a team is. The address is this machine's by default, and a reverse proxy has no
// reason to let /metrics through.
type metrics struct {
	registry *prometheus.Registry
	all      []prometheus.Collector // ours

	decisions   *counters // shop, decision, surface
	results     *counters // shop, result
	decided     prometheus.Histogram
	acks        map[string]prometheus.Observer // by kind
	delivered   *counters                      // kind, outcome
	deliveries  *prometheus.HistogramVec       // by kind
	budgetWaits *counters                      // kind
	sweeps      *counters                      // shop, outcome
	sweepTimes  prometheus.Histogram
	seen        *counters // shop
	changed     *counters // shop
	slackCalls  *counters // method, outcome
	slackTimes  *prometheus.HistogramVec
	tiktokCalls *counters // endpoint, outcome
	tiktokTimes *prometheus.HistogramVec
	received    *counters // outcome
	commits     prometheus.Histogram
	updates     prometheus.Counter

	shops, methods names
}

// The buckets of durations, in seconds. Slack gives three for an acknowledgement.
var (
	ackBuckets    = []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2, 3}
	callBuckets   = []float64{.025, .05, .1, .25, .5, 1, 2.5, 5, 10, 15}
	commitBuckets = []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, 1}
	sweepBuckets  = []float64{.1, .5, 1, 5, 15, 60, 300, 900}
	sentBuckets   = []float64{1, 5, 10, 15, 30, 60, 300, 900, 3600}
)

// ackKinds are what Slack delivers, in its own words.
var ackKinds = []string{
	"block_actions", "view_submission", "view_closed", "block_suggestion", "shortcut", "message_action", "slash_commands", "events_api", other,
}

// other stands for what is none of a label's known values.
const other = "other"

func newMetrics() *metrics {
	m := &metrics{registry: prometheus.NewRegistry(), acks: map[string]prometheus.Observer{}}
	m.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))

	m.decisions = m.counter("decisions_total", "Decisions that people made or took back.", "shop", "decision", "surface")
	m.results = m.counter("decision_results_total", "What TikTok answered to decisions.", "shop", "result")
	m.decided = m.histogram("decision_delivery_seconds", "From a decision to TikTok's confirmation, the undo window included.", sentBuckets)
	acks := m.histograms("slack_acknowledgement_seconds", "From the arrival of something that Slack delivers to its acknowledgement.", ackBuckets, "kind")
	for _, kind := range ackKinds {
		m.acks[kind] = acks.WithLabelValues(kind)
	}
	m.delivered = m.counter("effects_delivered_total", "Attempts to deliver something to Slack, TikTok or another system, by what came of them.", "kind", "outcome")
	m.deliveries = m.histograms("effect_delivery_seconds", "How long an attempt to deliver took.", callBuckets, "kind")
	m.budgetWaits = m.counter("budget_waits_total", "How often a delivery was put off because its rate or its shop's budget was spent.", "kind")
	m.sweeps = m.counter("sweeps_total", "Sweeps of a shop's requests, by how they went.", "shop", "outcome")
	m.sweepTimes = m.histogram("sweep_seconds", "How long a sweep took.", sweepBuckets)
	m.seen = m.counter("sweep_requests_seen_total", "Requests that sweeps read.", "shop")
	m.changed = m.counter("sweep_requests_changed_total", "Requests in which sweeps found a change.", "shop")
	m.slackCalls = m.counter("slack_calls_total", "Calls of Slack's Web API.", "method", "outcome")
	m.slackTimes = m.histograms("slack_call_seconds", "How long Slack took to answer a call.", callBuckets, "method")
	m.tiktokCalls = m.counter("tiktok_calls_total", "Calls of TikTok Shop's API.", "endpoint", "outcome")
	m.tiktokTimes = m.histograms("tiktok_call_seconds", "How long TikTok Shop took to answer a call.", callBuckets, "endpoint")
	m.received = m.counter("webhooks_received_total", "Deliveries of TikTok's to /tiktok/webhook.", "outcome")
	m.commits = m.histogram("store_commit_seconds", "How long a commit of the store took, its sync included.", commitBuckets)
	m.updates = prometheus.NewCounter(prometheus.CounterOpts{Namespace: namespace, Name: "store_updates_total", Help: "Updates that were committed; several share a commit."})
	m.add(m.updates)
	return m
}

// namespace is how every name of ours begins.
const namespace = "sampledesk"

func (m *metrics) add(c prometheus.Collector) {
	m.all = append(m.all, c)
	m.registry.MustRegister(c)
}

func (m *metrics) counter(name, help string, labels ...string) *counters {
	vec := prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help}, labels)
	m.add(vec)
	return &counters{vec: vec}
}

func (m *metrics) histogram(name, help string, buckets []float64) prometheus.Histogram {
	h := prometheus.NewHistogram(prometheus.HistogramOpts{Namespace: namespace, Name: name, Help: help, Buckets: buckets})
	m.add(h)
	return h
}

func (m *metrics) histograms(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
	vec := prometheus.NewHistogramVec(prometheus.HistogramOpts{Namespace: namespace, Name: name, Help: help, Buckets: buckets}, labels)
	m.add(vec)
	return vec
}

// counters remember their children, so that an increment takes no lock: the library's own way to a child takes one.
type counters struct {
	vec      *prometheus.CounterVec
	children sync.Map // of counterKey
}

// counterKey are the values of up to three labels.
type counterKey struct{ a, b, c string }

// of returns the counter of some labels' values.
func (c *counters) of(values ...string) prometheus.Counter {
	var padded [3]string
	copy(padded[:], values)
	key := counterKey{padded[0], padded[1], padded[2]}
	if known, ok := c.children.Load(key); ok {
		return known.(prometheus.Counter)
	}
	made := c.vec.WithLabelValues(values...)
	c.children.Store(key, made)
	return made
}

// mostLabels is how many values a label gets that is not one of a few known ones.
const mostLabels = 100

// names bounds the values of a label: those that come first are kept, and the others are one.
type names struct {
	known sync.Map
	count atomic.Int64
}

// bounded returns a name, or other where there are enough of them.
func (n *names) bounded(name string) string {
	if _, ok := n.known.Load(name); ok {
		return name
	}
	if name == "" || n.count.Add(1) > mostLabels {
		return other
	}
	n.known.Store(name, true)
	return name
}

// applied counts what people decided and what TikTok answered; see engine.Watch.
func (m *metrics) applied(line workflow.Entry, after workflow.Application) {
	shop := m.shops.bounded(string(line.Key.Shop))
	switch line.Event {
	case workflow.OnApproved, workflow.OnRejected, workflow.OnUndone:
		m.decisions.of(shop, string(line.Event), surfaceLabel(line.By.Surface)).Inc()
	case workflow.OnApprovalConfirmed, workflow.OnRejectionConfirmed:
		m.results.of(shop, "confirmed").Inc()
		m.decided.Observe(line.At.Sub(after.Decision.At).Seconds())
	case workflow.OnRefusedForGood:
		m.results.of(shop, "refused").Inc()
	case workflow.OnAnswerLost:
		m.results.of(shop, "answer_lost").Inc()
	default: // no decision
	}
}

func surfaceLabel(s workflow.Surface) string {
	switch s {
	case workflow.FromCard, workflow.FromModal, workflow.FromCommand, workflow.FromHome, workflow.FromThread, workflow.FromBulk, workflow.FromRule:
		return string(s)
	default:
		return other
	}
}

// acknowledged measures an acknowledgement; see bot.Config.
func (m *metrics) acknowledged(kind string, took time.Duration) {
	known, ok := m.acks[kind]
	if !ok {
		known = m.acks[other]
	}
	known.Observe(took.Seconds())
}

// swept counts a sweep; see bridge.Bridge.
func (m *metrics) swept(end bridge.SweepEnd) {
	shop, outcome := m.shops.bounded(string(end.Shop)), "ok"
	if end.Err != nil {
		outcome = "failed"
	}
	m.sweeps.of(shop, outcome).Inc()
	m.seen.of(shop).Add(float64(end.Seen))
	m.changed.of(shop).Add(float64(end.Changed))
	m.sweepTimes.Observe(end.Took.Seconds())
}

// called counts an exchange with TikTok; see affiliate.Config.
func (m *metrics) called(t affiliate.Trace) {
	endpoint, outcome := string(t.Endpoint), "ok"
	if endpoint == "" {
		endpoint = "token"
	}
	if t.Err != nil {
		outcome = strings.ReplaceAll(string(affiliate.KindOf(t.Err)), " ", "_")
		if outcome == "" {
			outcome = "cancelled"
		}
	}
	m.tiktokCalls.of(endpoint, outcome).Inc()
	m.tiktokTimes.WithLabelValues(endpoint).Observe(t.Took.Seconds())
}

// committed counts a commit; see boltstore.Store.
func (m *metrics) committed(took time.Duration, updates int) {
	m.commits.Observe(took.Seconds())
	m.updates.Add(float64(updates))
}

// webhook counts a delivery of TikTok's by what became of it, in a word of the desk's own.
func (m *metrics) webhook(outcome string) { m.received.of(outcome).Inc() }

// countedService is a service of the outbox that is counted.
type countedService struct {
	outbox.Service
	metrics *metrics
	desks   *desks.Desks
}

// Budget implements outbox.Service.
func (c countedService) Budget(e workflow.Effect, limit string) time.Duration {
	wait := c.Service.Budget(e, limit)
	if wait > 0 {
		c.metrics.budgetWaits.of(string(e.Kind)).Inc()
	}
	return wait
}

// Deliver implements outbox.Service.
func (c countedService) Deliver(ctx context.Context, e workflow.Effect) engine.Outcome {
	began, outcome := time.Now(), "panicked"
	defer func() {
		c.metrics.delivered.of(string(e.Kind), outcome).Inc()
		c.metrics.deliveries.WithLabelValues(string(e.Kind)).Observe(time.Since(began).Seconds())
	}()
	o := c.Service.Deliver(ctx, e)
	outcome = outcomeLabel(o)
	if !o.Nothing {
		c.desks.Delivered()
	}
	return o
}

// outcomeLabel names what came of a delivery.
func outcomeLabel(o engine.Outcome) string {
	switch o.Then {
	case engine.Again, engine.AtOnce:
		if o.Failure == (workflow.Failure{}) {
			return "later"
		}
		return "failed"
	case engine.Park:
		return "later"
	case engine.Buried:
		return "dead"
	default:
		if o.Nothing {
			return "nothing"
		}
		if o.Failure != (workflow.Failure{}) {
			return "refused"
		}
		return "delivered"
	}
}

// register serves /metrics.
func (m *metrics) register(web *server, log *slog.Logger) {
	handler := promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{
		ErrorHandling: promhttp.ContinueOnError, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn), MaxRequestsInFlight: 4,
	})
	web.handle("GET /metrics", 0, func(w http.ResponseWriter, r *http.Request) { handler.ServeHTTP(w, r) })
}
