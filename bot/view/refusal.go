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
		return obstacle(r.Application.Snapshot) + " You can reject it, or try again once that is fixed in the Affiliate Center."
	case workflow.RuleReason:
		return "TikTok accepts only four reasons. Please choose one from the *Reject…* menu."
	case workflow.RuleNotYours:
		return "Only " + person(r.Application.Decision.By) + ", who decided, or an admin can undo this, " + window(r.Application.Decision) + "."
	case workflow.RuleSamePerson, workflow.RuleTwo, workflow.RuleTouched, workflow.RuleOverCap, workflow.RuleBlockList, workflow.RuleNoProposal, workflow.RuleTakenAlready, workflow.RuleNoRule, workflow.RuleNoList:
		return rulesRefusal(r)
	case workflow.RuleNoApplication:
		return "Sample Desk doesn't know that request" + asked(r.Name) + ". `/samples queue` lists pending requests."
	case workflow.RuleEmptyNote:
		return "That's empty. Please write something."
	case workflow.RuleTooLong:
		return fmt.Sprintf("That's too long: at most %d characters. Please shorten it.", workflow.MaxNote)
	case workflow.RuleNothingChosen:
		return "You didn't choose any requests. Please choose at least one."
	case workflow.RuleTooMany:
		return fmt.Sprintf("That's too many at once: at most %d requests. Please choose fewer.", workflow.MaxPlan)
	case workflow.RulePlanGone:
		return "You prepared something else meanwhile, so nothing was done. Open *Decide several* again."
	case workflow.RuleNoRun:
		return "There is nothing left to undo: everything was undone already, is being sent to TikTok, or is done. The message shows what happened to each request."
	case workflow.RuleNothingFailed:
		return "Nothing failed there. `/samples retry` lists failed deliveries."
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
		where := "out of the campaign"
		if clean(campaign) != "" {
			where = "to the campaign " + quoted(campaign, maxName)
		}
		return "Someone else was faster: the creator was moved " + where + ". Click *Add to campaign* again if you want to change that."
	case workflow.RuleAlreadyInCampaign:
		return "The creator is already in the campaign " + quoted(first(clean(r.Name), campaign), maxName) + ". You don't need to do anything."
	case workflow.RuleNotInCampaign:
		return "There is nothing left to undo: the creator is no longer in that campaign."
	case workflow.RuleNotYourJoin:
		return "Only " + person(r.Application.Joined.By) + ", who added the creator to the campaign, or an admin can undo that."
	case workflow.RuleNameTaken:
		return "There is a campaign called " + name + " already. Choose it, or use another name."
	case workflow.RuleNoCampaign:
		if clean(r.Name) == "" {
			return "That campaign no longer exists. `/campaign list` shows all campaigns."
		}
		return "There is no campaign called " + name + ". `/campaign list` shows all campaigns."
	case workflow.RuleArchived:
		return "The campaign " + name + " is archived, so no one can be added to it. Please choose another."
	case workflow.RuleCampaignName:
		return badName(r.Name)
	default:
		return "That's not possible now. See the card for the current state, or `/samples help`."
	}
}

func badName(name string) string {
	if n := utf8.RuneCountInString(name); n > workflow.MaxCampaignName {
		return fmt.Sprintf("That name has %d characters; at most %d are allowed. Please shorten it.", n, workflow.MaxCampaignName)
	}
	return fmt.Sprintf("A campaign needs a name with 1 to %d characters.", workflow.MaxCampaignName)
}

// agencys tells that a request is not the shop's to decide.
const agencys = "TikTok says this request belongs to an agency, so this shop can't decide on it."

// standing tells somebody whose click came too late, or twice, how things stand.
func standing(a workflow.Application) string {
	d := a.Decision
	who := "Already " + verdictDone(d.Verdict) + " by " + decider(d) + " " + stamp(d.At) + because(d.Verdict, d.Reason) + "; "
	switch a.State() {
	case workflow.Pending:
		return "The card has changed since you saw it: the request is pending again. Please check the card and decide again."
	case workflow.Refused:
		if a.OfAgency() {
			return agencys
		}
		return "The card has changed since you saw it: TikTok refused the " + noun(d.Verdict) + ", because " + why(d.Failure) + ". You can decide again on the card."
	case workflow.Queued:
		return who + "whoever decided or an admin can undo it, " + window(d) + "."
	case workflow.Sending:
		return who + "it is being sent to TikTok and can't be undone any more. The card shows what happens next."
	case workflow.Unclear:
		return who + "it was sent, and Sample Desk is checking whether TikTok accepted it. The card shows what happens next."
	case workflow.Unseen:
		return "Sample Desk doesn't know that request. `/samples queue` lists pending requests."
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
		return who + "TikTok has confirmed it, so it can't be undone. The request is now in " + stage + "."
	default:
		return "There is nothing left to decide: the request is in " + stage + ". The next step happens in the Affiliate Center."
	}
}

func late(a workflow.Application) string {
	when := ""
	if by := a.Snapshot.ReviewBy; !by.IsZero() {
		when = " (" + stamp(by) + ")"
	}
	return "The review deadline has passed" + when + ", so TikTok no longer accepts a decision. The card will show what happens to the request."
}

// window tells until when a decision can be undone.
func window(d workflow.Decision) string {
	if d.Phase != workflow.DecisionQueued {
		return "and only until it is sent"
	}
	return "until it is sent at " + stampSeconds(d.SendAt)
}
