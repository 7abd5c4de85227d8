package affiliate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// ContentFormat is the form of what a creator posted.
type ContentFormat string

// The formats that the vendor knows. A search is for one of them.
const (
	ContentVideo ContentFormat = "VIDEO"
	ContentLive  ContentFormat = "LIVE"
)

// Content is something that a creator posted for a sample.
type Content struct {
	ID          ContentID
	Format      ContentFormat
	Description string
	// PageLink is where people see it. It is the vendor's text, not checked.
	PageLink string
	// Created is when it was posted, UTC; zero if the answer had none.
	Created time.Time
	// Ended is when a live ended, UTC; zero for a video and where the answer had none.
	Ended time.Time
	// A blank number is one that the answer does not tell.
	Views, Likes, Comments, PaidOrders Number
	// Product is the product that it shows.
	Product ProductID
}

// UnmarshalJSON reads a fulfilment as the vendor lists it. Fields that it does not
// know are passed over; one without the content's id is refused.
func (c *Content) UnmarshalJSON(data []byte) error {
	var wire struct {
		Content struct {
			ID          ContentID     `json:"id"`
			Format      ContentFormat `json:"format"`
			Description string        `json:"description"`
			PageLink    string        `json:"page_link"`
			Created     stamp         `json:"create_time"`
			Ended       stamp         `json:"live_end_time"`
			Views       Number        `json:"view_count"`
			Likes       Number        `json:"like_count"`
			Comments    Number        `json:"comment_count"`
			PaidOrders  Number        `json:"paid_order_count"`
		} `json:"content"`
		Product struct {
			ID ProductID `json:"id"`
		} `json:"product"`
	}
	if err := json.Unmarshal(data, &wire); err != nil {
		return fmt.Errorf("reading a fulfilment: %w", err)
	}
	found := wire.Content
	if found.ID == "" {
		return errors.New("reading a fulfilment: its content has no id")
	}
	*c = Content{
		ID: found.ID, Format: found.Format, Description: found.Description, PageLink: found.PageLink,
		Created: found.Created.Time, Ended: found.Ended.Time,
		Views: found.Views, Likes: found.Likes, Comments: found.Comments, PaidOrders: found.PaidOrders,
		Product: wire.Product.ID,
	}
	return nil
}

// Content returns what the creator posted in one format for an application; the
// vendor documents neither an order nor pages. What cannot be read is passed over,
// which the log tells of.
func (s *Shop) Content(ctx context.Context, application ApplicationID, format ContentFormat) ([]Content, error) {
	if !isPathID(application) {
		return nil, fmt.Errorf("searching content: %w: %q is no application id", ErrInvalid, scrub(string(application)))
	}
	if format != ContentVideo && format != ContentLive {
		return nil, fmt.Errorf("searching content: %w: no such format: %q", ErrInvalid, scrub(string(format)))
	}
	body, err := json.Marshal(map[string]ContentFormat{"content_format": format})
	if err != nil {
		return nil, fmt.Errorf("searching content: %w", err)
	}
	path := "/affiliate_seller/202409/sample_applications/" + string(application) + "/fulfillments/search"
	data, err := s.auth.read(ctx, s.budget, call{
		endpoint: EndpointContent, method: http.MethodPost, path: path,
		query: url.Values{"shop_cipher": {string(s.cipher)}}, body: body,
	})
	if err != nil {
		return nil, fmt.Errorf("searching content of application %s: %w", application, err)
	}
	var wire struct {
		Found []json.RawMessage `json:"fulfillments"`
	}
	var found []Content
	var odd []error
	if err = decodeData(data, &wire); err == nil {
		found, odd, err = readRecords[Content](wire.Found)
	}
	if err != nil {
		return nil, fmt.Errorf("searching content of application %s: %w", application, unreadable(path, err))
	}
	s.passOver(path, odd)
	return found, nil
}
