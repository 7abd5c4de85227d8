package affiliate_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/affiliate"
	"sampledesk/affiliate/affiliatesim"
)

// creator makes a creator known by their asking for a sample.
func (c *center) creator(t *testing.T, shop *affiliate.Shop, username, more string) affiliate.Creator {
	t.Helper()
	return find(t, shop, c.add(t, fmt.Sprintf(`{"creator":{"username":%q%s}}`, username, more))).Creator
}

// writes lets a creator write.
func (c *center) writes(t *testing.T, creator affiliate.CreatorID, text string) {
	t.Helper()
	body, err := json.Marshal(map[string]string{"creator_open_id": string(creator), "text": text})
	require.NoError(t, err)
	c.control(t, "/sim/messages", string(body), nil)
}

// conversations reads the whole list.
func conversations(t *testing.T, shop *affiliate.Shop) ([]affiliate.ConversationSummary, error) {
	t.Helper()
	return listed(t, shop, affiliate.AllConversations)
}

func listed(t *testing.T, shop *affiliate.Shop, status affiliate.ConversationStatus) ([]affiliate.ConversationSummary, error) {
	t.Helper()
	var all []affiliate.ConversationSummary
	for found, err := range shop.Conversations(t.Context(), status) {
		if err != nil {
			return all, err
		}
		all = append(all, found)
	}
	return all, nil
}

func TestAConversationIsCreatedOnceAndFoundAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCenter(t, affiliatesim.Options{})
		shop := c.shops(t)[0]
		creator := c.creator(t, shop, "glow.daily", "")
		first, err := shop.Conversation(t.Context(), creator.ID)
		require.NoError(t, err)
		require.NotEmpty(t, first.ID)
		require.NotEmpty(t, first.CreatorIM)
		require.NotEqual(t, string(creator.ID), string(first.CreatorIM))
		require.Equal(t, affiliate.Conversation{
			ID: first.ID, New: true, Username: "glow.daily", AvatarURL: creator.AvatarURL,
			CreatorIM: first.CreatorIM, Unread: affiliate.NumberOf(0),
		}, first)

		c.writes(t, creator.ID, "Hello!")
		again, err := shop.Conversation(t.Context(), creator.ID)
		require.NoError(t, err)
		want := first
		want.New, want.Unread = false, affiliate.NumberOf(1)
		require.Equal(t, want, again)
	})
}

func TestAConversationIsOpenedInSpiteOfLostAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCenter(t, affiliatesim.Options{})
		shop := c.shops(t)[0]
		creator := c.creator(t, shop, "glow.daily", "")
		c.control(t, "/sim/faults", `{"path":"202508/conversations","do":"apply_then_drop","times":2}`, nil)
		opened, err := shop.Conversation(t.Context(), creator.ID)
		require.NoError(t, err)
		require.False(t, opened.New, "the first call created it")
		require.Equal(t, 3, c.calls(t, "202508/conversations"))
	})
}

func TestACreatorOfAnotherRegionIsRefusedForGood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCenter(t, affiliatesim.Options{})
		shop := c.shops(t)[0]
		creator := c.creator(t, shop, "kitchen_finds", `,"region":"ZZ"`)
		_, err := shop.Conversation(t.Context(), creator.ID)
		require.ErrorIs(t, err, affiliate.ErrOtherRegion)
		require.Equal(t, affiliate.Refused, affiliate.KindOf(err))
		require.False(t, affiliate.Unclear(err))
		require.Equal(t, 1, c.calls(t, "202508/conversations"))
	})
}

func TestTheMessageCenterNeedsItsOwnScope(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCenter(t, affiliatesim.Options{})
		shop := c.shops(t)[0]
		creator := c.creator(t, shop, "glow.daily", "")
		opened, err := shop.Conversation(t.Context(), creator.ID)
		require.NoError(t, err)
		c.control(t, "/sim/authorization", `{"do":"withhold_scope","scope":"seller.affiliate_messages.write"}`, nil)

		_, opening := shop.Conversation(t.Context(), creator.ID)
		_, sending := shop.SendMessage(t.Context(), opened.ID, "Hello!")
		_, reading := messages(t, shop, opened.ID)
		_, listing := conversations(t, shop)
		_, marking := shop.MarkRead(t.Context(), opened.ID)
		for name, err := range map[string]error{
			"opening": opening, "sending": sending, "reading": reading, "listing": listing, "marking": marking,
		} {
			require.Equal(t, affiliate.ScopeMissing, affiliate.KindOf(err), name)
			require.ErrorContains(t, err, "seller.affiliate_messages.write", name)
			require.False(t, affiliate.Unclear(err), name)
		}
		require.NoError(t, lookup(t.Context(), shop), "the applications can still be read")
	})
}

func TestEveryConversationOfAStatusIsListedWithWhatIsNewInIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCenter(t, affiliatesim.Options{})
		shop := c.shops(t)[0]
		all, unread := map[string]affiliate.Number{}, map[string]affiliate.Number{}
		for i := range 120 {
			name := fmt.Sprintf("shelf.pick%d", i)
			creator := c.named(t, name, i)
			all[name] = affiliate.NumberOf(int64(i % 2))
			if i%2 == 1 {
				unread[name] = all[name]
				c.writes(t, creator, "Hello "+name)
				continue
			}
			_, err := shop.Conversation(t.Context(), creator)
			require.NoError(t, err)
			time.Sleep(time.Second)
		}
		for status, want := range map[affiliate.ConversationStatus]map[string]affiliate.Number{
			affiliate.AllConversations: all, affiliate.UnreadConversations: unread, affiliate.UnrepliedConversations: unread,
		} {
			before := c.calls(t, "202412/conversations")
			found, err := listed(t, shop, status)
			require.NoError(t, err)
			require.Equal(t, before+(len(want)+49)/50, c.calls(t, "202412/conversations"), status)
			got := map[string]affiliate.Number{}
			for _, f := range found {
				got[f.Username] = f.Unread
				require.NotEmpty(t, f.CreatorIM)
				require.NotEmpty(t, f.AvatarURL)
			}
			require.Equal(t, want, got, status)
		}
	})
}

// named makes a creator known by the n-th of some open ids.
func (c *center) named(t *testing.T, username string, n int) affiliate.CreatorID {
	t.Helper()
	id := affiliate.CreatorID(fmt.Sprintf("7494560739365%06d", n))
	c.add(t, fmt.Sprintf(`{"creator":{"creator_open_id":%q,"username":%q}}`, id, username))
	return id
}

func TestConversationsAreMarkedAsReadTwentyAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCenter(t, affiliatesim.Options{})
		shop := c.shops(t)[0]
		var ids []affiliate.ConversationID
		for i := range 43 {
			creator := c.named(t, fmt.Sprintf("shelf.pick%d", i), i)
			c.writes(t, creator, "Hello!")
			opened, err := shop.Conversation(t.Context(), creator)
			require.NoError(t, err)
			require.Equal(t, affiliate.NumberOf(1), opened.Unread)
			ids = append(ids, opened.ID)
		}
		c.control(t, "/sim/faults", `{"path":"conversatons/read","do":"apply_then_drop"}`, nil)
		failed, err := shop.MarkRead(t.Context(), append([]affiliate.ConversationID{"404"}, ids...)...)
		require.NoError(t, err)
		require.Equal(t, []affiliate.ConversationID{"404"}, failed)
		require.Equal(t, 4, c.calls(t, "conversatons/read"), "three and a repeated one")
		all, err := conversations(t, shop)
		require.NoError(t, err)
		for _, found := range all {
			require.Equal(t, affiliate.NumberOf(0), found.Unread)
		}
		failed, err = shop.MarkRead(t.Context())
		require.NoError(t, err)
		require.Empty(t, failed)
		require.Equal(t, 4, c.calls(t, "conversatons/read"), "there was nothing to mark")
	})
}

func TestMarkingTellsWhatFailedBeforeItBroke(t *testing.T) {
	shop, _ := newShop(t, func(w http.ResponseWriter, r request) {
		if strings.Contains(r.Body, `"21"`) {
			reply(w, 200, refusal(36009004, "conversation_ids"))
			return
		}
		reply(w, 200, success(`{"failed_conversation_ids":["3",4]}`))
	})
	var ids []affiliate.ConversationID
	for i := range 21 {
		ids = append(ids, affiliate.ConversationID(fmt.Sprint(i+1)))
	}
	failed, err := shop.MarkRead(t.Context(), ids...)
	require.Equal(t, affiliate.Refused, affiliate.KindOf(err))
	require.Equal(t, []affiliate.ConversationID{"3", "4"}, failed)
}

func TestConversationsAreAskedForAsTheVendorDocuments(t *testing.T) {
	shop, v := newShop(t, plain(200, success(`{"conversation_id":"1","has_more":false}`)))
	_, err := shop.Conversation(t.Context(), "7494")
	require.NoError(t, err)
	_, err = conversations(t, shop)
	require.NoError(t, err)
	seen := v.seen()
	require.Len(t, seen, 2)
	require.Equal(t, "POST /affiliate_seller/202508/conversations", seen[0].Method+" "+seen[0].Path)
	require.JSONEq(t, `{"creator_open_id":"7494","only_need_conversation_id":false}`, seen[0].Body)
	require.Equal(t, "GET /affiliate_seller/202412/conversations", seen[1].Method+" "+seen[1].Path)
	require.Equal(t, "false", seen[1].Query.Get("only_need_conversation_id"), "else the ids are all that comes")
	require.Equal(t, "ALL", seen[1].Query.Get("conversation_status"))
	require.Equal(t, "50", seen[1].Query.Get("page_size"))
	require.False(t, seen[1].Query.Has("page_token"))
	require.Empty(t, seen[1].Body)
	for _, r := range seen {
		require.Equal(t, string(cipher), r.Query.Get("shop_cipher"))
	}
}

func TestWhatTheListOfConversationsDoesNotTellIsBlank(t *testing.T) {
	shop, _ := newShop(t, plain(200, success(`{"has_more":false,"conversations":[
		{"id":7290000000000000001,"unread_count":""},
		{"conversation_id":"2","unread_count":null,"username":{}},
		{"id":"3","conversation_id":"9","unread_count":"4","creator_im_id":77,"avatar":["x"]},
		{"username":"no id"},{"id":"5","unread_count":"many"},{"id":{},"conversation_id":"6","unread_count":-1},"nonsense"]}`)))
	all, err := conversations(t, shop)
	require.NoError(t, err)
	require.Equal(t, []affiliate.ConversationSummary{
		{ID: "7290000000000000001"},
		{ID: "2"},
		{ID: "3", Unread: affiliate.NumberOf(4), CreatorIM: "77"},
		{ID: "5"},
		{ID: "6"},
	}, all, "what cannot be read hides nothing else")
}

func TestAListOfConversationsThatCannotBeReadIsNotTakenForNone(t *testing.T) {
	for _, data := range []string{
		`null`, `[]`, `{}`, `{"has_more":true}`, `{"conversations":null}`, `{"conversations":"none"}`,
	} {
		shop, v := newShop(t, plain(200, success(data)))
		_, err := conversations(t, shop)
		require.Equal(t, affiliate.Malformed, affiliate.KindOf(err), data)
		require.Len(t, v.seen(), 1, "asking again would bring the same")
	}
	for _, data := range []string{`null`, `{}`, `{"username":"glow.daily"}`, `{"conversation_id":{}}`} {
		shop, _ := newShop(t, plain(200, success(data)))
		_, err := shop.Conversation(t.Context(), "1")
		require.Equal(t, affiliate.Malformed, affiliate.KindOf(err), data)
	}
}

func TestPagesOfConversationsEndWhereTheyGoInCircles(t *testing.T) {
	for _, data := range []string{
		`{"has_more":true,"next_page_token":"again","conversations":[{"id":"1"}]}`,
		`{"has_more":true,"next_page_token":"","conversations":[{"id":"1"},{}]}`,
		`{"has_more":"true","conversations":[{"id":"1"}]}`,
	} {
		synctest.Test(t, func(t *testing.T) {
			shop, v := newShop(t, plain(200, success(data)))
			all, err := conversations(t, shop)
			require.NoError(t, err)
			require.Contains(t, all, affiliate.ConversationSummary{ID: "1"}, "what was read counts")
			require.LessOrEqual(t, len(v.seen()), 3)
		})
	}
}
