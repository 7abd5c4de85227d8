package main

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// allCards is true once the six first requests have their cards. Other messages may stand between them: the soonest of them
// is so close to its end that the channel is reminded a few seconds later.
const allCards = slackPane + `.querySelectorAll('#main .message [data-action=approve]').length === 6`

// slackPane is the workspace's document as the page reaches it.
const slackPane = `document.querySelector('#slack iframe').contentDocument`

func done(step string) string {
	return fmt.Sprintf(`document.querySelector('[data-step=%s].done')`, step)
}

func TestAFirstVisitorSeesBothStandInsAndIsLedThroughTheLoop(t *testing.T) {
	t.Parallel()
	s, page := startDemo(t)
	v := visit(t, page, 1400, 900)
	center := v.inFrame(s.shop)

	v.until(allCards)
	v.until(`document.querySelectorAll('#rows .row').length === 6`, center)
	boxes := read[[][]float64](v, `[...document.querySelectorAll('.pane')].map((pane) => { const box = pane.getBoundingClientRect(); return [box.left, box.right, box.width, box.height]; })`)
	require.Less(t, boxes[0][1], boxes[1][0], "the two stand side by side: %v", boxes)
	require.Greater(t, min(boxes[0][2], boxes[1][2]), 600.0)
	require.Greater(t, min(boxes[0][3], boxes[1][3]), 650.0, "the strip leaves them room")
	require.Equal(t, "approve", read[string](v, `document.querySelector('.steps .shown').dataset.step`))
	require.Zero(t, read[int](v, `document.querySelectorAll('.steps .done').length`))

	v.press(slackPane, "#main button", "Approve")
	v.until(done("approve"))
	v.until(done("settle"))
	require.Equal(t, "ship", read[string](v, `document.querySelector('.steps .shown').dataset.step`), "the strip goes on by itself")
	require.Contains(t, read[string](v, `document.querySelector('#news').textContent`), "Next: Ship.")

	v.press("document", "#tabs button", "Ready to ship", center)
	v.press("document", "#rows button", "Ship", center)
	v.until(done("ship"))
	v.press(slackPane, "#main .thread-summary", "replies")
	v.until(slackPane + `.querySelector('#thread .messages').innerText.includes('Shipping')`)
	require.Equal(t, steps{Approve: true, Settle: true, Ship: true}, s.ticked())

	v.do(chromedp.Reload())
	v.until(done("ship"))
	require.Equal(t, 3, read[int](v, `document.querySelectorAll('.steps .done').length`), "a page that is opened anew knows what came about")
}

func TestOnAPhoneThePanesAreTabsAndNothingIsWiderThanTheScreen(t *testing.T) {
	t.Parallel()
	s, page := startDemo(t)
	v := visit(t, page, 360, 780)
	center := v.inFrame(s.shop)
	v.until(allCards)
	v.until(`document.querySelectorAll('#rows .row').length === 6`, center)

	seen := func() (panes map[string]string) {
		text := read[string](v, `JSON.stringify(Object.fromEntries([...document.querySelectorAll('.pane')].map((pane) => [pane.id, getComputedStyle(pane.querySelector('iframe')).visibility])))`)
		require.NoError(t, json.Unmarshal([]byte(text), &panes))
		return panes
	}
	require.Equal(t, map[string]string{"slack": "visible", "affiliate": "hidden"}, seen())
	v.do(chromedp.Click(chromedp.CSS(`.tabs [data-pane=affiliate]`)))
	require.Equal(t, map[string]string{"slack": "hidden", "affiliate": "visible"}, seen())
	v.do(chromedp.Click(chromedp.CSS(`.steps .shown .how a`)))
	require.Equal(t, map[string]string{"slack": "visible", "affiliate": "hidden"}, seen(), "the sentence leads to where its step is taken")

	require.LessOrEqual(t, read[int](v, `document.documentElement.scrollWidth`), 360)
	require.LessOrEqual(t, read[int](v, slackPane+`.documentElement.scrollWidth`), 360)
	v.until(`document.documentElement.scrollWidth <= 360`, center)
	for _, step := range []string{"ship", "", "collect", "refuse"} {
		if step == "" {
			v.do(chromedp.Click(chromedp.CSS(`[data-row=more]`)))
			continue
		}
		v.do(chromedp.Click(chromedp.CSS(fmt.Sprintf(`[data-step=%s] button`, step))))
		require.LessOrEqual(t, read[int](v, `Math.ceil(Math.max(...[...document.querySelectorAll('.guide *')].map((node) => node.getBoundingClientRect().right)))`), 360, step)
	}
}

func TestTheStripIsFoldedAndUnfoldedByTheKeyboard(t *testing.T) {
	t.Parallel()
	_, page := startDemo(t, "--seed", "1")
	v := visit(t, page, 1024, 768)
	v.until(`document.querySelector('.steps.live')`)
	before := read[float64](v, `document.querySelector('#panes').getBoundingClientRect().height`)
	v.do(chromedp.Focus(chromedp.CSS("#fold")), chromedp.KeyEvent(" "))
	v.until(`document.querySelector('#fold').getAttribute('aria-expanded') === 'false' && !document.querySelector('#guide').checkVisibility()`)
	require.Greater(t, read[float64](v, `document.querySelector('#panes').getBoundingClientRect().height`), before+60)
	v.do(chromedp.Reload())
	v.until(`document.querySelector('.steps.live') && document.querySelector('#guide').hidden`)
	v.do(chromedp.Focus(chromedp.CSS("#fold")), chromedp.KeyEvent(" "))
	v.until(`document.querySelector('#guide').checkVisibility()`)
	nameless := read[[]string](v, `[...document.querySelectorAll('button, a, iframe')].filter((node) => !(node.getAttribute('aria-label') ?? node.title ?? '').trim() && !node.textContent.trim()).map((node) => node.outerHTML)`)
	require.Empty(t, nameless, "every control has a name")
}
