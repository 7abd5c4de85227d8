package engine_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
	"sampledesk/workflow/engine"
)

func (d *desk) imports(dedupKey string) workflow.Run {
	d.t.Helper()
	r, err := d.BeginImport(d.t.Context(), workflow.Import{Actor: action(member, dedupKey), At: noon, Shop: sample.Shop, Collaboration: "7"})
	require.NoError(d.t, err)
	require.Equal(d.t, workflow.Run{ID: r.ID, Kind: workflow.RunImport, Shop: sample.Shop, By: member, At: noon, Collaboration: "7"}, r)
	return r
}

func TestAnImportMakesACampaignOfACollaboration(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	d.seen()
	r := d.imports("1")
	told := engine.Imported{
		At: minutes(1), Name: "Spring \x00 launch", Creators: []workflow.Creator{{Username: "glow.daily"}, {Username: finds}, {Username: "KITCHEN_FINDS"}, {Username: ""}},
		Products: []workflow.Product{{ID: "9", Title: "Kettle"}, {ID: "1", Title: "Serum"}, {ID: "9", Title: "Kettle"}, {}},
	}
	e := d.deliver(workflow.ImportLane(r.ID), told, minutes(1))
	require.Equal(t, workflow.ImportCreators, e.Kind)
	c := d.named("Spring launch")
	require.Equal(t, []workflow.ProductID{"1", "9"}, c.Products)
	require.Equal(t, member, c.CreatedBy)
	r.EndsAt, r.Campaign, r.Name, r.Added, r.Existing, r.Products = minutes(1), c.ID, c.Name, 2, 1, 2
	require.Equal(t, r, d.run(r.ID))
	members := d.members(c)
	require.Equal(t, []workflow.CreatorKey{glowDaily, findsName}, []workflow.CreatorKey{members[0].Creator, members[1].Creator})
	require.Len(t, d.waiting("post/run/U0MEMBER1 1"), 1)

	again := d.imports("2")
	d.deliver(workflow.ImportLane(again.ID), told, minutes(2))
	require.Equal(t, 3, d.run(again.ID).Existing)
	require.Zero(t, d.run(again.ID).Added+d.run(again.ID).Products)
}

func TestAnImportKnowsACreatorByTheOpenIDAndMergesWhatTheNameHeld(t *testing.T) {
	d := newDesk(t, glow)
	d.seen()
	c := d.campaign("Spring")
	d.invite(c, finds, noon) // by name alone
	r := d.imports("1")
	d.deliver(workflow.ImportLane(r.ID), engine.Imported{At: minutes(1), Name: "Spring", Creators: []workflow.Creator{
		{OpenID: "open-1", Username: "glow.nightly"}, {OpenID: "open-9", Username: finds}, {OpenID: "open-7"}, {},
	}}, minutes(1))
	var keys []workflow.CreatorKey
	for _, m := range d.members(c) {
		keys = append(keys, m.Creator)
		require.NotEmpty(t, m.Shown.OpenID)
	}
	id := func(open string) workflow.CreatorKey { return workflow.Creator{OpenID: open}.KeyOf(sample.Shop) }
	require.ElementsMatch(t, []workflow.CreatorKey{glowDaily, id("open-9"), id("open-7")}, keys)
	require.Equal(t, []int{2, 1}, []int{d.run(r.ID).Added, d.run(r.ID).Existing})
}

func TestWhoWasImportedByOpenIDIsRecognisedByUserName(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow).receiving()
	d.seen() // the application of open-1 calls them glow.daily
	r := d.imports("1")
	d.deliver(workflow.ImportLane(r.ID), engine.Imported{At: minutes(1), Name: "Spring", Creators: []workflow.Creator{
		{OpenID: "open-9", Username: finds}, {OpenID: "open-1", Username: "glow.nightly"},
	}}, minutes(1))
	c := d.named("Spring")

	for id, username := range map[string]string{"open-9": finds, "open-1": "glow.nightly"} {
		key := workflow.Creator{OpenID: id}.KeyOf(sample.Shop)
		_, _, err := d.AddMember(t.Context(), workflow.Addition{
			Actor: by(member), At: minutes(2), Campaign: c.ID, Creator: workflow.Creator{Username: "@" + strings.ToUpper(username)},
		})
		require.Equal(t, key, refusal(t, workflow.RuleAlreadyInCampaign, err).Member.Creator)
		d.receives(username, minutes(3), "I have it at home.")
		m := d.member(c, key)
		require.Equal(t, workflow.MemberAnswered, m.State, username)
		if id == "open-1" {
			require.Empty(t, m.Question, "their request goes on, so it joins and nothing is asked")
			require.Equal(t, c.ID, d.application(sample.ID).Campaign)
			continue
		}
		require.Equal(t, key, d.notice(m.Question).Creator)
	}
	d.asks("9", workflow.Creator{OpenID: "open-9", Username: finds}, "9", minutes(4))
	d.receives(finds, minutes(5), "And now?")
	require.Len(t, d.members(c), 2)
}

func TestAnImportThatCannotBeDoneSaysWhy(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	r := d.imports("1")
	busy, gone := workflow.Failure{Code: 36009002, Message: "too many requests"}, workflow.Failure{Code: 404, Message: "no such collaboration"}
	e := d.take(workflow.ImportLane(r.ID), noon)
	d.settle(e, engine.Outcome{Result: engine.ImportFailed{At: noon, Failure: busy}, Then: engine.Again}, noon)
	require.Equal(t, busy, d.run(r.ID).Failure)
	require.False(t, d.run(r.ID).Ended())
	d.deliver(workflow.ImportLane(r.ID), engine.ImportFailed{At: minutes(1), Failure: gone, ForGood: true}, minutes(1))
	require.True(t, d.run(r.ID).Failed)
	require.Equal(t, gone, d.run(r.ID).Failure)
	require.Equal(t, minutes(1), d.run(r.ID).EndsAt)

	archived := d.campaign("Spring")
	_, err := d.ArchiveCampaign(t.Context(), archived.ID, by(member), noon)
	require.NoError(t, err)
	r = d.imports("2")
	d.deliver(workflow.ImportLane(r.ID), engine.Imported{At: minutes(1), Name: "spring", Creators: []workflow.Creator{{Username: finds}}}, minutes(1))
	require.True(t, d.run(r.ID).Failed)
	require.Contains(t, d.run(r.ID).Failure.Message, string(workflow.RuleArchived))
	require.Empty(t, d.members(archived))
}

func TestAnImportFindsANameWhateverTheCollaborationIsCalled(t *testing.T) {
	for typed, want := range map[string]string{"": "Collaboration 7", "\u200b": "Collaboration 7", strings.Repeat("é", 200): strings.Repeat("é", workflow.MaxCampaignName)} {
		d := newDesk(t, glow)
		r := d.imports("1")
		d.deliver(workflow.ImportLane(r.ID), engine.Imported{At: noon, Name: typed}, noon)
		require.Equal(t, want, d.run(r.ID).Name)
	}
}

func TestAnImportOfThousandsIsTakenOver(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	r := d.imports("1")
	told := engine.Imported{At: noon, Name: "Spring"}
	for i := range 1200 {
		told.Creators = append(told.Creators, workflow.Creator{Username: "creator_" + strconv.Itoa(i)})
	}
	for i := range workflow.MaxCampaignProducts + 1 {
		told.Products = append(told.Products, workflow.Product{ID: workflow.ProductID(strconv.Itoa(i)), Title: "Product"})
	}
	d.deliver(workflow.ImportLane(r.ID), told, noon)
	require.Equal(t, 1200, d.run(r.ID).Added)
	require.Equal(t, workflow.MaxCampaignProducts, d.run(r.ID).Products, "as many as a campaign has")
}
