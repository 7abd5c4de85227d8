package storetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
)

var transactions = []promise{
	{"What an update put is there when it returned", showKept},
	{"An update sees what it put itself", showOwnWrites},
	{"An update that returns an error keeps nothing, the outbox included", showErrorKeepsNothing},
	{"An update that panics keeps nothing and holds nobody up", showPanicKeepsNothing},
	{"An update whose context has ended keeps nothing", showEndedKeepsNothing},
	{"An update whose context ends while it runs keeps nothing", showLateKeepsNothing},
	{"A view whose context has ended is not run, and one whose context ends reads no further", showGoneView},
	{"An update that may wait is kept when it returned, and gives up when its context ends", showSoon},
	{"Update returns what its closure returns", showUpdateReturns},
	{"View returns what its closure returns", showViewReturns},
	{"A method that is given something to keep returns an error in View", showViewWritesNothing},
	{"A store that was closed returns errors", showClosed},
}

// everything puts one of each thing, as a decision does and more.
func everything(tx workflow.Tx) error {
	for _, step := range []func(workflow.Tx) error{
		func(tx workflow.Tx) error {
			return tx.PutAuthorisation(workflow.Authorisation{OpenID: "seller", SavedAt: start})
		},
		func(tx workflow.Tx) error { return tx.PutApp(workflow.App{Name: "us", Key: "6abc"}) },
		putShops(shop(theShop, "Glow shop")),
		putApplications(application("1", 10)),
		putCampaigns(campaign("spring", "Spring")),
		func(tx workflow.Tx) error {
			return tx.PutMember(workflow.Member{Campaign: "spring", Creator: "id:1", AddedAt: start})
		},
		putProducts(theShop, product("1729", "rose", "Glow serum")),
		putConversations(conversation("id:1", "71")),
		func(tx workflow.Tx) error { return tx.PutRun(run("run")) },
		func(tx workflow.Tx) error { return tx.PutNotice(notice("notice")) },
		func(tx workflow.Tx) error { return tx.PutPerson(person("U1")) },
		func(tx workflow.Tx) error { return tx.Append(entry(key("1"), 1)) },
		func(tx workflow.Tx) error { return tx.Append(entry(workflow.Key{Shop: theShop}, 2)) },
		enqueue(reply("first", "lane"), reply("second", "lane"), reply("third", "other")),
		func(tx workflow.Tx) error { return tx.Bury(reply("third", "other"), start) },
	} {
		if err := step(tx); err != nil {
			return err
		}
	}
	return nil
}

// contents is what a store holds, as far as everything goes.
type contents struct {
	authorisations []workflow.Authorisation
	apps           []workflow.App
	shops          []workflow.Shop
	queue          []workflow.Application
	queued         int
	campaigns      []workflow.Campaign
	members        []workflow.Member
	memberships    []workflow.Member
	products       []workflow.Product
	conversations  []workflow.Conversation // by creator, and by id
	runs           []workflow.Run
	notices        []workflow.Notice
	people         []workflow.Person
	history        []workflow.Entry
	own            []workflow.Entry // the shop's own history
	lane           []workflow.InLane
	ready          []workflow.Effect
	dead           []workflow.DeadLetter
}

func contentsOf(tx workflow.Tx) (c contents, err error) {
	for _, read := range []func() error{
		func() error { c.authorisations, err = tx.Authorisations(); return err },
		func() error { c.apps, err = tx.Apps(); return err },
		func() error { c.shops, err = tx.Shops(); return err },
		func() error {
			page, err := tx.Applications(workflow.QueueOf(theShop), "", 100)
			c.queue = page.Applications
			return err
		},
		func() error { c.queued, err = tx.Count(workflow.QueueOf(theShop)); return err },
		func() error { c.campaigns, _, err = tx.Campaigns(theShop, "", 100); return err },
		func() error { c.members, _, err = tx.Members("spring", "", 100); return err },
		func() error { c.memberships, err = tx.Memberships("id:1"); return err },
		func() error { c.products, _, err = tx.Products(theShop, "", 100); return err },
		func() error { return gather(&c.conversations)(tx.Conversation(theShop, "id:1")) },
		func() error { return gather(&c.conversations)(tx.ConversationNumbered(theShop, "71")) },
		func() error { return gather(&c.runs)(tx.Run("run")) },
		func() error { return gather(&c.notices)(tx.Notice("notice")) },
		func() error { return gather(&c.people)(tx.Person("U1")) },
		func() error { c.history, _, err = tx.History(key("1"), "", 100); return err },
		func() error { c.own, _, err = tx.History(workflow.Key{Shop: theShop}, "", 100); return err },
		func() error { c.lane, err = tx.Lane("lane"); return err },
		func() error { c.ready, _, err = tx.Ready(workflow.Reply, start, 100); return err },
		func() error { c.dead, _, err = tx.DeadLetters("", 100); return err },
	} {
		if err := read(); err != nil {
			return contents{}, err
		}
	}
	return c, nil
}

// gather adds what was read to a list, and nothing where it is not found.
func gather[T any](list *[]T) func(T, error) error {
	return func(value T, err error) error {
		if errors.Is(err, workflow.ErrNotFound) {
			return nil
		}
		*list = append(*list, value)
		return err
	}
}

// full is what a store holds after everything.
func full() contents {
	return contents{
		authorisations: []workflow.Authorisation{{OpenID: "seller", SavedAt: start}},
		apps:           []workflow.App{{Name: "us", Key: "6abc"}},
		shops:          []workflow.Shop{shop(theShop, "Glow shop")},
		queue:          []workflow.Application{application("1", 10)},
		queued:         1,
		campaigns:      []workflow.Campaign{campaign("spring", "Spring")},
		members:        []workflow.Member{{Campaign: "spring", Creator: "id:1", AddedAt: start}},
		memberships:    []workflow.Member{{Campaign: "spring", Creator: "id:1", AddedAt: start}},
		products:       []workflow.Product{product("1729", "rose", "Glow serum")},
		conversations:  []workflow.Conversation{conversation("id:1", "71"), conversation("id:1", "71")},
		runs:           []workflow.Run{run("run")},
		notices:        []workflow.Notice{notice("notice")},
		people:         []workflow.Person{person("U1")},
		history:        []workflow.Entry{entry(key("1"), 1)},
		own:            []workflow.Entry{entry(workflow.Key{Shop: theShop}, 2)},
		lane:           []workflow.InLane{{Effect: reply("first", "lane")}, {Effect: reply("second", "lane")}},
		ready:          []workflow.Effect{reply("first", "lane")},
		dead:           []workflow.DeadLetter{{Effect: reply("third", "other"), At: start}},
	}
}

func showKept(t *testing.T, s workflow.Store) {
	require.Equal(t, contents{}, get(t, s, contentsOf))
	keep(t, s, everything)
	require.Equal(t, full(), get(t, s, contentsOf))
}

func showOwnWrites(t *testing.T, s workflow.Store) {
	keep(t, s, func(tx workflow.Tx) error {
		if err := everything(tx); err != nil {
			return err
		}
		within, err := contentsOf(tx)
		require.Equal(t, full(), within)
		return err
	})
}

var errChanged = errors.New("changed my mind")

func showErrorKeepsNothing(t *testing.T, s workflow.Store) {
	require.ErrorIs(t, fails(t, s, func(tx workflow.Tx) error {
		return errors.Join(everything(tx), errChanged)
	}), errChanged)
	require.Equal(t, contents{}, get(t, s, contentsOf))

	keep(t, s, everything)
	require.EqualError(t, fails(t, s, func(tx workflow.Tx) error {
		if err := spoil(tx); err != nil {
			return err
		}
		return errChanged
	}), errChanged.Error(), "all that spoils succeeded before")
	require.Equal(t, full(), get(t, s, contentsOf))
}

// spoil changes all that everything put.
func spoil(tx workflow.Tx) error {
	decided := application("1", 10)
	decided.Decision.Phase = workflow.DecisionQueued
	renamed := campaign("spring", "Summer")
	changed := reply("second", "lane")
	changed.Priority = workflow.ForPeople
	_, claimed := tx.Claim("first", start, minute(1))
	return errors.Join(
		tx.PutAuthorisation(workflow.Authorisation{OpenID: "seller", Seller: "other", SavedAt: start}),
		tx.PutShop(shop(theShop, "Other shop")), tx.PutApplication(decided), tx.PutCampaign(renamed),
		tx.PutMember(workflow.Member{Campaign: "spring", Creator: "id:2"}), tx.RemoveMember("spring", "id:1"),
		tx.PutProduct(theShop, product("1729", "rose", "Other serum")), tx.PutConversation(conversation("id:1", "72")),
		tx.PutConversation(conversation("id:2", "71")), tx.RemoveConversation(theShop, "id:1"),
		tx.PutRun(workflow.Run{ID: "run"}), tx.PutNotice(workflow.Notice{ID: "notice"}),
		tx.Append(entry(workflow.Key{Shop: theShop}, 3)), tx.Revive("third", minute(1)),
		tx.Append(entry(key("1"), 2)), claimed, tx.Change(changed), tx.Remove("first"), tx.Bury(changed, minute(2)),
		tx.Enqueue(reply("fourth", "lane")),
	)
}

func showPanicKeepsNothing(t *testing.T, s workflow.Store) {
	require.PanicsWithValue(t, "surprise", func() {
		_ = s.Update(t.Context(), func(tx workflow.Tx) error {
			require.NoError(t, everything(tx))
			panic("surprise")
		})
	})
	require.Equal(t, contents{}, get(t, s, contentsOf))
	require.PanicsWithValue(t, "surprise", func() {
		_ = s.View(t.Context(), func(workflow.Tx) error { panic("surprise") })
	})
	keep(t, s, everything)
	require.Equal(t, full(), get(t, s, contentsOf))
}

func showEndedKeepsNothing(t *testing.T, s workflow.Store) {
	require.ErrorIs(t, s.Update(ended(t), everything), context.Canceled)
	require.Equal(t, contents{}, get(t, s, contentsOf))
}

func showLateKeepsNothing(t *testing.T, s workflow.Store) {
	ctx, cancel := context.WithCancel(t.Context())
	err := s.Update(ctx, func(tx workflow.Tx) error {
		err := everything(tx)
		cancel()
		return err
	})
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, contents{}, get(t, s, contentsOf))
}

func showGoneView(t *testing.T, s workflow.Store) {
	keep(t, s, everything)
	err := s.View(ended(t), func(workflow.Tx) error { panic("nobody waits for it") })
	require.ErrorIs(t, err, context.Canceled)
	ctx, cancel := context.WithCancel(t.Context())
	require.ErrorIs(t, s.View(ctx, func(tx workflow.Tx) error {
		cancel()
		for range 10_000 {
			if _, err := contentsOf(tx); err != nil {
				return err
			}
		}
		return nil
	}), context.Canceled)
}

func showSoon(t *testing.T, s workflow.Store) {
	require.NoError(t, s.UpdateSoon(t.Context(), func() time.Duration { return time.Millisecond }, everything))
	require.Equal(t, full(), get(t, s, contentsOf))
	require.ErrorIs(t, s.UpdateSoon(t.Context(), func() time.Duration { return time.Millisecond }, func(tx workflow.Tx) error {
		return errors.Join(spoil(tx), errChanged)
	}), errChanged)
	require.NoError(t, s.UpdateSoon(t.Context(), func() time.Duration { // it may read, and finds that somebody waits
		require.Equal(t, full(), get(t, s, contentsOf))
		return 0
	}, func(workflow.Tx) error { return nil }))
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	require.ErrorIs(t, s.UpdateSoon(ctx, func() time.Duration { return time.Hour }, spoil), context.DeadlineExceeded)
	require.Equal(t, full(), get(t, s, contentsOf))
}

func showUpdateReturns(t *testing.T, s workflow.Store) {
	require.ErrorIs(t, fails(t, s, func(workflow.Tx) error { return errChanged }), errChanged)
	require.NoError(t, s.Update(t.Context(), func(workflow.Tx) error { return nil }))
}

func showViewReturns(t *testing.T, s workflow.Store) {
	require.ErrorIs(t, s.View(t.Context(), func(workflow.Tx) error { return errChanged }), errChanged)
	require.NoError(t, s.View(t.Context(), func(workflow.Tx) error { return nil }))
}

func showViewWritesNothing(t *testing.T, s workflow.Store) {
	keep(t, s, everything)
	keep(t, s, func(tx workflow.Tx) error {
		_, err := tx.Claim("first", start, minute(1))
		return err
	})
	before := get(t, s, contentsOf)
	writes := map[string]func(tx workflow.Tx) error{
		"PutAuthorisation": func(tx workflow.Tx) error {
			return tx.PutAuthorisation(workflow.Authorisation{OpenID: "seller", Seller: "x"})
		},
		"PutApp":         func(tx workflow.Tx) error { return tx.PutApp(workflow.App{Name: "x"}) },
		"PutShop":        func(tx workflow.Tx) error { return tx.PutShop(shop(theShop, "x")) },
		"PutApplication": func(tx workflow.Tx) error { return tx.PutApplication(application("2", 1)) },
		"PutCampaign":    func(tx workflow.Tx) error { return tx.PutCampaign(campaign("summer", "x")) },
		"PutMember": func(tx workflow.Tx) error {
			return tx.PutMember(workflow.Member{Campaign: "spring", Creator: "id:2"})
		},
		"RemoveMember":       removeMember("spring", "id:1"),
		"PutProduct":         putProducts(theShop, product("1", "", "x")),
		"PutConversation":    putConversations(conversation("id:2", "72")),
		"RemoveConversation": removeConversation(theShop, "id:1"),
		"PutRun":             func(tx workflow.Tx) error { return tx.PutRun(run("another")) },
		"PutNotice":          func(tx workflow.Tx) error { return tx.PutNotice(notice("another")) },
		"PutMark":            func(tx workflow.Tx) error { return tx.PutMark("key", "text") },
		"PutDesk":            putDesks(desk("a")),
		"RemoveDesk":         func(tx workflow.Tx) error { return tx.RemoveDesk("a") },
		"TakeTurn": func(tx workflow.Tx) error {
			_, err := tx.TakeTurn("turn", "a", minute(1), minute(1), minute(2))
			return err
		},
		"EndTurn":   endTurn("turn", "a", true, ""),
		"PutPerson": func(tx workflow.Tx) error { return tx.PutPerson(person("U2")) },
		"Revive":    revive("third", 1),
		"Append":    func(tx workflow.Tx) error { return tx.Append(entry(key("1"), 2)) },
		"Lease":     func(tx workflow.Tx) error { _, err := tx.Lease("second", minute(2), minute(3)); return err },
		"Enqueue":   func(tx workflow.Tx) error { return tx.Enqueue(reply("fourth", "lane")) },
		"Claim":     func(tx workflow.Tx) error { _, err := tx.Claim("first", minute(2), minute(3)); return err },
		"Extend":    func(tx workflow.Tx) error { return tx.Extend("first", 1, minute(3)) },
		"Release":   func(tx workflow.Tx) error { e := reply("first", "lane"); e.Attempt = 1; return tx.Release(e) },
		"Change":    func(tx workflow.Tx) error { return tx.Change(reply("second", "lane")) },
		"Remove":    func(tx workflow.Tx) error { return tx.Remove("second") },
		"Bury":      func(tx workflow.Tx) error { return tx.Bury(reply("second", "lane"), start) },
		"Wake":      func(tx workflow.Tx) error { return tx.Wake("lane") },
	}
	for name, write := range writes {
		require.Error(t, s.View(t.Context(), write), name)
	}
	require.Equal(t, before, get(t, s, contentsOf))
}

func showClosed(t *testing.T, s workflow.Store) {
	keep(t, s, everything)
	require.NoError(t, s.Close())
	require.Error(t, s.Update(t.Context(), everything))
	require.Error(t, s.View(t.Context(), func(workflow.Tx) error { return nil }))
}
