package affiliatesim

import (
	"cmp"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Windows of the platform, for defaults only: what a record carries is what counts.
// The first and the last are the vendor's; how long a seller has to ship is not
// documented.
const (
	reviewWindow   = 7 * 24 * time.Hour
	shipWindow     = 7 * 24 * time.Hour
	postWindow     = 14 * 24 * time.Hour
	groupingWindow = 5 * time.Minute
)

// particulars are what an action may be told, as the body of the control.
type particulars struct {
	RejectReason   string `json:"reject_reason"`
	TrackingNumber string `json:"tracking_number"`
	OrderID        string `json:"order_id"`
	ShipIn         string `json:"ship_in"`
	Status         Status `json:"status"`

	ContentFormat  string `json:"content_format"`
	Description    string `json:"description"`
	PageLink       string `json:"page_link"`
	ViewCount      *int   `json:"view_count"`
	LikeCount      *int   `json:"like_count"`
	CommentCount   *int   `json:"comment_count"`
	PaidOrderCount *int   `json:"paid_order_count"`
}

// action is something that TikTok, the warehouse, the creator or the seller does to
// one application.
type action struct {
	// from lists the statuses in which it is possible; none: in every one.
	from []Status
	do   func(*Center, *application, particulars, time.Time) error
}

// actions are all of them, by the name in the control's path.
func actions() map[string]action {
	live := []Status{Pending, AwaitingShipment, Shipped, ContentPending}
	return map[string]action{
		"approve":       {[]Status{Pending}, (*Center).actApprove},
		"reject":        {[]Status{Pending}, (*Center).actReject},
		"withdraw":      {[]Status{Pending}, (*Center).actWithdraw},
		"expire":        {[]Status{Pending, AwaitingShipment, ContentPending}, (*Center).actExpire},
		"ship":          {[]Status{AwaitingShipment}, (*Center).actShip},
		"fail_grouping": {[]Status{AwaitingShipment}, (*Center).actFailGrouping},
		"fail_shipping": {[]Status{AwaitingShipment, Shipped}, (*Center).actFailShipping},
		"deliver":       {[]Status{Shipped}, (*Center).actDeliver},
		"post":          {[]Status{Shipped, ContentPending, Completed, PlatformCompleted}, (*Center).actPost},
		"complete":      {[]Status{ContentPending}, (*Center).actComplete},
		"cancel":        {live, (*Center).actCancel},
		// set_status sets any status, also one that nobody has heard of yet.
		"set_status": {nil, (*Center).actSetStatus},
	}
}

// possible lists the actions that fit a status, in byte order.
func (c *Center) possible(status Status) []string {
	names := []string{}
	for _, name := range slices.Sorted(maps.Keys(c.actions)) {
		if a := c.actions[name]; a.from != nil && slices.Contains(a.from, status) {
			names = append(names, name)
		}
	}
	return names
}

// act carries out an action or says why it cannot be. The caller holds mu.
func (c *Center) act(a *application, name string, p particulars, now time.Time) error {
	what, known := c.actions[name]
	if !known {
		return badInput("action must be one of %s, not %q", strings.Join(slices.Sorted(maps.Keys(c.actions)), ", "), clip(name, 40))
	}
	if what.from != nil && !slices.Contains(what.from, a.status) {
		return impossible("%s needs an application in %s; %s is %s", name, list(what.from), a.id, a.status)
	}
	return what.do(c, a, p, now)
}

// become sets a status, arms its deadline and tells whoever listens.
func (c *Center) become(a *application, status Status, now time.Time) {
	a.status = status
	a.touched = now
	c.arm(a.deadline(), now)
	c.announceStatus(a, now)
	c.changed()
}

// approve is the seller's yes, wherever it was said. It takes one sample from the
// stock and joins the order of an approval for the same creator within the last five
// minutes, as the vendor may group them: an order id is not one application's alone.
func (c *Center) approve(a *application, shipIn time.Duration, now time.Time) {
	order, joins := c.groupedOrder(a, now)
	if joins && c.automation.FailGroupings > 0 {
		c.automation.FailGroupings--
		a.ungroupAt = now.Add(groupingTime)
		c.arm(a.ungroupAt, now)
	}
	a.product.quantity--
	a.orderID, a.approvedAt = order, now
	a.shipBy = now.Add(cmp.Or(shipIn, a.shipIn, shipWindow))
	a.rejectReason = ""
	c.become(a, AwaitingShipment, now)
	c.sellOut(a.product, now)
}

// groupedOrder is the order that this approval belongs to, and whether it is another's
// too.
func (c *Center) groupedOrder(a *application, now time.Time) (order string, joins bool) {
	for _, other := range slices.Backward(c.listing) {
		if other != a && other.shop == a.shop && other.creator == a.creator && other.status == AwaitingShipment &&
			now.Sub(other.approvedAt) <= groupingWindow {
			return other.orderID, true
		}
	}
	return c.ids.next(), false
}

// reject is the seller's no.
func (c *Center) reject(a *application, reason string, now time.Time) {
	a.rejectReason = reason
	c.become(a, RejectCancelled, now)
}

func (c *Center) actApprove(a *application, p particulars, now time.Time) error {
	shipIn, err := window("ship_in", p.ShipIn)
	if err != nil {
		return err
	}
	if found := a.obstacles(); len(found) > 0 {
		return impossible("%s cannot be approved: %s", a.id, strings.Join(found, ", "))
	}
	c.approve(a, shipIn, now)
	if p.OrderID != "" {
		a.orderID = p.OrderID
	}
	return nil
}

func (c *Center) actReject(a *application, p particulars, now time.Time) error {
	reason := cmp.Or(p.RejectReason, "OTHER")
	if !slices.Contains(reasons(), reason) {
		return badInput("reject_reason must be one of %s, not %q", strings.Join(reasons(), ", "), clip(reason, 40))
	}
	c.reject(a, reason, now)
	return nil
}

func (c *Center) actWithdraw(a *application, _ particulars, now time.Time) error {
	c.become(a, WithdrawCancelled, now)
	return nil
}

// actExpire lets the deadline of the present status pass.
func (c *Center) actExpire(a *application, _ particulars, now time.Time) error {
	c.expire(a, now)
	return nil
}

func (c *Center) actShip(a *application, p particulars, now time.Time) error {
	a.tracking = cmp.Or(clip(p.TrackingNumber, 100), "TT"+c.ids.next()[5:])
	a.shippedAt = now
	c.become(a, Shipped, now)
	return nil
}

func (c *Center) actFailGrouping(a *application, _ particulars, now time.Time) error {
	c.ungroup(a, now)
	return nil
}

// ungroup returns the request to review, as the vendor does when approvals cannot be
// put into one order. The review deadline stays if it is still ahead;
// what happens otherwise is not documented, and a deadline in the past would end the
// request at once, so it gets a new window.
func (c *Center) ungroup(a *application, now time.Time) {
	a.product.quantity++
	a.orderID, a.shipBy, a.approvedAt = "", time.Time{}, time.Time{}
	if !now.Before(a.approveBy) {
		a.approveBy = now.Add(reviewWindow)
	}
	c.become(a, Pending, now)
}

// actFailShipping ends the request where the parcel does: never sent is the seller's
// doing; lost on its way makes content impossible, which is not the creator's.
func (c *Center) actFailShipping(a *application, _ particulars, now time.Time) error {
	if a.status == AwaitingShipment {
		c.become(a, SellerNotShipped, now)
	} else {
		c.become(a, UnfulfillableCancelled, now)
	}
	return nil
}

func (c *Center) actDeliver(a *application, _ particulars, now time.Time) error {
	a.deliveredAt = now
	a.postBy = now.Add(postWindow)
	c.become(a, ContentPending, now)
	return nil
}

func (c *Center) actComplete(a *application, p particulars, now time.Time) error {
	status := cmp.Or(p.Status, Completed)
	if status != Completed && status != PlatformCompleted {
		return badInput("status must be %s or %s, not %q", Completed, PlatformCompleted, clip(string(status), 40))
	}
	c.become(a, status, now)
	return nil
}

// cancellations are the endings that cancel may name.
func cancellations() []Status {
	return []Status{PlatformCancelled, PlatformFailed, OpenCollabDeleted, UnfulfillableCancelled}
}

func (c *Center) actCancel(a *application, p particulars, now time.Time) error {
	status := cmp.Or(p.Status, PlatformCancelled)
	if !slices.Contains(cancellations(), status) {
		return badInput("status must be one of %s, not %q", list(cancellations()), clip(string(status), 40))
	}
	c.become(a, status, now)
	return nil
}

func (c *Center) actSetStatus(a *application, p particulars, now time.Time) error {
	if !statusName.MatchString(string(p.Status)) {
		return badInput("status must be a name in capitals such as SHIPPED, not %q", clip(string(p.Status), 40))
	}
	c.complement(a, p.Status, now)
	c.become(a, p.Status, now)
	return nil
}

// complement fills what a record in this status would have, where it has none yet.
func (c *Center) complement(a *application, status Status, now time.Time) {
	approved := []Status{AwaitingShipment, Shipped, ContentPending, Completed, SellerNotShipped, UnfulfillCancelled, UnfulfillableCancelled, PlatformCompleted}
	if slices.Contains(approved, status) && a.orderID == "" {
		a.orderID, a.approvedAt = c.ids.next(), now
	}
	if slices.Contains(approved, status) && a.shipBy.IsZero() {
		a.shipBy = now.Add(cmp.Or(a.shipIn, shipWindow))
	}
	if slices.Contains([]Status{Shipped, ContentPending, Completed, UnfulfillCancelled, PlatformCompleted}, status) && a.tracking == "" {
		a.tracking, a.shippedAt = "TT"+c.ids.next()[5:], now
	}
	if status == ContentPending && a.postBy.IsZero() {
		a.deliveredAt, a.postBy = now, now.Add(postWindow)
	}
	if status == RejectCancelled && a.rejectReason == "" {
		a.rejectReason = "OTHER"
	}
}

// window reads a duration of business time; zero when the text is empty.
func window(name, text string) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 || d > maxAdvance {
		return 0, badInput(`%s must be a duration such as "168h" or "90m", at most %s; not %q`, name, hours(maxAdvance), clip(text, 30))
	}
	return d, nil
}

// hours writes a whole number of hours.
func hours(d time.Duration) string { return fmt.Sprintf("%dh", d/time.Hour) }

// list joins statuses for a sentence.
func list(statuses []Status) string {
	names := make([]string, len(statuses))
	for i, s := range statuses {
		names[i] = string(s)
	}
	return strings.Join(names, " or ")
}

// webLink tells whether text is an absolute web address.
func webLink(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && len(text) <= 2000
}
