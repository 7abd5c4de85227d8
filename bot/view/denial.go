package view

import (
	"fmt"
	"regexp"
	"strings"

	"sampledesk/workflow"
)

// Denial is why somebody was turned away before any rule of the workflow was asked.
type Denial string

// The denials.
const (
	DeniedGuest     Denial = "guest"
	DeniedElsewhere Denial = "another workspace"
	DeniedOutside   Denial = "not in the channel"
	DeniedUnchecked Denial = "could not be checked in time"
	DeniedUnsaved   Denial = "not saved"
	DeniedUncertain Denial = "perhaps saved"
	DeniedUnread    Denial = "not read"
	DeniedBusy      Denial = "too much is being read"
	DeniedLate      Denial = "modal too late"
	DeniedReviewers Denial = "no reviewer"
	DeniedAdmins    Denial = "no admin"
	DeniedNoShop    Denial = "no shop"
	DeniedMoved     Denial = "changed meanwhile"

	DeniedDisconnected Denial = "shop disconnected"
)

var denials = map[Denial]string{
	DeniedGuest:        "Guests can watch but not decide. Please ask a full member of the channel.",
	DeniedElsewhere:    "Only people from this workspace can decide on samples. Please ask one of them.",
	DeniedOutside:      "This belongs to a channel that you're not in. Please ask someone there to invite you.",
	DeniedUnchecked:    "Slack didn't confirm in time that you're allowed to do this, so nothing was done. Please try again in a moment.",
	DeniedUnsaved:      "That couldn't be saved, so nothing was done. Please try again in a moment.",
	DeniedUncertain:    "The database stopped answering just then, so it isn't known yet whether that was saved. Please look at it again in a moment before you repeat it.",
	DeniedUnread:       "That couldn't be loaded. Please try again in a moment.",
	DeniedBusy:         "A lot is being loaded right now. Please try again in a moment.",
	DeniedReviewers:    "Only the shop's reviewers can decide on samples. Please ask one of them, or ask an admin to make you one.",
	DeniedAdmins:       "Only Sample Desk admins can do that. Please ask one of them.",
	DeniedNoShop:       "No shop is connected yet. Once one is, its sample requests appear here automatically.",
	DeniedMoved:        "Someone else changed this, so nothing was saved. Please close this and open it again.",
	DeniedDisconnected: "This shop is disconnected from Sample Desk, so nothing was done. An admin can connect it again.",
	DeniedLate:         "The dialog couldn't open in time. Please click again.",
}

// SavedAfterAll takes DeniedUncertain back.
const SavedAfterAll = "The database answers again: what you did just now was saved."

// Denied is the friendly no to somebody who was turned away: the reason, and what to do next.
func Denied(d Denial) string {
	if s, ok := denials[d]; ok {
		return s
	}
	return "You can't do this here. `/samples help` shows what you can do, and where."
}

// maxNamed is how many people a sentence names who may do what somebody else may not.
const maxNamed = 3

// Entitled are those who may do what somebody was turned away from.
type Entitled struct {
	People []workflow.PersonID
	Groups []workflow.GroupID
}

// DeniedBut is Denied, and names those who may do it, so that a person knows whom to ask.
func DeniedBut(d Denial, may Entitled) string {
	named := may.named()
	switch {
	case d == DeniedAdmins && named == "":
		return "Only Sample Desk admins can do that, and there are none yet. Whoever runs Sample Desk sets the first one with `SLACK_ADMINS`."
	case d == DeniedAdmins:
		return "Only Sample Desk admins can do that (" + named + "). Please ask one of them."
	case d == DeniedReviewers && named != "":
		return "Only the shop's reviewers can decide on samples (" + named + "). Please ask one of them, or ask an admin to make you one."
	default:
		return Denied(d)
	}
}

// named mentions a few, and counts the others.
func (e Entitled) named() string {
	var all []string
	for _, g := range e.Groups {
		if m := group(g); m != "" {
			all = append(all, m)
		}
	}
	for _, p := range e.People {
		all = append(all, person(p))
	}
	if more := len(all) - maxNamed; more > 0 {
		all = append(all[:maxNamed], fmt.Sprintf("and %d more", more))
	}
	return strings.Join(all, ", ")
}

// group mentions a user group; one with an id that is none of Slack's is not mentioned.
func group(g workflow.GroupID) string {
	if !slackID.MatchString(string(g)) {
		return ""
	}
	return "<!subteam^" + string(g) + ">"
}

var (
	liveToken    = regexp.MustCompile(`<[@#!][A-Za-z0-9]`)
	namedToken   = regexp.MustCompile(` \([^()]*<[@!][^()]*\)`)
	dateToken    = regexp.MustCompile(`<!date\^[^|>]*\|([^>]*)>`)
	mentionToken = regexp.MustCompile(`<[@#!][^>]*>`)
	linkToken    = regexp.MustCompile(`<[^|>]*\|([^>]*)>`)
	unescaper    = strings.NewReplacer("*", "", "`", "", "&lt;", "<", "&gt;", ">", "&amp;", "&")
)

// Plain is a sentence such as Denied and Refusal return without its formatting, for where Slack shows plain text only, as
// beside the inputs of a dialog. Mentions mean nothing there: what is named in brackets is left out, and a person
// elsewhere is somebody. A sentence without mentions and dates may be plain text already, with anything in it, and stays.
func Plain(sentence string) string {
	if !liveToken.MatchString(sentence) {
		return sentence
	}
	s := dateToken.ReplaceAllString(namedToken.ReplaceAllString(sentence, ""), "$1")
	s = mentionToken.ReplaceAllString(linkToken.ReplaceAllString(s, "$1"), "somebody")
	return unescaper.Replace(s)
}
