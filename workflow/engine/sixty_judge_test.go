package engine_test

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
)

// sweepEnded puts down what a sweep's end had to announce.
func (m *model) sweepEnded(shop workflow.ShopID, died bool) {
	counts := m.half[shop]
	if counts == nil {
		counts = map[workflow.News]int{}
		m.half[shop] = counts
	}
	for k, news := range m.news {
		if k.Shop != shop || died && m.s.application(k).News != "" {
			continue
		}
		counts[news]++
		delete(m.news, k)
	}
	if died {
		return
	}
	delete(m.half, shop)
	if m.s.shop(shop).Settings.Shipments == workflow.ShipmentsInThread {
		return
	}
	for news, n := range counts {
		m.wants[fmt.Sprintf("news %s %d %s at %d", shop, n, news, m.s.now.Unix())]++
	}
}

// morning checks what the morning message should list, and what it does.
func (m *model) morning(shop workflow.ShopID, call func() (died bool)) {
	s := m.s.shop(shop)
	local := m.s.now.In(s.Settings.Location())
	today := local.Format(time.DateOnly)
	clock, _ := time.Parse("15:04", cmp.Or(s.Settings.Morning, "09:00"))
	begin := time.Date(local.Year(), local.Month(), local.Day(), clock.Hour(), clock.Minute(), 0, 0, local.Location())
	due := s.InitialSyncDone && m.mornings[shop] != today && !m.s.now.Before(begin) && m.s.now.Before(begin.Add(10*time.Hour))
	died := call()
	if announced := m.s.shop(shop).LastMorning == today; !due || !announced {
		require.True(m.s.t, died || !due || announced, "the morning of %s in %s", today, shop)
		require.Equal(m.s.t, m.mornings[shop] == today, announced)
		return
	}
	m.mornings[shop] = today
	m.s.tally["mornings"]++
	m.agenda(shop, today)
}

// agenda compares a day's message with what falls due.
func (m *model) agenda(shop workflow.ShopID, today string) {
	settings := m.s.shop(shop).Settings
	until := m.s.now.Add(max(48*time.Hour, stepsOf("review", settings)[0]))
	all := map[workflow.DeadlineKind][]workflow.Application{}
	for k, p := range m.plain {
		if k.Shop == shop && p.by.After(m.s.now) && !p.by.After(until) {
			all[p.kind] = append(all[p.kind], m.s.application(k))
		}
	}
	var n workflow.Notice
	_ = m.s.desk.store.View(m.s.t.Context(), func(tx workflow.Tx) (err error) {
		n, err = tx.Notice(workflow.MorningNotice(shop, today))
		return err
	})
	review, ship := all["review"], all["ship"]
	if len(review)+len(ship) == 0 {
		require.Equal(m.s.t, m.days[shop] == today, n.Agenda != nil)
		return
	}
	if m.days[shop] != today {
		m.postedDay(shop, m.due(shop))
	}
	require.NotNil(m.s.t, n.Agenda)
	urgency := func(a workflow.Application) (n int) {
		for _, before := range stepsOf("review", settings) {
			if !a.Snapshot.ReviewBy.Add(-before).After(m.s.now) {
				n++
			}
		}
		return n
	}
	worth := func(a, b workflow.Application) int {
		x, _ := strconv.Atoi(cmp.Or(a.Snapshot.Creator.GMV.Amount, "-1"))
		y, _ := strconv.Atoi(cmp.Or(b.Snapshot.Creator.GMV.Amount, "-1"))
		return cmp.Or(cmp.Compare(urgency(b), urgency(a)), cmp.Compare(y, x), cmp.Compare(b.Snapshot.Creator.Followers.Value, a.Snapshot.Creator.Followers.Value))
	}
	slices.SortFunc(review, worth)
	require.GreaterOrEqual(m.s.t, len(n.Agenda.Keys), min(40, len(review)))
	for i, a := range review[:min(40, len(review))] {
		require.Equal(m.s.t, a.Key, n.Agenda.Keys[i], "%s, place %d", n.ID, i)
	}
	for _, a := range ship[:min(40, len(ship))] {
		require.True(m.s.t, len(ship) > 40 || n.Agenda.Lists(a.Key), "%s lists %s", n.ID, a.Key)
	}
}

// week checks whether the weekly report is announced.
func (m *model) week(shop workflow.ShopID, call func() (died bool)) {
	died := call()
	s := m.s.shop(shop)
	local := m.s.now.In(s.Settings.Location())
	for local.Weekday() != time.Monday {
		local = time.Date(local.Year(), local.Month(), local.Day()-1, 23, 59, 59, 0, local.Location())
	}
	monday := local.Format(time.DateOnly)
	clock := cmp.Or(s.Settings.Morning, "09:00")
	due := s.InitialSyncDone && s.Settings.Weekly && local.Format("15:04") >= clock && m.weeks[shop] != monday
	announced := s.LastWeeklyReport == monday
	switch {
	case due && announced:
		m.weeks[shop] = monday
		m.wants[fmt.Sprintf("week %s %s", shop, monday)]++
	case due:
		require.True(m.s.t, died, "the report of %s in %s", monday, shop)
	default:
		require.Equal(m.s.t, m.weeks[shop] == monday, announced, "the report of %s in %s at %s", monday, shop, m.s.now)
	}
}

// posted checks whether content that was found is stored.
func (m *model) posted(k workflow.Key, c workflow.Content) {
	a := m.s.application(k)
	if slices.ContainsFunc(a.Contents, func(known workflow.Content) bool { return known.ID == c.ID }) {
		require.Equal(m.s.t, workflow.Completed, a.State())
		m.notices[workflow.ContentNotice(k, c.ID)] = true
	}
}

// shown puts down a message that was posted.
func (m *model) shown(n workflow.Notice) {
	if n.Kind == workflow.KindMorning || n.Kind == workflow.KindContent || n.Kind == workflow.KindDeadline {
		m.shownAs[n.ID] = true
	}
	if n.Kind == workflow.KindDeadline {
		require.Equal(m.s.t, m.steps[n.ID], n.Agenda.Count, "%s", n.ID)
		require.Len(m.s.t, n.Agenda.Keys, min(10, n.Agenda.Count))
	}
}

// judge compares what was announced with what was due.
func (s *sixty) judge() {
	announced := map[string]int{}
	for _, what := range s.announced {
		if what != "" {
			announced[what]++
		}
	}
	var wrong []string
	for _, what := range slices.Sorted(maps.Keys(announced)) {
		if n := s.model.wants[what]; n != announced[what] {
			wrong = append(wrong, fmt.Sprintf("told %d times, due %d times: %s", announced[what], n, what))
		}
	}
	for _, what := range slices.Sorted(maps.Keys(s.model.wants)) {
		if announced[what] == 0 {
			wrong = append(wrong, "never told: "+what)
		}
	}
	require.Empty(s.t, wrong)
	require.Equal(s.t, s.model.notices, s.model.shownAs)
	require.Equal(s.t, len(s.requests), len(s.model.plain), "every request was met")
}
