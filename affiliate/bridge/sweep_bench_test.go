//go:build unix

package bridge_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/affiliate"
	"sampledesk/affiliate/affiliatesim"
	"sampledesk/affiliate/bridge"
	"sampledesk/store/boltstore"
	"sampledesk/workflow"
	"sampledesk/workflow/engine"
)

// BenchmarkASweep compares a sweep of applications that did not change with a bare program that fetches the same pages
// and decodes them with encoding/json into a plain struct. Each runs in a process of its own, and both read the pages,
// which the stand-in made, from files.
func BenchmarkASweep(b *testing.B) {
	for _, n := range []int{1000, 20_000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			dir := b.TempDir()
			alone(b, "make", dir, n)
			for b.Loop() {
				desk, bare := alone(b, "desk", dir, n), alone(b, "bare", dir, n)
				b.ReportMetric(0, "ns/op")
				b.ReportMetric(desk.CPU.Seconds()*1000, "desk-cpu-ms")
				b.ReportMetric(bare.CPU.Seconds()*1000, "bare-cpu-ms")
				b.ReportMetric(desk.CPU.Seconds()/bare.CPU.Seconds(), "cpu-ratio")
				b.ReportMetric(float64(desk.Allocations)/float64(bare.Allocations), "allocations-ratio")
				b.ReportMetric(float64(desk.Bytes)/float64(bare.Bytes), "allocated-ratio")
				b.ReportMetric(float64(desk.Memory)/(1<<20), "desk-MB")
				b.ReportMetric(float64(bare.Memory)/(1<<20), "bare-MB")
				b.ReportMetric(float64(desk.Memory)/float64(bare.Memory), "memory-ratio")
			}
		})
	}
}

// sweepCost is what one sweep costs.
type sweepCost struct {
	CPU         time.Duration
	Allocations uint64
	Bytes       uint64
	Memory      uint64 // that the process took from the system at the most, mapped files aside
}

const sweepPart = "SAMPLEDESK_BENCH_SWEEP"

// alone runs a part of the benchmark in a process of its own.
func alone(b *testing.B, part, dir string, n int) (cost sweepCost) {
	b.Helper()
	child := exec.CommandContext(b.Context(), os.Args[0], "-test.run=^TestPartOfTheBenchmarkOfSweeps$")
	child.Env = append(os.Environ(), sweepPart+"="+part, sweepPart+"_DIR="+dir, sweepPart+"_SIZE="+strconv.Itoa(n))
	out, err := child.CombinedOutput()
	require.NoError(b, err, string(out))
	if part != "make" {
		text, err := os.ReadFile(filepath.Join(dir, part+".json"))
		require.NoError(b, err)
		require.NoError(b, json.Unmarshal(text, &cost))
	}
	return cost
}

func TestPartOfTheBenchmarkOfSweeps(t *testing.T) {
	dir, n := os.Getenv(sweepPart+"_DIR"), 0
	part := map[string]func(*testing.T, recorded, int){
		"make": makePages, "desk": sweepPages, "bare": decodePages,
	}[os.Getenv(sweepPart)]
	if part == nil {
		t.Skip("make bench-sweep runs it")
	}
	n, err := strconv.Atoi(os.Getenv(sweepPart + "_SIZE"))
	require.NoError(t, err)
	synctest.Test(t, func(t *testing.T) { part(t, recorded(dir), n) }) // where the pace of the calls takes no time
}

// recorded is the folder of the pages, and of the store of the desk that has seen them.
type recorded string

func (r recorded) path(name string) string { return filepath.Join(string(r), name) }

// page is the file of the answer to a request.
func (r recorded) page(request *http.Request, body []byte) string {
	sum := sha256.Sum256([]byte(request.URL.Path + "\n" + request.URL.Query().Get("page_token") + "\n" + string(body)))
	return r.path(hex.EncodeToString(sum[:]) + ".page")
}

// RoundTrip answers from the files.
func (r recorded) RoundTrip(request *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(request.Body)
	if err != nil {
		return nil, err
	}
	page, err := os.Open(r.page(request, body))
	if err != nil {
		return nil, err
	}
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Body: page, ContentLength: -1}, nil
}

// makePages has a desk sweep the stand-in until nothing is left to find out, and keeps its store and the pages of one
// more sweep.
func makePages(t *testing.T, dir recorded, n int) {
	d := connected(t, affiliatesim.Options{})
	statuses := []affiliatesim.Status{affiliatesim.Pending, affiliatesim.AwaitingShipment, affiliatesim.Shipped, affiliatesim.ContentPending}
	for i := range n {
		d.apply(affiliatesim.Request{Status: statuses[i%len(statuses)]})
	}
	for range 2 {
		d.sweep()
	}
	d.between.meddle(func(r *http.Request, next http.RoundTripper) (*http.Response, error) {
		body, err := readBody(r)
		if err != nil {
			return nil, err
		}
		response, err := next.RoundTrip(r)
		if err != nil {
			return nil, err
		}
		defer func() { _ = response.Body.Close() }()
		text, err := io.ReadAll(response.Body)
		if err != nil {
			return nil, err
		}
		response.Body = io.NopCloser(bytes.NewReader(text))
		return response, os.WriteFile(dir.page(r, body), text, 0o600)
	})
	writes := d.store.written()
	d.sweep()
	require.Equal(t, writes, d.store.written(), "nothing is left to find out")
	require.Equal(t, n, d.count(workflow.LiveOf(d.shop().ID)))
	require.NoError(t, d.db.Close())
	text, err := os.ReadFile(d.path)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(dir.path("desk.db"), text, 0o600))
	d.open()
	key, err := json.Marshal(d.details)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(dir.path("details"), key, 0o600))
	require.NoError(t, os.WriteFile(dir.path("key"), []byte(d.keyText), 0o600))
}

// repeatedly measures what one of several runs costs, after a first one.
func repeatedly(t *testing.T, dir recorded, n int, run func()) {
	t.Helper()
	run()
	times := max(3, 20_000/n)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	began := processorTime(t)
	for range times {
		run()
	}
	cpu := processorTime(t) - began
	runtime.ReadMemStats(&after)
	text, err := json.Marshal(sweepCost{
		CPU: cpu / time.Duration(times), Allocations: (after.Mallocs - before.Mallocs) / uint64(times),
		Bytes: (after.TotalAlloc - before.TotalAlloc) / uint64(times), Memory: after.Sys,
	})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(dir.path(os.Getenv(sweepPart)+".json"), text, 0o600))
}

func processorTime(t *testing.T) time.Duration {
	t.Helper()
	var used syscall.Rusage
	require.NoError(t, syscall.Getrusage(syscall.RUSAGE_SELF, &used))
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// sweepPages has a desk sweep the pages.
func sweepPages(t *testing.T, dir recorded, n int) {
	text, err := os.ReadFile(dir.path("details"))
	require.NoError(t, err)
	var details affiliatesim.Details
	require.NoError(t, json.Unmarshal(text, &details))
	sealed, err := os.ReadFile(dir.path("key"))
	require.NoError(t, err)
	key, err := bridge.ParseKey(string(sealed))
	require.NoError(t, err)
	db, err := boltstore.Open(t.Context(), dir.path("desk.db"))
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	store, log := &ledger{Store: db}, slog.New(slog.DiscardHandler)
	client, err := affiliate.New(affiliate.Config{
		AppKey: details.AppKey, AppSecret: affiliate.Secret(details.AppSecret), APIURL: details.APIURL, AuthURL: details.AuthURL,
		HTTPClient: &http.Client{Transport: dir}, Logger: log,
	})
	require.NoError(t, err)
	sweeps := bridge.New(client, store, engine.New(store, nil), key, log)
	time.Sleep(6 * time.Hour) // the desk that made the store began when this one did
	repeatedly(t, dir, n, func() {
		sweeps.SweepAll(t.Context())
		for _, s := range sweeps.Sweeps() {
			require.NoError(t, s.Err)
		}
	})
	require.Zero(t, store.written())
}

// plainAnswer is the answer of the search as a program has it that leaves out what it does not expect.
type plainAnswer struct {
	Code int
	Data struct {
		Total        int    `json:"total_count"`
		Next         string `json:"next_page_token"`
		Applications []struct {
			ID, Status  string
			ReviewBy    int64    `json:"approve_expiration_time"`
			ShipBy      int64    `json:"shipment_expiration_time"`
			Stock       int64    `json:"available_quantity"`
			Commission  string   `json:"commission_rate"`
			Approvable  bool     `json:"is_approvable"`
			Reasons     []string `json:"disapprovable_reasons"`
			OrderID     string   `json:"order_id"`
			Tracking    string   `json:"tracking_number"`
			Partner     string   `json:"partner_name"`
			Fulfillment string   `json:"fulfillment_status"`
			Creator     struct {
				OpenID      string `json:"creator_open_id"`
				Username    string `json:"username"`
				Nickname    string `json:"nickname"`
				Avatar      string `json:"avatar_url"`
				Followers   any    `json:"follower_count"`
				Posts       any    `json:"content_count"`
				Views       any    `json:"ec_video_view"`
				Fulfillment string `json:"fulfillment_percentage"`
				GMV         struct{ Amount, Currency string }
			}
			Product struct {
				ID, Title string
				SKU       string `json:"sku_id"`
				Variant   string `json:"sku_name"`
				Picture   string `json:"sku_image_url"`
			}
		} `json:"sample_applications"`
	}
}

// decodePages fetches and decodes the pages, and does nothing with them.
func decodePages(t *testing.T, dir recorded, n int) {
	client := &http.Client{Transport: dir}
	repeatedly(t, dir, n, func() {
		read := 0
		for _, status := range workflow.LiveStatuses {
			for token := ""; ; {
				body := fmt.Sprintf(`{"status":%q}`, status)
				url := centerURL + searchPath + "?page_size=50&page_token=" + token
				response, err := client.Post(url, "application/json", strings.NewReader(body))
				require.NoError(t, err)
				text, err := io.ReadAll(response.Body)
				require.NoError(t, err)
				require.NoError(t, response.Body.Close())
				var answer plainAnswer
				require.NoError(t, json.Unmarshal(text, &answer))
				read += len(answer.Data.Applications)
				if token = answer.Data.Next; token == "" {
					break
				}
			}
		}
		require.Equal(t, n, read)
	})
}
