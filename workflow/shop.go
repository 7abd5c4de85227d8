package workflow

import "time"

// Shop is a TikTok shop that the desk serves.
type Shop struct {
	ID      ShopID    `json:"id"`
	Name    string    `json:"name,omitempty"`
	Region  string    `json:"region,omitempty"`
	Cipher  string    `json:"cipher"`  // the shop_cipher of every call
	OpenID  string    `json:"open_id"` // the authorisation whose tokens it uses
	SeenAt  time.Time `json:"seen_at"`
	Met     bool      `json:"met,omitempty"`    // its first sweep came to an end
	Stopped Cause     `json:"stopped,omitzero"` // why TikTok answers nothing for the shop; zero while it does
	Barred  Cause     `json:"barred,omitzero"`  // why TikTok takes no decision of the shop; zero while it does

	// Unreadable are the requests that TikTok lists and the desk cannot read, as far as the channel was told of them.
	Unreadable []string `json:"unreadable,omitempty"`

	Undelivered time.Time `json:"undelivered,omitzero"` // when its admins were last told that Slack did not take a message

	Settings Settings `json:"settings,omitzero"`
	// Of the clocks: up to which version of the settings they are set, and, while that goes on, up to which application;
	// how many grouped messages were begun, and the latest of each kind; what is gathered of shipments for a sweep's end;
	// and the days of the last morning messages and of the last report.
	Armed    int         `json:"armed,omitempty"` // a settings' version and one
	ArmedTo  string      `json:"armed_to,omitempty"`
	Groups   int         `json:"groups,omitempty"`
	Grouped  []GroupTold `json:"grouped,omitempty"`
	Gathered []Gathered  `json:"gathered,omitempty"`
	Morning  string      `json:"morning,omitempty"`
	Reported string      `json:"reported,omitempty"`

	Past  Past      `json:"past,omitzero"`  // how far the applications from before the desk were learned
	Heard time.Time `json:"heard,omitzero"` // since when creators' messages are told; older ones are the past
}

// Authorisation is a seller's consent: a pair of tokens, for one shop or several.
type Authorisation struct {
	OpenID    string    `json:"open_id"`
	Seller    string    `json:"seller,omitempty"`
	Region    string    `json:"region,omitempty"`
	Tokens    []byte    `json:"tokens"`    // sealed; the key is not in the store
	Exchanged [][]byte  `json:"exchanged"` // hashes of the refresh tokens from the environment that were used up
	SavedAt   time.Time `json:"saved_at"`
}

// stop returns what holds the shop up as far as that surface can tell: a sweep knows whether TikTok answers, the courier
// whether it takes decisions. A scope may be missing for one and granted for the other.
func (s *Shop) stop(surface Surface) *Cause {
	if surface == FromCourier {
		return &s.Barred
	}
	return &s.Stopped
}

// The numbers of a shop's first meeting.
const (
	// MaxBacklogCards is how many cards of undecided applications a shop's backlog gets at once.
	MaxBacklogCards = 30

	// CloseDeadline is how near a review deadline calls for a card, whatever the room.
	CloseDeadline = 48 * time.Hour
)

// Room is what a sweep's end knows of a shop's cards.
type Room struct {
	Shop    Shop
	At      time.Time
	Open    int           // undecided applications that have a card
	Backlog int           // undecided applications that have none
	Soonest []Application // of the backlog, soonest deadline first; as many as there may be room for, or more
	DueSoon int           // of all that are undecided, those with a deadline within CloseDeadline
}

// SweepEnded tells which applications get a card now, and what is announced. It is pure.
//
// The backlog of a shop just connected gets MaxBacklogCards cards, soonest deadline first, and one message tells of
// the others. They get theirs as they are opened, as room appears, or as their deadline comes close; one that was
// close at first sight already did not come close since, so that a neglected shop is not flooded.
func SweepEnded(r Room) (cards []Key, say []Saying) {
	room := MaxBacklogCards - r.Open
	for _, a := range r.Soonest {
		if room > 0 || cameClose(a, r.At) {
			cards = append(cards, a.Key)
			room--
		}
	}
	if r.Shop.Met {
		return cards, nil
	}
	if left := r.Backlog - len(cards); left > 0 {
		say = append(say, Saying{Kind: SayBacklog, At: r.At, Waiting: left, DueSoon: r.DueSoon, Shop: r.Shop.Name, NextDue: nextDue(r, len(cards))})
	}
	return cards, say
}

// cameClose tells whether the review deadline came within CloseDeadline since the desk first saw the application.
func cameClose(a Application, at time.Time) bool {
	if a.Report.ReviewBy.IsZero() {
		return false
	}
	since := a.Report.ReviewBy.Add(-CloseDeadline)
	return a.SeenAt.Before(since) && !at.Before(since)
}

func nextDue(r Room, carded int) time.Time {
	if carded < len(r.Soonest) {
		return r.Soonest[carded].Report.ReviewBy
	}
	return time.Time{}
}
