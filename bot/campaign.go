package bot

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"sampledesk/bot/view"
	"sampledesk/workflow"
)

// Bounds of what an answer about campaigns reads.
const (
	maxCampaigns = 20   // listed at a time
	maxMembers   = 1000 // of a campaign, for the picture
)

// campaigns lists the campaigns of all shops of the channel.
func (d *Desk) campaigns(ctx context.Context, c command, _ string) (reply, error) {
	var facts view.CampaignsFacts
	err := d.store.View(ctx, func(tx workflow.Tx) error {
		facts = view.CampaignsFacts{}
		for _, s := range c.Shops {
			if err := listCampaigns(tx, s, len(c.Shops), &facts); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return reply{}, fmt.Errorf("%w the campaigns: %w", errRead, err)
	}
	return reply{Message: view.Campaigns(facts)}, nil
}

func listCampaigns(tx workflow.Tx, s workflow.Shop, of int, facts *view.CampaignsFacts) error {
	for after := ""; ; {
		page, next, err := tx.Campaigns(s.ID, after, pageRead)
		if err != nil {
			return err
		}
		for _, c := range page {
			if len(facts.Rows) == maxCampaigns {
				facts.More++
				continue
			}
			standing, err := standings(tx, c)
			if err != nil {
				return err
			}
			row := view.CampaignRow{Campaign: c, Shop: shopName(s, of), Creators: len(standing)}
			for _, m := range standing {
				for _, a := range m.Applications {
					if a.Decidable() {
						row.Waiting++
					}
				}
			}
			facts.Rows = append(facts.Rows, row)
		}
		if after = next; after == "" {
			return nil
		}
	}
}

// standings returns the members of a campaign with their applications in it.
func standings(tx workflow.Tx, c workflow.Campaign) ([]view.Standing, error) {
	by := map[workflow.CreatorKey][]workflow.Application{}
	for after := ""; ; {
		page, err := tx.Applications(workflow.CampaignOf(c.ID), after, pageRead)
		if err != nil {
			return nil, err
		}
		for _, a := range page.Applications {
			key := a.Report.Creator.KeyOf(a.Key.Shop)
			by[key] = append(by[key], a)
		}
		if after = page.Next; after == "" {
			break
		}
	}
	var all []view.Standing
	for after := ""; len(all) < maxMembers; {
		members, next, err := tx.Members(c.ID, after, pageRead)
		if err != nil {
			return nil, err
		}
		for _, m := range members {
			all = append(all, view.Standing{Member: m, Applications: by[m.Creator]})
		}
		if after = next; after == "" {
			break
		}
	}
	return all, nil
}

// campaignStatus draws a campaign's funnel. Where several shops have a campaign of that name, each is drawn.
func (d *Desk) campaignStatus(ctx context.Context, c command, typed string) (reply, error) {
	if typed == "" {
		return reply{Message: view.Usage(view.CommandCampaign, "status")}, nil
	}
	var m view.Message
	err := d.store.View(ctx, func(tx workflow.Tx) error {
		m = view.Message{}
		for _, s := range c.Shops {
			named, err := tx.CampaignNamed(s.ID, strings.Join(strings.Fields(typed), " "))
			if errors.Is(err, workflow.ErrNotFound) {
				continue
			}
			if err != nil {
				return err
			}
			drawn, err := drawCampaign(tx, named, shopName(s, len(c.Shops)))
			if err != nil {
				return err
			}
			m = m.And(drawn)
		}
		if len(m.Blocks) == 0 {
			return workflow.Refusal{Rule: workflow.RuleNoCampaign, Name: typed}
		}
		return nil
	})
	if err != nil {
		return reply{}, fmt.Errorf("%w a campaign: %w", errRead, err)
	}
	return reply{Message: m}, nil
}

func drawCampaign(tx workflow.Tx, c workflow.Campaign, shop string) (view.Message, error) {
	facts := view.CampaignStatusFacts{Campaign: c, Shop: shop, At: time.Now(), Links: map[workflow.Key]string{}}
	var err error
	if facts.Members, err = standings(tx, c); err != nil {
		return view.Message{}, err
	}
	for _, m := range facts.Members {
		for _, a := range m.Applications {
			if a.Card.Link != "" {
				facts.Links[a.Key] = a.Card.Link
			}
		}
	}
	return view.CampaignStatus(facts), nil
}
