package affiliate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
)

// CollaborationDetail is one target collaboration with the creators it invited and
// the products it offers.
type CollaborationDetail struct {
	ID       CollaborationID
	Name     string
	Creators []InvitedCreator
	Products []OfferedProduct
}

// InvitedCreator is a creator whom a target collaboration invited.
type InvitedCreator struct {
	ID        CreatorID // as in applications; blank if the answer had none
	Username  string    // blank only where there is an id
	Nickname  string
	AvatarURL string // a signed link that expires
}

// OfferedProduct is a product of a target collaboration.
type OfferedProduct struct {
	ID    ProductID
	Title string
}

// read reads a creator. One with neither an open id nor a user name is refused, as
// nothing else tells who it is.
func (c *InvitedCreator) read(v value) error {
	f, err := v.object()
	if err != nil {
		return fmt.Errorf("reading an invited creator: %w", err)
	}
	*c = InvitedCreator{
		ID: id[CreatorID](f, "creator_open_id"), Username: f.text("username"), Nickname: f.text("nickname"),
		AvatarURL: f.object("avatar").link("url"),
	}
	if c.ID == "" && c.Username == "" {
		return errors.New("reading an invited creator: there is neither an open id nor a user name")
	}
	return nil
}

// read reads a product; one without an id is refused.
func (p *OfferedProduct) read(v value) error {
	f, err := v.object()
	if err != nil {
		return fmt.Errorf("reading an offered product: %w", err)
	}
	*p = OfferedProduct{ID: id[ProductID](f, "id"), Title: f.text("title")}
	if p.ID == "" {
		return errors.New("reading an offered product: it has no id")
	}
	return nil
}

// TargetCollaboration returns one target collaboration. Creators and products that
// cannot be read are passed over, and logged.
func (s *Shop) TargetCollaboration(ctx context.Context, id CollaborationID) (CollaborationDetail, error) {
	if !isPathID(id) {
		return CollaborationDetail{}, fmt.Errorf("reading a target collaboration: %w: %q is no collaboration id", ErrInvalid, scrub(string(id)))
	}
	path := "/affiliate_seller/202508/target_collaborations/" + string(id)
	data, err := s.auth.read(ctx, s.budget, call{
		endpoint: EndpointCollaboration, method: http.MethodGet, path: path,
		query: url.Values{"shop_cipher": {string(s.cipher)}},
	})
	if err != nil {
		return CollaborationDetail{}, fmt.Errorf("reading target collaboration %s: %w", id, err)
	}
	detail, skipped, err := decodeCollaboration(data)
	if err == nil && detail.ID != id {
		err = errors.New("the answer is about another collaboration")
	}
	if err != nil {
		return CollaborationDetail{}, fmt.Errorf("reading target collaboration %s: %w", id, unreadable(path, err))
	}
	s.logSkipped(path, skipped)
	return detail, nil
}

func decodeCollaboration(data json.RawMessage) (detail CollaborationDetail, skipped []error, err error) {
	all, err := openData(new(parser), data)
	if err != nil {
		return CollaborationDetail{}, nil, err
	}
	f := all.object("target_collaboration")
	creators, oddCreators := readEach[InvitedCreator](f.list("creators"))
	products, oddProducts := readEach[OfferedProduct](f.list("products"))
	return CollaborationDetail{ID: id[CollaborationID](f, "id"), Name: f.text("name"), Creators: creators, Products: products},
		append(oddCreators, oddProducts...), nil
}
