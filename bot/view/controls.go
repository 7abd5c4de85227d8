package view

import (
	"slices"
	"unicode/utf8"

	"github.com/slack-go/slack"

	"sampledesk/workflow"
)

// cardControls are the buttons of a card: the decisions that are possible now. What else can be done is in the menu.
func cardControls(f CardFacts) []slack.BlockElement {
	a := f.Application
	var elements []slack.BlockElement
	switch a.State() {
	case workflow.Pending, workflow.Refused:
		elements = decisions(a, f.QuickReject)
	case workflow.Queued:
		elements = append(elements, undoButton(a))
	default: // nothing to decide, and nothing to take back
	}
	if b, ok := leaveButton(a); ok {
		elements = append(elements, b)
	}
	return elements
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
			return []slack.BlockElement{rejectMenu(quick), campaign}
		}
		approve := button(ActionApprove, target, "Approve", "Approve the sample for "+who)
		if a.Second.By != "" {
			approve = button(ActionApprove, target, "Agree and approve", "Agree to the sample for "+who+", and approve it")
		}
		approve.Style = slack.StylePrimary
		elements := []slack.BlockElement{approve, rejectMenu(quick), campaign}
		if a.Second.By != "" {
			elements = append(elements, button(ActionSecondEnd, target, "Withdraw", "No longer ask for a second person to approve the sample for "+who))
		}
		return elements
	case workflow.Queued:
		return []slack.BlockElement{undoButton(a), campaign}
	case workflow.Sending, workflow.Unclear, workflow.AwaitingShipment, workflow.Shipped, workflow.Delivered:
		return []slack.BlockElement{campaign}
	default:
		return nil
	}
}

func undoButton(a workflow.Application) *slack.ButtonBlockElement {
	return button(ActionUndo, targetOf(a).String(), "Undo", "Undo the "+noun(a.Decision.Verdict)+" for "+called(a))
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

// The options of the menu of what is rarely needed. Those of a control's name do what that control does.
const (
	MoreLook     = ActionLook
	MoreLookEnd  = ActionLookEnd
	MoreCampaign = ActionCampaign
	MoreMessage  = ActionMessage
	MoreProfile  = "profile"
	MoreRequests = "requests"
	MoreTogether = "together" // opens the creator's open requests, all in one dialog
	MoreAssign   = "assign"
	MoreAll      = "more" // opens a dialog with what else there is
)

// maxMore is how many options the menu holds.
const maxMore = 5

// moreMenu holds what is rarely needed. Where it is too much the links go first: the creator's name leads to their page
// too, and all of it is behind *More…*.
func moreMenu(f CardFacts) *slack.OverflowBlockElement {
	a := f.Application
	var all []*slack.OptionBlockObject
	add := func(when bool, value, text string) {
		if when {
			all = append(all, option(value, text))
		}
	}
	given := a.OnIt.By != ""
	_, writes := messageButton(a)
	page, known := profileAt(a.Snapshot.Creator)
	add(a.Decidable(), MoreLook, "I'm on it")
	add(a.Decidable() && given, MoreLookEnd, "I'm no longer on it")
	add(a.Decidable(), MoreAssign, "Give to a colleague…")
	add(a.State().Live() && f.Beside.Total > 0, MoreTogether, togetherText(f.Beside))
	add(!undecided(a) && a.State().Live(), MoreCampaign, "Add to campaign")
	add(writes, MoreMessage, "Message creator")
	if known {
		all = append(all, openPage(MoreProfile, "Creator's page on TikTok", page))
	}
	all = append(all, openPage(MoreRequests, "Sample requests in the Affiliate Center", requestsAt(f.Region)))
	add(true, MoreAll, "More…")
	for _, value := range []string{MoreProfile, MoreRequests, MoreLook} {
		if len(all) > maxMore && (value != MoreLook || given) {
			all = slices.DeleteFunc(all, func(o *slack.OptionBlockObject) bool { return o.Value == value })
		}
	}
	return &slack.OverflowBlockElement{Type: slack.METOverflow, ActionID: ActionMore, Options: all}
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
