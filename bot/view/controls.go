package view

import (
	"github.com/slack-go/slack"

	"sampledesk/workflow"
)

// controls are the buttons that can be of use now; none once nothing can be done. A creator can be added to a campaign
// as long as the application goes on, since the campaign may be chosen after the approval.
func controls(a workflow.Application) (slack.Block, bool) {
	target, who := targetOf(a).String(), raw(nameOf(a.Report.Creator), 30)
	campaign := button(ActionCampaign, target, "Add to campaign", "Add "+who+" to a campaign")
	var elements []slack.BlockElement
	switch a.State() {
	case workflow.Pending, workflow.Refused:
		if a.Report.Approvable {
			approve := button(ActionApprove, target, "Approve", "Approve the sample for "+who)
			approve.Style = slack.StylePrimary
			elements = append(elements, approve)
		}
		elements = append(elements, campaign, rejectMenu())
	case workflow.Queued:
		undo := button(ActionUndo, target, "Undo", "Undo the "+noun(a.Decision.Verdict)+" for "+who)
		elements = append(elements, undo, campaign)
	case workflow.Sending, workflow.Unclear, workflow.AwaitingShipment, workflow.Shipped, workflow.Delivered:
		elements = append(elements, campaign)
	default:
		return nil, false
	}
	return actions(target, elements...), true
}

func actions(id string, elements ...slack.BlockElement) *slack.ActionBlock {
	return &slack.ActionBlock{Type: slack.MBTAction, BlockID: id, Elements: &slack.BlockElements{ElementSet: elements}}
}

func button(action, value, text, spoken string) *slack.ButtonBlockElement {
	return &slack.ButtonBlockElement{
		Type: slack.METButton, ActionID: action, Value: value, Text: plainText(text), AccessibilityLabel: spoken,
	}
}

// rejectMenu asks once more before it rejects: a rejected creator cannot ask again for 30 days.
func rejectMenu() *slack.SelectBlockElement {
	menu := &slack.SelectBlockElement{
		Type: slack.OptTypeStatic, ActionID: ActionReject, Placeholder: plainText("Reject…"),
		Confirm: &slack.ConfirmationBlockObject{
			Title:   plainText("Reject this request?"),
			Text:    plainText("TikTok tells the creator. Once it was sent, nobody can take it back."),
			Confirm: plainText("Reject"),
			Deny:    plainText("Keep it"),
			Style:   slack.StyleDanger,
		},
	}
	for _, r := range workflow.Reasons {
		menu.Options = append(menu.Options, option(string(r), ReasonText(r)))
	}
	return menu
}

func option(value, text string) *slack.OptionBlockObject {
	return &slack.OptionBlockObject{Value: value, Text: plainText(text)}
}
