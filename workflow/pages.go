package workflow

import (
	"context"
	"iter"
)

// walkPage is how many things are read at a time where a list is walked from end to end.
const walkPage = 500

// walk hands out what read returns page by page, from the first after the cursor on. It ends with an error where
// reading fails or ctx has ended: that is looked at before each page.
func walk[T any](ctx context.Context, after string, read func(after string) ([]T, string, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		for {
			if err := ctx.Err(); err != nil {
				yield(none, err)
				return
			}
			page, next, err := read(after)
			if err != nil {
				yield(none, err)
				return
			}
			for _, each := range page {
				if !yield(each, nil) {
					return
				}
			}
			if after = next; after == "" {
				return
			}
		}
	}
}

// Walk hands out a listing's applications, from the first after the cursor on; the empty cursor is the start. After an
// error, or once ctx has ended, there is nothing more.
func Walk(ctx context.Context, tx Tx, l Listing, after string) iter.Seq2[Application, error] {
	return walk(ctx, after, func(after string) ([]Application, string, error) {
		page, err := tx.Applications(l, after, walkPage)
		return page.Applications, page.Next, err
	})
}

// WalkCampaigns hands out a shop's campaigns, by name, as Walk does.
func WalkCampaigns(ctx context.Context, tx Tx, s ShopID) iter.Seq2[Campaign, error] {
	return walk(ctx, "", func(after string) ([]Campaign, string, error) { return tx.Campaigns(s, after, walkPage) })
}

// WalkMembers hands out a campaign's members, by creator, as Walk does.
func WalkMembers(ctx context.Context, tx Tx, c CampaignID) iter.Seq2[Member, error] {
	return walk(ctx, "", func(after string) ([]Member, string, error) { return tx.Members(c, after, walkPage) })
}

// WalkProducts hands out a shop's products, by id and variant, as Walk does.
func WalkProducts(ctx context.Context, tx Tx, s ShopID) iter.Seq2[Product, error] {
	return walk(ctx, "", func(after string) ([]Product, string, error) { return tx.Products(s, after, walkPage) })
}

// WalkHistory hands out an application's history, oldest first, as Walk does.
func WalkHistory(ctx context.Context, tx Tx, k Key) iter.Seq2[Entry, error] {
	return walk(ctx, "", func(after string) ([]Entry, string, error) { return tx.History(k, after, walkPage) })
}

// WalkDeadLetters hands out the dead letters, oldest first, as Walk does.
func WalkDeadLetters(ctx context.Context, tx Tx) iter.Seq2[DeadLetter, error] {
	return walk(ctx, "", func(after string) ([]DeadLetter, string, error) { return tx.DeadLetters(after, walkPage) })
}
