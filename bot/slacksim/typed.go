package slacksim

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/mail"
	"net/url"
	"strconv"
	"time"
	"unicode/utf8"
)

// typed checks what a person typed into a field or picked in a calendar, as Slack's own client does before it sends anything.
func (c control) typed(value any) (any, error) {
	s, ok := value.(string)
	if n, isNumber := value.(json.Number); isNumber {
		s, ok = n.String(), true
	}
	if !ok {
		return nil, errors.New("takes one value as text")
	}
	switch c.kind() {
	case "datepicker":
		if _, err := time.Parse(time.DateOnly, s); err != nil {
			return nil, fmt.Errorf("%q is no date such as 2026-11-22", s)
		}
	case "timepicker":
		if _, err := time.Parse("15:04", s); err != nil || len(s) != 5 {
			return nil, fmt.Errorf("%q is no time such as 09:30", s)
		}
	case "datetimepicker":
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil || len(s) != 10 {
			return nil, fmt.Errorf("%q is no time in Unix seconds", s)
		}
		return n, nil
	default:
		if s == "" {
			return nil, nil // an empty field is null in state.values
		}
		return s, c.typedText(s)
	}
	return s, nil
}

func (c control) typedText(s string) error {
	length := float64(utf8.RuneCountInString(s))
	if least, ok := number(c.element["min_length"]); ok && length < least {
		return fmt.Errorf("takes at least %v characters", least)
	}
	most, ok := number(c.element["max_length"])
	if !ok {
		most = 3000
	}
	if length > most {
		return fmt.Errorf("takes at most %v characters", most)
	}
	switch c.kind() {
	case "email_text_input":
		if a, err := mail.ParseAddress(s); err != nil || a.Address != s {
			return fmt.Errorf("%q is no e-mail address", s)
		}
	case "url_text_input":
		if u, err := url.Parse(s); err != nil || u.Scheme == "" || u.Host == "" {
			return fmt.Errorf("%q is no address", s)
		}
	case "number_input":
		return c.typedNumber(s)
	}
	return nil
}

func (c control) typedNumber(s string) error {
	n, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(n) || math.IsInf(n, 0) {
		return fmt.Errorf("%q is no number", s)
	}
	if decimal, _ := c.element["is_decimal_allowed"].(bool); !decimal && n != math.Trunc(n) {
		return fmt.Errorf("%q is no whole number", s)
	}
	if least, ok := number(c.element["min_value"]); ok && n < least {
		return fmt.Errorf("takes %v or more", least)
	}
	if most, ok := number(c.element["max_value"]); ok && n > most {
		return fmt.Errorf("takes %v or less", most)
	}
	return nil
}

// typedRichText takes plain text or a rich_text object.
func typedRichText(value any) (any, error) {
	switch v := value.(type) {
	case string:
		if v == "" {
			return nil, nil
		}
		block := richText(v)[0]
		delete(block, "block_id")
		return block, nil
	case object:
		if v["type"] == "rich_text" {
			return v, nil
		}
	}
	return nil, errors.New("takes text, or a rich_text object")
}

// number reads a JSON number, or text that holds one.
func number(v any) (float64, bool) {
	var s string
	switch v := v.(type) {
	case json.Number:
		s = v.String()
	case string:
		s = v
	default:
		return 0, false
	}
	n, err := strconv.ParseFloat(s, 64)
	return n, err == nil
}
