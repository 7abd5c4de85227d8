package view

import (
	"fmt"
	"strings"
	"time"

	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

// besideLines tell what of the creator's other requests decides: a repeat, how the last one ended, and what is open.
func besideLines(b query.Beside) []string {
	return []string{repeatLine(b), lastLine(b), openLine(b)}
}

// repeatLine marks a request for the very product and variant that the creator asked for before.
func repeatLine(b query.Beside) string {
	r := b.Repeat
	if r.Asked == 0 {
		return ""
	}
	times := "requested before"
	if r.Asked > 1 {
		times = "requested " + many(r.Asked, "time") + " before"
	}
	var got []string
	for _, c := range []struct {
		count int
		word  string
	}{{r.Received, "received"}, {r.Posted, "posted"}} {
		switch {
		case r.Asked == 1 && c.count == 1:
			got = append(got, c.word)
		case c.count > 0 || c.word == "received":
			got = append(got, fmt.Sprintf("%d %s", c.count, c.word))
		}
	}
	if r.Received == 0 {
		got = []string{"not received"}
	}
	return "↻ *Repeat:* same product and variant " + times + " (" + strings.Join(got, ", ") + "), last " + howItStands(r.Last)
}

// lastLine tells how the creator's last request ended, where the repeat does not tell that already.
func lastLine(b query.Beside) string {
	if b.Last == (query.Outcome{}) || b.Last == b.Repeat.Last {
		return ""
	}
	return "Last request: " + howItStands(b.Last)
}

// howItStands is how a request ended, or where it stands, and since when.
func howItStands(o query.Outcome) string { return "*" + stageWord(o.Stage) + "* " + day(o.At) }

// stageWord is a stage in the middle of a sentence.
func stageWord(s workflow.Stage) string {
	switch s {
	case workflow.StageReview:
		return "pending"
	case workflow.StageReject:
		return "rejected"
	default:
		return strings.ToLower(first(spoken(string(s), maxID), "unknown"))
	}
}

// day is a date without the time.
func day(t time.Time) string { return token(t, "{date_short}", t.UTC().Format("2006-01-02")+" UTC") }

// openLine names the creator's other open requests.
func openLine(b query.Beside) string {
	if b.Total == 0 {
		return ""
	}
	var named []string
	for _, a := range b.Open[:min(namedOpen, len(b.Open))] {
		named = append(named, linkTo(a.Card.Link, label(productOf(a.Snapshot.Product), maxName))+" ("+stageWord(a.Stage())+")")
	}
	if more := b.Total - len(named); more > 0 {
		named = append(named, grouped(float64(more))+" more")
	}
	return "Also open: " + strings.Join(named, ", ")
}

// namedOpen is how many other open requests a card names.
const namedOpen = 2

// togetherText is the menu's option that opens the creator's open requests together.
func togetherText(b query.Beside) string {
	if b.Total == 1 {
		return "Open both requests"
	}
	return "Open all " + grouped(float64(b.Total+1)) + " requests"
}
