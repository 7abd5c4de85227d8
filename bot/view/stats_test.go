package view

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

func statsAnswers() map[string]Message {
	week := query.ShopFigures{
		From: noon.AddDate(0, 0, -7), To: noon, Now: query.Tally{By: map[workflow.Stage]int{workflow.StageReview: 12, workflow.StageShipping: 3, workflow.StageExpired: 40}, Other: 1},
		Figures: query.Figures{
			Received: 42, Approved: 30, Rejected: 8, There: 3, Median: 3*time.Hour + 12*time.Minute, Shipped: 20, Posted: 11, Orders: 25, Untold: 2, Expired: 3, NotPosted: 1,
		},
	}
	quiet := query.ShopFigures{Shop: "Nimbus <Garden>", From: noon.AddDate(0, 0, -7), To: noon}
	other := week
	other.Shop = "Nimbus Home"
	asked := StatsTarget{Period: "7d", At: noon.Unix()}
	return map[string]Message{
		"stats":         Stats(StatsFacts{Period: "the last 7 days", Shops: []query.ShopFigures{week}, File: asked}),
		"stats_shops":   Stats(StatsFacts{Period: "October", Shops: []query.ShopFigures{other, quiet}, File: StatsTarget{Period: "october", At: noon.Unix()}}),
		"stats_file":    StatsFileHere(StatsFileFacts{Period: "the last 7 days", Rows: 1}),
		"stats_full":    StatsFileHere(StatsFileFacts{Period: "the last 365 days", Rows: 20_000, More: true}),
		"stats_unknown": PeriodUnknown("<!here> fortnight"),
	}
}

func failed() []query.FailedEffect {
	given := query.FailedEffect{Failed: noon, About: application(), Effect: workflow.Effect{
		ID: "E1", Kind: workflow.ShowCard, Shop: application().Key.Shop, Application: application().Key.ID, Attempt: 3, Failure: workflow.Failure{Message: "channel_not_found"},
	}}
	given.About.Card.Link = permalink
	rests := query.FailedEffect{About: application(), Effect: workflow.Effect{
		ID: "E2", Kind: workflow.ReviewOnTikTok, Shop: application().Key.Shop, Application: application().Key.ID, Attempt: 1, NotBefore: shipBy,
		Review: &workflow.Review{Verdict: workflow.Reject}, Failure: workflow.Failure{Code: 16030100, Fault: workflow.FaultQuota, Message: "quota", RequestID: "r1"},
	}}
	imports := query.FailedEffect{Shop: "Nimbus Home", Effect: workflow.Effect{ID: "E3", Kind: workflow.ImportCreators, Shop: "1", Attempt: 2, NotBefore: shipBy, Failure: workflow.Failure{Code: 36009003, Fault: workflow.FaultTikTok}}}
	return []query.FailedEffect{given, rests, imports}
}

func retryAnswers() map[string]Message {
	return map[string]Message{
		"retry":       Retry(RetryFacts{Rows: failed(), Total: 3}),
		"retry_page":  Retry(RetryFacts{Rows: failed()[:1], Total: 30, Page: 1, More: true, Done: Retried(1)}),
		"retry_gone":  Retry(RetryFacts{Total: 8, Page: 1}),
		"retry_none":  Retry(RetryFacts{Done: Retried(2)}),
		"retry_wrong": Aside(Refusal(workflow.Refusal{Rule: workflow.RuleNothingFailed}, "")),
	}
}

func TestTheNumbersAndWhatFailedReadAsTheirGoldenFiles(t *testing.T) {
	for _, all := range []map[string]Message{statsAnswers(), retryAnswers()} {
		for name, m := range all {
			t.Run(name, func(t *testing.T) { requireGolden(t, name, m) })
		}
	}
}

func TestTheNumbersOfManyShopsAndAPageOfFailuresCanBeReadToTheEnd(t *testing.T) {
	var shops []query.ShopFigures
	for range 60 {
		shops = append(shops, query.ShopFigures{Shop: hostile, From: noon, To: noon, Figures: query.Figures{Expired: 1, Approved: 1}})
	}
	m := Stats(StatsFacts{Period: "today", Shops: shops, File: StatsTarget{Period: "today", At: 1}})
	lint(t, m)
	for _, name := range []string{strings.Repeat(hostile, 3), strings.Repeat("<", 200)} {
		row := failed()[0]
		row.About = hostileApplication()
		row.About.Snapshot.Creator.Nickname, row.Shop = name, name
		row.Failure = workflow.Failure{Code: 999, Message: name, RequestID: name}
		var rows []query.FailedEffect
		for range RetryPageSize {
			rows = append(rows, row)
		}
		m := Retry(RetryFacts{Rows: rows, Total: 100, Page: 3, More: true, Done: Retried(1)})
		lint(t, m)
		require.Less(t, len(encoded(t, m)), 19_000)
	}
}

func TestWhatIsTriedAgainSurvivesItsJourney(t *testing.T) {
	want := RetryTarget{Shop: "1", Application: "2", Effect: "E", Page: 3}
	got, err := ParseRetryTarget(want.String())
	require.NoError(t, err)
	require.Equal(t, want, got)
	for _, bad := range []string{"", "{}", `{"s":"1"}`, `{"s":"1","a":"2","p":-1}`} {
		_, err := ParseRetryTarget(bad)
		require.Error(t, err, bad)
	}
}

func TestASpanIsToldInItsTwoLargestUnits(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0 s", 40 * time.Second: "40 s", 3 * time.Minute: "3 min", time.Hour: "1 h", 3*time.Hour + 12*time.Minute: "3 h 12 min",
		24 * time.Hour: "1 day", 52 * time.Hour: "2 days 4 h", -time.Hour: "0 s",
	} {
		require.Equal(t, want, roughly(d))
	}
}
