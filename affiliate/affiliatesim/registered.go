package affiliatesim

import (
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// webhookNames are the events that the calls for webhooks know, from the vendor's field
// list. That of a sample application's status (56) is not among them: seen in use is
// SAMPLE_APPLICATION_STATUS_CHANGE, which is refused here unless /sim/webhooks says
// otherwise.
var webhookNames = []string{
	"ORDER_STATUS_CHANGE", "RECIPIENT_ADDRESS_UPDATE", "PACKAGE_UPDATE", "PRODUCT_STATUS_CHANGE", "SELLER_DEAUTHORIZATION",
	"UPCOMING_AUTHORIZATION_EXPIRATION", "CANCELLATION_STATUS_CHANGE", "RETURN_STATUS_CHANGE", "NEW_CONVERSATION", "NEW_MESSAGE",
	"PRODUCT_INFORMATION_CHANGE", "PRODUCT_CREATION", "PRODUCT_CATEGORY_CHANGE", "NEW_MESSAGE_LISTENER", "INVOICE_STATUS_CHANGE",
	"PRODUCT_AUDIT_STATUS_CHANGE", "REVERSE_STATUS_UPDATE",
}

const sampleStatusName = "SAMPLE_APPLICATION_STATUS_CHANGE"

// eventOf is the event under which an address for a webhook is registered.
var eventOf = map[int]string{
	webhookDeauthorized: "SELLER_DEAUTHORIZATION", webhookExpiring: "UPCOMING_AUTHORIZATION_EXPIRATION",
	webhookMessage: "NEW_MESSAGE_LISTENER", webhookStatus: sampleStatusName,
}

// registration is an address that an app registered for one event of one shop. See
// simWebhooks for when something is sent there.
type registration struct {
	EventType string `json:"event_type"`
	Address   string `json:"address"`
	Created   int64  `json:"create_time"`
	Updated   int64  `json:"update_time"`
}

// maxWebhookAddress is the most characters of an address.
const maxWebhookAddress = 255

// checkWebhookAddress wants https, a domain name, no port. What the vendor says of user
// info, a query or a fragment is not known: they are refused.
func checkWebhookAddress(address string) error {
	u, err := url.Parse(address)
	if err != nil || len(address) > maxWebhookAddress {
		return invalid("address must be an address of at most %d characters", maxWebhookAddress)
	}
	_, ip := netip.ParseAddr(u.Hostname())
	switch {
	case u.Scheme != "https":
		return invalid("address must begin with https://")
	case u.Host != u.Hostname():
		return invalid("address must have no port")
	case ip == nil || !strings.Contains(u.Hostname(), "."):
		return invalid("address must have a domain name")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return invalid("address must be scheme, domain and path")
	}
	return nil
}

// eventType reads the body's event_type, which both writing calls need.
func (c *Center) eventType(k *call, into any, name func() string) error {
	if err := decodeStrictly(k.body, into); err != nil {
		return invalid("the body must be one JSON object of this call's fields")
	}
	if n := name(); !slices.Contains(webhookNames, n) && (n != sampleStatusName || !c.hooks.knowsSampleStatus()) {
		return invalid("event_type %q is invalid", clip(n, 60))
	}
	return nil
}

func (k *call) registrations() []registration { return k.grant.app.registered[k.shop.ID] }

// registeredFor returns the address for a webhook of a shop; none: nil.
func (a *app) registeredFor(kind int, shop string) *url.URL {
	for _, r := range a.registered[shop] {
		if r.EventType == eventOf[kind] {
			if u, err := url.Parse(r.Address); err == nil {
				return u
			}
		}
	}
	return nil
}

// putWebhook registers an address for an event, in place of the one before.
func (c *Center) putWebhook(k *call) (any, error) {
	var in struct {
		Address   string `json:"address"`
		EventType string `json:"event_type"`
	}
	if err := c.eventType(k, &in, func() string { return in.EventType }); err != nil {
		return nil, err
	}
	if err := checkWebhookAddress(in.Address); err != nil {
		return nil, err
	}
	r := registration{EventType: in.EventType, Address: in.Address, Created: k.now.Unix(), Updated: k.now.Unix()}
	all := k.registrations()
	if i := slices.IndexFunc(all, func(r registration) bool { return r.EventType == in.EventType }); i >= 0 {
		r.Created = all[i].Created
		all = slices.Delete(all, i, i+1)
	}
	k.grant.app.registered[k.shop.ID] = append(all, r)
	return struct{}{}, nil
}

// listWebhooks lists what is registered.
func (c *Center) listWebhooks(k *call) (any, error) {
	all := append([]registration{}, k.registrations()...)
	return map[string]any{"webhooks": all, "total_count": len(all)}, nil
}

// deleteWebhook ends a registration. What the vendor answers where there is none is not
// known: here it is a parameter that is invalid.
func (c *Center) deleteWebhook(k *call) (any, error) {
	var in struct {
		EventType string `json:"event_type"`
	}
	if err := c.eventType(k, &in, func() string { return in.EventType }); err != nil {
		return nil, err
	}
	all := k.registrations()
	i := slices.IndexFunc(all, func(r registration) bool { return r.EventType == in.EventType })
	if i < 0 {
		return nil, invalid("event_type %s is not registered", in.EventType)
	}
	k.grant.app.registered[k.shop.ID] = slices.Delete(all, i, i+1)
	return struct{}{}, nil
}

// knowsSampleStatus tells whether the name of webhook 56 is taken.
func (p *postman) knowsSampleStatus() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.manner.sampleStatus
}
