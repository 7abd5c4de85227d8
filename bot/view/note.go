package view

import (
	"encoding/json"
	"fmt"

	"github.com/slack-go/slack"

	"sampledesk/workflow"
)

// The identifiers of the dialog that adds a note: of the view, and of the menu that asks which request it is about. The
// note itself is in BlockNote.
const (
	CallbackNote = "note"

	BlockRequest  = "request"
	ActionRequest = "note_request" // an external menu; the value is a Key
)

// What the dialog says of its fields when it is sent back.
const (
	ErrorNoRequest = "Please choose a request."
	ErrorNoNote    = "Please write something."
)

// NoteFacts is what the dialog shows. Without an application it asks which.
type NoteFacts struct {
	Application workflow.Application
	Text        string // what the note begins as
}

// NoteMeta is what the dialog carries unseen. A key that is zero is asked for in the dialog.
type NoteMeta struct {
	Key     workflow.Key
	Channel string // where the shortcut was used
}

type wireNote struct {
	Key     string `json:"key,omitempty"`
	Channel string `json:"channel,omitempty"`
}

// Encode writes the dialog's private metadata.
func (m NoteMeta) Encode() string {
	w := wireNote{Channel: m.Channel}
	if m.Key != (workflow.Key{}) {
		w.Key = m.Key.String()
	}
	b, err := json.Marshal(w)
	if err != nil { // strings always can be written
		return ""
	}
	return string(b)
}

// ParseNoteMeta reads what Encode wrote.
func ParseNoteMeta(s string) (m NoteMeta, err error) {
	var w wireNote
	if err := json.Unmarshal([]byte(s), &w); err != nil {
		return NoteMeta{}, fmt.Errorf("reading what the note is about: %w", err)
	}
	m.Channel = w.Channel
	if w.Key != "" {
		m.Key, err = workflow.ParseKey(w.Key)
	}
	return m, err
}

// NoteModal is the dialog behind *Add note to sample*.
func NoteModal(f NoteFacts, channel string) slack.ModalViewRequest {
	about := slack.Block(section(aboutRequest(f.Application)...))
	if f.Application.Key == (workflow.Key{}) {
		about = requestInput()
	}
	return slack.ModalViewRequest{
		Type: slack.VTModal, CallbackID: CallbackNote,
		Title: plainText("Add note to sample"), Submit: plainText("Add note"), Close: plainText("Cancel"),
		Blocks:          slack.Blocks{BlockSet: []slack.Block{about, noteInput(f.Text, "Note", false)}},
		PrivateMetadata: NoteMeta{Key: f.Application.Key, Channel: channel}.Encode(),
	}
}

func requestInput() slack.Block {
	least := 1
	return &slack.InputBlock{
		Type: slack.MBTInput, BlockID: BlockRequest, Label: plainText("Which request?"),
		Hint: plainText("Type a request's short ID or a creator's name."),
		Element: &slack.SelectBlockElement{
			Type: slack.OptTypeExternal, ActionID: ActionRequest, Placeholder: plainText("Short ID or @creator"), MinQueryLength: &least,
		},
	}
}

// RequestOptions offers applications to choose from.
func RequestOptions(found []workflow.Application) Options {
	var all []*slack.OptionBlockObject
	for _, a := range found {
		if key := a.Key.String(); len(key) <= maxOption {
			all = append(all, option(key, requestLabel(a)))
		}
	}
	return optionsOf(all)
}

// requestLabel names a request where there is one short line for it.
func requestLabel(a workflow.Application) string {
	who := raw(nameOf(a.Snapshot.Creator), 24)
	return cut(shortID(a)+" · "+who+" · "+raw(productOf(a.Snapshot.Product), 40), maxOption)
}
