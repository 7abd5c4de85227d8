package bot

import (
	"context"
	"encoding/json"

	"github.com/slack-go/slack"

	"sampledesk/bot/slackapi"
	"sampledesk/bot/socket"
	"sampledesk/bot/view"
)

// openModal opens a dialog, or says that Slack did not let it open in time: a trigger lives three seconds. Of a trigger
// that was used already nothing is said: it came with a second delivery, and the dialog is open.
func (d *Desk) openModal(ctx context.Context, i interaction, m slack.ModalViewRequest) (opened bool) {
	_, err := d.api.OpenViewContext(ctx, i.TriggerID, m)
	if slackapi.ErrorName(err) == "exchanged_trigger_id" {
		return false
	}
	if err != nil {
		d.log.WarnContext(ctx, "could not open a dialog", "person", i.User.ID, "view", m.CallbackID, "error", err)
		d.tell(ctx, i, view.Denied(view.DeniedLate))
	}
	return err == nil
}

// What follows are the answers to a submission, which ride in its acknowledgement. None at all closes the dialog.

// errorsAnswer shows a sentence at an input of the dialog, which stays open.
type errorsAnswer struct {
	Action string            `json:"response_action"`
	Errors map[string]string `json:"errors"`
}

func errorAt(block, sentence string) errorsAnswer {
	return errorsAnswer{Action: "errors", Errors: map[string]string{block: view.Plain(sentence)}}
}

// viewAnswer shows another view: in the place of the one that was sent, or above it.
type viewAnswer struct {
	Action string                 `json:"response_action"`
	View   slack.ModalViewRequest `json:"view"`
}

// updateTo shows another view in the place of the one that was sent.
func updateTo(m slack.ModalViewRequest) viewAnswer { return viewAnswer{Action: "update", View: m} }

// pushOn shows another view above the one that was sent, which keeps what was entered there.
func pushOn(m slack.ModalViewRequest) viewAnswer { return viewAnswer{Action: "push", View: m} }

// endWith puts a sentence in the dialog's place.
func endWith(sentence string) viewAnswer { return updateTo(view.NoticeModal(view.Aside(sentence))) }

// clearAnswer closes all pages of a dialog.
type clearAnswer struct {
	Action string `json:"response_action"`
}

func closeAll() clearAnswer { return clearAnswer{Action: "clear"} }

// maxAckBytes is how large the answer to a submission may be. Slack drops one of 20 KB or more without a word.
const maxAckBytes = 18_000

// ackView puts another view in the place of the one that was sent, or, where that is too large for an acknowledgement,
// says the sentence at a field.
func ackView(ack socket.Ack, m slack.ModalViewRequest, block, sentence string) {
	answer := updateTo(m)
	if wire, err := json.Marshal(answer); err != nil || len(wire) > maxAckBytes {
		ack(errorAt(block, sentence))
		return
	}
	ack(answer)
}
