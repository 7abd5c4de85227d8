package slacksim_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"

	"sampledesk/bot/slacksim"
)

func TestEveryKindOfBlockIsShown(t *testing.T) {
	b := openBrowser(t)
	d := newPageDesk(t, slacksim.Options{})
	words := func(text string) []fields { return []fields{{"type": "text", "text": text}} }
	raw := func(text string) fields { return fields{"type": "raw_text", "text": text} }
	one := []fields{option("First option", "1"), option("Second option", "2")}
	ts := d.post("Everything",
		fields{"type": "header", "text": plain("A header")},
		fields{"type": "divider"},
		fields{"type": "rich_text", "elements": []fields{
			{"type": "rich_text_section", "elements": words("a rich section")},
			{"type": "rich_text_list", "style": "ordered", "elements": []fields{{"type": "rich_text_section", "elements": words("a rich item")}}},
			{"type": "rich_text_quote", "elements": words("a rich quote")},
			{"type": "rich_text_preformatted", "elements": words("rich  code")},
		}},
		fields{"type": "markdown", "text": "## A heading\n\n- an **item**\n\n| one | two |\n|---|---|\n| a cell | `code` |"},
		fields{"type": "table", "column_settings": []fields{{"align": "left"}, {"align": "right"}}, "rows": [][]fields{{raw("Stage"), raw("Creators")}, {raw("Invited"), raw("120")}}},
		actions("pickers",
			fields{"type": "datepicker", "action_id": "day", "initial_date": "2026-11-22"}, fields{"type": "timepicker", "action_id": "clock", "initial_time": "09:30"},
			fields{"type": "users_select", "action_id": "who", "placeholder": plain("Choose a person")}, fields{"type": "overflow", "action_id": "more", "options": one}),
		actions("choices", fields{"type": "checkboxes", "action_id": "ticks", "options": one}, fields{"type": "radio_buttons", "action_id": "radio", "options": one}),
		fields{"type": "input", "block_id": "in", "label": plain("A label"), "hint": plain("A hint"), "optional": true, "element": fields{"type": "number_input", "is_decimal_allowed": false, "action_id": "n", "initial_value": "7"}},
	)
	b.visit(d.as("admin"), 360, 740, "dark")
	for selector, text := range map[string]string{
		".block-header": "A header", ".block-rich_text ol li": "a rich item", ".block-rich_text blockquote": "a rich quote", ".block-rich_text pre": "rich  code",
		".block-markdown li strong": "item", ".block-markdown td": "a cell", ".block-table th": "Creators", ".block-table td.align-right": "120",
		".block-actions .select": "Choose a person", ".block-actions .tick": "Second option", ".block-input .hint": "A hint",
	} {
		b.shows(at(ts, selector), text)
	}
	require.False(t, read[bool](b, `Boolean(document.querySelector('.unknown'))`))
	require.Equal(t, []string{"2026-11-22", "09:30", "7"}, read[[]string](b, `['day', 'clock', 'n'].map((id) => document.querySelector('[data-action="' + id + '"]').value)`))
	require.Zero(t, overflow(b))
	require.Equal(t, 0, read[int](b, `[...document.querySelectorAll('button, input, select, textarea')].filter((node) =>
		!node.labels?.length && !node.getAttribute('aria-label') && !node.getAttribute('aria-labelledby') && !node.textContent.trim()).length`), "every control has a name")
	b.untroubled()
}

func TestHostileTextStaysText(t *testing.T) {
	b := openBrowser(t)
	d := newPageDesk(t, slacksim.Options{})
	name := strings.Repeat("Ж", 200)
	script := `<script>window.taken = true</script><img src=x onerror="window.taken = true">`
	ts := d.post("Hostile",
		section(plain(script)),
		section(mrkdwn(escape(script)+" *"+name+"*")),
		section(mrkdwn("\u202egnp.exe\u202c \u2067isolated\u2069 after")),
		section(mrkdwn("<javascript:window.taken=true|press me> <data:text/html,x|or me> <!channel|"+name+">")),
		fields{"type": "context", "elements": []fields{mrkdwn("@here #samples https://example.com")}},
	)
	b.visit(d.as("admin"), 360, 740, "light")
	b.shows(at(ts, ""), script)
	b.shows(at(ts, ""), "press me")

	require.Equal(t, 0, read[int](b, fmt.Sprintf(`document.querySelectorAll(%s).length`, quoted(at(ts, "a")))), "no scheme but http and https, and nothing comes alive in verbatim text")
	require.Equal(t, 0, read[int](b, fmt.Sprintf(`document.querySelectorAll(%s).length`, quoted(at(ts, ":is(script, img, iframe, .block-context .mention)")))))
	require.False(t, read[bool](b, `Boolean(window.taken)`))
	require.LessOrEqual(t, overflow(b), 0)
	b.untroubled()
}

func escape(text string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(text)
}

// overflow is how many pixels the page is wider than its window.
func overflow(b *browser) int {
	b.t.Helper()
	return read[int](b, `Math.max(document.documentElement.scrollWidth - innerWidth,
		...[...document.querySelectorAll('.scroller, .message, dialog, .topbar')].map((node) => node.scrollWidth - node.clientWidth))`)
}

func TestTextIsMarkedUpAsItsAuthorMeant(t *testing.T) {
	b := openBrowser(t)
	d := newPageDesk(t, slacksim.Options{})
	soon := time.Now().Add(49 * time.Hour).Unix()
	ts := d.post("Marked up", section(fields{"type": "mrkdwn", "text": strings.Join([]string{
		"*bold* _italic_ ~gone~ `a &lt;b&gt; &amp; *c*` snake_case_name 2*3*4",
		"<https://example.com/?a=1&amp;b=2|a link> and https://example.com/bare.",
		"&gt; quoted &amp; escaped",
		fmt.Sprintf("<!date^%d^{date_num} {time} {ago}|never> <!date^nonsense^{time}|the fallback> <!date^%d^{unknown}|another fallback>", soon, soon),
		"<@" + d.user("admin") + "> <#" + d.details.Channel + "> <!here> :tada: :no_such_thing: :+1:",
	}, "\n")}))
	b.visit(d.as("member"), 1400, 900, "light")
	b.shows(at(ts, ""), "snake_case_name 2*3*4")
	texts := func(selector string) []string {
		return read[[]string](b, fmt.Sprintf(`[...document.querySelectorAll(%s)].map((node) => node.textContent)`, quoted(at(ts, ".blocks "+selector))))
	}
	require.Equal(t, []string{"bold"}, texts("strong"))
	require.Equal(t, []string{"italic"}, texts("em"))
	require.Equal(t, []string{"gone"}, texts("s"))
	require.Equal(t, []string{"a <b> & *c*"}, texts("code"))
	require.Equal(t, []string{"quoted & escaped"}, texts("blockquote"))
	require.Equal(t, []string{"a link", "https://example.com/bare"}, texts("a"))
	require.Equal(t, []string{"@Admin", "#samples", "@here"}, texts(".mention"))
	require.Equal(t, []string{"🎉", "👍"}, texts(".emoji"))
	zone, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	day := time.Unix(soon, 0).In(zone).Format("2006-01-02 3:04 PM")
	require.Equal(t, []string{day + " in 2 days", "the fallback", "another fallback"}, texts("time"))
	require.Equal(t, "https://example.com/?a=1&b=2", read[string](b, fmt.Sprintf(`document.querySelector(%s).href`, quoted(at(ts, "a")))))
	require.Equal(t, "noopener noreferrer", read[string](b, fmt.Sprintf(`document.querySelector(%s).rel`, quoted(at(ts, "a")))))
	b.shows(at(ts, ""), ":no_such_thing:")
	b.untroubled()
}

func TestAPictureThatCannotBeHadLeavesItsWords(t *testing.T) {
	b := openBrowser(t)
	d := newPageDesk(t, slacksim.Options{})
	var gone atomic.Bool
	pictures := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if gone.Load() {
			http.NotFound(rw, r)
			return
		}
		rw.Header().Set("Content-Type", "image/png")
		_, _ = rw.Write(onePixel)
	}))
	defer pictures.Close()
	ts := d.post("A product", fields{"type": "section", "text": plain("A serum"), "accessory": fields{"type": "image", "image_url": pictures.URL + "/serum.png", "alt_text": "Serum, 30 ml"}})
	gone.Store(true) // from here on, as the vendor's signed links expire
	b.visit(d.as("admin"), 1400, 900, "light")
	b.shows(at(ts, ".picture-missing"), "Serum, 30 ml")
	b.untroubled()
}

// onePixel is the smallest picture: a transparent PNG of one pixel.
var onePixel = []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89" +
	"\x00\x00\x00\nIDATx\x9cc\x00\x01\x00\x00\x05\x00\x01\r\n-\xb4\x00\x00\x00\x00IEND\xaeB`\x82")

func TestWhatIsUnreadIsMarkedAndTheOutsiderSeesNothing(t *testing.T) {
	b := openBrowser(t)
	d := newPageDesk(t, slacksim.Options{})
	d.post("Before anybody looked")
	b.visit(d.as("admin"), 1400, 900, "light")
	b.shows("#main", "Before anybody looked")
	b.click(`[data-place="home"]`)
	d.post("One")
	d.post("Two")
	place := fmt.Sprintf(`[data-place="%s"]`, d.details.Channel)
	b.shows(place+" .count", "2")
	b.until(`document.title.startsWith('(2)')`)
	b.click(place)
	b.shows("#main", "Two")
	b.until(fmt.Sprintf(`!document.querySelector(%s)`, quoted(place+" .count")))

	b.seenAs(d.user("outsider"))
	b.hides("body", "Before anybody looked")
	require.False(t, read[bool](b, fmt.Sprintf(`Boolean(document.querySelector(%s))`, quoted(place))))
	b.untroubled()
}

func TestThePageFitsAPhoneAndItsDrawerOpens(t *testing.T) {
	b := openBrowser(t)
	d := newPageDesk(t, slacksim.Options{Links: []slacksim.Link{{Label: "The other stand-in", URL: "http://127.0.0.1:8485/"}}})
	ts := d.post("A card", section(mrkdwn("*glow.daily* · 48.2K followers")),
		fields{"type": "section", "fields": []fields{mrkdwn("*GMV, 30 days*\n$12.4K"), mrkdwn("*Median views*\n8,310")}},
		actions("a", button("approve", "Approve", "1"), button("campaign", "Add to campaign", "1"), fields{"type": "static_select", "action_id": "reject", "placeholder": plain("Reject…"), "options": []fields{option(strings.Repeat("long ", 15), "x")}}))
	replyTo(d, ts, "A reply")
	for _, scheme := range []string{"light", "dark"} {
		b.visit(d.as("admin"), 360, 740, scheme)
		b.shows(at(ts, ""), "glow.daily")
		require.LessOrEqual(t, overflow(b), 0)
		require.LessOrEqual(t, read[int](b, fmt.Sprintf(`Math.round(document.querySelector(%s).getBoundingClientRect().height)`, quoted(at(ts, "")+".message-body"))), 560, "a card fits a phone")
		require.True(t, read[bool](b, `document.getElementById('person').getBoundingClientRect().right <= 360`), "who one is seen as is always in sight")
		b.click("#drawer")
		b.until(`document.querySelector('.sidebar').getBoundingClientRect().left === 0`)
		b.shows(".sidebar", "Stand-in workspace, listening on loopback. Nothing here reaches Slack.")
		b.shows(".sidebar a", "The other stand-in")
		b.press(kb.Escape)
		b.until(`document.querySelector('.sidebar').getBoundingClientRect().right <= 0`)
		b.click(at(ts, ".thread-summary"))
		b.shows("#thread", "A reply")
		require.LessOrEqual(t, overflow(b), 0)
	}
	b.untroubled()
}
