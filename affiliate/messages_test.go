package affiliate_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/affiliate"
	"sampledesk/affiliate/affiliatesim"
)

// messages reads a whole conversation.
func messages(t *testing.T, shop *affiliate.Shop, id affiliate.ConversationID) ([]affiliate.Message, error) {
	t.Helper()
	found, err := shop.Messages(t.Context(), id)
	if err == nil {
		require.True(t, found.Whole)
	}
	return found.Messages, err
}

// talk opens a conversation with a creator of the given name.
func (c *center) talk(t *testing.T, shop *affiliate.Shop, username string) (affiliate.Conversation, affiliate.CreatorID) {
	t.Helper()
	creator := c.creator(t, shop, username, "").ID
	opened, err := shop.Conversation(t.Context(), creator)
	require.NoError(t, err)
	return opened, creator
}

// deliver sends a message as soon as the budget allows.
func deliver(t *testing.T, shop *affiliate.Shop, id affiliate.ConversationID, text string) (affiliate.MessageID, error) {
	t.Helper()
	for wait := shop.Ready(affiliate.EndpointMessage); wait > 0; wait = shop.Ready(affiliate.EndpointMessage) {
		time.Sleep(wait)
	}
	return shop.SendMessage(t.Context(), id, text)
}

func TestAMessageArrivesToTheLetter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCenter(t, affiliatesim.Options{})
		shop := c.shops(t)[0]
		opened, creator := c.talk(t, shop, "glow.daily")
		texts := []string{
			"Hello!", `Say "yes" & <we> ship\`, "two\nlines\u2028and \U0001F9F4", "\u202eright to left", `{"content":"not this"}`,
			strings.Repeat("ü", affiliate.MaxMessageText),
		}
		for _, text := range texts {
			id, err := deliver(t, shop, opened.ID, text)
			require.NoError(t, err)
			c.writes(t, creator, text)
			all, err := messages(t, shop, opened.ID)
			require.NoError(t, err)
			require.Equal(t, []string{text, text}, []string{all[0].Text(), all[1].Text()})
			require.Equal(t, opened.CreatorIM, all[0].SenderID)
			require.Equal(t, affiliate.Message{
				ID: id, Conversation: opened.ID, Type: affiliate.MessageText, Content: all[1].Content, SenderID: all[1].SenderID,
				At: time.Now().Truncate(time.Second).UTC(), Index: all[1].Index,
			}, all[1])
			require.Positive(t, affiliate.Newer(all[0], all[1]))
			require.NotEqual(t, opened.CreatorIM, all[1].SenderID)
		}
	})
}

func TestEveryMessageOfAConversationIsReadNewestFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCenter(t, affiliatesim.Options{})
		shop := c.shops(t)[0]
		opened, creator := c.talk(t, shop, "glow.daily")
		none, err := messages(t, shop, opened.ID)
		require.NoError(t, err)
		require.Empty(t, none)
		var want []string
		for i := range 45 {
			text := fmt.Sprintf("answer %d", i)
			c.writes(t, creator, text)
			want = append([]string{text}, want...)
		}
		for range 5 { // the stand-in has another order each time
			before := c.calls(t, "/messages")
			all, err := messages(t, shop, opened.ID)
			require.NoError(t, err)
			var got []string
			for _, message := range all {
				got = append(got, message.Text())
			}
			require.Equal(t, want, got)
			require.Equal(t, before+3, c.calls(t, "/messages"))
		}
	})
}

func TestAMessageWhoseAnswerIsLostIsUnclearAndTheConversationTells(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCenter(t, affiliatesim.Options{})
		shop := c.shops(t)[0]
		opened, creator := c.talk(t, shop, "glow.daily")
		for fault, sent := range map[string]bool{
			`{"path":"messages","do":"apply_then_drop"}`:        true,
			`{"path":"messages","do":"delay","delay_ms":20000}`: true,
			`{"path":"messages","do":"drop"}`:                   false,
			`{"path":"messages","do":"status","status":503}`:    false,
			`{"path":"messages","do":"code","code":36009007}`:   false,
		} {
			before, err := messages(t, shop, opened.ID)
			require.NoError(t, err)
			calls := c.calls(t, "/messages")
			c.control(t, "/sim/faults", fault, nil)
			_, err = deliver(t, shop, opened.ID, "Hello!")
			require.True(t, affiliate.Unclear(err), "%s: %v", fault, err)
			require.Equal(t, affiliate.Retryable, affiliate.KindOf(err), fault)
			time.Sleep(30 * time.Second)
			require.Equal(t, calls+1, c.calls(t, "/messages"), fault)
			after, err := messages(t, shop, opened.ID)
			require.NoError(t, err)
			require.Equal(t, sent, len(after) > len(before), fault)
			c.writes(t, creator, "Hello?") // keeps the quota open
		}
	})
}

func TestAConfirmedMessageWithoutAnIDIsUnclear(t *testing.T) {
	for _, data := range []string{`null`, `{}`, `{"message_id":null}`, `{"message_id":["1"]}`} {
		synctest.Test(t, func(t *testing.T) {
			shop, v := newShop(t, plain(200, success(data)))
			_, err := shop.SendMessage(t.Context(), "1", "Hello!")
			require.True(t, affiliate.Unclear(err), data)
			require.Equal(t, affiliate.Malformed, affiliate.KindOf(err), data)
			require.Len(t, v.seen(), 1, "a write is sent once")
		})
	}
}

func TestMessagesOfAShopAreSpaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCenter(t, affiliatesim.Options{})
		shop := c.shops(t)[0]
		one, _ := c.talk(t, shop, "glow.daily")
		two, _ := c.talk(t, shop, "kitchen_finds")
		for range 4 {
			for _, opened := range []affiliate.Conversation{one, two} {
				_, err := deliver(t, shop, opened.ID, "Hello!")
				require.NoError(t, err, "none draws a refusal for too many requests")
			}
		}
		_, err := shop.SendMessage(t.Context(), one.ID, "Too soon")
		require.Equal(t, affiliate.RateLimited, affiliate.KindOf(err))
		require.Equal(t, 5500*time.Millisecond, affiliate.RetryAfter(err))
		require.False(t, affiliate.Unclear(err))
		require.Equal(t, 8, c.calls(t, "/messages"), "without budget nothing is sent")
		require.NoError(t, lookup(t.Context(), shop), "others do not wait for it")
	})
}

func TestMessagesAreSpacedFromTheAnswerAndNotFromTheAsking(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var slow atomic.Bool
		slow.Store(true)
		shop, v := newShop(t, func(w http.ResponseWriter, _ request) {
			if slow.Swap(false) {
				time.Sleep(3 * time.Second)
			}
			reply(w, 200, success(`{"message_id":"1"}`))
		})
		require.Zero(t, shop.Ready(affiliate.EndpointMessage))
		time.Sleep(4900 * time.Millisecond) // the promise is about to lapse
		var first sync.WaitGroup
		first.Go(func() {
			if _, err := shop.SendMessage(t.Context(), "1", "one"); err != nil {
				t.Error(err)
			}
		})
		synctest.Wait()
		require.Equal(t, 5500*time.Millisecond, shop.Ready(affiliate.EndpointMessage), "the first is on its way")
		first.Wait()
		began := time.Now()
		require.Equal(t, 5500*time.Millisecond, shop.Ready(affiliate.EndpointMessage))
		_, err := deliver(t, shop, "1", "two")
		require.NoError(t, err)
		require.Equal(t, 5500*time.Millisecond, time.Since(began))
		require.Len(t, v.seen(), 2)
	})
}

func TestTheSpacingOfMessagesSlowsDownAndRecovers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var refuse atomic.Bool
		refuse.Store(true)
		shop, _ := newShop(t, func(w http.ResponseWriter, _ request) {
			if refuse.Swap(false) {
				reply(w, 429, refusal(36009002, "slow down"))
				return
			}
			reply(w, 200, success(`{"message_id":"1"}`))
		})
		_, err := shop.SendMessage(t.Context(), "1", "Hello!")
		require.Equal(t, affiliate.RateLimited, affiliate.KindOf(err))
		require.InDelta(t, 11, shop.Ready(affiliate.EndpointMessage).Seconds(), 0.01)
		time.Sleep(10 * time.Minute)
		require.Zero(t, shop.Ready(affiliate.EndpointMessage))
		require.Equal(t, 5500*time.Millisecond, shop.Ready(affiliate.EndpointMessage))
	})
}

func TestUsedUpQuotasAreTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCenter(t, affiliatesim.Options{})
		shop := c.shops(t)[0]
		opened, creator := c.talk(t, shop, "glow.daily")
		for range 5 {
			_, err := deliver(t, shop, opened.ID, "Hello!")
			require.NoError(t, err)
		}
		_, err := deliver(t, shop, opened.ID, "One more")
		require.ErrorIs(t, err, affiliate.ErrMessageQuota)
		require.Equal(t, affiliate.QuotaExhausted, affiliate.KindOf(err))
		require.Equal(t, affiliate.StopsNothing, affiliate.KindOf(err).Stops())
		require.False(t, affiliate.Unclear(err))

		c.writes(t, creator, "Hi!")
		_, err = deliver(t, shop, opened.ID, "One more")
		require.NoError(t, err, "their answer opens the quota")
		c.control(t, "/sim/limits", `{"messages_a_day":6}`, nil)
		_, err = deliver(t, shop, opened.ID, "And another")
		require.ErrorIs(t, err, affiliate.ErrDailyQuota)
		require.NotErrorIs(t, err, affiliate.ErrMessageQuota)
		require.Equal(t, affiliate.QuotaExhausted, affiliate.KindOf(err))
	})
}

func TestANamedRefusalIsNotBelievedWithAServersFault(t *testing.T) {
	for code, named := range map[int]error{
		16032001: affiliate.ErrOtherRegion, 16030100: affiliate.ErrMessageQuota, 45101004: affiliate.ErrDailyQuota,
		36004004: affiliate.ErrBadAuthCode, 36004005: affiliate.ErrBadRefreshToken,
	} {
		require.ErrorIs(t, &affiliate.Error{HTTPStatus: 200, Code: code}, named)
		require.NotErrorIs(t, &affiliate.Error{HTTPStatus: 502, Code: code}, named)
		require.NotErrorIs(t, &affiliate.Error{HTTPStatus: 200, Code: code + 7}, named)
	}
}

func TestAMessageUnderAnExpiredTokenIsSentOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCenter(t, affiliatesim.Options{})
		shop := c.shops(t)[0]
		opened, _ := c.talk(t, shop, "glow.daily")
		c.control(t, "/sim/authorization", `{"do":"expire_access"}`, nil)
		began := time.Now()
		id, err := deliver(t, shop, opened.ID, "Hello!")
		require.NoError(t, err)
		require.Less(t, time.Since(began), time.Second, "what was not counted needs no spacing")
		all, err := messages(t, shop, opened.ID)
		require.NoError(t, err)
		require.Len(t, all, 1)
		require.Equal(t, id, all[0].ID)
		require.Positive(t, shop.Ready(affiliate.EndpointMessage))
	})
}

func TestMessagesAreSentAndReadAsTheVendorDocuments(t *testing.T) {
	shop, v := newShop(t, plain(200, success(`{"message_id":7290000000000000009,"has_more":false,"messages":[]}`)))
	id, err := shop.SendMessage(t.Context(), "7290000000000000001", `Say "hi" & <go>`)
	require.NoError(t, err)
	require.Equal(t, affiliate.MessageID("7290000000000000009"), id)
	_, err = messages(t, shop, "7290000000000000001")
	require.NoError(t, err)
	seen := v.seen()
	require.Len(t, seen, 2)
	require.Equal(t, "POST /affiliate_seller/202412/conversations/7290000000000000001/messages", seen[0].Method+" "+seen[0].Path)
	require.Equal(t, `{"msg_type":"TEXT","content":"{\"content\":\"Say \\\"hi\\\" & <go>\"}"}`, seen[0].Body)
	require.Equal(t, "GET /affiliate_seller/202412/conversation/7290000000000000001/messages", seen[1].Method+" "+seen[1].Path)
	require.Equal(t, "20", seen[1].Query.Get("page_size"))
	require.Empty(t, seen[1].Body)
}

func TestMessagesThatCannotBeMeantAreNeverSent(t *testing.T) {
	shop, v := newShop(t, plain(200, success(`{"message_id":"1"}`)))
	send := func(id affiliate.ConversationID, text string) error {
		_, err := shop.SendMessage(t.Context(), id, text)
		return err
	}
	_, reading := messages(t, shop, "../1")
	_, opening := shop.Conversation(t.Context(), "")
	_, openingLong := shop.Conversation(t.Context(), affiliate.CreatorID(strings.Repeat("7", 200)))
	_, marking := shop.MarkRead(t.Context(), "1", "")
	for name, err := range map[string]error{
		"no conversation": send("", "Hello!"), "a path": send("1/../2", "Hello!"), "a long id": send("123456789012345678901", "Hello!"),
		"blank": send("1", " \n\t"), "not UTF-8": send("1", "Hello\xff"), "long": send("1", strings.Repeat("x", affiliate.MaxMessageText+1)),
		"reading": reading, "opening": opening, "opening with a long id": openingLong, "marking": marking,
	} {
		require.ErrorIs(t, err, affiliate.ErrInvalid, name)
		require.Equal(t, affiliate.Refused, affiliate.KindOf(err), name)
		require.False(t, affiliate.Unclear(err), name)
	}
	require.Empty(t, v.seen())
}

func TestAMessagesTextIsReadWhateverItsContentIs(t *testing.T) {
	for _, c := range []struct {
		kind                 affiliate.MessageType
		content, text, about string
	}{
		{"TEXT", `{"content":"Hello!"}`, "Hello!", ""},
		{"TEXT", `{"content":"<!channel> \u202e"}`, "<!channel> \u202e", ""},
		{"TEXT", `{"content":""}`, "", ""},
		{"TEXT", `Hello!`, "Hello!", ""},
		{"TEXT", `"quoted"`, `"quoted"`, ""},
		{"TEXT", `42`, "42", ""},
		{"TEXT", `{"content":{"content":"deep"}}`, `{"content":{"content":"deep"}}`, ""},
		{"TEXT", `{"content":"cut`, `{"content":"cut`, ""},
		{"TEXT", ``, "", ""},
		{"NOTIFICATION", `Your sample is on its way`, "Your sample is on its way", ""},
		{"NOTIFICATION", `{"content":"On its way"}`, "On its way", ""},
		{"SYSTEM", `{"template":7}`, "", ""},
		{"EMOTICONS", `[1,2]`, "", ""},
		{"CRM_SOMETHING", `null`, "", ""},
		{"IMAGE", `{"url":"https://p.example/a.png"}`, "", ""},
		{"PRODUCT_CARD", `{"product_id":"17"}`, "", "17"},
		{"PRODUCT_CARD", `{"product_id":17}`, "", ""},
		{"TARGET_COLLABORATION_CARD", `{"target_collaboration_id":"72"}`, "", "72"},
		{"FREE_SAMPLE_CARD", `{"apply_id":"73"}`, "", "73"},
		{"FREE_SAMPLE_CARD", `[[[`, "[[[", ""},
		{"TEXT", `{"product_id":"17"}`, `{"product_id":"17"}`, ""},
	} {
		message := affiliate.Message{Type: c.kind, Content: c.content}
		require.Equal(t, c.text, message.Text(), "%s %s", c.kind, c.content)
		require.Equal(t, c.about, message.About(), "%s %s", c.kind, c.content)
	}
}

func TestMessagesThatCannotBeReadHideNoOthers(t *testing.T) {
	shop, _ := newShop(t, plain(200, success(`{"has_more":false,"next_page_token":"left over","messages":[
		{"message_body":{"id":3,"conversation_id":"1","type":"SYSTEM","content":{"a":[1]},"sender_id":9,"create_time":"1764000000"}},
		{"message_body":{"id":"2","create_time":"soon"}}, {}, null, 7, {"message_body":{"id":""}},
		{"message_body":{"id":"1","content":null,"create_time":""}}]}`)))
	all, err := messages(t, shop, "1")
	require.NoError(t, err)
	require.Equal(t, []affiliate.Message{
		{ID: "3", Conversation: "1", Type: "SYSTEM", Content: `{"a":[1]}`, SenderID: "9", At: time.Unix(1764000000, 0).UTC()},
		{ID: "2"},
		{ID: "1"},
	}, all)
}

func TestMessagesAreOrderedByTheirIndexAndNothingElse(t *testing.T) {
	shop, _ := newShop(t, plain(200, success(`{"has_more":false,"messages":[
		{"conversation_index":"9","message_body":{"id":"50","create_time":1764000009}},
		{"conversation_index":"100","message_body":{"id":"10","create_time":1764000001}},
		{"conversation_index":"0020","message_body":{"id":"30","create_time":1764000000}},
		{"conversation_index":30,"message_body":{"id":"40","create_time":1764000000}},
		{"conversation_index":"soon","message_body":{"id":"odd","create_time":1764000005}},
		{"message_body":{"id":"none"}}]}`)))
	all, err := messages(t, shop, "1")
	require.NoError(t, err)
	var ids []affiliate.MessageID
	for _, m := range all {
		ids = append(ids, m.ID)
	}
	require.Equal(t, []affiliate.MessageID{"odd", "10", "40", "30", "50", "none"}, ids)
	require.Equal(t, "20", all[3].Index, "without needless zeros")
	require.Zero(t, affiliate.Newer(all[0], all[1]), "one without an index is not compared")
}

func TestPagesOfMessagesThatDoNotFitTogetherAreReadAnewAndAreNoProof(t *testing.T) {
	one, two := `{"message_body":{"id":"1"}}`, `{"message_body":{"id":"2"}}`
	page := func(next string, records ...string) string {
		return fmt.Sprintf(`{"has_more":%t,"next_page_token":%q,"messages":[%s]}`, next != "", next, strings.Join(records, ","))
	}
	for name, c := range map[string]struct {
		pages func(token string) string
		whole bool
		ids   int
	}{
		"one page":            {func(string) string { return page("", one, two) }, true, 2},
		"an empty one before": {func(token string) string { return map[string]string{"": page("a"), "a": page("", one)}[token] }, true, 1},
		"it names itself":     {func(string) string { return page("a", one, two) }, false, 2},
		"no name":             {func(string) string { return `{"has_more":true,"messages":[` + one + `]}` }, false, 1},
		"a repeated record": {func(token string) string {
			return map[string]string{"": page("a", one), "a": page("", one, two)}[token]
		}, false, 2},
		"another language": {func(string) string { return `{"has_more":false,"messages":[{},{}]}` }, false, 0},
	} {
		t.Run(name, func(t *testing.T) {
			shop, v := newShop(t, func(w http.ResponseWriter, r request) { reply(w, 200, success(c.pages(r.Query.Get("page_token")))) })
			found, err := shop.Messages(t.Context(), "1")
			require.NoError(t, err)
			require.Equal(t, c.whole, found.Whole)
			require.Len(t, found.Messages, c.ids, "what was read counts")
			require.LessOrEqual(t, len(v.seen()), 6)
		})
	}
}

func TestAConversationThatCannotBeReadIsNotTakenForAnEmptyOne(t *testing.T) {
	for _, data := range []string{
		`null`, `[]`, `{}`, `{"has_more":true}`, `{"messages":null}`, `{"messages":{}}`,
	} {
		shop, v := newShop(t, plain(200, success(data)))
		_, err := messages(t, shop, "1")
		require.Equal(t, affiliate.Malformed, affiliate.KindOf(err), data)
		require.Len(t, v.seen(), 1, "asking again would bring the same")
	}
	shop, _ := newShop(t, plain(200, success(`{"messages":[]}`)))
	none, err := messages(t, shop, "1")
	require.NoError(t, err)
	require.Empty(t, none)
}
