package bridge

import (
	"context"
	"crypto/sha256"

	"sampledesk/affiliate"
	"sampledesk/workflow"
)

// CallsOf returns what makes a shop's calls, for whoever checks them.
func (b *Bridge) CallsOf(s workflow.Shop) *affiliate.Shop { return b.calls(s) }

// Exchanged reports whether a refresh token of the environment was exchanged before; an empty one counts as exchanged.
func (b *Bridge) Exchanged(ctx context.Context, token affiliate.Secret) (bool, error) {
	if token == "" {
		return true, nil
	}
	sum := sha256.Sum256([]byte(token))
	return b.exchanged(ctx, sum[:])
}

// ShopsCall makes the call that lists the shops of a shop's authorisation, which needs a scope of its own.
func (b *Bridge) ShopsCall(ctx context.Context, s workflow.Shop) error {
	_, err := b.authorisation(s.OpenID).Shops(ctx)
	return err
}
