package main

import (
	"slices"
	"strings"

	"sampledesk/bot/view"
	"sampledesk/workflow"
)

// steps are what a visitor of the demo has seen happen. They are read from what stands in the stand-in workspace, where
// the desk tells of everything that counts, and never from clicks: what the desk did not bring about is not ticked.
type steps struct {
	Approve bool `json:"approve"` // a card tells that somebody here approved
	Settle  bool `json:"settle"`  // an approval was undone in time, or TikTok confirmed it
	Ship    bool `json:"ship"`    // a thread tells of a shipment
	Deliver bool `json:"deliver"` // a thread tells that a sample has arrived
	Reject  bool `json:"reject"`  // TikTok confirmed a rejection that somebody here made
	Collect bool `json:"collect"` // a creator was added to a campaign, and somebody looked where its creators stand
	Refuse  bool `json:"refuse"`  // somebody who only looks on was told so, privately
}

// told is what the steps are read from: the part of the workspace's /sim/state that matters here.
type told struct {
	Channels []struct {
		Messages []toldMessage `json:"messages"`
	} `json:"channels"`
	Ephemerals []toldPrivately `json:"ephemerals"`
}

type toldMessage struct {
	Text     string `json:"text"`
	Metadata struct {
		EventType string `json:"event_type"`
		Payload   struct {
			Kind  string         `json:"kind"`
			Stage workflow.Stage `json:"stage"`
		} `json:"event_payload"`
	} `json:"metadata"`
}

type toldPrivately struct {
	Text   string `json:"text"`
	Blocks []struct {
		Type string `json:"type"`
	} `json:"blocks"`
}

// stepsOf reads the steps from the workspace.
func stepsOf(t told) steps {
	var s steps
	joined := false
	for _, c := range t.Channels {
		for _, m := range c.Messages {
			switch m.Metadata.EventType {
			case "sampledesk_card":
				s.Approve = s.Approve || strings.Contains(m.Text, "approved by <@")
			case "sampledesk_reply":
				s.reply(m)
				joined = joined || m.Metadata.Payload.Kind == "campaign"
			}
		}
	}
	s.Collect = joined && slices.ContainsFunc(t.Ephemerals, toldPrivately.showsACampaign)
	s.Refuse = slices.ContainsFunc(t.Ephemerals, toldPrivately.turnsAway)
	return s
}

// reply reads one reply in a card's thread. An approval that was undone no longer stands on its card, but it was made.
func (s *steps) reply(m toldMessage) {
	switch p := m.Metadata.Payload; p.Kind {
	case "decision":
		undone := strings.Contains(m.Text, "approval was undone by <@")
		s.Approve, s.Settle = s.Approve || undone, s.Settle || undone
	case "stage":
		confirmed := strings.Contains(m.Text, "confirmed the approval by <@")
		s.Approve, s.Settle = s.Approve || confirmed, s.Settle || confirmed
		s.Ship = s.Ship || p.Stage == workflow.StageShipping
		s.Deliver = s.Deliver || p.Stage == workflow.StageContent
		s.Reject = s.Reject || p.Stage == workflow.StageReject && strings.Contains(m.Text, "confirmed the rejection by <@")
	}
}

// showsACampaign tells whether this is the picture of a campaign: its name as a heading, and who stands where.
func (t toldPrivately) showsACampaign() bool {
	return strings.HasPrefix(t.Text, "Campaign ") && len(t.Blocks) > 1 && t.Blocks[0].Type == "header"
}

// turnsAway tells whether this is the friendly no to somebody who only looks on.
func (t toldPrivately) turnsAway() bool {
	return t.Text == view.Denied(view.DeniedGuest) || t.Text == view.Denied(view.DeniedElsewhere)
}
