package engine_test

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
	"sampledesk/workflow/engine"
)

// news returns what was announced of shipments.
func (d *desk) news() (announced []string) {
	d.t.Helper()
	for _, e := range d.waiting(workflow.ShipmentLane(sample.Shop)) {
		announced = append(announced, fmt.Sprintf("%d %s, %d by name", e.Payload.Waiting, e.Payload.News, len(e.Payload.Items)))
	}
	return announced
}

func (d *desk) sweepEnds(at time.Time) {
	d.t.Helper()
	require.NoError(d.t, d.EndSweep(d.t.Context(), sample.Shop, at))
}

// all has TikTok report a status of applications 100 on.
func (d *desk) all(n int, status workflow.Status, at time.Time) {
	d.t.Helper()
	var all []engine.Observation
	for i := range n {
		r := reported(status, at)
		r.Began = at
		r.Snapshot.Creator = numberedCreator(i)
		all = append(all, engine.Observation{ID: numbered(100 + i).ID, Reported: r})
	}
	_, err := d.Observe(d.t.Context(), sample.Shop, all)
	require.NoError(d.t, err)
}

func TestShipmentsOfOneSweepAreAnnouncedTogether(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	d.all(14, workflow.StatusAwaitingShipment, noon)
	d.sweepEnds(noon)
	require.Empty(t, d.news(), "a first sight is no news")
	d.all(12, workflow.StatusShipped, minutes(1))
	d.reports(numbered(113).ID, workflow.StatusNotShipCancelled, minutes(1))
	d.sweepEnds(minutes(1))
	d.sweepEnds(minutes(2))
	require.Equal(t, []string{"1 not shipped, 1 by name", "12 shipped, 10 by name"}, d.news())
	d.reports(numbered(100).ID, workflow.StatusContentPending, minutes(3))
	d.sweepEnds(minutes(3))
	require.Equal(t, []string{"1 not shipped, 1 by name", "12 shipped, 10 by name", "1 delivered, 1 by name"}, d.news())
}

func TestOnlyTheLatestOfAShipmentIsAnnounced(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	d.all(3, workflow.StatusAwaitingShipment, noon)
	d.all(3, workflow.StatusShipped, minutes(1))
	d.reports(numbered(100).ID, workflow.StatusContentPending, minutes(2))
	d.reports(numbered(101).ID, workflow.StatusCompleted, minutes(2))
	d.sweepEnds(minutes(2))
	require.Equal(t, []string{"1 shipped, 1 by name", "1 delivered, 1 by name"}, d.news(), "what is completed is on its way no more")
}

func TestShipmentsAreToldWhereTheShopWantsThem(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	d.sets(noon, func(s *workflow.Settings) { s.Shipments = workflow.ShipmentsInThread })
	d.all(2, workflow.StatusAwaitingShipment, noon)
	d.all(2, workflow.StatusShipped, minutes(1))
	d.sweepEnds(minutes(1))
	d.sets(minutes(2), func(s *workflow.Settings) { s.Shipments = workflow.ShipmentsToChannel })
	d.sweepEnds(minutes(2))
	require.Empty(t, d.news(), "what was told in the threads is no news later")
}

func TestManyShipmentsAreGatheredInBatchesAndToldOnceWhateverDies(t *testing.T) {
	for kept := range 5 {
		d := newDesk(t, glow)
		d.all(350, workflow.StatusAwaitingShipment, noon)
		d.all(350, workflow.StatusShipped, minutes(1))
		d.store.largest.Store(0)
		d.dies(kept)
		err := d.EndSweep(d.dying(), sample.Shop, minutes(1))
		require.Equal(t, kept < 4, err != nil)
		d.lives()
		d.sweepEnds(minutes(2))
		d.sweepEnds(minutes(3))
		require.Equal(t, []string{"350 shipped, 10 by name"}, d.news())
		require.LessOrEqual(t, d.store.largest.Load(), int64(100))
	}
}

func TestParcelsThatDoNotArriveAreToldInTheirThreadsAndOnceInTheChannel(t *testing.T) {
	stuck := noon.Add(10 * 24 * time.Hour)
	for name, c := range map[string]struct {
		n       int
		where   workflow.ShipmentNotices
		threads int
		news    []string
	}{
		"a few":                           {3, workflow.ShipmentsToChannel, 3, []string{"3 stuck, 3 by name"}},
		"many, without cards":             {8, workflow.ShipmentsToChannel, 0, []string{"8 stuck, 8 by name"}},
		"many, to be told in the threads": {8, workflow.ShipmentsInThread, 8, nil},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, glow)
			d.sets(noon, func(s *workflow.Settings) { s.Shipments = c.where })
			d.all(c.n, workflow.StatusShipped, noon)
			d.tick(stuck)
			d.sweepEnds(stuck)
			d.tick(stuck.Add(time.Minute))
			d.sweepEnds(stuck.Add(time.Minute))
			require.Equal(t, c.news, d.news())
			require.Empty(t, d.groups())
			threads := 0
			for i := range c.n {
				threads += len(d.steps(numbered(100 + i)))
			}
			require.Equal(t, c.threads, threads)
		})
	}
}

func TestAParcelThatArrivesBeforeTheSweepEndsIsNotToldAsStuck(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	d.all(1, workflow.StatusShipped, noon)
	d.tick(noon.Add(10 * 24 * time.Hour))
	d.reports(numbered(100).ID, workflow.StatusContentPending, noon.Add(10*24*time.Hour+time.Second))
	d.sweepEnds(noon.Add(10*24*time.Hour + time.Second))
	require.Equal(t, []string{"1 delivered, 1 by name"}, d.news())
}

// video is a piece of content as the platform reports it.
func video(id string, views, orders float64) workflow.Content {
	return workflow.Content{
		ID: id, Format: "VIDEO", Link: "https://www.tiktok.com/@glow.daily/video/" + id, At: minutes(5),
		Views: workflow.OptionalNumber{Value: views, Shared: true}, Orders: workflow.OptionalNumber{Value: orders, Shared: true},
	}
}

func (d *desk) finds(at time.Time, found ...workflow.Content) int {
	d.t.Helper()
	fresh, err := d.FindContent(d.t.Context(), sample, found, at)
	require.NoError(d.t, err)
	return fresh
}

func TestEachPieceOfContentIsOneMessageThatGrows(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	d.seen()
	d.moves(sample, minutes(1), func(r *workflow.Snapshot) { r.Status = workflow.StatusContentPending })
	require.Equal(t, 1, d.finds(minutes(10), video("1", 100, 0)))
	a := d.application(sample.ID)
	require.Equal(t, workflow.Completed, a.State())
	require.Zero(t, a.Timer, "nothing is due any more")
	_, notices := d.thread(sample)
	require.Equal(t, []workflow.NoticeID{workflow.ContentNotice(sample, "1")}, notices)

	require.Equal(t, 1, d.finds(minutes(20), video("1", 100, 0), video("2", 5, 0), workflow.Content{ID: "no\x00name"}, workflow.Content{}))
	_, notices = d.thread(sample)
	require.Equal(t, []workflow.NoticeID{workflow.ContentNotice(sample, "1"), workflow.ContentNotice(sample, "2")}, notices)
	for d.waiting(workflow.ThreadLane(sample)) != nil {
		d.deliver(workflow.ThreadLane(sample), nil, minutes(20))
	}

	kept := d.store.kept.Load()
	require.Zero(t, d.finds(minutes(30), video("1", 105, 0), video("2", 5, 0)))
	require.Equal(t, kept, d.store.kept.Load(), "a few more views are no news")

	grown := video("1", 105, 1)
	grown.Likes = workflow.OptionalNumber{}
	require.Zero(t, d.finds(minutes(40), grown, video("2", 5, 0)))
	_, notices = d.thread(sample)
	require.Equal(t, []workflow.NoticeID{workflow.ContentNotice(sample, "1")}, notices, "its one message is edited")
	require.Equal(t, grown, *d.notice(workflow.ContentNotice(sample, "1")).Content)

	silent := grown
	silent.Views, silent.Orders, silent.Link = workflow.OptionalNumber{}, workflow.OptionalNumber{Value: 2, Shared: true}, ""
	d.finds(minutes(50), silent)
	want := grown
	want.Orders.Value = 2
	require.Equal(t, want, d.application(sample.ID).Contents[0], "what is not told any more stays")
	d.moves(sample, minutes(60), func(r *workflow.Snapshot) { r.Status, r.OrderID = workflow.StatusContentPending, "5" })
	require.Equal(t, workflow.Completed, d.application(sample.ID).State(), "content that was found is found for good")
}

func TestAnApplicationKeepsABoundedNumberOfPieces(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	d.seen()
	d.moves(sample, minutes(1), func(r *workflow.Snapshot) { r.Status = workflow.StatusContentPending })
	var found []workflow.Content
	for i := range 30 {
		found = append(found, video(strconv.Itoa(i), 1, 0))
	}
	require.Equal(t, 20, d.finds(minutes(10), found...))
	require.Zero(t, d.finds(minutes(20), found...))
}
