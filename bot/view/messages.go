package view

import (
	"fmt"

	"github.com/slack-go/slack"

	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

// The identifiers of the dialog *Message creator*: of the view, and of its input.
const (
	CallbackMessage = "message"

	BlockMessage      = "message"
	ActionMessageText = "message_text" // a text: what the creator is to read
)

// How much of messages is shown, in code points.
const (
	maxRecent = 300  // of one that went before, in the dialog
	maxHeard  = 2500 // of a creator's, in a thread or a channel
)

// RecentMessages is how many of the last messages the dialog shows.
const RecentMessages = 4

// MessageFacts is what the quotation of a message to a creator shows.
type MessageFacts struct {
	Notice  workflow.Notice
	Creator workflow.Creator
	Shop    string // named only where a channel serves several
}

// MessageToCreator quotes a message to a creator and tells how far it got. One that TikTok refused can be tried again.
func MessageToCreator(f MessageFacts) Message {
	m := workflow.Message{}
	if f.Notice.Message != nil {
		m = *f.Notice.Message
	}
	blocks := []slack.Block{
		section(wroteTo(m.By, f.Creator) + forShop(f.Shop)),
		section(quote(m.Text, workflow.MaxMessage)),
		aside(fateOf(m)...),
	}
	if id := string(f.Notice.ID); m.State == workflow.MessageRefused && id != "" && len(id) <= maxValue {
		who := aloud(f.Creator)
		blocks = append(blocks, buttons(button(ActionResend, id, "Try again", "Try to send the message to "+who+" again")))
	}
	return Message{
		Text:   spokenWriter(m.By) + " wrote to " + spokenName(f.Creator) + spokenShop(f.Shop) + ": " + quoted(m.Text, maxWords) + spokenFate(m),
		Blocks: blocks,
	}
}

func buttons(all ...slack.BlockElement) *slack.ActionBlock { return actions("", all...) }

func wroteTo(by workflow.PersonID, c workflow.Creator) string {
	return spokenWriter(by) + " wrote to *" + profile(c) + "*"
}

func spokenWriter(by workflow.PersonID) string {
	if by == "" {
		return "The team"
	}
	return person(by)
}

// fateOf tells how far a message got, and where it waits what for.
func fateOf(m workflow.Message) []string {
	switch m.State {
	case workflow.MessageSent:
		return []string{"*Sent* through TikTok " + stamp(m.Sent)}
	case workflow.MessageRefused:
		return []string{"*Not sent*: " + messageCause(m.Failure) + ".", support(m.Failure)}
	default: // below
	}
	if m.Failure == (workflow.Failure{}) {
		return []string{"*Waiting* to be sent through TikTok"}
	}
	return []string{"*Waiting*: " + messageCause(m.Failure) + ". " + messageRemedy(m.Failure), support(m.Failure)}
}

func spokenFate(m workflow.Message) string {
	switch {
	case m.State == workflow.MessageSent:
		return "; sent"
	case m.State == workflow.MessageRefused:
		return "; not sent"
	case m.Failure != (workflow.Failure{}):
		return "; delayed, see the message for why"
	default:
		return "; waiting to be sent"
	}
}

// messageCauses are the faults that mean something else for messages than for decisions, or that can be said better.
var messageCauses = map[workflow.Fault]string{
	workflow.FaultScope:  "the app is missing the scope for messages",
	workflow.FaultQuota:  "TikTok allows only a few messages before the creator answers",
	workflow.FaultDay:    "the shop has reached TikTok's message limit for today",
	workflow.FaultRegion: "the creator is in a different region, and TikTok doesn't send messages across regions",
}

// messageCause puts in plain words why a message was not sent, as the end of a sentence. Where there is no code the words
// are the desk's own.
func messageCause(c workflow.Failure) string {
	switch said, known := messageCauses[c.Fault]; {
	case known:
		return said
	case c.Message == string(workflow.RuleNoCreator):
		return "TikTok has not shared the creator's ID yet"
	case c.Code == 0 && c.Fault == "" && clean(c.Message) != "":
		return data(c.Message, maxWords)
	default:
		return why(c)
	}
}

// messageRemedy tells what a message waits for.
func messageRemedy(c workflow.Failure) string {
	switch c.Fault {
	case workflow.FaultScope:
		return "An admin has to grant the app the scope `seller.affiliate_messages.write` in TikTok's Partner Center and connect the shop again. Then it is sent automatically."
	case workflow.FaultQuota:
		return "It is sent automatically once the creator answers."
	case workflow.FaultDay:
		return "It is sent automatically once TikTok accepts messages again."
	case "", workflow.FaultTikTok:
		if c.Fault == "" && c.Code != 0 {
			break
		}
		return "Sample Desk checks whether it arrived before sending it again."
	default: // below
	}
	return "It is sent automatically once that is fixed."
}

// Heard quotes what a creator wrote, with a button to answer. What cannot be quoted is named.
func Heard(s workflow.Payload, to Correspondent) Message {
	creator, w := workflow.Creator{}, workflow.InboundMessage{}
	if s.Creator != nil {
		creator = *s.Creator
	}
	if s.Inbound != nil {
		w = *s.Inbound
	}
	campaign := ""
	if clean(s.Campaign) != "" {
		campaign = " in the campaign *" + campaignName(s.Campaign) + "*"
	}
	at := ""
	if !w.At.IsZero() {
		at = " · " + stamp(w.At)
	}
	blocks := []slack.Block{section("*" + profile(creator) + "* wrote" + campaign + forShop(s.Shop) + at), section(theirWords(w))}
	if w.Kind != "" && w.Kind != textKind {
		blocks = append(blocks, aside("You can see it in TikTok's Message Center."))
	}
	if reply, ok := replyButton(creator, to); ok {
		blocks = append(blocks, buttons(reply))
	}
	return Message{
		Text:   "Message from " + spokenName(creator) + spokenShop(s.Shop) + ": " + quoted(first(clean(w.Text), "something without text"), maxWords),
		Blocks: blocks,
	}
}

// textKind is the vendor's type of a message that is text; the bridge puts into words what the others are.
const textKind = "TEXT"

func theirWords(w workflow.InboundMessage) string {
	if clean(w.Text) == "" {
		return "_Something without text._"
	}
	return quote(w.Text, maxHeard)
}

// replyButton opens the dialog *Message creator*. There is none for a creator whose names are too long to be told.
func replyButton(c workflow.Creator, to Correspondent) (*slack.ButtonBlockElement, bool) {
	value := to.String()
	if to.Shop == "" || to.Creator == "" && to.Application == "" || len(value) > maxValue {
		return nil, false
	}
	return button(ActionReply, value, "Reply", "Reply to "+aloud(c)), true
}

// MessageModalFacts is what the dialog *Message creator* shows.
type MessageModalFacts struct {
	To      Correspondent
	Creator workflow.Creator
	Product workflow.Product  // that the thread is about; none: it is about none
	Recent  []query.Exchanged // oldest first; the last RecentMessages are shown
	Text    string            // what the input starts with; plain text
	Choice  TemplateChoice
	Warning string // what the person has to look at before they send it again
}

// MessageModal is the dialog in which somebody writes to a creator.
func MessageModal(f MessageModalFacts) slack.ModalViewRequest {
	f.To.Template = f.Choice.Chosen
	to := "To *" + profile(f.Creator) + "*"
	if clean(f.Product.Title) != "" {
		to += ", about *" + data(productOf(f.Product), maxTitle) + "*"
	}
	blocks := []slack.Block{section(to)}
	if f.Warning != "" {
		blocks = append([]slack.Block{section(f.Warning)}, blocks...)
	}
	for _, e := range f.Recent[max(0, len(f.Recent)-RecentMessages):] {
		who := "*" + label(nameOf(f.Creator), maxName) + "*"
		if e.By != "" {
			who = person(e.By)
		}
		blocks = append(blocks, aside(who+" · "+stamp(e.At), quote(first(cleanLines(e.Text), "…"), maxRecent)))
	}
	return slack.ModalViewRequest{
		Type: slack.VTModal, CallbackID: CallbackMessage,
		Title: plainText("Message creator"), Submit: plainText("Send"), Close: plainText("Cancel"),
		Blocks:          slack.Blocks{BlockSet: append(append(blocks, f.Choice.blocks(ActionMessageTemplate)...), messageInput(f.Text, f.Choice))},
		PrivateMetadata: f.To.String(),
	}
}

// MessageBlock is the block of the text in the dialog.
func MessageBlock(to Correspondent) string { return templateBlock(BlockMessage, to.Template) }

func messageInput(text string, c TemplateChoice) slack.Block {
	return &slack.InputBlock{
		Type: slack.MBTInput, BlockID: c.block(BlockMessage), Label: plainText("Message"),
		Hint: plainText("It goes to the creator through TikTok. The thread shows when it was sent."),
		Element: &slack.PlainTextInputBlockElement{
			Type: slack.METPlainTextInput, ActionID: ActionMessageText, Multiline: true, MaxLength: workflow.MaxMessage,
			Placeholder: plainText("Your message"), InitialValue: text,
		},
	}
}

// MessageRefusal is the friendly no to a message, in plain text that fits a dialog too.
func MessageRefusal(r workflow.Refusal) string {
	if sentence, ok := AnswerRefusal(r); ok {
		return Plain(sentence)
	}
	switch r.Rule {
	case workflow.RuleEmptyNote:
		return "There is nothing to send yet. Please write a message."
	case workflow.RuleTooLong:
		return fmt.Sprintf("That's too long: a message can have at most %d characters. Please shorten it.", workflow.MaxMessage)
	case workflow.RuleNoCreator:
		return "TikTok has not shared this creator's ID yet, so you can't message them. It will with their first sample request or message."
	case workflow.RuleNothingFailed:
		return "There is nothing to try again: the message was sent, or is about to be. The message itself shows which."
	default:
		return QuestionRefusal(r)
	}
}
