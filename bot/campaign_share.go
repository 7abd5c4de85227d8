package bot

import (
	"context"
	"fmt"
	"time"

	"sampledesk/bot/slackapi"
	"sampledesk/bot/socket"
	"sampledesk/bot/view"
	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

// shareFunnel posts a campaign's funnel as a picture, to the campaign's channel or the shop's: whoever sees it there may
// see it. A second delivery of the click posts nothing.
func (d *Desk) shareFunnel(ctx context.Context, i interaction, a action, ack socket.Ack) {
	ack(nil)
	c, shop, no := d.campaignOf(ctx, i, workflow.CampaignID(a.Text), reviewer)
	if no != "" {
		d.tell(ctx, i, no)
		return
	}
	if !d.shared.first(i.TriggerID) {
		return
	}
	p, err := d.funnelPicture(ctx, c, i.User.ID)
	if err == nil {
		p.Channel = d.channelOf(shop)
		if c.Channel != "" {
			p.Channel = c.Channel
		}
		err = d.api.Upload(ctx, p)
	}
	if err != nil {
		d.log.WarnContext(ctx, "could not share a picture", "person", i.User.ID, "shop", shop.ID, "error", err)
		d.tell(ctx, i, view.PictureFailed)
		return
	}
	d.tell(ctx, i, view.PictureShared(p.Channel))
}

func (d *Desk) funnelPicture(ctx context.Context, c workflow.Campaign, by workflow.PersonID) (p slackapi.File, err error) {
	var facts view.CampaignStatusFacts
	err = d.store.View(ctx, func(tx workflow.Tx) error {
		var err error
		if facts.Shop, err = d.defaults().ShopNamed(tx, c.Shop); err == nil {
			facts.Funnel, err = query.CampaignFunnel(ctx, tx, c, time.Now())
		}
		return err
	})
	if err != nil {
		return p, fmt.Errorf("%w a campaign: %w", errRead, err)
	}
	chart := view.Funnel(facts, by)
	png, err := drawFunnel(chart)
	return slackapi.File{Name: "campaign.png", Title: chart.Title, Alt: chart.Alt, Comment: chart.Comment, Data: png}, err
}
