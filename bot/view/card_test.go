package view

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/slack-go/slack"
	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

// cards are the looks that a card can have.
func cards() map[string]CardFacts {
	bare := application()
	bare.Snapshot.Creator = workflow.Creator{Username: "kitchen_finds"}
	bare.Snapshot.Product = workflow.Product{ID: "1729"}
	bare.Snapshot.Collab, bare.Snapshot.Commission, bare.Snapshot.Stock, bare.Snapshot.ReviewBy = workflow.Collab{}, "", 0, time.Time{}

	untold := application()
	untold.Snapshot.Stock, untold.Snapshot.StockUnknown = 0, true

	stuck := application()
	stuck.Snapshot.Approvable, stuck.Snapshot.Obstacles = false, []string{"PRODUCT_INACTIVE"}
	stuck.Snapshot.Collab, stuck.Snapshot.Partner = workflow.Collab{Known: true}, "Bright & Co."

	back := decidedAs(workflow.Approve, workflow.DecisionRefused)
	back.Decision.Failure = workflow.Failure{Code: 16032001, Fault: workflow.FaultRegion, Message: "creator region mismatch", RequestID: "20261120120000ABC"}

	agency := decidedAs(workflow.Approve, workflow.DecisionRefused)
	agency.Decision.Failure = workflow.Failure{Code: 16022020, Fault: workflow.FaultAgency, Message: "agency request", RequestID: "20261120120000ABC"}

	waiting := decidedAs(workflow.Reject, workflow.DecisionSending)
	waiting.Decision.Failure = workflow.Failure{Code: 105001, Fault: workflow.FaultReconnect, Message: "access token is invalid", RequestID: "20261120120001ABC"}

	content := reportedAs(workflow.StatusContentPending)
	content.ContentAt = noon.Add(96 * time.Hour)

	theirs := nobody(reportedAs(workflow.StatusAwaitingShipment))
	theirs.ChangedElsewhere = true

	named := facts(application())
	named.Campaign, named.Shop, named.Region = "Autumn <kitchen>", "Nimbus Home", "US"

	rejected := reportedAs(workflow.StatusRejectCancelled)
	rejected.Decision.Verdict, rejected.Decision.Reason, rejected.Snapshot.OrderID = workflow.Reject, workflow.NotMatch, ""

	shipped := reportedAs(workflow.StatusShipped)
	shipped.Snapshot.Tracking = "1Z999AA10123456784"

	looked := facts(application())
	looked.Application.OnIt = workflow.OnIt{By: reviewer, At: noon}
	looked.Application.DedupKeys = []string{"trigger"}

	quick := facts(application())
	quick.QuickReject = true

	joined := facts(application())
	joined.Campaign, joined.Application.Campaign, joined.Application.Joined = "Autumn kitchen", "c1", workflow.Joined{By: reviewer, At: noon}

	repeat := facts(application())
	repeat.Beside = beside()

	all := map[string]CardFacts{
		"card_repeat":          repeat,
		"card_looked_at":       looked,
		"card_quick_reject":    quick,
		"card_in_campaign":     joined,
		"card_pending":         facts(application()),
		"card_named":           named,
		"card_bare":            {Application: bare},
		"card_stock_untold":    {Application: untold},
		"card_not_approvable":  facts(stuck),
		"card_queued":          facts(decidedAs(workflow.Approve, workflow.DecisionQueued)),
		"card_queued_reject":   facts(decidedAs(workflow.Reject, workflow.DecisionQueued)),
		"card_sending":         facts(decidedAs(workflow.Approve, workflow.DecisionSending)),
		"card_held_up":         facts(waiting),
		"card_unclear":         facts(decidedAs(workflow.Approve, workflow.DecisionUnclear)),
		"card_refused":         facts(back),
		"card_agency":          facts(agency),
		"card_awaiting":        facts(reportedAs(workflow.StatusAwaitingShipment)),
		"card_elsewhere":       facts(theirs),
		"card_shipping":        facts(shipped),
		"card_content_pending": facts(reportedAs(workflow.StatusContentPending)),
		"card_completed":       facts(reportedAs(workflow.StatusCompleted)),
		"card_content_found":   facts(content),
		"card_reject":          facts(rejected),
		"card_unrecognised":    facts(nobody(reportedAs("SOME_NEW_STATUS"))),
		"card_hostile":         {Application: hostileApplication(), Campaign: hostile, Shop: hostile, Region: hostile},
	}
	for _, e := range workflow.Endings {
		name := "card_ended_" + strings.ReplaceAll(string(e.State), " ", "_")
		all[name] = facts(nobody(reportedAs(e.Statuses[0])))
	}
	return all
}

func TestEveryCardLooksAsItsGoldenFile(t *testing.T) {
	for name, f := range cards() {
		t.Run(name, func(t *testing.T) {
			m := Card(f)
			require.LessOrEqual(t, len(m.Blocks), 8)
			requireGolden(t, name, m)
			lint(t, m.WithoutImages())
		})
	}
}

func TestEveryStateHasALook(t *testing.T) {
	shown := map[workflow.State]bool{workflow.Unseen: true}
	for _, f := range cards() {
		shown[f.Application.State()] = true
	}
	for _, s := range workflow.States {
		require.True(t, shown[s], "no golden card is %s", s)
	}
}

// controlsOf returns the action ids on a message, and the block id that they stand in.
func controlsOf(m Message) (ids []string, block string) {
	for _, b := range m.Blocks {
		a, ok := b.(*slack.ActionBlock)
		if !ok {
			continue
		}
		block = a.BlockID
		for _, e := range a.Elements.ElementSet {
			switch e := e.(type) {
			case *slack.ButtonBlockElement:
				ids = append(ids, e.ActionID)
			case *slack.SelectBlockElement:
				ids = append(ids, e.ActionID)
			case *slack.OverflowBlockElement:
				ids = append(ids, e.ActionID)
			}
		}
	}
	return ids, block
}

func TestACardHasTheControlsThatCanBeOfUseAndNoOthers(t *testing.T) {
	decidable, none := []string{ActionApprove, ActionReject, ActionCampaign}, []string(nil)
	want := map[workflow.State][]string{
		workflow.Pending: decidable, workflow.Refused: decidable,
		workflow.Queued: {ActionUndo},
	}
	for name, f := range cards() {
		if !f.Application.Snapshot.Approvable || f.Application.Joined.By != "" || f.Application.Snapshot.Creator.OpenID == "" {
			continue
		}
		ids, _ := controlsOf(Card(f))
		if f.Application.OfAgency() {
			require.Equal(t, []string{ActionCampaign}, ids, "an agency's request has nothing to decide")
			continue
		}
		require.Equal(t, want[f.Application.State()], ids, name)
	}
	require.Equal(t, none, want[workflow.Sending])
}

// menuOf returns the values of the options of a card's menu.
func menuOf(t *testing.T, m Message) (values []string) {
	t.Helper()
	s := m.Blocks[0].(*slack.SectionBlock)
	if _, controls := controlsOf(m); controls != "" {
		require.NotEqual(t, s.BlockID, controls, "block ids are unique in a message")
	}
	target, err := ParseTarget(s.BlockID)
	require.NoError(t, err)
	require.NotZero(t, target.Key)
	require.Equal(t, ActionMore, s.Accessory.OverflowElement.ActionID)
	for _, o := range s.Accessory.OverflowElement.Options {
		values = append(values, o.Value)
	}
	return values
}

func TestTheMenuHoldsTheRestFiveOptionsAtTheMost(t *testing.T) {
	looked := facts(application())
	looked.Application.OnIt = workflow.OnIt{By: reviewer, At: noon}
	crowded := looked
	crowded.Beside = query.Beside{Total: 3}
	two := facts(application())
	two.Beside = query.Beside{Total: 1}
	unwritten := facts(application())
	unwritten.Application.Snapshot.Creator.OpenID = ""
	for name, c := range map[string]struct {
		f    CardFacts
		want []string
	}{
		"pending":       {facts(application()), []string{MoreLook, MoreAssign, MoreMessage, MoreRequests, MoreAll}},
		"looked at":     {looked, []string{MoreLook, MoreLookEnd, MoreAssign, MoreMessage, MoreAll}},
		"with others":   {two, []string{MoreLook, MoreAssign, MoreTogether, MoreMessage, MoreAll}},
		"all of it":     {crowded, []string{MoreLookEnd, MoreAssign, MoreTogether, MoreMessage, MoreAll}},
		"without an id": {unwritten, []string{MoreLook, MoreAssign, MoreProfile, MoreRequests, MoreAll}},
		"can be undone": {facts(decidedAs(workflow.Approve, workflow.DecisionQueued)), []string{MoreCampaign, MoreMessage, MoreProfile, MoreRequests, MoreAll}},
		"goes on":       {facts(reportedAs(workflow.StatusShipped)), []string{MoreCampaign, MoreMessage, MoreProfile, MoreRequests, MoreAll}},
		"is over":       {facts(reportedAs(workflow.StatusCompleted)), []string{MoreMessage, MoreProfile, MoreRequests, MoreAll}},
	} {
		require.Equal(t, c.want, menuOf(t, Card(c.f)), name)
	}
}

func TestADecidedCardIsTwoOrThreeLinesAndSmallPrint(t *testing.T) {
	for name, f := range cards() {
		s := f.Application.State()
		if undecided(f.Application) || f.Application.Decision.Failure != (workflow.Failure{}) {
			continue
		}
		m := Card(f)
		require.LessOrEqual(t, strings.Count(m.Blocks[0].(*slack.SectionBlock).Text.Text, "\n"), 1, name)
		require.Len(t, m.Blocks, 2+map[bool]int{true: 1}[s == workflow.Queued], name)
	}
}

func TestADeadlineThatIsNearIsMarkedInWordsAndWithASign(t *testing.T) {
	f := facts(application())
	by := f.Application.Snapshot.ReviewBy
	for at, want := range map[time.Duration]string{
		-48 * time.Hour: "Decide by ", -24 * time.Hour: "Decide by ", -24*time.Hour + time.Second: "⚠ *Under 24 h left:* decide by ", time.Second: "⚠ *The deadline has passed:* ",
	} {
		f.Now = by.Add(at)
		require.True(t, strings.HasPrefix(Card(f).Blocks[1].(*slack.SectionBlock).Text.Text, want+"<!date^"), at)
	}
}

func TestWhoCannotBeWrittenToHasNoButtonForIt(t *testing.T) {
	ids, _ := controlsOf(Card(cards()["card_bare"]))
	require.Equal(t, []string{ActionApprove, ActionReject, ActionCampaign}, ids)
	require.NotContains(t, menuOf(t, Card(cards()["card_bare"])), MoreMessage)
}

func TestAnAdditionToACampaignCanBeUndoneFromTheCard(t *testing.T) {
	ids, _ := controlsOf(Card(cards()["card_in_campaign"]))
	require.Contains(t, ids, ActionLeave)
}

func TestWhoLooksAtARequestIsOnItsCard(t *testing.T) {
	m := Card(cards()["card_looked_at"])
	require.Contains(t, pretty(t, m.Blocks), "<@U0MEMBER01> is on it (since")
	require.Contains(t, m.Text, "<@U0MEMBER01> is on it")
	require.Contains(t, pretty(t, m.Blocks), MoreLookEnd)
	require.NotContains(t, pretty(t, Card(facts(application())).Blocks), MoreLookEnd)
}

func TestOnlyOneClickAsksOnceMoreBeforeItRejects(t *testing.T) {
	require.NotContains(t, pretty(t, Card(facts(application())).Blocks), `"confirm"`)
	require.Contains(t, pretty(t, Card(cards()["card_quick_reject"]).Blocks), `"confirm"`)
}

func TestWhatCannotBeApprovedHasNoApproveButtonButTheObstacle(t *testing.T) {
	m := Card(cards()["card_not_approvable"])
	ids, _ := controlsOf(m)
	require.Equal(t, []string{ActionReject, ActionCampaign}, ids)
	require.Contains(t, pretty(t, m.Blocks), "TikTok doesn't allow approving it right now: “PRODUCT_INACTIVE”")
}

func TestEveryControlNamesTheRoundThatWasPrinted(t *testing.T) {
	want := Target{Key: workflow.Key{Shop: "7495540735365777507", ID: "5766536881352581780"}, Round: 3}
	_, block := controlsOf(Card(facts(application())))
	got, err := ParseTarget(block)
	require.NoError(t, err)
	require.Equal(t, want, got)

	for _, e := range Card(facts(application())).Blocks[3].(*slack.ActionBlock).Elements.ElementSet {
		switch e := e.(type) {
		case *slack.ButtonBlockElement:
			require.Equal(t, want.String(), e.Value)
		case *slack.SelectBlockElement:
			var values []workflow.Reason
			for _, o := range e.Options {
				values = append(values, workflow.Reason(o.Value))
			}
			require.Equal(t, workflow.Reasons, values)
		}
	}
}

func TestAnotherRoundMakesAnotherBlockSoThatNoMenuKeepsAnOldChoice(t *testing.T) {
	a := application()
	_, before := controlsOf(Card(facts(a)))
	a.Round++
	_, after := controlsOf(Card(facts(a)))
	require.NotEqual(t, before, after)
}

func TestAnActionMakesAnotherBlockSoThatNoMenuKeepsAnOldChoice(t *testing.T) {
	a := application()
	seen := map[string]bool{}
	for _, origin := range []string{"", "trigger one", "view one"} {
		if origin != "" {
			a.DedupKeys = append(a.DedupKeys, origin)
		}
		_, block := controlsOf(Card(facts(a)))
		require.False(t, seen[block])
		seen[block] = true
		target, err := ParseTarget(block)
		require.NoError(t, err)
		require.Equal(t, Target{Key: a.Key, Round: a.Round}, target)
	}
}

func TestANumberThatIsNotSharedIsNeverZero(t *testing.T) {
	numbers := pretty(t, Card(cards()["card_bare"]).Blocks[1])
	require.Equal(t, 4, strings.Count(numbers, "*"+notShared+"*"))
	require.NotContains(t, numbers, "*0")

	a := application()
	a.Snapshot.Creator.Posts, a.Snapshot.Creator.GMV = number(0), workflow.Money{Amount: "0", Currency: "USD"}
	numbers = pretty(t, Card(facts(a)).Blocks[1])
	require.Contains(t, numbers, "Posts: *0*")
	require.Contains(t, numbers, "GMV: *$0*")
}

func TestACardIsSilentAboutAnOriginThatNobodyLookedUp(t *testing.T) {
	a := application()
	a.Snapshot.Collab, a.Snapshot.Partner = workflow.Collab{}, ""
	require.NotContains(t, strings.ToLower(pretty(t, Card(facts(a)).Blocks)), "collaboration")
}

func TestEveryEndingSaysWhoCausedIt(t *testing.T) {
	for _, e := range workflow.Endings {
		require.NotEmpty(t, endings[e.State], e.State)
		a := nobody(reportedAs(e.Statuses[0]))
		m := Card(facts(a))
		require.Contains(t, pretty(t, m.Blocks), "*"+string(a.Stage())+"* · "+capital(endings[e.State]))
		require.Contains(t, m.Text, string(a.Stage())+": "+endings[e.State])
	}
}

func TestTheTextOfACardTellsTheStateOfTheDecision(t *testing.T) {
	require.Equal(t, "Sample request from Glow Daily (GMV $4.1K, median views 8.2K) for Stand mixer &amp; bowl, 5 l. "+
		"Decide by <!date^1795339440^{date_short_pretty} {time}|2026-11-22 09:24 UTC>", Card(facts(application())).Text)
	require.Equal(t, "Sample request from Glow Daily for Stand mixer &amp; bowl, 5 l. Sample application review pending: "+
		"approved by <@U0MEMBER01>, can still be undone", Card(cards()["card_queued"]).Text)
	require.Equal(t, "Sample request from Glow Daily for Stand mixer &amp; bowl, 5 l. Awaiting shipment: "+
		"approved by <@U0MEMBER01>, confirmed by TikTok", Card(cards()["card_awaiting"]).Text)
}

func TestNamesThatAreNothingToReadGiveWayToOnesThatAre(t *testing.T) {
	for _, c := range []struct{ nick, user, want string }{
		{"Glow Daily", "glow.daily", "Glow Daily"},
		{"✨🌸✨", "glow.daily", "@glow.daily"},
		{" \u200b\u3164 ", "glow.daily", "@glow.daily"},
		{"", "", "a creator"},
		{"🌸", "🌸", "a creator"},
		{"ガラス", "", "ガラス"},
	} {
		require.Equal(t, c.want, nameOf(workflow.Creator{Nickname: c.nick, Username: c.user}), "%q", c.nick)
	}
}

func TestOnlyAProperUserNameIsLinkedTo(t *testing.T) {
	require.Equal(t, "<https://www.tiktok.com/@kitchen_finds|@kitchen_finds>", profile(workflow.Creator{Username: "kitchen_finds"}))
	for _, user := range []string{"a/../b", "a|b", "a b", "a>b", "a?x=1", "ä", strings.Repeat("a", 41)} {
		require.NotContains(t, profile(workflow.Creator{Username: user}), "https://", user)
	}
}

func TestPicturesComeFromTheWebOnly(t *testing.T) {
	for picture, shown := range map[string]bool{
		"https://p.example/a.jpeg": true, "http://127.0.0.1:8485/picture/1": true, "": false, "javascript:alert(1)": false,
		"file:///etc/passwd": false, "https://": false, "hTTps://p.example/a": false, "https://p.example/a b": false, "https://p.example/é": false,
		"https://user:word@p.example/a": false, "https://p.example/" + strings.Repeat("a", 2000): false, "data:image/png;base64,AA": false,
	} {
		a := application()
		a.Snapshot.Product.Picture = picture
		require.Equal(t, shown, strings.Contains(pretty(t, Card(facts(a)).Blocks), `"image_url"`), picture)
	}
}

func TestTheAffiliateCenterIsThatOfTheRegion(t *testing.T) {
	require.Equal(t, "<https://affiliate-us.tiktok.com/product/sample-request|Affiliate Center>", requests("us"))
	require.Equal(t, "<https://affiliate.tiktok.com/product/sample-request|Affiliate Center>", requests("GB"))
	require.Equal(t, "<https://affiliate.tiktok.com/product/sample-request|Affiliate Center>", requests("<!here>"))
}

func TestNumbersOfAnySizeFit(t *testing.T) {
	for v, want := range map[float64]string{
		0: "0", 7: "7", 999: "999", 999.96: "1K", 1000: "1K", 1049: "1K", 12408: "12.4K", 99950: "100K", 124_000: "124K", 999_499: "999K",
		999_950: "1M", 1_240_000: "1.2M", 2.5e9: "2.5B", 4e12: "4T", 1e300: "999T+", -12408: "−12.4K", 0.04: "0",
	} {
		require.Equal(t, want, short(v), "%v", v)
	}
	for v, want := range map[float64]string{0: "0", 999: "999", 1000: "1,000", 12408: "12,408", 1234567.5: "1,234,567.5", -1000: "−1,000"} {
		require.Equal(t, want, grouped(v))
	}
	require.Equal(t, notShared, figure(number(math.NaN())))
	require.Equal(t, notShared, figure(number(math.Inf(1))))
}

func TestMoneyIsShownInItsCurrency(t *testing.T) {
	for _, c := range []struct{ amount, currency, want string }{
		{"4120.50", "USD", "$4.1K"}, {"85.5", "GBP", "£86"}, {"4100000", "IDR", "IDR 4.1M"}, {"-20", "EUR", "−€20"}, {"", "USD", notShared},
		{" ", "USD", notShared}, {"NaN", "USD", "USD NaN"}, {"1e9", "USD", "USD 1e9"}, {"12", "", "12"}, {"0x10", "<b>", "&lt;b&gt; 0x10"},
		{"7", "*", "7 ∗"},
	} {
		require.Equal(t, c.want, money(workflow.Money{Amount: c.amount, Currency: c.currency}), c.amount)
	}
	require.Equal(t, "$4,120.50", exactMoney(workflow.Money{Amount: "4120.50", Currency: "USD"}))
}

func TestAShareIsShownInPerCent(t *testing.T) {
	for share, want := range map[string]string{
		"0.15": "15% commission", "0.155": "15.5% commission", "0.07": "7% commission", "0": "0% commission", "0.8": "80% commission",
		"": "", "15": "commission 15", "about *half*": "commission about ∗half∗",
	} {
		require.Equal(t, want, commission(share))
	}
}

func TestAMessageKeepsItsHashUntilItLooksDifferent(t *testing.T) {
	a := Card(facts(application()))
	require.Equal(t, a.Hash(), Card(facts(application())).Hash())

	other := application()
	other.Snapshot.Stock--
	require.NotEqual(t, a.Hash(), Card(facts(other)).Hash())
	require.NotEqual(t, a.Hash(), a.WithoutImages().Hash())
	require.NotEqual(t, a.Hash(), Message{Text: a.Text + " ", Blocks: a.Blocks}.Hash())
}

func TestWithoutItsImagesAMessageIsOtherwiseTheSame(t *testing.T) {
	picture := "https://p.example/a.jpeg"
	image := &slack.ImageBlockElement{Type: slack.METImage, ImageURL: &picture, AltText: "a"}
	m := Card(facts(application()))
	m.Blocks = append(m.Blocks,
		&slack.ImageBlock{Type: slack.MBTImage, ImageURL: picture, AltText: "a"},
		&slack.ContextBlock{Type: slack.MBTContext, ContextElements: slack.ContextElements{Elements: []slack.MixedElement{image}}},
		&slack.ContextBlock{Type: slack.MBTContext, ContextElements: slack.ContextElements{Elements: []slack.MixedElement{image, mrkdwn("b")}}})
	before := pretty(t, m.Blocks)

	bare := application()
	bare.Snapshot.Product.Picture = ""
	want := Card(facts(bare))
	want.Blocks = append(want.Blocks, aside("b"))
	require.Equal(t, want, m.WithoutImages())
	require.Equal(t, before, pretty(t, m.Blocks), "the message itself is left alone")
}

// beside is a creator who asks for the same again, and has two more open requests.
func beside() query.Beside {
	open := application()
	open.Key.ID, open.Card.Link, open.Snapshot.Product.Title = "5766536881352581781", "https://nimbus.slack.com/archives/C1/p1", "Garlic press"
	shipped := reportedAs(workflow.StatusShipped)
	shipped.Key.ID, shipped.Snapshot.Product.Title = "5766536881352581782", hostile
	return query.Beside{
		Repeat: query.Repeat{Asked: 2, Received: 1, Posted: 1, Last: query.Outcome{Stage: workflow.StageCompleted, At: noon}},
		Last:   query.Outcome{Stage: workflow.StageReject, At: noon.Add(24 * time.Hour)},
		Open:   []workflow.Application{open, shipped}, Total: 300,
	}
}

func TestTheHistoryOnACardSaysWhatDecides(t *testing.T) {
	once := query.Beside{Repeat: query.Repeat{Asked: 1, Last: query.Outcome{Stage: workflow.StageExpired, At: noon}}}
	once.Last = once.Repeat.Last
	date := "<!date^1795176000^{date_short}|2026-11-20 UTC>"
	require.Equal(t, []string{"↻ *Repeat:* same product and variant requested before (not received), last *expired* " + date, "", ""}, besideLines(once))
	lines := besideLines(beside())
	require.Equal(t, "↻ *Repeat:* same product and variant requested 2 times before (1 received, 1 posted), last *completed* "+date, lines[0])
	require.Equal(t, "Last request: *rejected* <!date^1795262400^{date_short}|2026-11-21 UTC>", lines[1])
	require.True(t, strings.HasPrefix(lines[2], "Also open: <https://nimbus.slack.com/archives/C1/p1|Garlic press> (pending), "), lines[2])
	require.True(t, strings.HasSuffix(lines[2], " (shipping), 298 more"), lines[2])
	require.Equal(t, []string{"", "", ""}, besideLines(query.Beside{}))
}

func TestTheOpenRequestsOfACreatorAreShownTogether(t *testing.T) {
	b := beside()
	f := TogetherFacts{Open: append([]workflow.Application{application()}, b.Open...), Total: 1 + b.Total, Undo: "10 seconds"}
	m := TogetherModal(f)
	lintModal(t, m)
	compare(t, "together", pretty(t, m))
	chosen, err := ParseBulkDecision(m.PrivateMetadata)
	require.NoError(t, err)
	require.Len(t, chosen.Targets, 2, "what was shipped cannot be decided")
	require.Equal(t, "Decide 2", m.Submit.Text)
	f.Open = f.Open[1:]
	require.Nil(t, TogetherModal(f).Submit, "one alone is decided on its card")
}
