package affiliatesim

import (
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The ways in which a call can go wrong.
const (
	faultStatus        = "status"          // an HTTP status, as a gateway gives it: plain text
	faultCode          = "code"            // the envelope with a code
	faultDelay         = "delay"           // works, but late
	faultDrop          = "drop"            // nothing is done, the connection is cut
	faultApplyThenDrop = "apply_then_drop" // everything is done, then the connection is cut
)

// fault is an order to misbehave, as POST /sim/faults takes it.
type fault struct {
	// Path is any part of the path of a call; empty means every call.
	Path string `json:"path"`
	// Times is how many calls it spoils; 1 when left out, 0 clears.
	Times *int   `json:"times"`
	Do    string `json:"do"`
	// Status of a status fault (503 when left out), or of a code's answer.
	Status int `json:"status"`
	// Code of a code fault; 36009003 when left out.
	Code int `json:"code"`
	// Message goes with a code.
	Message string `json:"message"`
	// DelayMS holds the call back first; for a delay 500 when left out.
	DelayMS int `json:"delay_ms"`
	// RetryAfter fills that header, in seconds; 0 leaves it out.
	RetryAfter int `json:"retry_after"`
}

// maxFaults bounds how many wait at a time.
const maxFaults = 1000

// complete fills what was left out and refuses what cannot be meant.
func (f *fault) complete() error {
	switch f.Do {
	case faultStatus:
		if f.Status == 0 {
			f.Status = http.StatusServiceUnavailable
		}
	case faultCode:
		if f.Code == 0 {
			f.Code = codeVendorFault
		}
	case faultDelay:
		if f.DelayMS == 0 {
			f.DelayMS = 500
		}
	case faultDrop, faultApplyThenDrop:
	default:
		return badInput(`"do" must be one of status, code, delay, drop, apply_then_drop, not %q`, clip(f.Do, 40))
	}
	switch {
	case f.Status != 0 && (f.Status < 200 || f.Status > 599),
		f.Do == faultStatus && f.Status < 400:
		return badInput("status must be an HTTP status: 400 to 599 for a status fault, from 200 for a code's, not %d", f.Status)
	case f.DelayMS < 0 || f.DelayMS > 600_000:
		return badInput("delay_ms must be from 0 to 600000, not %d", f.DelayMS)
	case f.RetryAfter < 0 || f.RetryAfter > 86_400:
		return badInput("retry_after must be from 0 to 86400 seconds, not %d", f.RetryAfter)
	}
	return nil
}

func (f *fault) delay() time.Duration { return time.Duration(f.DelayMS) * time.Millisecond }

// replaces tells whether the call itself is not carried out.
func (f *fault) replaces() bool {
	return f.Do == faultStatus || f.Do == faultCode || f.Do == faultDrop
}

// cuts tells whether the caller gets no answer.
func (f *fault) cuts() bool { return f.Do == faultDrop || f.Do == faultApplyThenDrop }

// answer is what the caller gets in place of the vendor's answer.
func (f *fault) answer(now time.Time) answer {
	header := http.Header{"Content-Type": {"text/plain; charset=utf-8"}}
	a := answer{status: f.Status, header: header, body: []byte(http.StatusText(f.Status) + "\n")}
	if f.Do == faultDrop {
		return answer{}
	}
	// A status of 429 is the vendor's own and comes in its envelope.
	if f.Do == faultCode || f.Status == http.StatusTooManyRequests {
		code, message := f.Code, f.Message
		if f.Do == faultStatus {
			code = codeTooManyRequests
		}
		if message == "" {
			message = "fault " + strconv.Itoa(code)
		}
		a = answerFor(nil, refuse(code, "%s", message), now)
		if f.Status != 0 {
			a.status = f.Status
		}
	}
	if f.RetryAfter > 0 {
		a.header.Set("Retry-After", strconv.Itoa(f.RetryAfter))
	}
	return a
}

// takeFault takes one turn of the first fault that waits for the path.
func (c *Center) takeFault(path string) *fault {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, f := range c.faults {
		if !strings.Contains(path, f.Path) {
			continue
		}
		*f.Times--
		if *f.Times == 0 {
			c.faults = slices.Delete(c.faults, i, i+1)
		}
		taken := *f
		c.changed()
		return &taken
	}
	return nil
}

// pause holds a call back. It waits on after the caller has gone: a vendor that is
// slow carries out what it was sent, whoever still listens. It reports false when
// the stand-in was closed meanwhile.
func (c *Center) pause(d time.Duration) bool {
	if d == 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-c.watch.done:
		return false
	}
}

// simFaults answers POST /sim/faults. Faults queue up: the first that fits a call
// spoils it. "times":0 clears those whose path contains the path given.
func (c *Center) simFaults(_ *http.Request, body []byte) (any, error) {
	f, err := control[fault](body)
	if err != nil {
		return nil, err
	}
	if f.Times == nil {
		f.Times = new(1)
	}
	if *f.Times < 0 || *f.Times > math.MaxInt32 {
		return nil, badInput("times must be 0 (clear) or more, not %d", *f.Times)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	defer c.changed()
	if *f.Times == 0 {
		c.faults = slices.DeleteFunc(c.faults, func(old *fault) bool { return strings.Contains(old.Path, f.Path) })
		return map[string]any{"ok": true, "waiting": len(c.faults)}, nil
	}
	if err := f.complete(); err != nil {
		return nil, err
	}
	if len(c.faults) >= maxFaults {
		return nil, badInput("%d faults wait already: clear them with {\"times\":0}", maxFaults)
	}
	c.faults = append(c.faults, &f)
	return map[string]any{"ok": true, "waiting": len(c.faults)}, nil
}
