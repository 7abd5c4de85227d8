package workflow

import (
	"slices"
	"time"
)

// GroupedMessage is one grouped message about a kind of deadline. It covers all applications whose step was due at At
// by a timer that was set before the message was opened. It is opened first, so that what becomes due meanwhile is not
// mixed with what is counted; then these are counted and the message is made; at the end each of them is passed over,
// batch by batch, also after a restart in between.
type GroupedMessage struct {
	Kind DeadlineKind `json:"kind"`
	At   time.Time    `json:"at"`
	N    int          `json:"n"`              // of the shop's grouped messages, from 1
	Open bool         `json:"open,omitempty"` // it was opened, and is not made yet
}

// Covers reports whether the message covers the step of a timer.
func (g GroupedMessage) Covers(c Timer) bool {
	return g.Kind == c.Kind && c.GroupCount < g.N && !c.Next.IsZero() && !c.Next.After(g.At)
}

// GroupWith returns the grouped message that covered the step of a timer, if one did.
func (s Shop) GroupWith(c Timer) (GroupedMessage, bool) {
	i := slices.IndexFunc(s.GroupedMessages, func(g GroupedMessage) bool { return !g.Open && g.Covers(c) })
	if i < 0 {
		return GroupedMessage{}, false
	}
	return s.GroupedMessages[i], true
}

// OpenGroup returns the grouped message of that kind that was opened and is not made yet, or nil.
func (s Shop) OpenGroup(kind DeadlineKind) *GroupedMessage {
	i := slices.IndexFunc(s.GroupedMessages, func(g GroupedMessage) bool { return g.Open && g.Kind == kind })
	if i < 0 {
		return nil
	}
	return &s.GroupedMessages[i]
}

// HasOpenGroup reports whether some grouped message was opened and is not made yet.
func (s Shop) HasOpenGroup() bool {
	return slices.ContainsFunc(s.GroupedMessages, func(g GroupedMessage) bool { return g.Open })
}

// withGrouped marks as announced what a grouped message covered of the application.
func (a Application) withGrouped(s Shop) Application {
	g, ok := s.GroupWith(a.Timer)
	if !ok {
		return a
	}
	_, before, ok := a.LatestStep(s.Settings, g.At)
	if !ok {
		return a
	}
	return a.announcedUpTo(before)
}

// Item is an application as a grouped message names it.
type Item struct {
	Key     Key       `json:"key"`
	Creator Creator   `json:"creator"`
	Product Product   `json:"product"`
	By      time.Time `json:"by,omitzero"`
	Link    string    `json:"link,omitempty"` // of its card
	Stage   Stage     `json:"stage,omitempty"`
}

// ItemOf returns how a grouped message names the application.
func ItemOf(a Application) Item {
	return Item{
		Key: a.Key, Creator: Creator{Username: a.Snapshot.Creator.Username, Nickname: a.Snapshot.Creator.Nickname},
		Product: Product{ID: a.Snapshot.Product.ID, Title: a.Snapshot.Product.Title, Variant: a.Snapshot.Product.Variant},
		By:      a.Timer.By, Link: a.Card.Link, Stage: a.Stage(),
	}
}

// News is what there is to announce of a shipment.
type News string

// The news of shipments.
const (
	NewsShipped    News = "shipped"
	NewsDelivered  News = "delivered"
	NewsStuck      News = "stuck"       // it does not arrive
	NewsNotShipped News = "not shipped" // in time
)

// ShipmentNews returns what a change means for the channel, if it is about a shipment.
func ShipmentNews(before, after Application) News {
	if before.State() == Unseen || before.Stage() == after.Stage() {
		return ""
	}
	switch after.State() {
	case Shipped:
		return NewsShipped
	case Delivered:
		return NewsDelivered
	case NotShipped:
		return NewsNotShipped
	default:
		return ""
	}
}

// Gathered is what a sweep's end has gathered so far of one kind of news: how many applications there are, and some of
// them by name.
type Gathered struct {
	News  News   `json:"news"`
	Count int    `json:"count"`
	Items []Item `json:"items"`
}
