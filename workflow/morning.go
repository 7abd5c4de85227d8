package workflow

import (
	"math/big"
	"strings"
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
