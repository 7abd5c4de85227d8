package bot

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"sampledesk/bot/access"
	"sampledesk/bot/handle"
	"sampledesk/bot/picture"
	"sampledesk/bot/slackapi"
	"sampledesk/bot/view"
	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

// shareFunnel posts a campaign's funnel as a picture, to the campaign's channel or the shop's: whoever sees it there may
// see it. A second delivery of the click posts nothing.
func (d *campaignDesk) shareFunnel() onClick[workflow.Campaign] {
	return onClick[workflow.Campaign]{
		Order: handle.AckFirst, Parse: campaignNamed, Scope: campaignScope(d.store),
		Do: func(ctx context.Context, c click, of workflow.Campaign, g handle.Grant) (handle.Answer, error) {
			if !d.shared.first(c.TriggerID) {
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
	err = d.store.View(ctx, func(tx workflow.Tx) error {
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
