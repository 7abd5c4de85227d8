package engine_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
	"sampledesk/workflow/engine"
)

// due returns a time so long before the sample's deadline.
func due(before time.Duration) time.Time { return deadline.Add(-before) }

// ticks has the desk check every ten minutes, and on the minute after each, from one time up to another.
func (d *desk) ticks(from, to time.Time) {
	d.t.Helper()
	for at := from; at.Before(to); at = at.Add(10 * time.Minute) {
		d.tick(at)
		d.tick(at.Add(time.Minute))
	}
}

func (d *desk) tick(at time.Time) int {
	d.t.Helper()
	announced, err := d.Tick(d.t.Context(), sample.Shop, at)
	require.NoError(d.t, err)
	return announced
}

// sets gives the shop other settings.
func (d *desk) sets(at time.Time, change func(*workflow.Settings)) {
	d.t.Helper()
	s := d.memory().Shop.Settings
	seen := s.Version
	change(&s)
	_, err := d.ChangeSettings(d.t.Context(), sample.Shop, workflow.SettingsChange{Actor: by(admin), At: at, Seen: seen, Settings: s})
	require.NoError(d.t, err)
}

const admin workflow.PersonID = "U0ADMIN"

// steps returns what an application's thread got about deadlines: which, and when.
func (d *desk) steps(k workflow.Key) (announced []string) {
	d.t.Helper()
	payloads, _ := d.thread(k)
	for _, s := range payloads {
		if s.Kind == workflow.KindDeadline {
			announced = append(announced, fmt.Sprintf("%s %s %s at %s", s.Deadline, s.Step, s.Audience, s.At.Format("2 15:04")))
		}
	}
	return announced
}

// groups returns what the channel got about deadlines: of a day's message how many it lists, of a step's which and how many;
// who hears of it, and when it was posted.
func (d *desk) groups() (announced []string) {
	d.t.Helper()
	ids := slices.Clone(d.memory().Shop.StepNotices)
	slices.Reverse(ids)
	for day := range 60 {
		ids = append(ids, workflow.MorningNotice(sample.Shop, noon.AddDate(0, 0, day-2).Format(time.DateOnly)))
	}
	var all []workflow.Agenda
	for _, id := range ids {
		_ = d.store.View(d.t.Context(), func(tx workflow.Tx) error {
			n, err := tx.Notice(id)
			if err == nil {
				all = append(all, *n.Agenda)
			}
			return err
		})
	}
	slices.SortStableFunc(all, func(a, b workflow.Agenda) int { return a.At.Compare(b.At) })
	for _, a := range all {
		what := fmt.Sprintf("%d %s %s", a.Count, a.Deadline, workflow.StepName(a.Before))
		if a.Day != "" {
			what = fmt.Sprintf("day of %d", len(a.Keys)+len(a.Ship))
		}
		announced = append(announced, fmt.Sprintf("%s %s at %s", what, a.Audience, a.At.Format("2 15:04")))
	}
	return announced
}

// asked has the desk see an application whose review deadline is at that time.
func (d *desk) asked(id string, reviewBy, at time.Time) workflow.Key {
	d.t.Helper()
	k := workflow.Key{Shop: sample.Shop, ID: workflow.ApplicationID(id)}
	r := reported(workflow.StatusPending, at)
	r.Snapshot.ReviewBy = reviewBy
	_, err := d.Apply(d.t.Context(), k, r)
	require.NoError(d.t, err)
	return k
}

// askedBy has the desk see n applications in one sweep, numbered from there on.
func (d *desk) askedBy(n, from int, reviewBy, at time.Time) {
	d.t.Helper()
	var all []engine.Observation
	for i := range n {
		r := reported(workflow.StatusPending, at)
		r.Snapshot.ReviewBy, r.Snapshot.Creator = reviewBy, numberedCreator(i)
		all = append(all, engine.Observation{ID: numbered(from + i).ID, Reported: r})
	}
	_, err := d.Observe(d.t.Context(), sample.Shop, all)
	require.NoError(d.t, err)
}

// moves has TikTok report what change makes of an application.
func (d *desk) moves(k workflow.Key, at time.Time, change func(*workflow.Snapshot)) workflow.Application {
	d.t.Helper()
	r := workflow.Reported{At: at, Began: at, Snapshot: d.application(k.ID).Snapshot}
	change(&r.Snapshot)
	a, err := d.Apply(d.t.Context(), k, r)
	require.NoError(d.t, err)
	return a
}

// approves queues an approval of the sample.
func (d *desk) approves(at time.Time) workflow.Application {
	d.t.Helper()
	return d.apply(approval(d.memory().Application.Round, at))
}

func (d *desk) undoes(at time.Time) {
	d.t.Helper()
	d.apply(workflow.Undone{Actor: by(member), At: at, Round: d.memory().Application.Round})
}

func TestEachStepOfADeadlineIsToldOnceAcrossRestarts(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	d.seen()
	for day := noon; day.Before(deadline.Add(24 * time.Hour)); day = day.Add(12 * time.Hour) {
		d.ticks(day, day.Add(12*time.Hour))
		d.restart()
	}
	require.Equal(t, []string{
		"review 48h thread at 28 12:00", "review 24h reviewers at 29 12:00", "review 6h channel at 30 06:00", "review 1h admins at 30 11:00",
	}, d.steps(sample))
	payloads, _ := d.thread(sample)
	require.Equal(t, workflow.Payload{
		Kind: workflow.KindDeadline, State: workflow.Pending, At: due(48 * time.Hour), Deadline: workflow.ReviewDeadline, Audience: workflow.ToThread,
		Step: "48h", Before: 48 * time.Hour, NextDue: deadline,
	}, payloads[0])
	var kept []workflow.Entry
	for _, e := range d.history(sample) {
		if e.Event == workflow.OnStepDue {
			kept = append(kept, e)
		}
	}
	require.Len(t, kept, 4)
	require.Equal(t, workflow.Entry{
		At: due(time.Hour), Key: sample, Event: workflow.OnStepDue, From: workflow.Pending, To: workflow.Pending, Status: workflow.StatusPending,
		Deadline: workflow.ReviewDeadline, Step: "1h",
	}, kept[3])
	require.Empty(t, d.groups())
	require.Zero(t, d.application(sample.ID).Timer.Next, "nothing is due any more")
}

func TestADeadlineIsSilentTheMomentADecisionIsMade(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	d.seen()
	d.approves(due(48 * time.Hour)) // at the very moment
	d.ticks(due(48*time.Hour), deadline)
	require.Empty(t, d.steps(sample))
}

func TestADecisionTakenBackRepeatsNoStepAndLosesNone(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	d.seen()
	d.ticks(noon, due(30*time.Hour))
	d.approves(due(30 * time.Hour))
	d.undoes(due(29 * time.Hour))
	d.ticks(due(29*time.Hour), due(7*time.Hour))
	d.approves(due(7 * time.Hour))
	d.tick(due(6 * time.Hour))
	d.undoes(due(5 * time.Hour))
	d.ticks(due(5*time.Hour), deadline)
	require.Equal(t, []string{
		"review 48h thread at 28 12:00", "review 24h reviewers at 29 12:00", "review 6h channel at 30 07:00", "review 1h admins at 30 11:00",
	}, d.steps(sample))
}

func TestADecisionThatTikTokRefusesGoesOnWithTheSteps(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	d.seen()
	d.ticks(noon, due(47*time.Hour))
	d.approves(due(47 * time.Hour))
	eff, ok := d.claim(workflow.ReviewLane(sample), due(46*time.Hour))
	require.True(t, ok)
	d.settle(eff, engine.Outcome{Event: workflow.RefusedForGood{At: due(46 * time.Hour)}}, due(46*time.Hour))
	d.ticks(due(46*time.Hour), due(23*time.Hour))
	require.Equal(t, []string{"review 48h thread at 28 12:00", "review 24h reviewers at 29 12:00"}, d.steps(sample))
}

func TestADeadlineThatMovesSetsTheTimerAgain(t *testing.T) {
	for name, c := range map[string]struct {
		by   time.Duration // how far, 20 hours before it
		want []string
	}{
		"later, before all steps": {72 * time.Hour, []string{"review 48h thread at 1 12:00", "review 24h reviewers at 2 12:00", "review 6h channel at 3 06:00", "review 1h admins at 3 11:00"}},
		"later, between steps":    {10 * time.Hour, []string{"review 24h reviewers at 29 22:00", "review 6h channel at 30 16:00", "review 1h admins at 30 21:00"}},
		"a little later":          {time.Hour, []string{"review 6h channel at 30 07:00", "review 1h admins at 30 12:00"}},
		"nearer":                  {-10 * time.Hour, []string{"review 6h channel at 29 20:00", "review 1h admins at 30 01:00"}},
		"nearer than a step":      {-15 * time.Hour, []string{"review 6h channel at 29 16:00", "review 1h admins at 29 20:00"}},
		"nearer than two steps":   {-19*time.Hour - 30*time.Minute, []string{"review 1h admins at 29 16:00"}},
		"into the past":           {-21 * time.Hour, nil},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, glow)
			d.seen()
			d.ticks(noon, due(20*time.Hour))
			d.moves(sample, due(20*time.Hour), func(r *workflow.Snapshot) { r.ReviewBy = deadline.Add(c.by) })
			d.ticks(due(20*time.Hour), deadline.Add(c.by+time.Hour))
			d.tick(deadline.Add(100 * time.Hour))
			want := append([]string{"review 48h thread at 28 12:00", "review 24h reviewers at 29 12:00"}, c.want...)
			require.Equal(t, want, d.steps(sample))
		})
	}
}

func TestADeskThatWasAsleepTellsTheLatestStepOnly(t *testing.T) {
	for name, c := range map[string]struct {
		back time.Time
		want []string
	}{
		"for three days": {due(5 * time.Hour), []string{"review 6h channel at 30 07:00"}},
		"until the last": {due(time.Minute), []string{"review 1h admins at 30 11:59"}},
		"for too long":   {deadline, nil},
		"for a year":     {deadline.Add(8760 * time.Hour), nil},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, glow)
			d.seen()
			d.tick(due(77 * time.Hour))
			d.restart()
			d.tick(c.back)
			require.Equal(t, c.want, d.steps(sample))
		})
	}
}

func TestShippingAndPostingHaveTheirOwnTimers(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	d.seen()
	d.sets(noon, func(s *workflow.Settings) { s.Shipments = workflow.ShipmentsInThread })
	ship := noon.Add(60 * time.Hour)
	d.moves(sample, minutes(10), func(r *workflow.Snapshot) { r.Status, r.ShipBy = workflow.StatusAwaitingShipment, ship })
	d.ticks(minutes(10), noon.Add(58*time.Hour))
	d.moves(sample, noon.Add(58*time.Hour), func(r *workflow.Snapshot) { r.Status = workflow.StatusShipped })
	d.ticks(noon.Add(58*time.Hour), noon.Add(299*time.Hour))
	d.moves(sample, noon.Add(299*time.Hour), func(r *workflow.Snapshot) { r.Status = workflow.StatusContentPending })
	d.ticks(noon.Add(299*time.Hour), noon.Add(299*time.Hour+22*24*time.Hour))
	require.Equal(t, []string{
		"ship 48h thread at 24 00:00", "ship 24h reviewers at 25 00:00", "ship 6h channel at 25 18:00",
		"move 0h thread at 5 22:00",
		"post 72h thread at 16 23:00", "post 0h thread at 19 23:00", "post -168h reviewers at 26 23:00",
	}, d.steps(sample))
}

func TestOnlyWhatGoesOnIsTold(t *testing.T) {
	for _, status := range []workflow.Status{
		workflow.StatusWithdrawn, workflow.StatusOverdueCancelled, workflow.StatusRejectCancelled, workflow.StatusCompleted, "PAUSED_BY_TIKTOK",
	} {
		d := newDesk(t, glow)
		d.seen()
		d.moves(sample, minutes(10), func(r *workflow.Snapshot) { r.Status = status })
		d.ticks(due(50*time.Hour), deadline)
		require.Empty(t, d.steps(sample), "%s", status)
	}
}

func TestSettingsThatChangeSetTheTimers(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	d.seen()
	d.ticks(noon, due(20*time.Hour))
	d.sets(due(20*time.Hour), func(s *workflow.Settings) { s.Steps = []time.Duration{24 * time.Hour, 18 * time.Hour, 2 * time.Hour} })
	d.ticks(due(20*time.Hour), due(4*time.Hour))
	d.sets(due(4*time.Hour), func(s *workflow.Settings) { s.Steps = []time.Duration{72 * time.Hour, 3 * time.Hour} })
	d.ticks(due(4*time.Hour), deadline)
	require.Equal(t, []string{
		"review 48h thread at 28 12:00", "review 24h reviewers at 29 12:00", // by the defaults
		"review 18h reviewers at 29 18:00", "review 3h reviewers at 30 09:00",
	}, d.steps(sample))
}

func TestWorkingHoursThatAreSetRepeatNoStep(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	d.seen()
	at := time.Date(2026, 11, 28, 20, 0, 0, 0, time.UTC) // a Saturday
	d.moves(sample, noon.Add(time.Hour), func(r *workflow.Snapshot) { r.ReviewBy = at.Add(48 * time.Hour) })
	d.tick(at)
	d.sets(at.Add(time.Hour), func(s *workflow.Settings) { s.HoursFrom, s.HoursTo = "09:00", "18:00" })
	d.ticks(at.Add(time.Hour), at.Add(48*time.Hour))
	require.Equal(t, []string{
		"review 48h thread at 28 20:00",
		"review 6h channel at 30 14:00", // the 24 h fall on Sunday and wait, as the next on Monday does not
		"review 1h admins at 30 19:00",  // the deadline falls before the next morning
	}, append(d.steps(sample)[:1:1], d.steps(sample)[2:]...))
	require.Equal(t, "review 24h reviewers at 30 09:00", d.steps(sample)[1])
}

func TestTimersThatAreBeingSetWhenTheDeskDiesOrTheSettingsChangeAgainAreAllSet(t *testing.T) {
	for kept := range 4 {
		t.Run(strconv.Itoa(kept)+" batches are kept", func(t *testing.T) {
			d := newDesk(t, glow)
			d.askedBy(350, 1000, deadline, noon)
			d.tick(noon)
			d.sets(noon, func(s *workflow.Settings) { s.Steps = []time.Duration{72 * time.Hour} })
			d.dies(kept)
			_, err := d.Tick(d.dying(), sample.Shop, minutes(1))
			require.Error(t, err)
			d.lives()
			d.sets(minutes(2), func(s *workflow.Settings) { s.Steps = []time.Duration{96 * time.Hour} })
			d.tick(minutes(3))
			d.tick(due(96 * time.Hour))
			require.Equal(t, []string{"day of 40 thread at 26 12:00"}, d.groups())
			d.tick(due(72 * time.Hour))
			require.Len(t, d.groups(), 1)
		})
	}
}

func TestAShopsSettingsThatAreNotAboutTimersWriteNoApplication(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	d.seen()
	d.tick(noon)
	d.sets(noon, func(s *workflow.Settings) { s.QuickReject = true })
	d.store.largest.Store(0)
	d.tick(minutes(1))
	require.Zero(t, d.store.largest.Load())
}

func TestALookThatFindsNothingDueWritesNothing(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	d.seen()
	d.tick(noon)
	kept := d.store.kept.Load()
	d.ticks(noon, due(48*time.Hour))
	require.Equal(t, kept, d.store.kept.Load())
	_, err := d.Tick(t.Context(), "no shop", noon)
	require.ErrorIs(t, err, workflow.ErrNotFound)
}

func TestTheCreatorIsNudgedOnceAndOnlyIfTheShopHasWordsForIt(t *testing.T) {
	for words, want := range map[string][]string{"": nil, "How do you like it?": {"How do you like it?"}} {
		d := newDesk(t, glow)
		d.seen()
		d.sets(noon, func(s *workflow.Settings) { s.Nudge = words })
		d.moves(sample, minutes(1), func(r *workflow.Snapshot) { r.Status = workflow.StatusContentPending })
		d.ticks(noon.Add(10*24*time.Hour), noon.Add(12*24*time.Hour))
		d.sets(noon.Add(12*24*time.Hour), func(s *workflow.Settings) { s.PostDays = 16 }) // the reminder comes again
		d.ticks(noon.Add(12*24*time.Hour), noon.Add(25*24*time.Hour))
		var sent []string
		for _, e := range d.waiting(workflow.MessageLane(sample.Shop, glowDaily)) {
			sent = append(sent, e.Text)
		}
		require.Equal(t, want, sent)
		require.Equal(t, 2, strings.Count(strings.Join(d.steps(sample), "\n"), "post 72h"))
	}
}

func TestManyCreatorsAreEachNudgedThoughTheTeamIsToldOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	d.sets(noon, func(s *workflow.Settings) { s.Nudge = "How do you like it?" })
	for i := range 8 {
		id, creator := workflow.ApplicationID(strconv.Itoa(100+i)), workflow.Creator{OpenID: "open-" + strconv.Itoa(i)}
		if i == 7 {
			creator = workflow.Creator{Username: "kitchen_finds"} // whom TikTok cannot be told to write to
		}
		d.asks(id, creator, "1", noon)
		d.reports(id, workflow.StatusContentPending, minutes(1))
	}
	d.tick(noon.Add(12 * 24 * time.Hour))
	require.Equal(t, []string{"8 post 72h thread at 5 12:00"}, d.groups())
	for i := range 7 {
		require.Len(t, d.waiting(workflow.MessageLane(sample.Shop, workflow.CreatorKey("id:open-"+strconv.Itoa(i)))), 1)
	}
}
