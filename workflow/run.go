package workflow

import (
	"fmt"
	"time"
)

// RunKind says what a run does.
type RunKind string

// The kinds of runs.
const (
	RunDecisions RunKind = "decisions" // many applications approved or rejected together
	RunJoins     RunKind = "joins"     // many applications added to a campaign together
	RunImport    RunKind = "import"    // the creators and products of a target collaboration, into a campaign

	RunPlan RunKind = "plan" // what a person is about to begin, in parts; each person has one at the most
	RunPart RunKind = "part" // the items of a part of a run, or of a plan

	RunRules RunKind = "rules" // a shop's pending requests, evaluated anew since its rules changed; it has no message
)

// MaxRun is how many applications a run takes at once: as many as a Slack menu can show chosen. One that is begun by a
// plan is kept in parts of that size, and decided part by part; MaxPlan is how many it takes.
const (
	MaxRun  = 100
	MaxPlan = 20_000
)

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

	// A run in parts: its items are in runs of the kind RunPart, which their decisions name.
	Of      RunID             `json:"of,omitempty"`     // of a part: the run
	Parts   int               `json:"parts,omitempty"`  // how many
	Begun   int               `json:"begun,omitempty"`  // how many of them were gone through
	Tally   map[ItemState]int `json:"tally,omitempty"`  // of the items of all parts
	Undo    time.Duration     `json:"undo,omitempty"`   // the undo window of each decision
	Token   string            `json:"token,omitempty"`  // of a plan: tells it from the one before
	Undoing Actor             `json:"undoing,omitzero"` // who undoes what was not sent

	Suggested bool   `json:"suggested,omitempty"` // of RunDecisions: what is no longer proposed, or over a cap, is declined
	Cursor    string `json:"cursor,omitempty"`    // of RunRules: behind which it goes on
	Unwound   int    `json:"unwound,omitempty"`   // in how many parts that was done

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
	Round   int       `json:"round,omitempty"`  // while planned: in which it was shown
	Reason  Reason    `json:"reason,omitempty"` // of what rules suggested to reject: each has its own
	Creator Creator   `json:"creator,omitzero"`
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
	ItemPlanned   ItemState = "planned"   // its part comes later
	ItemWaiting   ItemState = "waiting"   // decided, and on its way
	ItemConfirmed ItemState = "confirmed" // TikTok took it
	ItemRefused   ItemState = "refused"   // TikTok refused it: back in review
	ItemDeclined  ItemState = "declined"  // the desk did: somebody was first, or it could not be decided
	ItemUndone    ItemState = "undone"
	ItemElsewhere ItemState = "elsewhere" // it was changed at TikTok before the decision arrived
	ItemAdded     ItemState = "added"     // of RunJoins: to the campaign
	ItemAsked     ItemState = "asked"     // the approval needs another person's, and was asked for
)

// Part names a part of the run, counted from 0.
func (r Run) Part(n int) RunID { return RunID(fmt.Sprintf("%s part %d", r.ID, n)) }

// PlanOf names a person's plan.
func PlanOf(p PersonID) RunID { return RunID("plan " + p) }

// Size is how many items the run has.
func (r Run) Size() (n int) {
	if r.Parts == 0 {
		return len(r.Items)
	}
	for _, each := range r.Tally {
		n += each
	}
	return n
}

// Moved records in the run that one item of its parts has come from one state to another.
func (r *Run) Moved(from, to ItemState) {
	if from == to {
		return
	}
	if r.Tally[from]--; r.Tally[from] == 0 {
		delete(r.Tally, from)
	}
	r.Tally[to]++
}

// Count returns how many of the run's items are in that state.
func (r Run) Count(s ItemState) (n int) {
	if r.Parts > 0 {
		return r.Tally[s]
	}
	for _, i := range r.Items {
		if i.State == s {
			n++
		}
	}
	return n
}

// Ended reports whether nothing of the run is under way any more.
func (r Run) Ended() bool { return !r.EndsAt.IsZero() }

// Bulk is what a person wants to do together with applications of one shop, each in the round that the person was
// shown: decide them or, where it names a campaign, add them to it.
type Bulk struct {
	Actor
	At      time.Time
	Shop    ShopID
	Verdict Verdict
	Reason  Reason
	Targets []Target
	Plan    string // the token of the plan that has the targets, in place of Targets
	Undo    time.Duration

	// Suggested takes only what rules still propose so by then, and what is over no cap: the others are declined, each with
	// its Rule.
	Suggested bool

	Campaign CampaignID
	NewName  string // of a campaign that is to be made
}

// Joins reports whether it adds to a campaign.
func (b Bulk) Joins() bool { return b.Campaign != "" || b.NewName != "" }

// Plan is what a person is about to do with more applications than a dialog carries.
type Plan struct {
	Person  PersonID
	Shop    ShopID
	At      time.Time
	Token   string
	Targets []Target
}

// Target is an application in the round in which a person was shown it.
type Target struct {
	Key    Key    `json:"key"`
	Round  int    `json:"round"`
	Reason Reason `json:"reason,omitempty"` // of what rules suggest to reject: for which they were shown that it will be
}

// End closes a run of decisions when nothing of it waits any more.
func (r *Run) End(at time.Time) {
	if r.Count(ItemWaiting)+r.Count(ItemPlanned) == 0 && r.EndsAt.IsZero() {
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
