package bot

import (
	"errors"

	"sampledesk/bot/view"
	"sampledesk/workflow"
)

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
