package bot

import (
	"context"
	"fmt"
	"strconv"
	"time"

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

// The bounds of what an answer about campaigns reads.
const (
	campaignsRead = 500    // campaigns read at a time
	membersRead   = 500    // members and applications read at a time
	maxMembers    = 10_000 // members, and applications, of a campaign whose standing is counted
)

// campaigns lists the campaigns of all shops of the channel.
func (d *Desk) campaigns(ctx context.Context, c command, _ string) (reply, error) {
	return answered(d.campaignPage(ctx, c.Shops, 0))
}

// turnCampaigns shows another page of the list in place of the one that was clicked.
func (d *Desk) turnCampaigns(ctx context.Context, i interaction, a action, ack ackFunc) {
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

// campaignPage reads a page of the list: shop by shop, by name. Those before it are passed over without a look at their
// creators, so a page costs little however many campaigns there are.
func (d *Desk) campaignPage(ctx context.Context, shops []workflow.Shop, page int) (view.Message, error) {
	var facts view.CampaignsFacts
	err := d.store.View(ctx, func(tx workflow.Tx) error {
		facts = view.CampaignsFacts{Page: page}
		from, to := page*view.CampaignPageSize, (page+1)*view.CampaignPageSize
		return eachCampaign(tx, shops, func(c workflow.Campaign, s workflow.Shop) (bool, error) {
			facts.Total++
			if facts.Total <= from || facts.Total > to {
				return true, nil
			}
			row, err := campaignRow(tx, c)
			row.Shop = query.ShopName(s, len(shops))
			facts.Rows = append(facts.Rows, row)
			return true, err
		})
	})
	if err != nil {
		return view.Message{}, fmt.Errorf("%w the campaigns: %w", errRead, err)
	}
	return view.Campaigns(facts), nil
}

// eachCampaign passes on the shops' campaigns, by shop and name, until f says no.
func eachCampaign(tx workflow.Tx, shops []workflow.Shop, f func(workflow.Campaign, workflow.Shop) (more bool, err error)) error {
	for _, s := range shops {
		for after := ""; ; {
			page, next, err := tx.Campaigns(s.ID, after, campaignsRead)
			if err != nil {
				return err
			}
			for _, c := range page {
				if more, err := f(c, s); err != nil || !more {
					return err
				}
			}
			if after = next; after == "" {
				break
			}
		}
	}
	return nil
}

func campaignRow(tx workflow.Tx, c workflow.Campaign) (row view.CampaignRow, err error) {
	row.Campaign = c
	if row.Review, err = tx.Count(workflow.CampaignStageOf(c.ID, workflow.StageReview)); err != nil {
		return row, err
	}
	for after := ""; row.Creators < view.MaxCounted; {
		page, next, err := tx.Members(c.ID, after, membersRead)
		if err != nil {
			return row, err
		}
		row.Creators += len(page)
		if after = next; after == "" {
			break
		}
	}
	return row, nil
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
			facts, err := funnelFacts(tx, n.Campaign, query.ShopName(n.Shop, len(c.Shops)))
			if err != nil {
				return err
			}
			m = m.And(view.CampaignStatus(facts))
		}
		if len(found) == 0 {
			m, err = noSuchCampaign(tx, c, "status", typed, "")
		}
		return err
	})
	if err != nil {
		return reply{}, fmt.Errorf("%w a campaign: %w", errRead, err)
	}
	return reply{Message: m}, nil
}

// funnelFacts gathers where the creators of a campaign stand.
func funnelFacts(tx workflow.Tx, c workflow.Campaign, shop string) (view.CampaignStatusFacts, error) {
	facts := view.CampaignStatusFacts{
		Campaign: c, Shop: shop, At: time.Now(), Links: map[workflow.Key]string{}, Questions: map[workflow.CreatorKey]string{},
	}
	by, more, err := applicationsIn(tx, c.ID)
	if err != nil {
		return facts, err
	}
	facts.More = more
	for after := ""; ; {
		page, next, err := tx.Members(c.ID, after, membersRead)
		if err != nil {
			return facts, err
		}
		for _, m := range page {
			facts.Members = append(facts.Members, view.Standing{Member: m, Applications: by[m.Creator]})
			if err := linksOf(tx, m, by[m.Creator], &facts); err != nil {
				return facts, err
			}
		}
		if after = next; after == "" || len(facts.Members) >= maxMembers {
			facts.More = facts.More || after != ""
			return facts, nil
		}
	}
}

// applicationsIn returns a campaign's applications, by creator, and whether there are more than are read.
func applicationsIn(tx workflow.Tx, c workflow.CampaignID) (by map[workflow.CreatorKey][]workflow.Application, more bool, err error) {
	by = map[workflow.CreatorKey][]workflow.Application{}
	read := 0
	for after := ""; ; {
		page, err := tx.Applications(workflow.CampaignOf(c), after, membersRead)
		if err != nil {
			return nil, false, err
		}
		read += len(page.Applications)
		for _, a := range page.Applications {
			key := a.Report.Creator.KeyOf(a.Key.Shop)
			by[key] = append(by[key], a)
		}
		if after = page.Next; after == "" || read >= maxMembers {
			return by, after != "", nil
		}
	}
}

// linksOf gathers the links to what tells of a member: the cards of her applications, and the question that is open.
func linksOf(tx workflow.Tx, m workflow.Member, all []workflow.Application, facts *view.CampaignStatusFacts) error {
	for _, a := range all {
		if a.Card.Link != "" {
			facts.Links[a.Key] = a.Card.Link
		}
	}
	if m.State != workflow.MemberAnswered {
		return nil
	}
	n, err := tx.Notice(m.Question)
	if err == nil && n.Posted() {
		facts.Questions[m.Creator] = n.Link
	}
	return query.UnlessMissing(err)
}
