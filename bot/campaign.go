package bot

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"sampledesk/bot/socket"
	"sampledesk/bot/view"
	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

// campaignRoutes are the commands, controls and dialogs of campaigns.
func (d *Desk) campaignRoutes(r *routes) {
	d.joinRoutes(r)
	d.campaignEditRoutes(r)
	d.linkRoutes(r)
	r.commands[view.CommandCampaign+" list"] = d.campaigns
	r.commands[view.CommandCampaign+" status"] = d.campaignStatus
	r.commands[view.CommandCampaign+" create"] = d.createCampaign
	r.commands[view.CommandCampaign+" add"] = d.addCreators
	r.commands[view.CommandCampaign+" import"] = d.importCollaboration
	r.commands[view.CommandCampaign+" archive"] = d.askToArchive
	r.clicks[view.ActionCampaignsPage] = d.turnCampaigns
	r.clicks[view.ActionCampaignsBack] = d.turnCampaigns
	r.clicks[view.ActionCampaignEnd] = d.archiveCampaign
	r.clicks[view.ActionCampaignShare] = d.shareFunnel
	r.clicks[view.ActionNeeded] = d.sayNeed
	r.clicks[view.ActionNotNeeded] = d.sayNeed
}

// campaigns lists the campaigns of all shops of the channel.
func (d *Desk) campaigns(ctx context.Context, c command, _ string) (reply, error) {
	return answered(d.campaignPage(ctx, c.Shops, 0))
}

// turnCampaigns shows another page of the list in place of the one that was clicked.
func (d *Desk) turnCampaigns(ctx context.Context, i interaction, a action, ack socket.Ack) {
	ack(nil)
	page, err := strconv.Atoi(a.Text)
	if err != nil || page < 0 {
		d.log.WarnContext(ctx, "a control of the list of campaigns names no page", "value", a.Text)
		return
	}
	d.turn(ctx, i, "the campaigns", func(shops []workflow.Shop) (view.Message, error) {
		return d.campaignPage(ctx, shops, page)
	})
}

// campaignPage reads a page of the list: shop by shop, by name.
func (d *Desk) campaignPage(ctx context.Context, shops []workflow.Shop, page int) (view.Message, error) {
	facts := view.CampaignsFacts{Page: page}
	err := d.store.View(ctx, func(tx workflow.Tx) (err error) {
		facts.Rows, facts.Total, err = query.CampaignPage(ctx, tx, shops, page, view.CampaignPageSize)
		return err
	})
	if err != nil {
		return view.Message{}, fmt.Errorf("%w the campaigns: %w", errRead, err)
	}
	return view.Campaigns(facts), nil
}

// campaignStatus draws a campaign's funnel. Where several shops have a campaign of that name, each is drawn.
func (d *Desk) campaignStatus(ctx context.Context, c command, typed string) (reply, error) {
	if typed = unquoted(typed); typed == "" {
		return reply{Message: view.Usage(c.Name, "status")}, nil
	}
	var m view.Message
	err := d.store.View(ctx, func(tx workflow.Tx) error {
		m = view.Message{}
		found, err := findCampaigns(tx, c.Shops, typed)
		if err != nil {
			return err
		}
		for _, n := range found {
			funnel, err := query.CampaignFunnel(ctx, tx, n.Campaign, time.Now())
			if err != nil {
				return err
			}
			m = m.And(view.CampaignStatus(view.CampaignStatusFacts{Funnel: funnel, Shop: query.ShopName(n.Shop, len(c.Shops))}))
		}
		if len(found) == 0 {
			m, err = noSuchCampaign(ctx, tx, c, "status", typed, "")
		}
		return err
	})
	if err != nil {
		return reply{}, fmt.Errorf("%w a campaign: %w", errRead, err)
	}
	return reply{Message: m}, nil
}
