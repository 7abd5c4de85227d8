package workflow

import "time"

// Outline is as much of an application as is looked at of a creator's other requests, often of many of them at once: it is
// read in a fraction of the time. Its fields have the names that they have in Application.
type Outline struct {
	Key      Key `json:"key"`
	Snapshot struct {
		Status  Status `json:"status"`
		Product struct {
			ID  ProductID `json:"id"`
			SKU string    `json:"sku"`
		} `json:"product"`
	} `json:"report"`
	Decision struct {
		Phase   Phase   `json:"phase"`
		Verdict Verdict `json:"verdict"`
		Rule    RuleID  `json:"rule"`
		Failure struct {
			Fault Fault `json:"fault"`
		} `json:"cause"`
	} `json:"decision"`
	Card struct {
		Wanted bool `json:"wanted"`
		Lost   bool `json:"lost"`
	} `json:"card"`
	Contents []struct {
		Orders OptionalNumber `json:"orders"`
	} `json:"contents"`
	SeenAt    time.Time `json:"seen_at"`
	ChangedAt time.Time `json:"changed_at"`
	ContentAt time.Time `json:"content_at"`
}

// Application returns the application as far as it is outlined: enough for its State and whether it is Decidable, Backfilled
// or Repeats another, and for PaidOrders.
func (o Outline) Application() Application {
	a := Application{Key: o.Key, SeenAt: o.SeenAt, ChangedAt: o.ChangedAt, ContentAt: o.ContentAt}
	a.Snapshot.Status, a.Snapshot.Product.ID, a.Snapshot.Product.SKU = o.Snapshot.Status, o.Snapshot.Product.ID, o.Snapshot.Product.SKU
	a.Decision.Phase, a.Decision.Verdict, a.Decision.Rule = o.Decision.Phase, o.Decision.Verdict, o.Decision.Rule
	a.Decision.Failure.Fault = o.Decision.Failure.Fault
	a.Card.Wanted, a.Card.Lost = o.Card.Wanted, o.Card.Lost
	if len(o.Contents) > 0 {
		a.Contents = make([]Content, len(o.Contents))
		for i, c := range o.Contents {
			a.Contents[i].Orders = c.Orders
		}
	}
	return a
}
