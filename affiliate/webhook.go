package affiliate

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
)

// The types of webhooks that are read here. The vendor has some 44 and adds more without notice.
const (
	WebhookDeauthorised  = 6  // the seller took the app's authorisation back
	WebhookEnding        = 7  // an authorisation is about to end
	WebhookMessage       = 33 // somebody wrote in a conversation
	WebhookSampleChanged = 56 // the status of a sample application
)

// Webhook is what the vendor sent of its own accord. It may come late, twice, in any order or not at all, so it is a reason
// to look and nothing else. Fields that it does not have are empty.
type Webhook struct {
	Type           int
	NotificationID string // the same each time that it is sent
	Shop           ShopID
	Application    ApplicationID
	Creator        CreatorID
	Product        ProductID
	Conversation   ConversationID
}

// SignedWebhook reports whether the Authorization header of a webhook is this app's signature of the raw body: HMAC-SHA256
// of key and body, in lowercase hex. No time is signed, so it holds for ever.
func (c *Client) SignedWebhook(authorization string, body []byte) bool {
	mac := hmac.New(sha256.New, []byte(c.appSecret))
	_, _ = mac.Write([]byte(c.appKey))
	_, _ = mac.Write(body)
	return c.appSecret != "" && hmac.Equal([]byte(hex.EncodeToString(mac.Sum(nil))), []byte(authorization))
}

// ParseWebhook reads a webhook. What is not as documented is left out: only the type and the id have to be there.
func ParseWebhook(body []byte) (w Webhook, err error) {
	p := parsers.Get().(*parser)
	defer parsers.Put(p)
	v, err := p.parse(body)
	if err != nil {
		return w, fmt.Errorf("reading a webhook: %w", err)
	}
	f, err := v.object()
	if err != nil {
		return w, fmt.Errorf("reading a webhook: %w", err)
	}
	kind, ok := f.number("type").Int()
	w.Type, w.NotificationID, w.Shop = int(kind), id[string](f, "tts_notification_id"), id[ShopID](f, "shop_id")
	if !ok || w.NotificationID == "" {
		return w, errors.New("reading a webhook: it has no type or no id")
	}
	data := f.object("data")
	w.Application, w.Conversation = decimal[ApplicationID](data, "application_id"), decimal[ConversationID](data, "conversation_id")
	w.Creator, w.Product = id[CreatorID](oneOf(data, "creator"), "creator_open_id"), decimal[ProductID](oneOf(data, "product"), "id")
	return w, nil
}

// oneOf reads a field that is documented as an object in one place and as a list of them in another.
func oneOf(f fields, name string) fields {
	if list := f.list(name); len(list) > 0 {
		first, _ := list[0].object()
		return first
	}
	return f.object(name)
}
