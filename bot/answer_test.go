package bot_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/bot/view"
	"sampledesk/workflow"
)

func TestARefusalReachesItsPersonWhateverItsOwnAddressAnswers(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		for n, order := range []object{
			{"do": "status", "status": 404, "error": "used_url"}, {"do": "status", "status": 404, "error": "expired_url"},
			{"do": "status", "status": 429, "retry_after": 3600}, {"do": "status", "status": 503}, {"do": "error", "error": "internal_error"},
			{"do": "drop"}, {"do": "text", "status": 502, "text": "<html>Bad gateway</html>"}, {"do": "text", "text": "<html>Sign in</html>"},
		} {
			id := fmt.Sprint(1000 + n)
			w.request(id)
			order["method"] = "response_url"
			w.fault(order)
			require.Contains(t, w.refusalOf(guest, id), "Guests can watch but not decide", "%v", order)
		}
		require.Equal(t, 8, strings.Count(w.log.String(), "response_url failed, answered in the channel"))
	})
}

func TestAPageOfAListThatCannotTakeItsPlaceIsShownBesideIt(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.requests(12)
		require.NotEmpty(t, w.command(memberOne, view.CommandSamples, "queue"))
		w.fault(object{"method": "response_url", "do": "status", "status": 404, "error": "expired_url"})
		require.True(t, w.press(memberOne, w.shownLast(memberOne), view.ActionQueuePage).OK)
		require.Contains(t, w.lastTold(memberOne), "11–12 of 12")
		require.Len(t, w.told(memberOne), 2)
	})
}

func TestASecondWayIsTriedOnceMoreAndWhyItFailsIsSaid(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.request("1001")
		w.fault(object{"method": "response_url", "do": "status", "status": 404})
		w.fault(object{"method": "chat.postEphemeral", "do": "error", "error": "internal_error"})
		w.accepted(guest, "1001", view.ActionApprove)
		wait(5 * time.Second)
		require.Len(t, w.told(guest), 1)

		w.fault(object{"method": "response_url", "do": "status", "status": 404})
		w.fault(object{"method": "chat.postEphemeral", "do": "error", "error": "user_not_found"})
		w.accepted(stranger, "1001", view.ActionApprove)
		require.Contains(t, w.log.String(), "the person is from another workspace, and this one shows them nothing: user_not_found")
		require.Len(t, w.calls("chat.postEphemeral"), 3)
	})
}

func TestAnAnswerNeedsNoPicture(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		r := pending("1001")
		r.Product.Picture = "https://cdn.example.com/serum.jpg?sign=1"
		w.report("1001", r)
		w.fault(object{"method": "images", "do": "error", "times": 100}) // the links have expired
		require.Contains(t, w.command(memberOne, view.CommandSamples, "show 1001"), "Glow Serum")
		require.Contains(t, w.command(memberOne, view.CommandSamples, "show @glow.daily.1001"), "Glow Serum")
		w.say(memberOne, "1001", "@Sample Desk status")
		require.Contains(t, w.lastTold(memberOne), "Glow Serum")
		require.Contains(t, w.home(memberOne), "Glow Serum")
	})
}

func TestAPictureThatWasLostComesBackWithTheNextRepaintAfterANewLink(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		r := pending("1001")
		link := func(n int) { r.Product.Picture = fmt.Sprint("https://cdn.example.com/serum.jpg?sign=", n) }
		link(1)
		w.report("1001", r)
		require.Contains(t, string(w.card("1001").Blocks), "sign=1")

		link(2)
		w.report("1001", r)
		require.Contains(t, w.application("1001").Snapshot.Product.Picture, "sign=1", "a new link alone is no news")

		w.fault(object{"method": "images", "do": "error"})
		r.Stock = 0
		w.report("1001", r)
		require.NotContains(t, string(w.card("1001").Blocks), "image_url")
		require.True(t, w.application("1001").Card.Bare)

		calls, entries := len(w.calls("chat.update")), len(w.history("1001"))
		link(3)
		w.report("1001", r)
		link(4)
		w.report("1001", r)
		require.Contains(t, w.application("1001").Snapshot.Product.Picture, "sign=3", "it is written once")
		require.Len(t, w.calls("chat.update"), calls, "it causes no call by itself")
		require.Len(t, w.history("1001"), entries)

		w.accepted(memberOne, "1001", view.ActionMore, view.MoreLook)
		require.Contains(t, string(w.card("1001").Blocks), "sign=3")
		require.False(t, w.application("1001").Card.Bare)
	})
}

func (w *world) history(id string) (all []workflow.Entry) {
	w.t.Helper()
	require.NoError(w.t, w.db.View(w.t.Context(), func(tx workflow.Tx) (err error) {
		all, _, err = tx.History(workflow.Key{Shop: shopID, ID: workflow.ApplicationID(id)}, "", 500)
		return err
	}))
	return all
}
