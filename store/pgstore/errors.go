package pgstore

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

var (
	errReadOnly = errors.New("views only read")
	errClosed   = errors.New("the store is closed")

	// errDamaged tells that parts of the database contradict each other.
	errDamaged = errors.New("the store contradicts itself")
)

// takenError ends an update that put an effect of an id that is there already, which it had no reason to expect.
type takenError struct{ id string }

func (e takenError) Error() string { return fmt.Sprintf("effect %q is there already", e.id) }

// unsentError ends an exchange that never began: whatever it was to carry, nothing of it was kept.
type unsentError struct{ error }

func (e unsentError) Unwrap() error { return e.error }

// The conditions of PostgreSQL that are told apart here.
const (
	serializationFailure = "40001"
	deadlockDetected     = "40P01"
	uniqueViolation      = "23505"
	readOnlyTransaction  = "25006"
	lockNotAvailable     = "55P03"
	tooManyConnections   = "53300"
	diskFull             = "53100"
	idleInTransaction    = "25P03"
	undefinedTable       = "42P01"
	staleStatement       = "0A000" // "cached plan must not change result type": the schema was migrated meanwhile
	goneStatement        = "26000" // a prepared statement that the session does not have
)

// codeOf returns the condition that the database told, empty if it is none of the database's.
func codeOf(err error) string {
	if told, ok := errors.AsType[*pgconn.PgError](err); ok {
		return told.Code
	}
	return ""
}

// outcome is what an error means for the transaction in which it came.
type outcome int

const (
	final     outcome = iota // the same would come again
	conflict                 // others were in the way: again, at once
	collision                // somebody took the name: again, to see them
	broken                   // the database, or the way to it, failed: again, after a while
)

// meaning tells what an error of the database, or of the way to it, means. Whatever ended a transaction before its commit
// was sent has left nothing behind.
func meaning(err error) outcome {
	switch code := codeOf(err); {
	case err == nil:
		return final
	case code == serializationFailure, code == deadlockDetected, code == lockNotAvailable, code == staleStatement, code == goneStatement:
		return conflict
	case code == uniqueViolation:
		return collision
	case code == readOnlyTransaction, code == tooManyConnections, code == idleInTransaction:
		return broken
	case strings.HasPrefix(code, "08"), strings.HasPrefix(code, "57P"): // connections; shutting down, starting
		return broken
	case code != "":
		return final
	case errors.Is(err, errSilent), isConnect(err): // whose own time-out is no end of the caller's patience
		return broken
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return final
	case isNetwork(err):
		return broken
	}
	return final
}

// isConnect tells whether an error is that no connection was made.
func isConnect(err error) bool {
	_, connecting := errors.AsType[*pgconn.ConnectError](err)
	_, shut := errors.AsType[shutError](err)
	return connecting || shut
}

// isNetwork tells whether an error is one of the way to the database.
func isNetwork(err error) bool {
	if _, ok := errors.AsType[net.Error](err); ok {
		return true
	}
	return pgconn.SafeToRetry(err) || errors.Is(err, net.ErrClosed) || errors.Is(err, pgconn.ErrConnClosed) || brokenOff(err)
}

// brokenOff tells whether a connection ended in the middle: pgconn wraps what it met in an error without a type.
func brokenOff(err error) bool {
	text := err.Error()
	return strings.Contains(text, "unexpected EOF") || strings.Contains(text, "conn closed") || strings.Contains(text, "connection reset") ||
		strings.Contains(text, "broken pipe") || strings.Contains(text, "conn busy")
}

// sentence says for the operator what is wrong with the database, as far as it is one of the known troubles.
func sentence(err error) error {
	switch code := codeOf(err); {
	case code == readOnlyTransaction:
		return fmt.Errorf("the database only reads: it is a standby, or was set so: %w", err)
	case code == tooManyConnections:
		return fmt.Errorf("the database has no connection left; raise its max_connections or give the desks fewer (pool_max_conns in SAMPLEDESK_STORE): %w", err)
	case code == diskFull:
		return fmt.Errorf("nothing was kept since the database's disk is full: %w", err)
	case code == undefinedTable:
		return fmt.Errorf("the database lacks a table of the desk's: %w", err)
	case meaning(err) == broken:
		return fmt.Errorf("the database does not answer: %w", err)
	}
	return err
}
