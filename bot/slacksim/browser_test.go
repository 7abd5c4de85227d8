package slacksim_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// patience is how long a test waits for something to show on the page. It only matters when the test fails.
const patience = 30 * time.Second

// browsers are the names under which Chromium and its relatives are installed.
var browsers = []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "headless-shell"}

// browser is one tab of a real browser with a profile of its own.
type browser struct {
	t   *testing.T
	ctx context.Context

	mu       sync.Mutex
	troubles []string // what the page's scripts threw and what its policy forbade
}

// shared is the one browser of all tests of this package: starting one takes far longer than most tests of the page.
var shared struct {
	ctx    context.Context // of its process; nil until a test needs it
	folder string
	stop   context.CancelFunc
}

func TestMain(m *testing.M) {
	status := m.Run()
	if shared.ctx != nil {
		_ = chromedp.Cancel(shared.ctx) // waits until the browser let go of its folder; how it ended is not what is tested
		shared.stop()
		_ = os.RemoveAll(shared.folder)
	}
	os.Exit(status)
}

// startBrowser starts the browser that the tests share, unless it runs.
func startBrowser(t *testing.T, program string) {
	t.Helper()
	if shared.ctx != nil {
		return
	}
	folder, err := os.MkdirTemp("", "slacksim-browser-")
	require.NoError(t, err)
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(program), chromedp.UserDataDir(folder), chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
	)
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox) // the sandbox refuses to run as root
	}
	allocated, stop := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, cancel := chromedp.NewContext(allocated)
	if err := chromedp.Do(ctx); err != nil {
		cancel()
		stop()
		_ = os.RemoveAll(folder)
		require.NoError(t, err, "the browser did not start")
	}
	shared.ctx, shared.folder, shared.stop = ctx, folder, stop
}

// openBrowser opens a tab for one test. Where there is no browser the test is skipped, or fails if REQUIRE_BROWSER is 1.
func openBrowser(t *testing.T) *browser {
	t.Helper()
	if testing.Short() {
		t.Skip("a browser takes too long for a short run")
	}
	program := findBrowser()
	if program == "" {
		if os.Getenv("REQUIRE_BROWSER") == "1" {
			t.Fatal("no Chromium or Chrome was found, and REQUIRE_BROWSER is 1")
		}
		t.Skip("no Chromium or Chrome was found: the page is not tried in a browser")
	}
	startBrowser(t, program)
	ctx, cancel := chromedp.NewContext(shared.ctx, chromedp.WithNewBrowserContext())
	t.Cleanup(func() {
		_ = chromedp.Cancel(ctx) // closes the tab and forgets its profile
		cancel()
	})
	b := &browser{t: t, ctx: ctx}
	require.NoError(t, chromedp.Do(ctx), "the browser opened no tab")
	require.NoError(t, chromedp.Listen(ctx, b.heard))
	_, err := chromedp.Call(ctx, log.Enable, struct{}{})
	require.NoError(t, err)
	t.Cleanup(b.keepPicture)
	return b
}

func findBrowser() string {
	for _, name := range browsers {
		if program, err := exec.LookPath(name); err == nil {
			return program
		}
	}
	return ""
}

func (b *browser) heard(event any) {
	trouble := ""
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		trouble = e.ExceptionDetails.Text
		if thrown := e.ExceptionDetails.Exception; thrown != nil {
			trouble += " " + thrown.Description
		}
	case *log.EventEntryAdded:
		if e.Entry.Source == log.EntrySourceSecurity {
			trouble = e.Entry.Text
		}
	}
	if trouble == "" {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.troubles = append(b.troubles, trouble)
}

// untroubled tells that no script threw and that nothing was tried which the page's policy forbids.
func (b *browser) untroubled() {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	require.Empty(b.t, b.troubles)
}

// visit opens an address in a window of that size, on a screen that prefers light or dark.
func (b *browser) visit(address string, width, height int64, scheme string) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
	})
	require.NoError(b.t, err)
	require.NoError(b.t, chromedp.Do(ctx, chromedp.EmulateViewport(width, height), chromedp.Navigate("about:blank"), chromedp.Navigate(address)))
}

// read evaluates an expression on the page.
func read[T any](b *browser, expression string) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression))
	require.NoError(b.t, err, expression)
	return value
}

// until waits for an expression on the page to become true.
func (b *browser) until(expression string) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 2*patience)
	defer cancel()
	watch := fmt.Sprintf(`new Promise((met) => {
		const end = Date.now() + %d;
		(function look() {
			let yes = false;
			try { yes = Boolean(%s); } catch { yes = false; }
			if (yes || Date.now() > end) met(yes); else setTimeout(look, 20);
		})();
	})`, patience.Milliseconds(), expression)
	met, err := chromedp.Run(ctx, chromedp.Evaluate[bool](watch, chromedp.EvalAwaitPromise))
	require.NoError(b.t, err, expression)
	require.True(b.t, met, "never came true: %s\nthe page: %s", expression, b.words())
}

// shows waits until a text can be read in the elements of a selector.
func (b *browser) shows(selector, text string) {
	b.t.Helper()
	b.until(fmt.Sprintf(`[...document.querySelectorAll(%s)].some((node) => node.innerText.includes(%s))`, quoted(selector), quoted(text)))
}

// hides waits until a text can be read nowhere in the elements of a selector.
func (b *browser) hides(selector, text string) {
	b.t.Helper()
	b.until(fmt.Sprintf(`![...document.querySelectorAll(%s)].some((node) => node.innerText.includes(%s))`, quoted(selector), quoted(text)))
}

// click presses the mouse on the first element of a selector, once it is there.
func (b *browser) click(selector string) {
	b.t.Helper()
	b.until(fmt.Sprintf(`document.querySelector(%s)`, quoted(selector)))
	b.do(chromedp.Click(chromedp.CSS(selector)))
}

// typeInto writes into a field as a person does.
func (b *browser) typeInto(selector, text string) {
	b.t.Helper()
	b.do(chromedp.SendKeys(chromedp.CSS(selector), text))
}

// press hits keys where the focus is.
func (b *browser) press(keys string) {
	b.t.Helper()
	b.do(chromedp.KeyEvent(keys))
}

// enter hits Enter as a keyboard does. A character event, which chromedp would send as well, never follows a key that a script handled.
func (b *browser) enter() {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	for _, kind := range []input.DispatchKeyEventType{input.DispatchKeyEventTypeRawKeyDown, input.DispatchKeyEventTypeKeyUp} {
		_, err := chromedp.Call(ctx, input.DispatchKeyEvent, input.DispatchKeyEventParams{
			Type: kind, Key: "Enter", Code: "Enter", WindowsVirtualKeyCode: 13, NativeVirtualKeyCode: 13,
		})
		require.NoError(b.t, err)
	}
}

func (b *browser) do(step chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	require.NoError(b.t, chromedp.Do(ctx, step), "the page: %s", b.words())
}

// seenAs makes the page show what another person sees.
func (b *browser) seenAs(user string) {
	b.t.Helper()
	read[bool](b, fmt.Sprintf(`(() => {
		const chosen = document.getElementById('person');
		chosen.value = %s;
		return chosen.dispatchEvent(new Event('change', {bubbles: true}));
	})()`, quoted(user)))
	b.until(fmt.Sprintf(`location.hash.startsWith('#' + %s)`, quoted(user)))
}

// words are the page as it can be read, for failures.
func (b *browser) words() string {
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	words, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.body.innerText`))
	if err != nil {
		return err.Error()
	}
	return words
}

// keepPicture leaves a picture of the page behind when the test failed: in $SCREENSHOTS, or with the test's artifacts.
func (b *browser) keepPicture() {
	if !b.t.Failed() {
		return
	}
	folder := os.Getenv("SCREENSHOTS")
	if folder == "" {
		folder = b.t.ArtifactDir()
	}
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	picture, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err != nil {
		b.t.Logf("no picture of the page: %v", err)
		return
	}
	file := filepath.Join(folder, strings.ReplaceAll(b.t.Name(), "/", "_")+".png")
	if err := os.WriteFile(file, picture, 0o600); err != nil {
		b.t.Logf("no picture of the page: %v", err)
		return
	}
	b.t.Logf("a picture of the page: %s", file)
}

// quoted is a text as a JavaScript literal.
func quoted(text string) string {
	literal, err := json.Marshal(text)
	if err != nil {
		return `""` // never: every string can be marshalled
	}
	return string(literal)
}
