package view

import (
	"strconv"

	"sampledesk/workflow"
)

// causes are the known faults in plain words, as the end of a sentence.
var causes = map[workflow.Fault]string{
	workflow.FaultReconnect: "the shop has to be connected again",
	workflow.FaultExpired:   "our access to the shop has run out",
	workflow.FaultAppKey:    "TikTok does not know this desk's app key",
	workflow.FaultSecret:    "TikTok does not accept our signature",
	workflow.FaultClock:     "the clock of the desk's machine is wrong",
	workflow.FaultShop:      "TikTok does not know the shop by the cipher that we have for it",
	workflow.FaultScope:     "this app was not granted a scope",
	workflow.FaultVersion:   "TikTok has switched off the version of a call that this desk uses",
	workflow.FaultNoCall:    "TikTok does not know a call that this desk makes",
	workflow.FaultBug:       "this desk made a call that lacks something",
	workflow.FaultAddress:   "the address of the desk's machine is not on the app's allow list",
	workflow.FaultAgency:    "the request is an agency's, and this shop may not decide it",
	workflow.FaultRegion:    "the creator is in another region",
	workflow.FaultBusy:      "TikTok asks us to slow down",
	workflow.FaultTikTok:    "TikTok had a fault of its own",
	workflow.FaultQuota:     "the quota is used up",
	workflow.FaultDay:       "today's quota is used up",
}

const reconnect = "Connect the shop again: give the consent anew and restart the desk with the new `TIKTOK_REFRESH_TOKEN`."

// remedies tell an admin what to do about what stops a shop, or one of its calls.
var remedies = map[workflow.Fault]string{
	workflow.FaultReconnect: reconnect,
	workflow.FaultExpired:   reconnect,
	workflow.FaultAppKey:    "Check that `TIKTOK_APP_KEY` is the key of this very app, then restart the desk.",
	workflow.FaultSecret:    "Check that `TIKTOK_APP_SECRET` is the secret of this very app, then restart the desk.",
	workflow.FaultClock:     "Check the clock of the machine that the desk runs on: TikTok takes a time that is at most 5 minutes behind and 30 seconds ahead.",
	workflow.FaultShop:      "The shops were listed again without success. Check in TikTok's Partner Center that this shop is still authorised, and connect it again.",
	workflow.FaultVersion:   "Update the desk.",
	workflow.FaultNoCall:    "Update the desk; if it is up to date, please report this.",
	workflow.FaultBug:       "Update the desk; if it is up to date, please report this.",
	workflow.FaultAddress:   "Add the address of the machine that the desk runs on to the app's IP allow list in TikTok's Partner Center, or switch that list off.",
	workflow.FaultKey:       "Give the desk the `SAMPLEDESK_KEY` that the tokens were stored with, or connect the shop again.",
}

// scopes are those that calls need, where it is not that for sample requests.
var scopes = map[string]string{
	workflow.CallSearch: "`seller.affiliate_collaboration.read`",
	workflow.CallReview: "`seller.affiliate_collaboration.write`",
}

// remedy tells an admin what to do about a cause; empty: that is not known.
func remedy(c workflow.Failure) string {
	if c.Fault == workflow.FaultScope {
		scope := first(scopes[c.Call], "`seller.affiliate_collaboration.read` and its write twin")
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
		return "TikTok gave code " + strconv.Itoa(c.Code) + " and no words"
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
