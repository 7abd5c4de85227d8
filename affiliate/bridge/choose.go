package bridge

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"sampledesk/workflow"
)

// Choice is somebody's word on shops that an authorisation offers.
type Choice struct {
	Authorisation string
	Shops         []workflow.ShopID
	By            workflow.Actor
	Channel       string              // of the shops, where it is not the desk's own; empty: that
	Admins        []workflow.PersonID // of the shops, where they are not the desk's; nil: those
}

// ErrNotOffered says that an authorisation does not offer a shop any more.
var ErrNotOffered = errors.New("the shop is not offered any more: somebody decided on it already")

// Accept has the desk serve shops that an authorisation offers. What was known of them from before, settings included,
// holds again.
func (b *Bridge) Accept(ctx context.Context, c Choice) (connected []workflow.Shop, err error) {
	err = b.store.Update(ctx, func(tx workflow.Tx) error {
		connected = nil
		a, err := tx.Authorisation(c.Authorisation)
		if err != nil {
			return err
		}
		for _, id := range c.Shops {
			offered, ok := a.Offers(id)
			if !ok {
				return fmt.Errorf("%w: %s", ErrNotOffered, id)
			}
			s, err := b.accepted(tx, a, offered, c)
			if err != nil {
				return err
			}
			connected = append(connected, s)
			a.Offered = slices.DeleteFunc(a.Offered, func(o workflow.OfferedShop) bool { return o.ID == id })
		}
		a.Unasked = a.Unasked && len(a.Waiting()) > 0
		return tx.PutAuthorisation(a)
	})
	if err != nil {
		return nil, fmt.Errorf("connecting shops: %w", err)
	}
	return connected, nil
}

func (b *Bridge) accepted(tx workflow.Tx, a workflow.Authorisation, offered workflow.OfferedShop, c Choice) (workflow.Shop, error) {
	now := time.Now()
	s, err := tx.Shop(offered.ID)
	switch {
	case errors.Is(err, workflow.ErrNotFound):
		s = workflow.Shop{ID: offered.ID, SeenAt: now}
	case err != nil:
		return s, err
	case s.Disconnected.IsZero() && s.OpenID != a.OpenID && appOf(s) != appOfID(a.OpenID):
		return s, fmt.Errorf("shop %s is connected through another app: disconnect it first (sampledesk shop disconnect %s)", s.ID, s.ID)
	}
	s.Name, s.Region, s.Cipher, s.OpenID, s.Disconnected = offered.Name, offered.Region, offered.Cipher, a.OpenID, time.Time{}
	s.SyncStopped, s.ReviewsStopped = workflow.Failure{}, workflow.Failure{}
	if c.Channel != "" && c.Channel != s.Settings.Channel {
		s.Settings.Channel = c.Channel
		s.Settings.Version++
	}
	if len(c.Admins) > 0 && len(s.Settings.Admins) == 0 {
		s.Settings.Admins = c.Admins
		s.Settings.Version++
	}
	if err := tx.PutShop(s); err != nil {
		return s, err
	}
	return s, tx.Append(workflow.Entry{At: now, Key: workflow.Key{Shop: s.ID}, Event: workflow.OnShopConnected, By: c.By, Name: s.Name})
}

func appOfID(id string) string {
	app, _ := workflow.AppOf(id)
	return app
}

// Refuse records that shops are not to be served. Of an authorisation that serves none and offers none any more the tokens
// are forgotten.
func (b *Bridge) Refuse(ctx context.Context, c Choice) error {
	err := b.store.Update(ctx, func(tx workflow.Tx) error {
		a, err := tx.Authorisation(c.Authorisation)
		if err != nil {
			return err
		}
		for i := range a.Offered {
			if slices.Contains(c.Shops, a.Offered[i].ID) {
				a.Offered[i].Refused = true
			}
		}
		if len(a.Waiting()) == 0 {
			a.Unasked = false
			if served, err := serves(tx, a.OpenID); err != nil || served > 0 {
				return errors.Join(err, tx.PutAuthorisation(a))
			}
			a.Tokens = nil
		}
		return tx.PutAuthorisation(a)
	})
	if err != nil {
		return fmt.Errorf("refusing shops: %w", err)
	}
	b.forget(c.Authorisation)
	return nil
}

// serves returns how many shops the desk serves through an authorisation.
func serves(tx workflow.Tx, id string) (n int, err error) {
	shops, err := tx.Shops()
	for _, s := range shops {
		if s.OpenID == id && s.Disconnected.IsZero() {
			n++
		}
	}
	return n, err
}

// Disconnect has the desk serve a shop no more. What it knows of the shop stays. Of the last shop of an authorisation the
// tokens are forgotten: last reports whether it was. TikTok has no call that takes a consent back, so that is for the
// seller to do. An unknown shop is workflow.ErrNotFound.
func (b *Bridge) Disconnect(ctx context.Context, id workflow.ShopID, by workflow.Actor) (s workflow.Shop, last bool, err error) {
	err = b.store.Update(ctx, func(tx workflow.Tx) error {
		if s, err = tx.Shop(id); err != nil {
			return err
		}
		if s.Disconnected.IsZero() {
			s.Disconnected = time.Now()
			if err := tx.PutShop(s); err != nil {
				return err
			}
			line := workflow.Entry{At: s.Disconnected, Key: workflow.Key{Shop: id}, Event: workflow.OnShopDisconnected, By: by, Name: s.Name}
			if err := tx.Append(line); err != nil {
				return err
			}
		}
		served, err := serves(tx, s.OpenID)
		if last = served == 0; err != nil || !last {
			return err
		}
		a, err := tx.Authorisation(s.OpenID)
		if errors.Is(err, workflow.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		a.Tokens, a.Offered, a.Unasked = nil, nil, false
		return tx.PutAuthorisation(a)
	})
	if err != nil {
		return s, last, fmt.Errorf("disconnecting shop %s: %w", id, err)
	}
	b.forget(s.OpenID)
	return s, last, nil
}
