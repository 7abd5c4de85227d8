package workflow

// News is what there is to announce of a shipment.
type News string

// The news of shipments.
const (
	NewsShipped    News = "shipped"
	NewsDelivered  News = "delivered"
	NewsStuck      News = "stuck"       // it does not arrive
	NewsNotShipped News = "not shipped" // in time
)

// ShipmentNews returns what a change means for the channel, if it is about a shipment.
func ShipmentNews(before, after Application) News {
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
