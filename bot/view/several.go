package view

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/slack-go/slack"

	"sampledesk/workflow"
)

// What joined messages may hold: blocks, code points of text, and bytes in all, so that they still fit an
// acknowledgement, of which Slack takes less than 20 KB. A question names so many shops at the most.
const (
	maxBlocks = 50
	maxText   = 1000
	maxBytes  = 18_000
	maxShops  = 15
)

// And joins another message to this one. What does not fit one answer any more is left out, and the end says so.
func (m Message) And(other Message) Message {
	if len(m.Blocks) == 0 {
		return other
	}
	if m.cutOff() {
		return m
	}
	joined := Message{Text: cut(join("; ", m.Text, other.Text), maxText), Blocks: slices.Concat(m.Blocks, other.Blocks)}
	if joined.fits() {
		return joined
	}
	for n := len(joined.Blocks) - 1; ; n-- {
		shorter := Message{Text: joined.Text, Blocks: append(slices.Clone(joined.Blocks[:n]), aside(moreThanFits))}
		if n == 0 || shorter.fits() {
			return shorter
		}
	}
}

// moreThanFits is the end of an answer that was cut off.
const moreThanFits = "There is more than fits one answer."

// cutOff tells whether something was left out of the message already.
func (m Message) cutOff() bool {
	last, ok := m.Blocks[len(m.Blocks)-1].(*slack.ContextBlock)
	if !ok || len(last.ContextElements.Elements) != 1 {
		return false
	}
	text, ok := last.ContextElements.Elements[0].(*slack.TextBlockObject)
	return ok && text.Text == moreThanFits
}

func (m Message) fits() bool {
	wire, err := json.Marshal(m)
	return err == nil && len(m.Blocks) <= maxBlocks && len(wire) <= maxBytes
}

// WhichShop asks which of several shops a command means; typed is the command as it was given.
func WhichShop(typed string, shops []workflow.Shop) Message {
	if len(shops) == 0 {
		return Aside("No shop is connected yet, so there is nothing to create it in. `/samples help` tells what can be done.")
	}
	called := map[string]int{}
	for _, s := range shops {
		called[strings.ToLower(clean(s.Name))]++
	}
	var names []string
	for _, s := range shops[:min(maxShops, len(shops))] {
		name := clean(s.Name)
		if name == "" || called[strings.ToLower(name)] > 1 {
			name = string(s.ID) // only the id tells shops of one name apart
		}
		names = append(names, "`for "+data(name, maxName)+"`")
	}
	more := ""
	if n := len(shops) - len(names); n > 0 {
		more = fmt.Sprintf(" (there are %d more)", n)
	}
	return Aside("Several shops are served here. Which one is it for? Please add one of " + strings.Join(names, ", ") + more +
		" at the end of " + quoted(typed, maxWords) + ".")
}
