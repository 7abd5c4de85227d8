package affiliate

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"time"
)

const (
	attempts     = 4 // of a read
	firstBackoff = 500 * time.Millisecond
	// readTimeout bounds every single wait of a read, for the budget and between
	// attempts: if asked to wait longer, the error is returned.
	readTimeout = 30 * time.Second
	// writeTimeout bounds a write's wait for the budget.
	writeTimeout = time.Second
)

// read makes a call that changes nothing, and repeats it where that may help.
func (a *Authorisation) read(ctx context.Context, budget *budget, r call) (json.RawMessage, error) {
	for attempt := 1; ; attempt++ {
		data, err := a.once(ctx, budget, r, readTimeout)
		if err == nil || attempt == attempts || ctx.Err() != nil || !isWorthRepeating(err) {
			return data, err
		}
		wait := max(backoff(attempt), RetryAfter(err))
		if end, ok := ctx.Deadline(); wait > readTimeout || (ok && time.Until(end) <= wait) {
			return nil, err
		}
		a.client.log.Debug("retrying a read", "path", r.path, "attempt", attempt, "wait", wait, "error", err)
		if sleep(ctx, wait) != nil {
			return nil, err
		}
	}
}

// isWorthRepeating is true of what the wire or the vendor got wrong for now.
// A vault that fails and a budget that is spent are the caller's to wait for.
func isWorthRepeating(err error) bool {
	if _, ok := errors.AsType[*TransportError](err); ok {
		return true
	}
	e, ok := errors.AsType[*Error](err)
	if !ok {
		return false
	}
	kind := e.Kind()
	return kind == Retryable || kind == RateLimited || kind == Malformed
}

// backoff doubles with each attempt; half of it is left to chance, so that
// callers who failed together do not come back together.
func backoff(attempt int) time.Duration {
	whole := firstBackoff << (attempt - 1)
	return whole/2 + rand.N(whole/2)
}

// write makes a call that asks for a change, and makes it once.
func (a *Authorisation) write(ctx context.Context, budget *budget, r call) (json.RawMessage, error) {
	return a.once(ctx, budget, r, writeTimeout)
}

// once makes a call. If the token turns out to have expired, the call was
// certainly not carried out, so it is made again with a renewed one, once.
func (a *Authorisation) once(ctx context.Context, budget *budget, r call, timeout time.Duration) (json.RawMessage, error) {
	access, err := a.access(ctx)
	if err != nil {
		return nil, err
	}
	data, err := a.paced(ctx, budget, r, access, timeout)
	switch KindOf(err) {
	case NeedsReconnect:
		a.forget(access)
	case TokenExpired:
		if access, err = a.renew(ctx, access); err != nil {
			return nil, err
		}
		return a.paced(ctx, budget, r, access, timeout)
	default: // nothing that a second call would mend
	}
	return data, err
}

// paced sends a call within the shop's budget. Writes pass before reads.
func (a *Authorisation) paced(ctx context.Context, budget *budget, r call, access Secret, timeout time.Duration) (json.RawMessage, error) {
	leave, err := budget.acquire(ctx, r.endpoint, r.write, timeout)
	if err != nil {
		return nil, err
	}
	defer leave()
	sent := time.Now()
	data, err := a.client.signed(ctx, r, access)
	budget.answered(r.endpoint, err)
	if e, ok := errors.AsType[*Error](err); ok && e.Kind() == RateLimited {
		budget.throttled(r.endpoint, sent, e.RetryAfter)
	}
	return data, err
}
