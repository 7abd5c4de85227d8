package view

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

func well() HealthFacts {
	return HealthFacts{
		At: noon, Version: "v1.2.3",
		Slack: HealthSlack{Connected: true, Since: noon.Add(-3 * time.Hour), LastFrame: noon.Add(-4 * time.Second), LastEvent: noon.Add(-time.Minute), LastReason: "warning", Scopes: true},
		Shops: []HealthShop{{Shop: workflow.Shop{ID: "1", Name: "Glow Shop"}, Waiting: 442, Told: true, Synced: noon.Add(-40 * time.Second)}},
	}
}

func unwell() HealthFacts {
	f := well()
	f.Slack = HealthSlack{LastError: "asking for a socket: internal_error", LastFrame: noon.Add(-time.Hour), Refused: "not_in_channel", Scopes: true, Missing: []string{"files:write", "usergroups:read"}}
	f.Waiting = []query.OnTheWay{
		{Kind: workflow.ReviewOnTikTok, Count: 1, Oldest: noon.Add(-time.Minute)}, {Kind: workflow.ShowCard, Count: 1200, Oldest: noon.Add(-time.Hour)}, {Kind: workflow.SendMessage, Count: 2, Oldest: noon.Add(-time.Hour)},
	}
	f.More, f.Dead = true, 3
	f.Shops = append(f.Shops,
		HealthShop{Shop: workflow.Shop{ID: "2", Name: "Kitchen Shop", SyncStopped: workflow.Failure{Code: 105001, Fault: workflow.FaultReconnect, Message: "scope", RequestID: "r1"}}, Told: true, Error: "TikTok was silent"},
		HealthShop{Shop: workflow.Shop{ID: "3", ReviewsStopped: workflow.Failure{Code: 105005, Fault: workflow.FaultScope}}, Waiting: 1, Told: true, Synced: noon.Add(-time.Hour)},
		HealthShop{Shop: workflow.Shop{ID: "4", Name: "Late Shop"}, Told: true, Synced: noon.Add(-time.Hour)},
		HealthShop{Shop: workflow.Shop{ID: "5", Name: "Deaf Shop"}, Told: true, Synced: noon, MessagesError: "code 105005: no scope", ContentError: "TikTok did not answer"},
		HealthShop{Shop: workflow.Shop{ID: "7", Name: "Odd Shop"}, Told: true, Synced: noon, Unreadable: []string{"", "7390000000000000001", "x`7", "4", "5", "6", "7"}},
		HealthShop{Shop: workflow.Shop{ID: "8", Name: "Old Shop", SyncStopped: workflow.Failure{Code: 36009014, Fault: workflow.FaultVersion, Call: workflow.CallSearch}}, Told: true, Synced: noon},
		HealthShop{Shop: workflow.Shop{ID: "6", Name: "Blind Shop"}, Told: true, Synced: noon, ContentError: "TikTok did not answer"},
	)
	return f
}

func TestStatusReadsAsItsGoldenFile(t *testing.T) {
	strange := unwell()
	strange.Slack = HealthSlack{}
	shared := well()
	shared.Desks = []workflow.Desk{
		{ID: "A", Host: "desk-0", Version: "v1.2.3", SeenAt: noon, Did: workflow.Did{Clicks: 12, Deliveries: 1, Jobs: 4}},
		{ID: "B", Host: "desk-1", Version: "v1.2.2", SeenAt: noon.Add(-3 * time.Second), Did: workflow.Did{Clicks: 1, Deliveries: 30}},
	}
	for name, f := range map[string]HealthFacts{"health_shared": shared, "health_well": well(), "health_unwell": unwell(), "health_untold": {At: noon, Slack: strange.Slack}} {
		t.Run(name, func(t *testing.T) { requireGolden(t, name, Health(f)) })
	}
}

func TestStatusCanBeReadToTheEndWhateverWentWrong(t *testing.T) {
	long := strings.Repeat(hostile, 30)
	f := unwell()
	f.Version, f.Slack.LastError, f.Slack.Refused, f.Slack.LastReason = long, long, long, long
	for _, kind := range append([]workflow.EffectKind{workflow.EffectKind(long)}, workflow.EffectKinds...) {
		f.Waiting = append(f.Waiting, query.OnTheWay{Kind: kind, Count: 1_000_000, Oldest: noon})
	}
	for range 40 {
		f.Desks = append(f.Desks, workflow.Desk{Host: long, Version: long, SeenAt: noon, Did: workflow.Did{Clicks: 1_000_000}})
	}
	f.Shops = nil
	for range 40 {
		f.Shops = append(f.Shops, HealthShop{
			Shop:    workflow.Shop{ID: workflow.ShopID(long), Name: long, SyncStopped: workflow.Failure{Code: 105001, Fault: workflow.FaultReconnect, Message: long, RequestID: long}, ReviewsStopped: workflow.Failure{Code: 99, Message: long, RequestID: long}},
			Waiting: 1_000_000, Told: true, Synced: noon.Add(-time.Hour), Error: long, MessagesError: long, ContentError: long, Unreadable: []string{long, long, long, long, long, long},
		})
	}
	m := Health(f)
	lint(t, m)
	require.Contains(t, pretty(t, m.Blocks), "10 more shops")
}

func TestAFaultIsCountedOnceAndSaysWhatToDo(t *testing.T) {
	require.Empty(t, well().faults())
	require.Len(t, unwell().faults(), 11)
	for _, fault := range unwell().faults()[1:4] {
		require.Contains(t, fault, "`", fault)
	}
}
