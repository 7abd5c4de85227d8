package engine

import (
	"slices"
	"time"

	"sampledesk/workflow"
)

// newsOrder is the order in which news is announced: first what needs attention.
var newsOrder = []workflow.News{workflow.NewsNotShipped, workflow.NewsStuck, workflow.NewsShipped, workflow.NewsDelivered}

// gather adds an application's news to what is gathered.
func gather(all []workflow.Gathered, a workflow.Application) []workflow.Gathered {
	i := slices.IndexFunc(all, func(g workflow.Gathered) bool { return g.News == a.News })
	if i < 0 {
		all, i = append(all, workflow.Gathered{News: a.News}), len(all)
	}
	all[i].Count++
	if len(all[i].Items) < maxListed {
		all[i].Items = append(all[i].Items, workflow.ItemOf(a))
	}
	return all
}

// gatherShipments gathers what became of shipments since the last sweep, up to observeBatch of it, and reports whether
// there is more. If not, it announces what was gathered, grouped. Each thread has its own anyway.
func gatherShipments(t *txn, shop workflow.ShopID, at time.Time) (more bool, err error) {
	s, err := t.tx.Shop(shop)
	if err != nil {
		return false, err
	}
	page, err := t.tx.Applications(workflow.NewsOf(shop), "", observeBatch)
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
		if err := announceShipments(t, s, at); err != nil {
			return false, err
		}
		s.Gathered = nil
	}
	return page.Next != "", t.tx.PutShop(s)
}

// announceShipments announces what was gathered, unless the shop wants that in the threads only.
func announceShipments(t *txn, s workflow.Shop, at time.Time) error {
	if s.Settings.Shipments == workflow.ShipmentsInThread {
		return nil
	}
	for _, news := range newsOrder {
		i := slices.IndexFunc(s.Gathered, func(g workflow.Gathered) bool { return g.News == news })
		if i < 0 {
			continue
		}
		g := s.Gathered[i]
		payload := workflow.Payload{Kind: workflow.KindShipment, At: at, News: news, Waiting: g.Count, Items: g.Items, Shop: s.Name}
		if err := t.announce(s.ID, payload); err != nil {
			return err
		}
	}
	return nil
}
