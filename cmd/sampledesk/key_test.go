package main

import (
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"sampledesk/affiliate"
	"sampledesk/affiliate/bridge"
)

// crashStep ends a program that runs as a process of its own at a step of a rotation.
const crashStep = "SAMPLEDESK_TEST_CRASH_AT"

func init() {
	if step := os.Getenv(crashStep); step != "" {
		crashAt = func(at string) {
			if at == step {
				os.Exit(137)
			}
		}
	}
}

// requireKeyFits opens a store as the desk does, and requires that its key opens as many secrets.
func requireKeyFits(t *testing.T, path string, secrets int) {
	t.Helper()
	f := storeFlags{Store: "bolt:" + path}
	db, key, err := openMemory(t.Context(), f, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	fits, n, err := key.Fits(t.Context(), db)
	require.NoError(t, err)
	require.True(t, fits)
	require.Equal(t, secrets, n)
	require.NoError(t, db.Close())
	require.NoFileExists(t, path+keyEnd+newEnd)
	info, err := os.Stat(path + keyEnd)
	require.NoError(t, err)
	require.Equal(t, fs.FileMode(0o600), info.Mode())
}

func keysBefore(t *testing.T, path string) []string {
	t.Helper()
	all, err := filepath.Glob(path + keyEnd + beforeEnd + "*")
	require.NoError(t, err)
	return all
}

func text(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(data)
}

func TestARotationThatIsBrokenOffAnywhereLeavesAStoreThatOpens(t *testing.T) {
	t.Parallel()
	for step, rotated := range map[string]bool{
		"the new key is kept": false, "everything is sealed anew": true, "the key before has a name": true,
	} {
		path := kept(t, 1)
		old := text(t, path+keyEnd)
		cmd := program(t, []string{"SAMPLEDESK_STORE=bolt:" + path, crashStep + "=" + step}, "key", "rotate")
		out, _ := cmd.CombinedOutput()
		require.Equal(t, 137, cmd.ProcessState.ExitCode(), string(out))
		require.FileExists(t, path+keyEnd+newEnd)
		requireKeyFits(t, path, 1)
		require.Equal(t, rotated, text(t, path+keyEnd) != old, step)
		for _, before := range keysBefore(t, path) {
			require.Equal(t, old, text(t, before))
		}
		require.Equal(t, rotated, len(keysBefore(t, path)) == 1)
	}
	path := kept(t, 1)
	require.NoError(t, os.WriteFile(path+keyEnd+newEnd, []byte("half a k"), 0o600))
	requireKeyFits(t, path, 1)
}

func TestTheKeyOfARunningDeskIsRotated(t *testing.T) {
	t.Parallel()
	path := kept(t, 1)
	old := text(t, path+keyEnd)
	f, stop := running(t, path)
	for range 2 {
		status, out, stderr := typed(t, "key", "rotate", "--store", f.Store)
		require.Equal(t, exitOK, status, stderr)
		require.Contains(t, out, "Sealed 1 secrets with the new key, which is in "+path+keyEnd)
		for _, secret := range []string{old, text(t, path+keyEnd), "access-1", "refresh-1"} {
			require.NotContains(t, out+stderr, strings.TrimSpace(secret))
		}
	}
	require.Len(t, keysBefore(t, path), 2)
	require.Equal(t, old, text(t, keysBefore(t, path)[0]))
	stop()
	requireKeyFits(t, path, 1)
}

func TestACopyOfTheKeySealsWithTheNewOneAfterARotation(t *testing.T) {
	t.Parallel()
	path := kept(t, 1)
	db, key, err := openMemory(t.Context(), storeFlags{Store: "bolt:" + path}, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	another := key
	next, _ := bridge.NewKey()
	require.NoError(t, new(rotation).perform(t.Context(), place{store: db, key: key, flags: storeFlags{Store: "bolt:" + path}}, discarded()))
	require.NoError(t, bridge.Keep(t.Context(), db, another, affiliate.Tokens{OpenID: "other", Access: "a", Refresh: "r"}))
	fits, _, err := next.Fits(t.Context(), db)
	require.NoError(t, err)
	require.False(t, fits)
	require.NoError(t, db.Close())
	requireKeyFits(t, path, 2)
}

func TestAKeyThatIsAValueIsRotatedToTheOneGiven(t *testing.T) {
	t.Parallel()
	path := kept(t, 1)
	old := strings.TrimSpace(text(t, path+keyEnd))
	require.NoError(t, os.Remove(path+keyEnd))
	_, next := bridge.NewKey()
	status, _, stderr := typed(t, "key", "rotate", "--store", "bolt:"+path, "--key", old)
	require.Equal(t, exitUsage, status)
	require.Contains(t, stderr, "give the new one with --new")
	file := filepath.Join(t.TempDir(), "next")
	require.NoError(t, os.WriteFile(file, []byte(next+"\n"), 0o600))
	status, out, stderr := typed(t, "key", "rotate", "--store", "bolt:"+path, "--key", old, "--new", file)
	require.Equal(t, exitOK, status, stderr)
	require.Contains(t, out, "set SAMPLEDESK_KEY to the new key")
	require.NotContains(t, out, next)
	require.NoFileExists(t, path+keyEnd)
	require.NoError(t, os.Rename(file, path+keyEnd))
	requireKeyFits(t, path, 1)

	require.NoError(t, os.WriteFile(file, []byte("too short"), 0o600))
	status, _, stderr = typed(t, "key", "rotate", "--store", "bolt:"+path, "--new", file)
	require.Equal(t, exitUsage, status)
	require.Contains(t, stderr, "a key is 32 bytes in base64")
}

func TestAKeyThatDoesNotFitIsNotRotated(t *testing.T) {
	t.Parallel()
	path := kept(t, 1)
	right := text(t, path+keyEnd)
	_, wrong := bridge.NewKey()
	require.NoError(t, os.WriteFile(path+keyEnd, []byte(wrong+"\n"), 0o600))
	status, _, stderr := typed(t, "key", "rotate", "--store", "bolt:"+path)
	require.Equal(t, exitFailed, status)
	require.Contains(t, stderr, `the tokens of seller "Glow": the stored tokens do not open with this key`)
	require.Empty(t, keysBefore(t, path))
	require.NoError(t, os.WriteFile(path+keyEnd, []byte(right), 0o600))
	requireKeyFits(t, path, 1)
}
