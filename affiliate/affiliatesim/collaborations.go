package affiliatesim

import (
	"cmp"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// expiringWithin is how long before its end a collaboration counts as expiring: it has
// less than this left.
const expiringWithin = 7 * 24 * time.Hour

// sellerEmail is where creators of an invitation reach the seller.
const sellerEmail = "samples@shop.example"

// collaboration is a target collaboration: creators who were invited for products.
type collaboration struct {
	id, name   string
	ordinal    uint64
	shop       *shop
	start, end time.Time
	freeSample bool
	exempt     bool
	creators   []*creator
	products   []*product
}

// collaborationOf finds one of a shop's; nil when there is none.
func (c *Center) collaborationOf(s *shop, id string) *collaboration {
	for _, t := range c.collaborations {
		if t.id == id && t.shop == s {
			return t
		}
	}
	return nil
}

// in tells whether the collaboration counts for a status of the filter: VALID is what
// runs, expiring or not. CANCELING is a state of the console that this stand-in does not
// have.
func (t *collaboration) in(status string, now time.Time) bool {
	running := !now.Before(t.start) && now.Before(t.end)
	switch expiring := running && t.end.Sub(now) < expiringWithin; status {
	case "VALID":
		return running
	case "ONGOING":
		return running && !expiring
	case "EXPIRING":
		return expiring
	case "COMPLETED":
		return !now.Before(t.end)
	default:
		return false
	}
}

// keyword is the filter by text. The vendor's list of its types and the description of the
// call differ in one, PRODUCT_ID: the stricter of the two is without it.
type keyword struct {
	Type    string `json:"keyword_type"`
	Keyword string `json:"keyword"`
}

func keywordTypes() []string {
	return []string{"PRODUCT_NAME", "TARGET_COLLABORATION_ID", "TARGET_COLLABORATION_NAME"}
}

// fits tells whether a collaboration has the text where the type says. Names are fuzzy, as
// they are in the search of applications; the zero value fits all.
func (k keyword) fits(t *collaboration) bool {
	switch k.Type {
	case "TARGET_COLLABORATION_ID":
		return t.id == k.Keyword
	case "TARGET_COLLABORATION_NAME":
		return contains(t.name, k.Keyword)
	case "PRODUCT_NAME":
		return slices.ContainsFunc(t.products, func(p *product) bool { return contains(p.title, k.Keyword) })
	default:
		return true
	}
}

// collaborationFilter are the documented filters. What creator_accept_status may be is not
// documented; creators of this stand-in neither accept nor decline, so it narrows nothing.
type collaborationFilter struct {
	Status     string          `json:"collaboration_status"`
	FreeSample *string         `json:"free_sample_setting"`
	Accepted   *string         `json:"creator_accept_status"`
	Creator    *string         `json:"creator_user_open_id"`
	Search     json.RawMessage `json:"search_param"`
}

// read checks the filter and returns its keyword.
func (f collaborationFilter) read() (keyword, error) {
	states := []string{"ONGOING", "EXPIRING", "VALID", "CANCELING", "COMPLETED"}
	if !slices.Contains(states, f.Status) {
		return keyword{}, invalid("collaboration_status is required, one of %s", strings.Join(states, ", "))
	}
	if f.FreeSample != nil && *f.FreeSample != "WITH_FREE_SAMPLE" && *f.FreeSample != "ALL" {
		return keyword{}, invalid("free_sample_setting must be WITH_FREE_SAMPLE or ALL")
	}
	for name, value := range map[string]*string{"creator_accept_status": f.Accepted, "creator_user_open_id": f.Creator} {
		if value != nil && *value == "" {
			return keyword{}, invalid("%s must not be empty: leave it out", name)
		}
	}
	if f.Search == nil {
		return keyword{}, nil
	}
	k, err := decode[keyword](f.Search)
	if err != nil {
		return keyword{}, err
	}
	if !slices.Contains(keywordTypes(), k.Type) || k.Keyword == "" {
		return keyword{}, invalid("search_param needs a keyword and a keyword_type, one of %s", strings.Join(keywordTypes(), ", "))
	}
	return k, nil
}

// wants tells whether a collaboration passes the filter, but for its keyword.
func (f collaborationFilter) wants(t *collaboration, k *call) bool {
	return t.in(f.Status, k.now) && (f.FreeSample == nil || *f.FreeSample == "ALL" || t.freeSample) &&
		(f.Creator == nil || slices.ContainsFunc(t.creators, func(p *creator) bool { return k.openID(p) == *f.Creator }))
}

// searchCollaborations lists a shop's target collaborations.
func (c *Center) searchCollaborations(k *call) (any, error) {
	size, err := k.pageSize(20, 100)
	if err != nil || !slices.Contains([]int{20, 50, 100}, size) {
		return nil, invalid("page_size must be 20, 50 or 100")
	}
	filter, err := decode[collaborationFilter](k.body)
	if err != nil {
		return nil, err
	}
	search, err := filter.read()
	if err != nil {
		return nil, err
	}
	from, err := c.openPage(k)
	if err != nil {
		return nil, err
	}
	var found []*collaboration
	for _, t := range c.collaborations {
		if t.shop == k.shop && filter.wants(t, k) && search.fits(t) {
			found = append(found, t)
		}
	}
	records, next := pageOf(c, k, found, from, size, func(t *collaboration) map[string]any {
		shown := t.summary()
		shown["creator_inivited_count"] = len(t.creators) // spelt as the vendor's list has it
		return shown
	})
	return map[string]any{"total_count": len(found), "next_page_token": next, "target_collaborations": records}, nil
}

// summary is what a listing and the detail have in common. Neither tells the status.
func (t *collaboration) summary() map[string]any {
	return map[string]any{
		"id": t.id, "name": t.name, "message": "Would you like to try our products?", "type": "STANDARD",
		"start_time": unix(t.start), "end_time": unix(t.end), "update_time": unix(t.start),
		"free_sample_rule": map[string]any{"has_free_sample": t.freeSample, "is_sample_approval_exempt": t.exempt},
		"product_count":    len(t.products), "showcase_creator_count": 0, "content_creator_count": 0,
	}
}

// showCollaboration shows one, version 202508: its creators with their open ids.
func (c *Center) showCollaboration(k *call) (any, error) { return c.detail(k, true) }

// showOldCollaboration are versions 202409 and 202412: the same without open ids and
// without what the shop's ads pay.
func (c *Center) showOldCollaboration(k *call) (any, error) { return c.detail(k, false) }

func (c *Center) detail(k *call, openIDs bool) (any, error) {
	t := c.collaborationOf(k.shop, k.id)
	if t == nil {
		return nil, refuse(codeUnknownObject, "this shop has no target collaboration %q", clip(k.id, 40))
	}
	creators := []map[string]any{}
	for _, p := range t.creators {
		creators = append(creators, p.invitedRecord(k, openIDs))
	}
	products := []map[string]any{}
	for _, p := range t.products {
		products = append(products, p.offeredRecord(k, t, openIDs))
	}
	shown := t.summary()
	shown["creator_invited_count"] = len(t.creators) // spelt rightly here
	shown["seller_contact_info"] = map[string]any{"email": sellerEmail}
	shown["creators"], shown["products"] = creators, products
	return map[string]any{"target_collaboration": shown}, nil
}

func (p *creator) invitedRecord(k *call, openID bool) map[string]any {
	shown := map[string]any{
		"username": p.username, "nickname": p.nickname, "avatar": map[string]any{"url": absolute(k.base(), p.avatar)},
		"selection_region": cmp.Or(p.region, k.shop.Region), "showcase_product_count": 0, "content_product_count": 0,
		"collaboration_status": "NORMAL", "product_effective_status": "EFFECTIVE_ALL",
	}
	if openID {
		shown["creator_open_id"] = k.openID(p)
	}
	return shown
}

// The price and the commission of every product of a collaboration; a rate is in
// hundredths of a percent.
const (
	listPrice     = "24.00"
	commission    = "3.60"
	commissionPer = 1500
)

func (p *product) offeredRecord(k *call, t *collaboration, ads bool) map[string]any {
	status := "LIVE"
	if p.quantity <= 0 {
		status = "OUT_OF_STOCK"
	}
	pay := map[string]any{
		"rate": commissionPer, "effective_time": strconv.FormatInt(unix(t.start), 10), "currency": "USD",
		"minimum_amount": commission, "maximum_amount": commission,
	}
	if ads {
		pay["shop_ads_commission_rate"] = 0
	}
	return map[string]any{
		"id": p.id, "title": p.title, "main_image_url": absolute(k.base(), p.image()), "status": status, "commission": pay,
		"original_price":              map[string]any{"currency": "USD", "minimum_amount": listPrice, "maximum_amount": listPrice},
		"commission_effective_status": "EFFECTIVE_ALL", "collaboration_status": "NORMAL",
	}
}

// Collaboration is a new target collaboration: creators who are invited for products.
// What is left out gets a default.
type Collaboration struct {
	Name       string           `json:"name"`
	ShopID     string           `json:"shop_id"`
	Creators   []InvitedCreator `json:"creators"`
	Products   []OfferedProduct `json:"products"`
	EndIn      string           `json:"end_in"`
	FreeSample *bool            `json:"has_free_sample"`
	Exempt     bool             `json:"is_sample_approval_exempt"`
}

// InvitedCreator is a creator in the field names of the API, or just their user name or open id.
type InvitedCreator RequestedBy

// UnmarshalJSON takes both forms.
func (i *InvitedCreator) UnmarshalJSON(text []byte) error {
	if len(text) > 0 && text[0] == '"' {
		return json.Unmarshal(text, &i.Username)
	}
	return decodeStrictly(text, (*RequestedBy)(i))
}

// OfferedProduct is a product in the field names of the API, or just its id.
type OfferedProduct RequestedProduct

// UnmarshalJSON takes both forms.
func (o *OfferedProduct) UnmarshalJSON(text []byte) error {
	if len(text) > 0 && text[0] == '"' {
		return json.Unmarshal(text, &o.ID)
	}
	return decodeStrictly(text, (*RequestedProduct)(o))
}

// simCollaborations answers POST /sim/collaborations with the id.
func (c *Center) simCollaborations(_ *http.Request, body []byte) (any, error) {
	in, err := control[Collaboration](body)
	if err != nil {
		return nil, err
	}
	id, err := c.AddCollaboration(in)
	if err != nil {
		return nil, err
	}
	return map[string]string{"id": id}, nil
}

// AddCollaboration starts a target collaboration and returns its id. The error says
// what is wrong with the input.
func (c *Center) AddCollaboration(in Collaboration) (string, error) {
	endIn, err := window("end_in", in.EndIn)
	if err != nil {
		return "", err
	}
	if err := in.check(); err != nil {
		return "", err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	s, known := c.shopByID(in.ShopID)
	n := len(c.collaborations)
	switch {
	case !known:
		return "", badInput("shop_id %q is not one of this stand-in's shops", clip(in.ShopID, 40))
	case n >= maxCollaborations:
		return "", badInput("there are %d target collaborations already, the most that this stand-in keeps", n)
	}
	now := time.Now()
	t := &collaboration{
		id: c.ids.next(), ordinal: uint64(n + 1), shop: s, name: cmp.Or(in.Name, "Collaboration "+strconv.Itoa(n+1)),
		start: now, end: now.Add(cmp.Or(endIn, 30*24*time.Hour)),
		freeSample: in.FreeSample == nil || *in.FreeSample, exempt: in.Exempt,
	}
	for _, i := range in.Creators {
		t.creators = append(t.creators, c.invitedCreator(i))
	}
	for _, o := range in.Products {
		t.products = append(t.products, c.offeredProduct(o))
	}
	c.collaborations = append(c.collaborations, t)
	c.changed()
	return t.id, nil
}

// invitedCreator finds or enters the creator of an invitation.
func (c *Center) invitedCreator(i InvitedCreator) *creator {
	p := c.creators.byOpenID[i.Username]
	if p == nil || i.OpenID != "" {
		p = c.creatorFor(i.OpenID, i.Username)
	}
	p.nickname = cmp.Or(i.Nickname, p.nickname)
	p.avatar = cmp.Or(i.AvatarURL, p.avatar)
	p.region = cmp.Or(i.Region, p.region)
	return p
}

// maxCollaborations bounds what one stand-in keeps.
const maxCollaborations = 10_000

// check refuses what cannot be meant.
func (in Collaboration) check() error {
	if len(in.Name) > 2000 || len(in.Creators) > 10_000 || len(in.Products) > 1000 {
		return badInput("a name has at most 2000 bytes, a collaboration 10000 creators and 1000 products")
	}
	for _, i := range in.Creators {
		if i.OpenID == "" && i.Username == "" {
			return badInput(`each creator is a user name or {"username":…,"creator_open_id":…}`)
		}
		if len(i.Username) > 2000 || len(i.Nickname) > 2000 || len(i.AvatarURL) > 2000 || (i.OpenID != "" && !openIDText.MatchString(i.OpenID)) {
			return badInput("a creator's name has at most 2000 bytes, and creator_open_id up to 64 letters and digits")
		}
	}
	for _, o := range in.Products {
		if (o.ID == "" && o.Title == "") || (o.ID != "" && !digits.MatchString(o.ID)) || len(o.Title) > 2000 {
			return badInput(`each product is an id of digits or {"id":…,"title":…}`)
		}
	}
	return nil
}

// offeredProduct finds a product by id or title, or puts it on the shelf.
func (c *Center) offeredProduct(o OfferedProduct) *product {
	if p, known := c.products[o.ID]; known {
		return p
	}
	if i := slices.IndexFunc(c.catalogue, func(p *product) bool { return o.ID == "" && p.title == o.Title }); i >= 0 {
		return c.catalogue[i]
	}
	title := cmp.Or(o.Title, "Product "+o.ID)
	return c.addProduct(o.ID, title, 250, variant{c.ids.next(), "Default", "/sim/pictures/" + picturePart(title) + ".png"})
}
