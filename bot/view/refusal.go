package view

import (
	"fmt"
	"unicode/utf8"

	"sampledesk/workflow"
)

// Refusal is the friendly no that only the person who asked sees: how things stand now, and what to do next. Campaign is
// the name of the campaign that the application is in, empty if in none.
func Refusal(r workflow.Refusal, campaign string) string {
	switch r.Rule {
	case workflow.RuleStale, workflow.RuleState:
		return standing(r.Application)
	case workflow.RuleDeadline:
		return late(r.Application)
	case workflow.RuleAgency:
		return agencys
	case workflow.RuleNotApprovable:
		return obstacle(r.Application.Snapshot) + " You can reject it, or try again once that is put right in the Affiliate Center."
	case workflow.RuleReason:
		return "TikTok knows four reasons only: please choose one of them from the menu *Reject…*"
	case workflow.RuleNotYours:
		return "Only " + person(r.Application.Decision.By) + ", who decided, or an admin can undo this, " + window(r.Application.Decision) + "."
	case workflow.RuleNoApplication:
		return "This desk does not know that request" + asked(r.Name) + ". `/samples queue` lists what waits for a decision."
	case workflow.RuleEmptyNote:
		return "There is nothing in that yet: please write at least a word."
	case workflow.RuleTooLong:
		return fmt.Sprintf("That is too long: %d characters are the most. Please shorten it.", workflow.MaxNote)
	case workflow.RuleNothingChosen:
		return "Nothing was chosen, so there is nothing to decide. Please choose at least one request."
	case workflow.RuleTooMany:
		return fmt.Sprintf("Those are too many at once: %d requests are the most. Please choose fewer.", workflow.MaxRun)
	case workflow.RuleNoRun:
		return "There is nothing left to undo: all of it was undone already, is on its way to TikTok, or is done. The message about it tells what became of each request."
	case workflow.RuleNothingFailed:
		return "All well: nothing failed or waits to be tried again there. `/samples retry` lists what does."
	default:
		return campaignRefusal(r, campaign)
	}
}

func asked(name string) string {
	if clean(name) == "" {
		return ""
	}
	return " (" + quoted(name, maxName) + ")"
}

func campaignRefusal(r workflow.Refusal, campaign string) string {
	name := quoted(r.Name, maxName)
	switch r.Rule {
	case workflow.RuleOtherCampaign:
		where := "out of its campaign"
		if clean(campaign) != "" {
			where = "to the campaign " + quoted(campaign, maxName)
		}
		return "Somebody was quicker: meanwhile the creator was moved " + where + ". Click *Add to campaign* again if you want to change that."
	case workflow.RuleAlreadyInCampaign:
		return "All well: the creator is in the campaign " + quoted(first(clean(r.Name), campaign), maxName) + " already. There is nothing left to do."
	case workflow.RuleNotInCampaign:
		return "There is nothing left to undo: the creator is not in that campaign any more. The card tells how things stand."
	case workflow.RuleNotYourJoin:
		return "Only " + person(r.Application.Joined.By) + ", who added the creator to the campaign, or an admin can undo that."
	case workflow.RuleNameTaken:
		return "There is a campaign called " + name + " already: choose it, or take another name."
	case workflow.RuleNoCampaign:
		if clean(r.Name) == "" {
			return "That campaign does not exist any more. `/campaign list` shows those that do."
		}
		return "There is no campaign called " + name + ". `/campaign list` shows those that exist."
	case workflow.RuleArchived:
		return "The campaign " + name + " is archived and takes nobody new. Please choose another."
	case workflow.RuleCampaignName:
		return badName(r.Name)
	default:
		return "That is not possible now. The card tells how things stand; `/samples help` tells what can be done."
	}
}

func badName(name string) string {
	if n := utf8.RuneCountInString(name); n > workflow.MaxCampaignName {
		return fmt.Sprintf("That name has %d characters; %d is the most. Please shorten it.", n, workflow.MaxCampaignName)
	}
	return fmt.Sprintf("A campaign needs a name, of 1 to %d characters.", workflow.MaxCampaignName)
}

// agencys tells that a request is not the shop's to decide.
const agencys = "TikTok says that the request is an agency's, and that this shop may not decide it. Nothing can be decided here."

// standing tells somebody whose click came too late, or twice, how things stand.
func standing(a workflow.Application) string {
	d := a.Decision
	who := "Already " + deed(d.Verdict) + " by " + person(d.By) + " " + stamp(d.At) + because(d.Verdict, d.Reason) + "; "
	switch a.State() {
	case workflow.Pending:
		return "The card has changed since you saw it: the request waits for a decision. Please look at it as it is now, and decide again."
	case workflow.Refused:
		if a.OfAgency() {
			return agencys
		}
		return "The card has changed since you saw it: TikTok refused the " + noun(d.Verdict) + ", because " + why(d.Failure) + ". The card has its buttons back, so you can decide again."
	case workflow.Queued:
		return who + "whoever decided or an admin can undo it, " + window(d) + "."
	case workflow.Sending:
		return who + "it is on its way to TikTok and cannot be undone any more. The card tells how it goes on."
	case workflow.Unclear:
		return who + "it was sent, and the desk is looking at what TikTok made of it. The card tells how it goes on."
	case workflow.Unseen:
		return "This desk does not know that request. `/samples queue` lists what waits for a decision."
	default:
		return past(a, who)
	}
}

// past tells that the review is over.
func past(a workflow.Application, who string) string {
	stage := stageName(a.Stage())
	if e, ok := workflow.EndingOf(a.State()); ok {
		return "There is nothing left to decide: the request is " + stage + "; " + move(e) + "."
	}
	switch {
	case a.ChangedElsewhere:
		return "There is nothing left to decide: the request is in " + stage + ". It was changed in the Affiliate Center, not from this desk."
	case a.Decision.Phase == workflow.DecisionConfirmed:
		return who + "TikTok has confirmed it, so it cannot be undone. The request is in " + stage + "."
	default:
		return "There is nothing left to decide: the request is in " + stage + ". What comes next happens in the Affiliate Center."
	}
}

func late(a workflow.Application) string {
	when := ""
	if by := a.Snapshot.ReviewBy; !by.IsZero() {
		when = " (" + stamp(by) + ")"
	}
	return "The review deadline has passed" + when + ", so TikTok takes no decision any more. The card will show what became of the request."
}

// window tells until when a decision can be undone.
func window(d workflow.Decision) string {
	if d.Phase != workflow.DecisionQueued {
		return "and only until it is sent"
	}
	return "until it is sent at " + stampSeconds(d.SendAt)
}
