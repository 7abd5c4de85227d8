package affiliate

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Number is a decimal number that may not be shared. Its zero value is blank,
// which is "not shared" and never zero. It keeps the exact decimal digits in
// one canonical form, so that equal numbers compare equal with ==.
//
// It decodes from everything that the vendor sends where a number is
// documented: "", null, a number, a numeric string, and a percentage with or
// without its sign ("60.85%" is 60.85, like "60.85").
type Number struct{ text string }

// Bounds of what is taken as a number: far beyond any count or amount, and
// small enough that no answer can make us write out a million zeros.
const (
	longestNumber   = 64
	largestExponent = 40
)

var errNumber = errors.New("not a decimal number")

// NumberOf returns a shared whole number.
func NumberOf(n int64) Number { return Number{strconv.FormatInt(n, 10)} }

// ParseNumber reads a number as the vendor writes it; blank text is a blank
// number.
func ParseNumber(text string) (Number, error) {
	text = strings.TrimSpace(text)
	text = strings.TrimSpace(strings.TrimSuffix(text, "%"))
	if text == "" {
		return Number{}, nil
	}
	if len(text) > longestNumber {
		return Number{}, fmt.Errorf("%w: longer than %d characters", errNumber, longestNumber)
	}
	canonical, ok := canonicalDecimal(text)
	if !ok {
		return Number{}, fmt.Errorf("%w: %q", errNumber, text)
	}
	return Number{canonical}, nil
}

// Shared is false of a blank number.
func (n Number) Shared() bool { return n.text != "" }

// String returns the canonical decimal digits, or "" of a blank number.
func (n Number) String() string { return n.text }

// Int returns the number without its fraction; ok is false of a blank number
// and of one beyond 64 bits.
func (n Number) Int() (value int64, ok bool) {
	if n.text == "" {
		return 0, false // without an error that nobody reads
	}
	whole, _, _ := strings.Cut(n.text, ".")
	value, err := strconv.ParseInt(whole, 10, 64)
	return value, err == nil
}

// Float returns the nearest float; ok is false of a blank number. It is meant
// for sorting and rounding for display, not for arithmetic on money.
func (n Number) Float() (value float64, ok bool) {
	if n.text == "" {
		return 0, false
	}
	value, err := strconv.ParseFloat(n.text, 64)
	return value, err == nil
}

// MarshalJSON writes the digits as a string, and "" for a blank number.
func (n Number) MarshalJSON() ([]byte, error) { return json.Marshal(n.text) }

// UnmarshalJSON takes "", null, a number, a numeric string and a percentage.
func (n *Number) UnmarshalJSON(data []byte) error {
	text := string(data)
	switch {
	case text == "null":
		text = ""
	case len(data) > 0 && data[0] == '"':
		if err := json.Unmarshal(data, &text); err != nil {
			return fmt.Errorf("reading a number: %w", err)
		}
	}
	number, err := ParseNumber(text)
	if err != nil {
		return fmt.Errorf("reading a number: %w", err)
	}
	*n = number
	return nil
}

// canonicalDecimal writes a decimal number, with or without an exponent, as
// plain digits: no plus sign, no needless zeros, no negative zero.
func canonicalDecimal(text string) (string, bool) {
	if isDecimal(text) && text[0] != '0' {
		return text, true // as most are
	}
	text, exponent, ok := cutExponent(text)
	if !ok {
		return "", false
	}
	negative := strings.HasPrefix(text, "-")
	if negative || strings.HasPrefix(text, "+") {
		text = text[1:]
	}
	whole, fraction, _ := strings.Cut(text, ".")
	if !isDecimal(whole + fraction) {
		return "", false
	}
	whole, fraction = shift(whole, fraction, exponent)
	whole = strings.TrimLeft(whole, "0")
	fraction = strings.TrimRight(fraction, "0")
	if whole == "" {
		whole = "0"
	}
	if fraction != "" {
		fraction = "." + fraction
	}
	if negative && whole+fraction != "0" {
		whole = "-" + whole
	}
	return whole + fraction, true
}

// cutExponent splits "1.5e3" into "1.5" and 3.
func cutExponent(text string) (mantissa string, exponent int, ok bool) {
	at := strings.IndexAny(text, "eE")
	if at < 0 {
		return text, 0, true
	}
	exponent, err := strconv.Atoi(text[at+1:])
	if err != nil || exponent > largestExponent || exponent < -largestExponent {
		return "", 0, false
	}
	return text[:at], exponent, true
}

// shift moves the decimal point by the given number of places.
func shift(whole, fraction string, places int) (newWhole, newFraction string) {
	if places >= 0 {
		fraction += strings.Repeat("0", max(0, places-len(fraction)))
		return whole + fraction[:places], fraction[places:]
	}
	whole = strings.Repeat("0", max(0, -places-len(whole))) + whole
	at := len(whole) + places
	return whole[:at], whole[at:] + fraction
}
