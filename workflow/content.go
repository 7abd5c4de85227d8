package workflow

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Content is a video or a LIVE that a creator posted for a sample.
type Content struct {
	ID     string    `json:"id"`
	Format string    `json:"format"` // VIDEO or LIVE
	Text   string    `json:"text,omitempty"`
	Link   string    `json:"link,omitempty"`
	At     time.Time `json:"at,omitzero"`
	Views  Figure    `json:"views,omitzero"`
	Likes  Figure    `json:"likes,omitzero"`
	Orders Figure    `json:"orders,omitzero"` // paid
}

// maxContents is how many pieces an application keeps.
const maxContents = 20

// ContentNotice names the message that tells of one piece of content.
func ContentNotice(k Key, id string) NoticeID { return NoticeID("content/" + k.String() + "/" + id) }

// FindContent takes over what a creator posted for a sample. Each new piece is told in the thread, by a message that
// later growth updates; the first completes the application (L11). What was posted before the desk knew of the
// application is kept and told nobody. It returns how many pieces were new; where there is no news nothing is written.
func (e *Engine) FindContent(ctx context.Context, k Key, found []Content, at time.Time) (fresh int, err error) {
	err = e.update(ctx, func(t *turn) (err error) {
		fresh, err = t.findContent(k, found, at)
		return err
	})
	if err != nil && !errors.Is(err, errUnchanged) {
		return 0, fmt.Errorf("taking over the content of %s: %w", k, err)
	}
	return fresh, nil
}

func (t *turn) findContent(k Key, found []Content, at time.Time) (fresh int, err error) {
	a, err := load(t.tx, k)
	if err != nil {
		return 0, err
	}
	if a.State() == Unseen {
		return 0, errUnchanged
	}
	var grown []Content
	for _, c := range found {
		i := slices.IndexFunc(a.Contents, func(known Content) bool { return known.ID == c.ID })
		switch {
		case c.ID == "" || i < 0 && len(a.Contents) >= maxContents:
		case i < 0:
			a.Contents = append(slices.Clone(a.Contents), c)
			grown = append(grown, c)
			fresh++
		case grew(a.Contents[i], c):
			a.Contents = slices.Clone(a.Contents)
			a.Contents[i] = c
			grown = append(grown, c)
		}
	}
	if len(grown) == 0 {
		return 0, errUnchanged
	}
	if err := t.tx.PutApplication(a); err != nil {
		return 0, err
	}
	if fresh > 0 {
		if _, _, err := t.apply(k, ContentFound{At: at}); err != nil {
			return 0, err
		}
	}
	if !a.tells(grown) {
		return fresh, nil
	}
	if fresh > 0 {
		if _, _, err := t.apply(k, CardCalledFor{At: at}); err != nil {
			return 0, err
		}
	}
	for _, c := range grown {
		c := c
		n, err := t.tx.Notice(ContentNotice(k, c.ID))
		if err != nil {
			n = Notice{ID: ContentNotice(k, c.ID), Shop: k.Shop, Kind: SayContent, Application: k.ID}
		}
		n.Content = &c
		if err := t.notify(n, at, Routine); err != nil {
			return 0, err
		}
	}
	return fresh, nil
}

// tells tells whether content is news to the team: not what a creator posted before the desk knew of her application,
// as a shop that was just connected has a great deal of that, unless it has a card.
func (a Application) tells(found []Content) bool {
	if a.Card.Wanted {
		return true
	}
	return !a.Past() && slices.ContainsFunc(found, func(c Content) bool { return c.At.IsZero() || !c.At.Before(a.SeenAt) })
}

// grew tells whether a piece of content did so noticeably: one order counts, of views and likes a tenth.
func grew(was, now Content) bool {
	noticeably := func(a, b Figure) bool { return b.Shared && (!a.Shared || b.Value >= a.Value*1.1+1) }
	return now.Orders.Shared && now.Orders.Value > was.Orders.Value || noticeably(was.Views, now.Views) ||
		noticeably(was.Likes, now.Likes) || now.Link != was.Link && now.Link != ""
}
