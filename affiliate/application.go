package affiliate

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Status is where the Affiliate Center sees a sample application. The vendor
// may add statuses without notice: an unknown one is kept as it came.
type Status string

// The statuses that the vendor documents.
const (
	StatusPending              Status = "PENDING"                   // waits for the seller's review
	StatusAwaitingShipment     Status = "AWAITING_SHIPMENT"         // approved; the seller must ship
	StatusShipped              Status = "SHIPPED"                   // on its way
	StatusContentPending       Status = "CONTENT_PENDING"           // received; the creator must post
	StatusCompleted            Status = "COMPLETED"                 // content posted
	StatusRejected             Status = "REJECT_CANCELLED"          // rejected by the seller
	StatusExpired              Status = "OVERDUE_CANCELLED"         // nobody reviewed it in time
	StatusContentNotPosted     Status = "UNFULFILL_CANCELLED"       // the creator did not post in time
	StatusCollaborationRemoved Status = "DEL_OPEN_COLLAB"           // the open collaboration was deleted
	StatusNotShipped           Status = "SELLER_NOT_SHIP_CANCELLED" // the seller did not ship in time
	StatusWithdrawn            Status = "WITHDRAW_CANCELLED"        // the creator withdrew before approval
	StatusUnfulfillable        Status = "UNFULFILLABLE_CANCELLED"   // content became impossible, not the creator's doing
	StatusPlatformCancelled    Status = "OPS_CANCELLED"             // set by the platform's staff
	StatusPlatformFailed       Status = "OPS_FAILED"                // set by the platform's staff
	StatusPlatformCompleted    Status = "OPS_COMPLETED"             // set by the platform's staff
)

// FulfillmentStatus is how far the creator's content is.
type FulfillmentStatus string

// The fulfilment statuses that the vendor documents.
const (
	FulfillmentPending   FulfillmentStatus = "PENDING"
	FulfillmentOngoing   FulfillmentStatus = "ONGOING"
	FulfillmentSucceeded FulfillmentStatus = "SUCCEED"
	FulfillmentFailed    FulfillmentStatus = "FAILED"
	FulfillmentOverdue   FulfillmentStatus = "OVERDUE"
	FulfillmentSuspended FulfillmentStatus = "SUSPEND"
	FulfillmentCancelled FulfillmentStatus = "CANCELLED"
	FulfillmentExempted  FulfillmentStatus = "EXEMPTED"
)

// Application is one sample application as the search of sample applications
// returns it. The record tells neither when it was created or changed nor
// whether it came through an open or a target collaboration.
type Application struct {
	ID     ApplicationID
	Status Status
	// ReviewBy is the review deadline, UTC; zero if the answer had none.
	ReviewBy time.Time
	// ShipBy is the ship-by deadline, UTC; zero if the answer had none.
	ShipBy time.Time
	// AvailableQuantity is the sample stock left for the product.
	AvailableQuantity Number
	// CommissionRate is a fraction: 0.01 to 0.8.
	CommissionRate Number
	// Approvable is false where the answer does not say: what is not known
	// to be approvable is not offered for approval.
	Approvable           bool
	DisapprovableReasons []string
	// OrderID is set once approved.
	OrderID OrderID
	// TrackingNumber is set once shipped.
	TrackingNumber string
	// PartnerName is the agency that applied for the creator, or blank.
	PartnerName       string
	FulfillmentStatus FulfillmentStatus
	Creator           Creator
	Product           Product
}

// Creator is who asks for the sample. A blank number is one that they do not share.
type Creator struct {
	ID        CreatorID
	Username  string
	Nickname  string
	AvatarURL string // a signed link that expires
	Followers Number
	// Posts counts the posts of the last 30 days.
	Posts Number
	// MedianViews is the median of their shoppable videos' views, 30 days.
	MedianViews Number
	// FulfillmentPercentage is how many samples they made content for, in per cent,
	// 90 days.
	FulfillmentPercentage Number
	// GMV is what they sold in the last 30 days.
	GMV Money
}

// Product is the product and the variant asked for.
type Product struct {
	ID          ProductID
	Title       string
	SKUID       SKUID
	SKUName     string
	SKUImageURL string // a signed link that expires
}

// Money is an amount in whole units of a currency (ISO 4217). A blank amount
// is not shared.
type Money struct {
	Amount   Number
	Currency string
}

// UnmarshalJSON reads a record of the search. Fields that it does not know are passed
// over, and those that are not what the vendor documents are as if they were not
// there. A record without id or status is refused, with an [*UnreadableError]: nothing
// could be done with it, and passing over it would hide an application.
func (a *Application) UnmarshalJSON(data []byte) error {
	v, err := new(parser).parse(data)
	if err != nil {
		return fmt.Errorf("reading an application: %w", unreadableRecord(nil, err))
	}
	return a.read(v)
}

func (a *Application) read(v value) error {
	f, err := v.object()
	if err != nil {
		return fmt.Errorf("reading an application: %w", unreadableRecord(nil, err))
	}
	name := id[ApplicationID](f, "id")
	if !isPathID(name) {
		return fmt.Errorf("reading an application: %w", unreadableRecord(f, errors.New("its id is not a decimal number of up to 64 bits")))
	}
	status, err := readStatus(f)
	if err != nil {
		return fmt.Errorf("reading an application: %w", unreadableRecord(f, err))
	}
	*a = Application{
		ID: name, Status: status,
		ReviewBy: f.stamp("approve_expiration_time"), ShipBy: f.stamp("shipment_expiration_time"),
		AvailableQuantity:    f.count("available_quantity"),
		CommissionRate:       f.count("commission_rate"),
		Approvable:           f.truth("is_approvable"),
		DisapprovableReasons: f.texts("disapprovable_reasons"),
		OrderID:              id[OrderID](f, "order_id"),
		TrackingNumber:       f.text("tracking_number"),
		PartnerName:          f.text("partner_name"),
		FulfillmentStatus:    FulfillmentStatus(f.text("fulfillment_status")),
		Creator:              readCreator(f.object("creator")),
		Product:              readProduct(f.object("product")),
	}
	return nil
}

// longestStatus is far beyond any that the vendor has, in bytes.
const longestStatus = 100

func readStatus(f fields) (Status, error) {
	status := f.plain("status")
	switch {
	case strings.TrimSpace(status) == "":
		return "", errors.New("it has no status")
	case len(status) > longestStatus || strings.ContainsRune(status, 0):
		return "", errors.New("its status is none")
	}
	return Status(status), nil
}

func readCreator(f fields) Creator {
	gmv := f.object("gmv")
	return Creator{
		ID:                    id[CreatorID](f, "creator_open_id"),
		Username:              f.text("username"),
		Nickname:              f.text("nickname"),
		AvatarURL:             f.link("avatar_url"),
		Followers:             f.count("follower_count"),
		Posts:                 f.count("content_count"),
		MedianViews:           f.count("ec_video_view"),
		FulfillmentPercentage: f.count("fulfillment_percentage"),
		GMV:                   Money{Amount: readAmount(gmv.loose("amount")), Currency: gmv.text("currency")},
	}
}

func readProduct(f fields) Product {
	return Product{
		ID:          decimal[ProductID](f, "id"),
		Title:       f.text("title"),
		SKUID:       decimal[SKUID](f, "sku_id"),
		SKUName:     f.text("sku_name"),
		SKUImageURL: f.link("sku_image_url"),
	}
}
