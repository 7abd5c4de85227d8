package bot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/slack-go/slack"

	"sampledesk/bot/access"
	"sampledesk/bot/handle"
	"sampledesk/bot/post"
	"sampledesk/bot/slackapi"
	"sampledesk/bot/template"
	"sampledesk/bot/view"
	"sampledesk/workflow"
	"sampledesk/workflow/engine"
	"sampledesk/workflow/query"
)

// talkDesk is the messages to creators: the dialog that sends one, and how far each got.
type talkDesk struct {
	api      *slackapi.Client
	engine   *engine.Engine
	store    workflow.Store
	access   *access.Access
	defaults query.Defaults
	log      *slog.Logger
}

// register adds the controls and the dialog.
func (d *talkDesk) register(r *routes) {
	handle.OnClick(r.Mux, view.ActionMessage, d.openMessage())
	handle.OnClick(r.Mux, view.ActionReply, d.openMessage())
	handle.OnClick(r.Mux, view.ActionNudge, d.nudge())
	handle.OnClick(r.Mux, view.ActionInvite, d.invite())
	handle.OnClick(r.Mux, view.ActionResend, d.resend())
	handle.OnClick(r.Mux, view.ActionMessageTemplate, d.chooseTemplate())
	handle.OnClick(r.Mux, view.ActionAnswerDismiss, d.dismissAnswer())
	handle.OnSubmit(r.Mux, view.CallbackMessage, d.submitMessage())
}

// openMessage opens the dialog in which somebody writes to a creator. The trigger lives three seconds, so nothing slow
// comes before it; what the dialog shows is read from the store.
func (d *talkDesk) openMessage() onClick[view.Correspondent] {
	return onClick[view.Correspondent]{
		Order: handle.AckFirst, Parse: correspondentNamed, Scope: correspondentScope,
		Do: func(ctx context.Context, _ click, to view.Correspondent, _ handle.Grant) (handle.Answer, error) {
			facts, err := d.messageFacts(ctx, to)
			return handle.Open(view.MessageModal(facts)), err
		},
		Fail: notMessaged[view.Correspondent](d.access),
	}
}

// notMessaged is the Fail of a control that is about a message.
func notMessaged[T any](who *access.Access) func(context.Context, click, T, handle.Grant, error) handle.Answer {
	return func(ctx context.Context, _ click, _ T, _ handle.Grant, err error) handle.Answer {
		return handle.Tell(messageWords(ctx, who, err))
	}
}

// messageFacts gathers what the dialog shows. The error is a Refusal where the creator cannot be written to.
func (d *talkDesk) messageFacts(ctx context.Context, to view.Correspondent) (facts view.MessageModalFacts, err error) {
	err = d.store.View(ctx, func(tx workflow.Tx) error {
		facts = view.MessageModalFacts{To: to}
		if facts.Creator, facts.Product, err = workflow.Recipient(tx, to.Shop, to.Application, to.Creator); err != nil {
			return err
		}
		if err := workflow.CanWriteTo(tx, to.Shop, facts.Creator); err != nil {
			return err
		}
		all, err := tx.Templates(to.Shop)
		if err != nil {
			return err
		}
		facts.Choice.Templates = all.All
		if facts.Recent, err = query.LatestMessages(tx, to.Shop, facts.Creator.KeyOf(to.Shop), view.RecentMessages); err != nil {
			return err
		}
		c, err := tx.Conversation(to.Shop, facts.Creator.KeyOf(to.Shop))
		if facts.To.Seen = ""; err == nil && c.Waits() {
			facts.To.Seen = c.Waiting.Last.ID
			if len(facts.Recent) == 0 { // they have no request whose history would tell
				facts.Recent = []query.Exchanged{{At: c.Waiting.Last.At, Text: c.Waiting.Text}}
			}
		}
		return query.UnlessMissing(err)
	})
	if err != nil {
		return view.MessageModalFacts{}, fmt.Errorf("gathering what the message dialog shows: %w", err)
	}
	return facts, nil
}

// nudge opens the dialog to write to a creator with a kind reminder in it, which can be changed before it is sent. Where
// their content has come meanwhile there is nothing to remind them of.
func (d *talkDesk) nudge() onClick[view.Correspondent] {
	return onClick[view.Correspondent]{
		Order: handle.AckFirst, Parse: correspondentNamed, Scope: correspondentScope,
		Do: func(ctx context.Context, _ click, to view.Correspondent, g handle.Grant) (handle.Answer, error) {
			app, err := application(ctx, d.store, workflow.Key{Shop: to.Shop, ID: to.Application})
			if err != nil {
				return handle.Answer{}, fmt.Errorf("%w an application: %w", access.ErrRead, err)
			}
			if app.State() != workflow.Delivered {
				return handle.Tell(view.NothingToNudge(app)), nil
			}
			facts, err := d.messageFacts(ctx, to)
			facts.Text = view.NudgeText(app, g.Shop.Settings.Nudge)
			return handle.Open(view.MessageModal(facts)), err
		},
		Fail: notMessaged[view.Correspondent](d.access),
	}
}

// invite opens the dialog to write to a member of a campaign, with an invitation in it, which can be changed before it is
// sent.
func (d *talkDesk) invite() onClick[view.Correspondent] {
	return onClick[view.Correspondent]{
		Order: handle.AckFirst, Parse: correspondentNamed, Scope: correspondentScope,
		Do: func(ctx context.Context, _ click, to view.Correspondent, _ handle.Grant) (handle.Answer, error) {
			facts, err := d.messageFacts(ctx, to)
			facts.Text = view.InviteText(facts.Creator)
			return handle.Open(view.MessageModal(facts)), err
		},
		Fail: notMessaged[view.Correspondent](d.access),
	}
}

// submitMessage takes a message over before the dialog closes: what a person saw accepted is on disk.
func (d *talkDesk) submitMessage() onSubmit[view.Correspondent] {
	return onSubmit[view.Correspondent]{
		Parse: func(s submit) (view.Correspondent, error) { return view.ParseCorrespondent(s.View.Metadata) },
		Scope: correspondentScope,
		Do: func(ctx context.Context, s submit, to view.Correspondent, g handle.Grant) (handle.Answer, error) {
			_, err := d.engine.Write(ctx, workflow.OutboundMessage{
				Actor: g.Actor, At: time.Now(), Shop: to.Shop, Creator: to.Creator, Application: to.Application, Campaign: to.Campaign,
				Text: withEmoji(s.Field(view.ActionMessageText).Text), Seen: to.Seen,
			})
			return handle.Answer{}, err
		},
		Fail: func(ctx context.Context, s submit, to view.Correspondent, _ handle.Grant, err error) handle.Answer {
			if r, ok := errors.AsType[workflow.Refusal](err); ok && r.Rule == workflow.RuleAnswered {
				return d.answeredMeanwhile(ctx, s, to, r)
			}
			return handle.At(view.MessageBlock(to), messageWords(ctx, d.access, err))
		},
	}
}

// answeredMeanwhile shows the dialog once more to somebody who replies to what was answered since they opened it: with who
// was faster, and what they wrote. Sent again it goes.
func (d *talkDesk) answeredMeanwhile(ctx context.Context, s submit, to view.Correspondent, r workflow.Refusal) handle.Answer {
	sentence := view.MessageRefusal(r)
	facts, err := d.messageFacts(ctx, to)
	if err != nil {
		return handle.At(view.MessageBlock(to), sentence)
	}
	facts.Choice.Chosen = to.Template
	facts.Text, facts.Warning = s.Field(view.ActionMessageText).Text, view.AnsweredWarning(r.Handled)
	return handle.ShowOr(view.MessageModal(facts), view.MessageBlock(to), sentence)
}

// chooseTemplate fills a template into the message.
func (d *talkDesk) chooseTemplate() onClick[view.Correspondent] {
	return template.Choose(d.api, d.store, d.log, template.Menu[view.Correspondent]{
		Parse: func(c click) (view.Correspondent, error) { return view.ParseCorrespondent(c.View.Metadata) },
		Scope: correspondentScope, Shop: func(to view.Correspondent) workflow.ShopID { return to.Shop },
		Show: func(ctx context.Context, _ click, to view.Correspondent, _ handle.Grant, t workflow.Template) (slack.ModalViewRequest, error) {
			facts, err := d.messageFacts(ctx, to)
			if err != nil {
				return slack.ModalViewRequest{}, err
			}
			campaign, err := d.campaignOf(ctx, to)
			facts.To.Seen = to.Seen // what they were shown when they began
			facts.Choice, facts.Text = facts.Choice.Filled(t, facts.Creator, facts.Product, campaign)
			return view.MessageModal(facts), err
		},
	})
}

// campaignOf names the campaign that a message is about: the one of the request, or of which the creator is a member.
func (d *talkDesk) campaignOf(ctx context.Context, to view.Correspondent) (name string, err error) {
	err = d.store.View(ctx, func(tx workflow.Tx) error {
		id := to.Campaign
		if to.Application != "" {
			a, err := tx.Application(workflow.Key{Shop: to.Shop, ID: to.Application})
			if query.UnlessMissing(err) != nil {
				return err
			}
			id = cmp.Or(a.Campaign, id)
		}
		name, err = query.CampaignName(tx, id)
		return err
	})
	return name, err
}

// dismissAnswer ends a creator's wait for an answer without one.
func (d *talkDesk) dismissAnswer() onClick[view.Correspondent] {
	return onClick[view.Correspondent]{
		Parse: correspondentNamed, Scope: correspondentScope,
		Do: func(ctx context.Context, _ click, to view.Correspondent, g handle.Grant) (handle.Answer, error) {
			_, err := d.engine.DismissAnswer(ctx, workflow.Dismissal{Actor: g.Actor, At: time.Now(), Shop: to.Shop, Creator: to.Creator, Seen: to.Seen})
			return handle.Answer{}, err
		},
		Fail: func(ctx context.Context, _ click, _ view.Correspondent, _ handle.Grant, err error) handle.Answer {
			if r, ok := errors.AsType[workflow.Refusal](err); ok {
				if sentence, known := view.AnswerRefusal(r); known {
					return handle.Tell(sentence)
				}
			}
			return handle.Tell(messageWords(ctx, d.access, err))
		},
	}
}

// resend tries a message again that TikTok refused.
func (d *talkDesk) resend() onClick[workflow.NoticeID] {
	return onClick[workflow.NoticeID]{
		Parse: func(c click) (workflow.NoticeID, error) { return workflow.NoticeID(c.Action.Text), nil },
		Scope: func(ctx context.Context, id *workflow.NoticeID) (handle.Scope, error) {
			n, err := d.notice(ctx, *id)
			return handle.Scope{Shop: n.Shop, Role: access.Reviewer}, err
		},
		Do: func(ctx context.Context, _ click, id workflow.NoticeID, g handle.Grant) (handle.Answer, error) {
			g.Actor.Surface = workflow.FromThread
			_, err := d.engine.Resend(ctx, id, g.Actor, time.Now())
			return handle.Answer{}, err
		},
		Fail: notMessaged[workflow.NoticeID](d.access),
	}
}

// notice reads a notice; the error is a Refusal if there is none.
func (d *talkDesk) notice(ctx context.Context, id workflow.NoticeID) (n workflow.Notice, err error) {
	err = d.store.View(ctx, func(tx workflow.Tx) error {
		if n, err = tx.Notice(id); errors.Is(err, workflow.ErrNotFound) {
			return workflow.Refusal{Rule: workflow.RuleNothingFailed}
		}
		return err
	})
	if err != nil {
		return workflow.Notice{}, fmt.Errorf("reading a notice: %w", err)
	}
	return n, nil
}

// messageMessage renders a message to a creator, and how far it got: the metadata says sent, waiting or refused.
func (d *talkDesk) messageMessage(_ context.Context, tx workflow.Tx, s post.Subject) (post.Rendered, error) {
	n := s.Notice
	shop, err := d.defaults.ShopNamed(tx, n.Shop)
	if err != nil {
		return post.Rendered{}, err
	}
	creator, _, err := workflow.Recipient(tx, n.Shop, n.Application, n.Creator)
	if access.RuleOf(err) != "" {
		err = nil // whom it was written to has no name then
	}
	if n.Application != "" {
		shop = "" // the card says that
	}
	about := map[string]any{}
	if n.Message != nil {
		about["state"] = string(n.Message.State)
	}
	return post.Rendered{Message: view.MessageToCreator(view.MessageFacts{Notice: n, Creator: creator, Shop: shop}), About: about}, err
}
