package view

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

// worst is what is said of one kind with the longest that others can write in every place: what lists something may go
// on, and what is edited in place or asks something stands on one page.
func worst() (listing, single map[string]Message) {
	long, a := strings.Repeat(hostile, 60), hostileApplication()
	who := workflow.PersonID(strings.Repeat("U", 40))
	creator := a.Snapshot.Creator
	s := workflow.Payload{
		By: who, UndoneBy: who, At: noon, Reason: workflow.Reason(long), OrderID: long, Tracking: long, ShipBy: noon, Campaign: long,
		Failure: workflow.Failure{Code: 999, Message: long, RequestID: long}, Waiting: 1000, DueSoon: 1000, NextDue: noon, Shop: long, Back: long,
		Text: long, Unsent: long, Inbound: &workflow.InboundMessage{Text: long, Kind: long, At: noon}, Creator: &creator, Stage: workflow.Stage(long),
	}
	for range 40 {
		s.Items = append(s.Items, workflow.Item{Creator: creator, Product: a.Snapshot.Product, By: noon, Link: "https://a.example/" + strings.Repeat("a", 280)})
	}
	many := Entitled{}
	for range 40 {
		many.People, many.Groups = append(many.People, who), append(many.Groups, workflow.GroupID(who))
	}
	a.Snapshot.Product.Picture = "https://a.example/" + strings.Repeat("a", 2000)
	listing = map[string]Message{
		"deadlines": Deadlines(DeadlinesFacts{Agenda: workflow.Agenda{Deadline: workflow.ReviewDeadline, Count: 10_000}, Rows: []workflow.Application{a}, Shop: long, Named: many, Unnamed: long}), "shipments": Shipments(ShipmentsFacts{Payload: s, Days: 1000}),
	}
	single = map[string]Message{
		"card":     Card(CardFacts{Application: a, Campaign: long, Shop: long, Region: long}),
		"assigned": Assigned(AssignedFacts{Row: query.Row{Application: a, Shop: long}, By: who}),
		"heard":    Heard(s, Correspondent{Shop: "1", Creator: "2"}),
		"message": MessageToCreator(MessageFacts{Creator: creator, Shop: long, Notice: workflow.Notice{ID: "1", Message: &workflow.Message{
			By: who, Text: long[:workflow.MaxMessage], State: workflow.MessageRefused, Failure: s.Failure,
		}}}),
		"question": Question(QuestionFacts{Campaign: workflow.Campaign{Name: long}, Member: workflow.Member{Shown: creator}, Shop: long, Applications: []workflow.Application{a, a, a}}),
		"content":  Content(ContentFacts{Content: workflow.Content{Format: long, Link: "https://a.example/" + strings.Repeat("a", 2000), Text: long, At: noon}, Creator: creator, Product: a.Snapshot.Product}),
		"deadline": Deadline(DeadlineFacts{Payload: s, Application: a, Region: long, Named: many, Unnamed: long, Days: 1000, Nudging: true}),
	}
	for _, kind := range []workflow.PayloadKind{
		workflow.KindStage, workflow.KindDecision, workflow.KindRefused, workflow.KindCampaign, workflow.KindNote, workflow.KindBacklog,
		workflow.KindStopped, workflow.KindResumed, workflow.KindUndelivered, workflow.KindWebhook, workflow.KindShipment, "of tomorrow",
	} {
		s.Kind = kind
		single["reply "+string(kind)], single["notice "+string(kind)] = Reply(s), Notice(s, many.People)
	}
	return listing, single
}

func TestEveryKindOfMessageFitsSlackWithTheWorstThatItCanHold(t *testing.T) {
	listing, single := worst()
	for name, m := range listing {
		t.Run(name, func(t *testing.T) { lint(t, m) })
	}
	for name, m := range single {
		t.Run(name, func(t *testing.T) {
			lint(t, m)
			require.Len(t, m.Pages(), 1)
		})
	}
}

func TestAMessageIsPartedOnlyWhereItHasToBeAndNothingOfItIsLost(t *testing.T) {
	m := Message{Text: "Long"}
	for range 5 {
		m.Blocks = append(m.Blocks, section(strings.Repeat("e", 2000)))
	}
	require.Equal(t, []Message{m}, m.Pages(), "exactly the limit")
	m.Blocks = append(m.Blocks, section("e"))
	require.Equal(t, 10_001, m.BlockText())
	require.Len(t, m.Pages(), 2)
	lint(t, m)
	m.Blocks = nil
	for range 51 {
		m.Blocks = append(m.Blocks, divider())
	}
	require.Len(t, m.Pages(), 2, "Slack takes 50 blocks")
}
