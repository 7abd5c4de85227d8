package slacksim

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// control is one interactive element in a layout.
type control struct {
	blockID  string
	element  object
	input    bool // stands in an input block
	dispatch bool // an input block that reports each change
	optional bool
	label    string
}

func (c control) id() string   { return str(c.element, "action_id") }
func (c control) kind() string { return str(c.element, "type") }

// choices are what somebody chose, by block_id and action_id, in the shape of state.values.
type choices map[string]map[string]object

func (c choices) set(block, action string, state object) {
	if c[block] == nil {
		c[block] = map[string]object{}
	}
	c[block][action] = state
}

func str(o object, field string) string {
	s, _ := o[field].(string)
	return s
}

// controlsOf lists the controls of a layout, those of blocks inside other blocks included.
func controlsOf(blocks json.RawMessage) []control {
	if blocks == nil {
		return nil
	}
	var all []any
	if err := decode(blocks, &all); err != nil {
		return nil // never: the layout was encoded here
	}
	var found []control
	eachBlock(all, func(b object) { found = append(found, controlsIn(b)...) })
	return found
}

// eachBlock visits blocks and the blocks inside them, in their order.
func eachBlock(blocks []any, visit func(object)) {
	for _, v := range blocks {
		b, ok := v.(object)
		if !ok {
			continue
		}
		visit(b)
		switch b["type"] {
		case "carousel":
			inner, _ := b["elements"].([]any)
			eachBlock(inner, visit)
		case "container":
			inner, _ := b["child_blocks"].([]any)
			eachBlock(inner, visit)
		}
	}
}

// elementsOf are what stands in a block and may be used, in its order.
func elementsOf(b object) []any {
	switch b["type"] {
	case "section":
		return []any{b["accessory"]}
	case "input":
		return []any{b["element"]}
	case "actions", "context_actions":
		all, _ := b["elements"].([]any)
		return all
	case "card":
		all, _ := b["actions"].([]any)
		return all
	}
	return nil
}

// controlsIn lists the controls of one block.
func controlsIn(b object) []control {
	at := control{blockID: str(b, "block_id")}
	if b["type"] == "input" {
		at.input = true
		at.dispatch, _ = b["dispatch_action"].(bool)
		at.optional, _ = b["optional"].(bool)
		if l, ok := b["label"].(object); ok {
			at.label = str(l, "text")
		}
	}
	var found []control
	for _, v := range elementsOf(b) {
		if e, ok := v.(object); ok && e["action_id"] != nil {
			at.element = e
			found = append(found, at)
		}
	}
	return found
}

// stateful tells whether an element's choice is part of state.values.
func (c control) stateful() bool {
	switch c.kind() {
	case "button", "overflow", "feedback_buttons", "icon_button", "workflow_button", "image":
		return false
	}
	return true
}

// stateOf is state.values of a layout: what was chosen, and otherwise what the layout starts with.
func (w *Workspace) stateOf(blocks json.RawMessage, chosen choices) choices {
	values := choices{}
	for _, c := range controlsOf(blocks) {
		if !c.stateful() {
			continue
		}
		state, ok := chosen[c.blockID][c.id()]
		if !ok {
			state = c.initial()
		}
		values.set(c.blockID, c.id(), state)
	}
	return values
}

// within are the choices whose controls a layout carries: a choice lives as long as its block_id and action_id do.
func (c choices) within(blocks json.RawMessage) choices {
	kept := choices{}
	if len(c) == 0 {
		return kept
	}
	for _, each := range controlsOf(blocks) {
		if state, ok := c[each.blockID][each.id()]; ok && state["type"] == each.kind() {
			kept.set(each.blockID, each.id(), state)
		}
	}
	return kept
}

// slot names the field that carries an element's choice, in an action as in state.values, and the field that it starts with.
type slot struct{ field, initial string }

var slots = map[string]slot{
	"static_select":              {"selected_option", "initial_option"},
	"external_select":            {"selected_option", "initial_option"},
	"radio_buttons":              {"selected_option", "initial_option"},
	"overflow":                   {"selected_option", ""},
	"multi_static_select":        {"selected_options", "initial_options"},
	"multi_external_select":      {"selected_options", "initial_options"},
	"checkboxes":                 {"selected_options", "initial_options"},
	"users_select":               {"selected_user", "initial_user"},
	"multi_users_select":         {"selected_users", "initial_users"},
	"conversations_select":       {"selected_conversation", "initial_conversation"},
	"multi_conversations_select": {"selected_conversations", "initial_conversations"},
	"channels_select":            {"selected_channel", "initial_channel"},
	"multi_channels_select":      {"selected_channels", "initial_channels"},
	"datepicker":                 {"selected_date", "initial_date"},
	"timepicker":                 {"selected_time", "initial_time"},
	"datetimepicker":             {"selected_date_time", "initial_date_time"},
	"plain_text_input":           {"value", "initial_value"},
	"email_text_input":           {"value", "initial_value"},
	"url_text_input":             {"value", "initial_value"},
	"number_input":               {"value", "initial_value"},
	"rich_text_input":            {"rich_text_value", "initial_value"},
	"file_input":                 {"files", ""},
}

func (c control) many() bool {
	switch slots[c.kind()].field {
	case "selected_options", "selected_users", "selected_conversations", "selected_channels", "files":
		return true
	}
	return false
}

// initial is the state of a control that nobody touched.
func (c control) initial() object {
	s := slots[c.kind()]
	var start any
	if s.initial != "" {
		start = c.element[s.initial]
	}
	if start == nil && c.many() {
		start = []any{}
	}
	return object{"type": c.kind(), s.field: start}
}

// empty tells whether a state holds nothing.
func (c control) empty(state object) bool {
	switch v := state[slots[c.kind()].field].(type) {
	case nil:
		return true
	case string:
		return v == ""
	case []any:
		return len(v) == 0
	}
	return false
}

var errNoOption = errors.New("has no such option")

// choose turns what a person picked into the state of a control. It refuses what the control does not offer to this person.
func (w *Workspace) choose(c control, where string, by userID, value any) (object, error) {
	s, known := slots[c.kind()]
	if !known {
		return nil, fmt.Errorf("a %s takes no value", c.kind())
	}
	picked, err := w.pick(c, where, by, value)
	if err != nil {
		return nil, fmt.Errorf("the %s %q: %w", c.kind(), c.id(), err)
	}
	return object{"type": c.kind(), s.field: picked}, nil
}

func (w *Workspace) pick(c control, where string, by userID, value any) (any, error) {
	if value == nil {
		if c.many() {
			return []any{}, nil
		}
		return nil, nil
	}
	if c.many() {
		return w.pickMany(c, where, by, value)
	}
	switch slots[c.kind()].field {
	case "value", "selected_date", "selected_time", "selected_date_time":
		return c.typed(value)
	case "rich_text_value":
		return typedRichText(value)
	}
	s, ok := value.(string)
	if !ok {
		return nil, errors.New("takes one value as text")
	}
	return w.pickOne(c, where, by, s)
}

func (w *Workspace) pickMany(c control, where string, by userID, value any) (any, error) {
	list, ok := value.([]any)
	if !ok {
		list = []any{value}
	}
	if most, ok := number(c.element["max_selected_items"]); ok && float64(len(list)) > most {
		return nil, fmt.Errorf("takes at most %v choices", most)
	}
	picked := []any{}
	for _, v := range list {
		s, ok := v.(string)
		if !ok {
			return nil, errors.New("takes a list of texts")
		}
		one, err := w.pickOne(c, where, by, s)
		if err != nil {
			return nil, err
		}
		picked = append(picked, one)
	}
	return picked, nil
}

// pickOne finds an option, a person or a conversation. The lock is held.
func (w *Workspace) pickOne(c control, where string, by userID, value string) (any, error) {
	switch slots[c.kind()].field {
	case "selected_user", "selected_users":
		if p := w.person(userID(value)); p == nil || p.deleted {
			return nil, fmt.Errorf("there is no user %q", value)
		}
		return value, nil
	case "selected_conversation", "selected_conversations", "selected_channel", "selected_channels":
		if ch := w.channel(channelID(value)); ch == nil || !w.listedFor(c, ch, by) {
			return nil, fmt.Errorf("there is no conversation %q", value)
		}
		return value, nil
	case "files":
		f, ok := w.uploads.get(value)
		if !ok {
			return nil, fmt.Errorf("there is no file %q", value)
		}
		return w.fileObject(f, ""), nil
	}
	if o := findOption(optionsOf(c.element), value); o != nil {
		return o, nil
	}
	if o, ok := w.offered[where+" "+c.id()][value]; ok {
		return o, nil
	}
	return nil, fmt.Errorf("%w: %q", errNoOption, value)
}

// optionsOf lists the options of an element: plain, in groups, and those that it starts with.
func optionsOf(e object) []object {
	var all []object
	take := func(v any) {
		list, _ := v.([]any)
		for _, o := range list {
			if o, ok := o.(object); ok {
				all = append(all, o)
			}
		}
	}
	take(e["options"])
	take(e["initial_options"])
	groups, _ := e["option_groups"].([]any)
	for _, g := range groups {
		if g, ok := g.(object); ok {
			take(g["options"])
		}
	}
	if o, ok := e["initial_option"].(object); ok {
		all = append(all, o)
	}
	return all
}

func findOption(all []object, value string) object {
	i := slices.IndexFunc(all, func(o object) bool { return o["value"] == value })
	if i < 0 {
		return nil
	}
	return all[i]
}
