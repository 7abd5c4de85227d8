package slacksim

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A message can be scheduled up to 120 days ahead.
const scheduleAhead = 120 * 24 * time.Hour

type scheduledMessage struct {
	id      string
	channel channelID
	at      time.Time
	made    time.Time
	text    string
	timer   *time.Timer
}

func (w *Workspace) scheduleMessage(c *call) (object, error) {
	unix, err := strconv.ParseInt(c.text("post_at"), 10, 64)
	if err != nil {
		return nil, refuse("invalid_time")
	}
	at := time.Unix(unix, 0)
	switch wait := time.Until(at); {
	case wait <= 0:
		return nil, refuse("time_in_past")
	case wait > scheduleAhead:
		return nil, refuse("time_too_far")
	}
	id, err := w.posting(c, false)
	if err != nil {
		return nil, err
	}
	body, err := w.body(c)
	if err != nil {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	thread, err := w.channel(id).threadFor(c.arguments)
	if err != nil {
		return nil, err
	}
	if w.closed || len(w.scheduled) >= keptOpen {
		return nil, refuse("restricted_too_many")
	}
	s := &scheduledMessage{id: name("Q"), channel: id, at: at, made: time.Now(), text: body.text}
	s.timer = time.AfterFunc(time.Until(at), func() { w.postScheduled(s.id, body, thread) })
	w.scheduled[s.id] = s
	return object{"channel": id, "scheduled_message_id": s.id, "post_at": unix, "message": object{"text": body.text, "type": "delayed_message"}}, nil
}

// postScheduled posts what was scheduled, if it still can be posted.
func (w *Workspace) postScheduled(id string, body content, thread stamp) {
	w.mu.Lock()
	s := w.scheduled[id]
	if s == nil || w.closed {
		w.mu.Unlock()
		return
	}
	delete(w.scheduled, id)
	ch := w.channel(s.channel)
	if err := w.writable(ch); err != nil {
		w.mu.Unlock()
		w.log.Warn("could not post a scheduled message", "error", err)
		return
	}
	m := w.say(ch, w.app.user, body, thread)
	w.mu.Unlock()
	w.announce(ch, m)
}

func (w *Workspace) scheduledMessages(c *call) (object, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := slices.SortedFunc(maps.Values(w.scheduled), func(a, b *scheduledMessage) int {
		if n := a.at.Compare(b.at); n != 0 {
			return n
		}
		return strings.Compare(a.id, b.id)
	})
	if id := c.text("channel"); id != "" {
		all = slices.DeleteFunc(all, func(s *scheduledMessage) bool { return string(s.channel) != id })
	}
	from, to, next, err := c.page(len(all))
	if err != nil {
		return nil, err
	}
	shown := []object{}
	for _, s := range all[from:to] {
		shown = append(shown, object{"id": s.id, "channel_id": s.channel, "post_at": s.at.Unix(), "date_created": s.made.Unix(), "text": s.text})
	}
	return object{"scheduled_messages": shown, "response_metadata": object{"next_cursor": next}}, nil
}

func (w *Workspace) deleteScheduledMessage(c *call) (object, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := w.scheduled[c.text("scheduled_message_id")]
	if s == nil || string(s.channel) != c.text("channel") {
		return nil, refuse("invalid_scheduled_message_id")
	}
	s.timer.Stop()
	delete(w.scheduled, s.id)
	return object{}, nil
}
