package workflow

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var memberEvents = []EventKind{OnMemberAnswered, OnSampleNeeded, OnSampleNotNeeded}

func TestEveryRowOfAMemberLeadsWhereItSaysAndNothingElseMovesHer(t *testing.T) {
	for _, from := range MemberStates {
		for _, on := range memberEvents {
			i := slices.IndexFunc(MemberLifecycle, func(r MemberRow) bool { return r.On == on && slices.Contains(r.From, from) })
			m := Member{State: from}
			after, ok := StepMember(m, MemberEvent{Kind: on, At: noon})
			require.Equal(t, i >= 0, ok, "%q in %q", on, from)
			if !ok {
				require.Equal(t, m, after)
				continue
			}
			require.Equal(t, MemberLifecycle[i].To, after.State, "%q in %q", on, from)
		}
	}
}

func TestTheRowsOfAMemberSpeakOfWhatThereIsAndNoTwoFitAtOnce(t *testing.T) {
	var seen []string
	for _, r := range MemberLifecycle {
		require.Contains(t, memberEvents, r.On)
		require.Contains(t, MemberStates, r.To)
		for _, from := range r.From {
			require.Contains(t, MemberStates, from)
			seen = append(seen, from.String()+" on "+string(r.On))
		}
	}
	require.Len(t, slices.Compact(slices.Sorted(slices.Values(seen))), len(seen))
}

func TestTheSentencesOnAMemberHold(t *testing.T) {
	m := Member{AddedAt: noon}
	require.Equal(t, StageInvited, Furthest(m, nil), L0)
	m, ok := StepMember(m, MemberEvent{Kind: OnMemberAnswered, At: noon, Text: "yes, please"})
	require.True(t, ok)
	require.Equal(t, StageReply, Furthest(m, nil), L1)
	require.Equal(t, "yes, please", m.Answer)
	needs, ok := StepMember(m, MemberEvent{Actor: by(member), Kind: OnSampleNeeded, At: noon})
	require.True(t, ok)
	require.Equal(t, StageReview, Furthest(needs, nil), L2)
	spared, ok := StepMember(m, MemberEvent{Actor: by(another), Kind: OnSampleNotNeeded, At: noon})
	require.True(t, ok)
	require.Equal(t, StageContent, Furthest(spared, nil), L3)
	require.Equal(t, another, spared.SampleAnswerBy)
}

func TestALateAnswerIsNoNews(t *testing.T) {
	for _, s := range MemberStates[1:] {
		m := Member{State: s, Answered: noon, Answer: "first"}
		after, ok := StepMember(m, MemberEvent{Kind: OnMemberAnswered, At: noon.Add(time.Hour), Text: "second"})
		require.False(t, ok)
		require.Equal(t, m, after, "in %q", s)
	}
}

func TestTheTeamMayThinkAgainAndAnActionCountsOnce(t *testing.T) {
	m := Member{State: MemberAnswered}
	announcements := func(on EventKind, dedupKey string) {
		t.Helper()
		var ok bool
		m, ok = StepMember(m, MemberEvent{Actor: Actor{Person: member, DedupKey: dedupKey}, Kind: on, At: noon})
		require.True(t, ok)
	}
	announcements(OnSampleNeeded, "1")
	announcements(OnSampleNotNeeded, "2")
	require.Equal(t, MemberNeedsNone, m.State)
	announcements(OnSampleNeeded, "1") // once more
	require.Equal(t, MemberNeedsNone, m.State)
	announcements(OnSampleNeeded, "3")
	require.Equal(t, MemberNeedsSample, m.State)
	require.Equal(t, []string{"1", "2", "3"}, m.DedupKeys)
}

func TestAMemberShowsTheFurthestOfWhereSheStandsAndOfHerApplications(t *testing.T) {
	at := func(minutes int) time.Time { return noon.Add(time.Duration(minutes) * time.Minute) }
	application := func(status Status, minutes int) Application {
		return Application{Key: sample, SeenAt: noon, ChangedAt: at(minutes), Snapshot: Snapshot{Status: status}}
	}
	answered := Member{State: MemberAnswered, AddedAt: noon, Answered: at(10)}
	needs := Member{State: MemberNeedsSample, AddedAt: noon, Answered: at(10), SampleAnswerAt: at(20)}
	spared := Member{State: MemberNeedsNone, AddedAt: noon, Answered: at(10), SampleAnswerAt: at(20)}
	for name, c := range map[string]struct {
		m    Member
		of   []Application
		want Stage
	}{
		"they answered, and have applied":               {answered, []Application{application(StatusPending, 5)}, StageReview},
		"they need one, and it is shipped":              {needs, []Application{application(StatusShipped, 30)}, StageShipping},
		"they need none, and have applied all the same": {spared, []Application{application(StatusPending, 30)}, StageContent},
		"they need none, and have posted":               {spared, []Application{application(StatusCompleted, 30)}, StageCompleted},
		"invited, and it ended":                         {Member{AddedAt: at(9)}, []Application{application(StatusWithdrawn, 5)}, StageWithdrawn},
		"answered, and it ended since":                  {answered, []Application{application(StatusOverdueCancelled, 11)}, StageExpired},
		"it ended before they answered":                 {answered, []Application{application(StatusOverdueCancelled, 9)}, StageReply},
		"needs one, and theirs was rejected since":      {needs, []Application{application(StatusRejectCancelled, 21)}, StageReject},
		"needs one since theirs was rejected":           {needs, []Application{application(StatusRejectCancelled, 19)}, StageReview},
		"needs one, one ended, one goes on": {needs, []Application{
			application(StatusRejectCancelled, 40), application(StatusPending, 30),
		}, StageReview},
		"needs none, whatever became of one": {spared, []Application{application(StatusUnfulfilCancelled, 30)}, StageContent},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.want, Furthest(c.m, c.of))
			slices.Reverse(c.of)
			require.Equal(t, c.want, Furthest(c.m, c.of), "in any order")
		})
	}
}
