package workflow

import "fmt"

// Rule names the rule that a refusal rests on. Its words are the view's.
type Rule string

// The rules.
const (
	RuleStale          Rule = "stale"             // what the person saw has changed since
	RuleState          Rule = "state"             // the table has no such move from here
	RuleDeadline       Rule = "deadline passed"   // the review deadline is over
	RuleNotApprovable  Rule = "not approvable"    // TikTok says that it cannot be approved
	RuleReason         Rule = "unknown reason"    // not one of the four
	RuleNotYours       Rule = "not yours"         // neither its author nor an admin
	RuleOtherCampaign  Rule = "other campaign"    // it was added to another campaign meanwhile
	RuleCampaignName   Rule = "campaign name"     // empty, too long, or not a name
	RuleNameTaken      Rule = "name taken"        // a campaign of the shop has that name
	RuleNoCampaign     Rule = "no campaign"       // there is none of that name or id
	RuleArchived       Rule = "campaign archived" // it takes nobody new
	RuleNoApplication  Rule = "no application"    // the desk does not know it
	RuleInThatCampaign Rule = "in that campaign"  // it is there already
)

// Refusal is a friendly no: the rule, and the facts as they are now. It changes nothing. It is an error so that it
// travels as one; tell it apart with errors.AsType.
type Refusal struct {
	Rule        Rule
	Application Application // as it stands now; zero where the refusal is about something else
	Name        string      // of a campaign, or what was asked for
}

func (r Refusal) Error() string {
	if r.Application.Key == (Key{}) {
		return fmt.Sprintf("refused: %s (%q)", r.Rule, r.Name)
	}
	return fmt.Sprintf("refused: %s (%s is %s)", r.Rule, r.Application.Key, r.Application.State())
}
