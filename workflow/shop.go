package workflow

import (
	"slices"
	"time"
)

// Shop is a TikTok shop that the desk serves.
type Shop struct {
	ID              ShopID    `json:"id"`
	Name            string    `json:"name,omitempty"`
	Region          string    `json:"region,omitempty"`
	Cipher          string    `json:"cipher"`  // the shop_cipher of every call
	OpenID          string    `json:"open_id"` // the authorisation whose tokens it uses
	SeenAt          time.Time `json:"seen_at"`
	Disconnected    time.Time `json:"disconnected,omitzero"` // since when the desk does not serve it any more; what is known stays
	InitialSyncDone bool      `json:"met,omitempty"`         // its first sweep came to an end
	SyncStopped     Failure   `json:"stopped,omitzero"`      // why TikTok answers nothing for the shop; zero while it does
	ReviewsStopped  Failure   `json:"barred,omitzero"`       // why TikTok accepts no decision of the shop; zero while it does

	// Unreadable are the requests that TikTok lists and the desk cannot read, as far as they were announced.
	Unreadable []string `json:"unreadable,omitempty"`

	Undelivered time.Time `json:"undelivered,omitzero"` // when its admins were last told that Slack did not take a message

	Settings Settings `json:"settings,omitzero"`

	// Of the webhook in the settings: the secret that signs what is sent there, sealed; since when there is one, so that
	// what waited for an address that was removed is not sent to the next; and when admins were last told that it failed.
	WebhookSecret []byte    `json:"webhook_secret,omitempty"`
	WebhookSince  time.Time `json:"webhook_since,omitzero"`
	WebhookFailed time.Time `json:"webhook_failed,omitzero"`

	LastTurn PersonID `json:"last_turn,omitempty"` // the reviewer to whom the last request was offered in turn

	// Of the timers: up to which version of the settings they are set, and, while that goes on, up to which
	// application; how many grouped messages were opened, and the latest of each kind; what is gathered of shipments
	// for a sweep's end; the days of the last morning message and of the last weekly report; and the latest message of a
	// day and those of steps.
	TimersVersion    int              `json:"armed,omitempty"` // a version of the settings, plus one
	TimersCursor     string           `json:"armed_to,omitempty"`
	GroupCount       int              `json:"groups,omitempty"`
	GroupedMessages  []GroupedMessage `json:"grouped,omitempty"`
	Gathered         []Gathered       `json:"gathered,omitempty"`
	LastMorning      string           `json:"morning,omitempty"`
	Digest           Digest           `json:"digest,omitzero"`
	StepNotices      []NoticeID       `json:"steps,omitempty"` // the latest, newest first; they are edited as their items are handled
	LastWeeklyReport string           `json:"reported,omitempty"`

	Retention Retention `json:"retention,omitzero"` // how far what is kept long enough was erased

	// Erasures are those that were begun and did not come to their end. Each is in one shop's record, whichever shops it
	// is about.
	Erasures []BegunErasure `json:"erasures,omitempty"`

	BackupFailed time.Time `json:"backup_failed,omitzero"` // since when the nightly backups fail, as its admins were told

	Backfill      Backfill  `json:"past,omitzero"`  // how far the applications from before the desk were read
	MessagesSince time.Time `json:"heard,omitzero"` // since when creators' messages are posted; older ones are not
}

// StoppedBy returns the failure that stops the shop, as that surface knows it: a sweep knows whether TikTok answers,
// the dispatcher whether it accepts decisions. A scope may be missing for one and granted for the other.
func (s *Shop) StoppedBy(surface Surface) *Failure {
	if surface == FromDispatcher {
		return &s.ReviewsStopped
	}
	return &s.SyncStopped
}

// The limits of a shop's first sweep.
const (
	// MaxBacklogCards is how many cards of undecided applications a shop's backlog gets at once.
	MaxBacklogCards = 30

	// CloseDeadline is how near a review deadline has to be for a card regardless of capacity.
	CloseDeadline = 48 * time.Hour
)

// CardCapacity is what a sweep's end knows of a shop's cards.
type CardCapacity struct {
	Shop    Shop
	At      time.Time
	Open    int           // undecided applications that have a card
	Backlog int           // undecided applications that have none
	Soonest []Application // of the backlog, soonest deadline first; as many as there may be capacity for, or more
}

// SweepEnded returns which applications get a card now, and how many are left that are to be counted in the channel: after
// a shop's first sweep, those without a card. It is pure.
//
// The backlog of a shop just connected gets MaxBacklogCards cards, soonest deadline first, and one message counts the
// others, down to none. They get theirs as they are opened, as capacity appears, or as their deadline comes close; one
// that was close when first seen does not count as coming close, so that a neglected shop is not flooded.
func SweepEnded(r CardCapacity) (cards []Key, left int) {
	room := MaxBacklogCards - r.Open
	for _, a := range r.Soonest {
		if room > 0 || cameClose(a, r.At) {
			cards = append(cards, a.Key)
			room--
		}
	}
	if r.Shop.InitialSyncDone {
		return cards, 0
	}
	return cards, r.Backlog - len(cards)
}

// cameClose reports whether the review deadline came within CloseDeadline since the desk first saw the application.
func cameClose(a Application, at time.Time) bool {
	if a.Snapshot.ReviewBy.IsZero() {
		return false
	}
	since := a.Snapshot.ReviewBy.Add(-CloseDeadline)
	return a.SeenAt.Before(since) && !at.Before(since)
}

// NextTurn returns the reviewer to whom the next request is offered, or "" where the settings ask for no turns: the one
// after the last, in the order in which the settings name them. Members of user groups are not among them.
func (s Shop) NextTurn() PersonID {
	named := s.Settings.Reviewers
	if !s.Settings.InTurn || len(named) == 0 {
		return ""
	}
	return named[(slices.Index(named, s.LastTurn)+1)%len(named)]
}

// TimersSet reports whether the timers of the shop's applications follow its settings as they are now.
func (s Shop) TimersSet() bool { return s.TimersVersion == s.Settings.Version+1 }

// MaxUnreadable is how many unreadable requests a shop's record names, and so how many are announced.
const MaxUnreadable = 500

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
