package view

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

// wrote is a message of the team's in that state.
func wrote(s workflow.MessageState, c workflow.Failure) MessageFacts {
	return MessageFacts{Creator: application().Snapshot.Creator, Notice: workflow.Notice{
		ID: "message/U0MEMBER01/V1", Shop: "7495540735365777507", Kind: workflow.KindMessage, Application: "5766536881352581780", Creator: "id:o1",
		Message: &workflow.Message{
			Text: "Hello!\n\nWe would love to see the mixer in your kitchen.", By: reviewer, At: noon, State: s, Sent: noon.Add(7 * time.Second), Failure: c,
		},
	}}
}

func said(kind, text string) workflow.Payload {
	creator := application().Snapshot.Creator
	return workflow.Payload{
		Kind: workflow.KindMessage, At: noon, Creator: &creator, CreatorKey: "id:o1",
		Inbound: &workflow.InboundMessage{ID: "7", Kind: kind, Text: text, FromCreator: true, At: noon},
	}
}

var correspondent = Correspondent{Shop: "7495540735365777507", Creator: "id:o1", Application: "5766536881352581780"}

func TestAMessageToACreatorTellsHowFarItGot(t *testing.T) {
	for name, f := range map[string]MessageFacts{
		"message_waiting":    wrote(workflow.MessageWaiting, workflow.Failure{}),
		"message_sent":       wrote(workflow.MessageSent, workflow.Failure{}),
		"message_unanswered": wrote(workflow.MessageWaiting, workflow.Failure{Code: 16030100, Fault: workflow.FaultQuota, Message: "5 messages went out", RequestID: "R1"}),
		"message_day_over":   wrote(workflow.MessageWaiting, workflow.Failure{Code: 45101004, Fault: workflow.FaultDay, Message: "enough", RequestID: "R2"}),
		"message_scope":      wrote(workflow.MessageWaiting, workflow.Failure{Code: 105005, Fault: workflow.FaultScope, Message: "access scope is not granted", RequestID: "R3"}),
		"message_lost":       wrote(workflow.MessageWaiting, workflow.Failure{Message: "TikTok did not answer"}),
		"message_region":     wrote(workflow.MessageRefused, workflow.Failure{Code: 16032001, Fault: workflow.FaultRegion, Message: "other region", RequestID: "R4"}),
		"message_refused":    wrote(workflow.MessageRefused, workflow.Failure{Code: 999, Message: "No such <!channel>"}),
		"message_nobody":     wrote(workflow.MessageRefused, workflow.Failure{Message: string(workflow.RuleNoCreator)}),
	} {
		t.Run(name, func(t *testing.T) { requireGolden(t, name, MessageToCreator(f)) })
	}
	f := wrote(workflow.MessageSent, workflow.Failure{})
	f.Notice.Message.By, f.Shop = "", "Glow Shop"
	requireGolden(t, "message_shop", MessageToCreator(f))
}

func TestOnlyARefusedMessageCanBeTriedAgain(t *testing.T) {
	for _, s := range []workflow.MessageState{workflow.MessageWaiting, workflow.MessageSent, workflow.MessageRefused} {
		shown := strings.Contains(pretty(t, MessageToCreator(wrote(s, workflow.Failure{Code: 1}))), ActionResend)
		require.Equal(t, s == workflow.MessageRefused, shown, "%s", s)
	}
}

func TestACreatorsWordsAreQuotedWithAReplyButton(t *testing.T) {
	requireGolden(t, "heard", Heard(said("TEXT", "Hi!\nWhen will it ship? > soon & *free*"), correspondent))
	requireGolden(t, "heard_picture", Heard(said("IMAGE", "(a picture)"), correspondent))
	requireGolden(t, "heard_nothing", Heard(said("TEXT", " \n"), correspondent))
	channel := said("TEXT", "Yes, please")
	channel.Shop, channel.Campaign = "Glow Shop", "Autumn kitchen"
	requireGolden(t, "heard_channel", Heard(channel, Correspondent{Shop: "1", Creator: "id:o1", Campaign: "c1"}))
	lint(t, Heard(workflow.Payload{Kind: workflow.KindMessage}, Correspondent{}))
}

func TestALongAnswerIsCutWithAnEllipsis(t *testing.T) {
	m := Heard(said("TEXT", strings.Repeat("word & more ", 500)), correspondent)
	lint(t, m)
	require.Contains(t, pretty(t, golden(m)), "…")
}

func TestTheMessageDialogShowsTheLastMessages(t *testing.T) {
	f := MessageModalFacts{To: correspondent, Creator: application().Snapshot.Creator, Product: application().Snapshot.Product}
	lintModal(t, MessageModal(f))
	for i, text := range []string{"too long ago", "Hello!", "Hi, who is this?", "The *team* of Glow Shop", "Great\nthanks"} {
		e := query.Exchanged{At: noon.Add(time.Duration(i) * time.Minute), Text: text}
		if i%2 == 0 {
			e.By = reviewer
		}
		f.Recent = append(f.Recent, e)
	}
	view := MessageModal(f)
	lintModal(t, view)
	compare(t, "modal_message", pretty(t, view))
}

func TestHostileMessagesFitEverywhere(t *testing.T) {
	long := strings.Repeat(hostile+"\n", 30)
	creator := hostileApplication().Snapshot.Creator
	f := wrote(workflow.MessageRefused, workflow.Failure{Code: 999, Message: long, RequestID: long})
	f.Creator, f.Shop, f.Notice.Message.Text, f.Notice.Message.By = creator, long, long, workflow.PersonID(long)
	requireGolden(t, "message_hostile", MessageToCreator(f))
	f.Notice.ID, f.Notice.Message.Failure.Code = workflow.NoticeID(long), 0
	lint(t, MessageToCreator(f))

	s := said(long, long)
	s.Creator, s.Shop, s.Campaign = &creator, long, long
	requireGolden(t, "heard_hostile", Heard(s, Correspondent{Shop: "1", Creator: workflow.CreatorKey(long)}))

	modal := MessageModalFacts{To: correspondent, Creator: creator, Product: hostileApplication().Snapshot.Product}
	for range 9 {
		modal.Recent = append(modal.Recent, query.Exchanged{Text: long}, query.Exchanged{By: workflow.PersonID(long), Text: "\x00"})
	}
	lintModal(t, MessageModal(modal))
}

func TestAMessageThatIsRefusedSaysWhatToDoNext(t *testing.T) {
	for _, r := range []workflow.Rule{workflow.RuleEmptyNote, workflow.RuleTooLong, workflow.RuleNoCreator, workflow.RuleNothingFailed, workflow.RuleNoApplication} {
		said := MessageRefusal(workflow.Refusal{Rule: r, Name: hostile})
		require.NotEqual(t, Refusal(workflow.Refusal{Rule: "a rule to come"}, ""), said, "%s", r)
		lint(t, Aside(said))
	}
}

func FuzzWhatCreatorsWrite(f *testing.F) {
	f.Add("TEXT", hostile, "glow.daily", "id:1")
	f.Add("", "\n> \u202e", "<!here>", strings.Repeat("x", 3000))
	f.Fuzz(func(t *testing.T, kind, text, name, key string) {
		s := said(kind, text)
		s.Creator = &workflow.Creator{Username: name, Nickname: text}
		s.Campaign, s.Shop = name, text
		lint(t, Heard(s, Correspondent{Shop: "1", Creator: workflow.CreatorKey(key), Application: workflow.ApplicationID(name)}))
		m := wrote(workflow.MessageRefused, workflow.Failure{Code: len(text), Message: text, RequestID: name})
		m.Creator, m.Notice.Message.Text = *s.Creator, text
		if utf8.ValidString(key) {
			m.Notice.ID = workflow.NoticeID(key)
		}
		lint(t, MessageToCreator(m))
	})
}

func TestNothingThatAdminsOrCreatorsWriteBreaksTemplates(t *testing.T) {
	var all []workflow.Template
	for n := range workflow.MaxTemplates {
		all = append(all, workflow.Template{ID: workflow.TemplateID(fmt.Sprint("t", n)), Name: cut(strings.Repeat(hostile, 20), workflow.MaxTemplateName), Text: cut(strings.Repeat(hostile, 99), workflow.MaxMessage), Version: 1})
	}
	meta := TemplateMeta{Shop: "1", Overview: "V1", List: "V2", ID: all[0].ID}
	lintModal(t, Templates(TemplatesFacts{Meta: meta, Shop: strings.Repeat(hostile, 20), Templates: all}))
	lintModal(t, Templates(TemplatesFacts{Meta: meta}))
	lintModal(t, TemplateModal(meta, all[0]))
	lintModal(t, TemplateModal(TemplateMeta{Shop: "1"}, workflow.Template{}))

	c := hostileApplication().Snapshot
	choice, text := TemplateChoice{Templates: all}.Filled(workflow.Template{ID: "t1", Text: strings.Repeat("{creator} {product} {campaign}", 99)}, c.Creator, c.Product, strings.Repeat(hostile, 20))
	require.LessOrEqual(t, utf8.RuneCountInString(text), workflow.MaxMessage)
	lintModal(t, MessageModal(MessageModalFacts{To: correspondent, Creator: c.Creator, Text: text, Choice: choice, Warning: AnsweredWarning(workflow.HandledAnswer{By: reviewer, At: noon})}))
	a := hostileApplication()
	a.Snapshot.Creator.OpenID = "1"
	lintModal(t, RejectModal(RejectFacts{Application: a, Meta: RejectMeta{Target: Target{Key: a.Key}, Template: "t1"}, Typed: Rejection{Words: text, Send: true}, Choice: choice}))
	send, ok := LinkSend(LinkSendFacts{LinkMeta: LinkMeta{To: correspondent, Link: "snssdk1180://" + strings.Repeat("a&", 700)}, Creator: c.Creator, Text: text, Choice: choice, For: c.Product})
	require.True(t, ok)
	lintModal(t, send)
	for _, r := range []workflow.Rule{
		workflow.RuleTemplateName, workflow.RuleTemplateTaken, workflow.RuleTooMany, workflow.RuleNoTemplate, workflow.RuleSettingsChanged,
		workflow.RuleTemplateWord, workflow.RuleEmptyNote, workflow.RuleTooLong,
	} {
		block, sentence, known := TemplateError(workflow.Refusal{Rule: r, Name: hostile})
		require.True(t, known, r)
		require.NotEmpty(t, block)
		require.NotEmpty(t, sentence)
	}
}
