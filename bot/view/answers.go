package view

import (
	"fmt"
	"hash/fnv"
	"time"

	"github.com/slack-go/slack"

	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

// ActionAnswerDismiss says that what a creator wrote needs no answer; the value is a Correspondent.
const ActionAnswerDismiss = "answer_dismiss"

// AnswersFacts is a page of the creators who wait for an answer.
type AnswersFacts struct {
	query.AnswerList
	May map[workflow.ShopID]bool // the shops in which the reader may reply and dismiss
}

// maxWaitingWords is how much of what a creator wrote a list shows, in code points.
const maxWaitingWords = 120

// answersTitle tells how many wait and how much of them this page shows.
func answersTitle(f HomeFacts) []string {
	what := "*Answers waiting*" + homeWithin(f)
	l := f.Answers
	if len(l.Rows) == 0 {
		return []string{what, "No unanswered messages. Creators appear here when they write and nobody has replied."}
	}
	return []string{what, dotted(span(l.First, len(l.Rows), l.Total), "oldest first")}
}

// span tells which rows of how many are shown.
func span(from, rows, total int) string {
	to := from + rows - 1
	return fmt.Sprintf("%s–%s of %s", grouped(float64(from)), grouped(float64(to)), grouped(float64(max(total, to))))
}

// answerRow is a creator who waits: who, since when, what they wrote, and the buttons.
func answerRow(a query.Answer, may bool) []slack.Block {
	about := ""
	if a.Application.Key.ID != "" {
		about = data(productOf(a.Application.Snapshot.Product), maxName)
	}
	blocks := []slack.Block{section(
		dotted("*"+namedBoth(a.Creator())+"*", about, shopOf(a.Shop)),
		quote(firstWords(a.Waiting.Text), maxWaitingWords),
		dotted("Waiting since "+due(a.Waiting.Since), messagesOf(a.Waiting.Count)),
	)}
	if controls := answerControls(a, may); len(controls) > 0 {
		blocks = append(blocks, actions(answerBlock(a), controls...))
	}
	return append(blocks, divider())
}

// firstWords is a text in one line.
func firstWords(text string) string { return first(clean(text), "Something without text") }

// messagesOf counts messages where there are several.
func messagesOf(n int) string {
	if n < 2 {
		return ""
	}
	return many(n, "message")
}

// answerBlock tells the rows of a list apart.
func answerBlock(a query.Answer) string {
	sum := fnv.New64a()
	_, _ = sum.Write([]byte(string(a.Conversation.Shop) + "\x00" + string(a.Conversation.Creator))) // a hash never fails to write
	return fmt.Sprintf("answer:%x", sum.Sum64())
}

// answerControls are *Reply*, *Open* and *Dismiss*, as far as the reader may use them.
func answerControls(a query.Answer, may bool) (all []slack.BlockElement) {
	to := correspondentOf(a)
	value := to.String()
	may = may && len(value) <= maxValue
	if may {
		if b, ok := replyButton(a.Creator(), to); ok {
			all = append(all, b)
		}
	}
	if app := a.Application; app.Key.ID != "" {
		open := button(ActionOpen, targetOf(app).String(), "Open", "Open the card of "+called(app))
		if hasCard(app) {
			open.URL = app.Card.Link
		}
		if may || hasCard(app) {
			all = append(all, open)
		}
	}
	if may {
		all = append(all, button(ActionAnswerDismiss, value, "Dismiss", "Dismiss the message of "+aloud(a.Creator())+": it needs no answer"))
	}
	return all
}

// correspondentOf names a creator who waits, with what the reader is shown.
func correspondentOf(a query.Answer) Correspondent {
	return Correspondent{
		Shop: a.Conversation.Shop, Creator: a.Conversation.Creator, Application: a.Application.Key.ID, Seen: a.Waiting.Last.ID,
	}
}

// homeAnswers lists in App Home who waits for an answer.
func homeAnswers(f HomeFacts) []slack.Block {
	var elements []slack.BlockElement
	if len(f.Shops) > 1 {
		elements = append(elements, shopMenu(f))
	}
	elements = append(elements, button(ActionHomeAnswers, "requests", "Requests", "Back to the sample requests"))
	blocks := []slack.Block{actions("home_filters:"+mark(f.State.Filter), elements...), section(answersTitle(f)...)}
	for _, r := range f.Answers.Rows {
		blocks = append(blocks, answerRow(r, f.Answers.May[r.Conversation.Shop])...)
	}
	return blocks
}

// answersButton lists who waits for an answer. There is none where nobody does.
func answersButton(f HomeFacts) (*slack.ButtonBlockElement, bool) {
	return button(ActionHomeAnswers, "answers", "Answers ("+grouped(float64(f.Waiting))+")", "Show the creators who have no reply yet"), f.Waiting > 0
}

// MaxMorningAnswers is how many of those who wait a day's message names.
const MaxMorningAnswers = 3

// morningAnswers are the lines of a day's message about who waits for an answer.
func morningAnswers(f MorningFacts) []slack.Block {
	if f.Waiting == 0 {
		return nil
	}
	lines := []string{"*" + answersCount(f.Waiting) + "*" + forShop(f.Shop)}
	for _, a := range f.Answers[:min(MaxMorningAnswers, len(f.Answers))] {
		name := label(nameOf(a.Creator()), maxAgendaName)
		if hasCard(a.Application) {
			name = linkTo(a.Application.Card.Link, name)
		}
		handle := ""
		if h := data(a.Creator().Username, maxAgendaName); h != "" && nameOf(a.Creator()) != "@"+clean(a.Creator().Username) {
			handle = "@" + h
		}
		lines = append(lines, "• "+dotted("*"+name+"*", handle, "since "+due(a.Waiting.Since))+": "+quoted(firstWords(a.Waiting.Text), maxAgendaProduct))
	}
	return []slack.Block{section(lines...), aside("Reply or dismiss them in App Home, under *Answers*.")}
}

// answersCount is how many wait, in words.
func answersCount(n int) string {
	if n == 1 {
		return "1 creator is waiting for a reply"
	}
	return grouped(float64(n)) + " creators are waiting for a reply"
}

// AnswerRefusal tells that there is nothing to answer or dismiss any more; ok is false for other rules.
func AnswerRefusal(r workflow.Refusal) (sentence string, ok bool) {
	switch r.Rule {
	case workflow.RuleWroteAgain:
		return "They have written again since you opened this. Please read their new message first.", true
	case workflow.RuleAnswered:
		return answeredBy(r.Handled) + " You don't need to do anything.", true
	default:
		return "", false
	}
}

// answeredBy tells who answered or dismissed what a creator wrote.
func answeredBy(h workflow.HandledAnswer) string {
	at := ""
	if h.At != (time.Time{}) {
		at = " " + stamp(h.At)
	}
	switch {
	case h.Elsewhere:
		return "Someone already replied in TikTok's Message Center" + at + "."
	case h.By == "":
		return "This message was answered or dismissed already."
	case h.Dismissed:
		return person(h.By) + " already dismissed this message" + at + "."
	default:
		return person(h.By) + " already replied to this message" + at + "."
	}
}

// AnsweredWarning is shown to somebody who replies to what was answered meanwhile. Sending it again sends it.
func AnsweredWarning(h workflow.HandledAnswer) string {
	return "*Not sent yet.* " + answeredBy(h) + " If you still want to write, send it again."
}
