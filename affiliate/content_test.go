package affiliate_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/affiliate"
	"sampledesk/affiliate/affiliatesim"
)

func TestPostedContentIsFoundByItsFormat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCenter(t, affiliatesim.Options{})
		shop := c.shops(t)[0]
		id := c.add(t, `{"status":"CONTENT_PENDING"}`)
		none, err := shop.Content(t.Context(), id, affiliate.ContentVideo)
		require.NoError(t, err)
		require.Empty(t, none)
		post := fmt.Sprintf("/sim/applications/%s/post", id)
		c.control(t, post, `{"page_link":"https://www.tiktok.com/@glow.daily/video/1","description":"Trying it","view_count":1200,"paid_order_count":0}`, nil)
		c.control(t, post, `{"content_format":"LIVE"}`, nil)

		videos, err := shop.Content(t.Context(), id, affiliate.ContentVideo)
		require.NoError(t, err)
		require.Len(t, videos, 1)
		require.NotEmpty(t, videos[0].ID)
		require.Equal(t, affiliate.Content{
			ID: videos[0].ID, Format: affiliate.ContentVideo, Description: "Trying it", PageLink: "https://www.tiktok.com/@glow.daily/video/1",
			Created: time.Now().Truncate(time.Second).UTC(), Views: affiliate.NumberOf(1200), Likes: affiliate.NumberOf(140),
			Comments: affiliate.NumberOf(12), PaidOrders: affiliate.NumberOf(0), Product: find(t, shop, id).Product.ID,
		}, videos[0])
		lives, err := shop.Content(t.Context(), id, affiliate.ContentLive)
		require.NoError(t, err)
		require.Len(t, lives, 1)
		require.Equal(t, time.Hour, lives[0].Ended.Sub(lives[0].Created))
	})
}

func TestContentThatIsNotAllThereIsRead(t *testing.T) {
	shop, v := newShop(t, plain(200, success(`{"fulfillments":[
		{"content":{"id":7,"format":"HOLOGRAM","view_count":"","like_count":null,"comment_count":"1.2e3","paid_order_count":"many"}},
		{"content":{"id":"8","view_count":"","like_count":null,"comment_count":"1.2e3","create_time":0}},
		{"content":{}},{},null,"nonsense"]}`)))
	found, err := shop.Content(t.Context(), "7390000000000000001", affiliate.ContentVideo)
	require.NoError(t, err)
	require.Equal(t, []affiliate.Content{
		{ID: "7", Format: "HOLOGRAM", Comments: affiliate.NumberOf(1200)}, {ID: "8", Comments: affiliate.NumberOf(1200)},
	}, found)
	seen := v.seen()
	require.Len(t, seen, 1)
	require.Equal(t, "/affiliate_seller/202409/sample_applications/7390000000000000001/fulfillments/search", seen[0].Path)
	require.JSONEq(t, `{"content_format":"VIDEO"}`, seen[0].Body)
}

func TestContentIsNotConcludedFromAnAnswerThatCannotBeRead(t *testing.T) {
	for _, data := range []string{`null`, `[]`, `{"fulfillments":7}`, `{"fulfillments":[{}]}`} {
		shop, _ := newShop(t, plain(200, success(data)))
		_, err := shop.Content(t.Context(), "1", affiliate.ContentVideo)
		require.Equal(t, affiliate.Malformed, affiliate.KindOf(err), data)
	}
	shop, v := newShop(t, plain(200, success(`{}`)))
	for id, format := range map[affiliate.ApplicationID]affiliate.ContentFormat{"": "VIDEO", "../1": "LIVE", "1": "PHOTO", "2": ""} {
		_, err := shop.Content(t.Context(), id, format)
		require.ErrorIs(t, err, affiliate.ErrInvalid, "%s %s", id, format)
	}
	require.Empty(t, v.seen())
}

func TestContentOfAnApplicationOfAnotherShopIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCenter(t, affiliatesim.Options{Shops: 2})
		shops := c.shops(t)
		id := c.add(t, `{}`)
		_, err := shops[1].Content(t.Context(), id, affiliate.ContentVideo)
		require.Equal(t, affiliate.Refused, affiliate.KindOf(err))
	})
}

func TestARequestLinkIsForOneVariant(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCenter(t, affiliatesim.Options{})
		shop := c.shops(t)[0]
		product := find(t, shop, c.add(t, `{}`)).Product
		var made struct{ ID affiliate.CollaborationID }
		c.control(t, "/sim/collaborations", `{"name":"Spring launch"}`, &made)
		request := affiliate.LinkRequest{Product: product.ID, SKU: product.SKUID, Collaboration: made.ID, ValidDays: 3}
		link, err := shop.RequestLink(t.Context(), request)
		require.NoError(t, err)
		parsed, err := url.Parse(link)
		require.NoError(t, err)
		require.Equal(t, "snssdk1180", parsed.Scheme)
		require.Equal(t, string(product.SKUID), parsed.Query().Get("sku_id"))
		require.Equal(t, string(made.ID), parsed.Query().Get("collaboration_id"))
		require.Equal(t, fmt.Sprint(time.Now().AddDate(0, 0, 3).Unix()), parsed.Query().Get("expires"))

		for name, skipped := range map[string]affiliate.LinkRequest{
			"another product's variant": {Product: product.ID, SKU: "404", ValidDays: 1},
			"no such collaboration":     {Product: product.ID, SKU: product.SKUID, Collaboration: "404", ValidDays: 1},
		} {
			_, err := shop.RequestLink(t.Context(), skipped)
			require.Equal(t, affiliate.Refused, affiliate.KindOf(err), name)
		}
		_, err = shop.RequestLink(t.Context(), affiliate.LinkRequest{Product: product.ID, SKU: product.SKUID, Campaign: affiliate.MyCampaigns, ValidDays: affiliate.MaxLinkDays})
		require.NoError(t, err)

		c.control(t, "/sim/authorization", `{"do":"withhold_scope","scope":"seller.affiliate_collaboration.read"}`, nil)
		_, err = shop.RequestLink(t.Context(), request)
		require.Equal(t, affiliate.ScopeMissing, affiliate.KindOf(err))
		require.ErrorContains(t, err, "seller.affiliate_collaboration.read")
	})
}

func TestARequestLinkThatCannotBeMeantIsNotAskedFor(t *testing.T) {
	shop, v := newShop(t, plain(200, success(`{"deeplink":"snssdk1180://x"}`)))
	for message, request := range map[string]affiliate.LinkRequest{
		"a link is valid for 1 to 14 days, not 0":                {Product: "1", SKU: "2"},
		"a link is valid for 1 to 14 days, not -1":               {Product: "1", SKU: "2", ValidDays: -1},
		"a link is valid for 1 to 14 days, not 15":               {Product: "1", SKU: "2", ValidDays: 15},
		"a product and a variant of it are needed":               {Product: "1", ValidDays: 1},
		"a link is for a campaign or for a collaboration, not":   {Product: "1", SKU: "2", Campaign: "3", Collaboration: "4", ValidDays: 1},
		"a campaign is MY_CAMPAIGNS or SELLER_CAMPAIGNS":         {Product: "1", SKU: "2", Campaign: "3", ValidDays: 1},
		"asking for a request link: invalid argument: a product": {SKU: "2", ValidDays: 1},
	} {
		_, err := shop.RequestLink(t.Context(), request)
		require.ErrorIs(t, err, affiliate.ErrInvalid, message)
		require.ErrorContains(t, err, message)
	}
	require.Empty(t, v.seen())
}

func TestALinkThatCannotBeOneIsNotHandedOn(t *testing.T) {
	for _, data := range []string{
		`null`, `{}`, `{"deeplink":""}`, `{"deeplink":"/page"}`, `{"deeplink":"javascript:alert(1)"}`, `{"deeplink":"snssdk1180://a\nb"}`,
		`{"deeplink":7}`, `{"deeplink":"snssdk1180://` + strings.Repeat("x", 3000) + `"}`,
	} {
		shop, _ := newShop(t, plain(200, success(data)))
		_, err := shop.RequestLink(t.Context(), affiliate.LinkRequest{Product: "1", SKU: "2", ValidDays: 1})
		require.Equal(t, affiliate.Malformed, affiliate.KindOf(err), data)
	}
}

func TestATargetCollaborationTellsWhomItInvitedAndWhatItOffers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCenter(t, affiliatesim.Options{Shops: 2})
		shops := c.shops(t)
		var made struct{ ID affiliate.CollaborationID }
		c.control(t, "/sim/collaborations",
			`{"name":"Spring launch","creators":["glow.daily",{"username":"kitchen_finds","nickname":"Kitchen"}],"products":[{"id":"1729","title":"Serum"}]}`, &made)
		c.control(t, "/sim/faults", `{"path":"target_collaborations","do":"drop"}`, nil)
		detail, err := shops[0].TargetCollaboration(t.Context(), made.ID)
		require.NoError(t, err)
		require.Equal(t, affiliate.CollaborationDetail{
			ID: made.ID, Name: "Spring launch",
			Creators: []affiliate.InvitedCreator{
				{ID: detail.Creators[0].ID, Username: "glow.daily", Nickname: "Glow Daily", AvatarURL: detail.Creators[0].AvatarURL},
				{ID: detail.Creators[1].ID, Username: "kitchen_finds", Nickname: "Kitchen", AvatarURL: detail.Creators[1].AvatarURL},
			},
			Products: []affiliate.OfferedProduct{{ID: "1729", Title: "Serum"}},
		}, detail)
		require.Equal(t, c.creator(t, shops[0], "glow.daily", "").ID, detail.Creators[0].ID, "as applications name them")
		require.NotEmpty(t, detail.Creators[0].AvatarURL)
		_, err = shops[1].TargetCollaboration(t.Context(), made.ID)
		require.Equal(t, affiliate.Refused, affiliate.KindOf(err), "it is another shop's")
	})
}

func TestATargetCollaborationIsReadInSpiteOfOddRecords(t *testing.T) {
	shop, v := newShop(t, plain(200, success(`{"target_collaboration":{"id":7,"creators":[{"username":"glow.daily","avatar":7},{"nickname":"Nobody"},7,{"creator_open_id":"open-1","username":{}}],
		"products":[{"title":"No id"},{"id":8}]}}`)))
	detail, err := shop.TargetCollaboration(t.Context(), "7")
	require.NoError(t, err)
	require.Equal(t, affiliate.CollaborationDetail{
		ID: "7", Creators: []affiliate.InvitedCreator{{Username: "glow.daily"}, {ID: "open-1"}}, Products: []affiliate.OfferedProduct{{ID: "8"}},
	}, detail)
	require.Equal(t, http.MethodGet+" /affiliate_seller/202508/target_collaborations/7", v.seen()[0].Method+" "+v.seen()[0].Path)

	for _, data := range []string{`null`, `{}`, `[]`, `{"target_collaboration":{"id":"8"}}`, `{"target_collaboration":7}`} {
		shop, _ := newShop(t, plain(200, success(data)))
		_, err := shop.TargetCollaboration(t.Context(), "7")
		require.Equal(t, affiliate.Malformed, affiliate.KindOf(err), data)
	}
	_, err = shop.TargetCollaboration(t.Context(), "search")
	require.ErrorIs(t, err, affiliate.ErrInvalid)
}
