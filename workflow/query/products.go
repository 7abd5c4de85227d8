package query

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"sampledesk/workflow"
)

// WaitingProducts returns the products of the requests that wait in the shops, the most asked first. Of each shop the
// MostSorted requests with the soonest deadlines are looked at.
func WaitingProducts(ctx context.Context, tx workflow.Tx, shops []workflow.Shop) ([]BulkProduct, error) {
	asked := map[workflow.ProductID]BulkProduct{}
	for _, s := range shops {
		left := MostSorted
		for a, err := range workflow.Walk(ctx, tx, workflow.QueueOf(s.ID), "") {
			if err != nil {
				return nil, err
			}
			if left--; left < 0 {
				break
			}
			p, known := asked[a.Snapshot.Product.ID]
			if !known {
				p.Product = a.Snapshot.Product
			}
			p.Waiting++
			asked[p.ID] = p
		}
	}
	return slices.SortedFunc(maps.Values(asked), mostAsked), nil
}

func mostAsked(a, b BulkProduct) int {
	return cmp.Or(cmp.Compare(b.Waiting, a.Waiting), cmp.Compare(a.ID, b.ID))
}
