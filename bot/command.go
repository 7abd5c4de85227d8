package bot

import (
	"context"
	"sync"
	"time"

	"github.com/slack-go/slack"

	"sampledesk/bot/access"
	"sampledesk/bot/handle"
	"sampledesk/bot/socket"
	"sampledesk/bot/view"
	"sampledesk/workflow"
)

// command is a slash command as Slack delivers it.
type command struct {
	Name        string            `json:"command"`
	Text        string            `json:"text"`
	User        workflow.PersonID `json:"user_id"`
	Channel     string            `json:"channel_id"`
	TriggerID   string            `json:"trigger_id"`
	ResponseURL string            `json:"response_url"`

	// Shops are those that it is about: the channel's, or, where none lives in it, all that its person may see.
	Shops []workflow.Shop `json:"-"`

	first *firstAck
}

// reply is the answer to a command. Then, which may be nil, is done once it is acknowledged.
type reply struct {
	view.Message
	then func(context.Context)
}

func answered(m view.Message, err error) (reply, error) { return reply{Message: m}, err }

// answer is the first answer to a command; it rides in the acknowledgement and only its person sees it.
type answer struct {
	Type   string       `json:"response_type"`
	Text   string       `json:"text"`
	Blocks slack.Blocks `json:"blocks"`
}

// private makes the answer. It carries no picture: an acknowledgement has no second try, and Slack refuses a whole
// message for one picture that it cannot fetch any more, as the links of products' pictures expire.
func private(m view.Message) answer {
	m = m.WithoutImages()
	return answer{Type: slack.ResponseTypeEphemeral, Text: m.Text, Blocks: slack.Blocks{BlockSet: m.Blocks}}
}

// commandHandler answers a command. An error is put into words for its person.
type commandHandler func(ctx context.Context, c command, rest string) (answer reply, err error)

// command answers a slash command, in the channel or in a direct message with the desk. The first page of the answer
// rides in the acknowledgement, unless it takes longer (whenReady), and the others follow.
func (r *routes) command(ctx context.Context, c command, ack socket.Ack) {
	ctx, cancel := context.WithTimeout(ctx, handle.CommitBy)
	defer cancel()
	c.first = &firstAck{ack: ack}
	told := r.answer(ctx, c)
	if len(told.Blocks) == 0 {
		c.first.give(nil) // a dialog says the rest
	} else {
		pages := told.Answers()
		if c.first.give(private(pages[0])) {
			pages = pages[1:]
		}
		r.goOn(ctx, c, pages)
	}
	if told.then != nil {
		told.then(context.WithoutCancel(ctx))
	}
	r.changed()
}

// answer answers a command.
func (r *routes) answer(ctx context.Context, c command) reply {
	c.Text = workflow.Typed(c.Text)
	word, rest := cutWord(c.Text)
	if word == "" || word == "help" {
		return reply{Message: help(c.Name)}
	}
	answer := r.commands[c.Name+" "+word]
	if answer == nil {
		return reply{Message: view.Unknown(c.Name, c.Text)}
	}
	var told reply
	shops, err := r.access.Scope(ctx, c.User, c.Channel)
	if err == nil {
		c.Shops = shops
		told, err = answer(ctx, c, rest)
	}
	if err != nil {
		return reply{Message: refusal(ctx, r.access, c.User, err)}
	}
	return told
}

// refusal logs an error and puts it into words for the person whose command or mention met it.
func refusal(ctx context.Context, of *access.Access, who workflow.PersonID, err error) view.Message {
	of.Log(ctx, who, err)
	return view.Aside(of.Explain(ctx, err))
}

// goOn shows the pages of an answer to a command that did not ride in the acknowledgement.
func (r *routes) goOn(ctx context.Context, c command, pages []view.Message) {
	if len(pages) == 0 {
		return
	}
	ctx, cancel := r.api.Detach(ctx, handle.AnswerTimeout)
	defer cancel()
	if err := r.Bring(ctx, c.addressee(), pages); err != nil {
		r.log.WarnContext(ctx, "could not show the rest of an answer", "channel", c.Channel, "person", c.User, "error", err)
	}
}

func (c command) addressee() handle.Addressee {
	return handle.Addressee{Who: c.User, URL: c.ResponseURL, Channel: c.Channel}
}

func help(name string) view.Message {
	if name == view.CommandCampaign {
		return view.CampaignHelp()
	}
	return view.SamplesHelp()
}

// The times of a command that only reads.
const (
	// readWithin is how long a reading command, or the page of a list, may take in all.
	readWithin = 30 * time.Second

	// ackWithin is when a command that is still reading is acknowledged without its answer, which then follows.
	ackWithin = time.Second
)

// firstAck acknowledges a command once: with its answer, or before there is one.
type firstAck struct {
	once sync.Once
	ack  socket.Ack
}

// give acknowledges, and tells whether that was not done before.
func (f *firstAck) give(payload any) (given bool) {
	f.once.Do(func() {
		f.ack(payload)
		given = true
	})
	return given
}

// whenReady answers a command that only reads: in the acknowledgement where that is quick, and else after it.
func (r *routes) whenReady(answer commandHandler) commandHandler {
	return func(ctx context.Context, c command, rest string) (reply, error) {
		late := time.AfterFunc(ackWithin, func() { c.first.give(nil) })
		defer late.Stop()
		ctx, cancel := r.api.Detach(ctx, readWithin)
		defer cancel()
		return answer(ctx, c, rest)
	}
}
