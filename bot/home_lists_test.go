package bot_test

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/bot/view"
	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

func TestAppHomeIsPagedThroughAndBack(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.requests(20)
		all := names(w.home(memberOne))
		require.Contains(t, w.reads(memberOne), "1–8 of 20")
		w.clickHome(memberOne, view.ActionHomeNext)
		require.Contains(t, w.reads(memberOne), "9–16 of 20")
		all = append(all, names(w.reads(memberOne))...)
		w.clickHome(memberOne, view.ActionHomeNext)
		require.Contains(t, w.reads(memberOne), "17–20 of 20")
		all = append(all, names(w.reads(memberOne))...)
		require.Len(t, all, 20)
		require.True(t, slices.IsSorted(all))
		require.NotContains(t, w.homeControls(memberOne), view.ActionHomeNext)

		r := pending("1000") // the first leaves while they are on the third page
		r.Status = workflow.StatusWithdrawn
		w.report("1000", r)
		w.clickHome(memberOne, view.ActionHomeBack)
		require.Equal(t, all[8:16], names(w.reads(memberOne)))
		require.Contains(t, w.reads(memberOne), "8–15 of 19", "pages are numbered as the list is now")
		w.clickHome(memberOne, view.ActionHomeBack)
		require.Equal(t, all[1:9], names(w.reads(memberOne)))
	})
}

func TestAPageThatIsEmptyByNowGivesWayToTheFirst(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.requests(9)
		w.home(memberOne)
		w.clickHome(memberOne, view.ActionHomeNext)
		require.Equal(t, []string{"09"}, names(w.reads(memberOne)))
		r := pending("1008")
		r.Status = workflow.StatusOverdueCancelled
		w.report("1008", r)
		wait(4 * time.Second)
		require.Contains(t, w.reads(memberOne), "1–8 of 8")
	})
}

func TestAppHomeIsFiltered(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.requests(3)
		spring := w.campaign("Spring launch")
		_, _, err := w.engine.Join(t.Context(), workflow.Join{
			Actor: workflow.Actor{Person: admin, DedupKey: "t1"}, At: time.Now(), Key: keyOf("1001"), Round: w.application("1001").Round, Campaign: spring.ID,
		})
		require.NoError(t, err)
		r := pending("1002")
		r.Status, r.Creator.Nickname = workflow.StatusShipped, "Creator 03"
		w.report("1002", r)
		w.home(memberOne)

		w.clickHome(memberOne, view.ActionHomeCampaign, string(spring.ID))
		require.Equal(t, []string{"02"}, names(w.reads(memberOne)))
		require.Contains(t, w.reads(memberOne), "*Sample application review pending* in the campaign Spring launch\n1–1 of 1")
		require.Contains(t, w.reads(memberOne), "*2 to review*", "the overview stays whole")
		w.clickHome(memberOne, view.ActionHomeStage, string(workflow.StageShipping))
		require.Contains(t, w.reads(memberOne), "None in this state, but there is 1 in others.")
		w.clickHome(memberOne, view.ActionHomeCampaign, view.HomeAny)
		require.Equal(t, []string{"03"}, names(w.reads(memberOne)))
		w.clickHome(memberOne, view.ActionHomeClear)
		require.Equal(t, []string{"01", "02"}, names(w.reads(memberOne)))

		w.clickHome(memberOne, view.ActionHomeCreator, "@Glow.Daily.1002")
		require.Equal(t, []string{"03"}, names(w.reads(memberOne)), "they are found in whatever state they are")
		w.clickHome(memberOne, view.ActionHomeCreator, "nobody.here")
		require.Contains(t, w.reads(memberOne), "Nothing found for that.")
		w.clickHome(memberOne, view.ActionHomeClear)
		w.clickHome(memberOne, view.ActionHomeStage, string(query.AllStages))
		require.Equal(t, []string{"01", "02", "03"}, names(w.reads(memberOne)))
		require.Contains(t, w.reads(memberOne), "1–3 of 3")
	})
}

func TestManyCampaignsAreAskedForByName(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.requests(1)
		for n := range 120 {
			w.campaign(fmt.Sprintf("Spring %03d", n))
		}
		last := w.campaign("Zest")
		w.home(memberOne)
		v, _ := w.homeOf(memberOne)
		seen := w.act(object{"user": memberOne, "do": "suggest", "view_id": v.ID, "action_id": view.ActionHomeCampaign, "text": "zE"})
		require.True(t, seen.OK, seen.Error)
		require.Contains(t, string(seen.Response), string(last.ID))
		w.clickHome(memberOne, view.ActionHomeCampaign, string(last.ID))
		require.Contains(t, w.reads(memberOne), "No requests in this campaign yet.")
	})
}

func TestFiltersAreRememberedForTheNextOpening(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.requests(9)
		w.home(memberOne)
		w.clickHome(memberOne, view.ActionHomeStage, string(query.AllStages))
		w.clickHome(memberOne, view.ActionHomeNext)
		require.Equal(t, []string{"09"}, names(w.home(memberOne)), "they come back to the page that they left")
		wait(time.Hour)
		text := w.home(memberOne)
		require.Contains(t, text, "*All states*")
		require.Contains(t, text, "1–8 of 9")
		w.reopen()
		require.Contains(t, w.home(memberOne), "*All states*", "the view itself tells a new desk")
	})
}

func TestEachPersonsViewOfAppHomeIsKeptInTheStore(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.requests(12)
		w.home(memberOne)
		w.home(memberTwo)
		w.clickHome(memberOne, view.ActionHomeSort, string(query.ByNewest))
		v, _ := w.homeOf(memberOne)
		opened := w.clickHome(memberOne, view.ActionHomeFilter)
		require.NotEmpty(t, opened.ViewID)
		w.act(object{"user": memberOne, "do": "click", "view_id": opened.ViewID, "action_id": view.ActionHomeShared, "value": query.SharedSome})
		require.Nil(t, complaints(t, w.submit(memberOne, opened.ViewID, object{view.ActionHomeShared: query.SharedSome, view.ActionHomeRepeat: query.NotHad})))
		synctest.Wait()
		require.Contains(t, w.reads(memberOne), ": some numbers not shared, didn't have it before\n1–8 of 12 · newest first")
		wait(5 * time.Second)
		require.NoError(t, w.db.View(t.Context(), func(tx workflow.Tx) error {
			p, err := tx.Person(memberOne)
			require.JSONEq(t, `{"sort":"newest","only":{"s":"some","r":"not"}}`, p.Home)
			require.NotEqual(t, v.Metadata, p.Home, "without the page")
			return err
		}))
		w.reopen()
		require.NoError(t, w.db.Update(t.Context(), func(tx workflow.Tx) error {
			return tx.PutPerson(workflow.Person{ID: memberTwo, Home: "{"})
		}))
		require.Contains(t, w.home(memberOne), "newest first")
		require.Contains(t, w.home(memberTwo), "soonest deadline first", "what cannot be read is nothing")
		w.clickHome(memberOne, view.ActionHomeClear)
		require.Contains(t, w.reads(memberOne), "*Sample application review pending*\n1–8 of 12 · newest first")
	})
}
