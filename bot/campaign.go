package bot

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"time"

	"sampledesk/bot/access"
	"sampledesk/bot/handle"
	"sampledesk/bot/picture"
	"sampledesk/bot/slackapi"
	"sampledesk/bot/view"
	"sampledesk/workflow"
	"sampledesk/workflow/engine"
	"sampledesk/workflow/query"
)

// campaignDesk is the commands of campaigns, and what is below a funnel.
type campaignDesk struct {
	api      *slackapi.Client
	engine   *engine.Engine
	store    workflow.Store
	reads    workflow.Store
	access   *access.Access
	defaults query.Defaults
	shared   *recentIDs
	log      *slog.Logger
}

// register adds the commands and controls.
func (d *campaignDesk) register(r *routes) {
	r.commands[view.CommandCampaign+" list"] = r.whenReady(d.campaigns)
	r.commands[view.CommandCampaign+" status"] = r.whenReady(d.campaignStatus)
	r.commands[view.CommandCampaign+" create"] = d.createCampaign
	r.commands[view.CommandCampaign+" add"] = d.addCreators
	r.commands[view.CommandCampaign+" import"] = d.importCollaboration
	r.commands[view.CommandCampaign+" archive"] = d.askToArchive
	handle.OnClick(r.Mux, view.ActionCampaignsPage, d.turnCampaigns())
	handle.OnClick(r.Mux, view.ActionCampaignsBack, d.turnCampaigns())
	handle.OnClick(r.Mux, view.ActionCampaignEnd, d.archiveCampaign())
	handle.OnClick(r.Mux, view.ActionCampaignPick, d.pickCreator())
	handle.OnClick(r.Mux, view.ActionCampaignShare, d.shareFunnel())
}

// campaigns lists the campaigns of all shops of the channel.
func (d *campaignDesk) campaigns(ctx context.Context, c command, _ string) (reply, error) {
	return answered(d.campaignPage(ctx, c.Shops, 0))
}

// turnCampaigns shows another page of the list in place of the one that was clicked.
func (d *campaignDesk) turnCampaigns() onClick[int] {
	return onPage(d.access, pageNumber, func(ctx context.Context, _ handle.Interaction, shops []workflow.Shop, page int) (view.Message, error) {
		return d.campaignPage(ctx, shops, page)
	})
}

// campaignPage reads a page of the list: shop by shop, by name.
func (d *campaignDesk) campaignPage(ctx context.Context, shops []workflow.Shop, page int) (view.Message, error) {
	facts := view.CampaignsFacts{Page: page}
	err := d.reads.View(ctx, func(tx workflow.Tx) (err error) {
		facts.Rows, facts.Total, err = query.CampaignPage(ctx, tx, shops, page, view.CampaignPageSize)
		return err
	})
	if err != nil {
		return view.Message{}, fmt.Errorf("%w the campaigns: %w", access.ErrRead, err)
	}
	return view.Campaigns(facts), nil
}

// campaignStatus draws a campaign's funnel. Where several shops have a campaign of that name, each is drawn.
func (d *campaignDesk) campaignStatus(ctx context.Context, c command, typed string) (reply, error) {
	if typed = unquoted(typed); typed == "" {
		return reply{Message: view.Usage(c.Name, "status")}, nil
	}
	var m view.Message
	err := d.reads.View(ctx, func(tx workflow.Tx) error {
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
		return reply{}, fmt.Errorf("%w a campaign: %w", access.ErrRead, err)
	}
	return reply{Message: m}, nil
}

// shareFunnel posts a campaign's funnel as a picture, to the campaign's channel or the shop's: whoever sees it there may
// see it. A second delivery of the click posts nothing.
func (d *campaignDesk) shareFunnel() onClick[workflow.Campaign] {
	return onClick[workflow.Campaign]{
		Order: handle.AckFirst, Parse: campaignNamed, Scope: campaignScope(d.store),
		Do: func(ctx context.Context, c click, of workflow.Campaign, g handle.Grant) (handle.Answer, error) {
			if !d.shared.first(ctx, c.TriggerID) {
				return handle.Answer{}, nil
			}
			p, err := d.funnelPicture(ctx, of, c.User.ID)
			if err == nil {
				p.Channel = cmp.Or(of.Channel, d.defaults.ChannelOf(g.Shop))
				err = d.api.Upload(ctx, p)
			}
			if err != nil {
				d.log.WarnContext(ctx, "could not share a picture", "person", c.User.ID, "shop", g.Shop.ID, "error", err)
				return handle.Tell(view.PictureFailed), nil
			}
			return handle.Tell(view.PictureShared(p.Channel)), nil
		},
	}
}

func (d *campaignDesk) funnelPicture(ctx context.Context, c workflow.Campaign, by workflow.PersonID) (p slackapi.File, err error) {
	var facts view.CampaignStatusFacts
	err = d.reads.View(ctx, func(tx workflow.Tx) error {
		var err error
		if facts.Shop, err = d.defaults.ShopNamed(tx, c.Shop); err == nil {
			facts.Funnel, err = query.CampaignFunnel(ctx, tx, c, time.Now())
		}
		return err
	})
	if err != nil {
		return p, fmt.Errorf("%w a campaign: %w", access.ErrRead, err)
	}
	chart := view.Funnel(facts, by)
	png, err := drawFunnel(chart)
	return slackapi.File{Name: "campaign.png", Title: chart.Title, Alt: chart.Alt, Comment: chart.Comment, Data: png}, err
}

// drawFunnel draws a campaign's funnel as a PNG.
func drawFunnel(c view.FunnelChart) ([]byte, error) {
	chart := picture.Funnel{Title: c.Title, Subtitle: c.Subtitle, Footer: c.Footer}
	for _, b := range c.Bars {
		chart.Bars = append(chart.Bars, picture.Bar{Label: b.Stage, Count: b.Count, Note: b.Note})
	}
	return chart.PNG()
}
