package bot

import (
	"context"
	"fmt"
	"time"

	"sampledesk/bot/access"
	"sampledesk/bot/view"
	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

// statusDesk tells how the desk is.
type statusDesk struct {
	store   workflow.Store
	version string
	slack   func(context.Context) view.HealthSlack
	memory  func(context.Context) []string
	syncs   syncStates
	desks   func() []workflow.Desk
}

// register adds the command.
func (d *statusDesk) register(r *routes) {
	r.commands[view.CommandSamples+" status"] = r.whenReady(d.status)
}

// status tells how the desk is, and how the shops are that the person may see. Of others nothing is told, nor what waits
// for them.
func (d *statusDesk) status(ctx context.Context, c command, _ string) (reply, error) {
	facts := view.HealthFacts{At: time.Now(), Version: d.version, Slack: d.slack(ctx)}
	if d.desks != nil {
		facts.Desks = d.desks()
	}
	if d.memory != nil {
		facts.Store = d.memory(ctx)
	}
	err := d.store.View(ctx, func(tx workflow.Tx) error {
		var err error
		if facts.Shops, err = d.shopsHealth(tx, c.Shops); err != nil {
			return err
		}
		if facts.Waiting, facts.More, err = query.Undelivered(tx, c.Shops, time.Now()); err != nil {
			return err
		}
		facts.Dead, err = query.DeadLetters(ctx, tx, c.Shops)
		return err
	})
	if err != nil && len(facts.Store) == 0 {
		return reply{}, fmt.Errorf("%w how the desk is: %w", access.ErrRead, err)
	}
	return reply{Message: view.Health(facts)}, nil // with what could be read, where the store is at fault
}

func (d *statusDesk) shopsHealth(tx workflow.Tx, shops []workflow.Shop) ([]view.HealthShop, error) {
	syncs := d.syncs.byShop()
	all := make([]view.HealthShop, len(shops))
	for i, s := range shops {
		n, err := tx.Count(workflow.QueueOf(s.ID))
		if err != nil {
			return nil, err
		}
		rules, err := tx.Rules(s.ID)
		if err != nil {
			return nil, err
		}
		sync := syncs[s.ID]
		all[i] = view.HealthShop{Rules: rules, Shop: s, Waiting: n, Told: d.syncs != nil, Synced: sync.Ended, Unreadable: sync.Unreadable}
		if all[i].Authorisation, err = tx.Authorisation(s.OpenID); query.UnlessMissing(err) != nil {
			return nil, err
		}
		all[i].At = time.Now()
		all[i].Running, all[i].Read = sync.Running, sync.Read
		all[i].Error, all[i].MessagesError, all[i].ContentError = words(sync.Err), words(sync.MessagesErr), words(sync.ContentErr)
	}
	return all, nil
}

func words(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
