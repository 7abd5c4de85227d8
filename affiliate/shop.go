package affiliate

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

// Cipher is what the vendor calls shop_cipher: it names the shop in each of
// its calls.
type Cipher string

// ShopInfo is a shop that an authorisation covers.
type ShopInfo struct {
	ID         ShopID
	Name       string
	Region     string
	SellerType string
	Code       string
	Cipher     Cipher
}

// Shops lists the shops that the authorisation covers.
func (a *Authorisation) Shops(ctx context.Context) ([]ShopInfo, error) {
	const path = "/authorization/202309/shops"
	data, err := a.read(ctx, a.client.budget(""), call{endpoint: EndpointShops, method: http.MethodGet, path: path})
	if err != nil {
		return nil, fmt.Errorf("listing the shops: %w", err)
	}
	shops, err := decodeShops(data)
	if err != nil {
		return nil, fmt.Errorf("listing the shops: %w", unreadable(path, err))
	}
	return shops, nil
}

// decodeShops reads the shops field by field. One without id or cipher is left out,
// unless no other is there.
func decodeShops(data []byte) (shops []ShopInfo, err error) {
	all, err := openData(new(parser), data)
	if err != nil {
		return nil, err
	}
	listed, err := all.anyList("shops")
	if err != nil {
		return nil, err
	}
	var skipped error
	for _, v := range listed {
		f, _ := v.object()
		shop := ShopInfo{
			ID: id[ShopID](f, "id"), Name: f.text("name"), Region: f.text("region"), SellerType: f.text("seller_type"),
			Code: f.text("code"), Cipher: Cipher(f.loose("cipher")),
		}
		if shop.ID == "" || shop.Cipher == "" {
			skipped = fmt.Errorf("shop %q lacks its id or its cipher", shop.ID)
			continue
		}
		shops = append(shops, shop)
	}
	if len(shops) == 0 && skipped != nil {
		return nil, skipped
	}
	return shops, nil
}

// Shop makes the calls of one shop. All Shops of a client that have the same
// id share one budget.
type Shop struct {
	auth   *Authorisation
	id     ShopID
	cipher Cipher
	budget *budget
}

// Shop returns what makes the calls of the shop with the given id and cipher,
// as [Authorisation.Shops] lists them.
func (a *Authorisation) Shop(id ShopID, cipher Cipher) *Shop {
	return &Shop{auth: a, id: id, cipher: cipher, budget: a.client.budget(id)}
}

// ID returns the shop's id.
func (s *Shop) ID() ShopID { return s.id }

// Ready takes the budget for one write to the endpoint and returns 0, or takes
// nothing and returns how long to wait before asking again. It never blocks.
//
// It is for callers who must know that they may call before they claim a piece
// of work: after a 0 the next write to that endpoint, made within some seconds,
// waits for no budget. It then waits at most for a place among the two calls
// in flight, before any read that waits for one. Budget that was taken and not
// used is lost, so ask only with work in hand.
func (s *Shop) Ready(endpoint Endpoint) (wait time.Duration) {
	return s.budget.bucket(endpoint).reserve(time.Now())
}
