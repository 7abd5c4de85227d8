package main

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"sampledesk/affiliate/bridge"
	"sampledesk/store/pgstore/pgtest"
	"sampledesk/workflow"
)

func TestAStoreInPostgresWantsAKeyThatIsGivenAndSaysSoWithoutThePassword(t *testing.T) {
	const address = "postgres://desk:hidden@127.0.0.1:1/desks"
	t.Setenv("SAMPLEDESK_KEY", "")
	for _, args := range [][]string{{"shop", "list"}, {"check"}, {"serve", "--slack-channel", "C1", "--slack-bot-token", "xoxb-1", "--slack-app-token", "xapp-1"}} {
		status, out, stderr := typed(t, append(args, "--store", address)...)
		require.NotEqual(t, exitOK, status, args)
		require.Contains(t, out+stderr, "SAMPLEDESK_KEY", args)
		require.NotContains(t, out+stderr, "hidden", args)
	}
	_, text := bridge.NewKey()
	for _, args := range [][]string{{"shop", "list"}, {"check"}, {"restore", "file"}, {"backup", filepath.Join(t.TempDir(), "file")}} {
		status, out, stderr := typed(t, append(args, "--store", address, "--key", text)...)
		require.NotEqual(t, exitOK, status, args)
		require.NotContains(t, out+stderr, "hidden", args)
		require.NotContains(t, out+stderr, text, args)
	}
}

func TestACheckLooksAtTheDatabaseAndMakesNothingInIt(t *testing.T) {
	address := pgtest.URL(t)
	_, key := bridge.NewKey()
	k := newChecked(t)
	k.values["store"], k.values["key"], k.values["public-url"] = address, key, ""
	for range 2 {
		status, out := k.check(map[string]string{"tiktok-refresh-token": ""})
		require.Equal(t, exitFailed, status, out)
		require.Contains(t, out, "ok     database, schema: the tables are not there yet; serve makes them")
		require.Contains(t, out, "FAULT  shops: none is connected")
	}
	status, out := k.check(nil, "--exchange")
	require.Equal(t, exitOK, status, out)
	status, out = k.check(nil)
	require.Equal(t, exitOK, status, out)
	require.Contains(t, out, "ok     database, schema: version 1")
	require.Contains(t, out, "ok     database, isolation: serializable")
	status, out = k.check(map[string]string{"store": pgtest.With(address, "default_transaction_read_only", "on")})
	require.Equal(t, exitFailed, status, out)
	require.Contains(t, out, "FAULT  database, writing: it only reads")
	require.NotContains(t, out, "shops")
}

func TestCommandsWorkOnAStoreInPostgresWhileDesksHaveItOpen(t *testing.T) {
	address := pgtest.URL(t)
	key, text := bridge.NewKey()
	file := filepath.Join(t.TempDir(), "key")
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	f := storeFlags{Store: address, Key: secret("file:" + file)}
	db, read, err := openMemory(t.Context(), f, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	require.Equal(t, key, read)
	require.NoError(t, db.Update(t.Context(), func(tx workflow.Tx) error {
		return tx.PutShop(workflow.Shop{ID: "7495540735365777507", Name: "Glow Atelier"})
	}))
	status, out, stderr := typed(t, "shop", "list", "--store", address, "--key", "file:"+file)
	require.Equal(t, exitOK, status, stderr)
	require.Contains(t, out, "Glow Atelier")
	status, _, stderr = typed(t, "shop", "list", "--store", address, "--key", "file:"+file+"x")
	require.NotEqual(t, exitOK, status)
	require.Contains(t, stderr, "reading the key")
	status, _, stderr = typed(t, "backup", filepath.Join(t.TempDir(), "file"), "--store", address, "--key", "file:"+file)
	require.NotEqual(t, exitOK, status)
	require.Contains(t, stderr, "backed up with its own tools")
}
