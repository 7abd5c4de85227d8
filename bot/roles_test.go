package bot_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/bot/view"
	"sampledesk/workflow"
)

func TestNamedReviewersDecideAndOtherMembersAreToldWhoMay(t *testing.T) {
	named := workflow.Settings{Reviewers: []workflow.PersonID{memberTwo, "U0FIRST001", "U0SECOND01", "U0THIRD001"}}
	inBubble(t, setup{shops: withSettings(named)}, func(t *testing.T, w *world) {
		w.request("1")
		require.Equal(t, "Only the shop's reviewers can decide on samples (<@"+memberTwo+">, <@U0FIRST001>, <@U0SECOND01>, and 1 more). "+
			"Please ask one of them, or ask an admin to make you one.", w.refusalOf(memberOne, "1"))
		require.Equal(t, workflow.Pending, w.application("1").State())
		require.Regexp(t, `level=INFO msg=refused person=`+memberOne+` rule="no reviewer" shop=`+shopID, w.log.String())
		w.accepted(memberTwo, "1", view.ActionApprove)
		require.Equal(t, workflow.Queued, w.application("1").State())
	})
}

func TestAnAdminDecidesWithoutBeingNamedAsAReviewer(t *testing.T) {
	inBubble(t, setup{shops: withSettings(workflow.Settings{Reviewers: []workflow.PersonID{memberTwo}})}, func(t *testing.T, w *world) {
		w.request("1")
		w.accepted(admin, "1", view.ActionApprove)
		require.Equal(t, workflow.Queued, w.application("1").State())
	})
}

func TestGuestsStrangersBotsAndDeactivatedAccountsNeverDecideWhateverTheSettingsSay(t *testing.T) {
	everybody := []workflow.PersonID{guest, stranger, memberOne, memberTwo, outsider}
	inBubble(t, setup{shops: withSettings(workflow.Settings{Reviewers: everybody, Admins: everybody})}, func(t *testing.T, w *world) {
		w.request("1")
		w.changeUser(memberTwo, object{"deleted": true})
		require.Contains(t, w.refusalOf(guest, "1"), "Guests can watch but not decide")
		require.Contains(t, w.refusalOf(stranger, "1"), "Only people from this workspace can decide")
		require.Equal(t, workflow.Pending, w.application("1").State())
		for _, who := range []string{memberTwo, outsider} {
			w.click(who, "1", view.ActionApprove)
			require.Equal(t, workflow.Pending, w.application("1").State(), who)
		}
	})
}

func TestColleaguesOfAGridOrganisationDoWhatAnybodyOfTheWorkspaceDoes(t *testing.T) {
	inBubble(t, setup{shops: withSettings(workflow.Settings{Admins: []workflow.PersonID{gridOne}})}, func(t *testing.T, w *world) {
		for _, who := range []string{gridOne, gridTwo} {
			w.request(who)
			w.accepted(who, who, view.ActionApprove)
			require.Equal(t, workflow.Queued, w.application(who).State(), who)
			require.Contains(t, w.command(who, "/samples", "queue"), "request", who)
			require.Contains(t, w.home(who), "Glow", who)
		}
		require.NotEmpty(t, w.settings(gridOne), "an admin")
		require.NotContains(t, strings.Join(w.told(gridTwo), " "), "Only people")
		w.request("mentioned")
		w.say(gridTwo, "mentioned", "@Sample Desk approve")
		require.Equal(t, workflow.Queued, w.application("mentioned").State())

		w.changeUser(gridOne, object{"is_stranger": true})
		wait(60 * time.Second)
		w.request("late")
		require.Contains(t, w.refusalOf(gridOne, "late"), "Only people from this workspace can decide")
	})
}

func TestAPersonWhomSlackDoesNotKnowHereIsToldThatTheyAreFromElsewhere(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.request("1")
		w.fault(object{"method": "users.info", "do": "error", "error": "user_not_found"})
		require.Contains(t, w.refusalOf(stranger, "1"), "Only people from this workspace can decide")
		require.Contains(t, w.log.String(), `rule="another workspace"`)
	})
}

func TestWhatAnAdminSetsHoldsAtTheNextClick(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.request("1")
		w.request("2")
		w.accepted(memberOne, "1", view.ActionApprove)
		w.send(admin, w.section(admin, view.SettingsPeople), object{view.ActionSettingsReviewers: []string{memberTwo}})
		require.Contains(t, w.refusalOf(memberOne, "2"), "(<@"+memberTwo+">)")
		require.Equal(t, workflow.Pending, w.application("2").State())
	})
}

func TestWhoLeavesAUserGroupStopsDecidingWithinAMinute(t *testing.T) {
	inBubble(t, setup{shops: withSettings(workflow.Settings{Groups: []workflow.GroupID{reviewers}})}, func(t *testing.T, w *world) {
		w.request("1")
		w.request("2")
		w.accepted(memberOne, "1", view.ActionApprove)
		w.changeGroup(reviewers, memberTwo)
		wait(60 * time.Second)
		require.Contains(t, w.refusalOf(memberOne, "2"), "(<!subteam^"+reviewers+">)")
		w.accepted(memberTwo, "2", view.ActionApprove)
		require.Equal(t, workflow.Queued, w.application("2").State())
	})
}

func TestWhoJoinsAUserGroupDecidesWithinSeconds(t *testing.T) {
	inBubble(t, setup{shops: withSettings(workflow.Settings{Groups: []workflow.GroupID{reviewers}})}, func(t *testing.T, w *world) {
		w.request("1")
		w.refusalOf(memberTwo, "1")
		w.changeGroup(reviewers, memberTwo)
		wait(5 * time.Second)
		w.accepted(memberTwo, "1", view.ActionApprove)
		require.Equal(t, workflow.Queued, w.application("1").State())
	})
}

func TestWhoBecomesAGuestStopsDecidingWithinAMinute(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.request("1")
		w.request("2")
		w.accepted(memberOne, "1", view.ActionApprove)
		w.changeUser(memberOne, object{"is_restricted": true})
		wait(60 * time.Second)
		require.Contains(t, w.refusalOf(memberOne, "2"), "Guests can watch but not decide")
		require.Equal(t, workflow.Pending, w.application("2").State())
	})
}

func TestADisabledUserGroupLetsNobodyDecide(t *testing.T) {
	inBubble(t, setup{shops: withSettings(workflow.Settings{Groups: []workflow.GroupID{reviewers}})}, func(t *testing.T, w *world) {
		w.request("1")
		var answer object
		w.ask("POST", "/sim/usergroups/"+reviewers, object{"disabled": true}, &answer)
		require.Equal(t, view.Denied(view.DeniedUnchecked), w.refusalOf(memberOne, "1"), "Slack does not tell who is in it: the answer is no")
		require.Equal(t, workflow.Pending, w.application("1").State())
	})
}

func TestWhatSlackDoesNotTellInTimeIsANo(t *testing.T) {
	for _, method := range []string{"users.info", "conversations.members", "usergroups.users.list"} {
		t.Run(method, func(t *testing.T) {
			inBubble(t, setup{shops: withSettings(workflow.Settings{Groups: []workflow.GroupID{reviewers}})}, func(t *testing.T, w *world) {
				w.request("1")
				w.fault(object{"method": method, "times": 1, "do": "delay", "delay_ms": 9000})
				seen := w.click(memberOne, "1", view.ActionApprove)
				require.True(t, seen.OK, seen.Error)
				require.InDelta(t, 1500, seen.AckedMS, 100)
				require.Equal(t, []string{view.Denied(view.DeniedUnchecked)}, w.told(memberOne))
				require.Equal(t, workflow.Pending, w.application("1").State())
				require.Contains(t, w.log.String(), `msg=refused person=`+memberOne+` rule="could not be checked in time"`)

				wait(10 * time.Second)
				w.accepted(memberOne, "1", view.ActionApprove)
				require.Equal(t, workflow.Queued, w.application("1").State(), "what came late is remembered")
			})
		})
	}
}

func TestWithSlackSilentNobodyWhoIsNotKnownDecides(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.request("1")
		w.fault(object{"method": "users.info", "times": 3, "do": "error", "error": "internal_error"})
		require.Equal(t, view.Denied(view.DeniedUnchecked), w.refusalOf(memberTwo, "1"))
		require.Equal(t, workflow.Pending, w.application("1").State())
	})
}
