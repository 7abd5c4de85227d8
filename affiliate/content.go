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
	// Ended is when a live ended, UTC; zero for a video and where the answer had
	// none.
	Ended time.Time
	// A blank number is one that the answer does not contain.
	Views, Likes, Comments, PaidOrders Number
	// Product is the product that it shows.
	Product ProductID
}

// read reads a fulfilment as the vendor lists it. Fields that it does not know are
// passed over; one without the content's id is refused.
func (c *Content) read(v value) error {
	f, err := v.object()
	if err != nil {
		return fmt.Errorf("reading a fulfilment: %w", err)
	}
	found := f.object("content")
	name := id[ContentID](found, "id")
	if name == "" {
		return errors.New("reading a fulfilment: its content has no id")
	}
	*c = Content{
		ID: name, Format: ContentFormat(found.text("format")), Description: found.text("description"), PageLink: found.link("page_link"),
		Created: found.stamp("create_time"), Ended: found.stamp("live_end_time"),
		Views: found.count("view_count"), Likes: found.count("like_count"), Comments: found.count("comment_count"),
		PaidOrders: found.count("paid_order_count"),
		Product:    id[ProductID](f.object("product"), "id"),
	}
	return nil
}

// Content returns what the creator posted in one format for an application; the
// vendor documents neither an order nor pages. What cannot be read is passed over,
// and logged.
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
	found, skipped, err := decodeContent(data)
	if err != nil {
		return nil, fmt.Errorf("searching content of application %s: %w", application, unreadable(path, err))
	}
	s.logSkipped(path, skipped)
	return found, nil
}

func decodeContent(data []byte) (found []Content, skipped []error, err error) {
	f, err := openData(new(parser), data)
	if err != nil {
		return nil, nil, err
	}
	listed, err := f.anyList("fulfillments")
	if err != nil {
		return nil, nil, err
	}
	return readRecords[Content](listed)
}
