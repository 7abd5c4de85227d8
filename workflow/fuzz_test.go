package workflow

import (
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// life is an application with the lane of its reviews, as the engine and the dispatcher treat it.
type life struct {
	t      *testing.T
	script []byte
	now    time.Time
	a      Application
	lane   []EffectID
	claim  bool // the lane's head is claimed
	sent   map[EffectID]bool
	made   int
}

// pick returns a number below n, as the script says.
func (l *life) pick(n int) int {
	if len(l.script) == 0 {
		return 0
	}
	b := l.script[0]
	l.script = l.script[1:]
	return int(b) % n
}

// one returns one of several, as the script says.
func one[T any](l *life, all ...T) T { return all[l.pick(len(all))] }

// live plays one event.
func (l *life) live() {
	l.now = l.now.Add(one(l, 0, time.Millisecond, time.Second, time.Minute, 31*time.Second, 2*time.Hour))
	switch l.pick(8) {
	case 0, 1, 2:
		l.step(l.person())
	case 3:
		l.step(l.reported())
	case 4, 5:
		l.claimHead()
	case 6:
		l.settleHead()
	default:
		l.step(l.desk())
	}
	l.check()
}

func (l *life) person() Event {
	who := Actor{Person: one(l, member, another, admin)}
	who.Admin = who.Person == admin
	round := l.a.Round - l.pick(2)
	who.DedupKey = one(l, "", strconv.Itoa(l.pick(6)))
	switch l.pick(9) {
	case 0, 1:
		return Undone{Actor: who, At: l.now, Round: round}
	case 2:
		return CampaignChosen{Actor: who, At: l.now, Campaign: one[CampaignID](l, "c1", "c2"), Seen: one[CampaignID](l, "", "c1", "c2")}
	case 3:
		return CampaignLeft{Actor: who, At: l.now, Seen: one[CampaignID](l, "", "c1", "c2"), Back: one(l, "", l.a.Joined.Was)}
	case 4:
		return one[Event](l, OnItBegan{Actor: who, At: l.now}, OnItEnded{Actor: who, At: l.now}, Assigned{Actor: who, At: l.now, To: another})
	case 5:
		return Noted{Actor: who, At: l.now, Text: one(l, "", "a note"), Quiet: l.pick(2) == 0}
	default:
		l.made++
		return Decided{
			Actor: who, At: l.now, Round: round, Verdict: one(l, Approve, Reject), Reason: one[Reason](l, NotMatch, ""),
			Undo: one(l, 0, undoWindow, 72*time.Hour), Review: EffectID(strconv.Itoa(l.made)), Note: one(l, "", "a note"), Message: one(l, "", "Sorry!"),
		}
	}
}

func (l *life) reported() Event {
	r := pendingReport()
	r.Status = append(slices.Clone(statusesNamed), newStatus, "")[l.pick(len(statusesNamed)+2)]
	if l.pick(4) > 0 {
		r.Status = StatusPending // or reviews would be over too soon
	}
	r.ReviewBy = one(l, deadline, deadline, l.now.Add(time.Hour), l.now.Add(30*time.Second), time.Time{})
	r.Stock = int64(l.pick(2))
	r.Approvable = l.pick(4) > 0
	return Reported{At: l.now, Began: l.now.Add(-one(l, 0, time.Second, time.Hour)), Snapshot: r, First: l.pick(2) == 0}
}

func (l *life) desk() Event {
	switch l.pick(7) {
	case 5:
		return MessageReceived{At: l.now, Message: InboundMessage{ID: "1", Text: "hello", FromCreator: true, At: l.now}}
	case 6:
		return MessageUpdated{What: OnMessageSent, At: l.now, Text: "hello"}
	case 0:
		return ContentFound{At: l.now}
	case 1:
		return CardRequested{At: l.now}
	case 2:
		return PostShown{At: l.now, Channel: "C0SAMPLES", TS: one(l, "1.1", "1.2"), Hash: one(l, "h1", "h2")}
	case 3:
		return PostLost{At: l.now, TS: one(l, "1.1", "1.2")}
	default:
		return OriginFound{At: l.now, Collab: Collab{Known: true, Target: one(l, "", "7")}}
	}
}

// claimHead does what Engine.Claim does.
func (l *life) claimHead() {
	if len(l.lane) == 0 || l.claim {
		return
	}
	head := l.lane[0]
	if l.a.Decision.Review != head || !l.a.State().DecisionPending() {
		l.lane = l.lane[1:]
		return
	}
	l.claim, l.sent[head] = true, true
	l.step(Claimed{At: l.now, Review: head})
}

// settleHead does what Engine.Settle does with the outcomes that a service may come to.
func (l *life) settleHead() {
	if !l.claim {
		return
	}
	l.claim = false
	switch l.pick(4) {
	case 0:
		l.step(AnswerLost{At: l.now, Failure: Failure{Message: "lost"}})
	case 1:
		l.step(HeldUp{At: l.now, Failure: Failure{Code: 105005}})
	case 2:
		head := l.lane[0]
		l.lane = l.lane[1:]
		if head == l.a.Decision.Review {
			l.step(Confirmed{At: l.now, Verdict: l.a.Decision.Verdict})
		}
	default:
		l.lane = l.lane[1:]
		l.step(RefusedForGood{At: l.now, Failure: Failure{Code: 16032001}})
	}
}

// step applies an event, and does with the effects what the engine does.
func (l *life) step(e Event) {
	t, before := l.t, l.a
	n, err := Step(before, e)
	again, errAgain := Step(before, e)
	require.Equal(t, n, again, "a step is pure")
	require.Equal(t, err, errAgain)
	if err != nil {
		require.True(t, personal(e.Kind()) || slices.Contains([]EventKind{OnOnItBegan, OnOnItEnded, OnAssigned, OnNoted, OnMessageSent}, e.Kind()), "%q was refused", e.Kind())
		require.ErrorAs(t, err, new(Refusal))
	}
	if err != nil || !n.Changed {
		require.Equal(t, Next{Application: before}, n)
		return
	}
	l.a = n.Application
	if dedupKey := e.actor().DedupKey; dedupKey != "" {
		twice, err := Step(l.a, e)
		require.NoError(t, err)
		require.Equal(t, Next{Application: l.a}, twice, "a second delivery of %q", e.Kind())
	}
	require.LessOrEqual(t, len(l.a.DedupKeys), maxDedupKeys)
	for _, id := range n.Cancel {
		if i := slices.Index(l.lane, id); i > 0 || i == 0 && !l.claim {
			l.lane = slices.Delete(l.lane, i, i+1)
		}
	}
	for _, eff := range n.Effects {
		if eff.Kind == ReviewOnTikTok {
			l.lane = append(l.lane, eff.ID)
		}
	}
	require.GreaterOrEqual(t, l.a.Round, before.Round, "the round fell on %q", e.Kind())
	require.False(t, l.a.ReportedAt.Before(before.ReportedAt), "the desk forgot what it knows on %q", e.Kind())
	if l.a.State() != before.State() || l.a.Round != before.Round {
		require.Equal(t, l.a.Card.Wanted && !l.a.Card.Lost, slices.Contains(kinds(n), ShowCard), "the card after %q", e.Kind())
	}
}

// check checks what must hold at any time.
func (l *life) check() {
	t, a, s := l.t, l.a, l.a.State()
	require.Contains(t, States, s)
	require.False(t, a.Campaign == "" && a.Joined != (Joined{}), "what is in no campaign was added to none")
	require.False(t, a.OnIt != (OnIt{}) && !a.Decidable(), "nobody looks at what is decided")
	require.False(t, a.Card.Lost && s.Reviewing(), "what is in review has a card, or will have one")
	require.Equal(t, s == Unseen || s == Unrecognised && a.Snapshot.Status == "", a.Stage() == "")
	carries := 0
	for _, id := range l.lane {
		if id == a.Decision.Review {
			carries++
		}
	}
	held := l.claim && l.lane[0] == a.Decision.Review
	switch s {
	case Queued:
		require.Equal(t, 1, carries, "a queued decision has one review that will carry it")
		require.False(t, held, "what is claimed is not queued")
		if latest := a.Snapshot.ReviewBy.Add(-undoMargin); !a.Snapshot.ReviewBy.IsZero() && a.Decision.SendAt.After(latest) {
			require.False(t, a.Decision.SendAt.After(l.now), "the undo window ends a minute before the deadline")
		}
	case Sending, Unclear:
		require.Equal(t, 1, carries, "a decision under way has one review that carries it")
	default:
		// What was claimed and came back without an answer is dropped at its next claim, as claimHead does.
		require.True(t, carries == 0 || l.sent[a.Decision.Review], "nothing is left to carry")
	}
}

func FuzzStep(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{1, 1, 0, 0, 1, 1, 0, 0, 2, 0, 0, 0, 2, 0, 0, 1, 1, 2, 2, 3, 3, 2})
	f.Add([]byte{0, 1, 0, 0, 1, 1, 0, 0, 2, 0, 1, 0, 2, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0})
	f.Add([]byte("the team decides, the courier carries, the Affiliate Center reports, and content is found"))
	f.Fuzz(func(t *testing.T, script []byte) {
		l := &life{t: t, script: script, now: noon, a: Application{Key: sample}, sent: map[EffectID]bool{}}
		for len(l.script) > 0 {
			l.live()
		}
	})
}

func TestLongRandomLivesKeepTheInvariants(t *testing.T) {
	if testing.Short() {
		t.Skip("it is long")
	}
	var reached []State
	for seed := range 60 {
		script := make([]byte, 900)
		x := uint32(seed)*2654435761 + 1
		for i := range script {
			x ^= x << 13
			x ^= x >> 17
			x ^= x << 5
			script[i] = byte(x >> 8)
		}
		l := &life{t: t, script: script, now: noon, a: Application{Key: sample}, sent: map[EffectID]bool{}}
		for len(l.script) > 0 {
			l.live()
			if s := l.a.State(); !slices.Contains(reached, s) {
				reached = append(reached, s)
			}
		}
	}
	require.ElementsMatch(t, without(States), reached, "the lives are long enough to see every state")
}
