package engine

import (
	"cmp"
	"errors"
	"slices"
	"time"

	"sampledesk/workflow"
)

// NoticeShown says what the notice in Slack shows now, and where it is.
type NoticeShown struct {
	At      time.Time
	Channel string
	TS      string
	Hash    string
	Link    string // empty: as before
	Pages   []workflow.NoticePage
}

// NoticeLost says that a notice cannot be updated any more. TS is the message that was tried.
type NoticeLost struct {
	At time.Time
	TS string
}

func (e NoticeShown) record(t *txn, eff workflow.Effect) error {
	n, err := t.tx.Notice(eff.Notice)
	if err != nil {
		return err
	}
	link := cmp.Or(e.Link, n.Link)
	if n.Channel == e.Channel && n.TS == e.TS && n.Hash == e.Hash && n.Link == link && slices.Equal(n.Pages, e.Pages) {
		return nil
	}
	n.Channel, n.TS, n.Hash, n.Link, n.Pages = e.Channel, e.TS, e.Hash, link, e.Pages
	return t.tx.PutNotice(n)
}

func (e NoticeLost) record(t *txn, eff workflow.Effect) error {
	n, err := t.tx.Notice(eff.Notice)
	if err != nil || n.TS != e.TS {
		return err
	}
	n.Lost = true
	return t.tx.PutNotice(n)
}

// notify saves a notice and enqueues its display. One whose message is gone is posted again, as there is something new
// in it.
func (t *txn) notify(n workflow.Notice, at time.Time, p workflow.Priority) error {
	if n.Lost {
		n.Channel, n.TS, n.Hash, n.Link, n.Pages, n.Lost = "", "", "", "", nil, false
	}
	if err := t.tx.PutNotice(n); err != nil {
		return err
	}
	parked := false
	if n.Application != "" {
		a, err := load(t.tx, n.Key())
		if err != nil {
			return err
		}
		parked = !a.Card.Posted()
	}
	return t.enqueue(workflow.Effect{
		Kind: workflow.ShowNotice, Lane: n.Lane(), Priority: p, Shop: n.Shop, Application: n.Application, Notice: n.ID, NotBefore: at, Parked: parked,
	}, at)
}

// renotify repaints a notice, if there is one of that name.
func (t *txn) renotify(id workflow.NoticeID, at time.Time, p workflow.Priority) error {
	if id == "" {
		return nil
	}
	n, err := t.tx.Notice(id)
	if errors.Is(err, workflow.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return t.notify(n, at, p)
}
