package view

import (
	"github.com/slack-go/slack"

	"sampledesk/workflow"
)

// NoticeModal says a sentence where there is no channel to say it in: to somebody who clicked in App Home or in a dialog.
func NoticeModal(m Message) slack.ModalViewRequest {
	return slack.ModalViewRequest{
		Type: slack.VTModal, Title: plainText("Sample Desk"), Close: plainText("OK"), Blocks: slack.Blocks{BlockSet: m.Blocks},
	}
}

// NotDone closes a dialog in which something was written that could not be kept: why, and what was written.
func NotDone(sentence string, written ...string) slack.ModalViewRequest {
	m := Aside(sentence)
	for _, words := range written {
		if clean(words) != "" {
			m.Blocks = append(m.Blocks, section("You wrote:", quote(words, workflow.MaxNote)))
		}
	}
	return NoticeModal(m)
}

// closing is a dialog that only says how it ended.
func closing(title string, lines ...string) slack.ModalViewRequest {
	return slack.ModalViewRequest{
		Type: slack.VTModal, Title: plainText(title), Close: plainText("Close"), Blocks: slack.Blocks{BlockSet: []slack.Block{section(lines...)}},
	}
}
