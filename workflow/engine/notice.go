package engine

import (
	"errors"
	"slices"
	"time"

	"sampledesk/workflow"
)

// happened records what a delivery brought: of a notice with the notice, and anything else with the application.
func (t *txn) happened(eff workflow.Effect, ev workflow.Event) error {
	if eff.Kind == workflow.ShowNotice {
		switch e := ev.(type) {
		case workflow.PostShown:
			return noticeShown(t.tx, eff.Notice, e)
		case workflow.PostLost:
			n, err := t.tx.Notice(eff.Notice)
			if err != nil {
				return err
			}
			if n.TS == e.TS {
				n.Lost = true
				return t.tx.PutNotice(n)
			}
			if n.Application == "" {
				return nil // another message was lost
			}
		}
	}
	_, _, err := t.apply(eff.Key(), ev)
	return err
}

func noticeShown(tx workflow.Tx, id workflow.NoticeID, e workflow.PostShown) error {
	n, err := tx.Notice(id)
	if err != nil {
		return err
	}
	was := n.Post
	if n.Post = was.Shown(e); n.Post == was && slices.Equal(n.Pages, e.Pages) {
		return nil
	}
	n.Pages = e.Pages
	return tx.PutNotice(n)
}

// notify saves a notice and enqueues its display. One whose message is gone is posted again, as there is something new
// in it.
func (t *txn) notify(n workflow.Notice, at time.Time, p workflow.Priority) error {
	if n.Lost {
		n.Post, n.Pages = workflow.Post{}, nil
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
