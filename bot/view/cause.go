package view

import (
	"strconv"

	"sampledesk/workflow"
)

// causes are the known faults in plain words, as the end of a sentence.
var causes = map[workflow.Fault]string{
	workflow.FaultReconnect: "the shop has to be connected again",
	workflow.FaultExpired:   "our access to the shop has run out",
	workflow.FaultAppKey:    "TikTok doesn't know our app key",
	workflow.FaultSecret:    "TikTok doesn't accept our signature",
	workflow.FaultClock:     "the server's clock is wrong",
	workflow.FaultShop:      "TikTok doesn't accept the shop cipher we have",
	workflow.FaultScope:     "the app is missing a scope",
	workflow.FaultVersion:   "TikTok has retired the API version that Sample Desk uses",
	workflow.FaultNoCall:    "TikTok doesn't know an API call that Sample Desk uses",
	workflow.FaultBug:       "Sample Desk sent an incomplete API call",
	workflow.FaultAddress:   "the server's IP address is not on the app's allow list",
	workflow.FaultAgency:    "the request belongs to an agency, so this shop can't decide on it",
	workflow.FaultRegion:    "the creator is in a different region",
	workflow.FaultBusy:      "TikTok asked us to slow down",
	workflow.FaultTikTok:    "TikTok had an internal error",
	workflow.FaultQuota:     "the quota is used up",
	workflow.FaultDay:       "today's quota is used up",
}

const reconnect = "Connect the shop again: authorize the app again and restart Sample Desk with the new `TIKTOK_REFRESH_TOKEN`."

// remedies tell an admin what to do about what stops a shop, or one of its calls.
var remedies = map[workflow.Fault]string{
	workflow.FaultReconnect: reconnect,
	workflow.FaultExpired:   reconnect,
	workflow.FaultAppKey:    "Check that `TIKTOK_APP_KEY` belongs to this app, then restart Sample Desk.",
	workflow.FaultSecret:    "Check that `TIKTOK_APP_SECRET` belongs to this app, then restart Sample Desk.",
	workflow.FaultClock:     "Check the clock of the server that Sample Desk runs on: TikTok accepts at most 5 minutes behind and 30 seconds ahead.",
	workflow.FaultShop:      "Listing the shops again didn't help. Check in TikTok's Partner Center that this shop is still authorized, and connect it again.",
	workflow.FaultVersion:   "Update Sample Desk.",
	workflow.FaultNoCall:    "Update Sample Desk; if it is up to date, please report this.",
	workflow.FaultBug:       "Update Sample Desk; if it is up to date, please report this.",
	workflow.FaultAddress:   "Add the IP address of the server that Sample Desk runs on to the app's IP allow list in TikTok's Partner Center, or turn the list off.",
	workflow.FaultKey:       "Set `SAMPLEDESK_KEY` to the key that the tokens were stored with, or connect the shop again.",
}

// scopes are those that calls need, where it is not that for sample requests.
var scopes = map[string]string{
	workflow.CallSearch: "`seller.affiliate_collaboration.read`",
	workflow.CallReview: "`seller.affiliate_collaboration.write`",
}

// remedy tells an admin what to do about a cause; empty: that is not known.
func remedy(c workflow.Failure) string {
	if c.Fault == workflow.FaultScope {
		scope := first(scopes[c.Call], "`seller.affiliate_collaboration.read` and `seller.affiliate_collaboration.write`")
		return "Grant the app the scope " + scope + " in TikTok's Partner Center, then connect the shop again."
	}
	return remedies[c.Fault]
}

// why puts a cause in plain words, as the end of a sentence without its full stop; TikTok's own words are quoted where
// the desk does not know what they mean.
func why(c workflow.Failure) string {
	if known, ok := causes[c.Fault]; ok {
		return known + callNamed(c)
	}
	if clean(c.Message) != "" {
		return quoted(c.Message, maxWords)
	}
	if c.Code != 0 {
		return "TikTok gave code " + strconv.Itoa(c.Code) + " and no message"
	}
	return "no reason was given"
}

// callNamed names the one call that a cause is about.
func callNamed(c workflow.Failure) string {
	if name := data(c.Call, maxID); name != "" {
		return " (`" + name + "`)"
	}
	return ""
}

// support is what the vendor's support asks for: the code, its own words where they were not quoted already, and the
// request's id. It is empty where there is nothing to tell.
func support(c workflow.Failure) string {
	code, words, request := "", "", ""
	if c.Code != 0 {
		code = "TikTok's code " + strconv.Itoa(c.Code)
	}
	if _, known := causes[c.Fault]; known && clean(c.Message) != "" {
		words = quoted(c.Message, maxWords)
	}
	if id := data(c.RequestID, maxID); id != "" {
		request = "request " + id
	}
	return dotted(code, words, request)
}
