package workflow

import (
	"context"
	"time"
)

// DeskID names a running desk. Each start is another.
type DeskID string

// Desk is a running desk, one of those that share a store.
type Desk struct {
	ID      DeskID `json:"id"`
	Host    string `json:"host"`    // the name of its machine
	Version string `json:"version"` // of its program

	// Schema is the number of the layout that its program knows. The store sets it.
	Schema int `json:"schema"`

	StartedAt time.Time `json:"started_at"` // by the store's clock, as is SeenAt
	SeenAt    time.Time `json:"seen_at"`    // its last sign of life
	Did       Did       `json:"did,omitzero"`
}

// Did is what a desk did in the minute before its last sign of life.
type Did struct {
	Clicks     int `json:"clicks,omitempty"`     // what people did in Slack, and it answered
	Deliveries int `json:"deliveries,omitempty"` // effects that it delivered
	Jobs       int `json:"jobs,omitempty"`       // turns that it took at what is done again and again
}

// Signs of life.
const (
	// DeskBeat is how often a desk gives a sign of life.
	DeskBeat = 5 * time.Second

	// DeskGone is how long after its last sign a desk counts as gone.
	DeskGone = time.Minute
)

// Turn is a job that desks do in turn: one at a time, and once per tick.
type Turn struct {
	Name  string    `json:"name"`
	Desk  DeskID    `json:"desk"`           // who has it, or had it last
	Tick  time.Time `json:"tick"`           // that it was taken for last
	Until time.Time `json:"until,omitzero"` // when it lapses; zero: nobody has it
	Done  time.Time `json:"done,omitzero"`  // the latest tick that was done
	Note  string    `json:"note,omitempty"` // what was last noted of it for the other desks
}

// Free reports whether a desk may take the turn for a tick: nobody else has it, and the tick is still to be done.
func (t Turn) Free(desk DeskID, tick, now time.Time) bool {
	return tick.After(t.Done) && (t.Desk == desk || !t.Until.After(now))
}

// Shared is a store that several desks have open at a time. One that a process has to itself needs none of it: what it says
// is then in that process's memory.
type Shared interface {
	Store

	// Changes returns what desks other than this one changed since the cursor, in the order in which it can be seen, some
	// of it together, and the cursor of what it returned. The empty cursor is now. What a cursor of minutes ago would
	// return may be forgotten by then: that counts as one change that names nothing. It is cheap enough for once a second.
	Changes(ctx context.Context, after string) (changes []Change, next string, err error)

	// Take takes a call from the budget of that name, or tells how long to wait for one. A budget fills by a call in each
	// `every`, up to burst. It is one statement on the store's clock, in no transaction.
	Take(ctx context.Context, budget string, every time.Duration, burst int) (wait time.Duration, err error)
	// Spend takes a call from a budget on credit: what comes after it waits the longer.
	Spend(ctx context.Context, budget string, every time.Duration, burst int) error
	// Hold keeps everybody from taking from a budget for a while from now, and never shortens what was asked before.
	Hold(ctx context.Context, budget string, wait time.Duration) error
}

// Change is what another desk changed. Without a shop it is anything.
type Change struct {
	Shop        ShopID
	Application ApplicationID // empty: something else of the shop
}
