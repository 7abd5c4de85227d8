package main

import (
	"context"
	"fmt"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"
)

// These tests use the desk as its people do: with a mouse and a keyboard, in the stand-in workspace's page.

// onCard is a control of the card of an application.
func onCard(card message, action string) string {
	return fmt.Sprintf(`#main [data-ts="%s"] [data-action="%s"]`, card.TS, action)
}

func (v *visitor) click(selector string) {
	v.t.Helper()
	v.until(fmt.Sprintf(`document.querySelector(%q)?.checkVisibility()`, selector))
	v.do(chromedp.Click(chromedp.CSS(selector)))
}

// shows waits until what the selector names holds the words.
func (v *visitor) shows(selector, words string) {
	v.t.Helper()
	v.until(fmt.Sprintf(`document.querySelector(%q)?.innerText.includes(%q)`, selector, words))
}

// seenAs switches the person.
func (v *visitor) seenAs(who string) {
	v.t.Helper()
	v.until(fmt.Sprintf(`document.querySelector('#person option[value=%s]')`, who))
	read[bool](v, fmt.Sprintf(`(() => {
		const people = document.getElementById('person');
		people.value = %q;
		return people.dispatchEvent(new Event('change', { bubbles: true }));
	})()`, who))
	v.until(fmt.Sprintf(`location.hash.startsWith('#' + %q)`, who))
}

// enter hits the Enter key, without the character that chromedp's own would type after it.
func (v *visitor) enter() {
	v.t.Helper()
	ctx, cancel := context.WithTimeout(v.ctx, patience)
	defer cancel()
	for _, kind := range []input.DispatchKeyEventType{input.DispatchKeyEventTypeRawKeyDown, input.DispatchKeyEventTypeKeyUp} {
		_, err := chromedp.Call(ctx, input.DispatchKeyEvent, input.DispatchKeyEventParams{
			Type: kind, Key: "Enter", Code: "Enter", WindowsVirtualKeyCode: 13, NativeVirtualKeyCode: 13,
		})
		require.NoError(v.t, err)
	}
}

// openDesk starts a demo and opens its workspace.
func openDesk(t *testing.T, width, height int64, args ...string) (*stage, *visitor) {
	t.Helper()
	s, _ := startDemo(t, args...)
	s.until("the cards", func() bool { return len(s.cards()) > 0 })
	return s, visit(t, s.slack+"/", width, height)
}

func TestAnApprovalIsUndoneOnTheCard(t *testing.T) {
	t.Parallel()
	s, v := openDesk(t, 1400, 900, "--seed", "1", "--undo", "60s")
	card := s.cards()[0]
	v.click(onCard(card, "approve"))
	v.shows(fmt.Sprintf(`#main [data-ts="%s"]`, card.TS), "Undo until then.")
	v.click(onCard(card, "undo"))
	v.until(fmt.Sprintf(`document.querySelector('%s')`, onCard(card, "approve")))
	v.shows(fmt.Sprintf(`#main [data-ts="%s"]`, card.TS), "1 reply")
	status, _ := s.status(card.application())
	require.Equal(t, "PENDING", status)
	require.Zero(t, s.reviews(""), "nothing was sent")
}

func TestARejectionIsChosenFromTheMenuAndSentFromItsDialog(t *testing.T) {
	t.Parallel()
	s, v := openDesk(t, 1400, 900, "--seed", "1", "--undo", "0s")
	card := s.cards()[0]
	v.click(onCard(card, "reject"))
	v.do(chromedp.KeyEvent(kb.ArrowDown), chromedp.KeyEvent(kb.ArrowDown))
	v.enter()
	v.shows("dialog", "Reject the request")
	v.shows("dialog", "Out of stock")
	v.click("dialog [type=submit]")
	v.until(`!document.querySelector('dialog')`)
	v.shows(fmt.Sprintf(`#main [data-ts="%s"]`, card.TS), "confirmed by TikTok")
	status, reason := s.status(card.application())
	require.Equal(t, []string{"REJECT_CANCELLED", "OUT_OF_STOCK"}, []string{status, reason})
}

func TestACreatorIsAddedToACampaignInTheModalAndACommandShowsWhereSheStands(t *testing.T) {
	t.Parallel()
	s, v := openDesk(t, 360, 740, "--seed", "1")
	card := s.cards()[0]
	v.click(onCard(card, "campaign"))
	v.shows("dialog h2", "Add to campaign")
	require.LessOrEqual(t, read[int](v, `document.documentElement.scrollWidth`), 360)
	v.do(chromedp.SendKeys(chromedp.CSS(`dialog [data-action="campaign_name"]`), "Spring launch"))
	v.click("dialog [type=submit]")
	v.until(`!document.querySelector('dialog')`)
	v.shows(fmt.Sprintf(`#main [data-ts="%s"]`, card.TS), "Campaign: Spring launch")
	v.do(chromedp.SendKeys(chromedp.CSS("#main textarea"), "/campaign status Spring launch"))
	v.enter()
	v.shows("#main [data-private]", "1 creator")
	require.LessOrEqual(t, read[int](v, `document.documentElement.scrollWidth`), 360)
	status, _ := s.status(card.application())
	require.Equal(t, "PENDING", status)
}

func TestARefusalIsSeenByItsPersonAlone(t *testing.T) {
	t.Parallel()
	s, v := openDesk(t, 1400, 900, "--seed", "1")
	card := s.cards()[0]
	v.seenAs(s.person("guest"))
	v.click(onCard(card, "approve"))
	v.shows("#main [data-private]", "Guests can watch but not decide")
	v.seenAs(s.person("member"))
	v.until(`!document.querySelector('#main [data-private]') && document.querySelector('#main .message')`)
	require.Zero(t, s.reviews(""))
}

func TestAThreadGrowsWhileItsReaderLooksOn(t *testing.T) {
	t.Parallel()
	s, v := openDesk(t, 1400, 900, "--seed", "1", "--undo", "0s")
	card := s.cards()[0]
	v.click(onCard(card, "approve"))
	v.press("document", "#main .thread-summary", "1 reply")
	v.shows("#thread", "Awaiting shipment")
	s.warehouse(card.application(), "ship")
	v.shows("#thread .messages", "Shipping")
	s.warehouse(card.application(), "deliver")
	v.shows("#thread .messages", "the creator's content is due")
}
