package workflow

import (
	"fmt"
)

// Fault is what a failure means to people; the view words it.
type Fault string

// The faults. Those up to FaultKey stop the shop or one call until a person mends them, the next two are the end of
// what was asked for, and the others pass by themselves.
const (
	FaultReconnect Fault = "reconnect"      // the shop has to be connected again
	FaultExpired   Fault = "expired"        // the access to the shop has run out and could not be renewed
	FaultAppKey    Fault = "app key"        // TikTok does not know the app
	FaultSecret    Fault = "secret"         // TikTok does not accept the signature
	FaultClock     Fault = "clock"          // this machine's clock is wrong
	FaultShop      Fault = "shop"           // TikTok does not know the shop by the name that the desk has for it
	FaultScope     Fault = "scope"          // the app lacks a scope
	FaultVersion   Fault = "version"        // TikTok has switched this version of a call off
	FaultNoCall    Fault = "no such call"   // TikTok has no such call
	FaultBug       Fault = "bug"            // the desk makes a call that lacks something
	FaultAddress   Fault = "address"        // this machine is not on the app's list of addresses
	FaultKey       Fault = "key"            // the stored tokens do not open with the desk's key
	FaultAgency    Fault = "agency"         // the request is an agency's, and not the shop's to decide
	FaultRegion    Fault = "another region" // the creator is in another region than the shop
	FaultBusy      Fault = "busy"           // too many requests
	FaultTikTok    Fault = "theirs"         // TikTok had an internal error
	FaultQuota     Fault = "quota"          // the quota of messages is used up
	FaultDay       Fault = "day"            // the quota of a day is used up
)

// The calls that can be stopped alone, as a Failure names them.
const (
	CallSearch = "sample_applications/search" // without it no new requests are read
	CallReview = "sample_applications/review" // without it decisions wait
)

// Error makes an error of a failure, for a call to TikTok whose outcome is no event: the caller can show a person why
// it failed.
func (c Failure) Error() string {
	if c.Code == 0 {
		return c.Message
	}
	return fmt.Sprintf("TikTok answered %d: %s", c.Code, c.Message)
}

// Rule names the rule behind a refusal. The view words it.
type Rule string

// The rules.
const (
	RuleStale             Rule = "stale"             // what the person saw has changed since
	RuleState             Rule = "state"             // the table has no such move from here
	RuleDeadline          Rule = "deadline passed"   // the review deadline has passed
	RuleNotApprovable     Rule = "not approvable"    // TikTok says that it cannot be approved
	RuleAgency            Rule = "an agency's"       // TikTok says that the shop may not decide it
	RuleReason            Rule = "unknown reason"    // not one of the four
	RuleNotYours          Rule = "not yours"         // neither its author nor an admin
	RuleOtherCampaign     Rule = "other campaign"    // it was added to another campaign meanwhile
	RuleCampaignName      Rule = "campaign name"     // empty, too long, or not a name
	RuleNameTaken         Rule = "name taken"        // a campaign of the shop has that name
	RuleNoCampaign        Rule = "no campaign"       // there is none of that name or id
	RuleArchived          Rule = "campaign archived" // it takes nobody new
	RuleNoApplication     Rule = "no application"    // the desk does not know it
	RuleAlreadyInCampaign Rule = "in that campaign"  // it is there already
	RuleNotInCampaign     Rule = "not in campaign"   // it is not, or no longer, in the campaign it was to leave
	RuleNotYourJoin       Rule = "not your join"     // somebody else added it to its campaign
	RuleNoMember          Rule = "no member"         // the creator is not in that campaign
	RuleAlreadyAnswered   Rule = "said already"      // somebody answered already whether they need a sample
	RuleApplied           Rule = "applied"           // they have an application in the campaign, which answers it
	RuleNotAsked          Rule = "not asked"         // they have not answered, so the team is not asked yet
	RuleBadSetting        Rule = "bad setting"       // Name is the field that is wrong
	RuleSettingsChanged   Rule = "settings moved on" // somebody changed them, or the campaign, meanwhile
	RuleEmptyNote         Rule = "empty note"        // a note or a message says nothing
	RuleTooLong           Rule = "too long"          // a note or a message is longer than it may be
	RuleNoCreator         Rule = "no creator"        // TikTok's id of the creator is not known, so they cannot be written to
	RuleNothingChosen     Rule = "nothing chosen"    // a run without applications
	RuleTooMany           Rule = "too many"          // more than a run takes
	RulePlanGone          Rule = "plan gone"         // what was prepared was replaced by something else
	RuleNoRun             Rule = "no run"            // there is none, or it has ended
	RuleNothingFailed     Rule = "nothing failed"    // there is nothing to try again
	RuleTemplateName      Rule = "template name"     // empty or too long
	RuleTemplateTaken     Rule = "template taken"    // a template of the shop has that name
	RuleTemplateWord      Rule = "template word"     // Name is in braces, and nothing that a template knows
	RuleNoTemplate        Rule = "no template"       // it was removed meanwhile
	RuleAnswered          Rule = "answered"          // somebody answered the creator, or dismissed what they wrote; Handled says who
	RuleWroteAgain        Rule = "wrote again"       // the creator has written more than the person was shown
	RuleSamePerson        Rule = "same person"       // who asked for an approval cannot be the second to give it
	RuleTwo               Rule = "two people"        // it needs two people, so no rule and no run decides it
	RuleTouched           Rule = "touched"           // a person had it in hand, so no rule decides it
	RuleOverCap           Rule = "over a cap"        // Application.Proposal says over which
	RuleBlockList         Rule = "block list"        // the creator is on it, so no rule approves
	RuleNoProposal        Rule = "no proposal"       // nothing, or something else, is proposed by now
	RuleTakenAlready      Rule = "taken already"     // somebody did what is proposed: the person of that id, as Name
	RuleNoRule            Rule = "no rule"           // it was removed meanwhile
	RuleNoList            Rule = "no list"           // Name is not the name of a list
)

// Refusal is an action that is not allowed: the rule, and the facts as they are now. It changes nothing. It is an
// error; recognise it with errors.AsType.
type Refusal struct {
	Rule        Rule
	Application Application // as it stands now; zero where the refusal is about something else
	Name        string      // of a campaign, or what was asked for
	Member      Member      // as it stands now, where the refusal is about one
	Handled     HandledAnswer
}

func (r Refusal) Error() string {
	if r.Application.Key == (Key{}) {
		return fmt.Sprintf("refused: %s (%q)", r.Rule, r.Name)
	}
	return fmt.Sprintf("refused: %s (%s is %s)", r.Rule, r.Application.Key, r.Application.State())
}
