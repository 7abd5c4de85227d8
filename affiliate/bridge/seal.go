package bridge

import "sampledesk/workflow"

// SealWebhook encrypts the secret that signs what a shop's webhook is sent, and has it kept. It is bound to the shop. The key is
// not rotated before keep returns.
func (k Key) SealWebhook(shop workflow.ShopID, secret string, keep func(sealed []byte) error) error {
	defer k.hold()()
	sealed, err := k.sealBytes([]byte(secret), webhookOf(shop))
	if err != nil {
		return err
	}
	return keep(sealed)
}

// OpenWebhook opens what SealWebhook sealed. Its errors are affiliate.ErrUnreadable.
func (k Key) OpenWebhook(shop workflow.ShopID, sealed []byte) (string, error) {
	plain, err := k.openBytes(sealed, webhookOf(shop))
	return string(plain), err
}

// webhookOf is what a sealed secret is bound to. No authorisation and no app has such a name.
func webhookOf(shop workflow.ShopID) []byte { return []byte("webhook of shop " + string(shop)) }
