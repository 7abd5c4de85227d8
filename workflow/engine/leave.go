package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"sampledesk/workflow"
)

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
	return t.tx.Append(workflow.Entry{
		At: at, Key: workflow.Key{Shop: before.Key.Shop}, Event: workflow.OnMemberLeft, By: by, Campaign: before.Campaign, Creator: creator,
	})
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
