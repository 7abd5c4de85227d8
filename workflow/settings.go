package workflow

import (
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Settings are what a shop's admins set for the desk. A zero field is unset: the default applies.
type Settings struct {
	Version int `json:"version,omitempty"` // rises with each change, so that two admins do not overwrite each other unseen

	Channel   string     `json:"channel,omitempty"`   // where the shop's cards and notices go
	Reviewers []PersonID `json:"reviewers,omitempty"` // with Groups: who decides; while both are empty every member of the channel
	Groups    []GroupID  `json:"groups,omitempty"`
	Admins    []PersonID `json:"admins,omitempty"`
	InTurn    bool       `json:"in_turn,omitempty"` // new requests are offered to Reviewers one after the other

	Undo        *time.Duration  `json:"undo,omitempty"`         // the undo window; 0: none
	QuickReject bool            `json:"quick_reject,omitempty"` // choosing a reason rejects at once, without a dialog
	Steps       []time.Duration `json:"steps,omitempty"`        // how long before a deadline the desk escalates, longest first
	Morning     string          `json:"morning,omitempty"`      // when the morning messages come, "15:04" in Zone
	Zone        string          `json:"zone,omitempty"`         // an IANA name such as Europe/Berlin

	Shipments       ShipmentNotices `json:"shipments,omitempty"`
	ShipmentChannel string          `json:"shipment_channel,omitempty"` // for ShipmentsElsewhere

	HoursFrom string `json:"hours_from,omitempty"` // working hours, "15:04" in Zone; both empty: none, a step is announced whenever it is due
	HoursTo   string `json:"hours_to,omitempty"`
	Weekends  bool   `json:"weekends,omitempty"`  // they hold on Saturday and Sunday too
	PostDays  int    `json:"post_days,omitempty"` // how long a creator has to post after delivery, in days
	MoveDays  int    `json:"move_days,omitempty"` // after how many days a parcel that does not arrive is announced
	Nudge     string `json:"nudge,omitempty"`     // sent to a creator before their posting deadline; empty: never automatically
	Weekly    bool   `json:"weekly,omitempty"`    // a report on Monday morning

	KeepMonths int `json:"keep_months,omitempty"` // one of KeepMonths: after how many what is over loses its personal data; 0: never

	Webhook string `json:"webhook,omitempty"` // the address of another system that is told of decisions and stages; a secret, as many are

	Welcomed bool `json:"welcomed,omitempty"` // an admin has seen, or dismissed, the first-run welcome
}

// ShipmentNotices says where changes of shipments are announced besides the thread, where they always are.
type ShipmentNotices string

// Where shipments are announced.
const (
	ShipmentsToChannel ShipmentNotices = ""          // the shop's channel, grouped
	ShipmentsInThread  ShipmentNotices = "thread"    // nowhere else
	ShipmentsElsewhere ShipmentNotices = "elsewhere" // another channel
)

var shipmentNotices = []ShipmentNotices{ShipmentsToChannel, ShipmentsInThread, ShipmentsElsewhere}

// The defaults of a shop whose own setting is unset, where the environment has no say.
const (
	DefaultMorning = "09:00"
	DefaultZone    = "UTC"
)

// DefaultSettings returns the settings of a shop that has set nothing, as far as the environment has no say.
func DefaultSettings() Settings {
	return Settings{
		Steps: DefaultSteps, Morning: DefaultMorning, Zone: DefaultZone, PostDays: DefaultPostDays, MoveDays: DefaultMoveDays,
	}
}

// DefaultSteps are product.md's: a note in the thread, the reviewers by name, the channel, the admins.
var DefaultSteps = []time.Duration{48 * time.Hour, 24 * time.Hour, 6 * time.Hour, time.Hour}

// The bounds of settings.
const (
	MaxUndo   = 10 * time.Minute
	MaxPeople = 100 // reviewers, groups and admins, each
	MaxDays   = 90  // to post, and until a stuck parcel is announced, each; 0 is unset
	maxStep   = 7 * 24 * time.Hour
)

// Normalised returns the settings as they are kept: duplicates and empty names are removed.
func (s Settings) Normalised() Settings {
	s.Reviewers, s.Groups, s.Admins = distinct(s.Reviewers), distinct(s.Groups), distinct(s.Admins)
	if len(s.Steps) == 0 {
		s.Steps = nil
	}
	s.Nudge, s.Webhook = CleanText(s.Nudge), strings.TrimSpace(s.Webhook)
	return s
}

// Or returns the settings with what is unset taken from others.
func (s Settings) Or(others Settings) Settings {
	mine, theirs := reflect.ValueOf(&s).Elem(), reflect.ValueOf(others)
	for i := range mine.NumField() {
		if unsetField(mine.Field(i)) {
			mine.Field(i).Set(theirs.Field(i))
		}
	}
	return s
}

// Following returns the settings with what was unset, and is now as it stands in standard, unset again: a default that
// nobody touched goes on following what it is the default of.
func (s Settings) Following(was, standard Settings) Settings {
	now, before, others := reflect.ValueOf(&s).Elem(), reflect.ValueOf(was), reflect.ValueOf(standard)
	for i := range now.NumField() {
		if unsetField(before.Field(i)) && sameField(now.Field(i), others.Field(i)) {
			now.Field(i).SetZero()
		}
	}
	return s
}

// With returns the settings with some fields, by their names in Go, taken from others.
func (s Settings) With(others Settings, fields ...string) Settings {
	mine, theirs := reflect.ValueOf(&s).Elem(), reflect.ValueOf(others)
	for _, name := range fields {
		mine.FieldByName(name).Set(theirs.FieldByName(name))
	}
	return s
}

// Same tells whether fields, by their names in Go, are the same in both.
func (s Settings) Same(others Settings, fields ...string) bool {
	mine, theirs := reflect.ValueOf(s), reflect.ValueOf(others)
	return !slices.ContainsFunc(fields, func(name string) bool { return !sameField(mine.FieldByName(name), theirs.FieldByName(name)) })
}

// unsetField tells whether a field is: a list without anything in it is unset too.
func unsetField(v reflect.Value) bool {
	return v.IsZero() || v.Kind() == reflect.Slice && v.Len() == 0
}

func sameField(a, b reflect.Value) bool {
	return unsetField(a) && unsetField(b) || reflect.DeepEqual(a.Interface(), b.Interface())
}

// distinct returns each name once, in the order given, and none that is empty.
func distinct[T ~string](all []T) (names []T) {
	for _, name := range all {
		if name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// Check returns the name of the field that is wrong, as people read it, or "" if all are valid.
func (s Settings) Check() string {
	switch {
	case s.Undo != nil && (*s.Undo < 0 || *s.Undo > MaxUndo):
		return FieldUndo
	case len(s.Steps) > len(DefaultSteps) || !descending(s.Steps):
		return FieldSteps
	case s.Morning != "" && !isTimeOfDay(s.Morning):
		return FieldMorning
	case s.Zone != "" && !isZone(s.Zone):
		return FieldZone
	case s.Shipments == ShipmentsElsewhere && s.ShipmentChannel == "" || !slices.Contains(shipmentNotices, s.Shipments):
		return FieldShipments
	case len(s.Reviewers) > MaxPeople || len(s.Groups) > MaxPeople:
		return FieldReviewers
	case len(s.Admins) > MaxPeople:
		return FieldAdmins
	case !areHours(s.HoursFrom, s.HoursTo):
		return FieldHours
	case s.PostDays < 0 || s.PostDays > MaxDays:
		return FieldPostDays
	case s.MoveDays < 0 || s.MoveDays > MaxDays:
		return FieldMoveDays
	case utf8.RuneCountInString(s.Nudge) > MaxMessage:
		return FieldNudge
	case !slices.Contains(KeepMonths, s.KeepMonths):
		return FieldKeep
	case s.Webhook != "" && !IsWebhook(s.Webhook):
		return FieldWebhook
	default:
		return ""
	}
}

// The fields that Check names.
const (
	FieldUndo      = "undo"
	FieldSteps     = "steps"
	FieldMorning   = "morning"
	FieldZone      = "zone"
	FieldShipments = "shipments"
	FieldReviewers = "reviewers"
	FieldAdmins    = "admins"
	FieldHours     = "hours"
	FieldPostDays  = "days to post"
	FieldMoveDays  = "days until a parcel is told of"
	FieldNudge     = "nudge"
	FieldKeep      = "how long finished requests are kept"
	FieldWebhook   = "webhook"
)

// descending reports whether the steps come one after the other, each within its bounds.
func descending(steps []time.Duration) bool {
	before := maxStep + 1
	for _, d := range steps {
		if d <= 0 || d >= before {
			return false
		}
		before = d
	}
	return true
}

// areHours takes two times of one day, the earlier first, or none.
func areHours(from, to string) bool {
	if from == "" && to == "" {
		return true
	}
	return isTimeOfDay(from) && isTimeOfDay(to) && minutesOf(from) < minutesOf(to)
}

func isTimeOfDay(s string) bool {
	_, err := time.Parse("15:04", s)
	return err == nil
}

// isZone takes IANA names only: "Local" is the machine's, and means another on the next.
func isZone(s string) bool {
	_, err := time.LoadLocation(s)
	return err == nil && s != "Local" && strings.TrimSpace(s) == s
}

// UndoWindow returns the undo window, or the default's where it is unset.
func (s Settings) UndoWindow(fallback time.Duration) time.Duration {
	if s.Undo == nil {
		return fallback
	}
	return *s.Undo
}

// SettingsChange is an admin's change to the settings of one shop or several.
type SettingsChange struct {
	Actor
	At       time.Time
	Seen     int // the version of the first shop's that they were shown
	Settings Settings
	Copies   []ShopID // other shops that get the same, but for the channel

	// Fields are those of Settings that the shops get, by their names in Go: the others of theirs stay as they are. Without
	// any they get them all.
	Fields []string
}

// Of returns what a shop's settings are after the change.
func (c SettingsChange) Of(was Settings) Settings {
	if len(c.Fields) == 0 {
		return c.Settings
	}
	return was.With(c.Settings, c.Fields...)
}
