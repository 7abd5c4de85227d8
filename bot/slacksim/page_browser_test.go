package slacksim_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"

	"sampledesk/bot/slacksim"
)

func TestAClickInTheBrowserReachesTheAppWithTheValueThatWasSeen(t *testing.T) {
	b := openBrowser(t)
	d := newPageDesk(t, slacksim.Options{})
	arrived := d.listen(silently)
	ts := d.post("A request", section(mrkdwn("*glow.daily* asks for a sample")), actions("round1", button("approve", "Approve", "application-1.round-1"), button("later", "Later", "x")))
	b.visit(d.as("member"), 1400, 900, "light")
	b.shows(at(ts, ""), "glow.daily asks for a sample")

	b.click(at(ts, `[data-action="approve"]`))

	click := d.next(arrived)
	require.Equal(t, "block_actions", click.Payload["type"])
	require.Equal(t, "application-1.round-1", click.action()["value"])
	require.Equal(t, d.user("member"), click.Payload["user"].(fields)["id"])
	require.Equal(t, ts, click.Payload["container"].(fields)["message_ts"])
	b.until(fmt.Sprintf(`!document.querySelector(%s).hasAttribute('aria-busy')`, quoted(at(ts, `[data-action="approve"]`))))
	require.False(t, read[bool](b, `document.querySelector('[data-action="approve"]').disabled`))

	d.call("chat.update", fields{"channel": d.details.Channel, "ts": ts, "text": "Approved", "blocks": []fields{section(mrkdwn("Approved by <@" + d.user("member") + ">"))}})
	b.shows(at(ts, ""), "Approved by @Member One")
	b.until(`!document.querySelector('[data-action="approve"]')`)
	b.untroubled()
}

func TestAnOptionIsChosenByKeyboardAndConfirmedBeforeItIsSent(t *testing.T) {
	b := openBrowser(t)
	d := newPageDesk(t, slacksim.Options{})
	arrived := d.listen(silently)
	menu := fields{
		"type": "static_select", "action_id": "reject", "placeholder": plain("Reject…"),
		"options": []fields{option("Out of stock", "OUT_OF_STOCK"), option("Another reason", "OTHER")},
		"confirm": fields{"title": plain("Reject it?"), "text": plain("The creator will be told."), "confirm": plain("Reject"), "deny": plain("Keep"), "style": "danger"},
	}
	ts := d.post("A request", actions("round1", menu))
	b.visit(d.as("admin"), 1400, 900, "dark")
	control := at(ts, `[data-action="reject"]`)

	b.click(control)
	b.press(kb.ArrowDown)
	b.enter()
	b.shows("dialog", "The creator will be told.")
	b.press(kb.Escape)
	b.until(`!document.querySelector('dialog')`)
	b.shows(control, "Reject…")

	b.click(control)
	b.press(kb.ArrowDown)
	b.enter()
	b.shows("dialog", "Reject it?")
	b.click("dialog .danger")
	click := d.next(arrived)
	require.Equal(t, "OTHER", click.action()["selected_option"].(fields)["value"])
	require.Equal(t, 0, len(arrived), "the choice that was taken back must not arrive")
	b.shows(control, "Another reason")
	b.untroubled()
}

func TestAMenuForgetsItsChoiceOnlyWithANewBlock(t *testing.T) {
	b := openBrowser(t)
	d := newPageDesk(t, slacksim.Options{})
	arrived := d.listen(silently)
	menu := fields{"type": "static_select", "action_id": "reject", "placeholder": plain("Reject…"), "options": []fields{option("Out of stock", "OUT_OF_STOCK")}}
	ts := d.post("A request", actions("round1", menu))
	b.visit(d.as("admin"), 1400, 900, "light")
	control := at(ts, `[data-action="reject"]`)
	b.click(control)
	b.enter()
	d.next(arrived)
	b.shows(control, "Out of stock")

	update := func(text, block string) {
		d.call("chat.update", fields{"channel": d.details.Channel, "ts": ts, "text": text, "blocks": []fields{section(plain(text)), actions(block, menu)}})
	}
	update("Repainted", "round1")
	b.shows(at(ts, ""), "Repainted")
	b.shows(control, "Out of stock")
	update("Another round", "round2")
	b.shows(at(ts, ""), "Another round")
	b.shows(control, "Reject…")
	b.untroubled()
}

func TestAMenuThatSearchesAsksTheAppAndSendsSeveralChoices(t *testing.T) {
	b := openBrowser(t)
	d := newPageDesk(t, slacksim.Options{})
	arrived := d.listen(func(e envelope) any {
		if e.Payload["type"] == "block_suggestion" {
			return fields{"options": []fields{option("Spring "+fmt.Sprint(e.Payload["value"]), "spring"), option("Kitchen week", "kitchen")}}
		}
		return nil
	})
	ts := d.post("A card", fields{
		"type": "section", "text": plain("Campaigns"),
		"accessory": fields{"type": "multi_external_select", "action_id": "campaigns", "min_query_length": 1, "placeholder": plain("Search campaigns")},
	})
	b.visit(d.as("admin"), 1400, 900, "light")
	control := at(ts, `[data-action="campaigns"]`)
	b.click(control)
	b.shows(".menu", "Type 1 or more letters")
	b.typeInto(".menu-search", "g")
	b.shows(".menu", "Spring g")
	b.click(`.menu [data-value="spring"]`)
	b.click(`.menu [data-value="kitchen"]`)
	require.Equal(t, "block_suggestion", d.next(arrived).Payload["type"])
	b.press(kb.Escape)

	chosen, ok := d.next(arrived).action()["selected_options"].([]any)
	require.True(t, ok)
	require.Len(t, chosen, 2)
	b.shows(control, "Spring g")
	b.shows(control, "Kitchen week")
	b.untroubled()
}

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

func TestAThreadGrowsUnderTheReadersEyes(t *testing.T) {
	b := openBrowser(t)
	d := newPageDesk(t, slacksim.Options{})
	ts := d.post("A card", section(plain("A card's words")))
	b.visit(d.as("admin"), 1400, 900, "light")
	b.shows(at(ts, ""), "A card's words")
	read[bool](b, fmt.Sprintf(`(window.painted = document.querySelector(%s)) !== null`, quoted(at(ts, ".block"))))

	replyTo(d, ts, "The first reply")
	b.shows(at(ts, ".thread-summary"), "1 reply")
	b.hides("#main", "The first reply")
	b.click(at(ts, ".thread-summary"))
	b.shows("#thread", "The first reply")
	b.typeInto("#thread textarea", "half a sentence")

	replyTo(d, ts, "The second reply")
	b.shows("#thread", "The second reply")
	b.shows(at(ts, ".thread-summary"), "2 replies")
	require.Equal(t, "half a sentence", read[string](b, `document.querySelector('#thread textarea').value`))
	require.True(t, read[bool](b, `document.activeElement === document.querySelector('#thread textarea')`))
	b.until(`document.getElementById('announcements').textContent.includes('The second reply')`)

	b.typeInto("#thread textarea", " made whole")
	b.enter()
	b.shows("#thread", "half a sentence made whole")
	require.True(t, read[bool](b, `window.painted.isConnected`), "what did not change is not painted again")
	b.press(kb.Escape)
	b.until(`document.getElementById('thread').hidden`)
	b.untroubled()
}

func TestAPrivateMessageIsSeenByItsPersonAlone(t *testing.T) {
	b := openBrowser(t)
	d := newPageDesk(t, slacksim.Options{})
	d.call("chat.postEphemeral", fields{"channel": d.details.Channel, "user": d.user("member"), "text": "Somebody was faster"})
	b.visit(d.as("admin"), 1400, 900, "light")
	b.shows("#main h1", "samples")
	b.hides("#main", "Somebody was faster")

	b.seenAs(d.user("member"))
	b.shows("#main", "Somebody was faster")
	b.shows("#main", "Only visible to you")

	b.seenAs(d.user("admin"))
	b.hides("#main", "Somebody was faster")
	b.untroubled()
}

func TestAModalOpensShowsItsErrorsAndIsSubmitted(t *testing.T) {
	b := openBrowser(t)
	d := newPageDesk(t, slacksim.Options{})
	opened := make(chan struct{}, 1)
	arrived := d.listen(func(e envelope) any {
		if e.Payload["type"] == "block_actions" {
			opened <- struct{}{}
		}
		if e.Payload["type"] == "view_submission" && submitted(e, "message", "words") == "short" {
			return fields{"response_action": "errors", "errors": fields{"message": "Say a little more."}}
		}
		return nil
	})
	ts := d.post("A card", actions("a", button("message", "Message creator", "1")))
	b.visit(d.as("member"), 360, 740, "light")
	b.click(at(ts, `[data-action="message"]`))
	click := d.next(arrived)
	<-opened
	d.call("views.open", fields{"trigger_id": click.Payload["trigger_id"], "view": messageModal()})

	b.shows("dialog h2", "Message creator")
	b.until(`document.activeElement?.dataset.action === 'words'`)
	b.click("dialog [type=submit]")
	b.shows("dialog", "Please complete this required field.")
	b.typeInto(`dialog [data-action="words"]`, "short")
	b.click("dialog [type=submit]")
	b.shows("dialog", "Say a little more.")
	require.Equal(t, "short", read[string](b, `document.querySelector('dialog [data-action="words"]').value`))
	require.Equal(t, "true", read[string](b, `document.querySelector('dialog [data-action="words"]').getAttribute('aria-invalid')`))
	require.Equal(t, "view_submission", d.next(arrived).Payload["type"])

	b.typeInto(`dialog [data-action="words"]`, " but sweet")
	b.click(`dialog [data-action="tone"]`)
	b.press(kb.ArrowDown)
	b.enter()
	b.click("dialog [type=submit]")
	b.until(`!document.querySelector('dialog')`)
	last := d.next(arrived)
	require.Equal(t, "short but sweet", submitted(last, "message", "words"))
	require.Equal(t, "warm", submitted(last, "tone", "tone"))
	b.untroubled()
}

func TestEscapeClosesTheModalAndTheAppHearsOfIt(t *testing.T) {
	b := openBrowser(t)
	d := newPageDesk(t, slacksim.Options{})
	arrived := d.listen(silently)
	ts := d.post("A card", actions("a", button("message", "Message creator", "1")))
	b.visit(d.as("member"), 1400, 900, "dark")
	b.click(at(ts, `[data-action="message"]`))
	view := messageModal()
	view["notify_on_close"] = true
	d.call("views.open", fields{"trigger_id": d.next(arrived).Payload["trigger_id"], "view": view})
	b.shows("dialog h2", "Message creator")

	b.press(kb.Escape)
	b.until(`!document.querySelector('dialog')`)
	require.Equal(t, "view_closed", d.next(arrived).Payload["type"])
	require.Equal(t, "message", read[string](b, `document.activeElement.dataset.action`), "the focus goes back to the button")
	b.untroubled()
}

func TestWhatIsTypedOutlivesAnUpdateOfTheModal(t *testing.T) {
	b := openBrowser(t)
	d := newPageDesk(t, slacksim.Options{})
	arrived := d.listen(silently)
	ts := d.post("A card", actions("a", button("message", "Message creator", "1")))
	b.visit(d.as("member"), 1400, 900, "light")
	b.click(at(ts, `[data-action="message"]`))
	view := messageModal()
	opened, ok := d.call("views.open", fields{"trigger_id": d.next(arrived).Payload["trigger_id"], "view": view})["view"].(fields)
	require.True(t, ok)
	b.until(`document.activeElement?.dataset.action === 'words'`)
	b.typeInto(`dialog [data-action="words"]`, "half a sent")

	view["title"] = plain("To glow.daily")
	view["blocks"] = append([]fields{section(plain("Loaded in the meantime"))}, view["blocks"].([]fields)...)
	d.call("views.update", fields{"view_id": opened["id"], "hash": opened["hash"], "view": view})
	b.shows("dialog", "Loaded in the meantime")
	b.shows("dialog h2", "To glow.daily")
	b.typeInto(`dialog [data-action="words"]`, "ence")
	require.Equal(t, "half a sentence", read[string](b, `document.querySelector('dialog [data-action="words"]').value`))
	require.Equal(t, "words", read[string](b, `document.activeElement.dataset.action`))
	b.untroubled()
}

func messageModal() fields {
	return fields{
		"type": "modal", "callback_id": "message", "title": plain("Message creator"), "submit": plain("Send"),
		"blocks": []fields{
			{"type": "input", "block_id": "message", "label": plain("Message"), "element": fields{"type": "plain_text_input", "action_id": "words", "multiline": true}},
			{"type": "input", "block_id": "tone", "optional": true, "label": plain("Tone"), "element": fields{"type": "static_select", "action_id": "tone", "options": []fields{option("Plain", "plain"), option("Warm", "warm")}}},
		},
	}
}

// submitted is one value of a submission: a text, or the value of the chosen option.
func submitted(e envelope, block, action string) any {
	view, _ := e.Payload["view"].(fields)
	state, _ := view["state"].(fields)
	values, _ := state["values"].(fields)
	control, _ := values[block].(fields)
	value, _ := control[action].(fields)
	if chosen, ok := value["selected_option"].(fields); ok {
		return chosen["value"]
	}
	return value["value"]
}

func TestACommandIsHintedRunAndAnsweredInPrivate(t *testing.T) {
	b := openBrowser(t)
	d := newPageDesk(t, slacksim.Options{})
	arrived := d.listen(func(e envelope) any {
		return fields{"text": fmt.Sprintf("You asked for `%v`", e.Payload["text"])}
	})
	b.visit(d.as("admin"), 1400, 900, "light")
	b.until(`document.querySelector('#main textarea')`)
	b.typeInto("#main textarea", "/sam")
	b.shows(".hints", "/samples")
	b.press(kb.Tab)
	b.shows(".usage", "queue")
	b.typeInto("#main textarea", "queue")
	b.enter()

	command := d.next(arrived)
	require.Equal(t, "slash_commands", command.Type)
	require.Equal(t, "/samples", command.Payload["command"])
	require.Equal(t, "queue", command.Payload["text"])
	b.shows("#main [data-private]", "You asked for queue")
	require.Empty(t, read[string](b, `document.querySelector('#main textarea').value`))
	b.untroubled()
}

func TestACommandThatNobodyAnswersIsToldToItsPerson(t *testing.T) {
	b := openBrowser(t)
	d := newPageDesk(t, slacksim.Options{})
	b.visit(d.as("admin"), 1400, 900, "light")
	b.until(`document.querySelector('#main textarea')`)
	b.typeInto("#main textarea", "/samples queue")
	b.enter()
	b.until(`document.querySelector('#notices .notice')`)
	require.Equal(t, "/samples queue", read[string](b, `document.querySelector('#main textarea').value`), "what could not be sent is given back")
	b.seenAs(d.user("member"))
	require.False(t, read[bool](b, `Boolean(document.querySelector('#notices .notice'))`), "nobody else is told")
	b.untroubled()
}

func TestAMentionInTheComposerReachesTheAppAsAMention(t *testing.T) {
	b := openBrowser(t)
	d := newPageDesk(t, slacksim.Options{})
	heard := make(chan string, 10)
	d.listen(func(e envelope) any {
		if event, ok := e.Payload["event"].(fields); ok && event["type"] == "app_mention" {
			heard <- fmt.Sprint(event["text"])
		}
		return nil
	})
	b.visit(d.as("member"), 1400, 900, "light")
	b.until(`document.querySelector('#main textarea')`)
	b.typeInto("#main textarea", "@Samp")
	b.shows(".hints", "@Sample Desk")
	b.enter()
	b.typeInto("#main textarea", "approve <b> & co")
	b.enter()
	select {
	case text := <-heard:
		require.Regexp(t, `^<@U\w+> approve &lt;b&gt; &amp; co$`, text)
	case <-time.After(patience):
		t.Fatal("the app was not mentioned")
	}
	b.shows("#main", "@Sample Desk approve <b> & co")
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
	gone := false
	pictures := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if gone {
			http.NotFound(rw, r)
			return
		}
		rw.Header().Set("Content-Type", "image/png")
		_, _ = rw.Write(onePixel)
	}))
	defer pictures.Close()
	ts := d.post("A product", fields{"type": "section", "text": plain("A serum"), "accessory": fields{"type": "image", "image_url": pictures.URL + "/serum.png", "alt_text": "Serum, 30 ml"}})
	gone = true // from here on, as the vendor's signed links expire
	b.visit(d.as("admin"), 1400, 900, "light")
	b.shows(at(ts, ".picture-missing"), "Serum, 30 ml")
	b.untroubled()
}

// onePixel is the smallest picture: a transparent PNG of one pixel.
var onePixel = []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89" +
	"\x00\x00\x00\nIDATx\x9cc\x00\x01\x00\x00\x05\x00\x01\r\n-\xb4\x00\x00\x00\x00IEND\xaeB`\x82")

func TestTheHomeTabIsThePersonsOwn(t *testing.T) {
	b := openBrowser(t)
	d := newPageDesk(t, slacksim.Options{})
	arrived := d.listen(silently)
	b.visit(d.as("member"), 1400, 900, "light")
	b.click(`[data-place="home"]`)
	b.shows("#main", "has no Home for you yet")

	d.call("views.publish", fields{"user_id": d.user("member"), "view": fields{"type": "home", "blocks": []fields{
		section(mrkdwn("*3* requests wait")), actions("a", button("refresh", "Refresh", "1")),
	}}})
	b.shows("#main", "3 requests wait")
	b.click(`#main [data-action="refresh"]`)
	click := d.next(arrived)
	require.Equal(t, "view", click.Payload["container"].(fields)["type"])
	require.Equal(t, "home", click.Payload["view"].(fields)["type"])

	b.seenAs(d.user("admin"))
	b.shows("#main", "has no Home for you yet")
	b.untroubled()
}

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
