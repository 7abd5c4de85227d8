package view

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/slack-go/slack"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write testdata/*.json again")

// golden is how a message is kept in testdata.
type golden struct {
	Text   string        `json:"text"`
	Blocks []slack.Block `json:"blocks"`
}

// requireGolden compares a message, which has to pass the linter, with testdata/name.json.
func requireGolden(t *testing.T, name string, m Message) {
	t.Helper()
	lint(t, m)
	compare(t, name, pretty(t, golden(m)))
}

func compare(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name+".json")
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
		return
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err, "make golden writes it")
	require.Equal(t, string(want), got)
}
