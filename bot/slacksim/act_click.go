package slacksim

import (
	"context"
	"encoding/json"
	"fmt"
	"unicode/utf8"
)

// click uses a control of a message or of a view. A click names what the person saw: a control that any earlier layout carried is
// delivered with that layout's value.
func (w *Workspace) click(ctx context.Context, a *actor) (sight, error) {
	if a.ActionID == "" {
		return sight{}, cannot("a click needs action_id")
	}
	p, t, err := w.prepareClick(a)
	if err != nil || p == nil {
		return sight{}, err
	}
	return w.dispatch(ctx, a, p, t)
}

// prepareClick finds the control and makes the payload. The parcel is nil where Slack sends nothing: for an input that does not report.
func (w *Workspace) prepareClick(a *actor) (*parcel, *trigger, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s, err := w.source(a)
	if err != nil {
		return nil, nil, err
	}
	c, state, err := w.findControl(a, s)
	if err != nil {
		return nil, nil, err
	}
	if c.stateful() {
		s.chosen(a.person.id).set(c.blockID, c.id(), state)
		w.watch.changed()
	}
	if c.input && !c.dispatch {
		return nil, nil, nil
	}
	t := w.newTrigger(a.person.id, a.Channel, "")
	url := ""
	if s.view != nil {
		if s.view.kind == "modal" {
			t.root = s.view.root
		}
		t.channel = s.view.origin
	} else {
		to := responseURL{channel: s.channel.id, user: a.person.id, ts: s.stamp()}
		if s.message != nil {
			to.thread = s.message.thread
		} else {
			to.thread = s.ephemeral.thread
		}
		url = w.newResponseURL(a.base, to)
	}
	return &parcel{kind: kindInteractive, payload: encode(w.blockActions(a.person, s, c, state, t, url))}, t, nil
}

// findControl looks through the layouts, the newest first, for the control that the person names. It leaves the layout in the source.
// The lock is held.
func (w *Workspace) findControl(a *actor, s *source) (control, object, error) {
	var last error
	for _, layout := range s.layouts() {
		for _, c := range controlsOf(layout) {
			if c.id() != a.ActionID || (a.BlockID != "" && c.blockID != a.BlockID) {
				continue
			}
			state, err := w.press(c, s.where(), a)
			if err != nil {
				last = err
				continue
			}
			s.layout = layout
			return c, state, nil
		}
	}
	if last == nil {
		last = cannot("no_such_control: no version of it carried a control with the action_id %q", a.ActionID)
	}
	return control{}, nil, last
}

// press is what a control reports when it is used with that value. The lock is held.
func (w *Workspace) press(c control, where string, a *actor) (object, error) {
	switch c.kind() {
	case "button", "icon_button":
		if a.Value != nil && a.Value != str(c.element, "value") {
			return nil, cannot("no_such_control: no version carried a button %q with the value %q", a.ActionID, fmt.Sprint(a.Value))
		}
		return object{"type": c.kind()}, nil
	case "feedback_buttons":
		for _, k := range []string{"positive_button", "negative_button"} {
			if b, ok := c.element[k].(object); ok && b["value"] == a.Value {
				return object{"type": c.kind(), "value": a.Value}, nil
			}
		}
		return nil, cannot("no_such_control: the feedback buttons %q have no value %q", a.ActionID, fmt.Sprint(a.Value))
	case "workflow_button":
		return nil, cannot("a workflow_button runs a workflow: nothing reaches the app")
	}
	if a.Value == nil && !c.stateful() {
		return nil, cannot("name the option of %q in value", a.ActionID)
	}
	state, err := w.choose(c, where, a.person.id, a.Value)
	if err != nil {
		return nil, cannot("no_such_option: %v", err)
	}
	return state, nil
}

// suggest types into an external select and gets the options that the app answers with.
func (w *Workspace) suggest(ctx context.Context, a *actor) (sight, error) {
	w.mu.Lock()
	s, err := w.source(a)
	if err != nil {
		w.mu.Unlock()
		return sight{}, err
	}
	c, err := externalSelect(s, a)
	if err != nil {
		w.mu.Unlock()
		return sight{}, err
	}
	o := w.interaction("block_suggestion", a.person)
	o["action_id"], o["block_id"], o["value"] = c.id(), c.blockID, a.Text
	w.locate(o, a.person, s)
	where := s.where()
	w.mu.Unlock()
	seen, err := w.dispatch(ctx, a, &parcel{kind: kindInteractive, accepts: true, payload: encode(o)}, nil)
	if err != nil {
		return seen, err
	}
	options, err := readOptions(seen.Response)
	if err != nil {
		return seen, err
	}
	w.offer(where+" "+c.id(), options)
	return seen, nil
}

func externalSelect(s *source, a *actor) (control, error) {
	for _, layout := range s.layouts() {
		for _, c := range controlsOf(layout) {
			if c.id() != a.ActionID || (a.BlockID != "" && c.blockID != a.BlockID) || (c.kind() != "external_select" && c.kind() != "multi_external_select") {
				continue
			}
			least, given := number(c.element["min_query_length"])
			if !given {
				least = 3
			}
			if float64(utf8.RuneCountInString(a.Text)) < least {
				return c, cannot("too_short: the select %q asks nobody before %v characters are typed", a.ActionID, least)
			}
			s.layout = layout
			return c, nil
		}
	}
	return control{}, cannot("no_such_control: no version of it carried an external select with the action_id %q", a.ActionID)
}

// readOptions checks what the app answered to a suggestion.
func readOptions(answer json.RawMessage) ([]object, error) {
	var o object
	if answer == nil || decode(answer, &o) != nil {
		return nil, cannot("invalid_options: the app answered no object with options")
	}
	if found := checkOptions(o); len(found) > 0 {
		return nil, &failure{code: "invalid_options", messages: lines(found)}
	}
	return optionsOf(o), nil
}

// offer remembers the options that a select was given, so that one of them can be chosen.
func (w *Workspace) offer(key string, options []object) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.offered) >= keptOpen {
		clear(w.offered)
	}
	if w.offered[key] == nil || len(w.offered[key]) > keptOpen {
		w.offered[key] = map[string]object{}
	}
	for _, o := range options {
		w.offered[key][str(o, "value")] = o
	}
}
