package storetest

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
)

var concurrency = []promise{
	{"Of many who count one thing at once nobody's count is lost", showCounting},
	{"Of many updates at once each has its own outcome, whatever becomes of its neighbours", showNeighbours},
	{"Two updates that each rest on what the other changes do not both see the old", showSkew},
	{"A view sees all of an update or nothing of it", showSnapshot},
	{"Of many who claim one effect at once one gets it", showOneClaims},
	{"Of many who put a conversation of one id at once one does", showOneNumber},
	{"Of many who revive one effect at once one does", showOneRevives},
	{"Members and memberships agree, however many come and go at once", showCrowd},
	{"Couriers side by side deliver each lane in order and nothing twice", showCouriers},
}

// together runs fn n times at once, and fails with the first error.
func together(t *testing.T, n int, fn func(i int) error) {
	t.Helper()
	var wg sync.WaitGroup
	errs := make([]error, n)
	for i := range n {
		wg.Go(func() { errs[i] = fn(i) })
	}
	wg.Wait()
	require.NoError(t, errors.Join(errs...))
}

func showCounting(t *testing.T, s workflow.Store) {
	const people, times = 8, 8
	put(t, s, putShops(shop(theShop, "0")))
	together(t, people, func(int) error {
		for range times {
			err := s.Update(t.Context(), func(tx workflow.Tx) error {
				counter, err := tx.Shop(theShop)
				if err != nil {
					return err
				}
				n, err := strconv.Atoi(counter.Name)
				if err != nil {
					return err
				}
				counter.Name = strconv.Itoa(n + 1)
				return tx.PutShop(counter)
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	counter := get(t, s, func(tx workflow.Tx) (workflow.Shop, error) { return tx.Shop(theShop) })
	require.Equal(t, strconv.Itoa(people*times), counter.Name)
}

// showNeighbours lets updates that succeed run among others that write the same and then fail, panic or come too late.
func showNeighbours(t *testing.T, s workflow.Store) {
	const rounds = 6
	broken := errors.New("changed its mind")
	spoil := func(tx workflow.Tx, i int) error {
		return errors.Join(tx.PutShop(shop(theShop, "spoiled")), tx.Enqueue(reply(fmt.Sprint("spoiled ", i), "lane")), tx.PutApplication(application(fmt.Sprint("spoiled ", i), i)))
	}
	put(t, s, putShops(shop(theShop, "Glow shop")))
	together(t, 4*rounds, func(i int) error {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var want error
		var fn func(tx workflow.Tx) error
		switch i % 4 {
		case 0:
			fn = func(tx workflow.Tx) error {
				return errors.Join(tx.PutApplication(application(fmt.Sprint(i), i)), tx.Enqueue(reply(fmt.Sprint(i), "lane")))
			}
		case 1:
			want, fn = broken, func(tx workflow.Tx) error { return errors.Join(spoil(tx, i), broken) }
		case 2:
			want, fn = context.Canceled, func(tx workflow.Tx) error { defer cancel(); return spoil(tx, i) }
		case 3:
			defer func() { _ = recover() }()
			fn = func(tx workflow.Tx) error { panic(spoil(tx, i)) }
		}
		if err := s.Update(ctx, fn); !errors.Is(err, want) {
			return fmt.Errorf("update %d: %w", i, err)
		}
		return nil
	})
	see(t, s, func(tx workflow.Tx) error {
		glow, err1 := tx.Shop(theShop)
		require.Equal(t, shop(theShop, "Glow shop"), glow)
		page, err2 := tx.Applications(workflow.SeenOf(theShop), "", 100)
		n, err3 := tx.Count(workflow.SeenOf(theShop))
		var want, got []string
		for i := range rounds {
			want = append(want, fmt.Sprint(4*i))
		}
		for _, a := range page.Applications {
			got = append(got, string(a.Key.ID))
		}
		require.ElementsMatch(t, want, got)
		require.Equal(t, rounds, n)
		lane, err4 := tx.Lane("lane")
		require.Len(t, lane, rounds)
		return errors.Join(err1, err2, err3, err4)
	})
}

// showSkew lets many look for a free seat in a listing and each take one that nobody else puts: serially, only the
// first finds the listing empty.
func showSkew(t *testing.T, s workflow.Store) {
	together(t, 8, func(i int) error {
		return s.Update(t.Context(), func(tx workflow.Tx) error {
			taken, err := tx.Count(workflow.QueueOf(theShop))
			if err != nil || taken > 0 {
				return err
			}
			return tx.PutApplication(application(strconv.Itoa(i), i))
		})
	})
	require.Equal(t, 1, get(t, s, func(tx workflow.Tx) (int, error) { return tx.Count(workflow.QueueOf(theShop)) }))
}

func showSnapshot(t *testing.T, s workflow.Store) {
	// Each update moves one application from one listing to another, and says so in a lane.
	const moves = 20
	for i := range moves {
		put(t, s, putApplications(application(strconv.Itoa(i), i)))
	}
	var done sync.WaitGroup
	moved := make(chan struct{})
	done.Go(func() {
		defer close(moved)
		for i := range moves {
			a := application(strconv.Itoa(i), i)
			a.Snapshot.Status = workflow.StatusShipped
			err := s.Update(t.Context(), func(tx workflow.Tx) error {
				return errors.Join(tx.PutApplication(a), tx.Enqueue(reply(strconv.Itoa(i), "lane")))
			})
			if err != nil {
				t.Errorf("moving: %v", err)
				return
			}
		}
	})
	defer done.Wait()
	for end := false; !end; {
		select {
		case <-moved:
			end = true
		default:
		}
		see(t, s, func(tx workflow.Tx) error {
			here, err1 := tx.Applications(workflow.QueueOf(theShop), "", 2*moves)
			there, err2 := tx.Count(workflow.StageOf(theShop, workflow.StageShipping))
			said, err3 := tx.Lane("lane")
			require.Equal(t, moves, len(here.Applications)+there)
			require.Len(t, said, there)
			return errors.Join(err1, err2, err3)
		})
	}
}

func showOneClaims(t *testing.T, s workflow.Store) {
	put(t, s, enqueue(reply("one", "lane")))
	won := make([]bool, 12)
	together(t, len(won), func(i int) error {
		err := s.Update(t.Context(), func(tx workflow.Tx) error {
			_, err := tx.Claim("one", start, minute(1))
			return err
		})
		won[i] = err == nil
		if errors.Is(err, workflow.ErrConflict) {
			return nil
		}
		return err
	})
	winners := 0
	for _, w := range won {
		if w {
			winners++
		}
	}
	require.Equal(t, 1, winners)
}

func showOneNumber(t *testing.T, s workflow.Store) {
	won := race(t, 12, workflow.ErrConflict, func(i int) error {
		return s.Update(t.Context(), putConversations(conversation(workflow.CreatorKey(strconv.Itoa(i)), "71")))
	})
	require.Len(t, won, 1)
	want := conversation(workflow.CreatorKey(strconv.Itoa(won[0])), "71")
	require.Equal(t, want, get(t, s, conversationNumbered(theShop, "71")))
}

func showOneRevives(t *testing.T, s workflow.Store) {
	put(t, s, enqueue(reply("one", "lane")), bury(reply("one", "lane"), 1))
	won := race(t, 12, workflow.ErrNotFound, func(int) error { return s.Update(t.Context(), revive("one", 2)) })
	require.Len(t, won, 1)
	require.Equal(t, []string{"one"}, laneIDs(t, s, "lane"))
	require.Empty(t, deadOf(t, s, 9))
}

// race runs fn n times at once, and returns those that did not lose, which the loser's error tells.
func race(t *testing.T, n int, lost error, fn func(i int) error) (won []int) {
	t.Helper()
	errs := make([]error, n)
	together(t, n, func(i int) error {
		if errs[i] = fn(i); errors.Is(errs[i], lost) {
			return nil
		}
		return errs[i]
	})
	for i, err := range errs {
		if err == nil {
			won = append(won, i)
		}
	}
	return won
}

// showCrowd lets everybody put and remove the same few members, and expects every view to find both indexes at one.
func showCrowd(t *testing.T, s workflow.Store) {
	const people, creators, campaigns = 6, 3, 2
	together(t, people, func(i int) error {
		for n := range 24 {
			m := member(workflow.CampaignID(fmt.Sprint(n%campaigns)), workflow.CreatorKey(fmt.Sprint((n+i)%creators)))
			err := s.Update(t.Context(), func(tx workflow.Tx) error {
				if (n+i)%2 == 0 {
					return tx.PutMember(m)
				}
				if err := tx.RemoveMember(m.Campaign, m.Creator); !errors.Is(err, workflow.ErrNotFound) {
					return err
				}
				return nil
			})
			if err == nil {
				err = s.View(t.Context(), func(tx workflow.Tx) error { return atOne(tx, campaigns, creators) })
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// atOne tells where members and memberships differ.
func atOne(tx workflow.Tx, campaigns, creators int) error {
	there := map[string]bool{}
	for c := range campaigns {
		list, _, err := tx.Members(workflow.CampaignID(fmt.Sprint(c)), "", 100)
		if err != nil {
			return err
		}
		for _, m := range list {
			there[string(m.Campaign)+" "+string(m.Creator)] = true
		}
	}
	for c := range creators {
		list, err := tx.Memberships(workflow.CreatorKey(fmt.Sprint(c)))
		if err != nil {
			return err
		}
		for _, m := range list {
			name := string(m.Campaign) + " " + string(m.Creator)
			if !there[name] {
				return fmt.Errorf("%q is a membership and no member", name)
			}
			delete(there, name)
		}
	}
	if len(there) > 0 {
		return fmt.Errorf("%v are members without a membership", there)
	}
	return nil
}

func showCouriers(t *testing.T, s workflow.Store) {
	const couriers, lanes, length = 4, 5, 4
	want := map[workflow.Lane][]string{}
	for i := range lanes * length {
		lane := workflow.Lane(fmt.Sprintf("lane %d", i%lanes))
		e := reply(fmt.Sprintf("effect %d", i), string(lane))
		put(t, s, enqueue(e))
		want[lane] = append(want[lane], string(e.ID))
	}
	var mu sync.Mutex
	delivered := map[workflow.Lane][]string{}
	together(t, couriers, func(int) error {
		for {
			var ready []workflow.Effect
			err := s.View(t.Context(), func(tx workflow.Tx) (err error) {
				ready, _, err = tx.Ready(workflow.Reply, start, lanes)
				return err
			})
			if err != nil {
				return err
			}
			for _, e := range ready {
				ok, err := deliver(t, s, e.ID, func() {
					mu.Lock()
					defer mu.Unlock()
					delivered[e.Lane] = append(delivered[e.Lane], string(e.ID))
				})
				if err != nil {
					return err
				}
				if !ok {
					runtime.Gosched()
				}
			}
			mu.Lock()
			n := 0
			for _, list := range delivered {
				n += len(list)
			}
			mu.Unlock()
			if n >= lanes*length {
				return nil
			}
		}
	})
	require.Equal(t, want, delivered)
}

// deliver claims an effect, delivers and removes it; false if it is another's.
func deliver(t *testing.T, s workflow.Store, id workflow.EffectID, send func()) (bool, error) {
	err := s.Update(t.Context(), func(tx workflow.Tx) error {
		_, err := tx.Claim(id, start, minute(1))
		return err
	})
	if errors.Is(err, workflow.ErrConflict) || errors.Is(err, workflow.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	send()
	return true, s.Update(t.Context(), func(tx workflow.Tx) error { return tx.Remove(id) })
}
