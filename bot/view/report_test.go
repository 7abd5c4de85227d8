package view

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow/query"
)

// reportWeek is a week in a zone whose clocks change in it.
func reportWeek(t testing.TB) ReportFacts {
	zone, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	return ReportFacts{
		Week: query.Week{
			From: time.Date(2026, 10, 19, 0, 0, 0, 0, zone), To: time.Date(2026, 10, 26, 0, 0, 0, 0, zone),
			Figures: query.Figures{
				Received: 42, Approved: 30, Rejected: 8, There: 3, Median: 3*time.Hour + 12*time.Minute, Shipped: 20, Posted: 11, Orders: 25,
				Expired: 3, NotPosted: 1,
			},
			Before: &query.Figures{Received: 50, Approved: 12, Rejected: 1, Median: 26 * time.Hour, Shipped: 9, Expired: 37},
		},
		File:    StatsTarget{Shop: "7495540735365777507", Period: "last week", At: 1792584000},
		Picture: "F0WEEK0001",
	}
}

func reports(t testing.TB) map[string]Message {
	whole := reportWeek(t)
	first := reportWeek(t)
	first.Before, first.Since, first.Shop, first.Picture = nil, first.From.Add(50*time.Hour), "Nimbus <Garden>", ""
	first.Posted, first.Untold, first.Orders = 1, 1, 0
	quiet := reportWeek(t)
	quiet.Figures = query.Figures{}
	quiet.From, quiet.To = quiet.From.AddDate(0, 2, 9), quiet.To.AddDate(0, 2, 9)
	return map[string]Message{"report": Report(whole), "report_first": Report(first), "report_quiet": Report(quiet)}
}

func TestTheWeekReadsAsItsGoldenFile(t *testing.T) {
	for name, m := range reports(t) {
		t.Run(name, func(t *testing.T) { requireGolden(t, name, m) })
	}
}

func TestTheWeekIsDrawnBesideTheOneBefore(t *testing.T) {
	require.Equal(t, ReportChart{
		Title: "Samples: the week 19 to 25 October 2026", Subtitle: "Wasted: 3 Expired, 1 Content not posted",
		Labels: []string{"Received", "Approved", "Rejected", "Shipped", "Posted", "Wasted"},
		Series: []ReportSeries{
			{Name: "The week before", Values: []float64{50, 12, 1, 9, 0, 37}},
			{Name: "This week", Values: []float64{42, 30, 8, 20, 11, 4}},
		},
		Alt: "Columns of the week 19 to 25 October 2026: received 42 (the week before 50), approved 30 (the week before 12), " +
			"rejected 8 (the week before 1), shipped 20 (the week before 9), posted 11 (the week before 0), wasted 4 (the week before 37)",
	}, ReportChartOf(reportWeek(t)))
	alone := reportWeek(t)
	alone.Before, alone.Shop = nil, hostile
	c := ReportChartOf(alone)
	require.Len(t, c.Series, 1)
	require.NotContains(t, c.Alt, "before")
	require.LessOrEqual(t, len([]rune(c.Footer)), maxName)
}

func TestAWeekNamesNoMoreOfItsFirstDayThanDiffers(t *testing.T) {
	for from, want := range map[string]string{
		"2026-11-16": "16 to 22 November 2026",
		"2026-09-28": "28 September to 4 October 2026",
		"2026-12-28": "28 December 2026 to 3 January 2027",
	} {
		day, err := time.Parse(time.DateOnly, from)
		require.NoError(t, err)
		require.Equal(t, want, ReportFacts{Week: query.Week{From: day, To: day.AddDate(0, 0, 7)}}.week())
	}
}

func TestAWeekOfAShopWithAnyNameFits(t *testing.T) {
	f := reportWeek(t)
	f.Shop, f.Since = hostile, noon
	lint(t, Report(f))
	f.Figures = query.Figures{}
	lint(t, Report(f))
	require.False(t, f.Quiet())
	f.Before = &query.Figures{}
	require.True(t, f.Quiet())
}
