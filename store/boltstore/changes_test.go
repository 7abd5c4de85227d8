package boltstore

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"sampledesk/workflow"
)

// begin is when the changes of the tests begin.
var begin = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

// change returns the n-th of an endless row of updates, each of which touches whatever a decision touches and more: the
// n-th application comes and asks for a card, its creator speaks, the one before is decided, and the one before that has
// its review claimed and removed, or buried and revived, and loses its creator. After n changes a store holds the same
// whoever did them.
func change(n int) func(workflow.Tx) error {
	return func(tx workflow.Tx) error {
		if err := arrive(tx, n); err != nil {
			return err
		}
		if err := speak(tx, n); err != nil {
			return err
		}
		if err := decide(tx, n-1); err != nil {
			return err
		}
		if err := deliver(tx, n-2); err != nil {
			return err
		}
		return leave(tx, n-2)
	}
}

func applicationKeyOf(n int) workflow.Key {
	return workflow.Key{Shop: "1", ID: workflow.ApplicationID(strconv.Itoa(n))}
}

// arrived returns an application of three kilobytes or so, as they come.
func arrived(n int) workflow.Application {
	return workflow.Application{
		Key: applicationKeyOf(n), Round: 1, SeenAt: at(n), ReportedAt: at(n), Campaign: campaignOf(n),
		Snapshot: workflow.Snapshot{
			Status: workflow.StatusPending, ReviewBy: at(n).Add(168 * time.Hour), Approvable: true, Stock: 12, Commission: "0.15",
			Creator: workflow.Creator{
				OpenID: fmt.Sprintf("open-%d", n%100), Username: fmt.Sprintf("glow.daily%d", n%100), Nickname: "Glow daily",
				Followers: workflow.OptionalNumber{Value: 12400, Shared: true}, GMV: workflow.Money{Amount: "1230.50", Currency: "USD"},
			},
			Product: workflow.Product{ID: "1729", Title: "Glow serum, 30 ml", SKU: "1", Variant: "Rose"},
		},
	}
}

func at(n int) time.Time { return begin.Add(time.Duration(n) * time.Second) }

func campaignOf(n int) workflow.CampaignID {
	return workflow.CampaignID(fmt.Sprintf("campaign-%d", n/10))
}

func review(n int) workflow.Effect {
	k := applicationKeyOf(n)
	return workflow.Effect{
		ID: workflow.EffectID("review-" + k.String()), Kind: workflow.ReviewOnTikTok, Lane: workflow.ReviewLane(k), Shop: k.Shop,
		Application: k.ID, Review: &workflow.Review{Verdict: workflow.Approve}, MadeAt: at(n), NotBefore: at(n),
	}
}

func thread(n, part int) workflow.Effect {
	k := applicationKeyOf(n)
	return workflow.Effect{
		ID: workflow.EffectID(fmt.Sprintf("thread-%s-%d", k, part)), Kind: workflow.Reply, Lane: workflow.ThreadLane(k), Shop: k.Shop,
		Application: k.ID, Payload: &workflow.Payload{Kind: workflow.KindStage, At: at(n)}, MadeAt: at(n), NotBefore: at(n),
	}
}

func arrive(tx workflow.Tx, n int) error {
	a := arrived(n)
	err := tx.PutCampaign(workflow.Campaign{ID: a.Campaign, Shop: "1", Name: fmt.Sprintf("Campaign %d", n/10), CreatedAt: at(n)})
	if err != nil {
		return err
	}
	err = tx.PutMember(workflow.Member{Campaign: a.Campaign, Creator: a.Snapshot.Creator.KeyOf("1"), AddedAt: at(n)})
	if err != nil {
		return err
	}
	if err := tx.PutApplication(a); err != nil {
		return err
	}
	for part := range 2 {
		if err := tx.Enqueue(thread(n, part)); err != nil {
			return err
		}
	}
	return tx.Append(workflow.Entry{At: at(n), Key: a.Key, Event: workflow.OnReported, To: workflow.Pending})
}

// speak keeps what a creator asks for and says, and who tells of it.
func speak(tx workflow.Tx, n int) error {
	a := arrived(n)
	creator := a.Snapshot.Creator.KeyOf("1")
	notice := workflow.QuestionNotice(a.Campaign, creator)
	return errors.Join(
		tx.PutProduct("1", workflow.Product{ID: "1729", Title: "Glow serum, 30 ml", SKU: strconv.Itoa(n % 7)}),
		tx.PutConversation(workflow.Conversation{Shop: "1", Creator: creator, ID: fmt.Sprintf("conversation-%d", n)}),
		tx.PutRun(workflow.Run{ID: workflow.RunID(fmt.Sprintf("run-%d", n/10)), Shop: "1", At: at(n), Added: n}),
		tx.PutNotice(workflow.Notice{ID: notice, Shop: "1", Campaign: a.Campaign, Creator: creator}),
	)
}

// leave takes a creator out of their campaign, and forgets every fourth conversation.
func leave(tx workflow.Tx, n int) error {
	if n < 0 {
		return nil
	}
	creator := arrived(n).Snapshot.Creator.KeyOf("1")
	if n%4 == 0 {
		if err := tx.RemoveConversation("1", creator); err != nil {
			return err
		}
	}
	return tx.RemoveMember(campaignOf(n), creator)
}

// decide does what a click does: the application, its history, and two effects.
func decide(tx workflow.Tx, n int) error {
	if n < 0 {
		return nil
	}
	a, err := tx.Application(applicationKeyOf(n))
	if err != nil {
		return err
	}
	a.Round, a.Card.Wanted = 2, true
	a.Decision = workflow.Decision{Phase: workflow.DecisionQueued, Verdict: workflow.Approve, By: "U1", At: at(n), Review: review(n).ID}
	if err := tx.PutApplication(a); err != nil {
		return err
	}
	if err := tx.Append(workflow.Entry{At: at(n), Key: a.Key, Event: workflow.OnApproved, From: workflow.Pending, To: workflow.Queued}); err != nil {
		return err
	}
	if err := tx.Enqueue(review(n)); err != nil {
		return err
	}
	return tx.Enqueue(thread(n, 2))
}

// deliver claims, and removes or buries two times out of three: the others stay claimed. Of those that are buried every
// second is revived.
func deliver(tx workflow.Tx, n int) error {
	if n < 0 {
		return nil
	}
	e, err := tx.Claim(review(n).ID, at(n), at(n).Add(time.Minute))
	if err != nil {
		return err
	}
	switch n % 3 {
	case 0:
		return tx.Remove(e.ID)
	case 1:
		err = tx.Bury(e, at(n))
		if err == nil && n%2 == 0 {
			err = tx.Revive(e.ID, at(n))
		}
		return err
	}
	return nil
}
