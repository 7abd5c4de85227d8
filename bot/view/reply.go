package view

import (
	"github.com/slack-go/slack"

	"sampledesk/workflow"
)

// Reply is what is said in the thread of a card. A kind that belongs to the channel is told in a general sentence.
func Reply(s workflow.Payload) Message {
	blocks := []slack.Block{section(replyLines(s)...)}
	if s.Unsent != "" {
		blocks = append(blocks, section("The message to the creator was not sent:", quote(s.Unsent, workflow.MaxMessage)))
	}
	if small := support(s.Failure); small != "" {
		blocks = append(blocks, aside(small))
	}
	return Message{Text: spokenReply(s), Blocks: blocks}
}

// ErasedReply is what stays of a reply whose creator was erased: the stage that it told, if any.
func ErasedReply(stage workflow.Stage) Message {
	lines, text := []string{"_What stood here was erased with the creator._"}, "Erased with the creator"
	if stage != "" {
		lines, text = append([]string{stageName(stage)}, lines...), text+". Sample request: "+spoken(string(stage), maxID)
	}
	return Message{Text: text, Blocks: []slack.Block{section(lines...)}}
}

func replyLines(s workflow.Payload) []string {
	switch s.Kind {
	case workflow.KindStage:
		return stageLines(s)
	case workflow.KindDecision:
		return []string{decisionLine(s)}
	case workflow.KindRefused:
		return []string{
			whoseRefused(s) + because(s.Verdict, s.Reason) + ": " + why(s.Failure) + ".",
			afterRefusal(s.Failure),
		}
	case workflow.KindCampaign:
		return []string{moved(s) + " the campaign *" + campaignName(s.Campaign) + "*" + back(s)}
	case workflow.KindNote:
		return []string{"*Note* by " + person(s.By), quote(s.Text, workflow.MaxNote)}
	default:
		return []string{"Something changed; see the card."}
	}
}

// afterRefusal tells what can be done after TikTok refused a decision.
func afterRefusal(c workflow.Failure) string {
	if c.Fault == workflow.FaultAgency {
		return "You can't decide on this one: it's between TikTok and the agency."
	}
	return "The request is back in " + stageName(workflow.StageReview) + ". Please decide again on the card."
}

// moved tells who put the creator into a campaign, or took them out again.
func moved(s workflow.Payload) string {
	if s.Left {
		return person(s.By) + " removed the creator from"
	}
	if s.By == "" {
		return "The creator answered, so this request joined"
	}
	return person(s.By) + " added the creator to"
}

// back tells where the creator is after it was undone.
func back(s workflow.Payload) string {
	switch {
	case !s.Left:
		return ""
	case clean(s.Back) != "":
		return ", back into *" + campaignName(s.Back) + "*"
	default:
		return ""
	}
}

func spokenBack(s workflow.Payload) string {
	if name := spoken(s.Back, workflow.MaxCampaignName); s.Left && name != "" {
		return ", back into " + name
	}
	return back(workflow.Payload{Left: s.Left})
}

func campaignName(name string) string {
	return first(data(name, workflow.MaxCampaignName), "without a name")
}

// spokenCampaign is campaignName for the text of a message.
func spokenCampaign(name string) string {
	return first(spoken(name, workflow.MaxCampaignName), "without a name")
}

func stageLines(s workflow.Payload) []string {
	lines := []string{stageName(s.Stage)}
	if s.Elsewhere {
		lines = append(lines, sentence(elsewhere))
	}
	if e, ok := workflow.EndingOf(s.State); ok {
		lines = append(lines, sentence(move(e)))
	}
	if s.By != "" || s.Rule != "" {
		lines = append(lines, fate(s))
	}
	return append(lines, stageFacts(s.State, workflow.Snapshot{OrderID: s.OrderID, Tracking: s.Tracking, ShipBy: s.ShipBy})...)
}

// fate tells what became of the decision that this change of stage is about.
func fate(s workflow.Payload) string {
	if s.Undelivered {
		if s.Rule != "" {
			return "The " + noun(s.Verdict) + " by " + by(s) + " was not confirmed in time and no longer counts."
		}
		return person(s.By) + ", your " + noun(s.Verdict) + " was not confirmed in time and no longer counts."
	}
	line := "TikTok confirmed the " + noun(s.Verdict) + because(s.Verdict, s.Reason) + " by " + by(s) + "."
	if s.Verdict == workflow.Reject {
		line += " It tells the creator."
	}
	return line
}

const again = "The request is pending again."

func decisionLine(s workflow.Payload) string {
	what := "the " + noun(s.Verdict)
	switch {
	case s.Undone && s.UndoneBy == "" && s.Rule != "":
		return tookBack(s.Verdict, s.Rule, s.Cause) + "; nothing was sent to TikTok. " + again
	case s.Undone && s.UndoneBy == s.By && s.Rule == "":
		return person(s.By) + " undid " + what + "; nothing was sent to TikTok. " + again
	case s.Undone:
		return person(s.UndoneBy) + " undid " + what + " by " + by(s) + "; nothing was sent to TikTok. " + again
	case s.Undelivered:
		return fate(s)
	default:
		return capital(what) + " by " + by(s) + " was sent, but the answer was lost: " + why(s.Failure) +
			". Sample Desk is checking whether TikTok accepted it before sending anything again."
	}
}

// spokenReply is the reply in one short line. It names the creator, as a notification shows no card above it.
func spokenReply(s workflow.Payload) string {
	text := spokenChange(s)
	if s.Creator != nil {
		text = "For " + spokenName(*s.Creator) + ": " + text // a name at the beginning might read as a quotation
	}
	if s.Unsent != "" {
		return text + "; the message to the creator was not sent"
	}
	return text
}

func spokenChange(s workflow.Payload) string {
	stage := "Sample request: " + first(spoken(string(s.Stage), maxID), "Unknown")
	switch s.Kind {
	case workflow.KindStage:
		return spokenStage(s, stage)
	case workflow.KindDecision:
		switch {
		case s.Undone && s.UndoneBy == "" && s.Rule != "":
			return "The " + noun(s.Verdict) + " by " + spokenByOf(s) + " was taken back"
		case s.Undone:
			return "The " + noun(s.Verdict) + " was undone by " + person(s.UndoneBy)
		case s.Undelivered:
			return "The " + noun(s.Verdict) + " by " + spokenByOf(s) + " no longer counts"
		default:
			return "The " + noun(s.Verdict) + " was sent; TikTok has not answered yet"
		}
	case workflow.KindRefused:
		return "TikTok refused the " + noun(s.Verdict) + " by " + spokenByOf(s) + "; back in review"
	case workflow.KindCampaign:
		return moved(s) + " the campaign " + spokenCampaign(s.Campaign) + spokenBack(s)
	case workflow.KindNote:
		return "Note by " + person(s.By) + ": " + spoken(s.Text, maxWords)
	default:
		return "Something changed; see the card"
	}
}

func spokenStage(s workflow.Payload, stage string) string {
	switch {
	case s.Elsewhere:
		return stage + "; " + elsewhere
	case byOurs(s) && s.Undelivered:
		return stage + "; the " + noun(s.Verdict) + " by " + spokenByOf(s) + " no longer counts"
	case byOurs(s):
		return stage + "; TikTok confirmed the " + noun(s.Verdict) + " by " + spokenByOf(s)
	default:
		return stage
	}
}
