package bot

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/slack-go/slack"

	"sampledesk/bot/access"
	"sampledesk/bot/view"
	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

// SyncState is how the last sweep of a shop went. Config.Sync tells it.
type SyncState struct {
	Shop  workflow.ShopID
	Began time.Time // of the last one; zero: there was none since the desk was opened
	Ended time.Time // of the last one that went through
	Err   error     // of the last one, nil if it went through

	Running time.Time // when the one under way began; zero: none is
	Read    int       // applications that the one under way has read so far

	// MessagesErr and ContentErr are what the last looks for creators' messages and for what they posted failed with; nil
	// where they went through.
	MessagesErr, ContentErr error

	Unreadable []string // ids of the requests that the last sweep could not read, an empty one for those without
}

// statusRoutes are what tells how the desk is.
func (d *Desk) statusRoutes(r *routes) {
	r.commands[view.CommandSamples+" status"] = d.status
}

// status tells how the desk is, and how the shops are that the person may see. Of others nothing is told, nor what waits
// for them.
func (d *Desk) status(ctx context.Context, c command, _ string) (reply, error) {
	link := d.Health()
	facts := view.HealthFacts{At: time.Now(), Version: d.config.Version, Slack: view.HealthSlack{
		Connected: link.Connected, Since: link.Since, LastFrame: link.LastFrame, LastEvent: link.LastEvent,
		LastReason: link.LastReason, LastError: link.LastError, Refused: link.Refused, Asked: link.Asked,
	}}
	facts.Slack.Missing, facts.Slack.Scopes = d.missingScopes(ctx)
	if d.config.Memory != nil {
		facts.Store = d.config.Memory(ctx)
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

// syncs returns how each shop's last sweep went, as far as that is told.
func (d *Desk) syncs() map[workflow.ShopID]SyncState {
	all := map[workflow.ShopID]SyncState{}
	if d.config.Sync == nil {
		return all
	}
	for _, s := range d.config.Sync() {
		all[s.Shop] = s
	}
	return all
}

func (d *Desk) shopsHealth(tx workflow.Tx, shops []workflow.Shop) ([]view.HealthShop, error) {
	syncs := d.syncs()
	all := make([]view.HealthShop, len(shops))
	for i, s := range shops {
		n, err := tx.Count(workflow.QueueOf(s.ID))
		if err != nil {
			return nil, err
		}
		sync := syncs[s.ID]
		all[i] = view.HealthShop{Shop: s, Waiting: n, Told: d.config.Sync != nil, Synced: sync.Ended, Unreadable: sync.Unreadable}
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

// missingScopes asks Slack which of the desk's scopes its token was not granted. Told is false where it does not say.
func (d *Desk) missingScopes(ctx context.Context) (missing []string, told bool) {
	ctx, cancel := context.WithTimeout(ctx, access.Timeout)
	defer cancel()
	var headers http.Header
	api := slack.New(d.config.BotToken, slack.OptionAPIURL(d.config.APIURL), slack.OptionHTTPClient(d.config.client()),
		slack.OptionOnResponseHeaders(func(_ string, h http.Header) { headers = h }))
	if _, err := api.AuthTestContext(ctx); err != nil {
		d.log.WarnContext(ctx, "could not ask which scopes the desk has", "error", err)
		return nil, false
	}
	if headers.Get(scopesHeader) == "" {
		return nil, false
	}
	return ungranted(headers), true
}

// scopesHeader is where Slack's answers tell what a token was granted.
const scopesHeader = "X-Oauth-Scopes"

// ungranted returns those of the desk's scopes that an answer of Slack's does not name.
func ungranted(h http.Header) []string {
	granted := scopesIn(h)
	return slices.DeleteFunc(slices.Clone(Scopes), func(s string) bool { return slices.Contains(granted, s) })
}
