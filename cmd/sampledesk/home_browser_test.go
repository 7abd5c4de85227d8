package main

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// atHome opens somebody's App Home in the workspace's page.
func (v *visitor) atHome(who string) {
	v.t.Helper()
	v.seenAs(who)
	read[string](v, fmt.Sprintf(`location.hash = %q`, "#"+who+"/home"))
	v.do(chromedp.Reload())
	v.shows("#main", "to review")
}

func TestARequestIsApprovedAndUndoneInAppHomeOnAPhone(t *testing.T) {
	t.Parallel()
	s, v := openDesk(t, 360, 740, "--seed", "3", "--undo", "60s")
	v.atHome(s.person("member"))
	v.shows("#main", "1–3 of 3 · soonest deadline first")
	require.LessOrEqual(t, read[float64](v, `document.querySelector('#main [data-action="approve"]').getBoundingClientRect().bottom`), 740.0, "the first request is on the first screen")
	require.LessOrEqual(t, read[int](v, `document.documentElement.scrollWidth`), 360)
	v.click(`#main [data-action="approve"]`)
	v.shows("#main", "Undo until then.")
	v.click(`#main [data-action="undo"]`)
	v.until(`!document.querySelector('#main [data-action="undo"]') && document.querySelectorAll('#main [data-action="approve"]').length === 3`)
	require.Zero(t, s.reviews(""), "nothing was sent")
}

func TestAppHomeFindsACreator(t *testing.T) {
	t.Parallel()
	s, v := openDesk(t, 1280, 800, "--seed", "2")
	v.atHome(s.person("member"))
	v.do(chromedp.SendKeys(chromedp.CSS(`#main [data-action="home_creator"]`), "@nobody.here"))
	v.enter()
	v.shows("#main", "Nothing found for that.")
	v.click(`#main [data-action="home_clear"]`)
	v.shows("#main", "1–2 of 2 · soonest deadline first")
}
