package bridge

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"sampledesk/affiliate"
	"sampledesk/workflow"
)

// Bridge speaks to TikTok Shop for the desk. It is safe for concurrent use.
type Bridge struct {
	client *affiliate.Client
	store  workflow.Store
	engine *workflow.Engine
	key    Key
	log    *slog.Logger

	connecting sync.Mutex // held while a token of the environment is exchanged and its pair kept

	mu       sync.Mutex
	auths    map[string]*affiliate.Authorisation // by open id
	shops    map[workflow.ShopID]shop
	sweeps   map[workflow.ShopID]Sweep
	sweeping map[workflow.ShopID]bool // those being swept
	origins  map[workflow.ShopID]*origins
	logged   map[string]bool // what was logged, as it is logged once
	unsaved  *exchange

	sending    map[workflow.ShopID]bool  // those with a message on its way
	sent       []affiliate.MessageID     // the last of those that were sent
	polling    map[workflow.ShopID]bool  // those being polled
	polls      map[workflow.ShopID]Sweep // how the last poll went
	pollStates map[workflow.ShopID]*pollState

	reviews   *breaker                // of reviews
	messages  *breaker                // of messages to creators; it never holds up reviews
	watches   *perShop[watch]         // reads of content
	backfills *perShop[backfillState] // of applications from before the desk
}

// shop is a shop's calls, and what they were made of.
type shop struct {
	*affiliate.Shop
	cipher string
	openID string
}

// ready takes a place in the shop's budget of writes to an endpoint. Of a shop that made no call yet Deliver takes it.
func (s shop) ready(endpoint affiliate.Endpoint) time.Duration {
	if s.Shop == nil {
		return 0
	}
	return s.Ready(endpoint)
}

// Sweep is how the last sweep of a shop went, or the last read of its messages or its content.
type Sweep struct {
	Began time.Time
	Ended time.Time // of the last one that went through
	Err   error     // of the last one, nil if it went through

	Running time.Time // when the one under way began; zero: none is
	Read    int       // applications that the one under way has read so far

	// Unreadable are the requests that the last sweep came across and could not read, by id; nil for looks at anything
	// else.
	Unreadable []Unreadable
}

// Unreadable is a request that TikTok lists and that the desk cannot read or keep.
type Unreadable struct {
	ID  string // as it came; empty: it has none
	Why string
}

// New returns a bridge. Key seals the tokens that it keeps in the store.
func New(client *affiliate.Client, store workflow.Store, engine *workflow.Engine, key Key, log *slog.Logger) *Bridge {
	return &Bridge{
		client: client, store: store, engine: engine, key: key, log: log,
		auths:    map[string]*affiliate.Authorisation{},
		shops:    map[workflow.ShopID]shop{},
		sweeps:   map[workflow.ShopID]Sweep{},
		sweeping: map[workflow.ShopID]bool{},
		origins:  map[workflow.ShopID]*origins{},
		logged:   map[string]bool{},

		sending:    map[workflow.ShopID]bool{},
		polling:    map[workflow.ShopID]bool{},
		polls:      map[workflow.ShopID]Sweep{},
		pollStates: map[workflow.ShopID]*pollState{},

		reviews:   newBreaker(),
		messages:  newBreaker(),
		watches:   newPerShop[watch](),
		backfills: newPerShop[backfillState](),
	}
}

// Sweeps returns how the last sweep of each shop went.
func (b *Bridge) Sweeps() map[workflow.ShopID]Sweep {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := make(map[workflow.ShopID]Sweep, len(b.sweeps))
	for id, s := range b.sweeps {
		all[id] = s
	}
	return all
}

// authorisation returns what makes calls under an authorisation; one for each, as two would refresh each other's
// tokens away.
func (b *Bridge) authorisation(openID string) *affiliate.Authorisation {
	b.mu.Lock()
	defer b.mu.Unlock()
	a := b.auths[openID]
	if a == nil {
		a = b.client.Authorisation(vault{store: b.store, key: b.key, openID: openID})
		b.auths[openID] = a
	}
	return a
}

// shop returns what makes a shop's calls, as its record says now.
func (b *Bridge) shop(s workflow.Shop) *affiliate.Shop {
	auth := b.authorisation(s.OpenID)
	b.mu.Lock()
	defer b.mu.Unlock()
	known, ok := b.shops[s.ID]
	if !ok || known.cipher != s.Cipher || known.openID != s.OpenID {
		known = shop{
			Shop:   auth.Shop(affiliate.ShopID(s.ID), affiliate.Cipher(s.Cipher)),
			cipher: s.Cipher, openID: s.OpenID,
		}
		b.shops[s.ID] = known
	}
	return known.Shop
}

// Shops returns the connected shops, by id.
func (b *Bridge) Shops(ctx context.Context) (shops []workflow.Shop, err error) {
	err = b.store.View(ctx, func(tx workflow.Tx) (err error) {
		shops, err = tx.Shops()
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading the shops: %w", err)
	}
	return shops, nil
}
