package bot

import (
	"context"
	"errors"
	"fmt"
	"time"

	"sampledesk/bot/socket"
	"sampledesk/bot/view"
	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

// campaignEditRoutes are the dialog in which a campaign is edited.
func (d *Desk) campaignEditRoutes(r *routes) {
	r.clicks[view.ActionCampaignEdit] = d.openEdit
	r.submissions[view.CallbackEdit] = d.submitEdit
	r.suggestions[view.ActionEditProducts] = d.suggestProducts
}

// openEdit opens the dialog. What it shows is read from the store, so the trigger's three seconds suffice.
func (d *Desk) openEdit(ctx context.Context, i interaction, a action, ack socket.Ack) {
	ack(nil)
	c, shop, no := d.campaignOf(ctx, i, workflow.CampaignID(a.Text), reviewer)
	if no != "" {
		d.tell(ctx, i, no)
		return
	}
	facts := view.EditFacts{Campaign: c}
	err := d.store.View(ctx, func(tx workflow.Tx) (err error) {
		if facts.Shop, err = d.defaults().ShopNamed(tx, shop.ID); err == nil {
			facts.Products, err = productsWith(ctx, tx, shop.ID, "", nil, view.MaxChoices+1, productOnly)
		}
		return err
	})
	if err != nil {
		d.log.ErrorContext(ctx, "could not read what a campaign can be about", "error", err)
		d.tell(ctx, i, view.Denied(view.DeniedUnread))
		return
	}
	d.openModal(ctx, i, view.EditModal(facts))
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
func (d *Desk) suggestProducts(ctx context.Context, i interaction) any {
	meta, err := view.ParseEditMeta(i.View.Metadata)
	if err != nil {
		d.log.WarnContext(ctx, "a dialog does not say what it is about", "error", err)
		return view.ProductOptions(nil)
	}
	return view.ProductOptions(d.productsFor(ctx, i, meta.Shop, nil, productOnly))
}

// productsFor reads the products that a menu asks for, for who may be told.
func (d *Desk) productsFor(ctx context.Context, i interaction, shop workflow.ShopID, only func(workflow.Product) bool, same func(workflow.Product) string) (found []workflow.Product) {
	ctx, cancel := context.WithTimeout(ctx, commitBy)
	defer cancel()
	if _, no := d.guard(ctx, i.User.ID, shop, reviewer); no != "" {
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
func (d *Desk) submitEdit(ctx context.Context, i interaction, ack socket.Ack) {
	ctx, cancel := context.WithTimeout(ctx, commitBy)
	defer cancel()
	meta, err := view.ParseEditMeta(i.View.Metadata)
	if err != nil {
		d.log.WarnContext(ctx, "a dialog does not say what it is about", "error", err)
		return
	}
	shop, no := d.guard(ctx, i.User.ID, meta.Shop, reviewer)
	if no != "" {
		ack(errorAt(view.BlockEditName, no))
		return
	}
	edit, err := d.edit(ctx, i, meta, shop)
	if err != nil {
		ack(errorAt(view.BlockEditName, view.Denied(view.DeniedUnread)))
		return
	}
	if edit.Channel != "" && edit.Channel != meta.Channel {
		checking, cancel := context.WithTimeout(ctx, checkWithin)
		defer cancel()
		if complaint := d.unreachable(checking, edit.Channel); complaint != "" {
			ack(errorAt(view.BlockEditChannel, complaint))
			return
		}
	}
	if _, err := d.engine.EditCampaign(ctx, edit); err != nil {
		d.note(ctx, i.User.ID, err)
		block, text := view.BlockEditName, view.Denied(view.DeniedUnsaved)
		if r, ok := errors.AsType[workflow.Refusal](err); ok {
			block, text = view.EditError(r)
		}
		ack(errorAt(block, text))
		return
	}
	ack(nil)
}

// edit reads the dialog's inputs. One that shows no products leaves those of the campaign as they are.
func (d *Desk) edit(ctx context.Context, i interaction, meta view.EditMeta, shop workflow.Shop) (workflow.CampaignEdit, error) {
	e := workflow.CampaignEdit{
		Actor: d.actor(i.User.ID, shop, workflow.FromModal, i.View.ID), At: time.Now(), Campaign: meta.Campaign, Seen: meta.Seen,
		Name: i.field(view.ActionEditName).Text, Channel: i.field(view.ActionEditChannel).Conversation,
	}
	for _, o := range i.field(view.ActionEditProducts).Checked {
		e.Products = append(e.Products, workflow.ProductID(o.Value))
	}
	if _, shown := i.View.State.Values[view.BlockEditProducts]; shown {
		return e, nil
	}
	err := d.store.View(ctx, func(tx workflow.Tx) error {
		c, err := tx.Campaign(meta.Campaign)
		e.Products = c.Products
		return query.UnlessMissing(err)
	})
	if err != nil {
		d.log.ErrorContext(ctx, "could not read a campaign", "error", err)
		return e, fmt.Errorf("%w a campaign: %w", errRead, err)
	}
	return e, nil
}
