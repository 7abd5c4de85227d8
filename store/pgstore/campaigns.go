package pgstore

import (
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"sampledesk/store/internal/value"
	"sampledesk/workflow"
)

var (
	campaignsTable = table{"campaigns", "campaign", "SELECT record FROM campaigns WHERE id = $1"}
	membersTable   = table{"members", "member", "SELECT record FROM members WHERE campaign = $1 AND creator = $2"}
)

// Campaign is part of workflow.Tx.
func (t *transaction) Campaign(id workflow.CampaignID) (workflow.Campaign, error) {
	return read[workflow.Campaign](t, campaignsTable, string(id))
}

// CampaignNamed is part of workflow.Tx.
func (t *transaction) CampaignNamed(s workflow.ShopID, name string) (workflow.Campaign, error) {
	if err := t.alive(); err != nil {
		return workflow.Campaign{}, err
	}
	folded := workflow.FoldName(name)
	if !value.Nameable(string(s), name, folded) {
		return workflow.Campaign{}, notFound("campaign named", name)
	}
	var text string
	found, err := t.one([]any{&text}, "SELECT record FROM campaigns WHERE shop = $1 AND folded = $2", string(s), folded)
	switch {
	case err != nil:
		return workflow.Campaign{}, err
	case !found:
		return workflow.Campaign{}, fmt.Errorf("campaign named %q of shop %q: %w", name, s, workflow.ErrNotFound)
	}
	return decode[workflow.Campaign](text)
}

// Campaigns is part of workflow.Tx. The cursor is the folded name of the last campaign.
func (t *transaction) Campaigns(shop workflow.ShopID, after string, limit int) ([]workflow.Campaign, string, error) {
	if !value.Nameable(string(shop)) {
		return nil, "", t.alive()
	}
	return named[workflow.Campaign](t, "SELECT folded, record FROM campaigns WHERE shop = $1 AND folded > $2 ORDER BY folded LIMIT $3", limit, string(shop), cursor(after))
}

// PutCampaign is part of workflow.Tx. A campaign that is archived still holds its name.
func (t *transaction) PutCampaign(c workflow.Campaign) error {
	if err := t.may("a campaign", string(c.ID), string(c.Shop), c.Name); err != nil {
		return err
	}
	c = value.Kept(c)
	folded := workflow.FoldName(c.Name)
	var holder string
	taken, err := t.one([]any{&holder}, "SELECT id FROM campaigns WHERE shop = $1 AND folded = $2", string(c.Shop), folded)
	if err != nil {
		return err
	}
	if taken && holder != string(c.ID) {
		return fmt.Errorf("the campaign name %q of shop %q is taken: %w", c.Name, c.Shop, workflow.ErrConflict)
	}
	t.touch(c.Shop)
	return t.put(campaignsTable, c, `INSERT INTO campaigns (id, record, shop, name, folded, archived, created_at) VALUES ($1, $2::json, $3, $4, $5, $6, $7)
		ON CONFLICT (id) DO UPDATE SET record = excluded.record, shop = excluded.shop, name = excluded.name, folded = excluded.folded,
		archived = excluded.archived, created_at = excluded.created_at`, []string{string(c.ID)}, string(c.Shop), shown(c.Name), folded, c.Archived, since(c.CreatedAt))
}

// Members is part of workflow.Tx. The cursor is the key of the last creator.
func (t *transaction) Members(c workflow.CampaignID, after string, limit int) ([]workflow.Member, string, error) {
	if !value.Nameable(string(c)) {
		return nil, "", t.alive()
	}
	return named[workflow.Member](t, "SELECT creator, record FROM members WHERE campaign = $1 AND creator > $2 ORDER BY creator LIMIT $3", limit, string(c), cursor(after))
}

// Member is part of workflow.Tx.
func (t *transaction) Member(c workflow.CampaignID, creator workflow.CreatorKey) (workflow.Member, error) {
	return read[workflow.Member](t, membersTable, string(c), string(creator))
}

// Memberships is part of workflow.Tx.
func (t *transaction) Memberships(creator workflow.CreatorKey) ([]workflow.Member, error) {
	if !value.Nameable(string(creator)) {
		return nil, t.alive()
	}
	return list[workflow.Member](t, "SELECT record FROM members WHERE creator = $1 ORDER BY campaign", string(creator))
}

// standingOf names the numbers of who stands where in a campaign; the parts are the stages.
func standingOf(c workflow.CampaignID) string { return "members\x1f" + string(c) }

// stageName is a stage as the database takes it: one that the desk does not know is TikTok's word.
func stageName(s workflow.Stage) string { return workflow.Nameable(string(s)) }

// Standings is part of workflow.Tx.
func (t *transaction) Standings(c workflow.CampaignID) (map[workflow.Stage]int, error) {
	all := map[workflow.Stage]int{}
	if !value.Nameable(string(c)) {
		return all, t.alive()
	}
	err := t.each(func(rows pgx.Rows) error {
		var stage workflow.Stage
		var n int
		err := rows.Scan(&stage, &n)
		if n != 0 {
			all[stage] = n
		}
		return err
	}, "SELECT part, sum(n)::bigint FROM counts WHERE listing = $1 GROUP BY part", standingOf(c))
	return all, err
}

// MembersAt is part of workflow.Tx. The cursor is the key of the last creator.
func (t *transaction) MembersAt(c workflow.CampaignID, stage workflow.Stage, after string, limit int) ([]workflow.Member, string, error) {
	if !value.Nameable(string(c)) {
		return nil, "", t.alive()
	}
	return named[workflow.Member](t, "SELECT creator, record FROM members WHERE campaign = $1 AND stage = $2 AND creator > $3 ORDER BY creator LIMIT $4",
		limit, string(c), stageName(stage), cursor(after))
}

// PutMember is part of workflow.Tx.
func (t *transaction) PutMember(m workflow.Member) error {
	if err := t.may("a member", string(m.Campaign), string(m.Creator)); err != nil {
		return err
	}
	m = value.Kept(m)
	was, err := t.memberStage(m.Campaign, m.Creator)
	if err != nil {
		return err
	}
	now, err := t.standsAt(m)
	if err != nil {
		return err
	}
	t.moveMember(m.Campaign, was, now)
	t.touch("")
	key := []string{string(m.Campaign), string(m.Creator)}
	return t.put(membersTable, m, `INSERT INTO members (campaign, creator, record, stage, state, username, added_at) VALUES ($1, $2, $3::json, $4, $5, $6, $7)
		ON CONFLICT (campaign, creator) DO UPDATE SET record = excluded.record, stage = excluded.stage, state = excluded.state, username = excluded.username,
		added_at = excluded.added_at`, key, now, shown(m.State), shown(m.Shown.Username), since(m.AddedAt))
}

// memberStage returns at which stage a member is kept; nil if they are none.
func (t *transaction) memberStage(c workflow.CampaignID, creator workflow.CreatorKey) (*string, error) {
	var stage string
	found, err := t.one([]any{&stage}, "SELECT stage FROM members WHERE campaign = $1 AND creator = $2", string(c), string(creator))
	if err != nil || !found {
		return nil, err
	}
	return &stage, nil
}

// standsAt works out where a member stands; the first application of the listing says it for all.
func (t *transaction) standsAt(m workflow.Member) (string, error) {
	p, err := t.Applications(workflow.MemberOf(m.Campaign, m.Creator), "", 1)
	return stageName(workflow.Furthest(m, p.Applications)), err
}

// moveMember counts a member from one stage to another; nil is none.
func (t *transaction) moveMember(c workflow.CampaignID, was *string, now string) {
	if was != nil && *was == now {
		return
	}
	if was != nil {
		t.count(standingOf(c), *was, -1)
	}
	t.count(standingOf(c), now, 1)
}

// RemoveMember is part of workflow.Tx.
func (t *transaction) RemoveMember(c workflow.CampaignID, creator workflow.CreatorKey) error {
	if err := t.may("a campaign's members", string(c), string(creator)); err != nil {
		return err
	}
	was, err := t.memberStage(c, creator)
	if err != nil {
		return err
	}
	if was == nil {
		return fmt.Errorf("removing a member: %w", notFound("member", string(creator)))
	}
	t.count(standingOf(c), *was, -1)
	t.touch("")
	t.write("DELETE FROM members WHERE campaign = $1 AND creator = $2", string(c), string(creator))
	t.remember(membersTable, record{}, string(c), string(creator))
	return nil
}

// standAnew brings up to date where the creators stand whose application was changed, and whose places these were and are.
func (t *transaction) standAnew(before, after workflow.Application, was, now []workflow.Place) error {
	if before.Campaign == "" && after.Campaign == "" || memberPlace(before, was) == memberPlace(after, now) {
		return nil
	}
	for _, a := range []workflow.Application{before, after} {
		if a.Campaign == "" {
			continue
		}
		if err := t.standMember(a.Campaign, a.Snapshot.Creator.KeyOf(a.Key.Shop)); err != nil {
			return err
		}
	}
	return nil
}

// memberPlace is where an application stands among its creator's in its campaign, and at which stage.
func memberPlace(a workflow.Application, places []workflow.Place) [3]string {
	if a.Campaign == "" {
		return [3]string{}
	}
	l := workflow.MemberOf(a.Campaign, a.Snapshot.Creator.KeyOf(a.Key.Shop))
	for _, p := range places {
		if p.Listing == l {
			return [3]string{string(p.Listing), p.Sort, string(a.Stage())}
		}
	}
	return [3]string{}
}

// standMember brings up to date where a creator stands in a campaign, who need not be a member.
func (t *transaction) standMember(c workflow.CampaignID, creator workflow.CreatorKey) error {
	m, err := t.Member(c, creator)
	if errors.Is(err, workflow.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	was, err := t.memberStage(c, creator)
	if err != nil {
		return err
	}
	now, err := t.standsAt(m)
	if err != nil || was == nil || *was == now {
		return err
	}
	t.moveMember(c, was, now)
	t.write("UPDATE members SET stage = $3 WHERE campaign = $1 AND creator = $2", string(c), string(creator), now)
	return nil
}
