package engine_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
	"sampledesk/workflow/engine"
)

// occasions are the actions of people, each with what has to be so before it.
var occasions = map[string]struct {
	before func(*desk)
	act    func(*desk, workflow.Actor) error
}{
	"an approval": {act: func(d *desk, who workflow.Actor) error {
		return d.applies(workflow.Decided{Actor: who, At: noon, Verdict: workflow.Approve, Undo: undoWindow, Note: "glows"})
	}},
	"an undoing": {
		before: func(d *desk) { d.apply(approval(0, noon)) },
		act: func(d *desk, who workflow.Actor) error {
			return d.applies(workflow.Undone{Actor: who, At: noon, Round: 1})
		},
	},
	"a look": {act: func(d *desk, who workflow.Actor) error { return d.applies(workflow.OnItBegan{Actor: who, At: noon}) }},
	"the end of a look": {
		before: func(d *desk) { d.apply(workflow.OnItBegan{Actor: by(member), At: noon}) },
		act:    func(d *desk, who workflow.Actor) error { return d.applies(workflow.OnItEnded{Actor: who, At: noon}) },
	},
	"a note": {act: func(d *desk, who workflow.Actor) error {
		return d.applies(workflow.Noted{Actor: who, At: noon, Text: "asked before"})
	}},
	"a quiet note": {act: func(d *desk, who workflow.Actor) error {
		return d.applies(workflow.Noted{Actor: who, At: noon, Text: "asked before", Quiet: true})
	}},
	"a campaign": {act: func(d *desk, who workflow.Actor) error {
		_, err := d.CreateCampaign(d.t.Context(), workflow.Creation{Shop: sample.Shop, Name: "Winter", By: who.Person, At: noon, DedupKey: who.DedupKey})
		return err
	}},
	"a campaign's edit": {
		before: func(d *desk) { d.campaign("Winter") },
		act: func(d *desk, who workflow.Actor) error {
			_, err := d.EditCampaign(d.t.Context(), workflow.CampaignEdit{Actor: who, At: noon, Campaign: d.named("Winter").ID, Name: "Winter", Products: []workflow.ProductID{"2", "1"}})
			return err
		},
	},
	"a campaign's end": {
		before: func(d *desk) { d.campaign("Winter") },
		act: func(d *desk, who workflow.Actor) error {
			_, err := d.ArchiveCampaign(d.t.Context(), d.named("Winter").ID, who, noon)
			return err
		},
	},
	"a member by hand": {
		before: func(d *desk) { d.campaign("Winter") },
		act: func(d *desk, who workflow.Actor) error {
			_, _, err := d.AddMember(d.t.Context(), workflow.Addition{Actor: who, At: noon, Campaign: d.named("Winter").ID, Creator: workflow.Creator{Username: "@Kitchen_Finds"}})
			return err
		},
	},
	"a creator's addition to a new campaign": {act: func(d *desk, who workflow.Actor) error {
		_, _, err := d.Join(d.t.Context(), workflow.Join{Actor: who, At: noon, Key: sample, NewName: "Winter"})
		return err
	}},
	"an addition with an approval": {
		before: func(d *desk) { d.campaign("Winter") },
		act: func(d *desk, who workflow.Actor) error {
			_, _, err := d.Join(d.t.Context(), workflow.Join{Actor: who, At: noon, Key: sample, Campaign: d.named("Winter").ID, Approve: true, Undo: undoWindow})
			return err
		},
	},
	"an addition taken back": {
		before: func(d *desk) { d.joins("Winter") },
		act: func(d *desk, who workflow.Actor) error {
			_, err := d.Leave(d.t.Context(), workflow.Leaving{Actor: who, At: noon, Key: sample, Seen: d.named("Winter").ID})
			return err
		},
	},
	"a word on a sample": {
		before: func(d *desk) { d.invite(d.campaign("Winter"), finds, noon); d.receiving().receives(finds, noon, "yes") },
		act: func(d *desk, who workflow.Actor) error {
			_, err := d.AnswerSample(d.t.Context(), workflow.SampleAnswer{Actor: who, At: noon, Campaign: d.named("Winter").ID, Creator: findsName, Needed: true})
			return err
		},
	},
	"an import": {act: func(d *desk, who workflow.Actor) error {
		_, err := d.BeginImport(d.t.Context(), workflow.Import{Actor: who, At: noon, Shop: sample.Shop, Collaboration: "7"})
		return err
	}},
	"a message": {act: func(d *desk, who workflow.Actor) error {
		_, err := d.Write(d.t.Context(), workflow.OutboundMessage{Actor: who, At: noon, Shop: sample.Shop, Creator: glowDaily, Text: "hello"})
		return err
	}},
	"a message once more": {
		before: func(d *desk) {
			_, err := d.Write(d.t.Context(), workflow.OutboundMessage{Actor: action(member, "first"), At: noon, Shop: sample.Shop, Creator: glowDaily, Text: "hello"})
			require.NoError(d.t, err)
			d.deliver(workflow.MessageLane(sample.Shop, glowDaily), engine.MessageDone{What: workflow.OnMessageRefused, At: noon}, noon)
		},
		act: func(d *desk, who workflow.Actor) error {
			_, err := d.Resend(d.t.Context(), "message/U0MEMBER1/first", who, noon)
			return err
		},
	},
	"a run": {act: func(d *desk, who workflow.Actor) error { return d.decides(who) }},
	"a run taken back": {
		before: func(d *desk) { require.NoError(d.t, d.decides(action(member, "run"))) },
		act: func(d *desk, who workflow.Actor) error {
			_, err := d.UndoRun(d.t.Context(), "U0MEMBER1 run", who, noon)
			return err
		},
	},
	"settings": {act: func(d *desk, who workflow.Actor) error {
		_, err := d.ChangeSettings(d.t.Context(), sample.Shop, workflow.SettingsChange{Actor: who, At: noon, Settings: workflow.Settings{
			Reviewers: []workflow.PersonID{another, "", another}, Zone: "Europe/Berlin",
		}})
		return err
	}},
	"a retry": {
		before: func(d *desk) { d.fail() },
		act: func(d *desk, who workflow.Actor) error {
			_, err := d.Retry(d.t.Context(), sample, who, noon)
			return err
		},
	},
	"a dead letter's revival": {
		before: func(d *desk) { d.bury() },
		act:    func(d *desk, who workflow.Actor) error { return d.Revive(d.t.Context(), "R1", who, noon) },
	},
}

func TestASecondDeliveryOfAnActionChangesNothingAndIsNoMistake(t *testing.T) {
	for name, o := range occasions {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, glow)
			d.seen()
			if o.before != nil {
				o.before(d)
			}
			start := d.store.writes.Load()
			require.NoError(t, o.act(d, action(member, "the action")))
			done := d.store.writes.Load()
			require.Greater(t, done, start)
			for range 2 {
				require.NoError(t, o.act(d, action(member, "the action")))
			}
			require.Equal(t, done, d.store.writes.Load())
		})
	}
}

func TestAnActionThatWasUndoneIsNotDoneAgainByItsSecondDelivery(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	d.seen()
	join := workflow.Join{Actor: action(member, "join"), At: noon, Key: sample, NewName: "Winter", Approve: true, Undo: undoWindow}
	_, c, err := d.Join(t.Context(), join)
	require.NoError(t, err)
	d.apply(workflow.Undone{Actor: action(member, "undo"), At: noon, Round: 1})
	_, err = d.Leave(t.Context(), workflow.Leaving{Actor: action(member, "leave"), At: noon, Key: sample, Seen: c.ID})
	require.NoError(t, err)
	done := d.store.writes.Load()

	a, none, err := d.Join(t.Context(), join)
	require.NoError(t, err)
	require.Equal(t, workflow.Campaign{}, none)
	require.Equal(t, workflow.Pending, a.State())
	require.Empty(t, a.Campaign)
	require.Empty(t, d.members(c))
	require.Equal(t, done, d.store.writes.Load())
}

// applies applies an event to the sample, however that goes.
func (d *desk) applies(e workflow.Event) error {
	_, err := d.Apply(d.t.Context(), sample, e)
	return err
}

func (d *desk) named(name string) workflow.Campaign {
	d.t.Helper()
	return read(d, func(tx workflow.Tx) (workflow.Campaign, error) { return tx.CampaignNamed(sample.Shop, name) })
}

// joins adds the sample to a campaign, which is made.
func (d *desk) joins(name string) workflow.Campaign {
	d.t.Helper()
	_, c, err := d.Join(d.t.Context(), workflow.Join{
		Actor: by(member), At: noon, Key: sample, NewName: name, Seen: d.application(sample.ID).Campaign,
	})
	require.NoError(d.t, err)
	return c
}

// decides approves the sample and another application in a run.
func (d *desk) decides(who workflow.Actor) error {
	d.asks("2", workflow.Creator{OpenID: "open-2", Username: finds}, "2", noon)
	_, err := d.Decide(d.t.Context(), workflow.Bulk{Actor: who, At: noon, Shop: sample.Shop, Verdict: workflow.Approve, Undo: undoWindow, Targets: []workflow.Target{
		{Key: sample}, {Key: workflow.Key{Shop: sample.Shop, ID: "2"}},
	}})
	return err
}

// fail has a decision of the sample rest after a failure.
func (d *desk) fail() {
	d.apply(workflow.Decided{Actor: by(member), At: noon, Verdict: workflow.Approve})
	e := d.take(workflow.ReviewLane(sample), noon)
	d.settle(e, engine.Outcome{Event: workflow.HeldUp{At: noon, Failure: workflow.Failure{Code: 105005}}, Then: engine.Again, After: minutes(5).Sub(noon)}, noon)
}

// bury makes a dead letter of a reply, R1.
func (d *desk) bury() {
	e := workflow.Effect{ID: "R1", Kind: workflow.Reply, Lane: workflow.ThreadLane(sample), Shop: sample.Shop, Application: sample.ID, Payload: &workflow.Payload{Kind: workflow.KindNote}, NotBefore: noon, MadeAt: noon}
	require.NoError(d.t, d.store.Update(d.t.Context(), func(tx workflow.Tx) error { return tx.Enqueue(e) }))
	d.settle(d.take(workflow.ThreadLane(sample), noon), engine.Outcome{Then: engine.Buried, Failure: workflow.Failure{Message: "channel_not_found"}}, noon)
}
