package workflow

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// SampleAnswer is the team's answer on whether a member needs a sample.
type SampleAnswer struct {
	Actor
	At       time.Time
	Campaign CampaignID
	Creator  CreatorKey
	Needed   bool

	// Seen is how the member stood on the question that the person answered. If somebody else answered in between,
	// their answer stands. Empty: not checked.
	Seen MemberState
}

// AnswerSample stores whether a member needs a sample (L2, L3). The error is a Refusal if the creator has not answered,
// if somebody else answered first, or if an application in the campaign answers it.
func (e *Engine) AnswerSample(ctx context.Context, s SampleAnswer) (m Member, err error) {
	err = e.update(ctx, func(t *txn) (err error) {
		m, err = t.answerSample(s)
		return err
	})
	if err != nil && !errors.Is(err, errUnchanged) {
		return Member{}, fmt.Errorf("saving whether a creator needs a sample: %w", err)
	}
	return m, nil
}

func (t *txn) answerSample(s SampleAnswer) (Member, error) {
	c, err := t.tx.Campaign(s.Campaign)
	if errors.Is(err, ErrNotFound) {
		return Member{}, Refusal{Rule: RuleNoCampaign}
	}
	if err != nil {
		return Member{}, err
	}
	m, err := t.tx.Member(s.Campaign, s.Creator)
	if errors.Is(err, ErrNotFound) {
		return m, Refusal{Rule: RuleNoMember, Name: c.Name}
	}
	if err != nil {
		return m, err
	}
	if m.alreadyApplied(s.DedupKey) {
		return m, errUnchanged
	}
	kind := OnSampleNotNeeded
	if s.Needed {
		kind = OnSampleNeeded
	}
	after, ok := StepMember(m, MemberEvent{Actor: s.Actor, Kind: kind, At: s.At})
	switch {
	case !ok && m.State == MemberInvited:
		return m, Refusal{Rule: RuleNotAsked, Name: c.Name, Member: m}
	case !ok:
		return m, Refusal{Rule: RuleAlreadyAnswered, Name: c.Name, Member: m}
	}
	if applied, err := hasLive(t.tx, c.ID, m.Creator); err != nil {
		return m, err
	} else if applied {
		return m, Refusal{Rule: RuleApplied, Name: c.Name, Member: m}
	}
	if s.Seen != "" && s.Seen != m.State && m.SampleAnswerBy != s.Person { // people may change their own answer without having seen the latest
		return m, Refusal{Rule: RuleAlreadyAnswered, Name: c.Name, Member: m}
	}
	return after, t.keepMember(c, after, Entry{At: s.At, Event: kind, By: s.Actor})
}

// keepMember saves a member, with the shop's history and the question that may be on screen.
func (t *txn) keepMember(c Campaign, m Member, h Entry) error {
	if err := t.tx.PutMember(m); err != nil {
		return err
	}
	h.Key, h.Campaign, h.Creator, h.Name = Key{Shop: c.Shop}, c.ID, m.Creator, c.Name
	if err := t.tx.Append(h); err != nil {
		return err
	}
	return t.renotify(m.Question, h.At, ForPeople)
}

// LinkSent records that a member was sent a link for their request, and the link's product into the campaign: their
// application for it should join by itself (L5).
func (e *Engine) LinkSent(ctx context.Context, c CampaignID, creator CreatorKey, product ProductID, at time.Time) error {
	err := e.update(ctx, func(t *txn) error {
		m, err := t.tx.Member(c, creator)
		if err != nil {
			return err
		}
		campaign, err := t.tx.Campaign(c)
		if err != nil {
			return err
		}
		if _, err := t.addProduct(campaign, product); err != nil {
			return err
		}
		m.LinkedAt = at
		if err := t.tx.PutMember(m); err != nil {
			return err
		}
		return t.renotify(m.Question, at, ForPeople)
	})
	if err != nil {
		return fmt.Errorf("recording that a link was sent: %w", err)
	}
	return nil
}
