package workflow

import "time"

// PostExtension is by how much TikTok may extend a creator's time to post, once, without notice to the seller.
const PostExtension = postExtension

// Obsolete reports whether a message about an application's deadline is no longer relevant by the time it would be
// posted: the application has moved on, or its deadline has; a later step of the same deadline is due; or TikTok's
// deadline is over, and TikTok's own report of it is on its way. So a desk that could not post for a day does not catch
// up with everything that it meant to post.
func (s Payload) Obsolete(a Application, shop Settings, now time.Time) bool {
	c := a.Timer
	if c.Kind != s.Deadline || !c.By.Equal(s.NextDue) {
		return true
	}
	if c.Expired(now) {
		return true
	}
	for _, before := range shop.stepsOf(c.Kind) {
		if before < s.Before && !now.Before(shop.due(before, c.By)) {
			return true
		}
	}
	return false
}

// StillNames reports whether a grouped message still has reason to name an item: the item has not changed in the
// meantime.
func (s Payload) StillNames(a Application, i Item, now time.Time) bool {
	c := a.Timer
	switch {
	case s.Kind == KindDeadline && c.Expired(now):
		return false
	case s.Kind == KindDeadline:
		return c.Kind == s.Deadline && c.By.Equal(i.By)
	case s.News == NewsStuck:
		return a.State() == Shipped
	default:
		return true // it happened
	}
}

// Overdue reports whether a creator's posting deadline has passed and the desk has announced it: the next step, if
// there is one, is the one after TikTok's extension.
func (a Application) Overdue() bool {
	c := a.Timer
	return c.Kind == PostDeadline && (c.Next.IsZero() || !c.Next.Before(c.By.Add(PostExtension)))
}
