package bot

import (
	"context"

	"sampledesk/bot/access"
	"sampledesk/bot/handle"
	"sampledesk/bot/post"
	"sampledesk/bot/rules"
	"sampledesk/bot/view"
	"sampledesk/workflow"
	"sampledesk/workflow/engine"
)

// surfaces makes the surfaces, each with the few things that it needs, and what writes the messages that they render.
func (d *Desk) surfaces(store workflow.Store, engine *engine.Engine, who *access.Access, mux *handle.Mux) []surface {
	api, log, dismissed := d.api, d.config.Logger, &dismissed{}
	defaults, reads := d.config.defaults(), newHeavyReads(store) // reads is for those who only look
	find, decide := finder{store: store, defaults: defaults, log: log}, decider{engine: engine, defaults: defaults}
	look := finder{store: reads, defaults: defaults, log: log}
	syncs, products := syncStates(d.config.Sync), productMenu{store: reads, access: who, log: log}

	d.home = newHomeDesk(homeDesk{api: api, engine: engine, store: reads, access: who, dismissed: dismissed, syncs: syncs, connects: d.config.Consents != nil, log: log})
	d.home.sessions.shared, d.home.sessions.others = d.config.Shared, d.config.others
	bulk := &bulkDesk{api: api, engine: engine, store: store, reads: reads, access: who, defaults: defaults, find: find, log: log}
	talk := &talkDesk{api: api, engine: engine, store: store, access: who, defaults: defaults, log: log}
	question := &questionDesk{engine: engine, store: store, access: who, defaults: defaults, log: log}
	checks := slackChecks{api: api, access: who, log: log}
	settings := &settingsDesk{api: api, engine: engine, store: store, access: who, mux: mux, standard: standardSettings(defaults), checks: checks, log: log,
		webhooks: webhooks{d.config.TestWebhook, d.config.NewWebhookSecret}, connects: d.config.Consents != nil}

	assigning := assigner{engine: engine, access: who, defaults: defaults}
	assign := &assignDesk{store: store, access: who, mux: mux, find: find, assigner: assigning}

	connect := &connectDesk{
		api: api, store: store, access: who, defaults: defaults, consents: d.config.Consents, unreachable: checks.unreachableSoon, log: log,
	}

	said, due, week := messages{defaults}, clock{access: who, defaults: defaults}, &weekDesk{api: api, log: log}
	d.posts = post.New(post.Config{API: api, Store: store, Defaults: defaults, Log: log, LinkTo: who.LinkTo, Shared: d.config.Shared, Renderers: map[post.On]post.Render{
		{Effect: workflow.ShowCard}:                                  said.card,
		{Effect: workflow.ShowNotice, Kind: workflow.KindRun}:        bulk.runMessage,
		{Effect: workflow.ShowNotice, Kind: workflow.KindQuestion}:   question.questionMessage,
		{Effect: workflow.ShowNotice, Kind: workflow.KindMessage}:    talk.messageMessage,
		{Effect: workflow.ShowNotice, Kind: workflow.KindMorning}:    due.morning,
		{Effect: workflow.ShowNotice, Kind: workflow.KindExpired}:    due.expired,
		{Effect: workflow.ShowNotice, Kind: workflow.KindDeadline}:   due.step,
		{Effect: workflow.ShowNotice, Kind: workflow.KindContent}:    due.content,
		{Effect: workflow.ShowNotice, Kind: workflow.KindBacklog}:    said.backlog,
		{Effect: workflow.ShowNotice, Kind: workflow.KindRuleDigest}: said.digest,
		{Effect: workflow.Reply}:                                     said.reply,
		{Effect: workflow.Reply, Kind: workflow.KindMessage}:         said.heard,
		{Effect: workflow.Reply, Kind: workflow.KindDeadline}:        due.deadline,
		{Effect: workflow.Announce}:                                  said.announcement,
		{Effect: workflow.Announce, Kind: workflow.KindMessage}:      said.heardInChannel,
		{Effect: workflow.Announce, Kind: workflow.KindAssigned}:     assign.told,
		{Effect: workflow.Announce, Kind: workflow.KindConsent}:      connect.consent,
		{Effect: workflow.Announce, Kind: workflow.KindEnding}:       connect.ending,
		{Effect: workflow.Announce, Kind: workflow.KindDeadline}:     due.overtaken,
		{Effect: workflow.Announce, Kind: workflow.KindShipment}:     due.shipments,
		{Effect: workflow.Announce, Kind: workflow.KindWeeklyReport}: week.report,
	}})
	return []surface{
		d.home, bulk, talk, question, assign,
		&cardDesk{api: api, engine: engine, store: store, access: who, mux: mux, assign: assign, defaults: defaults, find: look, log: log},
		&queueDesk{api: api, engine: engine, store: reads, access: who, find: look, log: log},
		&pickDesk{access: who, find: find, decider: decide},
		&noteDesk{engine: engine, store: store, reads: reads, access: who, find: find, log: log},
		&mentionDesk{api: api, engine: engine, store: store, access: who, mux: mux, find: find, decider: decide, assigner: assigning, heard: newRecentIDs(store), log: log},
		&campaignDesk{shared: newRecentIDs(store), api: api, engine: engine, store: store, reads: reads, access: who, defaults: defaults, log: log},
		&editDesk{engine: engine, store: store, access: who, defaults: defaults, unreachable: checks.unreachableSoon, products: products, log: log},
		&joinDesk{engine: engine, store: store, access: who, mux: mux, defaults: defaults, log: log},
		&linkDesk{api: api, engine: engine, store: store, access: who, mux: mux, defaults: defaults, products: products, link: d.config.Link, log: log},
		&statusDesk{store: reads, version: d.config.Version, slack: d.slackHealth, memory: d.config.Memory, syncs: syncs, desks: d.config.Desks},
		&retryDesk{engine: engine, store: reads, access: who, mux: mux, find: look},
		&statsDesk{sent: newRecentIDs(store), api: api, store: reads, access: who, mux: mux, defaults: defaults, files: make(sem, maxFilesAtOnce), log: log},
		settings, connect, newRulesDesk(rules.Desk{API: api, Engine: engine, Store: store, Reads: reads, Long: reads.Long, Access: who, Draw: drawFunnel, Log: log}),
		&welcomeDesk{api: api, engine: engine, access: who, settings: settings, dismissed: dismissed, changed: d.Changed, log: log},
	}
}

// slackHealth tells how the desk stands with Slack.
func (d *Desk) slackHealth(ctx context.Context) view.HealthSlack {
	link := d.Health()
	h := view.HealthSlack{
		Connected: link.Connected, Since: link.Since, LastFrame: link.LastFrame, LastEvent: link.LastEvent,
		LastReason: link.LastReason, LastError: link.LastError, Refused: link.Refused, Asked: link.Asked,
	}
	h.Missing, h.Scopes = missingScopes(ctx, d.config)
	return h
}
