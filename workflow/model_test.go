package workflow

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestAKeyIsReadAsItWasWritten(t *testing.T) {
	k, err := ParseKey(sample.String())
	require.NoError(t, err)
	require.Equal(t, sample, k)
	for _, s := range []string{"", "/", "1/", "/1", "1", "1/2/3"} {
		_, err := ParseKey(s)
		require.ErrorContains(t, err, "does not name an application", s)
	}
}

func TestACreatorIsKnownByTheirIDOrUntilThenByShopAndName(t *testing.T) {
	require.Equal(t, CreatorKey("id:open-1"), Creator{OpenID: "open-1", Username: "glow.daily"}.KeyOf("1"))
	require.Equal(t, CreatorKey("name:1:glow.daily"), Creator{Username: "Glow.Daily"}.KeyOf("1"))
	require.NotEqual(t, Creator{Username: "glow.daily"}.KeyOf("1"), Creator{Username: "glow.daily"}.KeyOf("2"))
}

func TestAnApplicationStandsInTheListingsThatPeopleWaitFor(t *testing.T) {
	const review, ship, seen, changed = "00hon5dvmdc0", "00ho9vm6h1j4", "00hofdw1yww0", "00hoffilledc"
	const latest = "01uwg5ygxyww" // 2^33 seconds, less what is in changed: the latest first
	const first = "34d9s28"       // 2^33 seconds, less what is in seen, in base 36
	key := "/" + sample.String()
	always := func(stage Stage, sort string) []Place {
		return []Place{
			{StageOf(sample.Shop, stage), sort + key}, {CreatorOf("id:open-1"), seen + key}, {UsernameOf(sample.Shop, "GLOW.daily"), seen + key},
			{SeenOf(sample.Shop), seen + key}, {ShortOf("P5VKP"), sample.String()},
			{WordsOf(sample.Shop), "glow " + first + key}, {WordsOf(sample.Shop), "daily " + first + key}, {ProductOf(sample.Shop, "1"), first + key},
		}
	}
	thread := Place{ThreadOf("C0SAMPLES", "1.000001"), sample.String()}
	queue := func(due string) Place { return Place{QueueOf(sample.Shop), due + key} }
	live := Place{LiveOf(sample.Shop), sample.String()}
	for name, c := range map[string]struct {
		a    Application
		want []Place
	}{
		"unseen":                 {applicationIn(Unseen), nil},
		"in review, with a card": {applicationIn(Pending), append(always(StageReview, review), thread, queue(review), live)},
		"in review, without one": {
			func() Application { a := applicationIn(Refused); a.Card = Card{}; return a }(),
			append(always(StageReview, review), queue(review), Place{BacklogOf(sample.Shop), review + key}, live),
		},
		"in review, with a card to come": {
			func() Application { a := applicationIn(Pending); a.Card = Card{Wanted: true}; return a }(),
			append(always(StageReview, review), queue(review), live),
		},
		"in review, without a deadline": {
			func() Application { a := applicationIn(Pending); a.Snapshot.ReviewBy = time.Time{}; return a }(),
			append(always(StageReview, "~"), thread, queue("~"), live),
		},
		"decided": {applicationIn(Queued), append(always(StageReview, review), thread, live)},
		"to be shipped": {
			func() Application {
				a := applicationIn(AwaitingShipment)
				a.Snapshot.ShipBy = time.UnixMicro(1795000000000000)
				return a
			}(),
			append(always(StageAwaiting, ship), thread, live),
		},
		"on its way, by how long that has lasted": {applicationIn(Shipped), append(always(StageShipping, changed), thread, live)},
		"with a step to come, and news of its parcel": {
			func() Application {
				a := applicationIn(Shipped)
				a.Timer, a.News = Timer{Kind: MoveDeadline, By: noon, Next: time.UnixMicro(1795000000000000)}, NewsShipped
				return a
			}(),
			slices.Insert(append(always(StageShipping, changed), thread, live), 9, Place{DueOf(sample.Shop), ship + key}, Place{NewsOf(sample.Shop), sample.String()}),
		},
		"at its end, in a campaign": {
			func() Application { a := applicationIn(Rejected); a.Campaign = "c1"; return a }(),
			append(always(StageReject, latest), thread, Place{CampaignOf("c1"), "id:open-1/" + seen + key},
				Place{CampaignStageOf("c1", StageReject), latest + key}, Place{MemberOf("c1", "id:open-1"), "07/" + latest + "/" + seen + key}),
		},
		"with a card that is gone": {
			func() Application { a := applicationIn(Rejected); a.Card.Lost = true; return a }(), always(StageReject, latest),
		},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.want, c.a.Places())
		})
	}
}

func TestAListingsNameCannotBeForged(t *testing.T) {
	require.Equal(t, CampaignOf("ab"), CampaignOf("a\x00b"), "no store takes a zero byte")
	require.NotEqual(t, QueueOf("1"), BacklogOf("1"))
}

// everyEvent has one event of each kind, all at noon.
func everyEvent() map[EventKind]Event {
	return map[EventKind]Event{
		OnApproved:           Decided{At: noon, Verdict: Approve},
		OnRejected:           Decided{At: noon, Verdict: Reject},
		OnUndone:             Undone{At: noon},
		OnCampaignChosen:     CampaignChosen{At: noon, Campaign: "c1"},
		OnClaimed:            Claimed{At: noon},
		OnAnswerLost:         AnswerLost{At: noon},
		OnHeldUp:             HeldUp{At: noon, Failure: Failure{Code: 1}},
		OnApprovalConfirmed:  Confirmed{At: noon, Verdict: Approve},
		OnRejectionConfirmed: Confirmed{At: noon, Verdict: Reject},
		OnRefusedForGood:     RefusedForGood{At: noon},
		OnReported:           Reported{At: noon},
		OnContentFound:       ContentFound{At: noon},
		OnCardRequested:      CardRequested{At: noon},
		OnCardShown:          PostShown{At: noon, TS: "2.0"},
		OnCardLost:           PostLost{At: noon},
		OnOriginFound:        OriginFound{At: noon, Collab: Collab{Known: true}},
		OnCampaignLeft:       CampaignLeft{At: noon},
		OnOnItBegan:          OnItBegan{Actor: by(member), At: noon},
		OnOnItEnded:          OnItEnded{At: noon},
		OnAssigned:           Assigned{Actor: by(member), At: noon, To: member},
		OnNoted:              Noted{At: noon, Text: "a note"},
		OnMessageReceived:    MessageReceived{At: noon},
		OnMessageSent:        MessageUpdated{What: OnMessageSent, At: noon},
		OnStepDue:            StepDue{At: noon},
		OnMenuUsed:           MenuUsed{At: noon},
	}
}

func TestEveryEventCarriesItsKindAndPassesOnItsOwnTime(t *testing.T) {
	for kind, e := range everyEvent() {
		require.Equal(t, kind, e.Kind())
		a := applicationIn(Pending)
		a.Card, a.OnIt = Card{}, OnIt{By: another}
		next, err := e.apply(a)
		require.NoError(t, err)
		if next.Changed {
			require.Equal(t, noon, next.At, kind)
		}
	}
}

func TestAnEventIsInTheTableOrMarkedAsOutsideIt(t *testing.T) {
	for kind, e := range everyEvent() {
		_, outside := e.(interface{ isOffTable() })
		ruled := slices.ContainsFunc(Lifecycle, func(r Row) bool { return r.On == kind })
		require.NotEqual(t, ruled, outside, "%q would be let through unasked, or never", kind)
	}
}

// A step that leads elsewhere than the table says fails every test that makes it.
func init() { onFault = func(err error) { panic(err) } }

// wayward is a find of content that the application forgets.
type wayward struct{ ContentFound }

func (e wayward) apply(a Application) (Next, error) { return changed(a, e.At, Routine), nil }

func TestAStepThatLeadsElsewhereThanTheTableSaysIsAFault(t *testing.T) {
	var heard error
	defer func(before func(error)) { onFault = before }(onFault)
	onFault = func(err error) { heard = err }

	a := applicationIn(Shipped)
	next, err := Step(a, wayward{ContentFound{At: noon}})
	require.NoError(t, err)
	require.EqualError(t, next.Fault, `"content found" took `+sample.String()+` from "shipped" to "shipped", and the table says to "completed"`)
	require.Equal(t, next.Fault, heard)
	require.True(t, next.Changed, "what happened is kept all the same")
}

func TestEachEntryOfTheHistoryTellsTheFactsOfItsEvent(t *testing.T) {
	failure := Failure{Code: 1, Message: "why", RequestID: "request-1"}
	rejecting := applicationIn(Sending)
	rejecting.Decision.Verdict, rejecting.Decision.Reason = Reject, Other
	pending := applicationIn(Pending)
	line := func(on EventKind, from, to State) Entry {
		return Entry{At: noon, Key: sample, Event: on, From: from, To: to, Round: 3, Status: StatusPending}
	}
	for _, c := range []struct {
		a    Application
		e    Event
		want Entry
		with func(*Entry)
	}{
		{rejecting, AnswerLost{At: noon, Failure: failure}, line(OnAnswerLost, Sending, Unclear), func(h *Entry) { h.Verdict, h.Failure = Reject, failure }},
		{rejecting, HeldUp{At: noon, Failure: failure}, line(OnHeldUp, Sending, Sending), func(h *Entry) { h.Verdict, h.Failure = Reject, failure }},
		{rejecting, Confirmed{At: noon, Verdict: Reject}, line(OnRejectionConfirmed, Sending, Rejected), func(h *Entry) {
			h.Verdict, h.Reason, h.Status, h.Round = Reject, Other, StatusRejectCancelled, 4
		}},
		{pending, PostLost{At: noon, TS: pending.Card.TS, Failure: failure}, line(OnCardLost, Pending, Pending), func(h *Entry) { h.Failure = failure }},
		{pending, CampaignChosen{Actor: by(member), At: noon, Campaign: "c1"}, line(OnCampaignChosen, Pending, Pending), func(h *Entry) { h.By, h.Campaign = by(member), "c1" }},
		{joined(pending), CampaignLeft{Actor: by(member), At: noon, Seen: "campaign-0"}, line(OnCampaignLeft, Pending, Pending), func(h *Entry) { h.By, h.Campaign = by(member), "campaign-0" }},
		{pending, OnItBegan{Actor: by(member), At: noon}, line(OnOnItBegan, Pending, Pending), func(h *Entry) { h.By = by(member) }},
		{pending, Assigned{Actor: by(member), At: noon, To: another}, line(OnAssigned, Pending, Pending), func(h *Entry) { h.By, h.Assigned = by(member), another }},
		{pending, Noted{Actor: by(member), At: noon, Text: "a note"}, line(OnNoted, Pending, Pending), func(h *Entry) { h.By, h.Text = by(member), "a note" }},
		{pending, StepDue{At: noon, Step: EscalationPolicy[1], Name: "24h", Before: 24 * time.Hour, Grouping: Grouped}, line(OnStepDue, Pending, Pending), func(h *Entry) {
			h.Deadline, h.Step, h.Grouped = ReviewDeadline, "24h", true
		}},
		{pending, MessageReceived{At: noon, Message: InboundMessage{Text: "hello"}}, line(OnMessageReceived, Pending, Pending), func(h *Entry) { h.Text = "hello" }},
		{pending, MessageUpdated{At: noon, What: OnMessageRefused, Text: "hello", Failure: failure}, line(OnMessageRefused, Pending, Pending), func(h *Entry) { h.Text, h.Failure = "hello", failure }},
		{
			pending, Decided{Actor: by(member), At: noon, Round: 3, Verdict: Reject, Reason: Other, Note: "a note", Message: "Sorry!"}, line(OnRejected, Pending, Queued),
			func(h *Entry) {
				h.By, h.Verdict, h.Reason, h.Text, h.Message, h.Round = by(member), Reject, Other, "a note", "Sorry!", 4
			},
		},
	} {
		c.with(&c.want)
		got, keep := entry(c.a, next(t, c.a, c.e), c.e)
		require.Equal(t, c.want, got)
		require.True(t, keep)
	}
	bare := applicationIn(Shipped)
	bare.Card = Card{}
	called := CardRequested{Actor: by(member), At: noon}
	got, _ := entry(bare, next(t, bare, called), called)
	require.Equal(t, by(member), got.By)
	for _, e := range []Event{PostShown{TS: "2.0"}, StepDue{Grouping: PassedOver}, OriginFound{Collab: Collab{Known: true}}} {
		_, keep := entry(bare, next(t, bare, e), e)
		require.False(t, keep, "nobody has to be told of %q", e.Kind())
	}
}

func TestARefusalNamesItsRuleAndWhatItIsAbout(t *testing.T) {
	require.EqualError(t, Refusal{Rule: RuleState, Application: applicationIn(Expired)}, "refused: state ("+sample.String()+" is expired)")
	require.EqualError(t, Refusal{Rule: RuleNameTaken, Name: "Winter"}, `refused: name taken ("Winter")`)
}

// TestWhatIsStoredKeepsItsForm holds the JSON of all that a store keeps: a file of an earlier version has to open, so a
// line of the golden file may be added, and none may change.
func TestWhatIsStoredKeepsItsForm(t *testing.T) {
	stored := map[string]any{}
	for _, value := range []any{
		&Application{}, &Campaign{}, &Conversation{}, &DeadLetter{}, &Effect{}, &Entry{}, &Member{}, &Notice{}, &Product{}, &Run{}, &Shop{}, &Rules{}, &Listed{}, &Cost{},
	} {
		fill(reflect.ValueOf(value).Elem())
		stored[reflect.TypeOf(value).Elem().Name()] = value
	}
	got, err := json.MarshalIndent(stored, "", "  ")
	require.NoError(t, err)
	golden := filepath.Join("testdata", "stored.json")
	if *update {
		require.NoError(t, os.WriteFile(golden, append(got, '\n'), 0o600))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	require.JSONEq(t, string(want), string(got))

	earlier := map[string]json.RawMessage{}
	require.NoError(t, json.Unmarshal(want, &earlier))
	require.Len(t, earlier, len(stored))
	for name, value := range stored {
		opened := reflect.New(reflect.TypeOf(value).Elem()).Interface()
		require.NoError(t, json.Unmarshal(earlier[name], opened), name)
		require.Equal(t, value, opened, "what an earlier version stored of this has to open as it was")
	}
}

// fill puts something into every field that is stored, however deep.
func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString("text")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(1)
	case reflect.Uint8:
		v.SetUint(1)
	case reflect.Float64:
		v.SetFloat(1.25)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0))
	case reflect.Map:
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fill(key)
		fill(value)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(key, value)
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(noon))
			return
		}
		for i := range v.NumField() {
			if v.Type().Field(i).Tag.Get("json") != "-" {
				fill(v.Field(i))
			}
		}
	default:
		panic(fmt.Sprintf("there is no filling a %s yet", v.Type()))
	}
}

func TestAShortIDIsTheSameForEver(t *testing.T) {
	require.Equal(t, ShortID("P5VKP"), sample.Short())
	require.Equal(t, sample.Short(), sample.Short())
}

func TestAShortIDIsReadAsAPersonMayTypeIt(t *testing.T) {
	for typed, want := range map[string]ShortID{
		"7KQ2M": "7KQ2M", "7kq2m": "7KQ2M", "#7kq2m": "7KQ2M", "7kq-2m": "7KQ2M", "oIl00": "01100", "O1L0o": "01100",
	} {
		got, ok := ParseShort(typed)
		require.True(t, ok, typed)
		require.Equal(t, want, got)
	}
	for _, typed := range []string{"", "#", "7KQ2", "7KQ2MM", "7KQ2U", "7KQ 2", "é1234", "@glow", "\xff1234", "1729384756"} {
		_, ok := ParseShort(typed)
		require.False(t, ok, "%q", typed)
	}
}

func TestShortIDsHardlyEverMeet(t *testing.T) {
	seen, met := map[ShortID]bool{}, 0
	for i := range 5000 {
		id := Key{Shop: sample.Shop, ID: ApplicationID(strconv.Itoa(1729384756 + i))}.Short()
		require.Empty(t, strings.Trim(string(id), crockford))
		if seen[id] {
			met++
		}
		seen[id] = true
	}
	require.LessOrEqual(t, met, 3)
}

func TestApplicationsThatShareAShortIDAreListedTogether(t *testing.T) {
	by := map[ShortID]Key{}
	for i := 0; ; i++ {
		k := Key{Shop: sample.Shop, ID: ApplicationID(strconv.Itoa(i))}
		other, ok := by[k.Short()]
		if by[k.Short()] = k; !ok {
			continue
		}
		one, two := applicationIn(Pending), applicationIn(Pending)
		one.Key, two.Key = other, k
		require.Contains(t, one.Places(), Place{ShortOf(k.Short()), other.String()})
		require.Contains(t, two.Places(), Place{ShortOf(k.Short()), k.String()})
		return
	}
}
