package bot

import (
	"context"

	"sampledesk/bot/view"
	"sampledesk/workflow"
)

// turn answers a control that leads to another page of a list that only its person sees: what read returns takes the
// list's place. What is named is what the list is of, for the log. The click was acknowledged.
func (d *Desk) turn(ctx context.Context, i interaction, what string, read func([]workflow.Shop) (view.Message, error)) {
	shops, no := d.scoped(ctx, i.User.ID, i.channel())
	if no != "" {
		d.tell(ctx, i, no)
		return
	}
	m, err := read(shops)
	if err != nil {
		d.log.ErrorContext(ctx, "could not read a page", "of", what, "error", err)
		d.tell(ctx, i, view.Denied(view.DeniedUnread))
		return
	}
	d.putInPlace(ctx, i, m)
}
