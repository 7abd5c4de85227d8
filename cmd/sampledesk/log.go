package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"

	"golang.org/x/term"
)

// newLogger logs for people on a terminal and for machines elsewhere. Once ctx has ended, what was cut short by that is
// no news and is left out.
func newLogger(ctx context.Context, level string, w io.Writer) *slog.Logger {
	var l slog.Level
	_ = l.UnmarshalText([]byte(level)) // the flag's enum lets only levels through
	options := &slog.HandlerOptions{Level: l, ReplaceAttr: withUnits}
	if file, ok := w.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		return slog.New(untilStopped{slog.NewTextHandler(w, options), ctx})
	}
	return slog.New(untilStopped{slog.NewJSONHandler(w, options), ctx})
}

// withUnits writes durations with their units.
func withUnits(_ []string, a slog.Attr) slog.Attr {
	if a.Value.Kind() == slog.KindDuration {
		a.Value = slog.StringValue(a.Value.Duration().String())
	}
	return a
}

// untilStopped leaves out what a stop cut short. Every part of the desk reads and writes until the very end, and each
// would otherwise have to ask on its own whether its failure is one.
type untilStopped struct {
	slog.Handler
	process context.Context // of the process, not of what is logged
}

// Handle implements slog.Handler.
func (h untilStopped) Handle(ctx context.Context, r slog.Record) error {
	if h.process.Err() != nil && cutShort(r) {
		return nil
	}
	return h.Handler.Handle(ctx, r)
}

// cutShort tells whether a record is about something that was cancelled.
func cutShort(r slog.Record) (is bool) {
	r.Attrs(func(a slog.Attr) bool {
		err, ok := a.Value.Any().(error)
		is = ok && errors.Is(err, context.Canceled)
		return !is
	})
	return is
}

// WithAttrs implements slog.Handler.
func (h untilStopped) WithAttrs(attrs []slog.Attr) slog.Handler {
	return untilStopped{h.Handler.WithAttrs(attrs), h.process}
}

// WithGroup implements slog.Handler.
func (h untilStopped) WithGroup(name string) slog.Handler {
	return untilStopped{h.Handler.WithGroup(name), h.process}
}
