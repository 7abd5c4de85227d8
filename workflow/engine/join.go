package engine

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"sampledesk/workflow"
)

// Join does all of that or, with a Refusal, none of it. A second delivery of the same action changes nothing, also if
// what the first one did was taken back meanwhile.
func (e *Engine) Join(ctx context.Context, j workflow.Join) (a workflow.Application, c workflow.Campaign, err error) {
	err = e.update(ctx, func(t *txn) (err error) {
		a, c, err = joinCampaign(t, j)
		return err
	})
	if err != nil && !errors.Is(err, errUnchanged) {
		return workflow.Application{}, workflow.Campaign{}, fmt.Errorf("adding %s to a campaign: %w", j.Key, err)
	}
	return a, c, nil
}

func joinCampaign(t *txn, j workflow.Join) (a workflow.Application, c workflow.Campaign, err error) {
	if a, err = load(t.tx, j.Key); err != nil {
		return a, c, err
	}
	if a.AlreadyApplied(j.DedupKey) {
		if c, err = t.tx.Campaign(a.Campaign); errors.Is(err, workflow.ErrNotFound) {
			err = nil // it has left the campaign again
		}
		return a, c, cmp.Or(err, errUnchanged)
	}
	if c, err = campaignFor(t, j); err != nil {
		return a, c, err
	}
	if a, c, err = chooseCampaign(t, j, c); err != nil || !j.Approve {
		return a, c, err
	}
	a, _, err = t.apply(j.Key, workflow.Decided{Actor: j.Actor, At: j.At, Round: j.Round, Verdict: workflow.Approve, Undo: j.Undo})
	return a, c, err
}

func campaignFor(t *txn, j workflow.Join) (workflow.Campaign, error) {
	if j.Campaign == "" {
		return createCampaign(t.tx, workflow.Creation{Shop: j.Key.Shop, Name: j.NewName, By: j.Person, At: j.At, DedupKey: j.DedupKey})
	}
	c, err := activeCampaign(t.tx, j.Campaign)
	if err == nil && c.Shop != j.Key.Shop {
		return workflow.Campaign{}, workflow.Refusal{Rule: workflow.RuleNoCampaign}
	}
	return c, err
}

// chooseCampaign takes the application into the campaign, with its creator and its product. Approving somebody who is in the
// campaign already is not refused.
func chooseCampaign(t *txn, j workflow.Join, c workflow.Campaign) (workflow.Application, workflow.Campaign, error) {
	before, err := load(t.tx, j.Key)
	if err != nil {
		return before, c, err
	}
	who := j.Actor
	if j.Approve {
		who.DedupKey = "" // the approval is what recognises a second delivery
	}
	a, _, err := t.apply(j.Key, workflow.CampaignChosen{Actor: who, At: j.At, Campaign: c.ID, Name: c.Name, Seen: j.Seen})
	if r, ok := errors.AsType[workflow.Refusal](err); ok && r.Rule == workflow.RuleAlreadyInCampaign && j.Approve {
		return r.Application, c, nil
	}
	if err != nil {
		return a, c, err
	}
	m, isNew, err := joinMember(t.tx, c, a.Snapshot.Creator, j.Actor, j.At)
	if err != nil {
		return a, c, err
	}
	if isNew {
		a.Joined.Member = true
		if err := t.tx.PutApplication(a); err != nil {
			return a, c, err
		}
		if err := t.askOthers(a, j.At); err != nil {
			return a, c, err
		}
	}
	if err := t.renotify(m.Question, j.At, workflow.Routine); err != nil { // their application says what it asks
		return a, c, err
	}
	if err := dropMember(t, before, j.Actor, j.At); err != nil {
		return a, c, err
	}
	c, err = addProduct(t.tx, c, a.Snapshot.Product.ID)
	return a, c, err
}

// CreateCampaign creates a campaign of a shop. The error may be a Refusal: the name is none, or taken.
func (e *Engine) CreateCampaign(ctx context.Context, n workflow.Creation) (workflow.Campaign, error) {
	var c workflow.Campaign
	err := e.update(ctx, func(t *txn) (err error) {
		c, err = createCampaign(t.tx, n)
		return err
	})
	if err != nil {
		return workflow.Campaign{}, fmt.Errorf("creating a campaign of shop %s: %w", n.Shop, err)
	}
	return c, nil
}

func createCampaign(tx workflow.Tx, n workflow.Creation) (workflow.Campaign, error) {
	name, err := workflow.CampaignName(n.Name)
	if err != nil {
		return workflow.Campaign{}, err
	}
	if _, err := tx.Shop(n.Shop); err != nil {
		return workflow.Campaign{}, err
	}
	there, err := tx.CampaignNamed(n.Shop, name)
	switch {
	case err == nil && n.DedupKey != "" && there.DedupKey == n.DedupKey:
		return there, nil
	case err == nil:
		return workflow.Campaign{}, workflow.Refusal{Rule: workflow.RuleNameTaken, Name: name}
	case !errors.Is(err, workflow.ErrNotFound):
		return workflow.Campaign{}, err
	}
	c := workflow.Campaign{ID: workflow.CampaignID(rand.Text()), Shop: n.Shop, Name: name, CreatedBy: n.By, CreatedAt: n.At, DedupKey: n.DedupKey}
	return c, tx.PutCampaign(c)
}

// Leave takes an addition to a campaign back: the application is where it was before, or in no campaign where the one
// before was archived meanwhile. A creator who came into the campaign with it, has not answered and has nothing else
// there leaves it too. The error is a Refusal where somebody else added it, or it is there no more.
func (e *Engine) Leave(ctx context.Context, l workflow.Leaving) (a workflow.Application, err error) {
	err = e.update(ctx, func(t *txn) (err error) {
		a, err = leaveCampaign(t, l)
		return err
	})
	if err != nil && !errors.Is(err, errUnchanged) {
		return workflow.Application{}, fmt.Errorf("taking %s out of a campaign: %w", l.Key, err)
	}
	return a, nil
}

func leaveCampaign(t *txn, l workflow.Leaving) (workflow.Application, error) {
	before, err := load(t.tx, l.Key)
	if err != nil {
		return before, err
	}
	c, err := t.tx.Campaign(l.Seen)
	if err != nil && !errors.Is(err, workflow.ErrNotFound) {
		return before, err
	}
	back, err := activeCampaign(t.tx, before.Joined.Was)
	if _, refused := errors.AsType[workflow.Refusal](err); refused {
		back = workflow.Campaign{}
	} else if err != nil {
		return before, err
	}
	a, did, err := t.apply(l.Key, workflow.CampaignLeft{Actor: l.Actor, At: l.At, Seen: l.Seen, Name: c.Name, Back: back.ID, BackName: back.Name})
	if err != nil {
		return a, err
	}
	if !did {
		return a, errUnchanged
	}
	if back.ID != "" { // they may have left it with the move that is undone
		if _, _, err := joinMember(t.tx, back, a.Snapshot.Creator, workflow.Actor{Person: a.Joined.By, Surface: l.Surface}, l.At); err != nil {
			return a, err
		}
	}
	return a, dropMember(t, before, l.Actor, l.At)
}

// dropMember takes a creator out of the campaign that their application has just left, if they came there with it, have
// not answered, and have no other application there. Otherwise the question about them may read differently now.
func dropMember(t *txn, before workflow.Application, by workflow.Actor, at time.Time) error {
	if before.Campaign == "" {
		return nil
	}
	creator := before.Snapshot.Creator.KeyOf(before.Key.Shop)
	m, err := t.tx.Member(before.Campaign, creator)
	if errors.Is(err, workflow.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	others, err := hasApplication(t.tx, before.Campaign, creator)
	if err != nil {
		return err
	}
	if others || !before.Joined.Member || m.State != workflow.MemberInvited {
		return t.renotify(m.Question, at, workflow.Routine)
	}
	if err := t.tx.RemoveMember(before.Campaign, creator); err != nil {
		return err
	}
	return errors.Join(t.tx.Append(workflow.Entry{
		At: at, Key: workflow.Key{Shop: before.Key.Shop}, Event: workflow.OnMemberLeft, By: by, Campaign: before.Campaign, Creator: creator,
	}), t.askOthers(before, at))
}

// hasApplication reports whether a creator has an application in a campaign.
func hasApplication(tx workflow.Tx, c workflow.CampaignID, creator workflow.CreatorKey) (bool, error) {
	page, err := tx.Applications(workflow.CampaignOf(c), string(creator)+"/", 1)
	if err != nil || len(page.Applications) == 0 {
		return false, err
	}
	a := page.Applications[0]
	return a.Snapshot.Creator.KeyOf(a.Key.Shop) == creator, nil
}
