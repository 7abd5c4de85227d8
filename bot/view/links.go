package view

import (
	"net/url"
	"regexp"
	"strings"

	"sampledesk/workflow"
)

// The pages of TikTok that people are sent to. They are known from public use of the consoles and were never verified;
// the desk itself never opens them.
const (
	creatorPage  = "https://www.tiktok.com/@"
	requestsPage = "https://affiliate.tiktok.com/product/sample-request"
	requestsUS   = "https://affiliate-us.tiktok.com/product/sample-request"
)

// requests returns the Affiliate Center's page of sample requests for a region, as a link.
func requests(region string) string { return "<" + requestsAt(region) + "|Affiliate Center>" }

// requestsAt is the address of that page.
func requestsAt(region string) string {
	if strings.EqualFold(region, "US") {
		return requestsUS
	}
	return requestsPage
}

// username is what TikTok lets a user name be made of. Anything else is shown, but never linked to.
var username = regexp.MustCompile(`^[A-Za-z0-9._]{1,40}$`)

// profile returns the creator's name, linked to their page where that is certain.
func profile(c workflow.Creator) string {
	shown := label(nameOf(c), maxName)
	page, ok := profileAt(c)
	if !ok {
		return shown
	}
	return "<" + page + "|" + shown + ">"
}

// namedBoth is profile with the handle beside the name, where they are two.
func namedBoth(c workflow.Creator) string {
	handle := clean(c.Username)
	if !legible(handle) || nameOf(c) == "@"+handle {
		return profile(c)
	}
	return profile(c) + " @" + data(handle, maxName)
}

// profileAt is the address of the creator's page, where it is certain.
func profileAt(c workflow.Creator) (string, bool) {
	if !username.MatchString(c.Username) {
		return "", false
	}
	return creatorPage + c.Username, true
}

// nameOf returns what a creator is called, not yet escaped: their nickname, or their user name where that is nothing to
// read.
func nameOf(c workflow.Creator) string {
	if nick := clean(c.Nickname); legible(nick) {
		return nick
	}
	if user := clean(c.Username); legible(user) {
		return "@" + user
	}
	return "a creator"
}

// spokenName is nameOf for the text of a message.
func spokenName(c workflow.Creator) string {
	return spoken(strings.TrimPrefix(nameOf(c), "@"), maxName)
}

// productOf returns what a product is called, not yet escaped.
func productOf(p workflow.Product) string {
	if title := clean(p.Title); title != "" {
		return title
	}
	if id := clean(string(p.ID)); id != "" {
		return "product " + id
	}
	return "a product"
}

var slackID = regexp.MustCompile(`^[A-Z0-9]{1,40}$`)

// person mentions somebody by Slack id.
func person(p workflow.PersonID) string {
	if !slackID.MatchString(string(p)) {
		return "somebody"
	}
	return "<@" + string(p) + ">"
}

// people mentions several.
func people(all []workflow.PersonID) string {
	mentions := make([]string, len(all))
	for i, p := range all {
		mentions[i] = person(p)
	}
	return join(" ", mentions...)
}

// linkTo links to a page of Slack or TikTok; without a proper address it is the label alone. The label is escaped.
func linkTo(address, shown string) string {
	if !webAddress(address) || strings.ContainsAny(address, "<>|") {
		return shown
	}
	return "<" + strings.ReplaceAll(address, "&", "&amp;") + "|" + shown + ">"
}

// webAddress tells whether something is an address that a picture or a link may have: of the web, and not too long for
// Slack.
func webAddress(s string) bool {
	if len(s) > 2000 || strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return false
	}
	if !strings.HasPrefix(s, "https://") && !strings.HasPrefix(s, "http://") {
		return false // an odd spelling of the scheme included, which Slack may not take
	}
	u, err := url.Parse(s)
	return err == nil && u.Hostname() != "" && u.User == nil
}
