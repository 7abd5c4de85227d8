package bridge

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"time"

	"sampledesk/workflow"
)

// Where desks share a store, the browser may come back to another process than the one in which somebody waits for it. They
// meet at a mark in the store: whoever waits puts it there, and whoever takes the consent writes on it what came of it.

// consentMark is what is written there. An empty one says that somebody waits.
type consentMark struct {
	Came       bool       `json:"came,omitempty"`
	ID         string     `json:"id,omitempty"` // of the authorisation
	Connection Connection `json:"connection"`   // without what is on record
	Refused    string     `json:"refused,omitempty"`
	Failed     string     `json:"failed,omitempty"`
}

// consentPause is how often it is looked whether another desk took a consent.
const consentPause = time.Second

func consentMarkOf(stateHash []byte) string { return "consent " + hex.EncodeToString(stateHash) }

// keepMark writes on the mark of a consent.
func (b *Bridge) keepMark(ctx context.Context, hash []byte, m consentMark) error {
	text, err := json.Marshal(m)
	if err != nil {
		return err
	}
	return b.store.Update(ctx, func(tx workflow.Tx) error { return tx.PutMark(consentMarkOf(hash), string(text)) })
}

// markOf reads the mark of a consent. Found tells whether somebody waits there, or did.
func (b *Bridge) markOf(ctx context.Context, hash []byte) (m consentMark, found bool, err error) {
	text, err := read(ctx, b.store, "a consent", func(tx workflow.Tx) (string, error) { return tx.Mark(consentMarkOf(hash)) })
	if errors.Is(err, workflow.ErrNotFound) || err == nil && text == "" {
		return m, false, nil
	}
	if err != nil {
		return m, false, err
	}
	return m, true, json.Unmarshal([]byte(text), &m)
}

// awaitElsewhere waits until another desk took a consent, and hands on what came of it. It returns when ctx ends.
func (b *Bridge) awaitElsewhere(ctx context.Context, hash []byte, came chan<- awaited) {
	if err := b.keepMark(ctx, hash, consentMark{}); err != nil {
		b.log.WarnContext(ctx, "could not note that a consent may come back to another desk", "error", err)
		return
	}
	defer func() { // it works once
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), exchangeTime)
		defer cancel()
		_ = b.store.Update(ctx, func(tx workflow.Tx) error { return tx.PutMark(consentMarkOf(hash), "") })
	}()
	tick := time.NewTicker(consentPause)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		m, _, err := b.markOf(ctx, hash)
		if err != nil || !m.Came {
			continue // the next look may find it
		}
		a := awaited{connection: m.Connection}
		switch {
		case m.Refused != "":
			a.err = ConsentError{m.Refused}
		case m.Failed != "":
			a.err = errors.New(m.Failed)
		default:
			a.connection, a.err = b.connection(ctx, m.ID, m.Connection)
		}
		select {
		case came <- a:
		default:
		}
		return
	}
}

// arrivedElsewhere tells whoever waits for a consent in another process what came of it.
func (b *Bridge) arrivedElsewhere(state string, c Connection, err error) {
	if _, shared := b.store.(workflow.Shared); !shared || state == "" {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), exchangeTime)
	defer cancel()
	hash := stateHash(state)
	m, found, readErr := b.markOf(ctx, hash)
	if readErr != nil || !found || m.Came {
		return
	}
	m = consentMark{Came: true, ID: c.Authorisation.OpenID, Connection: Connection{App: c.App, By: c.By, Asked: c.Asked}}
	if refused, ok := errors.AsType[ConsentError](err); ok {
		m.Refused = refused.Says
	} else if err != nil {
		m.Failed = err.Error()
	}
	if err := b.keepMark(ctx, hash, m); err != nil {
		b.log.WarnContext(ctx, "could not tell another desk what came of a consent", "error", err)
	}
}
