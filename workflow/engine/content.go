package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"sampledesk/workflow"
)

// maxContents is how many pieces an application keeps.
const maxContents = 20

// FindContent stores what a creator posted for a sample. Each new piece is announced in the thread, by a message that
// later growth updates; the first completes the application (L11) and its message says so. What was posted before the
// desk knew the application is kept and not announced. It returns how many pieces were new; where nothing changed
// nothing is written.
func (e *Engine) FindContent(ctx context.Context, k workflow.Key, found []workflow.Content, at time.Time) (fresh int, err error) {
	err = e.update(ctx, func(t *txn) (err error) {
		fresh, err = findContent(t, k, found, at)
		return err
	})
	if err != nil && !errors.Is(err, errUnchanged) {
		return 0, fmt.Errorf("storing the content of %s: %w", k, err)
	}
	return fresh, nil
}

func findContent(t *txn, k workflow.Key, found []workflow.Content, at time.Time) (fresh int, err error) {
	a, err := load(t.tx, k)
	if err != nil {
		return 0, err
	}
	if a.State() == workflow.Unseen {
		return 0, errUnchanged
	}
	if a.Erased {
		found = workflow.ErasedContents(found)
	}
	known := a.Contents
	contents, grown, fresh := mergeContents(known, found)
	if len(grown) == 0 {
		return 0, errUnchanged
	}
	was := a
	a.Contents = contents
	if err := errors.Join(t.tx.PutApplication(a), workflow.CountIn(t.tx, was, a)); err != nil {
		return 0, err
	}
	completed := false
	if fresh > 0 {
		if _, completed, err = t.apply(k, workflow.ContentFound{At: at}); err != nil {
			return 0, err
		}
	}
	if !a.ContentIsNews(grown) {
		return fresh, nil
	}
	if fresh > 0 {
		if _, _, err := t.apply(k, workflow.CardRequested{At: at}); err != nil {
			return 0, err
		}
	}
	for _, c := range grown {
		stage := workflow.Stage("")
		if completed && !slices.ContainsFunc(known, func(was workflow.Content) bool { return was.ID == c.ID }) {
			stage, completed = workflow.StageCompleted, false // one of several announces it
		}
		if err := notifyContent(t, k, c, stage, at); err != nil {
			return 0, err
		}
	}
	return fresh, nil
}

// notifyContent has the message about a piece of content posted, or brought up to date. Stage is what it is to announce
// beside, if anything.
func notifyContent(t *txn, k workflow.Key, c workflow.Content, stage workflow.Stage, at time.Time) error {
	n, err := t.tx.Notice(workflow.ContentNotice(k, c.ID))
	if errors.Is(err, workflow.ErrNotFound) {
		n, err = workflow.Notice{ID: workflow.ContentNotice(k, c.ID), Shop: k.Shop, Kind: workflow.KindContent, Application: k.ID}, nil
	}
	if err != nil {
		return err
	}
	n.Content, n.Stage = &c, cmp.Or(n.Stage, stage)
	return t.notify(n, at, workflow.Routine)
}

// mergeContents brings what was found together with what is known, and returns which pieces are new or grew, and how
// many are new. One that no store could keep a message under, or that exceeds maxContents, is left out.
func mergeContents(known, found []workflow.Content) (all, grown []workflow.Content, fresh int) {
	all = slices.Clone(known)
	for _, c := range found {
		i := slices.IndexFunc(all, func(was workflow.Content) bool { return was.ID == c.ID })
		switch {
		case c.ID == "" || c.ID != workflow.Nameable(c.ID) || i < 0 && len(all) >= maxContents:
			continue
		case i < 0:
			all, fresh = append(all, c), fresh+1
		case grew(all[i], c):
			c = updated(all[i], c)
			all[i] = c
		default:
			continue
		}
		grown = slices.DeleteFunc(grown, func(was workflow.Content) bool { return was.ID == c.ID })
		grown = append(grown, c)
	}
	return all, grown, fresh
}

// grew reports whether a piece of content grew noticeably: one order counts, of views and likes a tenth.
func grew(was, now workflow.Content) bool {
	noticeably := func(a, b workflow.OptionalNumber) bool { return b.Shared && (!a.Shared || b.Value >= a.Value*1.1+1) }
	return now.Orders.Shared && (!was.Orders.Shared || now.Orders.Value > was.Orders.Value) ||
		noticeably(was.Views, now.Views) || noticeably(was.Likes, now.Likes) || was.Link == "" && now.Link != ""
}

// updated is a piece as it is now; what TikTok no longer reports stays as it was.
func updated(was, now workflow.Content) workflow.Content {
	for _, f := range []struct{ was, now *workflow.OptionalNumber }{{&was.Views, &now.Views}, {&was.Likes, &now.Likes}, {&was.Orders, &now.Orders}} {
		if !f.now.Shared {
			*f.now = *f.was
		}
	}
	now.Text, now.Link = cmp.Or(now.Text, was.Text), cmp.Or(now.Link, was.Link)
	if now.At.IsZero() {
		now.At = was.At
	}
	return now
}
