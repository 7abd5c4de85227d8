package pgstore

import (
	"fmt"
	"strings"
	"time"
)

// reach is what the way to the database is called.
const reach = "database"

// Conditions that a connection is refused with.
const (
	wrongPassword  = "28P01"
	notAllowed     = "28000"
	noDatabase     = "3D000"
	noPrivilege    = "42501"
	protocolBroken = "08P01"
)

// unreached is why a database could not be asked. It does not repeat the password, which no error of pgx's holds.
func unreached(name string, err error) Finding {
	f := Finding{What: reach, Found: name + ": " + sentence(err).Error(), Do: "see whether host and port in SAMPLEDESK_STORE are right, the server runs, and nothing on the way forbids it"}
	switch code := codeOf(err); {
	case code == wrongPassword, code == notAllowed:
		f.Do = "set user and password in SAMPLEDESK_STORE to those of a role that may log in from here (pg_hba.conf)"
	case code == noDatabase:
		f.Do = "make the database: CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0"
	case code == tooManyConnections:
		f.Do = "raise max_connections of the server or the role's CONNECTION LIMIT, or give each desk fewer: pool_max_conns in SAMPLEDESK_STORE"
	case code == noPrivilege:
		f.Do = "grant the role CONNECT on the database"
	case code == protocolBroken && strings.Contains(err.Error(), "startup parameter"):
		f.Do = "take that parameter out of SAMPLEDESK_STORE: the pooler does not let it through (for search_path: ALTER ROLE … SET search_path)"
	case code == protocolBroken: // so a pooler says whatever it has to say
		f.Do = "see whether the pooler knows the database and the role, and takes more connections (pgbouncer: [databases], auth_file, max_client_conn)"
	}
	return f
}

// judged tells what was read means for desks.
func (f *examination) judged() Examined {
	all := []Finding{{What: reach, Found: fmt.Sprintf("%s answers, within %s", f.name, f.took.Round(time.Millisecond))}, f.server(), f.writes()}
	if f.reads { // then transactions and rights tell nothing
		return Examined{Findings: append(all, f.clock())}
	}
	all = append(all, f.rights(), f.tables(), f.pooler(), f.serializable(), f.connections(), f.clock())
	good := true
	for _, one := range all {
		good = good && (one.Do == "" || one.What == clocksApart || one.What == connectionsLeft)
	}
	return Examined{Findings: all, Ready: good && f.has >= f.knows, Empty: good && f.has == 0}
}

// What a desk can be opened with all the same.
const (
	clocksApart     = "database, clock"
	connectionsLeft = "database, connections"
)

func (f *examination) server() Finding {
	one := Finding{What: "database, server", Found: fmt.Sprintf("PostgreSQL %s, encoding %s", f.version, f.encoding)}
	switch {
	case f.number < oldestServer:
		one.Do = fmt.Sprintf("upgrade it to PostgreSQL %d or later", oldestServer/10_000)
	case f.encoding != "UTF8":
		one.Do = "make another database: CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0"
	}
	return one
}

func (f *examination) writes() Finding {
	if f.reads {
		return Finding{What: "database, writing", Found: "it only reads: it is a standby, or default_transaction_read_only is set", Do: "let SAMPLEDESK_STORE lead to the primary (several hosts and target_session_attrs=read-write find it), or take the setting back"}
	}
	return Finding{What: "database, writing", Found: "it takes writes"}
}

func (f *examination) rights() Finding {
	const what = "database, role"
	switch {
	case f.schema == "":
		return Finding{What: what, Found: f.role + " has no schema for its tables", Do: "make the schema that search_path names, or set search_path to one that is there"}
	case len(f.lacks) > 0:
		return Finding{What: what, Found: fmt.Sprintf("%s may not read and write %s", f.role, strings.Join(f.lacks, ", ")), Do: "give it the tables: ALTER TABLE … OWNER TO " + f.role}
	case f.has < f.knows && !f.makes:
		return Finding{What: what, Found: fmt.Sprintf("%s may make no tables in the schema %s", f.role, f.schema), Do: fmt.Sprintf("GRANT CREATE ON SCHEMA %s TO %s, or let it own the database", f.schema, f.role)}
	case f.has > 0 && !f.owns:
		return Finding{What: what, Found: f.role + " may read and write all tables and does not own them, so a newer desk could not change them", Do: "ALTER TABLE … OWNER TO " + f.role}
	case f.has > 0:
		return Finding{What: what, Found: f.role + " owns its tables"}
	}
	return Finding{What: what, Found: fmt.Sprintf("%s may make tables in the schema %s", f.role, f.schema)}
}

func (f *examination) tables() Finding {
	const what = "database, schema"
	switch {
	case f.schema == "" || len(f.lacks) > 0:
		return Finding{What: what, Found: "its version cannot be read"}
	case f.has == 0:
		return Finding{What: what, Found: "the tables are not there yet; serve makes them"}
	case f.has < f.knows:
		return Finding{What: what, Found: fmt.Sprintf("version %d; the next serve brings it to %d, and until then nothing more is looked at here", f.has, f.knows)}
	case f.oldest > f.knows:
		return Finding{What: what, Found: newerError{has: f.has, knows: f.knows}.Error(), Do: "put the program of that release, or of a later one, in place of this one"}
	case f.has > f.knows:
		return Finding{What: what, Found: fmt.Sprintf("version %d, of a newer desk, beside which this one (%d) may work", f.has, f.knows)}
	}
	return Finding{What: what, Found: fmt.Sprintf("version %d", f.has)}
}

func (f *examination) pooler() Finding {
	const what = "database, pooler"
	switch {
	case f.transactions != nil:
		return Finding{What: what, Found: "a transaction does not stay one: " + f.transactions.Error(), Do: "have the pooler pool transactions (pgbouncer: pool_mode = transaction) or sessions, and not statements"}
	case !f.pooled:
		return Finding{What: what, Found: "none stands before it"}
	case f.told:
		return Finding{What: what, Found: "one stands before it, and default_query_exec_mode in SAMPLEDESK_STORE wants statements to be prepared, which it may not keep", Do: "take default_query_exec_mode out of SAMPLEDESK_STORE"}
	}
	return Finding{What: what, Found: "one stands before it: nothing is left in a session"}
}

func (f *examination) serializable() Finding {
	const what = "database, isolation"
	switch {
	case f.transactions != nil:
		return Finding{What: what, Found: "not tried, as there are no transactions"}
	case f.isolation != "serializable":
		return Finding{What: what, Found: "transactions are " + f.isolation + " where serializable was asked for", Do: "use an engine that has them: without, two desks can decide the same request"}
	}
	return Finding{What: what, Found: f.isolation}
}

// connections compares what desks take with what others leave them. Behind a pooler it is the pooler that has them.
func (f *examination) connections() Finding {
	if f.pooled {
		return Finding{What: connectionsLeft, Found: fmt.Sprintf("the pooler has %d of the %d that the server takes; each desk makes up to %d to the pooler (pgbouncer: max_client_conn)", f.ours, f.most, f.eachTakes)}
	}
	room, limit := f.most-(f.used-f.ours), "max_connections"
	if f.roleMost >= 0 && f.roleMost < room {
		room, limit = f.roleMost, "the role's CONNECTION LIMIT"
	}
	working := max(f.desks, 1)
	found := fmt.Sprintf("%d for the role %s, by %s; %d desks take up to %d each", room, f.role, limit, working, f.eachTakes)
	if working == 1 {
		found = fmt.Sprintf("%d for the role %s, by %s; a desk takes up to %d", room, f.role, limit, f.eachTakes)
	}
	if room < working*f.eachTakes {
		return Finding{What: connectionsLeft, Found: found, Do: "raise " + limit + ", or give each desk fewer: pool_max_conns in SAMPLEDESK_STORE"}
	}
	return Finding{What: connectionsLeft, Found: found}
}

func (f *examination) clock() Finding {
	apart := f.ahead.Abs()
	if apart <= f.clocks {
		return Finding{What: clocksApart, Found: fmt.Sprintf("within %s of this machine's", max(apart.Round(time.Millisecond), time.Millisecond))}
	}
	way := "ahead of"
	if f.ahead < 0 {
		way = "behind"
	}
	return Finding{What: clocksApart, Found: fmt.Sprintf("%s %s this machine's", apart.Round(time.Second), way), Do: "set both clocks by NTP: people see the times of the desk that took their click"}
}
