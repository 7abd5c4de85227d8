package view

import (
	"fmt"
	"strings"

	"github.com/slack-go/slack"

	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

// ReportFacts is the week of a shop.
type ReportFacts struct {
	query.Week
	Shop    string // named only where a channel serves several
	File    StatsTarget
	Picture string // Slack's id of the file with the chart; empty: there is none
}

// Report is the message about a shop's week.
func Report(f ReportFacts) Message {
	week := f.week()
	blocks := []slack.Block{header("Samples: the week " + week)}
	small := []string{f.came(), howCounted}
	lines := append([]string{shopLine(f.Shop)}, figureLines(f.Figures, f.Before)...)
	if f.Figures == (query.Figures{}) {
		lines = append([]string{shopLine(f.Shop)}, "A quiet week: nothing was received, decided, shipped, posted or wasted.")
		small = small[:1]
	}
	blocks = append(blocks, section(lines...))
	if f.Picture != "" {
		c := ReportChartOf(f)
		blocks = append(blocks, &slack.ImageBlock{
			Type: slack.MBTImage, SlackFile: &slack.SlackFileObject{ID: f.Picture}, AltText: c.Alt, Title: plainText(c.Title),
		})
	}
	if earned := earningLines(fmt.Sprintf("Rules and people, last %d days", query.EarnedDays), f.Earned); len(earned) > 0 {
		blocks = append(blocks, section(earned...))
		small = append(small, howEarned)
	}
	if said := joinLines(small); said != "" {
		blocks = append(blocks, aside(said))
	}
	blocks = append(blocks, actions("", fileButton(f.File, "the week "+week)))
	return Message{Text: "Samples, the week " + week + spokenShop(f.Shop) + ": " + summary(f.Figures), Blocks: blocks}
}

// came tells from when on the desk can know anything, where that is not all of the week.
func (f ReportFacts) came() string {
	if f.Since.IsZero() {
		return ""
	}
	return "Sample Desk has known this shop since " + stamp(f.Since) + "; requests pending then count as received."
}

// week is from which day to which: "16 to 22 November 2026", with no more of the first day than differs.
func (f ReportFacts) week() string {
	first, last := f.From, f.To.AddDate(0, 0, -1)
	layout := "2"
	switch {
	case first.Year() != last.Year():
		layout = "2 January 2006"
	case first.Month() != last.Month():
		layout = "2 January"
	}
	return first.Format(layout) + " to " + last.Format("2 January 2006")
}

// ReportChart is the week as a picture shows it: plain text throughout.
type ReportChart struct {
	Title, Subtitle, Footer string
	Labels                  []string
	Series                  []ReportSeries
	Alt                     string // what is to be seen, for who does not see it
}

// ReportSeries is one week.
type ReportSeries struct {
	Name   string
	Values []float64 // one for each label
}

// reportColumns are the figures that are drawn.
var reportColumns = []struct {
	label string
	of    func(query.Figures) int
}{
	{"Received", func(f query.Figures) int { return f.Received }},
	{"Approved", func(f query.Figures) int { return f.Approved }},
	{"Rejected", func(f query.Figures) int { return f.Rejected }},
	{"Shipped", func(f query.Figures) int { return f.Shipped }},
	{"Posted", func(f query.Figures) int { return f.Posted }},
	{"Wasted", query.Figures.Wasted},
}

// ReportChartOf draws the week beside the one before.
func ReportChartOf(f ReportFacts) ReportChart {
	c := ReportChart{Title: "Samples: the week " + f.week(), Subtitle: f.wastes(), Footer: raw(f.Shop, maxName)}
	this, before := ReportSeries{Name: "This week"}, ReportSeries{Name: "The week before"}
	var said []string
	for _, col := range reportColumns {
		c.Labels = append(c.Labels, col.label)
		this.Values = append(this.Values, float64(col.of(f.Figures)))
		one := fmt.Sprintf("%s %d", strings.ToLower(col.label), col.of(f.Figures))
		if f.Before != nil {
			before.Values = append(before.Values, float64(col.of(*f.Before)))
			one += fmt.Sprintf(" (the week before %d)", col.of(*f.Before))
		}
		said = append(said, one)
	}
	if f.Before != nil {
		c.Series = append(c.Series, before)
	}
	c.Series = append(c.Series, this)
	c.Alt = "Columns of the week " + f.week() + ": " + strings.Join(said, ", ")
	return c
}

// wastes tells how requests were wasted.
func (f ReportFacts) wastes() string {
	if f.Wasted() == 0 {
		return "Nothing was wasted"
	}
	return "Wasted: " + joinCounts([]int{f.Expired, f.NotShipped, f.NotPosted}, []workflow.Stage{workflow.StageExpired, workflow.StageNotShipped, workflow.StageNotPosted})
}
