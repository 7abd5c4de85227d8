package view

import (
	"fmt"
	"unicode/utf8"

	"github.com/slack-go/slack"

	"sampledesk/workflow"
)

// HistorySize is how many entries of the history Show shows, the last ones: an answer to a command has to fit an
// acknowledgement.
const HistorySize = 12

func historyLines(f ShowFacts) []string {
	shown := f.History[max(0, len(f.History)-HistorySize):]
	lines := []string{"*History*"}
	if earlier := f.Earlier + len(f.History) - len(shown); earlier > 0 {
		lines = append(lines, fmt.Sprintf("(%d earlier)", earlier))
	}
	for _, e := range shown {
		lines = append(lines, stamp(e.At)+" · "+happened(e, f.Campaigns))
	}
	return lines
}

// sections puts lines into as few sections as hold them.
func sections(lines []string) (blocks []slack.Block) {
	for len(lines) > 0 {
		n, size := 0, 0
		for n < len(lines) && (n == 0 || size+utf8.RuneCountInString(lines[n]) < maxSection) {
			size += utf8.RuneCountInString(lines[n]) + 1
			n++
		}
		blocks, lines = append(blocks, section(lines[:n]...)), lines[n:]
	}
	return blocks
}

// happened tells one entry of the history.
func happened(e workflow.Entry, campaigns map[workflow.CampaignID]string) string {
	what := noun(e.Verdict)
	switch e.Event {
	case workflow.OnApproved, workflow.OnRejected:
		return whoDid(e) + " " + verdictDone(e.Verdict) + " it" + because(e.Verdict, e.Reason) + from(e.By) + noting(e)
	case workflow.OnSecondAsked:
		return person(e.By.Person) + " asked for a second person to approve it" + from(e.By) + noting(e)
	case workflow.OnSecondWithdrawn:
		return person(e.By.Person) + " no longer asks for a second person to approve it" + from(e.By)
	case workflow.OnUndone:
		if e.By.Person == "" && e.RuleName != "" {
			return tookBack(e.Verdict, e.RuleName, e.Cause)
		}
		if e.RuleName != "" {
			return person(e.By.Person) + " undid the " + what + " by the rule *" + ruleName(e.RuleName) + "*" + from(e.By)
		}
		return person(e.By.Person) + " undid the " + what + from(e.By)
	case workflow.OnCampaignChosen:
		if e.By.Person == "" {
			return "The creator answered, so it joined " + campaignNamed(e.Campaign, campaigns)
		}
		return person(e.By.Person) + " added the creator to " + campaignNamed(e.Campaign, campaigns) + from(e.By)
	case workflow.OnClaimed:
		return "The " + what + " was sent to TikTok"
	case workflow.OnAnswerLost:
		return "TikTok's answer to the " + what + " was lost: " + shortly(e.Failure)
	case workflow.OnHeldUp:
		return "The " + what + " is delayed: " + shortly(e.Failure)
	case workflow.OnApprovalConfirmed, workflow.OnRejectionConfirmed:
		return "TikTok confirmed the " + what + ": " + stageName(e.To.Stage(e.Status))
	case workflow.OnRefusedForGood:
		return "TikTok refused the " + what + ": " + shortly(e.Failure)
	case workflow.OnContentFound:
		return "Content found: " + stageName(e.To.Stage(e.Status))
	case workflow.OnCampaignLeft:
		return person(e.By.Person) + " removed the creator from " + campaignNamed(e.Campaign, campaigns) + from(e.By)
	case workflow.OnOnItBegan:
		return person(e.By.Person) + " is on it" + from(e.By)
	case workflow.OnAssigned:
		return assignedLine(e)
	case workflow.OnOnItEnded:
		return person(e.By.Person) + " is no longer on it" + from(e.By)
	default:
		return spokenOf(e)
	}
}

// maxExcerpt is how much of a note or a message a line of the history quotes.
const maxExcerpt = 100

// spokenOf tells what people said about a request, to its creator or to each other.
func spokenOf(e workflow.Entry) string {
	words := quoted(e.Text, maxExcerpt)
	switch e.Event {
	case workflow.OnNoted:
		return person(e.By.Person) + " added the note " + words + from(e.By)
	case workflow.OnMessageWritten:
		return person(e.By.Person) + " wrote to the creator: " + words + from(e.By)
	case workflow.OnMessageSent:
		return "The message to the creator was sent"
	case workflow.OnMessageRefused:
		return "TikTok refused the message to the creator: " + shortly(e.Failure)
	case workflow.OnMessageHeldUp:
		return "The message to the creator is delayed: " + shortly(e.Failure)
	case workflow.OnRetried:
		return person(e.By.Person) + " tried it again" + from(e.By)
	case workflow.OnMessageReceived:
		if clean(e.Text) == "" {
			return "The creator wrote"
		}
		return "The creator wrote: " + words
	case workflow.OnAnswerDismissed:
		return person(e.By.Person) + " dismissed the creator's message" + from(e.By)
	default:
		return observed(e)
	}
}

// noting is what somebody wrote with a decision: the note, and the message to the creator that is to go with it.
func noting(e workflow.Entry) string {
	said := ""
	if clean(e.Text) != "" {
		said += ", with the note " + quoted(e.Text, maxExcerpt)
	}
	if clean(e.Message) != "" {
		said += ", with the message " + quoted(e.Message, maxExcerpt)
	}
	return said
}

func observed(e workflow.Entry) string {
	switch e.Event {
	case workflow.OnReported:
		return reportedLine(e)
	case workflow.OnCardRequested:
		if e.By.Person == "" {
			return "Its card was posted"
		}
		return person(e.By.Person) + " asked for its card"
	case workflow.OnStepDue:
		return toldOf(e)
	case workflow.OnCardLost:
		return "Its card was deleted in Slack"
	default:
		return "Something happened: " + data(string(e.Event), maxID)
	}
}

// deadlineNames are what the deadlines are called in the history.
var deadlineNames = map[workflow.DeadlineKind]string{
	workflow.ReviewDeadline: "the review deadline", workflow.ShipDeadline: "the ship-by deadline",
	workflow.MoveDeadline: "a parcel that hasn't moved", workflow.PostDeadline: "the posting deadline",
}

// toldOf is a step of a deadline that was told.
func toldOf(e workflow.Entry) string {
	line := "Reminder sent: " + first(deadlineNames[e.Deadline], "a deadline")
	if step := data(e.Step, maxID); step != "" && e.Deadline != workflow.MoveDeadline {
		line += " (" + step + ")"
	}
	if e.Grouped {
		line += ", with others"
	}
	return line
}

func reportedLine(e workflow.Entry) string {
	stage := stageName(e.To.Stage(e.Status))
	switch e.From {
	case workflow.Unseen:
		return "First seen: " + stage
	case e.To:
		return "TikTok updated the details"
	default:
		return "TikTok reported " + stage
	}
}

func from(a workflow.Actor) string {
	switch a.Surface {
	case workflow.FromCard:
		return ", on the card"
	case workflow.FromModal:
		return ", in the dialog"
	case workflow.FromCommand:
		return ", by command"
	case workflow.FromHome:
		return ", in App Home"
	case workflow.FromThread:
		return ", in the thread"
	case workflow.FromBulk:
		return ", with others"
	default:
		return ""
	}
}

func campaignNamed(id workflow.CampaignID, names map[workflow.CampaignID]string) string {
	if name := data(names[id], workflow.MaxCampaignName); name != "" {
		return "the campaign *" + name + "*"
	}
	return "a campaign"
}

// shortly is a cause in a line of a list.
func shortly(c workflow.Failure) string {
	c.Message = raw(c.Message, 80)
	return why(c)
}
