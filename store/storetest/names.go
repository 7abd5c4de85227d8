package storetest

import (
	"errors"
	"fmt"
	"maps"
	"testing"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
)

var names = []promise{
	{"Names are told apart byte by byte", showNames},
	{"A name that is empty, not UTF-8 or holds a zero byte is refused", showBadNames},
	{"An effect that is there does not take on such a kind either", showBadKind},
	{"Nothing is found under a name that cannot be", showNoSuchNames},
	{"A name that holds a zero byte lists nothing of others", showNoStrays},
}

// strange are names in byte order that a careless index would mix up.
var strange = []string{
	"\x01", "\x1f", " ", "%", "*", "/", "1", "1\x1f2", "1/", "12", "A", "Z", "_", "a", "a b", "aa", "b", "{", "~", "é", "é\u0301", "Ω", "日本", "\U0010FFFF",
}

func showNames(t *testing.T, s workflow.Store) {
	var shops []workflow.Shop
	var list []workflow.Campaign
	for i, name := range strange {
		shops = append(shops, shop(workflow.ShopID(name), "of "+name))
		list = append(list, campaign(workflow.CampaignID(name), fmt.Sprintf("campaign %d", i)))
	}
	put(t, s, putShops(shops...), putCampaigns(list...))
	for _, name := range strange {
		put(t, s,
			func(tx workflow.Tx) error {
				return tx.PutMember(workflow.Member{Campaign: "all", Creator: workflow.CreatorKey(name)})
			},
			func(tx workflow.Tx) error {
				return tx.PutMember(workflow.Member{Campaign: workflow.CampaignID(name), Creator: "one"})
			},
			enqueue(reply("in "+name, name)),
		)
	}
	require.Equal(t, shops, get(t, s, workflow.Tx.Shops))
	see(t, s, func(tx workflow.Tx) error {
		everyone := walk(t, 5, func(after string, limit int) ([]workflow.Member, string, error) {
			return tx.Members("all", after, limit)
		})
		require.Len(t, everyone, len(strange))
		for i, name := range strange {
			got, err := tx.Shop(workflow.ShopID(name))
			require.NoError(t, err)
			require.Equal(t, shops[i], got)
			c, err := tx.Campaign(workflow.CampaignID(name))
			require.NoError(t, err)
			require.Equal(t, list[i], c)
			require.Equal(t, workflow.CreatorKey(name), everyone[i].Creator)
			one, _, err := tx.Members(workflow.CampaignID(name), "", 9)
			require.NoError(t, err)
			require.Equal(t, []workflow.Member{{Campaign: workflow.CampaignID(name), Creator: "one"}}, one)
			lane, err := tx.Lane(workflow.Lane(name))
			require.NoError(t, err)
			require.Equal(t, []workflow.InLane{{Effect: reply("in "+name, name)}}, lane)
		}
		return nil
	})
}

// bad are names that no store keeps.
var bad = []string{"", "a\x00", "\x00", "a\xff", "\xed\xa0\x80"}

func showBadNames(t *testing.T, s workflow.Store) {
	for _, name := range bad {
		puts := map[string]func(workflow.Tx) error{
			"authorisation":      func(tx workflow.Tx) error { return tx.PutAuthorisation(workflow.Authorisation{OpenID: name}) },
			"app":                func(tx workflow.Tx) error { return tx.PutApp(workflow.App{Name: "x" + name + "\x00"}) },
			"shop":               func(tx workflow.Tx) error { return tx.PutShop(workflow.Shop{ID: workflow.ShopID(name)}) },
			"application":        putApplications(workflow.Application{Key: key(name)}),
			"application's shop": putApplications(workflow.Application{Key: workflow.Key{Shop: workflow.ShopID(name), ID: "1"}}),
			"campaign":           putCampaigns(campaign(workflow.CampaignID(name), "Spring")),
			"campaign's shop":    putCampaigns(workflow.Campaign{ID: "1", Shop: workflow.ShopID(name), Name: "Spring"}),
			"campaign's name":    putCampaigns(campaign("1", name)),
			"member's campaign": func(tx workflow.Tx) error {
				return tx.PutMember(workflow.Member{Campaign: workflow.CampaignID(name), Creator: "1"})
			},
			"member": func(tx workflow.Tx) error {
				return tx.PutMember(workflow.Member{Campaign: "1", Creator: workflow.CreatorKey(name)})
			},
			"entry's shop": func(tx workflow.Tx) error {
				return tx.Append(entry(workflow.Key{Shop: workflow.ShopID(name), ID: "1"}, 1))
			},
			"member to be removed":          removeMember("1", workflow.CreatorKey(name)),
			"campaign of one to be removed": removeMember(workflow.CampaignID(name), "1"),
			"product":                       putProducts(theShop, product(workflow.ProductID(name), "1", "x")),
			"product's shop":                putProducts(workflow.ShopID(name), product("1", "1", "x")),
			"conversation":                  putConversations(conversation(workflow.CreatorKey(name), "1")),
			"conversation's shop":           putConversations(workflow.Conversation{Shop: workflow.ShopID(name), Creator: "1"}),
			"conversation to be removed":    removeConversation(theShop, workflow.CreatorKey(name)),
			"templates":                     func(tx workflow.Tx) error { return tx.PutTemplates(workflow.Templates{Shop: workflow.ShopID(name)}) },
			"run":                           func(tx workflow.Tx) error { return tx.PutRun(run(workflow.RunID(name))) },
			"notice":                        func(tx workflow.Tx) error { return tx.PutNotice(notice(workflow.NoticeID(name))) },
			"person":                        func(tx workflow.Tx) error { return tx.PutPerson(person(workflow.PersonID(name))) },
			"mark":                          func(tx workflow.Tx) error { return tx.PutMark(name, "x") },
			"desk":                          putDesks(desk(workflow.DeskID(name))),
			"turn": func(tx workflow.Tx) error {
				_, err := tx.TakeTurn(name, "a", minute(1), minute(1), minute(2))
				return err
			},
			"turn's desk": func(tx workflow.Tx) error {
				_, err := tx.TakeTurn("turn", workflow.DeskID(name), minute(1), minute(1), minute(2))
				return err
			},
			"effect to be revived": revive(workflow.EffectID(name), 1),
			"effect":               enqueue(reply(name, "lane")),
			"effect's lane":        enqueue(reply("1", name)),
			"effect's kind":        enqueue(workflow.Effect{ID: "1", Lane: "lane", Kind: workflow.EffectKind(name)}),
			"effect to be buried":  func(tx workflow.Tx) error { return tx.Bury(reply(name, "lane"), start) },
		}
		if name != "" { // what may be missing
			puts["entry"] = func(tx workflow.Tx) error { return tx.Append(entry(key(name), 1)) }
			puts["variant"] = putProducts(theShop, product("1", name, "x"))
			puts["conversation's id"] = putConversations(conversation("1", name))
		}
		maps.Copy(puts, badRuleNames(name))
		for what, try := range puts {
			require.Error(t, s.Update(t.Context(), try), "%s %q", what, name)
		}
	}
	require.Equal(t, contents{}, get(t, s, contentsOf))
	requireNoRules(t, s)
}

func showBadKind(t *testing.T, s workflow.Store) {
	put(t, s, enqueue(reply("claimed", "lane"), reply("waiting", "lane")))
	taken := claim(t, s, "claimed", 0, 1)
	waiting := reply("waiting", "lane")
	for _, name := range bad {
		taken.Kind, waiting.Kind = workflow.EffectKind(name), workflow.EffectKind(name)
		require.Error(t, s.Update(t.Context(), release(taken)), "%q", name)
		require.Error(t, s.Update(t.Context(), func(tx workflow.Tx) error { return tx.Change(waiting) }), "%q", name)
	}
	for _, name := range bad {
		taken.Kind = workflow.EffectKind(name)
		require.Error(t, s.Update(t.Context(), bury(taken, 1)), "%q", name)
	}
	require.Equal(t, reply("waiting", "lane"), effectOf(t, s, "waiting"))
	require.True(t, laneOf(t, s, "lane")[0].Claimed)
}

func showNoSuchNames(t *testing.T, s workflow.Store) {
	keep(t, s, everything)
	for _, name := range bad {
		reads := map[string]func(workflow.Tx) error{
			"authorisation":       func(tx workflow.Tx) error { _, err := tx.Authorisation(name); return err },
			"shop":                func(tx workflow.Tx) error { _, err := tx.Shop(workflow.ShopID(name)); return err },
			"application":         func(tx workflow.Tx) error { _, err := tx.Application(key(name)); return err },
			"campaign":            func(tx workflow.Tx) error { _, err := tx.Campaign(workflow.CampaignID(name)); return err },
			"campaign by name":    func(tx workflow.Tx) error { _, err := tx.CampaignNamed(theShop, name); return err },
			"campaign of shop":    func(tx workflow.Tx) error { _, err := tx.CampaignNamed(workflow.ShopID(name), "spring"); return err },
			"member":              memberOf("spring", workflow.CreatorKey(name)),
			"member's campaign":   memberOf(workflow.CampaignID(name), "id:1"),
			"conversation":        func(tx workflow.Tx) error { _, err := tx.Conversation(theShop, workflow.CreatorKey(name)); return err },
			"conversation's shop": func(tx workflow.Tx) error { _, err := tx.Conversation(workflow.ShopID(name), "id:1"); return err },
			"conversation's id":   func(tx workflow.Tx) error { _, err := tx.ConversationNumbered(theShop, name); return err },
			"waiting": func(tx workflow.Tx) error {
				n, err := tx.CountWaiting(workflow.ShopID(name))
				list, _, err2 := tx.WaitingConversations(workflow.ShopID(name), "", 9)
				if n == 0 && len(list) == 0 && err == nil && err2 == nil {
					return workflow.ErrNotFound
				}
				return errors.Join(err, err2)
			},
			"run":    func(tx workflow.Tx) error { _, err := tx.Run(workflow.RunID(name)); return err },
			"person": func(tx workflow.Tx) error { _, err := tx.Person(workflow.PersonID(name)); return err },
			"mark":   func(tx workflow.Tx) error { _, err := tx.Mark(name); return err },
			"turn":   func(tx workflow.Tx) error { _, err := tx.Turn(name); return err },
			"notice": func(tx workflow.Tx) error { _, err := tx.Notice(workflow.NoticeID(name)); return err },
			"effect": func(tx workflow.Tx) error { _, err := tx.Effect(workflow.EffectID(name)); return err },
			"application's key": func(tx workflow.Tx) error {
				_, err := tx.Application(workflow.Key{Shop: workflow.ShopID(name)})
				return err
			},
		}
		for what, read := range reads {
			require.ErrorIs(t, s.View(t.Context(), read), workflow.ErrNotFound, "%s %q", what, name)
		}
	}
}

// showNoStrays asks for lists under names that would be the beginnings of others' names if a store joined them by zero
// bytes.
func showNoStrays(t *testing.T, s workflow.Store) {
	keep(t, s, everything)
	for _, name := range []string{"", string(theShop) + "\x00", string(theShop) + "\x001", string(theShop) + "\x001729", "lane\x00", "lane\x00\x00", "reply\x00", "reply\x00\x80", "spring\x00", "id:1\x00"} {
		see(t, s, func(tx workflow.Tx) error {
			list, _, err1 := tx.Products(workflow.ShopID(name), "", 9)
			lane, err2 := tx.Lane(workflow.Lane(name))
			heads, next, err3 := tx.Ready(workflow.EffectKind(name), start, 9)
			everyone, _, err4 := tx.Members(workflow.CampaignID(name), "", 9)
			theirs, err5 := tx.Memberships(workflow.CreatorKey(name))
			entries, _, err6 := tx.History(workflow.Key{Shop: workflow.ShopID(name)}, "", 9)
			for _, got := range []any{list, lane, heads, everyone, theirs, entries} {
				require.Empty(t, got, "%q", name)
			}
			require.Zero(t, next, "%q", name)
			return errors.Join(err1, err2, err3, err4, err5, err6)
		})
	}
}
