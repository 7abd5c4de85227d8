// Package pgstore keeps a desk in a PostgreSQL database, for any number of desks at once, on github.com/jackc/pgx/v5.
//
// What it guarantees. An update is one transaction of the isolation level SERIALIZABLE: whatever several desks do at once
// is as if they had done it one after the other. Where the database finds that it would not be (40001, 40P01), all of the
// update is run again, after a short pause by chance, a bounded number of times. A connection that breaks before the commit
// was sent costs nothing but time. Where it breaks after that, a row that the commit would have written tells what became
// of it; only where the database cannot be asked either does Update return an error that leaves it open (workflow.Uncertain).
//
// What it does not rest on: advisory locks, notifications, prepared statements or anything else that belongs to a session,
// and sequences without gaps. So it works behind pgbouncer that pools transactions. A test reads the statements.
//
// What the database sees. Tokens and secrets are sealed with the desk's key before they come here (affiliate/bridge); all
// else is readable for whoever can read the database. A desk needs a role that owns its tables, and no other right. The
// address holds a password: it is in no error and no log.
//
// How it is fast. What an update writes is gathered and sent with its next read, or with its commit, in one go; BEGIN rides
// with the first read. Numbers that many change at once are differences in rows of their own (counts, figures), which are
// folded later, so that nobody waits for anybody. What changes often is in columns without an index, so that PostgreSQL
// changes it in place, and those who read its neighbours are not disturbed: it sees by the page who rests on what.
//
// Where to look: migrations has the schema; store.go what runs transactions; transaction.go what they read and write; the
// other files are one per topic of workflow.Tx.
package pgstore
