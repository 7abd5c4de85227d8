package affiliatesim

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// patience is how long a test waits for the page; it only matters when a test fails.
const patience = 20 * time.Second

// findBrowser looks for an installed browser. Without one the test is skipped, unless
// REQUIRE_BROWSER=1 says that there must be one.
func findBrowser(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("a browser takes too long for a short run")
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if os.Getenv("REQUIRE_BROWSER") == "1" {
		t.Fatal("no browser found, but REQUIRE_BROWSER=1: install chromium")
	}
	t.Skip("no browser found: install chromium to run the tests of the page")
	return ""
}

// shared is the one browser of all tests of this package: starting one takes far longer
// than most tests of the page.
var shared struct {
	ctx    context.Context // of its process; nil until a test needs it
	folder string
	stop   context.CancelFunc
}

func TestMain(m *testing.M) {
	status := m.Run()
	if shared.ctx != nil {
		_ = chromedp.Cancel(shared.ctx) // waits until the browser has let go of its folder
		shared.stop()
		_ = os.RemoveAll(shared.folder)
	}
	os.Exit(status)
}

// startBrowser starts the browser that the tests share, unless it runs.
func startBrowser(t *testing.T) {
	t.Helper()
	program := findBrowser(t)
	if shared.ctx != nil {
		return
	}
	folder, err := os.MkdirTemp("", "affiliatesim-browser-")
	require.NoError(t, err)
	options := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(program), chromedp.Headless, chromedp.DisableGPU, chromedp.NoFirstRun,
		chromedp.UserDataDir(folder), chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true), chromedp.Flag("hide-scrollbars", true),
	}
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox) // the sandbox refuses to run as root
	}
	allocated, stop := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, cancel := chromedp.NewContext(allocated)
	if err := chromedp.Do(ctx); err != nil {
		cancel()
		stop()
		_ = os.RemoveAll(folder)
		require.NoError(t, err, "starting the browser")
	}
	shared.ctx, shared.folder, shared.stop = ctx, folder, stop
}

// browse opens a tab with a profile of its own that ends with the test.
func browse(t *testing.T) context.Context {
	t.Helper()
	startBrowser(t)
	// Not the test's own context: that ends before the clean-up, which may still want a picture.
	ctx, cancel := chromedp.NewContext(shared.ctx, chromedp.WithNewBrowserContext())
	t.Cleanup(func() {
		_ = chromedp.Cancel(ctx) // closes the tab and forgets its profile
		cancel()
	})
	require.NoError(t, chromedp.Do(ctx), "opening a tab")
	return ctx
}

// visitor is a person in front of the page.
type visitor struct {
	t      *testing.T
	ctx    context.Context
	center *Center

	mu       sync.Mutex
	troubles []string // what scripts threw and what the page's policy forbade
}

// visit serves a stand-in on a socket and opens its page at this width. When the test
// ends, no script may have thrown, and nothing may have been tried that the policy
// forbids.
func visit(t *testing.T, options Options, width int64) *visitor {
	t.Helper()
	v := &visitor{t: t, ctx: browse(t), center: New(options)}
	server := httptest.NewServer(v.center.Handler())
	t.Cleanup(func() {
		v.mu.Lock()
		require.Empty(t, v.troubles)
		v.mu.Unlock()
		if t.Failed() {
			v.photograph("failed-" + filepath.Base(t.Name()))
		}
		require.NoError(t, v.center.Close())
		server.CloseClientConnections()
		server.Close()
	})
	require.NoError(t, chromedp.Listen(v.ctx, v.hear))
	_, err := chromedp.Call(v.ctx, log.Enable, struct{}{})
	require.NoError(t, err)
	v.do(chromedp.EmulateViewport(width, 900), chromedp.Navigate(server.URL+"/"))
	v.until(`document.querySelector("#live").dataset.state === "live" && document.querySelector("#list").dataset.shown`)
	return v
}

func (v *visitor) hear(event any) {
	trouble := ""
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		trouble = e.ExceptionDetails.Text
		if e.ExceptionDetails.Exception != nil {
			trouble += " " + e.ExceptionDetails.Exception.Description
		}
	case *log.EventEntryAdded:
		if e.Entry.Source == log.EntrySourceSecurity {
			trouble = e.Entry.Text
		}
	}
	if trouble != "" {
		v.mu.Lock()
		v.troubles = append(v.troubles, trouble)
		v.mu.Unlock()
	}
}

func (v *visitor) do(actions ...chromedp.Action[chromedp.Void]) {
	v.t.Helper()
	ctx, cancel := context.WithTimeout(v.ctx, patience)
	defer cancel()
	require.NoError(v.t, chromedp.Do(ctx, actions...))
}

// until waits for a JavaScript expression to become true.
func (v *visitor) until(expression string, args ...any) {
	v.t.Helper()
	script := fmt.Sprintf(expression, args...)
	require.NoError(v.t, chromedp.Do(v.ctx, chromedp.Poll[chromedp.Void](script, chromedp.WithPollingTimeout(patience))), script)
}

// eval returns the value of a JavaScript expression.
func eval[T any](v *visitor, expression string, args ...any) T {
	v.t.Helper()
	ctx, cancel := context.WithTimeout(v.ctx, patience)
	defer cancel()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](fmt.Sprintf(expression, args...)))
	require.NoError(v.t, err)
	return value
}

// click clicks what a selector finds, the way a person does.
func (v *visitor) click(selector string) {
	v.t.Helper()
	v.do(chromedp.Click(chromedp.CSS(selector)))
}

// enter types into a field.
func (v *visitor) enter(selector, text string) {
	v.t.Helper()
	v.do(chromedp.SendKeys(chromedp.CSS(selector), text))
}

// photograph keeps a picture of the whole page where SCREENSHOTS names a folder, and
// otherwise beside the test's other files.
func (v *visitor) photograph(name string) {
	folder := os.Getenv("SCREENSHOTS")
	if folder == "" {
		folder = v.t.ArtifactDir()
	}
	ctx, cancel := context.WithTimeout(v.ctx, patience)
	defer cancel()
	picture, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, name+".png"), picture, 0o600)
	}
	if err != nil {
		v.t.Logf("no picture of the page: %v", err)
	}
}

// scheme shows the page as a person with a light or a dark system sees it.
func (v *visitor) scheme(value string) {
	v.t.Helper()
	_, err := chromedp.Call(v.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: value}},
	})
	require.NoError(v.t, err)
}
