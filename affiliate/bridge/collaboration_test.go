package bridge_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/affiliate/affiliatesim"
	"sampledesk/workflow"
)

// bring begins to import a target collaboration.
func (d *desk) bring(id string) workflow.RunID {
	d.t.Helper()
	r, err := d.engine.BeginImport(d.t.Context(), workflow.Import{
		Actor: workflow.Actor{Person: "U1"}, At: time.Now(), Shop: d.shop().ID, Collaboration: id,
	})
	require.NoError(d.t, err)
	return r.ID
}

func (d *desk) progress(id workflow.RunID) (r workflow.Run) {
	d.t.Helper()
	d.view(func(tx workflow.Tx) (err error) {
		r, err = tx.Run(id)
		return err
	})
	return r
}

func TestATargetCollaborationIsImportedWithItsCreatorsAndProducts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := connected(t, affiliatesim.Options{})
		d.run()
		k := d.apply(affiliatesim.Request{})
		d.sweep()
		creator, product := d.application(k).Snapshot.Creator.Username, d.application(k).Snapshot.Product.ID
		var made struct{ ID string }
		d.act("/sim/collaborations", fmt.Sprintf(`{"name":"Autumn kitchen","creators":[%q],"products":[%q]}`, creator, product), &made)
		id := d.bring(made.ID)
		time.Sleep(time.Second)
		r := d.progress(id)
		require.True(t, r.Ended())
		require.False(t, r.Failed)
		require.Equal(t, []any{"Autumn kitchen", 1, 1}, []any{r.Name, r.Added, r.Products})
		d.view(func(tx workflow.Tx) error {
			members, _, err := tx.Members(r.Campaign, "", 10)
			require.Len(t, members, 1)
			require.Equal(t, d.application(k).Snapshot.Creator.KeyOf(k.Shop), members[0].Creator)
			return err
		})
	})
}

func TestAnImportKnowsCreatorsByTheirOpenIDsThoughTheirNamesAreNew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := connected(t, affiliatesim.Options{})
		d.run()
		renamed := d.apply(affiliatesim.Request{Creator: affiliatesim.RequestedBy{OpenID: "open-1", Username: "glow.daily"}})
		d.sweep()
		id := d.collaborate("Autumn kitchen", "open-1", "kitchen_finds")
		// The name is another by now, and the name that was is somebody else's.
		d.act("/sim/collaborations", `{"name":"x","creators":[{"creator_open_id":"open-1","username":"glow.nightly"},{"creator_open_id":"open-2","username":"glow.daily"}]}`, nil)
		run := d.bring(id)
		time.Sleep(time.Second)
		require.Equal(t, 2, d.progress(run).Added)
		d.view(func(tx workflow.Tx) error {
			members, _, err := tx.Members(d.progress(run).Campaign, "", 10)
			require.Len(t, members, 2)
			require.Contains(t, []workflow.CreatorKey{members[0].Creator, members[1].Creator}, d.application(renamed).Snapshot.Creator.KeyOf(renamed.Shop))
			for _, m := range members {
				require.NotEmpty(t, m.Shown.OpenID, "a message needs it")
			}
			return err
		})
	})
}

func TestACollaborationThatIsNotThereEndsTheImportWithItsCause(t *testing.T) {
	for _, id := range []string{"7300000000000000000", "no id at all", "../shops", ""} {
		synctest.Test(t, func(t *testing.T) {
			d := connected(t, affiliatesim.Options{})
			d.run()
			run := d.bring(id)
			time.Sleep(time.Second)
			r := d.progress(run)
			require.True(t, r.Ended())
			require.True(t, r.Failed)
			require.NotEqual(t, workflow.Failure{}, r.Failure)
			require.Empty(t, d.notices(d.shop().ID))
		})
	}
}

func TestAnImportWaitsForTikTokAndGoesOn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := connected(t, affiliatesim.Options{})
		d.run()
		var made struct{ ID string }
		d.act("/sim/collaborations", `{"name":"Autumn kitchen","creators":[],"products":[]}`, &made)
		d.act("/sim/faults", `{"path":"/target_collaborations/","times":1000,"do":"status","status":503}`, nil)
		id := d.bring(made.ID)
		time.Sleep(time.Minute)
		require.False(t, d.progress(id).Ended())
		require.NotEqual(t, workflow.Failure{}, d.progress(id).Failure, "it says what it waits for")
		d.mendCalls()
		time.Sleep(10 * time.Minute)
		require.True(t, d.progress(id).Ended())
		require.False(t, d.progress(id).Failed)
	})
}

func TestARequestLinkIsAskedForAndItsRefusalSaysWhy(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := connected(t, affiliatesim.Options{})
		k := d.apply(affiliatesim.Request{})
		d.sweep()
		p := d.application(k).Snapshot.Product
		link, err := d.bridge.RequestLink(t.Context(), k.Shop, p.ID, p.SKU, 7)
		require.NoError(t, err)
		require.True(t, strings.Contains(link, "://"), link)
		_, err = d.bridge.RequestLink(t.Context(), k.Shop, p.ID, p.SKU, 15)
		require.ErrorAs(t, err, new(workflow.Failure))
		_, err = d.bridge.RequestLink(t.Context(), "no shop", p.ID, p.SKU, 7)
		require.ErrorAs(t, err, new(workflow.Failure))
		d.breakCalls("deeplink", 36009999, "not for this product")
		_, err = d.bridge.RequestLink(t.Context(), k.Shop, p.ID, p.SKU, 7)
		c := workflow.Failure{}
		require.ErrorAs(t, err, &c)
		require.Equal(t, 36009999, c.Code)
	})
}
