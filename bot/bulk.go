package bot

import (
	"context"
	"errors"
	"log/slog"

	"sampledesk/bot/access"
	"sampledesk/bot/handle"
	"sampledesk/bot/post"
	"sampledesk/bot/slackapi"
	"sampledesk/bot/view"
	"sampledesk/workflow"
	"sampledesk/workflow/engine"
	"sampledesk/workflow/query"
)

// bulkDesk is the dialog *Decide several*, and the message about what became of it.
type bulkDesk struct {
	api      *slackapi.Client
	engine   *engine.Engine
	store    workflow.Store
	reads    workflow.Store
	access   *access.Access
	defaults query.Defaults
	find     finder
	changes  viewSeq
	log      *slog.Logger
}

// register adds the dialog, and what is below its progress.
func (d *bulkDesk) register(r *routes) {
	handle.OnClick(r.Mux, view.ActionBulk, d.openBulk())
	handle.OnClick(r.Mux, view.ActionBulkShop, d.filterBulk())
	for _, action := range view.BulkFilters {
		handle.OnClick(r.Mux, action, d.filterBulk())
	}
	handle.OnClick(r.Mux, view.ActionUndoRun, d.undoRun())
	handle.OnSubmit(r.Mux, view.CallbackBulk, d.submitBulk())
	handle.OnSubmit(r.Mux, view.CallbackBulkConfirm, d.submitBulkConfirm())
}

// runMessage renders the progress of a run. The metadata says its sort, and whether it is under_way or done.
func (d *bulkDesk) runMessage(_ context.Context, tx workflow.Tx, s post.Subject) (post.Rendered, error) {
	r, err := tx.Run(s.Notice.Run)
	if err != nil {
		return post.Rendered{}, err
	}
	facts := view.RunFacts{Run: r}
	for i, item := range r.Items {
		a, err := tx.Application(item.Key)
		if errors.Is(err, workflow.ErrNotFound) {
			continue
		}
		if err != nil {
			return post.Rendered{}, err
		}
		if a.State() == workflow.Queued && a.Decision.Review == item.Review {
			facts.Undoable++
		}
		if a.Card.Link != "" {
			r.Items[i].Link = a.Card.Link // it may have been posted since
		}
	}
	facts.Shop, err = d.defaults.ShopNamed(tx, s.Notice.Shop)
	state := "under_way"
	if !r.EndsAt.IsZero() {
		state = "done"
	}
	return post.Rendered{Message: view.RunProgress(facts), About: map[string]any{"run": string(r.Kind), "state": state}}, err
}
