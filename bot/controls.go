package bot

import (
	"cmp"
	"context"
	"errors"
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
// list's place. Who tells which shops the person may see there.
func onPage[T any](
	who *access.Access, parse func(click) (T, error), read func(context.Context, handle.Interaction, []workflow.Shop, T) (view.Message, error),
) onClick[T] {
	return onClick[T]{Order: handle.AckFirst, Parse: parse, Do: func(ctx context.Context, c click, page T, _ handle.Grant) (handle.Answer, error) {
		return pageOf(ctx, who, c.Interaction, func(shops []workflow.Shop) (view.Message, error) {
			return read(ctx, c.Interaction, shops, page)
		})
	}}
}

// pageOf reads a page of a list for the shops that the place is about.
func pageOf(ctx context.Context, who *access.Access, i handle.Interaction, read func([]workflow.Shop) (view.Message, error)) (handle.Answer, error) {
	shops, err := who.Scope(ctx, i.User.ID, i.Where())
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

// shopNamed reads the shop that a button names, if it names one.
func shopNamed(c click) (workflow.ShopID, error) { return workflow.ShopID(c.Action.Text), nil }

// targetOf reads which application a control of a card is about.
func targetOf(c click) (view.Target, error) { return view.ParseTarget(c.Action.Block) }

// cardScope is what a person has to be allowed who acts on a card.
var cardScope = handle.For(access.Reviewer, func(t view.Target) workflow.ShopID { return t.Key.Shop })

// correspondentNamed reads whom a button or a menu is about.
func correspondentNamed(c click) (view.Correspondent, error) {
	return view.ParseCorrespondent(cmp.Or(c.Action.Text, c.Action.Chosen()))
}

// correspondentScope is what a person has to be allowed who acts on what is about a creator.
var correspondentScope = handle.For(access.Reviewer, func(c view.Correspondent) workflow.ShopID { return c.Shop })

// application reads an application.
func application(ctx context.Context, store workflow.Store, k workflow.Key) (a workflow.Application, err error) {
	err = store.View(ctx, func(tx workflow.Tx) error {
		a, err = tx.Application(k)
		return err
	})
	return a, err
}

// explained tells whether an error says why, so that the same again would not help at once.
func explained(err error) bool {
	return access.RuleOf(err) != "" || access.DenialOf(err) != "" || errors.Is(err, access.ErrRead)
}

// messageWords puts an error about a message into words.
func messageWords(ctx context.Context, who *access.Access, err error) string {
	if r, ok := errors.AsType[workflow.Refusal](err); ok {
		return view.MessageRefusal(r)
	}
	return who.Explain(ctx, err)
}
