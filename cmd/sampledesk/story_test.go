package main

import (
	"encoding/json"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheWholeStoryAcrossTwoProcessesAndARestart(t *testing.T) {
	t.Parallel()
	s := newStage(t, "--seed", "4")
	s.serve()
	s.until("four cards", func() bool { return len(s.cards()) == 4 })
	members, cards := s.people("member"), s.cards()
	approved, rejected, joined := cards[0].application(), cards[1].application(), cards[2].application()

	require.True(t, s.click(members[0], cards[0], "approve").OK)
	s.until("the approval at TikTok", func() bool { status, _ := s.status(approved); return status == "AWAITING_SHIPMENT" })
	s.until("its confirmation on the card", func() bool { return s.card(approved).Metadata.Payload["stage"] == "Awaiting shipment" })
	require.NotContains(t, s.card(approved).controls(), "approve", "a card shows no button for what is done")

	s.reject(members[1], cards[1], "OUT_OF_STOCK")
	s.until("the rejection on the card", func() bool { return s.card(rejected).Metadata.Payload["stage"] == "Reject" })
	status, reason := s.status(rejected)
	require.Equal(t, []string{"REJECT_CANCELLED", "OUT_OF_STOCK"}, []string{status, reason})

	s.warehouse(approved, "ship")
	s.until("Shipping on the card", func() bool { return s.card(approved).Metadata.Payload["stage"] == "Shipping" })
	require.Zero(t, s.stop(syscall.SIGTERM), s.log)
	s.warehouse(approved, "deliver")
	s.serve()
	s.until("Content pending on the card", func() bool { return s.card(approved).Metadata.Payload["stage"] == "Content pending" })
	s.until("the thread", func() bool { return len(s.announced(approved)) == 3 })
	require.Equal(t, []string{"Awaiting shipment", "Shipping", "Content pending"}, s.announced(approved))

	view := s.click(members[0], cards[2], "campaign").ViewID
	require.NotEmpty(t, view)
	require.True(t, s.act(map[string]any{"user": members[0], "do": "submit", "view_id": view, "values": map[string]any{"campaign_name": "Spring launch"}}).OK)
	got := s.act(map[string]any{"user": members[1], "do": "command", "command": "/campaign", "text": "status spring launch", "channel": s.info["slack_channel"]})
	var answer struct {
		Type string `json:"response_type"`
		Text string `json:"text"`
	}
	require.NoError(t, json.Unmarshal(got.Response, &answer))
	require.Equal(t, "ephemeral", answer.Type)
	require.Contains(t, answer.Text, "1 creator, 1 Sample application review pending")
	status, _ = s.status(joined)
	require.Equal(t, "PENDING", status, "adding to a campaign approves nothing unless that is asked for")

	require.Len(t, s.cards(), 4, "a restart posts nothing twice")
	require.Equal(t, 2, s.reviews(""))
	require.Zero(t, s.stop(syscall.SIGINT), s.log)
}

func TestADecisionOutlivesAKillRightAfterItsAcknowledgement(t *testing.T) {
	t.Parallel()
	s := newStage(t, "--seed", "1")
	s.serve("SAMPLEDESK_UNDO=1s")
	s.until("the card", func() bool { return len(s.cards()) == 1 })
	card := s.cards()[0]
	require.True(t, s.click(s.person("member"), card, "approve").OK)
	s.stop(syscall.SIGKILL)
	status, _ := s.status(card.application())
	require.Equal(t, "PENDING", status, "the undo window was still open when the desk died")
	s.serve()
	s.until("the approval at TikTok", func() bool { status, _ := s.status(card.application()); return status == "AWAITING_SHIPMENT" })
	s.until("its confirmation on the card", func() bool { return s.card(card.application()).Metadata.Payload["stage"] == "Awaiting shipment" })
	require.Equal(t, 1, s.reviews(card.application()))
}

func TestTenClicksByTwoPeopleMakeOneDecisionAndNineAnswers(t *testing.T) {
	t.Parallel()
	s := newStage(t, "--seed", "1")
	s.serve()
	s.until("the card", func() bool { return len(s.cards()) == 1 })
	card, members := s.cards()[0], s.people("member")
	var clicks sync.WaitGroup
	for i := range 10 {
		clicks.Go(func() { s.click(members[i%2], card, "approve") })
	}
	clicks.Wait()
	s.until("nine answers", func() bool { return len(s.state().Ephemerals) >= 9 })
	s.until("the approval at TikTok", func() bool { status, _ := s.status(card.application()); return status == "AWAITING_SHIPMENT" })
	s.until("its announcement", func() bool { return len(s.announced(card.application())) > 0 })
	require.Len(t, s.state().Ephemerals, 9)
	require.Equal(t, 1, s.reviews(""))
}

func TestASecondDeskOnTheSameStoreGetsASentence(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	listen := freeAddress(t)
	s.serve("SAMPLEDESK_LISTEN=" + listen)
	s.until("the desk", func() bool { return ready(listen) })
	first := s.desk
	s.serve()
	require.Error(t, s.desk.Wait())
	require.Equal(t, exitFailed, s.desk.ProcessState.ExitCode())
	require.Contains(t, s.log.String(), s.store)
	require.NotContains(t, s.log.String(), "goroutine")
	s.desk = first
	require.Zero(t, s.stop(syscall.SIGTERM))
}
