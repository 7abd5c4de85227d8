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

// expiringWithin is how long before its end a collaboration counts as expiring. The
// vendor does not say.
const expiringWithin = 3 * 24 * time.Hour

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

// in tells whether the collaboration counts for a status of the filter. CANCELING is
// a state of the console that this stand-in does not have.
func (t *collaboration) in(status string, now time.Time) bool {
	running := !now.Before(t.start) && now.Before(t.end)
	switch expiring := running && t.end.Sub(now) <= expiringWithin; status {
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

// keyword is the filter by text. What keyword_type may be is not documented: any name
// is taken, and the text is looked for in the name, the user names and the products.
type keyword struct {
	Type    string `json:"keyword_type"`
	Keyword string `json:"keyword"`
}

func (k keyword) fits(t *collaboration) bool {
	return contains(t.name, k.Keyword) ||
		slices.ContainsFunc(t.creators, func(p *creator) bool { return contains(p.username, k.Keyword) }) ||
		slices.ContainsFunc(t.products, func(p *product) bool { return p.id == k.Keyword || contains(p.title, k.Keyword) })
}

type collaborationFilter struct {
	Status     *string         `json:"collaboration_status"`
	FreeSample *string         `json:"free_sample_setting"`
	Search     json.RawMessage `json:"search_param"`
}

// read checks the filter and returns its keyword.
func (f collaborationFilter) read() (keyword, error) {
	states := []string{"ONGOING", "EXPIRING", "VALID", "CANCELING", "COMPLETED"}
	if f.Status != nil && !slices.Contains(states, *f.Status) {
		return keyword{}, invalid("collaboration_status must be one of %s", strings.Join(states, ", "))
	}
	if f.FreeSample != nil && *f.FreeSample != "WITH_FREE_SAMPLE" && *f.FreeSample != "ALL" {
		return keyword{}, invalid("free_sample_setting must be WITH_FREE_SAMPLE or ALL")
	}
	if f.Search == nil {
		return keyword{}, nil
	}
	k, err := decode[keyword](f.Search)
	if err != nil {
		return keyword{}, err
	}
	if k.Type == "" || k.Keyword == "" {
		return keyword{}, invalid("search_param needs keyword_type and keyword")
	}
	return k, nil
}

// searchCollaborations lists a shop's target collaborations.
func (c *Center) searchCollaborations(k *call) (any, error) {
	size, err := number("page_size", k.query.Get("page_size"), 20, 100)
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
		if t.shop == k.shop && (filter.Status == nil || t.in(*filter.Status, k.now)) && search.fits(t) &&
			(filter.FreeSample == nil || *filter.FreeSample == "ALL" || t.freeSample) {
			found = append(found, t)
		}
	}
	page, next := turn(found, from, size)
	records := make([]map[string]any, 0, len(page))
	for _, t := range page {
		records = append(records, t.summary())
	}
	return map[string]any{"total_count": len(found), "next_page_token": c.sealPage(k, next), "target_collaborations": records}, nil
}

// summary is the record in a listing; creator_inivited_count is spelt as the vendor has it.
func (t *collaboration) summary() map[string]any {
	return map[string]any{
		"id": t.id, "name": t.name, "start_time": unix(t.start), "end_time": unix(t.end),
		"free_sample_rule":       map[string]any{"has_free_sample": t.freeSample, "is_sample_approval_exempt": t.exempt},
		"creator_inivited_count": len(t.creators), "product_count": len(t.products),
	}
}

// showCollaboration shows one. Its creators go by user name: no call maps that to an id.
func (c *Center) showCollaboration(k *call) (any, error) {
	t := c.collaborationOf(k.shop, k.id)
	if t == nil {
		return nil, refuse(codeUnknownObject, "this shop has no target collaboration %q", clip(k.id, 40))
	}
	creators := []map[string]any{}
	for _, p := range t.creators {
		creators = append(creators, map[string]any{"username": p.username, "nickname": p.nickname, "avatar_url": absolute(k.base(), p.avatar)})
	}
	products := []map[string]any{}
	for _, p := range t.products {
		products = append(products, map[string]any{"id": p.id, "title": p.title, "main_image_url": absolute(k.base(), p.image())})
	}
	shown := t.summary()
	shown["creators"], shown["products"] = creators, products
	return map[string]any{"target_collaboration": shown}, nil
}

// invitation is the order of POST /sim/collaborations.
type invitation struct {
	Name       string    `json:"name"`
	ShopID     string    `json:"shop_id"`
	Creators   []invited `json:"creators"`
	Products   []offered `json:"products"`
	EndIn      string    `json:"end_in"`
	FreeSample *bool     `json:"has_free_sample"`
	Exempt     bool      `json:"is_sample_approval_exempt"`
}

// invited is a creator in the field names of the API, or just her user name or open id.
type invited RequestedBy

// UnmarshalJSON takes both forms.
func (i *invited) UnmarshalJSON(text []byte) error {
	if len(text) > 0 && text[0] == '"' {
		return json.Unmarshal(text, &i.Username)
	}
	return decodeStrictly(text, (*RequestedBy)(i))
}

// offered is a product in the field names of the API, or just its id.
type offered RequestedProduct

// UnmarshalJSON takes both forms.
func (o *offered) UnmarshalJSON(text []byte) error {
	if len(text) > 0 && text[0] == '"' {
		return json.Unmarshal(text, &o.ID)
	}
	return decodeStrictly(text, (*RequestedProduct)(o))
}

// simCollaborations answers POST /sim/collaborations with the id.
func (c *Center) simCollaborations(_ *http.Request, body []byte) (any, error) {
	in, err := control[invitation](body)
	if err != nil {
		return nil, err
	}
	endIn, err := window("end_in", in.EndIn)
	if err != nil {
		return nil, err
	}
	if err := in.check(); err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	s, known := c.shopByID(in.ShopID)
	n := len(c.collaborations)
	switch {
	case !known:
		return nil, badInput("shop_id %q is not one of this stand-in's shops", clip(in.ShopID, 40))
	case n >= maxCollaborations:
		return nil, badInput("there are %d target collaborations already, the most that this stand-in keeps", n)
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
	return map[string]string{"id": t.id}, nil
}

// invitedCreator finds or enters the creator of an invitation.
func (c *Center) invitedCreator(i invited) *creator {
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
func (in invitation) check() error {
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
func (c *Center) offeredProduct(o offered) *product {
	if p, known := c.products[o.ID]; known {
		return p
	}
	if i := slices.IndexFunc(c.catalogue, func(p *product) bool { return o.ID == "" && p.title == o.Title }); i >= 0 {
		return c.catalogue[i]
	}
	title := cmp.Or(o.Title, "Product "+o.ID)
	return c.addProduct(o.ID, title, 250, variant{c.ids.next(), "Default", "/sim/pictures/" + picturePart(title) + ".png"})
}
