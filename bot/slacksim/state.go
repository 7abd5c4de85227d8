package slacksim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
)

// shownMessage is a message as /sim/state shows it.
type shownMessage struct {
	TS         stamp           `json:"ts"`
	Thread     stamp           `json:"thread_ts,omitempty"`
	User       userID          `json:"user"`
	Username   string          `json:"username,omitempty"`
	Text       string          `json:"text"`
	Blocks     json.RawMessage `json:"blocks"`
	Attached   json.RawMessage `json:"attachments,omitempty"`
	Metadata   json.RawMessage `json:"metadata"`
	Edited     *edit           `json:"edited"`
	Reactions  []reaction      `json:"reactions"`
	ReplyCount int             `json:"reply_count,omitempty"`
	Broadcast  bool            `json:"reply_broadcast,omitempty"`
	Deleted    bool            `json:"deleted,omitempty"`
	Files      []object        `json:"files,omitempty"`
}

type shownChannel struct {
	ID       channelID      `json:"id"`
	Name     string         `json:"name"`
	IsIM     bool           `json:"is_im"`
	Private  bool           `json:"is_private"`
	User     userID         `json:"user,omitempty"`
	Archived bool           `json:"is_archived"`
	Members  []userID       `json:"members"`
	Messages []shownMessage `json:"messages"`
}

type shownEphemeral struct {
	TS      stamp           `json:"ts"`
	Thread  stamp           `json:"thread_ts,omitempty"`
	User    userID          `json:"user"`
	Channel channelID       `json:"channel"`
	Text    string          `json:"text"`
	Blocks  json.RawMessage `json:"blocks"`
}

type shownView struct {
	ID         viewID          `json:"view_id"`
	User       userID          `json:"user"`
	Type       string          `json:"type"`
	CallbackID string          `json:"callback_id"`
	Title      json.RawMessage `json:"title"`
	Submit     json.RawMessage `json:"submit"`
	Close      json.RawMessage `json:"close"`
	Blocks     json.RawMessage `json:"blocks"`
	Private    string          `json:"private_metadata"`
	External   string          `json:"external_id"`
	Hash       string          `json:"hash"`
	Previous   viewID          `json:"previous_view_id"`
	Root       viewID          `json:"root_view_id"`
	State      object          `json:"state"`
	Open       bool            `json:"open"`
}

var noBlocks = json.RawMessage("[]")

func blocksOf(raw json.RawMessage) json.RawMessage {
	if raw == nil {
		return noBlocks
	}
	return raw
}

// state answers GET /sim/state.
func (w *Workspace) state(rw http.ResponseWriter, _ *http.Request) {
	w.mu.Lock()
	channels, ephemerals, views := w.showChannels(), w.showEphemerals(), w.showViews()
	users, groups := w.showPeople(), w.showGroups()
	w.mu.Unlock()
	version, _ := w.watch.now()
	answer(rw, http.StatusOK, object{
		"channels": channels, "ephemerals": ephemerals, "views": views, "users": users, "usergroups": groups, "version": version, "socket": w.hub.count(),
	})
}

func (w *Workspace) showChannels() []shownChannel {
	all := make([]shownChannel, 0, len(w.channels))
	for _, c := range w.channels {
		s := shownChannel{ID: c.id, Name: c.name, IsIM: c.im, Private: c.private, User: c.partner, Archived: c.archived, Members: slices.Clone(c.members)}
		s.Messages = make([]shownMessage, 0, len(c.messages))
		for _, m := range c.messages {
			reactions := m.reactions
			if reactions == nil {
				reactions = []reaction{}
			}
			s.Messages = append(s.Messages, shownMessage{
				TS: m.ts, Thread: m.thread, User: m.author, Username: m.username, Text: m.text, Blocks: blocksOf(m.blocks), Attached: m.attachments,
				Metadata: m.metadata, Edited: m.edited, Reactions: reactions, ReplyCount: len(m.replies), Broadcast: m.broadcast,
				Deleted: m.tombstone, Files: m.files,
			})
		}
		all = append(all, s)
	}
	return all
}

func (w *Workspace) showEphemerals() []shownEphemeral {
	all := make([]shownEphemeral, 0, len(w.ephemerals))
	for _, e := range w.ephemerals {
		all = append(all, shownEphemeral{
			TS: e.ts, Thread: e.thread, User: e.user, Channel: e.channel, Text: e.message.text, Blocks: blocksOf(e.message.blocks),
		})
	}
	return all
}

func (w *Workspace) showViews() []shownView {
	all := make([]shownView, 0, len(w.viewOrder))
	for _, id := range w.viewOrder {
		v := w.views[id]
		if v == nil {
			continue
		}
		s := shownView{
			ID: v.id, User: v.user, Type: v.kind, CallbackID: v.callbackID, Title: v.title, Submit: v.submit, Close: v.close,
			Blocks: blocksOf(v.blocks), Private: v.private, External: v.externalID, Hash: v.hash, Previous: v.previous, Root: v.root, Open: v.open,
		}
		if v.open {
			s.State = object{"values": w.stateOf(v.blocks, v.chosen)}
		}
		all = append(all, s)
	}
	return all
}

// shownPerson is somebody as /sim/state shows them: the part they play, and what their account may do now.
type shownPerson struct {
	Person
	Handle     string `json:"handle"`
	TZ         string `json:"tz"`
	Locale     string `json:"locale"`
	Admin      bool   `json:"is_admin"`
	Restricted bool   `json:"is_restricted"`
	Single     bool   `json:"is_ultra_restricted"`
	Stranger   bool   `json:"is_stranger"`
	Deleted    bool   `json:"deleted"`
}

type shownGroup struct {
	ID       groupID  `json:"id"`
	Handle   string   `json:"handle"`
	Name     string   `json:"name"`
	Users    []userID `json:"users"`
	Disabled bool     `json:"disabled"`
}

func (w *Workspace) showPeople() []shownPerson {
	all := []shownPerson{}
	for _, p := range w.people {
		if p.role != roleBot {
			all = append(all, shownPerson{
				Person: Person{ID: string(p.id), Name: p.name, Role: string(p.role)}, Handle: p.handle, TZ: p.tz, Locale: p.locale,
				Admin: p.admin, Restricted: p.restricted, Single: p.single, Stranger: p.stranger, Deleted: p.deleted,
			})
		}
	}
	return all
}

func (w *Workspace) showGroups() []shownGroup {
	all := []shownGroup{}
	for _, g := range w.groups {
		all = append(all, shownGroup{ID: g.id, Handle: g.handle, Name: g.name, Users: slices.Clone(g.members), Disabled: g.disabled})
	}
	return all
}

// workspace answers GET /sim/workspace: what the page needs to know of the workspace as such.
func (w *Workspace) workspace(rw http.ResponseWriter, _ *http.Request) {
	w.mu.Lock()
	o := object{
		"team":    object{"id": w.team.id, "name": w.team.name},
		"bot":     object{"id": w.app.botID, "user_id": w.app.user, "name": w.app.display},
		"channel": w.channels[0].id, "users": w.showPeople(), "usergroups": w.showGroups(), "commands": w.options.Commands,
	}
	w.mu.Unlock()
	o["shortcuts"], o["links"] = w.options.Shortcuts, w.options.Links
	if w.options.Shortcuts == nil {
		o["shortcuts"] = []Shortcut{}
	}
	if w.options.Links == nil {
		o["links"] = []Link{}
	}
	answer(rw, http.StatusOK, o)
}

// listCalls answers GET /sim/calls.
func (w *Workspace) listCalls(rw http.ResponseWriter, r *http.Request) {
	n := 0
	if s := r.URL.Query().Get("since"); s != "" {
		var err error
		if n, err = strconv.Atoi(s); err != nil || n < 0 {
			answer(rw, http.StatusBadRequest, object{"error": "since must be a number: the n of the last call that you have seen"})
			return
		}
	}
	all, err := w.calls.since(n)
	if err != nil {
		answer(rw, http.StatusInternalServerError, object{"error": err.Error()})
		return
	}
	answer(rw, http.StatusOK, all)
}

// orderFault answers POST /sim/faults.
func (w *Workspace) orderFault(rw http.ResponseWriter, r *http.Request) {
	body, err := readBody(r.Body, mostRequest)
	var f fault
	if err == nil {
		err = decode(body, &f)
	}
	if err == nil {
		err = f.check()
	}
	if err != nil {
		answer(rw, http.StatusBadRequest, object{"ok": false, "error": err.Error()})
		return
	}
	w.faults.order(f)
	if f.Socket == "disconnect" || f.Socket == "silence" {
		w.hub.misbehaveNow()
	}
	answer(rw, http.StatusOK, object{"ok": true, "faults": w.faults.list()})
}

// noteDroppedAck records an acknowledgement that was too large among the calls, since Slack itself says nothing of it.
func (w *Workspace) noteDroppedAck(envelope string, size int) {
	w.calls.add(record{
		At: now(), Method: "socket.acknowledge", Args: object{"envelope_id": envelope, "bytes": size},
		Error: fmt.Sprintf("dropped without a word: an acknowledgement of %d bytes or more never arrives", mostAck),
	})
}
