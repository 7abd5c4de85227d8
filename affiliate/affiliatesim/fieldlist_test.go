package affiliatesim

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// listed is one field of the vendor's lists.
type listed struct {
	Path     string   `json:"path"`
	Type     string   `json:"type"`
	Required bool     `json:"required"`
	Enum     []string `json:"enum"`
}

// listedCall is one call of the vendor's lists.
type listedCall struct {
	Query  []listed `json:"query"`
	Body   []listed `json:"body"`
	Answer []listed `json:"answer"`
}

// fieldLists reads the vendor's field lists where they are at hand.
func fieldLists(t *testing.T) map[string]listedCall {
	t.Helper()
	path := filepath.Join("..", "..", "..", "shared", "reference", "data", "tiktok-calls.json")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Skip("the vendor's field lists are not at hand beside the project: ../shared/reference/data/tiktok-calls.json")
	}
	var all struct{ Calls map[string]listedCall }
	require.NoError(t, json.Unmarshal(text, &all))
	return all.Calls
}

// unserved are the calls of the lists that this stand-in does not have: the desk does not make them.
var unserved = []string{
	"GET /affiliate_seller/202410/open_collaborations/sample_rules", "POST /affiliate_seller/202410/open_collaborations/sample_rules",
	"POST /affiliate_seller/202410/orders/search", "POST /affiliate_seller/202412/open_collaborations/search",
	"POST /affiliate_seller/202509/target_collaboration/{target_collaboration_id}/link", "POST /affiliate_seller/202511/images/upload",
	"PUT /affiliate_seller/202508/target_collaborations/{target_collaboration_id}",
}

// example is a call that works.
type example struct {
	id    string
	query map[string]string
	body  map[string]any
}

// listedShop is a stand-in in which everything is there that the calls are about.
type listedShop struct {
	*caller
	application, talk, target string
}

func openListed(t *testing.T) *listedShop {
	u := &listedShop{caller: open(t, Options{NoRateLimits: true})}
	u.target = u.order("/sim/collaborations", `{"name":"Autumn edit","creators":[{"creator_open_id":"71","username":"glow.daily"}],"products":["77"]}`)["id"].(string)
	u.add(`{"creator":{"gmv":"","content_count":null,"fulfillment_percentage":"","ec_video_view":null},"is_approvable":false,"partner_name":"Shelf Agency"}`)
	u.add(`{"status":"SHIPPED"}`)
	u.application = u.add(`{"status":"CONTENT_PENDING","creator":{"creator_open_id":"71"},"product":{"id":"77","sku_id":"78"},"target":"` + u.target + `"}`)
	u.order("/sim/applications/"+u.application+"/post", `{"content_format":"LIVE"}`)
	u.order("/sim/applications/"+u.application+"/post", `{}`)
	u.talk = u.post(createPath, nil, `{"creator_open_id":"71"}`).data(t)["conversation_id"].(string)
	u.order("/sim/messages", `{"creator_open_id":"71","text":"Hello"}`)
	for _, event := range []string{"SELLER_DEAUTHORIZATION", "UPCOMING_AUTHORIZATION_EXPIRATION"} {
		u.send(u.request(http.MethodPut, "/event/202309/webhooks", nil, `{"address":"https://desk.example.com/w","event_type":"`+event+`"}`))
	}
	return u
}

// examples are the calls of the lists that the stand-in has, each as it works.
func (u *listedShop) examples() map[string]example {
	page := func(size, more string) map[string]string {
		query := map[string]string{"page_size": size}
		if name, value, found := strings.Cut(more, "="); found {
			query[name] = value
		}
		return query
	}
	target, text := "{target_collaboration_id}", `{"content":"Hi"}`
	return map[string]example{
		"GET /event/202309/webhooks":                                                             {},
		"PUT /event/202309/webhooks":                                                             {body: map[string]any{"address": "https://desk.example.com/tiktok/webhook", "event_type": "NEW_MESSAGE_LISTENER"}},
		"DELETE /event/202309/webhooks":                                                          {body: map[string]any{"event_type": "SELLER_DEAUTHORIZATION"}},
		"GET /authorization/202309/shops":                                                        {},
		"POST /affiliate_seller/202508/sample_applications/search":                               {query: page("50", ""), body: map[string]any{"status": "CONTENT_PENDING"}},
		"POST /affiliate_seller/202507/sample_applications/{application_id}/review":              {id: u.add(`{}`), body: map[string]any{"review_result": "REJECT", "reject_reason": "OTHER"}},
		"POST /affiliate_seller/202409/sample_applications/{application_id}/fulfillments/search": {id: u.application, body: map[string]any{"content_format": "LIVE"}},
		"GET /affiliate_seller/202512/sample_applications/deeplink": {query: map[string]string{
			"product_id": "77", "sku_id": "78", "campaign_id": "MY_CAMPAIGNS", "valid_days": "3",
		}},
		"POST /affiliate_seller/202508/target_collaborations/search": {query: page("20", ""), body: map[string]any{
			"collaboration_status": "VALID", "creator_user_open_id": "71", "free_sample_setting": "ALL", "creator_accept_status": "ANY",
			"search_param": map[string]any{"keyword_type": "TARGET_COLLABORATION_NAME", "keyword": "Autumn"},
		}},
		"GET /affiliate_seller/202508/target_collaborations/" + target:           {id: u.target},
		"GET /affiliate_seller/202412/target_collaborations/" + target:           {id: u.target},
		"POST /affiliate_seller/202508/conversations":                            {body: map[string]any{"creator_open_id": "71", "only_need_conversation_id": false}},
		"GET /affiliate_seller/202412/conversations":                             {query: page("50", "only_need_conversation_id=false")},
		"GET /affiliate_seller/202505/conversations":                             {query: page("50", "only_need_conversation_id=false")},
		"POST /affiliate_seller/202412/conversations/{conversation_id}/messages": {id: u.talk, body: map[string]any{"msg_type": "TEXT", "content": text}},
		"GET /affiliate_seller/202412/conversation/{conversation_id}/messages":   {id: u.talk, query: page("20", "")},
		"GET /affiliate_seller/202412/conversations/messages/list/newest":        {},
		"POST /affiliate_seller/202412/conversatons/read":                        {body: map[string]any{"conversation_ids": []string{u.talk, "1"}}},
	}
}

// make makes a call of the lists.
func (u *listedShop) make(name string, e example) reply {
	u.t.Helper()
	method, path, _ := strings.Cut(name, " ")
	if before, after, found := strings.Cut(path, "{"); found {
		_, after, _ = strings.Cut(after, "}")
		path = before + e.id + after
	}
	query, body := url.Values{}, ""
	for name, value := range e.query {
		query.Set(name, value)
	}
	if e.body != nil {
		text, err := json.Marshal(e.body)
		require.NoError(u.t, err)
		body = string(text)
	}
	return u.send(u.request(method, path, query, body))
}

func TestEveryListedCallIsServedOrKnownNotToBe(t *testing.T) {
	calls := fieldLists(t)
	u := openListed(t)
	examples := u.examples()
	for name := range calls {
		_, served := examples[name]
		require.NotEqual(t, served, slices.Contains(unserved, name), name)
	}
	require.Len(t, calls, len(examples)+len(unserved))
}

func TestEveryAnswerHasTheListedFieldsOfTheListedTypesAndNoOthers(t *testing.T) {
	calls := fieldLists(t)
	u := openListed(t)
	examples := u.examples()
	for _, name := range slices.Sorted(maps.Keys(examples)) { // what marks as read comes last
		e := examples[name]
		if strings.HasSuffix(name, "sample_applications/search") {
			e.body = map[string]any{} // every record, those with blanks among them
		}
		got := u.make(name, e)
		require.Zero(t, got.Code, "%s: %s", name, got.Message)
		fields := map[string]listed{}
		for _, f := range calls[name].Answer {
			fields[f.Path] = f
		}
		var answer any
		require.NoError(t, json.Unmarshal(got.Raw, &answer))
		met := map[string]bool{}
		require.Empty(t, misfits("", answer, fields, met), name)
		for path, f := range fields {
			if !slices.Contains(sometimes, path) && f.Type != "object" {
				require.True(t, met[path], "%s: the answer lacks %s", name, path)
			}
		}
	}
}

// sometimes are fields that only some records have.
var sometimes = []string{
	"data.sample_applications[].partner_name", "data.sample_applications[].shipment_expiration_time",
	"data.sample_applications[].approve_expiration_time", "data.sample_applications[].tracking_number",
}

// misfits lists what an answer has and the list has not, or otherwise. A number that a creator does not share is an empty
// text, as the vendor's pages say, and null stands for a field that is not there.
func misfits(path string, value any, fields map[string]listed, met map[string]bool) (wrong []string) {
	f, known := fields[path]
	if path != "" && !known {
		return []string{path + " is not listed"}
	}
	switch v := value.(type) {
	case nil:
		return nil
	case map[string]any:
		if path != "" && f.Type != "object" && f.Type != "[]object" {
			return []string{path + " is an object"}
		}
		for name, inner := range v {
			inside := strings.TrimPrefix(path+"."+name, ".")
			if _, list := inner.([]any); list {
				inside += "[]"
			}
			wrong = append(wrong, misfits(inside, inner, fields, met)...)
		}
	case []any:
		if !strings.HasPrefix(f.Type, "[]") {
			return []string{path + " is a list"}
		}
		for _, item := range v {
			if f.Type == "[]object" {
				wrong = append(wrong, misfits(path, item, fields, met)...)
			} else if _, text := item.(string); !text {
				wrong = append(wrong, fmt.Sprintf("%s holds %v", path, item))
			}
		}
	default:
		if kind := kindOf(value); kind != f.Type && (f.Type != "int" || value != "") {
			return []string{fmt.Sprintf("%s is a %s, not a %s", path, kind, f.Type)}
		}
		if len(f.Enum) > 0 && !slices.Contains(f.Enum, value.(string)) {
			return []string{fmt.Sprintf("%s is %v, which is not listed", path, value)}
		}
	}
	met[path] = true
	return wrong
}

func kindOf(value any) string {
	switch v := value.(type) {
	case string:
		return "string"
	case bool:
		return "bool"
	case float64:
		if v == float64(int64(v)) {
			return "int"
		}
	}
	return fmt.Sprintf("%T", value)
}

// TestWhatTheListsRequireIsRequiredAndTheirValuesAreTheOnlyOnes spoils every call in every listed way.
func TestWhatTheListsRequireIsRequiredAndTheirValuesAreTheOnlyOnes(t *testing.T) {
	calls := fieldLists(t)
	u := openListed(t)
	for name, e := range u.examples() {
		refused := func(what string, query map[string]string, body map[string]any) {
			got := u.make(name, example{e.id, query, body})
			require.NotZero(t, got.Code, "%s: %s", name, what)
			require.Equal(t, http.StatusBadRequest, max(got.Status, http.StatusBadRequest), "%s: %s", name, what)
		}
		for _, f := range calls[name].Query {
			if f.Required {
				refused("without "+f.Path, with(e.query, f.Path, nil), e.body)
			}
			if len(f.Enum) > 0 || f.Type == "bool" || f.Type == "int" {
				refused("an odd "+f.Path, with(e.query, f.Path, new("ODD")), e.body)
			}
		}
		refused("an unknown parameter", with(e.query, "odd", new("1")), e.body)
		for _, f := range calls[name].Body {
			if _, sent := at(e.body, f.Path); !sent {
				continue
			}
			if f.Required {
				refused("without "+f.Path, e.query, spoiled(e.body, f.Path, nil))
			}
			odd := any("ODD")
			if f.Type == "string" && len(f.Enum) == 0 {
				odd = 7
			}
			refused("an odd "+f.Path, e.query, spoiled(e.body, f.Path, odd))
		}
		if e.body != nil {
			refused("an unknown field", e.query, spoiled(e.body, "odd", 1))
		}
	}
}

// with is a query with another value, or without it.
func with(query map[string]string, name string, value *string) map[string]string {
	other := map[string]string{}
	maps.Copy(other, query)
	switch {
	case value != nil:
		other[name] = *value
	case name == "shop_cipher":
		other[name] = "" // else the caller adds it
	default:
		delete(other, name)
	}
	return other
}

// at finds a field of a body by its listed path.
func at(body map[string]any, path string) (value any, found bool) {
	name, rest, deeper := strings.Cut(strings.TrimSuffix(path, "[]"), ".")
	value, found = body[name]
	if inner, object := value.(map[string]any); deeper && object {
		return at(inner, rest)
	}
	return value, found && !deeper
}

// spoiled is a body in which a field has another value, or is not there.
func spoiled(body map[string]any, path string, value any) map[string]any {
	other := map[string]any{}
	maps.Copy(other, body)
	name, rest, deeper := strings.Cut(strings.TrimSuffix(path, "[]"), ".")
	switch inner, object := other[name].(map[string]any); {
	case deeper && object:
		other[name] = spoiled(inner, rest, value)
	case value == nil:
		delete(other, name)
	default:
		other[name] = value
	}
	return other
}
