package engine_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
)

func TestNobodyOnTheBlockListIsApprovedByARule(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	d.has(noon, proven(workflow.ModeAutomatic))
	d.lists("Block ", workflow.Creator{Username: "handle_a"}, noon)
	a := d.asks("1", asker("a", "18000"), "p", minutes(1))
	require.Equal(t, workflow.Pending, a.State())
	require.Equal(t, workflow.ActHold, a.Proposal.Action.Kind)
	require.Equal(t, workflow.RuleBlockList, a.Proposal.Blocked)
	require.Equal(t, []workflow.ApplicationID{"1"}, d.suggested(workflow.ActHold))
	require.Equal(t, []workflow.ListSize{{List: "block", Count: 1}}, read(d, func(tx workflow.Tx) ([]workflow.ListSize, error) { return workflow.ListNames(tx, sample.Shop) }))

	n, err := d.PutListed(t.Context(), []workflow.ListChange{{Actor: by(member), At: minutes(3), Shop: sample.Shop, List: "block", Creator: asker("a", ""), Remove: true}})
	require.NoError(t, err)
	require.Equal(t, 1, n, "who was put on it by name is found by their id")
	require.Equal(t, workflow.Queued, d.application("1").State())
	n, err = d.PutListed(t.Context(), []workflow.ListChange{{Actor: by(member), At: minutes(3), Shop: sample.Shop, List: "block", Creator: asker("a", ""), Remove: true}})
	require.NoError(t, err)
	require.Zero(t, n)
	_, err = d.PutListed(t.Context(), []workflow.ListChange{{Actor: by(member), At: minutes(3), Shop: sample.Shop, List: " ", Creator: asker("a", "")}})
	requireRefused(t, workflow.RuleNoList, err)
}

func TestListsAreSharedByTheShopsWhoseAdminsAgreed(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	other := workflow.Shop{ID: "2", Name: "Other", SeenAt: noon, InitialSyncDone: true}
	require.NoError(t, d.store.Store.Update(t.Context(), func(tx workflow.Tx) error { return tx.PutShop(other) }))
	d.ruled(noon, func(r *workflow.Rules) { r.ShareLists = true })
	d.lists("vip", asker("a", ""), noon)
	on := func(s workflow.ShopID) []workflow.ListName {
		return read(d, func(tx workflow.Tx) ([]workflow.ListName, error) { return workflow.ListsFor(tx, s, "id:a") })
	}
	require.Equal(t, []workflow.ListName{"vip"}, on(sample.Shop))
	require.Empty(t, on(other.ID))
	_, err := d.PutRules(t.Context(), workflow.RulesChange{Actor: by(member), At: noon, Rules: workflow.Rules{Shop: other.ID, ShareLists: true}})
	require.NoError(t, err)
	require.Equal(t, []workflow.ListName{"vip"}, on(other.ID))
}

func TestWhoIsErasedIsOnNoListAnyMore(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	d.lists("vip", workflow.Creator{Username: "only_listed"}, noon)
	keys, err := d.KnownAs(t.Context(), "only_listed")
	require.NoError(t, err)
	require.NotEmpty(t, keys, "who is only on a list is known too")
	_, err = d.EraseCreator(t.Context(), keys, "op", minutes(1), nil)
	require.NoError(t, err)
	sizes := read(d, func(tx workflow.Tx) ([]workflow.ListSize, error) { return workflow.ListNames(tx, sample.Shop) })
	require.Empty(t, sizes)
}
