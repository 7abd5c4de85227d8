package view

import (
	"fmt"
	"time"

	"github.com/slack-go/slack"

	"sampledesk/workflow"
)

// StatsFacts is what `/samples stats` tells.
type StatsFacts struct {
	Period string // in words: "the last 7 days"
	Shops  []ShopStats
}

// ShopStats are the numbers of one shop.
type ShopStats struct {
	Shop     string // named only where there are several
	From, To time.Time
	Now      map[workflow.Stage]int // how many stand where, now
	Other    int                    // of statuses that this desk does not know
	Figures
}

// Figures are what happened in a period, from its start on and before its end. Each request counts once in each.
type Figures struct {
	Received int // first seen by the desk
	Approved int // the approval counts when TikTok has confirmed it, whoever decided
	Rejected int
	There    int           // of both, those decided in the Affiliate Center or by TikTok's automation
	Median   time.Duration // from first sight to the decision, of those decided at this desk
	Shipped  int
	Posted   int // content was found, or the platform says done

	Expired, NotShipped, NotPosted int // the three ways to waste a request
}

// Stats is the answer to `/samples stats`.
func Stats(f StatsFacts) Message {
	title := "Samples, " + f.Period
	m := Message{Text: title, Blocks: []slack.Block{header(capital(title))}}
	for _, s := range f.Shops {
		m = m.And(shopStats(s))
	}
	return m.And(Message{Blocks: []slack.Block{aside(
		"Each request counts once in each line, when it happened. A decision counts once TikTok has confirmed it; the median is of those made at this desk.",
		"What was over before this desk first saw it is not in it. Other periods: `/samples stats 30d`, `yesterday`, `last week`, `october`.",
	)}})
}

func shopStats(s ShopStats) Message {
	decided := fmt.Sprintf("*%d* decided: %d approved, %d rejected", s.Approved+s.Rejected, s.Approved, s.Rejected)
	if s.There > 0 {
		decided += fmt.Sprintf(", %d of them in the Affiliate Center", s.There)
	}
	median := ""
	if s.Approved+s.Rejected > s.There {
		median = "*" + roughly(s.Median) + "* from first sight to the decision (median)"
	}
	wasted := s.Expired + s.NotShipped + s.NotPosted
	waste := fmt.Sprintf("*%d* wasted", wasted)
	if wasted > 0 {
		waste += ": " + joinCounts([]int{s.Expired, s.NotShipped, s.NotPosted}, []workflow.Stage{workflow.StageExpired, workflow.StageNotShipped, workflow.StageNotPosted})
	}
	lines := []string{
		"", "From " + stamp(s.From) + " to " + stamp(s.To), fmt.Sprintf("*%d* received", s.Received), decided, median,
		fmt.Sprintf("*%d* shipped", s.Shipped), fmt.Sprintf("*%d* posted", s.Posted), waste,
	}
	if name := data(s.Shop, maxName); name != "" {
		lines[0] = "*Shop: " + name + "*"
	}
	text := fmt.Sprintf("%d received, %d decided, %d shipped, %d posted, %d wasted", s.Received, s.Approved+s.Rejected, s.Shipped, s.Posted, wasted)
	return Message{Text: join(": ", spoken(s.Shop, maxName), text), Blocks: []slack.Block{section(lines...), aside("Now: " + standNow(s))}}
}

// joinCounts lists what there is any of.
func joinCounts(counts []int, names []workflow.Stage) string {
	var all []string
	for i, n := range counts {
		if n > 0 {
			all = append(all, fmt.Sprintf("%d %s", n, names[i]))
		}
	}
	return join(", ", all...)
}

// standNow is how many stand where.
func standNow(s ShopStats) string {
	counts := make([]int, len(workflow.Stages))
	for i, stage := range workflow.Stages {
		counts[i] = s.Now[stage]
	}
	unknown := ""
	if s.Other > 0 {
		unknown = fmt.Sprintf("%d in a status that this desk does not know", s.Other)
	}
	return first(join(", ", joinCounts(counts, workflow.Stages), unknown), "no requests yet")
}

// roughly is a span of time in its two largest units: "2 days 4 h", "3 h 12 min", "40 s".
func roughly(d time.Duration) string {
	days, hours, minutes := int(d/(24*time.Hour)), int(d/time.Hour)%24, int(d/time.Minute)%60
	switch {
	case days > 0 && hours > 0:
		return fmt.Sprintf("%s %d h", many(days, "day"), hours)
	case days > 0:
		return many(days, "day")
	case hours > 0 && minutes > 0:
		return fmt.Sprintf("%d h %d min", hours, minutes)
	case hours > 0:
		return fmt.Sprintf("%d h", hours)
	case minutes > 0:
		return fmt.Sprintf("%d min", minutes)
	default:
		return fmt.Sprintf("%d s", int(max(0, d)/time.Second))
	}
}

// PeriodUnknown is the answer to a period that cannot be read.
func PeriodUnknown(typed string) Message {
	return Aside("The desk cannot make out the period " + quoted(typed, maxName) +
		". It understands `7d`, `30 days`, `2 weeks`, `today`, `yesterday`, `this week`, `last month`, `october` and `2026-10`, up to a year.")
}
