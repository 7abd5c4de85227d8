package workflow

import (
	"slices"
	"time"
)

// News is what there is to announce of a shipment.
type News string

// The news of shipments.
const (
	NewsShipped    News = "shipped"
	NewsDelivered  News = "delivered"
	NewsStuck      News = "stuck"       // it does not arrive
	NewsNotShipped News = "not shipped" // in time
)

// newsOrder is the order in which news is announced: first what needs attention.
var newsOrder = []News{NewsNotShipped, NewsStuck, NewsShipped, NewsDelivered}

// shipmentNews returns what a change means for the channel, if it is about a shipment.
func shipmentNews(before, after Application) News {
	if before.State() == Unseen || before.Stage() == after.Stage() {
		return ""
	}
	switch after.State() {
	case Shipped:
		return NewsShipped
	case Delivered:
		return NewsDelivered
	case NotShipped:
		return NewsNotShipped
	default:
		return ""
	}
}

// Gathered is what a sweep's end has gathered so far of one kind of news: how many applications there are, and some of
// them by name.
type Gathered struct {
	News  News   `json:"news"`
	Count int    `json:"count"`
	Items []Item `json:"items"`
}

// gather adds an application's news to what is gathered.
func gather(all []Gathered, a Application) []Gathered {
	i := slices.IndexFunc(all, func(g Gathered) bool { return g.News == a.News })
	if i < 0 {
		all, i = append(all, Gathered{News: a.News}), len(all)
	}
	all[i].Count++
	if len(all[i].Items) < maxListed {
		all[i].Items = append(all[i].Items, groupItem(a))
	}
	return all
}

// gatherShipments gathers what became of shipments since the last sweep, up to observeBatch of it, and reports whether
// there is more. If not, it announces what was gathered, grouped. Each thread has its own anyway.
func (t *txn) gatherShipments(shop ShopID, at time.Time) (more bool, err error) {
	s, err := t.tx.Shop(shop)
	if err != nil {
		return false, err
	}
	page, err := t.tx.Applications(NewsOf(shop), "", observeBatch)
	if err != nil {
		return false, err
	}
	gathered := slices.Clone(s.Gathered)
	for _, a := range page.Applications {
		gathered = gather(gathered, a)
		a.News = ""
		if err := t.tx.PutApplication(a); err != nil {
			return false, err
		}
	}
	s.Gathered = gathered
	if page.Next == "" {
		if err := t.announceShipments(s, at); err != nil {
			return false, err
		}
		s.Gathered = nil
	}
	return page.Next != "", t.tx.PutShop(s)
}

// announceShipments announces what was gathered, unless the shop wants that in the threads only.
func (t *txn) announceShipments(s Shop, at time.Time) error {
	if s.Settings.Shipments == ShipmentsInThread {
		return nil
	}
	for _, news := range newsOrder {
		i := slices.IndexFunc(s.Gathered, func(g Gathered) bool { return g.News == news })
		if i < 0 {
			continue
		}
		g := s.Gathered[i]
		payload := Payload{Kind: KindShipment, At: at, News: news, Waiting: g.Count, Items: g.Items, Shop: s.Name}
		if err := t.announce(s.ID, payload); err != nil {
			return err
		}
	}
	return nil
}
