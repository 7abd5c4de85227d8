package bridge

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"time"

	"sampledesk/affiliate"
	"sampledesk/workflow"
)

// exchangeTime bounds an exchange with its keeping, and how long Close waits. A stop waits for them, and has ten seconds.
const exchangeTime = 8 * time.Second

// Close waits until the tokens that are being renewed are kept. Nothing else may run any more.
func (b *Bridge) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), exchangeTime)
	defer cancel()
	return b.client.Wait(ctx)
}

// exchange is a refresh token of the environment that was exchanged, and whose new pair no store has taken yet.
type exchange struct {
	hash   []byte
	tokens affiliate.Tokens
}

// Connect makes sure that the shops of a refresh token from the environment are on record, and brings the records of
// all connected shops up to date. The same token is exchanged once and ignored from then on, as the exchange
// invalidates it; a new one is exchanged again. An empty token connects nothing new.
//
// An error that ends in affiliate.ErrBadRefreshToken will not go away by itself; others may, and Connect may be called
// again. While the token could not be exchanged for lack of an answer, the records wait with it: their own tokens may
// be dead, and that must not be taken for the result of the new one.
func (b *Bridge) Connect(ctx context.Context, token affiliate.Secret) error {
	exchangeErr := b.exchange(ctx, token)
	if exchangeErr != nil && !errors.Is(exchangeErr, affiliate.ErrBadRefreshToken) {
		return exchangeErr
	}
	auths, err := read(ctx, b.store, "the authorisations", workflow.Tx.Authorisations)
	if err != nil {
		return err
	}
	errs := []error{exchangeErr}
	for _, a := range auths {
		errs = append(errs, b.learnShops(ctx, a.OpenID))
	}
	return errors.Join(errs...)
}

// exchange turns a refresh token that was not seen before into a pair that is on disk.
func (b *Bridge) exchange(ctx context.Context, token affiliate.Secret) error {
	if token == "" {
		return nil
	}
	b.connecting.Lock()
	defer b.connecting.Unlock()
	sum := sha256.Sum256([]byte(token))
	used, err := b.exchanged(ctx, sum[:])
	if err != nil || used {
		return err
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("connecting with TIKTOK_REFRESH_TOKEN: %w", err)
	}
	b.mu.Lock()
	unsaved := b.unsaved
	b.mu.Unlock()
	// From here on a stop waits: a pair that is on its way when the desk closes would be gone, and the token with it.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), exchangeTime)
	defer cancel()
	if unsaved == nil || !bytes.Equal(unsaved.hash, sum[:]) {
		tokens, err := b.client.Refresh(ctx, token)
		if err != nil {
			return fmt.Errorf("connecting with TIKTOK_REFRESH_TOKEN: %w", err)
		}
		if tokens.OpenID == "" {
			return errors.New("connecting with TIKTOK_REFRESH_TOKEN: the answer names no authorisation (open_id)")
		}
		unsaved = &exchange{hash: sum[:], tokens: tokens}
		b.setUnsaved(unsaved) // the token is dead now: what came for it must not be lost, even if the store fails
	}
	return b.save(ctx, unsaved)
}

// save puts the pair of an exchange on disk, and drops the cached calls that use the pair before it. A pair that is no
// seller's is refused by name.
func (b *Bridge) save(ctx context.Context, e *exchange) error {
	if user := e.tokens.User; user != affiliate.UserSeller && user != "" {
		return fmt.Errorf("connecting with TIKTOK_REFRESH_TOKEN: %w: a %s authorised the app, and it has to be the seller", affiliate.ErrBadRefreshToken, user)
	}
	if err := keepTokens(ctx, b.store, b.key, e.tokens, e.hash); err != nil {
		return err
	}
	b.setUnsaved(nil)
	b.forget(e.tokens.OpenID)
	return nil
}

// saveUnsaved puts a pair on disk that the store did not take when it came, and updates the shops that it is for.
// Otherwise it would be lost at the next restart.
func (b *Bridge) saveUnsaved(ctx context.Context) error {
	if !b.connecting.TryLock() {
		return nil // whoever connects now saves it
	}
	defer b.connecting.Unlock()
	b.mu.Lock()
	late := b.unsaved
	b.mu.Unlock()
	if late == nil {
		return nil
	}
	if err := b.save(ctx, late); err != nil {
		return err
	}
	return b.learnShops(ctx, late.tokens.OpenID)
}

func (b *Bridge) setUnsaved(e *exchange) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.unsaved = e
}

// forget drops what makes calls under an authorisation that was connected again, with the shops that use it.
func (b *Bridge) forget(openID string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.auths, openID)
	for _, s := range b.shops {
		s.mu.Lock()
		if s.openID == openID {
			s.calls = nil
		}
		s.mu.Unlock()
	}
}

// exchanged reports whether a refresh token with that hash was exchanged before.
func (b *Bridge) exchanged(ctx context.Context, hash []byte) (bool, error) {
	auths, err := read(ctx, b.store, "the authorisations", workflow.Tx.Authorisations)
	if err != nil {
		return false, err
	}
	for _, a := range auths {
		if slices.ContainsFunc(a.Exchanged, func(h []byte) bool { return bytes.Equal(h, hash) }) {
			return true, nil
		}
	}
	return false, nil
}

// renamed lists the shops of an authorisation again, after TikTok did not know one by its cipher, and reports whether
// it goes by another now.
func (b *Bridge) renamed(ctx context.Context, s workflow.Shop) bool {
	if err := b.learnShops(ctx, s.OpenID); err != nil {
		b.log.WarnContext(ctx, "could not list the shops again", "shop", s.ID, "error", err)
		return false
	}
	now, err := b.shopRecord(ctx, s.ID)
	return err == nil && now.Cipher != s.Cipher
}

// learnShops updates the records of an authorisation's shops.
func (b *Bridge) learnShops(ctx context.Context, openID string) error {
	infos, err := b.authorisation(openID).Shops(ctx)
	if err != nil {
		return err
	}
	return b.store.Update(ctx, func(tx workflow.Tx) error {
		for _, info := range infos {
			s, err := tx.Shop(workflow.ShopID(info.ID))
			if errors.Is(err, workflow.ErrNotFound) {
				s = workflow.Shop{ID: workflow.ShopID(info.ID), SeenAt: time.Now()}
			} else if err != nil {
				return err
			}
			s.Name, s.Region, s.Cipher, s.OpenID = info.Name, info.Region, string(info.Cipher), openID
			if err := tx.PutShop(s); err != nil {
				return err
			}
		}
		return nil
	})
}
