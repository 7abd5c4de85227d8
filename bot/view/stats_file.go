package view

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/slack-go/slack"

	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

// StatsRow is a request in a file of numbers.
type StatsRow struct {
	query.PeriodRow
	By string // who decided, by name; empty: it was made in the Affiliate Center or by TikTok's automation
}

// statsColumns are the columns of the file, each with its heading.
var statsColumns = []struct {
	heading string
	of      func(StatsRow) string
}{
	{"request", func(r StatsRow) string { return string(r.Application.Key.Short()) }},
	{"application id", func(r StatsRow) string { return string(r.Application.Key.ID) }},
	{"shop", func(r StatsRow) string { return raw(r.Shop, maxName) }},
	{"creator", func(r StatsRow) string { return raw(r.Application.Snapshot.Creator.Username, maxName) }},
	{"creator's name", func(r StatsRow) string { return raw(r.Application.Snapshot.Creator.Nickname, maxName) }},
	{"creator's id", func(r StatsRow) string { return raw(r.Application.Snapshot.Creator.OpenID, maxWords) }},
	{"product", func(r StatsRow) string { return raw(r.Application.Snapshot.Product.Title, maxTitle) }},
	{"variant", func(r StatsRow) string { return raw(r.Application.Snapshot.Product.Variant, maxVariant) }},
	{"product id", func(r StatsRow) string { return raw(string(r.Application.Snapshot.Product.ID), maxID) }},
	{"asked", func(r StatsRow) string { return r.clock(r.Application.SeenAt) }},
	{"decided by", func(r StatsRow) string { return r.decider() }},
	{"decided", func(r StatsRow) string { return r.clock(r.Decision.At) }},
	{"verdict", func(r StatsRow) string { return r.verdict() }},
	{"reason", func(r StatsRow) string { return r.reason() }},
	{"status", func(r StatsRow) string { return raw(string(r.Application.Stage()), maxID) }},
	{"shipped", func(r StatsRow) string { return r.clock(r.Shipped) }},
	{"delivered", func(r StatsRow) string { return r.clock(r.Delivered) }},
	{"posted", func(r StatsRow) string { return r.clock(r.Posted) }},
	{"paid orders", func(r StatsRow) string { return r.orders() }},
	{"card", func(r StatsRow) string { return raw(r.Application.Card.Link, maxLink) }},
	{"time zone", func(r StatsRow) string { return r.Zone.String() }},
}

// maxLink is the longest link that is written.
const maxLink = 500

// clock is a time as spreadsheets understand it.
func (r StatsRow) clock(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(r.Zone).Format("2006-01-02 15:04")
}

func (r StatsRow) decider() string {
	switch {
	case r.Decision.Verdict == "":
		return ""
	case r.By == "":
		return "in the Affiliate Center"
	default:
		return raw(r.By, maxName)
	}
}

func (r StatsRow) verdict() string {
	if r.Decision.Verdict == "" {
		return ""
	}
	return verdictDone(r.Decision.Verdict)
}

func (r StatsRow) reason() string {
	if r.Decision.Verdict != workflow.Reject || r.Decision.Reason == "" {
		return ""
	}
	return ReasonText(r.Decision.Reason)
}

// orders is empty where TikTok does not tell: that is not none.
func (r StatsRow) orders() string {
	if r.Untold {
		return ""
	}
	return strconv.Itoa(r.Orders)
}

// byteOrderMark tells spreadsheets that a file is UTF-8; without it the widespread ones take it for something older.
const byteOrderMark = "\ufeff"

// StatsFile writes requests as comma-separated values (RFC 4180), one a line below the headings.
func StatsFile(rows []StatsRow) ([]byte, error) {
	headings := make([]string, len(statsColumns))
	for i, c := range statsColumns {
		headings[i] = c.heading
	}
	return csvFile(headings, len(rows), func(row, column int) string { return statsColumns[column].of(rows[row]) })
}

// csvFile writes so many rows below their headings.
func csvFile(headings []string, rows int, cell func(row, column int) string) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString(byteOrderMark)
	w := csv.NewWriter(&b)
	w.UseCRLF = true
	if err := w.Write(headings); err != nil {
		return nil, fmt.Errorf("writing the headings of a file: %w", err)
	}
	line := make([]string, len(headings))
	for row := range rows {
		for column := range line {
			line[column] = defuse(cell(row, column))
		}
		if err := w.Write(line); err != nil {
			return nil, fmt.Errorf("writing a line of a file: %w", err)
		}
	}
	w.Flush()
	return b.Bytes(), w.Error()
}

// defuse keeps a spreadsheet from taking somebody's text for a formula: whatever begins like one, the wide forms that
// some spreadsheets take too included, gets an apostrophe in front (OWASP, CSV injection).
func defuse(cell string) string {
	if r, _ := utf8.DecodeRuneInString(cell); cell != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠", r) {
		return "'" + cell
	}
	return cell
}

// StatsFileName is what a file of a period is called.
func StatsFileName(from, to time.Time) string {
	return "samples_" + from.Format(time.DateOnly) + "_" + to.Add(-1).Format(time.DateOnly) + ".csv"
}

// StatsFileFacts is what is told of a file.
type StatsFileFacts struct {
	Period string // in words
	Rows   int
	More   bool // there were more requests than one file takes
}

// StatsFileHere is the message before the file, in the direct messages of whoever asked for it.
func StatsFileHere(f StatsFileFacts) Message {
	what := many(f.Rows, "request") + " of " + f.Period
	if f.More {
		what = "The first " + what
	}
	said := "*" + what + "*, one per line: everything that was received or changed in that time."
	return Message{Text: what + ", as a file", Blocks: []slack.Block{section(said, "Times are in the shop's time zone. Each line links to the card; use the “request” column with `/samples show`.")}}
}

// The answers to whoever asked for the numbers as a file.
const (
	StatsFileComes  = "Sample Desk is sending you the file as a direct message."
	StatsFileEmpty  = "Nothing was received or changed in that time, so there is no file."
	StatsFileFailed = "The file couldn't be sent. Please try again in a moment. If it fails again, check `/samples status`."
	StatsFileDenied = "Only full members of this workspace can get a file. Please ask one of them."
)
