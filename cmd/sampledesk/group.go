package main

import (
	"context"
	"errors"
	"sync"
)

// group runs the parts of a process side by side. The first that ends, with an error or without, ends them all.
type group struct {
	ctx    context.Context
	cancel context.CancelFunc
	wg     sync.WaitGroup

	mu   sync.Mutex
	errs []error
}

func newGroup(ctx context.Context) *group {
	ctx, cancel := context.WithCancel(ctx)
	return &group{ctx: ctx, cancel: cancel}
}

// start starts a part. It has to end soon after its context does.
func (g *group) start(part func(context.Context) error) {
	g.wg.Go(func() {
		defer g.cancel()
		if err := unasked(g.ctx, part(g.ctx)); err != nil {
			g.mu.Lock()
			defer g.mu.Unlock()
			g.errs = append(g.errs, err)
		}
	})
}

// unasked returns what went wrong for another reason than that ctx ended: a part that gives up because it was told to
// stop has done as it was told.
func unasked(ctx context.Context, err error) error {
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// wait waits for all parts and returns what went wrong.
func (g *group) wait() error {
	g.wg.Wait()
	g.cancel()
	return errors.Join(g.errs...)
}
