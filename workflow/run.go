package workflow

import (
	"time"
)

// RunKind says what a run does.
type RunKind string

// The kinds of runs.
const (
	RunDecisions RunKind = "decisions" // many applications approved or rejected together
	RunImport    RunKind = "import"    // the creators and products of a target collaboration, into a campaign
)

// MaxRun is how many applications one run of decisions takes: as many as a Slack menu can show chosen.
const MaxRun = 100

// Run is something long that a person started: it survives a crash, and shows how far it got.
type Run struct {
	ID     RunID     `json:"id"` // made from the action that began it, so that a second delivery of it finds its run
	Kind   RunKind   `json:"kind"`
	Shop   ShopID    `json:"shop"`
	By     PersonID  `json:"by"`
	At     time.Time `json:"at"`
	EndsAt time.Time `json:"ended_at,omitzero"` // zero while it is under way

	Verdict Verdict   `json:"verdict,omitempty"` // of RunDecisions
	Reason  Reason    `json:"reason,omitempty"`
	Items   []RunItem `json:"items,omitempty"`
	UndoKey string    `json:"stopped,omitempty"` // the dedup key of the action that undid what was not sent

	Collaboration string     `json:"collaboration,omitempty"` // of RunImport: the target collaboration's id
	Campaign      CampaignID `json:"campaign,omitempty"`      // the one that was made or filled
	Name          string     `json:"name,omitempty"`          // the campaign's
	Added         int        `json:"added,omitempty"`         // creators who were new to it
	Existing      int        `json:"there,omitempty"`         // creators who were members already
	Products      int        `json:"products,omitempty"`      // products that were new to it
	Failure       Failure    `json:"cause,omitzero"`          // what it waits for, or why it failed
	Failed        bool       `json:"failed,omitempty"`
}

// RunItem is one application of a run, and what became of its decision.
type RunItem struct {
	Key     Key       `json:"key"`
	Creator Creator   `json:"creator"`
	Product string    `json:"product,omitempty"`
	Review  EffectID  `json:"review,omitempty"`
	State   ItemState `json:"state"`
	Rule    Rule      `json:"rule,omitempty"`  // why the desk refused it
	By      PersonID  `json:"by,omitempty"`    // who was first, or undid it
	Failure Failure   `json:"cause,omitzero"`  // why TikTok refused it, or what it waits for
	Stage   Stage     `json:"stage,omitempty"` // where it was moved by somebody else
	Link    string    `json:"link,omitempty"`  // of its card
}

// ItemState says what became of one decision of a run.
type ItemState string

// The states of a run's items.
const (
	ItemWaiting   ItemState = "waiting"   // decided, and on its way
	ItemConfirmed ItemState = "confirmed" // TikTok took it
	ItemRefused   ItemState = "refused"   // TikTok refused it: back in review
	ItemDeclined  ItemState = "declined"  // the desk did: somebody was first, or it could not be decided
	ItemUndone    ItemState = "undone"
	ItemElsewhere ItemState = "elsewhere" // it was changed at TikTok before the decision arrived
)

// Count returns how many of the run's items are in that state.
func (r Run) Count(s ItemState) (n int) {
	for _, i := range r.Items {
		if i.State == s {
			n++
		}
	}
	return n
}

// Ended reports whether nothing of the run is under way any more.
func (r Run) Ended() bool { return !r.EndsAt.IsZero() }

// Bulk is what a person wants to decide together: applications of one shop, each in the round that the person was
// shown.
type Bulk struct {
	Actor
	At      time.Time
	Shop    ShopID
	Verdict Verdict
	Reason  Reason
	Targets []Target
	Undo    time.Duration
}

// Target is an application in the round in which a person was shown it.
type Target struct {
	Key   Key `json:"key"`
	Round int `json:"round"`
}

// End closes a run of decisions when nothing of it waits any more.
func (r *Run) End(at time.Time) {
	if r.Count(ItemWaiting) == 0 && r.EndsAt.IsZero() {
		r.EndsAt = at
	}
}

// Import fills a campaign from a target collaboration of TikTok's.
type Import struct {
	Actor
	At            time.Time
	Shop          ShopID
	Collaboration string // its id
}
