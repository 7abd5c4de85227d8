package view

import (
	"strings"

	"github.com/slack-go/slack"

	"sampledesk/workflow"
)

// maxBlocks is how many blocks a message may have.
const maxBlocks = 50

// And joins another message to this one, as far as Slack's limit on blocks lets it.
func (m Message) And(other Message) Message {
	if len(m.Blocks) == 0 {
		return other
	}
	joined := Message{Text: join("; ", m.Text, other.Text), Blocks: append(append([]slack.Block{}, m.Blocks...), other.Blocks...)}
	joined.Blocks = joined.Blocks[:min(maxBlocks, len(joined.Blocks))]
	return joined
}

// WhichShop asks which of several shops a command means; typed is the command as it was given.
func WhichShop(typed string, shops []workflow.Shop) Message {
	if len(shops) == 0 {
		return Aside("No shop is connected yet, so there is nothing to create it in. `/samples help` tells what can be done.")
	}
	names := make([]string, len(shops))
	for i, s := range shops {
		names[i] = "`for " + data(first(clean(s.Name), string(s.ID)), maxName) + "`"
	}
	return Aside("Several shops are served here. Which one is it for? Please add one of " + strings.Join(names, ", ") + " at the end of " + quoted(typed, maxWords) + ".")
}
