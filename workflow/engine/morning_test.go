package engine_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
)

// morningAt has the desk check whether it is morning.
func (d *desk) morningAt(at time.Time) {
	d.t.Helper()
	require.NoError(d.t, d.Morning(d.t.Context(), sample.Shop, at))
}

// agenda returns what the morning's message of a day tells of, and how often it is to be shown; nil if there is none.
func (d *desk) agenda(day string) (*workflow.Agenda, int) {
	d.t.Helper()
	id := workflow.MorningNotice(sample.Shop, day)
	var n workflow.Notice
	_ = d.store.View(d.t.Context(), func(tx workflow.Tx) (err error) {
		n, err = tx.Notice(id)
		return err
	})
	return n.Agenda, len(d.waiting(workflow.Lane("post/" + string(id))))
}

// worth has the desk see an application of a creator who sold and is watched and followed so much.
func (d *desk) worth(id string, reviewBy time.Time, gmv string, views, followers float64) workflow.Key {
	d.t.Helper()
	r := reported(workflow.StatusPending, noon)
	r.Snapshot.ReviewBy = reviewBy
	r.Snapshot.Creator.GMV = workflow.Money{Amount: gmv, Currency: "USD"}
	r.Snapshot.Creator.MedianViews = workflow.OptionalNumber{Value: views, Shared: views > 0}
	r.Snapshot.Creator.Followers = workflow.OptionalNumber{Value: followers, Shared: true}
	k := workflow.Key{Shop: sample.Shop, ID: workflow.ApplicationID(id)}
	_, err := d.Apply(d.t.Context(), k, r)
	require.NoError(d.t, err)
	return k
}

func TestTheMorningTellsWhatEndsSoonMostUrgentAndMostValuableFirst(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	morning := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	today, tomorrow := morning.Add(8*time.Hour), morning.Add(32*time.Hour)
	unshared := d.worth("1", today, "", 0, 900_000)
	little := d.worth("2", today, "99.5", 7000, 10)
	viewed := d.worth("3", today, "1000", 9000, 10)
	followed := d.worth("4", today, "1000", 8000, 20)
	less := d.worth("5", today, "1000", 8000, 10)
	rich := d.worth("6", tomorrow, "250000", 1, 1)
	poor := d.worth("7", morning.Add(48*time.Hour), "1", 1, 1)
	last := d.worth("10", morning.Add(5*time.Hour), "1", 1, 1)
	d.worth("11", morning.Add(48*time.Hour+time.Second), "99999", 1, 1)
	d.worth("8", morning.Add(-time.Minute), "9999", 1, 1)   // over
	d.worth("9", morning.Add(8*time.Hour), "bad/1e9", 1, 1) // what cannot be read is not shared

	d.morningAt(morning.Add(-time.Second))
	got, _ := d.agenda("2026-11-24")
	require.Nil(t, got, "it is not morning yet")
	d.morningAt(morning)
	got, shown := d.agenda("2026-11-24")
	require.Equal(t, &workflow.Agenda{
		Day: "2026-11-24", At: morning, Audience: workflow.ToChannel,
		Keys: []workflow.Key{last, viewed, followed, less, little, {Shop: sample.Shop, ID: "9"}, unshared, rich, poor},
	}, got)
	require.Equal(t, 1, shown)
}

func TestThereIsOneMorningADayAlsoAfterARestartAndLate(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	d.asked("1", deadline, noon)
	for at := deadline.Add(-60 * time.Hour); at.Before(deadline.Add(24 * time.Hour)); at = at.Add(15 * time.Minute) {
		if at.Hour() < 15 { // it starts late every day
			continue
		}
		d.morningAt(at)
		if at.Minute() == 30 {
			d.restart()
		}
	}
	for day, want := range map[string]int{"2026-11-27": 0, "2026-11-28": 1, "2026-11-29": 1, "2026-11-30": 0} {
		_, shown := d.agenda(day)
		require.Equal(t, want, shown, "%s", day) // on the 30th it is over at noon
	}
}

func TestAMorningWithNothingDueSaysNothing(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	d.asked("1", deadline, noon)
	d.morningAt(noon)
	got, _ := d.agenda("2026-11-23")
	require.Nil(t, got)
	kept := d.store.kept.Load()
	d.morningAt(noon.Add(time.Hour))
	require.Equal(t, kept, d.store.kept.Load(), "the day had its morning")
}

func TestTheShipsMorningIsAPickList(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	ship := noon.Add(6 * time.Hour)
	for i, p := range []workflow.Product{
		{ID: "2", Title: "Glow serum", SKU: "2", Variant: "50 ml"}, {ID: "2", Title: "Glow serum", SKU: "1", Variant: "30 ml"},
		{ID: "1", Title: "Face oil"}, {ID: "2", Title: "Glow serum", SKU: "2", Variant: "50 ml"},
	} {
		d.moves(d.asked(strconv.Itoa(1+i), deadline, noon), noon, func(r *workflow.Snapshot) {
			r.Status, r.ShipBy, r.Product = workflow.StatusAwaitingShipment, ship, p
		})
	}
	d.morningAt(noon)
	got, _ := d.agenda("2026-11-23")
	require.Equal(t, []workflow.Key{numbered(3), numbered(2), numbered(1), numbered(4)}, got.Ship)
	require.Empty(t, got.Keys)
}

func TestTheMorningsMessageFollowsWhatBecomesOfItsItems(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	d.seen()
	d.asked("other", deadline.Add(100*time.Hour), noon)
	at := due(3 * time.Hour) // the morning of the day
	d.morningAt(at)
	id := workflow.MorningNotice(sample.Shop, "2026-11-30")
	lane := workflow.Lane("post/" + string(id))
	redrawn := func(why string, want bool, change func()) {
		t.Helper()
		for len(d.waiting(lane)) > 0 {
			d.deliver(lane, workflow.PostShown{At: at, Channel: "C0SAMPLES", TS: "2.000001", Hash: why}, at.Add(24*time.Hour))
		}
		change()
		require.Equal(t, want, len(d.waiting(lane)) == 1, why)
	}
	redrawn("another request", false, func() {
		d.moves(workflow.Key{Shop: sample.Shop, ID: "other"}, at, func(r *workflow.Snapshot) { r.Status = workflow.StatusWithdrawn })
	})
	redrawn("new numbers", false, func() { d.moves(sample, at, func(r *workflow.Snapshot) { r.Stock = 0 }) })
	redrawn("decided", true, func() { d.approves(at) })
	redrawn("taken back", true, func() { d.undoes(at.Add(time.Second)) })
	redrawn("the deadline moved", true, func() { d.moves(sample, at, func(r *workflow.Snapshot) { r.ReviewBy = deadline.Add(time.Hour) }) })
	redrawn("approved elsewhere", true, func() { d.moves(sample, at, func(r *workflow.Snapshot) { r.Status = workflow.StatusAwaitingShipment }) })
	redrawn("back in review", true, func() {
		d.moves(sample, at.Add(time.Minute), func(r *workflow.Snapshot) { r.Status = workflow.StatusPending })
	})
	redrawn("expired in the night", true, func() {
		d.moves(sample, at.Add(20*time.Hour), func(r *workflow.Snapshot) { r.Status = workflow.StatusOverdueCancelled })
	})
	require.Equal(t, "2.000001", d.notice(id).TS, "it is edited and not posted anew")
}

func TestAMorningOfThousandsNamesTheForemostAndCountsTheOthers(t *testing.T) {
	if testing.Short() {
		t.Skip("it is long")
	}
	t.Parallel()
	d := newDesk(t, glow)
	d.waitingMany(2000, noon.Add(8*time.Hour))
	d.worth("1", noon.Add(8*time.Hour), "1000000", 1, 1)
	d.store.largest.Store(0)
	d.morningAt(noon)
	got, _ := d.agenda("2026-11-23")
	require.Len(t, got.Keys, workflow.MaxMorning)
	require.Equal(t, numbered(1), got.Keys[0])
	require.LessOrEqual(t, d.store.largest.Load(), int64(100), "it sets the timers of what it tells: a click never waits for more than a hundred")
}

func TestTheWeeksReportIsToldOnce(t *testing.T) {
	shop := glow
	shop.SeenAt, shop.Settings.Weekly = noon.Add(-30*24*time.Hour), true
	d := newDesk(t, shop)
	for at := noon; at.Before(noon.Add(9 * 24 * time.Hour)); at = at.Add(time.Hour) { // from Monday noon on
		require.NoError(t, d.Weekly(t.Context(), sample.Shop, at))
		if at.Hour() == 3 {
			d.restart()
		}
	}
	monday := time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC)
	require.Equal(t, []workflow.Payload{
		{Kind: workflow.KindWeeklyReport, At: noon, Day: "2026-11-23", Shop: "Glow"}, {Kind: workflow.KindWeeklyReport, At: monday, Day: "2026-11-30", Shop: "Glow"},
	}, d.notices())
}
