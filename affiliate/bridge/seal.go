package bridge

import (
	"fmt"

	"sampledesk/affiliate"
	"sampledesk/workflow"
)

// SealWebhook encrypts the secret that signs what a shop's webhook is sent. It is bound to the shop.
func (k Key) SealWebhook(shop workflow.ShopID, secret string) ([]byte, error) {
	box, err := k.aead()
	if err != nil {
		return nil, err
	}
	return box.Seal(nil, nil, []byte(secret), webhookOf(shop)), nil
}

// OpenWebhook reverses SealWebhook. Its errors are affiliate.ErrUnreadable.
func (k Key) OpenWebhook(shop workflow.ShopID, sealed []byte) (string, error) {
	box, err := k.aead()
	if err != nil {
		return "", err
	}
	plain, err := box.Open(nil, nil, sealed, webhookOf(shop))
	if err != nil {
		return "", fmt.Errorf("the secret of the webhook does not open with this key (SAMPLEDESK_KEY): %w", affiliate.ErrUnreadable)
	}
	return string(plain), nil
}

// webhookOf is what a sealed secret is bound to. No authorisation and no app has such a name.
func webhookOf(shop workflow.ShopID) []byte { return []byte("webhook of shop " + string(shop)) }
