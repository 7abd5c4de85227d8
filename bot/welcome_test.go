package bot_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/bot/view"
	"sampledesk/workflow"
)

const greeting = "Welcome to Sample Desk"

// welcome opens the first page of the welcome from App Home.
func (w *world) welcome(who string) string {
	w.t.Helper()
	require.Contains(w.t, w.home(who), greeting)
	seen := w.clickHome(who, view.ActionWelcome)
	require.NotEmpty(w.t, seen.ViewID)
	return seen.ViewID
}

func TestTheWelcomeLeadsThroughChannelReviewersAndMorningAndIsNeverSeenAgain(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		other := w.newChannel("glow-samples", admin, memberOne, theBot)
		w.changeUser(admin, object{"tz": "Europe/Berlin"})
		dialog := w.welcome(admin)
		require.Contains(t, wording(t, w.dialog(dialog).Blocks), "*Step 1 of 3: Where should requests appear?*")
		w.send(admin, dialog, object{view.ActionSettingsChannel: other})
		require.Contains(t, wording(t, w.dialog(dialog).Blocks), "*Step 2 of 3: Who decides?*")
		w.suggest(admin, dialog, view.ActionSettingsGroups, "")
		w.send(admin, dialog, object{view.ActionSettingsReviewers: []string{memberOne}, view.ActionSettingsGroups: []string{reviewers}})
		page := w.dialog(dialog)
		require.Contains(t, wording(t, page.Blocks), "*Step 3 of 3: When does your day start?*")
		require.Contains(t, string(page.Blocks), "Europe/Berlin", "the zone that they live in is there to start with")
		require.Zero(t, w.shopOf(shopID).Settings.Version, "nothing is kept before the end")
		w.send(admin, dialog, object{view.ActionSettingsMorning: "08:15"})

		require.Equal(t, workflow.Settings{
			Version: 1, Channel: other, Reviewers: []workflow.PersonID{memberOne}, Groups: []workflow.GroupID{reviewers}, Morning: "08:15",
			Zone: "Europe/Berlin", Welcomed: true,
		}, w.shopOf(shopID).Settings)
		said := wording(t, w.dialog(dialog).Blocks)
		require.Contains(t, said, "*Sample Desk is ready for the shop Glow Shop.*")
		require.Contains(t, said, "• Requests appear in <#"+other+">.")
		wait(5 * time.Second)
		require.NotContains(t, w.reads(admin), greeting)
		require.NotContains(t, w.home(admin), greeting)
	})
}

func TestOnlyAdminsAreWelcomed(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		for _, who := range []string{memberOne, guest, stranger} {
			require.NotContains(t, w.home(who), greeting, who)
		}
	})
}

func TestTheWelcomeThatIsPutOffComesBackWithTheNextOpening(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		require.Contains(t, w.home(admin), greeting)
		w.clickHome(admin, view.ActionWelcomeLater)
		require.NotContains(t, w.reads(admin), greeting)
		w.request("1")
		wait(5 * time.Second)
		require.NotContains(t, w.reads(admin), greeting, "it stays away for this look")
		require.Contains(t, w.home(admin), greeting)
		require.False(t, w.shopOf(shopID).Settings.Welcomed)
	})
}

func TestTheWelcomeThatIsDismissedForGoodStaysAwayForAllAdmins(t *testing.T) {
	both := withSettings(workflow.Settings{Admins: []workflow.PersonID{admin, memberOne}})
	inBubble(t, setup{shops: both}, func(t *testing.T, w *world) {
		require.Contains(t, w.home(memberOne), greeting)
		require.Contains(t, w.home(admin), greeting)
		w.clickHome(admin, view.ActionWelcomeNever)
		wait(5 * time.Second)
		for _, who := range []string{admin, memberOne} {
			require.NotContains(t, w.reads(who), greeting, who)
			require.NotContains(t, w.home(who), greeting, who)
		}
		require.Equal(t, workflow.Settings{Admins: []workflow.PersonID{admin, memberOne}, Welcomed: true}, w.shopOf(shopID).Settings)
	})
}

func TestOnTheFirstDayTheWelcomeSeesWhetherTheDeskIsInItsChannel(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		dialog := w.welcome(admin)
		require.True(t, w.act(object{"user": admin, "do": "kick", "channel": samples}).OK)
		field, said := complaint(t, w.send(admin, dialog, object{}))
		require.Equal(t, [2]string{view.ActionSettingsChannel, view.ErrorNotInChannel}, [2]string{field, said})
	})
}

func TestTheWelcomeGoesBackWithWhatWasEntered(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		dialog := w.welcome(admin)
		w.send(admin, dialog, object{})
		field, said := complaint(t, w.send(admin, dialog, object{view.ActionSettingsReviewers: []string{guest}}))
		require.Equal(t, view.ActionSettingsReviewers, field)
		require.Contains(t, said, "is a guest, and guests can't decide")
		w.send(admin, dialog, object{view.ActionSettingsReviewers: []string{memberTwo}})
		require.True(t, w.act(object{"user": admin, "do": "click", "view_id": dialog, "action_id": view.ActionWelcomeBack}).OK)
		wait(time.Second)
		shown := w.dialog(dialog)
		require.Contains(t, wording(t, shown.Blocks), "*Step 2 of 3")
		require.Contains(t, string(shown.Blocks), `"initial_users":["`+memberTwo+`"]`)
		w.send(admin, dialog, object{})
		w.send(admin, dialog, object{})
		require.Equal(t, []workflow.PersonID{memberTwo}, w.shopOf(shopID).Settings.Reviewers)
	})
}

func TestAWelcomeThatAnotherAdminOvertookOverwritesNothing(t *testing.T) {
	both := withSettings(workflow.Settings{Admins: []workflow.PersonID{admin, memberOne}})
	inBubble(t, setup{shops: both}, func(t *testing.T, w *world) {
		slow := w.welcome(admin)
		w.send(memberOne, w.section(memberOne, view.SettingsTimes), object{view.ActionSettingsUndo: "60"})
		for range view.WelcomePages - 1 {
			w.send(admin, slow, object{})
		}
		w.send(admin, slow, object{view.ActionSettingsMorning: "04:00"})
		require.Contains(t, wording(t, w.dialog(slow).Blocks), view.WelcomeMoved)
		require.Equal(t, 60*time.Second, *w.shopOf(shopID).Settings.Undo)
		require.Empty(t, w.shopOf(shopID).Settings.Morning)
	})
}

func TestAStalePanelOpensTheSettingsOfAShopThatIsSetUp(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		require.Contains(t, w.home(admin), greeting)
		require.NoError(t, w.engine.Welcome(t.Context(), shopID))
		seen := w.clickHome(admin, view.ActionWelcome)
		require.Contains(t, string(w.dialog(seen.ViewID).Blocks), view.ActionSettingsSection)
	})
}

func TestASecondDeliveryOfTheLastPageIsKeptOnce(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		dialog := w.welcome(admin)
		w.send(admin, dialog, object{})
		w.send(admin, dialog, object{})
		w.fault(object{"socket": "duplicate", "times": 1})
		w.send(admin, dialog, object{view.ActionSettingsMorning: "08:15"})
		require.Contains(t, wording(t, w.dialog(dialog).Blocks), "*Sample Desk is ready")
		require.Equal(t, 1, w.shopOf(shopID).Settings.Version)
		require.Len(t, w.shopHistory(shopID), 1)
	})
}

func TestARoleThatEndedWhileTheWelcomeWasOpenSavesNothing(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		dialog := w.welcome(admin)
		w.put(withSettings(workflow.Settings{Admins: []workflow.PersonID{memberTwo}})...)
		w.send(admin, dialog, object{})
		require.Contains(t, wording(t, w.dialog(dialog).Blocks), "Only Sample Desk admins can do that")
	})
}
