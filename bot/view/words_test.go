package view

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

func TestDataIsMadeHarmless(t *testing.T) {
	for in, want := range map[string]string{
		"Glow Daily":                      "Glow Daily",
		"<!channel> & <@U1>":              "&lt;!channel&gt; &amp; &lt;@U1&gt;",
		"*bold* ~no~ `code`":              "∗bold∗ ∼no∼ ˋcodeˋ",
		"kitchen_finds _loud_ a__b":       "kitchen_finds ˍloudˍ aˍˍb",
		":tada: 12:30 d: e:":              "∶tada: 12∶30 d: e∶",
		"a\n\tb\r\u2028c\u00a0 d":         "a b c d",
		"a\u202eb\u2066c\u200ed\u00ad":    "abcd",
		"a\x00b\x1b[1m":                   "ab[1m",
		"\xff\xfea":                       "\ufffda",
		"\u3164\u2800\u115f":              "",
		"👩\u200d🍳 cooks":                  "👩\u200d🍳 cooks",
		"\u200d a \u200d\u200d b\u200d":   "a b",
		"می\u200cخواهم":                   "می\u200cخواهم",
		"e\u0301\u0301\u0301\u0301\u0301": "e\u0301\u0301\u0301\u0301",
	} {
		require.Equal(t, want, data(in, 60), "%q", in)
	}
}

func TestInASentenceThatMayBeSentWithoutBlocksNothingComesAlive(t *testing.T) {
	require.Equal(t, "＠everyone ♯general https∶//evil.example", spoken("@everyone #general https://evil.example", 60))
}

func TestALinkCannotBeBrokenByItsLabel(t *testing.T) {
	require.Equal(t, "<https://a.example/?a=1&amp;b=2|a¦b &gt;>", linkTo("https://a.example/?a=1&b=2", label("a|b >", 60)))
	require.Equal(t, "a", linkTo("javascript:alert(1)", "a"))
	require.Equal(t, "a", linkTo("https://a.example/|x>", "a"))
}

func TestTextIsCutByCodePointsAndNotWithinACharacter(t *testing.T) {
	for _, c := range []struct {
		in   string
		most int
		want string
	}{
		{"abcdef", 6, "abcdef"},
		{"abcdefg", 6, "abcde…"},
		{"abcd  efg", 6, "abcd…"},
		{"äöüäöü", 4, "äöü…"},
		{"ab👩\u200d🍳cd", 4, "ab…"},
		{"ab👩\u200d🍳cd", 6, "ab👩\u200d🍳…"},
		{"ab👍🏽cd", 4, "ab…"},
		{"abe\u0301cd", 4, "ab…"},
		{"a🇬🇧🇩🇪", 3, "a…"},
		{"a🇬🇧🇩🇪b", 4, "a🇬🇧…"},
		{"❤\ufe0f\u200d🔥", 2, "❤…"},
	} {
		require.Equal(t, c.want, cut(c.in, c.most), "%q to %d", c.in, c.most)
	}
}

func TestDataIsNeverMuchLongerThanAllowed(t *testing.T) {
	for _, s := range []string{strings.Repeat("&", 500), strings.Repeat("<>", 500), strings.Repeat("a&", 500), strings.Repeat("e\u0301", 500)} {
		for _, most := range []int{1, 2, 10, 60} {
			require.LessOrEqual(t, utf8.RuneCountInString(data(s, most)), max(2*most, 5), s[:10])
		}
	}
}

func TestPersonsAreMentionedByTheirIdOnly(t *testing.T) {
	require.Equal(t, "<@U0MEMBER01>", person(reviewer))
	require.Equal(t, "somebody", person(""))
	require.Equal(t, "somebody", person("U1> <!channel"))
}

func TestEveryReasonHasItsPlainWords(t *testing.T) {
	require.Equal(t, "Doesn't fit what we look for", ReasonText(workflow.NotMatch))
	require.Equal(t, "Product taken offline", ReasonText(workflow.Offline))
	require.Equal(t, "Out of stock", ReasonText(workflow.OutOfStock))
	require.Equal(t, "Another reason", ReasonText(workflow.Other))
	require.Equal(t, "NEW_REASON", ReasonText("NEW_REASON"))
	require.Len(t, reasons, len(workflow.Reasons))
}

func TestACauseIsToldInPlainWordsOrInTikToksOwn(t *testing.T) {
	require.Equal(t, "the shop has to be connected again", why(workflow.Failure{Code: 105001, Fault: workflow.FaultReconnect, Message: "x"}))
	require.Equal(t, "“quota of ∗this∗ SKU”", why(workflow.Failure{Code: 16009999, Message: "quota of *this* SKU"}))
	require.Equal(t, "TikTok gave code 7 and no message", why(workflow.Failure{Code: 7}))
	require.Equal(t, "no reason was given", why(workflow.Failure{}))
	require.Equal(t, "TikTok's code 105001 · “x” · request abc", support(workflow.Failure{Code: 105001, Fault: workflow.FaultReconnect, Message: "x", RequestID: "abc"}))
	require.Equal(t, "TikTok's code 7", support(workflow.Failure{Code: 7, Message: "quoted already"}))
	require.Empty(t, support(workflow.Failure{Message: "the line broke"}))
}

func TestWhatACreatorHadBeforeIsOneLine(t *testing.T) {
	for want, p := range map[string]query.Record{
		"First request":                                                                   {},
		"1 request before: none approved":                                                 {Asked: 1},
		"2 requests before: 1 approved":                                                   {Asked: 2, Approved: 1},
		"3 requests before: 2 approved, 2 received, none posted":                          {Asked: 3, Approved: 2, Received: 2},
		"3 requests before: 2 approved, 2 received, 1 posted":                             {Asked: 3, Approved: 2, Received: 2, Posted: 1},
		"3 requests before: 2 approved, 2 received, 1 posted, 1,240 paid orders":          {Asked: 3, Approved: 2, Received: 2, Posted: 1, Sold: workflow.OptionalNumber{Value: 1240, Shared: true}},
		"1 request before: 1 approved, 1 received, 1 posted, 0 paid orders":               {Asked: 1, Approved: 1, Received: 1, Posted: 1, Sold: workflow.OptionalNumber{Shared: true}},
		"1 earlier request ended, not the creator's fault; 1 paid order":                  {Lost: 1, Sold: workflow.OptionalNumber{Value: 1, Shared: true}},
		"1 earlier request ended, not the creator's fault":                                {Lost: 1},
		"1 request before: 1 approved; 2 earlier requests ended, not the creator's fault": {Asked: 1, Approved: 1, Lost: 2},
	} {
		require.Equal(t, want, recordLine(p))
	}
}

func TestTheRecordOfACreatorTellsWhatTheySoldAndKeepsApartWhatWasLostWithoutThem(t *testing.T) {
	require.Equal(t, []string{
		"Requested 4 samples · approved 3 · received 3 · posted for 2 (3 pieces of content) · 17 paid orders",
		"Not counted because it wasn't the creator's fault: Expired 2, Not shipped in time 1",
	}, recordLines(query.Record{
		Asked: 4, Approved: 3, Received: 3, Posted: 2, Pieces: 3, Lost: 3, Sold: workflow.OptionalNumber{Value: 17, Shared: true},
		Losses: map[workflow.Stage]int{workflow.StageExpired: 2, workflow.StageNotShipped: 1},
	}))
	require.Equal(t, []string{"Requested 1 sample · approved 0 · received 0 · posted for 0"}, recordLines(query.Record{Asked: 1}))
}

func TestATargetSurvivesItsJourney(t *testing.T) {
	want := Target{Key: workflow.Key{Shop: "7495540735365777507", ID: "5766536881352581780"}, Round: 12}
	require.Equal(t, "decide:7495540735365777507/5766536881352581780:12", want.String())
	got, err := ParseTarget(want.String())
	require.NoError(t, err)
	require.Equal(t, want, got)
	for _, bad := range []string{"", "decide:", "decide:1/2", "decide:1/2:", "decide:1/2:-1", "decide:1/2:x", "decide:/2:1", "decide:1/2/3:1", "other:1/2:3", "1/2:3"} {
		_, err := ParseTarget(bad)
		require.Error(t, err, bad)
	}
}
