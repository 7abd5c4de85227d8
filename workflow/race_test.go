package workflow

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// race is one application between people, dispatcher and TikTok, where everything may happen in any order. It treats
// effects as Engine.Claim and Engine.Settle do.
type race struct {
	t        *testing.T
	path     []string // what happened so far
	now      time.Time
	a        Application
	lane     []Effect
	claimed  bool
	tiktok   Status    // what is so at TikTok
	verdicts []Verdict // what reached TikTok
	taken    int       // how many of them TikTok took
}

// The moves. People act on the round that they saw: the deciders on the card as it was posted, whoever undoes on the
// card as it was decided first.
var raceMoves = map[string]func(*race){
	"approve": func(r *race) {
		r.person(Decided{Actor: Actor{Person: member}, At: r.now, Verdict: Approve, Undo: undoWindow, Review: "A"})
	},
	"reject": func(r *race) {
		r.person(Decided{Actor: Actor{Person: another}, At: r.now, Verdict: Reject, Reason: Other, Message: "Sorry!", Undo: undoWindow, Review: "R"})
	},
	"undo":     func(r *race) { r.person(Undone{Actor: Actor{Person: member, Admin: true}, At: r.now, Round: 1}) },
	"withdraw": func(r *race) { r.elsewhere(StatusWithdrawn) },
	"approve there": func(r *race) {
		r.elsewhere(StatusAwaitingShipment)
	},
	"sweep": func(r *race) { r.sweep() },
	"claim": func(r *race) { r.claim() },
	"answer": func(r *race) {
		r.answer(func(took bool) Event {
			if !took {
				return RefusedForGood{At: r.now, Failure: Failure{Code: 16032001}}
			}
			return Confirmed{At: r.now, Verdict: r.verdicts[len(r.verdicts)-1]}
		})
	},
	"lose the answer": func(r *race) {
		r.answer(func(bool) Event { return AnswerLost{At: r.now, Failure: Failure{Message: "lost"}} })
	},
}

func (r *race) elsewhere(to Status) {
	if r.tiktok == StatusPending {
		r.tiktok = to
	}
}

// person steps what a person asked for: it changes something or is refused, never neither.
func (r *race) person(e Event) {
	n, err := Step(r.a, e)
	if err != nil {
		_, refused := errors.AsType[Refusal](err)
		r.must(refused && !n.Changed, "something else than a refusal")
		return
	}
	r.must(n.Changed, "neither done nor refused")
	r.keep(n)
}

func (r *race) step(e Event) {
	n, err := Step(r.a, e)
	r.must(err == nil, "what nobody asked for was refused")
	if n.Changed {
		r.keep(n)
	}
}

func (r *race) keep(n Next) {
	r.a = n.Application
	for _, id := range n.Cancel {
		if i := slices.IndexFunc(r.lane, func(e Effect) bool { return e.ID == id }); i > 0 || i == 0 && !r.claimed {
			r.lane = slices.Delete(r.lane, i, i+1)
		}
	}
	for _, e := range n.Effects {
		if e.Kind == ReviewOnTikTok {
			r.lane = append(r.lane, e)
		}
	}
}

func (r *race) sweep() {
	report := r.a.Snapshot
	report.Status = r.tiktok
	r.step(Reported{At: r.now, Began: r.now, Snapshot: report})
}

func (r *race) claim() {
	if len(r.lane) == 0 || r.claimed || r.lane[0].NotBefore.After(r.now) {
		return
	}
	e := r.lane[0]
	if r.a.Decision.Review != e.ID || !r.a.State().DecisionPending() {
		r.lane = r.lane[1:]
		return
	}
	r.claimed = true
	r.step(Claimed{At: r.now, Review: e.ID})
}

// answer has TikTok take the verdict that is under way, or not, and the desk record the outcome. A verdict that may
// have arrived is verified first: it is sent again only if TikTok still waits for one.
func (r *race) answer(answer func(took bool) Event) {
	if !r.claimed {
		return
	}
	e := r.lane[0]
	if e.Verifications > 0 && r.tiktok != StatusPending {
		r.claimed = false
		r.sweep()
		r.drop(e)
		return
	}
	took := r.tiktok == StatusPending
	if took {
		r.tiktok = statusAfter(e.Review.Verdict)
		r.taken++
	}
	r.verdicts = append(r.verdicts, e.Review.Verdict)
	r.claimed = false
	ev := answer(took)
	r.step(ev)
	if _, lost := ev.(AnswerLost); lost && len(r.lane) > 0 {
		r.lane[0].Verifications++
		return
	}
	r.drop(e)
}

func (r *race) drop(e Effect) {
	r.lane = slices.DeleteFunc(r.lane, func(l Effect) bool { return l.ID == e.ID })
}

// check checks what must hold at any time.
func (r *race) check() {
	a := r.a
	r.must(r.taken <= 1, "two verdicts were taken")
	_, err := Step(a, Decided{Actor: Actor{Person: another}, At: r.now, Round: a.Round, Verdict: Reject, Reason: Other, Review: "X"})
	r.must(a.Decidable() == (err == nil), "a button is live that does nothing, or the other way round")
	_, err = Step(a, Undone{Actor: Actor{Person: a.Decision.By}, At: r.now, Round: a.Round})
	r.must((a.State() == Queued) == (err == nil), "an undo is live that does nothing, or the other way round")
	if a.State().DecisionPending() {
		r.must(slices.ContainsFunc(r.lane, func(e Effect) bool { return e.ID == a.Decision.Review }), "nothing carries the decision")
	}
}

// must fails with the order of things that led here. There are too many orders for require, which costs more than a
// step.
func (r *race) must(holds bool, otherwise string) {
	if !holds {
		r.t.Helper()
		r.t.Fatalf("%s, after %q", otherwise, r.path)
	}
}

// settle lets everything come to its end, and compares what the desk believes with what is so.
func (r *race) settle() {
	for range 3 {
		r.now = r.now.Add(time.Hour)
		r.claim()
		r.now = r.now.Add(time.Minute)
		raceMoves["answer"](r)
		r.check()
	}
	r.now = r.now.Add(time.Hour)
	r.sweep()
	r.check()
	r.must(len(r.lane) == 0, "something is left to carry")
	r.must(r.a.Snapshot.Status == r.tiktok, "the desk believes what is not so")
	if r.taken == 1 {
		r.must(r.a.Decision.Phase == DecisionConfirmed && statusAfter(r.a.Decision.Verdict) == r.tiktok, "the desk does not know its own verdict")
	}
}

func (r race) copy() *race {
	r.path, r.lane, r.verdicts = slices.Clone(r.path), slices.Clone(r.lane), slices.Clone(r.verdicts)
	return &r
}

// orders plays every order of the moves that are left, each time from where the race stands, and counts them.
func (r *race) orders(left []string) (n int) {
	if len(left) == 0 {
		r.settle()
		return 1
	}
	for i, move := range left {
		if slices.Contains(left[:i], move) {
			continue // the same order again
		}
		after := r.copy()
		after.path, after.now = append(after.path, move), after.now.Add(40*time.Second)
		raceMoves[move](after)
		after.check()
		n += after.orders(slices.Delete(slices.Clone(left), i, i+1))
	}
	return n
}

func TestInWhateverOrderItHappensOneVerdictCountsAndNoControlLies(t *testing.T) {
	if testing.Short() {
		t.Skip("it is long")
	}
	for _, c := range []struct {
		moves  []string
		orders int
	}{
		{[]string{"approve", "reject", "undo", "withdraw", "claim", "answer", "sweep"}, 5040},
		{[]string{"approve", "reject", "undo", "undo", "claim", "claim", "answer"}, 1260},
		{[]string{"approve", "undo", "reject", "claim", "lose the answer", "withdraw", "sweep"}, 5040},
		{[]string{"reject", "approve", "approve there", "claim", "lose the answer", "claim", "sweep"}, 2520},
	} {
		t.Run(strings.Join(c.moves, ", "), func(t *testing.T) {
			a := applicationIn(Pending)
			a.Round, a.DedupKeys = 0, nil
			r := &race{t: t, now: noon, a: a, tiktok: StatusPending}
			require.Equal(t, c.orders, r.orders(c.moves))
		})
	}
}
