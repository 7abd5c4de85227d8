package bridge

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"sampledesk/affiliate"
	"sampledesk/workflow"
)

// CheckAuthorisations has the admins told of authorisations that are about to end, at each of workflow.EndSteps once.
// Nothing stops before its time.
func (b *Bridge) CheckAuthorisations(ctx context.Context) error {
	auths, err := read(ctx, b.store, "the authorisations", workflow.Tx.Authorisations)
	if err != nil {
		return err
	}
	errs := []error{b.finishRenewals(ctx, auths)}
	for _, a := range auths {
		if a.Ends.IsZero() && len(a.Tokens) > 0 {
			errs = append(errs, b.learnEnd(ctx, a.OpenID))
		}
	}
	if auths, err = read(ctx, b.store, "the authorisations", workflow.Tx.Authorisations); err != nil {
		return errors.Join(append(errs, err)...)
	}
	for _, a := range auths {
		if a.EndDue(time.Now()) > 0 {
			errs = append(errs, b.tellEnd(ctx, a.OpenID))
		}
	}
	return errors.Join(errs...)
}

// renewalTime is how long a renewal of this process may be under way.
const renewalTime = 2 * time.Minute

// finishRenewals sees to the renewals whose end is not known: the process was killed between TikTok's answer and the disk,
// or the answer was lost on its way. Where the old refresh token still works, the request had not arrived. Where it is
// dead, the new pair is gone, and nothing brings it back: the authorisation ends with the access token that there is, and
// the admins are told so now, with the link, and not when that token dies.
func (b *Bridge) finishRenewals(ctx context.Context, auths []workflow.Authorisation) error {
	var errs []error
	for _, a := range auths {
		if a.Renewing.IsZero() || len(a.Tokens) == 0 || !a.Renewing.Before(b.opened) && time.Since(a.Renewing) < renewalTime {
			continue
		}
		err := b.authorisation(a.OpenID).Renew(ctx)
		if errors.Is(err, affiliate.ErrBadRefreshToken) {
			b.log.ErrorContext(ctx, "the tokens that TikTok sent last were lost, and the seller has to authorise the app again", "authorisation", a.OpenID, "error", err)
			err = b.endWithAccess(ctx, a.OpenID)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("finishing the renewal of an authorisation: %w", err))
		}
	}
	return errors.Join(errs...)
}

// endWithAccess keeps that an authorisation ends with its access token.
func (b *Bridge) endWithAccess(ctx context.Context, id string) error {
	return b.store.Update(ctx, func(tx workflow.Tx) error {
		a, err := tx.Authorisation(id)
		if err != nil || len(a.Tokens) == 0 {
			return err
		}
		t, err := b.key.open(id, a.Tokens)
		if err != nil {
			return err
		}
		a.Renewing = time.Time{}
		if a.Ends.IsZero() || t.AccessExpires.Before(a.Ends) {
			a.Ends = t.AccessExpires
		}
		return tx.PutAuthorisation(a)
	})
}

// learnEnd keeps beside the tokens when they end: a desk from before kept that sealed alone.
func (b *Bridge) learnEnd(ctx context.Context, id string) error {
	return b.store.Update(ctx, func(tx workflow.Tx) error {
		a, err := tx.Authorisation(id)
		if err != nil || len(a.Tokens) == 0 {
			return err
		}
		t, err := b.key.open(id, a.Tokens)
		if err != nil || t.RefreshExpires.IsZero() {
			return nil //nolint:nilerr // the sweeps tell of tokens that do not open
		}
		a.Ends, a.Scopes = t.RefreshExpires, t.Scopes
		return tx.PutAuthorisation(a)
	})
}

// tellEnd tells the admins of an authorisation's shops, each in private, and keeps that they were told in the same
// transaction.
func (b *Bridge) tellEnd(ctx context.Context, id string) error {
	return b.engine.TellPeople(ctx, func(tx workflow.Tx) ([]workflow.Payload, error) {
		a, err := tx.Authorisation(id)
		if err != nil {
			return nil, err
		}
		now := time.Now()
		days := a.EndDue(now)
		shops, err := tx.Shops()
		if err != nil || days == 0 {
			return nil, err
		}
		var people []workflow.PersonID
		for _, s := range shops {
			if s.OpenID != id || !s.Disconnected.IsZero() || b.apps.AdminsOf == nil {
				continue
			}
			for _, p := range b.apps.AdminsOf(s) {
				if !slices.Contains(people, p) {
					people = append(people, p)
				}
			}
		}
		a.Told, a.ToldFor = days, a.Ends
		var all []workflow.Payload
		for _, p := range people {
			all = append(all, workflow.Payload{Kind: workflow.KindEnding, At: now, To: p, Authorisation: id, NextDue: a.Ends, Waiting: days})
		}
		return all, tx.PutAuthorisation(a)
	})
}

// TellConsent asks the admins in private what is to become of the shops that a consent offers: whoever asked for it, or,
// where nobody did, the desk's admins.
func (b *Bridge) TellConsent(ctx context.Context, c Connection) error {
	return b.engine.TellPeople(ctx, func(tx workflow.Tx) (all []workflow.Payload, err error) {
		people := []workflow.PersonID{c.By}
		if !c.Asked && b.apps.AdminsOf != nil {
			people = b.apps.AdminsOf(workflow.Shop{})
		}
		for _, p := range people {
			if p != "" {
				all = append(all, workflow.Payload{Kind: workflow.KindConsent, At: time.Now(), To: p, Authorisation: c.Authorisation.OpenID})
			}
		}
		return all, nil
	})
}

// LookAtAuthorisation asks TikTok how the authorisation of a shop is, after it sent word that it was taken back or is about
// to end: a new pair tells when that will be. What TikTok refuses stops the shops as a sweep would.
func (b *Bridge) LookAtAuthorisation(ctx context.Context, id workflow.ShopID) error {
	s, err := b.shopRecord(ctx, id)
	if errors.Is(err, workflow.ErrNotFound) || err == nil && !s.Disconnected.IsZero() {
		return nil
	}
	if err != nil {
		return err
	}
	err = b.authorisation(s.OpenID).Renew(ctx)
	if affiliate.KindOf(err) != affiliate.NeedsReconnect {
		return errors.Join(err, b.CheckAuthorisations(ctx))
	}
	shops, readErr := b.Shops(ctx)
	errs := []error{readErr}
	for _, other := range shops {
		if other.OpenID == s.OpenID {
			errs = append(errs, b.engine.StopShop(ctx, other.ID, workflow.FromSync, failureOf(err), time.Now()))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("recording that an authorisation is over: %w", err)
	}
	return nil
}
