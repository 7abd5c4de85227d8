package main

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"sampledesk/affiliate/bridge"
	"sampledesk/workflow"
	"sampledesk/workflow/desks"
	"sampledesk/workflow/engine"
)

const (
	// clockEvery is how often the desk looks at the shops' clocks. What is due and what was told is in the store; to look
	// is all that is done here.
	clockEvery = 15 * time.Second

	// authorisationsEvery is how often the desk looks until when the shops are authorised.
	authorisationsEvery = 10 * time.Minute

	// retentionEvery is how often the desk looks whether the day's erasing of what is kept long enough is still to come.
	retentionEvery = 10 * time.Minute

	// sweepFirst is how long the clocks of a shop wait for its first sweep after a start: of what was decided while the
	// desk was closed nobody needs to hear. TikTok's silence does not stop them for longer.
	sweepFirst = 2 * time.Minute
)

// clocks has the shops' deadlines told when they are due, their mornings, and their weeks.
type clocks struct {
	engine *engine.Engine
	tiktok *bridge.Bridge
	desks  *desks.Desks
	log    *slog.Logger
	opened time.Time

	mu      sync.Mutex
	failing map[workflow.ShopID]bool // a failure was logged, and no look went through since
}

func newClocks(engine *engine.Engine, tiktok *bridge.Bridge, all *desks.Desks, log *slog.Logger) *clocks {
	return &clocks{engine: engine, tiktok: tiktok, desks: all, log: log, opened: time.Now(), failing: map[workflow.ShopID]bool{}}
}

// run looks until ctx ends, and returns once the look that is under way is through.
func (c *clocks) run(ctx context.Context) {
	all := timetable{desks: c.desks, log: c.log}
	all.add(ctx, "clocks", desks.Every(clockEvery), true, c.lookAll)
	all.add(ctx, "authorisations", desks.Every(authorisationsEvery), true, c.inTurn("authorisations", c.authorisations))
	all.add(ctx, "retention", desks.Every(retentionEvery), true, c.inTurn("retention", c.retain))
	all.wait()
}

// inTurn is a job that one of the desks does for each tick. What fails in it is told by itself.
func (c *clocks) inTurn(name string, do func(context.Context)) func(ctx context.Context, tick time.Time) {
	return func(ctx context.Context, tick time.Time) {
		_, err := c.desks.Do(ctx, desks.Job{Name: name, Tick: tick, Do: func(ctx context.Context) (string, error) { do(ctx); return "", nil }})
		if err != nil && ctx.Err() == nil {
			c.log.ErrorContext(ctx, "could not take a turn", "job", name, "error", err)
		}
	}
}

// authorisations has the admins told of authorisations that are about to end.
func (c *clocks) authorisations(ctx context.Context) {
	if err := c.tiktok.CheckAuthorisations(ctx); err != nil && ctx.Err() == nil {
		c.log.ErrorContext(ctx, "could not check until when the shops are authorised", "error", err)
	}
}

// retain has every shop erase what it has kept long enough, one after the other.
func (c *clocks) retain(ctx context.Context) {
	shops, err := c.tiktok.Shops(ctx)
	if err != nil && ctx.Err() == nil {
		c.log.ErrorContext(ctx, "could not see which shops erase what they kept long enough", "error", err)
	}
	for _, s := range shops {
		done, err := c.engine.Retain(ctx, s.ID, time.Now())
		if done.Any() {
			c.log.InfoContext(ctx, "erased what was kept long enough", "shop", s.ID, "requests", done.Requests, "entries", done.Entries,
				"memberships", done.Memberships, "conversations", done.Conversations, "messages", done.Messages)
		}
		if err != nil && ctx.Err() == nil {
			c.log.ErrorContext(ctx, "could not erase what was kept long enough", "shop", s.ID, "error", err)
		}
	}
}

// lookAll looks at the clocks of every shop, each on its own.
func (c *clocks) lookAll(ctx context.Context, tick time.Time) {
	shops, err := c.tiktok.Shops(ctx)
	if err != nil {
		if ctx.Err() == nil {
			c.log.ErrorContext(ctx, "could not check the deadlines", "error", err)
		}
		return
	}
	sweeps := c.tiktok.Sweeps()
	var all sync.WaitGroup
	for _, s := range shops {
		if sweeps[s.ID].Ended.IsZero() && time.Since(c.opened) < sweepFirst {
			continue
		}
		all.Go(func() {
			_, err := c.desks.Do(ctx, desks.Job{Name: "clocks " + string(s.ID), Tick: tick, Do: func(ctx context.Context) (string, error) {
				return "", c.look(ctx, s.ID)
			}})
			c.record(ctx, s.ID, err)
		})
	}
	all.Wait()
}

// look has a shop told what is due. What fails does not keep the rest from being told.
func (c *clocks) look(ctx context.Context, shop workflow.ShopID) error {
	now := time.Now()
	morning := c.engine.Morning(ctx, shop, now) // first: what it tells needs no message of its own
	_, err := c.engine.Tick(ctx, shop, now)
	return errors.Join(morning, err, c.engine.Weekly(ctx, shop, now))
}

// record logs a failure, once until a look goes through again.
func (c *clocks) record(ctx context.Context, shop workflow.ShopID, err error) {
	if ctx.Err() != nil {
		return
	}
	c.mu.Lock()
	known := c.failing[shop]
	c.failing[shop] = err != nil
	c.mu.Unlock()
	if err != nil && !known {
		c.log.ErrorContext(ctx, "could not send what is due", "shop", shop, "error", err)
	}
}
