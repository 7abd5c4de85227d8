package main

import (
	"context"
	"runtime"
)

// serve runs the desk.
type serve struct {
	desk
}

// headroom is by how much more than twice of what it holds the heap may grow before it is cleared of what is not used any
// more. A desk holds so little that otherwise this would be done every few clicks, and take a sixth of the processor.
// It costs up to so much memory, whatever the desk holds.
const headroom = 16 << 20

// Run runs the desk until it is told to stop.
func (s *serve) Run(ctx context.Context, out streams) error {
	nothing := make([]byte, headroom) // never touched: the collector counts it, and no memory is behind it
	defer runtime.KeepAlive(nothing)
	return s.run(ctx, network{}, newLogger(ctx, s.Log, out.err))
}
