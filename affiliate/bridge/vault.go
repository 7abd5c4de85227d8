package bridge

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"sampledesk/affiliate"
	"sampledesk/workflow"
	"sampledesk/workflow/desks"
)

// seal encrypts tokens. They are bound to their authorisation, so that a record moved to another does not open.
func (k Key) seal(t affiliate.Tokens) ([]byte, error) {
	plain, err := json.Marshal(storedTokens{
		Access: string(t.Access), Refresh: string(t.Refresh), AccessExpires: t.AccessExpires, RefreshExpires: t.RefreshExpires,
		Seller: t.SellerName, Region: t.Region, Scopes: t.Scopes,
	})
	if err != nil {
		return nil, err
	}
	return k.sealBytes(plain, []byte(t.OpenID))
}

// SealSecret encrypts the secret of an app. It is bound to the app's name.
func (k Key) SealSecret(app string, secret affiliate.Secret) ([]byte, error) {
	return k.sealBytes([]byte(string(secret)), secretOf(app))
}

// OpenSecret reverses SealSecret. Its errors are affiliate.ErrUnreadable.
func (k Key) OpenSecret(app string, sealed []byte) (affiliate.Secret, error) {
	plain, err := k.openBytes(sealed, secretOf(app))
	return affiliate.Secret(plain), err
}

// secretOf is what the sealed secret of an app is bound to. No authorisation has such a name.
func secretOf(app string) []byte { return []byte("secret of app " + app) }

// wrongKey is the message to an operator about tokens that were sealed with another key.
const wrongKey = "the stored tokens do not open with this key (SAMPLEDESK_KEY)"

// open reverses seal. Its errors are affiliate.ErrUnreadable.
func (k Key) open(openID string, sealed []byte) (affiliate.Tokens, error) {
	plain, err := k.openBytes(sealed, []byte(openID))
	if err != nil {
		return affiliate.Tokens{}, err
	}
	var t storedTokens
	if err := json.Unmarshal(plain, &t); err != nil {
		return affiliate.Tokens{}, fmt.Errorf("the stored tokens have an unknown format: %w", affiliate.ErrUnreadable)
	}
	return affiliate.Tokens{
		Access: affiliate.Secret(t.Access), Refresh: affiliate.Secret(t.Refresh), AccessExpires: t.AccessExpires,
		RefreshExpires: t.RefreshExpires, OpenID: openID, SellerName: t.Seller, Region: t.Region, Scopes: t.Scopes,
	}, nil
}

// storedTokens is how tokens are written before they are sealed. The client's own type redacts itself, in JSON too.
type storedTokens struct {
	Access         string    `json:"access"`
	Refresh        string    `json:"refresh"`
	AccessExpires  time.Time `json:"access_expires,omitzero"`
	RefreshExpires time.Time `json:"refresh_expires,omitzero"`
	Seller         string    `json:"seller,omitempty"`
	Region         string    `json:"region,omitempty"`
	Scopes         []string  `json:"scopes,omitempty"`
}

// vault keeps the tokens of one authorisation in the store.
//
// # What it defends against
//
// Tokens that get lost: a refresh token works once, so that of its answer the new pair is on disk before it is used, by one
// renewal at a time; and that a renewal begins is on disk before the old token is sent. Who is killed in between, or never
// hears the answer, has lost the pair, which nothing brings back: the next look finds that out by the mark, and the admins
// get the link to renew at once, hours before the access token dies. What is left: those who look after the shop have to
// consent again then. Against readers of the store see Key.
type vault struct {
	store  workflow.Store
	key    Key
	openID string
	desks  *desks.Desks
}

// Lock keeps the other desks that share the store from renewing these tokens.
func (v vault) Lock(ctx context.Context) (held context.Context, release func(), err error) {
	return v.desks.Lock(ctx, "tokens "+v.openID)
}

// Load returns the tokens kept, or none.
func (v vault) Load(ctx context.Context) (affiliate.Tokens, error) {
	a, err := read(ctx, v.store, "the authorisation", func(tx workflow.Tx) (workflow.Authorisation, error) {
		return tx.Authorisation(v.openID)
	})
	if errors.Is(err, workflow.ErrNotFound) {
		return affiliate.Tokens{}, nil
	}
	if err != nil || len(a.Tokens) == 0 {
		return affiliate.Tokens{}, err
	}
	return v.key.open(v.openID, a.Tokens)
}

// Save keeps the pair. When it returns nil, the pair is on disk.
func (v vault) Save(ctx context.Context, t affiliate.Tokens) error {
	t.OpenID = v.openID
	return keepTokens(ctx, v.store, v.key, t, func(a *workflow.Authorisation) error {
		if len(a.Tokens) == 0 {
			return affiliate.ErrNotConnected // they were forgotten while these came
		}
		return nil
	})
}

// Spend keeps that the tokens are being renewed. Save ends that.
func (v vault) Spend(ctx context.Context) error {
	return v.store.Update(ctx, func(tx workflow.Tx) error {
		a, err := tx.Authorisation(v.openID)
		if err != nil {
			return err
		}
		if len(a.Tokens) == 0 {
			return affiliate.ErrNotConnected
		}
		a.Renewing = time.Now()
		return tx.PutAuthorisation(a)
	})
}

// keepTokens keeps the tokens of t.OpenID, with what else change says of the authorisation.
func keepTokens(ctx context.Context, store workflow.Store, key Key, t affiliate.Tokens, change func(*workflow.Authorisation) error) error {
	defer key.hold()()
	sealed, err := key.seal(t)
	if err != nil {
		return fmt.Errorf("sealing the tokens: %w", err)
	}
	err = store.Update(ctx, func(tx workflow.Tx) error {
		a, err := tx.Authorisation(t.OpenID)
		if err != nil && !errors.Is(err, workflow.ErrNotFound) {
			return err
		}
		if err := change(&a); err != nil {
			return err
		}
		a.OpenID, a.Tokens, a.SavedAt, a.Renewing = t.OpenID, sealed, time.Now(), time.Time{}
		a.Ends, a.Scopes = t.RefreshExpires, t.Scopes
		if t.SellerName != "" {
			a.Seller, a.Region = t.SellerName, t.Region
		}
		return tx.PutAuthorisation(a)
	})
	if err != nil {
		return fmt.Errorf("keeping the tokens: %w", err)
	}
	return nil
}

// Keep seals the tokens of an authorisation and keeps them.
func Keep(ctx context.Context, store workflow.Store, key Key, t affiliate.Tokens) error {
	return keepTokens(ctx, store, key, t, func(*workflow.Authorisation) error { return nil })
}
