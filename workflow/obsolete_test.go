package workflow

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

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
	a, s := pressing()
	at, item := deadline.Add(-20*time.Hour), ItemOf(a)
	require.True(t, s.StillNames(a, item, at))
	require.False(t, s.StillNames(a, item, deadline))
	require.False(t, s.StillNames(WithTimer(after(t, a, approval(a, at)), Shop{}, at, false), item, at))
	require.False(t, s.StillNames(WithTimer(after(t, a, later(a, time.Hour)), Shop{}, at, false), item, at))

	stuck := Payload{Kind: KindShipment, News: NewsStuck}
	require.True(t, stuck.StillNames(applicationIn(Shipped), item, at))
	require.False(t, stuck.StillNames(applicationIn(Delivered), item, at))
	require.True(t, Payload{Kind: KindShipment, News: NewsShipped}.StillNames(applicationIn(Delivered), item, at), "it was shipped")
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
