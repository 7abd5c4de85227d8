package view

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/slack-go/slack"

	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

// The page before all suggested rejections of a shop.
const (
	ActionRejectSuggested   = "reject_suggested" // opens it; the value is the shop's id
	CallbackRejectSuggested = "reject_suggested" // its metadata is the shop's id
	ActionRejectPick        = "reject_pick_"     // ticked requests, a group of them; followed by its number
)

// NoRejectionSuggested is said where nothing is left to be rejected together.
const NoRejectionSuggested = "No rule suggests a rejection right now, or what they suggested is decided by now."

// ErrorNoneTicked stands where nothing is ticked.
const ErrorNoneTicked = "Tick at least one request."

// boxesInGroup is how many boxes Slack takes in one group.
const boxesInGroup = 10

// rejectSuggested takes what rules suggest to reject; a page that says who, why and for which reason comes first.
func rejectSuggested(s query.Suggestions) (*slack.ButtonBlockElement, bool) {
	text := "Reject " + grouped(float64(s.Reject)) + " suggested"
	return button(ActionRejectSuggested, string(s.RejectIn), text, "See what rules suggest to reject, and why, and reject it together"),
		s.Reject > 0 && s.RejectIn != "" && len(s.RejectIn) <= maxValue
}

// RejectSuggestedFacts is what that page shows.
type RejectSuggestedFacts struct {
	query.Rejections
	ID      workflow.ShopID
	Shop    string        // named only where a channel serves several
	Channel string        // where the progress is told
	Undo    time.Duration // none: 0
}

// RejectSuggested is the page: each request with who asks and why, below the reason that TikTok gets, and ticked until the
// reader takes it out.
func RejectSuggested(f RejectSuggestedFacts) slack.ModalViewRequest {
	blocks := []slack.Block{
		header("Reject " + many(len(f.Applications), "suggested request")),
		section("Untick any that you don't want to reject" + forShop(f.Shop) + ". Nothing is sent until you press *Reject*."),
	}
	if f.Moved > 0 {
		blocks = append(blocks, section("*Left out:* "+grouped(float64(f.Moved))+" can't be rejected any more"))
	}
	if more := f.Total - f.Moved - len(f.Applications); more > 0 {
		blocks = append(blocks, section(fmt.Sprintf("These have the soonest deadlines. For %s more, open this again afterwards.", grouped(float64(more)))))
	}
	groups := 0
	for _, reason := range workflow.Reasons {
		var of []*slack.OptionBlockObject
		for _, a := range f.Applications {
			if a.Proposal.Action.Reason == reason {
				of = append(of, rejectOption(a))
			}
		}
		for n, boxes := range slices.Collect(slices.Chunk(of, boxesInGroup)) {
			blocks = append(blocks, rejectBoxes(groups, reason, n, boxes))
			groups++
		}
	}
	blocks = append(blocks, aside(whatFollows(BulkConfirmFacts{Channel: f.Channel, Undo: f.Undo})))
	return slack.ModalViewRequest{
		Type: slack.VTModal, CallbackID: CallbackRejectSuggested, Title: plainText("Reject suggested"), Submit: plainText("Reject"), Close: plainText("Cancel"),
		Blocks: slack.Blocks{BlockSet: blocks}, PrivateMetadata: string(f.ID),
	}
}

// rejectBoxes are a few requests that are to be rejected for the same reason; part is how many groups of that come before.
func rejectBoxes(group int, reason workflow.Reason, part int, boxes []*slack.OptionBlockObject) slack.Block {
	action := ActionRejectPick + strconv.Itoa(group)
	label := "Reason sent to TikTok: " + ReasonText(reason)
	if part > 0 {
		label += " (continued)"
	}
	return &slack.InputBlock{
		Type: slack.MBTInput, BlockID: action, Optional: true, Label: plainText(label),
		Element: &slack.CheckboxGroupsBlockElement{Type: slack.METCheckboxGroups, ActionID: action, Options: boxes, InitialOptions: boxes},
	}
}

// rejectOption is one request: who asks for what, and below that which rule suggests it and what it found.
func rejectOption(a workflow.Application) *slack.OptionBlockObject {
	o := option(RejectChoice(a), dotted(raw(nameOf(a.Snapshot.Creator), 32), raw(productOf(a.Snapshot.Product), 36)))
	o.Description = mrkdwn(proposalWithin(a.Proposal, maxOption))
	return o
}

// proposalWithin is a suggestion's rule with as many of its reasons as have room.
func proposalWithin(p *workflow.Proposal, most int) string {
	line := "*" + data(p.Name, 24) + "*"
	for n := maxWhys; n > 0; n-- {
		if why := whyLine(p.Why, n); why != "" && utf8.RuneCountInString(line+": "+why) <= most {
			return line + ": " + why
		}
	}
	return line
}

// RejectChoice is the value of a request on the page: it, the round in which it is shown, and for which reason.
func RejectChoice(a workflow.Application) string {
	return BulkChoice(a) + ":" + strconv.Itoa(slices.Index(workflow.Reasons, a.Proposal.Action.Reason))
}

// ParseRejectChoice reads what RejectChoice wrote.
func ParseRejectChoice(shop workflow.ShopID, value string) (workflow.Target, error) {
	i := strings.LastIndexByte(value, ':')
	if i < 0 {
		return workflow.Target{}, fmt.Errorf("%q does not name a request and a reason", value)
	}
	n, err := strconv.Atoi(value[i+1:])
	if err != nil || n < 0 || n >= len(workflow.Reasons) {
		return workflow.Target{}, fmt.Errorf("%q does not name a reason", value)
	}
	t, err := ParseBulkChoice(shop, value[:i])
	t.Reason = workflow.Reasons[n]
	return t, err
}

// Rejectable tells whether a suggested rejection can be offered on the page.
func Rejectable(a workflow.Application) bool {
	return Choosable(a) && len(RejectChoice(a)) <= maxOption
}
