package bot

import (
	"sampledesk/bot/view"
	"sampledesk/workflow"
)

// messageMessage renders a message to a creator, and how far it got.
func (d *Desk) messageMessage(tx workflow.Tx, n workflow.Notice) (view.Message, error) {
	shop, err := d.shopNamed(tx, n.Shop)
	if err != nil {
		return view.Message{}, err
	}
	talk, err := tx.Conversation(n.Shop, n.Creator)
	return view.MessageToCreator(view.MessageFacts{Notice: n, Creator: talk.Shown, Shop: shop}), err
}
