package workflow

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// ShopID is the vendor's id of a shop.
type ShopID string

// ApplicationID is the vendor's id of a sample application: a decimal number of up to 64 bits, kept as text.
type ApplicationID string

// CampaignID is our own id of a campaign.
type CampaignID string

// ProductID is the vendor's id of a product.
type ProductID string

// PersonID is a Slack user id.
type PersonID string

// Key names one application: the shop is the one whose search returned it.
type Key struct {
	Shop ShopID        `json:"shop"`
	ID   ApplicationID `json:"id"`
}

// String returns the shop and the application, separated by a slash. Neither contains one.
func (k Key) String() string { return string(k.Shop) + "/" + string(k.ID) }

// ParseKey reads what Key.String wrote.
func ParseKey(s string) (Key, error) {
	shop, id, ok := strings.Cut(s, "/")
	if !ok || shop == "" || id == "" || strings.Contains(id, "/") {
		return Key{}, fmt.Errorf("%q does not name an application", s)
	}
	return Key{Shop: ShopID(shop), ID: ApplicationID(id)}, nil
}

// RunID is our own id of a run.
type RunID string

// NoticeID is our own id of a message that is edited as its subject changes; it names the subject.
type NoticeID string

// GroupID is the id of a Slack user group.
type GroupID string

// OptionalNumber is a number that a creator may not share. The vendor sends a blank for that, which is never zero.
type OptionalNumber struct {
	Value  float64 `json:"value,omitempty"`
	Shared bool    `json:"shared,omitempty"`
}

// Known reports whether there is a number that can be counted with.
func (f OptionalNumber) Known() bool {
	return f.Shared && !math.IsNaN(f.Value) && !math.IsInf(f.Value, 0)
}

// Money is an amount in a currency, kept as the vendor writes it; an empty amount means "not shared".
type Money struct {
	Amount   string `json:"amount,omitempty"`
	Currency string `json:"currency,omitempty"`
}

var decimal = regexp.MustCompile(`^-?[0-9]{1,30}(\.[0-9]{1,30})?$`)

// Number returns the amount; ok is false where it is not shared, or no decimal number.
func (m Money) Number() (v float64, ok bool) {
	if !decimal.MatchString(m.Amount) {
		return 0, false
	}
	v, err := strconv.ParseFloat(m.Amount, 64)
	return v, err == nil
}

// Creator is what a report says of the person who asks for a sample.
type Creator struct {
	OpenID      string         `json:"open_id,omitempty"`
	App         string         `json:"app,omitempty"` // whose id that is: each app knows a creator by another; empty: the unnamed app's
	Username    string         `json:"username,omitempty"`
	Nickname    string         `json:"nickname,omitempty"`
	Avatar      string         `json:"avatar,omitempty"` // a signed link that expires
	Followers   OptionalNumber `json:"followers"`
	Posts       OptionalNumber `json:"posts"`        // in the last 30 days
	MedianViews OptionalNumber `json:"median_views"` // of shoppable videos, in the last 30 days
	Fulfilment  OptionalNumber `json:"fulfilment"`   // per cent of samples that led to content, in the last 90 days
	GMV         Money          `json:"gmv"`          // in the last 30 days
}

// CreatorKey identifies a creator on this desk.
type CreatorKey string

// KeyOf returns the creator's key: app and open id, or until that is known the shop and the lower-case user name. It is
// the same as ever for the unnamed app.
func (c Creator) KeyOf(shop ShopID) CreatorKey {
	if c.OpenID != "" {
		return CreatorKey("id:" + Nameable(ofApp(c.App, c.OpenID)))
	}
	return CreatorKey("name:" + string(shop) + ":" + Nameable(strings.ToLower(c.Username)))
}

// Nameable turns foreign text into a name that every store accepts: UTF-8 without zero bytes.
func Nameable(s string) string {
	return strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", ""), "\uFFFD")
}

// Product is what a report says of the product that is asked for.
type Product struct {
	ID      ProductID `json:"id,omitempty"`
	Title   string    `json:"title,omitempty"`
	SKU     string    `json:"sku,omitempty"`
	Variant string    `json:"variant,omitempty"`
	Picture string    `json:"picture,omitempty"` // a signed link that expires
}

// Snapshot is what TikTok last reported of an application. Times are UTC, to the second; a zero time was not given.
type Snapshot struct {
	Status       Status    `json:"status"`
	ReviewBy     time.Time `json:"review_by,omitzero"`
	ShipBy       time.Time `json:"ship_by,omitzero"`
	OrderID      string    `json:"order_id,omitempty"`
	Tracking     string    `json:"tracking,omitempty"`
	Fulfilment   string    `json:"fulfilment,omitempty"`
	Approvable   bool      `json:"approvable"`
	Obstacles    []string  `json:"obstacles,omitempty"`  // why it is not approvable, as the vendor words it
	Stock        int64     `json:"stock"`                // samples left of the product
	StockUnknown bool      `json:"untold,omitempty"`     // TikTok did not say how many samples are left; Stock means nothing then
	Commission   string    `json:"commission,omitempty"` // a share: "0.15" is 15 per cent
	Partner      string    `json:"partner,omitempty"`    // the agency that applied for the creator
	Collab       Collab    `json:"collab,omitzero"`
	Creator      Creator   `json:"creator"`
	Product      Product   `json:"product"`
}

// OutOfStock reports whether TikTok says that no sample is left.
func (r Snapshot) OutOfStock() bool { return !r.StockUnknown && r.Stock <= 0 }

// Collab says where an application came from. The vendor's record does not say it, so it is looked up once, separately.
type Collab struct {
	Known  bool   `json:"known,omitempty"`
	Target string `json:"target,omitempty"` // the target collaboration's id; empty and known: an open collaboration
	Name   string `json:"name,omitempty"`
}

// Differs reports whether other is a change: another status, deadline, order, tracking number, approvability, or stock
// that crossed zero, or the creator's id, where only their name was known. Numbers that merely drift (views, followers,
// sales, stock) do not count.
func (r Snapshot) Differs(other Snapshot) bool {
	was, now := r.Essence(), other.Essence()
	if was.identified {
		now.identified = true // the id that is known stays
	}
	return was != now
}

// Essence is all of a snapshot that makes two of them differ.
type Essence struct {
	status                 Status
	reviewBy, shipBy       int64 // in microseconds
	order, tracking        string
	approvable, outOfStock bool
	identified             bool
	app                    string
}

// Essence returns what makes a snapshot differ from another.
func (r Snapshot) Essence() Essence {
	return Essence{
		status: r.Status, reviewBy: r.ReviewBy.UnixMicro(), shipBy: r.ShipBy.UnixMicro(), order: r.OrderID, tracking: r.Tracking,
		approvable: r.Approvable, outOfStock: r.OutOfStock(), identified: r.Creator.OpenID != "", app: r.Creator.App,
	}
}
