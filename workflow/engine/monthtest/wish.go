package monthtest

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"time"

	"sampledesk/workflow"
	"sampledesk/workflow/engine"
)

// wish is a request of the month, and what people and the world will do about it, if they can.
type wish struct {
	id           workflow.ApplicationID
	at           time.Time
	snapshot     workflow.Snapshot
	looks        time.Duration // after it came; 0: nobody says that they look at it. So with the others
	decides      time.Duration
	verdict      workflow.Verdict
	agrees       time.Duration // another than who asked, after that
	undoes       time.Duration // who looks at what was decided and takes it back, after that
	withdraws    time.Duration // the creator
	refuses      bool          // TikTok, once
	again        time.Duration // they decide once more after that
	ships, posts time.Duration // after the approval
	returns      bool          // it is back in review instead of being shipped
	orders       int           // paid through the content at first,
	sales        int           // and in the end
	person       workflow.PersonID

	mu   sync.Mutex      // both desks may find out what TikTok says
	done map[string]bool // steps
}

// sellsAfter is how long after the post its orders are counted again.
const sellsAfter = 20 * time.Hour

// firstID is the id of the first request.
const firstID = 5000

func (m *month) wishOf(id workflow.ApplicationID) *wish {
	n, _ := strconv.Atoi(string(id)) // they are all numbers
	return m.wishes[n-firstID]
}

func wishes(s Setting, from time.Time) (all []*wish) {
	r := rand.New(rand.NewPCG(s.Seed, 7))
	some := func(most time.Duration) time.Duration {
		return time.Minute + time.Duration(r.Int64N(int64(most))).Truncate(time.Second)
	}
	// at times is a duration in n of of cases.
	atTimes := func(n, of int, most time.Duration) time.Duration {
		if d := some(most); r.IntN(of) < n {
			return d
		}
		return 0
	}
	for n := range s.Requests {
		at := from.Add(some(time.Duration(s.Days) * 24 * time.Hour))
		creator := r.IntN(max(3, s.Requests/3))
		w := &wish{
			id: workflow.ApplicationID(strconv.Itoa(firstID + n)), at: at, verdict: workflow.Approve, done: map[string]bool{},
			person: workflow.PersonID(fmt.Sprint("U", 1+r.IntN(3))),
			looks:  atTimes(1, 12, 20*time.Hour), decides: atTimes(2, 3, 60*time.Hour), agrees: atTimes(3, 4, 10*time.Hour), undoes: atTimes(1, 6, 3*time.Hour),
			withdraws: atTimes(1, 14, 60*time.Hour), refuses: r.IntN(14) == 0, again: atTimes(1, 2, 9*time.Hour), ships: atTimes(7, 8, 48*time.Hour), returns: r.IntN(20) == 0,
		}
		gmv := 200 * r.IntN(50)
		w.snapshot = workflow.Snapshot{
			Status: workflow.StatusPending, Approvable: true, Stock: 50, ReviewBy: at.Add(72 * time.Hour),
			Creator: workflow.Creator{OpenID: fmt.Sprint("o", creator), Username: fmt.Sprint("creator", creator), Followers: workflow.OptionalNumber{Value: float64(gmv), Shared: creator%5 > 0}},
			Product: workflow.Product{ID: workflow.ProductID(fmt.Sprint("p", r.IntN(5))), SKU: "s", Title: "Glow serum"},
		}
		if r.IntN(5) > 0 {
			w.snapshot.Creator.GMV = workflow.Money{Amount: strconv.Itoa(gmv), Currency: currency}
		}
		if r.IntN(3) == 0 {
			w.verdict = workflow.Reject
		}
		if posts := some(96 * time.Hour); w.ships > 0 && r.IntN(3) > 0 {
			w.posts, w.orders = w.ships+posts, r.IntN(4)
			w.sales = w.orders + r.IntN(4)
		}
		all = append(all, w)
	}
	return all
}

// once reports whether a step is due that was not done yet, and that it is done now.
func (w *wish) once(step string, due, now time.Time) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.done[step] || due.After(now) {
		return false
	}
	w.done[step] = true
	return true
}

func (w *wish) due(step string, due, now time.Time) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return !w.done[step] && !due.After(now)
}

// idle reports whether nothing is due of a request that is known.
func (m *month) idle(w *wish) bool {
	a, known := m.stood[w.id]
	due := func(step string, after time.Duration, since time.Time) bool {
		return after > 0 && w.due(step, since.Add(after), m.now)
	}
	switch {
	case !known || a.State() == workflow.Queued || a.Second.By != "" || a.State() == workflow.Refused:
		return false
	case due("looks", w.looks, w.at) || due("decides", w.decides, w.at) || due("withdraws", w.withdraws, w.at):
		return false
	case a.State().Reviewing():
		return a.Snapshot.ReviewBy.After(m.now)
	case a.Decision.Verdict != workflow.Approve || a.ConfirmedAt.IsZero():
		return true
	default:
		at := a.ConfirmedAt
		return !due("ships", w.ships, at) && !due("posts", w.posts, at) && !due("sells", w.posts, at.Add(sellsAfter))
	}
}

func (h hand) report(w *wish, status workflow.Status) {
	w.snapshot.Status = status
	h.do(func(e *engine.Engine) error {
		_, err := e.Observe(h.t.Context(), shopID, []engine.Observation{{ID: w.id, Reported: workflow.Reported{At: h.now, Began: h.now, Snapshot: w.snapshot}}})
		return err
	})
}

// live lives a step of one request.
func (h hand) live(w *wish) {
	if w.once("comes", w.at, h.now) {
		h.report(w, workflow.StatusPending)
	}
	h.people(w)
	a := h.application(w.id)
	h.look(a)
	if w.withdraws > 0 && a.State().Reviewing() && w.once("withdraws", w.at.Add(w.withdraws), h.now) {
		h.report(w, workflow.StatusWithdrawn)
		return
	}
	approved := a.ConfirmedAt
	switch {
	case a.State().Reviewing() && a.State() != workflow.Sending && !a.Snapshot.ReviewBy.After(h.now):
		h.report(w, workflow.StatusOverdueCancelled)
	case a.Decision.Verdict != workflow.Approve || approved.IsZero():
	case w.ships > 0 && w.once("ships", approved.Add(w.ships), h.now):
		if w.returns && a.Snapshot.ReviewBy.After(h.now) {
			h.report(w, workflow.StatusPending)
			return
		}
		h.report(w, workflow.StatusContentPending)
	case w.posts > 0 && w.once("posts", approved.Add(w.posts), h.now):
		h.content(w, w.orders)
	case w.posts > 0 && w.once("sells", approved.Add(w.posts+sellsAfter), h.now):
		h.content(w, w.sales)
	}
}

// people do what they do of one request.
func (h hand) people(w *wish) {
	by := workflow.Actor{Person: w.person, Surface: workflow.FromCard}
	a := h.application(w.id)
	decide := func(who workflow.Actor) {
		e := workflow.Decided{Actor: who, At: h.now, Round: a.Round, Verdict: w.verdict, Undo: time.Minute}
		if w.verdict == workflow.Reject {
			e.Reason = workflow.NotMatch
		}
		h.apply(w.id, e)
		a = h.application(w.id)
	}
	if w.looks > 0 && w.once("looks", w.at.Add(w.looks), h.now) && a.Decidable() {
		h.apply(w.id, workflow.OnItBegan{Actor: by, At: h.now})
		a = h.application(w.id)
	}
	if w.decides > 0 && w.once("decides", w.at.Add(w.decides), h.now) && a.Decidable() {
		decide(by)
	}
	if w.again > 0 && a.State() == workflow.Refused && w.once("again", a.ChangedAt.Add(w.again), h.now) {
		decide(by)
	}
	if w.agrees > 0 && a.Second.By != "" && w.once("agrees", a.Second.At.Add(w.agrees), h.now) {
		decide(workflow.Actor{Person: "U9", Surface: workflow.FromCard})
	}
	if w.undoes > 0 && a.State() == workflow.Queued && w.once("undoes", a.Decision.At.Add(min(w.undoes, 90*time.Minute)), h.now) {
		h.apply(w.id, workflow.Undone{Actor: by, At: h.now, Round: a.Round})
	}
}

func (h hand) content(w *wish, orders int) {
	h.do(func(e *engine.Engine) error {
		_, err := e.FindContent(h.t.Context(), workflow.Key{Shop: shopID, ID: w.id}, []workflow.Content{{ID: "c", Format: "VIDEO", At: h.now, Orders: workflow.OptionalNumber{Value: float64(orders), Shared: true}}}, h.now)
		return err
	})
}
