package view

import (
	"strings"

	"sampledesk/workflow"
)

// MentionWords are what can be said to the desk in a card's thread.
var MentionWords = []Subcommand{
	{Name: "approve", Does: "approves the sample"},
	{Name: "reject", Args: "<reason>", Does: "rejects it; the reason by its words or its number"},
	{Name: "note", Args: "<words>", Does: "keeps the words as a note on the request"},
	{Name: "status", Does: "how the request stands"},
	{Name: "help", Does: "this list"},
}

// MentionHelp tells what can be said to the desk in a card's thread. It is the answer elsewhere too, where there is no
// request that it could be about.
func MentionHelp(inThread bool) Message {
	lead := "*What you can say to me in a card's thread*"
	if !inThread {
		lead = "I work on sample requests. Name me in the thread of a request's card, and I know which one you mean:"
	}
	lines := []string{lead}
	for _, w := range MentionWords {
		lines = append(lines, "`"+join(" ", w.Name, escaper.Replace(w.Args))+"` "+w.Does)
	}
	if !inThread {
		lines = append(lines, "Anywhere else `/samples help` tells what can be done.")
	}
	m := Aside(joinLines(lines))
	m.Text = "In a card's thread you can say to me: " + names(MentionWords)
	return m
}

// MentionUnknown is the answer to a word that the desk does not know.
func MentionUnknown(said string) Message {
	sorry := "I do not know " + quoted(said, maxName) + ". "
	if w, ok := nearest(clean(said), MentionWords); ok {
		return Aside(sorry + "Did you mean `" + join(" ", w.Name, escaper.Replace(w.Args)) + "`?")
	}
	return Aside(sorry + "In a card's thread I know " + strings.Join([]string{"`approve`", "`reject`", "`note`", "`status`", "`help`"}, ", ") + ".")
}

// Noted is the answer to a note that was kept.
func Noted(a workflow.Application) Message {
	return Aside("Kept as a note on request " + shortID(a) + ". `/samples show " + shortID(a) + "` lists it with all that happened.")
}

// NoteMissing is the answer to a note without words.
func NoteMissing() Message {
	return Aside("What shall I note? It goes like this: `note` and then your words.")
}
