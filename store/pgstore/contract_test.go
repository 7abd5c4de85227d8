package pgstore_test

import (
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"sampledesk/store/pgstore"
	"sampledesk/store/pgstore/pgtest"
	"sampledesk/store/storetest"
	"sampledesk/workflow"
)

// pooled has a store behave as behind pgbouncer: nothing is left in a session.
func pooled(address string) string { return pgtest.With(address, "default_query_exec_mode", "exec") }

// Every other promise is kept as behind pgbouncer.
func TestAPostgresStoreKeepsTheContract(t *testing.T) {
	pgtest.New(t)
	var n atomic.Int64
	storetest.Run(t, func(t *testing.T) workflow.Store {
		address := pgtest.Recycled(t)
		if n.Add(1)%2 == 0 {
			address = pooled(address)
		}
		return opened(t, address)
	})
}

func TestTwoDesksShareAPostgresStore(t *testing.T) {
	storetest.RunShared(t, func(t *testing.T) (one, other workflow.Shared) {
		address := pgtest.Recycled(t)
		return opened(t, address), opened(t, pooled(address))
	})
}

// opened opens a store that has to open, and closes it at the test's end.
func opened(t testing.TB, address string, options ...pgstore.Option) *pgstore.Store {
	t.Helper()
	s, err := pgstore.Open(t.Context(), address, options...)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}
