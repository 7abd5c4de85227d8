package slacksim

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// tokenKind tells which token a method takes.
type tokenKind int

const (
	botToken tokenKind = iota
	appToken
	noToken
)

// method is one method of the Web API: how often it may be called, with which token and scope, and what it does.
type method struct {
	name   string
	tier   tier
	token  tokenKind
	scope  string // empty: none, or the method asks for one that depends on its arguments
	handle func(*Workspace, *call) (object, error)
}

// call is one call under way.
type call struct {
	arguments
	method  *method
	host    string // as the client addressed the workspace
	secure  bool
	arrived time.Time
}

// methods are all that the workspace offers. chat.postMessage has a budget for each channel besides the workspace's.
var methods = sync.OnceValue(func() []*method {
	return slices.Concat(authMethods(), chatMethods(), conversationMethods(), peopleMethods(), viewMethods(), reactionMethods(), fileMethods())
})

func methodNamed(name string) *method {
	all := methods()
	i := slices.IndexFunc(all, func(m *method) bool { return m.name == name })
	if i < 0 {
		return nil
	}
	return all[i]
}

// api answers one call of the Web API.
func (w *Workspace) api(rw http.ResponseWriter, r *http.Request) {
	c := &call{method: methodNamed(r.PathValue("method")), host: r.Host, secure: r.TLS != nil, arrived: time.Now()}
	a, secret, err := readArguments(r)
	c.arguments = a
	note := record{At: c.arrived.UTC(), Method: r.PathValue("method"), Args: a.record()}
	trouble := w.faults.next(note.Method)
	if trouble != nil && trouble.Do == "delay" {
		w.pause(r.Context(), time.Duration(trouble.DelayMS)*time.Millisecond)
	}
	if trouble != nil && trouble.Do != "delay" && trouble.Do != "apply_then_drop" {
		note.Error = "fault: " + trouble.Do
		w.calls.add(note)
		trouble.answer(rw)
		return
	}
	out := object{}
	if err == nil {
		if h := r.Header.Get("Authorization"); h != "" {
			secret = strings.TrimSpace(strings.TrimPrefix(h, "Bearer "))
		}
		out, err = w.perform(rw, c, secret)
	}
	status := http.StatusOK
	if err != nil {
		out, status = w.refusal(rw, err)
		note.Error = out["error"].(string)
	} else {
		out["ok"], note.OK = true, true
	}
	w.calls.add(note)
	if trouble != nil && trouble.Do == "apply_then_drop" {
		hangUp(rw)
		return
	}
	answer(rw, status, out)
}

// perform checks the token, the budget and the scope, in this order, and does what was asked.
func (w *Workspace) perform(rw http.ResponseWriter, c *call, secret string) (object, error) {
	if c.method == nil {
		return nil, refuse("unknown_method")
	}
	if err := w.authorise(rw, c, secret); err != nil {
		return nil, err
	}
	if c.method.tier > 0 {
		if wait := w.limits.take(c.method.name, c.method.tier); wait > 0 {
			return nil, &overRate{wait}
		}
	}
	if c.method.scope != "" && !w.scopes[c.method.scope] {
		return nil, w.missingScope(c.method.scope)
	}
	out, err := c.method.handle(w, c)
	if err != nil {
		return nil, err
	}
	if out == nil {
		out = object{}
	}
	return out, nil
}

// authorise checks that the token is one of ours and of the kind that the method takes.
func (w *Workspace) authorise(rw http.ResponseWriter, c *call, secret string) error {
	switch {
	case c.method.token == noToken:
		return nil
	case secret == "":
		return refuse("not_authed")
	case secret == w.secrets.bot:
		rw.Header().Set("X-OAuth-Scopes", w.provided())
		rw.Header().Set("X-Accepted-OAuth-Scopes", c.method.scope)
		if c.method.token == appToken {
			return refuse("not_allowed_token_type")
		}
	case secret == w.secrets.app:
		rw.Header().Set("X-OAuth-Scopes", "connections:write")
		if c.method.token == botToken {
			return refuse("not_allowed_token_type")
		}
	default:
		return refuse("invalid_auth")
	}
	return nil
}

// overRate refuses a call that came too soon.
type overRate struct{ wait time.Duration }

func (o *overRate) Error() string { return "ratelimited" }

func (w *Workspace) refusal(rw http.ResponseWriter, err error) (object, int) {
	if over, ok := errors.AsType[*overRate](err); ok {
		rw.Header().Set("Retry-After", strconv.Itoa(seconds(over.wait)))
		return object{"ok": false, "error": "ratelimited"}, http.StatusTooManyRequests
	}
	if f, ok := errors.AsType[*failure](err); ok {
		return f.fields(), http.StatusOK
	}
	if errors.Is(err, errTooLarge) {
		return object{"ok": false, "error": "request_too_large"}, http.StatusRequestEntityTooLarge
	}
	w.log.Error("could not answer a call", "error", err)
	return object{"ok": false, "error": "internal_error"}, http.StatusInternalServerError
}
