package view

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxQuote is the longest quotation, in code points: it has to fit a section of 3,000 together with what stands above it.
const maxQuote = 2800

// quote sets off somebody's own words line by line, as Slack shows a quotation. What is too long is cut with an ellipsis.
func quote(words string, most int) string {
	for n := most; ; n = n * 2 / 3 {
		lines := strings.Split(cut(cleanLines(words), n), "\n")
		for i, line := range lines {
			lines[i] = "> " + quotedLine(line)
		}
		if q := strings.Join(lines, "\n"); utf8.RuneCountInString(q) <= maxQuote {
			return q
		}
	}
}

// link is an address of any scheme, of the characters that RFC 3986 lets into one.
var link = regexp.MustCompile(`[A-Za-z][A-Za-z0-9+.-]{0,30}://[A-Za-z0-9._~:/?#@!$&'()*+,;=%\[\]-]+`)

// coded is what could be taken for the code of an emoji.
var coded = regexp.MustCompile(`:[^\s:/?#&=]+:`)

// quotedLine prepares a quoted line for formatted text. An address in it stays as it is, letter by letter, so that it can be
// copied: it stands as code, in which Slack formats and links nothing. One that was cut off, or that has in it what
// could be the code of an emoji, is text like all other.
func quotedLine(line string) string {
	var b strings.Builder
	for {
		at := link.FindStringIndex(line)
		if at == nil {
			return b.String() + escaper.Replace(calm(line))
		}
		before, address, after := line[:at[0]], line[at[0]:at[1]], line[at[1]:]
		text := strings.TrimRight(address, ".,;:!?)'") // what ends a sentence is not of the address
		after = address[len(text):] + after
		plain := strings.HasPrefix(after, "…") || coded.MatchString(text)
		if !plain { // what joined the address, or sat on its end, has nothing to join or sit on
			before = string(trimDangling([]rune(before)))
			after = strings.TrimLeftFunc(after, func(r rune) bool { return r == zwj || r == zwnj || unicode.Is(unicode.M, r) })
		}
		b.WriteString(escaper.Replace(calm(before)))
		if plain {
			b.WriteString(escaper.Replace(calm(text)))
		} else {
			if before != "" && !strings.HasSuffix(before, " ") {
				b.WriteByte(' ') // code begins at a word's beginning, and ends at its end
			}
			b.WriteString("`" + escaper.Replace(text) + "`")
			if after != "" && !strings.HasPrefix(after, " ") && address == text {
				b.WriteByte(' ')
			}
		}
		line = after
	}
}

// cleanLines cleans text line by line and leaves out the empty ones.
func cleanLines(words string) string {
	lines := strings.Split(strings.ReplaceAll(words, "\r", "\n"), "\n")
	for i, line := range lines {
		lines[i] = clean(line)
	}
	lines = slices.DeleteFunc(lines, func(line string) bool { return line == "" })
	return strings.Join(lines, "\n")
}
