package workflow

import (
	"slices"
	"time"
)

// MemberState is where a creator in a campaign stands by herself, before an application speaks for her.
type MemberState string

// The states of a member.
const (
	MemberInvited  MemberState = ""           // she has not answered
	MemberAnswered MemberState = "answered"   // the team is asked whether she needs a sample
	MemberNeeds    MemberState = "needs"      // she is to have one; her application is awaited
	MemberSpared   MemberState = "needs none" // her content is awaited
)

// MemberStates lists every state, in the order in which a member comes through them.
var MemberStates = []MemberState{MemberInvited, MemberAnswered, MemberNeeds, MemberSpared}

// String returns the state in words, for the table and for tests; on screen it is Stage.
func (s MemberState) String() string {
	if s == MemberInvited {
		return "invited"
	}
	return string(s)
}

// Stage is the state's name on screen.
func (s MemberState) Stage() Stage {
	switch s {
	case MemberAnswered:
		return StageReply
	case MemberNeeds:
		return StageReview
	case MemberSpared:
		return StageContent
	default:
		return StageInvited
	}
}

// MemberRow is one row of the table of a creator in a campaign.
type MemberRow struct {
	From   []MemberState
	On     EventKind
	To     MemberState
	Quotes []Sentence
}

// MemberEvent is something that happened to a creator in a campaign.
type MemberEvent struct {
	Actor
	Kind EventKind // OnMemberAnswered, OnSampleNeeded, OnSampleNotNeeded
	At   time.Time
	Text string // of an answer
}

// StepMember applies an event to a member. It is pure. Ok is false where the table has no such move: what a person asked
// for is then refused, and an answer that is not the first is no news. A deed that was taken over before changes nothing.
func StepMember(m Member, e MemberEvent) (after Member, ok bool) {
	if m.took(e.Origin) {
		return m, true
	}
	i := slices.IndexFunc(MemberLifecycle, func(r MemberRow) bool { return r.On == e.Kind && slices.Contains(r.From, m.State) })
	if i < 0 {
		return m, false
	}
	m.State = MemberLifecycle[i].To
	switch e.Kind {
	case OnMemberAnswered:
		m.Answered, m.Answer = e.At, e.Text
	case OnSampleNeeded, OnSampleNotNeeded:
		m.SaidBy, m.SaidAt = e.Person, e.At
	}
	m.Origins = remember(m.Origins, e.Origin)
	return m, true
}

// took tells whether a deed was taken over before.
func (m Member) took(origin string) bool { return origin != "" && slices.Contains(m.Origins, origin) }

// since is when the member came to where she stands.
func (m Member) since() time.Time {
	switch m.State {
	case MemberAnswered:
		return m.Answered
	case MemberNeeds, MemberSpared:
		return m.SaidAt
	default:
		return m.AddedAt
	}
}
