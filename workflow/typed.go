package workflow

import (
	"crypto/sha256"
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

// ShortID is an application's short id, which can be read out and typed: five characters of Crockford's alphabet, made
// from the key. Two applications of a desk may share one rarely; whoever types it is then asked which.
type ShortID string

const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// shortLength is how many characters a short id has: 33 million of them, so that among 5,000 applications one pair in
// three desks shares one.
const shortLength = 5

// Short returns the application's short id. It is the same on every desk and forever.
func (k Key) Short() ShortID {
	sum := sha256.Sum256([]byte(k.String()))
	var id [shortLength]byte
	for i := range id {
		id[i] = crockford[sum[i]%32]
	}
	return ShortID(id[:])
}

// confusable are the characters that Crockford's alphabet leaves out since they are mistaken for others.
var confusable = strings.NewReplacer("O", "0", "I", "1", "L", "1", "-", "")

// ParseShort reads a short id as a person may have typed it: in either case, with a number sign in front, with hyphens,
// and with letters that look like digits.
func ParseShort(typed string) (ShortID, bool) {
	id := confusable.Replace(strings.ToUpper(strings.TrimPrefix(Plain(typed), "#")))
	if len(id) != shortLength || strings.Trim(id, crockford) != "" {
		return "", false
	}
	return ShortID(id), true
}
