package affiliatesim

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// pages fetches all pages of a search and returns the ids in the order they came.
func (u *caller) pages(size int, body string) []string {
	u.t.Helper()
	var ids []string
	token := ""
	for {
		data := u.search(size, token, body).data(u.t)
		for _, r := range data["sample_applications"].([]any) {
			ids = append(ids, r.(map[string]any)["id"].(string))
		}
		if token = data["next_page_token"].(string); token == "" {
			return ids
		}
	}
}

func TestTheSearchShowsEveryDocumentedField(t *testing.T) {
	u := open(t, Options{})
	deadline := time.Now().Add(48 * time.Hour).Unix()
	target := u.order("/sim/collaborations", `{"name":"Autumn edit","creators":["glow.daily"],"products":[]}`)["id"].(string)
	id := u.add(fmt.Sprintf(`{"id":"7300000000000000001","approve_expiration_time":%d,"commission_rate":"0.35","available_quantity":3,
		"partner_name":"Shelf Agency","is_approvable":false,"disapprovable_reasons":["CREATOR_LIMIT"],"target":%q,
		"creator":{"creator_open_id":"7400000000000000001","username":"glow.daily","nickname":"Glow Daily","avatar_url":"https://pictures.example/a.png",
			"follower_count":12345,"content_count":"17","ec_video_view":"","fulfillment_percentage":"60.85%%","gmv":{"amount":"500","currency":"USD"}},
		"product":{"id":"7500000000000000001","title":"Velvet Lip Tint","sku_id":"7600000000000000001","sku_name":"Plum","sku_image_url":"https://pictures.example/p.png"}}`,
		deadline, target))
	require.Equal(t, "7300000000000000001", id)
	want := map[string]any{
		"id": id, "status": "PENDING", "approve_expiration_time": float64(deadline), "available_quantity": 3.0,
		"commission_rate": "0.35", "is_approvable": false, "disapprovable_reasons": []any{"CREATOR_LIMIT"},
		"partner_name": "Shelf Agency", "fulfillment_status": "PENDING",
		"creator": map[string]any{
			"creator_open_id": "7400000000000000001", "username": "glow.daily", "nickname": "Glow Daily",
			"avatar_url": "https://pictures.example/a.png", "follower_count": 12345.0, "content_count": "17", "ec_video_view": "",
			"fulfillment_percentage": "60.85%", "gmv": map[string]any{"amount": "500", "currency": "USD"},
		},
		"product": map[string]any{
			"id": "7500000000000000001", "title": "Velvet Lip Tint", "sku_id": "7600000000000000001", "sku_name": "Plum",
			"sku_image_url": "https://pictures.example/p.png",
		},
	}
	require.Equal(t, []map[string]any{want}, u.found("{}"))

	creator := want["creator"].(map[string]any)
	delete(creator, "creator_open_id")
	for _, version := range []string{"202409", "202507"} {
		data := u.post("/affiliate_seller/"+version+"/sample_applications/search", url.Values{"page_size": {"50"}}, "{}").data(t)
		old := data["sample_applications"].([]any)[0].(map[string]any)
		require.NotEmpty(t, old["creator"].(map[string]any)["user_id"])
		creator["user_id"] = old["creator"].(map[string]any)["user_id"]
		require.Equal(t, want, old)
	}
}

func TestNumbersThatAreNotSharedAreBlankOrAbsent(t *testing.T) {
	u := open(t, Options{})
	u.add(`{"creator":{"content_count":null,"ec_video_view":"","fulfillment_percentage":"","gmv":null}}`)
	creator := u.found("{}")[0]["creator"].(map[string]any)
	require.NotContains(t, creator, "content_count")
	require.NotContains(t, creator, "gmv")
	require.Equal(t, "", creator["ec_video_view"])
	require.Equal(t, "", creator["fulfillment_percentage"])
}

func TestIdentifiersAreTooLargeForFloats(t *testing.T) {
	u := open(t, Options{Seed: 1})
	record := u.found("{}")[0]
	for _, id := range []any{record["id"], record["product"].(map[string]any)["id"], record["product"].(map[string]any)["sku_id"]} {
		n, err := strconv.ParseUint(id.(string), 10, 63)
		require.NoError(t, err)
		require.Greater(t, n, uint64(1)<<53)
	}
}

func TestEachDocumentedFilterFindsItsApplications(t *testing.T) {
	u := open(t, Options{})
	target := u.order("/sim/collaborations", `{"creators":["desk.picks"]}`)["id"].(string)
	id := u.add(`{"creator":{"username":"Glow.Daily","creator_open_id":"71"},"product":{"id":"72","title":"Trail Bottle"},"target":"` + target + `"}`)
	u.order("/sim/applications/"+id+"/approve", `{"order_id":"73"}`)
	u.add(`{"creator":{"username":"desk.picks","creator_open_id":"81"},"product":{"id":"82","title":"Desk Lamp"}}`)
	for _, body := range []string{
		`{"status":"AWAITING_SHIPMENT"}`, `{"product_id":"72"}`, `{"order_id":"73"}`, `{"title":"trail"}`, `{"username":"GLOW"}`,
		`{"creator_user_oepn_id":"71"}`, `{"target_collabration_id":"` + target + `"}`, `{"product_id":"72","creator_user_oepn_id":"71"}`,
	} {
		found := u.found(body)
		require.Len(t, found, 1, body)
		require.Equal(t, id, found[0]["id"], body)
	}
	require.Empty(t, u.found(`{"product_id":"72","creator_user_oepn_id":"81"}`))
	require.Len(t, u.pages(50, ""), 2, "a body in which everything is optional may be left out")
}

func TestFiltersThatAreNotDocumentedAreRefused(t *testing.T) {
	u := open(t, Options{})
	for _, body := range []string{
		`{"creator_user_open_id":"71"}`, `{"target_collaboration_id":"1"}`, `{"id":"1"}`, `{"application_id":"1"}`, `{"Status":"PENDING"}`,
		`{"create_time_ge":1}`, `{"status":"pending"}`, `{"status":""}`, `{"status":["PENDING"]}`, `{"product_id":72}`, `{"title":""}`, `{}{}`,
	} {
		got := u.search(10, "", body)
		require.Equal(t, 36009004, got.Code, body)
	}
}

func TestThePagesOfOneSearchAreCompleteAndEverySearchHasAnotherOrder(t *testing.T) {
	u := open(t, Options{Seed: 120, NoRateLimits: true})
	first, second := u.pages(50, "{}"), u.pages(50, "{}")
	require.Len(t, first, 120)
	require.NotEqual(t, first, second, "no order is documented")
	slices.Sort(first)
	slices.Sort(second)
	require.Equal(t, first, second)
	require.Len(t, slices.Compact(first), 120)
	require.EqualValues(t, 120, u.search(1, "", "{}").data(t)["total_count"])
}

func TestNothingIsSkippedWhenRecordsLeaveASearchBetweenItsPages(t *testing.T) {
	u := open(t, Options{Seed: 30, NoRateLimits: true})
	data := u.search(10, "", `{"status":"PENDING"}`).data(t)
	seen := map[string]bool{}
	for _, r := range data["sample_applications"].([]any) {
		id := r.(map[string]any)["id"].(string)
		seen[id] = true
		u.order("/sim/applications/"+id+"/approve", "")
	}
	for token := data["next_page_token"].(string); token != ""; {
		data = u.search(10, token, `{"status":"PENDING"}`).data(t)
		require.EqualValues(t, 20, data["total_count"])
		for _, r := range data["sample_applications"].([]any) {
			seen[r.(map[string]any)["id"].(string)] = true
		}
		token = data["next_page_token"].(string)
	}
	require.Len(t, seen, 30)
}

func TestAPageTokenBelongsToItsQuery(t *testing.T) {
	u := open(t, Options{Seed: 9, NoRateLimits: true})
	token := u.search(3, "", "{}").data(t)["next_page_token"].(string)
	require.Zero(t, u.search(3, token, "{}").Code)
	require.Equal(t, 36009004, u.search(4, token, "{}").Code)
	require.Equal(t, 36009004, u.search(3, token, `{"status":"PENDING"}`).Code)
	require.Equal(t, 36009004, u.search(3, token+"A", "{}").Code)
	require.Equal(t, 36009004, u.search(3, "2", "{}").Code)
	old := u.post("/affiliate_seller/202507/sample_applications/search", url.Values{"page_size": {"3"}, "page_token": {token}}, "{}")
	require.Equal(t, 36009004, old.Code)
}

func TestTheSearchMayLagBehindAReview(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := open(t, Options{})
		id := u.add(`{}`)
		u.order("/sim/lag", `{"lag":"4s"}`)
		require.Zero(t, u.post(reviewPath(id), nil, `{"review_result":"APPROVE"}`).Code)
		require.Equal(t, "AWAITING_SHIPMENT", u.status(id))
		require.Len(t, u.found(`{"status":"PENDING"}`), 1)
		require.Empty(t, u.found(`{"status":"AWAITING_SHIPMENT"}`))
		time.Sleep(4 * time.Second)
		require.Empty(t, u.found(`{"status":"PENDING"}`))
		require.Len(t, u.found(`{"status":"AWAITING_SHIPMENT"}`), 1)
	})
}

func BenchmarkAPageOfFiftyAmongThreeThousand(b *testing.B) {
	c := New(Options{Seed: 3000, NoRateLimits: true})
	defer func() { _ = c.Close() }()
	k := &call{now: time.Now(), shop: c.shops[0], query: url.Values{"page_size": {"50"}}, body: []byte(`{"status":"PENDING"}`)}
	k.request = newRequest(b, searchPath)
	for b.Loop() {
		data, err := c.searchApplications(k)
		if err != nil || len(answerFor(data, nil, k.now).body) == 0 {
			b.Fatal(err)
		}
	}
}
