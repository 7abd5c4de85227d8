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

// collaborate begins a target collaboration that invites creators, who go by their open ids or user names.
func (d *desk) collaborate(name string, creators ...string) string {
	d.t.Helper()
	return d.collaborateFor("720h", name, creators...)
}

func (d *desk) collaborateFor(time, name string, creators ...string) string {
	d.t.Helper()
	body, err := json.Marshal(map[string]any{"name": name, "creators": creators, "end_in": time})
	require.NoError(d.t, err)
	var made struct{ ID string }
	d.act("/sim/collaborations", string(body), &made)
	return made.ID
}

// from is a request of a creator, through a target collaboration or the open one.
func from(creator, target string) affiliatesim.Request {
	return affiliatesim.Request{Creator: affiliatesim.RequestedBy{Username: creator}, Target: target}
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
		spring, autumn := d.collaborate("Spring launch", "glow.daily", "both"), d.collaborate("Autumn launch", "kitchen_finds", "both")
		open := d.apply(from("stranger", ""))
		fromSpring := d.apply(from("glow.daily", spring))
		fromAutumn := d.apply(from("kitchen_finds", autumn))
		invitedTwice, invitedAndOpen := d.apply(from("both", spring)), d.apply(from("both", ""))
		d.sweep()
		inSpring := workflow.Collab{Known: true, Target: spring, Name: "Spring launch"}
		require.Equal(t, workflow.Collab{Known: true}, d.application(open).Snapshot.Collab)
		require.Equal(t, inSpring, d.application(fromSpring).Snapshot.Collab)
		require.Equal(t, workflow.Collab{Known: true, Target: autumn, Name: "Autumn launch"}, d.application(fromAutumn).Snapshot.Collab)
		require.Equal(t, inSpring, d.application(invitedTwice).Snapshot.Collab)
		require.Equal(t, workflow.Collab{Known: true}, d.application(invitedAndOpen).Snapshot.Collab, "an invitation is no proof")
		require.Len(t, d.calls(collaborationsPath), 4, "one for each creator")
		require.Equal(t, 4, d.targetSearches(), "one for each collaboration of theirs")

		writes := d.store.written()
		d.sweep()
		d.sweep()
		require.Equal(t, 4, d.targetSearches(), "what is known costs no call")
		require.Len(t, d.calls(collaborationsPath), 4)
		require.Equal(t, writes, d.store.written(), "nor a write")

		d.restart()
		d.sweep()
		require.Equal(t, 4, d.targetSearches(), "after a restart neither")
	})
}

func TestAnOpenApplicationOfAShopWithManyCollaborationsIsOneSearch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := connected(t, affiliatesim.Options{})
		for i := range 50 {
			d.collaborate(fmt.Sprintf("Collaboration %d", i), "glow.daily")
		}
		k := d.apply(from("stranger", ""))
		d.sweep()
		require.Equal(t, workflow.Collab{Known: true}, d.application(k).Snapshot.Collab)
		require.Len(t, d.calls(collaborationsPath), 1)
		require.Zero(t, d.targetSearches())
	})
}

func TestAnOriginOutlivesWhatIsReportedLater(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := connected(t, affiliatesim.Options{})
		spring := d.collaborate("Spring launch", "glow.daily")
		k := d.apply(from("glow.daily", spring))
		d.sweep()
		d.act("/sim/applications/"+string(k.ID)+"/approve", "", nil)
		d.act("/sim/applications/"+string(k.ID)+"/ship", "", nil)
		time.Sleep(time.Second)
		d.sweep()
		a := d.application(k)
		require.Equal(t, workflow.Shipped, a.State())
		require.Equal(t, workflow.Collab{Known: true, Target: spring, Name: "Spring launch"}, a.Snapshot.Collab)
	})
}

func TestANewApplicationIsSearchedForAloneAndInCollaborationsMadeSince(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := connected(t, affiliatesim.Options{})
		d.collaborate("Spring launch", "glow.daily")
		d.apply(from("glow.daily", ""))
		d.sweep()
		autumn := d.collaborate("Autumn launch", "glow.daily")
		k := d.apply(from("glow.daily", autumn))
		searches, lists := len(d.calls("sample_applications/search")), len(d.calls(collaborationsPath))
		d.sweep()
		require.Equal(t, workflow.Collab{Known: true, Target: autumn, Name: "Autumn launch"}, d.application(k).Snapshot.Collab)
		a := d.application(k)
		var filter map[string]string
		require.NoError(t, json.Unmarshal(d.calls(collaborationsPath)[lists].Body, &filter))
		require.Equal(t, map[string]string{"collaboration_status": "VALID", "creator_user_open_id": a.Snapshot.Creator.OpenID}, filter)
		for _, c := range d.calls("sample_applications/search")[searches:] {
			filter = nil
			require.NoError(t, json.Unmarshal(c.Body, &filter))
			if filter["status"] != "" {
				continue // of the sweep itself
			}
			require.NotEmpty(t, filter["target_collabration_id"])
			require.Equal(t, a.Snapshot.Creator.OpenID, filter["creator_user_oepn_id"])
			require.Equal(t, string(a.Snapshot.Product.ID), filter["product_id"])
		}
	})
}

func TestAnOriginIsFoundWhateverTheStatusBecameMeanwhile(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := connected(t, affiliatesim.Options{})
		spring := d.collaborate("Spring launch", "glow.daily")
		k := d.apply(from("glow.daily", spring))
		// The seller's own automation approves it between the sweep's pages and the search for its origin.
		d.between.hold(func(r *http.Request) error {
			if r.URL.Path == "/affiliate_seller/202508/target_collaborations/search" {
				d.act("/sim/applications/"+string(k.ID)+"/approve", "", nil)
			}
			return nil
		})
		d.sweep()
		require.Equal(t, spring, d.application(k).Snapshot.Collab.Target)
	})
}

func TestAnApplicationBeyondReviewIsLookedForInCollaborationsThatAreOver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := connected(t, affiliatesim.Options{})
		spring := d.collaborateFor("24h", "Spring launch", "glow.daily")
		in := from("glow.daily", spring)
		in.Status = "CONTENT_PENDING"
		k := d.apply(in)
		time.Sleep(25 * time.Hour)
		d.sweep()
		_, err := d.engine.Apply(t.Context(), k, workflow.CardRequested{At: time.Now(), Actor: workflow.Actor{Person: "U1"}})
		require.NoError(t, err)
		d.sweep()
		require.Equal(t, spring, d.application(k).Snapshot.Collab.Target)
	})
}

func TestManyCollaborationsOfOneCreatorAreSearchedOverSeveralSweeps(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := connected(t, affiliatesim.Options{})
		first := d.collaborate("The first of many", "glow.daily")
		time.Sleep(2 * time.Second)
		for i := range 44 {
			d.collaborate(fmt.Sprintf("Collaboration %d", i), "glow.daily")
		}
		open, target := d.apply(from("glow.daily", "")), d.apply(from("glow.daily", first))
		for _, want := range []int{39, 45, 45} {
			require.False(t, d.knows(open) && want < 45, "it is not open before every collaboration was looked at")
			d.sweep()
			require.Equal(t, want, d.targetSearches())
		}
		require.Len(t, d.calls(collaborationsPath), 1, "one listing serves them all")
		require.Equal(t, workflow.Collab{Known: true}, d.application(open).Snapshot.Collab)
		require.Equal(t, first, d.application(target).Snapshot.Collab.Target)
	})
}

// knows reports whether the application is on record with an origin.
func (d *desk) knows(k workflow.Key) (known bool) {
	d.t.Helper()
	d.view(func(tx workflow.Tx) error {
		a, err := tx.Application(k)
		known = err == nil && a.Snapshot.Collab.Known
		return nil
	})
	return known
}

func TestOriginsOfABacklogAreLookedUpWhenTheirCardsCome(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := connected(t, affiliatesim.Options{})
		spring := d.collaborate("Spring launch", "glow.daily")
		var last workflow.Key
		for i := range workflow.MaxBacklogCards + 10 {
			in := from("glow.daily", spring)
			in.ApproveIn = fmt.Sprintf("%dh", 60+i)
			last = d.apply(in)
		}
		d.sweep()
		require.Equal(t, 10, d.count(workflow.BacklogOf(last.Shop)))
		require.Equal(t, 1, d.targetSearches(), "one search is for all of a creator's")
		require.False(t, d.application(last).Snapshot.Collab.Known, "without a card there is nobody to tell")

		_, err := d.engine.Apply(t.Context(), last, workflow.CardRequested{At: time.Now(), Actor: workflow.Actor{Person: "U1"}})
		require.NoError(t, err)
		d.sweep()
		require.Equal(t, spring, d.application(last).Snapshot.Collab.Target)
		require.Equal(t, 2, d.targetSearches())
	})
}

func TestOriginsThatCannotBeFoundStopNeitherTheSweepNorTheShop(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := connected(t, affiliatesim.Options{})
		spring := d.collaborate("Spring launch", "glow.daily")
		k := d.apply(from("glow.daily", spring))
		d.act("/sim/faults", `{"path":"target_collaborations","times":2,"do":"code","code":105005,"message":"access scope is not granted"}`, nil)
		for range 29 {
			d.sweep()
			require.Equal(t, workflow.Failure{}, d.shop().SyncStopped)
			time.Sleep(time.Minute)
		}
		require.Len(t, d.calls(collaborationsPath), 1, "after a failure it rests")
		require.Equal(t, workflow.Collab{}, d.application(k).Snapshot.Collab)
		time.Sleep(time.Minute)
		d.sweep()
		require.Len(t, d.calls(collaborationsPath), 2)
		require.Equal(t, 1, d.log.count("could not look up where applications came from"), "it is logged once")
		time.Sleep(31 * time.Minute)
		d.sweep()
		require.Equal(t, spring, d.application(k).Snapshot.Collab.Target)

		d.apply(affiliatesim.Request{})
		d.act("/sim/faults", `{"path":"target_collaborations","do":"code","code":105005}`, nil)
		d.sweep()
		require.Equal(t, 2, d.log.count("could not look up where applications came from"), "and again once it had worked")
	})
}

func TestAnApplicationThatEndedIsNotSearchedForAnyMore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := connected(t, affiliatesim.Options{})
		for i := range 50 {
			d.collaborate(fmt.Sprintf("Collaboration %d", i), "glow.daily", "kitchen_finds")
		}
		k := d.apply(from("glow.daily", ""))
		d.sweep()
		require.Equal(t, 39, d.targetSearches())
		d.act("/sim/applications/"+string(k.ID)+"/withdraw", "", nil)
		time.Sleep(time.Second)
		d.sweep()
		require.Equal(t, workflow.Withdrawn, d.application(k).State())
		require.Equal(t, 39, d.targetSearches())

		next := d.apply(from("kitchen_finds", ""))
		d.sweep()
		require.Len(t, d.calls(collaborationsPath), 2, "what was begun for it is dropped, and not gone on with for another")
		require.Equal(t, 78, d.targetSearches())
		d.sweep()
		require.Equal(t, workflow.Collab{Known: true}, d.application(next).Snapshot.Collab)
		require.False(t, d.knows(k))
	})
}
