package bot

import (
	"cmp"
	"context"
	"log/slog"
	"time"

	"sampledesk/bot/access"
	"sampledesk/bot/handle"
	"sampledesk/bot/view"
	"sampledesk/workflow"
	"sampledesk/workflow/engine"
	"sampledesk/workflow/query"
)

// noteDesk is the shortcut *Add note to sample* and its dialog.
type noteDesk struct {
	engine *engine.Engine
	store  workflow.Store
	reads  workflow.Store
	access *access.Access
	find   finder
	log    *slog.Logger
}

// register adds the shortcut and its dialog.
func (d *noteDesk) register(r *routes) {
	r.OnShortcut(shortcutNote, d.openNote)
	handle.OnSubmit(r.Mux, view.CallbackNote, d.submitNote())
	r.OnSuggest(view.ActionRequest, d.suggestRequests)
}

// openNote opens the dialog about the request in whose card or thread the message stands. On any other message the
// dialog asks which request is meant.
func (d *noteDesk) openNote(ctx context.Context, i handle.Interaction) (handle.Answer, error) {
	a, found, err := d.find.inThread(ctx, i.Channel.ID, cmp.Or(i.Message.ThreadTS, i.Message.TS))
	if err != nil {
		return handle.Answer{}, err
	}
	if found {
		_, err = d.access.Guard(ctx, i.User.ID, a.Key.Shop, access.Reviewer)
	} else {
		err = d.reviewsIn(ctx, i.User.ID, i.Channel.ID)
	}
	if err != nil {
		return handle.Answer{}, err
	}
	text := ""
	if i.Message.Bot == "" {
		text = plainText(ctx, d.access, i.Message.Text) // a person's own words, and not the desk's
	}
	return handle.Open(view.NoteModal(view.NoteFacts{Application: a, Text: text}, i.Channel.ID)), nil
}

// reviewsIn tells whether a person may decide for one of the shops that a channel is about. The error is a Denied.
func (d *noteDesk) reviewsIn(ctx context.Context, who workflow.PersonID, channel string) error {
	shops, err := d.access.Scope(ctx, who, channel)
	if err == nil {
		_, err = d.access.Deciding(ctx, who, shops, "")
	}
	return err
}

// suggestRequests offers the requests that what was typed can mean.
func (d *noteDesk) suggestRequests(ctx context.Context, i handle.Interaction) any {
	meta, err := view.ParseNoteMeta(i.View.Metadata)
	if err != nil {
		d.log.WarnContext(ctx, "invalid metadata of a dialog", "error", err)
		return view.RequestOptions(nil)
	}
	shops, err := d.access.Scope(ctx, i.User.ID, meta.Channel)
	if err != nil {
		d.access.Log(ctx, i.User.ID, err)
		return view.RequestOptions(nil)
	}
	offered, err := d.offer(ctx, shops, i.Typed)
	if err != nil {
		d.log.ErrorContext(ctx, "could not read the requests to choose from", "error", err)
	}
	return view.RequestOptions(offered)
}

// offer finds what was named, and among those that wait and that came recently whatever has the typed words in its name.
func (d *noteDesk) offer(ctx context.Context, shops []workflow.Shop, typed string) (offered []workflow.Application, err error) {
	err = d.reads.View(ctx, func(tx workflow.Tx) error {
		offered, err = query.Suggest(tx, shops, searchTerm(typed), time.Now())
		return err
	})
	return offered, err
}

// submitNote keeps a note. It is on disk before the dialog closes. What is wrong with the fields is told before it is asked
// who may.
func (d *noteDesk) submitNote() onSubmit[view.NoteMeta] {
	return onSubmit[view.NoteMeta]{
		Parse: func(s submit) (view.NoteMeta, error) { return view.ParseNoteMeta(s.View.Metadata) },
		Do:    d.keepNote,
		Fail: func(ctx context.Context, s submit, _ view.NoteMeta, _ handle.Grant, err error) handle.Answer {
			sentence := d.access.Explain(ctx, err)
			if !explained(err) {
				return handle.At(view.BlockNote, sentence)
			}
			return handle.ShowOr(view.NotDone(sentence, s.Field(view.ActionNote).Text), view.BlockNote, sentence)
		},
	}
}

func (d *noteDesk) keepNote(ctx context.Context, s submit, meta view.NoteMeta, _ handle.Grant) (handle.Answer, error) {
	var err error
	if meta.Key == (workflow.Key{}) {
		if meta.Key, err = workflow.ParseKey(s.Field(view.ActionRequest).Chosen()); err != nil {
			return handle.At(view.BlockRequest, view.ErrorNoRequest), nil //nolint:nilerr // it is told at the field
		}
	}
	text, err := workflow.NoteText(s.Field(view.ActionNote).Text, workflow.MaxNote)
	if access.RuleOf(err) == workflow.RuleEmptyNote {
		return handle.At(view.BlockNote, view.ErrorNoNote), nil
	}
	if err != nil {
		return handle.At(view.BlockNote, d.access.Explain(ctx, err)), nil
	}
	shop, err := d.access.Guard(ctx, s.User.ID, meta.Key.Shop, access.Reviewer)
	if err != nil {
		return handle.Answer{}, err
	}
	by := d.access.Actor(s.User.ID, shop, workflow.FromModal, s.View.ID)
	_, err = d.engine.Apply(ctx, meta.Key, workflow.Noted{Actor: by, At: time.Now(), Text: text})
	return handle.Answer{}, err
}
