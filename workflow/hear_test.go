package workflow_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
)

func text(id, words string, at time.Time) workflow.Written {
	return workflow.Written{ID: id, Kind: "TEXT", Text: words, FromCreator: true, At: at}
}

// announced returns what is to be said to the shop's channel, by its words.
func (d *desk) announced() (words []string) {
	d.t.Helper()
	for _, s := range d.notices() {
		words = append(words, s.Written.Text)
	}
	return words
}

func TestWhatWasWrittenBeforeTheDeskBeganToListenIsThePast(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow).listening()
	require.Equal(t, 1, d.hearing(finds, minutes(1), text("1", "long ago", noon.Add(-time.Hour)), text("2", "now", noon)))
	require.Equal(t, []string{"now"}, d.announced())
	require.NoError(t, d.Listen(t.Context(), sample.Shop, minutes(30)))
	require.Equal(t, noon, d.memory().Shop.Heard, "once and for all")
}

func TestEachMessageIsToldOnceAndInOrder(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow).listening()
	second := minutes(1)
	require.Equal(t, 2, d.hearing(finds, second, text("100", "b", second), text("99", "a", second)))
	kept := d.store.kept.Load()
	require.Zero(t, d.hearing(finds, minutes(2), text("99", "a", second), text("100", "b", second)))
	require.Equal(t, kept, d.store.kept.Load(), "nothing new, no write")
	require.Equal(t, 1, d.hearing(finds, minutes(3), text("101", "c", second), text("99", "a", second)), "one more in the same second")
	require.Zero(t, d.hearing(finds, minutes(4), workflow.Written{ID: "102", Kind: "TEXT", Text: "ours", At: minutes(4)}))
	require.Equal(t, 1, d.hearing(finds, minutes(5), text("103", "d", minutes(5))))
	require.Equal(t, []string{"a", "b", "c", "d"}, d.announced())
}

func TestHerWordsAreTheStoryOfHerLatestLiveApplication(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow).listening()
	d.met()
	later := d.asks("2", workflow.Creator{OpenID: "open-1", Username: "glow.daily"}, "2", minutes(1))
	d.hear("glow.daily", minutes(2), "hello")
	said, _ := d.thread(later.Key)
	require.Equal(t, "hello", said[0].Written.Text)
	require.Equal(t, "glow.daily", said[0].Creator.Username)
	require.Equal(t, []workflow.EventKind{workflow.OnReported, workflow.OnHeard}, events(d.history(later.Key)))

	d.reports("2", workflow.StatusWithdrawn, minutes(3))
	d.hear("glow.daily", minutes(4), "and now?")
	said, _ = d.thread(sample)
	require.Equal(t, "and now?", said[0].Written.Text)
	d.reports(sample.ID, workflow.StatusWithdrawn, minutes(5))
	d.hear("glow.daily", minutes(6), "oh")
	require.Equal(t, []string{"oh"}, d.announced(), "the shop's channel")
	require.Equal(t, []workflow.EventKind{workflow.OnHeard}, d.shopHistory())
}

func TestHerWordsCallForACard(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow).listening()
	d.apply(reported(workflow.StatusShipped, noon))
	d.hear("glow.daily", minutes(1), "it has not come")
	require.True(t, d.application(sample.ID).Card.Wanted)
	require.True(t, d.waiting(workflow.ThreadLane(sample))[0].Parked)
}

func TestAMembersFirstAnswerAsksTheTeamOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow).listening()
	c := d.campaign("Winter")
	d.invite(c, finds, noon)
	d.hear(finds, minutes(1), "yes!", "which colour?")
	m := d.member(c, findsName)
	require.Equal(t, workflow.MemberAnswered, m.State)
	require.Equal(t, "yes!", m.Answer)
	require.Equal(t, minutes(1), m.Answered)
	require.Equal(t, workflow.Notice{ID: m.Question, Shop: sample.Shop, Kind: workflow.SayQuestion, Campaign: c.ID, Creator: findsName}, d.notice(m.Question))
	lane := workflow.Lane("post/" + string(m.Question))
	require.Len(t, d.waiting(lane), 1)
	require.Equal(t, []string{"which colour?"}, d.announced(), "the question quotes the first")
	require.Equal(t, c.ID, d.notices()[0].CampaignID)
	d.deliver(lane, workflow.NoticeShown{At: minutes(2), Channel: "C0SAMPLES", TS: "7.1", Hash: "h"}, minutes(2))

	d.hear(finds, minutes(3), "hello?")
	require.Empty(t, d.waiting(lane), "a late answer asks nothing")
	require.Equal(t, []workflow.EventKind{workflow.OnMemberAdded, workflow.OnMemberAnswered, workflow.OnHeard, workflow.OnHeard, workflow.OnHeard}, d.shopHistory())

	say := func(needed bool) error {
		_, err := d.Say(t.Context(), workflow.Said{Actor: by(member), At: minutes(4), Campaign: c.ID, Creator: findsName, Needed: needed})
		return err
	}
	for _, needed := range []bool{true, false, true} {
		require.NoError(t, say(needed))
	}
	require.Len(t, d.waiting(lane), 1, "the question tells what was said")
	require.Equal(t, workflow.MemberNeeds, refusal(t, workflow.RuleSaid, say(true)).Member.State)
}

func TestOfTwoWordsOnTheSameQuestionTheFirstHolds(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow).listening()
	c := d.campaign("Winter")
	d.invite(c, finds, noon)
	d.hear(finds, minutes(1), "yes")
	say := func(who workflow.PersonID, needed bool, seen workflow.MemberState) error {
		_, err := d.Say(t.Context(), workflow.Said{Actor: by(who), At: minutes(2), Campaign: c.ID, Creator: findsName, Needed: needed, Seen: seen})
		return err
	}
	require.NoError(t, say(member, true, workflow.MemberAnswered))
	r := refusal(t, workflow.RuleSaid, say(another, false, workflow.MemberAnswered))
	require.Equal(t, member, r.Member.SaidBy, "whoever was slower is told who was first")
	require.Equal(t, workflow.MemberNeeds, d.member(c, findsName).State)
	require.NoError(t, say(another, false, workflow.MemberNeeds), "who saw that word may change it")
	require.NoError(t, say(another, true, workflow.MemberNeeds), "and her own she may change without having looked")
	require.Equal(t, workflow.MemberNeeds, d.member(c, findsName).State)
}

func TestAWordOnASampleIsRefusedWhereNothingIsAsked(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	d.met()
	c := d.campaign("Winter")
	d.invite(c, finds, noon)
	for name, s := range map[workflow.Rule]workflow.Said{
		workflow.RuleNotAsked:   {Campaign: c.ID, Creator: findsName},
		workflow.RuleNoMember:   {Campaign: c.ID, Creator: glowDaily},
		workflow.RuleNoCampaign: {Campaign: "404", Creator: findsName},
	} {
		s.Actor, s.At = by(member), noon
		_, err := d.Say(t.Context(), s)
		requireRefused(t, name, err)
	}
}

func TestNothingIsAskedOfWhoHasAnApplicationInTheCampaign(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow).listening()
	d.met()
	c := d.joins("Winter")
	d.hear("glow.daily", minutes(1), "thanks")
	m := d.member(c, glowDaily)
	require.Equal(t, workflow.MemberAnswered, m.State)
	require.Empty(t, m.Question)
	said, _ := d.thread(sample)
	require.Equal(t, "thanks", said[1].Written.Text)
	_, err := d.Say(t.Context(), workflow.Said{Actor: by(member), At: noon, Campaign: c.ID, Creator: glowDaily, Needed: true})
	requireRefused(t, workflow.RuleApplied, err)
}

func TestTheTeamIsAskedForEachCampaignThatIsNotArchived(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow).listening()
	d.met()
	winter, summer, archived := d.campaign("Winter"), d.campaign("Summer"), d.campaign("Archived")
	for _, c := range []workflow.Campaign{winter, summer, archived} {
		d.invite(c, "glow.daily", noon)
	}
	_, err := d.ArchiveCampaign(t.Context(), archived.ID, by(member), noon)
	require.NoError(t, err)
	d.hear("glow.daily", minutes(1), "yes")
	require.NotEmpty(t, d.member(winter, glowDaily).Question)
	require.NotEmpty(t, d.member(summer, glowDaily).Question)
	require.Equal(t, workflow.MemberInvited, d.member(archived, glowDaily).State, "archived campaigns ask nothing")
	said, _ := d.thread(sample)
	require.Equal(t, "yes", said[0].Written.Text, "and her words are in the thread as well")
}

func TestWhatWaitedForHerAnswerGoesWhenSheAnswersButForWhatHasToLookFirst(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow).listening()
	d.met()
	d.writes("1", glowDaily, "hello")
	held := workflow.Outcome{Event: workflow.MessageDone{What: workflow.OnMessageHeldUp, At: noon}, Then: workflow.Again, After: time.Hour}
	d.settle(d.take(glowLane, noon), held, noon)
	d.hear("glow.daily", minutes(1), "hi")
	require.Equal(t, minutes(1), d.waiting(glowLane)[0].NotBefore)

	held.Looks = 1
	d.settle(d.take(glowLane, minutes(1)), held, minutes(1))
	d.hear("glow.daily", minutes(2), "hi")
	require.Equal(t, minutes(61), d.waiting(glowLane)[0].NotBefore)
}

func TestALinkBringsItsProductIntoTheCampaign(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow).listening()
	c := d.campaign("Winter")
	d.invite(c, finds, noon)
	d.hear(finds, minutes(1), "yes")
	require.NoError(t, d.LinkSent(t.Context(), c.ID, findsName, "5", minutes(2)))
	require.Equal(t, minutes(2), d.member(c, findsName).LinkedAt)
	require.Equal(t, c.ID, d.asks("2", findsByID, "5", minutes(3)).Campaign)
	require.ErrorIs(t, d.LinkSent(t.Context(), c.ID, "id:404", "5", noon), workflow.ErrNotFound)
}

func TestACreatorWithoutANameIsToldApartByHerConversation(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow).listening()
	require.Equal(t, 1, d.hearing("", minutes(1), text("1", "hello", minutes(1))))
	require.Equal(t, "conversation talk-", d.notices()[0].Creator.Username)
}

// indexed is a message with TikTok's place of it in its conversation.
func indexed(index, id, words string, at time.Time) workflow.Written {
	w := text(id, words, at)
	w.Index = index
	return w
}

func TestTikToksIndexIsTheOrderWhateverTimesAndIDsSay(t *testing.T) {
	d := newDesk(t, glow).listening()
	require.Equal(t, 3, d.hearing(finds, minutes(1),
		indexed("100", "1", "c", noon), indexed("9", "5", "a", minutes(1)), indexed("11", "3", "b", noon)))
	require.Equal(t, []string{"a", "b", "c"}, d.announced())
	require.Zero(t, d.hearing(finds, minutes(2), indexed("99", "9", "earlier by its index", minutes(2))))
	require.Equal(t, 1, d.hearing(finds, minutes(3), indexed("101", "2", "d", noon)), "in a second that has passed")
	require.Equal(t, 1, d.hearing(finds, minutes(4), text("8", "without an index", minutes(4))))
	require.Equal(t, 1, d.hearing(finds, minutes(5), indexed("102", "7", "e", minutes(5))))
	require.Equal(t, []string{"a", "b", "c", "d", "without an index", "e"}, d.announced())
}

func TestHowAConversationStandsIsKept(t *testing.T) {
	d := newDesk(t, glow).listening()
	talk := func() (c workflow.Conversation) {
		require.NoError(t, d.store.View(t.Context(), func(tx workflow.Tx) (err error) {
			c, err = tx.ConversationNumbered(sample.Shop, "7")
			return err
		}))
		return c
	}
	h := workflow.Hearing{At: noon, ID: "7", Username: "glow.daily", Unread: 3, Unreplied: true, Messages: []workflow.Written{text("1", "the past", noon)}}
	require.NoError(t, d.NoteConversations(t.Context(), sample.Shop, []workflow.Hearing{h}))
	require.Empty(t, d.announced(), "what is noted is not told")
	require.Equal(t, workflow.Conversation{Shop: sample.Shop, Creator: talk().Creator, Shown: talk().Shown, ID: "7", Unread: 3, Unreplied: true}, talk())
	kept := d.store.kept.Load()
	require.NoError(t, d.NoteConversations(t.Context(), sample.Shop, []workflow.Hearing{h}))
	require.Equal(t, kept, d.store.kept.Load(), "nothing new, no write")
	h.Unread, h.Messages = 1, nil
	_, err := d.Hear(t.Context(), sample.Shop, h)
	require.NoError(t, err)
	require.Equal(t, 1, talk().Unread)
}
