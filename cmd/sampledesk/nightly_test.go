package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/store"
	"sampledesk/workflow"
)

func TestBackupsAreMadeOnceANightWhateverIsStartedAnew(t *testing.T) {
	inBubble(t, 3, func(b *bubble) {
		folder := filepath.Join(b.t.TempDir(), "nights")
		b.desk.Backup = folder + "?keep=3"
		files := func() (names []string) {
			entries, err := os.ReadDir(folder)
			require.NoError(b.t, err)
			for _, e := range entries {
				names = append(names, e.Name())
			}
			return names
		}
		b.desk.Sync, b.desk.SyncMessages, b.desk.SyncContent = "@every 6h", "@every 6h", "@every 6h"
		others := []string{"desk-2020-01-01.backup.old", "desk-of-mine.backup", "other-2020-01-01.backup", "desk-2020-13-01.backup"}
		require.NoError(b.t, os.Mkdir(folder, 0o700))
		for _, name := range append([]string{"desk-2026-11-19.backup", "desk-2026-11-20.backup", "desk-2026-11-21.backup"}, others...) {
			require.NoError(b.t, os.WriteFile(filepath.Join(folder, name), nil, 0o600))
		}
		own := func(days ...string) {
			b.t.Helper()
			for i, day := range days {
				days[i] = "desk-2026-11-" + day + ".backup"
			}
			found := files()
			for _, name := range others {
				require.Contains(b.t, found, name, "what is not its own stays")
			}
			require.Equal(b.t, days, slices.DeleteFunc(found, func(name string) bool { return slices.Contains(others, name) }))
		}
		b.open() // at 09:00 on the 22nd
		time.Sleep(2 * time.Minute)
		own("20", "21", "22") // the night that was missed
		made, err := os.Stat(filepath.Join(folder, "desk-2026-11-22.backup"))
		require.NoError(b.t, err)
		require.Equal(b.t, os.FileMode(0o600), made.Mode())
		found, err := store.Verify(b.t.Context(), filepath.Join(folder, "desk-2026-11-22.backup"), nil)
		require.NoError(b.t, err)
		require.Equal(b.t, 1, found.Shops)
		b.close()
		b.open()
		time.Sleep(17*time.Hour + 50*time.Minute) // 02:52
		own("20", "21", "22")
		time.Sleep(15 * time.Minute)
		own("21", "22", "23")

		// A night on which it cannot be made is told once, and made up for.
		synctest.Wait() // nothing is written there at this moment
		require.NoError(b.t, os.RemoveAll(folder))
		require.NoError(b.t, os.WriteFile(folder, nil, 0o600))
		time.Sleep(150 * time.Minute)
		told := func() (n int) {
			for _, m := range b.messages("sampledesk_notice") {
				if m.Metadata.Payload["kind"] == string(workflow.KindBackup) {
					n++
				}
			}
			return n
		}
		require.Equal(b.t, 1, told())
		b.close()
		b.open()
		time.Sleep(time.Hour)
		require.Equal(b.t, 1, told(), "once, whatever is started anew")
		require.NoError(b.t, os.Remove(folder))
		time.Sleep(2 * time.Hour)
		require.Len(b.t, files(), 1)
		b.close()
	})
}

func TestTheBackupsSettingIsReadStrictly(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]backupPlan{
		"/b": {"/b", 14}, "/b?keep=2": {"/b", 2}, "b c?keep=3650": {"b c", 3650},
	} {
		got, err := parseBackup(text)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	for _, text := range []string{"", "?keep=3", "/b?", "/b?keep", "/b?keep=0", "/b?keep=-1", "/b?keep=many", "/b?keep=3&keep=4", "/b?kept=3", "/b?keep=3&zip=1", "/b?keep=99999"} {
		_, err := parseBackup(text)
		require.Error(t, err, text)
	}
}
