package view

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"sampledesk/workflow"
)

// typed are the words by which people mean a reason, in the order of workflow.Reasons, folded as fold does. The first of
// each is what is suggested to who looks for them.
var typed = map[workflow.Reason][]string{
	workflow.NotMatch: {
		"not match", "doesnt fit what we look for", "doesnt fit", "does not fit", "dont fit", "not a fit", "no fit", "not fitting", "fit",
		"doesnt match", "does not match", "not a match", "no match", "mismatch", "notmatch", "match",
	},
	workflow.Offline: {"offline", "product taken offline", "taken offline", "product offline", "taken down", "discontinued"},
	workflow.OutOfStock: {
		"out of stock", "oos", "outofstock", "no stock", "not in stock", "sold out", "none left", "no samples left", "stock",
	},
	workflow.Other: {"other", "another reason", "another", "other reason", "something else"},
}

// ParseReason reads one of the four reasons as a person typed it: by its number, by TikTok's code, or in words, with a
// slip or two. What follows the reason is returned as rest; people say there what else there is to it.
func ParseReason(said string) (r workflow.Reason, rest string, ok bool) {
	words := strings.Fields(said)
	for n := min(len(words), 8); n > 0; n-- { // no phrase is longer
		if r, ok := reasonOf(strings.Join(words[:n], " "), n == len(words)); ok {
			return r, strings.TrimLeft(strings.Join(words[n:], " "), "-–—,;:. "), true
		}
	}
	return "", "", false
}

// reasonOf reads a phrase that is a reason and nothing else. Slips are forgiven where it is all that was said.
func reasonOf(phrase string, all bool) (workflow.Reason, bool) {
	folded := fold(phrase)
	if n := slices.Index([]string{"1", "2", "3", "4"}, folded); n >= 0 && all {
		return workflow.Reasons[n], true
	}
	for _, r := range workflow.Reasons {
		if slices.Contains(typed[r], folded) {
			return r, true
		}
	}
	if !all {
		return "", false
	}
	return nearReason(folded)
}

// nearReason returns the reason whose words are so few slips away that it must be meant; none where two are as near.
func nearReason(folded string) (workflow.Reason, bool) {
	if utf8.RuneCountInString(folded) > 40 {
		return "", false
	}
	var best workflow.Reason
	fewest, tied := 3, false
	for _, r := range workflow.Reasons {
		nearest := fewest
		for _, phrase := range typed[r] {
			if d := distance(folded, phrase); d <= len(phrase)/4 {
				nearest = min(nearest, d)
			}
		}
		switch {
		case nearest < fewest:
			best, fewest, tied = r, nearest, false
		case nearest == fewest && best != "" && slices.ContainsFunc(typed[r], func(p string) bool { return distance(folded, p) == fewest }):
			tied = true
		}
	}
	return best, best != "" && !tied
}

// fold leaves letters, digits and single spaces, in lower case: "Doesn’t_fit!" becomes "doesnt fit".
func fold(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			return unicode.ToLower(r)
		case r == '\'' || r == '’' || r == '‘' || r == '`':
			return -1
		default:
			return ' '
		}
	}, workflow.Plain(s))
	return strings.Join(strings.Fields(s), " ")
}

// ReasonsTyped lists the four reasons and how each is typed, below a command such as "/samples reject 7KQ2M".
func ReasonsTyped(said, command string) Message {
	lead := "Please choose one of TikTok's four reasons."
	if clean(said) != "" {
		lead = "TikTok accepts four reasons, and " + quoted(said, maxName) + " is not one of them. Please choose one."
	}
	lines := []string{lead}
	for i, r := range workflow.Reasons {
		lines = append(lines, "• *"+ReasonText(r)+"*: `"+data(command, maxName)+" "+typed[r][0]+"`, or "+string(rune('1'+i)))
	}
	return Message{Text: lead, Blocks: Aside(joinLines(lines)).Blocks}
}
