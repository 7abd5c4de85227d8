package webhook

import (
	"context"
	"fmt"
	"time"

	"sampledesk/workflow"
)

// secret returns what signs a shop's events. A shop that got its address as a copy of another's has none yet: it gets one,
// which an admin can replace by one that they are shown.
func (s *Service) secret(ctx context.Context, shop workflow.Shop) (string, error) {
	if len(shop.WebhookSecret) > 0 {
		return s.Seal.OpenWebhook(shop.ID, shop.WebhookSecret)
	}
	made, err := s.keep(ctx, shop.ID, true, workflow.Actor{})
	if err != nil {
		return "", err
	}
	return made, nil
}

// NewSecret makes a new secret for a shop, in place of the one that it has, and returns it: it is the only time that it can
// be read.
func (s *Service) NewSecret(ctx context.Context, shop workflow.ShopID, by workflow.Actor) (string, error) {
	return s.keep(ctx, shop, false, by)
}

func (s *Service) keep(ctx context.Context, shop workflow.ShopID, onlyNew bool, by workflow.Actor) (string, error) {
	var kept []byte
	err := s.Seal.SealWebhook(shop, newSecret(), func(sealed []byte) (err error) {
		kept, err = s.Engine.KeepWebhookSecret(ctx, shop, sealed, onlyNew, by, time.Now())
		return err
	})
	if err != nil {
		return "", fmt.Errorf("keeping the secret of a webhook: %w", err)
	}
	return s.Seal.OpenWebhook(shop, kept)
}

// Test sends an example to a shop's address now, and tells in a few words what came back, and whether that is good.
func (s *Service) Test(ctx context.Context, shop workflow.Shop) (words string, good bool) {
	if s.Budget(workflow.Effect{}, "webhook "+string(shop.ID)) > 0 {
		return "too much is being sent there right now; please try again in a few seconds", false
	}
	e, a := example(shop, time.Now())
	got := s.send(ctx, e, shop, a)
	if got.status == 0 {
		return got.words(), false
	}
	return fmt.Sprintf("%s, after %s", got.words(), got.took.Round(time.Millisecond)), got.ok()
}
