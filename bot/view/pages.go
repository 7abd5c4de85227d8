package view

import (
	"encoding/json"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/slack-go/slack"
)

// What one message may hold. Slack counts the text of all blocks of a message together and refuses it somewhere above
// 11,000 code points (bolt-js#2867); an acknowledgement may have less than 20 KB in all.
const (
	// MaxBlockText is how much text the blocks of one message hold, in code points.
	MaxBlockText = 10_000

	maxBlocks   = 50
	maxAckBytes = 18_000
)

// pageRoom is what is left free on each page for the line that tells which page it is.
var pageRoom = size{blocks: 1, text: 100, bytes: 400}

// size is how much of a message's room something takes.
type size struct{ blocks, text, bytes int }

func (s size) plus(o size) size {
	return size{s.blocks + o.blocks, s.text + o.text, s.bytes + o.bytes}
}

func (s size) within(most size) bool {
	return s.blocks <= most.blocks && s.text <= most.text && s.bytes <= most.bytes
}

// Pages is the message as it is posted: one page, or as many as its text needs. The pages after the first go into the
// thread. Whatever lists something is made whole and parted here, so nothing is left out for its length.
func (m Message) Pages() []Message {
	return m.pages(size{maxBlocks, MaxBlockText, 1 << 30}, "Continued in the thread.")
}

// Answers is the message as a private answer: one that rides in an acknowledgement has to be small in bytes too. The
// pages after the first follow as answers of their own.
func (m Message) Answers() []Message {
	return m.pages(size{maxBlocks, MaxBlockText, maxAckBytes}, "Continued below.")
}

// pages parts a message between its blocks; each of ours fits a page by itself.
func (m Message) pages(most size, goesOn string) []Message {
	text := size{bytes: wireSize(m.Text)}
	if m.wireSize().plus(text).within(most) || m.size().plus(text).within(most) {
		return []Message{m}
	}
	parts, used := [][]slack.Block{nil}, pageRoom.plus(pageRoom).plus(text)
	for _, b := range m.Blocks {
		last := len(parts) - 1
		if len(parts[last]) > 0 && !used.plus(sizeOf(b)).within(most) {
			parts, used, last = append(parts, nil), pageRoom.plus(pageRoom).plus(text), last+1
		}
		parts[last], used = append(parts[last], b), used.plus(sizeOf(b))
	}
	pages := make([]Message, len(parts))
	for n, part := range parts {
		at := fmt.Sprintf("Page %d of %d.", n+1, len(parts))
		if n == 0 {
			pages[n] = Message{Text: m.Text, Blocks: append(slices.Clone(part), aside(at+" "+goesOn))}
			continue
		}
		pages[n] = Message{Text: m.Text, Blocks: append([]slack.Block{aside(at)}, part...)}
		if said := m.Text + " " + at; utf8.RuneCountInString(said) <= maxSpoken {
			pages[n].Text = said
		}
	}
	return pages
}

// maxSpoken is the longest text of a message, besides its blocks; Slack refuses an update with more.
const maxSpoken = 4000

// size measures the blocks of a message.
func (m Message) size() (s size) {
	for _, b := range m.Blocks {
		s = s.plus(sizeOf(b))
	}
	return s
}

// wireSize is an upper bound of size that costs far less: no text has more code points than its wire form has bytes. It is
// all that most messages need.
func (m Message) wireSize() size {
	wire, err := json.Marshal(m.Blocks)
	if err != nil {
		return size{text: 1 << 30} // none of our blocks can fail
	}
	return size{len(m.Blocks), len(wire), len(wire) + 1}
}

// BlockText is how much text the blocks hold together, in code points: all that can be read, on controls and in their
// options too. Which of it Slack counts is not documented.
func (m Message) BlockText() int { return m.size().text }

// sizeOf measures a block in its wire form.
func sizeOf(b slack.Block) size {
	wire, err := json.Marshal(b)
	if err != nil { // none of our blocks can fail
		return size{blocks: 1}
	}
	var tree any
	if err := json.Unmarshal(wire, &tree); err != nil {
		return size{blocks: 1, bytes: len(wire)}
	}
	return size{1, readable(tree), len(wire) + 1}
}

// readable counts the code points of the text in a block.
func readable(node any) (n int) {
	switch v := node.(type) {
	case []any:
		for _, each := range v {
			n += readable(each)
		}
	case map[string]any:
		for k, each := range v {
			said, isText := each.(string)
			switch {
			case !isText:
				n += readable(each)
			case k == "text" || k == "alt_text" || k == "title" || k == "accessibility_label":
				n += utf8.RuneCountInString(said)
			}
		}
	}
	return n
}

func wireSize(s string) int {
	wire, err := json.Marshal(s)
	if err != nil {
		return len(s)
	}
	return len(wire) + 200 // with what an answer has around it
}

// And joins another message to this one.
func (m Message) And(other Message) Message {
	if len(m.Blocks) == 0 {
		return other
	}
	return Message{Text: cut(join("; ", m.Text, other.Text), maxText), Blocks: slices.Concat(m.Blocks, other.Blocks)}
}
