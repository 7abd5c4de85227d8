package boltstore

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"sampledesk/store/storetest"
	"sampledesk/workflow"
)

func TestABoltStoreKeepsTheContract(t *testing.T) {
	storetest.Run(t, func(t *testing.T) workflow.Store {
		return checked{Store: opened(t, filepath.Join(t.TempDir(), "desk.db")), t: t}
	})
}

// checked is a store whose file is checked for contradictions when the suite is done with it.
type checked struct {
	*Store
	t *testing.T
}

func (c checked) Close() error {
	// The test's own context has ended by now.
	if tx, err := c.begin(context.Background(), false); err == nil {
		faults := contradictions(tx)
		tx.close()
		require.Empty(c.t, faults)
	}
	return c.Store.Close()
}

// opened opens a store that has to open, and closes it at the test's end.
func opened(t testing.TB, path string) *Store {
	t.Helper()
	s, err := Open(t.Context(), path)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}
