package view

import (
	"fmt"

	"sampledesk/workflow"
)

// maxHistory is how many lines of the history are shown, the last ones: they have to fit a section of 3,000 code points.
const maxHistory = 12

// HistorySize is how many entries it is worth to hand to Show.
const HistorySize = maxHistory

func historyLines(f ShowFacts) []string {
	shown := f.History[max(0, len(f.History)-maxHistory):]
	lines := []string{"*History*"}
	if earlier := f.Earlier + len(f.History) - len(shown); earlier > 0 {
		lines = append(lines, fmt.Sprintf("(%d earlier)", earlier))
	}
	for _, e := range shown {
		lines = append(lines, stamp(e.At)+" · "+happened(e, f.Campaigns))
	}
	return lines
}

// happened tells one entry of the history.
func happened(e workflow.Entry, campaigns map[workflow.CampaignID]string) string {
	what := noun(e.Verdict)
	switch e.Event {
	case workflow.OnApproved, workflow.OnRejected:
		return person(e.By.Person) + " " + deed(e.Verdict) + " it" + because(e.Verdict, e.Reason) + from(e.By)
	case workflow.OnUndone:
		return person(e.By.Person) + " undid the " + what + from(e.By)
	case workflow.OnCampaignChosen:
		return person(e.By.Person) + " added the creator to " + campaignNamed(e.Campaign, campaigns) + from(e.By)
	case workflow.OnClaimed:
		return "The " + what + " went out to TikTok"
	case workflow.OnAnswerLost:
		return "TikTok's answer to the " + what + " was lost: " + shortly(e.Cause)
	case workflow.OnHeldUp:
		return "The " + what + " was held up: " + shortly(e.Cause)
	case workflow.OnApprovalConfirmed, workflow.OnRejectionConfirmed:
		return "TikTok confirmed the " + what + ": " + stageName(e.To.Stage(e.Status))
	case workflow.OnRefusedForGood:
		return "TikTok refused the " + what + ": " + shortly(e.Cause)
	case workflow.OnContentFound:
		return "The creator's content was found: " + stageName(e.To.Stage(e.Status))
	default:
		return observed(e)
	}
}

func observed(e workflow.Entry) string {
	switch e.Event {
	case workflow.OnReported:
		return reportedLine(e)
	case workflow.OnCardCalledFor:
		if e.By.Person == "" {
			return "There was room for its card"
		}
		return person(e.By.Person) + " called for its card"
	case workflow.OnCardLost:
		return "Its card is gone from Slack"
	default:
		return "Something happened: " + data(string(e.Event), maxID)
	}
}

func reportedLine(e workflow.Entry) string {
	stage := stageName(e.To.Stage(e.Status))
	switch e.From {
	case workflow.Unseen:
		return "Seen first: " + stage
	case e.To:
		return "TikTok reported other details"
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
func shortly(c workflow.Cause) string {
	c.Message = raw(c.Message, 80)
	return why(c)
}
