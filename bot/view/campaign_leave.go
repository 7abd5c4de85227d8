package view

import (
	"github.com/slack-go/slack"

	"sampledesk/workflow"
)

// LeaveButton takes an application back out of the campaign that somebody added it to. There is none where it came there
// by itself, nor once the review is over: by then the campaign counts on it. Its value names the campaign that the
// person was shown.
func LeaveButton(a workflow.Application) (*slack.ButtonBlockElement, bool) {
	if a.Campaign == "" || a.Joined.By == "" || !a.State().Reviewing() {
		return nil, false
	}
	value := Correspondent{Shop: a.Key.Shop, Application: a.Key.ID, Campaign: a.Campaign}.String()
	who := called(a)
	return button(ActionLeave, value, "Undo the campaign", "Take "+who+" out of the campaign again"), true
}
