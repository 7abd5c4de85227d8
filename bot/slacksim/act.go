package slacksim

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// openTime is how long an act waits by itself for the modal that it may have opened.
const openTime = 500 * time.Millisecond

// userAct is what a person does, as POST /sim/act takes it.
type userAct struct {
	User       userID         `json:"user"`
	Do         string         `json:"do"`
	Channel    channelID      `json:"channel"`
	TS         stamp          `json:"ts"`
	ThreadTS   stamp          `json:"thread_ts"`
	ViewID     viewID         `json:"view_id"`
	BlockID    string         `json:"block_id"` // where several controls of one action_id stand side by side
	ActionID   string         `json:"action_id"`
	Value      any            `json:"value"`
	Values     map[string]any `json:"values"`
	Command    string         `json:"command"`
	CallbackID string         `json:"callback_id"`
	Text       string         `json:"text"`
	Tab        string         `json:"tab"` // of the App Home: "home", or "messages" where the bot is written to
	Reaction   string         `json:"reaction"`
	Member     userID         `json:"member"` // whom "invite" and "kick" mean; not given: the bot
	WaitMS     *int           `json:"wait_ms"`
}

// sight is what that person saw of it.
type sight struct {
	OK       bool            `json:"ok"`
	Error    string          `json:"error,omitempty"`
	AckedMS  int64           `json:"acked_ms"`
	Response json.RawMessage `json:"response"`          // the acknowledgement's payload, null without one
	ViewID   viewID          `json:"view_id,omitempty"` // of the view that they look at now, where one opened
	TS       stamp           `json:"ts,omitempty"`      // of the message that they posted
}

// notPossible is an act that Slack's own client would not let this person do; nothing reaches the app.
type notPossible struct{ reason string }

func (n *notPossible) Error() string { return n.reason }

func cannot(format string, a ...any) error { return &notPossible{fmt.Sprintf(format, a...)} }

// errNotVisible is what somebody gets who asks for a channel that they cannot see.
var errNotVisible = cannot("channel_not_found")

// userActs are all that a person can do.
var userActs = map[string]func(*Workspace, context.Context, *actor) (sight, error){
	"click":    (*Workspace).click,
	"command":  (*Workspace).command,
	"submit":   (*Workspace).submit,
	"close":    (*Workspace).closeView,
	"post":     (*Workspace).postAs,
	"home":     (*Workspace).openHome,
	"shortcut": (*Workspace).shortcut,
	"suggest":  (*Workspace).suggest,
	"react":    (*Workspace).react,
	"archive":  (*Workspace).archive, "unarchive": (*Workspace).archive,
	"invite": (*Workspace).invite, "kick": (*Workspace).invite,
}

// actor is a person at work.
type actor struct {
	userAct
	person *person
	base   string // the workspace's address, for response_url
}

// act answers POST /sim/act.
func (w *Workspace) act(rw http.ResponseWriter, r *http.Request) {
	body, err := readBody(r.Body, mostRequest)
	if err != nil {
		answer(rw, http.StatusRequestEntityTooLarge, sight{Error: err.Error()})
		return
	}
	a := &actor{base: (&call{host: r.Host, secure: r.TLS != nil}).base("http")}
	if err := decode(body, &a.userAct); err != nil {
		answer(rw, http.StatusBadRequest, sight{Error: "an act is a JSON object with user and do: " + err.Error()})
		return
	}
	do, known := userActs[a.Do]
	if !known {
		answer(rw, http.StatusBadRequest, sight{Error: fmt.Sprintf("nobody can %q: do is click, command, submit, close, post, home, shortcut or suggest", a.Do)})
		return
	}
	w.mu.Lock()
	a.person = w.person(a.User)
	w.mu.Unlock()
	if a.person == nil || a.person.role == roleBot {
		answer(rw, http.StatusBadRequest, sight{Error: fmt.Sprintf("user_not_found: nobody here is %q", a.User)})
		return
	}
	if gone := w.gone(a.person); gone != nil {
		answer(rw, http.StatusOK, sight{Error: gone.Error()})
		return
	}
	// A click that was made is made: it goes its way even if whoever ordered it hangs up.
	seen, err := do(w, context.WithoutCancel(r.Context()), a)
	if err != nil {
		seen.OK, seen.Error = false, errorWord(err)
	} else {
		seen.OK = true
	}
	answer(rw, http.StatusOK, seen)
}

// gone refuses what a deactivated account does: whoever has it is signed out.
func (w *Workspace) gone(p *person) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if p.deleted {
		return cannot("account_inactive: the account of %s was deactivated", p.name)
	}
	return nil
}

// errorWord is the error that a person sees of an act that failed.
func errorWord(err error) string {
	if errors.Is(err, errNotAcknowledged) {
		return errNotAcknowledged.Error()
	}
	if f, ok := errors.AsType[*httpFailure](err); ok {
		return "dispatch_failed: " + f.Error()
	}
	return err.Error()
}

// dispatch delivers an interaction and, where it can open a modal, waits for one.
func (w *Workspace) dispatch(ctx context.Context, a *actor, p *parcel, t *trigger) (sight, error) {
	got, err := w.deliver(ctx, p)
	seen := sight{AckedMS: got.after.Milliseconds(), Response: got.payload}
	if err != nil {
		return seen, err
	}
	if t != nil {
		seen.ViewID = w.awaitView(a, t)
	}
	return seen, nil
}

// awaitView waits until the trigger opened a modal, or for wait_ms after the acknowledgement.
func (w *Workspace) awaitView(a *actor, t *trigger) viewID {
	wait := openTime
	if a.WaitMS != nil {
		wait = time.Duration(min(max(*a.WaitMS, 0), 60_000)) * time.Millisecond
	}
	if wait == 0 {
		select {
		case id := <-t.opened:
			return id
		default:
			return ""
		}
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case id := <-t.opened:
		return id
	case <-timer.C:
	case <-w.ctx.Done():
	}
	return ""
}

// source finds where a control or a message is that this person names. The lock is held.
func (w *Workspace) source(a *actor) (*source, error) {
	if a.ViewID != "" {
		v := w.views[a.ViewID]
		if v == nil || v.user != a.person.id {
			return nil, cannot("view_not_found: %s does not look at a view %q", a.person.name, a.ViewID)
		}
		if !v.open {
			return nil, cannot("view_closed: the view %q is closed", a.ViewID)
		}
		return &source{view: v}, nil
	}
	ch := w.visible(a.Channel, a.person.id)
	if ch == nil {
		return nil, errNotVisible
	}
	if e := w.ephemeralAt(ch.id, a.person.id, a.TS); e != nil {
		return &source{channel: ch, ephemeral: e}, nil
	}
	m := ch.find(a.TS)
	if m == nil || m.tombstone {
		return nil, cannot("message_not_found: there is no message %q in %s", a.TS, ch.id)
	}
	return &source{channel: ch, message: m}, nil
}

func (s *source) layouts() []json.RawMessage {
	switch {
	case s.view != nil:
		return s.view.layouts()
	case s.ephemeral != nil:
		return s.ephemeral.message.layouts()
	}
	return s.message.layouts()
}
