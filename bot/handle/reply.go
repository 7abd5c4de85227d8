package handle

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/slack-go/slack"

	"sampledesk/bot/slackapi"
	"sampledesk/bot/view"
	"sampledesk/workflow"
)

// Addressee is one person, and how a private answer reaches them.
type Addressee struct {
	Who     workflow.PersonID
	URL     string // the response_url of what they did; empty: there is none
	Replace bool   // the answer takes the place of what was clicked, where it goes by url
	Channel string // where they did it; empty: in App Home or in a dialog
	Thread  string // of the channel; a response_url reaches no thread
}

func (i Interaction) addressee() Addressee {
	return Addressee{Who: i.User.ID, URL: i.ResponseURL, Channel: i.Where(), Thread: i.Container.ThreadTS}
}

// Replies answers what people do, each privately.
type Replies struct {
	api *slackapi.Client
	log *slog.Logger
}

// The times of a private answer.
const (
	// urlTimeout is how long an answer by a response_url may take before the second way is tried. One that comes later
	// may be shown twice, so it is generous.
	urlTimeout = 8 * time.Second

	// AnswerTimeout is how long an answer may take in all.
	AnswerTimeout = 2 * slackapi.Timeout

	// answerPause is how long is waited before the second way is tried once more.
	answerPause = time.Second
)

// Tell says something to one person, privately: in a dialog where they clicked in App Home or in a dialog, else where
// they did what they did.
func (r *Replies) Tell(ctx context.Context, i Interaction, sentence string) {
	ctx, cancel := r.api.Detach(ctx, AnswerTimeout)
	defer cancel()
	if err := r.Whisper(ctx, i, view.Aside(sentence)); err != nil {
		r.log.WarnContext(ctx, "could not send a private answer", "channel", i.Where(), "person", i.User.ID, "error", err)
	}
}

// Whisper is Tell for a message.
func (r *Replies) Whisper(ctx context.Context, i Interaction, m view.Message) error {
	if i.View.ID != "" && i.Where() == "" && i.TriggerID != "" {
		_, err := r.opening(i)(ctx, i.TriggerID, view.NoticeModal(m))
		return err
	}
	return r.Bring(ctx, i.addressee(), m.Answers())
}

// opening is how a view opens for somebody: on its own, or above the dialog in which they clicked.
func (r *Replies) opening(i Interaction) func(context.Context, string, slack.ModalViewRequest) (*slack.ViewResponse, error) {
	if i.View.Type == "modal" && i.Type == "block_actions" {
		return r.api.PushViewContext
	}
	return r.api.OpenViewContext
}

// Bring shows the pages of a private answer, one after the other. Where the first takes the place of what was clicked,
// the others stand beside it.
func (r *Replies) Bring(ctx context.Context, to Addressee, pages []view.Message) error {
	for n, page := range pages {
		if err := r.bringPage(ctx, to, page); err != nil {
			return fmt.Errorf("showing page %d of %d: %w", n+1, len(pages), err)
		}
		to.Replace = false
	}
	return nil
}

// bringPage shows one page: by the response_url if there is one, as that works wherever the person clicked, the desk
// being there or not; else, and where that fails (an address is used up, has expired or is not there yet more often than
// Slack's documents say: bolt-js#1261), in the channel.
func (r *Replies) bringPage(ctx context.Context, to Addressee, m view.Message) error {
	failed := errNoWay
	if to.URL != "" && to.Thread == "" {
		failed = withOrWithoutImages(m, func(m view.Message) error { return r.respond(ctx, to, m) })
		if failed == nil {
			return nil
		}
	}
	if to.Channel == "" {
		return failed
	}
	err := withOrWithoutImages(m, func(m view.Message) error { return r.postPrivately(ctx, to, m) })
	if err != nil && !errors.Is(failed, errNoWay) {
		return errors.Join(failed, err)
	}
	if err == nil && !errors.Is(failed, errNoWay) {
		r.log.InfoContext(ctx, "response_url failed, answered in the channel", "channel", to.Channel, "person", to.Who, "error", failed)
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
func (r *Replies) respond(ctx context.Context, to Addressee, m view.Message) error {
	ctx, cancel := context.WithTimeout(ctx, urlTimeout)
	defer cancel()
	return r.api.Respond(ctx, to.URL, slack.WebhookMessage{
		ReplaceOriginal: to.Replace, ResponseType: slack.ResponseTypeEphemeral, Text: m.Text, Blocks: &slack.Blocks{BlockSet: m.Blocks},
	})
}

// postPrivately shows a message to one person in a channel. Nothing else would bring it, so it is tried once more where
// that can help.
func (r *Replies) postPrivately(ctx context.Context, to Addressee, m view.Message) error {
	options := []slack.MsgOption{slack.MsgOptionText(m.Text, false), slack.MsgOptionBlocks(m.Blocks...)}
	if to.Thread != "" {
		options = append(options, slack.MsgOptionTS(to.Thread))
	}
	_, err := r.api.PostEphemeralContext(ctx, to.Channel, string(to.Who), options...)
	switch {
	case err == nil:
		return nil
	case slackapi.UnknownPerson.Has(err):
		return fmt.Errorf("the person is from another workspace, and this one shows them nothing: %w", err)
	case slackapi.Unseen.Has(err), slackapi.Closed.Has(err), slackapi.Token.Has(err), slackapi.Wrong.Has(err):
		return err
	}
	slackapi.Pause(ctx, max(answerPause, min(slackapi.RetryAfter(err), 3*answerPause)))
	_, err = r.api.PostEphemeralContext(ctx, to.Channel, string(to.Who), options...)
	return err
}

// PutInPlace answers a click in place of what was clicked. Only its person sees it.
func (r *Replies) PutInPlace(ctx context.Context, i Interaction, m view.Message) {
	ctx, cancel := r.api.Detach(ctx, AnswerTimeout)
	defer cancel()
	to := i.addressee()
	to.Replace = true
	if err := r.Bring(ctx, to, m.Answers()); err != nil {
		r.log.WarnContext(ctx, "could not replace a clicked message", "person", i.User.ID, "error", err)
	}
}

// Open opens a dialog, or says that Slack did not let it open in time: a trigger lives three seconds. Of a trigger that
// was used already nothing is said: it came with a second delivery, and the dialog is open.
func (r *Replies) Open(ctx context.Context, i Interaction, m slack.ModalViewRequest) (opened bool) {
	_, err := r.api.OpenViewContext(ctx, i.TriggerID, m)
	if slackapi.ErrorName(err) == "exchanged_trigger_id" {
		return false
	}
	if err != nil {
		r.log.WarnContext(ctx, "could not open a dialog", "person", i.User.ID, "view", m.CallbackID, "error", err)
		r.Tell(ctx, i, view.Denied(view.DeniedLate))
	}
	return err == nil
}
