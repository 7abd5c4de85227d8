package engine_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
	"sampledesk/workflow/engine"
)

// The simulation's environment: the first seed, and how many seeds from there. `make sixty` sets both.
const (
	sixtySeed  = "SAMPLEDESK_SIXTY_SEED"
	sixtyCount = "SAMPLEDESK_SIXTY_COUNT"
)

// pace is how often the desk ticks. In the spring of 2027 the clocks of all three zones change.
const pace = 10 * time.Minute

var spring = time.Date(2027, 3, 1, 0, 0, 7, 0, time.UTC)

// TestSixtyDaysTellEachDueStepOnceAndNoneInVain lets creators ask, people decide and change their minds, TikTok move
// deadlines, parcels travel and content appear for sixty days, in three shops of three zones, while the desk sleeps,
// dies and is started again at random moments. Whatever it announced is compared with what a simple model says was due.
// This is a short run of it; `make sixty SEED=1 COUNT=10` runs long ones.
func TestSixtyDaysTellEachDueStepOnceAndNoneInVain(t *testing.T) {
	first, err := strconv.ParseUint(os.Getenv(sixtySeed), 10, 64)
	if err != nil && testing.Short() {
		t.Skip("it is long")
	}
	if err != nil {
		t.Parallel()
		newSixty(t, rand.Uint64N(1_000_000), 20, 40).live()
		return
	}
	count, err := strconv.ParseUint(os.Getenv(sixtyCount), 10, 64)
	require.NoError(t, err, sixtyCount)
	for seed := first; seed < first+count; seed++ {
		t.Run(fmt.Sprintf("seed %d of %d to %d", seed, first, first+count-1), func(t *testing.T) {
			t.Parallel()
			newSixty(t, seed, 60, 400).live()
		})
	}
}

// sixty is one run of the simulation.
type sixty struct {
	t    *testing.T
	dice *rand.Rand
	desk *desk
	now  time.Time
	ends time.Time

	shops    []*branch
	requests map[workflow.Key]*request
	plans    map[int64][]func() // what happens outside, by the tick before which it happens
	expected int                // how many requests there will be
	model    *model

	asleepUntil, tikTokUntil, slackUntil time.Time // each is away until then
	quiet                                bool      // nothing goes wrong any more

	posted    int // what Slack has, for the ids of messages
	announced map[workflow.EffectID]string
	nudged    map[workflow.Key]int
	tally     map[string]int // of what happened, for the log
}

// branch is a shop of the simulation.
type branch struct {
	id    workflow.ShopID
	dirty map[workflow.Key]bool // what TikTok changed since it was last asked
}

func newSixty(t *testing.T, seed uint64, days, requests int) *sixty {
	t.Logf("seed %d, %d days, %d requests", seed, days, requests)
	s := &sixty{
		t: t, dice: rand.New(rand.NewPCG(seed, 60)), now: spring, ends: spring.Add(time.Duration(days) * 24 * time.Hour),
		requests: map[workflow.Key]*request{}, plans: map[int64][]func(){}, expected: requests,
		announced: map[workflow.EffectID]string{}, nudged: map[workflow.Key]int{}, tally: map[string]int{},
	}
	zones := []workflow.Settings{
		{Weekly: true},
		{Zone: "America/New_York", HoursFrom: "09:00", HoursTo: "18:00", Shipments: workflow.ShipmentsInThread, Nudge: "How do you like it?", Weekly: true},
		{Zone: "Australia/Lord_Howe", Morning: "02:15", HoursFrom: "08:30", HoursTo: "12:00", Weekends: true, Steps: []time.Duration{30 * time.Hour, 3 * time.Hour}},
	}
	for i, settings := range zones {
		shop := workflow.Shop{ID: workflow.ShopID(strconv.Itoa(i + 1)), Name: "Shop", SeenAt: spring.Add(-30 * 24 * time.Hour), Settings: settings}
		if i == 0 {
			s.desk = newDesk(t, shop)
		} else {
			require.NoError(t, s.desk.store.Store.Update(t.Context(), func(tx workflow.Tx) error { return tx.PutShop(shop) }))
		}
		s.shops = append(s.shops, &branch{id: shop.ID, dirty: map[workflow.Key]bool{}})
	}
	s.model = newModel(s)
	s.people()
	return s
}

func (s *sixty) live() {
	for s.now.Before(s.ends) {
		s.pass()
	}
	s.quiet, s.asleepUntil, s.tikTokUntil, s.slackUntil = true, s.now, s.now, s.now
	for range 24 { // and what is owed is done
		s.pass()
	}
	for _, b := range s.shops {
		require.Empty(s.t, s.model.due(b.id))
	}
	s.now = s.now.Add(pace)
	s.deliver()
	s.judge()
	s.t.Logf("%v", s.tally)
}

// pass is one tick of the desk, and what happened outside since the one before.
func (s *sixty) pass() {
	s.now = s.now.Add(pace - time.Duration(s.now.Second())*time.Second + time.Duration(s.dice.IntN(60))*time.Second)
	for _, action := range s.take() {
		action()
	}
	s.misfortune()
	if s.now.Before(s.asleepUntil) {
		return
	}
	for _, b := range s.shops {
		if !s.now.Before(s.tikTokUntil) {
			s.sweep(b)
		}
	}
	s.deliver()
	for _, b := range s.shops {
		s.clocks(b)
	}
}

// misfortune lets the desk sleep, TikTok and Slack be away, and the desk be started again, now and then.
func (s *sixty) misfortune() {
	away := func(most int) time.Time { return s.now.Add(time.Duration(1+s.dice.IntN(most)) * time.Hour) }
	switch n := s.dice.IntN(1000); {
	case s.quiet || s.now.Before(s.asleepUntil):
	case n < 2:
		s.asleepUntil = away(80)
		s.tally["sleeps"]++
		s.desk.restart()
	case n < 5:
		s.tikTokUntil = away(30)
	case n < 8:
		s.slackUntil = away(10)
	case n < 14:
		s.desk.restart()
		s.tally["restarts"]++
	}
}

// do has the desk do something, in which it dies now and then, after some of its transactions were kept.
func (s *sixty) do(action func(ctx context.Context) error) (died bool) {
	s.t.Helper()
	if s.quiet || s.dice.IntN(20) > 0 {
		require.NoError(s.t, action(s.t.Context()))
		return false
	}
	ctx, cancel := context.WithCancel(s.t.Context())
	defer cancel()
	left := s.dice.IntN(4)
	s.desk.store.between = func() {
		if left--; left < 0 {
			cancel()
		}
	}
	err := action(ctx)
	s.desk.lives()
	if err == nil {
		return false
	}
	require.ErrorIs(s.t, err, context.Canceled)
	s.tally["deaths"]++
	return true
}

// sweep has the desk ask TikTok what changed, look for content, and end its sweep.
func (s *sixty) sweep(b *branch) {
	var all []engine.Observation
	shop := s.shop(b.id)
	for k := range s.each(b.dirty) {
		all = append(all, engine.Observation{ID: k.ID, Reported: workflow.Reported{At: s.now, Began: s.now, Snapshot: s.requests[k].truth, First: !shop.InitialSyncDone}})
	}
	died := s.do(func(ctx context.Context) error {
		_, err := s.desk.Observe(ctx, b.id, all)
		return err
	})
	for _, o := range all {
		s.model.see(workflow.Key{Shop: b.id, ID: o.ID})
	}
	if died {
		return
	}
	clear(b.dirty)
	died = s.do(func(ctx context.Context) error { return s.desk.EndSweep(ctx, b.id, s.now) })
	s.model.sweepEnded(b.id, died)
}

// clocks runs what is due at every shop.
func (s *sixty) clocks(b *branch) {
	if s.dice.IntN(2000) == 0 && !s.quiet {
		s.change(b)
	}
	shop := s.shop(b.id)
	calm := shop.TimersVersion != shop.Settings.Version+1 // the model cannot know which timers a desk had set that died
	do := func(action func(context.Context) error) bool {
		if calm {
			require.NoError(s.t, action(s.t.Context()))
			return false
		}
		return s.do(action)
	}
	s.model.morning(b.id, func() bool { return do(func(ctx context.Context) error { return s.desk.Morning(ctx, b.id, s.now) }) })
	want := s.model.due(b.id)
	s.model.expect(b.id, want, do(func(ctx context.Context) error {
		_, err := s.desk.Tick(ctx, b.id, s.now)
		return err
	}))
	s.model.week(b.id, func() bool { return s.do(func(ctx context.Context) error { return s.desk.Weekly(ctx, b.id, s.now) }) })
}

// change gives a shop other settings of time.
func (s *sixty) change(b *branch) {
	shop := s.shop(b.id)
	next := shop.Settings
	switch s.dice.IntN(4) {
	case 0:
		next.Steps = [][]time.Duration{nil, {72 * time.Hour, 12 * time.Hour}, {24 * time.Hour, 90 * time.Minute, 30 * time.Minute}}[s.dice.IntN(3)]
	case 1:
		next.HoursFrom, next.HoursTo = [][2]string{{"", ""}, {"10:00", "16:30"}}[s.dice.IntN(2)][0], ""
		if next.HoursFrom != "" {
			next.HoursTo = "16:30"
		}
	case 2:
		next.PostDays, next.MoveDays = 7+s.dice.IntN(14), 5+s.dice.IntN(8)
	case 3:
		next.Shipments = []workflow.ShipmentNotices{workflow.ShipmentsToChannel, workflow.ShipmentsInThread}[s.dice.IntN(2)]
	}
	_, err := s.desk.ChangeSettings(s.t.Context(), b.id, workflow.SettingsChange{Actor: by(admin), At: s.now, Seen: next.Version, Settings: next})
	require.NoError(s.t, err)
	s.tally["settings changed"]++
	s.model.changed(b.id)
}

func (s *sixty) shop(id workflow.ShopID) workflow.Shop {
	return read(s.desk, func(tx workflow.Tx) (workflow.Shop, error) { return tx.Shop(id) })
}

func (s *sixty) application(k workflow.Key) (a workflow.Application) {
	_ = s.desk.store.View(s.t.Context(), func(tx workflow.Tx) (err error) {
		a, err = tx.Application(k)
		return err
	})
	return a
}
