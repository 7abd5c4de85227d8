package view

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

// words is what others wrote, in every place where data can stand.
type words struct {
	nick, user, title, variant, collab, obstacle, picture, amount, cause string
}

func (w words) application(state uint8, v float64) workflow.Application {
	statuses := []workflow.Status{workflow.Status(w.cause), workflow.StatusPending, workflow.StatusAwaitingShipment, workflow.StatusShipped,
		workflow.StatusPending, workflow.StatusContentPending, workflow.StatusCompleted, workflow.StatusRejectCancelled, workflow.StatusOverdueCancelled}
	phases := []workflow.Phase{workflow.Undecided, workflow.DecisionQueued, workflow.DecisionSending, workflow.DecisionUnclear, workflow.DecisionRefused}
	a := decidedAs(workflow.Reject, phases[int(state)%len(phases)])
	a.Decision.Failure = workflow.Failure{Code: int(state), Message: w.cause, RequestID: w.user}
	a.Decision.By, a.Decision.Reason = workflow.PersonID(w.user), workflow.Reason(w.title)
	r := &a.Snapshot
	r.Status = statuses[int(state)%len(statuses)]
	r.Creator = workflow.Creator{Username: w.user, Nickname: w.nick, Followers: number(v), GMV: workflow.Money{Amount: w.amount, Currency: w.variant}}
	r.Product = workflow.Product{ID: workflow.ProductID(w.user), SKU: w.nick, Title: w.title, Variant: w.variant, Picture: w.picture}
	r.Collab = workflow.Collab{Known: true, Target: "1", Name: w.collab}
	r.Approvable, r.Obstacles, r.Partner = state%2 == 0, []string{w.obstacle, w.cause}, w.collab
	r.Commission, r.OrderID, r.Tracking, r.Fulfilment = w.amount, w.user, w.title, w.cause
	return a
}

// lintAll holds all that is said of an application to Slack's limits.
func (w words) lintAll(t *testing.T, state uint8, v float64) {
	a := w.application(state, v)
	m := Card(CardFacts{Application: a, Campaign: w.title, Shop: w.nick, Region: w.user})
	require.LessOrEqual(t, len(m.Blocks), 8)
	lint(t, m)
	row := query.Row{Application: cardAt(a, w.picture), Campaign: w.title, Shop: w.nick}
	lint(t, Queue(QueueFacts{Queue: query.Queue{Total: 1, Rows: []query.Row{row}}}))
	lintHome(t, Home(HomeFacts{State: HomeState{Filter: query.Filter{Stage: workflow.Stage(w.cause), Creator: HomeCreator(w.user)}}, Rows: []HomeRow{{Row: row, Decides: true}}}))
	lint(t, Show(ShowFacts{Asked: w.nick, Found: []query.Row{row}, Region: w.user}))
	lint(t, Show(ShowFacts{Asked: w.nick, Found: []query.Row{row, row}}))
	lint(t, Show(ShowFacts{Asked: w.cause}))
	rules := []workflow.Rule{workflow.RuleStale, workflow.RuleNotApprovable, workflow.RuleOtherCampaign, workflow.RuleNoCampaign, workflow.RuleNoApplication, workflow.RuleAlreadyInCampaign}
	lint(t, Aside(Refusal(workflow.Refusal{Rule: rules[int(state)%len(rules)], Application: a, Name: w.nick}, w.collab)))
	lint(t, Show(ShowFacts{Asked: w.nick, Found: []query.Row{row, row}, Total: 30, Pick: &Pick{Verdict: workflow.Reject, Reason: workflow.Reason(w.title), Note: w.cause}}))
	lint(t, Show(ShowFacts{Asked: w.nick, Near: w.user}))
	lint(t, Briefly(row, w.cause))
	lint(t, ReasonsTyped(w.cause, w.nick))
	lint(t, MentionUnknown(w.cause))
	lint(t, Reply(workflow.Payload{Kind: workflow.KindNote, By: workflow.PersonID(w.user), Text: w.cause + w.nick + "x"}))
	lint(t, Reply(workflow.Payload{Kind: workflow.KindDecision, Undone: true, Unsent: w.cause + "x"}))
	lintModal(t, RejectModal(RejectFacts{Application: a, Meta: RejectMeta{Target: Target{Key: a.Key}}, Typed: Rejection{Reason: workflow.Other, Words: Suggestion(workflow.Other, a.Snapshot.Product)}}))
	lintModal(t, NoteModal(NoteFacts{Application: a}, "C1"))
	lint(t, Unknown(CommandSamples, w.nick))
	lint(t, Notice(workflow.Payload{Kind: workflow.KindStopped, Shop: w.title, Failure: a.Decision.Failure}, []workflow.PersonID{workflow.PersonID(w.user)}))
	lint(t, Reply(workflow.Payload{Kind: workflow.KindCampaign, By: workflow.PersonID(w.user), Campaign: w.collab}))
	lint(t, Reply(workflow.Payload{Kind: workflow.KindStage, Stage: a.Stage(), State: a.State(), OrderID: w.user, Tracking: w.title, Failure: a.Decision.Failure}))
	lint(t, Campaigns(CampaignsFacts{Rows: []query.CampaignRow{{Campaign: workflow.Campaign{Name: w.nick}, Shop: w.title}}}))
	lint(t, CampaignStatus(CampaignStatusFacts{Shop: w.nick, Funnel: query.FunnelOf(workflow.Campaign{Name: w.title},
		[]query.Standing{{Member: workflow.Member{Shown: a.Snapshot.Creator}, Applications: []workflow.Application{cardAt(a, w.picture)}}}, shipBy)}))
	w.lintClock(t, a)
	lintModal(t, JoinModal(JoinFacts{Application: a, Campaigns: []workflow.Campaign{{ID: "c1", Name: w.collab}}, Current: w.title}))
	w.lintTogether(t, a)
}

// lintTogether holds what is said of several applications to Slack's limits.
func (w words) lintTogether(t *testing.T, a workflow.Application) {
	several := []workflow.Application{a, a}
	several[1].Key.ID += "1"
	lintModal(t, BulkModal(BulkFacts{Shop: workflow.Shop{ID: "1", Name: w.nick}, At: noon, BulkOffer: query.BulkOffer{
		Rows: bulkRows(several), Waiting: 3, Matching: 2, Products: []query.BulkProduct{{Product: a.Snapshot.Product, Waiting: 2}},
	}}))
	page, ok := BulkConfirm(BulkConfirmFacts{Decision: bulkDecisionOf(workflow.Approve, "", several), Applications: several, Shop: w.title, Channel: w.user})
	require.True(t, ok)
	lintModal(t, page)
	states := []workflow.ItemState{workflow.ItemWaiting, workflow.ItemConfirmed, workflow.ItemRefused, workflow.ItemDeclined, workflow.ItemUndone, workflow.ItemElsewhere}
	r := runOf(states...)
	for i := range r.Items {
		item := &r.Items[i]
		item.Creator, item.Product, item.Failure, item.By = a.Snapshot.Creator, w.title, a.Decision.Failure, workflow.PersonID(w.user)
		item.Stage, item.Link, item.Rule = a.Stage(), w.picture, ""
	}
	lint(t, RunProgress(RunFacts{Run: r, Shop: w.nick, Undoable: 1}))
	lint(t, RunProgress(RunFacts{Run: workflow.Run{Kind: workflow.RunImport, Collaboration: w.user, Name: w.nick, Failure: workflow.Failure{Message: w.cause}, Failed: true}}))
	lint(t, Retry(RetryFacts{Total: 1, Rows: []query.FailedEffect{{About: a, Shop: w.nick, Effect: workflow.Effect{Shop: "1", Application: a.Key.ID, Failure: a.Decision.Failure}}}}))
	lint(t, Stats(StatsFacts{Period: "today", Shops: []query.ShopFigures{{Shop: w.nick}}}))
	lint(t, PeriodUnknown(w.cause))
}

// morsels are what trouble is made of.
var morsels = []string{
	"a", "Z", "7", " ", "é", "e\u0301", "\u0301", "ガ", "نور", "*", "_", "~", "`", "```", ":", ":tada:", "|", "<", ">", "&", "&lt;", "&amp;", "<!channel>", "<!here|x>",
	"<@U0ADMIN001>", "<#C1>", "<https://evil.example|x>", "https://evil.example", "://", "@everyone", "@here", "#general", "\n", "\r\n", "\t", "\x00", "\x1b[2J",
	"\u202e", "\u2066", "\u2069", "\u200b", "\u200d", "\u200c", "\ufe0f", "\u3164", "\u2028", "\u00ad", "\U000e0041", "👩\u200d🍳", "👍🏽", "🇬🇧", "🇬", "❤\ufe0f", "…", "\xff", "\ufffd",
	"&gt;", "•", "1. ", "- ", "\u2060", "^", "!date^1^{date}|x", "http://a.example/", "0.15", "-1", "1e9", "NaN",
}

func gibberish(r *rand.Rand) string {
	var b strings.Builder
	for range r.IntN(1 << r.IntN(9)) {
		b.WriteString(morsels[r.IntN(len(morsels))])
	}
	return b.String()
}

func TestNothingThatOthersWriteBreaksAMessage(t *testing.T) {
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 0))
	g := func() string { return gibberish(r) }
	t.Logf("seed %d", seed)
	for range 60 {
		words{g(), g(), g(), g(), g(), g(), g(), g(), g()}.lintAll(t, uint8(r.UintN(256)), r.NormFloat64()*1e6)
	}
}

func FuzzCard(f *testing.F) {
	f.Add("Glow Daily", "glow.daily", "Stand mixer", "Sage", "Autumn", "PRODUCT_INACTIVE", "https://p.example/a", "4120.5", "too late", uint8(0), 1.0)
	f.Add("👩\u200d👩", "_a_", "*", "`", "|", ">", "http://x", "0.0", "&amp;", uint8(9), -1e12)
	f.Add("<!here>", "a b", ":tada:", "\u202e", "e\u0301", "@everyone", "javascript:x", "NaN", "", uint8(4), math.Inf(1))
	f.Fuzz(func(t *testing.T, nick, user, title, variant, collab, obstacle, picture, amount, cause string, state uint8, v float64) {
		words{nick, user, title, variant, collab, obstacle, picture, amount, cause}.lintAll(t, state, v)
	})
}
