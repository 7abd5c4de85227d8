package bridge

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"sampledesk/affiliate"
	"sampledesk/workflow"
	"sampledesk/workflow/desks"
	"sampledesk/workflow/engine"
)

const (
	// lookPause is the time between two rounds of looks, and looksPerRound how many are made for a shop in one. So of one
	// application there is a look every two seconds at the most, whatever TikTok sends.
	lookPause     = 2 * time.Second
	looksPerRound = 5

	// sweepPause is how often a shop is swept because more applications changed than are looked at one by one.
	sweepPause = 15 * time.Second

	// renewPause is how often an authorisation is looked at: each time costs a pair of tokens.
	renewPause = 10 * time.Minute

	// lookRest is how long a shop rests after a look that failed. By then a sweep has most likely seen it.
	lookRest = time.Minute

	// lateLook is how old a look is that desks make which others go before.
	lateLook = 30 * time.Second

	// forgetPause is how often ids are forgotten, and forgottenAtOnce how many in one transaction.
	forgetPause     = time.Hour
	forgottenAtOnce = 2000
)

// lookOn makes looks, in rounds, until ctx ends: at once after a webhook, and what was left over each minute.
func (i *Inbox) lookOn(ctx context.Context) {
	var forgot time.Time
	for {
		if time.Since(forgot) >= forgetPause {
			forgot = time.Now()
			i.forget(ctx)
		}
		left, err := i.round(ctx)
		if err != nil && ctx.Err() == nil {
			i.bridge.log.ErrorContext(ctx, "could not look at what webhooks are about", "error", err)
		}
		pause := time.NewTimer(lookPause)
		select {
		case <-ctx.Done():
			pause.Stop()
			return
		case <-pause.C:
		}
		if left && err == nil {
			continue
		}
		rest := time.NewTimer(lookRest)
		select {
		case <-ctx.Done():
			rest.Stop()
			return
		case <-i.looked:
			rest.Stop()
		case <-rest.C:
		}
	}
}

// forget forgets the ids that TikTok does not send any more.
func (i *Inbox) forget(ctx context.Context) {
	_, err := i.bridge.Desks.Do(ctx, desks.Job{
		Name: "forget webhooks", Tick: desks.Last(desks.Every(forgetPause), i.bridge.store.Now()),
		Do: func(ctx context.Context) (string, error) { return "", i.forgetAll(ctx) },
	})
	if err != nil && ctx.Err() == nil {
		i.bridge.log.ErrorContext(ctx, "could not forget old webhooks", "error", err)
	}
}

func (i *Inbox) forgetAll(ctx context.Context) error {
	for n := forgottenAtOnce; n == forgottenAtOnce; {
		err := i.bridge.store.Update(ctx, func(tx workflow.Tx) (err error) {
			n, err = tx.ForgetDeliveries(i.bridge.store.Now().Add(-notedFor), forgottenAtOnce)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// round looks at what is in the store, each shop on its own. Left tells whether there is more for the next round.
func (i *Inbox) round(ctx context.Context) (left bool, err error) {
	byShop := map[workflow.ShopID][]workflow.Look{}
	total := 0
	err = i.bridge.store.View(ctx, func(tx workflow.Tx) error {
		clear(byShop)
		total = 0
		for after := ""; ; {
			page, next, err := tx.Looks(after, storePage)
			if err != nil {
				return err
			}
			for _, l := range page {
				byShop[l.Shop] = append(byShop[l.Shop], l)
			}
			total += len(page)
			if after = next; after == "" {
				return nil
			}
		}
	})
	if err != nil {
		return false, err
	}
	var mu sync.Mutex
	var all sync.WaitGroup
	var done []workflow.Look
	for shop, looks := range byShop {
		all.Go(func() {
			seen := i.inTurn(ctx, shop, looks)
			mu.Lock()
			defer mu.Unlock()
			done = append(done, seen...)
		})
	}
	all.Wait()
	if len(done) > 0 {
		err = i.bridge.store.Update(ctx, func(tx workflow.Tx) error {
			for _, l := range done {
				if err := tx.RemoveLook(l); err != nil {
					return err
				}
			}
			return nil
		})
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.looks = total - len(done)
	return i.looks > 0, err
}

// inTurn is look by one of the desks that share the store: the one that goes first for the shop, or another where that one
// did not come to it.
func (i *Inbox) inTurn(ctx context.Context, id workflow.ShopID, looks []workflow.Look) (done []workflow.Look) {
	name, late := "webhooks "+string(id), i.bridge.store.Now().Add(-lateLook)
	if !i.bridge.Desks.Mine(name) && !slices.ContainsFunc(looks, func(l workflow.Look) bool { return l.At.Before(late) }) {
		return nil
	}
	_, err := i.bridge.Desks.Do(ctx, desks.Job{Name: name, Do: func(ctx context.Context) (string, error) {
		done = i.look(ctx, id, looks)
		return "", nil
	}})
	if err != nil && ctx.Err() == nil {
		i.bridge.log.WarnContext(ctx, "could not look at what webhooks are about", "shop", id, "error", err)
	}
	return done
}

// look looks at some of what webhooks of a shop are about, and returns the looks that nothing is left of.
func (i *Inbox) look(ctx context.Context, id workflow.ShopID, looks []workflow.Look) (done []workflow.Look) {
	b := i.bridge
	s, err := b.shopRecord(ctx, id)
	switch {
	case errors.Is(err, workflow.ErrNotFound) || err == nil && !s.Disconnected.IsZero():
		return looks
	case err != nil || time.Now().Before(i.when(i.rests, id)):
		return nil
	}
	state := b.of(id)
	swept, polled := state.sweep.good(), state.poll.good()
	var applications, conversations []workflow.Look
	for _, l := range looks {
		switch {
		case l.Kind == workflow.LookAtAuthorisation:
			if i.renew(ctx, id) {
				done = append(done, l)
			}
		case l.Kind == workflow.LookAtApplication && s.InitialSyncDone && l.At.After(swept):
			applications = append(applications, l)
		case l.Kind == workflow.LookAtConversation && !s.MessagesSince.IsZero() && l.At.After(polled):
			conversations = append(conversations, l)
		default:
			done = append(done, l) // it was seen meanwhile, or will be when the shop is seen for the first time
		}
	}
	seen, failure := i.applications(ctx, s, state, applications)
	done = append(done, seen...)
	seen, failed := i.conversations(ctx, s, state, conversations)
	done = append(done, seen...)
	if failure = cmp.Or(failure, failed); failure != nil && ctx.Err() == nil {
		b.log.DebugContext(ctx, "could not look at what a webhook is about", "shop", id, "error", failure)
		i.at(i.rests, id, time.Now().Add(lookRest))
	}
	return done
}

func (i *Inbox) when(of map[workflow.ShopID]time.Time, id workflow.ShopID) time.Time {
	i.mu.Lock()
	defer i.mu.Unlock()
	return of[id]
}

func (i *Inbox) at(of map[workflow.ShopID]time.Time, id workflow.ShopID, at time.Time) {
	i.mu.Lock()
	defer i.mu.Unlock()
	of[id] = at
}

// renew looks at a shop's authorisation, unless that was done just now.
func (i *Inbox) renew(ctx context.Context, id workflow.ShopID) (done bool) {
	if time.Since(i.when(i.renewed, id)) < renewPause {
		return false
	}
	i.at(i.renewed, id, time.Now())
	if err := i.bridge.LookAtAuthorisation(ctx, id); err != nil && ctx.Err() == nil {
		i.bridge.log.WarnContext(ctx, "could not look at an authorisation", "shop", id, "error", err)
		return false
	}
	return ctx.Err() == nil
}

// applications looks at applications one by one, or, where they are many, at all of the shop's.
func (i *Inbox) applications(ctx context.Context, s workflow.Shop, state *shopState, looks []workflow.Look) (done []workflow.Look, err error) {
	b := i.bridge
	if len(looks) > looksPerRound {
		if time.Since(i.when(i.sweptSoon, s.ID)) >= sweepPause {
			i.at(i.sweptSoon, s.ID, time.Now())
			b.run(ctx, s.ID, &state.sweep, time.Time{}, func(ctx context.Context) error { return b.sweepTold(ctx, s, state) })
		}
		return nil, nil // those that it saw are taken away in the next round
	}
	for _, l := range looks {
		if err := b.lookAtApplication(ctx, s, l); err != nil {
			return done, err
		}
		done = append(done, l)
	}
	return done, nil
}

// lookAtApplication asks for one application, and applies what TikTok says of it. What is not found is left to the sweep.
func (b *Bridge) lookAtApplication(ctx context.Context, s workflow.Shop, l workflow.Look) error {
	k := workflow.Key{Shop: s.ID, ID: workflow.ApplicationID(l.ID)}
	a, err := read(ctx, b.store, "an application", func(tx workflow.Tx) (workflow.Application, error) { return tx.Application(k) })
	if errors.Is(err, workflow.ErrNotFound) {
		a = workflow.Application{Key: k}
		a.Snapshot.Creator.OpenID, a.Snapshot.Creator.App, a.Snapshot.Product.ID = l.Creator, appOf(s), l.Product
	} else if err != nil {
		return err
	}
	if a.Snapshot.Creator.OpenID == "" && a.Snapshot.Creator.Username == "" {
		return nil // the search would be all of a product's applications
	}
	o, found, err := lookUp(ctx, b.calls(s), appOf(s), a)
	_, unreadable := errors.AsType[*affiliate.UnreadableError](err)
	if kind := affiliate.KindOf(err); unreadable || kind == affiliate.Refused || kind == affiliate.Malformed || err == nil && !found {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = b.engine.Observe(ctx, s.ID, []engine.Observation{o})
	if _, notKept := errors.AsType[*engine.NotKeptError](err); notKept {
		return nil
	}
	return err
}

// conversations looks at conversations one by one. The polls of the shop wait meanwhile, as they share what they remember.
func (i *Inbox) conversations(ctx context.Context, s workflow.Shop, state *shopState, looks []workflow.Look) (done []workflow.Look, err error) {
	if len(looks) == 0 || !state.poll.borrow() {
		return nil, nil
	}
	defer state.poll.giveBack()
	for _, l := range looks[:min(looksPerRound, len(looks))] {
		if err := (poller{i.bridge}).lookAt(ctx, s, &state.polled, affiliate.ConversationID(l.ID)); err != nil {
			return done, err
		}
		done = append(done, l)
	}
	return done, nil
}

// lookAt reads one conversation. One that cannot be read is left to the polls.
func (b poller) lookAt(ctx context.Context, s workflow.Shop, state *pollState, id affiliate.ConversationID) error {
	calls := b.calls(s)
	all := []candidate{{ConversationSummary: affiliate.ConversationSummary{ID: id}, unread: true}}
	if err := b.recorded(ctx, s, all); err != nil {
		return err
	}
	t := all[0]
	if !t.known { // only the list tells who it is with
		for c, err := range calls.Conversations(ctx, affiliate.UnreadConversations) {
			if err != nil {
				return err
			}
			if c.ID == id {
				t.ConversationSummary = c
				break
			}
		}
	}
	err := b.receive(ctx, s, calls, state, t)
	if kind := affiliate.KindOf(err); kind == affiliate.Refused || kind == affiliate.Malformed || errors.Is(err, errNoSender) {
		return nil
	}
	if err == nil {
		state.saw(t)
	}
	return err
}
