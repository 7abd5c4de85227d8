package workflow

import (
	"slices"
	"time"
)

// MemberState is where a creator in a campaign stands by themselves, before an application decides it.
type MemberState string

// The states of a member.
const (
	MemberInvited     MemberState = ""           // no answer yet
	MemberAnswered    MemberState = "answered"   // the team is asked whether they need a sample
	MemberNeedsSample MemberState = "needs"      // they should get one; their application is awaited
	MemberNeedsNone   MemberState = "needs none" // their content is awaited
)

// MemberStates lists every state, in the order in which a member comes through them.
var MemberStates = []MemberState{MemberInvited, MemberAnswered, MemberNeedsSample, MemberNeedsNone}

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
	case MemberNeedsSample:
		return StageReview
	case MemberNeedsNone:
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

// StepMember applies an event to a member. It is pure. Ok is false where the table has no such move: what a person
// asked for is then refused, and an answer that is not the first is ignored. An action that was applied before changes
// nothing.
func StepMember(m Member, e MemberEvent) (after Member, ok bool) {
	if m.AlreadyApplied(e.DedupKey) {
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
		m.SampleAnswerBy, m.SampleAnswerAt = e.Person, e.At
	}
	m.DedupKeys = AddDedupKey(m.DedupKeys, e.DedupKey)
	return m, true
}

// AlreadyApplied reports whether an action was applied before.
func (m Member) AlreadyApplied(dedupKey string) bool {
	return dedupKey != "" && slices.Contains(m.DedupKeys, dedupKey)
}

// since is when the member came to where they stand.
func (m Member) since() time.Time {
	switch m.State {
	case MemberAnswered:
		return m.Answered
	case MemberNeedsSample, MemberNeedsNone:
		return m.SampleAnswerAt
	default:
		return m.AddedAt
	}
}
