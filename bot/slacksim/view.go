package slacksim

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

const (
	mostView  = 250_000 // bytes of a view
	mostStack = 3       // modals on top of each other
)

// view is a modal or somebody's App Home. The workspace's lock guards it; its JSON parts are replaced, never changed.
type view struct {
	id         viewID
	user       userID
	kind       string // "modal" or "home"
	callbackID string
	externalID string
	private    string
	title      json.RawMessage
	submit     json.RawMessage
	close      json.RawMessage
	blocks     json.RawMessage
	clear      bool
	notify     bool
	hash       string
	root       viewID
	previous   viewID
	open       bool
	versions   []json.RawMessage // earlier layouts
	chosen     choices
	origin     channelID // where the interaction that opened it took place
}

// spec is a view as an app sends it, checked.
type spec struct {
	kind, callbackID, externalID, private string
	title, submit, close, blocks          json.RawMessage
	clear, notify                         bool
	pictures                              []picture // those that are files of the workspace
}

// readView checks a view and reads it. pointer tells where it stands in what was sent.
func readView(v any, pointer string, kinds ...string) (spec, error) {
	o, ok := v.(object)
	if !ok {
		return spec{}, &failure{code: "invalid_arguments", messages: []string{fmt.Sprintf("[ERROR] must provide an object [json-pointer:%s]", pointer)}}
	}
	if found := checkView(o, pointer, kinds); len(found) > 0 {
		return spec{}, &failure{code: "invalid_arguments", messages: lines(found)}
	}
	if len(encode(o)) > mostView {
		return spec{}, refuse("view_too_large")
	}
	blocks, _ := o["blocks"].([]any)
	nameBlocks(blocks)
	text := func(k string) string { s, _ := o[k].(string); return s }
	flag := func(k string) bool { b, _ := o[k].(bool); return b }
	raw := func(k string) json.RawMessage {
		if o[k] == nil {
			return nil
		}
		return encode(o[k])
	}
	return spec{
		kind: text("type"), callbackID: text("callback_id"), externalID: text("external_id"), private: text("private_metadata"),
		title: raw("title"), submit: raw("submit"), close: raw("close"), blocks: encode(blocks),
		clear: flag("clear_on_close"), notify: flag("notify_on_close"), pictures: picturesOf(blocks, pointer+"/blocks"),
	}, nil
}

// wear gives a view the look that the app sent, and a new hash. The lock is held.
func (v *view) wear(s spec) {
	if v.blocks != nil && string(v.blocks) != string(s.blocks) {
		v.versions = append(v.versions, v.blocks)
		if len(v.versions) > keptVersions {
			v.versions = slices.Clone(v.versions[len(v.versions)-keptVersions:])
		}
	}
	v.kind, v.callbackID, v.externalID, v.private = s.kind, s.callbackID, s.externalID, s.private
	v.title, v.submit, v.close, v.blocks = s.title, s.submit, s.close, s.blocks
	v.clear, v.notify = s.clear, s.notify
	v.hash = fmt.Sprintf("%d.%s", time.Now().Unix(), token(8))
}

func (v *view) layouts() []json.RawMessage {
	all := []json.RawMessage{v.blocks}
	for _, old := range slices.Backward(v.versions) {
		all = append(all, old)
	}
	return all
}

// newView registers a view. The lock is held.
func (w *Workspace) newView(u userID, s spec) (*view, error) {
	if err := w.externalFree(s.externalID, ""); err != nil {
		return nil, err
	}
	v := &view{id: viewID(name("V")), user: u, open: true, chosen: choices{}}
	v.root = v.id
	v.wear(s)
	w.views[v.id] = v
	w.viewOrder = append(w.viewOrder, v.id)
	w.forgetViews()
	return v, nil
}

// externalFree refuses an external_id that another open view has. The lock is held.
func (w *Workspace) externalFree(id string, except viewID) error {
	if id == "" {
		return nil
	}
	for _, v := range w.views {
		if v.externalID == id && v.id != except && v.open {
			return refuse("duplicate_external_id")
		}
	}
	return nil
}

// forgetViews keeps the numbers of closed and of open modals within bounds. The lock is held.
func (w *Workspace) forgetViews() {
	closed, open := 0, 0
	for _, v := range w.views {
		switch {
		case v.kind == "home":
		case v.open:
			open++
		default:
			closed++
		}
	}
	if closed <= keptClosed+keptClosed/4 && open <= keptOpen {
		return
	}
	w.viewOrder = slices.DeleteFunc(w.viewOrder, func(id viewID) bool {
		v := w.views[id]
		switch {
		case v == nil:
			return true
		case v.kind == "home":
			return false
		case v.open && open > keptOpen:
			v.open = false
			open--
			closed++
		case !v.open && closed > keptClosed:
			delete(w.views, id)
			closed--
			return true
		}
		return false
	})
}

// stack lists the open modals that belong together, the lowest first. The lock is held.
func (w *Workspace) stack(root viewID) []*view {
	var all []*view
	for _, id := range w.viewOrder {
		if v := w.views[id]; v != nil && v.root == root && v.open && v.kind == "modal" {
			all = append(all, v)
		}
	}
	return all
}

// shut closes a view. The lock is held.
func (w *Workspace) shut(v *view) {
	v.open = false
	w.forgetViews()
}

// viewObject is a view as the Web API and payloads show it. The lock is held.
func (w *Workspace) viewObject(v *view) object {
	o := object{
		"id": v.id, "team_id": w.team.id, "type": v.kind, "blocks": v.blocks, "private_metadata": v.private, "callback_id": v.callbackID,
		"state": object{"values": w.stateOf(v.blocks, v.chosen)}, "hash": v.hash, "title": orNull(v.title), "clear_on_close": v.clear,
		"notify_on_close": v.notify, "close": orNull(v.close), "submit": orNull(v.submit), "previous_view_id": nil, "root_view_id": v.root,
		"app_id": w.app.id, "external_id": v.externalID, "app_installed_team_id": w.team.id, "bot_id": w.app.botID,
	}
	if v.previous != "" {
		o["previous_view_id"] = v.previous
	}
	if v.kind == "home" {
		o["title"] = object{"type": "plain_text", "text": "View Title", "emoji": true}
	}
	return o
}

func orNull(raw json.RawMessage) any {
	if raw == nil {
		return nil
	}
	return raw
}
