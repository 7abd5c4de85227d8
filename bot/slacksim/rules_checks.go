package slacksim

import (
	"encoding/json"
	"fmt"
	"math"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"unicode/utf8"
)

func runes(s string) int { return utf8.RuneCountInString(s) }

// chars is text of least to most Unicode code points.
func chars(least, most int) check {
	return func(ck *checker, v any, at string) {
		s, ok := v.(string)
		switch {
		case !ok:
			ck.complain(at, "must be a string")
		case runes(s) < least:
			ck.complain(at, "must be more than %d characters", least-1)
		case runes(s) > most:
			ck.complain(at, "must be less than %d characters", most+1)
		}
	}
}

// plain is a plain_text object, said a text object of either kind.
func plain(most int) check { return textOf(most, "plain_text") }
func said(most int) check  { return textOf(most, "plain_text", "mrkdwn") }

func textOf(most int, kinds ...string) check {
	return func(ck *checker, v any, at string) {
		ck.typed("text", v, at, kinds...)
		if o, ok := v.(object); ok && runes(str(o, "text")) > most {
			ck.complain(at+"/text", "must be less than %d characters", most+1)
		}
	}
}

func truth(ck *checker, v any, at string) {
	if _, ok := v.(bool); !ok {
		ck.complain(at, "must be a boolean")
	}
}

// focus is focus_on_load, of which a view has one at most.
func focus(ck *checker, v any, at string) {
	truth(ck, v, at)
	if v == true {
		ck.focused++
	}
}

func oneOf(words ...string) check {
	return func(ck *checker, v any, at string) {
		if s, ok := v.(string); !ok || !slices.Contains(words, s) {
			ck.complain(at, "must be a valid enum value: one of %q", words)
		}
	}
}

// whole is a whole number within bounds.
func whole(least, most int) check {
	return func(ck *checker, v any, at string) {
		n, ok := v.(json.Number)
		i, err := strconv.Atoi(string(n))
		if !ok || err != nil {
			ck.complain(at, "must be an integer")
		} else if i < least || i > most {
			ck.complain(at, "must be from %d to %d", least, most)
		}
	}
}

// address is a URL of at most 3,000 characters.
func address(ck *checker, v any, at string) {
	chars(1, 3000)(ck, v, at)
	s, ok := v.(string)
	if !ok {
		return
	}
	if u, err := url.Parse(s); err != nil || u.Scheme == "" || (u.Host == "" && u.Opaque == "") {
		ck.complain(at, "must be a valid URL")
	}
}

// list is an array of least to most items.
func list(least, most int, each check) check {
	return func(ck *checker, v any, at string) {
		all, ok := v.([]any)
		switch {
		case !ok:
			ck.complain(at, "must provide an array")
			return
		case len(all) < least:
			ck.complain(at, "no fewer than %d items allowed", least)
		case len(all) > most:
			ck.complain(at, "no more than %d items allowed", most)
			return
		}
		for i, item := range all {
			each(ck, item, at+"/"+strconv.Itoa(i))
		}
	}
}

// part is an object without a type of its own, such as an option.
func part(kind string) check {
	return func(ck *checker, v any, at string) { ck.node("object "+kind, v, at) }
}

// element is an element of one of these types.
func element(kinds ...string) check {
	return func(ck *checker, v any, at string) { ck.typed("element", v, at, kinds...) }
}

func matching(pattern, what string) check {
	re := regexp.MustCompile(pattern)
	return func(ck *checker, v any, at string) {
		if s, ok := v.(string); !ok || !re.MatchString(s) {
			ck.complain(at, "must be %s", what)
		}
	}
}

// either wants exactly one of two fields.
func either(a, b string) check {
	return func(ck *checker, v any, at string) {
		o := v.(object)
		switch {
		case o[a] == nil && o[b] == nil:
			ck.complain(at, "must define either `%s` or `%s`", a, b)
		case o[a] != nil && o[b] != nil:
			ck.complain(at, "must define either `%s` or `%s`, not both", a, b)
		}
	}
}

// initialOffered wants an initial option to be one of the options, word for word.
func initialOffered(ck *checker, v any, at string) {
	o := v.(object)
	bare := object{"options": o["options"], "option_groups": o["option_groups"]}
	offered := map[string]bool{}
	for _, each := range optionsOf(bare) {
		offered[string(encode(each))] = true
	}
	one := func(v any, at string) {
		if each, ok := v.(object); ok && !offered[string(encode(each))] {
			ck.complain(at, "must be one of the options, word for word")
		}
	}
	if o["initial_option"] != nil {
		one(o["initial_option"], at+"/initial_option")
	}
	all, _ := o["initial_options"].([]any)
	for i, each := range all {
		one(each, fmt.Sprintf("%s/initial_options/%d", at, i))
	}
}

// distinctValues wants the values of an element's options to differ, since a choice is told by its value.
func distinctValues(ck *checker, v any, at string) {
	o := v.(object)
	seen := map[string]bool{}
	for _, each := range optionsOf(object{"options": o["options"], "option_groups": o["option_groups"]}) {
		value := str(each, "value")
		if seen[value] && value != "" {
			ck.complain(at, "option value %q is used twice", cut(value, 60))
		}
		seen[value] = true
	}
}

// startsWithinLength wants a field to start with a text that a person could have typed there: Slack's pages do not say what becomes of
// another, so it is refused.
func startsWithinLength(ck *checker, v any, at string) {
	o := v.(object)
	least, hasLeast := number(o["min_length"])
	most, hasMost := number(o["max_length"])
	if hasLeast && hasMost && least > most {
		ck.complain(at+"/min_length", "must not be more than max_length")
	}
	start := float64(runes(str(o, "initial_value")))
	if start > 0 && hasMost && start > most {
		ck.complain(at+"/initial_value", "must not be longer than max_length")
	}
}

// startsWithinBounds wants the same of a number.
func startsWithinBounds(ck *checker, v any, at string) {
	o := v.(object)
	least, hasLeast := number(o["min_value"])
	most, hasMost := number(o["max_value"])
	if hasLeast && hasMost && least > most {
		ck.complain(at+"/min_value", "must not be more than max_value")
	}
	start, given := number(o["initial_value"])
	switch {
	case !given:
	case hasLeast && start < least, hasMost && start > most:
		ck.complain(at+"/initial_value", "must be from min_value to max_value")
	case o["is_decimal_allowed"] == false && start != math.Trunc(start):
		ck.complain(at+"/initial_value", "must be a whole number, as is_decimal_allowed is false")
	}
}
