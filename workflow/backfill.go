package workflow

// Backfill is how far the applications from before the desk were read, for what is known of creators. They bring no
// card and no message.
type Backfill struct {
	Done   int    `json:"done,omitempty"`   // how many of BackfillStatuses were read to their end
	Cursor string `json:"cursor,omitempty"` // TikTok's page token in the next of them; empty: its first
}

// BackfillStatuses are those that no sweep pages through, in the order in which they are read.
var BackfillStatuses = []Status{
	StatusCompleted, StatusOpsCompleted, StatusUnfulfilCancelled, StatusRejectCancelled, StatusWithdrawn,
	StatusOverdueCancelled, StatusNotShipCancelled, StatusUnfulfillable, StatusCollabDeleted, StatusOpsCancelled,
	StatusOpsFailed,
}

// Ended reports whether the backfill is complete.
func (p Backfill) Ended() bool { return p.Done >= len(BackfillStatuses) }

// Backfilled reports whether the application had ended when the desk first saw it: it is known for its creator's record
// only, and nobody here handled it.
func (a Application) Backfilled() bool {
	return a.State() != Unseen && !a.State().Live() && a.ChangedAt.Equal(a.SeenAt)
}
