package affiliate

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
)

// Probe is how the vendor took a call that was made to see whether it works.
type Probe struct {
	Call string // what the call does, in words
	Err  error  // why it does not work; nil where it does, even if what was asked for is not there
}

// nobody is an id that no application, conversation or creator has.
const nobody = "1"

// Probe makes each call that a desk makes, about things that are not there, so that nothing changes and nobody is written
// to. A refusal of such a thing is as good as an answer: it shows that token, scope and version of the call are.
func (s *Shop) Probe(ctx context.Context) (all []Probe) {
	for _, p := range []struct {
		call string
		make func() error
	}{
		{"search of sample applications", func() error {
			_, err := s.SearchPage(ctx, Filter{Status: StatusPending}, "", 1)
			return err
		}},
		{"review of a sample application", func() error { return s.Review(ctx, nobody, Reject(ReasonOther)) }},
		{"content of a sample application", func() error { _, err := s.Content(ctx, nobody, ContentVideo); return err }},
		{"link for a request", func() error {
			_, err := s.RequestLink(ctx, LinkRequest{Product: nobody, SKU: nobody, ValidDays: 1})
			return err
		}},
		{"search of target collaborations", func() error {
			_, _, err := s.collaborationsPage(ctx, CollaborationFilter{Status: CollaborationOngoing}, "")
			return err
		}},
		{"target collaboration", func() error { _, err := s.TargetCollaboration(ctx, nobody); return err }},
		{"list of conversations", func() error { _, _, err := s.conversationsPage(ctx, UnreadConversations, ""); return err }},
		{"conversation with a creator", func() error { _, err := s.Conversation(ctx, nobody); return err }},
		{"messages of a conversation", func() error { _, err := s.Messages(ctx, nobody); return err }},
		{"message to a creator", func() error { _, err := s.SendMessage(ctx, nobody, "."); return err }},
		{"marking as read", func() error { _, err := s.MarkRead(ctx, nobody); return err }},
	} {
		all = append(all, Probe{Call: p.call, Err: works(p.make())})
		if KindOf(all[len(all)-1].Err).Stops() == StopsAll || ctx.Err() != nil {
			return all // the others would say the same
		}
	}
	return all
}

// works takes what shows that a call is answered for no error.
func works(err error) error {
	switch KindOf(err) {
	case Refused, QuotaExhausted, RateLimited:
		return nil
	default:
		return err
	}
}

const webhooksPath = "/event/202309/webhooks"

// The events for which an address is registered, by the names of those calls. For 56 no name is documented; that one has
// been seen in use.
const (
	EventMessage       = "NEW_MESSAGE_LISTENER"
	EventDeauthorised  = "SELLER_DEAUTHORIZATION"
	EventEnding        = "UPCOMING_AUTHORIZATION_EXPIRATION"
	EventSampleChanged = "SAMPLE_APPLICATION_STATUS_CHANGE"
)

// Webhooks returns the addresses that are registered for the shop, by event. It needs the scope Shop Authorized
// Information.
func (s *Shop) Webhooks(ctx context.Context) (map[string]string, error) {
	data, err := s.auth.read(ctx, s.budget, call{
		endpoint: EndpointShops, method: http.MethodGet, path: webhooksPath, query: url.Values{"shop_cipher": {string(s.cipher)}},
	})
	if err != nil {
		return nil, fmt.Errorf("listing the webhooks: %w", err)
	}
	f, err := openData(new(parser), data)
	if err != nil {
		return nil, fmt.Errorf("listing the webhooks: %w", unreadable(webhooksPath, err))
	}
	all := map[string]string{}
	for _, v := range f.list("webhooks") {
		one, _ := v.object()
		all[one.text("event_type")] = one.link("address")
	}
	return all, nil
}

// RegisterWebhook registers an address for an event of the shop, in place of the one before.
func (s *Shop) RegisterWebhook(ctx context.Context, event, address string) error {
	body := fmt.Appendf(nil, `{"address":%q,"event_type":%q}`, address, event)
	_, err := s.auth.read(ctx, s.budget, call{ // a repetition of it does no harm
		endpoint: EndpointShops, method: http.MethodPut, path: webhooksPath, query: url.Values{"shop_cipher": {string(s.cipher)}}, body: body,
	})
	if err != nil {
		return fmt.Errorf("registering a webhook: %w", err)
	}
	return nil
}
