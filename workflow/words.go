package workflow

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// The bounds of the words of a text: what is beyond them is not found by.
const (
	maxWords = 12
	maxWord  = 32 // bytes
)

// Words parts a text into the words by which it is found, each once and in order: without regard to case, accents and
// width, parted at whatever is neither letter nor digit, as space, dot, underscore and hyphen.
func Words(text string) (words []string) {
	for word := range strings.FieldsSeq(foldedWords(text)) {
		for len(word) > maxWord {
			_, size := utf8.DecodeLastRuneInString(word)
			word = word[:len(word)-size]
		}
		if !slices.Contains(words, word) {
			words = append(words, word)
		}
		if len(words) == maxWords {
			break
		}
	}
	return words
}

// foldedWords is a text in which nothing but words and spaces is left. Plain English, as most is, needs no tables.
func foldedWords(text string) string {
	if plainEnglish(text) {
		return strings.Map(func(r rune) rune {
			if !letterOrDigit(r) {
				return ' '
			}
			return unicode.ToLower(r)
		}, text)
	}
	return norm.NFC.String(strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Mn, r):
			return -1
		case unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.Is(unicode.Mc, r):
			return unicode.ToLower(r)
		default:
			return ' '
		}
	}, norm.NFKD.String(strings.ToLower(Plain(text)))))
}

// plainEnglish reports whether a text is ASCII of which nothing is escaped.
func plainEnglish(text string) bool {
	for i := range len(text) {
		if c := text[i]; c >= utf8.RuneSelf || c == '&' || c < ' ' {
			return false
		}
	}
	return true
}

// letterOrDigit is for plainEnglish.
func letterOrDigit(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
}

// Words are those by which a creator is found: of their name and their handle.
func (c Creator) Words() []string { return Words(c.Nickname + " " + c.Username) }

// Words are those by which a product is found: of its title and its variant.
func (p Product) Words() []string { return Words(p.Title + " " + p.Variant) }

// FoundBy reports whether each of some words begins a word of the creator's name, of their handle or of the product.
func (a Application) FoundBy(words []string) bool {
	own := slices.Concat(a.Snapshot.Creator.Words(), a.Snapshot.Product.Words())
	for _, word := range words {
		if !slices.ContainsFunc(own, func(o string) bool { return strings.HasPrefix(o, word) }) {
			return false
		}
	}
	return len(words) > 0
}
