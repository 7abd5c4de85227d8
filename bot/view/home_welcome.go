package view

import (
	"github.com/slack-go/slack"

	"sampledesk/workflow"
)

// welcomePanel greets the admins of a shop that nobody has set up yet.
func welcomePanel(workflow.Shop) []slack.Block { return nil }
