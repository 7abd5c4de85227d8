package slacksim

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
)

// rule is one row of the table that layouts are held against: what it applies to, which field it speaks of (none: the thing as a whole),
// whether the field has to be there, and what is checked. A field that no row names is refused, as Slack refuses it.
type rule struct {
	on    string // "block section", "element button", "text mrkdwn", "object option", "view modal", …
	field string
	must  bool
	check check
}

// name identifies a row, for instance "block header: text".
func (r rule) name() string {
	if r.field == "" {
		return r.on
	}
	return r.on + ": " + r.field
}

// check looks at a value at a place and complains to the checker.
type check func(ck *checker, v any, at string)

// complaint is one fault, with the JSON pointer to it.
type complaint struct{ message, pointer string }

func (c complaint) line() string {
	return fmt.Sprintf("[ERROR] %s [json-pointer:%s]", c.message, c.pointer)
}

func lines(all []complaint) []string {
	out := make([]string, 0, len(all))
	for _, c := range all {
		out = append(out, c.line())
	}
	return out
}

// mostComplaints is how many faults of one payload are told.
const mostComplaints = 20

// checker walks a payload. What counts over the whole of it, such as block_ids, is kept here.
type checker struct {
	rows     map[string][]rule // of each kind
	surface  string            // "message", "modal" or "home"
	found    []complaint
	blockIDs map[string]string // where each was seen first
	tables   int
	markdown int
	focused  int
}

func newChecker(surface string) *checker {
	return &checker{rows: ruleIndex(), surface: surface, blockIDs: map[string]string{}}
}

// complain notes a fault, once.
func (ck *checker) complain(at, format string, a ...any) {
	c := complaint{fmt.Sprintf(format, a...), at}
	if len(ck.found) < mostComplaints && !slices.Contains(ck.found, c) {
		ck.found = append(ck.found, c)
	}
}

// pointer leads from a place to an item of one of its fields.
func pointer(at, field string, i int) string { return fmt.Sprintf("%s/%s/%d", at, field, i) }

// rules is the table: every limit and every field that the workspace knows of.
var rules = slices.Concat(textRules, objectRules, elementRules, inputRules, blockRules, layoutRules, viewRules)

// ruleIndex finds the rows of a kind.
var ruleIndex = sync.OnceValue(func() map[string][]rule {
	by := map[string][]rule{}
	for _, r := range rules {
		by[r.on] = append(by[r.on], r)
	}
	return by
})

// node holds one object against the rows of its kind.
func (ck *checker) node(kind string, v any, at string) {
	o, ok := v.(object)
	if !ok {
		ck.complain(at, "must provide an object")
		return
	}
	rows := ck.rows[kind]
	known := map[string]bool{"type": !strings.HasPrefix(kind, "object ")}
	for _, r := range rows {
		known[r.field] = true
	}
	for _, k := range slices.Sorted(maps.Keys(o)) {
		if !known[k] {
			ck.complain(at, "invalid additional property: %s", k)
		}
	}
	for _, r := range rows {
		switch value := o[r.field]; {
		case r.field == "":
			r.check(ck, o, at)
		case value != nil:
			r.check(ck, value, at+"/"+r.field)
		case r.must:
			ck.complain(at, "missing required field: %s", r.field)
		}
	}
}

// typed holds an object against the rows of its type, which has to be one of those named.
func (ck *checker) typed(family string, v any, at string, allowed ...string) {
	o, ok := v.(object)
	if !ok {
		ck.complain(at, "must provide an object")
		return
	}
	kind, ok := o["type"].(string)
	switch {
	case o["type"] == nil:
		ck.complain(at, "missing required field: type")
	case !ok:
		ck.complain(at+"/type", "must be a string")
	case !slices.Contains(allowed, kind):
		ck.complain(at+"/type", "unsupported type: %s", cut(kind, 60))
	default:
		ck.node(family+" "+kind, o, at)
	}
}

// checkMessage holds the blocks of a message against the table.
func checkMessage(blocks []any) []complaint {
	ck := newChecker("message")
	ck.blocks(blocks, "/blocks", 50)
	return ck.found
}

// checkAttached does the same for the blocks of an attachment.
func checkAttached(blocks []any, i int) []complaint {
	ck := newChecker("message")
	ck.blocks(blocks, fmt.Sprintf("/attachments/%d/blocks", i), 50)
	return ck.found
}

// checkView holds a view against the table. kinds are the types that may stand there.
func checkView(v object, pointer string, kinds []string) []complaint {
	ck := newChecker(str(v, "type"))
	ck.typed("view", v, pointer, kinds...)
	return ck.found
}

// checkOptions holds the answer to a suggestion against the table.
func checkOptions(v object) []complaint {
	ck := newChecker("modal")
	ck.node("object suggestion", v, "")
	return ck.found
}

func (ck *checker) blocks(v any, at string, most int) {
	list(0, most, within(surfaces[ck.surface]...))(ck, v, at)
	if ck.tables > 1 {
		ck.complain(at, "no more than 1 table block allowed")
	}
	if ck.markdown > mostMarkdown {
		ck.complain(at, "markdown blocks must be less than %d characters in sum", mostMarkdown+1)
	}
	if ck.focused > 1 {
		ck.complain(at, "only one element may have focus_on_load")
	}
}

// surfaces tells which blocks stand where; layoutRules says why the newer ones stand where they do. Blocks that need a link of the app's
// own (video, call, file), or a streamed message (task_card, plan), are refused.
var surfaces = map[string][]string{
	"message": {
		"section", "divider", "image", "actions", "context", "context_actions", "input", "header", "rich_text", "markdown", "table",
		"card", "carousel", "container", "data_table",
	},
	"modal": {"section", "divider", "image", "actions", "context", "input", "header", "rich_text", "alert"},
	"home":  {"section", "divider", "image", "actions", "context", "input", "header", "rich_text"},
}

// block holds a block against its rows, and against what counts over the whole payload; blocks inside others count too.
func (ck *checker) block(v any, at string, allowed []string) {
	ck.typed("block", v, at, allowed...)
	o, ok := v.(object)
	if !ok {
		return
	}
	switch o["type"] {
	case "table":
		ck.tables++
	case "markdown":
		ck.markdown += runes(str(o, "text"))
	}
	if id, ok := o["block_id"].(string); ok {
		if first, taken := ck.blockIDs[id]; taken {
			ck.complain(at+"/block_id", "block_id %q is used twice, first at %s", cut(id, 60), first)
		}
		ck.blockIDs[id] = at
	}
	ck.actionIDs(o, at)
}

// actionIDs have to be unique within a block.
func (ck *checker) actionIDs(block object, at string) {
	seen := map[string]bool{}
	for _, field := range []string{"elements", "actions"} {
		elements, _ := block[field].([]any)
		for i, e := range elements {
			e, ok := e.(object)
			if !ok || e["action_id"] == nil {
				continue
			}
			id := str(e, "action_id")
			if seen[id] {
				ck.complain(pointer(at, field, i)+"/action_id", "action_id %q is used twice in one block", cut(id, 60))
			}
			seen[id] = true
		}
	}
}
