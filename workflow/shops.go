package workflow

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

func sortWritten(all []Written) {
	slices.SortFunc(all, func(a, b Written) int {
		if d := a.At.Compare(b.At); d != 0 {
			return d
		}
		if a.ID == b.ID {
			return 0
		}
		if higher(a.ID, b.ID) {
			return 1
		}
		return -1
	})
}

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

// Retry tries again at once what waits or failed for an application: effects that rest after a failure, and dead
// letters. It returns how many that were; the error is a Refusal if there is nothing.
func (e *Engine) Retry(ctx context.Context, k Key, by Actor, at time.Time) (tried int, err error) {
	err = e.update(ctx, func(t *turn) error {
		a, err := load(t.tx, k)
		if err != nil {
			return err
		}
		if a.State() == Unseen {
			return Refusal{Rule: RuleNoApplication, Name: string(k.ID)}
		}
		if tried, err = t.retry(a, at); err != nil {
			return err
		}
		if tried == 0 {
			return Refusal{Rule: RuleNothingFailed, Application: a}
		}
		return t.tx.Append(Entry{At: at, Key: k, Event: OnRetried, By: by, From: a.State(), To: a.State(), Round: a.Round, Status: a.Report.Status})
	})
	if err != nil {
		return 0, fmt.Errorf("retrying for %s: %w", k, err)
	}
	return tried, nil
}

func (t *turn) retry(a Application, at time.Time) (tried int, err error) {
	lanes := []Lane{ReviewLane(a.Key), CardLane(a.Key), ThreadLane(a.Key), MessageLane(a.Key.Shop, a.Report.Creator.KeyOf(a.Key.Shop))}
	for _, lane := range lanes {
		waiting, err := t.tx.Lane(lane)
		if err != nil {
			return tried, err
		}
		for _, w := range waiting {
			if w.Claimed || w.Attempt == 0 || w.Looks > 0 || !w.NotBefore.After(at) {
				continue // under way, not tried yet, or looking first what became of it
			}
			w.NotBefore = at
			t.enqueued = true
			if err := t.tx.Change(w.Effect); err != nil {
				return tried, err
			}
			tried++
		}
	}
	for after := ""; ; {
		dead, next, err := t.tx.DeadLetters(after, observeBatch)
		if err != nil {
			return tried, err
		}
		for _, d := range dead {
			if d.Key() != a.Key {
				continue
			}
			t.enqueued = true
			if err := t.tx.Revive(d.ID, at); err != nil {
				return tried, err
			}
			tried++
		}
		if after = next; after == "" {
			return tried, nil
		}
	}
}

// Revive tries a dead letter again. The error is a Refusal if there is none of that id.
func (e *Engine) Revive(ctx context.Context, id EffectID, at time.Time) error {
	err := e.update(ctx, func(t *turn) error {
		err := t.tx.Revive(id, at)
		if errors.Is(err, ErrNotFound) {
			return Refusal{Rule: RuleNothingFailed}
		}
		t.enqueued = true
		return err
	})
	if err != nil {
		return fmt.Errorf("reviving effect %s: %w", id, err)
	}
	return nil
}
