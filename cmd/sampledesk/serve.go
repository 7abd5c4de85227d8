package main

import "context"

// serve runs the desk.
type serve struct {
	desk
}

// Run runs the desk until it is told to stop.
func (s *serve) Run(ctx context.Context, out streams) error {
	return s.run(ctx, network{}, newLogger(ctx, s.Log, out.err))
}
