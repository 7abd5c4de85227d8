package workflow

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// People type on many keyboards, and copy from what the desk shows. Typed and Plain read that by the rules by which it
// is shown. Typed keeps what a person wants to see again; Plain is for what is understood and compared.

// unescaper takes back what Slack escapes in what people type.
var unescaper = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&")

// Typed reads what a person typed: valid UTF-8 in Unicode's composed form, every kind of blank as a space, without what
// cannot be seen, and without Slack's escapes. Lines stay, and so do the joiners within emoji and scripts.
func Typed(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\u200c' || r == '\u200d':
			return r
		case unicode.IsSpace(r), r == '\u2800', r == '\u3164', r == '\uffa0':
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r):
			return -1
		default:
			return r
		}
	}, unescaper.Replace(strings.ToValidUTF8(s, "")))
	return strings.TrimSpace(norm.NFC.String(s))
}

// originals are what stands behind the look-alikes that the desk shows in names, so that what is copied from a card is
// understood, and the signs that keyboards put in place of plain ones.
var originals = map[rune]rune{
	'∗': '*', 'ˍ': '_', '∼': '~', 'ˋ': '`', '∶': ':', '♯': '#', '¦': '|',
	'“': '"', '”': '"', '„': '"', '«': '"', '»': '"', '‘': '\'', '’': '\'', '‚': '\'',
	'‐': '-', '‑': '-', '‒': '-', '–': '-', '—': '-', '−': '-', '、': ',', '。': '.',
}

// Plain reads what is to be understood: as Typed does, with plain signs and letters in place of full-width ones,
// ligatures, curly quotes and look-alikes, single spaces, and without a full stop at the end.
func Plain(s string) string {
	for {
		next := plainer(s)
		if next == s {
			return s
		}
		s = next
	}
}

func plainer(s string) string {
	s = strings.Map(func(r rune) rune {
		if original, ok := originals[r]; ok {
			return original
		}
		if unicode.In(r, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector) {
			return -1
		}
		return r
	}, norm.NFKC.String(Typed(s)))
	s = strings.Join(strings.Fields(s), " ")
	if ended := strings.TrimRight(s, ". "); ended != "" {
		return ended
	}
	return s
}
