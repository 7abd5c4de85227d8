package storetest

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/store/internal/value"
	"sampledesk/store/moving"
	"sampledesk/workflow"
)

// moves are the promises of a store that can be moved. They need another beside it.
func moves(open Open) []promise {
	return []promise{
		{"Everything that a transaction can keep is handed out", showHeld},
		{"What was moved into another is all there, with listings, figures and the outbox", func(t *testing.T, s workflow.Store) { showMoved(t, s, open) }},
		{"A move that breaks off anywhere goes on, and begins again if something was changed", func(t *testing.T, s workflow.Store) { showBrokenOff(t, s, open) }},
		{"Nothing is moved into a store that holds something", func(t *testing.T, s workflow.Store) { showFull(t, s, open) }},
	}
}

// puts keeps one of each in a store, by the method that does so. What only changes what others kept, and what ends
// with the desks, has nil.
var puts = map[string]func(workflow.Tx) error{
	"PutAuthorisation": func(tx workflow.Tx) error { return tx.PutAuthorisation(whole[workflow.Authorisation](start)) },
	"PutApp":           func(tx workflow.Tx) error { return tx.PutApp(whole[workflow.App](start)) },
	"PutShop":          func(tx workflow.Tx) error { return tx.PutShop(whole[workflow.Shop](start)) },
	"PutApplication":   func(tx workflow.Tx) error { return tx.PutApplication(whole[workflow.Application](start)) },
	"PutCampaign":      func(tx workflow.Tx) error { return tx.PutCampaign(whole[workflow.Campaign](start)) },
	"PutMember":        func(tx workflow.Tx) error { return tx.PutMember(whole[workflow.Member](start)) },
	"PutProduct":       func(tx workflow.Tx) error { return tx.PutProduct(theShop, whole[workflow.Product](start)) },
	"PutConversation":  func(tx workflow.Tx) error { return tx.PutConversation(whole[workflow.Conversation](start)) },
	"PutTemplates":     func(tx workflow.Tx) error { return tx.PutTemplates(whole[workflow.Templates](start)) },
	"PutRules":         func(tx workflow.Tx) error { return tx.PutRules(whole[workflow.Rules](start)) },
	"PutListed":        func(tx workflow.Tx) error { return tx.PutListed(whole[workflow.Listed](start)) },
	"PutCost":          func(tx workflow.Tx) error { return tx.PutCost(whole[workflow.Cost](start)) },
	"AddTally":         func(tx workflow.Tx) error { return tx.AddTally(theShop, "rules/1", 41) },
	"PutRun":           func(tx workflow.Tx) error { return tx.PutRun(whole[workflow.Run](start)) },
	"PutNotice":        func(tx workflow.Tx) error { return tx.PutNotice(whole[workflow.Notice](start)) },
	"PutPerson":        func(tx workflow.Tx) error { return tx.PutPerson(whole[workflow.Person](start)) },
	"NoteDelivery": func(tx workflow.Tx) error {
		_, err := tx.NoteDelivery("delivery", start, 10)
		return err
	},
	"PutLook": func(tx workflow.Tx) error { return tx.PutLook(whole[workflow.Look](start)) },
	"PutMark": func(tx workflow.Tx) error { return tx.PutMark("a mark", "says \x00 this") },
	"Append":  func(tx workflow.Tx) error { return tx.Append(whole[workflow.Entry](start)) },
	"Enqueue": func(tx workflow.Tx) error { return tx.Enqueue(whole[workflow.Effect](start)) },
	"Bury": func(tx workflow.Tx) error {
		if err := tx.Enqueue(reply("dead", "a lane")); err != nil {
			return err
		}
		return tx.Bury(reply("dead", "a lane"), minute(3))
	},
	"PutDesk": nil,
}

// keeps are the names of methods that keep something.
var keeps = regexp.MustCompile(`^(Put|Add|Note|Append|Enqueue|Bury)`)

// held returns all that a store holds.
func held(t *testing.T, s workflow.Store) (all []any) {
	t.Helper()
	require.NoError(t, s.(workflow.Holder).Held(t.Context(), func(thing any) error {
		all = append(all, thing)
		return nil
	}))
	return all
}

func showHeld(t *testing.T, s workflow.Store) {
	require.Empty(t, held(t, s))
	tx, seen := reflect.TypeFor[workflow.Tx](), 0
	for method := range tx.Methods() {
		name := method.Name
		if !keeps.MatchString(name) {
			continue
		}
		put, known := puts[name]
		require.True(t, known, "%s keeps something: say here what, and hand it out in Held", name)
		if put == nil {
			continue
		}
		keep(t, s, put)
		require.Len(t, held(t, s), seen+1, "what %s keeps is handed out", name)
		seen++
	}
	sums, err := moving.Contents(t.Context(), s.(workflow.Holder), func(int) {})
	require.NoError(t, err)
	require.Len(t, sums.Kinds(), seen, "each is of a kind of its own")
}

// fillForMove fills a store with what has listings, figures, numbers and an order.
func fillForMove(t *testing.T, s workflow.Store) {
	for _, put := range puts {
		if put != nil {
			keep(t, s, put)
		}
	}
	put(t, s, putShops(shop(theShop, "Glow")), putCampaigns(campaign("c1", "Spring"), campaign("c2", "Autumn")))
	keep(t, s, func(tx workflow.Tx) error {
		for n := range 60 {
			a := application(fmt.Sprintf("%04d", n), n)
			if n%3 == 0 {
				a.Campaign = "c1"
			}
			if err := errors.Join(tx.PutApplication(a), tx.Append(entry(a.Key, 0)), tx.Append(entry(a.Key, 1)), tx.Append(entry(a.Key, 2))); err != nil {
				return err
			}
		}
		return nil
	})
	keep(t, s, func(tx workflow.Tx) error {
		for n := range 5 {
			m := workflow.Member{Campaign: "c1", Creator: workflow.Creator{OpenID: fmt.Sprintf("open-%04d", n), Username: "glow.daily"}.KeyOf(theShop), AddedAt: start}
			if err := tx.PutMember(m); err != nil {
				return err
			}
		}
		return tx.Append(workflow.Entry{At: start, Key: workflow.Key{Shop: theShop}, Event: workflow.OnReported})
	})
	parked := reply("2", "lane a")
	parked.Parked = true
	tried := reply("1", "lane a")
	tried.Attempt = 7
	put(t, s, enqueue(tried, parked, reply("9", "lane b"), reply("0", "lane b")))
	keep(t, s, func(tx workflow.Tx) error {
		_, err := tx.Claim("9", minute(1), minute(2))
		return err
	})
	keep(t, s, func(tx workflow.Tx) error {
		_, err := tx.Lease("1", minute(1), minute(2))
		return err
	})
}

// figured is what a store works out of what it holds.
func figured(t *testing.T, s workflow.Store) map[string]string {
	t.Helper()
	all := map[string]string{}
	see(t, s, func(tx workflow.Tx) error {
		for name, read := range map[string]func() (any, error){
			"listing":   func() (any, error) { p, err := tx.Applications(workflow.QueueOf(theShop), "", 1000); return p, err },
			"latest":    func() (any, error) { return tx.Latest(workflow.SeenOf(theShop), 20) },
			"count":     func() (any, error) { return tx.Count(workflow.SeenOf(theShop)) },
			"totals":    func() (any, error) { return tx.Totals(theShop, start.Add(-time.Hour), start.Add(48*time.Hour)) },
			"standings": func() (any, error) { return tx.Standings("c1") },
			"campaign":  func() (any, error) { return tx.CampaignNamed(theShop, "spring") },
			"tally":     func() (any, error) { return tx.Tally(theShop, "rules/1") },
			"waiting":   func() (any, error) { return tx.Waiting() },
			"lane a":    func() (any, error) { return tx.Length("lane a") },
			"first":     func() (any, error) { return tx.First("lane b") },
			"ready": func() (any, error) {
				ready, _, err := tx.Ready(workflow.Reply, minute(10), 10)
				return ids(ready), err
			},
			"dead": func() (any, error) {
				list, _, err := tx.DeadLetters("", 10)
				return list, err
			},
			"history": func() (any, error) {
				list, _, err := tx.History(key("0007"), "", 10)
				return list, err
			},
		} {
			found, err := read()
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			text, err := value.Text(found)
			if err != nil {
				return err
			}
			all[name] = text
		}
		return nil
	})
	return all
}

// moveInto moves a store into another, and ends with an error once after so many transactions; 0: it does not.
func moveInto(ctx context.Context, s, other workflow.Store, end int) (*moving.Sums, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	steps := 0
	to := &moving.Target{Store: other.(workflow.Holder), Clear: func(ctx context.Context) error { return emptied(ctx, other) }}
	return moving.Move(ctx, s.(workflow.Holder), to, moving.Watch{AtOnce: 50, Checked: func(int) {}, Moved: func(int) {
		if steps++; steps == end {
			cancel()
		}
	}})
}

// emptied empties a store where its engine can do it; others are empty when it is asked for here.
func emptied(ctx context.Context, s workflow.Store) error {
	if s, ok := s.(interface{ Clear(context.Context) error }); ok {
		return s.Clear(ctx)
	}
	return nil
}

func showMoved(t *testing.T, s workflow.Store, open Open) {
	fillForMove(t, s)
	other := open(t)
	defer func() { require.NoError(t, other.Close()) }()
	before := held(t, s)
	sums, err := moveInto(t.Context(), s, other, 0)
	require.NoError(t, err)
	require.Equal(t, len(before), sums.Things())
	require.Equal(t, 61, sums.Count("requests"))
	half, err := moving.Half(t.Context(), other)
	require.NoError(t, err)
	require.False(t, half)
	require.Equal(t, figured(t, s), figured(t, other))
	keep(t, other, func(tx workflow.Tx) error {
		first, err := tx.NoteDelivery("delivery", start, 10)
		require.False(t, first, "a delivery that was seen before the move is known after it")
		return err
	})
	require.GreaterOrEqual(t, get(t, other, func(tx workflow.Tx) (workflow.Effect, error) { return tx.Effect("1") }).Attempt, 7)
	require.True(t, get(t, other, func(tx workflow.Tx) (workflow.Effect, error) { return tx.Effect("9") }).Begun, "nobody knows what became of a claim")
	require.False(t, get(t, other, func(tx workflow.Tx) (workflow.Effect, error) { return tx.Effect("1") }).Begun, "a lease may be done twice")
	require.True(t, get(t, other, func(tx workflow.Tx) (workflow.Effect, error) { return tx.Effect("2") }).Parked)
}

func showBrokenOff(t *testing.T, s workflow.Store, open Open) {
	fillForMove(t, s)
	other := open(t)
	defer func() { require.NoError(t, other.Close()) }()
	broken := 0
	for {
		_, err := moveInto(t.Context(), s, other, 2)
		half, look := moving.Half(t.Context(), other)
		require.NoError(t, look)
		if err == nil {
			require.False(t, half)
			break
		}
		require.ErrorIs(t, err, context.Canceled)
		require.True(t, half, "a desk can tell that it is not whole")
		broken++
	}
	require.Greater(t, broken, 1, "it was broken off in the middle")
	require.Equal(t, figured(t, s), figured(t, other))

	if _, ok := other.(interface{ Clear(context.Context) error }); !ok {
		return
	}
	require.NoError(t, emptied(t.Context(), other))
	_, err := moveInto(t.Context(), s, other, 2)
	require.Error(t, err)
	put(t, s, putShops(shop(theShop, "Another name")))
	_, err = moveInto(t.Context(), s, other, 0)
	require.NoError(t, err)
	require.Equal(t, "Another name", get(t, other, func(tx workflow.Tx) (workflow.Shop, error) { return tx.Shop(theShop) }).Name)
}

func showFull(t *testing.T, s workflow.Store, open Open) {
	put(t, s, putShops(shop(theShop, "Glow")))
	other := open(t)
	defer func() { require.NoError(t, other.Close()) }()
	put(t, other, putShops(shop("other", "Theirs")))
	_, err := moveInto(t.Context(), s, other, 0)
	require.ErrorContains(t, err, "not empty")
	require.Len(t, held(t, other), 1)
}
