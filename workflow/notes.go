package workflow

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxNote is the longest note, in code points: it has to fit into one block of a Slack message, quoted.
const MaxNote = 2000

// stepOutsideTable handles notes, messages, who is on it, and steps of deadlines. They change no state, so they are not
// in the table.
func stepOutsideTable(a Application, e Event) (next Next, is bool, err error) {
	if a.State() == Unseen {
		return Next{}, false, nil
	}
	switch e := e.(type) {
	case OnItBegan:
		next, err = onItBegan(a, e)
	case OnItEnded:
		next = onItEnded(a, e)
	case Noted:
		next, err = noted(a, e)
	case MessageUpdated:
		next = changed(a, e.At, ForPeople)
	case MessageReceived:
		next = messageReceived(a, e)
	case StepDue:
		next = stepDue(a, e)
	default:
		return Next{}, false, nil
	}
	return next, true, err
}

// onItBegan puts the name of whoever is on it on the card, in place of the one before. A decided application needs
// nobody.
func onItBegan(a Application, e OnItBegan) (Next, error) {
	if !a.Decidable() {
		return Next{Application: a}, Refusal{Rule: RuleState, Application: a}
	}
	if a.OnIt.By == e.Person {
		return Next{Application: a}, nil
	}
	a.OnIt = OnIt{By: e.Person, At: e.At}
	return changed(a, e.At, ForPeople).repaint(e.At), nil
}

func onItEnded(a Application, e OnItEnded) Next {
	if a.OnIt == (OnIt{}) {
		return Next{Application: a}
	}
	a.OnIt = OnIt{}
	return changed(a, e.At, ForPeople).repaint(e.At)
}

func noted(a Application, e Noted) (Next, error) {
	text, err := NoteText(e.Text, MaxNote)
	if r, refused := errors.AsType[Refusal](err); refused {
		return Next{Application: a}, Refusal{Rule: r.Rule, Application: a}
	}
	if e.Quiet {
		return changed(a, e.At, ForPeople), nil
	}
	return withCard(a, e.Actor, e).reply(Payload{Kind: KindNote, By: e.Person, Text: text}), nil
}

// messageReceived quotes the creator in the thread. An application without a card gets one: people have to see the
// message.
func messageReceived(a Application, e MessageReceived) Next {
	creator := a.Snapshot.Creator
	return withCard(a, Actor{}, e).reply(Payload{Kind: KindMessage, Inbound: &e.Message, Creator: &creator})
}

// withCard is a change that needs a card, which the application gets if it has none.
func withCard(a Application, by Actor, e Event) Next {
	next := cardRequested(a, CardRequested{Actor: by, At: e.When()})
	if !next.Changed {
		next = changed(a, e.When(), Routine)
	}
	if by.Person != "" {
		next.priority = ForPeople
	}
	return next
}

// NoteText cleans what a person typed as a note or a message: valid UTF-8, without control characters and without those
// that change the direction of text; lines stay. The error is a Refusal if nothing is left or it is longer than most
// code points.
func NoteText(typed string, most int) (string, error) {
	text := cleanText(typed)
	switch {
	case text == "":
		return "", Refusal{Rule: RuleEmptyNote}
	case utf8.RuneCountInString(text) > most:
		return "", Refusal{Rule: RuleTooLong}
	default:
		return text, nil
	}
}

// cleanText is NoteText without its refusals: nothing where nothing would be seen.
func cleanText(typed string) string {
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
