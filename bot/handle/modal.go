package handle

import (
	"encoding/json"

	"github.com/slack-go/slack"

	"sampledesk/bot/view"
)

// What follows are the answers to a submission, which ride in its acknowledgement. None at all closes the dialog.

// errorsAck shows sentences at inputs of the dialog, which stays open.
type errorsAck struct {
	Action string            `json:"response_action"`
	Errors map[string]string `json:"errors"`
}

func errorsAt(at map[string]string) errorsAck {
	plain := make(map[string]string, len(at))
	for block, sentence := range at {
		plain[block] = view.Plain(sentence)
	}
	return errorsAck{Action: "errors", Errors: plain}
}

// viewAck shows another view: in the place of the one that was sent, or above it.
type viewAck struct {
	Action string                 `json:"response_action"`
	View   slack.ModalViewRequest `json:"view"`
}

// clearAck closes all pages of a dialog.
type clearAck struct {
	Action string `json:"response_action"`
}

// maxAckBytes is how large the answer to a submission may be. Slack drops one of 20 KB or more without a word.
const maxAckBytes = 18_000

// Ack is what acknowledges a submission with an answer. A view that is too large gives way to the answer's errors.
func (a Answer) Ack() any {
	if a.View != nil {
		shown := viewAck{Action: "update", View: *a.View}
		if a.Push {
			shown.Action = "push"
		}
		if len(a.Errors) == 0 {
			return shown
		}
		if wire, err := json.Marshal(shown); err == nil && len(wire) <= maxAckBytes {
			return shown
		}
	}
	switch {
	case len(a.Errors) > 0:
		return errorsAt(a.Errors)
	case a.Clear:
		return clearAck{Action: "clear"}
	default:
		return nil
	}
}
