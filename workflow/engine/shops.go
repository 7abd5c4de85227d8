package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"sampledesk/workflow"
)

// ChangeSettings changes a shop's settings, and those of the shops that get a copy. What is the same already is left as
// it is. The error is a Refusal: Name is the field that is wrong, or somebody changed them meanwhile.
func (e *Engine) ChangeSettings(ctx context.Context, shop workflow.ShopID, c workflow.SettingsChange) (s workflow.Shop, err error) {
	c.Settings = c.Settings.Normalised()
	err = e.update(ctx, func(t *txn) (err error) {
		s, err = changeAll(t, shop, c)
		return err
	})
	if err != nil && !errors.Is(err, errUnchanged) {
		return workflow.Shop{}, fmt.Errorf("changing the settings of shop %s: %w", shop, err)
	}
	return s, nil
}

func changeAll(t *txn, shop workflow.ShopID, c workflow.SettingsChange) (workflow.Shop, error) {
	first, err := t.tx.Shop(shop)
	if err != nil {
		return first, err
	}
	if field := c.Settings.Check(); field != "" {
		return first, workflow.Refusal{Rule: workflow.RuleBadSetting, Name: field}
	}
	seen := first.Settings.Version
	first, changed, err := changeSettings(t.tx, first, c, c.Of(first.Settings).Channel)
	if err != nil {
		return first, err
	}
	for _, id := range c.Copies {
		other, err := t.tx.Shop(id)
		if errors.Is(err, workflow.ErrNotFound) || id == shop {
			continue
		}
		if err != nil {
			return first, err
		}
		_, did, err := changeSettings(t.tx, other, c, other.Settings.Channel)
		if err != nil {
			return first, err
		}
		changed = changed || did
	}
	switch {
	case !changed:
		return first, errUnchanged // by whomever, and a second delivery of the same action included
	case seen != c.Seen:
		return first, workflow.Refusal{Rule: workflow.RuleSettingsChanged, Name: first.Name}
	default:
		return first, nil
	}
}

// changeSettings gives a shop those settings, but for the channel. Did reports whether they are others than before.
func changeSettings(tx workflow.Tx, s workflow.Shop, c workflow.SettingsChange, channel string) (after workflow.Shop, did bool, err error) {
	was := s.Settings
	s.Settings = c.Of(was)
	s.Settings.Version, s.Settings.Channel, s.Settings.Welcomed = was.Version, channel, true
	if reflect.DeepEqual(s.Settings, was) {
		return s, false, nil
	}
	if was.Webhook == "" && s.Settings.Webhook != "" {
		s.WebhookSince = c.At // what waited for an address before is not for this one
	}
	s.Settings.Version++
	s.TimersCursor = "" // timers that are being set start over
	if err := tx.PutShop(s); err != nil {
		return s, false, err
	}
	return s, true, tx.Append(workflow.Entry{At: c.At, Key: workflow.Key{Shop: s.ID}, Event: workflow.OnSettingsChanged, By: c.Actor, Name: s.Name, Text: changedNames(was, s.Settings)})
}

// changedNames lists which settings are others than before, by the names under which they are stored.
func changedNames(was, now workflow.Settings) string {
	before, after := fields(was), fields(now)
	var changed []string
	for name := range before {
		if _, still := after[name]; !still {
			changed = append(changed, name)
		}
	}
	for name, value := range after {
		if string(before[name]) != string(value) && name != "version" {
			changed = append(changed, name)
		}
	}
	slices.Sort(changed)
	return strings.Join(changed, ", ")
}

func fields(s workflow.Settings) (all map[string]json.RawMessage) {
	text, _ := json.Marshal(s) // of plain values
	_ = json.Unmarshal(text, &all)
	return all
}

// Welcome records that an admin has seen the first-run welcome of a shop, or dismissed it.
func (e *Engine) Welcome(ctx context.Context, shop workflow.ShopID) error {
	return e.changeShop(ctx, shop, func(_ *txn, s *workflow.Shop) (bool, error) {
		was := s.Settings.Welcomed
		s.Settings.Welcomed = true
		return !was, nil
	})
}

// StartReceiving records since when creators' messages of a shop are posted, if that is not recorded yet.
func (e *Engine) StartReceiving(ctx context.Context, shop workflow.ShopID, since time.Time) error {
	return e.changeShop(ctx, shop, func(_ *txn, s *workflow.Shop) (bool, error) {
		if !s.MessagesSince.IsZero() {
			return false, nil
		}
		s.MessagesSince = since.Truncate(time.Second) // TikTok's times are whole seconds
		return true, nil
	})
}

// SaveBackfill records how far a shop's backfill has come.
func (e *Engine) SaveBackfill(ctx context.Context, shop workflow.ShopID, p workflow.Backfill) error {
	return e.changeShop(ctx, shop, func(_ *txn, s *workflow.Shop) (bool, error) {
		was := s.Backfill
		s.Backfill = p
		return was != p, nil
	})
}
