package bridge

import (
	"context"
	"fmt"
	"iter"
	"log/slog"
	"slices"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"sampledesk/affiliate"
	"sampledesk/workflow"
	"sampledesk/workflow/desks"
	"sampledesk/workflow/engine"
)

// Bridge speaks to TikTok Shop for the desk. It is safe for concurrent use.
type Bridge struct {
	client *affiliate.Client // of the unnamed app; nil: there is none
	apps   Apps
	store  workflow.Store
	engine *engine.Engine
	key    Key
	log    *slog.Logger
	opened time.Time

	watchPerRun int // see watchedPerRun

	// Desks are those that share the store, which take turns at the jobs; nil: this one is alone. It is set before the first
	// job.
	Desks *desks.Desks

	// OnSweep is told of each sweep that ended, on its goroutine; nil tells nobody. It is set before the first.
	OnSweep func(SweepEnd)

	connecting  sync.Mutex    // held while a token or a code is exchanged and its pair kept
	unaskedRate *rate.Limiter // of consents that nobody asked for

	mu      sync.Mutex
	clients map[string]*affiliate.Client        // of apps with a name
	auths   map[string]*affiliate.Authorisation // by workflow.AuthorisationID
	shops   map[workflow.ShopID]*shopState
	logged  map[string]bool         // what was logged, as it is logged once
	unsaved map[string]*exchange    // by authorisation
	awaited map[string]chan awaited // by the hash of a state: who waits for its consent
	sent    []affiliate.MessageID   // the last of those that were sent
}

// Sweep is how the last sweep of a shop went, or the last read of its messages or its content.
type Sweep struct {
	Began time.Time
	Ended time.Time // of the last one that went through
	Err   error     // of the last one, nil if it went through

	Running time.Time // when the one under way began; zero: none is
	Read    int       // applications that the sweep under way has read so far
	Changed int       // of them, those in which something changed

	// Unreadable are the requests that the last sweep came across and could not read, by id; nil for looks at anything
	// else.
	Unreadable []Unreadable
}

// SweepEnd is how a sweep went.
type SweepEnd struct {
	Shop    workflow.ShopID
	Took    time.Duration
	Seen    int // applications that TikTok listed
	Changed int // of them, those in which something changed
	Err     error
}

// Unreadable is a request that TikTok lists and that the desk cannot read or keep.
type Unreadable struct {
	ID  string // as it came; empty: it has none
	Why string
}

// New returns a bridge. Key seals the tokens that it keeps in the store.
func New(client *affiliate.Client, store workflow.Store, engine *engine.Engine, key Key, log *slog.Logger) *Bridge {
	return &Bridge{
		client: client, store: store, engine: engine, key: key, log: log, watchPerRun: watchedPerRun, opened: time.Now(),
		clients: map[string]*affiliate.Client{}, unsaved: map[string]*exchange{}, awaited: map[string]chan awaited{},
		unaskedRate: rate.NewLimiter(rate.Every(10*time.Second), 6),
		auths:       map[string]*affiliate.Authorisation{},
		shops:       map[workflow.ShopID]*shopState{},
		logged:      map[string]bool{},
	}
}

// authorisation returns what makes calls under an authorisation; one for each, as two would refresh each other's
// tokens away. Where its app cannot be worked with, every call says so.
func (b *Bridge) authorisation(id string) *affiliate.Authorisation {
	b.mu.Lock()
	a := b.auths[id]
	b.mu.Unlock()
	if a != nil {
		return a
	}
	client, err := b.clientOf(context.Background(), appOfID(id))
	if err != nil {
		return closed(err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.auths[id] == nil {
		b.auths[id] = client.Authorisation(vault{store: b.store, key: b.key, openID: id, desks: b.Desks})
	}
	return b.auths[id]
}

// calls returns what makes a shop's calls, as its record says now.
func (b *Bridge) calls(s workflow.Shop) *affiliate.Shop {
	auth, state := b.authorisation(s.OpenID), b.of(s.ID)
	state.mu.Lock()
	defer state.mu.Unlock()
	if state.auth != auth || state.calls == nil || state.cipher != s.Cipher || state.openID != s.OpenID {
		state.calls = auth.Shop(affiliate.ShopID(s.ID), affiliate.Cipher(s.Cipher))
		state.auth, state.cipher, state.openID = auth, s.Cipher, s.OpenID
	}
	return state.calls
}

// Shops returns the connected shops, by id.
func (b *Bridge) Shops(ctx context.Context) ([]workflow.Shop, error) {
	all, err := read(ctx, b.store, "the shops", workflow.Tx.Shops)
	return slices.DeleteFunc(all, func(s workflow.Shop) bool { return !s.Disconnected.IsZero() }), err
}

// shopRecord reads a shop's record.
func (b *Bridge) shopRecord(ctx context.Context, id workflow.ShopID) (workflow.Shop, error) {
	return read(ctx, b.store, "a shop", func(tx workflow.Tx) (workflow.Shop, error) { return tx.Shop(id) })
}

// read reads one thing from the store. What names it in the error.
func read[T any](ctx context.Context, store workflow.Store, what string, fn func(workflow.Tx) (T, error)) (found T, err error) {
	err = store.View(ctx, func(tx workflow.Tx) (err error) {
		found, err = fn(tx)
		return err
	})
	if err != nil {
		return found, fmt.Errorf("reading %s: %w", what, err)
	}
	return found, nil
}

// applications yields the applications of a listing, each page in a transaction of its own, so that none is long.
func (b *Bridge) applications(ctx context.Context, what string, l workflow.Listing) iter.Seq2[workflow.Application, error] {
	return func(yield func(workflow.Application, error) bool) {
		for after := ""; ; {
			page, err := read(ctx, b.store, what, func(tx workflow.Tx) (workflow.Page, error) {
				return tx.Applications(l, after, storePage)
			})
			if err != nil {
				yield(workflow.Application{}, err)
				return
			}
			for _, a := range page.Applications {
				if !yield(a, nil) {
					return
				}
			}
			if after = page.Next; after == "" {
				return
			}
		}
	}
}

// storePage is how many applications are read from the store at a time.
const storePage = 200
