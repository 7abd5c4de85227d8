package main

import (
	"slices"
	"strconv"
	"strings"

	"sampledesk/bot/view"
	"sampledesk/workflow"
)

// steps are what a visitor of the demo has seen happen, in the order of the page. They are read from the metadata of what
// stands in the stand-in workspace, never from clicks or from wording: what the desk did not bring about is not ticked.
type steps struct {
	Approve bool `json:"approve"` // a card or its thread has an approval from here
	Settle  bool `json:"settle"`  // an approval was undone in time, or TikTok confirmed it
	Ship    bool `json:"ship"`    // a thread announces a shipment
	Deliver bool `json:"deliver"` // a thread announces that a sample has arrived
	Post    bool `json:"post"`    // a thread shows what a creator posted
	Reject  bool `json:"reject"`  // TikTok confirmed a rejection from here
	Home    bool `json:"home"`    // somebody opened App Home

	Write   bool `json:"write"`   // a message to a creator was sent, and one from a creator arrived
	Note    bool `json:"note"`    // a thread has a note
	Collect bool `json:"collect"` // a creator was added to a campaign, and somebody looked at a campaign
	Invite  bool `json:"invite"`  // a member of a campaign answered, and the desk asks whether a sample is needed
	Link    bool `json:"link"`    // the request of such a member has come
	Several bool `json:"several"` // requests were decided together
	Wait    bool `json:"wait"`    // the clock was moved, and the desk announced a deadline after that
	Morning bool `json:"morning"` // a morning message was brought up to date
	Figures bool `json:"figures"` // somebody looked at the figures
	Refuse  bool `json:"refuse"`  // somebody who may not decide got a private answer
}

// workspaceState is what the steps are read from: the part of the workspace's /sim/state that matters here.
type workspaceState struct {
	Channels []struct {
		Messages []struct {
			TS       string          `json:"ts"`
			Edited   any             `json:"edited"` // null: never
			Metadata messageMetadata `json:"metadata"`
		} `json:"messages"`
	} `json:"channels"`
	Ephemerals []ephemeral `json:"ephemerals"`
	Views      []struct {
		Type string `json:"type"`
	} `json:"views"`
}

// clockState is the part of the Affiliate Center's /sim/state that matters here.
type clockState struct {
	AdvancedAt float64 `json:"advanced_at"` // when the clock was first moved, in Unix seconds; 0: never
}

type messageMetadata struct {
	EventType string `json:"event_type"`
	Payload   struct {
		Kind     workflow.PayloadKind `json:"kind"`
		Stage    workflow.Stage       `json:"stage"`
		Decision string               `json:"decision"`
		Undone   string               `json:"undone"`
		Notice   string               `json:"notice"`
		State    string               `json:"state"`
		Run      workflow.RunKind     `json:"run"`
	} `json:"event_payload"`
}

type ephemeral struct {
	User   string `json:"user"`
	Blocks []struct {
		ID       string `json:"block_id"`
		Elements []struct {
			ActionID string `json:"action_id"`
		} `json:"elements"`
	} `json:"blocks"`
}

// stepsReader is what the steps are, and what some of them are made of.
type stepsReader struct {
	steps
	joined         bool // a creator was added to a campaign
	sent, received bool // a message to a creator, and one from a creator
}

// stepsOf reads the steps from the stand-ins. Onlookers are the users who may not decide.
func stepsOf(w workspaceState, center clockState, onlookers []string) steps {
	var r stepsReader
	for _, c := range w.Channels {
		for _, m := range c.Messages {
			r.read(m.Metadata)
			r.Morning = r.Morning || m.Metadata.Payload.Kind == workflow.KindMorning && m.Edited != nil
			// One of the first requests expires within hours: that one is announced without the visitor's doing.
			if posted, err := strconv.ParseFloat(m.TS, 64); err == nil && m.Metadata.Payload.Kind == workflow.KindDeadline {
				r.Wait = r.Wait || center.AdvancedAt != 0 && posted > center.AdvancedAt
			}
		}
	}
	for _, v := range w.Views {
		r.Home = r.Home || v.Type == "home"
	}
	r.Write = r.sent && r.received
	r.Collect = r.joined && slices.ContainsFunc(w.Ephemerals, ephemeral.showsACampaign)
	r.Figures = slices.ContainsFunc(w.Ephemerals, ephemeral.showsFigures)
	r.Refuse = slices.ContainsFunc(w.Ephemerals, func(e ephemeral) bool { return slices.Contains(onlookers, e.User) })
	return r.steps
}

func (r *stepsReader) read(m messageMetadata) {
	switch m.EventType {
	case "sampledesk_card":
		r.Approve = r.Approve || m.Payload.Decision == "approve"
	case "sampledesk_reply":
		r.reply(m)
	case "sampledesk_notice":
		r.notice(m)
	}
}

// reply reads one reply in a card's thread. An approval that was undone no longer stands on its card, but it was made.
func (r *stepsReader) reply(m messageMetadata) {
	p := m.Payload
	switch p.Kind {
	case workflow.KindDecision:
		undone := p.Undone != "" && p.Decision == "approve"
		r.Approve, r.Settle = r.Approve || undone, r.Settle || undone
	case workflow.KindStage:
		approved := p.Decision == "approve"
		r.Approve, r.Settle = r.Approve || approved, r.Settle || approved
		r.Reject = r.Reject || p.Decision == "reject"
		r.Ship, r.Deliver = r.Ship || p.Stage == workflow.StageShipping, r.Deliver || p.Stage == workflow.StageContent
	case workflow.KindContent:
		r.Post = true
	case workflow.KindMessage:
		r.message(m)
	case workflow.KindNote:
		r.Note = true
	case workflow.KindCampaign:
		r.joined = true
	default: // no step is told by the others
	}
}

// message reads a message of the talk with a creator: one to them is edited as it goes out, one from them is not.
func (r *stepsReader) message(m messageMetadata) {
	if m.Payload.Notice == "" {
		r.received = true
	} else {
		r.sent = r.sent || m.Payload.State == string(workflow.MessageSent)
	}
}

// notice reads one message to a channel.
func (r *stepsReader) notice(m messageMetadata) {
	p := m.Payload
	switch p.Kind {
	case workflow.KindQuestion:
		r.Invite = true
		r.Link = r.Link || p.State == "requested"
	case workflow.KindRun:
		r.Several = r.Several || p.Run == workflow.RunDecisions && p.State == "done"
	case workflow.KindMessage:
		r.message(m)
	default: // no step is told by the others
	}
}

// showsACampaign tells whether this is the answer that shows where a campaign's creators stand.
func (e ephemeral) showsACampaign() bool {
	for _, b := range e.Blocks {
		if strings.HasPrefix(b.ID, view.BlockFunnel) {
			return true
		}
	}
	return false
}

// showsFigures tells whether this is the answer with the figures of a period.
func (e ephemeral) showsFigures() bool {
	for _, b := range e.Blocks {
		for _, element := range b.Elements {
			if element.ActionID == view.ActionStatsFile {
				return true
			}
		}
	}
	return false
}
