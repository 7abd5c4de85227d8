package affiliate

import (
	"errors"
	"net/http"
	"time"
)

// Kind is what an error means for whoever made the call.
type Kind string

// The kinds of errors.
const (
	// Unknown: not an error of this package, most often the caller's own
	// context, which ended before anything was sent.
	Unknown Kind = ""
	// Retryable: a fault or a lost answer, on the way or at the vendor's; try again
	// later, a write only after a check if it is [Unclear].
	Retryable Kind = "retryable"
	// RateLimited: nothing was done; wait for [RetryAfter], then try again.
	RateLimited Kind = "rate limited"
	// QuotaExhausted: nothing was done, nor will be until the quota's window ends.
	QuotaExhausted Kind = "quota exhausted"
	// Refused for good: asking again will not help.
	Refused Kind = "refused"
	// TokenExpired: a token that was renewed a moment ago is said to have
	// expired. Nothing was done.
	TokenExpired Kind = "token expired"
	// NeedsReconnect: the shop must be connected again by a person.
	NeedsReconnect Kind = "needs reconnect"
	// AppKeyWrong: the vendor does not know the app key.
	AppKeyWrong Kind = "app key wrong"
	// ShopUnknown: the shop's cipher is none of this authorisation's; listing the
	// shops again may bring the one that is.
	ShopUnknown Kind = "shop unknown"
	// AddressNotAllowed: this machine's address is not on the app's allow list.
	AddressNotAllowed Kind = "address not allowed"
	// VersionRetired: the vendor has switched this version of the call off.
	VersionRetired Kind = "version retired"
	// CallUnknown: the vendor has no such path, method or content type: a fault of
	// this client, or a call that was taken away.
	CallUnknown Kind = "call unknown"
	// CallFaulty: the call lacks something that every call of a shop has: a fault of
	// this client.
	CallFaulty Kind = "call faulty"
	// ScopeMissing: the authorisation lacks a scope; the message names it.
	ScopeMissing Kind = "scope missing"
	// SignatureInvalid: a wrong app secret, or a fault of this client.
	SignatureInvalid Kind = "signature invalid"
	// ClockWrong: this machine's clock is too far from the vendor's.
	ClockWrong Kind = "clock wrong"
	// Malformed: the answer is not one of the vendor's, or not readable.
	Malformed Kind = "malformed"
)

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
	}
	kind := meaningOf(e.Code, e.Message).kind
	if e.Code == codeParameterInvalid && kind == Refused && e.ClockOff {
		return ClockWrong // whatever the words: the answer's own date tells
	}
	return kind
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

// Unclear is true of a write that may or may not have been done: its answer was lost,
// timed out, could not be read, or was a fault of the vendor's. Check before
// repeating it; the search may lag a few seconds behind a write. It is false of a
// write that certainly was not done, and of everything that is no write.
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
