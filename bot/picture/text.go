package picture

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/image/font"
	"golang.org/x/text/unicode/bidi"
	"golang.org/x/text/unicode/norm"
)

// What is looked at of a text: far more than fits a line, and little enough that nobody's text costs time.
const (
	maxBytes = 1600
	maxRunes = 400
)

const (
	missing  = '·' // stands for characters that the font lacks
	ellipsis = "…"
)

// legible makes one line that can be drawn out of any text. Space is folded; control and format characters, those that
// turn text around among them, are dropped, and so are accents that no letter of the font comes with, since they would
// be drawn beside it. What the font lacks is shown as its plain twin where it has one (𝓰𝓵𝓸𝔀 as glow); a run of what
// is still lacking is shown as one "·", not as a row of boxes. The message around the picture has the text in full.
func (l *letters) legible(s string) string {
	if len(s) > maxBytes {
		s = s[:maxBytes]
	}
	var out []rune
	lacking := false
	for _, r := range norm.NFC.String(strings.ToValidUTF8(s, "")) {
		switch {
		case len(out) >= maxRunes:
			return strings.TrimRight(string(out[:maxRunes]), " ")
		case unicode.IsSpace(r):
			lacking = false
			if len(out) > 0 && out[len(out)-1] != ' ' {
				out = append(out, ' ')
			}
			continue
		case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Mn, unicode.Me, unicode.Noncharacter_Code_Point):
			continue
		}
		drawn := l.twins(r)
		if len(drawn) == 0 && !lacking {
			out = append(out, missing)
		}
		out = append(out, drawn...)
		lacking = len(drawn) == 0
	}
	return strings.TrimRight(string(out), " ")
}

// twins returns what a character is drawn as: itself, or its compatible forms, or nothing where the font lacks them.
func (l *letters) twins(r rune) []rune {
	if l.has(r) {
		return []rune{r}
	}
	forms := []rune(norm.NFKC.String(string(r)))
	if slices.ContainsFunc(forms, func(form rune) bool { return unicode.Is(unicode.M, form) || !l.has(form) }) {
		return nil
	}
	return forms
}

// fit prepares a text for a place of so many pixels: legible, cut with an ellipsis where it is too long, and in the
// order in which it is drawn from left to right. Where not even the ellipsis fits, nothing is left.
func (l *letters) fit(face font.Face, s string, most int) string {
	runes := []rune(l.legible(s))
	if whole := visual(string(runes)); width(face, whole) <= most {
		return whole
	}
	low, high := 0, len(runes) // low fits, or is the least there is; high does not fit
	for low+1 < high {
		middle := (low + high) / 2
		if width(face, visual(cut(runes, middle))) <= most {
			low = middle
		} else {
			high = middle
		}
	}
	if short := visual(cut(runes, low)); width(face, short) <= most {
		return short
	}
	return ""
}

func cut(runes []rune, n int) string { return strings.TrimRight(string(runes[:n]), " ") + ellipsis }

// visual brings a line into the order in which it is drawn. The Unicode bidirectional algorithm (UAX 9) is the
// library's, which leaves the runs in the order of reading; putting them into the order of the eye is left to do here.
func visual(s string) string {
	if !strings.ContainsFunc(s, rightToLeft) {
		return s
	}
	var paragraph bidi.Paragraph
	if _, err := paragraph.SetString(s); err != nil {
		return s
	}
	order, err := paragraph.Order()
	if err != nil {
		return s
	}
	var line, span []string // span: what is read from right to left, last part first
	for i := range order.NumRuns() {
		run := order.Run(i)
		text := run.String()
		leftward := run.Direction() == bidi.RightToLeft
		if leftward {
			text = bidi.ReverseString(text)
		}
		if leftward || order.Direction() == bidi.RightToLeft || len(span) > 0 && numeral(text) {
			span = append([]string{text}, span...)
			continue
		}
		line = append(append(line, span...), text)
		span = nil
	}
	return strings.Join(append(line, span...), "")
}

// numeral tells whether a part is a number without words, which belongs to what is read from right to left before it.
func numeral(s string) bool {
	return strings.ContainsFunc(s, unicode.IsNumber) && !strings.ContainsFunc(s, unicode.IsLetter)
}

func rightToLeft(r rune) bool {
	p, _ := bidi.LookupRune(r)
	return p.Class() == bidi.R || p.Class() == bidi.AL
}
