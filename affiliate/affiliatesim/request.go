package affiliatesim

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Request is a creator's request for a sample, in the field names of the API. All of
// it is optional: what is left out gets a pleasant value, another one each time.
type Request struct {
	// ID is chosen by the stand-in unless given: digits, new.
	ID string `json:"id"`
	// ShopID is the shop that is asked; the first one unless given.
	ShopID  string           `json:"shop_id"`
	Creator RequestedBy      `json:"creator"`
	Product RequestedProduct `json:"product"`

	CommissionRate string `json:"commission_rate"` // "0.01" to "0.8"
	// AvailableQuantity sets the stock of the product, for all its requests.
	AvailableQuantity    *int     `json:"available_quantity"`
	PartnerName          string   `json:"partner_name"`
	IsApprovable         *bool    `json:"is_approvable"`
	DisapprovableReasons []string `json:"disapprovable_reasons"`
	// ApproveIn is the time to review, such as "168h", the default; ApproveExpiration
	// says the same as Unix seconds. ShipIn is the time to ship once approved.
	ApproveIn          string `json:"approve_in"`
	ApproveExpiration  int64  `json:"approve_expiration_time"`
	ShipIn             string `json:"ship_in"`
	ShipmentExpiration int64  `json:"shipment_expiration_time"`
	// Target is the target collaboration that they were invited by; empty: the open one.
	Target string `json:"target"`
	// Status lets the request begin further on; PENDING unless given. A name that is
	// not documented is kept as it is, as the vendor may add one any day.
	Status            Status `json:"status"`
	RejectReason      string `json:"reject_reason"`
	FulfillmentStatus string `json:"fulfillment_status"`
	OrderID           string `json:"order_id"`
	TrackingNumber    string `json:"tracking_number"`
}

// RequestedBy is the creator of a [Request]. An open id or a user name that is known
// already means that creator.
type RequestedBy struct {
	OpenID                string `json:"creator_open_id"`
	Username              string `json:"username"`
	Nickname              string `json:"nickname"`
	AvatarURL             string `json:"avatar_url"`
	FollowerCount         Shared `json:"follower_count"`
	ContentCount          Shared `json:"content_count"`
	VideoView             Shared `json:"ec_video_view"`
	FulfillmentPercentage Shared `json:"fulfillment_percentage"`
	GMV                   Shared `json:"gmv"`
	// Region of the creator. One outside the shop's cannot be written to.
	Region string `json:"region"`
}

// RequestedProduct is the product of a [Request]. An id that is known already means
// that product.
type RequestedProduct struct {
	ID          string `json:"id"`
	Title       string `json:"title"`
	SKUID       string `json:"sku_id"`
	SKUName     string `json:"sku_name"`
	SKUImageURL string `json:"sku_image_url"`
}

var (
	digits      = regexp.MustCompile(`^[0-9]{1,19}$`)
	openIDText  = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)
	regionText  = regexp.MustCompile(`^[A-Z]{2}$`)
	statusName  = regexp.MustCompile(`^[A-Z][A-Z_]{1,59}$`)
	rateText    = regexp.MustCompile(`^0\.[0-9]{1,4}$`)
	fulfillment = []string{"PENDING", "ONGOING", "SUCCEED", "FAILED", "OVERDUE", "SUSPEND", "CANCELLED", "EXEMPTED"}
)

// check refuses what cannot be meant, saying what would be right.
func (in Request) check() error {
	rules := []struct {
		wrong bool
		say   string
	}{
		{in.ID != "" && !digits.MatchString(in.ID), "id must be up to 19 digits"},
		{in.Creator.OpenID != "" && !openIDText.MatchString(in.Creator.OpenID), "creator_open_id must be up to 64 letters and digits"},
		{in.Creator.Region != "" && !regionText.MatchString(in.Creator.Region), "region must be two capital letters"},
		{in.Product.ID != "" && !digits.MatchString(in.Product.ID), "the product's id must be up to 19 digits"},
		{in.Product.SKUID != "" && !digits.MatchString(in.Product.SKUID), "sku_id must be up to 19 digits"},
		{in.CommissionRate != "" && !goodRate(in.CommissionRate), `commission_rate must be a string from "0.01" to "0.8"`},
		{given(in.AvailableQuantity, 0) < 0, "available_quantity must not be negative"},
		{in.Status != "" && !statusName.MatchString(string(in.Status)), "status must be a name in capitals"},
		{in.RejectReason != "" && !slices.Contains(reasons(), in.RejectReason), "reject_reason must be one of " + strings.Join(reasons(), ", ")},
		{in.FulfillmentStatus != "" && !slices.Contains(fulfillment, in.FulfillmentStatus), "fulfillment_status must be one of " + strings.Join(fulfillment, ", ")},
		{in.Creator.FollowerCount == Blank || in.Creator.FollowerCount == Absent, "follower_count may not be blank: followers are public"},
		{in.ApproveIn != "" && in.ApproveExpiration != 0, "approve_in and approve_expiration_time exclude each other"},
		{in.ApproveExpiration < 0 || in.ShipmentExpiration < 0, "times are Unix seconds"},
		{tooLong(in), "a text is longer than 2000 characters"},
	}
	for _, rule := range rules {
		if rule.wrong {
			return badInput("%s", rule.say)
		}
	}
	return firstOf(
		in.Creator.FollowerCount.checkNumber("follower_count"),
		in.Creator.ContentCount.checkNumber("content_count"),
		in.Creator.VideoView.checkNumber("ec_video_view"),
		in.Creator.FulfillmentPercentage.checkPercent("fulfillment_percentage"),
		in.Creator.GMV.checkMoney("gmv"),
	)
}

// firstOf is the first error that is one.
func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// goodRate tells whether a commission lies between 0.01 and 0.8. Texts of the form
// 0.ddd sort like their numbers once they are equally long.
func goodRate(text string) bool {
	if !rateText.MatchString(text) {
		return false
	}
	padded := (text + "0000")[:6]
	return padded >= "0.0100" && padded <= "0.8000"
}

// tooLong bounds the texts, which may be as odd as anyone likes otherwise.
func tooLong(in Request) bool {
	texts := append([]string{
		in.PartnerName, in.OrderID, in.TrackingNumber, in.Creator.Username, in.Creator.Nickname, in.Creator.AvatarURL,
		in.Product.Title, in.Product.SKUName, in.Product.SKUImageURL,
	}, in.DisapprovableReasons...)
	return len(in.DisapprovableReasons) > 20 || slices.ContainsFunc(texts, func(s string) bool { return len([]rune(s)) > 2000 })
}

// AddApplication adds a request, as POST /sim/applications does, and returns its id.
// The error says what to do differently.
func (c *Center) AddApplication(in Request) (string, error) {
	if err := in.check(); err != nil {
		return "", err
	}
	approveIn, err := window("approve_in", in.ApproveIn)
	if err != nil {
		return "", err
	}
	shipIn, err := window("ship_in", in.ShipIn)
	if err != nil {
		return "", err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	a, err := c.newApplication(in)
	if err != nil {
		return "", err
	}
	a.shipIn = shipIn
	a.approveBy = now.Add(reviewWindow)
	switch {
	case in.ApproveIn != "":
		a.approveBy = now.Add(approveIn)
	case in.ApproveExpiration != 0:
		a.approveBy = time.Unix(in.ApproveExpiration, 0)
	}
	c.enter(a, in, now)
	return a.id, nil
}

// newApplication resolves shop, creator and product of a request.
func (c *Center) newApplication(in Request) (*application, error) {
	s, known := c.shopByID(in.ShopID)
	target := c.collaborationOf(s, in.Target)
	switch {
	case !known:
		return nil, badInput("shop_id %q is not one of this stand-in's shops", clip(in.ShopID, 40))
	case in.Target != "" && target == nil:
		return nil, badInput("target %q is not a target collaboration of this shop: POST /sim/collaborations makes one", clip(in.Target, 40))
	case c.applications[in.ID] != nil:
		return nil, badInput("id %s is taken", in.ID)
	case len(c.listing) >= maxApplications:
		return nil, badInput("there are %d applications already, the most that this stand-in keeps", maxApplications)
	}
	n := len(c.listing)
	a := &application{
		id: cmp.Or(in.ID, c.ids.next()), ordinal: uint64(n + 1), shop: s, target: in.Target,
		commission: cmp.Or(in.CommissionRate, commissionFor(n)), partner: in.PartnerName,
		approvable: in.IsApprovable == nil || *in.IsApprovable, disapprovable: in.DisapprovableReasons,
	}
	c.resolveCreator(a, in.Creator, target, n)
	c.resolveProduct(a, in, target, n)
	return a, nil
}

// resolveCreator finds or enters the creator. Where none is named, one of the
// collaboration's asks, or a new one.
func (c *Center) resolveCreator(a *application, in RequestedBy, target *collaboration, n int) {
	name := in.Username
	if name == "" && c.creators.byOpenID[in.OpenID] == nil {
		name = usernameFor(n)
		if in.OpenID == "" && target != nil && len(target.creators) > 0 {
			name = target.creators[n%len(target.creators)].username
		}
	}
	a.creator = c.creatorFor(in.OpenID, name)
	a.creator.nickname = cmp.Or(in.Nickname, a.creator.nickname)
	a.creator.avatar = cmp.Or(in.AvatarURL, a.creator.avatar)
	a.creator.region = cmp.Or(in.Region, a.creator.region)
	f := figuresFor(n)
	if a.creator.numbers != nil {
		f = *a.creator.numbers
	}
	a.numbers = figures{
		followers:  in.FollowerCount.or(f.followers),
		posts:      in.ContentCount.or(f.posts),
		views:      in.VideoView.or(f.views),
		fulfilment: in.FulfillmentPercentage.or(f.fulfilment),
		gmv:        in.GMV.or(f.gmv),
	}
	a.creator.numbers = &a.numbers
}

// resolveProduct finds the product and its variant, or puts new ones on the shelf.
func (c *Center) resolveProduct(a *application, in Request, target *collaboration, n int) {
	want := in.Product
	p := c.products[want.ID]
	if p == nil && (want.ID != "" || want.Title != "") {
		p = c.addProduct(want.ID, cmp.Or(want.Title, "Product "+want.ID), 250)
	}
	if p == nil {
		p = c.catalogue[n%len(samples())]
		if target != nil && len(target.products) > 0 {
			p = target.products[n%len(target.products)]
		}
	}
	p.title = cmp.Or(want.Title, p.title)
	if in.AvailableQuantity != nil {
		p.quantity = *in.AvailableQuantity
	}
	a.product, a.variant = p, c.variantFor(p, want, n)
}

// variantFor finds the variant that was asked for, or adds it.
func (c *Center) variantFor(p *product, want RequestedProduct, n int) variant {
	asked := want.SKUID != "" || want.SKUName != ""
	i := slices.IndexFunc(p.variants, func(v variant) bool {
		return (want.SKUID == "" || v.id == want.SKUID) && (want.SKUID != "" || v.name == want.SKUName)
	})
	if !asked && len(p.variants) > 0 {
		i = n / len(samples()) % len(p.variants)
	}
	if i < 0 {
		i = len(p.variants)
		p.variants = append(p.variants, variant{
			id: cmp.Or(want.SKUID, c.ids.next()), name: cmp.Or(want.SKUName, "Default"),
			image: "/sim/pictures/" + picturePart(p.title+" "+want.SKUName) + ".png",
		})
	}
	v := p.variants[i]
	v.name = cmp.Or(want.SKUName, v.name)
	v.image = cmp.Or(want.SKUImageURL, v.image)
	return v
}

// enter lists the application in its first status. The seller's automation looks at
// it once it has arrived.
func (c *Center) enter(a *application, in Request, now time.Time) {
	a.rejectReason, a.fulfillment = in.RejectReason, in.FulfillmentStatus
	a.orderID, a.tracking = in.OrderID, in.TrackingNumber
	if in.ShipmentExpiration != 0 {
		a.shipBy = time.Unix(in.ShipmentExpiration, 0)
	}
	c.applications[a.id] = a
	c.listing = append(c.listing, a)
	status := cmp.Or(in.Status, Pending)
	if status != Pending {
		c.complement(a, status, now)
	}
	c.become(a, status, now)
	if a.status == Pending {
		c.consider(a, now)
	}
}
