package slacksim

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"unicode/utf8"
)

// Lengths of what a message says, in Unicode code points.
const (
	mostText        = 40_000 // longer posts are cut
	mostUpdateText  = 4_000
	mostMarkdown    = 12_000
	mostAttachments = 100
	mostEventType   = 255
	// mostBlockText is how much text all blocks of one message may hold together. Slack's own limit is in no document: posts of 13,172
	// characters went through and one of 11,341 did not (bolt-js#2509, #2867), so this is the stricter reading.
	mostBlockText = 11_000
	// Slack has an error for metadata that is too large, but its size is not in the vendor's page: this is the stricter reading.
	mostMetadata = 8_000
)

// content is what a message is to show, checked and ready to be kept.
type content struct {
	text        string
	blocks      json.RawMessage // nil: none
	attachments json.RawMessage
	metadata    json.RawMessage
	metadataSet bool // given at all: {} removes what was there
	blocksSet   bool
	pictures    []picture
	blockText   int // how much text the blocks hold, those of attachments included
}

func (c content) empty() bool { return c.text == "" && c.blocks == nil && c.attachments == nil }

// readContent takes text, markdown_text, blocks, attachments and metadata from a call or from what a response_url was sent.
func readContent(a arguments) (content, error) {
	c := content{text: a.text("text")}
	if v, ok := a["text"]; ok && v != nil {
		if _, isText := v.(string); !isText {
			return c, invalidArgument("text", "must be a string")
		}
	}
	if !utf8.ValidString(c.text) {
		return c, invalidArgument("text", "must be valid UTF-8")
	}
	if err := c.readMarkdown(a); err != nil {
		return c, err
	}
	if err := c.readBlocks(a); err != nil {
		return c, err
	}
	if err := c.readAttachments(a); err != nil {
		return c, err
	}
	if c.blockText > mostBlockText {
		return c, refuse("msg_blocks_too_long")
	}
	return c, c.readMetadata(a)
}

func (c *content) readMarkdown(a arguments) error {
	if !a.has("markdown_text") {
		return nil
	}
	if a.has("text") || a.has("blocks") {
		return refuse("markdown_text_conflict")
	}
	c.text = a.text("markdown_text")
	if utf8.RuneCountInString(c.text) > mostMarkdown {
		return refuse("msg_too_long")
	}
	return nil
}

func (c *content) readBlocks(a arguments) error {
	tree, given, err := a.tree("blocks")
	if err != nil {
		return refuse("invalid_blocks_format")
	}
	if !given {
		return nil
	}
	blocks, ok := tree.([]any)
	if !ok || slices.ContainsFunc(blocks, func(b any) bool { _, isObject := b.(object); return !isObject }) {
		return refuse("invalid_blocks_format")
	}
	c.blocksSet = true
	if len(blocks) == 0 {
		return nil
	}
	if found := checkMessage(blocks); len(found) > 0 {
		return invalidBlocks(found)
	}
	c.pictures = append(c.pictures, picturesOf(blocks, "/blocks")...)
	c.blockText += textIn(blocks)
	nameBlocks(blocks)
	c.blocks = encode(blocks)
	return nil
}

func invalidBlocks(found []complaint) error {
	return &failure{code: "invalid_blocks", messages: lines(found), extra: object{"errors": lines(found)}}
}

func (c *content) readAttachments(a arguments) error {
	tree, given, err := a.tree("attachments")
	if err != nil {
		return refuse("invalid_attachments")
	}
	if !given {
		return nil
	}
	all, ok := tree.([]any)
	if !ok {
		return refuse("invalid_attachments")
	}
	if len(all) > mostAttachments {
		return refuse("too_many_attachments")
	}
	for i, v := range all {
		one, ok := v.(object)
		if !ok {
			return refuse("invalid_attachments")
		}
		blocks, ok := one["blocks"].([]any)
		if !ok {
			if one["blocks"] != nil {
				return refuse("invalid_blocks_format")
			}
			continue
		}
		if found := checkAttached(blocks, i); len(found) > 0 {
			return invalidBlocks(found)
		}
		c.pictures = append(c.pictures, picturesOf(blocks, fmt.Sprintf("/attachments/%d/blocks", i))...)
		c.blockText += textIn(blocks)
		nameBlocks(blocks)
	}
	if len(all) > 0 {
		c.attachments = encode(all)
	}
	return nil
}

var eventType = regexp.MustCompile(`^[A-Za-z0-9_.\-]+$`)

// readMetadata checks the shape that Slack asks of metadata: an event_type, and an event_payload that is an object.
func (c *content) readMetadata(a arguments) error {
	tree, given, err := a.tree("metadata")
	if err != nil {
		return refuse("invalid_metadata_format")
	}
	if !given {
		return nil
	}
	o, ok := tree.(object)
	if !ok {
		return refuse("invalid_metadata_format")
	}
	c.metadataSet = true
	if len(o) == 0 {
		return nil
	}
	bad := func(format string, v ...any) error {
		return &failure{code: "invalid_metadata_format", messages: []string{fmt.Sprintf(format, v...)}}
	}
	for k := range o {
		if k != "event_type" && k != "event_payload" {
			return bad("[ERROR] invalid additional property: %s [json-pointer:/metadata]", k)
		}
	}
	kind, ok := o["event_type"].(string)
	if !ok || !eventType.MatchString(kind) || len(kind) > mostEventType {
		return bad("[ERROR] must be a name of letters, digits, dots, dashes and underscores [json-pointer:/metadata/event_type]")
	}
	if _, ok := o["event_payload"].(object); !ok {
		return bad("[ERROR] must be an object [json-pointer:/metadata/event_payload]")
	}
	c.metadata = encode(o)
	if len(c.metadata) > mostMetadata {
		return refuse("metadata_too_large")
	}
	return nil
}

// textIn counts the code points of all text that blocks hold and a person can read: formatted and plain text wherever it stands, on
// controls and in their options too, and what is said of pictures. Which of it Slack counts is not documented, so all of it is.
func textIn(node any) (n int) {
	switch v := node.(type) {
	case []any:
		for _, each := range v {
			n += textIn(each)
		}
	case object:
		for k, each := range v {
			said, isText := each.(string)
			switch {
			case !isText:
				n += textIn(each)
			case k == "text" || k == "alt_text" || k == "title" || k == "accessibility_label":
				n += utf8.RuneCountInString(said)
			}
		}
	}
	return n
}

// cut shortens a text to n code points.
func cut(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n])
}

// nameBlocks gives every block without a block_id one, and every element of it without an action_id, as Slack does.
func nameBlocks(blocks []any) {
	eachBlock(blocks, func(b object) {
		if b["block_id"] == nil {
			b["block_id"] = token(5)
		}
		for _, e := range elementsOf(b) {
			nameElement(e)
		}
	})
}

func nameElement(v any) {
	if e, ok := v.(object); ok && e["type"] != "image" && e["action_id"] == nil {
		e["action_id"] = token(5)
	}
}
