package view

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/slack-go/slack"

	"sampledesk/workflow"
)

// QuestionFacts is what the question about a member shows.
type QuestionFacts struct {
	Campaign workflow.Campaign
	Member   workflow.Member
	Shop     string // named only where a channel serves several

	// Applications are theirs in the campaign that go on or came to content. Once there is one, it says what they need, and
	// its card is where things go on.
	Applications []workflow.Application
}

// maxAnswer is how much of a creator's first words a question quotes, in code points.
const maxAnswer = 500

// Question asks whether a member needs a sample, and tells what was said to it.
func Question(f QuestionFacts) Message {
	m := f.Member
	answered := []string{"*" + profile(m.Shown) + "* answered *" + campaignName(f.Campaign.Name) + "*" + ofShop(f.Shop)}
	if clean(m.Answer) != "" {
		answered = append(answered, quote(m.Answer, maxAnswer))
	}
	blocks := []slack.Block{section(answered...), section(verdictOnNeed(f))}
	if small := afterYes(f); small != "" {
		blocks = append(blocks, aside(small))
	}
	if controls := questionControls(f); len(controls) > 0 {
		blocks = append(blocks, actions(questionBlock+string(m.State)+":"+string(f.Campaign.ID), controls...))
	}
	return Message{Text: spokenQuestion(f), Blocks: blocks}
}

// verdictOnNeed is the question, or what the team said to it.
func verdictOnNeed(f QuestionFacts) string {
	m := f.Member
	if len(f.Applications) > 0 {
		return "The creator's request is here: " + stageName(workflow.Furthest(m, f.Applications)) + "."
	}
	switch m.State {
	case workflow.MemberNeedsSample:
		return person(m.SampleAnswerBy) + " said " + stamp(m.SampleAnswerAt) + " that a sample is needed: " + stageName(m.State.Stage()) + "."
	case workflow.MemberNeedsNone:
		return person(m.SampleAnswerBy) + " said " + stamp(m.SampleAnswerAt) + " that no sample is needed: " + stageName(m.State.Stage()) + "."
	default:
		return "Does the creator need a sample?"
	}
}

// afterYes tells where things go on: the cards of their applications, or the link that they were sent.
func afterYes(f QuestionFacts) string {
	m := f.Member
	const most = 3
	var cards []string
	for _, a := range f.Applications[:min(most, len(f.Applications))] {
		if a.Card.Link != "" {
			cards = append(cards, linkTo(a.Card.Link, "Open the card"))
		}
	}
	switch {
	case len(cards) > 0:
		return dotted(cards...)
	case len(f.Applications) > 0:
		return "`/samples show` shows the details."
	case m.State == workflow.MemberNeedsSample && !m.LinkedAt.IsZero():
		return "The request link was sent " + stamp(m.LinkedAt) + ". When the request comes in, it joins the campaign automatically."
	default:
		return ""
	}
}

// questionBlock begins the id of the block that holds what can be said.
const questionBlock = "question:"

// QuestionSeen reads from the id of a block how the member stood on the question that a person answered; empty if it does
// not say.
func QuestionSeen(block string) workflow.MemberState {
	rest, _ := strings.CutPrefix(block, questionBlock)
	state, _, _ := strings.Cut(rest, ":")
	if !slices.Contains(workflow.MemberStates, workflow.MemberState(state)) {
		return ""
	}
	return workflow.MemberState(state)
}

// questionControls are what can be said now: yes or no, the other of the two, and after a yes the link for the request.
func questionControls(f QuestionFacts) []slack.BlockElement {
	m := f.Member
	value := Correspondent{Shop: f.Campaign.Shop, Creator: m.Creator, Campaign: f.Campaign.ID}.String()
	if utf8.RuneCountInString(value) > maxValue {
		return nil
	}
	who := aloud(m.Shown)
	yes := button(ActionNeeded, value, "Yes", "Yes, "+who+" needs a sample")
	no := button(ActionNotNeeded, value, "No", "No, "+who+" needs no sample")
	link := button(ActionLink, value, "Send the request link", "Send "+who+" the request link")
	reply := button(ActionReply, value, "Reply", "Reply to "+who)
	switch {
	case len(f.Applications) > 0:
		return []slack.BlockElement{reply}
	case m.State == workflow.MemberNeedsSample:
		link.Style = slack.StylePrimary
		if !m.LinkedAt.IsZero() {
			link.Style, link.Text = "", plainText("Send another link")
		}
		no.Text = plainText("Change to no")
		return []slack.BlockElement{link, reply, no}
	case m.State == workflow.MemberNeedsNone:
		yes.Text = plainText("Change to yes")
		return []slack.BlockElement{reply, yes}
	case m.State == workflow.MemberAnswered:
		yes.Style = slack.StylePrimary
		return []slack.BlockElement{yes, no, reply}
	default:
		return nil
	}
}

// spokenQuestion is the question in one line.
func spokenQuestion(f QuestionFacts) string {
	m := f.Member
	line := "Campaign " + spokenCampaign(f.Campaign.Name) + spokenShop(f.Shop) + ": " + spokenName(m.Shown) + " answered"
	switch {
	case len(f.Applications) > 0:
		return line + "; the request is here"
	case m.State == workflow.MemberNeedsSample:
		return line + "; " + person(m.SampleAnswerBy) + " said that a sample is needed"
	case m.State == workflow.MemberNeedsNone:
		return line + "; " + person(m.SampleAnswerBy) + " said that no sample is needed"
	default:
		return line + "; does the creator need a sample?"
	}
}

// QuestionRefusal is the friendly no to somebody whose word on a member came too late.
func QuestionRefusal(r workflow.Refusal) string {
	m := r.Member
	switch {
	case r.Rule == workflow.RuleAlreadyAnswered && m.State == workflow.MemberNeedsSample:
		return "Someone else was faster: " + person(m.SampleAnswerBy) + " said " + stamp(m.SampleAnswerAt) + " that a sample is needed. The question shows how to change that."
	case r.Rule == workflow.RuleAlreadyAnswered && m.State == workflow.MemberNeedsNone:
		return "Someone else was faster: " + person(m.SampleAnswerBy) + " said " + stamp(m.SampleAnswerAt) + " that no sample is needed. The question shows how to change that."
	case r.Rule == workflow.RuleApplied:
		return "The creator has sent a sample request. Please decide on its card."
	case r.Rule == workflow.RuleNotAsked:
		return "The creator hasn't answered yet. The question appears with their first answer."
	case r.Rule == workflow.RuleNoMember:
		return "The creator is no longer in that campaign. `/campaign status` shows who is."
	default:
		return Refusal(r, "")
	}
}
