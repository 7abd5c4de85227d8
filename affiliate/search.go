package affiliate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// MaxPageSize is the most applications that one page can hold.
const MaxPageSize = 50

const searchPath = "/affiliate_seller/202508/sample_applications/search"

// Filter narrows a search; blank fields do not. The vendor offers no filter by
// application id and none by time, and documents no order. Some of the
// vendor's own field names are misspelt; they are sent as documented.
type Filter struct {
	Status    Status    `json:"status,omitempty"`
	ProductID ProductID `json:"product_id,omitempty"`
	OrderID   OrderID   `json:"order_id,omitempty"`
	// Title and Username match fuzzily: check what comes back.
	Title                 string          `json:"title,omitempty"`
	Username              string          `json:"username,omitempty"`
	CreatorID             CreatorID       `json:"creator_user_oepn_id,omitempty"`
	TargetCollaborationID CollaborationID `json:"target_collabration_id,omitempty"`
}

// Page is one page of a search.
type Page struct {
	Applications []Application
	// NextPageToken is empty on the last page.
	NextPageToken string
	// Total counts the applications that match, on all pages.
	Total int
	// Unreadable holds the errors of the records of the page that could not be read.
	// The others are returned.
	Unreadable []*UnreadableError
	// Asked is when the request for the page was made: what it tells is not older.
	Asked time.Time
}

// ids lists what tells the records of the page apart, those that could not be read
// included as far as they have an id.
func (p Page) ids() iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, a := range p.Applications {
			if !yield(string(a.ID)) {
				return
			}
		}
		for _, u := range p.Unreadable {
			if u.ID != "" && !yield(u.ID) {
				return
			}
		}
	}
}

// SearchPage returns the page that the token names, the first one if it is
// empty, with up to size applications (1 to [MaxPageSize]).
func (s *Shop) SearchPage(ctx context.Context, filter Filter, pageToken string, size int) (Page, error) {
	if size < 1 || size > MaxPageSize {
		return Page{}, fmt.Errorf("searching sample applications: %w: a page size of %d, not 1 to %d", ErrInvalid, size, MaxPageSize)
	}
	body, err := json.Marshal(filter)
	if err != nil {
		return Page{}, fmt.Errorf("searching sample applications: %w", err)
	}
	query := url.Values{"shop_cipher": {string(s.cipher)}, "page_size": {strconv.Itoa(size)}}
	if pageToken != "" {
		query.Set("page_token", pageToken)
	}
	asked := time.Now()
	data, err := s.auth.read(ctx, s.budget, call{
		endpoint: EndpointSearch, method: http.MethodPost, path: searchPath, query: query, body: body,
	})
	if err != nil {
		return Page{}, fmt.Errorf("searching sample applications: %w", err)
	}
	page, err := decodePage(data)
	if err != nil {
		return Page{}, fmt.Errorf("searching sample applications: %w", unreadable(searchPath, err))
	}
	page.Asked = asked
	return page, nil
}

// SearchPages returns all pages of a search, as they are asked for. After an error
// nothing more comes. As the listing has no documented order and changes while it is
// read, an application may come twice, and one may be missed.
func (s *Shop) SearchPages(ctx context.Context, filter Filter) iter.Seq2[Page, error] {
	return pages(func(token string) (Page, iter.Seq[string], string, error) {
		page, err := s.SearchPage(ctx, filter, token, MaxPageSize)
		return page, page.ids(), page.NextPageToken, err
	})
}

func decodePage(data []byte) (Page, error) {
	p := parsers.Get().(*parser)
	defer parsers.Put(p)
	f, err := openData(p, data)
	if err != nil {
		return Page{}, err
	}
	listed, err := f.anyList("sample_applications")
	if err != nil {
		return Page{}, err
	}
	total, _ := f.count("total_count").Int()
	page := Page{NextPageToken: f.loose("next_page_token"), Total: int(total)}
	var skipped []error
	page.Applications, skipped = readEach[Application](listed)
	for _, err := range skipped {
		unreadable, ok := errors.AsType[*UnreadableError](err)
		if !ok {
			unreadable = unreadableRecord(nil, err)
		}
		page.Unreadable = append(page.Unreadable, unreadable)
	}
	return page, nil
}

// Search returns the applications of [Shop.SearchPages]. One that cannot be read is
// left out.
func (s *Shop) Search(ctx context.Context, filter Filter) iter.Seq2[Application, error] {
	return records(s.SearchPages(ctx, filter), func(p Page) []Application { return p.Applications })
}
