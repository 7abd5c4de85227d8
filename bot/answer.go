package bot

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/slack-go/slack"

	"sampledesk/bot/slackapi"
	"sampledesk/bot/view"
	"sampledesk/workflow"
)

// addressee is one person, and how a private answer reaches them.
type addressee struct {
	who     workflow.PersonID
	url     string // the response_url of what they did; empty: there is none
	replace bool   // the answer takes the place of what was clicked, where it goes by url
	channel string // where they did it; empty: in App Home or in a dialog
	thread  string // of the channel; a response_url reaches no thread
}

func (i interaction) addressee() addressee {
	return addressee{who: i.User.ID, url: i.ResponseURL, channel: i.channel(), thread: i.Container.ThreadTS}
}

func (c command) addressee() addressee {
	return addressee{who: c.User, url: c.ResponseURL, channel: c.Channel}
}

// The times of a private answer.
const (
	// urlTimeout is how long an answer by a response_url may take before the second way is tried. One that comes later
	// may be shown twice, so it is generous.
	urlTimeout = 8 * time.Second

	// answerTimeout is how long an answer may take in all.
	answerTimeout = 2 * slackapi.Timeout

	// answerPause is how long is waited before the second way is tried once more.
	answerPause = time.Second
)

// tell says something to one person, privately: in a dialog where they clicked in App Home or in a dialog, else where
// they did what they did.
func (d *Desk) tell(ctx context.Context, i interaction, sentence string) {
	ctx, cancel := d.api.Detach(ctx, answerTimeout)
	defer cancel()
	if err := d.whisper(ctx, i, view.Aside(sentence)); err != nil {
		d.log.WarnContext(ctx, "could not tell a person why", "channel", i.channel(), "person", i.User.ID, "error", err)
	}
}

func (d *Desk) whisper(ctx context.Context, i interaction, m view.Message) error {
	if i.View.ID != "" && i.channel() == "" && i.TriggerID != "" {
		open := d.api.OpenViewContext
		if i.View.Type == "modal" && i.Type == "block_actions" {
			open = d.api.PushViewContext
		}
		_, err := open(ctx, i.TriggerID, view.NoticeModal(m))
		return err
	}
	return d.bring(ctx, i.addressee(), m.Answers())
}

// bring shows the pages of a private answer, one after the other. Where the first takes the place of what was clicked,
// the others stand beside it.
func (d *Desk) bring(ctx context.Context, to addressee, pages []view.Message) error {
	for n, page := range pages {
		if err := d.bringPage(ctx, to, page); err != nil {
			return fmt.Errorf("showing page %d of %d: %w", n+1, len(pages), err)
		}
		to.replace = false
	}
	return nil
}

// bringPage shows one page: by the response_url if there is one, as that works wherever the person clicked, the desk
// being there or not; else, and where that fails (an address is used up, has expired or is not there yet more often than
// Slack's documents say: bolt-js#1261), in the channel.
func (d *Desk) bringPage(ctx context.Context, to addressee, m view.Message) error {
	failed := errNoWay
	if to.url != "" && to.thread == "" {
		failed = withOrWithoutImages(m, func(m view.Message) error { return d.respond(ctx, to, m) })
		if failed == nil {
			return nil
		}
	}
	if to.channel == "" {
		return failed
	}
	err := withOrWithoutImages(m, func(m view.Message) error { return d.postPrivately(ctx, to, m) })
	if err != nil && failed != errNoWay {
		return errors.Join(failed, err)
	}
	if err == nil && failed != errNoWay {
		d.log.InfoContext(ctx, "a response_url failed, the answer went to the channel", "channel", to.channel, "person", to.who, "error", failed)
	}
	return err
}

// errNoWay tells that there is neither a response_url nor a channel.
var errNoWay = errors.New("there is no way to answer")

// withOrWithoutImages sends a message, and where that fails and there are pictures in it, without them: their links
// expire, and Slack refuses a whole message for one picture.
func withOrWithoutImages(m view.Message, send func(view.Message) error) error {
	err := send(m)
	if err != nil && m.HasImages() {
		return send(m.WithoutImages())
	}
	return err
}

// respond answers by a response_url: in place of what was clicked, or beside it.
func (d *Desk) respond(ctx context.Context, to addressee, m view.Message) error {
	ctx, cancel := context.WithTimeout(ctx, urlTimeout)
	defer cancel()
	return d.api.Respond(ctx, to.url, slack.WebhookMessage{
		ReplaceOriginal: to.replace, ResponseType: slack.ResponseTypeEphemeral, Text: m.Text, Blocks: &slack.Blocks{BlockSet: m.Blocks},
	})
}

// postPrivately shows a message to one person in a channel. Nothing else would bring it, so it is tried once more where
// that can help.
func (d *Desk) postPrivately(ctx context.Context, to addressee, m view.Message) error {
	options := []slack.MsgOption{slack.MsgOptionText(m.Text, false), slack.MsgOptionBlocks(m.Blocks...)}
	if to.thread != "" {
		options = append(options, slack.MsgOptionTS(to.thread))
	}
	_, err := d.api.PostEphemeralContext(ctx, to.channel, string(to.who), options...)
	switch {
	case err == nil:
		return nil
	case slackapi.UnknownPerson.Has(err):
		return fmt.Errorf("the person is from another workspace, and this one shows them nothing: %w", err)
	case slackapi.Unseen.Has(err), slackapi.Closed.Has(err), slackapi.Token.Has(err), slackapi.Wrong.Has(err):
		return err
	}
	slackapi.Pause(ctx, max(answerPause, min(slackapi.RetryAfter(err), 3*answerPause)))
	_, err = d.api.PostEphemeralContext(ctx, to.channel, string(to.who), options...)
	return err
}

// putInPlace answers a click in place of what was clicked. Only its person sees it.
func (d *Desk) putInPlace(ctx context.Context, i interaction, m view.Message) {
	ctx, cancel := d.api.Detach(ctx, answerTimeout)
	defer cancel()
	to := i.addressee()
	to.replace = true
	if err := d.bring(ctx, to, m.Answers()); err != nil {
		d.log.WarnContext(ctx, "could not answer in place of what was clicked", "person", i.User.ID, "error", err)
	}
}

// goOn shows the pages of an answer to a command after the first, which rode in the acknowledgement.
func (d *Desk) goOn(ctx context.Context, c command, pages []view.Message) {
	if len(pages) == 0 {
		return
	}
	ctx, cancel := d.api.Detach(ctx, answerTimeout)
	defer cancel()
	if err := d.bring(ctx, c.addressee(), pages); err != nil {
		d.log.WarnContext(ctx, "could not show the rest of an answer", "channel", c.Channel, "person", c.User, "error", err)
	}
}
