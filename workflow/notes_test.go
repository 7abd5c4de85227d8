package workflow

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestANoteIsWhatWasTypedWithoutItsTricks(t *testing.T) {
	for typed, want := range map[string]string{
		"asked before":                "asked before",
		"  two\r\nlines\t\n":          "two\nlines",
		"turned \u202eback\u2069":     "turned back",
		"zero\x00 and \x1b[31m":       "zero and [31m",
		"bad \xff bytes":              "bad  bytes",
		"<!channel> *stays*":          "<!channel> *stays*", // what it would mean in Slack is the view's to undo
		"👩\u200d🎨":                    "👩\u200d🎨",
		strings.Repeat("é", MaxNote):  strings.Repeat("é", MaxNote),
		strings.Repeat("\n", 9) + "x": "x",
	} {
		got, err := NoteText(typed, MaxNote)
		require.NoError(t, err, "%q", typed)
		require.Equal(t, want, got)
		again, err := NoteText(got, MaxNote)
		require.NoError(t, err)
		require.Equal(t, got, again)
	}
	for _, typed := range []string{"", " \n\t", "\u200b\u2800", "\u202e", "\xff", "\x00"} {
		_, err := NoteText(typed, MaxNote)
		require.Equal(t, Refusal{Rule: RuleEmptyNote}, err, "%q", typed)
	}
	_, err := NoteText(strings.Repeat("é", MaxNote+1), MaxNote)
	require.Equal(t, Refusal{Rule: RuleTooLong}, err)
}

func FuzzNoteText(f *testing.F) {
	for _, s := range []string{"", "a\r\nb", "\u202e\xff\x00", "\u2800"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		text, err := NoteText(typed, MaxNote)
		if err != nil {
			require.ErrorAs(t, err, new(Refusal))
			return
		}
		require.NotEmpty(t, text)
		again, err := NoteText(text, MaxNote)
		require.NoError(t, err)
		require.Equal(t, text, again, "clean is clean")
	})
}

func TestWhoIsOnItStandsOnTheCardUntilItEndsOrSomebodyDecides(t *testing.T) {
	a := after(t, applicationIn(Pending), OnItBegan{Actor: by(member), At: noon})
	require.Equal(t, OnIt{By: member, At: noon}, a.OnIt)
	noNews(t, a, OnItBegan{Actor: by(member), At: noon.Add(time.Hour)})
	a = after(t, a, OnItBegan{Actor: by(another), At: noon.Add(time.Minute)})
	require.Equal(t, another, a.OnIt.By, "the latest counts")
	require.Zero(t, after(t, a, OnItEnded{Actor: by(member), At: noon}).OnIt, "it binds nobody")
	require.Zero(t, after(t, a, approval(a, noon)).OnIt)
	require.Zero(t, after(t, a, report(a, StatusWithdrawn, noon)).OnIt)
	noNews(t, applicationIn(Pending), OnItEnded{Actor: by(member), At: noon})
	for _, s := range States {
		a := applicationIn(s)
		switch {
		case s == Unseen:
			require.Equal(t, RuleNoApplication, refusedBy(t, a, OnItBegan{Actor: by(member), At: noon}))
		case !a.Decidable():
			require.Equal(t, RuleState, refusedBy(t, a, OnItBegan{Actor: by(member), At: noon}), "there is nothing to look at in %q", s)
		}
	}
}

func TestANoteIsToldInTheThreadUnlessItStandsThere(t *testing.T) {
	n := next(t, applicationIn(Shipped), Noted{Actor: by(member), At: noon, Text: " asked before "})
	require.Equal(t, []Payload{{Kind: KindNote, State: Shipped, By: member, At: noon, Text: "asked before"}}, said(n))
	n = next(t, applicationIn(Shipped), Noted{Actor: by(member), At: noon, Text: "asked before", Quiet: true})
	require.True(t, n.Changed, "it is in the history")
	require.Empty(t, n.Effects)
	bare := applicationIn(Shipped)
	bare.Card = Card{}
	n = next(t, bare, Noted{Actor: by(member), At: noon, Text: "asked before"})
	require.Equal(t, []EffectKind{ShowCard, Reply}, kinds(n), "it calls for a card to be told under")
	require.Equal(t, RuleEmptyNote, refusedBy(t, applicationIn(Pending), Noted{Actor: by(member), At: noon, Text: " "}))
	require.Equal(t, RuleTooLong, refusedBy(t, applicationIn(Pending), Noted{Actor: by(member), At: noon, Text: strings.Repeat("x", MaxNote+1)}))
	require.Equal(t, RuleNoApplication, refusedBy(t, applicationIn(Unseen), Noted{Actor: by(member), At: noon, Text: "x"}))
}
