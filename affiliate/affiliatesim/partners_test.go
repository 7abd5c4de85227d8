package affiliatesim

import (
	"encoding/json"
	"fmt"
	"image/png"
	"net/http"
	"net/url"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

const (
	createPath = "/affiliate_seller/202508/conversations"
	listPath   = "/affiliate_seller/202505/conversations"
)

func sendPath(id string) string { return "/affiliate_seller/202412/conversations/" + id + "/messages" }
func talkPath(id string) string { return "/affiliate_seller/202412/conversation/" + id + "/messages" }
func textOf(words string) string {
	return fmt.Sprintf(`{"msg_type":"TEXT","content":%q}`, fmt.Sprintf(`{"content":%q}`, words))
}

// converse opens a conversation with a new creator.
func (u *caller) converse(openID string) string {
	u.t.Helper()
	u.add(`{"creator":{"creator_open_id":"` + openID + `"}}`)
	return u.post(createPath, nil, `{"creator_open_id":"`+openID+`","only_need_conversation_id":false}`).data(u.t)["conversation_id"].(string)
}

func TestAConversationIsCreatedOnce(t *testing.T) {
	u := open(t, Options{})
	id := u.converse("71")
	again := u.post(createPath, nil, `{"creator_open_id":"71"}`).data(t)
	require.Equal(t, []any{id, false}, []any{again["conversation_id"], again["is_new"]})
	for _, field := range []string{"username", "avatar", "creator_im_id"} {
		require.NotEmpty(t, again[field], field)
	}
	require.NotEqual(t, "71", again["creator_im_id"])
	short := u.post(createPath, nil, `{"creator_open_id":"71","only_need_conversation_id":true}`).data(t)
	require.NotContains(t, short, "username")
	for _, body := range []string{`{"creator_user_id":"71"}`, `{"creator_open_id":"72"}`, `{}`} {
		require.Equal(t, 36009004, u.post(createPath, nil, body).Code, body)
	}
}

func TestMessagesGoOutFiveSecondsApartAndFiveBeforeAnAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := open(t, Options{})
		id := u.converse("71")
		for i := range 5 {
			require.NotEmpty(t, u.post(sendPath(id), nil, textOf(fmt.Sprintf("Hello %d", i))).data(t)["message_id"])
			soon := u.post(sendPath(id), nil, textOf("too soon"))
			if i < 4 {
				require.Equal(t, []any{429, 36009002, "5"}, []any{soon.Status, soon.Code, soon.Header.Get("Retry-After")})
			}
			time.Sleep(5 * time.Second)
		}
		require.Equal(t, 16030100, u.post(sendPath(id), nil, textOf("one too many")).Code)
		u.order("/sim/messages", `{"creator_open_id":"71","text":"Yes please"}`)
		require.Zero(t, u.post(sendPath(id), nil, textOf("Wonderful")).Code)
	})
}

func TestADaysMessagesAreLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := open(t, Options{NoRateLimits: true})
		id := u.converse("71")
		for i := range dailyMessages {
			if i%unanswered == 0 {
				u.order("/sim/messages", `{"creator_open_id":"71","text":"Go on"}`)
			}
			require.Zero(t, u.post(sendPath(id), nil, textOf("Hello")).Code)
		}
		require.Equal(t, 45101004, u.post(sendPath(id), nil, textOf("Hello")).Code)
		time.Sleep(24 * time.Hour)
		u.order("/sim/messages", `{"creator_open_id":"71","text":"Go on"}`)
		require.Zero(t, u.post(sendPath(id), nil, textOf("Hello")).Code)
	})
}

func TestACreatorOfAnotherRegionCannotBeWrittenTo(t *testing.T) {
	u := open(t, Options{})
	u.add(`{"creator":{"creator_open_id":"71","region":"GB"}}`)
	require.Equal(t, 16032001, u.post(createPath, nil, `{"creator_open_id":"71"}`).Code)
}

func TestAMessagesContentIsJSONInsideJSON(t *testing.T) {
	u := open(t, Options{NoRateLimits: true})
	id := u.converse("71")
	application := u.add(`{"product":{"id":"77"}}`)
	target := u.order("/sim/collaborations", `{}`)["id"].(string)
	body := func(kind, content string) string {
		text, err := json.Marshal(map[string]string{"msg_type": kind, "content": content})
		require.NoError(t, err)
		return string(text)
	}
	for _, good := range []string{
		body("PRODUCT_CARD", `{"product_id":"77"}`), body("TARGET_COLLABORATION_CARD", `{"target_collaboration_id":"`+target+`"}`),
		body("FREE_SAMPLE_CARD", `{"apply_id":"`+application+`"}`), body("IMAGE", `{"url":"https://pictures.example/a.png"}`),
	} {
		got := u.post(sendPath(id), nil, good)
		require.Zero(t, got.Code, got.Message)
	}
	for _, bad := range []string{
		body("TEXT", "plain words"), body("TEXT", `{"text":"x"}`), body("TEXT", `{"content":""}`), body("PRODUCT_CARD", `{"product_id":"1"}`),
		body("FREE_SAMPLE_CARD", `{"apply_id":"1"}`), body("TARGET_COLLABORATION_CARD", `{}`), body("EMOTICONS", `{}`), body("IMAGE", `[]`),
		`{"msg_type":"TEXT","content":{"content":"x"}}`, `{"msg_type":"TEXT"}`,
	} {
		require.Equal(t, 36009004, u.post(sendPath(id), nil, bad).Code, bad)
	}
	require.Equal(t, codeUnknownObject, u.post(sendPath("1"), nil, textOf("x")).Code)
}

func TestMessagesAreReadNewestFirstInPages(t *testing.T) {
	u := open(t, Options{NoRateLimits: true})
	id := u.converse("71")
	for i := range 5 {
		u.order("/sim/messages", fmt.Sprintf(`{"creator_open_id":"71","text":"Answer %d"}`, i))
	}
	var got []string
	token := ""
	for {
		data := u.get(talkPath(id), url.Values{"page_size": {"2"}, "page_token": {token}}).data(t)
		for _, m := range data["messages"].([]any) {
			body := m.(map[string]any)["message_body"].(map[string]any)
			require.Equal(t, []any{id, "TEXT"}, []any{body["conversation_id"], body["type"]})
			got = append(got, body["content"].(string))
		}
		token = data["next_page_token"].(string)
		require.Equal(t, token != "", data["has_more"])
		if token == "" {
			break
		}
	}
	require.Equal(t, []string{`{"content":"Answer 4"}`, `{"content":"Answer 3"}`, `{"content":"Answer 2"}`, `{"content":"Answer 1"}`, `{"content":"Answer 0"}`}, got)
	require.Equal(t, 36009004, u.get(talkPath(id), url.Values{"page_size": {"21"}}).Code)
	require.Equal(t, 36009009, u.get(talkPath(id)+"/more", nil).Code)
}

func TestUnreadMessagesOfTheLastMinuteAreTheNewest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := open(t, Options{})
		first, second := u.converse("71"), u.converse("72")
		newest := func() int {
			data := u.get("/affiliate_seller/202412/conversations/messages/list/newest", nil).data(t)
			return len(data["messages"].([]any))
		}
		u.order("/sim/messages", `{"creator_open_id":"71","text":"One"}`)
		time.Sleep(40 * time.Second)
		u.order("/sim/messages", `{"creator_open_id":"72","text":"Two"}`)
		require.Equal(t, 2, newest())
		list := u.get(listPath, url.Values{"page_size": {"1"}}).data(t)
		require.Equal(t, true, list["has_more"])
		require.Equal(t, second, list["conversations"].([]any)[0].(map[string]any)["conversation_id"])
		rest := u.get(listPath, url.Values{"page_size": {"1"}, "page_token": {list["next_page_token"].(string)}}).data(t)
		require.Equal(t, first, rest["conversations"].([]any)[0].(map[string]any)["conversation_id"])
		require.Equal(t, "", rest["next_page_token"])
		time.Sleep(21 * time.Second)
		require.Equal(t, 1, newest())
		failed := u.post("/affiliate_seller/202412/conversatons/read", nil, `{"conversation_ids":["`+second+`","1"]}`).data(t)
		require.Equal(t, []any{"1"}, failed["failed_conversation_ids"])
		require.Equal(t, 0, newest())
		require.Equal(t, 36009004, u.post("/affiliate_seller/202412/conversatons/read", nil, `{"conversation_ids":[]}`).Code)
	})
}

func TestTargetCollaborationsAreFoundAndShown(t *testing.T) {
	u := open(t, Options{})
	id := u.order("/sim/collaborations", `{"name":"Autumn edit","creators":["glow.daily",{"username":"desk.picks","nickname":"Desk"}],"products":["77",{"title":"Velvet Lip Tint"}]}`)["id"].(string)
	u.order("/sim/collaborations", `{"name":"Winter edit","end_in":"48h","has_free_sample":false}`)
	search := func(body string) []any {
		return u.post("/affiliate_seller/202508/target_collaborations/search", url.Values{"page_size": {"20"}}, body).data(t)["target_collaborations"].([]any)
	}
	require.Len(t, search("{}"), 2)
	require.Len(t, search(`{"collaboration_status":"VALID"}`), 2)
	require.Len(t, search(`{"collaboration_status":"EXPIRING"}`), 1)
	require.Len(t, search(`{"free_sample_setting":"WITH_FREE_SAMPLE"}`), 1)
	found := search(`{"search_param":{"keyword_type":"CREATOR","keyword":"desk"},"collaboration_status":"ONGOING"}`)
	require.Len(t, found, 1)
	record := found[0].(map[string]any)
	require.Equal(t, []any{id, "Autumn edit", 2.0, 2.0}, []any{record["id"], record["name"], record["creator_inivited_count"], record["product_count"]})

	shown := u.get("/affiliate_seller/202409/target_collaborations/"+id, nil).data(t)["target_collaboration"].(map[string]any)
	creators := shown["creators"].([]any)
	require.Equal(t, "glow.daily", creators[0].(map[string]any)["username"])
	require.Equal(t, "Desk", creators[1].(map[string]any)["nickname"])
	require.NotContains(t, creators[0], "creator_open_id", "creators come by user name here")
	require.Equal(t, "77", shown["products"].([]any)[0].(map[string]any)["id"])

	application := u.add(`{"target":"` + id + `"}`)
	got := u.found(`{"target_collabration_id":"` + id + `"}`)
	require.Equal(t, application, got[0]["id"])
	require.Contains(t, []any{"glow.daily", "desk.picks"}, got[0]["creator"].(map[string]any)["username"])

	for _, size := range []string{"", "10", "21", "101"} {
		require.Equal(t, 36009004, u.post("/affiliate_seller/202508/target_collaborations/search", url.Values{"page_size": {size}}, "{}").Code, size)
	}
	for _, body := range []string{`{"collaboration_status":"OVER"}`, `{"free_sample_setting":"NONE"}`, `{"search_param":{"keyword":"x"}}`, `{"name":"x"}`} {
		require.Equal(t, 36009004, u.post("/affiliate_seller/202409/target_collaborations/search", url.Values{"page_size": {"50"}}, body).Code, body)
	}
	require.Equal(t, codeUnknownObject, u.get("/affiliate_seller/202409/target_collaborations/1", nil).Code)
}

func TestContentIsListedByItsFormat(t *testing.T) {
	u := open(t, Options{})
	id := u.add(`{"status":"CONTENT_PENDING"}`)
	path := "/affiliate_seller/202409/sample_applications/" + id + "/fulfillments/search"
	search := func(format string) []any {
		return u.post(path, nil, `{"content_format":"`+format+`"}`).data(t)["fulfillments"].([]any)
	}
	require.Empty(t, search("VIDEO"))
	u.order("/sim/applications/"+id+"/post", `{"description":"First look","page_link":"https://www.tiktok.com/@glow.daily/video/1","view_count":0}`)
	u.order("/sim/applications/"+id+"/post", `{"content_format":"LIVE"}`)
	content := search("VIDEO")[0].(map[string]any)["content"].(map[string]any)
	require.Equal(t, []any{"VIDEO", "First look", "https://www.tiktok.com/@glow.daily/video/1", 0.0},
		[]any{content["format"], content["description"], content["page_link"], content["view_count"]})
	require.NotContains(t, content, "live_end_time")
	require.NotZero(t, search("LIVE")[0].(map[string]any)["content"].(map[string]any)["live_end_time"])
	require.Equal(t, 36009004, u.post(path, nil, `{}`).Code)
	require.Equal(t, 36009004, u.post(path, nil, `{"content_format":"PHOTO"}`).Code)
}

func TestADeepLinkIsForOneVariantAndAtMostFourteenDays(t *testing.T) {
	u := open(t, Options{})
	u.add(`{"product":{"id":"77","sku_id":"78"}}`)
	target := u.order("/sim/collaborations", `{}`)["id"].(string)
	link := func(q url.Values) reply {
		return u.get("/affiliate_seller/202512/sample_applications/deeplink", q)
	}
	good := link(url.Values{"product_id": {"77"}, "sku_id": {"78"}, "collaboration_id": {target}, "valid_days": {"3"}})
	require.Contains(t, good.data(t)["deeplink"], "snssdk1180://")
	for code, queries := range map[int][]url.Values{
		36009004: {
			{"product_id": {"77"}, "sku_id": {"78"}, "valid_days": {"15"}}, {"product_id": {"77"}, "sku_id": {"78"}, "valid_days": {"0"}},
			{"product_id": {"77"}, "sku_id": {"78"}, "campaign_id": {"1"}, "collaboration_id": {target}},
		},
		codeUnknownObject: {{"product_id": {"77"}, "sku_id": {"79"}}, {}, {"product_id": {"77"}, "sku_id": {"78"}, "collaboration_id": {"1"}}},
	} {
		for _, q := range queries {
			require.Equal(t, code, link(q).Code, q)
		}
	}
}

func TestPicturesAreRealAndServedByTheStandIn(t *testing.T) {
	u := open(t, Options{Seed: 1})
	record := u.found("{}")[0]
	for _, link := range []any{record["product"].(map[string]any)["sku_image_url"], record["creator"].(map[string]any)["avatar_url"]} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, link.(string), nil)
		require.NoError(t, err)
		response, err := u.http.Do(r)
		require.NoError(t, err)
		require.Equal(t, "image/png", response.Header.Get("Content-Type"))
		picture, err := png.Decode(response.Body)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		require.Equal(t, pictureSize, picture.Bounds().Dx())
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, testBase+"/sim/pictures/UP..png", nil)
	require.NoError(t, err)
	response, err := u.http.Do(r)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, http.StatusNotFound, response.StatusCode)
}
