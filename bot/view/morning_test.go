package view

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
)

// agenda is a day's message about one kind, with its applications as they are now. Soon many of them are due within hours.
func agenda(kind workflow.DeadlineKind, soon int, all ...workflow.Application) MorningFacts {
	f := MorningFacts{Now: deadline.Add(-5 * time.Hour)}
	rows, counts := &f.Review, &f.Due
	if kind == workflow.ShipDeadline {
		rows, counts = &f.Ship, &f.ShipDue
	}
	for i, a := range all {
		a.Key.ID = workflow.ApplicationID(fmt.Sprintf("57665368813525817%02d", i))
		*rows = append(*rows, a)
	}
	open := stillOpen(kind, *rows)
	*counts = DueCounts{Near: min(soon, open), NearSpan: 6 * time.Hour, FarSpan: 48 * time.Hour}
	counts.Far = open - counts.Near
	return f
}

func linked(a workflow.Application) workflow.Application {
	a.Card.Link = cardLinkOf
	return a
}

func variant(a workflow.Application, title, variant string) workflow.Application {
	a.Snapshot.Product.Title, a.Snapshot.Product.Variant = title, variant
	return a
}

// longest is an agenda as full as there can be, of the worst that others can write.
func longest(kind workflow.DeadlineKind, a workflow.Application) MorningFacts {
	a.Card.Link = "https://a.example/" + strings.Repeat("a", 280)
	all := make([]workflow.Application, workflow.MaxMorning)
	for i := range all {
		all[i] = a
	}
	f := agenda(kind, 20, all...)
	f.Due.Far, f.ShipDue.Far, f.Shop, f.Named = f.Due.Far+500, f.ShipDue.Far+500, strings.Repeat(hostile, 9), crowdOf(100)
	return f
}

func mornings() map[string]MorningFacts {
	waiting, other := linked(application()), application()
	other.Snapshot.Creator = workflow.Creator{Username: "kitchen_finds", Followers: number(120)}
	theirs := nobody(reportedAs(workflow.StatusAwaitingShipment))
	theirs.ChangedElsewhere = true
	approved, rejected := linked(reportedAs(workflow.StatusAwaitingShipment)), reportedAs(workflow.StatusRejectCancelled)
	rejected.Decision.Verdict, rejected.Decision.Reason = workflow.Reject, workflow.OutOfStock
	awaiting := linked(reportedAs(workflow.StatusAwaitingShipment))
	shipped, late := reportedAs(workflow.StatusShipped), reportedAs(workflow.StatusNotShipCancelled)
	full := agenda(workflow.ReviewDeadline, 2, waiting, other, application())
	full.Due.Far, full.Shop, full.Named = 13, "Glow Shop", Entitled{People: []workflow.PersonID{reviewer}}
	both := agenda(workflow.ReviewDeadline, 1, waiting)
	both.Ship, both.ShipDue = []workflow.Application{awaiting}, DueCounts{Near: 1, Far: 4, NearSpan: 24 * time.Hour, FarSpan: 48 * time.Hour}
	answers := agenda(workflow.ReviewDeadline, 1, waiting)
	answers.Waiting, answers.Answers = 12, answersFacts(application(), 3).Rows
	alone := MorningFacts{Waiting: 1, Answers: answers.Answers[1:2], Now: noon}
	past := agenda(workflow.ReviewDeadline, 1, approved, waiting)
	past.Past = true
	return map[string]MorningFacts{
		"morning_answers": answers, "morning_answers_alone": alone, "morning_nothing_left": {Due: DueCounts{NearSpan: 6 * time.Hour, FarSpan: 48 * time.Hour}, Now: noon},
		"morning_review": full, "morning_both": both, "morning_past": past,
		"morning_review_handled": agenda(workflow.ReviewDeadline, 6, waiting, linked(decidedAs(workflow.Approve, workflow.DecisionQueued)),
			decidedAs(workflow.Reject, workflow.DecisionSending), approved, rejected, theirs, nobody(reportedAs(workflow.StatusOverdueCancelled)),
			decidedAs(workflow.Approve, workflow.DecisionRefused)),
		"morning_review_done": agenda(workflow.ReviewDeadline, 1, approved),
		"morning_ship": agenda(workflow.ShipDeadline, 5, variant(awaiting, "Glow Serum", "30 ml"), variant(awaiting, "Glow Serum", "30 ml"),
			variant(shipped, "Glow Serum", "30 ml"), variant(awaiting, "Glow Serum", "50 ml"), variant(late, "Kitchen Scale", ""), variant(awaiting, "Kitchen Scale", "")),
		"morning_hostile":      longest(workflow.ReviewDeadline, hostileApplication()),
		"morning_hostile_ship": longest(workflow.ShipDeadline, hostileApplication()),
	}
}

func TestEveryMorningReadsAsItsGoldenFile(t *testing.T) {
	for name, f := range mornings() {
		t.Run(name, func(t *testing.T) { requireGolden(t, name, Morning(f)) })
	}
}

func TestAFullMorningFitsAMessageWhateverTheNames(t *testing.T) {
	a := hostileApplication()
	a.Snapshot.Status = workflow.StatusAwaitingShipment
	for _, f := range []MorningFacts{
		longest(workflow.ReviewDeadline, hostileApplication()), longest(workflow.ShipDeadline, a), longest(workflow.ShipDeadline, hostileApplication()),
		longest(workflow.ReviewDeadline, a), longest(workflow.ReviewDeadline, application()), longest(workflow.ShipDeadline, reportedAs(workflow.StatusAwaitingShipment)),
	} {
		m := Morning(f)
		lint(t, m)
		size := 0
		for _, b := range m.Blocks {
			size += len([]rune(pretty(t, b)))
		}
		require.Less(t, size, 60_000)
	}
}

func TestAMorningCountsWhatWasHandledAndSaysHow(t *testing.T) {
	m := Morning(mornings()["morning_review_handled"])
	shown := pretty(t, m.Blocks)
	require.Contains(t, m.Text, "6 of 8 done")
	for _, want := range []string{
		"*approved* by <@U0MEMBER01>, can still be undone", "*rejected* by <@U0MEMBER01>, being sent to TikTok", "*approved* by <@U0MEMBER01>\\n", "*rejected* by <@U0MEMBER01>\\n",
		"*Awaiting shipment*, changed in the Affiliate Center, not from this desk", "*Expired*", "TikTok refused the approval",
	} {
		require.Contains(t, shown, want)
	}
	require.NotContains(t, Morning(mornings()["morning_review"]).Text, " done")
	require.Contains(t, Morning(mornings()["morning_review_done"]).Text, "; all of these done")
}

func TestWhatHasToBeShippedIsAPickListByProductAndVariant(t *testing.T) {
	shown := pretty(t, Morning(mornings()["morning_ship"]).Blocks)
	for _, want := range []string{"*Glow Serum · 30 ml × 2* (1 of 3 done)", "*Glow Serum · 50 ml × 1*", "*Kitchen Scale × 1* (1 of 2 done)", "*shipped*", "*Not shipped in time*"} {
		require.Contains(t, shown, want)
	}
}

func TestTheCardOfADeliveredSampleTellsUntilWhenContentIsDue(t *testing.T) {
	a := running(reportedAs(workflow.StatusContentPending), workflow.PostDeadline, deadline)
	require.Contains(t, pretty(t, Card(facts(a)).Blocks), "Content is due by "+due(deadline))
	a.Timer.Next = deadline.Add(workflow.PostExtension)
	shown := pretty(t, Card(facts(a)).Blocks)
	require.Contains(t, shown, "probably extended the deadline")
	require.NotContains(t, shown, "Content is due by")
	a.Timer = workflow.Timer{}
	require.NotContains(t, pretty(t, Card(facts(a)).Blocks), "probably")
}

func TestTheCardOfACompletedSampleCountsWhatWasPosted(t *testing.T) {
	a := reportedAs(workflow.StatusContentPending)
	a.ContentAt, a.Contents = noon, []workflow.Content{{ID: "1", Format: "VIDEO"}, {ID: "2", Format: "VIDEO"}, {ID: "3", Format: "LIVE"}}
	require.Contains(t, pretty(t, Card(facts(a)).Blocks), "2 videos and 1 LIVE")
	a.Contents = append(a.Contents, workflow.Content{ID: "4", Format: hostile})
	require.Contains(t, pretty(t, Card(facts(a)).Blocks), "2 videos and 1 LIVE and 1 other post")
	lint(t, Card(facts(a)))
}
