package workflow

import (
	"math/big"
	"strings"
	"sync"
	"time"
)

// MaxMorning is how many applications a morning's message follows through the day; the others it counts.
const MaxMorning = 40

// lateMorning is how long after its time a morning message still comes, after the desk was down. Later it would not be
// a morning message.
const lateMorning = 10 * time.Hour

// Agenda is what a morning message lists: the applications whose deadline falls today or tomorrow, as they were in the
// morning, in the order in which they are shown.
type Agenda struct {
	Deadline DeadlineKind `json:"deadline"`
	Day      string       `json:"day"` // 2006-01-02, in the shop's zone
	Today    int          `json:"today"`
	Tomorrow int          `json:"tomorrow"`
	Keys     []Key        `json:"keys"`
}

// MorningNotice names a shop's morning message about one kind of deadline.
func MorningNotice(s ShopID, kind DeadlineKind, day string) NoticeID {
	return NoticeID("morning/" + string(s) + "/" + string(kind) + "/" + day)
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
