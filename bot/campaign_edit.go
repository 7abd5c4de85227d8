package bot

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"sampledesk/bot/access"
	"sampledesk/bot/handle"
	"sampledesk/bot/view"
	"sampledesk/workflow"
	"sampledesk/workflow/engine"
	"sampledesk/workflow/query"
)

// editDesk is the dialog in which a campaign is edited.
type editDesk struct {
	engine      *engine.Engine
	store       workflow.Store
	access      *access.Access
	defaults    query.Defaults
	unreachable func(ctx context.Context, channel string) (sentence string) // why the desk could not write there
	products    productMenu
	log         *slog.Logger
}

// register adds the dialog.
func (d *editDesk) register(r *routes) {
	handle.OnClick(r.Mux, view.ActionCampaignEdit, d.openEdit())
	handle.OnSubmit(r.Mux, view.CallbackEdit, d.submitEdit())
	r.OnSuggest(view.ActionEditProducts, d.suggestProducts)
}

// openEdit opens the dialog. What it shows is read from the store, so the trigger's three seconds suffice.
func (d *editDesk) openEdit() onClick[workflow.Campaign] {
	return onClick[workflow.Campaign]{
		Order: handle.AckFirst, Parse: campaignNamed, Scope: campaignScope(d.store),
		Do: func(ctx context.Context, _ click, c workflow.Campaign, g handle.Grant) (handle.Answer, error) {
			facts := view.EditFacts{Campaign: c}
			err := d.store.View(ctx, func(tx workflow.Tx) (err error) {
				if facts.Shop, err = d.defaults.ShopNamed(tx, g.Shop.ID); err == nil {
					facts.Products, err = productsWith(ctx, tx, g.Shop.ID, "", nil, view.MaxChoices+1, productOnly)
				}
				return err
			})
			if err != nil {
				return handle.Answer{}, fmt.Errorf("%w what a campaign can be about: %w", access.ErrRead, err)
			}
			return handle.Open(view.EditModal(facts)), nil
		},
	}
}

// suggestProducts answers the menu of products where there are more than it holds.
func (d *editDesk) suggestProducts(ctx context.Context, i handle.Interaction) any {
	meta, err := view.ParseEditMeta(i.View.Metadata)
	if err != nil {
		d.log.WarnContext(ctx, "invalid metadata of a dialog", "error", err)
		return view.ProductOptions(nil)
	}
	return view.ProductOptions(d.products.offer(ctx, i, meta.Shop, nil, productOnly))
}

// submitEdit keeps what a campaign was made into, before the dialog closes.
func (d *editDesk) submitEdit() onSubmit[view.EditMeta] {
	return onSubmit[view.EditMeta]{
		Parse: func(s submit) (view.EditMeta, error) { return view.ParseEditMeta(s.View.Metadata) },
		Scope: handle.For(access.Reviewer, func(m view.EditMeta) workflow.ShopID { return m.Shop }),
		Do: func(ctx context.Context, s submit, meta view.EditMeta, g handle.Grant) (handle.Answer, error) {
			edit, err := d.edit(ctx, s, meta, g)
			if err != nil {
				return handle.Answer{}, err
			}
			if edit.Channel != "" && edit.Channel != meta.Channel {
				if why := d.unreachable(ctx, edit.Channel); why != "" {
					return handle.At(view.BlockEditChannel, why), nil
				}
			}
			_, err = d.engine.EditCampaign(ctx, edit)
			return handle.Answer{}, err
		},
		Fail: func(ctx context.Context, _ submit, _ view.EditMeta, _ handle.Grant, err error) handle.Answer {
			if r, ok := errors.AsType[workflow.Refusal](err); ok {
				return handle.At(view.EditError(r))
			}
			return handle.At(view.BlockEditName, d.access.Explain(ctx, err))
		},
	}
}

// edit reads the dialog's inputs. One that shows no products leaves those of the campaign as they are.
func (d *editDesk) edit(ctx context.Context, s submit, meta view.EditMeta, g handle.Grant) (workflow.CampaignEdit, error) {
	e := workflow.CampaignEdit{
		Actor: g.Actor, At: time.Now(), Campaign: meta.Campaign, Seen: meta.Seen,
		Name: s.Field(view.ActionEditName).Text, Channel: s.Field(view.ActionEditChannel).Conversation,
	}
	for _, o := range s.Field(view.ActionEditProducts).Checked {
		e.Products = append(e.Products, workflow.ProductID(o.Value))
	}
	if _, shown := s.View.State.Values[view.BlockEditProducts]; shown {
		return e, nil
	}
	err := d.store.View(ctx, func(tx workflow.Tx) error {
		c, err := tx.Campaign(meta.Campaign)
		e.Products = c.Products
		return query.UnlessMissing(err)
	})
	if err != nil {
		return e, fmt.Errorf("%w a campaign: %w", access.ErrRead, err)
	}
	return e, nil
}
