package picture

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

func lettersFor(t testing.TB) *letters {
	t.Helper()
	l, err := newLetters()
	require.NoError(t, err)
	return l
}

func TestTextIsMadeLegible(t *testing.T) {
	l := lettersFor(t)
	for given, want := range map[string]string{
		"Glow daily":             "Glow daily",
		"  Glow \n\t daily ":     "Glow daily",
		"Bộ sưu tập mùa thu":     "Bộ sưu tập mùa thu",
		"Bo\u0323\u0302":         "Bộ",
		"Glow 漢字 daily":          "Glow · daily",
		"👩\u200d🍳👩\u200d🍳":       "·",
		"𝓰𝓵𝓸𝔀 ＠ｄａｉｌｙ":            "glow @daily",
		"\u202eglow\u0000":       "glow",
		"gla\u033e\u033f\u0350w": "glaw",
		"\xffglow":               "glow",
		"שָׁלוֹם":                "שלום",
		"":                       "",
	} {
		require.Equal(t, want, l.legible(given), "%q", given)
	}
}

func TestALongNameIsCutWithAnEllipsisAndFillsItsPlace(t *testing.T) {
	l := lettersFor(t)
	name := strings.Repeat("kitchen finds ", 20)
	for _, room := range []int{40, 100, 400, inner} {
		short := l.fit(l.body, name, room)
		require.LessOrEqual(t, width(l.body, short), room)
		require.Greater(t, width(l.body, short), room-2*bodySize)
		require.True(t, strings.HasSuffix(short, ellipsis))
	}
	require.Equal(t, "kitchen", l.fit(l.body, "kitchen", inner))
	require.Empty(t, l.fit(l.body, name, 1))
}

func TestWhatIsReadFromTheRightIsDrawnInTheOrderOfTheEye(t *testing.T) {
	for given, want := range map[string]string{
		"glow":           "glow",
		"אבג":            "גבא",
		"glow אבג daily": "glow גבא daily",
		"אבג 123 דהו":    "והד 123 גבא",
		"glow אבג 123":   "glow 123 גבא",
		"אבג glow":       "glow גבא",
		"אבג (דהו)":      "(והד) גבא",
	} {
		require.Equal(t, want, visual(given), "%q", given)
	}
}

func TestNumbersAreShortAndGrouped(t *testing.T) {
	for given, want := range map[float64]string{
		0: "0", 7: "7", 9999: "9,999", 10_000: "10k", 12_345: "12.3k", 999_499: "999k", 999_500: "1M", 4_500_000: "4.5M", 1e9: "1B",
		MaxValue: "1000T", 0.5: "0.5", 0.12345: "0.123", 2.5: "2.5",
	} {
		require.Equal(t, want, short(given))
	}
	require.Equal(t, []string{"0", "999", "1,000", "12,345,678", "-1,000", "-100"},
		[]string{grouped(0), grouped(999), grouped(1000), grouped(12_345_678), grouped(-1000), grouped(-100)})
}

func TestAScaleHasFewRoundSteps(t *testing.T) {
	for _, most := range []float64{1, 2, 3, 7, 10, 31, 99, 100, 442, 12_345, MaxValue} {
		s := newScale(most, true)
		require.GreaterOrEqual(t, s.top, most)
		require.GreaterOrEqual(t, s.step, 1.0)
		require.LessOrEqual(t, len(s.lines()), 6, "%g", most)
		require.LessOrEqual(t, s.height(most), plotHeight)
	}
	require.Equal(t, scale{top: 1, step: 1}, newScale(0, true))
	require.Equal(t, scale{top: 0.5, step: 0.2}.step, newScale(0.5, false).step)
}

// FuzzAnyTextFitsItsPlace: whatever comes, the line is valid, within its place, and made of what the font has.
func FuzzAnyTextFitsItsPlace(f *testing.F) {
	for _, s := range append(hostile, "אבג [glow (דהו] 12)", "a\u0600١٢٣ب", "((((אאא))))") {
		f.Add(s, 300)
	}
	l := lettersFor(f)
	f.Fuzz(func(t *testing.T, s string, room int) {
		room = max(0, min(room, inner))
		line := l.fit(l.body, s, room)
		require.True(t, utf8.ValidString(line))
		require.LessOrEqual(t, width(l.body, line), room)
		for _, r := range line {
			require.True(t, l.has(r), "%q", r)
		}
	})
}
