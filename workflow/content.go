package workflow

import (
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

// ContentNotice names the message about one piece of content.
func ContentNotice(k Key, id string) NoticeID { return NoticeID("content/" + k.String() + "/" + id) }

// ContentIsNews reports whether content is news to the team: not what a creator posted before the desk knew their
// application (a shop that was just connected has a lot of that), unless it has a card.
func (a Application) ContentIsNews(found []Content) bool {
	if a.Card.Wanted {
		return true
	}
	return !a.Backfilled() && slices.ContainsFunc(found, func(c Content) bool { return c.At.IsZero() || !c.At.Before(a.SeenAt) })
}

// ContentFound says that the creator posted.
type ContentFound struct {
	byNobody
	At time.Time
}

// Kind returns OnContentFound.
func (ContentFound) Kind() EventKind { return OnContentFound }

// apply completes the application. The message about the content announces it.
func (e ContentFound) apply(a Application) (Next, error) {
	a.ContentAt, a.ChangedAt = e.At, e.At
	return changed(a, e.At, Routine).repaint(e.At), nil
}
