package workflow

import (
	"context"
	"time"
)

// Holder is a store that hands out all that it holds, so that it can be put into another.
type Holder interface {
	Store

	// Held hands everything that the store holds to fn, as it is at one instant and always in the same order: first what
	// others rest on, the entries of each history oldest first, and the outbox last, in the order in which it was put. What
	// is worked out from it (listings, figures, standings, numbers) is not handed out, nor is what ends with the desks: signs
	// of life, turns, claims, leases and budgets. An effect that was claimed has Begun set, as if its claim had lapsed.
	//
	// Things are of these types: Authorisation, App, Shop, Templates, Rules, Listed, Cost, ShopTally, Campaign, Application,
	// Entry, Member, ShopProduct, Conversation, Run, Notice, Person, Delivery, Look, Mark, DeadLetter, Effect.
	Held(ctx context.Context, fn func(thing any) error) error
}

// ShopProduct is a product of a shop.
type ShopProduct struct {
	Shop    ShopID
	Product Product
}

// ShopTally is a count of a shop's.
type ShopTally struct {
	Shop  ShopID
	Tally Tally
}

// Delivery is a delivery of TikTok's that was taken note of.
type Delivery struct {
	ID  string
	Day time.Time // its beginning, in UTC
}

// Mark is a text that is kept under a name for all desks.
type Mark struct{ Name, Text string }
