package query

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"sampledesk/workflow"
)

// The values of some Criteria; the empty text asks for nothing.
const (
	OpenCollab   = "open"
	TargetCollab = "target"

	SharedAll  = "all"  // the creator shares all four numbers
	SharedSome = "some" // at least one of them is not shared

	OnlyHad = "only" // the creator has had this very product and variant before
	NotHad  = "not"

	NoCampaign workflow.CampaignID = "none" // in no campaign
)

// Criteria say which requests are wanted, by what TikTok reports of them and by what their creators had before: one
// value for the dialog *Decide several*, the queue and App Home. The zero value wants all.
type Criteria struct {
	Within     int                 `json:"w,omitempty"` // hours until the review deadline at the most
	GMV        Range               `json:"g,omitzero"`  // of 30 days, in whatever currency it comes
	Followers  Range               `json:"f,omitzero"`
	Fulfilment Range               `json:"u,omitzero"` // per cent
	Views      Range               `json:"v,omitzero"` // the median of shoppable videos
	Product    workflow.ProductID  `json:"p,omitempty"`
	Campaign   workflow.CampaignID `json:"m,omitempty"` // NoCampaign: in none
	Collab     string              `json:"c,omitempty"` // OpenCollab or TargetCollab; a request whose origin is not known yet is neither
	Shared     string              `json:"s,omitempty"` // SharedAll or SharedSome
	Had        string              `json:"r,omitempty"` // OnlyHad or NotHad
	Approvable bool                `json:"a,omitempty"` // TikTok lets it be approved now
	Known      bool                `json:"k,omitempty"` // the creator has asked for a sample before
}

// Range is a number's bounds, both included; zero is none. A number that is not shared is within none.
type Range struct {
	Least int
	Most  int
}

// Any reports whether the range lets everything through, also what is not shared.
func (r Range) Any() bool { return r == Range{} }

func (r Range) admits(v float64, shared bool) bool {
	return r.Any() || shared && (r.Least == 0 || v >= float64(r.Least)) && (r.Most == 0 || v <= float64(r.Most))
}

// MarshalText writes a range as ParseRange reads it, so that it is short where room is scarce.
func (r Range) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (r *Range) UnmarshalText(b []byte) (err error) {
	*r, err = ParseRange(string(b))
	return err
}

// String writes a range: "1000-", "-5000", "1000-5000"; empty for the zero value.
func (r Range) String() string {
	if r.Any() {
		return ""
	}
	least, most := "", ""
	if r.Least > 0 {
		least = strconv.Itoa(r.Least)
	}
	if r.Most > 0 {
		most = strconv.Itoa(r.Most)
	}
	return least + "-" + most
}

// ParseRange reads what String wrote.
func ParseRange(s string) (r Range, err error) {
	if s == "" {
		return r, nil
	}
	least, most, ok := strings.Cut(s, "-")
	if r.Least, err = bound(least); err == nil {
		r.Most, err = bound(most)
	}
	if !ok || err != nil || r.Any() {
		return Range{}, fmt.Errorf("%q is no range", s)
	}
	return r, nil
}

// bound reads one end of a range; none is zero.
func bound(s string) (int, error) {
	if s == "" {
		return 0, nil
	}
	n, err := strconv.ParseUint(s, 10, 40)
	return int(n), err
}

// lookUp reports whether a request's creator has to be looked up.
func (c Criteria) lookUp() bool { return c.Known || c.Had != "" }

// Admits reports whether a request passes, but for what has to be looked up of its creator (Known and Had): a Sieve
// does all of it.
func (c Criteria) Admits(a workflow.Application, now time.Time) bool {
	r := a.Snapshot
	gmv, gmvShared := r.Creator.GMV.Number()
	switch {
	case c.Within > 0 && (r.ReviewBy.IsZero() || r.ReviewBy.After(now.Add(time.Duration(c.Within)*time.Hour))):
		return false
	case !c.GMV.admits(gmv, gmvShared), !c.Followers.admitsNumber(r.Creator.Followers),
		!c.Fulfilment.admitsNumber(r.Creator.Fulfilment), !c.Views.admitsNumber(r.Creator.MedianViews):
		return false
	case c.Product != "" && r.Product.ID != c.Product:
		return false
	case c.Campaign == NoCampaign && a.Campaign != "", c.Campaign != "" && c.Campaign != NoCampaign && a.Campaign != c.Campaign:
		return false
	case c.Collab != "" && (!r.Collab.Known || (r.Collab.Target == "") != (c.Collab == OpenCollab)):
		return false
	case c.Shared != "" && sharesAll(r.Creator) != (c.Shared == SharedAll):
		return false
	default:
		return !c.Approvable || r.Approvable
	}
}

func (r Range) admitsNumber(n workflow.OptionalNumber) bool { return r.admits(n.Value, n.Known()) }

func sharesAll(c workflow.Creator) bool {
	_, gmv := c.GMV.Number()
	return gmv && c.Followers.Known() && c.Fulfilment.Known() && c.MedianViews.Known()
}

// Sieve lets through what some criteria want of many requests, one after the other, in one transaction.
type Sieve struct {
	Criteria
	tx   workflow.Tx
	now  time.Time
	came map[workflow.CreatorKey]bool // whether a creator asked more than once, as far as it was looked up
}

// Sieve returns the criteria's sieve.
func (c Criteria) Sieve(tx workflow.Tx, now time.Time) Sieve {
	return Sieve{Criteria: c, tx: tx, now: now, came: map[workflow.CreatorKey]bool{}}
}

// Admits reports whether a request passes.
func (s Sieve) Admits(a workflow.Application) (bool, error) {
	if !s.Criteria.Admits(a, s.now) {
		return false, nil
	}
	if !s.lookUp() {
		return true, nil
	}
	again, err := s.askedBefore(a)
	if err != nil || s.Known && !again || s.Had == OnlyHad && !again {
		return false, err
	}
	if s.Had == "" || !again {
		return true, nil
	}
	had, err := HadBefore(s.tx, a)
	return had == (s.Had == OnlyHad), err
}

// askedBefore reports whether a request's creator asked more than once. Each is looked up once, and of their requests two
// at the most, as some have hundreds.
func (s Sieve) askedBefore(a workflow.Application) (bool, error) {
	creator := a.Snapshot.Creator.KeyOf(a.Key.Shop)
	if again, known := s.came[creator]; known {
		return again, nil
	}
	first, _, err := s.tx.Stamps(workflow.CreatorOf(creator), "", 2)
	s.came[creator] = len(first) > 1
	return len(first) > 1, err
}

// hadStates are the states of a request whose sample its creator has, or is to get.
var hadStates = []workflow.State{workflow.AwaitingShipment, workflow.Shipped, workflow.Delivered, workflow.Completed, workflow.ContentNotPosted}

// HadBefore reports whether a request's creator has had its very product and variant (SKU) before: approved, and not lost on
// the way. Of their requests the latest maxRecorded are looked through.
func HadBefore(tx workflow.Tx, a workflow.Application) (bool, error) {
	if a.Snapshot.Product.ID == "" {
		return false, nil
	}
	all, err := tx.Latest(workflow.CreatorOf(a.Snapshot.Creator.KeyOf(a.Key.Shop)), maxRecorded)
	return slices.ContainsFunc(all, func(b workflow.Application) bool {
		return b.Key != a.Key && a.Repeats(b) && slices.Contains(hadStates, b.State())
	}), err
}
