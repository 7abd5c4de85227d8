package pgstore_test

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/store/pgstore"
	"sampledesk/store/pgstore/pgtest"
)

// faultsOf looks at a database and returns what is wrong with it, by what it is about.
func faultsOf(t *testing.T, address string) (faults map[string]string, examined pgstore.Examined) {
	t.Helper()
	faults = map[string]string{}
	examined = pgstore.Examine(t.Context(), address, time.Minute)
	for _, f := range examined.Findings {
		require.NotContains(t, f.Found+f.Do, "hidden")
		if f.Do != "" {
			faults[f.What] = f.Found + ". To do: " + f.Do
		}
	}
	return faults, examined
}

func TestAGoodDatabaseIsSaidToBeGoodAndNothingIsMadeInIt(t *testing.T) {
	address := pgtest.URL(t)
	faults, before := faultsOf(t, address)
	require.Empty(t, faults)
	require.False(t, before.Ready, "there are no tables")
	again, _ := faultsOf(t, address)
	require.Empty(t, again)
	s := opened(t, address)
	signOfLife(t, s, "one")
	signOfLife(t, s, "two")
	faults, after := faultsOf(t, address)
	require.Empty(t, faults)
	require.True(t, after.Ready)
	said := map[string]string{}
	for _, f := range after.Findings {
		said[f.What] = f.Found
	}
	require.Equal(t, "version 1", said["database, schema"])
	require.Equal(t, "desk owns its tables", said["database, role"])
	require.Equal(t, "none stands before it", said["database, pooler"])
	require.Equal(t, "serializable", said["database, isolation"])
	require.Contains(t, said["database, connections"], "2 desks take up to 16 each")
	require.Contains(t, said["database, server"], "encoding UTF8")
}

// as is an address with another role, whose password is hidden.
func as(t *testing.T, address, role string) string {
	t.Helper()
	at, err := url.Parse(address)
	require.NoError(t, err)
	at.User = url.UserPassword(role, "hidden")
	return at.String()
}

func TestWhatIsWrongWithADatabaseIsSaidWithWhatToDo(t *testing.T) {
	address := pgtest.URL(t)
	opened(t, address)
	schema := schemaOf(t, address)
	role := "r_" + schema
	faulty := func(address, what, found, do string) {
		t.Helper()
		faults, examined := faultsOf(t, address)
		require.Len(t, faults, 1, "%v", faults)
		require.Contains(t, faults[what], found)
		require.Contains(t, faults[what], do)
		require.Equal(t, what == "database, connections" || what == "database, clock", examined.Ready)
	}
	faulty("postgres://desk:hidden@127.0.0.1:1/desks", "database", "does not answer", "the server runs")
	faulty(inDatabase(address, "nowhere"), "database", "does not exist", "CREATE DATABASE")
	faulty(as(t, address, "nobody-known"), "database", "does not exist", "may log in")
	faulty(pgtest.With(address, "default_transaction_read_only", "on"), "database, writing", "only reads", "the primary")
	faulty(pgtest.With(address, "search_path", "not_there"), "database, role", "has no schema", "search_path")
	faulty(pgtest.With(address, "pool_max_conns", "5000"), "database, connections", "a desk takes up to 5000", "pool_max_conns")

	pgtest.Do(t, address, fmt.Sprintf("CREATE ROLE %s LOGIN; GRANT USAGE ON SCHEMA %s TO %s; GRANT ALL ON ALL TABLES IN SCHEMA %s TO %s; REVOKE INSERT ON effects FROM %s",
		role, schema, role, schema, role, role))
	defer pgtest.Do(t, address, "DROP OWNED BY "+role+"; DROP ROLE "+role)
	faulty(as(t, address, role), "database, role", "may not read and write effects", "OWNER TO "+role)
	pgtest.Do(t, address, "GRANT INSERT ON effects TO "+role)
	faulty(as(t, address, role), "database, role", "does not own them", "OWNER TO "+role)
	pgtest.Do(t, address, fmt.Sprintf("ALTER ROLE %s CONNECTION LIMIT 3; GRANT desk TO %s", role, role))
	faulty(as(t, address, role), "database, connections", "3 for the role "+role+", by the role's CONNECTION LIMIT; a desk takes up to 16", "raise the role's CONNECTION LIMIT")
	pgtest.Do(t, address, fmt.Sprintf("ALTER ROLE %s CONNECTION LIMIT 0", role))
	faulty(as(t, address, role), "database", "no connection left", "CONNECTION LIMIT")

	pgtest.Do(t, address, fmt.Sprintf("UPDATE desk_schema SET version = %d, oldest = %d", pgstore.Newest+1, pgstore.Newest+1))
	faulty(address, "database, schema", "newer Sample Desk", "put the program of that release")

	empty := pgtest.URL(t)
	pgtest.Do(t, empty, fmt.Sprintf("REVOKE desk FROM %s; ALTER ROLE %s CONNECTION LIMIT -1; GRANT USAGE ON SCHEMA %s TO %s", role, role, schemaOf(t, empty), role))
	faulty(as(t, empty, role), "database, role", "may make no tables", "GRANT CREATE ON SCHEMA")
}

func TestADatabaseThatCannotBeHadHereIsJudgedByWhatItSays(t *testing.T) {
	for what, want := range map[string]struct {
		change    func(*pgstore.Examination)
		found, to string
	}{
		"database, server":    {pgstore.WithVersion(120_004, "12.4", "UTF8"), "PostgreSQL 12.4", "upgrade it to PostgreSQL 13 or later"},
		"database, isolation": {pgstore.WithIsolation("read committed"), "transactions are read committed where serializable was asked for", "two desks"},
		"database, clock":     {pgstore.WithClock(-90 * time.Second), "1m30s behind this machine's", "NTP"},
		"database, pooler":    {pgstore.WithPrepared, "wants statements to be prepared", "take default_query_exec_mode out"},
	} {
		faults := map[string]string{}
		for _, f := range pgstore.Judged(want.change).Findings {
			if f.Do != "" {
				faults[f.What] = f.Found + ". " + f.Do
			}
		}
		require.Len(t, faults, 1, what)
		require.Contains(t, faults[what], want.found)
		require.Contains(t, faults[what], want.to)
	}
}

func TestADeskWorksThroughAPoolerOfTransactionsAndCheckTellsWhatAPoolerBreaks(t *testing.T) {
	address := pgtest.Pooled(t)
	s := opened(t, address)
	require.NoError(t, s.Update(t.Context(), count))
	require.Equal(t, 1, counted(t, s))
	faults, examined := faultsOf(t, address)
	require.Empty(t, faults)
	require.True(t, examined.Ready)
	faults, _ = faultsOf(t, pgtest.With(address, "default_query_exec_mode", "cache_statement"))
	require.Contains(t, faults["database, pooler"], "default_query_exec_mode")
	faults, _ = faultsOf(t, pgtest.With(address, "search_path", "elsewhere"))
	require.Contains(t, faults["database"], "take that parameter out of SAMPLEDESK_STORE")
	faults, _ = faultsOf(t, inDatabase(address, "nowhere"))
	require.Contains(t, faults["database"], "see whether the pooler knows the database")
	faults, _ = faultsOf(t, inDatabase(address, "statements"))
	require.Contains(t, faults["database, pooler"], "pool_mode = transaction")
}

func TestThePasswordMayStandInTheEnvironmentOrInAFile(t *testing.T) {
	const address = "postgres://desk@postgres:5432/sampledesk?sslmode=disable"
	file := filepath.Join(t.TempDir(), "pgpass")
	require.NoError(t, os.WriteFile(file, []byte("postgres:5432:sampledesk:desk:hidden\n"), 0o600))
	t.Setenv("PGPASSFILE", file)
	require.Equal(t, "hidden", pgstore.PasswordOf(t, address))
	t.Setenv("PGPASSWORD", "hidden too")
	require.Equal(t, "hidden too", pgstore.PasswordOf(t, address))
}
