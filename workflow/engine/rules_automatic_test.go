package engine_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
)

func TestARuleInAutomaticModeDecidesWithItsOwnUndoWindowAndIsNamedEverywhere(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	r := d.has(noon, proven(workflow.ModeAutomatic))
	rule := r.All[0]
	a := d.asks("1", asker("a", "18000"), "p", minutes(1))
	require.Equal(t, workflow.Queued, a.State())
	require.Equal(t, rule.ID, a.Decision.Rule)
	require.Equal(t, "Proven creators", a.Decision.RuleName)
	require.Empty(t, a.Decision.By)
	require.Equal(t, minutes(1).Add(workflow.DefaultRuleUndo), a.Decision.SendAt)
	require.Len(t, a.Proposal.Why, 1, "its reasons stay")
	line := d.history(a.Key)[1]
	require.Equal(t, workflow.OnApproved, line.Event)
	require.Equal(t, workflow.Actor{Rule: rule.ID, Surface: workflow.FromRule}, line.By)
	require.Equal(t, "Proven creators", line.RuleName)
	require.Equal(t, map[workflow.RuleCount]int{workflow.CountApproved: 1}, d.countsOf(rule.ID))

	a, err := d.act("1", workflow.Undone{Actor: by(another), At: minutes(5), Round: a.Round})
	require.NoError(t, err, "every reviewer can undo it")
	require.Equal(t, workflow.Pending, a.State())
	require.Equal(t, workflow.RuleTouched, a.Proposal.Blocked, "it is still proposed, and not done again")
	d.tick(minutes(6))
	d.evaluatesAnew(minutes(7))
	require.Equal(t, workflow.Pending, d.application("1").State())
	require.Equal(t, map[workflow.RuleCount]int{workflow.CountUndone: 1, workflow.CountOverruled: 1}, d.countsOf(rule.ID))
	require.Empty(t, d.waiting(workflow.ReviewLane(a.Key)))

	d.asks("2", asker("b", "18000"), "p", minutes(8))
	require.True(t, d.sends("2", minutes(40)))
	require.Equal(t, workflow.AwaitingShipment, d.application("2").State())
}

// evaluatesAnew has all that waits evaluated by rules that are the same but for a name.
func (d *desk) evaluatesAnew(at time.Time) {
	d.t.Helper()
	d.ruled(at, func(r *workflow.Rules) {
		r.All = append(r.All, workflow.ShopRule{Name: "Nobody " + strconv.Itoa(len(r.All)), Mode: workflow.ModeWatching, Action: workflow.RuleAction{Kind: workflow.ActHold}, Conditions: []workflow.Condition{{Fact: workflow.FactFollowers, Op: workflow.AtLeast, Number: 1e9}}})
	})
}

func TestWhatARuleDecidedIsTakenBackBeforeItIsSentWhereItWouldNotBeDecidedAnyMore(t *testing.T) {
	t.Parallel()
	second := workflow.ShopRule{Name: "All", Mode: workflow.ModeProposing, Action: workflow.RuleAction{Kind: workflow.ActHold}}
	for name, c := range map[string]struct {
		then  func(d *desk)
		cause workflow.UndoCause
	}{
		"all paused":    {func(d *desk) { d.pauses("", minutes(5)) }, workflow.UndoPaused},
		"paused":        {func(d *desk) { d.pauses(d.rules().All[0].ID, minutes(5)) }, workflow.UndoPaused},
		"removed":       {func(d *desk) { d.has(minutes(5), second) }, workflow.UndoRemoved},
		"changed":       {func(d *desk) { d.ruled(minutes(5), func(r *workflow.Rules) { r.All[0].Conditions[0].Number = 20_000 }) }, workflow.UndoChanged},
		"only proposes": {func(d *desk) { d.ruled(minutes(5), func(r *workflow.Rules) { r.All[0].Mode = workflow.ModeProposing }) }, workflow.UndoChanged},
		"blocked":       {func(d *desk) { d.lists(workflow.BlockList, asker("a", ""), minutes(5)) }, workflow.UndoBlocked},
		"stock gone": {func(d *desk) {
			r := workflow.Reported{At: minutes(5), Began: minutes(5), Snapshot: d.application("1").Snapshot}
			r.Snapshot.Approvable, r.Snapshot.Stock = false, 0
			_, err := d.act("1", r)
			require.NoError(d.t, err)
		}, workflow.UndoFacts},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, glow)
			d.has(noon, proven(workflow.ModeAutomatic), second)
			a := d.asks("1", asker("a", "18000"), "p", minutes(1))
			require.Equal(t, workflow.Queued, a.State())
			id := a.Decision.Rule
			c.then(d)
			a = d.application("1")
			require.Equal(t, workflow.Pending, a.State())
			require.Empty(t, a.Touched)
			require.False(t, d.sends("1", minutes(40)), "nothing is sent")
			lines := d.history(a.Key)
			require.Equal(t, c.cause, lines[len(lines)-1].Cause)
			require.Equal(t, "Proven creators", lines[len(lines)-1].RuleName)
			require.Empty(t, d.countsOf(id)[workflow.CountOverruled], "nobody overruled it")
		})
	}
}

func (d *desk) pauses(id workflow.RuleID, at time.Time) {
	d.t.Helper()
	_, err := d.PauseRules(d.t.Context(), workflow.RulesPause{Actor: by(member), At: at, Shop: sample.Shop, Rule: id, Paused: true})
	require.NoError(d.t, err)
	d.evaluates(at)
}

func TestWhatIsPausedIsNotSentThoughNothingWasTakenBackYet(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	d.has(noon, proven(workflow.ModeAutomatic))
	d.asks("1", asker("a", "18000"), "p", minutes(1))
	_, err := d.PauseRules(t.Context(), workflow.RulesPause{Actor: by(member), At: minutes(30), Shop: sample.Shop, Paused: true})
	require.NoError(t, err)
	require.False(t, d.sends("1", minutes(31)), "the run has not come to it")
	require.Equal(t, workflow.Pending, d.application("1").State())
	require.Nil(t, d.application("1").Proposal)
	_, err = d.PauseRules(t.Context(), workflow.RulesPause{Actor: by(member), At: minutes(32), Shop: sample.Shop})
	require.NoError(t, err)
	d.evaluates(minutes(32))
	require.Equal(t, workflow.Queued, d.application("1").State(), "it goes on")
}

func TestARuleThatWasChangedToSayTheSameOfARequestLetsItsDecisionStand(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	d.has(noon, proven(workflow.ModeAutomatic))
	a := d.asks("1", asker("a", "18000"), "p", minutes(1))
	d.ruled(minutes(5), func(r *workflow.Rules) { r.All[0].Conditions[0].Number = 11_000 })
	require.Equal(t, a.Decision, d.application("1").Decision)
	require.True(t, d.sends("1", minutes(40)))
}

func TestARuleThatPeopleOverruleOftenGoesBackToProposingAndSaysWhy(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	r := d.has(noon, proven(workflow.ModeAutomatic))
	id := r.All[0].ID
	for i := range 20 {
		key := workflow.ApplicationID(strconv.Itoa(i))
		a := d.asks(key, asker(string(key), "18000"), "p", minutes(i))
		require.Equal(t, workflow.Queued, a.State(), i)
		if i%3 != 0 {
			require.True(t, d.sends(key, minutes(i+40)))
			continue
		}
		_, err := d.act(key, workflow.Undone{Actor: by(member), At: minutes(i), Round: a.Round})
		require.NoError(t, err)
		if i == 15 {
			break
		}
	}
	rule, _ := d.rules().Named(id)
	require.Equal(t, workflow.ModeProposing, rule.Mode)
	require.Equal(t, workflow.Demotion{At: minutes(15), Overruled: 6, Of: 16}, rule.Demoted)
	require.Contains(t, d.shopHistory(), workflow.OnRuleDemoted)
	said := d.waiting(workflow.NoticeLane(sample.Shop))
	require.Equal(t, workflow.KindDemoted, said[len(said)-1].Payload.Kind)
	require.Equal(t, workflow.Pending, d.asks("x", asker("x", "18000"), "p", minutes(60)).State())
	require.Empty(t, read(d, func(tx workflow.Tx) (int64, error) { return tx.Tally(sample.Shop, workflow.OutcomesTally(id)) }), "it begins anew")
}

func TestAConditionOnTimeIsAskedAgainWhenItComesDue(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	last := proven(workflow.ModeAutomatic)
	last.Conditions = append(last.Conditions, workflow.Condition{Fact: workflow.FactHoursLeft, Op: workflow.AtMost, Number: 24})
	d.has(noon, last)
	a := d.asks("1", asker("a", "18000"), "p", minutes(1))
	require.Nil(t, a.Proposal)
	require.Equal(t, deadline.Add(-24*time.Hour), a.RuleNext)
	d.tick(a.RuleNext.Add(-time.Second))
	require.Nil(t, d.application("1").Proposal)
	d.tick(a.RuleNext)
	require.Equal(t, workflow.Queued, d.application("1").State())

	b := d.asks("2", asker("b", "18000"), "p", deadline.Add(-90*time.Second))
	require.Equal(t, workflow.RuleDeadline, b.Proposal.Blocked, "nobody could undo it any more")
}

func TestARuleDecidesNothingThatAPersonHasInHand(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	a := d.asks("1", asker("a", "18000"), "p", minutes(1))
	b := d.asks("2", asker("b", "18000"), "p", minutes(1))
	c := d.asks("3", asker("c", "18000"), "p", minutes(1))
	_, err := d.act("1", workflow.OnItBegan{Actor: by(member), At: minutes(2)})
	require.NoError(t, err)
	_, err = d.act("2", workflow.Assigned{Actor: by(member), At: minutes(2), To: another})
	require.NoError(t, err)
	_, err = d.act("3", approval(c.Round, minutes(2)))
	require.NoError(t, err, "a person was quicker")
	d.has(minutes(3), proven(workflow.ModeAutomatic))
	require.Equal(t, workflow.Pending, d.application(a.Key.ID).State())
	require.Equal(t, workflow.Pending, d.application(b.Key.ID).State())
	require.Equal(t, member, d.application(c.Key.ID).Decision.By)
}

func TestRulesThatLookAtEachOthersOutcomeComeToAnEnd(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	need := func(name, product string, op workflow.Op, n float64) workflow.ShopRule {
		return workflow.ShopRule{Name: name, Mode: workflow.ModeAutomatic, Action: workflow.RuleAction{Kind: workflow.ActApprove}, Conditions: []workflow.Condition{
			{Fact: workflow.FactProduct, Op: workflow.OneOf, Text: []string{product}}, {Fact: workflow.FactOnTheWay, Op: op, Number: n},
		}}
	}
	d.has(noon, need("A", "p", workflow.AtLeast, 1), need("B", "q", workflow.AtMost, 0))
	d.asks("1", asker("a", "5"), "p", minutes(1))
	d.asks("2", asker("a", "5"), "q", minutes(2))
	d.tick(minutes(3))
}

func TestWhatRulesDecidedOnADayIsToldOnceInTheMorning(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	d.has(noon, proven(workflow.ModeAutomatic))
	d.asks("1", asker("a", "18000"), "p", minutes(1))
	morning := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	for range 2 {
		require.NoError(t, d.Morning(t.Context(), sample.Shop, morning))
	}
	id := workflow.RuleDigestNotice(sample.Shop, "2026-11-23")
	require.Equal(t, "2026-11-23", d.notice(id).Day)
	require.Len(t, d.waiting(workflow.Lane("post/"+string(id))), 1)
	require.NoError(t, d.Morning(t.Context(), sample.Shop, morning.AddDate(0, 0, 1)))
}
