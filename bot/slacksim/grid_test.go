package slacksim

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAColleagueOfAGridOrganisationIsShownInBothShapesThatSlackHas(t *testing.T) {
	b := outside(t, Options{})
	one, two := b.person(gridOne), b.person(gridTwo)
	require.Equal(t, gridTeam, one["team_id"])
	require.Equal(t, []any{gridTeam, "T0DESK0001"}, one["enterprise_user"].(object)["teams"])
	require.NotContains(t, one, "teams")
	require.NotContains(t, two, "team_id")
	require.NotContains(t, two, "enterprise_user")
	require.Equal(t, []any{gridTeam, "T0DESK0001"}, two["teams"])
	for _, p := range []object{one, two} {
		require.NotContains(t, p, "is_stranger")
	}
	b.control("users/"+gridOne, object{"is_stranger": true})
	require.Equal(t, foreignTeam, b.person(gridOne)["team_id"])
	require.NotContains(t, b.person(gridOne), "enterprise_user")
}

func TestThePayloadsOfAGridOrganisationNameNoTeam(t *testing.T) {
	b := outside(t, Options{})
	app := b.serve(nil)
	defer app.stop()
	ts := b.post(object{"text": "Card", "blocks": []object{actions("a", button("approve", "1"))}})
	for who, install := range map[string]any{memberOne: false, gridOne: true, gridTwo: "true"} {
		require.True(t, b.act(object{"user": who, "do": "click", "channel": samples, "ts": ts, "action_id": "approve", "wait_ms": 0}).OK)
		got := app.got("block_actions")
		p := got[len(got)-1].Payload
		require.Equal(t, install, p["is_enterprise_install"], who)
		require.Equal(t, who == memberOne, p["team"] != nil, who)
		require.Equal(t, who != memberOne, p["enterprise"] != nil, who)
	}
	require.True(t, b.act(object{"user": gridOne, "do": "command", "command": "/samples", "text": "help", "wait_ms": 0}).OK)
	form := app.got("command")[0].Payload
	require.Equal(t, []any{"true", gridOrganisation}, []any{form["is_enterprise_install"], form["enterprise_id"]})
}
