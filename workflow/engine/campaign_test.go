package engine_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
)

func TestAJoinCreatesTheCampaignAddsTheCreatorAndApproves(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	a := d.seen()
	j := workflow.Join{Actor: action(member, "view-1"), At: noon, Key: sample, NewName: "  Winter \t glow ", Approve: true, Round: a.Round, Undo: undoWindow}
	after, c, err := d.Join(t.Context(), j)
	require.NoError(t, err)
	require.Equal(t, workflow.Campaign{ID: c.ID, Shop: sample.Shop, Name: "Winter glow", CreatedBy: member, CreatedAt: noon, DedupKey: "view-1",
		Products: []workflow.ProductID{"1"}, Version: 1}, c)

	m := d.memory()
	require.Equal(t, after, m.Application)
	require.Equal(t, workflow.Queued, after.State())
	require.Equal(t, c.ID, after.Campaign)
	require.Equal(t, []workflow.Campaign{c}, m.Campaigns)
	require.Equal(t, map[workflow.CampaignID][]workflow.Member{c.ID: {{
		Campaign: c.ID, Creator: "id:open-1", Shown: a.Snapshot.Creator, AddedBy: member, AddedAt: noon, DedupKeys: []string{"view-1"},
	}}}, m.Members)
	require.Len(t, m.Lanes[workflow.ReviewLane(sample)], 1)
	require.Equal(t, []workflow.EventKind{workflow.OnReported, workflow.OnCampaignChosen, workflow.OnApproved}, events(m.History))
}

func events(history []workflow.Entry) []workflow.EventKind {
	var kinds []workflow.EventKind
	for _, h := range history {
		kinds = append(kinds, h.Event)
	}
	return kinds
}

func TestAJoinThatIsRefusedKeepsNothingOfIt(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	a := d.seen()
	taken, err := d.CreateCampaign(t.Context(), workflow.Creation{Shop: sample.Shop, Name: "Taken", At: noon})
	require.NoError(t, err)
	require.NoError(t, d.store.Update(t.Context(), func(tx workflow.Tx) error {
		if err := tx.PutCampaign(workflow.Campaign{ID: "archived", Shop: sample.Shop, Name: "Last year", Archived: true, CreatedAt: noon}); err != nil {
			return err
		}
		return tx.PutCampaign(workflow.Campaign{ID: "elsewhere", Shop: "another-shop", Name: "Elsewhere", CreatedAt: noon})
	}))
	before := d.memory()
	for name, c := range map[string]struct {
		join workflow.Join
		rule workflow.Rule
	}{
		"the round has passed":         {workflow.Join{Key: sample, NewName: "New", Approve: true, Round: a.Round + 1}, workflow.RuleStale},
		"the deadline has passed":      {workflow.Join{Key: sample, NewName: "New", Approve: true, Round: a.Round, At: deadline}, workflow.RuleDeadline},
		"the name is taken":            {workflow.Join{Key: sample, NewName: "TAKEN"}, workflow.RuleNameTaken},
		"the name is none":             {workflow.Join{Key: sample, NewName: " \t"}, workflow.RuleCampaignName},
		"no such campaign":             {workflow.Join{Key: sample, Campaign: "404"}, workflow.RuleNoCampaign},
		"another shop's campaign":      {workflow.Join{Key: sample, Campaign: "elsewhere"}, workflow.RuleNoCampaign},
		"the campaign takes nobody":    {workflow.Join{Key: sample, Campaign: "archived"}, workflow.RuleArchived},
		"no such application":          {workflow.Join{Key: workflow.Key{Shop: sample.Shop, ID: "404"}, NewName: "New"}, workflow.RuleNoApplication},
		"they saw it somewhere else":   {workflow.Join{Key: sample, Campaign: taken.ID, Seen: "archived"}, workflow.RuleOtherCampaign},
		"an application of no one yet": {workflow.Join{Key: workflow.Key{Shop: sample.Shop, ID: "404"}, Campaign: taken.ID, Approve: true}, workflow.RuleNoApplication},
	} {
		t.Run(name, func(t *testing.T) {
			c.join.Actor = by(member)
			if c.join.At.IsZero() {
				c.join.At = noon
			}
			_, _, err := d.Join(t.Context(), c.join)
			requireRefused(t, c.rule, err)
			require.Equal(t, before, d.memory())
		})
	}
}

func TestTheFirstOfTwoCampaignsWins(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	d.seen()
	winter, err := d.CreateCampaign(t.Context(), workflow.Creation{Shop: sample.Shop, Name: "Winter", At: noon})
	require.NoError(t, err)
	summer, err := d.CreateCampaign(t.Context(), workflow.Creation{Shop: sample.Shop, Name: "Summer", At: noon})
	require.NoError(t, err)

	_, _, err = d.Join(t.Context(), workflow.Join{Actor: by(member), At: noon, Key: sample, Campaign: winter.ID})
	require.NoError(t, err)
	_, _, err = d.Join(t.Context(), workflow.Join{Actor: by(another), At: noon, Key: sample, Campaign: summer.ID, Approve: true})
	require.Equal(t, winter.ID, refusal(t, workflow.RuleOtherCampaign, err).Application.Campaign)
	require.Equal(t, workflow.Pending, d.memory().Application.State(), "nor was it approved")

	_, _, err = d.Join(t.Context(), workflow.Join{Actor: by(another), At: noon, Key: sample, Campaign: winter.ID})
	requireRefused(t, workflow.RuleAlreadyInCampaign, err)
	after, c, err := d.Join(t.Context(), workflow.Join{Actor: by(another), At: noon, Key: sample, Campaign: winter.ID, Approve: true})
	require.NoError(t, err, "to approve somebody who is there already is no mistake")
	require.Equal(t, winter.ID, c.ID)
	require.Equal(t, workflow.Queued, after.State())
	require.Equal(t, member, d.memory().Members[winter.ID][0].AddedBy, "they were added before")
}

func TestARedeliveredCreationFindsItsOwnCampaign(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	n := workflow.Creation{Shop: sample.Shop, Name: "Winter", By: member, At: noon, DedupKey: "trigger-1"}
	first, err := d.CreateCampaign(t.Context(), n)
	require.NoError(t, err)
	n.At = noon.Add(time.Minute)
	again, err := d.CreateCampaign(t.Context(), n)
	require.NoError(t, err)
	require.Equal(t, first, again)

	n.DedupKey = "trigger-2"
	_, err = d.CreateCampaign(t.Context(), n)
	require.Equal(t, "Winter", refusal(t, workflow.RuleNameTaken, err).Name)
	n.DedupKey, n.Name = "", "winter"
	_, err = d.CreateCampaign(t.Context(), n)
	requireRefused(t, workflow.RuleNameTaken, err)
	require.Equal(t, []workflow.Campaign{first}, d.memory().Campaigns)

	n.Shop = "404"
	_, err = d.CreateCampaign(t.Context(), n)
	require.ErrorIs(t, err, workflow.ErrNotFound)
}

func TestACampaignsNameIsWhatWasTypedWithoutItsTricks(t *testing.T) {
	for typed, want := range map[string]string{
		"Winter":                       "Winter",
		"  Winter \n glow\t":           "Winter glow",
		"Win\u202eter":                 "Winter",
		"Win\x00ter":                   "Winter",
		"bad \xff bytes":               "bad bytes",
		"👩\u200d🎨 makers":              "👩\u200d🎨 makers",
		"冬のキャンペーン":                     "冬のキャンペーン",
		strings.Repeat("é", 60):        strings.Repeat("é", 60),
		" " + strings.Repeat("é ", 30): strings.TrimSpace(strings.Repeat("é ", 30)),
	} {
		got, err := workflow.CampaignName(typed)
		require.NoError(t, err, "%q", typed)
		require.Equal(t, want, got)
	}
	for _, typed := range []string{"", " \t\n", "\u200b", "\u200d", "\ufe0f\u200d", "\u3164", "\u2800", "\xff", strings.Repeat("é", 61)} {
		_, err := workflow.CampaignName(typed)
		requireRefused(t, workflow.RuleCampaignName, err)
	}
}

func TestAMemberShowsTheFurthestOfTheirApplications(t *testing.T) {
	application := func(status workflow.Status, minutes int) workflow.Application {
		return workflow.Application{
			Key: sample, SeenAt: noon, ChangedAt: noon.Add(time.Duration(minutes) * time.Minute), Snapshot: workflow.Snapshot{Status: status},
		}
	}
	for name, c := range map[string]struct {
		of   []workflow.Application
		want workflow.Stage
	}{
		"none": {nil, workflow.StageInvited},
		"one":  {[]workflow.Application{application(workflow.StatusShipped, 0)}, workflow.StageShipping},
		"the furthest, not the latest": {[]workflow.Application{
			application(workflow.StatusPending, 9), application(workflow.StatusContentPending, 1), application(workflow.StatusShipped, 5),
		}, workflow.StageContent},
		"completed before all": {[]workflow.Application{
			application(workflow.StatusContentPending, 9), application(workflow.StatusCompleted, 1),
		}, workflow.StageCompleted},
		"endings count only if nothing else is left": {[]workflow.Application{
			application(workflow.StatusWithdrawn, 9), application(workflow.StatusPending, 1), application(workflow.StatusRejectCancelled, 8),
		}, workflow.StageReview},
		"among endings the latest": {[]workflow.Application{
			application(workflow.StatusWithdrawn, 1), application(workflow.StatusRejectCancelled, 8), application(workflow.StatusOverdueCancelled, 3),
		}, workflow.StageReject},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.want, workflow.Furthest(workflow.Member{}, c.of))
		})
	}
}
