package bot

import (
	"sampledesk/bot/view"
	"sampledesk/workflow"
)

// runMessage renders the progress of a run.
func (d *Desk) runMessage(tx workflow.Tx, n workflow.Notice) (view.Message, error) {
	r, err := tx.Run(n.Run)
	if err != nil {
		return view.Message{}, err
	}
	shop, err := d.shopNamed(tx, n.Shop)
	return view.RunProgress(view.RunFacts{Run: r, Shop: shop}), err
}
