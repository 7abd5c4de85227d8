package bot

import (
	"errors"
	"log/slog"

	"sampledesk/bot/access"
	"sampledesk/bot/handle"
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

// runMessage renders the progress of a run.
func (d *bulkDesk) runMessage(tx workflow.Tx, n workflow.Notice) (view.Message, error) {
	r, err := tx.Run(n.Run)
	if err != nil {
		return view.Message{}, err
	}
	facts := view.RunFacts{Run: r}
	for i, item := range r.Items {
		a, err := tx.Application(item.Key)
		if errors.Is(err, workflow.ErrNotFound) {
			continue
		}
		if err != nil {
			return view.Message{}, err
		}
		if a.State() == workflow.Queued && a.Decision.Review == item.Review {
			facts.Undoable++
		}
		if a.Card.Link != "" {
			r.Items[i].Link = a.Card.Link // it may have been posted since
		}
	}
	facts.Shop, err = d.defaults.ShopNamed(tx, n.Shop)
	return view.RunProgress(facts), err
}
