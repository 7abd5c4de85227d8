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

// morning checks what the morning messages should list, and what they do.
func (m *model) morning(shop workflow.ShopID, call func() (died bool)) {
	s := m.s.shop(shop)
	local := m.s.now.In(s.Settings.Location())
	today, tomorrow := local.Format(time.DateOnly), local.Add(day).Format(time.DateOnly)
	if local.Hour() > 20 || local.Hour() < 4 { // a day of 23 or 25 hours
		tomorrow = time.Date(local.Year(), local.Month(), local.Day()+1, 12, 0, 0, 0, time.UTC).Format(time.DateOnly)
	}
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
	for _, kind := range []workflow.DeadlineKind{"review", "ship"} {
		m.agenda(shop, kind, today, tomorrow, local.Location())
	}
}

// agenda compares a morning's message with what falls due.
func (m *model) agenda(shop workflow.ShopID, kind workflow.DeadlineKind, today, tomorrow string, zone *time.Location) {
	var first, then []workflow.Application
	for k, p := range m.plain {
		if k.Shop != shop || p.kind != kind || p.by.Before(m.s.now) {
			continue
		}
		switch p.by.In(zone).Format(time.DateOnly) {
		case today:
			first = append(first, m.s.application(k))
		case tomorrow:
			then = append(then, m.s.application(k))
		}
	}
	id := workflow.MorningNotice(shop, kind, today)
	var n workflow.Notice
	_ = m.s.desk.store.View(m.s.t.Context(), func(tx workflow.Tx) (err error) {
		n, err = tx.Notice(id)
		return err
	})
	if len(first)+len(then) == 0 {
		require.Nil(m.s.t, n.Agenda)
		return
	}
	m.notices[id] = true
	m.s.tally["morning messages"]++
	require.Equal(m.s.t, []int{len(first), len(then), min(len(first)+len(then), 40)}, []int{n.Agenda.Today, n.Agenda.Tomorrow, len(n.Agenda.Keys)}, "%s", id)
	if kind != "review" {
		return
	}
	worth := func(a, b workflow.Application) int {
		x, _ := strconv.Atoi(cmp.Or(a.Snapshot.Creator.GMV.Amount, "-1"))
		y, _ := strconv.Atoi(cmp.Or(b.Snapshot.Creator.GMV.Amount, "-1"))
		return cmp.Or(cmp.Compare(y, x), cmp.Compare(b.Snapshot.Creator.Followers.Value, a.Snapshot.Creator.Followers.Value))
	}
	slices.SortFunc(first, worth)
	slices.SortFunc(then, worth)
	for i, a := range append(first, then...)[:len(n.Agenda.Keys)] {
		require.Equal(m.s.t, a.Key, n.Agenda.Keys[i], "%s, place %d", id, i)
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
	if n.Kind == workflow.KindMorning || n.Kind == workflow.KindContent {
		m.shownAs[n.ID] = true
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
