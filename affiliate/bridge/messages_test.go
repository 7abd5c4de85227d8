package bridge_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/affiliate/affiliatesim"
	"sampledesk/workflow"
)

// The calls of the Message Center, by a part of their path.
const (
	sending = "/202412/conversations/" // of a message
	opening = "/202508/conversations"
	listing = "/202412/conversations"
	reading = "/202412/conversation/"
	marking = "/conversatons/read" // the vendor's spelling
)

const scopeMessages = "seller.affiliate_messages.write"

// write has the team write to whoever asks for the sample.
func (d *desk) write(k workflow.Key, text string) workflow.NoticeID {
	d.t.Helper()
	n, err := d.engine.Write(d.t.Context(), workflow.OutboundMessage{
		Actor: workflow.Actor{Person: "U1", Surface: workflow.FromModal}, At: time.Now(), Shop: k.Shop, Application: k.ID, Text: text,
	})
	require.NoError(d.t, err)
	return n.ID
}

// message is what the thread says of a message.
func (d *desk) message(id workflow.NoticeID) (m workflow.Message) {
	d.t.Helper()
	d.view(func(tx workflow.Tx) error {
		n, err := tx.Notice(id)
		if err == nil {
			m = *n.Message
		}
		return err
	})
	return m
}

// arrived are the texts that creators got, in order.
func (d *desk) arrived() (texts []string) {
	d.t.Helper()
	for _, m := range d.truths() {
		if m.From == "seller" {
			texts = append(texts, m.Text)
		}
	}
	return texts
}

// spoken is a message as it really is at TikTok.
type spoken struct {
	From   string `json:"from"` // "seller" or "creator"
	Text   string `json:"text"`
	Unread bool   `json:"unread"`
}

func (d *desk) truths() []spoken {
	d.t.Helper()
	var state struct{ Messages []spoken }
	d.get("/sim/state", &state)
	return state.Messages
}

func TestAMessageIsSentOnceAndConfirmed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d, k, _ := undecided(t)
		id := d.write(k, "Hello <you> & \"welcome\"")
		time.Sleep(time.Second)
		require.Equal(t, []string{"Hello <you> & \"welcome\""}, d.arrived())
		m := d.message(id)
		require.Equal(t, workflow.MessageSent, m.State)
		require.Equal(t, workflow.Failure{}, m.Failure)
		require.False(t, m.Sent.IsZero())
		require.Len(t, d.calls(sending), 1)
	})
}

func TestMessagesOfAShopAreSpacedAndRefusedBySpacingNever(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d, _, _ := undecided(t)
		var keys []workflow.Key
		for range 6 {
			keys = append(keys, d.apply(affiliatesim.Request{}))
		}
		d.sweep()
		for i, k := range keys {
			d.write(k, fmt.Sprint("to creator ", i))
		}
		time.Sleep(45 * time.Second)
		require.Len(t, d.arrived(), 6)
		for _, c := range d.calls(sending) {
			require.Equal(t, http.StatusOK, c.Status)
		}
	})
}

// unclear are the ways in which the answer to a message gets lost, and whether it had arrived.
var unclear = map[string]struct {
	fault   string
	arrived bool
}{
	"cut after it arrived": {`{"path":"/202412/conversations/","times":1,"do":"apply_then_drop"}`, true},
	"cut before":           {`{"path":"/202412/conversations/","times":1,"do":"drop"}`, false},
	"a gateway's fault":    {`{"path":"/202412/conversations/","times":1,"do":"status","status":503}`, false},
	"the vendor's fault":   {`{"path":"/202412/conversations/","times":1,"do":"code","code":36009003,"message":"internal"}`, false},
}

func TestAMessageWhoseAnswerWasLostIsLookedForBeforeItIsRepeated(t *testing.T) {
	for name, fault := range unclear {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d, k, _ := undecided(t)
				d.act("/sim/faults", fault.fault, nil)
				id := d.write(k, "Hello")
				time.Sleep(2 * time.Second)
				m := d.message(id)
				require.Equal(t, workflow.MessageWaiting, m.State)
				require.NotEqual(t, workflow.Failure{}, m.Failure, "the thread says why it waits")
				time.Sleep(8 * time.Second)
				require.Len(t, d.calls(sending), 1, "nothing is repeated after the first look")
				require.Equal(t, fault.arrived, d.message(id).State == workflow.MessageSent)
				time.Sleep(time.Minute)
				require.Equal(t, []string{"Hello"}, d.arrived())
				require.Equal(t, workflow.MessageSent, d.message(id).State)
				require.Equal(t, workflow.Failure{}, d.message(id).Failure)
			})
		})
	}
}

func TestAFaultOfTheVendorsAfterTheMessageArrivedIsNotRepeated(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d, k, _ := undecided(t)
		d.between.meddle(func(r *http.Request, next http.RoundTripper) (*http.Response, error) {
			response, err := next.RoundTrip(r)
			if err == nil && strings.Contains(r.URL.Path, sending) {
				_ = response.Body.Close()
				return answer(http.StatusServiceUnavailable, "upstream timed out"), nil
			}
			return response, err
		})
		id := d.write(k, "Hello")
		time.Sleep(time.Minute)
		require.Equal(t, []string{"Hello"}, d.arrived())
		require.Equal(t, workflow.MessageSent, d.message(id).State)
	})
}

func TestTheSameTextTwiceIsTwoMessages(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d, k, _ := undecided(t)
		d.write(k, "Thank you!")
		second := d.write(k, "Thank you!")
		time.Sleep(2 * time.Second)
		require.Len(t, d.arrived(), 1)
		d.act("/sim/faults", `{"path":"/202412/conversations/","times":1,"do":"drop"}`, nil)
		time.Sleep(time.Minute + 10*time.Second)
		require.Equal(t, []string{"Thank you!", "Thank you!"}, d.arrived(), "the first is not taken for the second")
		require.Equal(t, workflow.MessageSent, d.message(second).State)
	})
}

func TestAnInterruptedMessageIsLookedForFirst(t *testing.T) {
	for _, arrived := range []bool{true, false} {
		t.Run(fmt.Sprint("arrived: ", arrived), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := connected(t, affiliatesim.Options{})
				k := d.apply(affiliatesim.Request{})
				d.sweep()
				id := d.write(k, "Hello")
				var e workflow.Effect
				d.view(func(tx workflow.Tx) error {
					waiting, err := tx.Lane(workflow.MessageLane(k.Shop, d.application(k).Snapshot.Creator.KeyOf(k.Shop)))
					e = waiting[0].Effect
					return err
				})
				now := time.Now()
				e, ok, err := d.engine.Claim(t.Context(), e.ID, now, now.Add(10*time.Second))
				require.NoError(t, err)
				require.True(t, ok)
				if arrived {
					d.bridge.Deliver(t.Context(), e) // and the desk dies before it can record that
				}
				d.restart()
				d.run()
				time.Sleep(time.Minute)
				require.Equal(t, []string{"Hello"}, d.arrived())
				require.Equal(t, workflow.MessageSent, d.message(id).State)
			})
		})
	}
}

func TestAMessageBeyondTheUnansweredOnesWaitsForTheAnswer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d, k, _ := undecided(t)
		d.act("/sim/limits", `{"messages_unanswered":1}`, nil)
		d.bridge.PollMessages(t.Context())
		d.write(k, "One")
		two := d.write(k, "Two")
		time.Sleep(time.Hour)
		require.Equal(t, []string{"One"}, d.arrived())
		require.Equal(t, workflow.MessageWaiting, d.message(two).State)
		require.Equal(t, 16030100, d.message(two).Failure.Code)
		require.Len(t, d.calls(sending), 2, "nothing is tried in vain")

		other := d.apply(affiliatesim.Request{})
		d.sweep()
		d.write(other, "To somebody else")
		time.Sleep(10 * time.Second)
		require.Contains(t, d.arrived(), "To somebody else", "only they are waited for")

		d.act("/sim/messages", fmt.Sprintf(`{"creator_open_id":%q,"text":"Yes?"}`, d.application(k).Snapshot.Creator.OpenID), nil)
		d.bridge.PollMessages(t.Context())
		time.Sleep(10 * time.Second)
		require.Equal(t, workflow.MessageSent, d.message(two).State)
	})
}

func TestMessagesBeyondADaysQuotaWaitAndEachSaysWhy(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d, _, _ := undecided(t)
		d.act("/sim/limits", `{"messages_a_day":0}`, nil)
		var ids []workflow.NoticeID
		var keys []workflow.Key
		for range 14 {
			keys = append(keys, d.apply(affiliatesim.Request{}))
		}
		d.sweep()
		for _, k := range keys {
			ids = append(ids, d.write(k, "Hello"))
		}
		time.Sleep(30 * time.Minute)
		for _, id := range ids {
			require.Equal(t, workflow.MessageWaiting, d.message(id).State)
			require.Equal(t, 45101004, d.message(id).Failure.Code)
		}
		require.Len(t, d.calls(sending), 1, "what one message met is not tried again with each")
		time.Sleep(3 * time.Hour)
		require.LessOrEqual(t, len(d.calls(sending)), 5)
		d.act("/sim/limits", `{}`, nil)
		time.Sleep(2 * time.Hour)
		require.Len(t, d.arrived(), 14)
	})
}

func TestAMissingScopeForMessagesStopsNeitherTheShopNorItsReviews(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d, k, channel := undecided(t)
		d.act("/sim/authorization", fmt.Sprintf(`{"do":"withhold_scope","scope":%q}`, scopeMessages), nil)
		id := d.write(k, "Hello")
		time.Sleep(2 * time.Second)
		d.decide(k, workflow.Approve, "")
		time.Sleep(2 * time.Second)
		d.settled(k, workflow.AwaitingShipment)
		require.Equal(t, workflow.MessageWaiting, d.message(id).State)
		require.Contains(t, []int{105001, 105005}, d.message(id).Failure.Code)
		time.Sleep(10 * time.Minute)
		d.sweep()
		require.Equal(t, workflow.Failure{}, d.shop().SyncStopped)
		require.Equal(t, workflow.Failure{}, d.shop().ReviewsStopped)
		require.Empty(t, channel.said(workflow.KindStopped))
		require.Len(t, d.story(k, workflow.OnMessageHeldUp), 1, "it is told once")

		d.act("/sim/authorization", fmt.Sprintf(`{"do":"grant_scope","scope":%q}`, scopeMessages), nil)
		time.Sleep(time.Minute)
		require.Equal(t, workflow.MessageSent, d.message(id).State)
	})
}

// story is what an application's history holds of one kind.
func (d *desk) story(k workflow.Key, kind workflow.EventKind) (found []workflow.Entry) {
	d.t.Helper()
	d.view(func(tx workflow.Tx) error {
		all, _, err := tx.History(k, "", 1000)
		for _, e := range all {
			if e.Event == kind {
				found = append(found, e)
			}
		}
		return err
	})
	return found
}

func TestAMessageToAnotherRegionIsRefusedAndDoesNotHoldUpTheNext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d, k, _ := undecided(t)
		d.breakCalls(opening, 16032001, "the creator is in another region")
		id := d.write(k, "Hello")
		time.Sleep(2 * time.Second)
		require.Equal(t, workflow.MessageRefused, d.message(id).State)
		require.Equal(t, 16032001, d.message(id).Failure.Code)
		d.mendCalls()
		next := d.write(k, "Hello again")
		time.Sleep(10 * time.Second)
		require.Equal(t, workflow.MessageSent, d.message(next).State)
		_, err := d.engine.Resend(t.Context(), id, workflow.Actor{Person: "U1"}, time.Now())
		require.NoError(t, err)
		time.Sleep(10 * time.Second)
		require.Equal(t, []string{"Hello again", "Hello"}, d.arrived())
	})
}

func TestReviewsGoOutWhileTheMessageCenterHangs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d, first, _ := undecided(t)
		keys := []workflow.Key{first}
		for range 3 {
			keys = append(keys, d.apply(affiliatesim.Request{}))
		}
		d.sweep()
		d.between.hold(func(r *http.Request) error {
			if !strings.Contains(r.URL.Path, "/conversation") {
				return nil
			}
			<-r.Context().Done()
			return r.Context().Err()
		})
		for _, k := range keys {
			d.write(k, "Hello")
		}
		go d.bridge.PollMessages(t.Context())
		time.Sleep(2 * time.Second)
		for _, k := range keys {
			d.decide(k, workflow.Approve, "")
		}
		time.Sleep(20 * time.Second)
		for _, k := range keys {
			d.settled(k, workflow.AwaitingShipment)
		}
		d.between.meddle(nil)
		time.Sleep(10 * time.Minute)
		require.Len(t, d.arrived(), 4)
	})
}

func TestACreatorWhoIsKnownByTheirConversationAloneCanBeAnswered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := connected(t, affiliatesim.Options{})
		d.run()
		d.bridge.PollMessages(t.Context())
		d.apply(affiliatesim.Request{Creator: affiliatesim.RequestedBy{OpenID: "openid9", Username: "glow.daily"}}) // nobody has swept since
		time.Sleep(2 * time.Second)
		d.act("/sim/messages", `{"creator_open_id":"openid9","text":"Hi there"}`, nil)
		d.bridge.PollMessages(t.Context())
		n, err := d.engine.Write(t.Context(), workflow.OutboundMessage{
			Actor: workflow.Actor{Person: "U1"}, At: time.Now(), Shop: d.shop().ID,
			Creator: workflow.Creator{Username: "glow.daily"}.KeyOf(d.shop().ID), Text: "Hello",
		})
		require.NoError(t, err)
		time.Sleep(2 * time.Second)
		require.Equal(t, workflow.MessageSent, d.message(n.ID).State)
		require.Equal(t, []string{"Hello"}, d.arrived())
	})
}
