package bot

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"sampledesk/bot/access"
	"sampledesk/bot/handle"
	"sampledesk/bot/socket"
	"sampledesk/bot/template"
	"sampledesk/bot/view"
	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

// reject rejects at once where the shop is set so; else it opens the dialog with the reason that was chosen.
func (d *cardDesk) reject(ctx context.Context, c click, ack socket.Ack) {
	target, err := targetOf(c)
	if err != nil {
		d.log.WarnContext(ctx, "invalid value of a control or a dialog", "name", c.Action.ID, "error", err)
		return
	}
	shop, err := d.access.Shop(ctx, target.Key.Shop)
	if err != nil {
		ack(nil)
		d.mux.Finish(ctx, c.Interaction, handle.Answer{}, err)
		return
	}
	if shop.Settings.QuickReject {
		handle.Run(ctx, d.mux, c, d.decide(), ack)
		return
	}
	handle.Run(ctx, d.mux, c, d.openReject(), ack)
}

// openReject opens the dialog. What could not be rejected now is told at once rather than after the writing.
func (d *cardDesk) openReject() onClick[view.Target] {
	return onClick[view.Target]{
		Order: handle.AckFirst, Parse: targetOf, Scope: cardScope,
		Do: func(ctx context.Context, c click, t view.Target, g handle.Grant) (handle.Answer, error) {
			r := workflow.Reason(c.Action.Chosen())
			a, err := d.existing(ctx, t.Key)
			if err == nil {
				_, err = workflow.Step(a, workflow.Decided{At: time.Now(), Round: t.Round, Verdict: workflow.Reject, Reason: r, Review: "none"})
			}
			if err != nil {
				return handle.Answer{}, err
			}
			meta := view.RejectMeta{Target: t, Suggested: r}
			typed := view.Rejection{Reason: r, Words: view.Suggestion(r, a.Snapshot.Product)}
			modal := view.RejectModal(d.rejectFacts(ctx, g.Shop, a, meta, typed))
			if !d.mux.Open(ctx, c.Interaction, modal) {
				return handle.Answer{}, nil
			}
			// The others are told nothing of it. The card is only rendered again, for its menu to forget what was chosen in it.
			if _, err := d.engine.Apply(ctx, t.Key, workflow.MenuUsed{Actor: g.Actor, At: time.Now()}); err != nil {
				d.access.Log(ctx, c.User.ID, err)
			}
			return handle.Answer{}, nil
		},
	}
}

// existing returns an application; the error is a Refusal where the desk does not know it.
func (d *cardDesk) existing(ctx context.Context, k workflow.Key) (workflow.Application, error) {
	a, err := application(ctx, d.store, k)
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

// rejection reads the dialog's fields.
func rejection(i handle.Interaction) view.Rejection {
	return view.Rejection{
		Reason: workflow.Reason(i.Field(view.ActionReason).Chosen()), Note: i.Field(view.ActionNote).Text, Words: i.Field(view.ActionWords).Text,
		Send: i.Field(view.ActionSend).Has(view.SendWords),
	}
}

// rejectScope is what a person has to be allowed who works in the dialog.
var rejectScope = handle.For(access.Reviewer, func(m view.RejectMeta) workflow.ShopID { return m.Target.Key.Shop })

// suggestWords suggests other words for another reason, unless the person has written their own by then. What goes wrong is
// told when the dialog is sent.
func (d *cardDesk) suggestWords() onClick[view.RejectMeta] {
	return onClick[view.RejectMeta]{
		Order: handle.AckFirst,
		Parse: func(c click) (view.RejectMeta, error) { return view.ParseRejectMeta(c.View.Metadata) },
		Scope: rejectScope,
		Do: func(ctx context.Context, c click, meta view.RejectMeta, g handle.Grant) (handle.Answer, error) {
			app, err := d.existing(ctx, meta.Target.Key)
			if err != nil {
				return handle.Answer{}, err
			}
			typed := rejection(c.Interaction)
			typed.Reason = workflow.Reason(c.Action.Chosen())
			if own(typed.Words, meta, app) {
				return handle.Answer{}, nil
			}
			meta.Suggested, typed.Words = typed.Reason, view.Suggestion(typed.Reason, app.Snapshot.Product)
			meta.Template = ""
			shown := view.RejectModal(d.rejectFacts(ctx, g.Shop, app, meta, typed))
			if _, err := d.api.UpdateViewContext(ctx, shown, "", c.View.Hash, c.View.ID); err != nil {
				d.log.WarnContext(ctx, "could not suggest a message for another reason", "person", c.User.ID, "error", err)
			}
			return handle.Answer{}, nil
		},
		Fail: func(context.Context, click, view.RejectMeta, handle.Grant, error) handle.Answer {
			return handle.Answer{}
		},
	}
}

// rejectFacts gathers what the dialog shows. Where the templates cannot be read it does without.
func (d *cardDesk) rejectFacts(ctx context.Context, shop workflow.Shop, a workflow.Application, meta view.RejectMeta, typed view.Rejection) view.RejectFacts {
	f := view.RejectFacts{Application: a, Undo: window(d.defaults.UndoOf(shop)), Meta: meta, Typed: typed}
	err := d.store.View(ctx, func(tx workflow.Tx) error {
		all, err := tx.Templates(shop.ID)
		f.Choice.Templates = all.All
		return err
	})
	if err != nil {
		d.log.WarnContext(ctx, "could not read the templates of messages", "shop", shop.ID, "error", err)
	}
	return f
}

// chooseTemplate fills a template into the message to the creator, and ticks the box that sends it.
func (d *cardDesk) chooseTemplate() onClick[view.RejectMeta] {
	return template.Choose(d.api, d.store, d.log, template.Menu[view.RejectMeta]{
		Parse: func(c click) (view.RejectMeta, error) { return view.ParseRejectMeta(c.View.Metadata) },
		Scope: rejectScope, Shop: func(m view.RejectMeta) workflow.ShopID { return m.Target.Key.Shop },
		Show: func(ctx context.Context, c click, meta view.RejectMeta, g handle.Grant, t workflow.Template) (slack.ModalViewRequest, error) {
			a, err := d.existing(ctx, meta.Target.Key)
			if err != nil {
				return slack.ModalViewRequest{}, err
			}
			campaign := ""
			err = d.store.View(ctx, func(tx workflow.Tx) (err error) {
				campaign, err = query.CampaignName(tx, a.Campaign)
				return err
			})
			facts := d.rejectFacts(ctx, g.Shop, a, meta, rejection(c.Interaction))
			facts.Choice, facts.Typed.Words = facts.Choice.Filled(t, a.Snapshot.Creator, a.Snapshot.Product, campaign)
			facts.Meta.Template, facts.Typed.Send = t.ID, true
			return view.RejectModal(facts), err
		},
	})
}

// own tells whether the words are the person's own, and not what was suggested.
func own(words string, meta view.RejectMeta, a workflow.Application) bool {
	words = strings.TrimSpace(words)
	return words != "" && words != strings.TrimSpace(view.Suggestion(meta.Suggested, a.Snapshot.Product))
}

// submitReject rejects with what the dialog says. Once that is kept the dialog closes.
func (d *cardDesk) submitReject() onSubmit[view.RejectMeta] {
	return onSubmit[view.RejectMeta]{
		Parse: func(s submit) (view.RejectMeta, error) { return view.ParseRejectMeta(s.View.Metadata) },
		Scope: rejectScope,
		Do: func(ctx context.Context, s submit, meta view.RejectMeta, g handle.Grant) (handle.Answer, error) {
			a, err := d.existing(ctx, meta.Target.Key)
			if err != nil {
				return handle.Answer{}, err
			}
			typed := rejection(s.Interaction)
			if block, sentence := wrongFields(typed, meta, a); sentence != "" {
				return handle.At(block, sentence), nil
			}
			_, err = d.engine.Apply(ctx, meta.Target.Key, d.rejected(meta, typed, g))
			return handle.Answer{}, err
		},
		Fail: d.notRejected,
	}
}

// wrongFields tells what is wrong with the fields, if anything, and at which block.
func wrongFields(typed view.Rejection, meta view.RejectMeta, a workflow.Application) (block, sentence string) {
	words := meta.WordsBlock()
	switch {
	case !slices.Contains(workflow.Reasons, typed.Reason):
		return view.BlockReason, view.ErrorNoReason
	case typed.Send && noteOf(typed.Words) == "":
		return words, view.ErrorNoWords
	case !typed.Send && own(typed.Words, meta, a):
		return words, view.ErrorUnticked
	default:
		return "", ""
	}
}

func (d *cardDesk) rejected(meta view.RejectMeta, typed view.Rejection, g handle.Grant) workflow.Decided {
	e := workflow.Decided{
		Actor: g.Actor, At: time.Now(), Round: meta.Target.Round,
		Verdict: workflow.Reject, Reason: typed.Reason, Undo: d.defaults.UndoOf(g.Shop), Note: noteOf(typed.Note),
	}
	if typed.Send {
		e.Message = noteOf(withEmoji(typed.Words))
	}
	return e
}

// notRejected answers a dialog that could not be taken over. Where the request can still be decided it is shown again, as
// the request is now; else it closes with the reason. Nothing that was written is lost by that.
func (d *cardDesk) notRejected(ctx context.Context, s submit, meta view.RejectMeta, g handle.Grant, err error) handle.Answer {
	sentence, typed := d.undecided(ctx, err), rejection(s.Interaction)
	if !explained(err) {
		return handle.At(view.BlockReason, sentence)
	}
	shown := typed.NotDone(sentence)
	if r, ok := errors.AsType[workflow.Refusal](err); ok && r.Rule == workflow.RuleStale && r.Application.Decidable() {
		meta.Target.Round = r.Application.Round
		facts := d.rejectFacts(ctx, g.Shop, r.Application, meta, typed)
		facts.Moved = true
		shown = view.RejectModal(facts)
	}
	return handle.ShowOr(shown, view.BlockReason, sentence)
}
