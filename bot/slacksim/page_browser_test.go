package slacksim_test

import (
	"fmt"
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

func TestWhoReadsFurtherUpIsToldOfAPrivateMessageBelow(t *testing.T) {
	b := openBrowser(t)
	d := newPageDesk(t, slacksim.Options{NoRateLimits: true})
	for range 30 {
		d.post("One of many messages")
	}
	b.visit(d.as("member"), 700, 500, "light")
	b.until(`document.querySelectorAll('#main .message').length === 30`)
	b.until(`(document.querySelector('#main .scroller').scrollTop = 0) === 0 && document.querySelector('#main .scroller').scrollTop === 0`)
	d.post("One more")
	b.shows("#main .jump", "New messages")
	d.call("chat.postEphemeral", fields{"channel": d.details.Channel, "user": d.user("member"), "text": "Somebody was faster"})
	b.shows("#main .jump", "A private message")
	d.post("And another")
	b.until(`document.querySelectorAll('#main .message').length === 33`)
	b.shows("#main .jump", "A private message")

	b.click("#main .jump")
	b.until(`document.querySelector('#main .jump').hidden`)
	b.shows("#main .message[data-private]", "Somebody was faster")
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
