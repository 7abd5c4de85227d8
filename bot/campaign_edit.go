package bot

import (
	"context"
	"errors"
	"fmt"
	"time"

	"sampledesk/bot/access"
	"sampledesk/bot/handle"
	"sampledesk/bot/view"
	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

// campaignEditRoutes are the dialog in which a campaign is edited.
func (d *Desk) campaignEditRoutes(r *routes) {
	handle.OnClick(r.Mux, view.ActionCampaignEdit, d.openEdit())
	handle.OnSubmit(r.Mux, view.CallbackEdit, d.submitEdit())
	r.OnSuggest(view.ActionEditProducts, d.suggestProducts)
}

// openEdit opens the dialog. What it shows is read from the store, so the trigger's three seconds suffice.
func (d *Desk) openEdit() onClick[workflow.Campaign] {
	return onClick[workflow.Campaign]{
		Order: handle.AckFirst, Parse: campaignNamed, Scope: d.campaignScope,
		Do: func(ctx context.Context, _ click, c workflow.Campaign, g handle.Grant) (handle.Answer, error) {
			facts := view.EditFacts{Campaign: c}
			err := d.store.View(ctx, func(tx workflow.Tx) (err error) {
				if facts.Shop, err = d.defaults().ShopNamed(tx, g.Shop.ID); err == nil {
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

// productOnly and variant tell two products apart: by what they are, or by variant too.
func productOnly(p workflow.Product) string { return string(p.ID) }
func variant(p workflow.Product) string     { return string(p.ID) + ":" + p.SKU }

// productsWith returns up to limit of a shop's products whose name holds what was typed, each once as same tells them
// apart; with only, which may be nil, those of them.
func productsWith(
	ctx context.Context, tx workflow.Tx, shop workflow.ShopID, typed string, only func(workflow.Product) bool, limit int, same func(workflow.Product) string,
) ([]workflow.Product, error) {
	wanted := func(p workflow.Product) bool { return (only == nil || only(p)) && view.Mentions(p, typed) }
	return query.Products(ctx, tx, shop, wanted, limit, same)
}

// suggestProducts answers the menu of products where there are more than it holds.
func (d *Desk) suggestProducts(ctx context.Context, i handle.Interaction) any {
	meta, err := view.ParseEditMeta(i.View.Metadata)
	if err != nil {
		d.log.WarnContext(ctx, "a dialog does not say what it is about", "error", err)
		return view.ProductOptions(nil)
	}
	return view.ProductOptions(d.productsFor(ctx, i, meta.Shop, nil, productOnly))
}

// productsFor reads the products that a menu asks for, for who may be told.
func (d *Desk) productsFor(ctx context.Context, i handle.Interaction, shop workflow.ShopID, only func(workflow.Product) bool, same func(workflow.Product) string) (found []workflow.Product) {
	ctx, cancel := context.WithTimeout(ctx, handle.CommitBy)
	defer cancel()
	if _, err := d.access.Guard(ctx, i.User.ID, shop, access.Reviewer); err != nil {
		d.access.Log(ctx, i.User.ID, err)
		return nil
	}
	err := d.store.View(ctx, func(tx workflow.Tx) (err error) {
		found, err = productsWith(ctx, tx, shop, i.Typed, only, view.MaxChoices, same)
		return err
	})
	if err != nil {
		d.log.ErrorContext(ctx, "could not read the products", "error", err)
	}
	return found
}

// submitEdit keeps what a campaign was made into, before the dialog closes.
func (d *Desk) submitEdit() onSubmit[view.EditMeta] {
	return onSubmit[view.EditMeta]{
		Parse: func(s submit) (view.EditMeta, error) { return view.ParseEditMeta(s.View.Metadata) },
		Scope: handle.For(access.Reviewer, func(m view.EditMeta) workflow.ShopID { return m.Shop }),
		Do: func(ctx context.Context, s submit, meta view.EditMeta, g handle.Grant) (handle.Answer, error) {
			edit, err := d.edit(ctx, s, meta, g)
			if err != nil {
				return handle.Answer{}, err
			}
			if edit.Channel != "" && edit.Channel != meta.Channel {
				checking, cancel := context.WithTimeout(ctx, checkWithin)
				defer cancel()
				if why := d.unreachable(checking, edit.Channel); why != "" {
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
func (d *Desk) edit(ctx context.Context, s submit, meta view.EditMeta, g handle.Grant) (workflow.CampaignEdit, error) {
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
