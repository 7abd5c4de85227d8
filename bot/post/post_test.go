package post_test

import (
	"context"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/bot/post"
	"sampledesk/bot/slackapi"
	"sampledesk/store/boltstore"
	"sampledesk/workflow"
	"sampledesk/workflow/engine"
	"sampledesk/workflow/query"
)

const shop = workflow.ShopID("7495001")

// open returns a service on a store that holds a shop, a campaign with a channel of its own, an application with a card and
// one whose card is gone.
func open(t *testing.T, renderers map[post.On]post.Render, notices ...workflow.Notice) (*post.Service, workflow.Store) {
	t.Helper()
	store, err := boltstore.Open(t.Context(), filepath.Join(t.TempDir(), "desk.db"))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	application := func(id workflow.ApplicationID, card workflow.Post) workflow.Application {
		return workflow.Application{Key: workflow.Key{Shop: shop, ID: id}, SeenAt: time.Unix(1, 0), Card: workflow.Card{Wanted: true, Post: card}}
	}
	require.NoError(t, store.Update(t.Context(), func(tx workflow.Tx) error {
		for _, a := range []workflow.Application{
			application("new", workflow.Post{}),
			application("carded", workflow.Post{Channel: "C0BEFORE01", TS: "1.000001", Hash: "h"}),
			application("lost", workflow.Post{Channel: "C0BEFORE01", TS: "1.000002", Lost: true}),
		} {
			if err := tx.PutApplication(a); err != nil {
				return err
			}
		}
		for _, n := range notices {
			if err := tx.PutNotice(n); err != nil {
				return err
			}
		}
		if err := tx.PutCampaign(workflow.Campaign{ID: "spring", Shop: shop, Name: "Spring", Channel: "C0SPRING01"}); err != nil {
			return err
		}
		return tx.PutShop(workflow.Shop{ID: shop, Name: "Glow", Settings: workflow.Settings{
			Channel: "C0SAMPLES1", Shipments: workflow.ShipmentsElsewhere, ShipmentChannel: "C0PARCELS1",
		}})
	}))
	return post.New(post.Config{Store: store, Defaults: query.Defaults{Channel: "C0DEFAULT1"}, Log: slog.New(slog.DiscardHandler), Renderers: renderers}), store
}

func TestAnEffectCountsAgainstTheChannelThatItGoesTo(t *testing.T) {
	run, inThread, asked := workflow.Notice{ID: "run", Shop: shop, Kind: workflow.KindRun},
		workflow.Notice{ID: "in a thread", Shop: shop, Kind: workflow.KindMessage, Application: "carded", Campaign: "spring"},
		workflow.Notice{ID: "asked", Shop: shop, Kind: workflow.KindQuestion, Campaign: "spring"}
	shown := run
	shown.ID, shown.Post = "shown", workflow.Post{Channel: "C0BEFORE01", TS: "2.000001"}
	s, store := open(t, nil, run, inThread, asked, shown)
	for name, c := range map[string]struct {
		effect          workflow.Effect
		method, channel string
	}{
		"a card":                           {workflow.Effect{Kind: workflow.ShowCard, Application: "new"}, slackapi.MethodPost, "C0SAMPLES1"},
		"a card that is there":             {workflow.Effect{Kind: workflow.ShowCard, Application: "carded"}, slackapi.MethodUpdate, "C0BEFORE01"},
		"a reply":                          {workflow.Effect{Kind: workflow.Reply, Application: "carded"}, slackapi.MethodPost, "C0BEFORE01"},
		"a notice":                         {workflow.Effect{Kind: workflow.ShowNotice, Notice: "run"}, slackapi.MethodPost, "C0SAMPLES1"},
		"a notice that is there":           {workflow.Effect{Kind: workflow.ShowNotice, Notice: "shown"}, slackapi.MethodUpdate, "C0BEFORE01"},
		"a notice in a thread":             {workflow.Effect{Kind: workflow.ShowNotice, Notice: "in a thread"}, slackapi.MethodPost, "C0BEFORE01"},
		"a question of a campaign":         {workflow.Effect{Kind: workflow.ShowNotice, Notice: "asked"}, slackapi.MethodPost, "C0SPRING01"},
		"an announcement":                  {workflow.Effect{Kind: workflow.Announce, Payload: &workflow.Payload{Kind: workflow.KindBacklog}}, slackapi.MethodPost, "C0SAMPLES1"},
		"an announcement about parcels":    {workflow.Effect{Kind: workflow.Announce, Payload: &workflow.Payload{Kind: workflow.KindShipment}}, slackapi.MethodPost, "C0PARCELS1"},
		"an announcement of a campaign":    {workflow.Effect{Kind: workflow.Announce, Payload: &workflow.Payload{Kind: workflow.KindMessage, CampaignID: "spring"}}, slackapi.MethodPost, "C0SPRING01"},
		"an announcement of no known shop": {workflow.Effect{Kind: workflow.Announce, Shop: "7495009", Payload: &workflow.Payload{Kind: workflow.KindBacklog}}, slackapi.MethodPost, "C0DEFAULT1"},
	} {
		if c.effect.Shop == "" {
			c.effect.Shop = shop
		}
		require.NoError(t, store.View(t.Context(), func(tx workflow.Tx) error {
			key, err := s.Limit(tx, c.effect)
			require.Equal(t, slackapi.LimitKey(c.method, c.channel), key, name)
			return err
		}), name)
	}
}

func TestWhatHasNothingToSayWritesNothing(t *testing.T) {
	quiet := func(context.Context, workflow.Tx, post.Subject) (post.Rendered, error) {
		return post.Rendered{Obsolete: true}, nil
	}
	gone := func(context.Context, workflow.Tx, post.Subject) (post.Rendered, error) {
		return post.Rendered{}, workflow.ErrNotFound
	}
	rests := func(context.Context, workflow.Tx, post.Subject) (post.Rendered, error) {
		return post.Rendered{Later: func(context.Context) (post.Rendered, error) { return post.Rendered{Rest: time.Minute}, nil }}, nil
	}
	s, _ := open(t, map[post.On]post.Render{
		{Effect: workflow.Reply}:                                     quiet,
		{Effect: workflow.Reply, Kind: workflow.KindStage}:           gone,
		{Effect: workflow.Announce, Kind: workflow.KindWeeklyReport}: rests,
		{Effect: workflow.ShowNotice, Kind: workflow.KindRun}:        gone,
	}, workflow.Notice{ID: "run", Shop: shop, Kind: workflow.KindRun}, workflow.Notice{ID: "unknown", Shop: shop, Kind: "unknown"})
	note, stage, report := &workflow.Payload{Kind: workflow.KindNote}, &workflow.Payload{Kind: workflow.KindStage}, &workflow.Payload{Kind: workflow.KindWeeklyReport}
	for name, c := range map[string]struct {
		effect workflow.Effect
		then   engine.Then
		after  time.Duration
		why    string
	}{
		"there is no reason left":                 {effect: workflow.Effect{Kind: workflow.Reply, Application: "carded", Payload: note}},
		"its card is gone":                        {effect: workflow.Effect{Kind: workflow.Reply, Application: "lost", Payload: note}},
		"its card is still to come":               {effect: workflow.Effect{Kind: workflow.Reply, Application: "new", Payload: note}, then: engine.Park},
		"a reply finds nothing to tell of":        {effect: workflow.Effect{Kind: workflow.Reply, Application: "carded", Payload: stage}, then: engine.Again, why: "not found"},
		"what a notice tells of is gone":          {effect: workflow.Effect{Kind: workflow.ShowNotice, Notice: "run"}},
		"the notice is gone":                      {effect: workflow.Effect{Kind: workflow.ShowNotice, Notice: "404"}},
		"nobody renders it":                       {effect: workflow.Effect{Kind: workflow.ShowNotice, Notice: "unknown"}, then: engine.Again, why: `a message of the kind "unknown" is not known`},
		"it has to rest, for its picture perhaps": {effect: workflow.Effect{Kind: workflow.Announce, Payload: report}, then: engine.Again, after: time.Minute},
	} {
		c.effect.Shop = shop
		o := s.Deliver(t.Context(), c.effect)
		require.Equal(t, c.then, o.Then, name)
		require.Equal(t, c.after, o.After, name)
		require.Contains(t, o.Failure.Message, c.why, name)
		require.Nil(t, o.Event, name)
	}
}
