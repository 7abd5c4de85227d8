package affiliate_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/affiliate"
)

// exampleAnswers makes an answer to each listed call from the examples of the
// vendor's field lists, where they are at hand. Every list has one record.
func exampleAnswers(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "shared", "reference", "data", "tiktok-calls.json"))
	if err != nil {
		t.Skip("the vendor's field lists are not at hand beside the project: ../shared/reference/data/tiktok-calls.json")
	}
	var all struct {
		Calls map[string]struct {
			Answer []struct{ Path, Type, Example string }
		}
	}
	require.NoError(t, json.Unmarshal(text, &all))
	answers := map[string]string{}
	for name, call := range all.Calls {
		answer := map[string]any{"code": 0, "message": "Success", "request_id": "1"}
		for _, f := range call.Answer {
			if f.Example != "" {
				put(answer, strings.Split(f.Path, "."), exampleValue(t, f.Type, f.Example))
			}
		}
		made, err := json.Marshal(answer)
		require.NoError(t, err)
		answers[name] = string(made)
	}
	return answers
}

// put puts a value at a listed path, whose lists end in [].
func put(object map[string]any, path []string, value any) {
	name, list := strings.CutSuffix(path[0], "[]")
	if len(path) == 1 {
		object[name] = value
		return
	}
	if list {
		if object[name] == nil {
			object[name] = []any{map[string]any{}}
		}
		put(object[name].([]any)[0].(map[string]any), path[1:], value)
		return
	}
	if object[name] == nil {
		object[name] = map[string]any{}
	}
	put(object[name].(map[string]any), path[1:], value)
}

// exampleValue reads an example, all of which the lists have as texts.
func exampleValue(t *testing.T, kind, example string) (value any) {
	t.Helper()
	switch kind {
	case "string":
		return example
	case "bool":
		return strings.EqualFold(example, "true")
	}
	require.NoError(t, json.Unmarshal([]byte(example), &value), example)
	return value
}

func TestTheClientReadsTheExamplesOfTheVendorsLists(t *testing.T) {
	answers := exampleAnswers(t)
	at := func(seconds int64) time.Time { return time.Unix(seconds, 0).UTC() }
	const openID, picture, one, other = "uACafQAAAABmUU2qon4R0vUYvUVS3QC6CICP2m5A2-wd77j8R9G0yg", "https://example.com/picture", "123456", "12345678"
	n := affiliate.NumberOf
	for call, c := range map[string]struct {
		path string // what is called, where an id is part of it
		make func(*affiliate.Shop) (any, error)
		want any
	}{
		"POST /affiliate_seller/202508/sample_applications/search": {make: func(s *affiliate.Shop) (any, error) {
			page, err := s.SearchPage(t.Context(), affiliate.Filter{}, "", 50)
			return page.Applications, err
		}, want: []affiliate.Application{{
			ID: one, Status: affiliate.StatusPending, ReviewBy: at(1728674995), ShipBy: at(1728674995), AvailableQuantity: n(50),
			CommissionRate: decimal(t, "0.1"), Approvable: true, DisapprovableReasons: []string{"Product out of stock"}, OrderID: one, TrackingNumber: one,
			PartnerName: "ABC", FulfillmentStatus: "ONGOING",
			Creator: affiliate.Creator{
				ID: openID, Username: "test.name", Nickname: "Test Name", AvatarURL: picture, Followers: n(200), Posts: n(4), MedianViews: n(1200),
				FulfillmentPercentage: decimal(t, "60.5"), GMV: affiliate.Money{Amount: n(500), Currency: "USD"},
			},
			Product: affiliate.Product{ID: one, Title: "A women dress", SKUID: one, SKUName: "Soft Cover", SKUImageURL: picture},
		}}},
		"POST /affiliate_seller/202507/sample_applications/{application_id}/review": {
			path: "/affiliate_seller/202507/sample_applications/7/review",
			make: func(s *affiliate.Shop) (any, error) { return nil, s.Review(t.Context(), "7", affiliate.Approve()) },
		},
		"POST /affiliate_seller/202409/sample_applications/{application_id}/fulfillments/search": {
			path: "/affiliate_seller/202409/sample_applications/7/fulfillments/search",
			make: func(s *affiliate.Shop) (any, error) { return s.Content(t.Context(), "7", affiliate.ContentLive) },
			want: []affiliate.Content{{
				ID: one, Format: affiliate.ContentLive, Description: "abc def gh", PageLink: picture, Created: at(1723529426), Ended: at(1723529426),
				Views: n(100), Likes: n(123), Comments: n(10), PaidOrders: n(1), Product: one,
			}},
		},
		"GET /affiliate_seller/202512/sample_applications/deeplink": {make: func(s *affiliate.Shop) (any, error) {
			return s.RequestLink(t.Context(), affiliate.LinkRequest{Product: "1", SKU: "2", ValidDays: 1})
		}, want: "snssdk1180://roma_redirect/?_pia_=1&app_key=aaaa&callback_dp_key=f3318dbad42e495"},
		"POST /affiliate_seller/202508/target_collaborations/search": {make: func(s *affiliate.Shop) (any, error) {
			return collaborations(t, s, anyValid)
		}, want: []affiliate.TargetCollaboration{{
			ID: "789078671231123124", Name: "target_collaboration", Start: at(1715654330), End: at(1715654330), FreeSample: true, ApprovalExempt: true,
			Creators: 10, Products: 30,
		}}},
		"GET /affiliate_seller/202508/target_collaborations/{target_collaboration_id}": {
			path: "/affiliate_seller/202508/target_collaborations/789078671231123124",
			make: func(s *affiliate.Shop) (any, error) { return s.TargetCollaboration(t.Context(), "789078671231123124") },
			want: affiliate.CollaborationDetail{
				ID: "789078671231123124", Name: "target_collaboration",
				Creators: []affiliate.InvitedCreator{{ID: openID, Username: one, Nickname: one, AvatarURL: picture}},
				Products: []affiliate.OfferedProduct{{ID: "789078671231312312", Title: "Christmas Gift"}},
			},
		},
		"POST /affiliate_seller/202508/conversations": {make: func(s *affiliate.Shop) (any, error) {
			return s.Conversation(t.Context(), openID)
		}, want: affiliate.Conversation{
			ID: "1234567890", New: true, Username: "test_creator_name", AvatarURL: picture, CreatorIM: other, Unread: n(2),
		}},
		"GET /affiliate_seller/202412/conversations": {make: func(s *affiliate.Shop) (any, error) {
			return listed(t, s, affiliate.UnreadConversations)
		}, want: []affiliate.ConversationSummary{{ID: other, Username: "test_creator_name", AvatarURL: picture, CreatorIM: other, Unread: n(2)}}},
		"GET /affiliate_seller/202412/conversation/{conversation_id}/messages": {
			path: "/affiliate_seller/202412/conversation/7/messages",
			make: func(s *affiliate.Shop) (any, error) {
				found, err := s.Messages(t.Context(), "7")
				return found.Messages, err
			},
			want: []affiliate.Message{{
				ID: "7451907556216407553", Conversation: "7451873679308620048", Index: "1735032460678899", Type: affiliate.MessageText,
				Content: `{"content": "simple text message"}`, SenderID: "2368694990397660924", At: at(1691411573),
			}},
		},
		"POST /affiliate_seller/202412/conversations/{conversation_id}/messages": {
			path: "/affiliate_seller/202412/conversations/7/messages",
			make: func(s *affiliate.Shop) (any, error) { return s.SendMessage(t.Context(), "7", "Hello") },
			want: affiliate.MessageID("1234444"),
		},
		"POST /affiliate_seller/202412/conversatons/read": {
			make: func(s *affiliate.Shop) (any, error) { return s.MarkRead(t.Context(), "123") },
			want: []affiliate.ConversationID{"123"},
		},
	} {
		method, path, _ := strings.Cut(call, " ")
		if c.path != "" {
			path = c.path
		}
		require.Contains(t, answers, call)
		shop, v := newShop(t, func(w http.ResponseWriter, r request) {
			if r.Query.Has("page_token") {
				reply(w, 200, success(`{"has_more":false,"total_count":0,"sample_applications":[]}`))
				return
			}
			reply(w, 200, answers[call])
		})
		got, err := c.make(shop)
		require.NoError(t, err, call)
		require.Equal(t, c.want, got, call)
		require.Equal(t, method+" "+path, v.seen()[0].Method+" "+v.seen()[0].Path)
	}
	v := &vendor{answer: func(w http.ResponseWriter, _ request) { reply(w, 200, answers["GET /authorization/202309/shops"]) }}
	shops, err := newClient(t, serve(t, v)).Authorisation(lasting()).Shops(t.Context())
	require.NoError(t, err)
	require.Equal(t, []affiliate.ShopInfo{{
		ID: "7000714532876273420", Name: "Maomao beauty shop", Region: "GB", SellerType: "CROSS_BORDER", Code: "CNGBCBA4LLU8",
		Cipher: "GCP_XF90igAAAABh00qsWgtvOiGFNqyubMt3",
	}}, shops)
}

func decimal(t *testing.T, text string) affiliate.Number {
	t.Helper()
	n, err := affiliate.ParseNumber(text)
	require.NoError(t, err)
	return n
}
