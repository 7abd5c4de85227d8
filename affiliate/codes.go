package affiliate

import (
	"strings"
	"unicode"
)

// Stops says what a fault keeps from working until a person has mended it.
type Stops string

// What a fault stops.
const (
	StopsNothing Stops = ""     // the one request that met it is all that is concerned
	StopsCall    Stops = "call" // every call to the same endpoint would meet it too
	StopsAll     Stops = "shop" // every call of the shop would meet it too
)

// meaning is a row of the vendor's table of codes: what a code, or a code with
// certain words in its message, means to a client.
type meaning struct {
	code  int
	words []string // any of these in the message tells the row from others of its code; none: it is the code's last row
	kind  Kind
	named error // what the answer matches, if that has a name
}

// meanings are the vendor's codes that mean something to a client. Of the rows of one
// code the first whose words occur counts. A code that is not here is a refusal for
// good.
//
// What each kind stops is in stops, and what people are told and can do about it is
// worded by whoever speaks to them.
var meanings = []meaning{
	{code: codeTokenExpired, kind: TokenExpired},
	{code: codeTokenInvalid, kind: NeedsReconnect},
	{code: codeTokenUnfit, kind: NeedsReconnect},
	{code: codeAuthCodeInvalid, kind: NeedsReconnect, named: ErrBadAuthCode},
	{code: codeRefreshTokenFaulty, kind: NeedsReconnect, named: ErrBadRefreshToken},
	{code: codeParameterInvalid, words: []string{"access token", "accesstoken"}, kind: NeedsReconnect},
	{code: codeParameterInvalid, words: []string{"app key", "appkey"}, kind: AppKeyWrong},
	{code: codeParameterInvalid, words: []string{"timestamp", "time stamp"}, kind: ClockWrong},
	{code: codeParameterInvalid, words: []string{"version"}, kind: VersionRetired},
	{code: codeParameterInvalid, words: []string{"cipher", "shopcipher", "shop id", "shopid"}, kind: ShopUnknown},
	{code: codeParameterInvalid, kind: Refused},
	{code: codeScopeNotGranted, kind: ScopeMissing},
	{code: codeSignatureInvalid, kind: SignatureInvalid},
	{code: codeCipherMissing, kind: CallFaulty},
	{code: codeVersionRetired, kind: VersionRetired},
	{code: codeAddressNotAllowed, kind: AddressNotAllowed},
	{code: codeNoSuchPath, kind: CallUnknown},
	{code: codeNoSuchMethod, kind: CallUnknown},
	{code: codeNoSuchType, kind: CallUnknown},
	{code: codeNoSuchTypeToo, kind: CallUnknown},
	{code: codeTooManyRequests, kind: RateLimited},
	{code: codeVendorFault, kind: Retryable},
	{code: codeVendorTimeout, kind: Retryable},
	{code: codeAgencyRequest, kind: Refused, named: ErrAgencyRequest},
	{code: codeMessageQuota, kind: QuotaExhausted, named: ErrMessageQuota},
	{code: codeShopQuota, kind: QuotaExhausted},
	{code: codeDailyQuota, kind: QuotaExhausted, named: ErrDailyQuota},
	{code: codeOtherRegion, kind: Refused, named: ErrOtherRegion},
}

// The vendor's codes, as its table names them.
const (
	codeTokenExpired       = 105002
	codeTokenInvalid       = 105001
	codeTokenUnfit         = 101000
	codeScopeNotGranted    = 105005
	codeSignatureInvalid   = 106001
	codeCipherMissing      = 106013
	codeParameterInvalid   = 36009004 // several faults in one, which the words tell apart
	codeVersionRetired     = 36009014
	codeAddressNotAllowed  = 36009033
	codeNoSuchPath         = 36009009
	codeNoSuchMethod       = 36009010
	codeNoSuchType         = 36009022
	codeNoSuchTypeToo      = 36009023
	codeTooManyRequests    = 36009002
	codeVendorFault        = 36009003
	codeVendorTimeout      = 36009007
	codeAgencyRequest      = 16022020
	codeMessageQuota       = 16030100
	codeShopQuota          = 16030002
	codeDailyQuota         = 45101004
	codeOtherRegion        = 16032001
	codeAuthCodeInvalid    = 36004004
	codeRefreshTokenFaulty = 36004005
)

// stops says what the faults of a kind keep from working; a kind that is not here
// stops nothing.
var stops = map[Kind]Stops{
	TokenExpired:      StopsAll,
	NeedsReconnect:    StopsAll,
	AppKeyWrong:       StopsAll,
	ClockWrong:        StopsAll,
	ShopUnknown:       StopsAll,
	SignatureInvalid:  StopsAll,
	CallFaulty:        StopsAll,
	AddressNotAllowed: StopsAll,
	ScopeMissing:      StopsCall,
	VersionRetired:    StopsCall,
	CallUnknown:       StopsCall,
}

// Stops says what faults of the kind keep from working until a person has mended
// them. No such fault is ever a word on the one thing that was asked for.
func (k Kind) Stops() Stops { return stops[k] }

// meaningOf finds the row of a code and its words. One that is nowhere is a refusal
// for good.
func meaningOf(code int, message string) meaning {
	said := " " + strings.Join(strings.FieldsFunc(strings.ToLower(message), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r)
	}), " ") + " "
	for _, row := range meanings {
		if row.code == code && row.says(said) {
			return row
		}
	}
	return meaning{code: code, kind: Refused}
}

// says reports whether one of the row's words occurs, as words and not as parts of
// others: "conversation" says nothing of a version.
func (m meaning) says(said string) bool {
	for _, words := range m.words {
		if strings.Contains(said, " "+words+" ") {
			return true
		}
	}
	return len(m.words) == 0
}
