package bot

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"sampledesk/bot/socket"
	"sampledesk/bot/view"
	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

// noteRoutes are the shortcut *Add note to sample* and its dialog.
func (d *Desk) noteRoutes(r *routes) {
	r.shortcuts[shortcutNote] = d.openNote
	r.submissions[view.CallbackNote] = d.submitNote
	r.suggestions[view.ActionRequest] = d.suggestRequests
}

// openNote opens the dialog about the request in whose card or thread the message stands. On any other message the
// dialog asks which request is meant.
func (d *Desk) openNote(ctx context.Context, i interaction, ack socket.Ack) {
	ack(nil)
	a, found, err := d.threadOf(ctx, i.Channel.ID, cmp.Or(i.Message.ThreadTS, i.Message.TS))
	if err != nil {
		d.note(ctx, i.User.ID, err)
		d.tell(ctx, i, view.Denied(view.DeniedUnread))
		return
	}
	var no string
	if found {
		_, no = d.guard(ctx, i.User.ID, a.Key.Shop, reviewer)
	} else {
		no = d.noReviewer(ctx, i.User.ID, i.Channel.ID)
	}
	if no != "" {
		d.tell(ctx, i, no)
		return
	}
	text := ""
	if i.Message.Bot == "" {
		text = d.spell(ctx, i.Message.Text) // a person's own words, and not the desk's
	}
	d.openModal(ctx, i, view.NoteModal(view.NoteFacts{Application: a, Text: text}, i.Channel.ID))
}

// threadOf returns the application whose card began a thread, if any did.
func (d *Desk) threadOf(ctx context.Context, channel, ts string) (a workflow.Application, found bool, err error) {
	err = d.store.View(ctx, func(tx workflow.Tx) error {
		page, err := tx.Applications(workflow.ThreadOf(channel, ts), "", 1)
		if found = len(page.Applications) > 0; found {
			a = page.Applications[0]
		}
		return err
	})
	if err != nil {
		return a, false, fmt.Errorf("reading whose card a thread is below: %w", err)
	}
	return a, found, nil
}

// noReviewer says why a person may decide for none of the shops that a channel is about; nothing if she may for one.
func (d *Desk) noReviewer(ctx context.Context, who workflow.PersonID, channel string) string {
	shops, no := d.scoped(ctx, who, channel)
	if no == "" {
		_, no = d.deciding(ctx, who, shops, "")
	}
	return no
}

// suggestRequests offers the requests that what was typed can mean.
func (d *Desk) suggestRequests(ctx context.Context, i interaction) any {
	meta, err := view.ParseNoteMeta(i.View.Metadata)
	if err != nil {
		d.log.WarnContext(ctx, "a dialog does not say what it is about", "error", err)
		return view.RequestOptions(nil)
	}
	shops, no := d.scoped(ctx, i.User.ID, meta.Channel)
	if no != "" {
		return view.RequestOptions(nil)
	}
	offered, err := d.offer(ctx, shops, i.Typed)
	if err != nil {
		d.log.ErrorContext(ctx, "could not read requests to choose from", "error", err)
	}
	return view.RequestOptions(offered)
}

// offer finds what was named, and among those that wait and that came lately whatever has the typed words in its name.
func (d *Desk) offer(ctx context.Context, shops []workflow.Shop, typed string) (offered []workflow.Application, err error) {
	err = d.store.View(ctx, func(tx workflow.Tx) error {
		offered, err = query.Suggest(tx, shops, searchTerm(typed), time.Now())
		return err
	})
	return offered, err
}

// submitNote keeps a note. It is on disk before the dialog closes.
func (d *Desk) submitNote(ctx context.Context, i interaction, ack socket.Ack) {
	ctx, cancel := context.WithTimeout(ctx, commitBy)
	defer cancel()
	meta, err := view.ParseNoteMeta(i.View.Metadata)
	if err != nil {
		d.log.WarnContext(ctx, "a dialog does not say what it is about", "error", err)
		return
	}
	typed := i.field(view.ActionNote).Text
	if meta.Key == (workflow.Key{}) {
		if meta.Key, err = workflow.ParseKey(i.field(view.ActionRequest).chosen()); err != nil {
			ack(errorAt(view.BlockRequest, view.ErrorNoRequest))
			return
		}
	}
	text, err := workflow.NoteText(typed, workflow.MaxNote)
	if err != nil {
		ack(errorAt(view.BlockNote, d.noteError(ctx, err)))
		return
	}
	shop, no := d.guard(ctx, i.User.ID, meta.Key.Shop, reviewer)
	if no != "" {
		ackView(ack, view.NotDone(no, typed), view.BlockNote, no)
		return
	}
	noted := workflow.Noted{Actor: d.actor(i.User.ID, shop, workflow.FromModal, i.View.ID), At: time.Now(), Text: text}
	if _, err = d.engine.Apply(ctx, meta.Key, noted); err == nil {
		ack(nil)
		return
	}
	d.note(ctx, i.User.ID, err)
	if ruleOf(err) != "" {
		ackView(ack, view.NotDone(d.sentence(ctx, err), typed), view.BlockNote, d.sentence(ctx, err))
		return
	}
	ack(errorAt(view.BlockNote, view.Denied(view.DeniedUnsaved)))
}

func (d *Desk) noteError(ctx context.Context, err error) string {
	if ruleOf(err) == workflow.RuleEmptyNote {
		return view.ErrorNoNote
	}
	return d.sentence(ctx, err)
}
