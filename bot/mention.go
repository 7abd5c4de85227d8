package bot

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"time"

	"sampledesk/bot/access"
	"sampledesk/bot/handle"
	"sampledesk/bot/slackapi"
	"sampledesk/bot/socket"
	"sampledesk/bot/view"
	"sampledesk/workflow"
	"sampledesk/workflow/engine"
	"sampledesk/workflow/query"
)

// mentionDesk is what people say to the desk by naming it in a card's thread.
type mentionDesk struct {
	api      *slackapi.Client
	engine   *engine.Engine
	store    workflow.Store
	access   *access.Access
	mux      *handle.Mux
	find     finder
	decider  decider
	assigner assigner
	heard    *recentIDs
	log      *slog.Logger
}

// register adds the mention.
func (d *mentionDesk) register(r *routes) {
	r.events["app_mention"] = d.mentioned
}

// mention is something that a person said to the desk in a card's thread.
type mention struct {
	id          string // of Slack's event
	who         workflow.PersonID
	application workflow.Application
	words       string // as Slack delivers them
}

// spokenSubtypes are those of what people say: plainly, to the channel too, or with a file.
var spokenSubtypes = []string{"", "thread_broadcast", "file_share"}

// mentioned answers a person who named the desk. What they asked for is kept before the event is acknowledged; a second
// delivery changes nothing and is told nothing. What apps say, and what is edited into a message later, is not for the
// desk.
func (d *mentionDesk) mentioned(ctx context.Context, e event, ack socket.Ack) {
	ctx, cancel := context.WithTimeout(ctx, handle.CommitBy)
	defer cancel()
	said := e.Event
	if said.User == "" || said.BotID != "" || !slices.Contains(spokenSubtypes, said.Subtype) || said.Edited != nil || !d.heard.first(ctx, e.ID) {
		ack(nil)
		return
	}
	m := d.answerMention(ctx, e)
	ack(nil)
	if len(m.Blocks) == 0 {
		return
	}
	var i handle.Interaction
	i.User.ID, i.Channel.ID, i.Container.ThreadTS = said.User, said.Channel, said.ThreadTS
	ctx, cancelTelling := d.api.Detach(ctx, handle.AnswerTimeout)
	defer cancelTelling()
	if err := d.mux.Whisper(ctx, i, m); err != nil {
		d.log.WarnContext(ctx, "could not answer a mention", "channel", said.Channel, "person", said.User, "error", err)
	}
}

// answerMention does what a mention asks for, and returns the answer; one without blocks is none.
func (d *mentionDesk) answerMention(ctx context.Context, e event) view.Message {
	said := e.Event
	a, found, err := workflow.Application{}, false, error(nil)
	if said.ThreadTS != "" {
		a, found, err = d.find.inThread(ctx, said.Channel, said.ThreadTS)
	}
	switch {
	case err != nil:
		return refusal(ctx, d.access, said.User, err)
	case !found:
		return view.MentionHelp(false)
	case slices.Contains(a.DedupKeys, e.ID):
		return view.Message{} // done by an earlier delivery
	}
	m := mention{id: e.ID, who: said.User, application: a, words: afterMention(said.Text, e.bot())}
	word, rest := cutWord(m.words)
	switch word = strings.Trim(word, ".,:;!?"); word {
	case "approve", "reject", "undo", "note", "take", "assign":
		return d.doMentioned(ctx, m, word, rest)
	case "status", "show":
		return d.statusMentioned(ctx, m)
	case "help", "":
		return view.MentionHelp(true)
	default:
		return view.MentionUnknown(plainText(ctx, d.access, word))
	}
}

var userMention = regexp.MustCompile(`<@([A-Z0-9]+)(\|[^>]*)?>`)

// afterMention returns what was said after the desk was named, or, where that is nothing, before.
func afterMention(text, bot string) string {
	for _, at := range userMention.FindAllStringSubmatchIndex(text, -1) {
		if bot != "" && text[at[2]:at[3]] != bot {
			continue
		}
		if after := strings.TrimLeft(text[at[1]:], " \t\n:,"); after != "" {
			return after
		}
		return strings.TrimSpace(text[:at[0]])
	}
	return strings.TrimSpace(text)
}

// doMentioned changes something at a reviewer's word.
func (d *mentionDesk) doMentioned(ctx context.Context, m mention, word, rest string) view.Message {
	shop, err := d.access.Guard(ctx, m.who, m.application.Key.Shop, access.Reviewer)
	if err != nil {
		return refusal(ctx, d.access, m.who, err)
	}
	who := d.access.Actor(m.who, shop, workflow.FromThread, m.id)
	decision := view.Pick{Verdict: workflow.Approve}
	switch word {
	case "note":
		return d.noteMentioned(ctx, m, who, rest)
	case "take":
		return d.assignMentioned(ctx, m, who, shop, m.who)
	case "assign":
		to, err := d.assigner.who(ctx, shop, rest)
		if err == nil && to == "" {
			return view.AssignWho(m.application, plainText(ctx, d.access, rest))
		}
		if err != nil {
			return refusal(ctx, d.access, m.who, err)
		}
		return d.assignMentioned(ctx, m, who, shop, to)
	case "undo":
		return d.undoMentioned(ctx, m, who)
	case "reject":
		words := plainText(ctx, d.access, rest)
		reason, note, ok := view.ParseReason(words)
		if !ok {
			return view.ReasonsTyped(words, "reject")
		}
		decision = view.Pick{Verdict: workflow.Reject, Reason: reason, Note: noteOf(note)}
	}
	answer, err := d.decider.decide(ctx, decision, view.Target{Key: m.application.Key, Round: m.application.Round}, who, shop, []workflow.Shop{shop})
	return d.orRefused(ctx, m, answer, err)
}

// orRefused returns the answer, or why there is none.
func (d *mentionDesk) orRefused(ctx context.Context, m mention, answer view.Message, err error) view.Message {
	if err != nil {
		return refusal(ctx, d.access, m.who, err)
	}
	return answer
}

// assignMentioned puts somebody's name on the request.
func (d *mentionDesk) assignMentioned(ctx context.Context, m mention, by workflow.Actor, shop workflow.Shop, to workflow.PersonID) view.Message {
	a, err := d.assigner.assign(ctx, m.application.Key, by, shop, to)
	if refused, ok := errors.AsType[errCannotTake](err); ok {
		return view.Aside(view.CannotTake(refused.who, refused.why))
	}
	return d.orRefused(ctx, m, view.Given(a, m.who), err)
}

// undoMentioned takes the decision back that waits to be sent.
func (d *mentionDesk) undoMentioned(ctx context.Context, m mention, by workflow.Actor) view.Message {
	a, err := d.engine.Apply(ctx, m.application.Key, workflow.Undone{Actor: by, At: time.Now(), Round: m.application.Round})
	if err != nil {
		return refusal(ctx, d.access, m.who, err)
	}
	return view.Briefly(query.Row{Application: a}, "")
}

// noteMentioned keeps a note. It stands in the thread already, so nothing is said there once more.
func (d *mentionDesk) noteMentioned(ctx context.Context, m mention, who workflow.Actor, rest string) view.Message {
	text, err := workflow.NoteText(plainText(ctx, d.access, rest), workflow.MaxNote)
	if err == nil {
		_, err = d.engine.Apply(ctx, m.application.Key, workflow.Noted{Actor: who, At: time.Now(), Text: text, Quiet: true})
	}
	if access.RuleOf(err) == workflow.RuleEmptyNote {
		return view.NoteMissing()
	}
	return d.orRefused(ctx, m, view.Noted(m.application), err)
}

// statusMentioned tells how the request stands.
func (d *mentionDesk) statusMentioned(ctx context.Context, m mention) view.Message {
	shop, err := d.access.Guard(ctx, m.who, m.application.Key.Shop, access.Viewer)
	if err != nil {
		return refusal(ctx, d.access, m.who, err)
	}
	row := query.Row{Application: m.application}
	err = d.store.View(ctx, func(tx workflow.Tx) (err error) {
		row, err = query.RowOf(tx, m.application, []workflow.Shop{shop})
		return err
	})
	if err != nil {
		return refusal(ctx, d.access, m.who, fmt.Errorf("%w a request: %w", access.ErrRead, err))
	}
	return view.Briefly(row, "")
}
