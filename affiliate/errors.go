package affiliate

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

var (
	// ErrInvalid is wrapped by errors about arguments that were never sent.
	ErrInvalid = errors.New("invalid argument")
	// ErrNotConnected is returned when a vault holds no tokens.
	ErrNotConnected = errors.New("no tokens: the shop is not connected")
	// ErrUnreadable is wrapped by a vault's error about tokens that it holds and
	// cannot read, however often it tries, as without the right key.
	ErrUnreadable = errors.New("the tokens are not readable")
	// ErrBadAuthCode matches the vendor's refusal of an authorisation code
	// that is wrong, was used before, or is older than 30 minutes.
	ErrBadAuthCode = errors.New("bad authorisation code")
	// ErrBadRefreshToken matches the vendor's refusal of a refresh token that
	// is wrong, expired, or was replaced by a newer one.
	ErrBadRefreshToken = errors.New("bad refresh token")
	// ErrOtherRegion matches the vendor's refusal to reach a creator of another
	// region than the shop's. It is permanent.
	ErrOtherRegion = errors.New("creator in another region")
	// ErrAgencyRequest matches the vendor's refusal of a review that is not the
	// shop's: an agency applied for the creator. It is permanent.
	ErrAgencyRequest = errors.New("an agency's request, which this shop may not decide")
	// ErrMessageQuota matches the vendor's refusal of messages beyond the quota.
	// Operators saw five go out before a creator must answer.
	ErrMessageQuota = errors.New("message quota used up")
	// ErrDailyQuota matches the vendor's refusal of messages beyond the quota of
	// a day.
	ErrDailyQuota = errors.New("daily quota used up")
)

// Error is an answer that is not a success: the vendor's own, or one that
// could not be read as the vendor's, which has no Code.
type Error struct {
	Code       int    // the vendor's code; 0: the answer held none that can be believed
	Message    string // the vendor's words, or ours about an unreadable answer
	RequestID  string // what the vendor's support asks for
	HTTPStatus int
	Path       string        // of the call, without host and query
	Endpoint   Endpoint      // the kind of call
	Write      bool          // the call asked for a change
	RetryAfter time.Duration // how long to wait, as the answer asked for; 0: nothing
	Asked      time.Duration // what it asked for, before that was cut to some minutes
	// ClockOff says that our timestamp lay outside the vendor's window by the
	// answer's own Date.
	ClockOff bool
}

// Error says what the vendor answered to which call.
func (e *Error) Error() string {
	var text strings.Builder
	fmt.Fprintf(&text, "TikTok Shop answered %s with ", e.Path)
	if e.Code != 0 {
		fmt.Fprintf(&text, "code %d, ", e.Code)
	}
	fmt.Fprintf(&text, "HTTP %d", e.HTTPStatus)
	if e.Message != "" {
		fmt.Fprintf(&text, ": %s", e.Message)
	}
	if e.Asked > e.RetryAfter {
		fmt.Fprintf(&text, ", asking for a pause of %s, which is cut to %s", e.Asked, e.RetryAfter)
	}
	if e.RequestID != "" {
		fmt.Fprintf(&text, " (request %s)", e.RequestID)
	}
	return text.String()
}

// Is makes the vendor's answer match the error that is named for its code, such as
// [ErrBadAuthCode], where the HTTP status lets the code be believed.
func (e *Error) Is(target error) bool {
	row := meaningOf(e.Code, e.Message)
	return row.named != nil && row.named == target && e.Kind() == row.kind
}

// TransportError is a call without an answer.
type TransportError struct {
	Path  string // of the call, without host and query
	Write bool   // the call asked for a change
	// Sent is false only if the request certainly never left: no connection
	// for it was made.
	Sent bool
	Err  error

	text string // of Err, without secrets
}

// Error says which call had no answer and why.
func (e *TransportError) Error() string {
	text := e.text
	if text == "" && e.Err != nil {
		text = e.Err.Error()
	}
	if e.Sent {
		return fmt.Sprintf("no answer from TikTok Shop to %s: %s", e.Path, text)
	}
	return fmt.Sprintf("TikTok Shop cannot be reached for %s: %s", e.Path, text)
}

// Unwrap returns the cause.
func (e *TransportError) Unwrap() error { return e.Err }

// VaultError is a vault that could not do its part. A pair of tokens that
// could not be saved is kept in memory and saved at the next call.
type VaultError struct {
	Doing string // such as "loading the tokens"
	Err   error
}

// Error says what the vault could not do.
func (e *VaultError) Error() string { return e.Doing + ": " + e.Err.Error() }

// Unwrap returns the cause.
func (e *VaultError) Unwrap() error { return e.Err }

// BudgetError is a call that was not sent, as the shop's budget for it is spent.
type BudgetError struct {
	Endpoint Endpoint
	Wait     time.Duration // until it is worth asking again
}

// Error says which budget is spent and for how long.
func (e *BudgetError) Error() string {
	return fmt.Sprintf("the call budget of %s is spent for another %s", e.Endpoint, e.Wait)
}
