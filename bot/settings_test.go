package bot_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/bot/view"
	"sampledesk/workflow"
)

const (
	theBot    = "U0DESK0BOT"
	reviewers = "S0REVIEW01" // a user group with Admin and Member One in it
)

// settings types `/samples settings` and returns the overview that opened.
func (w *world) settings(who string) string {
	w.t.Helper()
	seen := w.act(object{"user": who, "do": "command", "command": "/samples", "text": "settings"})
	require.True(w.t, seen.OK, seen.Error)
	require.NotEmpty(w.t, seen.ViewID, "no dialog opened: %s", seen.Response)
	synctest.Wait()
	return seen.ViewID
}

// section opens the dialog of a section, from an overview that opens for it.
func (w *world) section(who string, section view.SettingsSection) (dialog string) {
	w.t.Helper()
	return w.sectionOf(who, w.settings(who), section)
}

// sectionOf opens the dialog of a section above an overview.
func (w *world) sectionOf(who, overview string, section view.SettingsSection) (dialog string) {
	w.t.Helper()
	seen := w.act(object{"user": who, "do": "click", "view_id": overview, "action_id": view.ActionSettingsSection, "value": string(section)})
	require.True(w.t, seen.OK, seen.Error)
	require.NotEmpty(w.t, seen.ViewID, "no dialog opened")
	synctest.Wait()
	return seen.ViewID
}

// overview is the settings' overview that somebody looks at.
func (w *world) overview(who string) dialog {
	w.t.Helper()
	for _, d := range w.state().Views {
		if d.Open && d.User == who && d.Callback == view.CallbackSettingsOverview {
			return d
		}
	}
	require.FailNow(w.t, "no overview is open")
	return dialog{}
}

// send sends a dialog off, with what is not named as it was shown.
func (w *world) send(who, dialog string, values object) sight {
	w.t.Helper()
	seen := w.act(object{"user": who, "do": "submit", "view_id": dialog, "values": values, "wait_ms": 0})
	require.True(w.t, seen.OK, seen.Error)
	synctest.Wait()
	return seen
}

// dialog is a view as the stand-in shows it.
func (w *world) dialog(id string) dialog {
	w.t.Helper()
	all := w.state().Views
	i := slices.IndexFunc(all, func(d dialog) bool { return d.ID == id })
	require.GreaterOrEqual(w.t, i, 0, id)
	return all[i]
}

// complaint is what a submission was told, and at which field.
func complaint(t *testing.T, s sight) (field, text string) {
	t.Helper()
	var answer struct {
		Action string            `json:"response_action"`
		Errors map[string]string `json:"errors"`
	}
	require.NoError(t, json.Unmarshal(s.Response, &answer))
	require.Equal(t, "errors", answer.Action, "%s", s.Response)
	require.Len(t, answer.Errors, 1)
	for block, said := range answer.Errors {
		field, _, _ = strings.Cut(block, "@")
		text = said
	}
	return field, text
}

// shopOf is what the store knows of a shop.
func (w *world) shopOf(id workflow.ShopID) (s workflow.Shop) {
	w.t.Helper()
	require.NoError(w.t, w.db.View(w.t.Context(), func(tx workflow.Tx) (err error) {
		s, err = tx.Shop(id)
		return err
	}))
	return s
}

// shopHistory is a shop's own history.
func (w *world) shopHistory(id workflow.ShopID) (all []workflow.Entry) {
	w.t.Helper()
	require.NoError(w.t, w.db.View(w.t.Context(), func(tx workflow.Tx) (err error) {
		all, _, err = tx.History(workflow.Key{Shop: id}, "", 100)
		return err
	}))
	return all
}

// newChannel opens a channel.
func (w *world) newChannel(name string, members ...string) (id string) {
	w.t.Helper()
	var made struct {
		ID string `json:"id"`
	}
	w.ask(http.MethodPost, "/sim/channels", object{"name": name, "members": members}, &made)
	return made.ID
}

func (w *world) changeUser(id string, change object) {
	w.t.Helper()
	var answer object
	w.ask(http.MethodPost, "/sim/users/"+id, change, &answer)
}

func (w *world) changeGroup(id string, users ...string) {
	w.t.Helper()
	var answer object
	w.ask(http.MethodPost, "/sim/usergroups/"+id, object{"users": users}, &answer)
}

// withSettings is one shop with settings of its own.
func withSettings(s workflow.Settings) []workflow.Shop {
	shops := oneShop()
	shops[0].Settings = s
	return shops
}

func TestAnAdminChangesWhatTheDeskDoesForAShop(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		other := w.newChannel("glow-samples", admin, memberOne, theBot)
		parcels := w.newChannel("parcels", admin, theBot)
		overview := w.settings(admin)
		require.Contains(t, wording(t, w.dialog(overview).Blocks), "Undo window: 10 seconds")
		w.send(admin, w.sectionOf(admin, overview, view.SettingsPeople), object{
			view.ActionSettingsChannel: other, view.ActionSettingsReviewers: []string{memberOne}, view.ActionSettingsAdmins: []string{admin, memberTwo},
		})
		said := wording(t, w.dialog(overview).Blocks)
		require.Contains(t, said, "*Saved* for the shop Glow Shop")
		require.Contains(t, said, "• *Reviewers*: every member of the channel → <@"+memberOne+">")
		require.Contains(t, said, "• *Channel*: <#"+samples+"> → <#"+other+">")
		require.Contains(t, said, "Channel: <#"+other+">", "the overview shows what is so now")
		w.send(admin, w.sectionOf(admin, overview, view.SettingsTimes), object{
			view.ActionSettingsUndo: "30", view.ActionSettingsSteps: "72h 36h, 12; 0.5", view.ActionSettingsMorning: "07:30",
		})
		require.Contains(t, wording(t, w.dialog(overview).Blocks), "• *Undo window*: 10 seconds → 30 seconds")
		w.send(admin, w.sectionOf(admin, overview, view.SettingsShipments), object{
			view.ActionSettingsShipments: string(workflow.ShipmentsElsewhere), view.ActionSettingsShipmentChannel: parcels, view.ActionSettingsMoveDays: "5",
		})
		w.send(admin, w.sectionOf(admin, overview, view.SettingsMessages), object{
			view.ActionSettingsReject: view.RejectAtOnce, view.ActionSettingsNudge: "Well :tada:",
		})
		undo := 30 * time.Second
		require.Equal(t, workflow.Settings{
			Version: 4, Channel: other, Reviewers: []workflow.PersonID{memberOne}, Admins: []workflow.PersonID{admin, memberTwo}, Undo: &undo,
			QuickReject: true, Steps: []time.Duration{72 * time.Hour, 36 * time.Hour, 12 * time.Hour, 30 * time.Minute}, Morning: "07:30",
			Shipments: workflow.ShipmentsElsewhere, ShipmentChannel: parcels, MoveDays: 5, Nudge: "Well 🎉", Welcomed: true,
		}, w.shopOf(shopID).Settings)
		require.Len(t, w.shopHistory(shopID), 4)
	})
}

func TestWhatAnAdminLeavesAloneGoesOnFollowingTheDesk(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.send(admin, w.section(admin, view.SettingsTimes), object{view.ActionSettingsMorning: "07:30"})
		require.Equal(t, workflow.Settings{Version: 1, Morning: "07:30", Welcomed: true}, w.shopOf(shopID).Settings)
		for _, section := range []view.SettingsSection{view.SettingsPeople, view.SettingsTimes, view.SettingsShipments, view.SettingsMessages} {
			overview := w.settings(admin)
			w.send(admin, w.sectionOf(admin, overview, section), object{})
			require.NotContains(t, wording(t, w.dialog(overview).Blocks), "Saved")
		}
		require.Equal(t, 1, w.shopOf(shopID).Settings.Version)
		require.Len(t, w.shopHistory(shopID), 1)
	})
}

func TestOnlyAdminsOpenTheSettings(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		for _, who := range []string{memberOne, guest, stranger} {
			said := w.command(who, "/samples", "settings")
			require.NotEmpty(t, said, who)
			require.Empty(t, w.state().Views, who)
		}
		require.Contains(t, w.command(memberOne, "/samples", "settings"), "Only Sample Desk admins can do that (<@"+admin+">). Please ask one of them.")
		require.Regexp(t, `level=INFO msg=refused person=`+memberOne+` rule="no admin" shop=`+shopID, w.log.String())
	})
}

func TestAnAdminOfTheDeskWhoIsNotInTheChannelChangesNothing(t *testing.T) {
	inBubble(t, setup{shops: withSettings(workflow.Settings{Admins: []workflow.PersonID{outsider, guest}})}, func(t *testing.T, w *world) {
		require.Contains(t, w.commandIn(general, outsider, "/samples", "settings"), "a channel that you're not in")
		require.Contains(t, w.command(guest, "/samples", "settings"), "Guests can watch but not decide")
		require.Contains(t, w.command(admin, "/samples", "settings"), "Only Sample Desk admins can do that", "SLACK_ADMINS counts only for shops without admins of their own")
		require.Empty(t, w.state().Views)
	})
}

func TestEachFieldThatIsWrongIsToldAtThatField(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		closed := w.newChannel("elsewhere", admin)
		for field, wrong := range map[string]struct {
			section view.SettingsSection
			values  object
			says    string
		}{
			view.ActionSettingsChannel:         {view.SettingsPeople, object{view.ActionSettingsChannel: closed}, "/invite @Sample Desk"},
			view.ActionSettingsReviewers:       {view.SettingsPeople, object{view.ActionSettingsReviewers: []string{memberOne, guest}}, "is a guest, and guests can't decide"},
			view.ActionSettingsAdmins:          {view.SettingsPeople, object{view.ActionSettingsAdmins: []string{admin, stranger}}, "from another workspace"},
			view.ActionSettingsSteps:           {view.SettingsTimes, object{view.ActionSettingsSteps: "1, 6, 24, 48"}, "largest first"},
			view.ActionSettingsHoursFrom:       {view.SettingsTimes, object{view.ActionSettingsHours: view.HoursWeekdays, view.ActionSettingsHoursFrom: "19:00"}, "the earlier one first"},
			view.ActionSettingsShipmentChannel: {view.SettingsShipments, object{view.ActionSettingsShipments: "elsewhere"}, "choose a channel for shipments"},
		} {
			at, said := complaint(t, w.send(admin, w.section(admin, wrong.section), wrong.values))
			require.Equal(t, field, at)
			require.Contains(t, said, wrong.says)
		}
		require.Zero(t, w.shopOf(shopID).Settings.Version)
	})
}

func TestOfHoursFourAreTakenAndNothingElse(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		dialog := w.section(admin, view.SettingsTimes)
		for _, typed := range []string{"48, 24, 6", "48, 24, 6, 1, 0.5", "48, 24, 6, -1", "48, 24, 6, 0", "48, 24, 6, NaN", "999, 24, 6, 1", "48, 24, 24, 6", "two"} {
			field, said := complaint(t, w.send(admin, dialog, object{view.ActionSettingsSteps: typed}))
			require.Equal(t, view.ActionSettingsSteps, field, typed)
			require.Equal(t, view.ErrorSteps, said, typed)
		}
	})
}

func TestTwoAdminsDoNotOverwriteEachOtherUnseen(t *testing.T) {
	both := workflow.Settings{Admins: []workflow.PersonID{admin, memberOne}}
	inBubble(t, setup{shops: withSettings(both)}, func(t *testing.T, w *world) {
		first, second := w.section(admin, view.SettingsTimes), w.section(memberOne, view.SettingsTimes)
		w.send(admin, first, object{view.ActionSettingsUndo: "60"})
		seen := w.send(memberOne, second, object{view.ActionSettingsMorning: "06:15"})
		require.Equal(t, second, seen.ViewID, "the dialog stays")
		said := wording(t, w.dialog(second).Blocks)
		require.Contains(t, said, "*Someone changed these settings while you had them open.*")
		require.Contains(t, said, "• *Undo window*: 60 seconds → 10 seconds")
		require.Equal(t, 60*time.Second, *w.shopOf(shopID).Settings.Undo)

		w.send(memberOne, second, object{view.ActionSettingsUndo: "60"})
		got := w.shopOf(shopID).Settings
		require.Equal(t, [2]any{60 * time.Second, "06:15"}, [2]any{*got.Undo, got.Morning})
		require.Equal(t, 2, got.Version)
		require.Contains(t, wording(t, w.overview(memberOne).Blocks), "*Saved*")
	})
}

func TestTwoAdminsInTwoSectionsAreInNobodysWay(t *testing.T) {
	both := workflow.Settings{Admins: []workflow.PersonID{admin, memberOne}}
	inBubble(t, setup{shops: withSettings(both)}, func(t *testing.T, w *world) {
		times, messages := w.section(admin, view.SettingsTimes), w.section(memberOne, view.SettingsMessages)
		w.send(admin, times, object{view.ActionSettingsUndo: "60"})
		w.send(memberOne, messages, object{view.ActionSettingsWeekly: view.WeeklyMonday})
		got := w.shopOf(shopID).Settings
		require.Equal(t, [2]any{60 * time.Second, true}, [2]any{*got.Undo, got.Weekly})
		shown := wording(t, w.overview(memberOne).Blocks)
		require.Contains(t, shown, "• *Weekly report*: none → on Monday")
		require.NotContains(t, shown, "Undo window*")
		require.Contains(t, shown, "Undo window: 60 seconds")
	})
}

func TestADialogOfAnOlderVersionSavesNothingAndSaysSo(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		dialog := w.section(admin, view.SettingsTimes)
		w.callAs("views.update", object{"view_id": dialog, "view": object{
			"type": "modal", "callback_id": view.CallbackSettings, "private_metadata": `{"shop":"` + shopID + `","version":0}`,
			"title": object{"type": "plain_text", "text": "Settings"}, "submit": object{"type": "plain_text", "text": "Save"},
			"blocks": []object{{"type": "section", "text": object{"type": "plain_text", "text": "An older dialog"}}},
		}})
		w.send(admin, dialog, object{})
		require.Contains(t, wording(t, w.dialog(dialog).Blocks), "Please open `/samples settings` again")
		require.Zero(t, w.shopOf(shopID).Settings.Version)
	})
}

func TestAnAdminWhoWouldBeNoneAnyMoreIsAskedOnceMore(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		overview := w.settings(admin)
		dialog := w.sectionOf(admin, overview, view.SettingsPeople)
		seen := w.send(admin, dialog, object{view.ActionSettingsAdmins: []string{memberTwo}})
		require.Equal(t, dialog, seen.ViewID)
		require.Contains(t, wording(t, w.dialog(dialog).Blocks), "*You would no longer be an admin.* After that only <@"+memberTwo+">")
		require.Zero(t, w.shopOf(shopID).Settings.Version)
		w.send(admin, dialog, object{})
		require.Equal(t, []workflow.PersonID{memberTwo}, w.shopOf(shopID).Settings.Admins)
		shown := wording(t, w.dialog(overview).Blocks)
		require.Contains(t, shown, "• *Admins*: <@"+admin+"> → <@"+memberTwo+">")
		require.NotContains(t, shown, "Undo window", "what is only for admins is gone")
		require.Contains(t, w.command(admin, "/samples", "settings"), "(<@"+memberTwo+">)", "it holds at the next click")
	})
}

func TestARoleThatWasTakenAwayWhileTheDialogWasOpenSavesNothing(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		dialog := w.section(admin, view.SettingsTimes)
		w.put(withSettings(workflow.Settings{Version: 4, Admins: []workflow.PersonID{memberTwo}})...)
		w.send(admin, dialog, object{view.ActionSettingsUndo: "60"})
		require.Contains(t, wording(t, w.dialog(dialog).Blocks), "Only Sample Desk admins can do that (<@"+memberTwo+">)")
		require.Nil(t, w.shopOf(shopID).Settings.Undo)
	})
}

func TestASubmissionThatSlackDeliversTwiceIsKeptOnce(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		dialog := w.section(admin, view.SettingsTimes)
		w.fault(object{"socket": "duplicate", "times": 1})
		w.send(admin, dialog, object{view.ActionSettingsUndo: "60"})
		require.Equal(t, 1, w.shopOf(shopID).Settings.Version)
		require.Len(t, w.shopHistory(shopID), 1)
		require.Contains(t, wording(t, w.overview(admin).Blocks), "*Saved*")
	})
}

func TestAChannelThatSlackDoesNotTellOfInTimeIsNotTaken(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		other := w.newChannel("glow-samples", admin, theBot)
		dialog := w.section(admin, view.SettingsPeople)
		w.fault(object{"method": "conversations.info", "times": 1, "do": "delay", "delay_ms": 9000})
		seen := w.send(admin, dialog, object{view.ActionSettingsChannel: other})
		field, said := complaint(t, seen)
		require.Equal(t, [2]string{view.ActionSettingsChannel, view.ErrorChannelUnread}, [2]string{field, said})
		require.Less(t, seen.AckedMS, int64(2000))
		require.Zero(t, w.shopOf(shopID).Settings.Version)
	})
}

func threeShops() []workflow.Shop {
	return []workflow.Shop{
		{ID: "1", Name: "Glow Shop", InitialSyncDone: true},
		{ID: "2", Name: "Kitchen Shop", InitialSyncDone: true, Settings: workflow.Settings{Morning: "05:00"}},
		{ID: "3", Name: "Other Shop", InitialSyncDone: true, Settings: workflow.Settings{Admins: []workflow.PersonID{memberTwo}}},
	}
}

func TestTheSettingsSwitchBetweenTheShopsOfTheirAdmin(t *testing.T) {
	inBubble(t, setup{shops: threeShops()}, func(t *testing.T, w *world) {
		overview := w.settings(admin)
		shown := string(w.dialog(overview).Blocks)
		require.Contains(t, shown, "Kitchen Shop")
		require.NotContains(t, shown, "Other Shop", "they are no admin of that one")
		require.True(t, w.act(object{"user": admin, "do": "click", "view_id": overview, "action_id": view.ActionSettingsShop, "value": "2"}).OK)
		synctest.Wait()
		require.Contains(t, wording(t, w.dialog(overview).Blocks), "Morning message: 05:00")
		dialog := w.sectionOf(admin, overview, view.SettingsTimes)
		require.Contains(t, wording(t, w.dialog(dialog).Blocks), "Settings for the shop Kitchen Shop.")
		w.send(admin, dialog, object{view.ActionSettingsUndo: "60"})
		require.Nil(t, w.shopOf("1").Settings.Undo)
		require.Equal(t, 60*time.Second, *w.shopOf("2").Settings.Undo)
		require.Equal(t, "05:00", w.shopOf("2").Settings.Morning)
		require.Contains(t, string(w.dialog(overview).Blocks), "Kitchen Shop", "the menu is still there")
	})
}

func TestASectionIsCopiedToTheOtherShopsOfItsAdminButForTheChannel(t *testing.T) {
	shops := threeShops()
	shops[1].Settings.Channel, shops[1].Settings.Weekly = general, true
	inBubble(t, setup{shops: shops}, func(t *testing.T, w *world) {
		overview := w.settings(admin)
		w.send(admin, w.sectionOf(admin, overview, view.SettingsTimes), object{view.ActionSettingsUndo: "60", view.ActionSettingsCopies: []string{"2"}})
		require.Contains(t, wording(t, w.overview(admin).Blocks), "Copied to: Kitchen Shop.")
		got := w.shopOf("2").Settings
		require.Equal(t, [4]any{60 * time.Second, "", general, true}, [4]any{*got.Undo, got.Morning, got.Channel, got.Weekly})

		w.send(admin, w.sectionOf(admin, overview, view.SettingsPeople), object{view.ActionSettingsReviewers: []string{memberOne}, view.ActionSettingsCopies: []string{"2"}})
		require.Contains(t, wording(t, w.overview(admin).Blocks), "Copied, except the channel, to: Kitchen Shop.")
		got = w.shopOf("2").Settings
		require.Equal(t, [2]any{general, []workflow.PersonID{memberOne}}, [2]any{got.Channel, got.Reviewers})
		require.Zero(t, w.shopOf("3").Settings.Version)
	})
}

// refusalOf is what somebody is told who tries to approve an application and may not.
func (w *world) refusalOf(who, id string) string {
	w.t.Helper()
	before := len(w.told(who))
	w.accepted(who, id, view.ActionApprove)
	said := w.told(who)
	require.Len(w.t, said, before+1)
	return said[before]
}

func (w *world) suggest(who, dialog, action, typed string) (texts, values []string) {
	w.t.Helper()
	seen := w.act(object{"user": who, "do": "suggest", "view_id": dialog, "action_id": action, "text": typed})
	require.True(w.t, seen.OK, seen.Error)
	var answer struct {
		Options []struct {
			Text  struct{ Text string }
			Value string
		}
	}
	require.NoError(w.t, json.Unmarshal(seen.Response, &answer))
	for _, o := range answer.Options {
		texts, values = append(texts, o.Text.Text), append(values, o.Value)
	}
	return texts, values
}

func TestReviewersAreChosenByUserGroupToo(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		dialog := w.section(admin, view.SettingsPeople)
		texts, values := w.suggest(admin, dialog, view.ActionSettingsGroups, "@rev")
		require.Equal(t, []string{"@reviewers Sample reviewers"}, texts)
		require.Equal(t, []string{reviewers}, values)
		w.send(admin, dialog, object{view.ActionSettingsGroups: []string{reviewers}})
		require.Equal(t, []workflow.GroupID{reviewers}, w.shopOf(shopID).Settings.Groups)
		require.Contains(t, string(w.dialog(w.section(admin, view.SettingsPeople)).Blocks), "Sample reviewers", "the dialog knows its name when it opens")

		w.request("1")
		require.Contains(t, w.refusalOf(memberTwo, "1"), "Only the shop's reviewers can decide on samples (<!subteam^"+reviewers+">)")
		w.accepted(memberOne, "1", view.ActionApprove)
	})
}

func TestTheZoneIsFoundByCityAndOnesOwnComesFirst(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.changeUser(admin, object{"tz": "Asia/Kolkata"})
		dialog := w.section(admin, view.SettingsTimes)
		texts, values := w.suggest(admin, dialog, view.ActionSettingsZone, "new york")
		require.Equal(t, []string{"America/New York (UTC-05:00)"}, texts)
		require.Equal(t, []string{"America/New_York"}, values)
		_, values = w.suggest(admin, dialog, view.ActionSettingsZone, "")
		require.Equal(t, []string{"Asia/Kolkata", "UTC"}, values[:2])
		require.Len(t, values, view.MaxChoices)
		w.suggest(admin, dialog, view.ActionSettingsZone, "berlin")
		w.send(admin, dialog, object{view.ActionSettingsZone: "Europe/Berlin"})
		require.Equal(t, "Europe/Berlin", w.shopOf(shopID).Settings.Zone)
	})
}

func TestTheSettingsOpenFromAppHomeForAdminsOnly(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.home(admin)
		seen := w.clickHome(admin, view.ActionSettings)
		require.Contains(t, string(w.dialog(seen.ViewID).Blocks), view.ActionSettingsSection)

		w.put(withSettings(workflow.Settings{Admins: []workflow.PersonID{memberTwo}})...)
		seen = w.clickHome(admin, view.ActionSettings)
		require.Contains(t, wording(t, w.dialog(seen.ViewID).Blocks), "Only Sample Desk admins can do that (<@"+memberTwo+">)", "the button was there when they looked")
	})
}

func TestWithoutAShopThereAreNoSettings(t *testing.T) {
	inBubble(t, setup{shops: []workflow.Shop{}}, func(t *testing.T, w *world) {
		require.Contains(t, w.command(admin, "/samples", "settings"), view.Denied(view.DeniedNoShop))
	})
}
