package workflow

import "time"

// News is what there is to announce of a shipment.
type News string

// The news of shipments.
const (
	NewsShipped    News = "shipped"
	NewsDelivered  News = "delivered"
	NewsStuck      News = "stuck"       // it does not arrive
	NewsNotShipped News = "not shipped" // in time
)

// shipmentNews returns what a change means for the channel, if it is one of a shipment.
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

// maxNews is how many applications one message about shipments gathers.
const maxNews = 300

// tellShipments announces what became of shipments since the last sweep, grouped. Each thread tells its own anyway.
func (t *turn) tellShipments(s Shop, at time.Time) error {
	page, err := t.tx.Applications(NewsOf(s.ID), "", maxNews)
	if err != nil {
		return err
	}
	by := map[News][]Application{}
	for _, a := range page.Applications {
		by[a.News] = append(by[a.News], a)
		a.News = ""
		if err := t.tx.PutApplication(a); err != nil {
			return err
		}
	}
	if s.Settings.Shipments == ShipmentsInThread {
		return nil
	}
	for _, news := range []News{NewsNotShipped, NewsStuck, NewsShipped, NewsDelivered} {
		all := by[news]
		if len(all) == 0 {
			continue
		}
		saying := Saying{Kind: SayShipment, At: at, News: news, Waiting: len(all), Shop: s.Name}
		for _, a := range all[:min(len(all), maxListed)] {
			saying.Items = append(saying.Items, itemSaid(a))
		}
		if err := t.announce(s.ID, saying); err != nil {
			return err
		}
	}
	return nil
}
