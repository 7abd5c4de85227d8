package boltstore

import (
	"fmt"

	"sampledesk/workflow"
)

// Members is part of workflow.Tx. The cursor is the key of the last creator.
func (t *transaction) Members(c workflow.CampaignID, after string, limit int) ([]workflow.Member, string, error) {
	return page(t.bucket(membersBucket), under(string(c)), after, limit, plainly(decode[workflow.Member]))
}

// Member is part of workflow.Tx.
func (t *transaction) Member(c workflow.CampaignID, creator workflow.CreatorKey) (workflow.Member, error) {
	return read[workflow.Member](t.bucket(membersBucket), memberKey(c, creator), "member")
}

// Memberships is part of workflow.Tx.
func (t *transaction) Memberships(creator workflow.CreatorKey) ([]workflow.Member, error) {
	list, _, err := page(t.bucket(membershipsBucket), under(string(creator)), "", unlimited, func(_, campaign []byte) (workflow.Member, error) {
		data := t.bucket(membersBucket).Get(memberKey(workflow.CampaignID(campaign), creator))
		if data == nil {
			return workflow.Member{}, fmt.Errorf("%w: creator %q is listed in campaign %q and not there", errDamaged, creator, campaign)
		}
		return decode[workflow.Member](data)
	})
	return list, err
}

// PutMember is part of workflow.Tx.
func (t *transaction) PutMember(m workflow.Member) error {
	if err := t.may("a member", string(m.Campaign), string(m.Creator)); err != nil {
		return err
	}
	if err := t.bucket(membershipsBucket).Put(membershipKey(m.Campaign, m.Creator), []byte(m.Campaign)); err != nil {
		return err
	}
	if err := write(t.bucket(membersBucket), memberKey(m.Campaign, m.Creator), kept(m)); err != nil {
		return err
	}
	return t.stand(m.Campaign, m.Creator)
}

// RemoveMember is part of workflow.Tx.
func (t *transaction) RemoveMember(c workflow.CampaignID, creator workflow.CreatorKey) error {
	if err := t.may("a campaign's members", string(c), string(creator)); err != nil {
		return err
	}
	if _, err := t.Member(c, creator); err != nil {
		return fmt.Errorf("removing a member: %w", err)
	}
	if err := t.bucket(membershipsBucket).Delete(membershipKey(c, creator)); err != nil {
		return err
	}
	if err := t.bucket(membersBucket).Delete(memberKey(c, creator)); err != nil {
		return err
	}
	return t.stand(c, creator)
}
