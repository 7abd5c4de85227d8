package bot

import (
	"context"
	"fmt"
	"strconv"

	"sampledesk/bot/access"
	"sampledesk/bot/handle"
	"sampledesk/bot/view"
	"sampledesk/workflow"
)

// The handlers of this package are of controls, or of dialogs.
type (
	click           = handle.Click
	submit          = handle.Submit
	onClick[T any]  = handle.Handler[handle.Click, T]
	onSubmit[T any] = handle.Handler[handle.Submit, T]
)

// onPage handles a control that leads to another page of a list that only its person sees: what read returns takes the
// list's place.
func onPage[T any](
	d *Desk, parse func(click) (T, error), read func(context.Context, handle.Interaction, []workflow.Shop, T) (view.Message, error),
) onClick[T] {
	return onClick[T]{Order: handle.AckFirst, Parse: parse, Do: func(ctx context.Context, c click, page T, _ handle.Grant) (handle.Answer, error) {
		return d.page(ctx, c.Interaction, func(shops []workflow.Shop) (view.Message, error) {
			return read(ctx, c.Interaction, shops, page)
		})
	}}
}

// page reads a page of a list for the shops that the place is about.
func (d *Desk) page(ctx context.Context, i handle.Interaction, read func([]workflow.Shop) (view.Message, error)) (handle.Answer, error) {
	shops, err := d.access.Scope(ctx, i.User.ID, i.Where())
	if err != nil {
		return handle.Answer{}, err
	}
	m, err := read(shops)
	if err != nil {
		return handle.Answer{}, fmt.Errorf("%w a page: %w", access.ErrRead, err)
	}
	return handle.Replace(m), nil
}

// pageNumber reads the page that a control names, from 0.
func pageNumber(c click) (int, error) {
	page, err := strconv.Atoi(c.Action.Text)
	if err == nil && page < 0 {
		err = fmt.Errorf("%d is no page", page)
	}
	return page, err
}
