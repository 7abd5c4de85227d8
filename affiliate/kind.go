package affiliate

import (
	"errors"
	"net/http"
	"strings"
	"time"
)

// Kind is what an error means for whoever made the call.
type Kind string

// The kinds of errors.
const (
	// Unknown: not an error of this package, most often the caller's own
	// context, which ended before anything was sent.
	Unknown Kind = ""
	// Retryable: a fault or a silence on the way or at the vendor's; try
	// again later, a write only after a look if it is [Unclear].
	Retryable Kind = "retryable"
	// RateLimited: nothing was done; wait for [RetryAfter], then try again.
	RateLimited Kind = "rate limited"
	// QuotaExhausted: nothing was done, nor will be until the quota's window turns.
	QuotaExhausted Kind = "quota exhausted"
	// Refused for good: asking again will not help.
	Refused Kind = "refused"
	// TokenExpired: a token that was renewed a moment ago is said to have
	// expired. Nothing was done.
	TokenExpired Kind = "token expired"
	// NeedsReconnect: the shop must be connected again by a person.
	NeedsReconnect Kind = "needs reconnect"
	// ScopeMissing: the authorisation lacks a scope; the message names it.
	ScopeMissing Kind = "scope missing"
	// SignatureInvalid: a wrong app secret, or a fault of this client.
	SignatureInvalid Kind = "signature invalid"
	// ClockWrong: this machine's clock is too far from the vendor's.
	ClockWrong Kind = "clock wrong"
	// Malformed: the answer is not one of the vendor's, or not readable.
	Malformed Kind = "malformed"
)

// StopsShop is true of faults that concern the shop as a whole: every other
// call would meet them too, until a person has done something about them.
func (k Kind) StopsShop() bool {
	switch k {
	case NeedsReconnect, ScopeMissing, SignatureInvalid, ClockWrong:
		return true
	default:
		return false
	}
}

// The vendor's codes that mean something to a client.
const (
	codeParameterInvalid   = 36009004 // or the timestamp
	codeTooManyRequests    = 36009002
	codeVendorFault        = 36009003
	codeVendorTimeout      = 36009007
	codeTokenExpired       = 105002
	codeTokenInvalid       = 1010000
	codeScopeNotGranted    = 105005
	codeScopeDenied        = 105001
	codeSignatureInvalid   = 106001
	codeOtherRegion        = 16032001
	codeMessageQuota       = 16030100
	codeDailyQuota         = 45101004
	codeAuthCodeInvalid    = 36004004
	codeRefreshTokenFaulty = 36004005
)

// kinds classifies the vendor's codes. A code that is not here is a refusal
// for good, as are the vendor's codes for a wrong path or method.
var kinds = map[int]Kind{
	codeTooManyRequests:    RateLimited,
	codeVendorFault:        Retryable,
	codeVendorTimeout:      Retryable,
	codeTokenExpired:       TokenExpired,
	codeTokenInvalid:       NeedsReconnect,
	codeAuthCodeInvalid:    NeedsReconnect,
	codeRefreshTokenFaulty: NeedsReconnect,
	codeScopeNotGranted:    ScopeMissing,
	codeScopeDenied:        ScopeMissing,
	codeSignatureInvalid:   SignatureInvalid,
	codeOtherRegion:        Refused,
	codeMessageQuota:       QuotaExhausted,
	codeDailyQuota:         QuotaExhausted,
}

// Kind classifies the answer. The vendor sends business errors with HTTP 200
// or 4xx, so with any other status the code is not believed; and an answer
// without a code, such as a proxy's, is never taken for the vendor's refusal.
func (e *Error) Kind() Kind {
	switch {
	case e.HTTPStatus >= 500:
		return Retryable
	case e.HTTPStatus == http.StatusTooManyRequests:
		return RateLimited
	case e.Code == 0 || (e.HTTPStatus >= 300 && e.HTTPStatus < 400):
		return Malformed
	case e.Code == codeParameterInvalid && (e.ClockOff || mentionsClock(e.Message)):
		return ClockWrong
	}
	if kind, known := kinds[e.Code]; known {
		return kind
	}
	return Refused
}

// mentionsClock tells a timestamp fault from a parameter fault, which share a
// code. The vendor documents no wording, so any mention of the timestamp
// counts: it is the only time that a request carries, and a decision that
// waits for somebody to look is safer than one that is given up.
func mentionsClock(message string) bool {
	message = strings.ToLower(message)
	return strings.Contains(message, "timestamp") || strings.Contains(message, "time stamp")
}

// KindOf classifies any error that a call returned; [Unknown] also of nil.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind()
	}
	if _, ok := errors.AsType[*TransportError](err); ok {
		return Retryable
	}
	if errors.Is(err, ErrUnreadable) {
		return NeedsReconnect
	}
	if _, ok := errors.AsType[*VaultError](err); ok {
		return Retryable
	}
	if _, ok := errors.AsType[*BudgetError](err); ok {
		return RateLimited
	}
	if errors.Is(err, ErrNotConnected) {
		return NeedsReconnect
	}
	if errors.Is(err, ErrInvalid) {
		return Refused
	}
	return Unknown
}

// Unclear is true of a write that may or may not have been done: its answer
// was lost, timed out, could not be read, or was a fault of the vendor's. Look
// before repeating it; the search may lag a few seconds behind a write. It is
// false of a write that certainly was not done, and of everything that is no
// write.
func Unclear(err error) bool {
	if e, ok := errors.AsType[*Error](err); ok {
		kind := e.Kind()
		return e.Write && (kind == Retryable || kind == Malformed)
	}
	if e, ok := errors.AsType[*TransportError](err); ok {
		return e.Write && e.Sent
	}
	return false
}

// RetryAfter is how long to wait at least before trying again: what the vendor
// asked for, or what the budget needs. Zero if neither says.
func RetryAfter(err error) time.Duration {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.RetryAfter
	}
	if e, ok := errors.AsType[*BudgetError](err); ok {
		return e.Wait
	}
	return 0
}
