package view

import (
	"strings"

	"sampledesk/workflow"
)

// MentionWords are what can be said to the desk in a card's thread.
var MentionWords = []Subcommand{
	{Name: "approve", Does: "approve the sample"},
	{Name: "reject", Args: "<reason>", Does: "reject it; give the reason in words or by number"},
	{Name: "undo", Does: "undo the decision while it can be undone"},
	{Name: "take", Does: "put your name on the card: you're on it"},
	{Name: "assign", Args: "@colleague", Does: "ask a colleague to take it on; they are told in a direct message"},
	{Name: "note", Args: "<words>", Does: "add a note to the request"},
	{Name: "status", Does: "show where the request is"},
	{Name: "help", Does: "show this list"},
}

// MentionHelp tells what can be said to the desk in a card's thread. It is the answer elsewhere too, where there is no
// request that it could be about.
func MentionHelp(inThread bool) Message {
	lead := "*What you can tell me in a card's thread*"
	if !inThread {
		lead = "I handle sample requests. Mention me in the thread of a request's card, so I know which one you mean:"
	}
	lines := []string{lead}
	for _, w := range MentionWords {
		lines = append(lines, "`"+join(" ", w.Name, escaper.Replace(w.Args))+"` "+w.Does)
	}
	if !inThread {
		lines = append(lines, "Anywhere else, `/samples help` shows what you can do.")
	}
	m := Aside(joinLines(lines))
	m.Text = "In a card's thread you can tell me: " + names(MentionWords)
	return m
}

// MentionUnknown is the answer to a word that the desk does not know.
func MentionUnknown(said string) Message {
	sorry := "I don't understand " + quoted(said, maxName) + ". "
	if w, ok := nearest(clean(said), MentionWords); ok {
		return Aside(sorry + "Did you mean `" + join(" ", w.Name, escaper.Replace(w.Args)) + "`?")
	}
	return Aside(sorry + "In a card's thread I understand " + strings.Join([]string{"`approve`", "`reject`", "`undo`", "`take`", "`assign`", "`note`", "`status`", "`help`"}, ", ") + ".")
}

// Noted is the answer to a note that was kept.
func Noted(a workflow.Application) Message {
	return Aside("Note added to request " + shortID(a) + ". `/samples show " + shortID(a) + "` shows it in the history.")
}

// NoteMissing is the answer to a note without words.
func NoteMissing() Message {
	return Aside("What should I note? Type `note` and then your text.")
}
