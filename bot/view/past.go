package view

import (
	"fmt"

	"sampledesk/workflow"
)

// Past is what a creator had from us before: her other applications on this desk. Requests that were lost through our
// own fault, TikTok's or nobody's are apart, in Lost: they are never counted against her.
type Past struct {
	Asked    int // requests that count
	Approved int // of these, those that the team approved
	Received int // of these, those whose sample arrived
	Posted   int // of these, those that led to content
	Lost     int // requests that ended through no doing of hers
}

// PastOf counts a creator's applications, the one that is looked at left out.
func PastOf(all []workflow.Application, except workflow.Key) Past {
	var p Past
	for _, a := range all {
		if a.Key != except {
			p = p.with(a)
		}
	}
	return p
}

func (p Past) with(a workflow.Application) Past {
	state := a.State()
	if state == workflow.Unseen {
		return p
	}
	if e, ended := workflow.EndingOf(state); ended && e.Mover != workflow.MoverCreator {
		p.Lost++
		return p
	}
	p.Asked++
	switch state {
	case workflow.Completed:
		p.Approved, p.Received, p.Posted = p.Approved+1, p.Received+1, p.Posted+1
	case workflow.Delivered, workflow.ContentNotPosted:
		p.Approved, p.Received = p.Approved+1, p.Received+1
	case workflow.AwaitingShipment, workflow.Shipped:
		p.Approved++
	}
	return p
}

// String is the one line on the card.
func (p Past) String() string {
	if p.Asked == 0 && p.Lost == 0 {
		return "First request to us"
	}
	lost := ""
	if p.Lost > 0 {
		lost = many(p.Lost, "request") + " lapsed before, through no doing of the creator's"
	}
	if p.Asked == 0 {
		return lost
	}
	return join("; ", many(p.Asked, "request")+" before: "+p.outcome(), lost)
}

func (p Past) outcome() string {
	if p.Approved == 0 {
		return "none approved"
	}
	s := fmt.Sprintf("%d approved", p.Approved)
	if p.Received == 0 {
		return s
	}
	s += fmt.Sprintf(", %d received", p.Received)
	if p.Posted == 0 {
		return s + ", none posted"
	}
	return s + fmt.Sprintf(", %d posted", p.Posted)
}
