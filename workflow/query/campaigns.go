package query

import (
	"context"
	"iter"
	"slices"
	"strings"

	"sampledesk/workflow"
)

const (
	// maxCampaigns is how many campaigns of a shop are looked through.
	maxCampaigns = 5000

	// maxProducts is how many variants of a shop are looked through.
	maxProducts = 10_000
)

// NamedCampaign is a campaign with its shop.
type NamedCampaign struct {
	Campaign workflow.Campaign
	Shop     workflow.Shop
}

// campaigns hands out the shops' campaigns, by shop and name, of each shop maxCampaigns at the most.
func campaigns(ctx context.Context, tx workflow.Tx, shops []workflow.Shop) iter.Seq2[NamedCampaign, error] {
	return func(yield func(NamedCampaign, error) bool) {
		for _, s := range shops {
			read := 0
			for c, err := range workflow.WalkCampaigns(ctx, tx, s.ID) {
				if !yield(NamedCampaign{c, s}, err) {
					return
				}
				if read++; read == maxCampaigns {
					break
				}
			}
		}
	}
}

// CampaignsNamed returns the campaigns of the shops that bear a name as a person typed it.
func CampaignsNamed(tx workflow.Tx, shops []workflow.Shop, typed string) (found []NamedCampaign, err error) {
	name, err := workflow.CampaignName(typed)
	if err != nil {
		return nil, nil //nolint:nilerr // no campaign can be called that
	}
	for _, s := range shops {
		c, err := tx.CampaignNamed(s.ID, name)
		if err == nil {
			found = append(found, NamedCampaign{c, s})
		} else if UnlessMissing(err) != nil {
			return nil, err
		}
	}
	return found, nil
}

// CampaignNames returns the names of the shops' campaigns.
func CampaignNames(ctx context.Context, tx workflow.Tx, shops []workflow.Shop) (names []string, err error) {
	for c, err := range campaigns(ctx, tx, shops) {
		if err != nil {
			return nil, err
		}
		names = append(names, c.Campaign.Name)
	}
	return names, nil
}

// CampaignItem is a campaign to choose. Shop is named only where there are several.
type CampaignItem struct {
	workflow.Campaign
	Shop string
}

// CampaignsLike returns up to limit campaigns of the shops, or of the only one that is named, whose names hold a text.
func CampaignsLike(ctx context.Context, tx workflow.Tx, shops []workflow.Shop, only workflow.ShopID, part string, limit int) (found []CampaignItem, err error) {
	part = workflow.FoldName(strings.TrimSpace(part))
	wanted := shops
	if only != "" {
		wanted = slices.DeleteFunc(slices.Clone(shops), func(s workflow.Shop) bool { return s.ID != only })
	}
	for c, err := range campaigns(ctx, tx, wanted) {
		if err != nil {
			return nil, err
		}
		if strings.Contains(workflow.FoldName(c.Campaign.Name), part) {
			found = append(found, CampaignItem{Campaign: c.Campaign, Shop: ShopName(c.Shop, len(shops))})
		}
		if len(found) == limit {
			break
		}
	}
	return found, nil
}

// CampaignsTaking returns up to limit of a shop's campaigns that take creators and whose names hold what was typed,
// those that begin with it first.
func CampaignsTaking(ctx context.Context, tx workflow.Tx, shop workflow.ShopID, typed string, limit int) (first []workflow.Campaign, err error) {
	typed = workflow.FoldName(strings.Join(strings.Fields(typed), " "))
	var second []workflow.Campaign
	for named, err := range campaigns(ctx, tx, []workflow.Shop{{ID: shop}}) {
		if err != nil {
			return nil, err
		}
		c := named.Campaign
		at := strings.Index(workflow.FoldName(c.Name), typed)
		switch {
		case c.Archived || at < 0:
		case at == 0:
			first = append(first, c)
		case len(second) < limit:
			second = append(second, c)
		}
		if len(first) == limit {
			break
		}
	}
	first = append(first, second...)
	return first[:min(limit, len(first))], nil
}

// CampaignRow is a campaign in a list.
type CampaignRow struct {
	Campaign workflow.Campaign
	Shop     string // named only where there are several
	Creators int
	Review   int // requests in it that are in review
}

// CampaignPage reads a page of the shops' campaigns, by shop and name, and how many there are in all. Those before it
// are passed over without a look at their creators, so a page costs little however many campaigns there are.
func CampaignPage(ctx context.Context, tx workflow.Tx, shops []workflow.Shop, page, size int) (rows []CampaignRow, total int, err error) {
	for c, err := range campaigns(ctx, tx, shops) {
		if err != nil {
			return nil, 0, err
		}
		if total++; total <= page*size || total > (page+1)*size {
			continue
		}
		row, err := campaignRow(tx, c.Campaign)
		if err != nil {
			return nil, 0, err
		}
		row.Shop = ShopName(c.Shop, len(shops))
		rows = append(rows, row)
	}
	return rows, total, nil
}

func campaignRow(tx workflow.Tx, c workflow.Campaign) (row CampaignRow, err error) {
	row.Campaign = c
	if row.Review, err = tx.Count(workflow.CampaignStageOf(c.ID, workflow.StageReview)); err != nil {
		return row, err
	}
	standings, err := tx.Standings(c.ID)
	for _, n := range standings {
		row.Creators += n
	}
	return row, err
}

// campaignTally counts how many applications of a campaign stand where.
func campaignTally(tx workflow.Tx, c workflow.CampaignID) (Tally, error) {
	t := Tally{By: map[workflow.Stage]int{}}
	for _, stage := range workflow.Stages {
		n, err := tx.Count(workflow.CampaignStageOf(c, stage))
		if err != nil {
			return t, err
		}
		t.By[stage] = n
	}
	all, err := tx.Count(workflow.CampaignOf(c))
	t.Other = max(0, all-t.All())
	return t, err
}

// Products returns up to limit of a shop's products that are wanted, each once as same tells them apart.
func Products(ctx context.Context, tx workflow.Tx, shop workflow.ShopID, wanted func(workflow.Product) bool, limit int, same func(workflow.Product) string) (found []workflow.Product, err error) {
	seen, read := map[string]bool{}, 0
	for p, err := range workflow.WalkProducts(ctx, tx, shop) {
		if err != nil {
			return nil, err
		}
		if read++; read > maxProducts {
			break
		}
		if seen[same(p)] || !wanted(p) {
			continue
		}
		seen[same(p)] = true
		if found = append(found, p); len(found) == limit {
			break
		}
	}
	return found, nil
}
