package engine_test

import (
	"errors"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
	"sampledesk/workflow/engine"
)

// atOnce does all of them at the same time, and returns which were not refused.
func (d *desk) atOnce(all ...func() error) (went []int) {
	d.t.Helper()
	errs := make([]error, len(all))
	var together sync.WaitGroup
	for i, one := range all {
		together.Go(func() { errs[i] = one() })
	}
	together.Wait()
	for i, err := range errs {
		if _, refused := errors.AsType[workflow.Refusal](err); refused {
			continue
		}
		require.NoError(d.t, err)
		went = append(went, i)
	}
	return went
}

// decidedTimes is how often an application was decided and not undone since.
func (d *desk) decidedTimes(id workflow.ApplicationID) (n int) {
	d.t.Helper()
	for _, e := range d.history(workflow.Key{Shop: sample.Shop, ID: id}) {
		switch e.Event {
		case workflow.OnApproved, workflow.OnRejected:
			n++
		case workflow.OnUndone:
			n--
		default: // the others decide nothing
		}
	}
	return n
}

func TestWhatARuleDecidedIsNotSentOnceItWouldNotDecideSoThoughNoRunCameToIt(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*workflow.Rules)
		cause  workflow.UndoCause
	}{
		"removed":  {func(r *workflow.Rules) { r.All = nil }, workflow.UndoRemoved},
		"changed":  {func(r *workflow.Rules) { r.All[0].Conditions[0].Number = 20_000 }, workflow.UndoChanged},
		"less far": {func(r *workflow.Rules) { r.All[0].Mode = workflow.ModeWatching }, workflow.UndoChanged},
		"rejects": {func(r *workflow.Rules) {
			r.All[0].Action = workflow.RuleAction{Kind: workflow.ActReject, Reason: workflow.Other}
		}, workflow.UndoChanged},
		"its cap lowered": {func(r *workflow.Rules) { r.All[0].Caps = []workflow.Cap{perDay(0)} }, workflow.UndoChanged},
		"the shop's too":  {func(r *workflow.Rules) { r.Caps = []workflow.Cap{perDay(0)} }, workflow.UndoChanged},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, glow)
			now := d.has(noon, proven(workflow.ModeAutomatic, perDay(3)))
			a := d.asks("1", asker("a", "18000"), "p", minutes(1))
			require.Equal(t, workflow.Queued, a.State())
			seen := now.Version
			now.All = []workflow.ShopRule{now.All[0]}
			c.change(&now)
			_, err := d.PutRules(t.Context(), workflow.RulesChange{Actor: by(member), At: minutes(30), Seen: seen, Rules: now})
			require.NoError(t, err)
			require.Equal(t, workflow.Queued, d.application("1").State(), "the run has not come to it")
			require.False(t, d.sends("1", minutes(31)))
			lines := d.history(a.Key)
			require.Equal(t, workflow.OnUndone, lines[2].Event)
			require.Equal(t, c.cause, lines[2].Cause)
			require.Empty(t, d.countsOf(a.Decision.Rule)[workflow.CountOverruled], "nobody overruled it")
		})
	}
}

func TestOfACapThatIsLoweredSoManyAreTakenBackAsAreOverIt(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	d.has(noon, proven(workflow.ModeAutomatic, perDay(5)))
	ids := []workflow.ApplicationID{"1", "2", "3", "4"}
	for i, id := range ids {
		d.asks(id, asker(string(id), "18000"), "p", minutes(i))
	}
	d.ruled(minutes(10), func(r *workflow.Rules) { r.All[0].Caps[0].Samples = 2 })
	states := map[workflow.State]int{}
	for _, id := range ids {
		states[d.application(id).State()]++
	}
	require.Equal(t, map[workflow.State]int{workflow.Queued: 2, workflow.Pending: 2}, states)
	require.Equal(t, map[workflow.RuleCount]int{workflow.CountApproved: 2, workflow.CountHeld: 2}, d.countsOf(d.rules().All[0].ID))
}

func TestOfAPersonAndARuleWhoDecideAtOnceOneDoes(t *testing.T) {
	t.Parallel()
	for range 4 {
		d := newDesk(t, glow)
		a := d.asks("1", asker("a", "18000"), "p", minutes(1))
		_, err := d.PutRules(t.Context(), workflow.RulesChange{Actor: by(member), At: minutes(2), Rules: workflow.Rules{Shop: sample.Shop, Currency: "USD", All: []workflow.ShopRule{proven(workflow.ModeAutomatic)}}})
		require.NoError(t, err)
		reject := workflow.Decided{Actor: by(member), At: minutes(3), Round: a.Round, Verdict: workflow.Reject, Reason: workflow.Other, Undo: undoWindow}
		went := d.atOnce(
			func() error { _, err := d.act("1", reject); return err },
			func() error {
				_, err := d.CarryOn(t.Context(), "rules "+workflow.RunID(sample.Shop), minutes(3))
				return err
			})
		d.evaluates(minutes(4))
		require.Equal(t, 1, d.decidedTimes("1"))
		require.Len(t, d.waiting(workflow.ReviewLane(a.Key)), 1)
		require.Equal(t, len(went) == 2, d.application("1").Decision.Rule == "", "who was refused did not decide")
	}
}

func TestARuleIsUndoneOrSentAndNeverBoth(t *testing.T) {
	t.Parallel()
	for range 4 {
		d := newDesk(t, glow)
		d.has(noon, proven(workflow.ModeAutomatic))
		a := d.asks("1", asker("a", "18000"), "p", minutes(1))
		effect := d.waiting(workflow.ReviewLane(a.Key))[0].ID
		sent := false
		went := d.atOnce(
			func() error {
				_, err := d.act("1", workflow.Undone{Actor: by(member), At: minutes(31), Round: a.Round})
				return err
			},
			func() (err error) {
				_, sent, err = d.Claim(t.Context(), effect, minutes(31), minutes(32))
				return err
			})
		require.NotEqual(t, sent, len(went) == 2, "who came too late is refused")
		require.Equal(t, map[bool]workflow.State{true: workflow.Sending, false: workflow.Pending}[sent], d.application("1").State())
	}
}

func TestAProposalThatTwoTakeAtOnceIsDoneOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	hold := proven(workflow.ModeProposing)
	hold.Action = workflow.RuleAction{Kind: workflow.ActHold}
	r := d.has(noon, hold)
	a := d.asks("1", asker("a", "18000"), "p", minutes(1))
	take := func(p workflow.PersonID) func() error {
		return func() error {
			_, err := d.TakeProposal(t.Context(), workflow.TakenProposal{Actor: action(p, string(p)), At: minutes(2), Key: a.Key, Rule: r.All[0].ID, Version: 1, Round: a.Round})
			return err
		}
	}
	require.Len(t, d.atOnce(take(member), take(another)), 1)
	require.NotEmpty(t, d.application("1").OnIt.By)
	require.Equal(t, map[workflow.RuleCount]int{workflow.CountAgreed: 1}, d.countsOf(r.All[0].ID))
}

func TestWhatARuleDecidedStandsWhereAPersonUsesUpTheCapMeanwhile(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	both := perDay(2)
	both.CountPeople = true
	d.has(noon, proven(workflow.ModeAutomatic, both))
	d.asks("1", asker("1", "18000"), "p", minutes(1))
	for _, id := range []workflow.ApplicationID{"2", "3"} {
		small := d.asks(id, asker(string(id), "5"), "p", minutes(2))
		_, err := d.act(id, approval(small.Round, minutes(3)))
		require.NoError(t, err, "people may go over it")
	}
	over := d.asks("4", asker("4", "18000"), "p", minutes(4))
	require.EqualValues(t, 3, over.Proposal.Over.Used)
	d.evaluatesAnew(minutes(5))
	require.True(t, d.sends("1", minutes(40)), "it was within the cap")
	require.Equal(t, workflow.Pending, d.application("4").State())
}

func TestWhoIsPutOnTheBlockListOfAnotherShopIsNotApprovedWhereListsAreShared(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	other := workflow.Shop{ID: "2", Name: "Other", SeenAt: noon, InitialSyncDone: true}
	require.NoError(t, d.store.Store.Update(t.Context(), func(tx workflow.Tx) error { return tx.PutShop(other) }))
	_, err := d.PutRules(t.Context(), workflow.RulesChange{Actor: by(member), At: noon, Rules: workflow.Rules{Shop: other.ID, ShareLists: true}})
	require.NoError(t, err)
	d.ruled(noon, func(r *workflow.Rules) {
		r.ShareLists, r.All = true, []workflow.ShopRule{proven(workflow.ModeAutomatic)}
	})
	require.Equal(t, workflow.Queued, d.asks("1", asker("a", "18000"), "p", minutes(1)).State())
	n, err := d.PutListed(t.Context(), []workflow.ListChange{{Actor: by(another), At: minutes(2), Shop: other.ID, List: workflow.BlockList, Creator: asker("a", "")}})
	require.NoError(t, err)
	require.Equal(t, 1, n)
	require.Equal(t, workflow.RuleBlockList, d.application("1").Proposal.Blocked)
	require.False(t, d.sends("1", minutes(40)))
}

func TestWhoIsBlockedByUserNameAloneIsFoundOnceTheyAskAndThenByShopsThatShareTheList(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	d.ruled(noon, func(r *workflow.Rules) {
		r.ShareLists, r.All = true, []workflow.ShopRule{proven(workflow.ModeAutomatic)}
	})
	who := asker("a", "18000")
	_, err := d.PutListed(t.Context(), []workflow.ListChange{{Actor: by(another), At: minutes(1), Shop: sample.Shop, List: workflow.BlockList, Creator: workflow.Creator{Username: who.Username}}})
	require.NoError(t, err)
	a := d.asks("1", who, "p", minutes(2))
	require.Equal(t, workflow.Pending, a.State())
	require.Equal(t, workflow.RuleBlockList, a.Proposal.Blocked)
	require.NoError(t, d.store.View(t.Context(), func(tx workflow.Tx) error {
		on, err := tx.ListsOf(workflow.SharedLists, who.KeyOf("any other"))
		require.Equal(t, []workflow.ListName{workflow.BlockList}, on)
		return err
	}))
}

func TestAnApprovalThatWaitsForASecondPersonEndsWithTheRequest(t *testing.T) {
	t.Parallel()
	for name, ends := range map[string]func(d *desk){
		"withdrawn": func(d *desk) { d.reports("1", workflow.StatusWithdrawn, minutes(4)) },
		"expired":   func(d *desk) { d.reports("1", workflow.StatusOverdueCancelled, minutes(4)) },
		"rejected by another": func(d *desk) {
			_, err := d.act("1", workflow.Decided{Actor: by(another), At: minutes(4), Round: d.application("1").Round, Verdict: workflow.Reject, Reason: workflow.Other, Undo: undoWindow})
			require.NoError(d.t, err)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, glow)
			d.has(noon, workflow.ShopRule{Name: "Two", Mode: workflow.ModeProposing, Action: workflow.RuleAction{Kind: workflow.ActHoldForTwo}})
			a := d.asks("1", asker("a", "1"), "p", minutes(1))
			a, err := d.act("1", approval(a.Round, minutes(2)))
			require.NoError(t, err)
			require.Equal(t, member, a.Second.By)
			ends(d)
			require.Zero(t, d.application("1").Second)
			agree := approval(a.Round, minutes(5))
			agree.Person = another
			_, err = d.act("1", agree)
			require.Error(t, err)
			require.NotEqual(t, workflow.Approve, d.application("1").Decision.Verdict)
		})
	}
}

func TestWhatTwoPeopleApprovedNeedsTwoAgainOnceItIsUndone(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	d.has(noon, workflow.ShopRule{Name: "Two", Mode: workflow.ModeProposing, Action: workflow.RuleAction{Kind: workflow.ActHoldForTwo}})
	approves := func(p workflow.PersonID, at int) workflow.Application {
		e := approval(d.application("1").Round, minutes(at))
		e.Person = p
		a, err := d.act("1", e)
		require.NoError(t, err)
		return a
	}
	d.asks("1", asker("a", "1"), "p", minutes(1))
	approves(member, 2)
	a := approves(another, 3)
	require.Equal(t, workflow.Queued, a.State())
	_, err := d.act("1", workflow.Undone{Actor: by(another), At: minutes(3), Round: a.Round})
	require.NoError(t, err)
	require.Zero(t, d.application("1").Second)
	a = approves(another, 4)
	require.Equal(t, workflow.Pending, a.State(), "who agreed before asks this time")
	require.Equal(t, another, a.Second.By)
	went := d.atOnce(func() error { _, err := d.act("1", approval(a.Round, minutes(5))); return err }, func() error {
		_, err := d.act("1", workflow.SecondWithdrawn{Actor: by(another), At: minutes(5), Round: a.Round})
		return err
	})
	require.Len(t, went, 1, "it is agreed to, or taken back")
}

func TestWhatIsSuggestedIsTakenOnceThoughTheDeskIsKilledAtAnyPoint(t *testing.T) {
	t.Parallel()
	const n, room = workflow.MaxRun + 20, workflow.MaxRun + 5
	d := newDesk(t, glow)
	inStock := proven(workflow.ModeProposing, perDay(room))
	inStock.Conditions = []workflow.Condition{{Fact: workflow.FactStock, Op: workflow.AtLeast, Number: 1}}
	d.has(noon, inStock)
	b := d.planned(n, "token")
	b.At, b.Suggested = minutes(1), true
	killed := func(step int, do func() error) {
		for d.store.failAt = 1; ; d.store.failAt += step {
			err := do()
			d.restart()
			if err == nil {
				break
			}
			require.ErrorIs(t, err, errDisk)
		}
		d.store.failAt = 0
	}
	killed(17, func() error { _, err := d.Decide(t.Context(), b); return err })
	id := d.decide(b).ID
	d.lists(workflow.BlockList, workflow.Creator{OpenID: "id_120", Username: "creator_120"}, minutes(2))
	for last := false; !last; {
		killed(271, func() (err error) { last, err = d.CarryOn(t.Context(), id, minutes(3)); return err })
	}
	r, rule := d.run(id), d.rules().All[0].ID
	require.Equal(t, map[workflow.ItemState]int{workflow.ItemWaiting: room, workflow.ItemDeclined: n - room}, map[workflow.ItemState]int{
		workflow.ItemWaiting: r.Count(workflow.ItemWaiting), workflow.ItemDeclined: r.Count(workflow.ItemDeclined),
	})
	require.Equal(t, room, d.countsOf(rule)[workflow.CountAgreed], "each counts once")
	decided := 0
	for i := 1; i <= n; i++ {
		times := d.decidedTimes(numbered(i).ID)
		require.LessOrEqual(t, times, 1)
		require.Len(t, d.waiting(workflow.ReviewLane(numbered(i))), times)
		decided += times
	}
	require.Equal(t, room, decided)
	require.Zero(t, d.decidedTimes(numbered(n).ID), "who was blocked meanwhile")
}

func TestARuleThatIsCopiedTakesNoOtherShopsCampaignAlong(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	other := workflow.Shop{ID: "2", Name: "Other", SeenAt: noon, InitialSyncDone: true}
	require.NoError(t, d.store.Store.Update(t.Context(), func(tx workflow.Tx) error { return tx.PutShop(other) }))
	c := d.campaign("Autumn")
	adds := workflow.ShopRule{Name: "Autumn", Mode: workflow.ModeProposing, Action: workflow.RuleAction{Kind: workflow.ActCampaign, Campaign: c.ID}}
	copied := d.has(noon, adds).All[0]
	copied.ID = ""
	put := func(rules ...workflow.ShopRule) error {
		_, err := d.PutRules(t.Context(), workflow.RulesChange{Actor: by(member), At: minutes(1), Rules: workflow.Rules{Shop: other.ID, All: rules}})
		return err
	}
	problem, ok := errors.AsType[workflow.RuleProblem](put(proven(workflow.ModeProposing), copied))
	require.True(t, ok)
	require.Equal(t, workflow.RuleProblem{Rule: 1, Field: workflow.FieldCampaign, What: workflow.ProblemUnknown, Value: string(c.ID)}, problem)
	copied.Action = workflow.RuleAction{Kind: workflow.ActAssign, Assignee: member}
	copied.Conditions = []workflow.Condition{{Fact: workflow.FactCampaign, Op: workflow.OneOf, Text: []string{string(c.ID)}}, {Fact: workflow.FactList, Op: workflow.NoneOf, Text: []string{"nobody's"}}}
	require.NoError(t, put(copied), "what it only asks about just does not hold")
	_, err := d.Observe(t.Context(), other.ID, []engine.Observation{{ID: "9", Reported: reported(workflow.StatusPending, minutes(2))}})
	require.NoError(t, err)
	a := read(d, func(tx workflow.Tx) (workflow.Application, error) {
		return tx.Application(workflow.Key{Shop: other.ID, ID: "9"})
	})
	require.Equal(t, workflow.Pending, a.State())
	require.Nil(t, a.Proposal)
}
