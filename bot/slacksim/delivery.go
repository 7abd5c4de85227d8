package slacksim

import (
	"context"
	"encoding/json"
	"errors"
	"time"
)

// Times of deliveries.
const (
	ackTime = 3 * time.Second // an acknowledgement after this is too late
	// keepUndone is how long what a link took but never acknowledged is kept for another link. Slack does not say: long enough for an
	// app to come back from a crash.
	keepUndone = 10 * time.Minute
)

// retryTimes are when an event comes again, counted from the moment its first delivery failed. Slack says "immediately, after 1 minute, after
// 5 minutes"; the last one so comes 303 seconds after the first delivery where that timed out, which an app that remembers events for
// five minutes only takes for a new one.
var retryTimes = []time.Duration{0, time.Minute, 5 * time.Minute}

// errNotAcknowledged is in the words that a person reads of it.
var errNotAcknowledged = errors.New("operation_timeout")

// kinds of deliveries, as envelopes name them.
const (
	kindEvent       = "events_api"
	kindInteractive = "interactive"
	kindCommand     = "slash_commands"
)

// parcel is one payload on its way to the app.
type parcel struct {
	kind    string
	accepts bool // takes a payload with its acknowledgement
	payload json.RawMessage
	form    map[string]string // a slash command's fields, for HTTP
	attempt int
	reason  string
}

// receipt is the app's acknowledgement.
type receipt struct {
	payload json.RawMessage // nil: none
	noRetry bool            // over HTTP an app may ask not to be sent an event again
	after   time.Duration
}

// outcome is how the first delivery of an event ended. done is closed then.
type outcome struct {
	done    chan struct{}
	receipt receipt
	err     error
}

// deliver hands a parcel to the app and waits for its acknowledgement, three seconds at most.
func (w *Workspace) deliver(ctx context.Context, p *parcel) (receipt, error) {
	if w.options.HTTPURL != "" {
		if err := w.handshake(ctx); err != nil {
			return receipt{}, err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, ackTime)
	defer cancel()
	defer context.AfterFunc(w.ctx, cancel)()
	started := time.Now()
	var got receipt
	var err error
	if w.options.HTTPURL != "" {
		got, err = w.overHTTP(ctx, p)
	} else {
		got, err = w.hub.send(ctx, p)
	}
	got.after = time.Since(started)
	return got, err
}

// sendEvent delivers an event in the background, and again while it is not acknowledged: right after the first failure, and one
// and five minutes after that. It returns nil when the workspace is closed.
func (w *Workspace) sendEvent(payload json.RawMessage) *outcome {
	o := &outcome{done: make(chan struct{})}
	if !w.launch(func() { w.deliverEvent(payload, o) }) {
		return nil
	}
	return o
}

func (w *Workspace) deliverEvent(payload json.RawMessage, o *outcome) {
	p := &parcel{kind: kindEvent, payload: payload}
	var failed time.Time // for the first time
	for {
		got, err := w.deliver(w.ctx, p)
		if p.attempt == 0 {
			failed = time.Now()
			o.receipt, o.err = got, err
			close(o.done)
		}
		if err == nil || got.noRetry || p.attempt == len(retryTimes) || w.ctx.Err() != nil {
			if err != nil {
				w.log.Warn("gave up delivering an event", "attempts", p.attempt+1)
			}
			return
		}
		w.pause(w.ctx, time.Until(failed.Add(retryTimes[p.attempt])))
		p = &parcel{kind: kindEvent, payload: payload, attempt: p.attempt + 1, reason: retryReason(err)}
	}
}

// retryReason is what a retried event says of the failure before it.
func retryReason(err error) string {
	if f, ok := errors.AsType[*httpFailure](err); ok {
		return f.reason
	}
	return "timeout"
}
