package query

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"sampledesk/workflow"
)

// Period is a span of time as a person asks for it. It is the same words for every shop; where it begins and ends
// depends on the shop's zone.
type Period struct {
	Typed string // as short as it can be typed to mean the same
	Words string // "the last 7 days"
	span  func(now time.Time) (from, to time.Time)
}

// At returns when the period begins and ends for a shop; one that goes on ends now.
func (p Period) At(s workflow.Shop, now time.Time) (from, to time.Time) {
	from, to = p.span(now.In(s.Settings.Location()))
	if from.Before(now) && now.Before(to) {
		to = now.In(s.Settings.Location())
	}
	return from, to
}

// maxPeriod is the longest period in days.
const maxPeriod = 366

var (
	countedPeriod = regexp.MustCompile(`^(?:(?:last|past) )?([0-9]{1,4}) ?(h|hours?|d|days?|w|weeks?|months?|mo)$`)
	monthPeriod   = regexp.MustCompile(`^([0-9]{4})-([0-9]{2})$`)
	dayPeriod     = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}$`)
)

// ParsePeriod reads a period as a person typed it: nothing is seven days. A month by its name alone is the latest one
// that has begun.
func ParsePeriod(typed string) (Period, bool) {
	s := strings.Join(strings.Fields(strings.ToLower(strings.Trim(workflow.Plain(typed), " `\"'.,"))), " ")
	s = strings.TrimPrefix(strings.TrimPrefix(s, "for "), "in ")
	s = strings.TrimPrefix(s, "the ")
	p, ok := readPeriod(s)
	p.Typed = s
	return p, ok
}

// readPeriod reads a period that was tidied.
func readPeriod(s string) (Period, bool) {
	switch s {
	case "", "week":
		s = "7d"
	case "month":
		s = "30d"
	case "day":
		s = "24h"
	case "year", "last year":
		s = "365d"
	}
	if m := countedPeriod.FindStringSubmatch(s); m != nil {
		return countedBack(m[1], m[2])
	}
	if p, ok := namedPeriods[s]; ok {
		return p, true
	}
	if m := monthPeriod.FindStringSubmatch(s); m != nil {
		month, _ := strconv.Atoi(m[2])
		year, _ := strconv.Atoi(m[1])
		return monthOf(year, time.Month(month)), month >= 1 && month <= 12
	}
	if dayPeriod.MatchString(s) {
		day, err := time.Parse(time.DateOnly, s)
		return Period{Words: s, span: func(now time.Time) (time.Time, time.Time) {
			from := time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, now.Location())
			return from, from.AddDate(0, 0, 1)
		}}, err == nil
	}
	return monthNamed(s)
}

// countedBack is so many hours, days, weeks or months up to now.
func countedBack(count, unit string) (Period, bool) {
	n, _ := strconv.Atoi(count) // four digits at the most
	words, days := "day", n
	back := func(now time.Time) time.Time { return now.AddDate(0, 0, -n) }
	switch unit[0] {
	case 'h':
		words, days = "hour", (n+23)/24
		back = func(now time.Time) time.Time { return now.Add(-time.Duration(n) * time.Hour) }
	case 'w':
		n *= 7
		days = n
	case 'm':
		words, days = "month", n*30
		back = func(now time.Time) time.Time { return now.AddDate(0, -n, 0) }
	}
	said := fmt.Sprintf("the last %d %ss", n, words)
	if n == 1 {
		said = "the last " + words
	}
	return Period{Words: said, span: func(now time.Time) (time.Time, time.Time) { return back(now), now }}, n > 0 && days <= maxPeriod
}

// startOfDay is midnight, in the time's own zone, so many days later.
func startOfDay(t time.Time, days int) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day()+days, 0, 0, 0, 0, t.Location())
}

// startOfWeek is the midnight before Monday.
func startOfWeek(t time.Time) time.Time { return startOfDay(t, -(int(t.Weekday())+6)%7) }

var namedPeriods = map[string]Period{
	"today":      {Words: "today", span: func(now time.Time) (time.Time, time.Time) { return startOfDay(now, 0), now }},
	"yesterday":  {Words: "yesterday", span: func(now time.Time) (time.Time, time.Time) { return startOfDay(now, -1), startOfDay(now, 0) }},
	"this week":  {Words: "this week", span: func(now time.Time) (time.Time, time.Time) { return startOfWeek(now), now }},
	"last week":  {Words: "last week", span: func(now time.Time) (time.Time, time.Time) { return startOfDay(startOfWeek(now), -7), startOfWeek(now) }},
	"this month": {Words: "this month", span: func(now time.Time) (time.Time, time.Time) { return startOfDay(now, 1-now.Day()), now }},
	"last month": {Words: "last month", span: func(now time.Time) (time.Time, time.Time) {
		end := startOfDay(now, 1-now.Day())
		return end.AddDate(0, -1, 0), end
	}},
}

// monthOf is one month of a year.
func monthOf(year int, month time.Month) Period {
	return Period{Words: fmt.Sprintf("%s %d", month, year), span: func(now time.Time) (time.Time, time.Time) {
		from := time.Date(year, month, 1, 0, 0, 0, 0, now.Location())
		return from, from.AddDate(0, 1, 0)
	}}
}

// monthNamed reads "october", "oct" and "october 2026".
func monthNamed(s string) (Period, bool) {
	name, year, dated := strings.Cut(s, " ")
	for month := time.January; month <= time.December; month++ {
		full := strings.ToLower(month.String())
		if len(name) < 3 || !strings.HasPrefix(full, name) {
			continue
		}
		if dated {
			y, err := strconv.Atoi(year)
			return monthOf(y, month), err == nil && y >= 2000 && y <= 9999
		}
		return Period{Words: month.String(), span: func(now time.Time) (time.Time, time.Time) {
			from := time.Date(now.Year(), month, 1, 0, 0, 0, 0, now.Location())
			if from.After(now) {
				from = from.AddDate(-1, 0, 0)
			}
			return from, from.AddDate(0, 1, 0)
		}}, true
	}
	return Period{}, false
}
