package main

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"
)

// progress tells how far long work is: with a bar on a terminal, elsewhere with a line every ten seconds.
type progress struct {
	to    streams
	doing string
	all   int64
	unit  string // what is counted; bytes where it is empty
	bar   *progressbar.ProgressBar
	told  time.Time
}

// tellEvery is how often a line tells how far the work is.
const tellEvery = 10 * time.Second

// newProgress begins to tell. All may be 0 where nobody knows how much there is.
func newProgress(s streams, doing string, all int64, unit string) *progress {
	p := &progress{to: s, doing: doing, all: all, unit: unit, told: time.Now()}
	if s.columns == 0 {
		return p
	}
	if all == 0 {
		all = -1
	}
	options := []progressbar.Option{
		progressbar.OptionSetWriter(s.err), progressbar.OptionSetDescription(doing), progressbar.OptionThrottle(100 * time.Millisecond),
		progressbar.OptionSetWidth(max(10, min(40, s.columns-50))), progressbar.OptionClearOnFinish(), progressbar.OptionShowCount(),
		progressbar.OptionSetPredictTime(true),
	}
	if unit == "" {
		options = append(options, progressbar.OptionShowBytes(true))
	}
	p.bar = progressbar.NewOptions64(all, options...)
	return p
}

// at tells that so much is done.
func (p *progress) at(done int64) {
	if p.bar != nil {
		_ = p.bar.Set64(done)
		return
	}
	if time.Since(p.told) < tellEvery {
		return
	}
	p.told = time.Now()
	switch {
	case p.unit == "" && p.all > 0:
		_, _ = fmt.Fprintf(p.to.err, "%s: %d%% of %s\n", p.doing, 100*done/p.all, size(p.all))
	case p.all > 0:
		_, _ = fmt.Fprintf(p.to.err, "%s: %d of %d %s\n", p.doing, done, p.all, p.unit)
	default:
		_, _ = fmt.Fprintf(p.to.err, "%s: %d %s\n", p.doing, done, p.unit)
	}
}

// end takes the bar off the terminal.
func (p *progress) end() {
	if p.bar != nil {
		_ = p.bar.Finish()
		_ = p.bar.Exit()
	}
}

// size writes a number of bytes.
func size(n int64) string {
	if n < 1<<20 {
		return fmt.Sprintf("%d kB", (n+1023)>>10)
	}
	return fmt.Sprintf("%.1f MB", float64(n)/(1<<20))
}

// logLines is a writer for what tells of long work where nobody sits at a terminal: a line in the log for each line.
type logLines struct {
	ctx  context.Context
	log  *slog.Logger
	what string
}

// Write implements io.Writer. Whoever tells writes whole lines.
func (l logLines) Write(p []byte) (int, error) {
	for line := range bytes.Lines(p) {
		l.log.InfoContext(l.ctx, l.what, "progress", strings.TrimSpace(string(line)))
	}
	return len(p), nil
}
