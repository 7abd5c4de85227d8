package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"sampledesk/workflow"
)

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
