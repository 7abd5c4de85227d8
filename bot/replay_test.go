package bot_test

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"

	"sampledesk/bot/view"
	"sampledesk/workflow"
	"sampledesk/workflow/engine"
)

// kept is everything in the store, by bucket and key. The desk is closed meanwhile, and opened again.
func (w *world) kept() map[string]string {
	w.t.Helper()
	w.shut()
	require.NoError(w.t, w.db.Close())
	db, err := bbolt.Open(w.path, 0o600, &bbolt.Options{ReadOnly: true})
	require.NoError(w.t, err)
	all := map[string]string{}
	require.NoError(w.t, db.View(func(tx *bbolt.Tx) error {
		return tx.ForEach(func(name []byte, b *bbolt.Bucket) error {
			return b.ForEach(func(k, v []byte) error {
				all[fmt.Sprintf("%s/%q", name, k)] = string(v)
				return nil
			})
		})
	}))
	require.NoError(w.t, db.Close())
	w.openStore()
	w.open()
	return all
}

// differences are the keys whose values are not the same.
func differences(one, other map[string]string) (keys []string) {
	for k := range maps.Keys(one) {
		if other[k] != one[k] {
			keys = append(keys, k+": "+one[k]+" is now "+other[k])
		}
	}
	for k := range maps.Keys(other) {
		if _, had := one[k]; !had {
			keys = append(keys, k+" is new: "+other[k])
		}
	}
	slices.Sort(keys)
	return keys
}

// public counts what was posted for more than one person to see, and what went to TikTok.
func (w *world) public() (posts, taken int) {
	w.t.Helper()
	for _, c := range w.state().Channels {
		posts += len(c.Messages)
	}
	return posts, len(w.tiktok.got())
}

func TestARequestThatIsReplayedAfterARestartChangesNothing(t *testing.T) {
	inBubble(t, setup{http: true}, func(t *testing.T, w *world) {
		w.done(workflow.OnMessageSent, workflow.Failure{})
		messages := 0
		carry := w.tiktok.carry
		w.tiktok.carry = func(e workflow.Effect) engine.Outcome { messages++; return carry(e) }
		for n := range 12 {
			w.request(fmt.Sprint(1001 + n))
		}
		wait(30 * time.Second) // a channel takes a card a second
		sent := func(who, dialog string, values object) {
			t.Helper()
			seen := w.submit(who, dialog, values)
			require.True(t, seen.OK, seen.Error)
			require.NotContains(t, string(seen.Response), `"errors"`)
		}

		// Interactions: buttons, menus, dialogs, shortcuts.
		w.accepted(memberOne, "1001", view.ActionApprove)
		w.accepted(memberOne, "1002", view.ActionApprove)
		w.accepted(memberOne, "1002", view.ActionUndo)
		w.reject(memberOne, "1003", workflow.Other, nil)
		sent(memberOne, w.dialogFor(memberOne, "1004"), object{view.ActionName: "Summer", view.ActionAlso: []string{view.AlsoApprove}})
		sent(memberOne, w.noteOn(memberOne, w.card("1005").TS), object{view.ActionNote: "by shortcut"})
		sent(memberOne, w.messageDialog(memberOne, "1006"), object{view.ActionMessageText: "Hello"})
		list := w.within(admin, w.settings(admin), view.ActionTemplates).ViewID
		sent(admin, w.within(admin, list, view.ActionTemplateAdd).ViewID, object{view.ActionTemplateName: "Thanks", view.ActionTemplateText: "Thank you"})
		sent(admin, w.section(admin, view.SettingsTimes), object{})

		// Commands.
		for _, typed := range []string{"approve 1007", "assign 1008 <@" + memberTwo + ">", "reject 1009 other", "show 1001", "stats", "queue", "health", "help"} {
			w.command(memberOne, view.CommandSamples, typed)
		}
		for _, typed := range []string{"create Spring", "add Spring @glow.daily.1010", "create Winter", "archive Winter", "list"} {
			w.command(memberOne, view.CommandCampaign, typed)
		}

		// Events: a mention that keeps a note, one that decides, App Home.
		w.say(memberOne, "1010", "<@U0DESK0BOT> note by mention")
		w.say(memberTwo, "1011", "<@U0DESK0BOT> approve")
		w.home(memberOne)
		sent(memberTwo, w.confirming(memberTwo, w.several(memberTwo), "approve", nil), nil) // all that are left
		wait(time.Minute)

		wait(30 * time.Second)
		before := w.kept()
		posts, taken := w.public()
		said := messages
		kinds := map[string]int{}
		w.door.mu.Lock()
		passed := slices.Clone(w.door.passed)
		w.door.mu.Unlock()
		for _, p := range passed {
			status, _ := w.sendRaw(p.header, p.body)
			require.Equal(t, http.StatusOK, status, "within five minutes a restarted desk does not know it: %s", p.body)
			for _, kind := range []string{"block_actions", "view_submission", "message_action", "command=", "event_callback"} {
				if strings.Contains(p.body, kind) {
					kinds[kind]++
				}
			}
		}
		require.Len(t, kinds, 5, "%v", kinds)
		synctest.Wait()
		wait(30 * time.Second)
		morePosts, moreTaken := w.public()
		require.Empty(t, differences(before, w.kept()))
		require.Equal(t, []int{posts, taken, said}, []int{morePosts, moreTaken, messages}, "nobody else sees anything, and TikTok hears nothing")
	})
}
