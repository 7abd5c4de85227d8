package workflow

import (
	"fmt"
	"math/big"
	"slices"
	"strings"
	"sync"
	"time"
)

// MaxMorning is how many applications of a kind a day's message follows; the others it counts.
const MaxMorning = 40

// lateMorning is how long after its time a morning message still comes, after the desk was down. Later it would not be
// a morning message.
const lateMorning = 10 * time.Hour

// Agenda is what a day's message, or the message of a step, lists: the applications, as they were when it was gathered
// last, in the order in which they are shown.
type Agenda struct {
	Day      string    `json:"day,omitempty"` // of a day's message: 2006-01-02, in the shop's zone
	At       time.Time `json:"at,omitzero"`   // when it was posted
	Audience Audience  `json:"audience,omitempty"`

	Keys []Key `json:"keys,omitempty"`
	Ship []Key `json:"ship,omitempty"` // of a day's message: to be shipped, in picking order

	// Of a step's message: of which deadline, how long before it, and how many came to it; the last of KindExpired too.
	Deadline DeadlineKind  `json:"deadline,omitempty"`
	Before   time.Duration `json:"before,omitempty"`
	Count    int           `json:"count,omitempty"`

	Worth []Money `json:"worth,omitempty"` // of KindExpired: what all of them sold in 30 days, one for each currency
}

// Lists reports whether an application is on the agenda.
func (a Agenda) Lists(k Key) bool { return slices.Contains(a.Keys, k) || slices.Contains(a.Ship, k) }

// MorningNotice names a shop's message of a day: of what has to be decided and shipped soon. It comes in the morning, or at
// a start, and is edited through the day.
func MorningNotice(s ShopID, day string) NoticeID {
	return NoticeID("morning/" + string(s) + "/" + day)
}

// ExpiredNotice names a shop's message of a day about requests that expired without a decision.
func ExpiredNotice(s ShopID, day string) NoticeID {
	return NoticeID("expired/" + string(s) + "/" + day)
}

// Plus adds an amount to a sum that is kept apart by currency. What is not shared, or cannot be read, adds nothing.
func Plus(sums []Money, m Money) []Money {
	more := amount(m)
	if more.Sign() <= 0 {
		return sums
	}
	i := slices.IndexFunc(sums, func(s Money) bool { return s.Currency == m.Currency })
	if i < 0 {
		return append(slices.Clone(sums), Money{Amount: more.FloatString(2), Currency: m.Currency})
	}
	sums = slices.Clone(sums)
	sums[i].Amount = new(big.Rat).Add(amount(sums[i]), more).FloatString(2)
	return sums
}

// StepNotice names the message about applications that came to a step of a deadline at the same time.
func StepNotice(s ShopID, kind DeadlineKind, before time.Duration, at time.Time) NoticeID {
	return NoticeID(fmt.Sprintf("deadline/%s/%s/%s/%d", s, kind, StepName(before), at.UnixMicro()))
}

// Digest is the latest message of a day of a shop: which day's it is, when it was posted, and its number among the shop's
// grouped messages.
type Digest struct {
	Day string    `json:"day,omitempty"`
	At  time.Time `json:"at,omitzero"`
	N   int       `json:"n,omitempty"`
}

// Covers reports whether the message told, when it was posted, of the step of a timer.
func (d Digest) Covers(c Timer) bool {
	return (c.Kind == ReviewDeadline || c.Kind == ShipDeadline) && GroupedMessage{Kind: c.Kind, At: d.At, N: d.N}.Covers(c)
}

// Today names the day that it is in the shop's zone.
func (s Shop) Today(now time.Time) string { return DayOf(now.In(s.Settings.Location()), 0) }

// DigestSpan is how far ahead a day's message looks: two days, or as far as the shop's first step.
func (s Settings) DigestSpan() time.Duration { return max(48*time.Hour, s.stepsOf(ReviewDeadline)[0]) }

// NearSpan is how near a deadline is that a day's message counts for itself: the step at which the channel hears of it.
func (s Settings) NearSpan() time.Duration {
	steps := s.stepsOf(ReviewDeadline)
	return steps[min(2, len(steps)-1)]
}

// Urgency orders deadlines by the steps that they are within: the more, the more urgent.
func (s Settings) Urgency(left time.Duration) (n int) {
	for _, before := range s.stepsOf(ReviewDeadline) {
		if left <= before {
			n++
		}
	}
	return n
}

// MorningDue reports whether the morning messages of the day are still to come, and which day it is. A zone that was
// changed brings no second one for a day that had one.
func (s Shop) MorningDue(now time.Time) (day string, due bool) {
	local := now.In(s.Settings.Location())
	day = local.Format(time.DateOnly)
	begin := onDay(local, 0, minutesOf(s.Settings.morning()))
	return day, s.InitialSyncDone && s.LastMorning < day && !now.Before(begin) && now.Before(begin.Add(lateMorning))
}

// MoreValuable orders applications by what the creator sold in 30 days, then by their median views, then by their
// followers; what is not shared comes last.
func MoreValuable(a, b Application) int {
	x, y := a.Snapshot.Creator, b.Snapshot.Creator
	if d := amount(y.GMV).Cmp(amount(x.GMV)); d != 0 {
		return d
	}
	for _, f := range [][2]OptionalNumber{{x.MedianViews, y.MedianViews}, {x.Followers, y.Followers}} {
		switch {
		case f[0].Shared && !f[1].Shared, f[0].Value > f[1].Value:
			return -1
		case f[1].Shared && !f[0].Shared, f[1].Value > f[0].Value:
			return 1
		}
	}
	return 0
}

// amount reads money; what is not shared is less than zero.
func amount(m Money) *big.Rat {
	r, ok := new(big.Rat).SetString(m.Amount)
	if !ok || len(m.Amount) > 40 || strings.ContainsAny(m.Amount, "eE/") {
		return big.NewRat(-1, 1)
	}
	return r
}

// WeeklyDue reports whether the report of the week is still to come, and of which Monday it is. A shop that was
// connected since then has no week to report.
func (s Shop) WeeklyDue(now time.Time) (monday string, due bool) {
	local := now.In(s.Settings.Location())
	back := (int(local.Weekday()) + 6) % 7
	begin := onDay(local, -back, minutesOf(s.Settings.morning()))
	monday = DayOf(local, -back)
	return monday, s.Settings.Weekly && s.InitialSyncDone && s.LastWeeklyReport < monday && !now.Before(begin) && s.SeenAt.Before(begin)
}

// morning returns when the shop's morning is.
func (s Settings) morning() string {
	if s.Morning == "" {
		return DefaultMorning
	}
	return s.Morning
}

// due returns when a step is due: so long before the deadline, but in working hours where the shop has some, unless the
// deadline itself falls before they begin again. What comes after the deadline always waits for them.
func (s Settings) due(before time.Duration, by time.Time) time.Time {
	at := by.Add(-before)
	if s.HoursFrom == "" || s.HoursTo == "" {
		return at
	}
	open := s.opensAfter(at)
	if open.Before(by) || before <= 0 {
		return open
	}
	return at
}

// opensAfter returns the time itself if it is within working hours, or when the next begin. Hours are of the shop's
// zone, Monday to Friday, unless the shop works all week.
func (s Settings) opensAfter(at time.Time) time.Time {
	local := at.In(s.Location())
	from, to := minutesOf(s.HoursFrom), minutesOf(s.HoursTo)
	for day := range 8 {
		if w := (local.Weekday() + time.Weekday(day)) % 7; !s.Weekends && (w == time.Saturday || w == time.Sunday) {
			continue
		}
		begin, end := onDay(local, day, from), onDay(local, day, to)
		switch {
		case !at.Before(end):
			continue
		case at.Before(begin):
			return begin.UTC()
		default:
			return at
		}
	}
	return at
}

// onDay returns a time of the day so many days after the one that a local time is on, given in minutes since midnight.
// A time that the clocks skip that night is one close by.
func onDay(local time.Time, after, minutes int) time.Time {
	return time.Date(local.Year(), local.Month(), local.Day()+after, minutes/60, minutes%60, 0, 0, local.Location())
}

// DayOf names the day so many days after the one that a local time is on: "2006-01-02". It is asked of noon, which no
// zone's clocks skip.
func DayOf(local time.Time, after int) string {
	return onDay(local, after, 12*60).Format(time.DateOnly)
}

// minutesOf returns the minutes since midnight of "15:04".
func minutesOf(s string) int {
	t, err := time.Parse("15:04", s)
	if err != nil {
		return 0
	}
	return t.Hour()*60 + t.Minute()
}

// zones keeps the zones that were asked for, by name: reading one takes longer than all that is done with it.
var zones sync.Map

// Location returns the shop's zone.
func (s Settings) Location() *time.Location {
	if s.Zone == "" {
		return time.UTC
	}
	if zone, ok := zones.Load(s.Zone); ok {
		return zone.(*time.Location)
	}
	zone, err := time.LoadLocation(s.Zone)
	if err != nil {
		return time.UTC
	}
	zones.Store(s.Zone, zone)
	return zone
}
