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
	s, err := b.shopRecord(ctx, id)
	if errors.Is(err, workflow.ErrNotFound) {
		err = affiliate.ErrNotConnected
	}
	if err != nil {
		return "", fmt.Errorf("asking for a request link: %w", failureOf(err))
	}
	link, err := b.calls(s).RequestLink(ctx, affiliate.LinkRequest{
		Product: affiliate.ProductID(product), SKU: affiliate.SKUID(sku), ValidDays: days,
	})
	if err != nil {
		return "", fmt.Errorf("asking for a request link: %w", failureOf(err))
	}
	return link, nil
}
