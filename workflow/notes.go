package workflow

import (
	"errors"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// MaxNote is the longest note, in code points: it has to fit into one block of a Slack message, quoted.
const MaxNote = 2000

// Noted adds a note of the team's. Quiet: it is in the thread already.
type Noted struct {
	Actor
	offTable
	At    time.Time
	Text  string
	Quiet bool
}

// Kind returns OnNoted.
func (Noted) Kind() EventKind { return OnNoted }

func (e Noted) apply(a Application) (Next, error) {
	text, err := NoteText(e.Text, MaxNote)
	if r, refused := errors.AsType[Refusal](err); refused {
		return Next{Application: a}, e.refuse(a, r.Rule)
	}
	if e.Quiet {
		return changed(a, e.At, ForPeople), nil
	}
	return withCard(a, e.Actor, e.At).reply(Payload{Kind: KindNote, By: e.Person, Text: text}), nil
}

func (e Noted) describe(_, _ Application, h *Entry) bool {
	h.Text = e.Text
	return true
}

// MessageUpdated records what became of a message to the creator: it was written (by an Actor), sent, refused or
// delayed.
type MessageUpdated struct {
	Actor
	offTable
	What    EventKind
	At      time.Time
	Text    string
	Failure Failure
}

// Kind returns what became of the message.
func (e MessageUpdated) Kind() EventKind { return e.What }

// apply changes nothing but the history: the notice that quotes the message tells how far it got.
func (e MessageUpdated) apply(a Application) (Next, error) { return changed(a, e.At, ForPeople), nil }

func (e MessageUpdated) describe(_, _ Application, h *Entry) bool {
	h.Text, h.Failure = e.Text, e.Failure
	return true
}

// MessageReceived is a message from the creator.
type MessageReceived struct {
	byNobody
	offTable
	At      time.Time
	Message InboundMessage
}

// Kind returns OnMessageReceived.
func (MessageReceived) Kind() EventKind { return OnMessageReceived }

// apply quotes the creator in the thread. An application without a card gets one: people have to see the message.
func (e MessageReceived) apply(a Application) (Next, error) {
	creator := a.Snapshot.Creator
	return withCard(a, Actor{}, e.At).reply(Payload{Kind: KindMessage, Inbound: &e.Message, Creator: &creator}), nil
}

func (e MessageReceived) describe(_, _ Application, h *Entry) bool {
	h.Text = e.Message.Text
	return true
}

// NoteText cleans what a person typed as a note or a message: valid UTF-8, without control characters and without those
// that change the direction of text; lines stay. The error is a Refusal if nothing is left or it is longer than most
// code points.
func NoteText(typed string, most int) (string, error) {
	text := CleanText(typed)
	switch {
	case text == "":
		return "", Refusal{Rule: RuleEmptyNote}
	case utf8.RuneCountInString(text) > most:
		return "", Refusal{Rule: RuleTooLong}
	default:
		return text, nil
	}
}

// CleanText is NoteText without its refusals: nothing where nothing would be seen.
func CleanText(typed string) string {
	text := strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case r == '\t' || r == '\r':
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r):
			return -1
		default:
			return r
		}
	}, strings.ToValidUTF8(strings.ReplaceAll(typed, "\r\n", "\n"), "")))
	if !strings.ContainsFunc(text, visible) {
		return ""
	}
	return text
}

// OnItBegan says that somebody is on it: they look at the application, so that others need not. It binds nobody.
type OnItBegan struct {
	Actor
	offTable
	At time.Time
}

// Kind returns OnOnItBegan.
func (OnItBegan) Kind() EventKind { return OnOnItBegan }

// apply puts the name of whoever is on it on the card, in place of the one before. A decided application needs nobody.
func (e OnItBegan) apply(a Application) (Next, error) {
	if !a.Decidable() {
		return Next{Application: a}, e.refuse(a, RuleState)
	}
	if a.OnIt.By == e.Person {
		return Next{Application: a}, nil
	}
	a.OnIt, a.Touched = OnIt{By: e.Person, At: e.At}, e.Person
	return changed(a, e.At, ForPeople).repaint(e.At), nil
}

// OnItEnded takes that back.
type OnItEnded struct {
	Actor
	offTable
	At time.Time
}

// Kind returns OnOnItEnded.
func (OnItEnded) Kind() EventKind { return OnOnItEnded }

func (e OnItEnded) apply(a Application) (Next, error) {
	if a.OnIt == (OnIt{}) {
		return Next{Application: a}, nil
	}
	a.OnIt = OnIt{}
	return changed(a, e.At, ForPeople).repaint(e.At), nil
}
