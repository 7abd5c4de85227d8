package view

import (
	"fmt"
	"time"

	"github.com/slack-go/slack"

	"sampledesk/workflow"
)

// ActionNudge opens the dialog to write to a creator with a kind reminder in it; the value holds a Correspondent.
const ActionNudge = "nudge"

// DeadlineFacts is what a step of a deadline tells.
type DeadlineFacts struct {
	Payload     workflow.Payload
	Application workflow.Application
	Region      string   // the shop's, for the link to its Affiliate Center
	Named       Entitled // who is called by name; nobody: none is
	Unnamed     string   // who can act, where somebody was to be called and nobody could be: EveryMember or AnAdmin
	Days        int      // after how many days without a movement a parcel is announced
	Nudging     bool     // the shop's own reminder goes to the creator by itself with this step
	Now         time.Time
}

// Deadline is a step of a deadline, told in the thread of a card. It names the creator and the product, as it may be
// shown in the channel too.
func Deadline(f DeadlineFacts) Message {
	blocks := []slack.Block{section(append([]string{deadlineTitle(f), deadlineSubject(f.Application)}, deadlineLines(f)...)...)}
	blocks = append(blocks, calling(f.Payload, f.Named, f.Unnamed)...)
	if b, ok := nudgeButton(f); ok {
		blocks = append(blocks, actions("", b))
	}
	a := f.Application
	return Message{
		Text:   deadlineText(f.Payload) + spokenLeft(f.Payload.NextDue.Sub(f.Now)) + ": " + spokenName(a.Snapshot.Creator) + spokenWorth(f) + ", " + spoken(productOf(a.Snapshot.Product), maxTitle),
		Blocks: blocks,
	}
}

// spokenWorth is what a request is worth to whoever has to decide on it.
func spokenWorth(f DeadlineFacts) string {
	if f.Payload.Deadline != workflow.ReviewDeadline {
		return ""
	}
	return spokenNumbers(f.Application.Snapshot.Creator)
}

// deadlineTitle tells what is due and when.
func deadlineTitle(f DeadlineFacts) string {
	by := f.Payload.NextDue
	switch f.Payload.Deadline {
	case workflow.ReviewDeadline:
		return "*Decide by " + stamp(by) + "* " + left(by)
	case workflow.ShipDeadline:
		return "*Ship by " + stamp(by) + "* " + left(by)
	case workflow.MoveDeadline:
		return "*The parcel has not moved for " + many(stuckDays(f), "day") + "*"
	default: // below
	}
	switch {
	case f.Payload.Before > 0:
		return "*Content is due by " + stamp(by) + "* " + left(by)
	case f.Payload.Before == 0:
		return "*Posting deadline passed* on " + stamp(by)
	default:
		return "*Still no content*: the posting deadline passed on " + stamp(by)
	}
}

// left is the time left, which goes on counting without an edit.
func left(by time.Time) string { return "(" + token(by, "{ago}", utc(by)) + ")" }

// movedAt is when a parcel moved last, or was shipped: the deadline is counted from there.
func movedAt(f DeadlineFacts) time.Time { return f.Payload.NextDue.AddDate(0, 0, -f.Days) }

// stuckDays is how long a parcel had not moved when that was told.
func stuckDays(f DeadlineFacts) int {
	return max(1, int(f.Payload.At.Sub(movedAt(f))/(24*time.Hour)))
}

func deadlineSubject(a workflow.Application) string {
	return dotted("*"+profile(a.Snapshot.Creator)+"*", data(productOf(a.Snapshot.Product), maxTitle), data(a.Snapshot.Product.Variant, maxVariant))
}

// deadlineLines tell what happens otherwise, and what to do.
func deadlineLines(f DeadlineFacts) []string {
	a := f.Application
	switch f.Payload.Deadline {
	case workflow.ReviewDeadline:
		refused := ""
		if a.State() == workflow.Refused {
			refused = "TikTok refused the " + noun(a.Decision.Verdict) + ", so it still needs a decision."
		}
		return []string{
			refused, "After that the request expires, and the creator can't ask again for 30 days.",
			"Decide with the buttons on the card.",
		}
	case workflow.ShipDeadline:
		return []string{"After that TikTok cancels it: " + stageName(workflow.StageNotShipped) + ".", dotted("Ship it from the "+requests(f.Region), order(a.Snapshot))}
	case workflow.MoveDeadline:
		return []string{
			"TikTok shows it in " + stageName(workflow.StageShipping) + ", with no update since " + stamp(movedAt(f)) + ". Please check with the carrier.",
			dotted(tracking(a.Snapshot), order(a.Snapshot)),
		}
	default: // below
	}
	return postLines(f)
}

func postLines(f DeadlineFacts) []string {
	longest := f.Payload.NextDue.Add(workflow.PostExtension)
	switch {
	case f.Payload.Before > 0 && f.Nudging:
		return []string{"No content found yet. Your shop's reminder is being sent to the creator; this thread shows when it's sent."}
	case f.Payload.Before > 0:
		return []string{"No content found yet. A reminder may help."}
	case f.Payload.Before == 0:
		return []string{"No content found, and TikTok has not cancelled the sample. TikTok has probably extended the deadline, by up to a week: until " + stamp(longest) + "."}
	default:
		return []string{"Even if TikTok extended it by a week, that ended " + stamp(longest) + ". Please check it in the " + requests(f.Region) + "."}
	}
}

// wanted is what those who are called are asked for.
func wanted(d workflow.DeadlineKind) string {
	switch d {
	case workflow.ReviewDeadline:
		return "please decide"
	case workflow.ShipDeadline:
		return "please get it shipped"
	default:
		return "please look into it"
	}
}

// Who can act, where nobody is called by name.
const (
	EveryMember = "Everyone in this channel can act"
	AnAdmin     = "An admin is needed"
)

// perCall is how many mentions a line holds, so that a hundred people fit the sections that lines are put into.
const perCall = 20

// calling mentions those who are to act. Where nobody can be, it says who may.
func calling(s workflow.Payload, named Entitled, unnamed string) []slack.Block {
	var all, lines []string
	for _, g := range named.Groups {
		if m := group(g); m != "" {
			all = append(all, m)
		}
	}
	for _, p := range named.People {
		if slackID.MatchString(string(p)) {
			all = append(all, person(p))
		}
	}
	for n := len(all); n > 0; n = len(all) {
		lines = append(lines, join(" ", all[:min(perCall, n)]...))
		all = all[min(perCall, n):]
	}
	switch {
	case len(lines) > 0:
		lines[len(lines)-1] += ", " + wanted(s.Deadline) + "."
	case unnamed != "":
		lines = append(lines, unnamed+": "+wanted(s.Deadline)+".")
	}
	return sections(lines)
}

// nudgeButton offers to remind the creator, where that is all that can be done. There is none where the shop's reminder
// goes by itself, and for somebody who cannot be written to.
func nudgeButton(f DeadlineFacts) (*slack.ButtonBlockElement, bool) {
	b, ok := messageButton(f.Application)
	if !ok || f.Nudging || f.Payload.Deadline != workflow.PostDeadline {
		return nil, false
	}
	return button(ActionNudge, b.Value, "Remind the creator", "Write a reminder to "+called(f.Application)), true
}

// NudgeText is the reminder that the dialog starts with: in the words of the shop, or else in ours. It is plain text, and
// whoever sends it may change it.
func NudgeText(a workflow.Application, shops string) string {
	if clean(shops) != "" {
		return cut(shops, workflow.MaxMessage)
	}
	who := ""
	if name := raw(nameOf(a.Snapshot.Creator), maxName); name != "a creator" {
		who = " " + name
	}
	return fmt.Sprintf("Hi%s, we hope that you enjoy %s! When you find a moment to post about it, we would love to see what you make of it. "+
		"If anything is in the way, just tell us. Thank you!", who, raw(productOf(a.Snapshot.Product), maxTitle))
}

// NothingToNudge tells whoever wants to remind a creator that there is no need for it any more.
func NothingToNudge(a workflow.Application) string {
	return "There is nothing to remind the creator of any more. The request is now in " + stageName(a.Stage()) + ". To write something else, use *Message creator* on the card."
}

func deadlineText(s workflow.Payload) string {
	by := stamp(s.NextDue)
	switch s.Deadline {
	case workflow.ReviewDeadline:
		return "Decide by " + by
	case workflow.ShipDeadline:
		return "Ship by " + by
	case workflow.MoveDeadline:
		return "The parcel has not moved"
	default: // below
	}
	if s.Before > 0 {
		return "Content is due by " + by
	}
	return "Posting deadline passed on " + by
}
