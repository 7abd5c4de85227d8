package view

import (
	"strings"
	"time"

	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

// The people and times of the tests.
const (
	reviewer workflow.PersonID = "U0MEMBER01"
	admin    workflow.PersonID = "U0ADMIN001"
)

var (
	noon     = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	deadline = time.Date(2026, 11, 22, 9, 24, 0, 0, time.UTC)
	shipBy   = time.Date(2026, 11, 27, 9, 24, 0, 0, time.UTC)
)

func number(v float64) workflow.OptionalNumber {
	return workflow.OptionalNumber{Value: v, Shared: true}
}

// application waits for a decision, with all that a report can tell.
func application() workflow.Application {
	return workflow.Application{
		Key: workflow.Key{Shop: "7495540735365777507", ID: "5766536881352581780"},
		Snapshot: workflow.Snapshot{
			Status: workflow.StatusPending, ReviewBy: deadline, Approvable: true, Stock: 12, Commission: "0.15",
			Collab: workflow.Collab{Known: true, Target: "7300000000000000001", Name: "Autumn kitchen"},
			Creator: workflow.Creator{
				OpenID: "o1", Username: "glow.daily", Nickname: "Glow Daily", Followers: number(12408), Posts: number(31),
				MedianViews: number(8213), Fulfilment: number(60.85), GMV: workflow.Money{Amount: "4120.50", Currency: "USD"},
			},
			Product: workflow.Product{
				ID: "1729592969712207008", Title: "Stand mixer & bowl, 5 l", SKU: "1729592969712207009",
				Variant: "Sage green", Picture: "https://pictures.example/mixer.jpeg?sign=a&expires=1",
			},
		},
		Round: 3, SeenAt: noon.Add(-24 * time.Hour), ReportedAt: noon, ChangedAt: noon.Add(-24 * time.Hour),
		Card: workflow.Card{Wanted: true, Post: workflow.Post{Channel: "C0SAMPLES1", TS: "1763640000.000100"}},
	}
}

func facts(a workflow.Application) CardFacts {
	return CardFacts{Application: a, Region: "GB", Record: query.Record{Asked: 3, Approved: 2, Received: 2, Posted: 1}}
}

// decidedAs is application with a decision in that phase.
func decidedAs(v workflow.Verdict, p workflow.Phase) workflow.Application {
	a := application()
	a.Decision = workflow.Decision{Phase: p, Verdict: v, By: reviewer, At: noon, SendAt: noon.Add(10 * time.Second), Review: "r1"}
	if v == workflow.Reject {
		a.Decision.Reason = workflow.OutOfStock
	}
	return a
}

// reportedAs is application as TikTok reports it later on, after an approval of ours unless it says otherwise.
func reportedAs(s workflow.Status) workflow.Application {
	a := decidedAs(workflow.Approve, workflow.DecisionConfirmed)
	a.Snapshot.Status, a.ConfirmedAt = s, noon.Add(12*time.Second)
	a.Snapshot.OrderID, a.Snapshot.ShipBy = "576653688135258178", shipBy
	return a
}

func nobody(a workflow.Application) workflow.Application {
	a.Decision = workflow.Decision{}
	return a
}

// hostile is text that tries everything that a name could be made of.
const hostile = "> *bold* _it_ ~no~ `code` ```fence``` <!channel> <@U0ADMIN001> <https://evil.example|free> &lt;!here&gt; @everyone " +
	"#general https://evil.example :tada: a|b\u202e\u2066\u200b\x00\x1b[31m\n\r\u2028second | line \u200d\u200d e\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301"

// hostileApplication has it everywhere, at length.
func hostileApplication() workflow.Application {
	long := strings.Repeat(hostile, 20)
	a := decidedAs(workflow.Approve, workflow.DecisionRefused)
	a.Decision.Failure = workflow.Failure{Code: 999, Message: long, RequestID: long}
	r := &a.Snapshot
	r.Approvable, r.Obstacles = false, []string{long, "", long, long, long}
	r.Commission, r.Partner, r.OrderID, r.Tracking, r.Fulfilment = long, long, long, long, long
	r.Collab.Name, r.Collab.Target = long, long
	r.Creator.Username, r.Creator.Nickname, r.Creator.GMV = long, long, workflow.Money{Amount: long, Currency: long}
	r.Product = workflow.Product{ID: workflow.ProductID(long), Title: long, SKU: long, Variant: long, Picture: "javascript:alert(1)"}
	return a
}
