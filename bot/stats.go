package bot

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"sampledesk/bot/access"
	"sampledesk/bot/handle"
	"sampledesk/bot/slackapi"
	"sampledesk/bot/view"
	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

// statsDesk is the numbers of a period, as a message or as a file.
type statsDesk struct {
	api      *slackapi.Client
	store    *heavyReads
	access   *access.Access
	mux      *handle.Mux
	defaults query.Defaults
	files    sem
	sent     *recentIDs
	log      *slog.Logger
}

// register adds the command and the button for a file.
func (d *statsDesk) register(r *routes) {
	r.commands[view.CommandSamples+" stats"] = r.whenReady(d.stats)
	handle.OnClick(r.Mux, view.ActionStatsFile, d.statsFileClicked())
}

// stats tells what happened in a period, shop by shop, or sends it as a file.
func (d *statsDesk) stats(ctx context.Context, c command, typed string) (reply, error) {
	span, asFile := cutFile(typed)
	p, ok := query.ParsePeriod(span)
	if !ok {
		return reply{Message: view.PeriodUnknown(typed)}, nil
	}
	now := time.Now().Truncate(time.Second) // as the button for the file keeps it
	if asFile {
		return d.statsFileTyped(ctx, c, p, now)
	}
	facts := view.StatsFacts{Period: p.Words, File: view.StatsTarget{Period: p.Typed, At: now.Unix()}}
	err := d.store.View(ctx, func(tx workflow.Tx) (err error) {
		facts.Shops, err = query.PeriodFigures(ctx, tx, c.Shops, p, now)
		return err
	})
	if err != nil {
		return reply{}, fmt.Errorf("%w the numbers of a period: %w", access.ErrRead, err)
	}
	return reply{Message: view.Stats(facts)}, nil
}
