package affiliatesim

import (
	"net/http"
	"slices"
	"strings"
)

// endpoint is one documented call.
type endpoint struct {
	method string
	// path may hold one {id}, which matches a single segment.
	path string
	// token tells the token calls, which are not signed and carry no access token.
	token bool
	// scope must have been granted; empty: none is documented.
	scope string
	// shop tells that the call is about one shop and needs its shop_cipher.
	shop bool
	// query names the parameters beyond those that every call of its kind has.
	query []string
	do    func(*Center, *call) (any, error)
}

// endpoints are the documented calls and only those: a version of a call that the
// documentation does not name does not exist here.
func endpoints() []endpoint {
	const get, post, webhooks = http.MethodGet, http.MethodPost, "/event/202309/webhooks"
	return []endpoint{
		{method: get, path: "/api/v2/token/get", token: true, query: []string{"auth_code"}, do: (*Center).getToken},
		{method: get, path: "/api/v2/token/refresh", token: true, query: []string{"refresh_token"}, do: (*Center).refreshToken},
		{method: get, path: "/authorization/202309/shops", scope: scopeShops, do: (*Center).listShops},
		{method: get, path: webhooks, scope: scopeShops, shop: true, do: (*Center).listWebhooks},
		{method: http.MethodPut, path: webhooks, scope: scopeShops, shop: true, do: (*Center).putWebhook},
		{method: http.MethodDelete, path: webhooks, scope: scopeShops, shop: true, do: (*Center).deleteWebhook},

		{method: post, path: "/affiliate_seller/202409/sample_applications/search", scope: scopeRead, shop: true, query: paged, do: (*Center).searchOldApplications},
		{method: post, path: "/affiliate_seller/202507/sample_applications/search", scope: scopeRead, shop: true, query: paged, do: (*Center).searchOldApplications},
		{method: post, path: "/affiliate_seller/202508/sample_applications/search", scope: scopeRead, shop: true, query: paged, do: (*Center).searchApplications},
		{method: post, path: "/affiliate_seller/202409/sample_applications/{id}/review", scope: scopeWrite, shop: true, do: (*Center).review},
		{method: post, path: "/affiliate_seller/202507/sample_applications/{id}/review", scope: scopeWrite, shop: true, do: (*Center).review},
		{method: post, path: "/affiliate_seller/202409/sample_applications/{id}/fulfillments/search", scope: scopeRead, shop: true, do: (*Center).searchFulfillments},
		{method: get, path: "/affiliate_seller/202512/sample_applications/deeplink", scope: scopeRead, shop: true,
			query: []string{"product_id", "sku_id", "campaign_id", "collaboration_id", "valid_days"}, do: (*Center).deeplink},

		{method: post, path: "/affiliate_seller/202409/target_collaborations/search", scope: scopeRead, shop: true, query: paged, do: (*Center).searchCollaborations},
		{method: post, path: "/affiliate_seller/202508/target_collaborations/search", scope: scopeRead, shop: true, query: paged, do: (*Center).searchCollaborations},
		{method: get, path: "/affiliate_seller/202409/target_collaborations/{id}", scope: scopeRead, shop: true, do: (*Center).showOldCollaboration},
		{method: get, path: "/affiliate_seller/202412/target_collaborations/{id}", scope: scopeRead, shop: true, do: (*Center).showOldCollaboration},
		{method: get, path: "/affiliate_seller/202508/target_collaborations/{id}", scope: scopeRead, shop: true, do: (*Center).showCollaboration},

		{method: post, path: "/affiliate_seller/202508/conversations", scope: scopeMessages, shop: true, do: (*Center).createConversation},
		{method: get, path: "/affiliate_seller/202412/conversations", scope: scopeMessages, shop: true,
			query: slices.Concat(paged, []string{"only_need_conversation_id", "conversation_status"}), do: (*Center).listConversations},
		{method: get, path: "/affiliate_seller/202505/conversations", scope: scopeMessages, shop: true,
			query: slices.Concat(paged, []string{"only_need_conversation_id"}), do: (*Center).listConversations},
		{method: post, path: "/affiliate_seller/202412/conversations/{id}/messages", scope: scopeMessages, shop: true, do: (*Center).sendMessage},
		{method: get, path: "/affiliate_seller/202412/conversation/{id}/messages", scope: scopeMessages, shop: true, query: paged, do: (*Center).listMessages},
		{method: get, path: "/affiliate_seller/202412/conversations/messages/list/newest", scope: scopeMessages, shop: true, do: (*Center).newestMessages},
		{method: post, path: "/affiliate_seller/202412/conversatons/read", scope: scopeMessages, shop: true, do: (*Center).readConversations},
	}
}

// paged are the query parameters of a listing.
var paged = []string{"page_size", "page_token"}

// find picks the endpoint for a request and the id in its path. Paths match to the
// letter: no trailing slash, no doubled one, no other case. A literal path outranks
// one with an id, so that …/target_collaborations/search is never a lookup.
func find(table []endpoint, method, path string) (endpoint, string, error) {
	candidates, id := candidatesFor(table, path)
	var allow []string
	for _, e := range candidates {
		if e.method == method {
			return e, id, nil
		}
		allow = append(allow, e.method)
	}
	if len(allow) == 0 {
		return endpoint{}, "", refuse(codeNoSuchPath, "no such path: %s", clip(path, 120))
	}
	err := refuse(codeNoSuchMethod, "%s is not a method of this path", clip(method, 12))
	err.allow = strings.Join(allow, ", ")
	return endpoint{}, "", err
}

// candidatesFor lists the endpoints of a path, whatever their method.
func candidatesFor(table []endpoint, path string) (found []endpoint, id string) {
	for _, wild := range []bool{false, true} {
		for _, e := range table {
			got, ok := match(e.path, path)
			if ok && wild == (got != "") {
				found, id = append(found, e), got
			}
		}
		if len(found) > 0 {
			break
		}
	}
	return found, id
}

// match compares a path with a pattern and reports what stands for {id}.
func match(pattern, path string) (id string, ok bool) {
	before, after, wild := strings.Cut(pattern, "{id}")
	if !wild {
		return "", pattern == path
	}
	if !strings.HasPrefix(path, before) || !strings.HasSuffix(path, after) || len(path) <= len(before)+len(after) {
		return "", false
	}
	id = path[len(before) : len(path)-len(after)]
	return id, !strings.Contains(id, "/")
}
