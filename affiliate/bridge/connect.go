package bridge

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
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
	var errs []error
	for _, c := range b.Clients() {
		errs = append(errs, c.Wait(ctx))
	}
	return errors.Join(errs...)
}

// exchange is a refresh token of the environment, or a code, that was exchanged, and whose new pair no store has taken yet.
type exchange struct {
	id     string // of the authorisation
	hash   []byte // of the refresh token; nil for a code
	tokens affiliate.Tokens

	// Of a code: its shops are chosen one by one; who asked for it, and whether nobody did.
	chosen  bool
	by      workflow.PersonID
	unasked bool
}

// Connect makes sure that the shops of a refresh token from the environment are on record, and brings the records of
// all connected shops up to date. The same token is exchanged once and ignored from then on, as the exchange
// invalidates it; a new one is exchanged again. An empty token connects nothing new.
//
// An error that ends in affiliate.ErrBadRefreshToken will not go away by itself; others may, and Connect may be called
// again. While the token could not be exchanged for lack of an answer, the records wait with it: their own tokens may
// be dead, and that must not be taken for the result of the new one.
func (b *Bridge) Connect(ctx context.Context, token affiliate.Secret) error {
	fresh, exchangeErr := b.exchange(ctx, token)
	if exchangeErr != nil && !errors.Is(exchangeErr, affiliate.ErrBadRefreshToken) {
		return exchangeErr
	}
	auths, err := read(ctx, b.store, "the authorisations", workflow.Tx.Authorisations)
	if err != nil {
		return err
	}
	errs := []error{exchangeErr, b.CheckAuthorisations(ctx)}
	for _, a := range auths {
		if len(a.Tokens) > 0 {
			errs = append(errs, b.learnShops(ctx, a.OpenID, a.OpenID == fresh))
		}
	}
	return errors.Join(errs...)
}

// exchange turns a refresh token that was not seen before into a pair that is on disk, and returns its authorisation.
func (b *Bridge) exchange(ctx context.Context, token affiliate.Secret) (id string, err error) {
	if token == "" {
		return "", nil
	}
	b.connecting.Lock()
	defer b.connecting.Unlock()
	ctx, release, err := b.Desks.Lock(ctx, "connecting")
	if err != nil {
		return "", fmt.Errorf("connecting with TIKTOK_REFRESH_TOKEN: %w", err)
	}
	defer release()
	sum := sha256.Sum256([]byte(token))
	used, err := b.exchanged(ctx, sum[:])
	if err != nil || used {
		return "", err
	}
	if err := ctx.Err(); err != nil {
		return "", fmt.Errorf("connecting with TIKTOK_REFRESH_TOKEN: %w", err)
	}
	unsaved := b.exchangedUnsaved(sum[:])
	// From here on a stop waits: a pair that is on its way when the desk closes would be gone, and the token with it.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), exchangeTime)
	defer cancel()
	if unsaved == nil {
		if b.client == nil {
			return "", errors.New("connecting with TIKTOK_REFRESH_TOKEN: it is the unnamed app's, and TIKTOK_APP_KEY and TIKTOK_APP_SECRET are not set")
		}
		tokens, err := b.client.Refresh(ctx, token)
		if err != nil {
			return "", fmt.Errorf("connecting with TIKTOK_REFRESH_TOKEN: %w", err)
		}
		if tokens.OpenID == "" {
			return "", errors.New("connecting with TIKTOK_REFRESH_TOKEN: the answer names no authorisation (open_id)")
		}
		unsaved = &exchange{id: workflow.AuthorisationID("", tokens.OpenID), hash: sum[:], tokens: tokens}
		b.setUnsaved(unsaved) // the token is dead now: what came for it must not be lost, even if the store fails
	}
	return unsaved.id, b.save(ctx, unsaved)
}

// save puts the pair of an exchange on disk, and drops the cached calls that use the pair before it. A pair that is no
// seller's is refused by name.
func (b *Bridge) save(ctx context.Context, e *exchange) error {
	if user := e.tokens.User; user != affiliate.UserSeller && user != "" {
		return fmt.Errorf("connecting with TIKTOK_REFRESH_TOKEN: %w: a %s authorised the app, and it has to be the seller", affiliate.ErrBadRefreshToken, user)
	}
	t := e.tokens
	t.OpenID = e.id
	err := keepTokens(ctx, b.store, b.key, t, func(a *workflow.Authorisation) error {
		if e.hash != nil {
			a.Exchanged = append(a.Exchanged, e.hash)
			return nil
		}
		a.Chosen = true
		a.By, a.Unasked = e.by, e.unasked
		return nil
	})
	if err != nil {
		return err
	}
	b.mu.Lock()
	delete(b.unsaved, e.id)
	b.mu.Unlock()
	b.forget(e.id)
	return nil
}

// exchangedUnsaved returns the pair of a refresh token with that hash that no store has taken yet.
func (b *Bridge) exchangedUnsaved(hash []byte) *exchange {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, e := range b.unsaved {
		if e.hash != nil && bytes.Equal(e.hash, hash) {
			return e
		}
	}
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
	late := slices.Collect(maps.Values(b.unsaved))
	b.mu.Unlock()
	var errs []error
	for _, e := range late {
		if err := b.save(ctx, e); err != nil {
			errs = append(errs, err)
			continue
		}
		errs = append(errs, b.learnShops(ctx, e.id, !e.unasked))
	}
	return errors.Join(errs...)
}

func (b *Bridge) setUnsaved(e *exchange) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.unsaved[e.id] = e
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
	if err := b.learnShops(ctx, s.OpenID, false); err != nil {
		b.log.WarnContext(ctx, "could not list the shops again", "shop", s.ID, "error", err)
		return false
	}
	now, err := b.shopRecord(ctx, s.ID)
	return err == nil && now.Cipher != s.Cipher
}

// learnShops updates the records of an authorisation's shops. One that is not on record is served from then on, or, where
// shops are chosen one by one, offered. One that another authorisation of the same app serves goes over to this one if
// somebody here asked for it, as a sub-account may have consented after the owner.
func (b *Bridge) learnShops(ctx context.Context, id string, asked bool) error {
	infos, err := b.authorisation(id).Shops(ctx)
	if err != nil {
		return err
	}
	return b.store.Update(ctx, func(tx workflow.Tx) error {
		a, err := tx.Authorisation(id)
		if err != nil || len(a.Tokens) == 0 {
			return err // it was forgotten meanwhile
		}
		was := a.Offered
		a.Offered = nil
		for _, info := range infos {
			s, err := tx.Shop(workflow.ShopID(info.ID))
			missing := errors.Is(err, workflow.ErrNotFound)
			if err != nil && !missing {
				return err
			}
			sameApp := appOf(s) == appOfID(id)
			if asked && !a.Chosen {
				s.Disconnected = time.Time{} // a new refresh token connects again what it is for
			}
			serve := !missing && s.Disconnected.IsZero() && (s.OpenID == id || sameApp && (asked || !a.Chosen)) || missing && !a.Chosen
			if !serve {
				if a.Chosen {
					a.Offered = append(a.Offered, offer(was, info))
				}
				continue
			}
			if missing {
				s = workflow.Shop{ID: workflow.ShopID(info.ID), SeenAt: time.Now()}
			}
			s.Name, s.Region, s.Cipher, s.OpenID = info.Name, info.Region, string(info.Cipher), id
			if err := tx.PutShop(s); err != nil {
				return err
			}
		}
		if len(was) == 0 && len(a.Offered) == 0 {
			return nil
		}
		return tx.PutAuthorisation(a)
	})
}

// offer is a shop that rests, with what was said of it before.
func offer(was []workflow.OfferedShop, info affiliate.ShopInfo) workflow.OfferedShop {
	known, _ := workflow.Authorisation{Offered: was}.Offers(workflow.ShopID(info.ID))
	return workflow.OfferedShop{ID: workflow.ShopID(info.ID), Name: info.Name, Region: info.Region, Cipher: string(info.Cipher), Refused: known.Refused}
}
