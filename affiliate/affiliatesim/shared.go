package affiliatesim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
)

// Shared is a value of a creator exactly as the vendor sends it: the JSON text of a
// number, a string or an amount of money. A creator who has not agreed to share a
// number has an empty string there (the JSON text is two quotes), or the field is
// absent. The zero value in a [Request] means: choose one for me.
type Shared string

// The two ways of not sharing.
const (
	Blank  Shared = `""`   // the field is an empty string
	Absent Shared = "null" // the field is left out of the record
)

// Count is a whole number that is shared.
func Count(n int) Shared { return Shared(strconv.Itoa(n)) }

// Text is a shared value that travels as a string, such as "60.85%".
func Text(s string) Shared { return Shared(strconv.Quote(s)) }

// Money is a shared amount, such as Money("500", "USD").
func Money(amount, currency string) Shared {
	return Shared(fmt.Sprintf(`{"amount":%q,"currency":%q}`, amount, currency))
}

// UnmarshalJSON keeps the text; null means [Absent].
func (s *Shared) UnmarshalJSON(text []byte) error {
	var out bytes.Buffer
	if err := json.Compact(&out, text); err != nil {
		return fmt.Errorf("reading a shared number: %w", err)
	}
	*s = Shared(out.String())
	return nil
}

// MarshalJSON writes the text back.
func (s Shared) MarshalJSON() ([]byte, error) {
	if s == "" {
		return []byte("null"), nil
	}
	return []byte(s), nil
}

// or is s, or the default where s says nothing. Absent becomes the empty value, which
// a record leaves out.
func (s Shared) or(value Shared) Shared {
	switch s {
	case "":
		return value
	case Absent:
		return ""
	default:
		return s
	}
}

var (
	numberText  = regexp.MustCompile(`^("[0-9]{1,18}(\.[0-9]{1,6})?"|[0-9]{1,18}(\.[0-9]{1,6})?)$`)
	percentText = regexp.MustCompile(`^("[0-9]{1,3}(\.[0-9]{1,4})?%?")$`)
	decimalText = regexp.MustCompile(`^[0-9]{1,15}(\.[0-9]{1,6})?$`)
	moneyUnit   = regexp.MustCompile(`^[A-Z]{3}$`)
)

// checkNumber accepts blanks, numbers and numeric strings.
func (s Shared) checkNumber(name string) error {
	if s == "" || s == Blank || s == Absent || numberText.MatchString(string(s)) {
		return nil
	}
	return badInput(`%s must be a number, a numeric string, or "" or null for "not shared"; not %s`, name, clip(string(s), 40))
}

// checkPercent accepts blanks and strings such as "60.85%" and "60.50".
func (s Shared) checkPercent(name string) error {
	if s == "" || s == Blank || s == Absent || percentText.MatchString(string(s)) {
		return nil
	}
	return badInput(`%s must be a string such as "60.85%%" or "60.50", or "" or null for "not shared"; not %s`, name, clip(string(s), 40))
}

// checkMoney accepts blanks and amounts; the amount itself may be blank too.
func (s Shared) checkMoney(name string) error {
	if s == "" || s == Blank || s == Absent {
		return nil
	}
	m, ok := s.money()
	if !ok || (m.Amount != "" && !decimalText.MatchString(m.Amount)) || (m.Currency != "" && !moneyUnit.MatchString(m.Currency)) {
		return badInput(`%s must be {"amount":"500","currency":"USD"}, or "" or null for "not shared"; not %s`, name, clip(string(s), 60))
	}
	return nil
}

// amount is the vendor's form of money.
type amount struct {
	Amount   string `json:"amount"`
	Currency string `json:"currency"`
}

// money reads an amount.
func (s Shared) money() (amount, bool) {
	var m amount
	err := decodeStrictly([]byte(s), &m)
	return m, err == nil && len(s) > 0 && s[0] == '{'
}
