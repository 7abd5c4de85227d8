package main

import (
	"bytes"
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"

	"sampledesk/store"
	"sampledesk/workflow"
)

// inStore are those of some texts that are anywhere in a store's keys and values, whatever their case.
func inStore(t *testing.T, path string, texts ...string) (found []string) {
	t.Helper()
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true})
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	require.NoError(t, db.View(func(tx *bbolt.Tx) error {
		return tx.ForEach(func(name []byte, b *bbolt.Bucket) error {
			return b.ForEach(func(k, v []byte) error {
				for _, text := range texts {
					if bytes.Contains(bytes.ToLower(append(bytes.Clone(k), v...)), []byte(strings.ToLower(text))) {
						found = append(found, fmt.Sprintf("%s %q: %s", name, k, text))
					}
				}
				return nil
			})
		})
	}))
	return found
}

// standIns are the user names of all who stand in an erased creator's place anywhere in a store.
func standIns(t *testing.T, path string) (names []string) {
	t.Helper()
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true})
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	require.NoError(t, db.View(func(tx *bbolt.Tx) error {
		return tx.ForEach(func(_ []byte, b *bbolt.Bucket) error {
			return b.ForEach(func(k, v []byte) error {
				for _, name := range regexp.MustCompile(`(?i)erased-[a-z0-9]{8}`).FindAllString(string(k)+" "+string(v), -1) {
					if name = strings.ToLower(name); !slices.Contains(names, name) {
						names = append(names, name)
					}
				}
				return nil
			})
		})
	}))
	return names
}

// sums are a shop's figures of all time.
func sums(t *testing.T, path string) (all workflow.Totals) {
	t.Helper()
	db, err := store.Open(t.Context(), "bolt:"+path, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	require.NoError(t, db.View(t.Context(), func(tx workflow.Tx) error {
		shops, err := tx.Shops()
		if err != nil {
			return err
		}
		all, err = tx.Totals(shops[0].ID, bubbleStart.AddDate(-1, 0, 0), bubbleStart.AddDate(1, 0, 0))
		return err
	}))
	require.NoError(t, db.Close())
	return all
}

func TestACreatorIsErasedEverywhereAndDoesNotComeBack(t *testing.T) {
	inBubble(t, 0, func(b *bubble) {
		b.desk.SyncMessages, b.desk.SyncContent = "@every 2s", "@every 1m"
		b.open()
		time.Sleep(time.Minute)
		const handle, open, name = "zebra.quokka", "7055500011122233344", "Zebra Quokka"
		creator := map[string]any{"username": handle, "creator_open_id": open, "nickname": name}
		var pending, posted string
		pending = b.asks(map[string]any{"creator": creator})
		posted = b.asks(map[string]any{"creator": creator})
		other := b.asks(map[string]any{"creator": map[string]any{"username": "somebody.else", "creator_open_id": "7055500011122233399", "nickname": "Somebody"}})
		time.Sleep(2 * time.Minute)
		cards := map[string]message{}
		for _, m := range b.messages("sampledesk_card") {
			cards[m.application()] = m
		}
		b.hears(pending, "my secret address is here")
		time.Sleep(time.Minute)
		b.write(cards[pending], "we answer zebra secretly")
		require.Contains(b.t, b.campaign(b.member(), "create Spring"), "Spring")
		b.campaign(b.member(), "add @"+handle+" to Spring")
		b.approve(cards[posted])
		time.Sleep(time.Minute)
		for _, step := range []string{"ship", "deliver", "post"} {
			b.happen(posted, step)
			time.Sleep(5 * time.Minute)
		}
		b.close()

		path := boltPath(b.desk.Store)
		texts := []string{handle, "quokka", open, name, "secret"}
		before, figures := inStore(b.t, path, texts...), sums(b.t, path)
		require.Greater(b.t, len(before), 20)
		status, _, stderr := typed(b.t, "creator", "erase", "--store", b.desk.Store, "@"+strings.ToUpper(handle))
		require.Equal(b.t, exitUsage, status)
		require.Contains(b.t, stderr, "--yes")
		status, _, stderr = typed(b.t, "creator", "erase", "--store", b.desk.Store, "--yes", "@nobody")
		require.Equal(b.t, exitFailed, status)
		require.Contains(b.t, stderr, `no creator is known as "@nobody"`)
		status, out, stderr := typed(b.t, "creator", "erase", "--store", b.desk.Store, "--yes", "@"+strings.ToUpper(handle))
		require.Equal(b.t, exitOK, status, stderr)
		require.Contains(b.t, out, "Erased: 2 requests")
		require.Contains(b.t, out, "Backups and exports made before still have it")
		require.Empty(b.t, inStore(b.t, path, texts...))
		require.NotEmpty(b.t, inStore(b.t, path, "somebody.else"))
		require.Equal(b.t, figures, sums(b.t, path), "the figures stay")

		b.open()
		time.Sleep(30 * time.Minute) // sweeps, messages and content are looked at again; TikTok still has all of it
		emptied := map[string]int{}
		for _, event := range []string{"sampledesk_card", "sampledesk_notice", "sampledesk_reply"} {
			for _, m := range b.messages(event) {
				if m.Metadata.Payload["kind"] == "shipment" { // an announcement, which the desk does not edit: a person deletes it
					continue
				}
				shown := m.Text + b.blocks(m.TS)
				require.NotContains(b.t, strings.ToLower(shown), "quokka", "%s %v", event, m.Metadata.Payload)
				require.NotContains(b.t, shown, "secret")
				if event == "sampledesk_reply" && m.Metadata.Payload["erased"] != "" {
					emptied[m.Metadata.Payload["kind"]]++
					require.NotContains(b.t, m.Metadata.Payload["application"], other)
				}
			}
		}
		for _, m := range b.messages("sampledesk_card") {
			if m.application() == pending {
				require.Contains(b.t, m.Text, workflow.ErasedName)
				b.approve(m)
			}
		}
		require.Equal(b.t, 3, emptied["stage"]) // awaiting shipment, shipping, content pending
		require.Positive(b.t, emptied["message"])
		time.Sleep(10 * time.Minute)
		b.close()
		require.Empty(b.t, inStore(b.t, path, texts...), "they do not come back")
		require.Contains(b.t, exported(b.t, path, "--what", "audit"), "creator erased")
		text := exported(b.t, path)
		require.Equal(b.t, 2, strings.Count(text, workflow.ErasedName))
		require.Contains(b.t, text, "confirmed", "what waited is decided as ever")
	})
}

func TestAnErasureThatIsBrokenOffIsFinishedByTheSameCommand(t *testing.T) {
	t.Parallel()
	const secret = "quokka"
	them := workflow.Creator{OpenID: "70" + secret, Username: secret, Nickname: "A " + secret}
	fill := func(tx workflow.Tx) error {
		errs := []error{
			tx.PutCampaign(workflow.Campaign{ID: "c1", Shop: "7", Name: "Spring"}),
			tx.PutMember(workflow.Member{Campaign: "c1", Creator: them.KeyOf("7"), Shown: them, Answer: secret}),
			tx.PutConversation(workflow.Conversation{Shop: "7", Creator: them.KeyOf("7"), Shown: them, ID: "9"}),
			tx.Append(workflow.Entry{At: bubbleStart, Key: workflow.Key{Shop: "7"}, Event: workflow.OnMessageReceived, Text: secret, Creator: them.KeyOf("7")}),
			tx.PutNotice(workflow.Notice{ID: "n1", Shop: "7", Kind: workflow.KindMessage, Creator: them.KeyOf("7"), Message: &workflow.Message{Text: secret}}),
			tx.Enqueue(workflow.Effect{ID: "e1", Kind: workflow.Announce, Lane: workflow.NoticeLane("7"), Shop: "7", Payload: &workflow.Payload{Kind: workflow.KindMessage, Text: secret, Creator: &them, CreatorKey: them.KeyOf("7")}}),
			tx.Enqueue(workflow.Effect{ID: "e2", Kind: workflow.SendMessage, Lane: workflow.MessageLane("7", them.KeyOf("7")), Shop: "7", Creator: them.KeyOf("7"), Notice: "n1"}),
		}
		for n := range 3 {
			a := requestNumber(100 + n)
			a.Snapshot.Creator, a.Campaign = them, "c1"
			errs = append(errs, tx.PutApplication(a), tx.Append(workflow.Entry{At: bubbleStart, Key: a.Key, Event: workflow.OnNoted, Text: "about " + secret}),
				tx.PutRun(workflow.Run{ID: workflow.RunID(fmt.Sprint("r", n)), Shop: "7", Items: []workflow.RunItem{{Key: a.Key, Creator: them}}}))
		}
		for _, err := range errs {
			if err != nil {
				return err
			}
		}
		return nil
	}
	whole := kept(t, 2)
	changed(t, whole, fill)
	require.NotEmpty(t, inStore(t, whole, secret))
	brokenOff := 0
	for steps := 4; steps < 400; steps += 9 {
		path := copied(t, whole)
		var said bytes.Buffer
		status := execute(newCountdown(t, steps), []string{"creator", "erase", "--store", "bolt:" + path, "--yes", secret}, streams{out: &said, err: &said})
		left := inStore(t, path, secret)
		if status == exitOK && len(left) == 0 && strings.Contains(said.String(), "Erased: 3 requests") {
			break
		}
		brokenOff++
		status, out, stderr := typed(t, "creator", "erase", "--store", "bolt:"+path, "--yes", secret)
		if len(left) > 0 {
			require.Equal(t, exitOK, status, "%d: %s %v", steps, stderr, left)
			require.Contains(t, out, "Erased: ")
		}
		require.Empty(t, inStore(t, path, secret), "%d", steps)
		require.Len(t, standIns(t, path), 1, "%d: one creator stays one", steps)
	}
	require.Greater(t, brokenOff, 3)
}
