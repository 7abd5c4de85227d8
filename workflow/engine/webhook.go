package engine

import (
	"context"
	"errors"
	"time"

	"sampledesk/workflow"
)

// callWebhook enqueues what another system is told of an application's event, if the shop's settings name one. Of what a
// shop's first sweep finds nothing is told: it happened before the desk.
func (t *txn) callWebhook(before, after workflow.Application, line workflow.Entry) error {
	events := workflow.WebhookEvents(before, after, line)
	if len(events) == 0 {
		return nil
	}
	s, err := t.tx.Shop(after.Key.Shop)
	if errors.Is(err, workflow.ErrNotFound) || err == nil && (s.Settings.Webhook == "" || !s.InitialSyncDone && before.State() == workflow.Unseen) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, e := range events {
		err := t.enqueue(workflow.Effect{
			Kind: workflow.CallWebhook, Lane: workflow.WebhookLane(after.Key), Priority: workflow.Routine, Shop: after.Key.Shop,
			Application: after.Key.ID, Webhook: &e, NotBefore: line.At,
		}, line.At)
		if err != nil {
			return err
		}
	}
	return nil
}

// tellWebhookFailed tells a shop's admins that another system did not take what it was told, once a day.
func tellWebhookFailed(t *txn, eff workflow.Effect, now time.Time) error {
	s, err := t.tx.Shop(eff.Shop)
	if errors.Is(err, workflow.ErrNotFound) || err == nil && now.Before(s.WebhookFailed.Add(undeliveredRests)) {
		return nil
	}
	if err != nil {
		return err
	}
	s.WebhookFailed = now
	if err := t.tx.PutShop(s); err != nil {
		return err
	}
	return t.announce(s.ID, workflow.Payload{
		Kind: workflow.KindWebhook, At: now, Failure: eff.Failure, Shop: s.Name, Text: workflow.WebhookHost(s.Settings.Webhook),
	})
}

// KeepWebhookSecret keeps the sealed secret that signs what a shop's webhook is sent. With onlyNew it keeps none where there
// is one. It returns the one that is kept then. The shop's history tells of it.
func (e *Engine) KeepWebhookSecret(ctx context.Context, shop workflow.ShopID, sealed []byte, onlyNew bool, by workflow.Actor, at time.Time) (kept []byte, err error) {
	err = e.update(ctx, func(t *txn) error {
		s, err := t.tx.Shop(shop)
		if err != nil {
			return err
		}
		if kept = s.WebhookSecret; onlyNew && len(kept) > 0 {
			return errUnchanged
		}
		kept, s.WebhookSecret = sealed, sealed
		if err := t.tx.PutShop(s); err != nil || by.Person == "" {
			return err
		}
		return t.tx.Append(workflow.Entry{At: at, Key: workflow.Key{Shop: s.ID}, Event: workflow.OnSettingsChanged, By: by, Name: s.Name, Text: "new webhook secret"})
	})
	if errors.Is(err, errUnchanged) {
		err = nil
	}
	return kept, err
}
