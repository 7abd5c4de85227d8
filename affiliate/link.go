package affiliate

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
)

const linkPath = "/affiliate_seller/202512/sample_applications/deeplink"

// MaxLinkDays is how many days a request link can be valid at most.
const MaxLinkDays = 14

// longestLink is the longest link that is taken, in bytes: one that no QR code could
// hold is of no use.
const longestLink = 2000

// What a request link for campaigns can be for.
const (
	MyCampaigns     CampaignID = "MY_CAMPAIGNS"
	SellerCampaigns CampaignID = "SELLER_CAMPAIGNS"
)

// LinkRequest says what a request link is for.
type LinkRequest struct {
	Product ProductID // needed
	SKU     SKUID     // needed
	// Campaign and Collaboration exclude each other; both may be blank. The vendor's
	// list names two values for a campaign: [MyCampaigns] and [SellerCampaigns].
	Campaign      CampaignID
	Collaboration CollaborationID
	// ValidDays is how long the link works, 1 to [MaxLinkDays].
	ValidDays int
}

// query checks the request and writes it as the vendor takes it.
func (r LinkRequest) query() (url.Values, error) {
	switch {
	case r.Product == "" || r.SKU == "":
		return nil, fmt.Errorf("%w: a product and a variant of it are needed", ErrInvalid)
	case r.Campaign != "" && r.Collaboration != "":
		return nil, fmt.Errorf("%w: a link is for a campaign or for a collaboration, not for both", ErrInvalid)
	case r.Campaign != "" && r.Campaign != MyCampaigns && r.Campaign != SellerCampaigns:
		return nil, fmt.Errorf("%w: a campaign is %s or %s", ErrInvalid, MyCampaigns, SellerCampaigns)
	case r.ValidDays < 1 || r.ValidDays > MaxLinkDays:
		return nil, fmt.Errorf("%w: a link is valid for 1 to %d days, not %d", ErrInvalid, MaxLinkDays, r.ValidDays)
	}
	query := url.Values{"product_id": {string(r.Product)}, "sku_id": {string(r.SKU)}, "valid_days": {strconv.Itoa(r.ValidDays)}}
	if r.Campaign != "" {
		query.Set("campaign_id", string(r.Campaign))
	}
	if r.Collaboration != "" {
		query.Set("collaboration_id", string(r.Collaboration))
	}
	return query, nil
}

// RequestLink returns a link that opens, in the app on a creator's phone, the page on
// which they ask for a sample of one variant. Its scheme is the app's own, so it is
// to be sent as a message or shown as a QR code; a browser does not know it.
func (s *Shop) RequestLink(ctx context.Context, request LinkRequest) (string, error) {
	query, err := request.query()
	if err != nil {
		return "", fmt.Errorf("asking for a request link: %w", err)
	}
	query.Set("shop_cipher", string(s.cipher))
	data, err := s.auth.read(ctx, s.budget, call{
		endpoint: EndpointLink, method: http.MethodGet, path: linkPath, query: query,
	})
	if err != nil {
		return "", fmt.Errorf("asking for a request link: %w", err)
	}
	var wire struct {
		Link string `json:"deeplink"`
	}
	if err = decodeData(data, &wire); err == nil {
		err = checkLink(wire.Link)
	}
	if err != nil {
		return "", fmt.Errorf("asking for a request link: %w", unreadable(linkPath, err))
	}
	return wire.Link, nil
}

// checkLink wants an absolute link. Which of the app's schemes it has is the
// vendor's to say.
func checkLink(link string) error {
	if len(link) > longestLink {
		return fmt.Errorf("the link is longer than %d bytes", longestLink)
	}
	parsed, err := url.Parse(link)
	if err != nil || parsed.Scheme == "" || parsed.Host == "" {
		return errors.New("the link is not an absolute one")
	}
	return nil
}
