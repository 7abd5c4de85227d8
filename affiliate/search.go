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
}

// IDs lists what tells the records of the page apart, those that could not be read
// included as far as they have an id.
func (p Page) IDs() iter.Seq[string] {
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
	return page, nil
}

func decodePage(data json.RawMessage) (Page, error) {
	if len(data) == 0 || string(data) == "null" {
		return Page{}, errNoData
	}
	f, err := readFields(data)
	if err != nil {
		return Page{}, err
	}
	var records []json.RawMessage
	if list := f["sample_applications"]; len(list) > 0 {
		if err := json.Unmarshal(list, &records); err != nil {
			return Page{}, fmt.Errorf("its list of applications is none: %w", err)
		}
	}
	total, _ := f.count("total_count").Int()
	page := Page{NextPageToken: string(field[looseText](f, "next_page_token")), Total: int(total)}
	var skipped []error
	page.Applications, skipped = readEach[Application](records)
	for _, err := range skipped {
		unreadable, ok := errors.AsType[*UnreadableError](err)
		if !ok {
			unreadable = unreadableRecord(nil, err)
		}
		page.Unreadable = append(page.Unreadable, unreadable)
	}
	return page, nil
}

// Search returns all applications that match, page by page as they are asked
// for. After an error nothing more comes. As the listing has no documented order
// and changes while it is read, an application may come twice, and one may be
// missed; one that cannot be read is left out, which [Shop.SearchPage] tells of.
func (s *Shop) Search(ctx context.Context, filter Filter) iter.Seq2[Application, error] {
	named := func(a Application) string { return string(a.ID) }
	return walked(named, func(token string) ([]Application, string, error) {
		page, err := s.SearchPage(ctx, filter, token, MaxPageSize)
		return page.Applications, page.NextPageToken, err
	})
}
