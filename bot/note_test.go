package bot_test

import (
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/bot/view"
	"sampledesk/workflow"
)

// noteOn uses the shortcut on a message and returns the dialog that opens.
func (w *world) noteOn(who, ts string) string {
	w.t.Helper()
	seen := w.act(object{"user": who, "do": "shortcut", "callback_id": "add_note", "channel": samples, "ts": ts})
	require.True(w.t, seen.OK, seen.Error)
	synctest.Wait()
	return seen.ViewID
}

func TestANoteIsAddedFromTheCardAndFromItsThread(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.request("1001")
		dialog := w.noteOn(memberOne, w.card("1001").TS)
		require.Nil(t, w.initials(dialog)[view.ActionNote], "the desk's own words are no note")
		require.Equal(t, map[string]string{view.BlockNote: view.ErrorNoNote}, complaints(t, w.submit(memberOne, dialog, object{view.ActionNote: " \n "})))
		require.Nil(t, w.submit(memberOne, dialog, object{view.ActionNote: "from the card"}).Response)

		w.say(memberTwo, "1001", "from the thread, A &amp; B")
		spoken := w.thread(w.card("1001").TS)
		dialog = w.noteOn(memberOne, spoken[len(spoken)-1].TS)
		require.Equal(t, "from the thread, A & B", w.initials(dialog)[view.ActionNote])
		require.Nil(t, w.submit(memberOne, dialog, object{}).Response)
		wait(time.Second)

		var notes []string
		for _, m := range w.thread(w.card("1001").TS) {
			if m.Metadata.Payload["kind"] == "note" {
				notes = append(notes, m.Text)
			}
		}
		require.Equal(t, []string{"For Glow Daily: Note by <@" + memberOne + ">: from the card", "For Glow Daily: Note by <@" + memberOne + ">: from the thread, A &amp; B"}, notes)
		require.Contains(t, w.command(memberTwo, view.CommandSamples, "show 1001"), "added the note “from the card”")
	})
}

func TestOnAnotherMessageTheDialogAsksWhichRequestIsMeant(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.request("1001")
		w.request("1002")
		seen := w.act(object{"user": memberTwo, "do": "post", "channel": samples, "text": "the parcel came back"})
		require.True(t, seen.OK, seen.Error)
		all := w.messages()
		dialog := w.noteOn(memberOne, all[len(all)-1].TS)
		require.Equal(t, "the parcel came back", w.initials(dialog)[view.ActionNote])
		short := string(keyOf("1002").Short())
		for _, typed := range []string{short, strings.ToLower(short), "1002", "@glow.daily.1002", "daily.1002", short[:4]} {
			seen := w.act(object{"user": memberOne, "do": "suggest", "view_id": dialog, "action_id": view.ActionRequest, "text": typed})
			require.True(t, seen.OK, seen.Error)
			var offered view.Options
			require.NoError(t, json.Unmarshal(seen.Response, &offered))
			require.Equal(t, keyOf("1002").String(), offered.Options[0].Value, typed)
		}
		require.Nil(t, w.submit(memberOne, dialog, object{view.ActionRequest: keyOf("1002").String()}).Response)
		wait(time.Second)
		require.Contains(t, w.thread(w.card("1002").TS)[0].Text, "the parcel came back")
		require.Empty(t, w.thread(w.card("1001").TS))
	})
}

func TestWhoMayNotDecideAddsNoNote(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.request("1001")
		for who, denial := range map[string]view.Denial{guest: view.DeniedGuest, stranger: view.DeniedElsewhere} {
			require.Empty(t, w.noteOn(who, w.card("1001").TS))
			require.Equal(t, []string{view.Denied(denial)}, w.told(who))
		}
		dialog := w.noteOn(memberTwo, w.card("1001").TS)
		shops := oneShop()
		shops[0].Settings.Reviewers = []workflow.PersonID{memberOne}
		w.put(shops...)
		seen := w.submit(memberTwo, dialog, object{view.ActionNote: "my careful note"})
		require.Contains(t, shownIn(t, seen), "> my careful note")
		require.Empty(t, w.thread(w.card("1001").TS))
	})
}

func TestNotesOfHostileWordsBreakNothing(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.request("1001")
		dialog := w.noteOn(memberOne, w.card("1001").TS)
		require.Nil(t, w.submit(memberOne, dialog, object{view.ActionNote: strings.Repeat(hostile, 2)}).Response)
		w.reject(memberOne, "1001", workflow.Other, object{view.ActionNote: strings.Repeat(hostile, 2), view.ActionWords: strings.Repeat(hostile, 2), view.ActionSend: []string{view.SendWords}})
		w.accepted(memberOne, "1001", view.ActionUndo)
		wait(time.Second)
		said := w.thread(w.card("1001").TS)
		require.Len(t, said, 3)
		for _, m := range said {
			require.NotContains(t, wording(t, m.Blocks)+m.Text, "<!channel>")
		}
		require.NotContains(t, w.command(memberOne, view.CommandSamples, "show 1001"), "<!channel>")
		require.Empty(t, w.deadLetters())
	})
}
