package view

import (
	"unicode/utf8"

	"github.com/slack-go/slack"

	"sampledesk/workflow"
)

// cardControls are the controls of a card: the decisions that are possible now, and what else can be done while the
// application goes on. There are none once nothing can be done.
func cardControls(f CardFacts) (slack.Block, bool) {
	a := f.Application
	elements := decisions(a, f.QuickReject)
	if len(elements) == 0 {
		return nil, false
	}
	if b, ok := leaveButton(a); ok {
		elements = append(elements, b)
	}
	if b, ok := messageButton(a); ok {
		elements = append(elements, b)
	}
	if a.Decidable() {
		elements = append(elements, button(ActionLook, targetOf(a).String(), "I'm on it", "Tell others I'm on it: "+called(a)))
	}
	if more, ok := moreMenu(f); ok {
		elements = append(elements, more)
	}
	return actions(blockOf(a), elements...), true
}

// decisions are the controls of what the team can decide now, the same wherever an application is shown. A creator can be
// added to a campaign as long as the application goes on, since the campaign may be chosen after the approval.
func decisions(a workflow.Application, quick bool) []slack.BlockElement {
	target, who := targetOf(a).String(), called(a)
	campaign := button(ActionCampaign, target, "Add to campaign", "Add "+who+" to a campaign")
	switch a.State() {
	case workflow.Pending, workflow.Refused:
		if a.OfAgency() {
			return []slack.BlockElement{campaign}
		}
		if !a.Snapshot.Approvable {
			return []slack.BlockElement{campaign, rejectMenu(quick)}
		}
		approve := button(ActionApprove, target, "Approve", "Approve the sample for "+who)
		approve.Style = slack.StylePrimary
		return []slack.BlockElement{approve, campaign, rejectMenu(quick)}
	case workflow.Queued:
		return []slack.BlockElement{button(ActionUndo, target, "Undo", "Undo the "+noun(a.Decision.Verdict)+" for "+who), campaign}
	case workflow.Sending, workflow.Unclear, workflow.AwaitingShipment, workflow.Shipped, workflow.Delivered:
		return []slack.BlockElement{campaign}
	default:
		return nil
	}
}

// called is what the creator is called where a control is read out.
func called(a workflow.Application) string { return aloud(a.Snapshot.Creator) }

// aloud is what a creator is called there.
func aloud(c workflow.Creator) string { return raw(nameOf(c), 30) }

// messageButton opens the dialog to write to the creator. There is none for a creator whose id TikTok has not told: they
// cannot be written to.
func messageButton(a workflow.Application) (*slack.ButtonBlockElement, bool) {
	c := a.Snapshot.Creator
	to := Correspondent{Shop: a.Key.Shop, Creator: c.KeyOf(a.Key.Shop), Application: a.Key.ID}.String()
	if c.OpenID == "" || utf8.RuneCountInString(to) > maxValue {
		return nil, false
	}
	return button(ActionMessage, to, "Message creator", "Write a message to "+called(a)), true
}

// The options of the menu of what is rarely needed.
const (
	MoreProfile  = "profile"
	MoreRequests = "requests"
	MoreLookEnd  = "look_end"
	MoreAssign   = "assign"
)

// moreMenu leads to TikTok's pages, and takes an *I'll look at it* back. It is left out where it would hold one option:
// the footer has that link too.
func moreMenu(f CardFacts) (*slack.OverflowBlockElement, bool) {
	a := f.Application
	menu := &slack.OverflowBlockElement{Type: slack.METOverflow, ActionID: ActionMore}
	if page, ok := profileAt(a.Snapshot.Creator); ok {
		menu.Options = append(menu.Options, openPage(MoreProfile, "Creator's page on TikTok", page))
	}
	menu.Options = append(menu.Options, openPage(MoreRequests, "Sample requests in the Affiliate Center", requestsAt(f.Region)))
	if a.Decidable() {
		menu.Options = append(menu.Options, option(MoreAssign, "Give to a colleague…"))
	}
	if a.Decidable() && a.OnIt.By != "" {
		menu.Options = append(menu.Options, option(MoreLookEnd, "I'm no longer on it"))
	}
	return menu, len(menu.Options) > 1
}

func openPage(value, text, address string) *slack.OptionBlockObject {
	o := option(value, text)
	o.URL = address
	return o
}

func actions(id string, elements ...slack.BlockElement) *slack.ActionBlock {
	return &slack.ActionBlock{Type: slack.MBTAction, BlockID: id, Elements: &slack.BlockElements{ElementSet: elements}}
}

func button(action, value, text, spoken string) *slack.ButtonBlockElement {
	return &slack.ButtonBlockElement{
		Type: slack.METButton, ActionID: action, Value: value, Text: plainText(text), AccessibilityLabel: spoken,
	}
}

// rejectMenu offers the four reasons. Where choosing one rejects at once it asks once more: a rejected creator cannot ask
// again for 30 days.
func rejectMenu(quick bool) *slack.SelectBlockElement {
	menu := &slack.SelectBlockElement{
		Type: slack.OptTypeStatic, ActionID: ActionReject, Placeholder: plainText("Reject…"), Options: reasonOptions(),
	}
	if quick {
		menu.Confirm = &slack.ConfirmationBlockObject{
			Title:   plainText("Reject this request?"),
			Text:    plainText("TikTok tells the creator. Once sent, it can't be undone."),
			Confirm: plainText("Reject"),
			Deny:    plainText("Keep it"),
			Style:   slack.StyleDanger,
		}
	}
	return menu
}

func reasonOptions() (all []*slack.OptionBlockObject) {
	for _, r := range workflow.Reasons {
		all = append(all, option(string(r), ReasonText(r)))
	}
	return all
}

func option(value, text string) *slack.OptionBlockObject {
	return &slack.OptionBlockObject{Value: value, Text: plainText(text)}
}
