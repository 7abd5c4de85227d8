package storetest

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
)

var models = []promise{
	{"The outbox does what the contract says through thousands of random steps", showModel},
}

// model is the contract of the outbox in its plainest form: a list, searched from end to end. No two times in it are
// the same, so that the order of what is ready is never in doubt.
type model struct {
	list []modelled
	dead []workflow.DeadLetter // oldest first
}

type modelled struct {
	effect workflow.Effect
	until  time.Time // the end of its claim; zero: it is not claimed
}

func (m *model) find(id workflow.EffectID) int {
	return slices.IndexFunc(m.list, func(q modelled) bool { return q.effect.ID == id })
}

func (m *model) isHead(i int) bool {
	return i == slices.IndexFunc(m.list, func(q modelled) bool { return q.effect.Lane == m.list[i].effect.Lane })
}

func (q modelled) due() time.Time {
	if q.until.IsZero() {
		return q.effect.NotBefore
	}
	return q.until
}

func (m *model) ready(kind workflow.EffectKind, now time.Time) (ready []workflow.Effect, next time.Time) {
	var heads []modelled
	for i, q := range m.list {
		if q.effect.Kind == kind && m.isHead(i) && !q.effect.Parked {
			heads = append(heads, q)
		}
	}
	slices.SortFunc(heads, func(a, b modelled) int {
		return cmp.Or(cmp.Compare(a.effect.Priority, b.effect.Priority), a.due().Compare(b.due()))
	})
	for _, q := range heads {
		if !q.due().After(now) {
			ready = append(ready, q.effect)
		} else if next.IsZero() || q.due().Before(next) {
			next = q.due()
		}
	}
	return ready, next
}

func (m *model) enqueue(e workflow.Effect) error {
	if m.find(e.ID) >= 0 {
		return workflow.ErrConflict
	}
	m.list = append(m.list, modelled{effect: e})
	return nil
}

func (m *model) claim(id workflow.EffectID, now, until time.Time) (workflow.Effect, error) {
	i := m.find(id)
	if i < 0 {
		return workflow.Effect{}, workflow.ErrNotFound
	}
	q := m.list[i]
	if !m.isHead(i) || q.effect.Parked || q.due().After(now) {
		return workflow.Effect{}, workflow.ErrConflict
	}
	q.effect.Attempt++
	before := q.effect
	q.effect.Begun, q.until = true, until
	m.list[i] = q
	return before, nil
}

// own returns the place of an effect that is under the claim of that attempt.
func (m *model) own(id workflow.EffectID, attempt int) (int, error) {
	i := m.find(id)
	if i < 0 {
		return 0, workflow.ErrNotFound
	}
	if m.list[i].until.IsZero() || m.list[i].effect.Attempt != attempt {
		return 0, workflow.ErrConflict
	}
	return i, nil
}

func (m *model) extend(id workflow.EffectID, attempt int, until time.Time) error {
	i, err := m.own(id, attempt)
	if err == nil && until.After(m.list[i].until) {
		m.list[i].until = until
	}
	return err
}

func (m *model) release(e workflow.Effect) error {
	i, err := m.own(e.ID, e.Attempt)
	if err == nil {
		e.Begun = false
		m.list[i] = modelled{effect: e}
	}
	return err
}

func (m *model) change(e workflow.Effect) error {
	i := m.find(e.ID)
	switch {
	case i < 0:
		return workflow.ErrNotFound
	case !m.list[i].until.IsZero():
		return workflow.ErrConflict
	}
	e.Attempt = max(e.Attempt, m.list[i].effect.Attempt)
	m.list[i].effect = e
	return nil
}

func (m *model) remove(id workflow.EffectID) error {
	i := m.find(id)
	if i < 0 {
		return workflow.ErrNotFound
	}
	m.list = slices.Delete(m.list, i, i+1)
	return nil
}

func (m *model) bury(e workflow.Effect, at time.Time) error {
	if err := m.remove(e.ID); err != nil {
		return err
	}
	m.dead = append(m.dead, workflow.DeadLetter{Effect: e, At: at})
	slices.SortStableFunc(m.dead, func(a, b workflow.DeadLetter) int { return a.At.Compare(b.At) })
	return nil
}

func (m *model) revive(id workflow.EffectID, at time.Time) error {
	for i, l := range slices.Backward(m.dead) {
		if l.ID != id {
			continue
		}
		e := l.Effect
		e.NotBefore, e.Begun, e.Parked = at, false, false
		if err := m.enqueue(e); err != nil {
			return err
		}
		m.dead = slices.Delete(m.dead, i, i+1)
		return nil
	}
	return workflow.ErrNotFound
}

func (m *model) wake(l workflow.Lane) error {
	for i := range m.list {
		if m.list[i].effect.Lane == l {
			m.list[i].effect.Parked = false
		}
	}
	return nil
}

// player does the same to a store and to the model.
type player struct {
	t      *testing.T
	random *rand.Rand
	model  model
	now    time.Time

	buried, revived int
}

func showModel(t *testing.T, s workflow.Store) {
	p := &player{t: t, random: rand.New(rand.NewPCG(2026, 22)), now: start}
	for range 60 {
		keep(t, s, func(tx workflow.Tx) error {
			for range 50 {
				p.step(tx)
			}
			return nil
		})
		see(t, s, func(tx workflow.Tx) error { p.compare(tx); return nil })
	}
	require.NotZero(t, p.buried)
	require.NotZero(t, p.revived)
}

// moment returns a time about now that was never returned before.
func (p *player) moment(spread time.Duration) time.Time {
	p.now = p.now.Add(time.Microsecond)
	return p.now.Add(time.Duration(p.random.Int64N(int64(spread/time.Second))) * time.Second)
}

// effect returns one of a few ids in one of a few lanes; an id always has the same lane.
func (p *player) effect() workflow.Effect {
	n := p.random.IntN(40)
	e := reply(fmt.Sprintf("effect %d", n), fmt.Sprintf("lane %d", n%8))
	e.Kind = workflow.EffectKinds[p.random.IntN(2)]
	e.Priority = workflow.Priority(p.random.IntN(3))
	e.NotBefore = p.moment(10 * time.Second)
	e.Parked = p.random.IntN(8) == 0
	e.Verifications = p.random.IntN(9)
	return e
}

// step does one random thing, mostly to what is there and with the right attempt.
func (p *player) step(tx workflow.Tx) {
	e := p.effect()
	if i := p.model.find(e.ID); i >= 0 {
		e.Attempt = p.model.list[i].effect.Attempt - p.random.IntN(8)/7
	}
	later := p.moment(10 * time.Second).Add(time.Second)
	switch p.random.IntN(13) {
	case 0, 1, 2:
		p.same("Enqueue", p.model.enqueue(e), tx.Enqueue(e))
	case 3, 4, 5:
		want, wantErr := p.model.claim(e.ID, p.now, later)
		got, err := tx.Claim(e.ID, p.now, later)
		p.same("Claim", wantErr, err)
		require.Equal(p.t, want, got)
	case 6:
		p.same("Extend", p.model.extend(e.ID, e.Attempt, later), tx.Extend(e.ID, e.Attempt, later))
	case 7, 8:
		p.same("Release", p.model.release(e), tx.Release(e))
	case 9:
		p.same("Change", p.model.change(e), tx.Change(e))
	case 10:
		p.same("Wake", p.model.wake(e.Lane), tx.Wake(e.Lane))
		p.now = p.now.Add(time.Second)
	case 11:
		if p.random.IntN(2) == 0 {
			p.same("Remove", p.model.remove(e.ID), tx.Remove(e.ID))
			return
		}
		if p.same("Bury", p.model.bury(e, p.now), tx.Bury(e, p.now)) {
			p.buried++
		}
	case 12:
		if p.same("Revive", p.model.revive(e.ID, later), tx.Revive(e.ID, later)) {
			p.revived++
		}
	}
}

// same requires the errors of model and store to be of one kind, and tells whether there is none.
func (p *player) same(what string, want, got error) (done bool) {
	p.t.Helper()
	if want == nil {
		require.NoError(p.t, got, what)
		return true
	}
	require.ErrorIs(p.t, got, want, what)
	for _, other := range []error{workflow.ErrConflict, workflow.ErrNotFound} {
		require.Equal(p.t, errors.Is(want, other), errors.Is(got, other), what)
	}
	return false
}

func (p *player) compare(tx workflow.Tx) {
	for n := range 8 {
		lane := workflow.Lane(fmt.Sprintf("lane %d", n))
		var want []workflow.InLane
		for _, q := range p.model.list {
			if q.effect.Lane == lane {
				want = append(want, workflow.InLane{Effect: q.effect, Claimed: !q.until.IsZero()})
			}
		}
		got, err := tx.Lane(lane)
		require.NoError(p.t, err)
		require.Equal(p.t, want, got)
		first, err := tx.First(lane)
		if len(want) == 0 {
			require.ErrorIs(p.t, err, workflow.ErrNotFound)
			continue
		}
		require.NoError(p.t, err)
		require.Equal(p.t, want[0].ID, first)
	}
	for _, kind := range workflow.EffectKinds[:2] {
		want, wantNext := p.model.ready(kind, p.now)
		for _, limit := range []int{100, 2} {
			got, next, err := tx.Ready(kind, p.now, limit)
			require.NoError(p.t, err)
			require.Equal(p.t, ids(want[:min(limit, len(want))]), ids(got))
			require.Equal(p.t, wantNext, next)
		}
		var heads []workflow.Head
		next, err := tx.Heads(kind, p.now, func(h workflow.Head) bool { heads = append(heads, h); return true })
		require.NoError(p.t, err)
		require.Equal(p.t, headsOf(want), heads)
		require.Equal(p.t, wantNext, next)
	}
	letters, _, err := tx.DeadLetters("", 10_000)
	require.NoError(p.t, err)
	if len(p.model.dead) == 0 {
		require.Empty(p.t, letters)
		return
	}
	require.Equal(p.t, p.model.dead, letters)
}
