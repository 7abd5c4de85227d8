package workflow

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Leaving takes an application out of the campaign it was added to.
type Leaving struct {
	Actor
	At   time.Time
	Key  Key
	Seen CampaignID // the campaign that the person was shown it in
}

// Leave takes an addition to a campaign back. A creator who came into the campaign with it, and has nothing else there,
// leaves it too.
func (e *Engine) Leave(ctx context.Context, l Leaving) (a Application, err error) {
	err = e.update(ctx, func(t *turn) error {
		before, err := load(t.tx, l.Key)
		if err != nil {
			return err
		}
		c, err := t.tx.Campaign(l.Seen)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
		var did bool
		if a, did, err = t.apply(l.Key, CampaignLeft{Actor: l.Actor, At: l.At, Seen: l.Seen, Name: c.Name}); err != nil || !did {
			return err
		}
		return t.part(before)
	})
	if err != nil {
		return Application{}, fmt.Errorf("taking %s out of a campaign: %w", l.Key, err)
	}
	return a, nil
}

// part takes a creator out of the campaign that her application has just left, if she came there with it, has not
// answered, and has no other application there.
func (t *turn) part(before Application) error {
	if before.Campaign == "" || !before.Joined.Member {
		return nil
	}
	creator := before.Report.Creator.KeyOf(before.Key.Shop)
	m, err := t.tx.Member(before.Campaign, creator)
	if errors.Is(err, ErrNotFound) || err == nil && m.State != MemberInvited {
		return nil
	}
	if err != nil {
		return err
	}
	page, err := t.tx.Applications(CampaignOf(before.Campaign), string(creator)+"/", 1)
	if err != nil {
		return err
	}
	for _, a := range page.Applications {
		if a.Report.Creator.KeyOf(a.Key.Shop) == creator {
			return nil
		}
	}
	return t.tx.RemoveMember(before.Campaign, creator)
}
