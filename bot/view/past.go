package view

import (
	"fmt"
	"strings"

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

	Sold workflow.Figure // paid orders of what she posted, as far as TikTok tells
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
	for _, c := range a.Contents {
		if shared(c.Orders) {
			p.Sold = workflow.Figure{Value: p.Sold.Value + c.Orders.Value, Shared: true}
		}
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
		return join("; ", lost, p.sold())
	}
	return join("; ", many(p.Asked, "request")+" before: "+join(", ", p.outcome(), p.sold()), lost)
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

// sold is nothing where TikTok tells nothing: that is never none.
func (p Past) sold() string {
	switch {
	case !shared(p.Sold):
		return ""
	case p.Sold.Value == 1:
		return "1 paid order"
	default:
		return grouped(p.Sold.Value) + " paid orders"
	}
}

// Memory is all that a creator and the shops of this desk have had to do with each other.
type Memory struct {
	Past
	Pieces int                    // of content
	Losses map[workflow.Stage]int // the requests of Past.Lost, by how they ended
}

// MemoryOf gathers it from all of a creator's applications.
func MemoryOf(all []workflow.Application) Memory {
	m := Memory{Losses: map[workflow.Stage]int{}}
	for _, a := range all {
		lost := m.Lost
		m.Past = m.with(a)
		m.Pieces += len(a.Contents)
		if m.Lost > lost {
			m.Losses[a.Stage()]++
		}
	}
	return m
}

func (m Memory) known() bool { return m.Asked+m.Lost > 0 }

// lines tell what she asked for, got, posted and sold, and apart from that what was lost through no doing of hers.
func (m Memory) lines() []string {
	posted := "posted for " + grouped(float64(m.Posted))
	if m.Pieces > 0 {
		posted += " (" + many(m.Pieces, "piece") + " of content)"
	}
	lines := []string{dotted(
		"Asked for "+many(m.Asked, "sample"), "approved "+grouped(float64(m.Approved)), "received "+grouped(float64(m.Received)), posted, m.sold(),
	)}
	var lost []string
	for _, stage := range workflow.Stages {
		if n := m.Losses[stage]; n > 0 {
			lost = append(lost, string(stage)+" "+grouped(float64(n)))
		}
	}
	if len(lost) > 0 {
		lines = append(lines, "Not counted, as the creator had no part in it: "+strings.Join(lost, ", "))
	}
	return lines
}
