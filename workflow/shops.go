package workflow

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// SettingsChange is what an admin makes of the settings of one shop or several.
type SettingsChange struct {
	Actor
	At       time.Time
	Seen     int // the version of the first shop's that she was shown
	Settings Settings
	Copies   []ShopID // other shops that get the same, but for the channel
}

// ChangeSettings changes a shop's settings. The error is a Refusal: Name is the field that is wrong, or somebody changed
// them meanwhile.
func (e *Engine) ChangeSettings(ctx context.Context, shop ShopID, c SettingsChange) (s Shop, err error) {
	err = e.update(ctx, func(t *turn) (err error) {
		if s, err = t.tx.Shop(shop); err != nil {
			return err
		}
		if field := c.Settings.Check(); field != "" {
			return Refusal{Rule: RuleNoSettings, Name: field}
		}
		if s.Settings.Version != c.Seen {
			return Refusal{Rule: RuleSettingsMoved, Name: s.Name}
		}
		if s, err = t.changeSettings(s, c, c.Settings.Channel); err != nil {
			return err
		}
		for _, id := range c.Copies {
			other, err := t.tx.Shop(id)
			if errors.Is(err, ErrNotFound) || id == shop {
				continue
			}
			if err != nil {
				return err
			}
			if _, err := t.changeSettings(other, c, other.Settings.Channel); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return Shop{}, fmt.Errorf("changing the settings of shop %s: %w", shop, err)
	}
	return s, nil
}

func (t *turn) changeSettings(s Shop, c SettingsChange, channel string) (Shop, error) {
	version := s.Settings.Version + 1
	s.Settings = c.Settings
	s.Settings.Version, s.Settings.Channel, s.Settings.Welcomed = version, channel, true
	if err := t.tx.PutShop(s); err != nil {
		return s, err
	}
	return s, t.tx.Append(Entry{At: c.At, Key: Key{Shop: s.ID}, Event: OnSettingsChanged, By: c.Actor, Name: s.Name})
}

// Welcome puts on record that an admin has seen the first-run welcome of a shop, or dismissed it.
func (e *Engine) Welcome(ctx context.Context, shop ShopID) error {
	return e.changeShop(ctx, shop, func(_ *turn, s *Shop) (bool, error) {
		was := s.Settings.Welcomed
		s.Settings.Welcomed = true
		return !was, nil
	})
}

// Listen puts on record since when creators' messages of a shop are told, if that is not on record.
func (e *Engine) Listen(ctx context.Context, shop ShopID, since time.Time) error {
	return e.changeShop(ctx, shop, func(_ *turn, s *Shop) (bool, error) {
		if !s.Heard.IsZero() {
			return false, nil
		}
		s.Heard = since.Truncate(time.Second) // TikTok's times are whole seconds
		return true, nil
	})
}
