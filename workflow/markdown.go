package workflow

import (
	"slices"
	"strconv"
	"strings"
)

// Markdown returns the tables of transitions as Markdown tables, for people to read: that of an application, below it
// the states that "in review" stands for, and that of a creator in a campaign.
func Markdown() string {
	var b strings.Builder
	b.WriteString("An application:\n\n")
	line(&b, "From", "On", "Reported status", "If", "To", "Sentences")
	line(&b, "---", "---", "---", "---", "---", "---")
	for _, r := range Lifecycle {
		line(&b, fromWords(r.From), string(r.On), statusWords(r.Status), guardWords(r.If), toWords(r.To), sentenceWords(r.Quotes))
	}
	b.WriteString("\nIn review: " + stateWords(reviewing) + ".\n")
	b.WriteString("\nA creator in a campaign, as long as no application of theirs there goes on:\n\n")
	line(&b, "From", "On", "To", "Shown as", "Sentences")
	line(&b, "---", "---", "---", "---", "---")
	for _, r := range MemberLifecycle {
		line(&b, words(r.From, ", ", MemberState.String), string(r.On), r.To.String(), string(r.To.Stage()), sentenceWords(r.Quotes))
	}
	return b.String()
}

func line(b *strings.Builder, cells ...string) {
	b.WriteString("| " + strings.Join(cells, " | ") + " |\n")
}

// fromWords names the sets of states that have a name, and lists the others.
func fromWords(from []State) string {
	switch {
	case slices.Equal(from, anywhere):
		return "any"
	case slices.Equal(from, known):
		return "any but " + string(Unseen)
	case slices.Equal(from, reviewing):
		return "in review"
	case slices.Equal(from, unlessReviewing):
		return "any but in review"
	default:
		return stateWords(from)
	}
}

func stateWords(states []State) string {
	return words(states, ", ", func(s State) string { return string(s) })
}

func statusWords(statuses []Status) string {
	if slices.Equal(statuses, anyOther) {
		return "any other"
	}
	return words(statuses, ", ", func(s Status) string { return "`" + string(s) + "`" })
}

func guardWords(guards []Guard) string {
	return words(guards, "; ", func(g Guard) string { return g.Name })
}

func toWords(to State) string {
	if to == Same {
		return "the same"
	}
	return string(to)
}

func sentenceWords(quotes []Sentence) string { return words(quotes, ", ", Sentence.ID) }

// words joins the word of each.
func words[T any](all []T, separator string, word func(T) string) string {
	parts := make([]string, 0, len(all))
	for _, one := range all {
		parts = append(parts, word(one))
	}
	return strings.Join(parts, separator)
}

// EscalationMarkdown returns the tables of deadlines and of their steps as Markdown tables, for people to read.
func EscalationMarkdown() string {
	var b strings.Builder
	b.WriteString("The deadlines. Anywhere else an application is silent:\n\n")
	line(&b, "Deadline", "While", "Counted from", "Over", "Many at once")
	line(&b, "---", "---", "---", "---", "---")
	for _, r := range Deadlines {
		over, many := "the steps go on", "each for itself"
		if r.Final {
			over = "silent: TikTok ends it"
		}
		if r.Grouped {
			many = "one message"
		}
		line(&b, string(r.Deadline), stateWords(r.While), r.Source, over, many)
	}
	b.WriteString("\nTheir steps, each told once, and after a time of silence only the latest:\n\n")
	line(&b, "Deadline", "Step", "Due", "Set by", "Heard", "Besides")
	line(&b, "---", "---", "---", "---", "---", "---")
	for _, r := range EscalationPolicy {
		set, besides := "the table", ""
		if r.Setting {
			set = "the shop"
		}
		if r.Nudge {
			besides = "the creator, in the shop's own words if it has some"
		}
		line(&b, string(r.Deadline), strconv.Itoa(r.Number), dueWords(r), set, string(r.Audience), besides)
	}
	return b.String()
}

// dueWords says when a step is due, by the defaults.
func dueWords(r EscalationStep) string {
	before := Settings{}.stepsOf(r.Deadline)[r.Number]
	switch {
	case before < 0:
		return StepName(-before) + " after it"
	case before == 0:
		return "at it"
	default:
		return StepName(before) + " before it"
	}
}
