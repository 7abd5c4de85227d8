package slacksim

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// submit sends a modal off. What Slack's client itself refuses, such as a required field left empty, does not reach the app.
func (w *Workspace) submit(ctx context.Context, a *actor) (sight, error) {
	p, t, err := w.prepareSubmit(a)
	if err != nil {
		return sight{}, err
	}
	got, err := w.deliver(ctx, p)
	seen := sight{AckedMS: got.after.Milliseconds(), Response: got.payload}
	if err != nil {
		return seen, err
	}
	next, err := w.obey(a, got.payload)
	if err != nil {
		return seen, err
	}
	seen.ViewID = next
	if got.payload == nil {
		if opened := w.awaitView(a, t); opened != "" {
			seen.ViewID = opened
		}
	}
	return seen, nil
}

func (w *Workspace) prepareSubmit(a *actor) (*parcel, *trigger, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s, err := w.source(a)
	if err != nil {
		return nil, nil, err
	}
	v := s.view
	if v == nil || v.kind != "modal" {
		return nil, nil, cannot("only a modal can be submitted: name its view_id")
	}
	if v.submit == nil && !slices.ContainsFunc(controlsOf(v.blocks), func(c control) bool { return c.input }) {
		return nil, nil, cannot("the modal %q has no submit button", v.id)
	}
	if err := w.fill(v, a.Values); err != nil {
		return nil, nil, err
	}
	t := w.newTrigger(a.person.id, v.origin, v.root)
	o := w.interaction("view_submission", a.person)
	o["trigger_id"], o["view"], o["response_urls"] = t.id, w.viewObject(v), w.responseURLs(v, a)
	w.watch.changed()
	return &parcel{kind: kindInteractive, accepts: true, payload: encode(o)}, t, nil
}

// fill puts values into the inputs of a modal and checks every one of them. Nothing is kept of a form that is refused.
func (w *Workspace) fill(v *view, values map[string]any) error {
	chosen, controls := choices{}, controlsOf(v.blocks)
	for k := range values {
		if !slices.ContainsFunc(controls, func(c control) bool { return c.stateful() && c.id() == k }) {
			return cannot("no_such_control: the modal has no field with the action_id %q", k)
		}
	}
	for block, actions := range v.chosen {
		for action, state := range actions {
			chosen.set(block, action, state)
		}
	}
	for _, c := range controls {
		if !c.stateful() {
			continue
		}
		state, ok := chosen[c.blockID][c.id()]
		if !ok {
			state = c.initial()
		}
		if value, given := values[c.id()]; given {
			next, err := w.choose(c, string(v.id), v.user, value)
			if err != nil {
				return cannot("invalid_value: block %q (%s): %v", c.blockID, c.label, err)
			}
			state = next
		}
		if c.input && !c.optional && c.empty(state) {
			return cannot("required: block %q (%s) must be filled in", c.blockID, c.label)
		}
		chosen.set(c.blockID, c.id(), state)
	}
	v.chosen = chosen
	return nil
}

// responseURLs are filled in for each conversation that was picked in an input with response_url_enabled. The lock is held.
func (w *Workspace) responseURLs(v *view, a *actor) []object {
	all := []object{}
	for _, c := range controlsOf(v.blocks) {
		if enabled, _ := c.element["response_url_enabled"].(bool); !enabled {
			continue
		}
		id, ok := v.chosen[c.blockID][c.id()][slots[c.kind()].field].(string)
		if !ok {
			continue
		}
		all = append(all, object{
			"block_id": c.blockID, "action_id": c.id(), "channel_id": id,
			"response_url": w.newResponseURL(a.base, responseURL{channel: channelID(id), user: a.person.id}),
		})
	}
	return all
}

// obey does what the answer to a submission says: nothing closes the modal, response_action keeps it open with errors, changes it, puts
// another on top or closes them all. It returns the view that the person looks at afterwards.
func (w *Workspace) obey(a *actor, payload json.RawMessage) (viewID, error) {
	var o object
	if payload != nil {
		if err := decode(payload, &o); err != nil {
			return "", cannot("invalid_response: the app's answer to the submission is no object")
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	defer w.watch.changed()
	v := w.views[a.ViewID]
	if v == nil || !v.open {
		return "", nil // the app closed or replaced it in the meantime
	}
	action, given := o["response_action"]
	if !given && len(o) > 0 {
		return "", cannot("invalid_response: the app's answer to the submission has no response_action")
	}
	switch action {
	case nil:
		w.shut(v)
		return w.top(v.root), nil
	case "clear":
		for _, each := range w.stack(v.root) {
			w.shut(each)
		}
		return "", nil
	case "errors":
		return v.id, checkErrors(v, o["errors"])
	case "update", "push":
		return w.answerWith(a, v, action == "push", o["view"])
	}
	return "", cannot("invalid_response: there is no response_action %v", action)
}

// top is the uppermost modal that is left. The lock is held.
func (w *Workspace) top(root viewID) viewID {
	if all := w.stack(root); len(all) > 0 {
		return all[len(all)-1].id
	}
	return ""
}

// checkErrors holds errors against the modal: each names the block of an input.
func checkErrors(v *view, given any) error {
	all, ok := given.(object)
	if !ok || len(all) == 0 {
		return cannot("invalid_response: response_action errors needs errors, by block_id")
	}
	for block, text := range all {
		if !slices.ContainsFunc(controlsOf(v.blocks), func(c control) bool { return c.input && c.blockID == block }) {
			return cannot("invalid_response: errors names %q, which is no input block of this modal", block)
		}
		if s, ok := text.(string); !ok || strings.TrimSpace(s) == "" {
			return cannot("invalid_response: the error of block %q is no text", block)
		}
	}
	return nil
}

// answerWith shows the view that came with an acknowledgement. The lock is held.
func (w *Workspace) answerWith(a *actor, v *view, push bool, sent any) (viewID, error) {
	s, err := readView(sent, "/view", "modal")
	if err == nil {
		err = w.filesShown(s.pictures, "invalid_arguments")
	}
	if err != nil {
		return "", fmt.Errorf("invalid_response: %w", err)
	}
	if !push {
		if err := w.externalFree(s.externalID, v.id); err != nil {
			return "", fmt.Errorf("invalid_response: %w", err)
		}
		v.wear(s)
		v.chosen = v.chosen.within(v.blocks)
		w.startHere(v)
		return v.id, nil
	}
	if len(w.stack(v.root)) >= mostStack {
		return "", fmt.Errorf("invalid_response: %w", refuse("push_limit_reached"))
	}
	next, err := w.newView(a.person.id, s)
	if err != nil {
		return "", fmt.Errorf("invalid_response: %w", err)
	}
	next.root, next.previous, next.origin = v.root, v.id, v.origin
	w.startHere(next)
	return next.id, nil
}

// closeView dismisses a modal. The app hears of it only if it asked to (notify_on_close); clear_on_close takes the whole stack along.
func (w *Workspace) closeView(ctx context.Context, a *actor) (sight, error) {
	w.mu.Lock()
	s, err := w.source(a)
	if err == nil && (s.view == nil || s.view.kind != "modal") {
		err = cannot("only a modal can be closed: name its view_id")
	}
	if err != nil {
		w.mu.Unlock()
		return sight{}, err
	}
	v := s.view
	w.shut(v)
	if v.clear {
		for _, each := range w.stack(v.root) {
			w.shut(each)
		}
	}
	o := w.interaction("view_closed", a.person)
	o["view"], o["is_cleared"] = w.viewObject(v), v.clear
	below, notify := w.top(v.root), v.notify
	w.mu.Unlock()
	w.watch.changed()
	if !notify {
		return sight{ViewID: below}, nil
	}
	seen, err := w.dispatch(ctx, a, &parcel{kind: kindInteractive, payload: encode(o)}, nil)
	seen.ViewID = below
	return seen, err
}
