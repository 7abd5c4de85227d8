package engine_test

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"sampledesk/workflow"
)

// model is what the desk should announce, worked out again in a simple way: it knows where each application is, and
// nothing of the tables, the indexes and the transactions.
type model struct {
	s               *sixty
	plain           map[workflow.Key]*plain
	wants           map[string]int // what is to be announced
	notices         map[workflow.NoticeID]bool
	steps           map[workflow.NoticeID]int // how many the message of a step tells of
	shownAs         map[workflow.NoticeID]bool
	news            map[workflow.Key]workflow.News
	half            map[workflow.ShopID]map[workflow.News]int // of the news, what a desk had gathered that died
	mornings, weeks map[workflow.ShopID]string
	days            map[workflow.ShopID]string // of the latest message of a day
	opens           map[string]time.Time
}

// plain is what the model knows of an application.
type plain struct {
	stage     workflow.Stage
	kind      workflow.DeadlineKind
	by        time.Time
	announced map[workflow.DeadlineKind]last
	first     bool // past when first seen
	next      time.Time
	told      bool // the day's message was posted when its step was due
}

// last is the last step announced of a deadline.
type last struct {
	by     time.Time
	before time.Duration
}

func newModel(s *sixty) *model {
	return &model{
		s: s, plain: map[workflow.Key]*plain{}, wants: map[string]int{}, notices: map[workflow.NoticeID]bool{}, steps: map[workflow.NoticeID]int{}, shownAs: map[workflow.NoticeID]bool{},
		news: map[workflow.Key]workflow.News{}, half: map[workflow.ShopID]map[workflow.News]int{},
		mornings: map[workflow.ShopID]string{}, days: map[workflow.ShopID]string{}, weeks: map[workflow.ShopID]string{}, opens: map[string]time.Time{},
	}
}

const day = 24 * time.Hour

// stepsOf is the rules of product and settings: how long before a deadline the desk speaks up.
func stepsOf(kind workflow.DeadlineKind, s workflow.Settings) []time.Duration {
	switch {
	case kind == "move":
		return []time.Duration{0}
	case kind == "post":
		return []time.Duration{3 * day, 0, -7 * day}
	case s.Steps != nil:
		return s.Steps
	default:
		return []time.Duration{48 * time.Hour, 24 * time.Hour, 6 * time.Hour, time.Hour}
	}
}

// audienceOf is the audience of a step.
func audienceOf(kind workflow.DeadlineKind, step int) string {
	if kind == "post" || kind == "move" {
		return []string{"thread", "thread", "reviewers"}[step]
	}
	return []string{"thread", "reviewers", "channel", "admins"}[step]
}

// at is when a step is due: minute by minute until somebody works.
func (m *model) at(before time.Duration, by time.Time, s workflow.Settings) time.Time {
	due := by.Add(-before)
	if s.HoursFrom == "" {
		return due
	}
	name := fmt.Sprint(s.Zone, s.HoursFrom, s.HoursTo, s.Weekends, due.Unix())
	open, ok := m.opens[name]
	if !ok {
		open = opening(due, s)
		m.opens[name] = open
	}
	if before > 0 && !open.Before(by) {
		return due
	}
	return open
}

func opening(from time.Time, s workflow.Settings) time.Time {
	zone := s.Location()
	works := func(t time.Time) bool {
		local := t.In(zone)
		clock, weekend := local.Format("15:04"), local.Weekday() == time.Saturday || local.Weekday() == time.Sunday
		return clock >= s.HoursFrom && clock < s.HoursTo && (s.Weekends || !weekend)
	}
	for t := from; ; t = t.Truncate(time.Minute).Add(time.Minute) {
		if works(t) {
			return t
		}
	}
}

// see looks at an application after something happened to it.
func (m *model) see(k workflow.Key) {
	if k.ID == "" {
		return
	}
	a, s := m.s.application(k), m.s.shop(k.Shop).Settings
	if a.SeenAt.IsZero() {
		return
	}
	p, known := m.plain[k]
	if !known {
		p = &plain{stage: a.Stage(), announced: map[workflow.DeadlineKind]last{}}
		m.plain[k] = p
	}
	if p.stage != a.Stage() {
		p.stage = a.Stage()
		delete(m.news, k)
		if news := map[workflow.Stage]workflow.News{"Shipping": "shipped", "Content pending": "delivered", "Not shipped in time": "not shipped"}[p.stage]; news != "" {
			m.news[k] = news
		}
	}
	kind, by := deadlineOf(a, s)
	if kind != p.kind {
		p.first, p.told = false, false
	}
	p.kind, p.by = kind, by
	defer func() {
		if next := m.next(p, s); !next.Equal(p.next) {
			p.next, p.told = next, false
		}
	}()
	if t, ok := p.announced[kind]; ok && !t.by.Equal(by) {
		delete(p.announced, kind)
		for _, before := range stepsOf(kind, s) {
			if before >= t.before && !m.at(before, by, s).After(m.s.now) {
				p.announced[kind] = last{by, before}
			}
		}
	}
	if !known && kind != "" {
		p.first = !m.at(stepsOf(kind, s)[0], by, s).After(m.s.now)
	}
}

// next is when the first step is due that was not announced.
func (m *model) next(p *plain, s workflow.Settings) time.Time {
	t, some := p.announced[p.kind]
	if p.kind == "" {
		return time.Time{}
	}
	for _, before := range stepsOf(p.kind, s) {
		if !some || before < t.before {
			return m.at(before, p.by, s)
		}
	}
	return time.Time{}
}

func deadlineOf(a workflow.Application, s workflow.Settings) (workflow.DeadlineKind, time.Time) {
	since := a.ChangedAt
	switch a.State() {
	case workflow.Pending, workflow.Refused:
		return "review", a.Snapshot.ReviewBy
	case workflow.AwaitingShipment:
		if a.Snapshot.ShipBy.IsZero() {
			return "", since // it was confirmed, and TikTok has not said yet until when
		}
		return "ship", a.Snapshot.ShipBy
	case workflow.Shipped:
		if a.MovedAt.After(since) {
			since = a.MovedAt
		}
		return "move", since.Add(time.Duration(cmp.Or(s.MoveDays, 10)) * day)
	case workflow.Delivered:
		return "post", since.Add(time.Duration(cmp.Or(s.PostDays, 14)) * day)
	default:
		return "", time.Time{}
	}
}

// changed reports that a shop's settings changed.
func (m *model) changed(shop workflow.ShopID) {
	for k := range m.plain {
		if k.Shop == shop {
			m.see(k)
		}
	}
}

// candidate is a step that is due.
type candidate struct {
	k      workflow.Key
	p      *plain
	step   int
	before time.Duration
	over   bool
	card   bool // the application has one
}

// due returns the latest step of each application that is due and was not announced.
func (m *model) due(shop workflow.ShopID) (all []candidate) {
	s := m.s.shop(shop)
	if !s.InitialSyncDone {
		return nil
	}
	for k, p := range m.plain {
		if k.Shop != shop || p.kind == "" {
			continue
		}
		latest, steps := -1, stepsOf(p.kind, s.Settings)
		for i, before := range steps {
			if !m.at(before, p.by, s.Settings).After(m.s.now) {
				latest = i
			}
		}
		if t, ok := p.announced[p.kind]; latest < 0 || ok && t.before <= steps[latest] {
			continue
		}
		c := candidate{k: k, p: p, step: latest, before: steps[latest], card: m.s.application(k).Card.Wanted}
		c.over = (p.kind == "review" || p.kind == "ship") && !m.s.now.Before(p.by)
		all = append(all, c)
	}
	return all
}

// many reports whether those who came to steps of one kind are announced together.
func many(kind workflow.DeadlineKind, group []candidate) bool {
	firsts, steps := 0, map[int]int{}
	for _, c := range group {
		if c.p.first {
			firsts++
		}
		if !c.p.told {
			steps[c.step]++
		}
	}
	for step, n := range steps {
		if n > 1 && audienceOf(kind, step) != "thread" {
			return true
		}
	}
	return len(group) > 5 || firsts > 1
}

// showsDay reports whether what is due has to be in a message of the day: many of whom nobody else tells, or several that
// were past when first seen.
func showsDay(kind workflow.DeadlineKind, group []candidate) bool {
	firsts, fresh, quiet := 0, false, false
	for _, c := range group {
		if c.p.first {
			firsts++
		}
		fresh = fresh || !c.p.told
		quiet = quiet || !c.p.told && audienceOf(kind, c.step) == "thread"
	}
	return (kind == "review" || kind == "ship") && fresh && (firsts > 1 || quiet && many(kind, group))
}

// posted notes that the message of a day was posted: it told of all steps that were due.
func (m *model) postedDay(shop workflow.ShopID, all []candidate) {
	day := m.s.shop(shop).Digest.Day
	m.days[shop] = day
	m.notices[workflow.MorningNotice(shop, day)] = true
	m.s.tally["days"]++
	for _, c := range all {
		if !c.over && (c.p.kind == "review" || c.p.kind == "ship") {
			c.p.told = true
		}
	}
}

// expect notes what a tick had to announce. Of a tick in which the desk died only what was saved counts.
func (m *model) expect(shop workflow.ShopID, all []candidate, died bool) {
	s := m.s.shop(shop)
	by := map[workflow.DeadlineKind][]candidate{}
	for _, c := range all {
		if !c.over {
			by[c.p.kind] = append(by[c.p.kind], c)
			continue
		}
		if !died || m.kept(c) {
			c.p.mark(c)
		}
	}
	today := m.s.now.In(s.Settings.Location()).Format(time.DateOnly)
	if m.days[shop] != today && (showsDay("review", by["review"]) || showsDay("ship", by["ship"])) && (!died || s.Digest.Day == today) {
		m.postedDay(shop, all)
	}
	for kind, group := range by {
		switch {
		case kind == "move":
			quiet := len(group) > 5 && s.Settings.Shipments == workflow.ShipmentsToChannel
			m.each(group, died, func(c candidate) {
				m.news[c.k] = "stuck"
				if c.card || !quiet {
					m.want(c)
				}
			})
		case !many(kind, group):
			m.each(group, died, m.want)
		case !died || slices.ContainsFunc(s.GroupedMessages, func(g workflow.GroupedMessage) bool { return g.Kind == kind && !g.Open && g.At.Equal(m.s.now) }):
			m.together(shop, kind, group)
			m.s.tally["groups"]++
			m.each(group, false, func(candidate) {})
		}
	}
	for _, c := range all {
		if t, announced := c.p.announced[c.p.kind]; !c.over && announced && t.before <= c.before && c.p.kind == "post" && c.step == 0 && s.Settings.Nudge != "" {
			m.wants["nudge "+c.k.String()] = 1
		}
	}
	for _, c := range all {
		m.see(c.k)
	}
}

// together notes the messages of the steps that many came to: one for each, but for what the message of the day lists.
func (m *model) together(shop workflow.ShopID, kind workflow.DeadlineKind, group []candidate) {
	counts := map[time.Duration]int{}
	for _, c := range group {
		if audience := audienceOf(kind, c.step); !c.p.told && (audience != "thread" || kind == "post") {
			counts[c.before]++
		}
	}
	for before, n := range counts {
		id := workflow.StepNotice(shop, kind, before, m.s.now)
		m.notices[id] = true
		m.steps[id] = n
	}
}

func (m *model) each(group []candidate, died bool, tell func(candidate)) {
	for _, c := range group {
		if !died || m.kept(c) {
			c.p.mark(c)
			tell(c)
		}
	}
}

func (p *plain) mark(c candidate) { p.announced[p.kind], p.first = last{p.by, c.before}, false }

// kept reports whether the store has a step as announced.
func (m *model) kept(c candidate) bool {
	return slices.ContainsFunc(m.s.application(c.k).Announced, func(t workflow.Announced) bool {
		return t.Deadline == c.p.kind && t.By.Equal(c.p.by) && t.Before <= c.before
	})
}

// want notes that a step is to be announced in its thread.
func (m *model) want(c candidate) {
	m.s.tally["steps"]++
	m.wants[fmt.Sprintf("thread %s %s %v %s by %d, told %t, at %d", c.k, c.p.kind, c.before, audienceOf(c.p.kind, c.step), c.p.by.Unix(), c.p.told, m.s.now.Unix())]++
}

// announcement is what an effect announces, as the model writes it; empty for what the model does not cover.
func announcement(e workflow.Effect) string {
	switch s := e.Payload; {
	case s.Kind == workflow.KindDeadline && e.Kind == workflow.Reply:
		return fmt.Sprintf("thread %s %s %v %s by %d, told %t, at %d", e.Key(), s.Deadline, s.Before, s.Audience, s.NextDue.Unix(), s.Told, s.At.Unix())
	case s.Kind == workflow.KindShipment:
		return fmt.Sprintf("news %s %d %s at %d", e.Shop, s.Waiting, s.News, s.At.Unix())
	case s.Kind == workflow.KindWeeklyReport:
		return fmt.Sprintf("week %s %s", e.Shop, s.Day)
	default:
		return ""
	}
}
