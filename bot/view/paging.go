package view

import (
	"fmt"

	"github.com/slack-go/slack"
)

// part tells which part of a list a page shows. From is the number of its first row, counted from 1.
func part(from, shown, total int) string {
	if shown < 1 {
		return "This page is now empty"
	}
	to := from + shown - 1
	return fmt.Sprintf("%d–%d of %d", from, to, max(total, to))
}

// backButton leads to the page before.
func backButton(action, value string) *slack.ButtonBlockElement {
	return button(action, value, "Back", "Back to the previous page")
}

// startButton leads to the first page, where the way back is not known.
func startButton(action, value string) *slack.ButtonBlockElement {
	return button(action, value, "Back to the start", "Back to the first page")
}

// nextButton leads to the page after, which shows so many of what the list is of.
func nextButton(action, value string, n int, of string) *slack.ButtonBlockElement {
	text := fmt.Sprintf("Next %d", n)
	return button(action, value, text, text+" "+of)
}
