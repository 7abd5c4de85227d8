package view

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
)

// running is an application with a deadline that runs.
func running(a workflow.Application, kind workflow.DeadlineKind, by time.Time) workflow.Application {
	a.Timer = workflow.Timer{Kind: kind, By: by, Next: by}
	return a
}

func stepOf(kind workflow.DeadlineKind, before time.Duration, v workflow.Audience, by time.Time) workflow.Payload {
	return workflow.Payload{Kind: workflow.KindDeadline, Deadline: kind, Audience: v, Before: before, NextDue: by, At: by.Add(-before)}
}

func crowdOf(n int) (e Entitled) {
	for i := range n {
		e.People = append(e.People, workflow.PersonID(fmt.Sprintf("U0PERSON%03d", i)))
		e.Groups = append(e.Groups, workflow.GroupID(fmt.Sprintf("S0GROUP%04d", i)))
	}
	return e
}

func deadlines() map[string]DeadlineFacts {
	review, ship := running(application(), workflow.ReviewDeadline, deadline), running(reportedAs(workflow.StatusAwaitingShipment), workflow.ShipDeadline, shipBy)
	refused := running(decidedAs(workflow.Approve, workflow.DecisionRefused), workflow.ReviewDeadline, deadline)
	moving := reportedAs(workflow.StatusShipped)
	moving.Snapshot.Tracking = "1Z999AA10123456784"
	moving = running(moving, workflow.MoveDeadline, moving.ChangedAt.Add(10*24*time.Hour))
	posting := running(reportedAs(workflow.StatusContentPending), workflow.PostDeadline, deadline)
	reviewers := Entitled{People: []workflow.PersonID{reviewer}, Groups: []workflow.GroupID{"S0REVIEW01"}}
	post := func(before time.Duration, v workflow.Audience) workflow.Payload {
		return stepOf(workflow.PostDeadline, before, v, deadline)
	}
	return map[string]DeadlineFacts{
		"deadline_review":           {Payload: stepOf(workflow.ReviewDeadline, 48*time.Hour, workflow.ToThread, deadline), Application: review},
		"deadline_review_reviewers": {Payload: stepOf(workflow.ReviewDeadline, 24*time.Hour, workflow.ToReviewers, deadline), Application: review, Named: reviewers},
		"deadline_review_everybody": {Payload: stepOf(workflow.ReviewDeadline, 24*time.Hour, workflow.ToReviewers, deadline), Application: review, Unnamed: EveryMember},
		"deadline_review_channel":   {Payload: stepOf(workflow.ReviewDeadline, 6*time.Hour, workflow.ToChannel, deadline), Application: refused},
		"deadline_review_admins":    {Payload: stepOf(workflow.ReviewDeadline, time.Hour, workflow.ToAdmins, deadline), Application: review, Named: Entitled{People: []workflow.PersonID{admin}}},
		"deadline_ship":             {Payload: stepOf(workflow.ShipDeadline, 24*time.Hour, workflow.ToReviewers, shipBy), Application: ship, Named: reviewers, Region: "US"},
		"deadline_ship_admins":      {Payload: stepOf(workflow.ShipDeadline, time.Hour, workflow.ToAdmins, shipBy), Application: ship, Unnamed: AnAdmin},
		"deadline_move":             {Payload: stepOf(workflow.MoveDeadline, 0, workflow.ToThread, moving.Timer.By), Application: moving, Days: 10},
		"deadline_post":             {Payload: post(72*time.Hour, workflow.ToThread), Application: posting},
		"deadline_post_nudging":     {Payload: post(72*time.Hour, workflow.ToThread), Application: posting, Nudging: true},
		"deadline_post_over":        {Payload: post(0, workflow.ToThread), Application: posting},
		"deadline_post_week":        {Payload: post(-workflow.PostExtension, workflow.ToReviewers), Application: posting, Named: reviewers},
		"deadline_hostile": {Payload: stepOf(workflow.ReviewDeadline, time.Hour, workflow.ToAdmins, deadline),
			Application: running(hostileApplication(), workflow.ReviewDeadline, deadline), Named: crowdOf(100)},
	}
}

func TestEveryStepOfADeadlineReadsAsItsGoldenFile(t *testing.T) {
	for name, f := range deadlines() {
		t.Run(name, func(t *testing.T) {
			f.Now = f.Payload.At
			requireGolden(t, name, Deadline(f))
		})
	}
}

func TestOnlyAStepAboutContentOffersToNudge(t *testing.T) {
	for name, f := range deadlines() {
		shown := pretty(t, Deadline(f).Blocks)
		require.Equal(t, f.Payload.Deadline == workflow.PostDeadline && !f.Nudging, strings.Contains(shown, `"nudge"`), name)
	}
	unknown := deadlines()["deadline_post"]
	unknown.Application.Snapshot.Creator.OpenID = ""
	require.NotContains(t, pretty(t, Deadline(unknown).Blocks), `"nudge"`, "nobody can write to whom TikTok does not name")
}

func TestAVoiceCallsEverybodyWhomItNames(t *testing.T) {
	shown := pretty(t, Deadline(deadlines()["deadline_hostile"]).Blocks)
	for _, p := range crowdOf(100).People {
		require.Contains(t, shown, person(p))
	}
	quiet := pretty(t, Deadline(deadlines()["deadline_review_everybody"]).Blocks)
	require.NotContains(t, quiet, "<@")
	require.NotContains(t, quiet, "<!subteam")
}

func TestTheReminderIsKindPlainAndFitsAMessage(t *testing.T) {
	a := application()
	require.Equal(t, "Hi Glow Daily, we hope that you enjoy Stand mixer & bowl, 5 l! When you find a moment to post about it, we would love to see "+
		"what you make of it. If anything is in the way, just tell us. Thank you!", NudgeText(a, ""))
	require.Equal(t, "How is\nthe mixer?", NudgeText(a, "How is\nthe mixer?"))
	require.Contains(t, NudgeText(workflow.Application{}, " "), "Hi, we hope that you enjoy a product!")
	require.LessOrEqual(t, len([]rune(NudgeText(hostileApplication(), strings.Repeat(hostile, 99)))), workflow.MaxMessage)
	modal := MessageModal(MessageModalFacts{To: correspondent, Creator: a.Snapshot.Creator, Product: a.Snapshot.Product, Text: NudgeText(a, "")})
	lintModal(t, modal)
	require.Contains(t, pretty(t, modal), `"initial_value": "Hi Glow Daily`)
	lint(t, Aside(NothingToNudge(hostileApplication())))
}

// itemsOf names so many applications.
func itemsOf(n int, by time.Time, link string) (items []workflow.Item) {
	for i := range n {
		items = append(items, workflow.Item{
			Key: workflow.Key{Shop: "1", ID: workflow.ApplicationID(fmt.Sprintf("57665368813525817%02d", i))}, Link: link,
			Creator: workflow.Creator{Username: fmt.Sprintf("kitchen_finds.%d", i)}, By: by.Add(time.Duration(i) * time.Minute),
			Product: workflow.Product{ID: "1729", Title: "Glow Serum", Variant: "30 ml"}, Stage: workflow.StageReview,
		})
	}
	return items
}

func hostileItems() (items []workflow.Item) {
	long := strings.Repeat(hostile, 20)
	for range 10 {
		items = append(items, workflow.Item{
			Key: workflow.Key{Shop: "1", ID: workflow.ApplicationID(long)}, Link: "https://a.example/" + strings.Repeat("a", 1900),
			Creator: workflow.Creator{Username: long, Nickname: long}, Product: workflow.Product{Title: long, Variant: long}, By: deadline,
		})
	}
	return items
}

const cardLinkOf = "https://example.slack.com/archives/C0SAMPLES1/p1763640000000100"

func groups() map[string]DeadlinesFacts {
	group := func(kind workflow.DeadlineKind, before time.Duration, n int, rows ...workflow.Application) DeadlinesFacts {
		f := DeadlinesFacts{Agenda: workflow.Agenda{Deadline: kind, Before: before, Count: n}, Now: deadline.Add(-before), Posts: func(workflow.Application) time.Time { return deadline }}
		for i, a := range rows {
			a.Key.ID = workflow.ApplicationID(fmt.Sprintf("57665368813525817%02d", i))
			f.Rows = append(f.Rows, a)
		}
		return f
	}
	ten := func(a workflow.Application) []workflow.Application {
		return slices.Repeat([]workflow.Application{a}, 10)
	}
	awaiting, posting := linked(reportedAs(workflow.StatusAwaitingShipment)), linked(reportedAs(workflow.StatusContentPending))
	review := group(workflow.ReviewDeadline, 24*time.Hour, 27, ten(linked(application()))...)
	review.Named = Entitled{People: []workflow.PersonID{reviewer}}
	near := group(workflow.ReviewDeadline, 6*time.Hour, 3, linked(application()), linked(decidedAs(workflow.Approve, workflow.DecisionQueued)), awaiting)
	near.Unnamed = AnAdmin
	bad := group(workflow.ReviewDeadline, time.Hour, 10_000, ten(longest(workflow.ReviewDeadline, hostileApplication()).Review[0])...)
	bad.Shop, bad.Named = strings.Repeat(hostile, 9), crowdOf(100)
	return map[string]DeadlinesFacts{
		"deadlines_review": review, "deadlines_near": near, "deadlines_bad": bad,
		"deadlines_ship": group(workflow.ShipDeadline, 30*time.Minute, 7, awaiting, awaiting, reportedAs(workflow.StatusShipped)),
		"deadlines_post": group(workflow.PostDeadline, 72*time.Hour, 12, posting, posting),
		"deadlines_over": group(workflow.PostDeadline, 0, 2, posting, posting),
		"deadlines_week": group(workflow.PostDeadline, -workflow.PostExtension, 2, posting, posting),
		"deadlines_gone": group(workflow.ReviewDeadline, 24*time.Hour, 1),
	}
}

func TestEveryGroupOfDeadlinesReadsAsItsGoldenFile(t *testing.T) {
	for name, f := range groups() {
		t.Run(name, func(t *testing.T) { requireGolden(t, name, Deadlines(f)) })
	}
}

func TestAStepsMessageCountsThoseThatStillNeedSomebody(t *testing.T) {
	require.Contains(t, Deadlines(groups()["deadlines_review"]).Text, "27 requests expire within 24 hours; first: Glow Daily (GMV $4.1K, median views 8.2K), Stand mixer &amp; bowl, 5 l (24 hours left)")
	require.Contains(t, Deadlines(groups()["deadlines_near"]).Text, "1 request expires within 6 hours")
}

func TestWhatExpiredReadsAsItsGoldenFile(t *testing.T) {
	rich := linked(nobody(reportedAs(workflow.StatusOverdueCancelled)))
	requireGolden(t, "expired", Expired(ExpiredFacts{Agenda: workflow.Agenda{Count: 14, Worth: []workflow.Money{{Amount: "48120.00", Currency: "USD"}, {Amount: "90.00", Currency: "GBP"}}}, Shop: "Glow Shop", Rows: []workflow.Application{rich, rich}}))
	bad := ExpiredFacts{Agenda: workflow.Agenda{Count: 10_000, Worth: []workflow.Money{{Amount: hostile, Currency: hostile}}}, Shop: strings.Repeat(hostile, 9)}
	for range 10 {
		bad.Rows = append(bad.Rows, longest(workflow.ReviewDeadline, hostileApplication()).Review[0])
	}
	lint(t, Expired(bad))
}

func shipments() map[string]ShipmentsFacts {
	news := func(n workflow.News, count int, shop string) ShipmentsFacts {
		s := workflow.Payload{Kind: workflow.KindShipment, News: n, Waiting: count, Items: itemsOf(min(count, 10), deadline, cardLinkOf), Shop: shop}
		return ShipmentsFacts{Payload: s, Days: 10, Post: 14}
	}
	evil := ShipmentsFacts{Payload: workflow.Payload{Kind: workflow.KindShipment, News: workflow.NewsStuck, Waiting: 300, Items: hostileItems(), Shop: strings.Repeat(hostile, 9)}, Days: 10}
	bare := news(workflow.NewsShipped, 1, "")
	bare.Payload.Items[0].Link = ""
	return map[string]ShipmentsFacts{
		"shipments_shipped": news(workflow.NewsShipped, 12, ""), "shipments_one": bare, "shipments_delivered": news(workflow.NewsDelivered, 2, "Glow Shop"),
		"shipments_stuck": news(workflow.NewsStuck, 1, ""), "shipments_late": news(workflow.NewsNotShipped, 3, ""), "shipments_hostile": evil,
	}
}

func TestEveryAnnouncementOfShipmentsReadsAsItsGoldenFile(t *testing.T) {
	for name, f := range shipments() {
		t.Run(name, func(t *testing.T) { requireGolden(t, name, Shipments(f)) })
	}
}

func contentSamples() map[string]ContentFacts {
	a := application()
	video := workflow.Content{ID: "1", Format: "VIDEO", Text: "My new *mixer*!\n#kitchen", Link: "https://www.tiktok.com/@glow.daily/video/1", At: noon,
		Views: number(12408), Likes: number(312), Orders: number(4)}
	live := workflow.Content{ID: "2", Format: "LIVE", Link: "http://www.tiktok.com/live"}
	evil := workflow.Content{ID: hostile, Format: hostile, Text: strings.Repeat(hostile, 99), Link: "https://user@evil.example/", Views: number(-1)}
	of := func(c workflow.Content) ContentFacts {
		return ContentFacts{Content: c, Creator: a.Snapshot.Creator, Product: a.Snapshot.Product}
	}
	completed := of(video)
	completed.Stage = workflow.StageCompleted
	bad := of(evil)
	bad.Creator, bad.Product = hostileApplication().Snapshot.Creator, hostileApplication().Snapshot.Product
	return map[string]ContentFacts{"content_video": of(video), "content_live": of(live), "content_completed": completed, "content_hostile": bad}
}

func TestEveryPieceOfContentReadsAsItsGoldenFile(t *testing.T) {
	for name, f := range contentSamples() {
		t.Run(name, func(t *testing.T) { requireGolden(t, name, Content(f)) })
	}
}

func TestContentIsLinkedToOnlyWhereTheLinkIsSafeAndItsHostIsShown(t *testing.T) {
	require.Equal(t, "<https://www.tiktok.com/@glow.daily/video/1?a=1&amp;b=2|Watch it on www.tiktok.com>", contentLink("https://www.tiktok.com/@glow.daily/video/1?a=1&b=2"))
	for _, bad := range []string{"", "http://www.tiktok.com/", "javascript:alert(1)", "https://a@evil.example/", "https://evil.example/ x", "https://", "HTTPS://evil.example", "https://x.example/" + strings.Repeat("a", 2000)} {
		require.Equal(t, "TikTok doesn't give a link to it", contentLink(bad), bad)
	}
}

// lintClock holds all that time has the desk say to Slack's limits, whatever others wrote.
func (w words) lintClock(t *testing.T, a workflow.Application) {
	by := a.Snapshot.ReviewBy
	for _, kind := range []workflow.DeadlineKind{workflow.ReviewDeadline, workflow.ShipDeadline, workflow.MoveDeadline, workflow.PostDeadline} {
		a := running(a, kind, by)
		lint(t, Deadline(DeadlineFacts{Payload: stepOf(kind, 0, workflow.ToAdmins, by), Application: a, Region: w.user,
			Named: Entitled{People: []workflow.PersonID{workflow.PersonID(w.nick)}, Groups: []workflow.GroupID{workflow.GroupID(w.title)}}, Unnamed: AnAdmin}))
		item := workflow.Item{Key: a.Key, Creator: a.Snapshot.Creator, Product: a.Snapshot.Product, By: by, Link: w.picture}
		again := a
		again.Key.ID += "2"
		lint(t, Deadlines(DeadlinesFacts{Agenda: workflow.Agenda{Deadline: kind, Count: 7}, Rows: []workflow.Application{a, again}, Shop: w.nick}))
		lint(t, Shipments(ShipmentsFacts{Payload: workflow.Payload{News: workflow.News(w.cause), Waiting: 1, Items: []workflow.Item{item}, Shop: w.title}}))
		a.Card.Link = w.picture
		again.Card.Link = w.picture
		rows := []workflow.Application{a, again}
		lint(t, Morning(MorningFacts{Due: DueCounts{Near: 1, Far: 3}, Shop: w.nick, Review: rows, Ship: rows}))
	}
	lint(t, Content(ContentFacts{Content: workflow.Content{Format: w.cause, Text: w.title, Link: w.picture}, Creator: a.Snapshot.Creator, Product: a.Snapshot.Product}))
	lintModal(t, MessageModal(MessageModalFacts{To: correspondent, Creator: a.Snapshot.Creator, Text: NudgeText(a, w.cause)}))
}

func TestTheHistoryTellsWhichStepsWereTold(t *testing.T) {
	step := func(kind workflow.DeadlineKind, name string, grouped bool) string {
		return happened(workflow.Entry{Event: workflow.OnStepDue, Deadline: kind, Step: name, Grouped: grouped}, nil)
	}
	require.Equal(t, "Reminder sent: the review deadline (48h)", step(workflow.ReviewDeadline, "48h", false))
	require.Equal(t, "Reminder sent: the posting deadline (0h), with others", step(workflow.PostDeadline, "0h", true))
	require.Equal(t, "Reminder sent: a parcel that hasn't moved", step(workflow.MoveDeadline, "0h", false))
	require.Equal(t, "Reminder sent: a deadline", step("another", "", false))
}

func TestDaysAreReadAsWholeNumbersAboveNone(t *testing.T) {
	read := func(typed string) (s workflow.Settings, complaint string) {
		_, complaint = Settings{{Inputs: []SettingInput{daysInput("days", "", "", "", func(s *workflow.Settings) *int { return &s.PostDays })}}}.
			Read(func(string) Value { return Value{Text: typed} }, &s)
		return s, complaint
	}
	s, complaint := read(" 21 ")
	require.Empty(t, complaint)
	require.Equal(t, 21, s.PostDays)
	for _, typed := range []string{"", "0", "-3", "2.5", "two", "99999999999999999999"} {
		_, complaint := read(typed)
		require.Equal(t, ErrorDays, complaint, typed)
	}
}
