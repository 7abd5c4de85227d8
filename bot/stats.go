package bot

import (
	"context"
	"fmt"
	"time"

	"sampledesk/bot/view"
	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

// statsRoutes are the numbers.
func (d *Desk) statsRoutes(r *routes) {
	r.commands[view.CommandSamples+" stats"] = d.stats
	r.clicks[view.ActionStatsFile] = d.statsFileClicked
}

// stats tells what happened in a period, shop by shop, or sends it as a file.
func (d *Desk) stats(ctx context.Context, c command, typed string) (reply, error) {
	span, asFile := cutFile(typed)
	p, ok := parsePeriod(span)
	if !ok {
		return reply{Message: view.PeriodUnknown(typed)}, nil
	}
	now := time.Now().Truncate(time.Second) // as the button for the file keeps it
	if asFile {
		return d.statsFileTyped(ctx, c, p, now)
	}
	facts := view.StatsFacts{Period: p.words, File: view.StatsTarget{Period: p.typed, At: now.Unix()}}
	for _, s := range c.Shops {
		one, err := d.shopStats(ctx, s, p, now)
		if err != nil {
			return reply{}, err
		}
		one.Shop = query.ShopName(s, len(c.Shops))
		facts.Shops = append(facts.Shops, one)
	}
	return reply{Message: view.Stats(facts)}, nil
}

// shopStats reads the numbers of one shop, with the period as its zone has it.
func (d *Desk) shopStats(ctx context.Context, s workflow.Shop, p period, now time.Time) (view.ShopStats, error) {
	stats := view.ShopStats{}
	stats.From, stats.To = p.at(s, now)
	err := d.store.View(ctx, func(tx workflow.Tx) (err error) {
		stats.Now, stats.Other = map[workflow.Stage]int{}, 0
		for _, stage := range workflow.Stages {
			if stats.Now[stage], err = tx.Count(workflow.StageOf(s.ID, stage)); err != nil {
				return err
			}
			stats.Other -= stats.Now[stage]
		}
		all, err := tx.Count(workflow.SeenOf(s.ID))
		if err != nil {
			return err
		}
		stats.Other = max(0, stats.Other+all)
		stats.Figures, err = figuresOf(tx, s.ID, stats.From, stats.To)
		return err
	})
	if err != nil {
		return stats, fmt.Errorf("%w the numbers of shop %s: %w", errRead, s.ID, err)
	}
	return stats, nil
}
