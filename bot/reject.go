package bot

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"sampledesk/bot/socket"
	"sampledesk/bot/view"
	"sampledesk/workflow"
)

// rejectRoutes are the dialog behind *Reject…*.
func (d *Desk) rejectRoutes(r *routes) {
	r.clicks[view.ActionReason] = d.suggestWords
	r.submissions[view.CallbackReject] = d.submitReject
	r.closings[view.CallbackReject] = d.closeReject
}

// reject rejects at once where the shop is set so; else it opens the dialog with the reason that was chosen.
func (d *Desk) reject(ctx context.Context, i interaction, a action, ack socket.Ack) {
	target, err := view.ParseTarget(a.Block)
	if err != nil {
		d.log.WarnContext(ctx, "a control of a card does not say what it is about", "error", err)
		return
	}
	shop, err := d.shop(ctx, target.Key.Shop)
	if err != nil {
		ack(nil)
		d.note(ctx, i.User.ID, err)
		d.tell(ctx, i, view.Denied(view.DeniedUnread))
		return
	}
	if shop.Settings.QuickReject {
		d.decide(ctx, i, a, ack)
		return
	}
	ack(nil)
	d.openReject(ctx, i, target, workflow.Reason(a.chosen()))
}

// openReject opens the dialog. What could not be rejected now is told at once rather than after the writing.
func (d *Desk) openReject(ctx context.Context, i interaction, t view.Target, r workflow.Reason) {
	shop, no := d.guard(ctx, i.User.ID, t.Key.Shop, reviewer)
	if no != "" {
		d.tell(ctx, i, no)
		return
	}
	a, err := d.existing(ctx, t.Key)
	if err == nil {
		_, err = workflow.Step(a, workflow.Decided{At: time.Now(), Round: t.Round, Verdict: workflow.Reject, Reason: r, Review: "none"})
	}
	if err != nil {
		d.note(ctx, i.User.ID, err)
		d.tell(ctx, i, d.sentence(ctx, err))
		return
	}
	meta := view.RejectMeta{Target: t, Suggested: r, Looking: a.OnIt.By == ""}
	typed := view.Rejection{Reason: r, Words: view.Suggestion(r, a.Snapshot.Product)}
	if !d.openModal(ctx, i, view.RejectModal(view.RejectFacts{Application: a, Undo: window(d.undoOf(shop)), Meta: meta, Typed: typed})) || !meta.Looking {
		return
	}
	// Whoever fills in the dialog is on it: the others see so. It also lets the menu forget what was chosen in it.
	began := workflow.OnItBegan{Actor: d.actor(i.User.ID, shop, i.surface(), i.TriggerID), At: time.Now()}
	if _, err := d.engine.Apply(ctx, t.Key, began); err != nil {
		d.note(ctx, i.User.ID, err)
	}
}

// existing returns an application; the error is a Refusal where the desk does not know it.
func (d *Desk) existing(ctx context.Context, k workflow.Key) (workflow.Application, error) {
	a, err := d.application(ctx, k)
	if errors.Is(err, workflow.ErrNotFound) {
		return a, workflow.Refusal{Rule: workflow.RuleNoApplication, Name: string(k.ID)}
	}
	return a, err
}

// window puts the undo window in words; none is the empty text.
func window(undo time.Duration) string {
	if undo <= 0 {
		return ""
	}
	return view.Lasting(undo)
}

// closeReject takes the name off the card that opening the dialog put there.
func (d *Desk) closeReject(ctx context.Context, i interaction) {
	meta, err := view.ParseRejectMeta(i.View.Metadata)
	if err != nil || !meta.Looking {
		return
	}
	a, err := d.application(ctx, meta.Target.Key)
	if err != nil || a.OnIt.By != i.User.ID {
		return
	}
	ended := workflow.OnItEnded{Actor: workflow.Actor{Person: i.User.ID, Surface: workflow.FromModal, DedupKey: i.View.ID + " closed"}, At: time.Now()}
	if _, err := d.engine.Apply(ctx, meta.Target.Key, ended); err != nil {
		d.note(ctx, i.User.ID, err)
	}
}

// rejection reads the dialog's fields.
func rejection(i interaction) view.Rejection {
	typed := view.Rejection{
		Reason: workflow.Reason(i.field(view.ActionReason).chosen()), Note: i.field(view.ActionNote).Text, Words: i.field(view.ActionWords).Text,
	}
	typed.Send = slices.ContainsFunc(i.field(view.ActionSend).Checked, func(o option) bool { return o.Value == view.SendWords })
	return typed
}

// suggestWords suggests other words for another reason, unless the person has written her own by then.
func (d *Desk) suggestWords(ctx context.Context, i interaction, a action, ack socket.Ack) {
	ack(nil)
	meta, err := view.ParseRejectMeta(i.View.Metadata)
	if err != nil {
		d.log.WarnContext(ctx, "a dialog does not say what it is about", "error", err)
		return
	}
	shop, no := d.guard(ctx, i.User.ID, meta.Target.Key.Shop, reviewer)
	app, err := d.existing(ctx, meta.Target.Key)
	if no != "" || err != nil {
		return // sending the dialog tells
	}
	typed := rejection(i)
	typed.Reason = workflow.Reason(a.chosen())
	if own(typed.Words, meta, app) {
		return
	}
	meta.Suggested, typed.Words = typed.Reason, view.Suggestion(typed.Reason, app.Snapshot.Product)
	shown := view.RejectModal(view.RejectFacts{Application: app, Undo: window(d.undoOf(shop)), Meta: meta, Typed: typed})
	if _, err := d.api.UpdateViewContext(ctx, shown, "", i.View.Hash, i.View.ID); err != nil {
		d.log.WarnContext(ctx, "could not suggest other words", "person", i.User.ID, "error", err)
	}
}

// own tells whether the words are the person's own, and not what was suggested.
func own(words string, meta view.RejectMeta, a workflow.Application) bool {
	words = strings.TrimSpace(words)
	return words != "" && words != strings.TrimSpace(view.Suggestion(meta.Suggested, a.Snapshot.Product))
}

// submitReject rejects with what the dialog says. Once that is kept the dialog closes.
func (d *Desk) submitReject(ctx context.Context, i interaction, ack socket.Ack) {
	ctx, cancel := context.WithTimeout(ctx, commitBy)
	defer cancel()
	meta, err := view.ParseRejectMeta(i.View.Metadata)
	if err != nil {
		d.log.WarnContext(ctx, "a dialog does not say what it is about", "error", err)
		return
	}
	typed := rejection(i)
	shop, no := d.guard(ctx, i.User.ID, meta.Target.Key.Shop, reviewer)
	if no != "" {
		ackView(ack, typed.NotDone(no), view.BlockReason, no)
		return
	}
	a, err := d.existing(ctx, meta.Target.Key)
	if err == nil {
		if complaint, bad := complaintOf(typed, meta, a); bad {
			ack(complaint)
			return
		}
		_, err = d.engine.Apply(ctx, meta.Target.Key, d.rejected(i, meta, typed, shop))
	}
	if err == nil {
		ack(nil)
		return
	}
	d.note(ctx, i.User.ID, err)
	d.notRejected(ctx, ack, meta, typed, shop, err)
}

// complaintOf tells what is wrong with the fields, at the field.
func complaintOf(typed view.Rejection, meta view.RejectMeta, a workflow.Application) (errorsAnswer, bool) {
	words := view.WordsBlock(meta.Suggested)
	switch {
	case !slices.Contains(workflow.Reasons, typed.Reason):
		return errorAt(view.BlockReason, view.ErrorNoReason), true
	case typed.Send && noteOf(typed.Words) == "":
		return errorAt(words, view.ErrorNoWords), true
	case !typed.Send && own(typed.Words, meta, a):
		return errorAt(words, view.ErrorUnticked), true
	default:
		return errorsAnswer{}, false
	}
}

// noteOf is what is kept of a text that may be empty. The fields hold no more than may be kept, of a note or of a message.
func noteOf(typed string) string {
	text, err := workflow.NoteText(typed, max(workflow.MaxNote, workflow.MaxMessage))
	if err != nil {
		return ""
	}
	return text
}

func (d *Desk) rejected(i interaction, meta view.RejectMeta, typed view.Rejection, s workflow.Shop) workflow.Decided {
	e := workflow.Decided{
		Actor: d.actor(i.User.ID, s, workflow.FromModal, i.View.ID), At: time.Now(), Round: meta.Target.Round,
		Verdict: workflow.Reject, Reason: typed.Reason, Undo: d.undoOf(s), Note: noteOf(typed.Note),
	}
	if typed.Send {
		e.Message = noteOf(withEmoji(typed.Words))
	}
	return e
}

// notRejected answers a dialog that could not be taken over. Where the request can still be decided it is shown again, as
// the request is now; else it closes with the reason. Nothing that was written is lost by that.
func (d *Desk) notRejected(ctx context.Context, ack socket.Ack, meta view.RejectMeta, typed view.Rejection, s workflow.Shop, err error) {
	sentence := d.sentence(ctx, err)
	r, ok := errors.AsType[workflow.Refusal](err)
	if !ok {
		ack(errorAt(view.BlockReason, sentence))
		return
	}
	shown := typed.NotDone(sentence)
	if a := r.Application; r.Rule == workflow.RuleStale && a.Decidable() {
		meta.Target.Round = a.Round
		shown = view.RejectModal(view.RejectFacts{Application: a, Undo: window(d.undoOf(s)), Meta: meta, Typed: typed, Moved: true})
	}
	ackView(ack, shown, view.BlockReason, sentence)
}
