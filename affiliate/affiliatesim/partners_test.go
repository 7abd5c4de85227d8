package affiliatesim

import (
	"cmp"
	"encoding/json"
	"fmt"
	"image/png"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

const (
	createPath = "/affiliate_seller/202508/conversations"
	listPath   = "/affiliate_seller/202412/conversations"
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
	again := u.post(createPath, nil, `{"creator_open_id":"71","only_need_conversation_id":false}`).data(t)
	require.Equal(t, []any{id, false}, []any{again["conversation_id"], again["is_new"]})
	for _, field := range []string{"username", "avatar", "creator_im_id"} {
		require.NotEmpty(t, again[field], field)
	}
	require.NotEqual(t, "71", again["creator_im_id"])
	for _, short := range []string{`{"creator_open_id":"71"}`, `{"creator_open_id":"71","only_need_conversation_id":true}`} {
		require.Equal(t, map[string]any{"conversation_id": id}, u.post(createPath, nil, short).data(t), "only the id, unless more is asked for")
	}
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
	body := func(kind, content string) string {
		text, err := json.Marshal(map[string]string{"msg_type": kind, "content": content})
		require.NoError(t, err)
		return string(text)
	}
	for _, good := range []string{
		body("PRODUCT_CARD", `{"product_id":"77"}`), body("FREE_SAMPLE_CARD", `{"apply_id":"`+application+`"}`), body("IMAGE", `{"url":"https://pictures.example/a.png"}`),
	} {
		got := u.post(sendPath(id), nil, good)
		require.Zero(t, got.Code, got.Message)
	}
	for _, bad := range []string{
		body("TEXT", "plain words"), body("TEXT", `{"text":"x"}`), body("TEXT", `{"content":""}`), body("PRODUCT_CARD", `{"product_id":"1"}`),
		body("FREE_SAMPLE_CARD", `{"apply_id":"1"}`), body("TARGET_COLLABORATION_CARD", `{"target_collaboration_id":"`+u.order("/sim/collaborations", `{}`)["id"].(string)+`"}`), body("EMOTICONS", `{}`), body("IMAGE", `[]`),
		`{"msg_type":"TEXT","content":{"content":"x"}}`, `{"msg_type":"TEXT"}`,
	} {
		require.Equal(t, 36009004, u.post(sendPath(id), nil, bad).Code, bad)
	}
	require.Equal(t, codeUnknownObject, u.post(sendPath("1"), nil, textOf("x")).Code)
}

// records reads a listing of the Message Center to its end.
func (u *caller) records(path, list string, query url.Values) (all []map[string]any) {
	u.t.Helper()
	for token := ""; ; {
		q := url.Values{"page_token": {token}}
		maps.Copy(q, query)
		data := u.get(path, q).data(u.t)
		for _, record := range data[list].([]any) {
			all = append(all, record.(map[string]any))
		}
		token = data["next_page_token"].(string)
		require.Equal(u.t, token != "", data["has_more"])
		if token == "" {
			return all
		}
	}
}

func TestMessagesComeInNoPromisedOrderAndTheirIndexTellsIt(t *testing.T) {
	u := open(t, Options{NoRateLimits: true})
	id := u.converse("71")
	var want []string
	for i := range 30 {
		u.order("/sim/messages", fmt.Sprintf(`{"creator_open_id":"71","text":"Answer %d"}`, i))
		want = append(want, fmt.Sprintf(`{"content":"Answer %d"}`, i))
	}
	type entry struct {
		index uint64
		text  string
	}
	listing := func() (all []entry) {
		for _, m := range u.records(talkPath(id), "messages", url.Values{"page_size": {"7"}}) {
			body := m["message_body"].(map[string]any)
			require.Equal(t, []any{id, "TEXT"}, []any{body["conversation_id"], body["type"]})
			index, err := strconv.ParseUint(m["conversation_index"].(string), 10, 64)
			require.NoError(t, err)
			all = append(all, entry{index, body["content"].(string)})
		}
		return all
	}
	found := listing()
	require.NotEqual(t, found, listing(), "each listing has an order of its own")
	require.ElementsMatch(t, found, listing(), "and nothing twice or missing")
	slices.SortFunc(found, func(a, b entry) int { return cmp.Compare(a.index, b.index) })
	var got []string
	for _, e := range found {
		got = append(got, e.text)
	}
	require.Equal(t, want, got)
	require.Less(t, len(fmt.Sprint(found[0].index)), len(fmt.Sprint(found[29].index)), "compared as words they lie")
	require.Equal(t, 36009004, u.get(talkPath(id), url.Values{"page_size": {"21"}}).Code)
	require.Equal(t, 36009009, u.get(talkPath(id)+"/more", nil).Code)
}

func TestUnreadMessagesOfTheLastMinuteAreTheNewest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := open(t, Options{})
		_, second := u.converse("71"), u.converse("72")
		newest := func() int {
			data := u.get("/affiliate_seller/202412/conversations/messages/list/newest", nil).data(t)
			return len(data["newest_message_list"].([]any))
		}
		u.order("/sim/messages", `{"creator_open_id":"71","text":"One"}`)
		time.Sleep(40 * time.Second)
		u.order("/sim/messages", `{"creator_open_id":"72","text":"Two"}`)
		require.Equal(t, 2, newest())
		time.Sleep(21 * time.Second)
		require.Equal(t, 1, newest())
		failed := u.post("/affiliate_seller/202412/conversatons/read", nil, `{"conversation_ids":["`+second+`","1"]}`).data(t)
		require.Equal(t, []any{"1"}, failed["failed_conversation_ids"])
		require.Equal(t, 0, newest())
		for _, ids := range []string{``, `""`, `"` + second + `","` + second + `"`, strings.Repeat(`"1",`, 20) + `"2"`} {
			require.Equal(t, 36009004, u.post("/affiliate_seller/202412/conversatons/read", nil, `{"conversation_ids":[`+ids+`]}`).Code, ids)
		}
	})
}

func TestConversationsAreListedByWhetherTheyAreReadAndReplied(t *testing.T) {
	u := open(t, Options{NoRateLimits: true})
	ids := map[string]string{}
	for _, name := range []string{"71", "72", "73", "74"} {
		ids[u.converse(name)] = name
	}
	for _, name := range []string{"71", "72", "73"} {
		u.order("/sim/messages", `{"creator_open_id":"`+name+`","text":"Hello"}`)
	}
	idOf := func(name string) string {
		for id, n := range ids {
			if n == name {
				return id
			}
		}
		return ""
	}
	require.Zero(t, u.post(sendPath(idOf("71")), nil, textOf("Hi")).Code)
	u.order("/sim/conversations/"+idOf("72")+"/read", "")
	u.order("/sim/conversations/"+idOf("73")+"/read", "")
	u.order("/sim/conversations/"+idOf("73")+"/reply", `{"text":"From a colleague"}`)
	listed := func(query url.Values) (names []string) {
		query.Set("page_size", "1")
		for _, record := range u.records(listPath, "conversations", query) {
			names = append(names, ids[record["id"].(string)])
			require.Equal(t, query.Get("only_need_conversation_id") == "false", len(record) > 1, "only ids, unless more is asked for")
			require.NotContains(t, record, "conversation_id")
		}
		return names
	}
	require.ElementsMatch(t, []string{"71", "72", "73", "74"}, listed(url.Values{}))
	require.ElementsMatch(t, []string{"71", "72", "73", "74"}, listed(url.Values{"conversation_status": {"ALL"}, "only_need_conversation_id": {"false"}}))
	require.Equal(t, []string{"71"}, listed(url.Values{"conversation_status": {"UNREAD"}}), "a reply does not mark it as read")
	require.Equal(t, []string{"72"}, listed(url.Values{"conversation_status": {"UNREPLIED"}}))
	for _, bad := range []url.Values{
		{"conversation_status": {"READ"}}, {"conversation_status": {""}}, {"only_need_conversation_id": {"1"}}, {"page_size": {"51"}},
	} {
		q := url.Values{"page_size": {"1"}}
		maps.Copy(q, bad)
		require.Equal(t, 36009004, u.get(listPath, q).Code, bad)
	}
}

const collaborationsPath = "/affiliate_seller/202508/target_collaborations/search"

func collaborationPath(version, id string) string {
	return "/affiliate_seller/" + version + "/target_collaborations/" + id
}

func TestTargetCollaborationsAreFoundByTheirFilters(t *testing.T) {
	u := open(t, Options{NoRateLimits: true})
	autumn := u.order("/sim/collaborations", `{"name":"Autumn edit","end_in":"169h","creators":["glow.daily",{"username":"desk.picks","creator_open_id":"desk-1"}],"products":["77",{"title":"Velvet Lip Tint"}]}`)["id"].(string)
	winter := u.order("/sim/collaborations", `{"name":"Winter edit","end_in":"167h","has_free_sample":false,"creators":[{"creator_open_id":"desk-1"}]}`)["id"].(string)
	search := func(body string) (found []string) {
		for _, record := range u.post(collaborationsPath, url.Values{"page_size": {"20"}}, body).data(t)["target_collaborations"].([]any) {
			found = append(found, record.(map[string]any)["id"].(string))
		}
		return found
	}
	for filter, want := range map[string][]string{
		`"collaboration_status":"VALID"`:                                                             {autumn, winter},
		`"collaboration_status":"ONGOING"`:                                                           {autumn},
		`"collaboration_status":"EXPIRING"`:                                                          {winter}, // it has less than seven days
		`"collaboration_status":"CANCELING"`:                                                         nil,
		`"collaboration_status":"COMPLETED"`:                                                         nil,
		`"collaboration_status":"VALID","free_sample_setting":"WITH_FREE_SAMPLE"`:                    {autumn},
		`"collaboration_status":"VALID","free_sample_setting":"ALL"`:                                 {autumn, winter},
		`"collaboration_status":"VALID","creator_user_open_id":"desk-1"`:                             {autumn, winter},
		`"collaboration_status":"VALID","creator_user_open_id":"desk"`:                               nil,
		`"collaboration_status":"VALID","creator_accept_status":"ANY"`:                               {autumn, winter},
		`"collaboration_status":"VALID","search_param":` + word("PRODUCT_NAME", "lip"):               {autumn},
		`"collaboration_status":"VALID","search_param":` + word("TARGET_COLLABORATION_NAME", "EDIT"): {autumn, winter},
		`"collaboration_status":"VALID","search_param":` + word("TARGET_COLLABORATION_ID", winter):   {winter},
	} {
		require.ElementsMatch(t, want, search("{"+filter+"}"), filter)
	}
	for _, size := range []string{"", "10", "21", "101"} {
		require.Equal(t, 36009004, u.post(collaborationsPath, url.Values{"page_size": {size}}, `{"collaboration_status":"VALID"}`).Code, size)
	}
	for _, body := range []string{
		`{}`, `{"collaboration_status":"OVER"}`, `{"collaboration_status":"VALID","free_sample_setting":"NONE"}`, `{"collaboration_status":"VALID","creator_user_open_id":""}`,
		`{"collaboration_status":"VALID","search_param":{"keyword":"x"}}`, `{"collaboration_status":"VALID","search_param":` + word("CREATOR", "x") + `}`,
		`{"collaboration_status":"VALID","name":"x"}`,
	} {
		require.Equal(t, 36009004, u.post(collaborationsPath, url.Values{"page_size": {"50"}}, body).Code, body)
	}
}

// word is a filter by text.
func word(kind, text string) string {
	return fmt.Sprintf(`{"keyword_type":%q,"keyword":%q}`, kind, text)
}

func TestATargetCollaborationIsShownWithItsCreatorsAndProducts(t *testing.T) {
	u := open(t, Options{})
	id := u.order("/sim/collaborations", `{"name":"Autumn edit","creators":["glow.daily",{"username":"desk.picks","nickname":"Desk"}],"products":["77",{"title":"Velvet Lip Tint"}]}`)["id"].(string)
	list := u.post(collaborationsPath, url.Values{"page_size": {"20"}}, `{"collaboration_status":"VALID"}`).data(t)["target_collaborations"].([]any)[0].(map[string]any)
	require.Equal(t, []any{id, "Autumn edit", 2.0, 2.0}, []any{list["id"], list["name"], list["creator_inivited_count"], list["product_count"]})
	require.NotContains(t, list, "creator_invited_count")

	shown := u.get(collaborationPath("202508", id), nil).data(t)["target_collaboration"].(map[string]any)
	require.Equal(t, 2.0, shown["creator_invited_count"])
	require.NotContains(t, shown, "creator_inivited_count")
	creators := shown["creators"].([]any)
	require.Equal(t, "glow.daily", creators[0].(map[string]any)["username"])
	require.Equal(t, "Desk", creators[1].(map[string]any)["nickname"])
	require.Regexp(t, `^[A-Za-z0-9_-]{58}$`, creators[0].(map[string]any)["creator_open_id"])
	require.Contains(t, creators[0].(map[string]any)["avatar"].(map[string]any)["url"], "/sim/pictures/")
	require.Equal(t, "77", shown["products"].([]any)[0].(map[string]any)["id"])
	for _, version := range []string{"202409", "202412"} {
		old := u.get(collaborationPath(version, id), nil).data(t)["target_collaboration"].(map[string]any)
		require.NotContains(t, old["creators"].([]any)[0], "creator_open_id", "the older versions have user names only")
	}

	application := u.add(`{"target":"` + id + `"}`)
	got := u.found(`{"target_collabration_id":"` + id + `"}`)
	require.Equal(t, application, got[0]["id"])
	require.Contains(t, []any{"glow.daily", "desk.picks"}, got[0]["creator"].(map[string]any)["username"])
	require.Equal(t, codeUnknownObject, u.get(collaborationPath("202508", "1"), nil).Code)
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
			{"product_id": {"77"}, "sku_id": {"78"}, "campaign_id": {"9"}},
			{"product_id": {"77"}, "sku_id": {"78"}, "valid_days": {"15"}}, {"product_id": {"77"}, "sku_id": {"78"}, "valid_days": {"0"}},
			{"product_id": {"77"}, "sku_id": {"78"}, "campaign_id": {"MY_CAMPAIGNS"}, "collaboration_id": {target}},
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
