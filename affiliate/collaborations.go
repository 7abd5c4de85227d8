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

// collaborationsPageSize is the largest of the three page sizes that the vendor
// takes for target collaborations: 20, 50 and 100.
const collaborationsPageSize = 100

const collaborationsPath = "/affiliate_seller/202508/target_collaborations/search"

// CollaborationStatus is where a target collaboration stands, as the filter of the
// search names it; a record does not say.
type CollaborationStatus string

// The statuses that the vendor documents. That VALID holds all that run, those that
// are about to end among them, is read from their names.
const (
	CollaborationOngoing   CollaborationStatus = "ONGOING"
	CollaborationExpiring  CollaborationStatus = "EXPIRING" // less than seven days are left
	CollaborationValid     CollaborationStatus = "VALID"
	CollaborationCanceling CollaborationStatus = "CANCELING"
	CollaborationCompleted CollaborationStatus = "COMPLETED"
)

// SampleSetting narrows a search by whether a collaboration offers free samples.
type SampleSetting string

// The settings that the vendor documents.
const (
	WithFreeSample   SampleSetting = "WITH_FREE_SAMPLE"
	AnySampleSetting SampleSetting = "ALL"
)

// CollaborationFilter narrows a search of target collaborations; blank fields do not,
// but for the status, which the vendor requires. Its search by words and its filter
// by whether creators accepted are left out.
type CollaborationFilter struct {
	Status  CollaborationStatus `json:"collaboration_status"`
	Samples SampleSetting       `json:"free_sample_setting,omitempty"`
	// Creator narrows to the collaborations that invited one creator. That does not
	// prove that a request of theirs came from one of these.
	Creator CreatorID `json:"creator_user_open_id,omitempty"`
}

// TargetCollaboration is a collaboration that the seller invited creators to.
type TargetCollaboration struct {
	ID   CollaborationID
	Name string
	// Start and End are UTC; zero if the answer had none.
	Start, End time.Time
	// FreeSample is true if it offers samples, and ApprovalExempt if a sample
	// of it needs no review.
	FreeSample, ApprovalExempt bool
	// Creators and Products count those invited and those offered.
	Creators, Products int
}

// read reads a record of the search. Fields that it does not know are passed over,
// those that cannot be read are as if they were not there; a record without an id is
// refused.
func (t *TargetCollaboration) read(v value) error {
	f, err := v.object()
	if err != nil {
		return fmt.Errorf("reading a target collaboration: %w", err)
	}
	rule := f.object("free_sample_rule")
	creators, _ := f.count("creator_inivited_count").Int() // the vendor's spelling
	products, _ := f.count("product_count").Int()
	*t = TargetCollaboration{
		ID: id[CollaborationID](f, "id"), Name: f.text("name"), Start: f.stamp("start_time"), End: f.stamp("end_time"),
		FreeSample: rule.truth("has_free_sample"), ApprovalExempt: rule.truth("is_sample_approval_exempt"),
		Creators: int(creators), Products: int(products),
	}
	if t.ID == "" {
		return errors.New("reading a target collaboration: it has no id")
	}
	return nil
}

// TargetCollaborations returns all of the shop's target collaborations that match, a
// hundred a page, as they are asked for. Those that cannot be read are passed over,
// and logged. After an error nothing more comes, and pages without an end are one:
// that there is no other collaboration is a fact that conclusions are drawn from. The
// vendor documents no order, so one may come twice.
func (s *Shop) TargetCollaborations(ctx context.Context, filter CollaborationFilter) iter.Seq2[TargetCollaboration, error] {
	return listing("searching target collaborations", collaborationsPath, func(token string) ([]TargetCollaboration, string, error) {
		return s.collaborationsPage(ctx, filter, token)
	})
}

// collaborationsPage returns the page that the token names, the first one if it
// is empty, and the token of the next.
func (s *Shop) collaborationsPage(ctx context.Context, filter CollaborationFilter, token string) (found []TargetCollaboration, next string, err error) {
	if filter.Status == "" {
		return nil, "", fmt.Errorf("searching target collaborations: %w: a status is needed", ErrInvalid)
	}
	body, err := json.Marshal(filter)
	if err != nil {
		return nil, "", fmt.Errorf("searching target collaborations: %w", err)
	}
	query := url.Values{"shop_cipher": {string(s.cipher)}, "page_size": {strconv.Itoa(collaborationsPageSize)}}
	if token != "" {
		query.Set("page_token", token)
	}
	data, err := s.auth.read(ctx, s.budget, call{
		endpoint: EndpointCollaborations, method: http.MethodPost, path: collaborationsPath, query: query, body: body,
	})
	if err != nil {
		return nil, "", fmt.Errorf("searching target collaborations: %w", err)
	}
	found, next, skipped, err := decodeCollaborations(data)
	if err != nil {
		return nil, "", fmt.Errorf("searching target collaborations: %w", unreadable(collaborationsPath, err))
	}
	s.logSkipped(collaborationsPath, skipped)
	return found, next, nil
}

// decodeCollaborations refuses data that holds no list and does not say that
// there is nothing to list: that there is no target collaboration is a fact
// that conclusions are drawn from.
func decodeCollaborations(data json.RawMessage) (found []TargetCollaboration, next string, skipped []error, err error) {
	f, err := openData(new(parser), data)
	if err != nil {
		return nil, "", nil, err
	}
	records := f.list("target_collaborations")
	if records == nil && f.count("total_count") != NumberOf(0) {
		return nil, "", nil, errors.New("the answer lists no target collaborations")
	}
	found, skipped = readEach[TargetCollaboration](records)
	return found, f.loose("next_page_token"), skipped, nil
}
