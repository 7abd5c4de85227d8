package slacksim

import (
	"cmp"
	"context"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// command runs a slash command. Without a channel it is run in the channel "samples".
func (w *Workspace) command(ctx context.Context, a *actor) (sight, error) {
	p, t, ch, err := w.prepareCommand(a)
	if err != nil {
		return sight{}, err
	}
	got, err := w.deliver(ctx, p)
	seen := sight{AckedMS: got.after.Milliseconds(), Response: got.payload}
	if err != nil {
		return seen, err
	}
	if err := w.firstAnswer(a, ch, got.payload); err != nil {
		return seen, err
	}
	seen.ViewID = w.awaitView(a, t)
	return seen, nil
}

func (w *Workspace) prepareCommand(a *actor) (*parcel, *trigger, channelID, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	i := slices.IndexFunc(w.options.Commands, func(c Command) bool { return c.Name == a.Command })
	if i < 0 {
		return nil, nil, "", cannot("unknown_command: %q is not a command of the app", a.Command)
	}
	if !w.scopes["commands"] {
		return nil, nil, "", cannot("unknown_command: the app was not granted the scope commands")
	}
	if a.ThreadTS != "" {
		return nil, nil, "", cannot("a slash command cannot be used in a thread")
	}
	if a.Channel == "" {
		a.Channel = w.channels[0].id
	}
	ch := w.visible(a.Channel, a.person.id)
	if ch == nil {
		return nil, nil, "", errNotVisible
	}
	text := strings.TrimSpace(a.Text)
	if w.options.Commands[i].ShouldEscape {
		text = w.escapeNames(text)
	}
	t := w.newTrigger(a.person.id, ch.id, "")
	url := w.newResponseURL(a.base, responseURL{channel: ch.id, user: a.person.id})
	form := w.commandForm(a.person, ch, a.Command, text, t, url)
	return &parcel{kind: kindCommand, accepts: true, payload: encode(form), form: form}, t, ch.id, nil
}

var named = regexp.MustCompile(`([@#])([\w.\-]+)`)

// escapeNames turns @name and #name into mentions, for commands that ask for it. The lock is held.
func (w *Workspace) escapeNames(text string) string {
	return named.ReplaceAllStringFunc(text, func(s string) string {
		for _, p := range w.people {
			if s == "@"+p.handle {
				return "<@" + string(p.id) + "|" + p.handle + ">"
			}
		}
		for _, c := range w.channels {
			if s == "#"+c.name && !c.im {
				return "<#" + string(c.id) + "|" + c.name + ">"
			}
		}
		return s
	})
}

// firstAnswer shows what rode in the acknowledgement of a command: to them alone, or in the channel.
func (w *Workspace) firstAnswer(a *actor, ch channelID, payload json.RawMessage) error {
	if payload == nil {
		return nil
	}
	var args arguments
	if err := decode(payload, &args); err != nil {
		return cannot("invalid_response: the app's answer to the command is no object")
	}
	if len(args) == 0 {
		return nil
	}
	if kind := args.text("response_type"); kind != "" && kind != "ephemeral" && kind != "in_channel" {
		return cannot("invalid_response: response_type must be ephemeral or in_channel")
	}
	body, err := readContent(args)
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
	if args.text("response_type") == "in_channel" {
		return w.answerInChannel(a, ch, body)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.whisper(ch, a.person.id, body, "")
	return nil
}

// answerInChannel shows the command as it was typed, and the answer below it.
func (w *Workspace) answerInChannel(a *actor, id channelID, body content) error {
	w.mu.Lock()
	ch := w.channel(id)
	if ch.archived {
		w.mu.Unlock()
		return refuse("is_archived")
	}
	typed := w.say(ch, a.person.id, content{text: strings.TrimSpace(a.Command + " " + a.Text)}, "")
	m := w.say(ch, w.app.user, body, "")
	w.mu.Unlock()
	w.announce(ch, typed)
	w.announce(ch, m)
	return nil
}

// postAs posts a message or a reply. "@Sample Desk" and "@sampledesk" become a mention of the bot, as the client makes it of a typed name.
func (w *Workspace) postAs(ctx context.Context, a *actor) (sight, error) {
	w.mu.Lock()
	ch := w.visible(a.Channel, a.person.id)
	if ch == nil && a.Channel == channelID(w.app.user) {
		ch = w.direct(a.person) // writing to the bot by name opens the conversation with it
	}
	err := w.postable(a, ch)
	if err != nil {
		w.mu.Unlock()
		return sight{}, err
	}
	m := w.say(ch, a.person.id, content{text: w.withMention(a.Text)}, a.ThreadTS)
	w.mu.Unlock()
	seen := sight{TS: m.ts}
	o := w.announce(ch, m)
	return w.hear(ctx, o, seen)
}

func (w *Workspace) postable(a *actor, ch *channel) error {
	switch {
	case ch == nil:
		return errNotVisible
	case ch.archived:
		return cannot("is_archived")
	case strings.TrimSpace(a.Text) == "":
		return cannot("no_text: a post needs text")
	case utf8.RuneCountInString(a.Text) > mostText:
		return cannot("msg_too_long")
	}
	if a.ThreadTS != "" {
		parent := ch.find(a.ThreadTS)
		if parent == nil || parent.thread != "" {
			return cannot("thread_not_found: thread_ts is no message of %s that can have a thread", ch.id)
		}
	}
	return nil
}

func (w *Workspace) withMention(text string) string {
	for _, typed := range []string{w.app.display, w.app.name} {
		pattern := regexp.MustCompile(`(?i)(^|\s)@` + regexp.QuoteMeta(typed) + `\b`)
		text = pattern.ReplaceAllString(text, "${1}<@"+string(w.app.user)+">")
	}
	return text
}

// hear waits for the first delivery of an event. An app that did not subscribe to it hears nothing, and nothing is amiss.
func (w *Workspace) hear(ctx context.Context, o *outcome, seen sight) (sight, error) {
	if o == nil {
		return seen, nil
	}
	select {
	case <-o.done:
	case <-ctx.Done():
		return seen, ctx.Err()
	}
	seen.AckedMS = o.receipt.after.Milliseconds()
	return seen, o.err
}

// openHome looks at a tab of the App Home: at Home, unless Messages is asked for. The app hears of both.
func (w *Workspace) openHome(ctx context.Context, a *actor) (sight, error) {
	tab := cmp.Or(a.Tab, "home")
	if tab != "home" && tab != "messages" {
		return sight{}, cannot("no_such_tab: the App Home has the tabs home and messages, not %q", cut(tab, 60))
	}
	w.mu.Lock()
	ch := w.direct(a.person)
	event := object{"type": "app_home_opened", "user": a.person.id, "channel": ch.id, "tab": tab, "event_ts": w.stampNow()}
	if v := w.views[w.homes[a.person.id]]; v != nil {
		event["view"] = w.viewObject(v)
	}
	w.mu.Unlock()
	seen, err := w.hear(ctx, w.raise("app_home_opened", event), sight{})
	if tab != "home" {
		return seen, err
	}
	w.mu.Lock()
	seen.ViewID = w.homes[a.person.id]
	w.mu.Unlock()
	return seen, err
}

// shortcut starts a shortcut: a global one, or a message's when channel and ts are given.
func (w *Workspace) shortcut(ctx context.Context, a *actor) (sight, error) {
	kind := "global"
	if a.TS != "" {
		kind = "message"
	}
	if !w.scopes["commands"] {
		return sight{}, cannot("unknown_shortcut: the app was not granted the scope commands")
	}
	w.mu.Lock()
	known := w.options.Shortcuts == nil || slices.ContainsFunc(w.options.Shortcuts, func(s Shortcut) bool { return s.CallbackID == a.CallbackID && s.Type == kind })
	if !known || a.CallbackID == "" {
		w.mu.Unlock()
		return sight{}, cannot("unknown_shortcut: the app has no %s shortcut %q", kind, a.CallbackID)
	}
	o, t, err := w.shortcutPayload(a, kind)
	w.mu.Unlock()
	if err != nil {
		return sight{}, err
	}
	return w.dispatch(ctx, a, &parcel{kind: kindInteractive, payload: encode(o)}, t)
}

func (w *Workspace) shortcutPayload(a *actor, kind string) (object, *trigger, error) {
	if kind == "global" {
		t := w.newTrigger(a.person.id, "", "")
		o := w.interaction("shortcut", a.person)
		o["callback_id"], o["trigger_id"], o["action_ts"] = a.CallbackID, t.id, w.stampNow()
		return o, t, nil
	}
	s, err := w.source(a)
	if err != nil {
		return nil, nil, err
	}
	if s.message == nil {
		return nil, nil, cannot("a message shortcut needs a message that others see too")
	}
	t := w.newTrigger(a.person.id, s.channel.id, "")
	o := w.interaction("message_action", a.person)
	o["callback_id"], o["trigger_id"], o["action_ts"] = a.CallbackID, t.id, w.stampNow()
	o["channel"], o["message_ts"] = channelPart(s.channel), s.message.ts
	o["message"] = w.messageObject(s.channel, s.message, true)
	o["response_url"] = w.newResponseURL(a.base, responseURL{channel: s.channel.id, user: a.person.id, ts: s.message.ts, thread: s.message.thread})
	return o, t, nil
}
