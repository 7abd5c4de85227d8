// Package monthtest lives a month of a shop in virtual time, with rules or without, and judges what came of it by a plain
// recount: requests come; people decide, undo, look at them, and agree to what needs two; an admin changes and pauses rules
// and keeps lists; samples are shipped and posted for. The same seed has the same creators ask at the same times, and the same
// people do the same as far as they still can. Two desks work on the store, and now and then one is killed before what it did
// is kept, or right after.
package monthtest

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
	"sampledesk/workflow/engine"
)

// Setting says which month is lived.
type Setting struct {
	Seed           uint64
	Days, Requests int
	Rules          bool
	Stores         [2]workflow.Store // of the two desks: two handles of one, or the same
	Together       bool              // the desks work at the same time, not by turns
}

// Ends are how the requests of a month ended, and how much was looked at.
type Ends struct {
	ByRules, ByPeople, Expired, Held int
	Looks                            int // at what a rule has decided, while it could be undone
	Lost                             int // transactions whose desk was killed
}

const (
	shopID   workflow.ShopID = "7495540735365777507"
	zone                     = "America/Los_Angeles"
	stepTime                 = 2 * time.Hour
	// killed is how rarely a desk is killed in a transaction: one of so many.
	killed = 50
)

// month is what lives.
type month struct {
	Setting
	t      *testing.T
	stores [2]*killing
	desks  [2]*engine.Engine
	wishes []*wish
	start  time.Time
	now    time.Time
	local  *time.Location
	admin  *rand.Rand

	stood   map[workflow.ApplicationID]workflow.Application // how all stood at the start of this step
	blocked map[string]bool                                 // open ids
	mu      sync.Mutex
	looks   int
}

// hand is somebody at one of the desks, or at both by turns.
type hand struct {
	*month
	dice  *rand.Rand
	desks []*engine.Engine
}

// errKilled is what came of a transaction for a desk that was killed: nobody there knows whether it was kept.
var errKilled = errors.New("killed")

// killing is a store whose desk is killed now and then, before a transaction is kept or right after.
type killing struct {
	workflow.Store
	mu   sync.Mutex
	dice *rand.Rand
	lost int
}

func (k *killing) toss() (before, after bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	n := k.dice.IntN(2 * killed)
	if n < 2 {
		k.lost++
	}
	return n == 0, n == 1
}

func (k *killing) Update(ctx context.Context, fn func(workflow.Tx) error) error {
	before, after := k.toss()
	err := k.Store.Update(ctx, func(tx workflow.Tx) error {
		if err := fn(tx); err != nil || !before {
			return err
		}
		return errKilled
	})
	if err == nil && after {
		return errKilled
	}
	return err
}

// Live lives a month to its end, judges it, and returns how it ended.
func Live(t *testing.T, s Setting) Ends {
	t.Helper()
	m := newMonth(t, s)
	hands := m.hands()
	if s.Rules {
		m.begin(hands[0])
	}
	ends := m.now.AddDate(0, 0, s.Days+8)
	for step := 1; m.now.Before(ends); step++ {
		m.now = m.now.Add(stepTime)
		if s.Rules {
			m.administer(hands[0], step)
		}
		m.pass(hands)
		if t.Failed() {
			t.FailNow()
		}
		if step%150 == 0 {
			m.judge()
		}
	}
	m.judge()
	return m.ends()
}

func newMonth(t *testing.T, s Setting) *month {
	local, err := time.LoadLocation(zone)
	require.NoError(t, err)
	start := time.Date(2026, 10, 27, 7, 0, 0, 0, time.UTC) // the clocks go back in it
	m := &month{
		Setting: s, t: t, start: start, now: start, local: local, admin: rand.New(rand.NewPCG(s.Seed, 8)),
		wishes: wishes(s, start), blocked: map[string]bool{},
	}
	for i, store := range s.Stores {
		m.stores[i] = &killing{Store: store, dice: rand.New(rand.NewPCG(s.Seed, uint64(20+i)))}
		m.desks[i] = engine.New(m.stores[i], nil)
	}
	shop := workflow.Shop{ID: shopID, Name: "Glow", SeenAt: start, InitialSyncDone: true, Settings: workflow.Settings{Zone: zone}}
	require.NoError(t, s.Stores[0].Update(t.Context(), func(tx workflow.Tx) error { return tx.PutShop(shop) }))
	return m
}

// hands are one who works at both desks by turns, or one at each.
func (m *month) hands() (all []hand) {
	if !m.Together {
		return []hand{{m, rand.New(rand.NewPCG(m.Seed, 30)), m.desks[:]}}
	}
	for i := range m.desks {
		all = append(all, hand{m, rand.New(rand.NewPCG(m.Seed, uint64(30+i))), m.desks[i : i+1]})
	}
	return all
}

// pass lets a step pass. Each request is in one hand; what comes due by itself, and what is asked anew, is in any.
func (m *month) pass(hands []hand) {
	m.stood = map[workflow.ApplicationID]workflow.Application{}
	for _, a := range m.all() {
		m.stood[a.Key.ID] = a
	}
	var all sync.WaitGroup
	for n, h := range hands {
		all.Go(func() {
			h.carryOn()
			h.do(func(e *engine.Engine) error {
				_, err := e.Tick(m.t.Context(), shopID, m.now)
				return err
			})
			for i, w := range m.wishes {
				if i%len(hands) == n && !w.at.After(m.now) && !m.idle(w) {
					h.live(w)
				}
			}
			h.send()
		})
	}
	all.Wait()
}

// do has a desk do something, again and again until it is known to be kept.
func (h hand) do(fn func(*engine.Engine) error) {
	for range 50 {
		err := fn(h.desks[h.dice.IntN(len(h.desks))])
		if _, none := errors.AsType[*engine.NotKeptError](err); none || errors.Is(err, errKilled) {
			continue
		}
		if _, refused := errors.AsType[workflow.Refusal](err); !refused {
			require.NoError(h.t, err)
		}
		return
	}
	h.t.Error("nothing is ever kept")
}

func (h hand) apply(id workflow.ApplicationID, ev workflow.Event) {
	h.do(func(e *engine.Engine) error {
		_, err := e.Apply(h.t.Context(), workflow.Key{Shop: shopID, ID: id}, ev)
		return err
	})
}

// carryOn goes on with the run that asks the rules anew.
func (h hand) carryOn() {
	for last := !h.Rules; !last; {
		h.do(func(e *engine.Engine) (err error) {
			last, err = e.CarryOn(h.t.Context(), "rules "+workflow.RunID(shopID), h.now)
			if errors.Is(err, workflow.ErrNotFound) {
				last, err = true, nil
			}
			return err
		})
	}
}

// send sends what is due. TikTok confirms most of it.
func (h hand) send() {
	var ready []workflow.Effect
	h.view(func(tx workflow.Tx) (err error) {
		ready, _, err = tx.Ready(workflow.ReviewOnTikTok, h.now, 200)
		return err
	})
	for _, each := range ready {
		var eff workflow.Effect
		got := false
		h.do(func(e *engine.Engine) (err error) {
			eff, got, err = e.Claim(h.t.Context(), each.ID, h.now, h.now.Add(time.Minute))
			return err
		})
		if !got {
			continue
		}
		h.judgeSent(eff)
		var ev workflow.Event = workflow.Confirmed{At: h.now, Verdict: eff.Review.Verdict}
		if w := h.wishOf(eff.Application); w.refuses && w.once("refuses", h.now, h.now) {
			ev = workflow.RefusedForGood{At: h.now, Failure: workflow.Failure{Code: 1, Message: "no"}}
		}
		h.do(func(e *engine.Engine) error { return e.Settle(h.t.Context(), eff, engine.Outcome{Event: ev}, h.now) })
	}
}

func (m *month) view(fn func(workflow.Tx) error) {
	require.NoError(m.t, m.Stores[0].View(m.t.Context(), fn))
}

func (m *month) application(id workflow.ApplicationID) (a workflow.Application) {
	m.view(func(tx workflow.Tx) (err error) {
		a, err = tx.Application(workflow.Key{Shop: shopID, ID: id})
		return err
	})
	return a
}

func (m *month) all() (all []workflow.Application) {
	m.view(func(tx workflow.Tx) error {
		all = nil
		for a, err := range workflow.Walk(m.t.Context(), tx, workflow.SeenOf(shopID), "") {
			if err != nil {
				return err
			}
			all = append(all, a)
		}
		return nil
	})
	return all
}

func (m *month) rules() (r workflow.Rules) {
	m.view(func(tx workflow.Tx) (err error) {
		r, err = tx.Rules(shopID)
		return err
	})
	return r
}
