package engine_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
	"sampledesk/workflow/engine"
)

func text(id, words string, at time.Time) workflow.InboundMessage {
	return workflow.InboundMessage{ID: id, Kind: "TEXT", Text: words, FromCreator: true, At: at}
}

// announced returns what is to be said to the shop's channel, by its words.
func (d *desk) announced() (words []string) {
	d.t.Helper()
	for _, s := range d.notices() {
		words = append(words, s.Inbound.Text)
	}
	return words
}

func TestWhatWasWrittenBeforeTheDeskBeganToPollIsNotPosted(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow).receiving()
	require.Equal(t, 1, d.receivesBatch(finds, minutes(1), text("1", "long ago", noon.Add(-time.Hour)), text("2", "now", noon)))
	require.Equal(t, []string{"now"}, d.announced())
	require.NoError(t, d.StartReceiving(t.Context(), sample.Shop, minutes(30)))
	require.Equal(t, noon, d.memory().Shop.MessagesSince, "once and for all")
}

func TestEachMessageIsToldOnceAndInOrder(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow).receiving()
	second := minutes(1)
	require.Equal(t, 2, d.receivesBatch(finds, second, text("100", "b", second), text("99", "a", second)))
	kept := d.store.kept.Load()
	require.Zero(t, d.receivesBatch(finds, minutes(2), text("99", "a", second), text("100", "b", second)))
	require.Equal(t, kept, d.store.kept.Load(), "nothing new, no write")
	require.Equal(t, 1, d.receivesBatch(finds, minutes(3), text("101", "c", second), text("99", "a", second)), "one more in the same second")
	require.Zero(t, d.receivesBatch(finds, minutes(4), workflow.InboundMessage{ID: "102", Kind: "TEXT", Text: "ours", At: minutes(4)}))
	require.Equal(t, 1, d.receivesBatch(finds, minutes(5), text("103", "d", minutes(5))))
	require.Equal(t, []string{"a", "b", "c", "d"}, d.announced())
}

func TestAMessageIsPostedInTheThreadOfTheLatestLiveApplication(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow).receiving()
	d.seen()
	later := d.asks("2", workflow.Creator{OpenID: "open-1", Username: "glow.daily"}, "2", minutes(1))
	d.receives("glow.daily", minutes(2), "hello")
	payloads, _ := d.thread(later.Key)
	require.Equal(t, "hello", payloads[0].Inbound.Text)
	require.Equal(t, "glow.daily", payloads[0].Creator.Username)
	require.Equal(t, []workflow.EventKind{workflow.OnReported, workflow.OnMessageReceived}, events(d.history(later.Key)))

	d.reports("2", workflow.StatusWithdrawn, minutes(3))
	d.receives("glow.daily", minutes(4), "and now?")
	payloads, _ = d.thread(sample)
	require.Equal(t, "and now?", payloads[0].Inbound.Text)
	d.reports(sample.ID, workflow.StatusWithdrawn, minutes(5))
	d.receives("glow.daily", minutes(6), "oh")
	require.Equal(t, []string{"oh"}, d.announced(), "the shop's channel")
	require.Equal(t, []workflow.EventKind{workflow.OnMessageReceived}, d.shopHistory())
}

func TestAMessageFromTheCreatorNeedsACard(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow).receiving()
	d.apply(reported(workflow.StatusShipped, noon))
	d.receives("glow.daily", minutes(1), "it has not come")
	require.True(t, d.application(sample.ID).Card.Wanted)
	require.True(t, d.waiting(workflow.ThreadLane(sample))[0].Parked)
}

func TestAMembersFirstAnswerAsksTheTeamOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow).receiving()
	c := d.campaign("Winter")
	d.invite(c, finds, noon)
	d.receives(finds, minutes(1), "yes!", "which colour?")
	m := d.member(c, findsName)
	require.Equal(t, workflow.MemberAnswered, m.State)
	require.Equal(t, "yes!", m.Answer)
	require.Equal(t, minutes(1), m.Answered)
	require.Equal(t, workflow.Notice{ID: m.Question, Shop: sample.Shop, Kind: workflow.KindQuestion, Campaign: c.ID, Creator: findsName}, d.notice(m.Question))
	lane := workflow.Lane("post/" + string(m.Question))
	require.Len(t, d.waiting(lane), 1)
	require.Equal(t, []string{"which colour?"}, d.announced(), "the question quotes the first")
	require.Equal(t, c.ID, d.notices()[0].CampaignID)
	d.deliver(lane, workflow.PostShown{At: minutes(2), Channel: "C0SAMPLES", TS: "7.1", Hash: "h"}, minutes(2))

	d.receives(finds, minutes(3), "hello?")
	require.Empty(t, d.waiting(lane), "a late answer asks nothing")
	require.Equal(t, []workflow.EventKind{workflow.OnMemberAdded, workflow.OnMemberAnswered, workflow.OnMessageReceived, workflow.OnMessageReceived, workflow.OnMessageReceived}, d.shopHistory())

	announcements := func(needed bool) error {
		_, err := d.AnswerSample(t.Context(), workflow.SampleAnswer{Actor: by(member), At: minutes(4), Campaign: c.ID, Creator: findsName, Needed: needed})
		return err
	}
	for _, needed := range []bool{true, false, true} {
		require.NoError(t, announcements(needed))
	}
	require.Len(t, d.waiting(lane), 1, "the question tells what was said")
	require.Equal(t, workflow.MemberNeedsSample, refusal(t, workflow.RuleAlreadyAnswered, announcements(true)).Member.State)
}

func TestOfTwoAnswersToTheSameQuestionTheFirstHolds(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow).receiving()
	c := d.campaign("Winter")
	d.invite(c, finds, noon)
	d.receives(finds, minutes(1), "yes")
	announcements := func(who workflow.PersonID, needed bool, seen workflow.MemberState) error {
		_, err := d.AnswerSample(t.Context(), workflow.SampleAnswer{Actor: by(who), At: minutes(2), Campaign: c.ID, Creator: findsName, Needed: needed, Seen: seen})
		return err
	}
	require.NoError(t, announcements(member, true, workflow.MemberAnswered))
	r := refusal(t, workflow.RuleAlreadyAnswered, announcements(another, false, workflow.MemberAnswered))
	require.Equal(t, member, r.Member.SampleAnswerBy, "whoever was slower is told who was first")
	require.Equal(t, workflow.MemberNeedsSample, d.member(c, findsName).State)
	require.NoError(t, announcements(another, false, workflow.MemberNeedsSample), "who saw that word may change it")
	require.NoError(t, announcements(another, true, workflow.MemberNeedsSample), "and their own they may change without having looked")
	require.Equal(t, workflow.MemberNeedsSample, d.member(c, findsName).State)
}

func TestAnAnswerOnASampleIsRefusedWhereNothingIsAsked(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	d.seen()
	c := d.campaign("Winter")
	d.invite(c, finds, noon)
	for name, s := range map[workflow.Rule]workflow.SampleAnswer{
		workflow.RuleNotAsked:   {Campaign: c.ID, Creator: findsName},
		workflow.RuleNoMember:   {Campaign: c.ID, Creator: glowDaily},
		workflow.RuleNoCampaign: {Campaign: "404", Creator: findsName},
	} {
		s.Actor, s.At = by(member), noon
		_, err := d.AnswerSample(t.Context(), s)
		requireRefused(t, name, err)
	}
}

func TestNothingIsAskedOfWhoHasAnApplicationInTheCampaign(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow).receiving()
	d.seen()
	c := d.joins("Winter")
	d.receives("glow.daily", minutes(1), "thanks")
	m := d.member(c, glowDaily)
	require.Equal(t, workflow.MemberAnswered, m.State)
	require.Empty(t, m.Question)
	payloads, _ := d.thread(sample)
	require.Equal(t, "thanks", payloads[1].Inbound.Text)
	_, err := d.AnswerSample(t.Context(), workflow.SampleAnswer{Actor: by(member), At: noon, Campaign: c.ID, Creator: glowDaily, Needed: true})
	requireRefused(t, workflow.RuleApplied, err)
}

func TestTheTeamIsAskedForEachCampaignThatIsNotArchived(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow).receiving()
	winter, summer, archived := d.campaign("Winter"), d.campaign("Summer"), d.campaign("Archived")
	for _, c := range []workflow.Campaign{winter, summer, archived} {
		d.invite(c, finds, noon)
	}
	_, err := d.ArchiveCampaign(t.Context(), archived.ID, by(member), noon)
	require.NoError(t, err)
	d.receives(finds, minutes(1), "yes")
	require.NotEmpty(t, d.member(winter, findsName).Question)
	require.NotEmpty(t, d.member(summer, findsName).Question)
	require.Equal(t, workflow.MemberInvited, d.member(archived, findsName).State, "archived campaigns ask nothing")
}

func TestALiveRequestJoinsWhereItsCreatorAnswersAndNothingIsAsked(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow).receiving()
	d.seen()
	winter := d.campaign("Winter", "another product")
	d.invite(winter, "glow.daily", noon)
	d.receives("glow.daily", minutes(1), "yes")
	m, a := d.member(winter, glowDaily), d.application(sample.ID)
	require.Equal(t, workflow.MemberAnswered, m.State)
	require.Empty(t, m.Question, "the request says what they need")
	require.Equal(t, winter.ID, a.Campaign)
	require.True(t, a.Joined.Linked)
	require.Contains(t, d.memory().Campaigns[0].Products, a.Snapshot.Product.ID, "its product joins too")
	payloads, _ := d.thread(sample)
	require.Equal(t, workflow.KindCampaign, payloads[0].Kind)
	require.Equal(t, "yes", payloads[1].Inbound.Text)

	_, err := d.Leave(t.Context(), workflow.Leaving{Actor: by(another), At: minutes(2), Key: sample, Seen: winter.ID})
	require.NoError(t, err, "anybody of the team may take it out")
	require.Empty(t, d.application(sample.ID).Campaign)
	require.Equal(t, workflow.MemberAnswered, d.member(winter, glowDaily).State, "the creator stays")

	summer := d.campaign("Summer")
	_, _, err = d.Join(t.Context(), workflow.Join{Actor: by(member), At: minutes(3), Key: sample, Campaign: summer.ID})
	require.NoError(t, err)
	autumn := d.campaign("Autumn")
	d.invite(autumn, "glow.daily", minutes(4))
	d.receives("glow.daily", minutes(5), "hello")
	require.Equal(t, summer.ID, d.application(sample.ID).Campaign, "what somebody chose stays")
}

func TestWhatWaitedForTheirAnswerGoesWhenTheyAnswerButForWhatHasToLookFirst(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow).receiving()
	d.seen()
	d.writes("1", glowDaily, "hello")
	held := engine.Outcome{Result: engine.MessageDone{What: workflow.OnMessageHeldUp, At: noon}, Then: engine.Again, After: time.Hour}
	d.settle(d.take(glowLane, noon), held, noon)
	d.receives("glow.daily", minutes(1), "hi")
	require.Equal(t, minutes(1), d.waiting(glowLane)[0].NotBefore)

	held.Verifications = 1
	d.settle(d.take(glowLane, minutes(1)), held, minutes(1))
	d.receives("glow.daily", minutes(2), "hi")
	require.Equal(t, minutes(61), d.waiting(glowLane)[0].NotBefore)
}

func TestALinkBringsItsProductIntoTheCampaign(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow).receiving()
	c := d.campaign("Winter")
	d.invite(c, finds, noon)
	d.receives(finds, minutes(1), "yes")
	require.NoError(t, d.LinkSent(t.Context(), c.ID, findsName, "5", minutes(2)))
	require.Equal(t, minutes(2), d.member(c, findsName).LinkedAt)
	require.Equal(t, c.ID, d.asks("2", findsByID, "5", minutes(3)).Campaign)
	require.ErrorIs(t, d.LinkSent(t.Context(), c.ID, "id:404", "5", noon), workflow.ErrNotFound)
}

func TestACreatorWithoutANameIsDistinguishedByTheConversation(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow).receiving()
	require.Equal(t, 1, d.receivesBatch("", minutes(1), text("1", "hello", minutes(1))))
	require.Equal(t, "conversation talk-", d.notices()[0].Creator.Username)
}

// indexed is a message with TikTok's place of it in its conversation.
func indexed(index, id, words string, at time.Time) workflow.InboundMessage {
	w := text(id, words, at)
	w.Index = index
	return w
}

func TestTikToksIndexIsTheOrderWhateverTimesAndIDsSay(t *testing.T) {
	d := newDesk(t, glow).receiving()
	require.Equal(t, 3, d.receivesBatch(finds, minutes(1),
		indexed("100", "1", "c", noon), indexed("9", "5", "a", minutes(1)), indexed("11", "3", "b", noon)))
	require.Equal(t, []string{"a", "b", "c"}, d.announced())
	require.Zero(t, d.receivesBatch(finds, minutes(2), indexed("99", "9", "earlier by its index", minutes(2))))
	require.Equal(t, 1, d.receivesBatch(finds, minutes(3), indexed("101", "2", "d", noon)), "in a second that has passed")
	require.Equal(t, 1, d.receivesBatch(finds, minutes(4), text("8", "without an index", minutes(4))))
	require.Equal(t, 1, d.receivesBatch(finds, minutes(5), indexed("102", "7", "e", minutes(5))))
	require.Equal(t, []string{"a", "b", "c", "d", "without an index", "e"}, d.announced())
}

func TestHowAConversationStandsIsKept(t *testing.T) {
	d := newDesk(t, glow).receiving()
	conversation := func() (c workflow.Conversation) {
		require.NoError(t, d.store.View(t.Context(), func(tx workflow.Tx) (err error) {
			c, err = tx.ConversationNumbered(sample.Shop, "7")
			return err
		}))
		return c
	}
	batch := workflow.InboundBatch{At: noon, ID: "7", Username: "glow.daily", Unread: 3, Unreplied: true, Messages: []workflow.InboundMessage{text("1", "the past", noon)}}
	require.NoError(t, d.NoteConversations(t.Context(), sample.Shop, []workflow.InboundBatch{batch}))
	require.Empty(t, d.announced(), "what is noted is not told")
	require.Equal(t, workflow.Conversation{Shop: sample.Shop, Creator: conversation().Creator, Shown: conversation().Shown, ID: "7", Unread: 3, Unreplied: true}, conversation())
	kept := d.store.kept.Load()
	require.NoError(t, d.NoteConversations(t.Context(), sample.Shop, []workflow.InboundBatch{batch}))
	require.Equal(t, kept, d.store.kept.Load(), "nothing new, no write")
	batch.Unread, batch.Messages = 1, nil
	_, err := d.Receive(t.Context(), sample.Shop, batch)
	require.NoError(t, err)
	require.Equal(t, 1, conversation().Unread)
}
