package engine_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
)

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
