package storetest

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
)

var values = []promise{
	{"Every field of every value comes back", showWhole},
	{"Times come back in UTC, cut to the microsecond", showRough},
	{"A time read from the clock comes back as a time of day alone", showClock},
	{"A time that was not given comes back as none", showZero},
	{"A setting that is unset is told from one that is zero", showUnset},
	{"Text that is not UTF-8 comes back as UTF-8, and listings know it so", showText},
	{"Nothing taken from a transaction, nor put into it, is shared with it", showCopies},
	{"Nothing that a setting, a campaign, a run or a notice holds is shared either", showCopiesAside},
}

func showWhole(t *testing.T, s workflow.Store) { showRoundTrip(t, s, start) }

func showRough(t *testing.T, s workflow.Store) {
	showRoundTrip(t, s, time.Date(2026, 11, 22, 23, 59, 58, 123_456_789, time.FixedZone("west", -7*3600-1800)))
}

func showClock(t *testing.T, s workflow.Store) { showRoundTrip(t, s, time.Now()) }

// showRoundTrip puts one of each value, with times that follow the one given, and expects them back with the times that
// a store keeps.
func showRoundTrip(t *testing.T, s workflow.Store, at time.Time) {
	smooth := at.Truncate(time.Microsecond).UTC()
	a := whole[workflow.Application](at)
	m := whole[workflow.Member](at)
	h := whole[workflow.Entry](at)
	c := whole[workflow.Conversation](at)
	e := whole[workflow.Effect](at)
	letter := e
	letter.ID = "letter"
	put(t, s,
		func(tx workflow.Tx) error { return tx.PutAuthorisation(whole[workflow.Authorisation](at)) },
		func(tx workflow.Tx) error { return tx.PutApp(whole[workflow.App](at)) },
		putShops(whole[workflow.Shop](at)), putApplications(a), putCampaigns(whole[workflow.Campaign](at)),
		putMembers(m), putConversations(c), putProducts(theShop, whole[workflow.Product](at)),
		func(tx workflow.Tx) error { return tx.PutRun(whole[workflow.Run](at)) },
		func(tx workflow.Tx) error { return tx.PutNotice(whole[workflow.Notice](at)) },
		func(tx workflow.Tx) error { return tx.PutPerson(whole[workflow.Person](at)) },
		func(tx workflow.Tx) error { return tx.PutLook(whole[workflow.Look](at)) },
		func(tx workflow.Tx) error { return tx.Append(h) },
		enqueue(e, letter),
		func(tx workflow.Tx) error { return tx.Bury(letter, at) },
	)

	see(t, s, func(tx workflow.Tx) error {
		looks, _, err := tx.Looks("", 9)
		require.NoError(t, err)
		require.Equal(t, []workflow.Look{whole[workflow.Look](smooth)}, looks)
		auths, err := tx.Authorisations()
		require.NoError(t, err)
		require.Equal(t, []workflow.Authorisation{whole[workflow.Authorisation](smooth)}, auths)

		apps, err := tx.Apps()
		require.NoError(t, err)
		require.Equal(t, []workflow.App{whole[workflow.App](smooth)}, apps)

		shops, err := tx.Shops()
		require.NoError(t, err)
		require.Equal(t, []workflow.Shop{whole[workflow.Shop](smooth)}, shops)

		got, err := tx.Application(a.Key)
		require.NoError(t, err)
		require.Equal(t, whole[workflow.Application](smooth), got)
		listed, err := tx.Applications(got.Places()[0].Listing, "", 1)
		require.NoError(t, err)
		require.Equal(t, workflow.Page{Applications: []workflow.Application{got}}, listed)

		spring := whole[workflow.Campaign](smooth)
		named, err := tx.CampaignNamed(spring.Shop, spring.Name)
		require.NoError(t, err)
		require.Equal(t, spring, named)

		members, _, err := tx.Members(m.Campaign, "", 9)
		require.NoError(t, err)
		require.Equal(t, []workflow.Member{whole[workflow.Member](smooth)}, members)

		requireAside(t, tx, smooth)

		entries, _, err := tx.History(h.Key, "", 9)
		require.NoError(t, err)
		require.Equal(t, []workflow.Entry{whole[workflow.Entry](smooth)}, entries)

		want := whole[workflow.Effect](smooth)
		effect, err := tx.Effect(e.ID)
		require.NoError(t, err)
		require.Equal(t, want, effect)
		want.ID = "letter"
		letters, _, err := tx.DeadLetters("", 9)
		require.NoError(t, err)
		require.Equal(t, []workflow.DeadLetter{{Effect: want, At: smooth}}, letters)
		return nil
	})
}

// requireAside is the part of showRoundTrip that is about what stands beside the applications.
func requireAside(t *testing.T, tx workflow.Tx, smooth time.Time) {
	t.Helper()
	m := whole[workflow.Member](smooth)
	got, err := tx.Member(m.Campaign, m.Creator)
	require.NoError(t, err)
	require.Equal(t, m, got)
	memberships, err := tx.Memberships(m.Creator)
	require.NoError(t, err)
	require.Equal(t, []workflow.Member{m}, memberships)

	list, _, err := tx.Products(theShop, "", 9)
	require.NoError(t, err)
	require.Equal(t, []workflow.Product{whole[workflow.Product](smooth)}, list)

	c := whole[workflow.Conversation](smooth)
	conversation, err := tx.Conversation(c.Shop, c.Creator)
	require.NoError(t, err)
	require.Equal(t, c, conversation)
	conversation, err = tx.ConversationNumbered(c.Shop, c.ID)
	require.NoError(t, err)
	require.Equal(t, c, conversation)

	r := whole[workflow.Run](smooth)
	run, err := tx.Run(r.ID)
	require.NoError(t, err)
	require.Equal(t, r, run)

	n := whole[workflow.Notice](smooth)
	notice, err := tx.Notice(n.ID)
	require.NoError(t, err)
	require.Equal(t, n, notice)

	p := whole[workflow.Person](smooth)
	person, err := tx.Person(p.ID)
	require.NoError(t, err)
	require.Equal(t, p, person)
}

func showUnset(t *testing.T, s workflow.Store) {
	none, half := time.Duration(0), 30*time.Second
	for _, undo := range []*time.Duration{nil, &none, &half, nil} {
		want := shop(theShop, "Glow shop")
		want.Settings.Undo = undo
		put(t, s, putShops(want))
		require.Equal(t, want, get(t, s, func(tx workflow.Tx) (workflow.Shop, error) { return tx.Shop(theShop) }))
	}
}

func showZero(t *testing.T, s workflow.Store) {
	a := workflow.Application{Key: key("1")}
	put(t, s, putApplications(a), putShops(workflow.Shop{ID: theShop}), enqueue(workflow.Effect{ID: "bare", Kind: workflow.Reply, Lane: "lane"}))
	see(t, s, func(tx workflow.Tx) error {
		got, err := tx.Application(a.Key)
		require.NoError(t, err)
		require.Equal(t, a, got)
		bare, err := tx.Shop(theShop)
		require.NoError(t, err)
		require.Equal(t, workflow.Shop{ID: theShop}, bare)
		ready, next, err := tx.Ready(workflow.Reply, start, 9)
		require.NoError(t, err)
		require.Equal(t, []workflow.Effect{{ID: "bare", Kind: workflow.Reply, Lane: "lane"}}, ready)
		require.Zero(t, next)
		return nil
	})
}

func showText(t *testing.T, s workflow.Store) {
	a := application("1", 10)
	a.Snapshot.Creator = workflow.Creator{Username: "Glow\xffDaily", Nickname: "\xc3\x28"}
	put(t, s, putApplications(a))
	a.Snapshot.Creator = workflow.Creator{Username: "Glow\uFFFDDaily", Nickname: "\uFFFD("}
	listing := workflow.UsernameOf(theShop, a.Snapshot.Creator.Username)
	require.Equal(t, workflow.Page{Applications: []workflow.Application{a}}, pageOf(t, s, listing, "", 9))

	a.Snapshot.Creator.Username = "kitchen_finds"
	put(t, s, putApplications(a))
	require.Empty(t, pageOf(t, s, listing, "", 9))
	require.Equal(t, 1, countOf(t, s, workflow.UsernameOf(theShop, "Kitchen_Finds")))
}

func showCopies(t *testing.T, s workflow.Store) {
	keep(t, s, func(tx workflow.Tx) error {
		a, e := application("1", 10), reply("one", "lane")
		auth := workflow.Authorisation{OpenID: "seller", Tokens: []byte("sealed"), Exchanged: [][]byte{[]byte("hash")}}
		require.NoError(t, tx.PutApplication(a))
		require.NoError(t, tx.Enqueue(e))
		require.NoError(t, tx.PutAuthorisation(auth))
		a.Snapshot.Obstacles[0], e.Payload.Tracking = "spoilt", "spoilt"
		auth.Tokens[0], auth.Exchanged[0][0] = 'X', 'X'
		return nil
	})
	for range 2 { // the second time after what was read the first time has been spoilt
		keep(t, s, func(tx workflow.Tx) error {
			a, err := tx.Application(key("1"))
			require.NoError(t, err)
			require.Equal(t, application("1", 10), a)
			page, err := tx.Applications(workflow.QueueOf(theShop), "", 1)
			require.NoError(t, err)
			require.Equal(t, []workflow.Application{application("1", 10)}, page.Applications)
			e, err := tx.Effect("one")
			require.NoError(t, err)
			require.Equal(t, reply("one", "lane"), e)
			auth, err := tx.Authorisation("seller")
			require.NoError(t, err)
			require.Equal(t, workflow.Authorisation{OpenID: "seller", Tokens: []byte("sealed"), Exchanged: [][]byte{[]byte("hash")}}, auth)
			a.Snapshot.Obstacles[0], page.Applications[0].Snapshot.Obstacles[0], e.Payload.Tracking = "spoilt", "spoilt", "spoilt"
			auth.Tokens[0], auth.Exchanged[0][0] = 'X', 'X'
			return nil
		})
	}
}

// aside returns values beside the applications that hold pointers and slices.
func aside() (workflow.Shop, workflow.Campaign, workflow.Run, workflow.Notice) {
	undo, glow, spring := 10*time.Second, shop(theShop, "Glow shop"), campaign("spring", "Spring")
	glow.Settings = workflow.Settings{Undo: &undo, Reviewers: []workflow.PersonID{"U1"}, Steps: []time.Duration{time.Hour}}
	spring.Products = []workflow.ProductID{"1729"}
	return glow, spring, run("run"), notice("notice")
}

func showCopiesAside(t *testing.T, s workflow.Store) {
	spoil := func(glow workflow.Shop, spring workflow.Campaign, r workflow.Run, n workflow.Notice) {
		*glow.Settings.Undo, glow.Settings.Reviewers[0], glow.Settings.Steps[0] = 0, "spoilt", 0
		spring.Products[0], r.Items[0].Product, n.Message.Text = "spoilt", "spoilt", "spoilt"
	}
	keep(t, s, func(tx workflow.Tx) error {
		glow, spring, r, n := aside()
		err := errors.Join(tx.PutShop(glow), tx.PutCampaign(spring), tx.PutRun(r), tx.PutNotice(n))
		spoil(glow, spring, r, n)
		return err
	})
	for range 2 { // the second time after what was read the first time has been spoilt
		keep(t, s, func(tx workflow.Tx) error {
			glow, spring, r, n := aside()
			gotShop, err1 := tx.Shop(glow.ID)
			gotCampaign, err2 := tx.Campaign(spring.ID)
			gotRun, err3 := tx.Run(r.ID)
			gotNotice, err4 := tx.Notice(n.ID)
			require.NoError(t, errors.Join(err1, err2, err3, err4))
			require.Equal(t, glow, gotShop)
			require.Equal(t, spring, gotCampaign)
			require.Equal(t, r, gotRun)
			require.Equal(t, n, gotNotice)
			spoil(gotShop, gotCampaign, gotRun, gotNotice)
			return nil
		})
	}
}
