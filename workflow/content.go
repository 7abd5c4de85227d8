package workflow

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Content is a video or a LIVE that a creator posted for a sample.
type Content struct {
	ID     string         `json:"id"`
	Format string         `json:"format"` // VIDEO or LIVE
	Text   string         `json:"text,omitempty"`
	Link   string         `json:"link,omitempty"`
	At     time.Time      `json:"at,omitzero"`
	Views  OptionalNumber `json:"views,omitzero"`
	Likes  OptionalNumber `json:"likes,omitzero"`
	Orders OptionalNumber `json:"orders,omitzero"` // paid
}

// maxContents is how many pieces an application keeps.
const maxContents = 20

// ContentNotice names the message about one piece of content.
func ContentNotice(k Key, id string) NoticeID { return NoticeID("content/" + k.String() + "/" + id) }

// FindContent stores what a creator posted for a sample. Each new piece is announced in the thread, by a message that
// later growth updates; the first completes the application (L11) and its message says so. What was posted before the desk knew the application
// is kept and not announced. It returns how many pieces were new; where nothing changed nothing is written.
func (e *Engine) FindContent(ctx context.Context, k Key, found []Content, at time.Time) (fresh int, err error) {
	err = e.update(ctx, func(t *txn) (err error) {
		fresh, err = t.findContent(k, found, at)
		return err
	})
	if err != nil && !errors.Is(err, errUnchanged) {
		return 0, fmt.Errorf("storing the content of %s: %w", k, err)
	}
	return fresh, nil
}

func (t *txn) findContent(k Key, found []Content, at time.Time) (fresh int, err error) {
	a, err := load(t.tx, k)
	if err != nil {
		return 0, err
	}
	if a.State() == Unseen {
		return 0, errUnchanged
	}
	known := a.Contents
	contents, grown, fresh := mergeContents(known, found)
	if len(grown) == 0 {
		return 0, errUnchanged
	}
	a.Contents = contents
	if err := t.tx.PutApplication(a); err != nil {
		return 0, err
	}
	completed := false
	if fresh > 0 {
		if _, completed, err = t.apply(k, ContentFound{At: at}); err != nil {
			return 0, err
		}
	}
	if !a.isNews(grown) {
		return fresh, nil
	}
	if fresh > 0 {
		if _, _, err := t.apply(k, CardRequested{At: at}); err != nil {
			return 0, err
		}
	}
	for _, c := range grown {
		stage := Stage("")
		if completed && !slices.ContainsFunc(known, func(was Content) bool { return was.ID == c.ID }) {
			stage, completed = StageCompleted, false // one of several announces it
		}
		if err := t.notifyContent(k, c, stage, at); err != nil {
			return 0, err
		}
	}
	return fresh, nil
}

// notifyContent has the message about a piece of content posted, or brought up to date. Stage is what it is to announce
// beside, if anything.
func (t *txn) notifyContent(k Key, c Content, stage Stage, at time.Time) error {
	n, err := t.tx.Notice(ContentNotice(k, c.ID))
	if errors.Is(err, ErrNotFound) {
		n, err = Notice{ID: ContentNotice(k, c.ID), Shop: k.Shop, Kind: KindContent, Application: k.ID}, nil
	}
	if err != nil {
		return err
	}
	n.Content, n.Stage = &c, cmp.Or(n.Stage, stage)
	return t.notify(n, at, Routine)
}

// isNews reports whether content is news to the team: not what a creator posted before the desk knew their application
// (a shop that was just connected has a lot of that), unless it has a card.
func (a Application) isNews(found []Content) bool {
	if a.Card.Wanted {
		return true
	}
	return !a.Backfilled() && slices.ContainsFunc(found, func(c Content) bool { return c.At.IsZero() || !c.At.Before(a.SeenAt) })
}

// mergeContents brings what was found together with what is known, and returns which pieces are new or grew, and how
// many are new. One that no store could keep a message under, or that exceeds maxContents, is left out.
func mergeContents(known, found []Content) (all, grown []Content, fresh int) {
	all = slices.Clone(known)
	for _, c := range found {
		i := slices.IndexFunc(all, func(was Content) bool { return was.ID == c.ID })
		switch {
		case c.ID == "" || c.ID != nameable(c.ID) || i < 0 && len(all) >= maxContents:
			continue
		case i < 0:
			all, fresh = append(all, c), fresh+1
		case grew(all[i], c):
			c = updated(all[i], c)
			all[i] = c
		default:
			continue
		}
		grown = slices.DeleteFunc(grown, func(was Content) bool { return was.ID == c.ID })
		grown = append(grown, c)
	}
	return all, grown, fresh
}

// grew reports whether a piece of content grew noticeably: one order counts, of views and likes a tenth.
func grew(was, now Content) bool {
	noticeably := func(a, b OptionalNumber) bool { return b.Shared && (!a.Shared || b.Value >= a.Value*1.1+1) }
	return now.Orders.Shared && (!was.Orders.Shared || now.Orders.Value > was.Orders.Value) ||
		noticeably(was.Views, now.Views) || noticeably(was.Likes, now.Likes) || was.Link == "" && now.Link != ""
}

// updated is a piece as it is now; what TikTok no longer reports stays as it was.
func updated(was, now Content) Content {
	for _, f := range []struct{ was, now *OptionalNumber }{{&was.Views, &now.Views}, {&was.Likes, &now.Likes}, {&was.Orders, &now.Orders}} {
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
