package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// visitor is a person in front of a page.
type visitor struct {
	t   *testing.T
	ctx context.Context

	mu       sync.Mutex
	troubles []string                              // what scripts threw, and what a page's policy forbade
	frames   map[string]runtime.ExecutionContextID // by origin
}

// shared is the one browser of all tests of this package: starting one takes far longer than opening a page.
var shared struct {
	mu     sync.Mutex      // held while it is started
	ctx    context.Context // of its process; nil until a test needs it
	folder string
	stop   context.CancelFunc
}

// closeBrowser ends the browser that the tests share, if there is one.
func closeBrowser() {
	if shared.ctx != nil {
		_ = chromedp.Cancel(shared.ctx) // waits until the browser has let go of its folder
		shared.stop()
		_ = os.RemoveAll(shared.folder)
	}
}

// startBrowser starts the browser that the tests share, unless it runs. Where there is none the test is skipped, or
// fails if REQUIRE_BROWSER is 1.
func startBrowser(t *testing.T) {
	t.Helper()
	program := findBrowser(t)
	shared.mu.Lock()
	defer shared.mu.Unlock()
	if shared.ctx != nil {
		return
	}
	folder, err := os.MkdirTemp("", "sampledesk-browser-")
	require.NoError(t, err)
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(program), chromedp.UserDataDir(folder), chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true))
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

// visit opens the page at this size, in a tab with a profile of its own. When the test ends no script may have thrown, nor
// anything been tried that a policy forbids.
func visit(t *testing.T, page string, width, height int64) *visitor {
	t.Helper()
	startBrowser(t)
	// Not the test's own context: that ends before the clean-up, which may still want a picture.
	ctx, cancel := chromedp.NewContext(shared.ctx, chromedp.WithNewBrowserContext())
	v := &visitor{t: t, ctx: ctx, frames: map[string]runtime.ExecutionContextID{}}
	t.Cleanup(func() {
		if t.Failed() {
			v.photograph()
		}
		_ = chromedp.Cancel(ctx) // closes the tab and forgets its profile
		cancel()
		v.mu.Lock()
		defer v.mu.Unlock()
		require.Empty(t, v.troubles)
	})
	require.NoError(t, chromedp.Do(ctx), "opening a tab")
	require.NoError(t, chromedp.Listen(ctx, v.hear))
	_, err := chromedp.Call(ctx, log.Enable, struct{}{})
	require.NoError(t, err)
	v.do(chromedp.EmulateViewport(width, height), chromedp.Navigate(page))
	return v
}

func findBrowser(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("a browser takes too long for a short run")
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "headless-shell"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if os.Getenv("REQUIRE_BROWSER") == "1" {
		t.Fatal("no Chromium or Chrome was found, and REQUIRE_BROWSER is 1")
	}
	t.Skip("no Chromium or Chrome was found: the pages are not tried in a browser")
	return ""
}

func (v *visitor) hear(event any) {
	v.mu.Lock()
	defer v.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventExecutionContextCreated:
		v.frames[e.Context.Origin] = e.Context.ID
	case *runtime.EventExceptionThrown:
		trouble := e.ExceptionDetails.Text
		if e.ExceptionDetails.Exception != nil {
			trouble += " " + e.ExceptionDetails.Exception.Description
		}
		v.troubles = append(v.troubles, trouble)
	case *log.EventEntryAdded:
		if e.Entry.Source == log.EntrySourceSecurity {
			v.troubles = append(v.troubles, e.Entry.Text)
		}
	}
}

func (v *visitor) do(actions ...chromedp.Action[chromedp.Void]) {
	v.t.Helper()
	ctx, cancel := context.WithTimeout(v.ctx, patience)
	defer cancel()
	require.NoError(v.t, chromedp.Do(ctx, actions...))
}

// inFrame makes an expression be evaluated in the frame of another origin, to which the page's own scripts have no way.
func (v *visitor) inFrame(origin string) chromedp.EvaluateOption {
	v.t.Helper()
	var id runtime.ExecutionContextID
	require.Eventually(v.t, func() bool {
		v.mu.Lock()
		defer v.mu.Unlock()
		id = v.frames[origin]
		return id != 0
	}, patience, 20*time.Millisecond, "no frame of %s", origin)
	return func(p *runtime.EvaluateParams) { p.ContextID = id }
}

// until waits for an expression to become true.
func (v *visitor) until(expression string, options ...chromedp.EvaluateOption) {
	v.t.Helper()
	ctx, cancel := context.WithTimeout(v.ctx, 2*patience)
	defer cancel()
	watch := fmt.Sprintf(`new Promise((met) => {
		const end = Date.now() + %d;
		(function look() {
			let yes = false;
			try { yes = Boolean(%s); } catch { yes = false; }
			if (yes || Date.now() > end) met(yes); else setTimeout(look, 20);
		})();
	})`, patience.Milliseconds(), expression)
	met, err := chromedp.Run(ctx, chromedp.Evaluate[bool](watch, append(options, chromedp.EvalAwaitPromise)...))
	require.NoError(v.t, err, expression)
	require.True(v.t, met, "never came true: %s", expression)
}

// read evaluates an expression on the page itself.
func read[T any](v *visitor, expression string) T {
	v.t.Helper()
	ctx, cancel := context.WithTimeout(v.ctx, patience)
	defer cancel()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression))
	require.NoError(v.t, err, expression)
	return value
}

// press presses the first element of a frame's document that has these words, once it is there.
func (v *visitor) press(document, selector, words string, options ...chromedp.EvaluateOption) {
	v.t.Helper()
	v.until(fmt.Sprintf(`(() => {
		const found = [...%s.querySelectorAll(%q)].find((node) => node.innerText.includes(%q) && !node.disabled);
		found?.click();
		return found;
	})()`, document, selector, words), options...)
}

// photograph leaves a picture of the page in $SCREENSHOTS, or with the test's artifacts.
func (v *visitor) photograph() {
	folder := os.Getenv("SCREENSHOTS")
	if folder == "" {
		folder = v.t.ArtifactDir()
	}
	ctx, cancel := context.WithTimeout(v.ctx, patience)
	defer cancel()
	picture, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, strings.ReplaceAll(v.t.Name(), "/", "_")+".png"), picture, 0o600)
	}
	if err != nil {
		v.t.Logf("no picture of the page: %v", err)
	}
}
