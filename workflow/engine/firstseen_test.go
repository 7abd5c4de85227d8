package engine_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
	"sampledesk/workflow/engine"
)

var findsByID = workflow.Creator{OpenID: "open-2", Username: finds}

func TestANewApplicationJoinsByItselfOnlyWhereCreatorAndProductAre(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	winter, summer, late := d.campaign("Winter", "1", "2"), d.campaign("Summer", "1"), d.campaign("Late", "3")
	archived := d.campaign("Archived", "1", "4")
	for i, c := range []workflow.Campaign{winter, summer, late, archived} {
		d.invite(c, finds, minutes(i))
	}
	_, err := d.ArchiveCampaign(t.Context(), archived.ID, by(member), minutes(9))
	require.NoError(t, err)

	for id, want := range map[workflow.ApplicationID]struct {
		product workflow.ProductID
		in      workflow.CampaignID
	}{
		"11": {"1", summer.ID}, // the one they joined last of those that it is in
		"12": {"2", winter.ID},
		"13": {"3", late.ID},
		"14": {"4", ""}, // archived
		"15": {"5", ""}, // in none
	} {
		a := d.asks(id, findsByID, want.product, minutes(10))
		require.Equal(t, want.in, a.Campaign, "product %s", want.product)
		if want.in != "" {
			require.Equal(t, workflow.Joined{At: minutes(10)}, a.Joined)
			require.Equal(t, want.in, d.history(a.Key)[0].Campaign, "the history tells it")
		}
	}
	require.Empty(t, d.asks("16", workflow.Creator{OpenID: "open-3", Username: "new.face"}, "1", minutes(10)).Campaign, "they are in none")
	over := reported(workflow.StatusWithdrawn, minutes(10))
	over.Snapshot.Creator = findsByID
	require.Empty(t, d.apply(over).Campaign, "it goes nowhere any more")
}

func TestAnApplicationThatIsKnownJoinsNothingByItself(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	d.seen()
	d.invite(d.campaign("Winter", "1"), "glow.daily", noon)
	require.Empty(t, d.reports(sample.ID, workflow.StatusAwaitingShipment, minutes(5)).Campaign)
}

func TestWhatIsKnownOfACreatorByNameBecomesHersByID(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow).receiving()
	c := d.campaign("Winter", "1")
	d.invite(c, finds, noon)
	d.receives(finds, minutes(1), "yes, please")
	_, err := d.AnswerSample(t.Context(), workflow.SampleAnswer{Actor: by(member), At: minutes(2), Campaign: c.ID, Creator: findsName, Needed: true})
	require.NoError(t, err)
	question := d.member(c, findsName).Question
	d.deliver(workflow.Lane("post/"+string(question)), workflow.PostShown{At: minutes(2), Channel: "C0SAMPLES", TS: "7.1", Hash: "h"}, minutes(2))

	a := d.asks("2", findsByID, "1", minutes(3))
	require.Equal(t, c.ID, a.Campaign)
	members := d.members(c)
	require.Len(t, members, 1)
	require.Equal(t, findsID, members[0].Creator)
	require.Equal(t, findsByID, members[0].Shown)
	require.Equal(t, workflow.MemberNeedsSample, members[0].State)
	require.Equal(t, question, members[0].Question, "the question stays the message that it is")
	n := d.notice(question)
	require.Equal(t, workflow.Notice{ID: question, Shop: sample.Shop, Kind: workflow.KindQuestion, Campaign: c.ID, Creator: findsID, Post: workflow.Post{Channel: "C0SAMPLES", TS: "7.1", Hash: "h"}}, n)
	require.Len(t, d.waiting(workflow.Lane("post/"+string(question))), 1, "and is shown again: their application has come")

	_, err = d.conversation(findsName)
	require.ErrorIs(t, err, workflow.ErrNotFound)
	conversation, err := d.conversation(findsID)
	require.NoError(t, err)
	require.Equal(t, "talk-"+finds, conversation.ID)
	require.Equal(t, findsByID, conversation.Shown)
	require.Equal(t, 1, d.receives(finds, minutes(5), "posted"), "they are heard as before")
	payloads, _ := d.thread(a.Key)
	require.Equal(t, "posted", payloads[len(payloads)-1].Inbound.Text)

	_, err = d.AnswerSample(t.Context(), workflow.SampleAnswer{Actor: by(member), At: minutes(6), Campaign: c.ID, Creator: findsID})
	requireRefused(t, workflow.RuleApplied, err)
}

func TestOfTwoMembershipsThatBecomeOneTheFurtherCounts(t *testing.T) {
	for name, further := range map[string]workflow.CreatorKey{"the one by name": findsName, "the one by id": findsID} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, glow).receiving()
			c := d.campaign("Winter", "1")
			d.invite(c, finds, noon)
			require.NoError(t, d.store.Update(t.Context(), func(tx workflow.Tx) error {
				for key, creator := range map[workflow.CreatorKey]workflow.Creator{findsName: {Username: finds}, findsID: findsByID} {
					m := workflow.Member{Campaign: c.ID, Creator: key, Shown: creator, AddedAt: noon, Question: workflow.QuestionNotice(c.ID, key)}
					m.State = map[bool]workflow.MemberState{true: workflow.MemberNeedsSample, false: workflow.MemberAnswered}[key == further]
					n := workflow.Notice{ID: m.Question, Shop: sample.Shop, Kind: workflow.KindQuestion, Campaign: c.ID, Creator: key}
					if err := tx.PutMember(m); err != nil {
						return err
					}
					if err := tx.PutNotice(n); err != nil {
						return err
					}
				}
				return nil
			}))
			d.asks("2", findsByID, "9", minutes(3))
			members := d.members(c)
			require.Len(t, members, 1)
			require.Equal(t, findsID, members[0].Creator)
			require.Equal(t, workflow.MemberNeedsSample, members[0].State)
			require.Equal(t, workflow.QuestionNotice(c.ID, further), members[0].Question)
			for _, key := range []workflow.CreatorKey{findsName, findsID} {
				require.Equal(t, findsID, d.notice(workflow.QuestionNotice(c.ID, key)).Creator, "both messages tell of them")
			}
		})
	}
}

func TestAnIDThatShowsLaterIsNews(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	c := d.campaign("Winter", "1")
	d.invite(c, finds, noon)
	a := d.asks("2", workflow.Creator{Username: finds}, "1", minutes(1))
	require.Equal(t, c.ID, a.Campaign, "they are known by name, and so is it")

	a = d.asks("2", findsByID, "1", minutes(2))
	require.Equal(t, findsByID, a.Snapshot.Creator)
	require.Equal(t, findsID, d.members(c)[0].Creator)
	page := read(d, func(tx workflow.Tx) (workflow.Page, error) {
		return tx.Applications(workflow.CampaignOf(c.ID), string(findsID), 9)
	})
	require.Len(t, page.Applications, 1)
	kept := d.store.kept.Load()
	d.asks("2", workflow.Creator{Username: finds}, "1", minutes(3))
	require.Equal(t, kept, d.store.kept.Load(), "and one that does not show it is none")
	require.Equal(t, findsByID, d.application("2").Snapshot.Creator)
}

func TestAMessageOnItsWayToANameGoesToTheIDOnceThatIsKnown(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow).receiving()
	d.receives(finds, noon, "hello")
	write := func(dedupKey string) workflow.Notice {
		n, err := d.Write(t.Context(), workflow.OutboundMessage{Actor: action(member, dedupKey), At: noon, Shop: sample.Shop, Creator: findsName, Text: "hello " + dedupKey})
		require.NoError(t, err)
		return n
	}
	first, second := write("1"), write("2")
	byName := workflow.MessageLane(sample.Shop, findsName)
	sending := d.take(byName, noon)
	d.asks("2", findsByID, "1", minutes(1))
	require.Equal(t, findsID, d.notice(first.ID).Creator)
	require.Equal(t, findsID, d.notice(second.ID).Creator)
	waiting := d.waiting(byName)
	require.Equal(t, findsID, waiting[1].Creator)

	quota := workflow.Failure{Code: 16030100}
	d.settle(sending, engine.Outcome{Result: engine.MessageDone{What: workflow.OnMessageHeldUp, At: minutes(1), Failure: quota}, Then: engine.Again, After: time.Hour, Failure: quota}, minutes(1))
	require.Equal(t, findsID, d.waiting(byName)[0].Creator, "it knew the old way only")
	d.receives(finds, minutes(2), "go on")
	require.Equal(t, minutes(2), d.waiting(byName)[0].NotBefore, "and is let go when they answer")
}

func TestNamesThatNoStoreTakesFailNoSweep(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow).receiving()
	odd := workflow.Creator{OpenID: "open\x00-3", Username: "odd\x00name\xff"}
	for i, p := range []workflow.ProductID{"1\x00", "\xff", ""} {
		require.Equal(t, workflow.Pending, d.asks(numbered(i+1).ID, odd, p, noon).State())
	}
	c := d.campaign("Winter")
	d.invite(c, "bad\x00\xff", noon)
	d.receivesBatch("bad\x00\xff", minutes(1), text("1", "yes", minutes(1)))
	require.Equal(t, workflow.MemberAnswered, d.members(c)[0].State)
	products := read(d, func(tx workflow.Tx) ([]workflow.Product, error) {
		all, _, err := tx.Products(sample.Shop, "", 10)
		return all, err
	})
	require.Empty(t, products)
}
