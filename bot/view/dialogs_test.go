package view

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/slack-go/slack"
	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

func rejectDialogs() map[string]RejectFacts {
	target := Target{Key: application().Key, Round: 3}
	suggested := Rejection{Reason: workflow.OutOfStock, Words: Suggestion(workflow.OutOfStock, application().Snapshot.Product)}
	long := strings.Repeat(hostile, 20)
	return map[string]RejectFacts{
		"reject_dialog": {Application: application(), Undo: "10 seconds", Meta: RejectMeta{Target: target, Suggested: workflow.OutOfStock}, Typed: suggested},
		"reject_dialog_moved": {Application: application(), Moved: true, Meta: RejectMeta{Target: target, Suggested: workflow.NotMatch},
			Typed: Rejection{Reason: workflow.Other, Note: "Asked twice.", Words: "All the best!", Send: true}},
		"reject_dialog_unwritable": {Application: cards()["card_bare"].Application, Meta: RejectMeta{Target: target}, Typed: Rejection{Reason: workflow.NotMatch}},
		"reject_dialog_hostile": {Application: hostileApplication(), Undo: "1 minute", Meta: RejectMeta{Target: target, Suggested: workflow.Reason(hostile[:50])},
			Typed: Rejection{Reason: workflow.Reason(hostile), Note: clean(long), Words: Suggestion(workflow.Other, hostileApplication().Snapshot.Product)}},
	}
}

func TestEveryDialogOfARejectionLooksAsItsGoldenFile(t *testing.T) {
	for name, f := range rejectDialogs() {
		t.Run(name, func(t *testing.T) {
			view := RejectModal(f)
			lintModal(t, view)
			compare(t, name, pretty(t, view))
			meta, err := ParseRejectMeta(view.PrivateMetadata)
			require.NoError(t, err)
			require.Equal(t, f.Meta, meta)
		})
	}
}

func TestTheDialogOfANoteLooksAsItsGoldenFile(t *testing.T) {
	for name, f := range map[string]NoteFacts{
		"note_dialog": {Application: application(), Text: "The parcel came back."}, "note_dialog_asks": {}, "note_dialog_hostile": {Application: hostileApplication()},
	} {
		t.Run(name, func(t *testing.T) {
			view := NoteModal(f, "C0SAMPLES1")
			lintModal(t, view)
			compare(t, name, pretty(t, view))
			meta, err := ParseNoteMeta(view.PrivateMetadata)
			require.NoError(t, err)
			require.Equal(t, NoteMeta{Key: f.Application.Key, Channel: "C0SAMPLES1"}, meta)
		})
	}
}

func TestWhatADialogIsAboutIsReadWithCare(t *testing.T) {
	for _, bad := range []string{"", "{", `{"target":"x"}`, `{"target":"decide:a/b:-1"}`} {
		_, err := ParseRejectMeta(bad)
		require.Error(t, err, bad)
	}
	for _, bad := range []string{"", "{", `{"key":"x"}`} {
		_, err := ParseNoteMeta(bad)
		require.Error(t, err, bad)
	}
}

func TestADialogThatCouldNotBeKeptGivesTheWordsBack(t *testing.T) {
	m := Rejection{Note: "for us", Words: "for the creator", Send: true}.NotDone("Too late.")
	lint(t, Message{Text: "the same", Blocks: m.Blocks.BlockSet})
	shown := pretty(t, m)
	for _, want := range []string{"Too late.", "for us", "for the creator"} {
		require.Contains(t, shown, want)
	}
	unticked := pretty(t, Rejection{Words: "suggested"}.NotDone("Too late."))
	require.NotContains(t, unticked, "suggested", "what would not have been sent is not missed")
	lint(t, Message{Text: "the same", Blocks: NotDone("Too late.", strings.Repeat(hostile, 30)).Blocks.BlockSet})
}

func TestSuggestedWordsAreAMessageThatCanBeSent(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range workflow.Reasons {
		words := Suggestion(r, application().Snapshot.Product)
		require.False(t, seen[words])
		seen[words] = true
		require.Contains(t, words, "Stand mixer & bowl, 5 l")
		text, err := workflow.NoteText(Suggestion(r, hostileApplication().Snapshot.Product), workflow.MaxMessage)
		require.NoError(t, err)
		require.Equal(t, Suggestion(r, hostileApplication().Snapshot.Product), text)
	}
}

func TestAReasonIsReadForgivingly(t *testing.T) {
	for typed, want := range map[string]struct {
		reason workflow.Reason
		rest   string
	}{
		"1": {workflow.NotMatch, ""}, " 2 ": {workflow.Offline, ""}, "#3": {workflow.OutOfStock, ""}, "4.": {workflow.Other, ""},
		"NOT_MATCH": {workflow.NotMatch, ""}, "OFFLINE": {workflow.Offline, ""}, "out_of_stock": {workflow.OutOfStock, ""}, "OTHER": {workflow.Other, ""},
		"Doesn't fit what we look for": {workflow.NotMatch, ""}, "doesn’t fit": {workflow.NotMatch, ""}, "does not fit": {workflow.NotMatch, ""},
		"dosent fit": {workflow.NotMatch, ""}, "no fit": {workflow.NotMatch, ""}, "Product taken offline": {workflow.Offline, ""},
		"ofline": {workflow.Offline, ""}, "oos": {workflow.OutOfStock, ""}, "sold out": {workflow.OutOfStock, ""}, "Out of stock!": {workflow.OutOfStock, ""},
		"out of sotck": {workflow.OutOfStock, ""}, "Another reason": {workflow.Other, ""}, "anotehr reason": {workflow.Other, ""},
		"out of stock, back in May": {workflow.OutOfStock, "back in May"}, "other: asked too often": {workflow.Other, "asked too often"},
		"oos - we have none": {workflow.OutOfStock, "we have none"},
	} {
		reason, rest, ok := ParseReason(typed)
		require.True(t, ok, typed)
		require.Equal(t, want.reason, reason, typed)
		require.Equal(t, want.rest, rest, typed)
	}
	for _, typed := range []string{"", " ", "5", "0", "12", "3 pieces", "because", "x", "no", "<!channel>", "\xff", strings.Repeat("out of ", 500), "the creator"} {
		_, _, ok := ParseReason(typed)
		require.False(t, ok, typed)
	}
}

func TestTheWordsOfAReasonBelongToNoOther(t *testing.T) {
	seen := map[string]workflow.Reason{}
	for r, phrases := range typed {
		for _, p := range phrases {
			require.Equal(t, p, fold(p))
			require.Empty(t, seen[p], p)
			seen[p] = r
			got, rest, ok := ParseReason(p)
			require.True(t, ok, p)
			require.Equal(t, [2]string{string(r), ""}, [2]string{string(got), rest}, p)
		}
	}
	for _, r := range workflow.Reasons {
		got, _, ok := ParseReason(ReasonText(r))
		require.True(t, ok)
		require.Equal(t, r, got, "a reason is known by the words on screen")
	}
}

// tellings are entries of the history about what people said, and who was on it.
func tellings(text string) (all []workflow.Entry) {
	by := workflow.Actor{Person: reviewer, Surface: workflow.FromThread}
	for _, kind := range []workflow.EventKind{
		workflow.OnOnItBegan, workflow.OnOnItEnded, workflow.OnNoted, workflow.OnMessageWritten, workflow.OnMessageHeldUp, workflow.OnMessageRefused,
		workflow.OnRetried, workflow.OnMessageSent, workflow.OnMessageReceived, workflow.OnCampaignLeft, workflow.OnRejected,
	} {
		all = append(all, workflow.Entry{At: noon, Event: kind, By: by, Verdict: workflow.Reject, Reason: workflow.Other, Campaign: "c1", Text: text, Message: text, Failure: workflow.Failure{Code: 16030100, Fault: workflow.FaultQuota}})
	}
	all = append(all, workflow.Entry{At: noon, Event: workflow.OnAssigned, By: by, Assigned: admin}, workflow.Entry{At: noon, Event: workflow.OnAssigned, Assigned: admin})
	return append(all, workflow.Entry{At: noon, Event: workflow.OnMessageReceived})
}

func lists() map[string]Message {
	several := rows(3, application(), permalink)
	several[1].Application.Snapshot.Status = workflow.StatusCompleted
	reject := &Pick{Verdict: workflow.Reject, Reason: workflow.OutOfStock, Note: "twice"}
	return map[string]Message{
		"pick_reject":        Show(ShowFacts{Asked: "@glow.daily", Found: several, Total: 3, Pick: reject}),
		"pick_page":          Show(ShowFacts{Asked: "@glow.daily", Found: rows(ShowPageSize, application(), permalink), Total: 34, Page: 1, Pick: &Pick{Verdict: workflow.Approve}}),
		"pick_hostile":       Show(ShowFacts{Asked: hostile, Found: rows(ShowPageSize, hostileApplication(), permalink), Total: 34, Page: 1, Pick: &Pick{Verdict: workflow.Reject, Reason: workflow.Other, Note: strings.Repeat("x", 2000)}}),
		"show_told":          Show(ShowFacts{Found: []query.Row{{Application: cardAt(application(), permalink)}}, History: tellings("Asked *twice* & again"), Campaigns: map[workflow.CampaignID]string{"c1": "Autumn kitchen"}}),
		"show_told_hostile":  Show(ShowFacts{Found: []query.Row{{Application: cardAt(hostileApplication(), permalink)}}, History: tellings(strings.Repeat("<&", 2000)), Campaigns: map[workflow.CampaignID]string{"c1": hostile}}),
		"show_gone":          Show(ShowFacts{Asked: "x", Total: 5, Page: 3}),
		"show_near":          Show(ShowFacts{Asked: "glow.dialy", Near: "glow.daily"}),
		"none_waits":         NoneWaits(2),
		"briefly_queued":     Briefly(query.Row{Application: cardAt(cards()["card_queued_reject"].Application, permalink), Shop: "Nimbus Home"}, "until <May>"),
		"briefly_pending":    Briefly(query.Row{Application: cardAt(application(), permalink)}, ""),
		"briefly_hostile":    Briefly(query.Row{Application: hostileApplication(), Shop: hostile}, strings.Repeat(hostile, 20)),
		"reasons_typed":      ReasonsTyped("because", "/samples reject 7KQ2M"),
		"reasons_hostile":    ReasonsTyped(hostile, "/samples reject "+hostile),
		"mention_help":       MentionHelp(true),
		"mention_elsewhere":  MentionHelp(false),
		"mention_near":       MentionUnknown("aprove"),
		"mention_far":        MentionUnknown(hostile),
		"mention_noted":      Noted(application()),
		"mention_no_note":    NoteMissing(),
		"aside_others_look":  Aside(OthersLook(workflow.OnIt{By: reviewer, At: noon})),
		"aside_undo_joining": Aside(Refusal(workflow.Refusal{Rule: workflow.RuleNotYourJoin, Application: cards()["card_in_campaign"].Application}, "")),
	}
}

func TestEveryListAndShortAnswerReadsAsItsGoldenFile(t *testing.T) {
	for name, m := range lists() {
		t.Run(name, func(t *testing.T) {
			requireGolden(t, name, m)
			require.Len(t, m.Answers(), 1)
		})
	}
}

func TestWhatCannotBeDecidedHasNoButtonToPickIt(t *testing.T) {
	picks := 0
	for _, b := range lists()["pick_reject"].Blocks {
		if s, ok := b.(*slack.SectionBlock); ok && s.Accessory != nil {
			_, target, err := ParsePick(s.Accessory.ButtonElement.Value)
			require.NoError(t, err)
			require.Equal(t, 3, target.Round)
			picks++
		}
	}
	require.Equal(t, 2, picks)
}

func TestAQuotationFitsASection(t *testing.T) {
	for _, words := range []string{"", "a", "a\n\n\nb", strings.Repeat("&\n", 3000), strings.Repeat("<", 5000), strings.Repeat(hostile, 50)} {
		q := quote(words, workflow.MaxNote)
		require.LessOrEqual(t, utf8.RuneCountInString(q), maxQuote)
		for line := range strings.SplitSeq(q, "\n") {
			require.True(t, strings.HasPrefix(line, "> "), line)
		}
	}
	require.Equal(t, "> a\n> b", quote("a\r\n \nb", 10))
	require.Equal(t, "> abc…", quote("abcdef", 4))
}

func TestASpanOfTimeIsPutInWords(t *testing.T) {
	for d, want := range map[string]string{"10s": "10 seconds", "1s": "1 second", "90s": "90 seconds", "2m": "2 minutes", "1m": "1 minute", "1500ms": "2 seconds"} {
		require.Equal(t, want, Lasting(parse(t, d)))
	}
}

func parse(t *testing.T, span string) time.Duration {
	t.Helper()
	d, err := time.ParseDuration(span)
	require.NoError(t, err)
	return d
}
