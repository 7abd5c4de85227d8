package workflow

import "context"

// Past is how far the applications from before the desk were learned, for what is known of creators. They bring no card
// and no message.
type Past struct {
	Done   int    `json:"done,omitempty"`   // how many of PastStatuses were read to their end
	Cursor string `json:"cursor,omitempty"` // TikTok's page in the next of them; empty: its first
}

// PastStatuses are those that no sweep pages through, in the order in which they are learned.
var PastStatuses = []Status{
	StatusCompleted, StatusOpsCompleted, StatusUnfulfilCancelled, StatusRejectCancelled, StatusWithdrawn,
	StatusOverdueCancelled, StatusNotShipCancelled, StatusUnfulfillable, StatusCollabDeleted, StatusOpsCancelled,
	StatusOpsFailed,
}

// Ended tells whether all of the past is known.
func (p Past) Ended() bool { return p.Done >= len(PastStatuses) }

// Learn puts on record how far a shop's past was learned.
func (e *Engine) Learn(ctx context.Context, shop ShopID, p Past) error {
	return e.changeShop(ctx, shop, func(_ *turn, s *Shop) (bool, error) {
		was := s.Past
		s.Past = p
		return was != p, nil
	})
}

// Past tells whether the application was over when the desk first met it: it is known for the sake of its creator, and
// nobody here had to do with it.
func (a Application) Past() bool {
	return a.State() != Unseen && !a.State().Live() && a.ChangedAt.Equal(a.SeenAt)
}
