package workflow

import (
	"sync"
	"time"
)

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
