package handle

import (
	"context"
	"log/slog"

	"sampledesk/bot/access"
	"sampledesk/bot/slackapi"
	"sampledesk/bot/socket"
)

// Mux hands what people do with controls and dialogs to those who work on it. It is filled before it is used.
type Mux struct {
	*Replies
	access *access.Access
	log    *slog.Logger
	after  func(context.Context, Interaction)

	uncertain chan struct{} // holds one for each person for whom it is being found out what became of a click

	clicks      map[string]func(context.Context, Click, socket.Ack)
	submissions map[string]func(context.Context, Submit, socket.Ack)
	suggestions map[string]func(context.Context, Interaction) any
	shortcuts   map[string]func(context.Context, Interaction, socket.Ack)
}

// maxUncertain is for how many people it is found out at once.
const maxUncertain = 64

// NewMux returns a Mux that knows nobody yet. After, which may be nil, is called once a click or a submission was handled.
func NewMux(api *slackapi.Client, who *access.Access, log *slog.Logger, after func(context.Context, Interaction)) *Mux {
	return &Mux{
		Replies: &Replies{api: api, log: log}, access: who, log: log, after: after, uncertain: make(chan struct{}, maxUncertain),
		clicks:      map[string]func(context.Context, Click, socket.Ack){},
		submissions: map[string]func(context.Context, Submit, socket.Ack){},
		suggestions: map[string]func(context.Context, Interaction) any{},
		shortcuts:   map[string]func(context.Context, Interaction, socket.Ack){},
	}
}

// Raw has a control handled by a function that acknowledges for itself, where no Handler fits.
func (m *Mux) Raw(action string, f func(context.Context, Click, socket.Ack)) { m.clicks[action] = f }

// RawSubmit is Raw for a dialog.
func (m *Mux) RawSubmit(callback string, f func(context.Context, Submit, socket.Ack)) {
	m.submissions[callback] = f
}

// OnSuggest has a function answer a menu that asks for its options. The answer rides in the acknowledgement.
func (m *Mux) OnSuggest(action string, f func(context.Context, Interaction) any) {
	m.suggestions[action] = f
}

// OnShortcut has a function handle a shortcut. It was acknowledged.
func (m *Mux) OnShortcut(callback string, f func(context.Context, Interaction) (Answer, error)) {
	m.shortcuts[callback] = func(ctx context.Context, i Interaction, ack socket.Ack) {
		ack(nil)
		answer, err := f(ctx, i)
		m.Finish(ctx, i, answer, err)
	}
}

// Interact hands an interaction to whoever works on it; false where nobody does.
func (m *Mux) Interact(ctx context.Context, i Interaction, ack socket.Ack) (known bool) {
	switch i.Type {
	case "block_actions":
		m.clicked(ctx, i, ack)
		return true
	case "view_submission":
		handle, known := m.submissions[i.View.Callback]
		if known {
			handle(ctx, Submit{i}, ack)
			m.done(ctx, i)
		}
		return known
	case "block_suggestion":
		handle, known := m.suggestions[i.ActionID]
		if known {
			ack(handle(ctx, i))
		}
		return known
	case "message_action", "shortcut":
		handle, known := m.shortcuts[i.Callback]
		if known {
			handle(ctx, i, ack)
		}
		return known
	default:
		return false
	}
}

// clicked works on each control that was used. Slack sends one at a time.
func (m *Mux) clicked(ctx context.Context, i Interaction, ack socket.Ack) {
	for _, a := range i.Actions {
		if handle, known := m.clicks[a.ID]; known {
			handle(ctx, Click{i, a}, ack)
		} else {
			m.log.WarnContext(ctx, "unknown control", "action", a.ID)
		}
	}
	m.done(ctx, i)
}

// Forward hands a click on as one of another control: an option of a menu may do what a button does.
func (m *Mux) Forward(ctx context.Context, c Click, action string, ack socket.Ack) {
	c.Action.ID = action
	if handle, known := m.clicks[action]; known {
		handle(ctx, c, ack)
		return
	}
	m.log.WarnContext(ctx, "unknown control", "action", action)
}

func (m *Mux) done(ctx context.Context, i Interaction) {
	if m.after != nil {
		m.after(ctx, i)
	}
}
