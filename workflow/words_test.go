package workflow

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

func TestWordsForgiveCaseAccentsWidthAndSigns(t *testing.T) {
	for text, want := range map[string]string{
		"Desk Corner":                       "desk corner",
		"glow.daily_uk-2":                   "glow daily uk 2",
		"CAFÉ Crème, 30 ml":                 "cafe creme 30 ml",
		"Ｇｌｏｗ Ｄａｉｌｙ":                        "glow daily",
		"𝓰𝓵𝓸𝔀 ✨ daily 👩\u200d🍳":             "glow daily",
		"Привет МИР":                        "привет мир",
		"نور الدّين":                        "نور الدين",
		"Straße İstanbul":                   "straße istanbul",
		"한국 카페":                             "한국 카페",
		"glow Glow GLOW":                    "glow",
		" \u3164 ✨ ... ":                    "",
		"a b c d e f g h i j k l m n o p q": "a b c d e f g h i j k l",
	} {
		require.Equal(t, want, strings.Join(Words(text), " "), text)
		require.Equal(t, Words(text), Words(strings.Join(Words(text), " ")), "the same as often as it is done")
	}
	for _, word := range Words(strings.Repeat("猫", 100)) {
		require.True(t, utf8.ValidString(word) && len(word) <= maxWord)
	}
}

func TestEachWordTypedBeginsAWordOfNameHandleOrProduct(t *testing.T) {
	a := Application{Snapshot: Snapshot{
		Creator: Creator{Nickname: "Desk Corner", Username: "desk.setups_uk"}, Product: Product{Title: "Glow Serum, 30 ml", Variant: "Rosé"},
	}}
	for typed, found := range map[string]bool{
		"desk": true, "DESK cor": true, "corner desk": true, "setups": true, "uk glow": true, "serum 30": true, "rose desk": true,
		"esk": false, "desk lamp": false, "corners": false, "": false, "...": false,
	} {
		require.Equal(t, found, a.FoundBy(Words(typed)), typed)
	}
}
