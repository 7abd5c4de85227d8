package bot

import (
	"strings"

	"sampledesk/workflow"
)

// The event types that the bot's messages carry in their metadata.
const (
	eventCard   = "sampledesk_card"
	eventReply  = "sampledesk_reply"
	eventNotice = "sampledesk_notice"
)

// decisionKeys adds to a message's metadata which decision of this desk it is about: `decision` is approve or reject, and
// `undone` is "true" where it was taken back. Nothing is added for a decision that was made elsewhere.
func decisionKeys(payload map[string]any, v workflow.Verdict, undone bool) {
	if v == "" {
		return
	}
	payload["decision"] = strings.ToLower(string(v))
	if undone {
		payload["undone"] = "true"
	}
}

// replyKeys adds what a reply says of a stage and of a decision.
func replyKeys(payload map[string]any, s workflow.Payload) {
	if s.Stage != "" {
		payload["stage"] = string(s.Stage)
	}
	if !s.Elsewhere {
		decisionKeys(payload, s.Verdict, s.Undone)
	}
}

// noticeKeys adds to the metadata of a message that is edited how far its subject is: `state` is sent, waiting or refused for
// a message to a creator; under_way or done for a run, whose sort is in `run`; open, answered or requested for a question.
func noticeKeys(tx workflow.Tx, n workflow.Notice, payload map[string]any) error {
	switch n.Kind {
	case workflow.KindMessage:
		if n.Message != nil {
			payload["state"] = string(n.Message.State)
		}
		return nil
	case workflow.KindRun:
		r, err := tx.Run(n.Run)
		if err != nil {
			return err
		}
		payload["run"], payload["state"] = string(r.Kind), "under_way"
		if !r.EndsAt.IsZero() {
			payload["state"] = "done"
		}
		return nil
	case workflow.KindQuestion:
		state, err := questionState(tx, n)
		payload["state"] = state
		return err
	default:
		return nil
	}
}

func questionState(tx workflow.Tx, n workflow.Notice) (string, error) {
	m, err := tx.Member(n.Campaign, n.Creator)
	if err != nil {
		return "", err
	}
	current, err := workflow.CurrentApplications(tx, n.Campaign, m.Creator)
	switch {
	case err != nil:
		return "", err
	case len(current) > 0:
		return "requested", nil
	case m.SampleAnswerBy != "":
		return "answered", nil
	default:
		return "open", nil
	}
}
