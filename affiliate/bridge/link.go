package bridge

import (
	"context"
	"errors"
	"fmt"

	"sampledesk/affiliate"
	"sampledesk/workflow"
)

// RequestLink asks TikTok for a link that opens, in the app on a creator's phone, the page on which a sample of one
// variant is asked for. It is valid for so many days, 1 to affiliate.MaxLinkDays. An error wraps the workflow.Failure
// that people are shown.
func (b *Bridge) RequestLink(ctx context.Context, id workflow.ShopID, product workflow.ProductID, sku string, days int) (string, error) {
	s, err := b.record(ctx, id)
	if errors.Is(err, workflow.ErrNotFound) {
		err = affiliate.ErrNotConnected
	}
	if err != nil {
		return "", fmt.Errorf("asking for a request link: %w", failureOf(err))
	}
	link, err := b.shop(s).RequestLink(ctx, affiliate.LinkRequest{
		Product: affiliate.ProductID(product), SKU: affiliate.SKUID(sku), ValidDays: days,
	})
	if err != nil {
		return "", fmt.Errorf("asking for a request link: %w", failureOf(err))
	}
	return link, nil
}

// record reads what is known of a shop.
func (b *Bridge) record(ctx context.Context, id workflow.ShopID) (s workflow.Shop, err error) {
	err = b.store.View(ctx, func(tx workflow.Tx) (err error) {
		s, err = tx.Shop(id)
		return err
	})
	return s, err
}
