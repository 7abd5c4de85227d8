package view

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/slack-go/slack"
)

// Message is what a message in Slack says. Text is the whole of it in one line, with the state of the decision: it is
// what notifications show and screen readers speak. It stays below 4,000 code points, since Slack refuses an update
// with more.
type Message struct {
	Text   string
	Blocks []slack.Block
}

// Hash is the same for two messages that look the same, so that a repaint that changes nothing need not be sent.
func (m Message) Hash() string {
	blocks, err := json.Marshal(m.Blocks)
	if err != nil { // none of our blocks can fail; were one to, its repaint would only not be spared
		blocks = fmt.Appendf(nil, "%v", err)
	}
	digest := sha256.New()
	_, _ = fmt.Fprintf(digest, "%d %s", len(m.Text), m.Text) // a hash never fails to write
	_, _ = digest.Write(blocks)
	return hex.EncodeToString(digest.Sum(nil)[:16])
}

// Plain is the same message as text alone, for where Slack takes none of its blocks.
func (m Message) Plain() Message { return Message{Text: m.Text} }

// HasImages tells whether there are pictures in the message.
func (m Message) HasImages() bool { return len(m.Blocks) > 0 && m.Hash() != m.WithoutImages().Hash() }

// WithoutImages is the same message without its pictures. Slack refuses a whole message when it cannot fetch one of
// them, and the links of products' pictures expire.
func (m Message) WithoutImages() Message {
	bare := Message{Text: m.Text}
	for _, b := range m.Blocks {
		if kept := withoutImages(b); kept != nil {
			bare.Blocks = append(bare.Blocks, kept)
		}
	}
	return bare
}

func withoutImages(b slack.Block) slack.Block {
	switch b := b.(type) {
	case *slack.ImageBlock:
		return nil
	case *slack.SectionBlock:
		if b.Accessory == nil || b.Accessory.ImageElement == nil {
			return b
		}
		bare := *b
		bare.Accessory = nil
		return &bare
	case *slack.ContextBlock:
		return contextWithoutImages(b)
	default:
		return b
	}
}

func contextWithoutImages(b *slack.ContextBlock) slack.Block {
	bare := *b
	bare.ContextElements = slack.ContextElements{}
	for _, e := range b.ContextElements.Elements {
		if e.MixedElementType() != slack.MixedElementImage {
			bare.ContextElements.Elements = append(bare.ContextElements.Elements, e)
		}
	}
	if len(bare.ContextElements.Elements) == 0 {
		return nil
	}
	return &bare
}

// Aside makes a message of one sentence, such as Refusal or Denied return, in which nothing is parsed that was not
// meant to be.
func Aside(sentence string) Message {
	return Message{Text: sentence, Blocks: []slack.Block{section(sentence)}}
}

// mrkdwn is formatted text. It is always verbatim: otherwise Slack would turn "@everyone", "#general" and bare links in
// somebody's data into the real thing.
func mrkdwn(text string) *slack.TextBlockObject {
	return &slack.TextBlockObject{Type: slack.MarkdownType, Text: text, Verbatim: true}
}

// plainText is text without any formatting, ":smile:" included. Slack's escapes (&amp; &lt; &gt;) belong to its
// formatted text; we assume that plain text shows them as they are written, so data goes in unescaped.
func plainText(text string) *slack.TextBlockObject {
	return &slack.TextBlockObject{Type: slack.PlainTextType, Text: text, Emoji: new(false)}
}

func section(lines ...string) *slack.SectionBlock {
	return &slack.SectionBlock{Type: slack.MBTSection, Text: mrkdwn(joinLines(lines))}
}

func header(text string) *slack.HeaderBlock {
	return &slack.HeaderBlock{Type: slack.MBTHeader, Text: plainText(text)}
}

func divider() slack.Block { return &slack.DividerBlock{Type: slack.MBTDivider} }

// aside is the small grey print.
func aside(lines ...string) *slack.ContextBlock {
	return &slack.ContextBlock{Type: slack.MBTContext, ContextElements: slack.ContextElements{
		Elements: []slack.MixedElement{mrkdwn(joinLines(lines))},
	}}
}

// joinLines leaves out the empty ones.
func joinLines(lines []string) string { return join("\n", lines...) }

// dotted joins facts on one line, leaving out the empty ones.
func dotted(facts ...string) string { return join(" · ", facts...) }

func join(by string, all ...string) string {
	var kept []string
	for _, s := range all {
		if s != "" {
			kept = append(kept, s)
		}
	}
	return strings.Join(kept, by)
}
