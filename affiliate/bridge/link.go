package bridge

import (
	"context"
	"errors"
	"fmt"

	"sampledesk/affiliate"
	"sampledesk/workflow"
)

// Link asks TikTok for a link that opens, in the app on a creator's phone, the page on which a sample of one variant is
// asked for. It is valid for so many days, 1 to affiliate.MaxLinkDays. The error is fit for an operator's log; what a
// person can make of it is in Cause.
func (b *Bridge) Link(ctx context.Context, id workflow.ShopID, product workflow.ProductID, sku string, days int) (string, error) {
	var s workflow.Shop
	err := b.store.View(ctx, func(tx workflow.Tx) (err error) {
		s, err = tx.Shop(id)
		return err
	})
	if errors.Is(err, workflow.ErrNotFound) {
		return "", fmt.Errorf("asking for a request link: shop %s is not connected", id)
	}
	if err != nil {
		return "", fmt.Errorf("asking for a request link: %w", err)
	}
	return b.shop(s).RequestLink(ctx, affiliate.LinkRequest{
		Product: affiliate.ProductID(product), SKU: affiliate.SKUID(sku), ValidDays: days,
	})
}

// Cause keeps of an error of this package what people and the vendor's support need.
func Cause(err error) workflow.Cause { return cause(err) }
