package pgstore_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"sampledesk/store/pgstore"
	"sampledesk/store/pgstore/pgtest"
	"sampledesk/workflow"
)

// A column more, which desks that do not know of it leave as it is.
var additive = pgstore.WithMigration(fmt.Sprintf("-- older desks may go on from %d\nALTER TABLE shops ADD COLUMN colour text NOT NULL DEFAULT 'green'", pgstore.Newest))

// Nothing in it says that older desks may go on.
var breaking = pgstore.WithMigration("ALTER TABLE desks ADD COLUMN colour text")

// signOfLife has a desk give a sign of life.
func signOfLife(t *testing.T, s *pgstore.Store, host string) {
	t.Helper()
	require.NoError(t, s.Update(t.Context(), func(tx workflow.Tx) error {
		return tx.PutDesk(workflow.Desk{ID: workflow.DeskID(host), Host: host, SeenAt: s.Now()})
	}))
}

func TestANewerDeskThatAddsToTheSchemaWorksBesideAnOlderOne(t *testing.T) {
	t.Parallel()
	address := pgtest.URL(t)
	older := opened(t, address)
	signOfLife(t, older, "old-host")
	newer := opened(t, address, additive)
	require.Equal(t, older.Schema()+1, newer.Schema())
	for _, s := range []*pgstore.Store{older, newer, opened(t, address), opened(t, address, additive)} {
		require.NoError(t, s.Update(t.Context(), count))
		require.NoError(t, s.Health(t.Context()))
	}
	require.Equal(t, 4, counted(t, older))
}

func TestANewerDeskThatWouldBreakAnOlderOneWaitsUntilItIsGoneAndThenStopsIt(t *testing.T) {
	t.Parallel()
	address := pgtest.URL(t)
	older := opened(t, address)
	require.NoError(t, older.Update(t.Context(), count))
	signOfLife(t, older, "old-host")
	_, err := pgstore.Open(t.Context(), address, breaking)
	require.ErrorContains(t, err, "an older Sample Desk works on this database (old-host), and could not go on with the schema of this one: stop it, and start this one a minute later")
	require.NoError(t, older.Update(t.Context(), count), "nothing was changed")

	pgtest.Do(t, address, "UPDATE desks SET seen_at = seen_at - interval '2 minutes'") // it stood still for as long
	newer := opened(t, address, breaking)
	sentence := fmt.Sprintf("made ready for a newer Sample Desk (schema %d, this one knows %d); nothing was changed in it: update this one", newer.Schema(), older.Schema())
	require.ErrorContains(t, older.Update(t.Context(), count), sentence)
	require.ErrorContains(t, older.Health(t.Context()), sentence)
	_, err = pgstore.Open(t.Context(), address)
	require.ErrorContains(t, err, sentence)
	require.Equal(t, 2, counted(t, newer))
	require.NoError(t, newer.Update(t.Context(), count))
	signOfLife(t, newer, "new-host")
	opened(t, address, breaking)
}

// What broke older desks breaks them for good, also where a later step would leave them their work.
func TestAnAdditionAfterABreakDoesNotLetTheOlderDesksIn(t *testing.T) {
	t.Parallel()
	address := pgtest.URL(t)
	older := opened(t, address)
	opened(t, address, breaking, additive)
	require.ErrorContains(t, older.Update(t.Context(), count), "newer Sample Desk")
	opened(t, address, breaking)
}

// An update that began before the migration and would end after it is done by the rules of the new schema, or not at all.
func TestAnUpdateThatTheMigrationOvertakesIsNotKeptByTheOldRules(t *testing.T) {
	t.Parallel()
	address := pgtest.URL(t)
	older := opened(t, address)
	require.NoError(t, older.Update(t.Context(), count))
	tries := 0
	err := older.Update(t.Context(), func(tx workflow.Tx) error {
		tries++
		if _, err := tx.Shop(glow); err != nil { // the first time it has its view of the database by now
			return err
		}
		if tries == 1 {
			opened(t, address, pgstore.WithMigration("CREATE TABLE totals AS SELECT count(*) AS n FROM desks"))
		}
		return tx.PutDesk(workflow.Desk{ID: "d1", Host: "old-host", SeenAt: older.Now()})
	})
	require.ErrorContains(t, err, "newer Sample Desk")
	require.Equal(t, 2, tries)
}

func TestClearEmptiesEveryTableButTheOneOfTheSchema(t *testing.T) {
	address := pgtest.Recycled(t)
	opened(t, address)
	conn, err := pgx.Connect(t.Context(), address)
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close(t.Context())) }()
	rows, err := conn.Query(t.Context(), "SELECT tablename::text FROM pg_tables WHERE schemaname = current_schema() AND tablename <> 'desk_schema' ORDER BY 1")
	require.NoError(t, err)
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	cleared := strings.FieldsFunc(pgstore.Cleared, func(r rune) bool { return r == ',' || unicode.IsSpace(r) })
	require.ElementsMatch(t, tables, cleared)
}
