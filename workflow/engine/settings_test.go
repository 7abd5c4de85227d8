package engine_test

import (
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
)

func people(n int) (all []workflow.PersonID) {
	for i := range n {
		all = append(all, workflow.PersonID("U"+strconv.Itoa(i)))
	}
	return all
}

func TestSettingsOutOfBoundsNameTheirField(t *testing.T) {
	hours := func(all ...int) (steps []time.Duration) {
		for _, h := range all {
			steps = append(steps, time.Duration(h)*time.Hour)
		}
		return steps
	}
	for name, c := range map[string]struct {
		settings workflow.Settings
		field    string
	}{
		"nothing set":                    {workflow.Settings{}, ""},
		"the defaults":                   {workflow.Settings{Undo: new(time.Duration(0)), Steps: workflow.DefaultSteps, Morning: workflow.DefaultMorning, Zone: workflow.DefaultZone}, ""},
		"the longest window":             {workflow.Settings{Undo: new(workflow.MaxUndo)}, ""},
		"a window too long":              {workflow.Settings{Undo: new(workflow.MaxUndo + 1)}, workflow.FieldUndo},
		"a window below nothing":         {workflow.Settings{Undo: new(time.Duration(-1))}, workflow.FieldUndo},
		"a step of a week":               {workflow.Settings{Steps: hours(168, 1)}, ""},
		"a step beyond the review":       {workflow.Settings{Steps: hours(169)}, workflow.FieldSteps},
		"a step at the deadline":         {workflow.Settings{Steps: hours(48, 0)}, workflow.FieldSteps},
		"steps that rise":                {workflow.Settings{Steps: hours(6, 24)}, workflow.FieldSteps},
		"steps at once":                  {workflow.Settings{Steps: hours(6, 6)}, workflow.FieldSteps},
		"too many steps":                 {workflow.Settings{Steps: hours(5, 4, 3, 2, 1)}, workflow.FieldSteps},
		"a morning at night":             {workflow.Settings{Morning: "23:59"}, ""},
		"no time of day":                 {workflow.Settings{Morning: "24:00"}, workflow.FieldMorning},
		"a word for a time":              {workflow.Settings{Morning: "noon"}, workflow.FieldMorning},
		"a zone":                         {workflow.Settings{Zone: "Europe/Berlin"}, ""},
		"no zone":                        {workflow.Settings{Zone: "Europe/Glow"}, workflow.FieldZone},
		"the machine's zone":             {workflow.Settings{Zone: "Local"}, workflow.FieldZone},
		"a way out of the zones":         {workflow.Settings{Zone: "../../etc/passwd"}, workflow.FieldZone},
		"shipments elsewhere":            {workflow.Settings{Shipments: workflow.ShipmentsElsewhere, ShipmentChannel: "C1"}, ""},
		"shipments elsewhere, nowhere":   {workflow.Settings{Shipments: workflow.ShipmentsElsewhere}, workflow.FieldShipments},
		"shipments who knows where":      {workflow.Settings{Shipments: "carrier pigeon"}, workflow.FieldShipments},
		"as many reviewers as there may": {workflow.Settings{Reviewers: people(workflow.MaxPeople)}, ""},
		"too many reviewers":             {workflow.Settings{Reviewers: people(workflow.MaxPeople + 1)}, workflow.FieldReviewers},
		"too many groups":                {workflow.Settings{Groups: make([]workflow.GroupID, workflow.MaxPeople+1)}, workflow.FieldReviewers},
		"too many admins":                {workflow.Settings{Admins: people(workflow.MaxPeople + 1)}, workflow.FieldAdmins},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, c.field, c.settings.Check()) })
	}
}

func TestSettingsFallBackOnTheDesksOwn(t *testing.T) {
	require.Equal(t, undoWindow, workflow.Settings{}.UndoWindow(undoWindow))
	require.Zero(t, workflow.Settings{Undo: new(time.Duration(0))}.UndoWindow(undoWindow), "none is a window too")
	require.Equal(t, time.UTC, workflow.Settings{}.Location())
	require.Equal(t, "Europe/Berlin", workflow.Settings{Zone: "Europe/Berlin"}.Location().String())
	require.Equal(t, time.UTC, workflow.Settings{Zone: "nowhere"}.Location())
}

func TestWhatIsUnsetFollowsTheDefaultsAndGoesOnDoingSo(t *testing.T) {
	standard := workflow.DefaultSettings()
	standard.Channel, standard.Undo, standard.Admins = "C1", new(time.Minute), []workflow.PersonID{another}
	was := workflow.Settings{Version: 3, Morning: "07:00", QuickReject: true}
	full := was.Or(standard)
	require.Equal(t, workflow.Settings{
		Version: 3, Morning: "07:00", QuickReject: true, Channel: "C1", Undo: new(time.Minute), Admins: []workflow.PersonID{another},
		Steps: workflow.DefaultSteps, Zone: "UTC", PostDays: workflow.DefaultPostDays, MoveDays: workflow.DefaultMoveDays,
	}, full)
	require.Equal(t, was, full.Following(was, standard))
	full.Morning, full.Zone = workflow.DefaultMorning, "Europe/Paris"
	require.Equal(t, workflow.Settings{Version: 3, Morning: "09:00", QuickReject: true, Zone: "Europe/Paris"}, full.Following(was, standard),
		"who had set a time means the one that they set now")
}

// shops puts three shops on record, of which the last has a channel of its own.
func (d *desk) shops() {
	d.t.Helper()
	require.NoError(d.t, d.store.Update(d.t.Context(), func(tx workflow.Tx) error {
		if err := tx.PutShop(workflow.Shop{ID: "2", Name: "Kitchen"}); err != nil {
			return err
		}
		return tx.PutShop(workflow.Shop{ID: "3", Name: "Garden", Settings: workflow.Settings{Channel: "C0GARDEN", Version: 7}})
	}))
}

func (d *desk) settings(id workflow.ShopID) workflow.Settings {
	d.t.Helper()
	return read(d, func(tx workflow.Tx) (workflow.Settings, error) {
		s, err := tx.Shop(id)
		return s.Settings, err
	})
}

func TestSettingsAreCopiedToOtherShopsButForTheChannel(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	d.shops()
	change := workflow.SettingsChange{Actor: by(member), At: noon, Copies: []workflow.ShopID{"3", "404", sample.Shop, "3"}, Settings: workflow.Settings{
		Channel: "C0GLOW", Reviewers: []workflow.PersonID{another, "", another}, Steps: []time.Duration{}, Undo: new(time.Minute),
	}}
	s, err := d.ChangeSettings(t.Context(), sample.Shop, change)
	require.NoError(t, err)
	want := workflow.Settings{Version: 1, Channel: "C0GLOW", Reviewers: []workflow.PersonID{another}, Undo: new(time.Minute), Welcomed: true}
	require.Equal(t, want, s.Settings)
	require.Equal(t, want, d.settings(sample.Shop))
	want.Version, want.Channel = 8, "C0GARDEN"
	require.Equal(t, want, d.settings("3"))
	require.Equal(t, workflow.Settings{}, d.settings("2"))
	for _, id := range []workflow.ShopID{sample.Shop, "3"} {
		require.Equal(t, []workflow.EventKind{workflow.OnSettingsChanged}, events(d.history(workflow.Key{Shop: id})))
	}
}

func TestAPartOfTheSettingsLeavesTheRestOfEachShopAsItIs(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	d.shops()
	set := func(c workflow.SettingsChange) {
		c.Actor, c.At = by(member), noon
		_, err := d.ChangeSettings(t.Context(), sample.Shop, c)
		require.NoError(t, err)
	}
	set(workflow.SettingsChange{Settings: workflow.Settings{Channel: "C0GLOW", Morning: "07:00"}})
	set(workflow.SettingsChange{
		Seen: 1, Copies: []workflow.ShopID{"2"}, Settings: workflow.Settings{Zone: "Europe/Paris"},
		Fields: []string{"Zone"},
	})
	require.Equal(t, workflow.Settings{Version: 2, Channel: "C0GLOW", Morning: "07:00", Zone: "Europe/Paris", Welcomed: true}, d.settings(sample.Shop))
	require.Equal(t, workflow.Settings{Version: 1, Zone: "Europe/Paris", Welcomed: true}, d.settings("2"))
}

func TestTwoAdminsDoNotOverwriteEachOtherUnseen(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	d.shops()
	change := func(seen int, zone string) error {
		_, err := d.ChangeSettings(t.Context(), sample.Shop, workflow.SettingsChange{
			Actor: by(member), At: noon, Seen: seen, Settings: workflow.Settings{Zone: zone}, Copies: []workflow.ShopID{"2"},
		})
		return err
	}
	require.NoError(t, change(0, "Europe/Berlin"))
	before := d.store.writes.Load()
	require.Equal(t, "Glow", refusal(t, workflow.RuleSettingsChanged, change(0, "Europe/Paris")).Name)
	require.NoError(t, change(0, "Europe/Berlin"), "who wants what is so already has it")
	require.Equal(t, workflow.FieldZone, refusal(t, workflow.RuleBadSetting, change(1, "Local")).Name)
	require.Equal(t, before, d.store.writes.Load())
	require.NoError(t, change(1, "Europe/Paris"))
	require.Equal(t, "Europe/Paris", d.settings("2").Zone)
}

func TestAWelcomeIsSeenOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	for range 2 {
		require.NoError(t, d.Welcome(t.Context(), sample.Shop))
	}
	require.True(t, d.settings(sample.Shop).Welcomed)
	require.EqualValues(t, 1, d.store.writes.Load())
}

func TestWhatIsTypedOnAnyKeyboardIsUnderstoodAlike(t *testing.T) {
	for _, c := range []struct{ typed, want string }{
		{"\u00a0approve\u3000mia ", "approve mia"},
		{"ａｐｐｒｏｖｅ　＠ｍｉａ", "approve @mia"},
		{"＃7KQ2M。", "#7KQ2M"},
		{"♯7KQ2M.", "#7KQ2M"},
		{"\u2066mia\u2069\u200b", "mia"},
		{"“Spring launch”", `"Spring launch"`},
		{"R&amp;D &lt;x&gt;", "R&D <x>"},
		{"ˍmiaˍ∶∗", "_mia_:*"},
		{"Cafe\u0301", "Café"},
		{"10，5、2", "10,5,2"},
		{".", "."},
	} {
		require.Equal(t, c.want, workflow.Plain(c.typed), "%q", c.typed)
	}
}

func TestTwoSpellingsOfACampaignsNameAreOneName(t *testing.T) {
	for _, same := range [][]string{
		{"Café", "Cafe\u0301", "CAFÉ", "Café\u200b", "ＣＡＦÉ", "Café."},
		{"R&D", "R&amp;D", "r＆d"},
		{"Mia’s launch", "mia's\u00a0launch", "Mia‘s  launch"},
	} {
		for _, name := range same {
			require.Equal(t, workflow.FoldName(same[0]), workflow.FoldName(name), "%q", name)
		}
	}
	require.NotEqual(t, workflow.FoldName("Spring 1"), workflow.FoldName("Spring 2"))
}

func FuzzPlain(f *testing.F) {
	for _, seed := range []string{"", "a.", "&amp;lt;", "\u200d", "ﬁ ﷺ", "a\u0301\u0327", ". .", "…", "∶ˋ"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, read := range []func(string) string{workflow.Plain, workflow.FoldName} {
			once := read(s)
			require.True(t, utf8.ValidString(once))
			require.Equal(t, once, read(once))
			require.Equal(t, once, strings.TrimSpace(once))
		}
	})
}
