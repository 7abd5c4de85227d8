package view

import (
	"bytes"
	"encoding/csv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

func sheet(t testing.TB, rows ...StatsRow) (headings []string, lines []map[string]string) {
	data, err := StatsFile(rows)
	require.NoError(t, err)
	text, marked := bytes.CutPrefix(data, []byte(byteOrderMark))
	require.True(t, marked)
	require.True(t, utf8.Valid(text))
	require.Equal(t, bytes.Count(text, []byte("\n")), bytes.Count(text, []byte("\r\n")), "each line ends as the standard has it")
	all, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	require.NoError(t, err)
	for _, cells := range all[1:] {
		line := map[string]string{}
		for i, cell := range cells {
			if cell != "" {
				line[all[0][i]] = cell
			}
		}
		lines = append(lines, line)
	}
	return all[0], lines
}

func TestARequestIsALineOfAFile(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	a := application()
	a.Snapshot.Status, a.Card.Link = workflow.StatusCompleted, permalink
	a.SeenAt = noon
	row := StatsRow{By: "Member One", PeriodRow: query.PeriodRow{
		Application: a, Shop: "Glow Shop", Zone: zone, Decision: query.Decision{Verdict: workflow.Approve, At: noon.Add(time.Hour)},
		Shipped: noon.Add(26 * time.Hour), Delivered: noon.Add(50 * time.Hour), Posted: noon.Add(74 * time.Hour), Orders: 7,
	}}
	refused := row
	refused.Application.Snapshot.Status = workflow.StatusRejectCancelled
	refused.Decision.Verdict, refused.Decision.Reason, refused.By, refused.Untold = workflow.Reject, workflow.OutOfStock, "", true
	refused.Shipped, refused.Delivered, refused.Posted = time.Time{}, time.Time{}, time.Time{}
	waits := StatsRow{PeriodRow: query.PeriodRow{Application: application(), Shop: "Glow Shop", Zone: time.UTC, Untold: true}}
	waits.Application.SeenAt = noon

	headings, lines := sheet(t, row, refused, waits)
	require.Equal(t, []string{
		"request", "application id", "shop", "creator", "creator's name", "creator's id", "product", "variant", "product id", "asked",
		"decided by", "decided", "verdict", "reason", "status", "shipped", "delivered", "posted", "paid orders", "card", "time zone",
	}, headings)
	at := func(hours int) string {
		return noon.Add(time.Duration(hours) * time.Hour).In(zone).Format("2006-01-02 15:04")
	}
	same := map[string]string{
		"request": string(a.Key.Short()), "application id": string(a.Key.ID), "shop": "Glow Shop", "creator": a.Snapshot.Creator.Username,
		"creator's name": a.Snapshot.Creator.Nickname, "creator's id": a.Snapshot.Creator.OpenID, "product": a.Snapshot.Product.Title,
		"variant": a.Snapshot.Product.Variant, "product id": string(a.Snapshot.Product.ID), "asked": at(0), "decided": at(1), "card": permalink,
		"time zone": "Europe/Berlin",
	}
	with := func(more map[string]string) map[string]string {
		line := map[string]string{}
		for _, from := range []map[string]string{same, more} {
			for k, v := range from {
				if v != "" {
					line[k] = v
				}
			}
		}
		return line
	}
	require.Equal(t, with(map[string]string{
		"decided by": "Member One", "verdict": "approved", "status": "Completed", "shipped": at(26), "delivered": at(50), "posted": at(74), "paid orders": "7",
	}), lines[0])
	require.Equal(t, with(map[string]string{
		"decided by": "in the Affiliate Center", "verdict": "rejected", "reason": "Out of stock", "status": "Reject",
	}), lines[1])
	require.Equal(t, "Sample application review pending", lines[2]["status"])
	for _, empty := range []string{"decided", "decided by", "verdict", "reason", "shipped", "paid orders"} {
		require.NotContains(t, lines[2], empty)
	}
}

func TestNoTextInAFileIsAFormula(t *testing.T) {
	for _, text := range []string{
		"=HYPERLINK(\"https://evil.example\")", "+1+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "  =1", "＝1", "＋1", "－1", "＠x", "\u200b=1",
		"a\"b,c\nd", ";=1", "\x00=1", "\xff\xfe", hostile, strings.Repeat("=", 5000),
	} {
		a := application()
		c, p := &a.Snapshot.Creator, &a.Snapshot.Product
		c.Username, c.Nickname, c.OpenID, p.Title, p.Variant = text, text, text, text, text
		p.ID, a.Card.Link, a.Snapshot.Status = workflow.ProductID(text), text, workflow.Status(text)
		a.Key.ID = "1"
		_, lines := sheet(t, StatsRow{By: text, PeriodRow: query.PeriodRow{
			Application: a, Shop: text, Zone: time.UTC, Decision: query.Decision{Verdict: workflow.Reject, Reason: workflow.Reason(text)},
		}})
		require.Len(t, lines, 1, "%q", text)
		for heading, cell := range lines[0] {
			require.NotContains(t, "=+-@\t\r\n＝＋－＠", string([]rune(cell)[0]), "%s: %q", heading, cell)
			require.LessOrEqual(t, utf8.RuneCountInString(cell), maxLink+1)
		}
	}
}

func TestAPeriodSurvivesItsJourney(t *testing.T) {
	want := StatsTarget{Shop: "1", Period: "last week", At: 1792584000}
	got, err := ParseStatsTarget(want.String())
	require.NoError(t, err)
	require.Equal(t, want, got)
	for _, bad := range []string{"", "{}", `{"p":"7d"}`, `{"p":"7d","t":-1}`, `{"p":"7d","t":9999999999999}`, `{"t":1}`} {
		_, err := ParseStatsTarget(bad)
		require.Error(t, err, bad)
	}
}

func TestAFileIsCalledByItsFirstAndLastDay(t *testing.T) {
	day := time.Date(2026, 11, 16, 0, 0, 0, 0, time.UTC)
	require.Equal(t, "samples_2026-11-16_2026-11-22.csv", StatsFileName(day, day.AddDate(0, 0, 7)))
	require.Equal(t, "samples_2026-11-16_2026-11-23.csv", StatsFileName(day.Add(time.Hour), day.AddDate(0, 0, 7).Add(time.Hour)))
}
