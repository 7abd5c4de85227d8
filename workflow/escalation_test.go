package workflow

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestADeadlineRunsWhereItsRowSaysAndNowhereElse(t *testing.T) {
	ship := noon.Add(72 * time.Hour)
	want := map[State]struct {
		kind DeadlineKind
		by   time.Time
	}{
		Pending: {ReviewDeadline, deadline}, Refused: {ReviewDeadline, deadline},
		AwaitingShipment: {ShipDeadline, ship},
		Shipped:          {MoveDeadline, noon.Add(-time.Minute + 10*24*time.Hour)},
		Delivered:        {PostDeadline, noon.Add(-time.Minute + 14*24*time.Hour)},
	}
	for _, s := range States {
		a := applicationIn(s)
		a.Snapshot.ShipBy = ship
		kind, by := a.deadline(Settings{})
		require.Equal(t, want[s].kind, kind, "%s", s)
		require.Equal(t, want[s].by, by, "%s", s)
	}
	a := applicationIn(Pending)
	a.Snapshot.ReviewBy = time.Time{}
	kind, _ := a.deadline(Settings{})
	require.Empty(t, kind, "TikTok gave none")
}

func TestTheDaysOfAShopAreItsOwn(t *testing.T) {
	s := Settings{PostDays: 21, MoveDays: 3}
	require.Equal(t, noon.Add(-time.Minute+21*24*time.Hour), applicationIn(Delivered).PostBy(s))
	a := applicationIn(Shipped)
	_, by := a.deadline(s)
	require.Equal(t, noon.Add(-time.Minute+3*24*time.Hour), by)
	_, by = after(t, a, func() Reported {
		r := report(a, StatusShipped, noon)
		r.Snapshot.Tracking = "1Z999"
		return r
	}()).deadline(s)
	require.Equal(t, noon.Add(3*24*time.Hour), by, "another tracking number is a movement")
}

func TestTheTablesOfTimeHoldTogether(t *testing.T) {
	seen := map[State]bool{}
	for _, d := range Deadlines {
		steps := Settings{}.stepsOf(d.Deadline)
		require.NotEmpty(t, steps, "%s", d.Deadline)
		require.True(t, slices.IsSortedFunc(steps, func(a, b time.Duration) int { return int(b - a) }), "%s", d.Deadline)
		for i := range steps {
			_, ok := escalationStep(d.Deadline, i)
			require.True(t, ok, "step %d of %s", i, d.Deadline)
		}
		for _, s := range d.While {
			require.False(t, seen[s], "%s has one deadline", s)
			require.True(t, s.Live(), "%s is met by settings that change", s)
			seen[s] = true
		}
	}
	for _, r := range EscalationPolicy {
		require.NotEmpty(t, DeadlineRowOf(r.Deadline), "%s", r.Deadline)
	}
}

func TestAShopWithFewerStepsHasTheFirstAudiences(t *testing.T) {
	s := Settings{Steps: []time.Duration{24 * time.Hour, 90 * time.Minute}}
	require.Equal(t, s.Steps, s.stepsOf(ReviewDeadline))
	require.Equal(t, []time.Duration{72 * time.Hour, 0, -168 * time.Hour}, s.stepsOf(PostDeadline), "the table's own")
	require.Equal(t, []string{"24h", "90m", "0h", "-168h"}, []string{StepName(24 * time.Hour), StepName(90 * time.Minute), StepName(0), StepName(-168 * time.Hour)})
}

func in(zone, at string) time.Time {
	where, err := time.LoadLocation(zone)
	if err != nil {
		panic(err)
	}
	t, err := time.ParseInLocation("Mon 2006-01-02 15:04", at, where)
	if err != nil {
		panic(err)
	}
	return t.UTC()
}

func TestAStepWaitsForWorkingHoursUnlessTheDeadlineFallsBefore(t *testing.T) {
	office := Settings{Zone: "Europe/Berlin", HoursFrom: "09:00", HoursTo: "18:00"}
	always := office
	always.Weekends = true
	for name, c := range map[string]struct {
		s        Settings
		before   time.Duration
		by, want string
	}{
		"within hours":                               {office, 6 * time.Hour, "Wed 2026-11-25 17:00", "Wed 2026-11-25 11:00"},
		"when they begin":                            {office, time.Hour, "Wed 2026-11-25 10:00", "Wed 2026-11-25 09:00"},
		"when they end":                              {office, 24 * time.Hour, "Thu 2026-11-26 18:00", "Thu 2026-11-26 09:00"},
		"at night, for the morning":                  {office, 24 * time.Hour, "Thu 2026-11-26 22:00", "Thu 2026-11-26 09:00"},
		"early, for the same morning":                {office, 6 * time.Hour, "Wed 2026-11-25 11:00", "Wed 2026-11-25 09:00"},
		"the deadline falls before the next morning": {office, 6 * time.Hour, "Thu 2026-11-26 03:00", "Wed 2026-11-25 21:00"},
		"the deadline falls on the morning itself":   {office, 6 * time.Hour, "Thu 2026-11-26 09:00", "Thu 2026-11-26 03:00"},
		"over the weekend":                           {office, 48 * time.Hour, "Mon 2026-11-30 12:00", "Mon 2026-11-30 09:00"},
		"on a weekend, with no working day left":     {office, 24 * time.Hour, "Sun 2026-11-29 12:00", "Sat 2026-11-28 12:00"},
		"on a weekend that is worked":                {always, 24 * time.Hour, "Sun 2026-11-29 12:00", "Sat 2026-11-28 12:00"},
		"on a weekend's night that is worked":        {always, 24 * time.Hour, "Sun 2026-11-29 20:00", "Sun 2026-11-29 09:00"},
		"at the deadline, which is over":             {office, 0, "Sat 2026-11-28 12:00", "Mon 2026-11-30 09:00"},
		"after the deadline":                         {office, -168 * time.Hour, "Sat 2026-11-21 12:00", "Mon 2026-11-30 09:00"},
		"no hours":                                   {Settings{}, 24 * time.Hour, "Sun 2026-11-29 03:00", "Sat 2026-11-28 03:00"},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, in("Europe/Berlin", c.want), c.s.due(c.before, in("Europe/Berlin", c.by)))
		})
	}
}

// The clocks of these zones go forward and back by an hour, or by half of one, on those days.
var shifts = map[string][]string{
	"Europe/Berlin":       {"Sun 2026-10-25 12:00", "Sun 2027-03-28 12:00"},
	"America/New_York":    {"Sun 2026-11-01 12:00", "Sun 2027-03-14 12:00"},
	"Australia/Lord_Howe": {"Sun 2026-10-04 12:00", "Sun 2027-04-04 12:00"},
}

func TestWorkingHoursAreKeptWhenTheClocksChange(t *testing.T) {
	for zone, days := range shifts {
		for _, day := range days {
			for _, s := range []Settings{
				{Zone: zone, HoursFrom: "09:00", HoursTo: "17:30"},
				{Zone: zone, HoursFrom: "09:00", HoursTo: "17:30", Weekends: true},
				{Zone: zone, HoursFrom: "00:15", HoursTo: "01:00", Weekends: true},
				{Zone: zone, HoursFrom: "03:15", HoursTo: "23:45", Weekends: true},
			} {
				checkHours(t, s, in(zone, day))
			}
		}
	}
}

// checkHours looks at each quarter of an hour, for four days on both sides.
func checkHours(t *testing.T, s Settings, around time.Time) {
	t.Helper()
	open := func(at time.Time) bool {
		local := at.In(s.Location())
		clock, weekend := local.Format("15:04"), local.Weekday() == time.Saturday || local.Weekday() == time.Sunday
		return clock >= s.HoursFrom && clock < s.HoursTo && (s.Weekends || !weekend)
	}
	const quarter = 15 * time.Minute
	want := around.Add(10 * 24 * time.Hour)
	for at := want; !at.Before(around.Add(-4 * 24 * time.Hour)); at = at.Add(-quarter) {
		if open(at) {
			want = at
		}
		if at.Before(around.Add(4*24*time.Hour)) && !want.Equal(s.opensAfter(at)) {
			require.Equal(t, want.In(s.Location()), s.opensAfter(at).In(s.Location()), "%s %s-%s, from %s", s.Zone, s.HoursFrom, s.HoursTo, at.In(s.Location()))
		}
	}
}

func TestEachDayHasOneMorningAndEachWeekOneReportWhenTheClocksChange(t *testing.T) {
	zones := map[string][]string{
		"Pacific/Kiritimati": {"Sun 2026-11-29 12:00"}, "Pacific/Niue": {"Sun 2026-11-29 12:00"}, // UTC+14 and UTC-11
		"Africa/Cairo": {"Fri 2026-04-24 12:00"}, // the clocks skip midnight
	}
	maps.Copy(zones, shifts)
	for zone, days := range zones {
		for _, day := range days {
			for _, morning := range []string{"", "00:00", "02:15", "02:30", "23:45"} {
				checkMornings(t, zone, morning, in(zone, day))
			}
		}
	}
}

func checkMornings(t *testing.T, zone, morning string, around time.Time) {
	t.Helper()
	s := Shop{InitialSyncDone: true, SeenAt: around.Add(-100 * 24 * time.Hour), Settings: Settings{Zone: zone, Morning: morning, Weekly: true}}
	var mornings, mondays, want, weeks []string
	start := around.Add(-10 * 24 * time.Hour)
	_, s.LastMorning = "", DayOf(start.In(s.Settings.Location()), 0)
	s.LastWeeklyReport = s.LastMorning
	for at := start; at.Before(around.Add(10 * 24 * time.Hour)); at = at.Add(15 * time.Minute) {
		if day, due := s.MorningDue(at); due {
			s.LastMorning, mornings = day, append(mornings, day)
		}
		if day, due := s.WeeklyDue(at); due {
			s.LastWeeklyReport, mondays = day, append(mondays, day)
		}
	}
	for day := 1; day < 20; day++ {
		local := onDay(start.In(s.Settings.Location()), day, 12*60)
		if want = append(want, local.Format(time.DateOnly)); local.Weekday() == time.Monday {
			weeks = append(weeks, local.Format(time.DateOnly))
		}
	}
	require.Equal(t, want, mornings[:min(len(mornings), len(want))], "%s at %s", zone, morning)
	require.LessOrEqual(t, len(mornings), len(want)+1)
	require.Equal(t, weeks, mondays[:min(len(mondays), len(weeks))], "%s at %s", zone, morning)
}

func TestTheMorningComesInTheMorning(t *testing.T) {
	s := Shop{InitialSyncDone: true, Settings: Settings{Zone: "Europe/Berlin", Morning: "08:30"}, LastMorning: "2026-11-24"}
	for at, want := range map[string]bool{
		"Tue 2026-11-24 09:00": false, // told
		"Wed 2026-11-25 08:29": false,
		"Wed 2026-11-25 08:30": true,
		"Wed 2026-11-25 18:29": true, // late, since the desk was asleep
		"Wed 2026-11-25 18:30": false,
		"Mon 2026-11-23 09:00": false, // a zone that was changed takes nothing back
	} {
		_, due := s.MorningDue(in("Europe/Berlin", at))
		require.Equal(t, want, due, "%s", at)
	}
	s.InitialSyncDone = false
	_, due := s.MorningDue(in("Europe/Berlin", "Wed 2026-11-25 08:30"))
	require.False(t, due, "a shop that is only met yet")
}

func TestTheWeeksReportComesOnMondayOrAsSoonAsTheDeskIsThere(t *testing.T) {
	s := Shop{InitialSyncDone: true, SeenAt: in("UTC", "Mon 2026-11-16 12:00"), Settings: Settings{Weekly: true}}
	due := func(s Shop, at string) string {
		monday, due := s.WeeklyDue(in("UTC", at))
		if !due {
			return ""
		}
		return monday
	}
	require.Empty(t, due(s, "Wed 2026-11-18 09:00"), "it knows of no week before")
	require.Empty(t, due(s, "Mon 2026-11-23 08:59"))
	require.Equal(t, "2026-11-23", due(s, "Mon 2026-11-23 09:00"))
	require.Equal(t, "2026-11-23", due(s, "Sun 2026-11-29 23:59"))
	s.LastWeeklyReport = "2026-11-23"
	require.Empty(t, due(s, "Sun 2026-11-29 23:59"))
	require.Equal(t, "2026-11-30", due(s, "Mon 2026-11-30 09:00"))
	s.Settings.Weekly = false
	require.Empty(t, due(s, "Mon 2026-11-30 09:00"))
}

func TestSettingsOfTimeAreChecked(t *testing.T) {
	for field, bad := range map[string][]Settings{
		FieldHours: {
			{HoursFrom: "09:00"}, {HoursTo: "18:00"}, {HoursFrom: "18:00", HoursTo: "09:00"}, {HoursFrom: "09:00", HoursTo: "09:00"},
			{HoursFrom: "nine", HoursTo: "18:00"}, {HoursFrom: "09:00", HoursTo: "24:00"},
		},
		FieldPostDays: {{PostDays: -1}, {PostDays: MaxDays + 1}},
		FieldMoveDays: {{MoveDays: -1}, {MoveDays: MaxDays + 1}},
		FieldNudge:    {{Nudge: strings.Repeat("x", MaxMessage+1)}},
	} {
		for _, s := range bad {
			require.Equal(t, field, s.Check(), "%+v", s)
		}
	}
	require.Empty(t, Settings{HoursFrom: "9:00", HoursTo: "18:00", PostDays: MaxDays, MoveDays: 1, Nudge: strings.Repeat("é", MaxMessage)}.Check())
	require.Empty(t, Settings{Nudge: " \u200b\n"}.Normalised().Nudge, "words that nobody sees are none")
}

// pressing is an application in review whose 24 h step was announced.
func pressing() (Application, Payload) {
	a := WithTimer(applicationIn(Pending), Shop{}, deadline.Add(-24*time.Hour), false)
	return a, Payload{Kind: KindDeadline, Deadline: ReviewDeadline, Before: 24 * time.Hour, NextDue: deadline}
}

func TestAStepIsObsoleteOnceItsReasonIsGone(t *testing.T) {
	a, s := pressing()
	at := deadline.Add(-20 * time.Hour)
	require.False(t, s.Obsolete(a, Settings{}, at))
	for name, c := range map[string]struct {
		a  Application
		at time.Time
	}{
		"it was decided":         {WithTimer(after(t, a, approval(a, at)), Shop{}, at, false), at},
		"its deadline moved":     {WithTimer(after(t, a, later(a, time.Hour)), Shop{}, at, false), at},
		"a later step has come":  {a, deadline.Add(-6 * time.Hour)},
		"the deadline has come":  {a, deadline},
		"it is another deadline": {WithTimer(after(t, a, report(a, StatusShipped, at)), Shop{}, at, false), at},
	} {
		require.True(t, s.Obsolete(c.a, Settings{}, c.at), name)
	}
	night := Settings{HoursFrom: "11:30", HoursTo: "18:00", Weekends: true}
	require.True(t, s.Obsolete(a, night, deadline.Add(-6*time.Hour).Add(5*time.Hour+30*time.Minute)), "the next step, in working hours")
	require.False(t, s.Obsolete(a, night, deadline.Add(-6*time.Hour)), "until they begin")
}

func later(a Application, by time.Duration) Reported {
	r := report(a, StatusPending, deadline.Add(-20*time.Hour))
	r.Snapshot.ReviewBy = r.Snapshot.ReviewBy.Add(by)
	return r
}

func TestAGroupNamesOnlyWhatStillHasReason(t *testing.T) {
	stuck := Payload{Kind: KindShipment, News: NewsStuck}
	require.True(t, stuck.StillNames(applicationIn(Shipped)))
	require.False(t, stuck.StillNames(applicationIn(Delivered)))
	require.True(t, Payload{Kind: KindShipment, News: NewsShipped}.StillNames(applicationIn(Delivered)), "it was shipped")
}

func TestACreatorIsOverdueOnceTheDeskHasSaidSo(t *testing.T) {
	a := WithTimer(applicationIn(Delivered), Shop{}, noon, false)
	require.False(t, a.Overdue())
	a.Timer.First = false
	a = WithTimer(a.announcedUpTo(72*time.Hour), Shop{}, noon, false)
	require.False(t, a.Overdue())
	a = WithTimer(a.announcedUpTo(0), Shop{}, noon, false)
	require.True(t, a.Overdue())
	require.True(t, WithTimer(a.announcedUpTo(-postExtension), Shop{}, noon, false).Overdue())
	require.False(t, applicationIn(Completed).Overdue())
}
