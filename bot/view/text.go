package view

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The longest that data may be where it is shown, in code points.
const (
	maxName    = 60  // of a creator, a shop, an agency or a collaboration
	maxTitle   = 120 // of a product
	maxVariant = 80
	maxWords   = 200 // of TikTok's own words
	maxID      = 60  // of what TikTok calls an id, a status or a tracking number
)

// maxMarks is how many combining marks one character may carry: more than any script needs, too few to climb over the
// neighbouring lines.
const maxMarks = 4

// clean makes one line of text out of data: valid UTF-8, without control characters and without the invisible ones
// that turn text around or fill space (bidi marks, overrides and isolates, fillers), with all space folded. The joiners
// stay where they join, since emoji and several scripts need them; marks stay where they have something to sit on.
func clean(s string) string {
	var out []rune
	marks := 0
	for _, r := range strings.ToValidUTF8(s, "\ufffd") {
		if '!' <= r && r <= '~' { // most text is, and needs no look into Unicode's tables
			out, marks = append(out, r), 0
			continue
		}
		switch {
		case unicode.IsSpace(r) || blank(r):
			r = ' '
		case r == zwj || r == zwnj:
			if len(out) == 0 || glue(out[len(out)-1]) {
				continue
			}
		case !unicode.IsLetter(r) && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Cs, unicode.Co, unicode.Noncharacter_Code_Point):
			continue
		}
		if !unicode.In(r, unicode.Mn, unicode.Me) {
			marks = 0
		} else if marks++; marks > maxMarks || len(out) == 0 || out[len(out)-1] == ' ' {
			continue
		}
		if r == ' ' {
			out = trimDangling(out)
			if len(out) == 0 || out[len(out)-1] == ' ' {
				continue
			}
		}
		out = append(out, r)
	}
	return strings.TrimRight(string(trimDangling(out)), " ")
}

const (
	zwnj = '\u200c'
	zwj  = '\u200d'
)

// blank tells whether a character is drawn as nothing, though Unicode does not call it space.
func blank(r rune) bool {
	switch r {
	case '\u115f', '\u1160', '\u2800', '\u3164', '\uffa0', '\u200b', '\ufeff':
		return true
	default:
		return false
	}
}

// glue tells whether nothing can be joined to a character.
func glue(r rune) bool { return r == ' ' || r == zwj || r == zwnj }

// trimDangling takes away joiners and variation selectors that have lost what they would change.
func trimDangling(s []rune) []rune {
	for len(s) > 0 && (s[len(s)-1] == zwj || s[len(s)-1] == zwnj) {
		s = s[:len(s)-1]
	}
	return s
}

// cut shortens cleaned text to so many code points, the ellipsis included, and does not take a character apart that is
// made of several.
func cut(s string, most int) string {
	runes := []rune(s)
	if len(runes) <= most {
		return s
	}
	at := most - 1
	for at > 0 && within(runes, at) {
		at--
	}
	if at == 0 {
		at = most - 1
	}
	return strings.TrimRight(string(trimDangling(runes[:at])), " ") + "…"
}

// within tells whether a cut before runes[at] would fall inside what is seen as one character.
func within(runes []rune, at int) bool {
	next := runes[at]
	switch {
	case unicode.Is(unicode.M, next), next == zwj, next == zwnj, runes[at-1] == zwj:
		return true
	case next >= 0x1f3fb && next <= 0x1f3ff: // skin tones
		return true
	case flagLetter(next): // a flag is a pair of them
		before := 0
		for at-1-before >= 0 && flagLetter(runes[at-1-before]) {
			before++
		}
		return before%2 == 1
	default:
		return false
	}
}

func flagLetter(r rune) bool { return r >= 0x1f1e6 && r <= 0x1f1ff }

// legible tells whether there is anything to read: an emoji alone is no name.
func legible(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) })
}

var escaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// data prepares data for formatted text that is verbatim: cleaned, cut, calmed, escaped. A line must not start with it:
// an escaped ">" at the start of a line is still a quotation. An escape is up to five times as long as what it stands
// for; the whole is at most twice as long as most, so that the limits of a block hold for any data.
func data(s string, most int) string {
	s = clean(s)
	for n := most; ; n = n * 2 / 3 {
		out := escaper.Replace(calm(cut(s, n)))
		if utf8.RuneCountInString(out) <= 2*most {
			return out
		}
	}
}

// label prepares data for the visible part of a link.
func label(s string, most int) string { return strings.ReplaceAll(data(s, most), "|", "¦") }

// spoken prepares data for the text of a message, for which there is no "verbatim": there mentions and channels are kept
// from coming alive by look-alikes too. Web addresses have lost their colon already.
func spoken(s string, most int) string { return deafener.Replace(data(s, most)) }

var deafener = strings.NewReplacer("@", "＠", "#", "♯")

// raw prepares data for plain text, which Slack neither unescapes nor formats.
func raw(s string, most int) string { return cut(clean(s), most) }

// twins are characters that look like those that Slack formats by, the colon of ":smile:" included. Putting a twin in their place is certain to work,
// however Slack parses; invisible characters between them would rest on how it does.
var twins = map[rune]rune{'*': '∗', '_': 'ˍ', '~': '∼', '`': 'ˋ', ':': '∶'}

// calm takes from data the characters that Slack formats by, so that nobody's name makes a card bold or opens a block of
// code. Two stay where they are harmless, since both get copied: an underscore between letters, of which user names are
// full, and a colon before a space, which can open no code of an emoji.
func calm(s string) string {
	runes := []rune(s)
	for i, r := range runes {
		twin, bites := twins[r]
		inner := i+1 < len(runes)
		switch {
		case !bites:
		case r == '_' && inner && i > 0 && wordy(runes[i-1]) && wordy(runes[i+1]):
		case r == ':' && inner && runes[i+1] == ' ':
		default:
			runes[i] = twin
		}
	}
	return string(runes)
}

func wordy(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
}

// quoted puts somebody's own words in quotation marks, fit for a sentence with blocks or without.
func quoted(s string, most int) string { return "“" + spoken(s, most) + "”" }

// first returns the first that is not empty.
func first(all ...string) string {
	if i := slices.IndexFunc(all, func(s string) bool { return s != "" }); i >= 0 {
		return all[i]
	}
	return ""
}
