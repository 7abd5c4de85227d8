package slacksim_test

import (
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/bot/slacksim"
)

// control orders something at /sim/….
func (d *pageDesk) control(path, body string) {
	d.t.Helper()
	d.send(d.server.URL+"/sim/"+path, body)
}

// send posts something to an address of the workspace and requires that it was taken.
func (d *pageDesk) send(address, body string) {
	d.t.Helper()
	request, err := http.NewRequestWithContext(d.t.Context(), http.MethodPost, address, strings.NewReader(body))
	require.NoError(d.t, err)
	response, err := http.DefaultClient.Do(request)
	require.NoError(d.t, err)
	require.NoError(d.t, response.Body.Close())
	require.Equal(d.t, http.StatusOK, response.StatusCode)
}

// upload uploads a picture; where says which channel or thread it is for, nil for none yet.
func (d *pageDesk) upload(where fields) string {
	d.t.Helper()
	o := d.call("files.getUploadURLExternal", fields{"filename": "funnel.png", "length": len(onePixel)})
	d.send(o["upload_url"].(string), string(onePixel))
	arguments := fields{"files": []fields{{"id": o["file_id"], "title": "Who stands where"}}}
	maps.Copy(arguments, where)
	d.call("files.completeUploadExternal", arguments)
	return o["file_id"].(string)
}

func TestTheAppHasAHomeAndMessagesAndHearsOfEachLook(t *testing.T) {
	b := openBrowser(t)
	d := newPageDesk(t, slacksim.Options{})
	tabs := make(chan string, 10)
	d.listen(func(e envelope) any {
		if event, ok := e.Payload["event"].(fields); ok && event["type"] == "app_home_opened" {
			tabs <- fmt.Sprint(event["user"], " ", event["tab"])
		}
		return nil
	})
	heard := func() string {
		select {
		case tab := <-tabs:
			return tab
		case <-time.After(patience):
			return "nothing"
		}
	}
	member := d.user("member")
	d.call("chat.postMessage", fields{"channel": member, "text": "A shop needs a hand"})
	b.visit(d.as("member"), 1280, 800, "light")
	b.click(`[data-place="home"]`)
	require.Equal(t, member+" home", heard())
	b.click(`[data-tab="messages"]`)
	b.shows("#main", "A shop needs a hand")
	require.Equal(t, member+" messages", heard())
	require.Equal(t, "page", read[string](b, `document.querySelector('[data-focus="place app"]').getAttribute('aria-current')`))
	b.click(`[data-tab="home"]`)
	require.Equal(t, member+" home", heard())
	b.shows("#main", "has no Home for you yet")
	b.seenAs(d.user("admin"))
	b.click(`[data-place="home"]`)
	require.Equal(t, d.user("admin")+" home", heard())

	d.call("chat.postMessage", fields{"channel": d.user("admin"), "text": "And another one"})
	b.shows(`[data-focus="place app"] .count`, "1")
	b.click(`[data-focus="place app"]`)
	b.shows("#main", "And another one")
	b.untroubled()
}

func TestAFileIsShownAsItsPicture(t *testing.T) {
	b := openBrowser(t)
	d := newPageDesk(t, slacksim.Options{})
	ts := d.post("A card")
	id := d.upload(fields{"channel_id": d.details.Channel, "thread_ts": ts})
	b.visit(d.as("member")+"/"+ts, 1280, 800, "light")
	b.shows("#thread", "Who stands where")
	b.until(fmt.Sprintf(`document.querySelector('#thread .files img[src$="/files/%s"]')?.naturalWidth === 1`, id))

	shown := d.post("The funnel", fields{"type": "image", "alt_text": "The funnel", "slack_file": fields{"id": id}})
	b.until(fmt.Sprintf(`document.querySelector(%s)?.naturalWidth === 1`, quoted(at(shown, "img"))))
	d.call("files.delete", fields{"file": id})
	b.shows("#thread", "This file was deleted.")
	b.untroubled()
}

func TestAGroupIsMentionedByItsHandle(t *testing.T) {
	b := openBrowser(t)
	d := newPageDesk(t, slacksim.Options{})
	said := make(chan string, 10)
	d.listen(func(e envelope) any {
		if event, ok := e.Payload["event"].(fields); ok && event["type"] == "message" && event["bot_id"] == nil {
			said <- fmt.Sprint(event["text"])
		}
		return nil
	})
	ts := d.post("Ends soon", section(mrkdwn("Ends soon: <!subteam^S0REVIEW01>")))
	b.visit(d.as("member"), 1280, 800, "dark")
	b.shows(at(ts, ".mention.loud"), "@reviewers")
	d.control("usergroups/S0REVIEW01", `{"users":[]}`)
	b.typeInto("#main textarea", "@revi")
	b.shows(".hints", "Sample reviewers")
	b.enter()
	b.typeInto("#main textarea", "and <@"+d.user("admin")+">")
	b.enter()
	select {
	case text := <-said:
		require.Equal(t, "<!subteam^S0REVIEW01> and <@"+d.user("admin")+">", text)
	case <-time.After(patience):
		t.Fatal("nothing was said")
	}
	b.until(`[...document.querySelectorAll('#main .entry:last-child .mention')].map((node) => node.textContent).join() === '@reviewers,@Admin'`)
	b.until(`!document.querySelector('#main .entry:last-child .mention.loud')`)
	b.untroubled()
}

func TestAMenuOfTheFormListsWhatThatPersonMayChoose(t *testing.T) {
	b := openBrowser(t)
	d := newPageDesk(t, slacksim.Options{})
	arrived := d.listen(silently)
	d.control("channels", `{"name":"launch","private":true,"members":["`+d.user("member")+`"]}`)
	d.control("channels", `{"name":"secret","private":true,"members":["`+d.user("admin")+`"]}`)
	d.control("users/"+d.user("guest"), `{"deleted":true}`)
	ts := d.post("A card", actions("a", button("settings", "Settings", "1")))
	b.visit(d.as("member"), 390, 844, "light")
	b.shows("#person", "Guest (deactivated)")
	b.click(at(ts, `[data-action="settings"]`))
	where := fields{"type": "conversations_select", "action_id": "where", "default_to_current_conversation": true, "filter": fields{"include": []string{"public", "private"}}}
	who := fields{"type": "multi_users_select", "action_id": "who"}
	d.call("views.open", fields{"trigger_id": d.next(arrived).Payload["trigger_id"], "view": fields{
		"type": "modal", "title": plain("Settings"), "submit": plain("Save"), "blocks": []fields{
			{"type": "input", "block_id": "where", "label": plain("Channel"), "element": where},
			{"type": "input", "block_id": "who", "label": plain("Reviewers"), "element": who},
		},
	}})
	b.shows(`dialog [data-action="where"]`, "#samples")
	b.click(`dialog [data-action="where"]`)
	b.shows(".menu", "#launch")
	require.Equal(t, "#samples,#general,#launchprivate", read[string](b, `[...document.querySelectorAll('.menu-item')].map((node) => node.textContent).join()`))
	b.click(`.menu [data-value="C0GENERAL1"]`)
	b.click(`dialog [data-action="who"]`)
	b.shows(".menu", "Member Two")
	b.hides(".menu", "Guest")
	b.click(`.menu [data-value="` + d.user("admin") + `"]`)
	b.click(".menu-done")
	require.LessOrEqual(t, overflow(b), 0)
	b.click(`dialog [data-focus="submit"]`)
	view := d.next(arrived).Payload["view"].(fields)["state"].(fields)["values"].(fields)
	require.Equal(t, "C0GENERAL1", view["where"].(fields)["where"].(fields)["selected_conversation"])
	require.Equal(t, []any{d.user("admin")}, view["who"].(fields)["who"].(fields)["selected_users"])
	b.until(`!document.querySelector('dialog')`)
	b.untroubled()
}

func TestAShortcutOfAMessageIsInItsMenu(t *testing.T) {
	b := openBrowser(t)
	d := newPageDesk(t, slacksim.Options{Shortcuts: []slacksim.Shortcut{
		{Name: "Add note to sample", CallbackID: "note", Type: "message"}, {Name: "Sample queue", CallbackID: "queue", Type: "global"},
	}})
	arrived := d.listen(silently)
	ts := d.post("A card")
	b.visit(d.as("member"), 1280, 800, "light")
	b.click(at(ts, `[aria-label="More actions for this message"]`))
	b.shows(".menu", "Add note to sample")
	b.enter()
	shortcut := d.next(arrived).Payload
	require.Equal(t, []any{"message_action", "note", ts}, []any{shortcut["type"], shortcut["callback_id"], shortcut["message_ts"]})
	b.click(`.composer [aria-label="Shortcuts"]`)
	b.shows(".menu", "Sample queue")
	b.enter()
	require.Equal(t, "shortcut", d.next(arrived).Payload["type"])
	b.untroubled()
}
