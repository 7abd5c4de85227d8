package view

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/slack-go/slack"
	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

func autumn() workflow.Campaign {
	return workflow.Campaign{ID: "c1", Shop: "7495540735365777507", Name: "Autumn <kitchen>", Products: []workflow.ProductID{"1729", "1730"}, Channel: "C0AUTUMN01", Version: 4}
}

func member(state workflow.MemberState) workflow.Member {
	m := workflow.Member{Campaign: "c1", Creator: "id:o1", Shown: application().Snapshot.Creator, State: state, Answered: noon, Answer: "I'd love to!\nDo you have it in *sage*?"}
	if state == workflow.MemberNeedsSample || state == workflow.MemberNeedsNone {
		m.SampleAnswerBy, m.SampleAnswerAt = reviewer, noon
	}
	return m
}

func questions() map[string]Message {
	ask := func(state workflow.MemberState, more func(*QuestionFacts)) Message {
		f := QuestionFacts{Campaign: autumn(), Member: member(state)}
		if more != nil {
			more(&f)
		}
		return Question(f)
	}
	return map[string]Message{
		"question":        ask(workflow.MemberAnswered, nil),
		"question_yes":    ask(workflow.MemberNeedsSample, nil),
		"question_no":     ask(workflow.MemberNeedsNone, nil),
		"question_linked": ask(workflow.MemberNeedsSample, func(f *QuestionFacts) { f.Member.LinkedAt = shipBy }),
		"question_come": ask(workflow.MemberNeedsSample, func(f *QuestionFacts) {
			a := application()
			a.Card.Link = permalink
			f.Applications, f.Shop = []workflow.Application{a}, "Nimbus Home"
		}),
		"question_picture": ask(workflow.MemberAnswered, func(f *QuestionFacts) { f.Member.Answer = "" }),
		"question_hostile": ask(workflow.MemberAnswered, func(f *QuestionFacts) {
			f.Campaign.Name, f.Shop, f.Member.Answer = hostile, hostile, strings.Repeat(hostile, 30)
			f.Member.Shown = hostileApplication().Snapshot.Creator
		}),
	}
}

func campaignAnswers() map[string]Message {
	glow := workflow.Creator{Username: "glow.daily", Nickname: "Glow Daily"}
	reply := query.Standing{Member: member(workflow.MemberAnswered), Question: permalink}
	asked := CampaignStatusFacts{Funnel: query.FunnelOf(autumn(), append(standings(), reply), noon)}
	return map[string]Message{
		"campaigns_first":       Campaigns(CampaignsFacts{Rows: campaignRows(20), Total: 47}),
		"campaigns_last":        Campaigns(CampaignsFacts{Rows: campaignRows(7), Page: 2, Total: 47}),
		"campaigns_gone":        Campaigns(CampaignsFacts{Page: 2, Total: 20}),
		"campaigns_large":       Campaigns(CampaignsFacts{Rows: []query.CampaignRow{{Campaign: autumn(), Creators: 20_000}}, Total: 1}),
		"campaign_status_asked": CampaignStatus(asked),
		"campaign_unknown":      NoSuchCampaign("Atumn", "/campaign status Autumn <kitchen>"),
		"campaign_unknown_far":  NoSuchCampaign("<!channel>", ""),
		"campaign_add_usage":    AddUsage(),
		"campaign_added":        CreatorsAdded(AddedFacts{Campaign: autumn(), Added: []workflow.Creator{glow}}),
		"campaign_added_live":   CreatorsAdded(AddedFacts{Campaign: autumn(), Added: []workflow.Creator{glow}, Live: map[workflow.CreatorKey]bool{glow.KeyOf(autumn().Shop): true}}),
		"campaign_added_mixed": CreatorsAdded(AddedFacts{Campaign: autumn(), Shop: "Nimbus Home", Added: []workflow.Creator{glow, {Username: "kitchen_finds"}},
			There: []workflow.Creator{glow}, Wrong: []string{"<@U1>", "b&c"}}),
		"campaign_import":     ImportBegun("C0SAMPLES1", "Nimbus Home"),
		"campaign_import_bad": BadCollaboration("<!here>"),
		"campaign_archive":    ConfirmArchive(autumn(), "Nimbus Home"),
		"campaign_archived":   CampaignArchived(autumn()),
	}
}

func TestEveryAnswerAndQuestionOfCampaignsReadsAsItsGoldenFile(t *testing.T) {
	for _, all := range []map[string]Message{questions(), campaignAnswers()} {
		for name, m := range all {
			t.Run(name, func(t *testing.T) { requireGolden(t, name, m) })
		}
	}
}

func products(n int) []workflow.Product {
	all := make([]workflow.Product, n)
	for i := range all {
		id := fmt.Sprint(1729 + i)
		all[i] = workflow.Product{ID: workflow.ProductID(id), SKU: id + "00", Title: "Stand mixer " + id, Variant: "Sage <green>"}
	}
	return all
}

func campaignDialogs(t *testing.T) map[string]slack.ModalViewRequest {
	to := Correspondent{Shop: "7495540735365777507", Creator: "id:o1", Campaign: "c1"}
	send, ok := LinkSend(LinkSendFacts{
		LinkMeta: LinkMeta{To: to, Product: "1729", Link: "snssdk1180://request?product=1729&sku=172900"},
		Creator:  application().Snapshot.Creator, For: products(1)[0], Days: 7,
	})
	require.True(t, ok)
	worst, ok := LinkSend(LinkSendFacts{
		LinkMeta: LinkMeta{To: to, Product: "1729", Link: "snssdk1180://" + strings.Repeat("a&", 700)},
		Creator:  hostileApplication().Snapshot.Creator, For: hostileApplication().Snapshot.Product, Days: 14,
	})
	require.True(t, ok)
	cause := workflow.Failure{Code: 36009002, Fault: workflow.FaultBusy, Message: "too many requests", RequestID: "r1"}
	hostileCampaign := autumn()
	hostileCampaign.Name, hostileCampaign.Channel = hostile, ""
	return map[string]slack.ModalViewRequest{
		"edit":         EditModal(EditFacts{Campaign: autumn(), Products: products(1)}),
		"edit_many":    EditModal(EditFacts{Campaign: autumn(), Shop: "Nimbus Home", Products: products(101)}),
		"edit_bare":    EditModal(EditFacts{Campaign: workflow.Campaign{ID: "c1", Shop: "1", Name: "Gift ideas"}}),
		"edit_hostile": EditModal(EditFacts{Campaign: hostileCampaign, Shop: hostile, Products: []workflow.Product{{ID: "1", Title: hostile}, {ID: "2", Title: strings.Repeat("é", 300)}}}),
		"link":         LinkModal(LinkFacts{To: to, Creator: application().Snapshot.Creator, Products: products(2)}),
		"link_many":    LinkModal(LinkFacts{To: to, Creator: application().Snapshot.Creator, Products: products(101), Chosen: products(3)[2]}),
		"link_none":    LinkModal(LinkFacts{To: to, Creator: hostileApplication().Snapshot.Creator, Products: []workflow.Product{{ID: "1"}}}),
		"link_failed":  LinkModal(LinkFacts{To: to, Creator: application().Snapshot.Creator, Products: products(2), Chosen: products(2)[1], Days: 3, Failed: &cause}),
		"link_wait":    LinkWait(to),
		"link_send":    send,
		"link_hostile": worst,
	}
}

func TestEveryDialogOfCampaignsLooksAsItsGoldenFile(t *testing.T) {
	for name, view := range campaignDialogs(t) {
		t.Run(name, func(t *testing.T) {
			lintModal(t, view)
			compare(t, "dialog_"+name, pretty(t, view))
		})
	}
}

func TestALinkThatNoMessageHoldsIsNotOffered(t *testing.T) {
	_, ok := LinkSend(LinkSendFacts{LinkMeta: LinkMeta{Link: "snssdk1180://" + strings.Repeat("a", workflow.MaxMessage)}, Days: 7})
	require.False(t, ok)
}

func TestWhatTheMessageWithALinkIsAboutSurvivesItsJourney(t *testing.T) {
	want := LinkMeta{To: Correspondent{Shop: "1", Creator: "id:o1", Campaign: "c1"}, Product: "1729", Link: "snssdk1180://a?b=1&c=<2>"}
	got, err := ParseLinkMeta(want.String())
	require.NoError(t, err)
	require.Equal(t, want, got)
	require.Contains(t, want.String(), "&c=<2>", "an escape would take six times the room")
	for _, bad := range []string{"", "{}", "[]", `{"to":{"s":"1","c":"x","p":"c1"}}`} {
		_, err := ParseLinkMeta(bad)
		require.Error(t, err, bad)
	}
	edit, err := ParseEditMeta(EditModal(EditFacts{Campaign: autumn()}).PrivateMetadata)
	require.NoError(t, err)
	require.Equal(t, EditMeta{Campaign: "c1", Shop: "7495540735365777507", Seen: 4, Channel: "C0AUTUMN01"}, edit)
}

func TestTheMessageToACreatorSaysNothingOfTheCampaign(t *testing.T) {
	require.NotContains(t, pretty(t, campaignDialogs(t)["link_send"]), "Autumn")
}

func TestOptionsFitAnAcknowledgementWhateverTheNames(t *testing.T) {
	all := make([]workflow.Campaign, 150)
	for i := range all {
		all[i] = workflow.Campaign{ID: workflow.CampaignID(fmt.Sprintf("%026d", i)), Name: strings.Repeat("漢", workflow.MaxCampaignName)}
	}
	for name, o := range map[string]Options{
		"campaigns": CampaignOptions(all), "short": CampaignOptions(all[:3]), "none": CampaignOptions(nil),
		"products": ProductOptions(products(150)), "variants": VariantOptions(products(150)),
	} {
		size, err := json.Marshal(o)
		require.NoError(t, err)
		require.Less(t, len(size), 19_000, name)
		require.LessOrEqual(t, len(o.Options), MaxChoices)
	}
	require.Len(t, CampaignOptions(all[:3]).Options, 3)
	require.Greater(t, len(CampaignOptions(all).Options), 40)
	require.Equal(t, `{"options":[]}`, strings.TrimSpace(string(must(json.Marshal(CampaignOptions(nil))))))
}

func must(b []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return b
}

func TestTheNearestNameOfACampaignIsSuggested(t *testing.T) {
	names := []string{"Spring launch", "Spring lunch", "Autumn kitchen", "VIP"}
	for typed, want := range map[string]string{
		"spring lauch": "Spring launch", "SPRNG LUNCH": "Spring lunch", "kitchen": "Autumn kitchen", "autum": "Autumn kitchen", "vpi": "VIP",
		"winter": "", "": "", "x": "", strings.Repeat("a", 1000): "",
	} {
		got, _ := NearestName(typed, names)
		require.Equal(t, want, got, typed)
	}
}

func TestOnlyWhatAPersonAddedAndIsInReviewCanLeaveItsCampaign(t *testing.T) {
	in := application()
	in.Campaign, in.Joined = "c1", workflow.Joined{By: reviewer}
	b, ok := leaveButton(in)
	require.True(t, ok)
	require.Equal(t, `{"s":"7495540735365777507","a":"5766536881352581780","p":"c1"}`, b.Value)
	byItself, none, shipped := in, in, reportedAs(workflow.StatusShipped)
	byItself.Joined.By, none.Campaign, shipped.Campaign, shipped.Joined = "", "", "c1", in.Joined
	for _, a := range []workflow.Application{byItself, none, shipped} {
		_, ok := leaveButton(a)
		require.False(t, ok)
	}
}

func TestNoButtonOfAQuestionAsksForWhatCannotBe(t *testing.T) {
	for name, want := range map[string][]string{
		"question":        {ActionNeeded, ActionNotNeeded, ActionReply},
		"question_yes":    {ActionLink, ActionReply, ActionNotNeeded},
		"question_no":     {ActionReply, ActionNeeded},
		"question_linked": {ActionLink, ActionReply, ActionNotNeeded},
		"question_come":   {ActionReply},
	} {
		ids, _ := controlsOf(questions()[name])
		require.Equal(t, want, ids, name)
	}
	long := member(workflow.MemberAnswered)
	long.Creator = workflow.CreatorKey(strings.Repeat("x", maxValue))
	ids, _ := controlsOf(Question(QuestionFacts{Campaign: autumn(), Member: long}))
	require.Empty(t, ids, "a button that Slack would refuse takes the whole message with it")
}

func TestTheSpokenFunnelWritesItsNumbersAsTheFunnelDoes(t *testing.T) {
	all := slices.Repeat([]query.Standing{{Member: workflow.Member{Campaign: "c1", AddedAt: noon}}}, 1000)
	require.Contains(t, CampaignStatus(CampaignStatusFacts{Funnel: query.FunnelOf(autumn(), all, noon)}).Text, "1,000 creators, 1,000 Invited, 0 overdue")
}

func TestAPictureOfAFunnelTellsTheSameAsTheAnswer(t *testing.T) {
	f := CampaignStatusFacts{Funnel: query.FunnelOf(autumn(), standings(), noon), Shop: "Nimbus Home"}
	c := Funnel(f, reviewer)
	require.Equal(t, "Autumn <kitchen>", c.Title)
	require.Equal(t, "34 creators · 19 to decide · 4 to ship · 3 overdue", c.Subtitle)
	require.Equal(t, "Nimbus Home · As of 2026-11-20 12:00 UTC", c.Footer)
	require.Equal(t, FunnelBar{Stage: "Sample application review pending", Count: 19, Note: "19 to decide"}, c.Bars[2])
	sum := 0
	for _, b := range c.Bars {
		sum += b.Count
	}
	require.Equal(t, 34, sum)
	require.Contains(t, c.Alt, "Completed 4")
	lint(t, Aside(c.Comment))
	f.Campaign.Name, f.Shop = hostile, hostile
	lint(t, Aside(Funnel(f, "<x>").Comment))
}

func TestEveryRefusalOfAQuestionSaysWhatToDoNext(t *testing.T) {
	for _, r := range []workflow.Rule{workflow.RuleAlreadyAnswered, workflow.RuleApplied, workflow.RuleNotAsked, workflow.RuleNoMember, workflow.RuleNoCampaign} {
		for _, state := range []workflow.MemberState{workflow.MemberNeedsSample, workflow.MemberNeedsNone, workflow.MemberInvited} {
			lint(t, Aside(QuestionRefusal(workflow.Refusal{Rule: r, Member: member(state), Name: hostile})))
		}
	}
	for _, r := range []workflow.Rule{workflow.RuleCampaignName, workflow.RuleNameTaken, workflow.RuleSettingsChanged, workflow.RuleTooMany, workflow.RuleNoCampaign} {
		block, text := EditError(workflow.Refusal{Rule: r, Name: hostile})
		require.NotEmpty(t, block)
		require.NotEmpty(t, text)
	}
	for _, r := range []workflow.Rule{workflow.RuleEmptyNote, workflow.RuleTooLong, workflow.RuleNoCreator, workflow.RuleNoMember} {
		require.NotEmpty(t, MessageRefusal(workflow.Refusal{Rule: r}))
	}
}

func TestNothingThatOthersWriteBreaksWhatIsSaidOfCampaigns(t *testing.T) {
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 0))
	g := func() string { return gibberish(r) }
	t.Logf("seed %d", seed)
	for range 60 {
		c := workflow.Campaign{ID: "c1", Shop: "1", Name: g(), Products: []workflow.ProductID{workflow.ProductID(g())}}
		m := member(workflow.MemberAnswered)
		m.Answer, m.Shown, m.SampleAnswerBy = g(), workflow.Creator{Username: g(), Nickname: g()}, workflow.PersonID(g())
		all := []workflow.Product{{ID: "1", SKU: "2", Title: g(), Variant: g()}, {ID: workflow.ProductID(g()), SKU: g(), Title: g()}}
		for _, state := range []workflow.MemberState{workflow.MemberAnswered, workflow.MemberNeedsSample, workflow.MemberNeedsNone} {
			m.State = state
			lint(t, Question(QuestionFacts{Campaign: c, Member: m, Shop: g()}))
		}
		lint(t, CreatorsAdded(AddedFacts{Campaign: c, Shop: g(), Added: []workflow.Creator{m.Shown}, There: []workflow.Creator{m.Shown}, Wrong: []string{g()}}))
		lint(t, NoSuchCampaign(g(), g()))
		lint(t, ConfirmArchive(c, g()))
		lint(t, CampaignArchived(c))
		lint(t, BadCollaboration(g()))
		lint(t, ImportBegun(g(), g()))
		lintModal(t, EditModal(EditFacts{Campaign: c, Shop: g(), Products: all}))
		cause := workflow.Failure{Message: g(), RequestID: g()}
		lintModal(t, LinkModal(LinkFacts{To: Correspondent{Shop: "1", Creator: "x"}, Creator: m.Shown, Products: all, Failed: &cause}))
		if dialog, ok := LinkSend(LinkSendFacts{LinkMeta: LinkMeta{Link: "snssdk1180://a"}, Creator: m.Shown, For: all[0], Days: 3}); ok {
			lintModal(t, dialog)
		}
		_, _, comment := LinkPictureWords(m.Shown, m.SampleAnswerBy)
		lint(t, Aside(comment))
	}
}
