package affiliatesim

import (
	"fmt"
	"net/http"
	"time"
)

// The vendor's documented codes.
const (
	codeOK               = 0
	codeTokenExpired     = 105002
	codeTokenInvalid     = 105001
	codeScopeMissing     = 105005
	codeSignatureInvalid = 106001
	codeCipherMissing    = 106013
	codeParameterInvalid = 36009004
	codeNoSuchPath       = 36009009
	codeNoSuchMethod     = 36009010
	codeNoSuchType       = 36009022
	codeTooManyRequests  = 36009002
	codeVendorFault      = 36009003
	codeBadAuthCode      = 36004004
	codeBadRefreshToken  = 36004005
	codeMessageQuota     = 16030100
	codeDailyQuota       = 45101004
	codeOtherRegion      = 16032001
	// These three only come as a fault.
	codeTokenUnfit        = 101000
	codeVersionRetired    = 36009014
	codeAddressNotAllowed = 36009033
)

// Codes of this stand-in's own. The vendor refuses these things too, but with codes
// that its documentation does not name; a client must treat any other code as a
// refusal for good. They are stable.
const (
	// codeUnknownApplication: no application of this shop has that id.
	codeUnknownApplication = 16020001
	// codeNotPending: the application was decided or ended before. What the vendor
	// answers to a second approval is not documented; the stricter reading is a
	// refusal for good, never a second success.
	codeNotPending = 16020002
	// codeNotApprovable: is_approvable is false; the message names the reasons.
	codeNotApprovable = 16020003
	// codeUnknownObject: no such product, collaboration, creator or conversation.
	codeUnknownObject = 16020004
)

// statusOf is the HTTP status that goes with a code. The vendor says only that
// business errors come with 200 or 4xx and that the code is what counts. Here faults
// of the call itself (token, scope, path, rate, parameters) have the 4xx that fits,
// and everything else, refusals of business and the vendor's own fault among them,
// comes with 200, so that a client that reads the status alone is found out.
func statusOf(code int) int {
	switch code {
	case codeTokenExpired, codeTokenInvalid, codeTokenUnfit, codeSignatureInvalid:
		return http.StatusUnauthorized
	case codeScopeMissing, codeAddressNotAllowed:
		return http.StatusForbidden
	case codeParameterInvalid, codeCipherMissing, codeVersionRetired:
		return http.StatusBadRequest
	case codeNoSuchPath:
		return http.StatusNotFound
	case codeNoSuchMethod:
		return http.StatusMethodNotAllowed
	case codeNoSuchType:
		return http.StatusUnsupportedMediaType
	case codeTooManyRequests:
		return http.StatusTooManyRequests
	default:
		return http.StatusOK
	}
}

// refusal is an error that the caller is answered with.
type refusal struct {
	code    int
	message string
	// wait fills Retry-After, in whole seconds; zero leaves it out.
	wait time.Duration
	// allow fills the Allow header of a wrong method.
	allow string
}

// Error is the code with its message.
func (r *refusal) Error() string { return fmt.Sprintf("%d: %s", r.code, r.message) }

// refuse makes a refusal with a formatted message.
func refuse(code int, format string, args ...any) *refusal {
	return &refusal{code: code, message: fmt.Sprintf(format, args...)}
}

// invalid refuses a parameter.
func invalid(format string, args ...any) *refusal {
	return refuse(codeParameterInvalid, format, args...)
}
