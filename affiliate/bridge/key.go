package bridge

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"

	"sampledesk/affiliate"
	"sampledesk/workflow"
)

// Key encrypts what is secret at rest. It redacts itself. Its copies stay one key: where it is rotated, all of them seal with
// the new one.
//
// # What it defends against
//
// Somebody who gets hold of the store, or of a backup, without the key: they find names and messages, but nothing to act with
// at TikTok. What is sealed is bound to its record, so moved elsewhere it does not open. The key is never in the store, an
// argument, a log or a page. Rotate makes what leaked with an old key useless only together with new tokens: those that
// were sealed with it may be known, so after a leak the app has to be authorised again too. What is left: whoever can read
// the process's memory, or store and key together, has everything.
type Key struct{ ring *ring }

// ring is a key with the one before it, which opens what was read just before a rotation.
type ring struct {
	// sealing is held shared from when something is sealed until it is kept, and alone by a rotation: nothing is kept
	// that was sealed with the key before.
	sealing sync.RWMutex

	mu          sync.RWMutex
	now, before *[32]byte
}

// ParseKey reads a key as 32 bytes in base64, standard or for URLs, padded or not.
func ParseKey(text string) (Key, error) {
	text = strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimRight(strings.TrimSpace(text), "="))
	raw, err := base64.RawStdEncoding.DecodeString(text)
	if err != nil || len(raw) != 32 {
		return Key{}, errors.New("a key is 32 bytes in base64")
	}
	return Key{&ring{now: (*[32]byte)(raw)}}, nil
}

// NewKey returns a random key, and the text that ParseKey reads.
func NewKey() (Key, string) {
	raw := new([32]byte)
	_, _ = rand.Read(raw[:]) // never fails
	return Key{&ring{now: raw}}, base64.StdEncoding.EncodeToString(raw[:])
}

// String hides the key.
func (Key) String() string { return "[key]" }

// GoString hides the key.
func (Key) GoString() string { return "[key]" }

// LogValue hides the key.
func (Key) LogValue() slog.Value { return slog.StringValue("[key]") }

// errNoKey is the error of a Key that nobody made.
var errNoKey = errors.New("there is no key")

// keys returns the key and the one before it.
func (k Key) keys() (now, before *[32]byte) {
	if k.ring == nil {
		return nil, nil
	}
	k.ring.mu.RLock()
	defer k.ring.mu.RUnlock()
	return k.ring.now, k.ring.before
}

// hold keeps the key from being rotated until what was sealed with it is kept: it returns what ends that.
func (k Key) hold() func() {
	if k.ring == nil {
		return func() {}
	}
	k.ring.sealing.RLock()
	return k.ring.sealing.RUnlock
}

func aead(key *[32]byte) (cipher.AEAD, error) {
	if key == nil {
		return nil, errNoKey
	}
	block, err := aes.NewCipher(key[:])
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// sealBytes encrypts, and binds what is sealed to its place.
func (k Key) sealBytes(plain, place []byte) ([]byte, error) {
	now, _ := k.keys()
	box, err := aead(now)
	if err != nil {
		return nil, err
	}
	return box.Seal(nil, nil, plain, place), nil
}

// openBytes reverses sealBytes. Its errors are affiliate.ErrUnreadable.
func (k Key) openBytes(sealed, place []byte) ([]byte, error) {
	now, before := k.keys()
	for _, key := range []*[32]byte{now, before} {
		if key == nil {
			continue
		}
		box, err := aead(key)
		if err != nil {
			return nil, err
		}
		if plain, err := box.Open(nil, nil, sealed, place); err == nil {
			return plain, nil
		}
	}
	return nil, fmt.Errorf("%s: %w", wrongKey, affiliate.ErrUnreadable)
}

// resealed writes again to the store all that is sealed in it, as turn makes it, and returns how much that is. It is the one
// list of what is sealed.
func resealed(tx workflow.Tx, turn func(sealed, place []byte) ([]byte, error)) (n int, err error) {
	auths, err := tx.Authorisations()
	if err != nil {
		return 0, err
	}
	for _, a := range auths {
		if len(a.Tokens) == 0 { // they were forgotten
			continue
		}
		if a.Tokens, err = turn(a.Tokens, []byte(a.OpenID)); err != nil {
			return 0, fmt.Errorf("the tokens of seller %q: %w", a.Seller, err)
		}
		if err := tx.PutAuthorisation(a); err != nil {
			return 0, err
		}
		n++
	}
	apps, err := tx.Apps()
	if err != nil {
		return 0, err
	}
	for _, a := range apps {
		if len(a.Secret) == 0 {
			continue
		}
		if a.Secret, err = turn(a.Secret, secretOf(a.Name)); err != nil {
			return 0, fmt.Errorf("the secret of app %q: %w", a.Name, err)
		}
		if err := tx.PutApp(a); err != nil {
			return 0, err
		}
		n++
	}
	shops, err := tx.Shops()
	if err != nil {
		return 0, err
	}
	for _, s := range shops {
		if len(s.WebhookSecret) == 0 {
			continue
		}
		if s.WebhookSecret, err = turn(s.WebhookSecret, webhookOf(s.ID)); err != nil {
			return 0, fmt.Errorf("the secret of the webhook of shop %s: %w", s.ID, err)
		}
		if err := tx.PutShop(s); err != nil {
			return 0, err
		}
		n++
	}
	return n, resealMark(tx, turn)
}

// Rotate seals again, in one transaction, all that is sealed in the store, and has the key and its copies seal with the new one
// from then on. Before is called in the same transaction, last. It returns how much was sealed. Where something does not
// open, nothing is changed.
func (k Key) Rotate(ctx context.Context, store workflow.Store, to Key, before func(workflow.Tx) error) (n int, err error) {
	next, _ := to.keys()
	if k.ring == nil || next == nil {
		return 0, errNoKey
	}
	k.ring.sealing.Lock()
	defer k.ring.sealing.Unlock()
	err = store.Update(ctx, func(tx workflow.Tx) (err error) {
		n, err = resealed(tx, func(sealed, place []byte) ([]byte, error) {
			plain, err := k.openBytes(sealed, place)
			if err != nil {
				return nil, err
			}
			return to.sealBytes(plain, place)
		})
		if err != nil {
			return err
		}
		return before(tx)
	})
	if err != nil {
		return 0, err
	}
	k.ring.mu.Lock()
	k.ring.before, k.ring.now = k.ring.now, next
	k.ring.mu.Unlock()
	return n, nil
}

// errLooked ends a transaction that is not to be kept.
var errLooked = errors.New("only looked at")

// Fits reports whether the key opens all that is sealed in the store, and how much that is.
func (k Key) Fits(ctx context.Context, store workflow.Store) (fits bool, n int, err error) {
	fits = true
	err = store.Update(ctx, func(tx workflow.Tx) error {
		n, err = resealed(tx, func(sealed, place []byte) ([]byte, error) {
			if _, err := k.openBytes(sealed, place); err != nil {
				fits = false
			}
			return sealed, nil
		})
		return errors.Join(err, errLooked)
	})
	if errors.Is(err, errLooked) {
		err = nil
	}
	return fits, n, err
}

// Opens reports whether the key opens the tokens of all these authorisations.
func (k Key) Opens(all []workflow.Authorisation) bool {
	for _, a := range all {
		if len(a.Tokens) == 0 { // they were forgotten
			continue
		}
		if _, err := k.open(a.OpenID, a.Tokens); err != nil {
			return false
		}
	}
	return true
}
