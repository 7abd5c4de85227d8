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
	default: // not about members
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

// Leaving takes an application out of the campaign it was added to.
type Leaving struct {
	Actor
	At   time.Time
	Key  Key
	Seen CampaignID // the campaign that the person was shown it in
}

// Addition adds a creator to a campaign by hand. Creator holds at least a user name.
type Addition struct {
	Actor
	At       time.Time
	Campaign CampaignID
	Creator  Creator
}

// SampleAnswer is the team's answer on whether a member needs a sample.
type SampleAnswer struct {
	Actor
	At       time.Time
	Campaign CampaignID
	Creator  CreatorKey
	Needed   bool

	// Seen is how the member stood on the question that the person answered. If somebody else answered in between,
	// their answer stands. Empty: not checked.
	Seen MemberState
}

// Join adds an application's creator to a campaign, one that exists or a new one, and approves the application at the
// same time if asked to.
type Join struct {
	Actor
	At       time.Time
	Key      Key
	Campaign CampaignID // empty: NewName is created
	NewName  string
	Seen     CampaignID // the campaign that the person was shown the application in
	Approve  bool
	Round    int // for the approval: the one printed on what the person saw
	Undo     time.Duration
}

// CampaignChosen adds the creator to a campaign. Seen is the campaign that the person was shown the application in.
type CampaignChosen struct {
	Actor
	At       time.Time
	Campaign CampaignID
	Name     string
	Seen     CampaignID
}

// Kind returns OnCampaignChosen.
func (CampaignChosen) Kind() EventKind { return OnCampaignChosen }

func (e CampaignChosen) refuse(a Application, rule Rule) error {
	return Refusal{Rule: rule, Application: a, Name: e.Name}
}

func (e CampaignChosen) apply(a Application) (Next, error) {
	if a.Campaign == e.Campaign {
		return Next{Application: a}, e.refuse(a, RuleAlreadyInCampaign)
	}
	was := a.Joined
	a.Joined = Joined{By: e.Person, At: e.At, Was: a.Campaign, WasBy: was.By, WasAt: was.At, WasMember: was.Member}
	a.Campaign = e.Campaign
	a.Card.Wanted = a.Card.Wanted || e.Surface != FromBulk // a run's message tells of many
	return changed(a, e.At, ForPeople).repaint(e.At).reply(Payload{Kind: KindCampaign, By: e.Person, Campaign: e.Name}), nil
}

func (e CampaignChosen) describe(_, _ Application, h *Entry) bool {
	h.Campaign = e.Campaign
	return true
}

// CampaignLeft takes a creator's application out of the campaign it was added to, back to the one before or to none.
// Seen is the campaign that the person was shown it in, and Back the one before, if that still takes creators.
type CampaignLeft struct {
	Actor
	At       time.Time
	Seen     CampaignID
	Name     string // of that campaign
	Back     CampaignID
	BackName string
}

// Kind returns OnCampaignLeft.
func (CampaignLeft) Kind() EventKind { return OnCampaignLeft }

func (e CampaignLeft) refuse(a Application, rule Rule) error {
	return Refusal{Rule: rule, Application: a, Name: e.Name}
}

func (e CampaignLeft) apply(a Application) (Next, error) {
	joined := Joined{}
	if e.Back != "" {
		joined = a.Joined.before()
	}
	a.Taken = slices.DeleteFunc(slices.Clone(a.Taken), func(t Taken) bool { return t.Campaign != "" && t.Campaign == a.Campaign })
	a.Campaign, a.Joined = e.Back, joined
	return changed(a, e.At, ForPeople).repaint(e.At).
		reply(Payload{Kind: KindCampaign, By: e.Person, Campaign: e.Name, Left: true, Back: e.BackName}), nil
}

func (e CampaignLeft) describe(_, _ Application, h *Entry) bool {
	h.Campaign = e.Seen
	return true
}
