package slacksim

import (
	"errors"
	"net/http"
	"slices"
	"time"
)

// A response_url takes five uses within thirty minutes.
const (
	responseUses = 5
	responseTime = 30 * time.Minute
)

// responseURL is one address that an app may answer an interaction at.
type responseURL struct {
	channel channelID
	user    userID
	ts      stamp // of the message that was clicked; empty: a command's
	thread  stamp
	born    time.Time
	uses    int
}

// newResponseURL makes an address for an interaction. The lock is held.
func (w *Workspace) newResponseURL(base string, to responseURL) string {
	to.born = time.Now()
	key := w.team.id + "/" + digits(13) + "/" + token(24)
	w.urls.put(key, &to)
	return base + "/response/" + key
}

// respond answers POST /response/…: Slack's documentation is silent on the status of refusals; 404 is used for an address that is used up
// and 400 for content that is refused.
func (w *Workspace) respond(rw http.ResponseWriter, r *http.Request) {
	a, _, err := readArguments(r)
	note := record{At: now(), Method: "response_url", Args: a.record()}
	f := w.faults.next("response_url")
	if f != nil && f.Do == "delay" {
		w.pause(r.Context(), time.Duration(f.DelayMS)*time.Millisecond)
		f = nil
	}
	if f != nil && f.Do != "apply_then_drop" {
		note.Error = "fault: " + f.Do
		w.calls.add(note)
		f.answer(rw)
		return
	}
	if err == nil {
		err = w.answerAt(r.PathValue("key"), a)
	}
	refusal, status := responseRefusal(err)
	if note.OK = refusal == nil; !note.OK {
		note.Error = refusal.code
	}
	w.calls.add(note)
	switch {
	case f != nil:
		hangUp(rw)
	case refusal != nil:
		answer(rw, status, refusal.fields())
	default:
		rw.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = rw.Write([]byte("ok")) // a peer that went away has no use for an error
	}
}

func responseRefusal(err error) (*failure, int) {
	if err == nil {
		return nil, http.StatusOK
	}
	f, ok := errors.AsType[*failure](err)
	if !ok {
		f = &failure{code: "invalid_payload"}
	}
	switch f.code {
	case "used_url", "expired_url", "no_such_url":
		return f, http.StatusNotFound
	}
	return f, http.StatusBadRequest
}

// answerAt carries out what was sent to a response_url.
func (w *Workspace) answerAt(key string, a arguments) error {
	w.mu.Lock()
	u, ok := w.urls.get(key)
	switch {
	case !ok:
		w.mu.Unlock()
		return refuse("no_such_url")
	case time.Since(u.born) > responseTime:
		w.mu.Unlock()
		return refuse("expired_url")
	case u.uses >= responseUses:
		w.mu.Unlock()
		return refuse("used_url")
	}
	u.uses++
	to := *u
	w.mu.Unlock()
	if a.flag("delete_original") {
		return w.deleteOriginal(to, a)
	}
	if kind := a.text("response_type"); kind != "" && kind != "ephemeral" && kind != "in_channel" {
		return invalidArgument("response_type", "must be ephemeral or in_channel")
	}
	body, err := readContent(a)
	if err != nil {
		return err
	}
	if body.empty() {
		return refuse("no_text")
	}
	body.text = cut(body.text, mostText)
	if err := w.fetch(body.pictures); err != nil {
		return err
	}
	return w.respondWith(to, a, body)
}

func (w *Workspace) respondWith(to responseURL, a arguments, body content) error {
	switch {
	case a.flag("replace_original"):
		return w.replaceOriginal(to, body)
	case a.text("response_type") == "in_channel":
		return w.respondInChannel(to, a, body)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.whisper(to.channel, to.user, body, to.thread)
	return nil
}

// respondInChannel posts for everybody; a thread has to be named. An address reaches its channel whether the bot is a member or not.
func (w *Workspace) respondInChannel(to responseURL, a arguments, body content) error {
	w.mu.Lock()
	ch := w.channel(to.channel)
	if ch == nil || ch.archived {
		w.mu.Unlock()
		return refuse("is_archived")
	}
	thread, err := ch.threadFor(a)
	if err != nil {
		w.mu.Unlock()
		return err
	}
	m := w.say(ch, w.app.user, body, thread)
	w.mu.Unlock()
	w.announce(ch, m)
	return nil
}

// replaceOriginal changes the message that was clicked. What only they saw stays seen by them alone; a command has no message to replace.
func (w *Workspace) replaceOriginal(to responseURL, body content) error {
	w.mu.Lock()
	if e := w.ephemeralAt(to.channel, to.user, to.ts); e != nil {
		defer w.mu.Unlock()
		e.message.show(body.text, body.blocks, body.attachments)
		w.watch.changed()
		return nil
	}
	ch, m := w.original(to)
	if m == nil {
		w.mu.Unlock()
		return &failure{code: "invalid_arguments", messages: []string{"[ERROR] there is no original message to replace [json-pointer:/replace_original]"}}
	}
	before := w.messageObject(ch, m, false)
	w.rewrite(m, body)
	after := w.messageObject(ch, m, true)
	w.mu.Unlock()
	w.announceChange(ch, before, after)
	return nil
}

// original returns the app's own message that was clicked, and its channel; nil if there is none. The caller holds the lock.
func (w *Workspace) original(to responseURL) (*channel, *message) {
	ch := w.channel(to.channel)
	if ch == nil || to.ts == "" {
		return nil, nil
	}
	m := ch.find(to.ts)
	if m == nil || m.author != w.app.user {
		return nil, nil
	}
	return ch, m
}

// deleteOriginal removes the message that was clicked; it has to be asked for alone.
func (w *Workspace) deleteOriginal(to responseURL, a arguments) error {
	if a.has("text") || a.has("blocks") || a.has("attachments") || a.flag("replace_original") {
		return invalidArgument("delete_original", "must stand alone")
	}
	w.mu.Lock()
	if e := w.ephemeralAt(to.channel, to.user, to.ts); e != nil {
		defer w.mu.Unlock()
		w.ephemerals = slices.DeleteFunc(w.ephemerals, func(o *ephemeral) bool { return o == e })
		w.watch.changed()
		return nil
	}
	ch, m := w.original(to)
	if m == nil {
		w.mu.Unlock()
		return invalidArgument("delete_original", "there is no original message to delete")
	}
	before, ts := w.messageObject(ch, m, false), m.ts
	ch.remove(m)
	w.mu.Unlock()
	w.announceRemoval(ch, before, ts)
	return nil
}

// ephemeralAt finds a message that this person alone sees. The lock is held.
func (w *Workspace) ephemeralAt(c channelID, u userID, ts stamp) *ephemeral {
	for _, e := range slices.Backward(w.ephemerals) {
		if e.ts == ts && e.channel == c && e.user == u {
			return e
		}
	}
	return nil
}
