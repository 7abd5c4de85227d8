package affiliatesim

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"
)

// fetch gets something of the page without a browser.
func (u *caller) fetch(path string) (*http.Response, string) {
	u.t.Helper()
	r, err := http.NewRequestWithContext(u.t.Context(), http.MethodGet, testBase+path, nil)
	require.NoError(u.t, err)
	response, err := u.http.Do(r)
	require.NoError(u.t, err)
	body, err := io.ReadAll(response.Body)
	require.NoError(u.t, err)
	require.NoError(u.t, response.Body.Close())
	return response, string(body)
}

func TestThePageIsServedStrictlyAndSaysThatNothingIsReal(t *testing.T) {
	u := open(t, Options{Links: []Link{{Label: `The "other" page`, URL: "http://127.0.0.1:8484/"}, {Label: "Trap", URL: "javascript:alert(1)"}}})
	response, page := u.fetch("/")
	require.Equal(t, http.StatusOK, response.StatusCode)
	require.Equal(t, "no-store", response.Header.Get("Cache-Control"))
	require.Contains(t, response.Header.Get("Content-Security-Policy"), "default-src 'none'; script-src 'self'")
	require.NotContains(t, response.Header.Get("Content-Security-Policy"), "unsafe")
	require.Contains(t, page, "Stand-in Affiliate Center, listening on loopback. Nothing here reaches TikTok.")
	require.Contains(t, page, `<a href="http://127.0.0.1:8484/" target="_blank" rel="noopener noreferrer">The &#34;other&#34; page</a>`)
	require.NotContains(t, page, "javascript:alert")
	for _, file := range []string{"/web/page.css", "/web/icon.svg", "/web/js/main.js", "/web/js/rows.js"} {
		response, body := u.fetch(file)
		require.Equal(t, http.StatusOK, response.StatusCode, file)
		require.NotEmpty(t, body, file)
	}
	response, _ = u.fetch("/web/nothing.js")
	require.Equal(t, http.StatusNotFound, response.StatusCode)
}

func TestThePageIsFramedOnlyByThoseWhoAreNamed(t *testing.T) {
	for _, c := range []struct {
		framedBy []string
		want     string
	}{
		{nil, "frame-ancestors 'none'"},
		{[]string{"http://127.0.0.1:8484", "http://localhost:8484"}, "frame-ancestors http://127.0.0.1:8484 http://localhost:8484"},
		{[]string{"http://127.0.0.1:1; script-src *", "http://a.test http://b.test", ""}, "frame-ancestors 'none'"},
	} {
		response, _ := open(t, Options{FramedBy: c.framedBy}).fetch("/")
		rules := strings.Split(response.Header.Get("Content-Security-Policy"), "; ")
		require.Equal(t, c.want, rules[len(rules)-1])
	}
}

func TestTheRowsOfAListComeInPiecesWithAllCounts(t *testing.T) {
	u := open(t, Options{Seed: 120})
	id := u.add(`{"creator":{"username":"kitchen_finds"},"status":"SHIPPED","tracking_number":"TRACK-9"}`)
	rows := func(query string) map[string]any {
		response, body := u.fetch("/sim/rows?" + query)
		require.Equal(t, http.StatusOK, response.StatusCode, body)
		var got map[string]any
		require.NoError(t, json.Unmarshal([]byte(body), &got))
		return got
	}
	first := rows("limit=50")
	require.Len(t, first["rows"], 50)
	require.EqualValues(t, 120, first["total"])
	require.Len(t, rows("limit=50&offset=100")["rows"], 20)
	require.Empty(t, rows("offset=5000")["rows"])
	var counts []float64
	for _, tab := range first["tabs"].([]any) {
		counts = append(counts, tab.(map[string]any)["count"].(float64))
	}
	require.Equal(t, []float64{120, 0, 1, 0, 0, 0}, counts)
	var last float64
	for _, r := range first["rows"].([]any) {
		due := r.(map[string]any)["approve_expiration_time"].(float64)
		require.GreaterOrEqual(t, due, last, "what ends soonest comes first")
		last = due
	}
	found := rows("tab=shipped&q=track-9")["rows"].([]any)
	require.Len(t, found, 1)
	require.Equal(t, id, found[0].(map[string]any)["id"])
	for _, query := range []string{"tab=lost", "limit=501", "offset=-1", "limit=x"} {
		response, _ := u.fetch("/sim/rows?" + query)
		require.Equal(t, http.StatusBadRequest, response.StatusCode, query)
	}
}

func TestALivePageHearsOfAChange(t *testing.T) {
	u := open(t, Options{})
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, testBase+"/sim/events", nil)
	require.NoError(t, err)
	response, err := u.http.Do(r)
	require.NoError(t, err)
	defer func() { _ = response.Body.Close() }()
	require.Equal(t, "text/event-stream", response.Header.Get("Content-Type"))
	events := json.NewDecoder(eventData{response.Body})
	var before, after struct{ Version int64 }
	require.NoError(t, events.Decode(&before))
	u.add(`{}`)
	require.NoError(t, events.Decode(&after))
	require.Greater(t, after.Version, before.Version)
}

// eventData leaves only the data of server-sent events.
type eventData struct{ r io.Reader }

func (e eventData) Read(p []byte) (int, error) {
	n, err := e.r.Read(p)
	text := strings.ReplaceAll(string(p[:n]), "data: ", "      ")
	return copy(p, text), err
}

func TestAPersonTakesARequestAllTheWayInTheBrowser(t *testing.T) {
	v := visit(t, Options{}, 1400)
	v.until(`document.querySelector("#empty").textContent.startsWith("No pending requests")`)
	v.click("#new")
	v.enter(`dialog [name="username"]`, "glow.daily")
	v.enter(`dialog [name="gmv"]`, "812.50")
	v.click(`dialog button[type="submit"]`)
	v.until(`document.querySelector(".row")?.textContent.includes("$812.50")`)
	for _, step := range []struct{ action, tab, status string }{
		{"approve", "ready", "AWAITING_SHIPMENT"}, {"ship", "shipped", "SHIPPED"}, {"deliver", "progress", "CONTENT_PENDING"},
	} {
		v.click(`[data-action="` + step.action + `"]`)
		v.until(`document.querySelector("#tab-" + %q).getAttribute("aria-selected") === "true"`, step.tab) // nobody is left on an empty list
		v.until(`document.querySelector(".row")?.dataset.status === %q`, step.status)
	}
	v.click(`[data-action="post"]`)
	v.until(`document.querySelector(".row").textContent.includes("1,800 views")`)
	v.click(`[data-action="complete"]`)
	v.click("#tab-completed")
	v.until(`document.querySelector(".row")?.dataset.status === "COMPLETED"`)
	require.Equal(t, Completed, v.center.listing[0].status)
}

func TestARejectionAsksForItsReason(t *testing.T) {
	v := visit(t, Options{Seed: 1}, 1400)
	v.until(`document.querySelector(".row")`)
	v.click(`[data-action="reject"]`)
	v.do(chromedp.WaitVisible(chromedp.CSS("dialog h2")), chromedp.KeyEvent(kb.Escape))
	v.until(`!document.querySelector("dialog").open`)
	require.Equal(t, 1, eval[int](v, `document.querySelectorAll('.row[data-status="PENDING"]').length`), "Escape changes nothing")
	v.click(`[data-action="reject"]`)
	v.do(chromedp.SetValue(chromedp.CSS(`dialog select`), "OUT_OF_STOCK"))
	v.click(`dialog button[type="submit"]`)
	v.click("#tab-canceled")
	v.until(`document.querySelector(".row")?.textContent.includes("Out of stock")`)
}

func TestThePageGrowsWithoutReloading(t *testing.T) {
	v := visit(t, Options{}, 1400)
	eval[bool](v, `window.stays = true`)
	_, err := v.center.AddApplication(Request{Creator: RequestedBy{Username: "kitchen_finds"}})
	require.NoError(t, err)
	v.until(`document.querySelector(".row")?.textContent.includes("kitchen_finds")`)
	v.do(chromedp.Focus(chromedp.CSS(`[data-action="approve"]`)))
	_, err = v.center.AddApplication(Request{Creator: RequestedBy{Username: "desk.picks"}, ApproveIn: "1h"})
	require.NoError(t, err)
	v.until(`document.querySelectorAll(".row").length === 2 && document.querySelector(".row").textContent.includes("desk.picks")`)
	require.True(t, eval[bool](v, `document.activeElement.dataset.action === "approve" && window.stays`), "the keyboard stays where it was")
	v.until(`document.querySelector(".left").dataset.urgency === "hot"`)
}

func TestThreeThousandRequestsComeInPages(t *testing.T) {
	v := visit(t, Options{Seed: 3000}, 1400)
	v.until(`document.querySelector("#where").textContent === "1–50 of 3,000"`)
	require.Equal(t, 50, eval[int](v, `document.querySelectorAll(".row").length`))
	v.click("#later")
	v.until(`document.querySelector("#where").textContent === "51–100 of 3,000"`)
	v.enter("#find", "glow_")
	v.until(`document.querySelectorAll(".row").length > 0 && [...document.querySelectorAll(".row")].every((r) => r.textContent.includes("glow_"))`)
}

func TestHostileTextIsShownAsText(t *testing.T) {
	v := visit(t, Options{}, 360)
	evil := `<img src=x onerror="window.pwned=1"><script>window.pwned=1</script>` + "\u202e" + strings.Repeat("W", 200)
	_, err := v.center.AddApplication(Request{
		Creator: RequestedBy{OpenID: "71", Username: evil, Nickname: evil, AvatarURL: "https://pictures.example/a.png"},
		Product: RequestedProduct{Title: evil, SKUName: evil}, PartnerName: evil,
	})
	require.NoError(t, err)
	_, _, err = v.center.receive(v.center.shops[0], v.center.creators.byOpenID["71"], evil, time.Now())
	require.NoError(t, err)
	v.until(`document.querySelector(".row")?.textContent.includes("<script>")`)
	v.until(`document.documentElement.scrollWidth <= 360`)
	v.click("#tab-messages")
	v.until(`document.querySelector(".bubble")?.textContent.includes("<script>")`)
	v.until(`document.documentElement.scrollWidth <= 360`)
	require.False(t, eval[bool](v, `"pwned" in window || document.querySelectorAll("#rows script, #rows img[src='x']").length > 0`))
}

func TestTheClockAndTheFaultsAreAtHand(t *testing.T) {
	v := visit(t, Options{}, 1400)
	id, err := v.center.AddApplication(Request{ApproveIn: "20h"})
	require.NoError(t, err)
	v.click(`[data-advance="24h"]`)
	v.until(`document.querySelector("#clock").textContent.includes("24 h ahead")`)
	v.until(`document.querySelector("#notice").textContent === "The clock moved on: 1 deadline passed"`)
	require.Equal(t, OverdueCancelled, v.center.applications[id].status)
	v.click("#spoil")
	v.until(`document.querySelector("#faults").textContent.includes("done, answer lost")`)
	v.click("#mend")
	v.until(`document.querySelector("#faults").textContent.startsWith("None")`)
}

func TestAPersonWritesAsTheCreator(t *testing.T) {
	v := visit(t, Options{Seed: 1}, 1400)
	v.click("#tab-messages")
	v.until(`document.querySelector("#empty").textContent.startsWith("No conversations")`)
	v.click("#tab-review")
	v.until(`document.querySelector(".row")`)
	v.click(`.more summary`)
	v.click(`[data-action="write"]`)
	v.enter("dialog textarea", "Is it still free?")
	v.click(`dialog button[type="submit"]`)
	v.until(`document.querySelector("#tab-messages .count").textContent === "1"`)
	v.click("#tab-messages")
	v.until(`document.querySelector(".bubble")?.textContent === "Is it still free?"`)
	v.enter(".talk input", "Hello?"+kb.Enter)
	v.until(`document.querySelectorAll(".bubble").length === 2 && document.querySelector(".talk input").value === ""`)
}

func TestTheTabsAreReachableWithTheKeyboard(t *testing.T) {
	v := visit(t, Options{Seed: 1}, 1400)
	v.do(chromedp.Focus(chromedp.CSS("#tab-review")), chromedp.KeyEvent(kb.ArrowRight))
	v.until(`document.activeElement.id === "tab-ready" && document.activeElement.getAttribute("aria-selected") === "true"`)
	v.do(chromedp.KeyEvent(kb.End))
	v.until(`document.activeElement.id === "tab-messages"`)
	v.do(chromedp.KeyEvent(kb.ArrowRight))
	v.until(`document.activeElement.id === "tab-review"`)
	require.Zero(t, eval[int](v, `[...document.querySelectorAll("button, input, select, summary")].filter((c) => !(c.textContent.trim() || c.labels?.length || c.ariaLabel)).length`), "every control has a name")
}

// TestThePageFitsPhonesAndDesks also keeps pictures of the page in every state, for
// people to look at, where SCREENSHOTS names a folder.
func TestThePageFitsPhonesAndDesks(t *testing.T) {
	v := visit(t, Options{Seed: 60, Shops: 2, Links: []Link{{Label: "Slack workspace", URL: "http://127.0.0.1:8484/"}}}, 1400)
	gallery(t, v.center)
	for _, width := range []int64{360, 800, 1400} {
		v.do(chromedp.EmulateViewport(width, 900), chromedp.Reload())
		v.until(`document.querySelector("#tabs button")`)
		for _, tab := range []string{"review", "ready", "shipped", "progress", "completed", "canceled", "messages"} {
			v.click("#tab-" + tab)
			v.until(`document.querySelector("#list").dataset.shown.startsWith(%q)`, tab+" ")
			v.until(`document.documentElement.scrollWidth <= %d`, width)
			if os.Getenv("SCREENSHOTS") == "" {
				continue
			}
			for _, scheme := range []string{"dark", "light"} {
				v.scheme(scheme)
				v.photograph(tab + "-" + strconv.Itoa(int(width)) + "-" + scheme)
				v.do(chromedp.EmulateViewport(width, 900))
			}
		}
	}
}

// TestMenusAndDialogsFitAPhone opens what lies above the page.
func TestMenusAndDialogsFitAPhone(t *testing.T) {
	v := visit(t, Options{Seed: 2}, 360)
	v.until(`document.querySelectorAll(".row").length === 2`)
	v.click(".more summary")
	v.until(`document.querySelector(".menu").getBoundingClientRect().right <= 360`)
	v.photograph("menu-360-light")
	v.do(chromedp.KeyEvent(kb.Escape))
	v.until(`!document.querySelector("details.more[open]") && document.activeElement.dataset.action === "more"`)
	v.click("#new")
	v.until(`document.querySelector("dialog").open && document.querySelector("dialog").getBoundingClientRect().right <= 360`)
	v.photograph("dialog-360-light")
	v.do(chromedp.KeyEvent(kb.Escape))
	v.click("#scenes summary")
	v.click("#spoil")
	v.until(`document.querySelector("#notice").dataset.shown === "true" && document.documentElement.scrollWidth <= 360`)
	v.photograph("scenes-360-light")
}

// gallery puts something into every list.
func gallery(t *testing.T, c *Center) {
	t.Helper()
	target := Collaboration{Name: "Autumn edit", Creators: []InvitedCreator{{Username: "glow.daily"}}}
	body, err := json.Marshal(target)
	require.NoError(t, err)
	made, err := c.simCollaborations(nil, body)
	require.NoError(t, err)
	for i, status := range append(allStatuses(), "UNDER_INSPECTION") {
		in := Request{Status: status, ApproveIn: "30h"}
		if i%3 == 0 {
			in.Target = made.(map[string]string)["id"]
		}
		if i%4 == 1 {
			in.PartnerName = "Shelf Agency"
		}
		id, err := c.AddApplication(in)
		require.NoError(t, err)
		if status == ContentPending || status == Completed {
			require.NoError(t, c.act(c.applications[id], "post", particulars{}, time.Now()))
		}
	}
	no := false
	_, err = c.AddApplication(Request{ApproveIn: "3h", IsApprovable: &no, DisapprovableReasons: []string{"CREATOR_LIMIT"}})
	require.NoError(t, err)
	person := c.listing[0].creator
	for _, text := range []string{"Hello! Is the sample still free?", "I would show it on Sunday."} {
		_, _, err = c.receive(c.shops[0], person, text, time.Now())
		require.NoError(t, err)
	}
}
