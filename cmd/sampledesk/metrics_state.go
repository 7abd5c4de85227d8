package main

import (
	"context"
	"runtime"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"sampledesk/affiliate"
	"sampledesk/store/boltstore"
	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

// readsWithin is how long a look at the store may take for somebody who asks for the metrics.
const readsWithin = 5 * time.Second

// state are the metrics of what is: they are read when somebody asks.
type state struct {
	health  health
	clients func() []*affiliate.Client
	metrics *metrics
}

// gauge describes a metric of what is.
func gauge(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(prometheus.BuildFQName(namespace, "", name), help, labels, nil)
}

var (
	descReady     = gauge("ready", "1 while /readyz answers 200.")
	descBuild     = gauge("build_info", "1, with the version of the program.", "version", "go_version")
	descWaiting   = gauge("effects_waiting", "What waits to be delivered to Slack, TikTok or another system.", "kind")
	descOldest    = gauge("effects_oldest_age_seconds", "For how long the oldest of what waits has waited.", "kind")
	descDead      = gauge("dead_letters", "What could never be delivered and waits for a person, counted up to 1000.")
	descRequests  = gauge("requests_waiting", "Requests that wait for the team's decision.", "shop")
	descStopped   = gauge("shop_stopped", "1 while TikTok answers nothing for a shop (what=sync) or accepts no decision (what=reviews).", "shop", "what")
	descSwept     = gauge("sweep_last_success_timestamp_seconds", "When the last sweep that went through ended; missing before the first.", "shop")
	descConnected = gauge("slack_connected", "1 while the desk is connected to Slack.")
	descLinks     = gauge("slack_connections_total", "Connections to Slack that were opened since the start; the first is one too.")
	descPace      = gauge("tiktok_pace_ratio", "What is left of the pace at which an endpoint may be called: TikTok tells no quota, and each refusal halves it.", "shop", "endpoint")
	descEnds      = gauge("authorisation_end_timestamp_seconds", "When the authorisation of a shop ends unless it is renewed; missing where that is not known.", "shop")
	descStoreUp   = gauge("store_up", "1 while the store answers.")
	descBytes     = gauge("store_size_bytes", "The size of the store's file.")
	descFree      = gauge("store_free_pages", "Pages of the store's file that are free to be used again.")
	descPage      = gauge("store_page_size_bytes", "The size of a page of the store's file.")
	descDesks     = gauge("desks", "Desks that share the store and gave a sign of life within the last minute, this one among them.")
	descFaults    = gauge("table_faults_total", "Steps that led to another state than the table of transitions says: a fault of the desk's own.")
)

// Describe implements prometheus.Collector.
func (s state) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		descReady, descBuild, descWaiting, descOldest, descDead, descRequests, descStopped, descSwept, descConnected, descLinks, descPace, descEnds,
		descStoreUp, descBytes, descFree, descPage, descFaults, descDesks,
	} {
		to <- d
	}
}

// Collect implements prometheus.Collector.
func (s state) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), readsWithin)
	defer cancel()
	now := time.Now()
	put := func(d *prometheus.Desc, v float64, labels ...string) {
		kind := prometheus.GaugeValue
		if d == descLinks || d == descFaults {
			kind = prometheus.CounterValue
		}
		to <- prometheus.MustNewConstMetric(d, kind, v, labels...)
	}
	report := s.health.report(ctx, now)
	put(descReady, one(report.Ready))
	put(descBuild, 1, version(), runtime.Version())
	put(descConnected, one(report.Slack.Connected))
	put(descLinks, float64(s.health.slack.Health().Links))
	put(descDesks, float64(len(s.health.desks.All())))
	put(descFaults, float64(report.TableFaults))
	paces := map[[2]string]float64{} // the slowest, where several apps make the same calls
	for _, client := range s.clients() {
		for _, p := range client.Paces() {
			shop := "none"
			if p.Shop != "" {
				shop = s.metrics.shops.bounded(string(p.Shop))
			}
			labels, pace := [2]string{shop, string(p.Endpoint)}, p.PerSecond/p.Full
			if known, ok := paces[labels]; !ok || pace < known {
				paces[labels] = pace
			}
		}
	}
	for labels, pace := range paces {
		put(descPace, pace, labels[0], labels[1])
	}
	if store, ok := s.health.store.(interface{ Stats() boltstore.Stats }); ok {
		stats := store.Stats()
		put(descBytes, float64(stats.Bytes))
		put(descFree, float64(stats.FreePages))
		put(descPage, float64(stats.PageBytes))
	}
	var waiting []workflow.Waiting
	var shops []workflow.Shop
	ends := map[workflow.ShopID]time.Time{}
	err := s.health.store.View(ctx, func(tx workflow.Tx) (err error) {
		if waiting, err = tx.Waiting(); err != nil {
			return err
		}
		if shops, err = tx.Shops(); err != nil {
			return err
		}
		for _, shop := range shops {
			a, err := tx.Authorisation(shop.OpenID)
			if query.UnlessMissing(err) != nil {
				return err
			}
			ends[shop.ID] = a.Ends
		}
		return nil
	})
	put(descStoreUp, one(err == nil))
	if err != nil {
		return
	}
	put(descDead, float64(report.DeadLetters))
	s.shops(put, report, shops, ends)
	s.effects(put, waiting, now)
}

// shops puts what is known of each shop. Those beyond mostLabels are left out: added up they would tell nothing.
func (s state) shops(put func(*prometheus.Desc, float64, ...string), report readiness, shops []workflow.Shop, ends map[workflow.ShopID]time.Time) {
	for n, shop := range shops {
		label := string(shop.ID)
		if n >= mostLabels || s.metrics.shops.bounded(label) == other {
			continue
		}
		put(descStopped, one(shop.SyncStopped != (workflow.Failure{})), label, "sync")
		put(descStopped, one(shop.ReviewsStopped != (workflow.Failure{})), label, "reviews")
		if end := ends[shop.ID]; !end.IsZero() {
			put(descEnds, float64(end.Unix()), label)
		}
		for _, line := range report.Shops {
			if line.Shop != shop.ID {
				continue
			}
			put(descRequests, float64(line.Waiting), label)
			if !line.LastSweep.IsZero() {
				put(descSwept, float64(line.LastSweep.UnixMilli())/1000, label)
			}
		}
	}
}

// effects puts what waits, kinds of which nothing waits included: an alert wants a zero.
func (s state) effects(put func(*prometheus.Desc, float64, ...string), waiting []workflow.Waiting, now time.Time) {
	by := map[workflow.EffectKind]workflow.Waiting{}
	for _, w := range waiting {
		by[w.Kind] = w
	}
	for _, kind := range workflow.EffectKinds {
		w, age := by[kind], 0.0
		if w.Count > 0 {
			age = max(now.Sub(w.Oldest).Seconds(), 0)
		}
		put(descWaiting, float64(w.Count), string(kind))
		put(descOldest, age, string(kind))
	}
}

func one(is bool) float64 {
	if is {
		return 1
	}
	return 0
}
