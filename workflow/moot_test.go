package workflow

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// pressing is an application in review whose 24 h step was told.
func pressing() (Application, Saying) {
	a := arm(standing(Pending), Shop{}, deadline.Add(-24*time.Hour), false)
	return a, Saying{Kind: SayDeadline, Deadline: ReviewDeadline, Before: 24 * time.Hour, NextDue: deadline}
}

func TestAStepIsMootOnceItsReasonIsGone(t *testing.T) {
	a, s := pressing()
	at := deadline.Add(-20 * time.Hour)
	require.False(t, s.Moot(a, Settings{}, at))
	for name, c := range map[string]struct {
		a  Application
		at time.Time
	}{
		"it was decided":         {arm(after(t, a, approval(a, at)), Shop{}, at, false), at},
		"its deadline moved":     {arm(after(t, a, later(a, time.Hour)), Shop{}, at, false), at},
		"a later step has come":  {a, deadline.Add(-6 * time.Hour)},
		"the deadline has come":  {a, deadline},
		"it is another deadline": {arm(after(t, a, report(a, StatusShipped, at)), Shop{}, at, false), at},
	} {
		require.True(t, s.Moot(c.a, Settings{}, c.at), name)
	}
	night := Settings{HoursFrom: "11:30", HoursTo: "18:00", Weekends: true}
	require.True(t, s.Moot(a, night, deadline.Add(-6*time.Hour).Add(5*time.Hour+30*time.Minute)), "the next step, in working hours")
	require.False(t, s.Moot(a, night, deadline.Add(-6*time.Hour)), "until they begin")
}

func later(a Application, by time.Duration) Reported {
	r := report(a, StatusPending, deadline.Add(-20*time.Hour))
	r.Report.ReviewBy = r.Report.ReviewBy.Add(by)
	return r
}

func TestAGroupNamesOnlyWhatStillHasReason(t *testing.T) {
	a, s := pressing()
	at, item := deadline.Add(-20*time.Hour), itemSaid(a)
	require.True(t, s.Names(a, item, at))
	require.False(t, s.Names(a, item, deadline))
	require.False(t, s.Names(arm(after(t, a, approval(a, at)), Shop{}, at, false), item, at))
	require.False(t, s.Names(arm(after(t, a, later(a, time.Hour)), Shop{}, at, false), item, at))

	stuck := Saying{Kind: SayShipment, News: NewsStuck}
	require.True(t, stuck.Names(standing(Shipped), item, at))
	require.False(t, stuck.Names(standing(Delivered), item, at))
	require.True(t, Saying{Kind: SayShipment, News: NewsShipped}.Names(standing(Delivered), item, at), "it was shipped")
}

func TestACreatorIsOverdueOnceTheDeskHasSaidSo(t *testing.T) {
	a := arm(standing(Delivered), Shop{}, noon, false)
	require.False(t, a.Overdue())
	a.Clock.First = false
	a = arm(a.tellingUpTo(72*time.Hour), Shop{}, noon, false)
	require.False(t, a.Overdue())
	a = arm(a.tellingUpTo(0), Shop{}, noon, false)
	require.True(t, a.Overdue())
	require.True(t, arm(a.tellingUpTo(-postExtension), Shop{}, noon, false).Overdue())
	require.False(t, standing(Completed).Overdue())
}
