package view

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
)

func welcomeFacts(page int) WelcomeFacts {
	return WelcomeFacts{At: noon, Shop: workflow.Shop{ID: "1", Name: "Glow Shop"}, Groups: map[workflow.GroupID]string{"S0REVIEW01": "Sample reviewers"}, Meta: WelcomeMeta{
		Shop: "1", Page: page, Settings: workflow.Settings{
			Version: 2, Channel: "C0SAMPLES1", Reviewers: []workflow.PersonID{reviewer}, Groups: []workflow.GroupID{"S0REVIEW01"},
			Morning: "07:30", Zone: "Europe/Berlin",
		},
	}}
}

func TestEachPageOfTheWelcomeLooksAsItsGoldenFile(t *testing.T) {
	for page := 1; page <= WelcomePages; page++ {
		name := fmt.Sprintf("welcome_%d", page)
		t.Run(name, func(t *testing.T) {
			m := WelcomeModal(welcomeFacts(page))
			lintModal(t, m)
			compare(t, name, pretty(t, m))
		})
	}
}

func TestTheWelcomesPanelAndEndLookAsTheirGoldenFiles(t *testing.T) {
	panel := welcomePanel(workflow.Shop{ID: "7495540735365777507", Name: "Glow Shop"})
	requireGolden(t, "welcome_panel", Message{Text: "the panel", Blocks: panel})
	s := workflow.Shop{Name: "Glow Shop", Settings: otherSettings()}
	lintClosing(t, WelcomeDone(s))
	compare(t, "welcome_done", pretty(t, WelcomeDone(s)))
}

func TestTheWelcomeStandsAnyNamesAndAnyCrowd(t *testing.T) {
	bad := workflow.Shop{ID: workflow.ShopID(strings.Repeat("7", 300)), Name: strings.Repeat(hostile, 9), Settings: crowd(otherSettings())}
	lint(t, Message{Text: "x", Blocks: welcomePanel(bad)})
	lintClosing(t, WelcomeDone(bad))
	for page := 1; page <= WelcomePages; page++ {
		f := welcomeFacts(page)
		f.Shop, f.Meta.Reviewers, f.Meta.Groups = bad, bad.Settings.Reviewers[:maxWelcomed], bad.Settings.Groups[:maxGroups]
		m := WelcomeModal(f)
		lintModal(t, m)
		require.LessOrEqual(t, utf8.RuneCountInString(m.PrivateMetadata), 3000)
	}
}

func TestWhatTheWelcomeHoldsSurvivesItsJourney(t *testing.T) {
	want := welcomeFacts(2).Meta
	got, err := ParseWelcomeMeta(want.Encode())
	require.NoError(t, err)
	require.Equal(t, want, got)
	for _, bad := range []string{"", "{}", `{"shop":"1"}`, `{"shop":"1","page":4}`, `{"page":1}`} {
		_, err := ParseWelcomeMeta(bad)
		require.Error(t, err, bad)
	}
}
