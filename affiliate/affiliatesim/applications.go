package affiliatesim

import (
	"slices"
	"time"
)

// Status is the vendor's name for where an application stands.
type Status string

// The documented statuses.
const (
	Pending                Status = "PENDING"
	AwaitingShipment       Status = "AWAITING_SHIPMENT"
	Shipped                Status = "SHIPPED"
	ContentPending         Status = "CONTENT_PENDING"
	Completed              Status = "COMPLETED"
	RejectCancelled        Status = "REJECT_CANCELLED"
	OverdueCancelled       Status = "OVERDUE_CANCELLED"
	UnfulfillCancelled     Status = "UNFULFILL_CANCELLED"
	OpenCollabDeleted      Status = "DEL_OPEN_COLLAB"
	SellerNotShipped       Status = "SELLER_NOT_SHIP_CANCELLED"
	WithdrawCancelled      Status = "WITHDRAW_CANCELLED"
	UnfulfillableCancelled Status = "UNFULFILLABLE_CANCELLED"
	PlatformCancelled      Status = "OPS_CANCELLED"
	PlatformFailed         Status = "OPS_FAILED"
	PlatformCompleted      Status = "OPS_COMPLETED"
)

func allStatuses() []Status {
	return []Status{
		Pending, AwaitingShipment, Shipped, ContentPending, Completed, RejectCancelled, OverdueCancelled,
		UnfulfillCancelled, OpenCollabDeleted, SellerNotShipped, WithdrawCancelled, UnfulfillableCancelled,
		PlatformCancelled, PlatformFailed, PlatformCompleted,
	}
}

// reasons are the four that a rejection may name.
func reasons() []string { return []string{"NOT_MATCH", "OFFLINE", "OUT_OF_STOCK", "OTHER"} }

// application is one creator's request for one sample.
type application struct {
	id      string
	ordinal uint64 // in order of arrival; ties in a shuffled listing break by it
	shop    *shop
	creator *creator
	numbers figures
	product *product
	variant variant

	commission    string
	partner       string
	approvable    bool
	disapprovable []string
	target        string // the target collaboration it came through; empty: the open one

	status       Status
	rejectReason string
	fulfillment  string // overrides what follows from the status; empty: it follows
	orderID      string
	tracking     string

	// Business times, which the clock control moves. Zero: does not apply yet.
	approveBy, shipBy, postBy          time.Time
	approvedAt, shippedAt, deliveredAt time.Time
	shipIn                             time.Duration
	// When the automation looks, and when the platform finds that it cannot group. Zero: not.
	lookAt, ungroupAt time.Time

	contents []content
	// touched orders the page's lists of what is over; real time.
	touched time.Time

	// before is what the search shows until settled, where it was told to lag.
	before  *application
	settled time.Time
}

// figures are a creator's numbers as they shared them at the time of one application.
type figures struct {
	followers, posts, views, fulfilment, gmv Shared
}

// seen is the application as the search shows it now: as it was before the last
// write while the search lags behind, as the vendor says that it may.
func (a *application) seen(now time.Time) *application {
	if a.before != nil && now.Before(a.settled) {
		return a.before
	}
	return a
}

// deadline is when the application ends by itself; zero: it does not.
func (a *application) deadline() time.Time {
	switch a.status {
	case Pending:
		return a.approveBy
	case AwaitingShipment:
		return a.shipBy
	case ContentPending:
		return a.postBy
	default:
		return time.Time{}
	}
}

// outOfStock is the reason that the vendor's example names: reasons are sentences.
const outOfStock = "Product out of stock"

// obstacles are the reasons why it cannot be approved; none: it can. A product
// without sample stock is one, as quota is consumed per approval.
func (a *application) obstacles() []string {
	var found []string
	if !a.approvable {
		found = slices.Clone(a.disapprovable)
		if len(found) == 0 {
			found = []string{"The request cannot be approved"}
		}
	}
	if a.product.quantity <= 0 && !slices.Contains(found, outOfStock) {
		found = append(found, outOfStock)
	}
	return found
}

// fulfillmentStatus is the state of the creator's promise to post.
func (a *application) fulfillmentStatus() string {
	if a.fulfillment != "" {
		return a.fulfillment
	}
	switch a.status {
	case Pending, AwaitingShipment, Shipped:
		return "PENDING"
	case ContentPending:
		return "ONGOING"
	case Completed, PlatformCompleted:
		return "SUCCEED"
	case UnfulfillCancelled:
		return "OVERDUE"
	case UnfulfillableCancelled:
		return "EXEMPTED"
	case PlatformFailed:
		return "FAILED"
	default:
		return "CANCELLED"
	}
}

// record is an application as the API shows it. What does not apply yet is absent.
type record struct {
	ID                   string        `json:"id"`
	Status               Status        `json:"status"`
	ApproveExpiration    int64         `json:"approve_expiration_time,omitempty"`
	ShipmentExpiration   int64         `json:"shipment_expiration_time,omitempty"`
	AvailableQuantity    int           `json:"available_quantity"`
	CommissionRate       string        `json:"commission_rate"`
	IsApprovable         bool          `json:"is_approvable"`
	DisapprovableReasons []string      `json:"disapprovable_reasons"`
	OrderID              string        `json:"order_id,omitempty"`
	TrackingNumber       string        `json:"tracking_number,omitempty"`
	PartnerName          string        `json:"partner_name,omitempty"`
	FulfillmentStatus    string        `json:"fulfillment_status"`
	Creator              creatorRecord `json:"creator"`
	Product              productRecord `json:"product"`
}

type creatorRecord struct {
	OpenID                string `json:"creator_open_id,omitempty"`
	UserID                string `json:"user_id,omitempty"`
	Username              string `json:"username"`
	Nickname              string `json:"nickname"`
	AvatarURL             string `json:"avatar_url"`
	FollowerCount         Shared `json:"follower_count"`
	ContentCount          Shared `json:"content_count,omitempty"`
	VideoView             Shared `json:"ec_video_view,omitempty"`
	FulfillmentPercentage Shared `json:"fulfillment_percentage,omitempty"`
	GMV                   Shared `json:"gmv,omitempty"`
}

type productRecord struct {
	ID          string `json:"id"`
	Title       string `json:"title"`
	SKUID       string `json:"sku_id"`
	SKUName     string `json:"sku_name"`
	SKUImageURL string `json:"sku_image_url"`
}

// record shows the application. base is the address for pictures of our own. The
// stock is the product's as it is now, also where the rest lags behind.
func (a *application) record(base string) record {
	obstacles := a.obstacles()
	if obstacles == nil {
		obstacles = []string{}
	}
	return record{
		ID:                   a.id,
		Status:               a.status,
		ApproveExpiration:    unix(a.approveBy),
		ShipmentExpiration:   unix(a.shipBy),
		AvailableQuantity:    a.product.quantity,
		CommissionRate:       a.commission,
		IsApprovable:         len(obstacles) == 0,
		DisapprovableReasons: obstacles,
		OrderID:              a.orderID,
		TrackingNumber:       a.tracking,
		PartnerName:          a.partner,
		FulfillmentStatus:    a.fulfillmentStatus(),
		Creator:              a.creatorRecord(base),
		Product: productRecord{
			ID: a.product.id, Title: a.product.title, SKUID: a.variant.id, SKUName: a.variant.name,
			SKUImageURL: absolute(base, a.variant.image),
		},
	}
}

func (a *application) creatorRecord(base string) creatorRecord {
	gmv := a.numbers.gmv
	if gmv == Blank { // the amount is a string that is blank; what holds it is an object
		gmv = Money("", "")
	}
	return creatorRecord{
		OpenID:                a.creator.openID,
		Username:              a.creator.username,
		Nickname:              a.creator.nickname,
		AvatarURL:             absolute(base, a.creator.avatar),
		FollowerCount:         a.numbers.followers,
		ContentCount:          a.numbers.posts,
		VideoView:             a.numbers.views,
		FulfillmentPercentage: a.numbers.fulfilment,
		GMV:                   gmv,
	}
}

// unix is t in Unix seconds, 0 for the zero time.
func unix(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}

// absolute puts the base in front of a path of our own and leaves other links alone.
func absolute(base, link string) string {
	if len(link) > 0 && link[0] == '/' {
		return base + link
	}
	return link
}
