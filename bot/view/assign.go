package view

import (
	"github.com/slack-go/slack"

	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

// The identifiers of the dialog that gives a request to a colleague: of the view, of its input, and of the button that
// opens it, whose value is a Target.
const (
	CallbackAssign = "assign"

	BlockAssignee  = "assignee"
	ActionAssignee = "assignee" // a menu of people
	ActionAssign   = "assign"
)

// ErrorNoAssignee is what the dialog says of its field when it is sent back.
const ErrorNoAssignee = "Please choose a colleague."

// AssignModal is the dialog that asks who is to take a request on. Typed is what named nobody, or several; empty: nobody
// was named.
func AssignModal(a workflow.Application, typed string) slack.ModalViewRequest {
	blocks := []slack.Block{section(aboutRequest(a)...)}
	if clean(typed) != "" {
		blocks = append(blocks, aside(quoted(typed, maxName)+" is not the name of exactly one person in the channel. Who is meant?"))
	}
	return slack.ModalViewRequest{
		Type: slack.VTModal, CallbackID: CallbackAssign, Title: plainText("Give to a colleague"), Submit: plainText("Give"), Close: plainText("Cancel"),
		Blocks: slack.Blocks{BlockSet: append(blocks, &slack.InputBlock{
			Type: slack.MBTInput, BlockID: BlockAssignee, Label: plainText("Who should take it on?"),
			Hint:    plainText("They are told in a direct message. Choose yourself to take it."),
			Element: &slack.SelectBlockElement{Type: slack.OptTypeUser, ActionID: ActionAssignee, Placeholder: plainText("Choose a person")},
		})},
		PrivateMetadata: targetOf(a).String(),
	}
}

// AssignWho asks somebody who named the desk in a thread whom they mean; the button opens the dialog.
func AssignWho(a workflow.Application, typed string) Message {
	sentence := "Who should take it on? Type `assign @colleague`, or choose them:"
	if clean(typed) != "" {
		sentence = quoted(typed, maxName) + " is not the name of exactly one person in the channel. Choose who is meant:"
	}
	m := Aside(sentence)
	m.Blocks = append(m.Blocks, buttons(button(ActionAssign, targetOf(a).String(), "Choose a colleague", "Choose who should take it on: "+called(a))))
	return m
}

// Given is the answer to whoever gave a request to somebody, or took it.
func Given(a workflow.Application, by workflow.PersonID) Message {
	if a.OnIt.By == by {
		return Aside("You're on request " + shortID(a) + " (" + namedBoth(a.Snapshot.Creator) + ") now. The card shows it.")
	}
	return Aside(person(a.OnIt.By) + " is on request " + shortID(a) + " (" + namedBoth(a.Snapshot.Creator) + ") now, and is told in a direct message.")
}

// CannotTake is said where a request was to be given to somebody who can't decide on it.
func CannotTake(who workflow.PersonID, d Denial) string {
	if d == DeniedUnchecked {
		return "Slack didn't confirm in time what " + person(who) + " is allowed to do here. Please try again."
	}
	return person(who) + " can't decide on this shop's requests, so they can't take it on. Choose one of its reviewers in the channel."
}

// CannotTakeField is CannotTake in plain text, for a dialog's field.
func CannotTakeField(d Denial) string {
	if d == DeniedUnchecked {
		return "Slack didn't confirm in time what they are allowed to do here. Please try again."
	}
	return "They can't decide on this shop's requests. Choose one of its reviewers in the channel."
}

// AssignedFacts is what somebody is told who is to take a request on.
type AssignedFacts struct {
	query.Row
	By workflow.PersonID // who asked; empty: it is their turn
}

// Assigned tells somebody, in a direct message, that they are to take a request on.
func Assigned(f AssignedFacts) Message {
	a := f.Application
	c := a.Snapshot.Creator
	lead, spokenLead := "It's your turn", "It's your turn"
	if f.By != "" {
		lead, spokenLead = person(f.By)+" asked you to take this on", person(f.By)+" asked you to take on a request"
	}
	lines := []string{
		"*" + lead + "*", dotted("*"+profile(c)+"*", data(productOf(a.Snapshot.Product), maxTitle), data(a.Snapshot.Product.Variant, maxVariant)),
		reviewDeadline(a.Snapshot),
		dotted("GMV, 30 days: "+money(c.GMV), "median views: "+figure(c.MedianViews), "sample fulfilment: "+percentage(c.Fulfilment)),
	}
	where := whereCard(f.Row)
	if !webAddress(a.Card.Link) {
		where = "`/samples show " + shortID(a) + "`"
	}
	return Message{
		Text: spokenLead + ": " + spokenName(c) + spokenNumbers(c) + ", " + spoken(productOf(a.Snapshot.Product), maxTitle) + ", " + spokenDeadline(a.Snapshot),
		Blocks: []slack.Block{
			section(lines...),
			aside(dotted(where, shopOf(f.Shop), "Request "+shortID(a), "App Home lists yours under *Mine*")),
		},
	}
}

// assignedLine tells in the history who was given a request.
func assignedLine(e workflow.Entry) string {
	if e.By.Person == "" {
		return "It was offered to " + person(e.Assigned) + ", whose turn it was"
	}
	return person(e.By.Person) + " gave it to " + person(e.Assigned) + from(e.By)
}
