package workflow

import "time"

// PostExtension is by how much TikTok may extend a creator's time to post, once, without telling the seller.
const PostExtension = postExtension

// Moot tells whether what a saying about an application's deadline calls for is no longer wanted by the time it would be
// said: the application has moved on, or its deadline has; a later step of the same deadline has come; or TikTok's
// deadline is over, and TikTok's own word on it is on its way. So a desk that could not speak for a day does not catch up
// with everything that it wanted to say.
func (s Saying) Moot(a Application, shop Settings, now time.Time) bool {
	c := a.Clock
	if c.Kind != s.Deadline || !c.By.Equal(s.NextDue) {
		return true
	}
	if c.over(now) {
		return true
	}
	for _, before := range shop.stepsOf(c.Kind) {
		if before < s.Before && !now.Before(shop.due(before, c.By)) {
			return true
		}
	}
	return false
}

// Names tells whether a grouped message still has reason to name an item: what it tells of has not changed meanwhile.
func (s Saying) Names(a Application, i Item, now time.Time) bool {
	c := a.Clock
	switch {
	case s.Kind == SayDeadline && c.over(now):
		return false
	case s.Kind == SayDeadline:
		return c.Kind == s.Deadline && c.By.Equal(i.By)
	case s.News == NewsStuck:
		return a.State() == Shipped
	default:
		return true // it happened
	}
}

// Overdue tells whether a creator's time to post is over, as far as the desk has told it: the step that is next, if there
// is one, is the one after TikTok's extension.
func (a Application) Overdue() bool {
	c := a.Clock
	return c.Kind == PostDeadline && (c.Next.IsZero() || !c.Next.Before(c.By.Add(PostExtension)))
}
