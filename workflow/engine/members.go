package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"sampledesk/workflow"
)

// AddMember adds a creator to a campaign. The error is a Refusal where there is no such campaign, it is archived, they
// are in it already, or no name is given.
func (e *Engine) AddMember(ctx context.Context, add workflow.Addition) (m workflow.Member, c workflow.Campaign, err error) {
	err = e.update(ctx, func(t *txn) (err error) {
		m, c, err = addByHand(t, add)
		return err
	})
	if err != nil && !errors.Is(err, errUnchanged) {
		return workflow.Member{}, workflow.Campaign{}, fmt.Errorf("adding a creator to campaign %s: %w", add.Campaign, err)
	}
	return m, c, nil
}

func addByHand(t *txn, add workflow.Addition) (workflow.Member, workflow.Campaign, error) {
	c, err := t.tx.Campaign(add.Campaign)
	if errors.Is(err, workflow.ErrNotFound) {
		return workflow.Member{}, c, workflow.Refusal{Rule: workflow.RuleNoCampaign}
	}
	if err != nil {
		return workflow.Member{}, c, err
	}
	creator, err := lookUpCreator(t.tx, c.Shop, add.Creator)
	if err != nil {
		return workflow.Member{}, c, err
	}
	m, err := t.tx.Member(c.ID, creator.KeyOf(c.Shop))
	switch {
	case err == nil && m.AlreadyApplied(add.DedupKey):
		return m, c, errUnchanged
	case err == nil:
		return m, c, workflow.Refusal{Rule: workflow.RuleAlreadyInCampaign, Name: c.Name, Member: m}
	case !errors.Is(err, workflow.ErrNotFound):
		return m, c, err
	case c.Archived:
		return m, c, workflow.Refusal{Rule: workflow.RuleArchived, Name: c.Name}
	case creator.Username == "":
		return m, c, workflow.Refusal{Rule: workflow.RuleNoCreator}
	}
	if m, _, err = joinMember(t.tx, c, creator, add.Actor, add.At); err != nil {
		return m, c, err
	}
	return m, c, t.askAbout(m.Creator, add.At)
}

// activeCampaign returns a campaign that is not archived.
func activeCampaign(tx workflow.Tx, id workflow.CampaignID) (workflow.Campaign, error) {
	c, err := tx.Campaign(id)
	if errors.Is(err, workflow.ErrNotFound) {
		return c, workflow.Refusal{Rule: workflow.RuleNoCampaign}
	}
	if err == nil && c.Archived {
		return c, workflow.Refusal{Rule: workflow.RuleArchived, Name: c.Name}
	}
	return c, err
}

// joinMember makes a creator a member of a campaign, if they are not one yet.
func joinMember(tx workflow.Tx, c workflow.Campaign, creator workflow.Creator, by workflow.Actor, at time.Time) (m workflow.Member, isNew bool, err error) {
	key := creator.KeyOf(c.Shop)
	if m, err = tx.Member(c.ID, key); !errors.Is(err, workflow.ErrNotFound) {
		return m, false, err
	}
	m = workflow.Member{Campaign: c.ID, Creator: key, Shown: creator, AddedBy: by.Person, AddedAt: at, DedupKeys: workflow.AddDedupKey(nil, by.DedupKey)}
	if err := tx.PutMember(m); err != nil {
		return m, false, err
	}
	return m, true, tx.Append(workflow.Entry{
		At: at, Key: workflow.Key{Shop: c.Shop}, Event: workflow.OnMemberAdded, By: by, Campaign: c.ID, Creator: key, Name: c.Name,
	})
}

// lookUpCreator returns what the desk knows of a creator given by user name only.
func lookUpCreator(tx workflow.Tx, shop workflow.ShopID, c workflow.Creator) (workflow.Creator, error) {
	c.Username = strings.TrimPrefix(strings.TrimSpace(c.Username), "@")
	if c.OpenID != "" {
		return c, nil
	}
	found, err := workflow.LastOf(tx, workflow.UsernameOf(shop, c.Username))
	if err == nil && found.Snapshot.Creator.OpenID != "" {
		return found.Snapshot.Creator, nil
	}
	if err != nil && !errors.Is(err, workflow.ErrNotFound) {
		return c, err
	}
	conversation, err := tx.Conversation(shop, c.KeyOf(shop))
	if errors.Is(err, workflow.ErrNotFound) {
		return c, nil
	}
	if conversation.Shown.OpenID != "" {
		return conversation.Shown, err
	}
	return c, err
}

// liveOf returns a creator's application at a shop that was seen last of those that are live, or ErrNotFound.
func liveOf(tx workflow.Tx, shop workflow.ShopID, creator workflow.CreatorKey) (workflow.Application, error) {
	all, err := workflow.OfCreator(tx, creator)
	if err != nil {
		return workflow.Application{}, err
	}
	for _, a := range all {
		if a.Key.Shop == shop && a.State().Live() {
			return a, nil
		}
	}
	return workflow.Application{}, workflow.ErrNotFound
}

func hasLive(tx workflow.Tx, c workflow.CampaignID, member workflow.CreatorKey) (bool, error) {
	all, err := workflow.CurrentApplications(tx, c, member)
	return len(all) > 0, err
}

// AnswerSample stores whether a member needs a sample (L2, L3). The error is a Refusal if the creator has not answered,
// if somebody else answered first, or if an application in the campaign answers it.
func (e *Engine) AnswerSample(ctx context.Context, s workflow.SampleAnswer) (m workflow.Member, err error) {
	err = e.update(ctx, func(t *txn) (err error) {
		m, err = answerSample(t, s)
		return err
	})
	if err != nil && !errors.Is(err, errUnchanged) {
		return workflow.Member{}, fmt.Errorf("saving whether a creator needs a sample: %w", err)
	}
	return m, nil
}

func answerSample(t *txn, s workflow.SampleAnswer) (workflow.Member, error) {
	c, err := t.tx.Campaign(s.Campaign)
	if errors.Is(err, workflow.ErrNotFound) {
		return workflow.Member{}, workflow.Refusal{Rule: workflow.RuleNoCampaign}
	}
	if err != nil {
		return workflow.Member{}, err
	}
	m, err := t.tx.Member(s.Campaign, s.Creator)
	if errors.Is(err, workflow.ErrNotFound) {
		return m, workflow.Refusal{Rule: workflow.RuleNoMember, Name: c.Name}
	}
	if err != nil {
		return m, err
	}
	if m.AlreadyApplied(s.DedupKey) {
		return m, errUnchanged
	}
	kind := workflow.OnSampleNotNeeded
	if s.Needed {
		kind = workflow.OnSampleNeeded
	}
	after, ok := workflow.StepMember(m, workflow.MemberEvent{Actor: s.Actor, Kind: kind, At: s.At})
	switch {
	case !ok && m.State == workflow.MemberInvited:
		return m, workflow.Refusal{Rule: workflow.RuleNotAsked, Name: c.Name, Member: m}
	case !ok:
		return m, workflow.Refusal{Rule: workflow.RuleAlreadyAnswered, Name: c.Name, Member: m}
	}
	if applied, err := hasLive(t.tx, c.ID, m.Creator); err != nil {
		return m, err
	} else if applied {
		return m, workflow.Refusal{Rule: workflow.RuleApplied, Name: c.Name, Member: m}
	}
	if s.Seen != "" && s.Seen != m.State && m.SampleAnswerBy != s.Person { // people may change their own answer without having seen the latest
		return m, workflow.Refusal{Rule: workflow.RuleAlreadyAnswered, Name: c.Name, Member: m}
	}
	return after, keepMember(t, c, after, workflow.Entry{At: s.At, Event: kind, By: s.Actor})
}

// keepMember saves a member, with the shop's history and the question that may be on screen.
func keepMember(t *txn, c workflow.Campaign, m workflow.Member, h workflow.Entry) error {
	if err := t.tx.PutMember(m); err != nil {
		return err
	}
	h.Key, h.Campaign, h.Creator, h.Name = workflow.Key{Shop: c.Shop}, c.ID, m.Creator, c.Name
	if err := t.tx.Append(h); err != nil {
		return err
	}
	return t.renotify(m.Question, h.At, workflow.ForPeople)
}

// LinkSent records that a member was sent a link for their request, and the link's product into the campaign: their
// application for it should join by itself (L5).
func (e *Engine) LinkSent(ctx context.Context, c workflow.CampaignID, creator workflow.CreatorKey, product workflow.ProductID, at time.Time) error {
	err := e.update(ctx, func(t *txn) error {
		m, err := t.tx.Member(c, creator)
		if err != nil {
			return err
		}
		campaign, err := t.tx.Campaign(c)
		if err != nil {
			return err
		}
		if _, err := addProduct(t.tx, campaign, product); err != nil {
			return err
		}
		m.LinkedAt = at
		if err := t.tx.PutMember(m); err != nil {
			return err
		}
		return t.renotify(m.Question, at, workflow.ForPeople)
	})
	if err != nil {
		return fmt.Errorf("recording that a link was sent: %w", err)
	}
	return nil
}
