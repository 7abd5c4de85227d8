package view

import (
	"encoding/json"
	"fmt"

	"github.com/slack-go/slack"

	"sampledesk/workflow"
)

// The controls of an answer that lists requests.
const (
	ActionPick     = "pick"           // one of several is meant; the value holds a Pick
	ActionShowPage = "show_page"      // to the next page; the value holds a ShowPage
	ActionShowBack = "show_page_back" // to the one before: action ids are unique within a block
)

// Pick is a decision that still has to learn which request it is about.
type Pick struct {
	Verdict workflow.Verdict `json:"v"`
	Reason  workflow.Reason  `json:"r,omitempty"`
	Note    string           `json:"n,omitempty"`
	Target  string           `json:"t,omitempty"` // a Target, once it is known
}

// String is the value of a button.
func (p Pick) String() string {
	text, _ := json.Marshal(p) // four texts can always be written
	return string(text)
}

// ParsePick reads what String wrote, with its target.
func ParsePick(s string) (Pick, Target, error) {
	var p Pick
	if err := json.Unmarshal([]byte(s), &p); err != nil {
		return Pick{}, Target{}, fmt.Errorf("reading what was picked: %w", err)
	}
	t, err := ParseTarget(p.Target)
	return p, t, err
}

// button is the one beside a request that can be meant.
func (p *Pick) button(a workflow.Application) (*slack.ButtonBlockElement, bool) {
	if p == nil || !a.Decidable() {
		return nil, false
	}
	chosen := *p
	chosen.Target = targetOf(a).String()
	value := chosen.String()
	if len(value) > maxValue {
		return nil, false // its id can still be typed
	}
	b := button(ActionPick, value, "Approve this one", "Approve request "+shortID(a)+" of "+called(a))
	if p.Verdict == workflow.Reject {
		b = button(ActionPick, value, "Reject this one", "Reject request "+shortID(a)+" of "+called(a))
	}
	return b, true
}

func (p *Pick) question() string {
	switch {
	case p == nil:
		return ""
	case p.Verdict == workflow.Reject:
		return ": which one should be rejected" + because(p.Verdict, p.Reason) + "?"
	default:
		return ": which one should be approved?"
	}
}

// ShowPage names a page of an answer that lists requests.
type ShowPage struct {
	Number int    `json:"n"` // counted from 0
	Asked  string `json:"q"`
	Pick   *Pick  `json:"p,omitempty"`
	Queue  bool   `json:"w,omitempty"` // only those that wait for a decision
}

// String is the value of a paging button.
func (p ShowPage) String() string {
	text, _ := json.Marshal(p) // texts and numbers can always be written
	return string(text)
}

// ParseShowPage reads what String wrote.
func ParseShowPage(s string) (ShowPage, error) {
	var p ShowPage
	if err := json.Unmarshal([]byte(s), &p); err != nil || p.Number < 0 {
		return ShowPage{}, fmt.Errorf("%q does not name a page of requests", s)
	}
	return p, nil
}

// showPages tells which part of a list is shown, and leads to the others.
func showPages(f ShowFacts, total int) []slack.Block {
	if total <= ShowPageSize {
		return nil
	}
	shown := part(f.Page*ShowPageSize+1, min(ShowPageSize, len(f.Found)), total)
	blocks := []slack.Block{aside(shown + ", newest first")}
	var buttons []slack.BlockElement
	if back := (ShowPage{Number: f.Page - 1, Asked: f.Asked, Pick: f.Pick, Queue: f.Queue}).String(); f.Page > 0 && len(back) <= maxValue {
		buttons = append(buttons, backButton(ActionShowBack, back))
	}
	next := ShowPage{Number: f.Page + 1, Asked: f.Asked, Pick: f.Pick, Queue: f.Queue}.String()
	if left := total - (f.Page+1)*ShowPageSize; left > 0 && len(next) <= maxValue {
		buttons = append(buttons, nextButton(ActionShowPage, next, min(left, ShowPageSize), "requests"))
	}
	if len(buttons) > 0 {
		blocks = append(blocks, actions("", buttons...))
	}
	return blocks
}

// NoneWaits stands above a list of requests of which none can be decided.
func NoneWaits(found int) Message {
	return Aside("None of the " + many(found, "request") + " found can be decided on. Here is where they are:")
}
