package view

import (
	"encoding/json"
	"fmt"

	"github.com/slack-go/slack"

	"sampledesk/workflow"
)

// The identifiers of the dialog behind *Reject…*: of the view, and of its inputs with what they hold.
const (
	CallbackReject = "reject"

	BlockReason  = "reason"
	ActionReason = "reject_reason" // a menu; the value is a Reason. Choosing another changes what is suggested below

	BlockNote  = "note"
	ActionNote = "note_text" // a text for the team

	ActionWords = "reject_message" // a text for the creator; its block is WordsBlock

	BlockSend  = "send"
	ActionSend = "reject_send" // a checkbox
	SendWords  = "send"        // its value
)

// What the dialog says of its fields when it is sent back.
const (
	ErrorUnticked = "You wrote a message but didn't tick the box below. Tick it to send the message, or delete the text."
	ErrorNoWords  = "You ticked the box to send a message, but it's empty. Please write one, or untick the box."
	ErrorNoReason = "Please choose one of the four reasons."
)

// RejectFacts is what the dialog shows. What the person has filled in so far is in Typed.
type RejectFacts struct {
	Application workflow.Application
	Undo        string // for how long a rejection can be undone, in words; empty: not at all
	Meta        RejectMeta
	Typed       Rejection
	Choice      TemplateChoice
	Moved       bool // the card has changed since it was clicked
}

// Rejection is what the dialog's fields hold.
type Rejection struct {
	Reason workflow.Reason
	Note   string
	Words  string // to the creator
	Send   bool
}

// RejectMeta is what the dialog carries unseen: ids only.
type RejectMeta struct {
	Target    Target
	Suggested workflow.Reason     // whose words were suggested last
	Template  workflow.TemplateID // that filled the words in since; empty: none
}

type wireReject struct {
	Target    string              `json:"target"`
	Suggested workflow.Reason     `json:"suggested,omitempty"`
	Template  workflow.TemplateID `json:"template,omitempty"`
}

// Encode writes the dialog's private metadata.
func (m RejectMeta) Encode() string {
	b, err := json.Marshal(wireReject{Target: m.Target.String(), Suggested: m.Suggested, Template: m.Template})
	if err != nil { // strings always can be written
		return ""
	}
	return string(b)
}

// ParseRejectMeta reads what Encode wrote.
func ParseRejectMeta(s string) (RejectMeta, error) {
	var w wireReject
	if err := json.Unmarshal([]byte(s), &w); err != nil {
		return RejectMeta{}, fmt.Errorf("reading what the dialog is about: %w", err)
	}
	t, err := ParseTarget(w.Target)
	if err != nil {
		return RejectMeta{}, fmt.Errorf("reading what the dialog is about: %w", err)
	}
	return RejectMeta{Target: t, Suggested: w.Suggested, Template: w.Template}, nil
}

// RejectModal is the dialog behind *Reject…*, short enough for a phone: the reason that was chosen, a note for the team,
// and a message to the creator, which is suggested and only sent if the box is ticked.
func RejectModal(f RejectFacts) slack.ModalViewRequest {
	f.Choice.Chosen = f.Meta.Template
	blocks := []slack.Block{section(aboutRequest(f.Application)...)}
	if f.Moved {
		blocks = append(blocks, section("*The card has changed since you saw it.* Nothing was done yet. Please check it, and send this again if you still want to."))
	}
	blocks = append(blocks, reasonInput(f.Typed.Reason), noteInput(f.Typed.Note, "Note for the team", true))
	blocks = append(blocks, writing(f)...)
	blocks = append(blocks, aside(joinLines([]string{"TikTok tells the creator, who can't ask again for 30 days.", undoLine(f.Undo)})))
	return slack.ModalViewRequest{
		Type: slack.VTModal, CallbackID: CallbackReject,
		Title: plainText("Reject the request"), Submit: plainText("Reject"), Close: plainText("Cancel"),
		Blocks: slack.Blocks{BlockSet: blocks}, PrivateMetadata: f.Meta.Encode(),
	}
}

// writing is the part of the dialog in which the creator is written to. What a message may begin with stands above its
// words.
func writing(f RejectFacts) []slack.Block {
	if f.Application.Snapshot.Creator.OpenID == "" {
		return []slack.Block{aside("TikTok has not shared this creator's ID yet, so you can't send them a message.")}
	}
	return append(f.Choice.blocks(ActionRejectTemplate), wordsInput(f), sendBox(f.Typed.Send, f.Choice))
}

// aboutRequest tells which request a dialog is about.
func aboutRequest(a workflow.Application) []string {
	r := a.Snapshot
	return []string{
		"*" + profile(r.Creator) + "* requests *" + data(productOf(r.Product), maxTitle) + "*",
		dotted("Request "+shortID(a), data(r.Product.Variant, maxVariant)),
	}
}

func undoLine(window string) string {
	if window == "" {
		return "It is sent right away and can't be undone."
	}
	return "You can undo it on the card for " + window + ". Once sent, it can't be undone."
}

func reasonInput(chosen workflow.Reason) slack.Block {
	menu := &slack.SelectBlockElement{
		Type: slack.OptTypeStatic, ActionID: ActionReason, Placeholder: plainText("Choose a reason"), Options: reasonOptions(),
	}
	for _, o := range menu.Options {
		if o.Value == string(chosen) {
			menu.InitialOption = o
		}
	}
	return &slack.InputBlock{
		Type: slack.MBTInput, BlockID: BlockReason, Label: plainText("Reason sent to TikTok"), Element: menu, DispatchAction: true,
	}
}

// noteInput is where a note for the team is written.
func noteInput(text, name string, optional bool) slack.Block {
	return &slack.InputBlock{
		Type: slack.MBTInput, BlockID: BlockNote, Label: plainText(name), Optional: optional,
		Hint: plainText("Only your team sees it, in the card's thread and the request's history."),
		Element: &slack.PlainTextInputBlockElement{
			Type: slack.METPlainTextInput, ActionID: ActionNote, Multiline: true, MaxLength: workflow.MaxNote,
			Placeholder: plainText("What your team should know"), InitialValue: initial(text, workflow.MaxNote),
		},
	}
}

// initial is what a person, or the desk, wrote into a field: it goes back as it is, cut to what the field holds.
func initial(text string, most int) string {
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most])
	}
	return text
}

// WordsBlock is the block of the message to the creator. It changes with the reason, so that the field forgets what was
// suggested for another.
func WordsBlock(suggested workflow.Reason) string { return "message " + string(suggested) }

// WordsBlock is the block of the message to the creator, whatever filled it in.
func (m RejectMeta) WordsBlock() string { return templateBlock(WordsBlock(m.Suggested), m.Template) }

func wordsInput(f RejectFacts) slack.Block {
	return &slack.InputBlock{
		Type: slack.MBTInput, BlockID: f.Meta.WordsBlock(), Label: plainText("Message to the creator"), Optional: true,
		Element: &slack.PlainTextInputBlockElement{
			Type: slack.METPlainTextInput, ActionID: ActionWords, Multiline: true, MaxLength: workflow.MaxMessage,
			Placeholder: plainText("A friendly message"), InitialValue: initial(f.Typed.Words, workflow.MaxMessage),
		},
	}
}

func sendBox(ticked bool, c TemplateChoice) slack.Block {
	send := option(SendWords, "Send it once TikTok has confirmed")
	boxes := &slack.CheckboxGroupsBlockElement{Type: slack.METCheckboxGroups, ActionID: ActionSend, Options: []*slack.OptionBlockObject{send}}
	if ticked {
		boxes.InitialOptions = boxes.Options
	}
	return &slack.InputBlock{Type: slack.MBTInput, BlockID: c.block(BlockSend), Label: plainText("Not sent unless you tick this"), Optional: true, Element: boxes}
}

// Suggestion is a kind message that may go with a rejection. It promises nothing, and is sent only if somebody says so.
func Suggestion(r workflow.Reason, p workflow.Product) string {
	thanks := "Hello! Thank you for asking us for a sample of " + raw(productOf(p), maxTitle) + ". "
	switch r {
	case workflow.NotMatch:
		return thanks + "This time we are looking for something else, so we cannot send you one. We wish you all the best with your content!"
	case workflow.Offline:
		return thanks + "We have taken this product offline, so we cannot send you one. Perhaps something else of ours suits you?"
	case workflow.OutOfStock:
		return thanks + "We have run out of samples of it, so we cannot send you one now. You are welcome to ask again later."
	default:
		return thanks + "We cannot send you one this time. We wish you all the best with your content!"
	}
}

// NotDone closes the dialog where what it says could not be done: why, and what was written, so that nothing of it is
// lost.
func (r Rejection) NotDone(sentence string) slack.ModalViewRequest {
	words := ""
	if r.Send {
		words = r.Words
	}
	return NotDone(sentence, r.Note, words)
}
