package view

import (
	"strconv"

	"sampledesk/workflow"
)

// The vendor's codes that people can be told something of, from the code table of its reference, section 2.
const (
	codeScope           = 105001
	codeScopeToo        = 105005
	codeTokenExpired    = 105002
	codeSignature       = 106001
	codeTokenInvalid    = 1010000
	codeRefreshToken    = 36004005
	codeTooMany         = 36009002
	codeFault           = 36009003
	codeTimeOut         = 36009007
	codeParameter       = 36009004
	codeNoPath          = 36009009
	codeNoMethod        = 36009010
	codeQuota           = 16030100
	codeDailyQuota      = 45101004
	codeRegion          = 16032001
	affiliateScopeNamed = "`seller.affiliate_collaboration.read` and its write twin"
)

// causes are the known codes in plain words, as the end of a sentence.
var causes = map[int]string{
	codeScope:        "this app was not granted the scope for sample requests",
	codeScopeToo:     "this app was not granted the scope for sample requests",
	codeTokenExpired: "our access to the shop has run out",
	codeSignature:    "TikTok does not accept our signature",
	codeTokenInvalid: "the shop has to be connected again",
	codeRefreshToken: "the shop has to be connected again",
	codeTooMany:      "TikTok asks us to slow down",
	codeFault:        "TikTok had a fault of its own",
	codeTimeOut:      "TikTok took too long to answer",
	codeParameter:    "TikTok finds something in the call, or its time, invalid",
	codeNoPath:       "TikTok does not know this call any more",
	codeNoMethod:     "TikTok does not know this call any more",
	codeQuota:        "the quota is used up",
	codeDailyQuota:   "today's quota is used up",
	codeRegion:       "the creator is in another region",
}

// remedies tell an admin what to do about what stops a whole shop.
var remedies = map[int]string{
	codeScope:        "Grant the app the scopes " + affiliateScopeNamed + " in TikTok's Partner Center, then connect the shop again.",
	codeScopeToo:     "Grant the app the scopes " + affiliateScopeNamed + " in TikTok's Partner Center, then connect the shop again.",
	codeSignature:    "Check that `TIKTOK_APP_SECRET` is the secret of this very app, then restart the desk.",
	codeTokenInvalid: "Connect the shop again: give the consent anew and restart the desk with the new `TIKTOK_REFRESH_TOKEN`.",
	codeRefreshToken: "Connect the shop again: give the consent anew and restart the desk with the new `TIKTOK_REFRESH_TOKEN`.",
	codeParameter:    "Check the clock of the machine that the desk runs on: TikTok takes a time that is at most 5 minutes behind and 30 seconds ahead.",
}

// why puts a cause in plain words, as the end of a sentence without its full stop; TikTok's own words are quoted where
// the code says nothing to us.
func why(c workflow.Cause) string {
	if known, ok := causes[c.Code]; ok {
		return known
	}
	if clean(c.Message) != "" {
		return quoted(c.Message, maxWords)
	}
	if c.Code != 0 {
		return "TikTok gave code " + strconv.Itoa(c.Code) + " and no words"
	}
	return "no reason was given"
}

// support is what the vendor's support asks for: the code, its own words where they were not quoted already, and the
// request's id. It is empty where there is nothing to tell.
func support(c workflow.Cause) string {
	code, words, request := "", "", ""
	if c.Code != 0 {
		code = "TikTok's code " + strconv.Itoa(c.Code)
	}
	if _, known := causes[c.Code]; known && clean(c.Message) != "" {
		words = quoted(c.Message, maxWords)
	}
	if id := data(c.RequestID, maxID); id != "" {
		request = "request " + id
	}
	return dotted(code, words, request)
}
