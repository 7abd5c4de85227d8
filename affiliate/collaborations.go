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

// CollaborationStatus is where a target collaboration stands, as the filter of
// the search names it; a record does not tell.
type CollaborationStatus string

// The statuses that the vendor documents. Which of them overlap it does not say.
const (
	CollaborationOngoing   CollaborationStatus = "ONGOING"
	CollaborationExpiring  CollaborationStatus = "EXPIRING"
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

// CollaborationFilter narrows a search of target collaborations; blank fields
// do not. The vendor's search by keyword is left out, as the kinds of keyword
// that it takes are not documented.
type CollaborationFilter struct {
	Status  CollaborationStatus `json:"collaboration_status,omitempty"`
	Samples SampleSetting       `json:"free_sample_setting,omitempty"`
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

// UnmarshalJSON reads a record of the search. Fields that it does not know are
// passed over. A record without an id is refused: nothing could be looked up
// by it, and passing over it would hide a collaboration.
func (t *TargetCollaboration) UnmarshalJSON(data []byte) error {
	var wire struct {
		ID    CollaborationID `json:"id"`
		Name  string          `json:"name"`
		Start stamp           `json:"start_time"`
		End   stamp           `json:"end_time"`
		Rule  struct {
			FreeSample     bool `json:"has_free_sample"`
			ApprovalExempt bool `json:"is_sample_approval_exempt"`
		} `json:"free_sample_rule"`
		Creators Number `json:"creator_inivited_count"` // the vendor's spelling
		Products Number `json:"product_count"`
	}
	if err := json.Unmarshal(data, &wire); err != nil {
		return fmt.Errorf("reading a target collaboration: %w", err)
	}
	if wire.ID == "" {
		return errors.New("reading a target collaboration: it has no id")
	}
	creators, _ := wire.Creators.Int()
	products, _ := wire.Products.Int()
	*t = TargetCollaboration{
		ID: wire.ID, Name: wire.Name, Start: wire.Start.Time, End: wire.End.Time,
		FreeSample: wire.Rule.FreeSample, ApprovalExempt: wire.Rule.ApprovalExempt,
		Creators: int(creators), Products: int(products),
	}
	return nil
}

// TargetCollaborations returns all of the shop's target collaborations that
// match, a hundred a page, as they are asked for. After an error nothing more
// comes. The vendor documents no order, so one may come twice.
func (s *Shop) TargetCollaborations(ctx context.Context, filter CollaborationFilter) iter.Seq2[TargetCollaboration, error] {
	return listing("searching target collaborations", collaborationsPath, func(token string) ([]TargetCollaboration, string, error) {
		return s.collaborationsPage(ctx, filter, token)
	})
}

// collaborationsPage returns the page that the token names, the first one if it
// is empty, and the token of the next.
func (s *Shop) collaborationsPage(ctx context.Context, filter CollaborationFilter, token string) (found []TargetCollaboration, next string, err error) {
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
	found, next, err = decodeCollaborations(data)
	if err != nil {
		return nil, "", fmt.Errorf("searching target collaborations: %w", unreadable(collaborationsPath, err))
	}
	return found, next, nil
}

// decodeCollaborations refuses data that holds no list and does not say that
// there is nothing to list: that there is no target collaboration is a fact
// that conclusions are drawn from.
func decodeCollaborations(data json.RawMessage) (found []TargetCollaboration, next string, err error) {
	var wire struct {
		Total          Number                `json:"total_count"`
		NextPageToken  string                `json:"next_page_token"`
		Collaborations []TargetCollaboration `json:"target_collaborations"`
	}
	if err := decodeData(data, &wire); err != nil {
		return nil, "", err
	}
	if wire.Collaborations == nil && wire.Total != NumberOf(0) {
		return nil, "", errors.New("the answer lists no target collaborations")
	}
	return wire.Collaborations, wire.NextPageToken, nil
}
