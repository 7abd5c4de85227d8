package main

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/store"
	"sampledesk/workflow"
)

// withTokens makes a store and its key that hold an authorisation.
func withTokens(t *testing.T) storeFlags {
	t.Helper()
	f := storeFlags{Store: "bolt:" + t.TempDir() + "/desk.db"}
	db, _, err := openMemory(t.Context(), f, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	require.NoError(t, db.Update(t.Context(), func(tx workflow.Tx) error {
		return tx.PutAuthorisation(workflow.Authorisation{OpenID: "1", Tokens: []byte("sealed")})
	}))
	require.NoError(t, db.Close())
	return f
}

func TestAStoreWithoutItsKeyGetsNoNewOne(t *testing.T) {
	f := withTokens(t)
	require.NoError(t, os.Remove(boltPath(f.Store)+keyEnd))
	_, _, err := openMemory(t.Context(), f, slog.New(slog.DiscardHandler))
	require.ErrorContains(t, err, "the key that sealed them is not there")
	require.NoFileExists(t, boltPath(f.Store)+keyEnd)
	db, err := store.Open(t.Context(), f.Store, slog.New(slog.DiscardHandler))
	require.NoError(t, err, "it was let go of")
	require.NoError(t, db.Close())
}

func TestAStoreThatWasEmptiedIsNotBegunAnew(t *testing.T) {
	f := withTokens(t)
	require.NoError(t, os.Truncate(boltPath(f.Store), 0))
	_, _, err := openMemory(t.Context(), f, slog.New(slog.DiscardHandler))
	require.ErrorContains(t, err, "is empty, and its key is there")
	require.NoError(t, os.Remove(boltPath(f.Store)+keyEnd))
	db, _, err := openMemory(t.Context(), f, slog.New(slog.DiscardHandler))
	require.NoError(t, err, "a start that was killed at once leaves this")
	require.NoError(t, db.Close())
}

func TestWhoElseCanReadTheStoreAndTheKeyIsTold(t *testing.T) {
	f := withTokens(t)
	require.Empty(t, f.exposed())
	for mode, fault := range map[os.FileMode]bool{0o640: false, 0o660: false, 0o644: true, 0o604: true, 0o602: true} {
		for _, path := range []string{boltPath(f.Store), boltPath(f.Store) + keyEnd} {
			require.NoError(t, os.Chmod(path, mode))
			found := f.exposed()
			require.Len(t, found, 1)
			require.Equal(t, fault, !found[0].OK(), found)
			require.Contains(t, found[0].Found, path+" can be read")
			require.NoError(t, os.Chmod(path, 0o600))
		}
	}
}

func TestADeskWhoseStoreIsTakenAwayIsNotReadyAndTakesNoClick(t *testing.T) {
	inBubble(t, 1, func(b *bubble) {
		b.open()
		time.Sleep(time.Minute)
		require.NoError(t, os.Rename(boltPath(b.desk.Store), boltPath(b.desk.Store)+".moved"))
		resp, err := b.client.Get("http://desk.test:80/readyz")
		require.NoError(t, err)
		defer func() { _ = resp.Body.Close() }()
		var report readiness
		require.NoError(t, json.NewDecoder(resp.Body).Decode(&report))
		require.Equal(t, http.StatusServiceUnavailable, resp.StatusCode)
		require.Contains(t, report.Faults[len(report.Faults)-1], "was taken away while it was in use")

		card := b.messages("sampledesk_card")[0]
		var member string
		for _, u := range b.slack.Details("").Users {
			if u.Role == "member" {
				member = u.ID
			}
		}
		var got seen
		b.post(slackAt, "/sim/act", map[string]any{"user": member, "do": "click", "channel": b.desk.SlackChannel, "ts": card.TS, "action_id": "approve"}, &got)
		time.Sleep(time.Minute)
		require.Equal(t, card.Text, b.messages("sampledesk_card")[0].Text)
		for _, c := range b.calls(centerAt) {
			require.NotContains(t, c.Path, "/review")
		}
	})
}
