package workflow

import (
	"errors"
	"slices"
	"time"
)

// GatherFacts reads what rules look at of an application as it is now. It reads the creator's PastRequests latest
// requests at the most, their memberships, and the lists that they are on.
func GatherFacts(tx Tx, a Application, at time.Time) (KeptFacts, error) {
	r := a.Snapshot
	f := KeptFacts{
		At: at, Followers: r.Creator.Followers, Posts: r.Creator.Posts, MedianViews: r.Creator.MedianViews,
		Fulfilment: r.Creator.Fulfilment, GMV: r.Creator.GMV, Stock: r.Stock, StockUnknown: r.StockUnknown, ReviewBy: r.ReviewBy,
	}
	creator := r.Creator.KeyOf(a.Key.Shop)
	others, err := tx.Outlines(CreatorOf(creator), PastRequests)
	if err != nil {
		return f, err
	}
	for _, other := range others {
		if other.Key != a.Key {
			f.Past.add(a, other.Application())
		}
	}
	if f.Campaigns, err = campaignsOf(tx, a, creator); err != nil {
		return f, err
	}
	f.Lists, err = ListsFor(tx, a.Key.Shop, creator)
	return f, err
}

// add counts another request of the creator. One that came after this one, and was not over by then, came not before it;
// what the creator got for it counts all the same.
func (p *PastFacts) add(a, other Application) {
	state := other.State()
	if state == Unseen {
		return
	}
	if other.Backfilled() || other.SeenAt.Before(a.SeenAt) {
		p.Requests++
	}
	orders, _ := other.PaidOrders()
	p.Orders += orders
	switch state {
	case Completed:
		p.Samples, p.Posted = p.Samples+1, p.Posted+1
	case ContentNotPosted:
		p.Samples, p.NotPosted = p.Samples+1, p.NotPosted+1
	case Delivered:
		p.Samples++
	case AwaitingShipment, Shipped:
		p.OnTheWay++
	case Queued, Sending, Unclear:
		if other.Decision.Verdict == Approve {
			p.OnTheWay++
		}
	case Rejected:
		p.Refused++
	default: // the others are open, or ended through no decision
	}
	if a.Repeats(other) && (state.WasApproved() || state == ContentNotPosted || state.DecisionPending() && other.Decision.Verdict == Approve) {
		p.Repeat = true
	}
}

// campaignsOf returns the campaigns that a creator is in, and the application's own, in order.
func campaignsOf(tx Tx, a Application, creator CreatorKey) (all []CampaignID, err error) {
	members, err := tx.Memberships(creator)
	if err != nil {
		return nil, err
	}
	for _, m := range members {
		all = append(all, m.Campaign)
	}
	if a.Campaign != "" {
		all = append(all, a.Campaign)
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}

// ListsFor returns the lists that a creator is on for a shop, its own and, where it shares them, the shared ones, by name.
func ListsFor(tx Tx, s ShopID, c CreatorKey) ([]ListName, error) {
	all, err := tx.ListsOf(s, c)
	if err != nil {
		return nil, err
	}
	rules, err := tx.Rules(s)
	if err != nil || !rules.ShareLists {
		return all, err
	}
	theirs, err := tx.ListsOf(SharedLists, c)
	all = append(all, theirs...)
	slices.Sort(all)
	return slices.Compact(all), err
}

// CostOf returns what a sample of a product and variant costs a shop: what is entered for the variant or, where nothing is,
// for the product. Ok is false where nobody entered either.
func CostOf(tx Tx, s ShopID, p Product) (cost Money, ok bool, err error) {
	if p.ID == "" {
		return Money{}, false, nil
	}
	c, err := tx.Cost(s, p.ID, p.SKU)
	if errors.Is(err, ErrNotFound) && p.SKU != "" {
		c, err = tx.Cost(s, p.ID, "")
	}
	if errors.Is(err, ErrNotFound) {
		return Money{}, false, nil
	}
	return c.Amount, err == nil, err
}
