package view

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// maxQuote is the longest quotation, in code points: it has to fit a section of 3,000 together with what stands above it.
const maxQuote = 2800

// quote sets off somebody's own words line by line, as Slack shows a quotation. What is too long is cut with an ellipsis.
func quote(words string, most int) string {
	for n := most; ; n = n * 2 / 3 {
		lines := strings.Split(cut(cleanLines(words), n), "\n")
		for i, line := range lines {
			lines[i] = "> " + escaper.Replace(calm(line))
		}
		if q := strings.Join(lines, "\n"); utf8.RuneCountInString(q) <= maxQuote {
			return q
		}
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
