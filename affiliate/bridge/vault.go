package bridge

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"sampledesk/affiliate"
	"sampledesk/workflow"
)

// Key encrypts the tokens at rest. It redacts itself.
type Key struct{ bytes [32]byte }

// ParseKey reads a key as 32 bytes in base64, standard or for URLs, padded or not.
func ParseKey(text string) (Key, error) {
	text = strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimRight(strings.TrimSpace(text), "="))
	raw, err := base64.RawStdEncoding.DecodeString(text)
	if err != nil || len(raw) != 32 {
		return Key{}, errors.New("a key is 32 bytes in base64")
	}
	return Key{bytes: [32]byte(raw)}, nil
}

// NewKey returns a random key, and the text that ParseKey reads.
func NewKey() (Key, string) {
	var k Key
	_, _ = rand.Read(k.bytes[:]) // never fails
	return k, base64.StdEncoding.EncodeToString(k.bytes[:])
}

// String hides the key.
func (Key) String() string { return "[key]" }

// GoString hides the key.
func (Key) GoString() string { return "[key]" }

// LogValue hides the key.
func (Key) LogValue() slog.Value { return slog.StringValue("[key]") }

func (k Key) aead() (cipher.AEAD, error) {
	block, err := aes.NewCipher(k.bytes[:])
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// seal encrypts tokens. They are bound to their authorisation, so that a record moved to another does not open.
func (k Key) seal(t affiliate.Tokens) ([]byte, error) {
	box, err := k.aead()
	if err != nil {
		return nil, err
	}
	plain, err := json.Marshal(storedTokens{
		Access: string(t.Access), Refresh: string(t.Refresh), AccessExpires: t.AccessExpires, RefreshExpires: t.RefreshExpires,
		Seller: t.SellerName, Region: t.Region, Scopes: t.Scopes,
	})
	if err != nil {
		return nil, err
	}
	return box.Seal(nil, nil, plain, []byte(t.OpenID)), nil
}

// SealSecret encrypts the secret of an app. It is bound to the app's name.
func (k Key) SealSecret(app string, secret affiliate.Secret) ([]byte, error) {
	box, err := k.aead()
	if err != nil {
		return nil, err
	}
	return box.Seal(nil, nil, []byte(string(secret)), secretOf(app)), nil
}

// OpenSecret reverses SealSecret. Its errors are affiliate.ErrUnreadable.
func (k Key) OpenSecret(app string, sealed []byte) (affiliate.Secret, error) {
	box, err := k.aead()
	if err != nil {
		return "", err
	}
	plain, err := box.Open(nil, nil, sealed, secretOf(app))
	if err != nil {
		return "", fmt.Errorf("%s: %w", wrongKey, affiliate.ErrUnreadable)
	}
	return affiliate.Secret(plain), nil
}

// secretOf is what the sealed secret of an app is bound to. No authorisation has such a name.
func secretOf(app string) []byte { return []byte("secret of app " + app) }

// wrongKey is the message to an operator about tokens that were sealed with another key.
const wrongKey = "the stored tokens do not open with this key (SAMPLEDESK_KEY)"

// open reverses seal. Its errors are affiliate.ErrUnreadable.
func (k Key) open(openID string, sealed []byte) (affiliate.Tokens, error) {
	box, err := k.aead()
	if err != nil {
		return affiliate.Tokens{}, err
	}
	plain, err := box.Open(nil, nil, sealed, []byte(openID))
	if err != nil {
		return affiliate.Tokens{}, fmt.Errorf("%s: %w", wrongKey, affiliate.ErrUnreadable)
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
type vault struct {
	store  workflow.Store
	key    Key
	openID string
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

// keepTokens keeps the tokens of t.OpenID, with what else change says of the authorisation.
func keepTokens(ctx context.Context, store workflow.Store, key Key, t affiliate.Tokens, change func(*workflow.Authorisation) error) error {
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
		a.OpenID, a.Tokens, a.SavedAt = t.OpenID, sealed, time.Now()
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

// Opens tells whether a key opens the tokens of all these authorisations.
func Opens(key Key, all []workflow.Authorisation) bool {
	for _, a := range all {
		if len(a.Tokens) == 0 { // they were forgotten
			continue
		}
		if _, err := key.open(a.OpenID, a.Tokens); err != nil {
			return false
		}
	}
	return true
}

// Keep seals the tokens of an authorisation and keeps them.
func Keep(ctx context.Context, store workflow.Store, key Key, t affiliate.Tokens) error {
	return keepTokens(ctx, store, key, t, func(*workflow.Authorisation) error { return nil })
}
