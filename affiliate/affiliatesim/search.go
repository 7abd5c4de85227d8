package affiliatesim

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	mathrand "math/rand/v2"
	"slices"
	"strings"
	"time"
)

// listShops answers with the shops of the authorisation.
func (c *Center) listShops(k *call) (any, error) {
	type shopRecord struct {
		ID         string `json:"id"`
		Name       string `json:"name"`
		Region     string `json:"region"`
		SellerType string `json:"seller_type"`
		Code       string `json:"code"`
		Cipher     string `json:"cipher"`
	}
	shops := []shopRecord{}
	for _, s := range k.grant.account.shops {
		shops = append(shops, shopRecord{s.ID, s.Name, s.Region, s.SellerType, s.Code, k.grant.app.cipherOf(s)})
	}
	return map[string]any{"shops": shops}, nil
}

// applicationFilter are the documented filters of the search, misspelt as they are.
// There is none by application id and none by time. An empty text is refused, as the
// vendor does not say whether it means "any" or "none": leave a filter out instead.
type applicationFilter struct {
	Status    *Status `json:"status"`
	ProductID *string `json:"product_id"`
	OrderID   *string `json:"order_id"`
	Title     *string `json:"title"`
	Username  *string `json:"username"`
	CreatorID *string `json:"creator_user_oepn_id"`
	TargetID  *string `json:"target_collabration_id"`
}

func (f applicationFilter) check() error {
	for name, value := range map[string]*string{
		"product_id": f.ProductID, "order_id": f.OrderID, "title": f.Title, "username": f.Username,
		"creator_user_oepn_id": f.CreatorID, "target_collabration_id": f.TargetID,
	} {
		if value != nil && *value == "" {
			return invalid("%s must not be empty: leave it out", name)
		}
	}
	if f.Status != nil && !slices.Contains(allStatuses(), *f.Status) {
		return invalid("status is not one of the documented: %q", clip(string(*f.Status), 40))
	}
	return nil
}

// wants tells whether an application passes the filter. Titles and user names are
// fuzzy, which here means: contained, whatever the case.
func (f applicationFilter) wants(a *application, creatorID string) bool {
	return (f.Status == nil || a.status == *f.Status) &&
		(f.ProductID == nil || a.product.id == *f.ProductID) &&
		(f.OrderID == nil || a.orderID == *f.OrderID) &&
		(f.Title == nil || contains(a.product.title, *f.Title)) &&
		(f.Username == nil || contains(a.creator.username, *f.Username)) &&
		(f.CreatorID == nil || creatorID == *f.CreatorID) &&
		(f.TargetID == nil || a.target == *f.TargetID)
}

func contains(text, part string) bool {
	return strings.Contains(strings.ToLower(text), strings.ToLower(part))
}

// searchApplications is version 202508, where a creator goes by creator_open_id.
func (c *Center) searchApplications(k *call) (any, error) { return c.search(k, false) }

// searchOldApplications are versions 202409 and 202507: the same shape with user_id
// in place of creator_open_id. The filter by creator takes the id that the version
// shows, which is the stricter reading of "the same shape".
func (c *Center) searchOldApplications(k *call) (any, error) { return c.search(k, true) }

func (c *Center) search(k *call, old bool) (any, error) {
	size, err := k.pageSize(1, 50)
	if err != nil {
		return nil, err
	}
	filter, err := decode[applicationFilter](k.body)
	if err != nil {
		return nil, err
	}
	if err := filter.check(); err != nil {
		return nil, err
	}
	from, err := c.openPage(k)
	if err != nil {
		return nil, err
	}
	found := c.matching(k, filter, old)
	records, next := pageOf(c, k, found, from, size, func(a *application) any {
		r := a.record(k.base())
		r.Creator.OpenID = k.openID(a.creator)
		if old {
			r.Creator.OpenID, r.Creator.UserID = "", a.creator.userID
		}
		return c.odd.as(a.id, r)
	})
	return map[string]any{"total_count": len(found), "next_page_token": next, "sample_applications": records}, nil
}

// matching lists what the filter wants, as the search shows it now.
func (c *Center) matching(k *call, filter applicationFilter, old bool) []*application {
	var found []*application
	for _, a := range c.listing {
		if a.shop != k.shop {
			continue
		}
		seen := a.seen(k.now)
		creatorID := k.openID(seen.creator)
		if old {
			creatorID = seen.creator.userID
		}
		if filter.wants(seen, creatorID) {
			found = append(found, seen)
		}
	}
	return found
}

// place is a position in one search: its shuffle, and the last record handed out.
// The vendor documents no order, so every search has another; the pages of one search
// share theirs, and since a page goes on behind a record and not at a number, nothing
// is skipped when records leave the result in between.
type place struct {
	shuffle uint64
	started bool
	key     uint64
	ordinal uint64
	odd     pageOddity // of the whole listing
	lap     byte       // how often an odd listing was here before
}

// behind is the place behind a record of the same listing.
func (p place) behind(r numbered) place {
	return place{shuffle: p.shuffle, started: true, key: mix(r.number() ^ p.shuffle), ordinal: r.number(), odd: p.odd}
}

// numbered is a record with its place in the order of arrival.
type numbered interface{ number() uint64 }

func (a *application) number() uint64   { return a.ordinal }
func (t *collaboration) number() uint64 { return t.ordinal }

// turn is the page of a listing that begins behind from; next is nil on the last page.
// In a listing that was ordered to be odd the pages are not what they should be.
func turn[R numbered](found []R, from place, size int) (page []R, next *place) {
	if from.odd == pagesShuffle && from.started {
		from.shuffle = mathrand.Uint64()
	}
	page, next = cut(found, from, size)
	return distort(page, from, next)
}

// cut sorts what was found by the shuffle and cuts the page out behind from.
func cut[R numbered](found []R, from place, size int) (page []R, next *place) {
	type keyed struct {
		record R
		key    uint64
	}
	order := func(a, b keyed) int {
		return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.record.number(), b.record.number()))
	}
	var rest []keyed
	for _, r := range found {
		k := keyed{r, mix(r.number() ^ from.shuffle)}
		if !from.started || k.key > from.key || (k.key == from.key && r.number() > from.ordinal) {
			rest = append(rest, k)
		}
	}
	slices.SortFunc(rest, order)
	for _, k := range rest[:min(size, len(rest))] {
		page = append(page, k.record)
	}
	if len(rest) > size {
		next = new(from.behind(rest[size-1].record))
	}
	return page, next
}

// mix spreads the bits of n (the finaliser of SplitMix64).
func mix(n uint64) uint64 {
	n += 0x9e3779b97f4a7c15
	n = (n ^ n>>30) * 0xbf58476d1ce4e5b9
	n = (n ^ n>>27) * 0x94d049bb133111eb
	return n ^ n>>31
}

const (
	placeSize = 27
	sealSize  = 12
)

// pageSize reads page_size, from least to most.
func (k *call) pageSize(least, most int) (int, error) {
	return number("page_size", k.query.Get("page_size"), least, most)
}

// pageOf returns the page of a listing that begins at a place, each of it as its record, and the token of the next page.
func pageOf[T numbered, R any](c *Center, k *call, all []T, from place, size int, record func(T) R) (records []R, token string) {
	page, next := turn(all, from, size)
	records = make([]R, 0, len(page))
	for _, each := range page {
		records = append(records, record(each))
	}
	return records, c.sealPage(k, next)
}

// sealPage writes a place as an opaque token, bound to the whole query: path, shop,
// page size and filters. The vendor does not say what a token of another query does.
// Behind the last page there is none: the token is empty.
func (c *Center) sealPage(k *call, p *place) string {
	if p == nil {
		return ""
	}
	b := binary.BigEndian.AppendUint64(nil, p.shuffle)
	b = binary.BigEndian.AppendUint64(b, p.key)
	b = binary.BigEndian.AppendUint64(b, p.ordinal)
	started := byte(0)
	if p.started {
		started = 1
	}
	b = append(b, started, byte(p.odd), p.lap)
	return base64.RawURLEncoding.EncodeToString(append(b, c.seal(k, b)...))
}

// openPage reads page_token; without one it is a new search with a new shuffle.
func (c *Center) openPage(k *call) (place, error) {
	text := k.query.Get("page_token")
	if text == "" {
		return place{shuffle: mathrand.Uint64(), odd: c.takeOddity(k.request.URL.Path)}, nil
	}
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(b) != placeSize+sealSize || !hmac.Equal(b[placeSize:], c.seal(k, b[:placeSize])) {
		return place{}, invalid("page_token is not one of this query's")
	}
	return place{
		shuffle: binary.BigEndian.Uint64(b),
		started: b[24] == 1,
		key:     binary.BigEndian.Uint64(b[8:]),
		ordinal: binary.BigEndian.Uint64(b[16:]),
		odd:     pageOddity(b[25]),
		lap:     b[26],
	}, nil
}

// seal is the proof that a token belongs to a query.
func (c *Center) seal(k *call, token []byte) []byte {
	h := hmac.New(sha256.New, c.sealing[:])
	parts := []string{k.request.URL.Path, k.shop.ID, string(k.body)}
	for _, name := range k.endpoint.query {
		if name != "page_token" {
			parts = append(parts, k.query.Get(name))
		}
	}
	for _, part := range parts {
		h.Write([]byte(part))
		h.Write([]byte{0})
	}
	h.Write(token)
	return h.Sum(nil)[:sealSize]
}

// settle remembers what the search shows until it has caught up with a write.
func (c *Center) settle(a *application, now time.Time) {
	if c.lag == 0 {
		return
	}
	before := *a.seen(now)
	before.before = nil
	before.contents = slices.Clone(before.contents)
	a.before, a.settled = &before, now.Add(c.lag)
}
