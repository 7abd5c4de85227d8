package bot

import (
	"sampledesk/bot/view"
	"sampledesk/workflow"
)

// questionMessage renders the question whether a member needs a sample, and what was said to it.
func (d *Desk) questionMessage(tx workflow.Tx, n workflow.Notice) (view.Message, error) {
	c, err := tx.Campaign(n.Campaign)
	if err != nil {
		return view.Message{}, err
	}
	m, err := tx.Member(n.Campaign, n.Creator)
	if err != nil {
		return view.Message{}, err
	}
	shop, err := d.shopNamed(tx, n.Shop)
	return view.Question(view.QuestionFacts{Campaign: c, Member: m, Shop: shop}), err
}
