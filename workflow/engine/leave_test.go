package engine_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
)

// leaves takes the sample out of a campaign.
func (d *desk) leaves(who workflow.Actor, c workflow.Campaign) (workflow.Application, error) {
	return d.Leave(d.t.Context(), workflow.Leaving{Actor: who, At: minutes(1), Key: sample, Seen: c.ID})
}

func TestAnAdditionCanBeTakenBackByWhoeverMadeItOrByAnAdmin(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	d.seen()
	c := d.joins("Winter")
	_, err := d.leaves(by(another), c)
	require.Equal(t, c.ID, refusal(t, workflow.RuleNotYourJoin, err).Application.Campaign)
	require.Len(t, d.members(c), 1)

	a, err := d.leaves(by(member), c)
	require.NoError(t, err)
	require.Empty(t, a.Campaign)
	require.Equal(t, workflow.Joined{}, a.Joined)
	require.Empty(t, d.members(c), "they came into the campaign with it")
	require.Equal(t, []workflow.EventKind{workflow.OnMemberAdded, workflow.OnMemberLeft}, d.shopHistory())
	payloads, _ := d.thread(sample)
	require.Equal(t, []workflow.Payload{
		{Kind: workflow.KindCampaign, State: workflow.Pending, By: member, At: noon, Campaign: "Winter"},
		{Kind: workflow.KindCampaign, State: workflow.Pending, By: member, At: minutes(1), Campaign: "Winter", Left: true},
	}, payloads)

	_, err = d.leaves(by(member), c)
	requireRefused(t, workflow.RuleNotInCampaign, err)
	_, err = d.leaves(by(member), workflow.Campaign{ID: "404"})
	requireRefused(t, workflow.RuleNotInCampaign, err)

	again := d.joins("Winter again")
	_, err = d.leaves(workflow.Actor{Person: another, Admin: true}, again)
	require.NoError(t, err)
}

func TestWhatCameIntoACampaignByItselfAnyReviewerMayTakeOut(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	c := d.campaign("Winter", "1")
	d.invite(c, "glow.daily", noon)
	require.Equal(t, c.ID, d.seen().Campaign)
	a, err := d.leaves(by(another), c)
	require.NoError(t, err)
	require.Empty(t, a.Campaign)
	require.Len(t, d.members(c), 1, "they were there before")
}

func TestACreatorStaysInTheCampaignForWhateverElseIsThere(t *testing.T) {
	for name, stays := range map[string]func(*desk, workflow.Campaign){
		"they were added by hand before": nil,
		"they have answered":             func(d *desk, _ workflow.Campaign) { d.receiving().receives("glow.daily", noon, "yes") },
		"they have another application there": func(d *desk, _ workflow.Campaign) {
			d.asks("2", workflow.Creator{OpenID: "open-1", Username: "glow.daily"}, "1", noon)
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, glow)
			d.seen()
			c := d.campaign("Winter")
			if stays == nil {
				d.invite(c, "glow.daily", noon)
			}
			_, c, err := d.Join(t.Context(), workflow.Join{Actor: by(member), At: noon, Key: sample, Campaign: c.ID})
			require.NoError(t, err)
			if stays != nil {
				stays(d, c)
			}
			_, err = d.leaves(by(member), c)
			require.NoError(t, err)
			require.Len(t, d.members(c), 1)
		})
	}
}

func TestTheLastOfSeveralApplicationsTakesTheirCreatorOutOfTheCampaign(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	d.seen()
	c := d.joins("Winter")
	second := d.asks("2", workflow.Creator{OpenID: "open-1", Username: "glow.daily"}, "1", noon)
	require.Equal(t, c.ID, second.Campaign)
	_, err := d.Leave(t.Context(), workflow.Leaving{Actor: by(another), At: noon, Key: second.Key, Seen: c.ID})
	require.NoError(t, err)
	require.Len(t, d.members(c), 1)
	_, err = d.leaves(by(member), c)
	require.NoError(t, err)
	require.Empty(t, d.members(c))
}

func TestAMoveToAnotherCampaignTakesTheCreatorAlongAndBack(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	d.seen()
	winter := d.joins("Winter")
	summer := d.joins("Summer")
	require.Empty(t, d.members(winter), "they came there with it, and have left with it")
	require.Len(t, d.members(summer), 1)
	require.Equal(t, workflow.Joined{By: member, At: noon, Member: true, Was: winter.ID, WasBy: member, WasAt: noon, WasMember: true}, d.application(sample.ID).Joined)

	a, err := d.leaves(by(member), summer)
	require.NoError(t, err)
	require.Equal(t, winter.ID, a.Campaign)
	require.Equal(t, workflow.Joined{By: member, At: noon, Member: true}, a.Joined, "as it was before")
	require.Len(t, d.members(winter), 1)
	require.Empty(t, d.members(summer))
	payloads, _ := d.thread(sample)
	require.Equal(t, workflow.Payload{Kind: workflow.KindCampaign, State: workflow.Pending, By: member, At: minutes(1), Campaign: "Summer", Left: true, Back: "Winter"}, payloads[2])

	a, err = d.leaves(by(member), winter)
	require.NoError(t, err)
	require.Empty(t, a.Campaign)
	require.Empty(t, d.members(winter))
}

func TestNothingGoesBackToACampaignThatWasArchivedMeanwhile(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	d.seen()
	winter := d.joins("Winter")
	summer := d.joins("Summer")
	_, err := d.ArchiveCampaign(t.Context(), winter.ID, by(member), noon)
	require.NoError(t, err)
	a, err := d.leaves(by(member), summer)
	require.NoError(t, err)
	require.Empty(t, a.Campaign)
	require.Empty(t, d.members(winter))
}

func TestAnArchivedCampaignTakesNobodyHoweverLongItsModalWasOpen(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	a := d.seen()
	c := d.campaign("Winter", "1")
	d.invite(c, finds, noon)
	d.receiving().receives(finds, noon, "yes")
	_, err := d.ArchiveCampaign(t.Context(), c.ID, by(another), noon)
	require.NoError(t, err)
	before := d.store.writes.Load()

	_, _, err = d.Join(t.Context(), workflow.Join{Actor: by(member), At: noon, Key: sample, Campaign: c.ID, Approve: true, Round: a.Round})
	require.Equal(t, "Winter", refusal(t, workflow.RuleArchived, err).Name)
	_, _, err = d.AddMember(t.Context(), workflow.Addition{Actor: by(member), At: noon, Campaign: c.ID, Creator: workflow.Creator{Username: "new.face"}})
	requireRefused(t, workflow.RuleArchived, err)
	_, err = d.EditCampaign(t.Context(), workflow.CampaignEdit{Actor: by(member), At: noon, Campaign: c.ID, Seen: c.Version, Name: "Spring"})
	requireRefused(t, workflow.RuleArchived, err)
	_, err = d.ArchiveCampaign(t.Context(), c.ID, action(member, "late"), noon)
	requireRefused(t, workflow.RuleArchived, err)
	require.Equal(t, before, d.store.writes.Load())

	m, err := d.AnswerSample(t.Context(), workflow.SampleAnswer{Actor: by(member), At: noon, Campaign: c.ID, Creator: findsName, Needed: true})
	require.NoError(t, err, "what is in it stays and goes on")
	require.Equal(t, workflow.MemberNeedsSample, m.State)
}

func TestAnEditOfACampaignThatMovedOnIsRefused(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	d.seen()
	c := d.campaign("Winter", "7")
	d.campaign("Summer")
	edit := workflow.CampaignEdit{Actor: by(member), At: noon, Campaign: c.ID, Seen: c.Version, Name: " Winter  2 ", Channel: "C0WINTER", Products: []workflow.ProductID{"9", "7", "9"}}
	_, _, err := d.Join(t.Context(), workflow.Join{Actor: by(another), At: noon, Key: sample, Campaign: c.ID})
	require.NoError(t, err, "it brings product 1")
	_, err = d.EditCampaign(t.Context(), edit)
	requireRefused(t, workflow.RuleSettingsChanged, err)

	edit.Seen = d.named("Winter").Version
	c, err = d.EditCampaign(t.Context(), edit)
	require.NoError(t, err)
	require.Equal(t, "Winter 2", c.Name)
	require.Equal(t, "C0WINTER", c.Channel)
	require.Equal(t, []workflow.ProductID{"7", "9"}, c.Products)
	edit.Seen, edit.Name = c.Version, "SUMMER"
	_, err = d.EditCampaign(t.Context(), edit)
	requireRefused(t, workflow.RuleNameTaken, err)
	edit.Name, edit.Products = "Winter 2", make([]workflow.ProductID, workflow.MaxCampaignProducts+1)
	_, err = d.EditCampaign(t.Context(), edit)
	requireRefused(t, workflow.RuleTooMany, err)
	edit.Campaign = "404"
	_, err = d.EditCampaign(t.Context(), edit)
	requireRefused(t, workflow.RuleNoCampaign, err)
}

func TestACreatorIsAddedByHandOnceAndAsTheDeskKnowsHer(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	d.seen()
	c := d.campaign("Winter")
	m := d.invite(c, " @GLOW.daily ", noon)
	require.Equal(t, glowDaily, m.Creator, "an application shows their id")
	require.Equal(t, findsName, d.invite(c, "@Kitchen_Finds", noon).Creator)
	for username, rule := range map[string]workflow.Rule{"glow.daily": workflow.RuleAlreadyInCampaign, "KITCHEN_FINDS": workflow.RuleAlreadyInCampaign, "@": workflow.RuleNoCreator} {
		_, _, err := d.AddMember(t.Context(), workflow.Addition{Actor: action(another, "other"), At: noon, Campaign: c.ID, Creator: workflow.Creator{Username: username}})
		requireRefused(t, rule, err)
	}
	_, _, err := d.AddMember(t.Context(), workflow.Addition{Actor: by(member), At: noon, Campaign: "404", Creator: workflow.Creator{Username: finds}})
	requireRefused(t, workflow.RuleNoCampaign, err)
}
