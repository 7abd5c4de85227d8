package view

import (
	"unicode"
	"unicode/utf8"

	"sampledesk/workflow"
)

// reasons are the four reasons as people read them.
var reasons = map[workflow.Reason]string{
	workflow.NotMatch:   "Doesn't fit what we look for",
	workflow.Offline:    "Product taken offline",
	workflow.OutOfStock: "Out of stock",
	workflow.Other:      "Another reason",
}

// ReasonText returns a reason in plain words.
func ReasonText(r workflow.Reason) string {
	return first(reasons[r], raw(string(r), maxID), "no reason given")
}

// verdictDone is a verdict as something that was done: "approved".
func verdictDone(v workflow.Verdict) string {
	if v == workflow.Reject {
		return "rejected"
	}
	return "approved"
}

// noun is a verdict as a thing: "approval".
func noun(v workflow.Verdict) string {
	if v == workflow.Reject {
		return "rejection"
	}
	return "approval"
}

// because adds a rejection's reason to a sentence.
func because(v workflow.Verdict, r workflow.Reason) string {
	if v != workflow.Reject || r == "" {
		return ""
	}
	return " (" + data(ReasonText(r), maxID) + ")"
}

// sentence makes one of its end.
func sentence(s string) string { return capital(s) + "." }

func capital(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	if n == 0 {
		return s
	}
	return string(unicode.ToUpper(r)) + s[n:] // what is quoted may begin with anything
}

// stageName is a name on screen, in bold. A status that the desk does not know is a stage by its raw name: data.
func stageName(s workflow.Stage) string {
	return "*" + first(spoken(string(s), maxID), "Unknown") + "*"
}

// elsewhere is what is said of a change that no decision of the desk explains, as the end of a sentence.
const elsewhere = "changed in the Affiliate Center, not from this desk"

// endings tell who caused each ending (sentence L15), as the end of a sentence without its full stop.
var endings = map[workflow.State]string{
	workflow.Expired:           "nobody decided in time",
	workflow.NotShipped:        "we didn't ship in time",
	workflow.CollabRemoved:     "we removed the collaboration",
	workflow.ContentNotPosted:  "the creator didn't post in time",
	workflow.Withdrawn:         "cancelled by the creator",
	workflow.Unfulfillable:     "nobody's fault",
	workflow.CancelledByTikTok: "TikTok's decision",
}

// move tells who caused an ending. One that has no words yet names the party.
func move(e workflow.Ending) string { return first(endings[e.State], "caused by "+string(e.Party)) }

// found joins the words on where an application came from. It is silent about what nobody has looked up yet.
func found(r workflow.Snapshot) string {
	origin := ""
	switch {
	case r.Collab.Known && r.Collab.Target == "":
		origin = "Open collaboration"
	case r.Collab.Known:
		name := first(clean(r.Collab.Name), r.Collab.Target)
		origin = "Target collaboration " + quoted(name, maxName)
	}
	if agency := data(r.Partner, maxName); agency != "" {
		if origin == "" {
			return "Through the agency " + agency
		}
		origin += ", through the agency " + agency
	}
	return origin
}

// obstacle tells why something cannot be approved, in TikTok's words.
func obstacle(r workflow.Snapshot) string {
	const most = 3
	var said []string
	for _, o := range r.Obstacles {
		if clean(o) != "" && len(said) < most {
			said = append(said, quoted(o, maxWords))
		}
	}
	if len(said) == 0 {
		return "TikTok doesn't allow approving it right now and gives no reason."
	}
	return "TikTok doesn't allow approving it right now: " + join(", ", said...) + "."
}
