package affiliate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
)

// CollaborationDetail is one target collaboration with whom it invited and what it
// offers.
type CollaborationDetail struct {
	ID       CollaborationID
	Name     string
	Creators []InvitedCreator
	Products []OfferedProduct
}

// InvitedCreator is a creator whom a target collaboration invited. The vendor names
// her by user name here and by [CreatorID] in applications, and no call maps one to
// the other.
type InvitedCreator struct {
	Username string
	Nickname string
}

// OfferedProduct is a product of a target collaboration.
type OfferedProduct struct {
	ID    ProductID
	Title string
}

// UnmarshalJSON reads a creator; one without a user name is refused, as nothing else
// tells who she is.
func (c *InvitedCreator) UnmarshalJSON(data []byte) error {
	var wire struct {
		Username string `json:"username"`
		Nickname string `json:"nickname"`
	}
	if err := json.Unmarshal(data, &wire); err != nil {
		return fmt.Errorf("reading an invited creator: %w", err)
	}
	if wire.Username == "" {
		return errors.New("reading an invited creator: she has no user name")
	}
	*c = InvitedCreator(wire)
	return nil
}

// UnmarshalJSON reads a product; one without an id is refused.
func (p *OfferedProduct) UnmarshalJSON(data []byte) error {
	var wire struct {
		ID    ProductID `json:"id"`
		Title string    `json:"title"`
	}
	if err := json.Unmarshal(data, &wire); err != nil {
		return fmt.Errorf("reading an offered product: %w", err)
	}
	if wire.ID == "" {
		return errors.New("reading an offered product: it has no id")
	}
	*p = OfferedProduct(wire)
	return nil
}

// TargetCollaboration returns one target collaboration. Creators and products that
// cannot be read are passed over, which the log tells of.
func (s *Shop) TargetCollaboration(ctx context.Context, id CollaborationID) (CollaborationDetail, error) {
	if !isPathID(id) {
		return CollaborationDetail{}, fmt.Errorf("reading a target collaboration: %w: %q is no collaboration id", ErrInvalid, scrub(string(id)))
	}
	path := "/affiliate_seller/202409/target_collaborations/" + string(id)
	data, err := s.auth.read(ctx, s.budget, call{
		endpoint: EndpointCollaboration, method: http.MethodGet, path: path,
		query: url.Values{"shop_cipher": {string(s.cipher)}},
	})
	if err != nil {
		return CollaborationDetail{}, fmt.Errorf("reading target collaboration %s: %w", id, err)
	}
	detail, odd, err := decodeCollaboration(data)
	if err == nil && detail.ID != id {
		err = errors.New("the answer is about another collaboration")
	}
	if err != nil {
		return CollaborationDetail{}, fmt.Errorf("reading target collaboration %s: %w", id, unreadable(path, err))
	}
	s.passOver(path, odd)
	return detail, nil
}

func decodeCollaboration(data json.RawMessage) (detail CollaborationDetail, odd []error, err error) {
	var wire struct {
		Collaboration struct {
			ID       CollaborationID   `json:"id"`
			Name     string            `json:"name"`
			Creators []json.RawMessage `json:"creators"`
			Products []json.RawMessage `json:"products"`
		} `json:"target_collaboration"`
	}
	if err := decodeData(data, &wire); err != nil {
		return CollaborationDetail{}, nil, err
	}
	found := wire.Collaboration
	creators, oddCreators, err := readRecords[InvitedCreator](found.Creators)
	if err != nil {
		return CollaborationDetail{}, nil, err
	}
	products, oddProducts, err := readRecords[OfferedProduct](found.Products)
	if err != nil {
		return CollaborationDetail{}, nil, err
	}
	return CollaborationDetail{ID: found.ID, Name: found.Name, Creators: creators, Products: products},
		append(oddCreators, oddProducts...), nil
}
