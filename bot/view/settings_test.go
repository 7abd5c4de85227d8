package view

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/slack-go/slack"
	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
)

// effective are settings with nothing unset.
func effective() workflow.Settings {
	undo := 10 * time.Second
	return workflow.Settings{
		Version: 3, Channel: "C0SAMPLES1", Admins: []workflow.PersonID{admin}, Undo: &undo, Steps: workflow.DefaultSteps,
		Morning: workflow.DefaultMorning, Zone: workflow.DefaultZone,
		MoveDays: workflow.DefaultMoveDays, PostDays: workflow.DefaultPostDays,
	}
}

func otherSettings() workflow.Settings {
	undo, s := 90*time.Second, effective()
	s.Channel, s.Reviewers, s.Groups, s.Admins = "C0OTHER001", []workflow.PersonID{reviewer}, []workflow.GroupID{"S0REVIEW01"}, []workflow.PersonID{admin, reviewer}
	s.Undo, s.QuickReject, s.Steps = &undo, true, []time.Duration{72 * time.Hour, 24 * time.Hour, 6 * time.Hour, 30 * time.Minute}
	s.Morning, s.Zone, s.Shipments, s.ShipmentChannel = "07:30", "Asia/Kolkata", workflow.ShipmentsElsewhere, "C0PARCELS1"
	s.HoursFrom, s.HoursTo, s.Weekends, s.MoveDays, s.PostDays = "08:30", "17:00", true, 5, 21
	s.Nudge, s.Weekly, s.InTurn = "How do you like it?", true, true
	s.KeepMonths = 12
	s.Webhook = "https://hooks.example/services/T0/very-secret"
	return s
}

// crowd is as many people and groups as settings take.
func crowd(s workflow.Settings) workflow.Settings {
	for i := range workflow.MaxPeople {
		id := fmt.Sprintf("U0PERSON%03d", i)
		s.Reviewers, s.Admins = append(s.Reviewers, workflow.PersonID(id)), append(s.Admins, workflow.PersonID(id))
		s.Groups = append(s.Groups, workflow.GroupID(fmt.Sprintf("S0GROUP%04d", i)))
	}
	return s
}

// settingsViews are all views of the settings for some facts: the overview, and each section's dialog.
func settingsViews(f SettingsFacts) map[string]slack.ModalViewRequest {
	views := map[string]slack.ModalViewRequest{"overview": SettingsOverview(f)}
	for _, id := range settingsSections {
		views[string(id)] = SettingsModal(id, f)
	}
	return views
}

func settingsSamples() map[string]SettingsFacts {
	shop, other := workflow.Shop{ID: "1", Name: "Glow Shop", Settings: effective()}, workflow.Shop{ID: "2", Name: "Kitchen Shop", Settings: otherSettings()}
	twin := workflow.Shop{ID: "3", Name: "glow shop"}
	known := SettingsKnown{At: noon, Groups: map[workflow.GroupID]string{"S0REVIEW01": "Sample reviewers"}}
	return map[string]SettingsFacts{
		"one":     {Shop: shop, Shops: []workflow.Shop{shop}, SettingsKnown: known, Overview: "V0OVERVIEW", Seen: "0123456789abcdef"},
		"several": {Shop: other, Shops: []workflow.Shop{shop, other, twin}, SettingsKnown: known},
	}
}

func TestTheSettingsLookAsTheirGoldenFile(t *testing.T) {
	all := map[string]map[string]slack.ModalViewRequest{}
	for name, f := range settingsSamples() {
		all[name] = settingsViews(f)
		for _, m := range all[name] {
			lintModal(t, m)
		}
	}
	compare(t, "settings", pretty(t, all))
}

func TestWhatIsSaidInTheSettingsLooksAsItsGoldenFile(t *testing.T) {
	shop, bad := settingsSamples()["one"].Shop, workflow.Shop{ID: "2", Name: strings.Repeat(hostile, 9)}
	people := AllSettings.In(SettingsPeople)
	said := map[string][]string{
		"saved":   SettingsSaved(SettingsPeople, shop, people.Changes(effective(), otherSettings()), nil),
		"copied":  SettingsSaved(SettingsTimes, shop, nil, []workflow.Shop{{ID: "2", Name: "Kitchen Shop"}, {ID: "3"}}),
		"crowded": SettingsSaved(SettingsPeople, bad, people.Changes(effective(), crowd(otherSettings())), slices.Repeat([]workflow.Shop{bad}, 100)),
		"moved":   {WarnMoved(people.Changes(otherSettings(), effective()))},
		"leaving": {WarnLeaving([]workflow.PersonID{reviewer})},
		"nobody":  {WarnLeaving(nil)},
	}
	for name, lines := range said {
		lintClosing(t, SettingsEnd(lines))
		f := settingsSamples()["one"]
		f.Saved, f.Warning, f.Sure = lines, joinLines(lines), true
		for _, m := range settingsViews(f) {
			lintModal(t, m)
			require.Equal(t, m.CallbackID == CallbackSettings, m.Submit != nil && m.Submit.Text == "Save anyway", name)
		}
	}
	compare(t, "settings_said", pretty(t, said))
}

func TestTheSettingsStandAnyNamesAndAnyCrowd(t *testing.T) {
	bad := workflow.Shop{ID: workflow.ShopID(strings.Repeat("7", 60)), Name: strings.Repeat(hostile, 9), Settings: crowd(otherSettings())}
	bad.Settings.Nudge = strings.Repeat(hostile, 9)
	f := SettingsFacts{Shop: bad, Shops: []workflow.Shop{bad}, SettingsKnown: SettingsKnown{At: noon, Groups: map[workflow.GroupID]string{}}}
	for i := range 200 {
		f.Shops = append(f.Shops, workflow.Shop{ID: workflow.ShopID(fmt.Sprint(i)), Name: bad.Name})
	}
	for _, g := range bad.Settings.Groups {
		f.Groups[g] = hostile
	}
	f.Warning = WarnMoved(AllSettings.Changes(bad.Settings, effective()))
	for name, m := range settingsViews(f) {
		lintModal(t, m)
		wire, err := json.Marshal(m)
		require.NoError(t, err)
		require.Less(t, len(wire), 18_000, "%s rides in an acknowledgement", name)
	}
}

func TestEveryFieldOfTheSettingsIsKeptByOneSettingAndEveryInputIsOne(t *testing.T) {
	var fields []string
	for f := range reflect.TypeFor[workflow.Settings]().Fields() {
		if f.Name != "Version" && f.Name != "Welcomed" { // those are nobody's to enter
			fields = append(fields, f.Name)
		}
	}
	require.ElementsMatch(t, fields, AllSettings.Fields())
	var actions []string
	for _, in := range AllSettings.Inputs() {
		require.NotEmpty(t, in.Label, in.Action)
		require.NotContains(t, actions, in.Action)
		actions = append(actions, in.Action)
	}
	var shown int
	for _, id := range settingsSections {
		require.LessOrEqual(t, len(settingsTitles[id]), 24, "Slack cuts a dialog's title")
		require.LessOrEqual(t, len(AllSettings.In(id).Inputs()), 7, "a dialog of more is a scroll again")
		shown += len(AllSettings.In(id))
	}
	require.Len(t, AllSettings, shown, "a setting that stands in no section is found by nobody")
}

// initially is what a dialog's inputs hold as they are shown.
func initially(t *testing.T, m slack.ModalViewRequest) SettingsForm {
	t.Helper()
	held := map[string]Value{}
	for _, b := range wire(t, m.Blocks).([]any) {
		e, ok := b.(object)["element"].(object)
		if !ok {
			continue
		}
		v := Value{Text: str(e["initial_value"]), Time: str(e["initial_time"]), Conversation: str(e["initial_conversation"])}
		if o, ok := e["initial_option"].(object); ok {
			v.Selected = &Option{Value: str(o["value"])}
		}
		all, _ := e["initial_options"].([]any)
		for _, o := range all {
			v.Checked = append(v.Checked, Option{Value: str(o.(object)["value"])})
		}
		people, _ := e["initial_users"].([]any)
		for _, p := range people {
			v.People = append(v.People, workflow.PersonID(str(p)))
		}
		held[str(e["action_id"])] = v
	}
	return func(action string) Value { return held[action] }
}

func TestADialogThatIsSentAsItWasShownChangesNothing(t *testing.T) {
	for name, f := range settingsSamples() {
		for _, id := range settingsSections {
			got := f.Shop.Settings
			_, complaint := AllSettings.In(id).Read(initially(t, SettingsModal(id, f)), &got)
			require.Empty(t, complaint)
			require.Equal(t, f.Shop.Settings, got, "%s %s", name, id)
		}
	}
	// And what one shop's dialogs hold sets another like it: each field is read by an input.
	was, f := effective(), settingsSamples()["several"]
	for _, id := range settingsSections {
		AllSettings.In(id).Read(initially(t, SettingsModal(id, f)), &was)
	}
	require.Equal(t, otherSettings(), was)
}

// lintClosing holds a dialog without a submit button to Slack's limits: an acknowledgement carries it.
func lintClosing(t *testing.T, m slack.ModalViewRequest) {
	t.Helper()
	require.Nil(t, m.Submit)
	wire, err := json.Marshal(m)
	require.NoError(t, err)
	require.Less(t, len(wire), 18_000)
	m.Submit, m.PrivateMetadata, m.CallbackID = plainText("x"), "x", "x"
	lintModal(t, m)
}

func TestEachSettingThatChangedIsTold(t *testing.T) {
	var told []string
	for _, c := range AllSettings.Changes(effective(), otherSettings()) {
		told = append(told, c.String())
	}
	require.Equal(t, []string{
		"• *Channel*: <#C0SAMPLES1> → <#C0OTHER001>",
		"• *Reviewers*: every member of the channel → <!subteam^S0REVIEW01>, <@U0MEMBER01>",
		"• *In turn*: no → new requests go to the reviewers one after the other",
		"• *Admins*: <@U0ADMIN001> → <@U0ADMIN001>, <@U0MEMBER01>",
		"• *Undo window*: 10 seconds → 90 seconds",
		"• *Deadline reminders*: 48, 24, 6, 1 hours before → 72, 24, 6, 0.5 hours before",
		"• *Reminders are sent*: at any time → 08:30 to 17:00, every day",
		"• *Morning message*: 09:00 → 07:30",
		"• *Time zone*: UTC → Asia/Kolkata",
		"• *Shipments*: in the shop's channel → in <#C0PARCELS1>",
		"• *Parcel alert*: after 10 days → after 5 days",
		"• *Days to post*: 14 days → 21 days",
		"• *Weekly report*: none → on Monday",
		"• *Automatic reminder*: none → “How do you like it?”",
		"• *Rejecting*: with a dialog → right away", "• *Finished requests*: kept for ever → personal data kept for 1 year",
		"• *Webhook*: none → decisions and stages go to `hooks.example`",
	}, told)
	require.Empty(t, AllSettings.Changes(otherSettings(), otherSettings()))
}

func TestAChangeThatAShortenedListDoesNotShowIsToldToo(t *testing.T) {
	was := crowd(effective())
	now := crowd(effective())
	now.Admins, now.Reviewers = slices.Clone(was.Admins), slices.Clone(was.Reviewers)
	now.Admins[99], now.Reviewers[99] = "U0NEW00001", "U0NEW00001"
	var names []string
	for _, c := range AllSettings.Changes(was, now) {
		names = append(names, c.Name)
	}
	require.Equal(t, []string{"Reviewers", "Admins"}, names)
}

func TestEveryZoneThatIsOfferedIsOneOfTheDatabase(t *testing.T) {
	for _, name := range zones {
		require.Empty(t, workflow.Settings{Zone: name}.Check(), name)
		o := zoneOption(name, noon)
		require.LessOrEqual(t, len(o.Text.Text), 75)
		require.LessOrEqual(t, len(o.Value), 75)
		require.Contains(t, o.Text.Text, "(UTC")
	}
	require.True(t, slices.IsSorted(zones[1:]))
	require.Equal(t, workflow.DefaultZone, zones[0])
}

func TestZonesAreFoundByWordsInAnyOrderAndByTheirOffset(t *testing.T) {
	first := func(typed string) string { return ZoneOptions(typed, "Europe/Berlin", noon).Options[0].Value }
	require.Equal(t, "America/Argentina/Buenos_Aires", first("aires argentina"))
	require.Equal(t, "Europe/Berlin", first("utc+01"))
	require.Equal(t, "Asia/Kathmandu", first("+05:45"))
	require.Equal(t, "Europe/Berlin", first(""))
	require.Empty(t, ZoneOptions("nowhere at all", "", noon).Options)
	require.NotNil(t, ZoneOptions("nowhere at all", "", noon).Options, "Slack takes no null")
	require.Len(t, ZoneOptions("", "", noon).Options, MaxChoices)
}

func TestUserGroupsAreFoundByHandleAndName(t *testing.T) {
	all := []UserGroup{{ID: "S1", Handle: "reviewers", Name: "Sample reviewers"}, {ID: "S2", Handle: "ops", Name: "Ops"}, {ID: "S3", Name: hostile}}
	values := func(typed string) (ids []string) {
		for _, o := range GroupOptions(all, typed).Options {
			ids = append(ids, o.Value)
		}
		return ids
	}
	require.Equal(t, []string{"S1", "S2", "S3"}, values(""))
	require.Equal(t, []string{"S1"}, values("@review"))
	require.Equal(t, []string{"S1"}, values("Sample rev"))
	require.Equal(t, []string{"S2"}, values("OPS"))
	require.Equal(t, "Ops", GroupOptions(all, "ops").Options[0].Text.Text, "said once")
}

func TestHoursAreReadAsPeopleTypeThem(t *testing.T) {
	want := []time.Duration{48 * time.Hour, 24 * time.Hour, 6 * time.Hour, 90 * time.Minute}
	for _, typed := range []string{"48, 24, 6, 1.5", "48 24 6 1.5", "48h 24h 6H 1.5h", " 48;24 ; 6/1.5 "} {
		got, ok := ParseSteps(typed)
		require.True(t, ok, typed)
		require.Equal(t, want, got, typed)
	}
	require.Equal(t, "48, 24, 6, 1.5", StepsText(want))
	for _, typed := range []string{"", "1", "1 2 3 4 5", "a b c d", "Inf 3 2 1", "NaN 3 2 1", "-4 3 2 1", "0 0 0 0", "1e300 3 2 1"} {
		_, ok := ParseSteps(typed)
		require.False(t, ok, typed)
	}
}

func TestWhatTheSettingsAreAboutSurvivesItsJourney(t *testing.T) {
	want := SettingsMeta{Shop: "7495540735365777507", Section: SettingsTimes, Seen: "abc", Overview: "V1", Sure: true}
	got, err := ParseSettingsMeta(want.Encode())
	require.NoError(t, err)
	require.Equal(t, want, got)
	for _, bad := range []string{"", "{}", "[]", `{"section":"times"}`} {
		_, err := ParseSettingsMeta(bad)
		require.Error(t, err, bad)
	}
}

func TestEachFieldThatAnErrorNamesHasItsPlaceInTheDialog(t *testing.T) {
	for _, field := range []string{workflow.FieldUndo, workflow.FieldSteps, workflow.FieldMorning, workflow.FieldZone, workflow.FieldShipments, workflow.FieldReviewers, workflow.FieldAdmins, workflow.FieldHours, workflow.FieldPostDays, workflow.FieldMoveDays, workflow.FieldNudge, "another"} {
		for _, id := range settingsSections {
			rows := AllSettings.In(id)
			action, text := rows.At(field)
			require.NotEmpty(t, text)
			require.Contains(t, pretty(t, SettingsModal(id, settingsSamples()["one"])), SettingsBlock(action, "1"), field)
		}
		if action, text := AllSettings.At(field); field != "another" {
			require.NotEqual(t, Denied(DeniedUnsaved), text, "%s has words of its own", field)
			require.NotEmpty(t, action, field)
		}
	}
}

func TestARefusalNamesThreeWhoMayAndCountsTheOthers(t *testing.T) {
	crowd := []workflow.PersonID{"U1", "U2", "U3", "U4"}
	for sentence, want := range map[string]string{
		DeniedBut(DeniedReviewers, Entitled{People: crowd}):                                                "(<@U1>, <@U2>, <@U3>, and 1 more)",
		DeniedBut(DeniedReviewers, Entitled{People: crowd[:1], Groups: []workflow.GroupID{"S1"}}):          "(<!subteam^S1>, <@U1>)",
		DeniedBut(DeniedAdmins, Entitled{People: crowd[:2]}):                                               "(<@U1>, <@U2>)",
		DeniedBut(DeniedAdmins, Entitled{}):                                                                "`SLACK_ADMINS`",
		DeniedBut(DeniedReviewers, Entitled{}):                                                             "ask an admin to make you one",
		DeniedBut(DeniedGuest, Entitled{People: crowd}):                                                    "Guests can watch",
		DeniedBut(DeniedReviewers, Entitled{Groups: []workflow.GroupID{"<!channel>"}, People: crowd[3:4]}): "(<@U4>)",
	} {
		lint(t, Aside(sentence))
		require.Contains(t, sentence, want)
	}
}

func TestASentenceBesideAnInputHasNoMarkup(t *testing.T) {
	said := DeniedBut(DeniedReviewers, Entitled{People: []workflow.PersonID{"U1"}})
	require.Equal(t, "Only the shop's reviewers can decide on samples. Please ask one of them, or ask an admin to make you one.", Plain(said))
	require.Equal(t, "Already approved by somebody 2026-11-20 12:00 UTC; ask somebody.", Plain("Already *approved* by <@U1> "+stamp(noon)+"; ask <@U2>."))
	require.Equal(t, "a < b * c `d`", Plain("a < b * c `d`"), "what has no mention is left as it is")
}
