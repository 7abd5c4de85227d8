package view

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/slack-go/slack"

	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

// ActionStatsFile sends the numbers as a file; the value holds a StatsTarget.
const ActionStatsFile = "stats_file"

// StatsTarget names a period whose requests are wanted as a file.
type StatsTarget struct {
	Shop   workflow.ShopID `json:"s,omitempty"` // empty: all that were asked about
	Period string          `json:"p"`           // as it can be typed
	At     int64           `json:"t"`           // when it was asked for, in seconds since 1970: "the last 7 days" are those before
}

// String is the value of a button.
func (t StatsTarget) String() string {
	text, _ := json.Marshal(t) // texts and a number can always be written
	return string(text)
}

// ParseStatsTarget reads what String wrote.
func ParseStatsTarget(s string) (StatsTarget, error) {
	var t StatsTarget
	if err := json.Unmarshal([]byte(s), &t); err != nil || t.Period == "" || t.At <= 0 || t.At > lastSecond {
		return StatsTarget{}, fmt.Errorf("%q does not name a period", s)
	}
	return t, nil
}

// lastSecond is the end of the year 9999.
const lastSecond = 253402300799

// StatsFacts is what `/samples stats` tells.
type StatsFacts struct {
	Period string // in words: "the last 7 days"
	Shops  []query.ShopFigures
	File   StatsTarget // the same as a file
}

// Stats is the answer to `/samples stats`.
func Stats(f StatsFacts) Message {
	title := "Samples, " + f.Period
	m := Message{Text: title, Blocks: []slack.Block{header(capital(title))}}
	for _, s := range f.Shops {
		m = m.And(shopStats(s))
	}
	return m.And(Message{Blocks: []slack.Block{
		aside(howCounted, "Other periods: `/samples stats 30d`, `yesterday`, `last week`, `october`."), actions("", fileButton(f.File, f.Period)),
	}})
}

// howCounted says what the figures are.
const howCounted = "Each line counts a request once, on the day it happened. Decisions count once TikTok has confirmed them; the median covers decisions made in Slack and is rounded.\n" +
	"Requests that had ended before Sample Desk first saw them are not included. Orders are those paid so far."

func fileButton(t StatsTarget, period string) slack.BlockElement {
	return button(ActionStatsFile, t.String(), "As a file", cut("Send me the requests of "+period+" as a file", 75))
}

func shopStats(s query.ShopFigures) Message {
	lines := append([]string{shopLine(s.Shop), "From " + stamp(s.From) + " to " + stamp(s.To)}, figureLines(s.Figures, nil)...)
	m := Message{Text: join(": ", spoken(s.Shop, maxName), summary(s.Figures)), Blocks: []slack.Block{section(lines...), aside("Now: " + standNow(s))}}
	if earned := earningLines("Rules and people", s.Earned); len(earned) > 0 {
		m.Blocks = append(m.Blocks, section(earned...), aside(howEarned))
	}
	return m
}

func shopLine(shop string) string {
	name := data(shop, maxName)
	if name == "" {
		return ""
	}
	return "*Shop: " + name + "*"
}

// summary is the figures in one sentence, without formatting.
func summary(f query.Figures) string {
	return fmt.Sprintf("%d received, %d decided, %d shipped, %d posted, %d wasted", f.Received, f.Decided(), f.Shipped, f.Posted, f.Wasted())
}

// figureLines are the figures, a line each. Those of the time before, if they are known, stand beside them.
func figureLines(f query.Figures, before *query.Figures) []string {
	decided := figureLine(f, "decided", query.Figures.Decided, before)
	if f.Decided() > 0 {
		decided += fmt.Sprintf(": %d approved, %d rejected", f.Approved, f.Rejected)
	}
	if f.There > 0 {
		decided += fmt.Sprintf(", %d of them in the Affiliate Center", f.There)
	}
	wasted := figureLine(f, "wasted", query.Figures.Wasted, before)
	if f.Wasted() > 0 {
		wasted += ": " + joinCounts([]int{f.Expired, f.NotShipped, f.NotPosted}, []workflow.Stage{workflow.StageExpired, workflow.StageNotShipped, workflow.StageNotPosted})
	}
	return []string{
		figureLine(f, "received", func(f query.Figures) int { return f.Received }, before), decided, medianLine(f, before),
		figureLine(f, "shipped", func(f query.Figures) int { return f.Shipped }, before),
		figureLine(f, "posted", func(f query.Figures) int { return f.Posted }, before) + sold(f), wasted,
	}
}

func figureLine(f query.Figures, what string, of func(query.Figures) int, before *query.Figures) string {
	s := fmt.Sprintf("*%d* %s", of(f), what)
	if before != nil {
		s += fmt.Sprintf(" (%d the week before)", of(*before))
	}
	return s
}

func medianLine(f query.Figures, before *query.Figures) string {
	if !f.Timed() {
		return ""
	}
	s := "*" + roughly(f.Median) + "* median time to decide"
	if before != nil && before.Timed() {
		s += " (" + roughly(before.Median) + " the week before)"
	}
	return s
}

// sold tells what came of what was posted, as far as TikTok tells.
func sold(f query.Figures) string {
	switch {
	case f.Posted == 0:
		return ""
	case f.Untold >= f.Posted:
		return ", paid orders not shared"
	case f.Untold > 0:
		return fmt.Sprintf(", with %s so far (%d of them not shared)", many(f.Orders, "paid order"), f.Untold)
	default:
		return ", with " + many(f.Orders, "paid order") + " so far"
	}
}

// joinCounts lists what there is any of.
func joinCounts(counts []int, names []workflow.Stage) string {
	var all []string
	for i, n := range counts {
		if n > 0 {
			all = append(all, fmt.Sprintf("%d %s", n, names[i]))
		}
	}
	return join(", ", all...)
}

// standNow is how many stand where.
func standNow(s query.ShopFigures) string {
	counts := make([]int, len(workflow.Stages))
	for i, stage := range workflow.Stages {
		counts[i] = s.Now.By[stage]
	}
	unknown := ""
	if s.Now.Other > 0 {
		unknown = fmt.Sprintf("%d in an unknown TikTok status", s.Now.Other)
	}
	return first(join(", ", joinCounts(counts, workflow.Stages), unknown), "no requests yet")
}

// roughly is a span of time in its two largest units: "2 days 4 h", "3 h 12 min", "40 s".
func roughly(d time.Duration) string {
	days, hours, minutes := int(d/(24*time.Hour)), int(d/time.Hour)%24, int(d/time.Minute)%60
	switch {
	case days > 0 && hours > 0:
		return fmt.Sprintf("%s %d h", many(days, "day"), hours)
	case days > 0:
		return many(days, "day")
	case hours > 0 && minutes > 0:
		return fmt.Sprintf("%d h %d min", hours, minutes)
	case hours > 0:
		return fmt.Sprintf("%d h", hours)
	case minutes > 0:
		return fmt.Sprintf("%d min", minutes)
	default:
		return fmt.Sprintf("%d s", int(max(0, d)/time.Second))
	}
}

// PeriodUnknown is the answer to a period that cannot be read.
func PeriodUnknown(typed string) Message {
	return Aside("I don't understand the period " + quoted(typed, maxName) +
		". You can use `7d`, `30 days`, `2 weeks`, `today`, `yesterday`, `this week`, `last month`, `october` and `2026-10`, up to a year.")
}
