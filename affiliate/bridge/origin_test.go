package bridge_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/affiliate/affiliatesim"
	"sampledesk/workflow"
)

// collaborate begins a target collaboration.
func (d *desk) collaborate(name string) string {
	d.t.Helper()
	var made struct{ ID string }
	d.act("/sim/collaborations", fmt.Sprintf(`{"name":%q}`, name), &made)
	return made.ID
}

// targetSearches counts the searches for applications of one target collaboration.
func (d *desk) targetSearches() (n int) {
	d.t.Helper()
	for _, c := range d.calls("sample_applications/search") {
		var filter map[string]string
		require.NoError(d.t, json.Unmarshal(c.Body, &filter))
		if filter["target_collabration_id"] != "" {
			n++
		}
	}
	return n
}

const collaborationsPath = "target_collaborations/search"

func TestTheOriginOfEachApplicationIsFoundOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := connected(t, affiliatesim.Options{})
		spring, autumn := d.collaborate("Spring launch"), d.collaborate("Autumn launch")
		open := d.apply(affiliatesim.Request{})
		fromSpring := d.apply(affiliatesim.Request{Target: spring})
		fromAutumn := d.apply(affiliatesim.Request{Target: autumn})
		d.sweep()
		require.Equal(t, workflow.Collab{Known: true}, d.application(open).Report.Collab)
		require.Equal(t, workflow.Collab{Known: true, Target: spring, Name: "Spring launch"}, d.application(fromSpring).Report.Collab)
		require.Equal(t, workflow.Collab{Known: true, Target: autumn, Name: "Autumn launch"}, d.application(fromAutumn).Report.Collab)
		require.Equal(t, 2, d.targetSearches())

		writes := d.store.written()
		d.sweep()
		d.sweep()
		require.Equal(t, 2, d.targetSearches(), "what is known costs no call")
		require.Len(t, d.calls(collaborationsPath), 1)
		require.Equal(t, writes, d.store.written(), "nor a write")

		d.restart()
		d.sweep()
		require.Equal(t, 2, d.targetSearches(), "after a restart neither")
	})
}

func TestAnOriginOutlivesWhatIsReportedLater(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := connected(t, affiliatesim.Options{})
		spring := d.collaborate("Spring launch")
		k := d.apply(affiliatesim.Request{Target: spring})
		d.sweep()
		d.act("/sim/applications/"+string(k.ID)+"/approve", "", nil)
		d.act("/sim/applications/"+string(k.ID)+"/ship", "", nil)
		time.Sleep(time.Second)
		d.sweep()
		a := d.application(k)
		require.Equal(t, workflow.Shipped, a.State())
		require.Equal(t, workflow.Collab{Known: true, Target: spring, Name: "Spring launch"}, a.Report.Collab)
	})
}

func TestANewApplicationIsSearchedForAloneAndInCollaborationsMadeSince(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := connected(t, affiliatesim.Options{})
		d.collaborate("Spring launch")
		d.apply(affiliatesim.Request{})
		d.sweep()
		autumn := d.collaborate("Autumn launch")
		k := d.apply(affiliatesim.Request{Target: autumn, Creator: affiliatesim.RequestedBy{Username: "glow.daily"}})
		before := len(d.calls("sample_applications/search"))
		d.sweep()
		require.Equal(t, workflow.Collab{Known: true, Target: autumn, Name: "Autumn launch"}, d.application(k).Report.Collab)
		a := d.application(k)
		for _, c := range d.calls("sample_applications/search")[before+len(workflow.LiveStatuses):] {
			var filter map[string]string
			require.NoError(t, json.Unmarshal(c.Body, &filter))
			require.Equal(t, a.Report.Creator.OpenID, filter["creator_user_oepn_id"])
			require.Equal(t, string(a.Report.Product.ID), filter["product_id"])
		}
	})
}

func TestAnOriginIsFoundWhateverTheStatusBecameMeanwhile(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := connected(t, affiliatesim.Options{})
		spring := d.collaborate("Spring launch")
		k := d.apply(affiliatesim.Request{Target: spring})
		// The seller's own automation approves it between the sweep's pages and the search for its origin.
		d.between.hold(func(r *http.Request) error {
			if r.URL.Path == "/affiliate_seller/202508/target_collaborations/search" {
				d.act("/sim/applications/"+string(k.ID)+"/approve", "", nil)
			}
			return nil
		})
		d.sweep()
		require.Equal(t, spring, d.application(k).Report.Collab.Target)
	})
}

func TestManyCollaborationsAreSearchedOverSeveralSweeps(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := connected(t, affiliatesim.Options{})
		first := d.collaborate("The first of many")
		time.Sleep(2 * time.Second)
		for i := range 44 {
			d.collaborate(fmt.Sprintf("Collaboration %d", i))
		}
		open, target := d.apply(affiliatesim.Request{}), d.apply(affiliatesim.Request{Target: first})
		for _, want := range []int{20, 40, 45, 45} {
			require.False(t, d.knows(open) && want < 45, "it is not open before every collaboration was looked at")
			d.sweep()
			require.Equal(t, want, d.targetSearches())
		}
		require.Len(t, d.calls(collaborationsPath), 1, "one listing serves them all")
		require.Equal(t, workflow.Collab{Known: true}, d.application(open).Report.Collab)
		require.Equal(t, first, d.application(target).Report.Collab.Target)
	})
}

// knows tells whether the application is on record with an origin.
func (d *desk) knows(k workflow.Key) (known bool) {
	d.t.Helper()
	d.view(func(tx workflow.Tx) error {
		a, err := tx.Application(k)
		known = err == nil && a.Report.Collab.Known
		return nil
	})
	return known
}

func TestOriginsOfABacklogAreRememberedUntilTheirCardsCome(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := connected(t, affiliatesim.Options{})
		spring := d.collaborate("Spring launch")
		var last workflow.Key
		for i := range workflow.MaxBacklogCards + 10 {
			last = d.apply(affiliatesim.Request{Target: spring, ApproveIn: fmt.Sprintf("%dh", 60+i)})
		}
		d.sweep()
		require.Equal(t, 10, d.count(workflow.BacklogOf(last.Shop)))
		require.Equal(t, 1, d.targetSearches())
		require.False(t, d.application(last).Report.Collab.Known, "without a card there is nobody to tell")

		_, err := d.engine.Apply(t.Context(), last, workflow.CardCalledFor{At: time.Now(), Actor: workflow.Actor{Person: "U1"}})
		require.NoError(t, err)
		d.sweep()
		require.Equal(t, spring, d.application(last).Report.Collab.Target)
		require.Equal(t, 1, d.targetSearches(), "what was found serves later")
	})
}

func TestOriginsThatCannotBeFoundStopNeitherTheSweepNorTheShop(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := connected(t, affiliatesim.Options{})
		spring := d.collaborate("Spring launch")
		k := d.apply(affiliatesim.Request{Target: spring})
		d.act("/sim/faults", `{"path":"target_collaborations","times":2,"do":"code","code":105005,"message":"access scope is not granted"}`, nil)
		for range 29 {
			d.sweep()
			require.Equal(t, workflow.Cause{}, d.shop().Stopped)
			time.Sleep(time.Minute)
		}
		require.Len(t, d.calls(collaborationsPath), 1, "after a failure it rests")
		require.Equal(t, workflow.Collab{}, d.application(k).Report.Collab)
		time.Sleep(time.Minute)
		d.sweep()
		require.Len(t, d.calls(collaborationsPath), 2)
		require.Equal(t, 1, d.log.count("could not find out where applications came from"), "it is logged once")
		time.Sleep(31 * time.Minute)
		d.sweep()
		require.Equal(t, spring, d.application(k).Report.Collab.Target)

		d.apply(affiliatesim.Request{})
		d.act("/sim/faults", `{"path":"target_collaborations","do":"code","code":105005}`, nil)
		d.sweep()
		require.Equal(t, 2, d.log.count("could not find out where applications came from"), "and again once it had worked")
	})
}

func TestAnApplicationThatEndedIsNotSearchedForAnyMore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := connected(t, affiliatesim.Options{})
		for i := range 25 {
			d.collaborate(fmt.Sprintf("Collaboration %d", i))
		}
		k := d.apply(affiliatesim.Request{})
		d.sweep()
		require.Equal(t, 20, d.targetSearches())
		d.act("/sim/applications/"+string(k.ID)+"/withdraw", "", nil)
		time.Sleep(time.Second)
		d.sweep()
		require.Equal(t, workflow.Withdrawn, d.application(k).State())
		require.Equal(t, 20, d.targetSearches())

		next := d.apply(affiliatesim.Request{})
		d.sweep()
		require.Len(t, d.calls(collaborationsPath), 2, "what was begun for it is dropped, and not gone on with for another")
		require.Equal(t, 40, d.targetSearches())
		d.sweep()
		require.Equal(t, workflow.Collab{Known: true}, d.application(next).Report.Collab)
		require.False(t, d.knows(k))
	})
}
