package boltstore_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"sampledesk/store/boltstore"
	"sampledesk/store/storetest"
	"sampledesk/workflow"
)

func TestABoltStoreKeepsTheContract(t *testing.T) {
	storetest.Run(t, func(t *testing.T) workflow.Store {
		s, err := boltstore.Open(t.Context(), filepath.Join(t.TempDir(), "desk.db"))
		require.NoError(t, err)
		return s
	})
}
