package workflow

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxNote is the longest note, in code points: it has to fit into one block of a Slack message, quoted.
const MaxNote = 2000

// stepAside handles what people say about an application and to its creator. It changes no state, so the table does not
// speak of it.
func stepAside(a Application, e Event) (next Next, is bool, err error) {
	if a.State() == Unseen {
		return Next{}, false, nil
	}
	switch e := e.(type) {
	case LookBegan:
		next, err = lookBegan(a, e)
	case LookEnded:
		next = lookEnded(a, e)
	case Noted:
		next, err = noted(a, e)
	case MessageTold:
		next = changed(a, e.At, ForPeople)
	case Heard:
		next = heard(a, e)
	case StepDue:
		next = stepDue(a, e)
	default:
		return Next{}, false, nil
	}
	return next, true, err
}

// lookBegan puts somebody's name on the card, in place of the name of whoever looked before. There is nothing to look at
// once the application was decided.
func lookBegan(a Application, e LookBegan) (Next, error) {
	if !a.Decidable() {
		return Next{Application: a}, Refusal{Rule: RuleState, Application: a}
	}
	if a.Looker.By == e.Person {
		return Next{Application: a}, nil
	}
	a.Looker = Look{By: e.Person, At: e.At}
	return changed(a, e.At, ForPeople).repaint(e.At), nil
}

func lookEnded(a Application, e LookEnded) Next {
	if a.Looker == (Look{}) {
		return Next{Application: a}
	}
	a.Looker = Look{}
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
	return called(a, e.Actor, e).say(Saying{Kind: SayNote, By: e.Person, Text: text}), nil
}

// heard quotes the creator in the thread. An application without a card gets one: people have to see her words.
func heard(a Application, e Heard) Next {
	creator := a.Report.Creator
	return called(a, Actor{}, e).say(Saying{Kind: SayMessage, Written: &e.Written, Creator: &creator})
}

// called is a change that needs a card to be told in, which the application gets if it has none.
func called(a Application, by Actor, e Event) Next {
	next := cardCalledFor(a, CardCalledFor{Actor: by, At: e.When()})
	if !next.Changed {
		next = changed(a, e.When(), Routine)
	}
	if by.Person != "" {
		next.priority = ForPeople
	}
	return next
}

// NoteText makes a note or a message out of what a person typed: valid UTF-8, without control characters and without
// those that turn text around; lines stay. The error is a Refusal where nothing is left or it is longer than most code
// points.
func NoteText(typed string, most int) (string, error) {
	text := cleanText(typed)
	switch {
	case text == "":
		return "", Refusal{Rule: RuleNote}
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
