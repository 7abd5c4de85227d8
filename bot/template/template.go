// Package template is the templates of messages in Slack: the dialogs in which admins keep a shop's, and the menu with which
// every dialog that writes to a creator fills one in.
package template

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/slack-go/slack"

	"sampledesk/bot/access"
	"sampledesk/bot/handle"
	"sampledesk/bot/slackapi"
	"sampledesk/bot/view"
	"sampledesk/workflow"
	"sampledesk/workflow/engine"
	"sampledesk/workflow/query"
)

// Desk is where admins keep the templates.
type Desk struct {
	API    *slackapi.Client
	Engine *engine.Engine
	Store  workflow.Store
	Access *access.Access
	Log    *slog.Logger

	// Overview shows the settings' overview again, if it is open.
	Overview func(ctx context.Context, who workflow.PersonID, shop workflow.ShopID, view string)
}

// Register adds the list, and the dialog of one.
func (d *Desk) Register(m *handle.Mux) {
	handle.OnClick(m, view.ActionTemplates, d.open())
	handle.OnClick(m, view.ActionTemplateAdd, d.edit())
	handle.OnClick(m, view.ActionTemplateEdit, d.edit())
	handle.OnClick(m, view.ActionTemplateRemove, d.remove())
	handle.OnSubmit(m, view.CallbackTemplate, d.submit())
}

type (
	onClick  = handle.Handler[handle.Click, view.TemplateMeta]
	onSubmit = handle.Handler[handle.Submit, view.TemplateMeta]
)

// scope is what a person has to be allowed who keeps templates.
var scope = handle.For(access.Admin, func(m view.TemplateMeta) workflow.ShopID { return m.Shop })

// open opens the list above the settings' overview.
func (d *Desk) open() onClick {
	return onClick{
		Order: handle.AckFirst,
		Parse: func(c handle.Click) (view.TemplateMeta, error) {
			meta, err := view.ParseSettingsMeta(c.View.Metadata)
			return view.TemplateMeta{Shop: meta.Shop, Overview: c.View.ID}, err
		},
		Scope: scope,
		Do: func(ctx context.Context, c handle.Click, meta view.TemplateMeta, _ handle.Grant) (handle.Answer, error) {
			facts, err := d.facts(ctx, meta)
			if err != nil {
				return handle.Answer{}, err
			}
			return handle.Open(view.Templates(facts)), nil
		},
	}
}

// facts gathers what the list shows.
func (d *Desk) facts(ctx context.Context, meta view.TemplateMeta) (f view.TemplatesFacts, err error) {
	f.Meta = meta
	err = d.Store.View(ctx, func(tx workflow.Tx) error {
		shops, err := tx.Shops()
		if err != nil {
			return err
		}
		if s, ok := query.ShopAmong(shops, meta.Shop); ok {
			f.Shop = query.ShopName(s, len(shops))
		}
		all, err := tx.Templates(meta.Shop)
		f.Templates = all.All
		return err
	})
	return f, err
}

// edit opens the dialog of a template that a button names, or of a new one.
func (d *Desk) edit() onClick {
	return onClick{
		Order: handle.AckFirst,
		Parse: func(c handle.Click) (view.TemplateMeta, error) {
			meta, err := view.ParseTemplateMeta(c.View.Metadata)
			if meta.List = c.View.ID; c.Action.ID == view.ActionTemplateEdit {
				meta.ID = workflow.TemplateID(c.Action.Text)
			}
			return meta, err
		},
		Scope: scope,
		Do: func(ctx context.Context, _ handle.Click, meta view.TemplateMeta, _ handle.Grant) (handle.Answer, error) {
			facts, err := d.facts(ctx, meta)
			if err != nil {
				return handle.Answer{}, err
			}
			t, ok := workflow.Templates{All: facts.Templates}.Named(meta.ID)
			if !ok && meta.ID != "" {
				return handle.Answer{Open: new(view.TemplateRemoved())}, nil
			}
			meta.Seen = t.Version
			return handle.Open(view.TemplateModal(meta, t)), nil
		},
	}
}

// submit keeps a template. The dialog closes then, and the list below it shows what there is now.
func (d *Desk) submit() onSubmit {
	return onSubmit{
		Parse: func(s handle.Submit) (view.TemplateMeta, error) { return view.ParseTemplateMeta(s.View.Metadata) },
		Scope: scope,
		Do: func(ctx context.Context, s handle.Submit, meta view.TemplateMeta, g handle.Grant) (handle.Answer, error) {
			_, err := d.Engine.PutTemplate(ctx, workflow.TemplateChange{
				Actor: g.Actor, At: time.Now(), Shop: meta.Shop, ID: meta.ID, Seen: meta.Seen,
				Name: s.Field(view.ActionTemplateName).Text, Text: s.Field(view.ActionTemplateText).Text,
			})
			return handle.Answer{Then: func(ctx context.Context) { d.showList(ctx, s.User.ID, meta) }}, err
		},
		Fail: func(ctx context.Context, _ handle.Submit, _ view.TemplateMeta, _ handle.Grant, err error) handle.Answer {
			if r, ok := errors.AsType[workflow.Refusal](err); ok {
				if block, sentence, known := view.TemplateError(r); known {
					return handle.At(block, sentence)
				}
			}
			return handle.At(view.BlockTemplateName, view.Plain(d.Access.Explain(ctx, err)))
		},
	}
}

// remove removes a template.
func (d *Desk) remove() onClick {
	return onClick{
		Order: handle.AckFirst,
		Parse: func(c handle.Click) (view.TemplateMeta, error) { return view.ParseTemplateMeta(c.View.Metadata) },
		Scope: scope,
		Do: func(ctx context.Context, c handle.Click, meta view.TemplateMeta, g handle.Grant) (handle.Answer, error) {
			if _, err := d.Engine.RemoveTemplate(ctx, workflow.TemplateChange{Actor: g.Actor, At: time.Now(), Shop: meta.Shop, ID: meta.ID}); err != nil {
				return handle.Answer{}, err
			}
			if _, err := d.API.UpdateViewContext(ctx, view.TemplateRemoved(), "", c.View.Hash, c.View.ID); err != nil {
				d.Log.WarnContext(ctx, "could not close the dialog of a template", "person", c.User.ID, "error", err)
			}
			d.showList(ctx, c.User.ID, meta)
			return handle.Answer{}, nil
		},
	}
}

// showList shows the list, and the overview below it, as they are now.
func (d *Desk) showList(ctx context.Context, who workflow.PersonID, meta view.TemplateMeta) {
	ctx, cancel := d.API.Detach(ctx, handle.AnswerTimeout)
	defer cancel()
	facts, err := d.facts(ctx, view.TemplateMeta{Shop: meta.Shop, Overview: meta.Overview})
	if err == nil {
		_, err = d.API.UpdateViewContext(ctx, view.Templates(facts), "", "", meta.List)
	}
	if err != nil { // whoever closed it looks at it no more
		d.Log.InfoContext(ctx, "could not show the templates", "person", who, "shop", meta.Shop, "error", err)
	}
	d.Overview(ctx, who, meta.Shop, meta.Overview)
}

// Menu handles the menu of templates of a dialog that writes to a creator.
type Menu[T any] struct {
	Parse func(handle.Click) (T, error)
	Scope func(context.Context, *T) (handle.Scope, error)

	// Shop is whose templates they are, and Show the dialog with one filled in.
	Shop func(T) workflow.ShopID
	Show func(context.Context, handle.Click, T, handle.Grant, workflow.Template) (slack.ModalViewRequest, error)
}

// Choose fills a template that was chosen into the dialog's text, in place of what is there. One that was removed meanwhile
// changes nothing. What goes wrong is told when the dialog is sent.
func Choose[T any](api *slackapi.Client, store workflow.Store, log *slog.Logger, m Menu[T]) handle.Handler[handle.Click, T] {
	return handle.Handler[handle.Click, T]{
		Order: handle.AckFirst, Parse: m.Parse, Scope: m.Scope,
		Do: func(ctx context.Context, c handle.Click, about T, g handle.Grant) (handle.Answer, error) {
			var all workflow.Templates
			err := store.View(ctx, func(tx workflow.Tx) (err error) {
				all, err = tx.Templates(m.Shop(about))
				return err
			})
			if err != nil {
				return handle.Answer{}, err
			}
			t, ok := all.Named(workflow.TemplateID(c.Action.Chosen()))
			if !ok {
				return handle.Answer{}, nil
			}
			shown, err := m.Show(ctx, c, about, g, t)
			if err == nil {
				_, err = api.UpdateViewContext(ctx, shown, "", c.View.Hash, c.View.ID)
			}
			if err != nil {
				log.WarnContext(ctx, "could not fill in a template", "person", c.User.ID, "error", err)
			}
			return handle.Answer{}, nil
		},
		Fail: func(context.Context, handle.Click, T, handle.Grant, error) handle.Answer { return handle.Answer{} },
	}
}
