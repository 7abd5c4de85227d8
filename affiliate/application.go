package affiliate

import (
	"encoding/json"
	"errors"
	"fmt"
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
	ID     ApplicationID `json:"id"`
	Status Status        `json:"status"`
	// ReviewBy is the review deadline, UTC; zero if the answer had none.
	ReviewBy time.Time `json:"-"`
	// ShipBy is the ship-by deadline, UTC; zero if the answer had none.
	ShipBy time.Time `json:"-"`
	// AvailableQuantity is the sample stock left for the product.
	AvailableQuantity Number `json:"available_quantity"`
	// CommissionRate is a fraction: 0.01 to 0.8.
	CommissionRate Number `json:"commission_rate"`
	// Approvable is false where the answer does not say: what is not known
	// to be approvable is not offered for approval.
	Approvable           bool     `json:"is_approvable"`
	DisapprovableReasons []string `json:"disapprovable_reasons"`
	// OrderID is set once approved.
	OrderID OrderID `json:"order_id"`
	// TrackingNumber is set once shipped.
	TrackingNumber string `json:"tracking_number"`
	// PartnerName is the agency that applied for the creator, or blank.
	PartnerName       string            `json:"partner_name"`
	FulfillmentStatus FulfillmentStatus `json:"fulfillment_status"`
	Creator           Creator           `json:"creator"`
	Product           Product           `json:"product"`
}

// Creator is who asks for the sample. A blank number is one that she does not
// share.
type Creator struct {
	ID        CreatorID `json:"creator_open_id"`
	Username  string    `json:"username"`
	Nickname  string    `json:"nickname"`
	AvatarURL string    `json:"avatar_url"` // a signed link that expires
	Followers Number    `json:"follower_count"`
	// Posts counts the posts of the last 30 days.
	Posts Number `json:"content_count"`
	// MedianViews is the median of her shoppable videos' views, 30 days.
	MedianViews Number `json:"ec_video_view"`
	// FulfillmentPercentage is how many samples she made content for, in
	// per cent, 90 days.
	FulfillmentPercentage Number `json:"fulfillment_percentage"`
	// GMV is what she sold in the last 30 days.
	GMV Money `json:"gmv"`
}

// Product is the product and the variant asked for.
type Product struct {
	ID          ProductID `json:"id"`
	Title       string    `json:"title"`
	SKUID       SKUID     `json:"sku_id"`
	SKUName     string    `json:"sku_name"`
	SKUImageURL string    `json:"sku_image_url"` // a signed link that expires
}

// Money is an amount in whole units of a currency (ISO 4217). A blank amount
// is not shared.
type Money struct {
	Amount   Number `json:"amount"`
	Currency string `json:"currency"`
}

// UnmarshalJSON takes an object, null, or the empty string that stands for
// what a creator does not share.
func (m *Money) UnmarshalJSON(data []byte) error {
	type plain Money
	var money plain
	if text := string(data); text != `""` && text != "null" {
		if err := json.Unmarshal(data, &money); err != nil {
			return fmt.Errorf("reading an amount of money: %w", err)
		}
	}
	*m = Money(money)
	return nil
}

// UnmarshalJSON reads a record of the search. Fields that it does not know are
// passed over. A record without id or status is refused: nothing could be done
// with it, and passing over it would hide an application.
func (a *Application) UnmarshalJSON(data []byte) error {
	type plain Application
	var application plain
	record := struct {
		*plain
		ReviewBy stamp `json:"approve_expiration_time"`
		ShipBy   stamp `json:"shipment_expiration_time"`
	}{plain: &application}
	if err := json.Unmarshal(data, &record); err != nil {
		return fmt.Errorf("reading an application: %w", err)
	}
	if application.ID == "" {
		return errors.New("reading an application: it has no id")
	}
	if application.Status == "" {
		return fmt.Errorf("reading application %q: it has no status", application.ID)
	}
	application.ReviewBy, application.ShipBy = record.ReviewBy.Time, record.ShipBy.Time
	*a = Application(application)
	return nil
}

// stamp is a point in time in Unix seconds, as a number or a numeric string.
// Zero, blank, null and absent are the zero time.
type stamp struct{ time.Time }

// lastSecond is the last second of the year 9999. What lies beyond is not a
// time in seconds, most likely milliseconds.
const lastSecond = 253402300799

// UnmarshalJSON reads Unix seconds into UTC.
func (s *stamp) UnmarshalJSON(data []byte) error {
	var number Number
	if err := number.UnmarshalJSON(data); err != nil {
		return fmt.Errorf("reading a time: %w", err)
	}
	seconds, _ := number.Int()
	switch {
	case !number.Shared() || number == NumberOf(0):
		*s = stamp{}
	case number != NumberOf(seconds) || seconds < 0 || seconds > lastSecond:
		return fmt.Errorf("reading a time: %s is not in Unix seconds", number)
	default:
		*s = stamp{time.Unix(seconds, 0).UTC()}
	}
	return nil
}
