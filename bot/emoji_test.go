package bot

import (
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

func TestCodesOfEmojiGoToCreatorsAsEmoji(t *testing.T) {
	for typed, want := range map[string]string{
		"Thank you :heart:":                   "Thank you ❤️",
		":thumbsup::skin-tone-3:":             "👍🏼",
		":+1::skin-tone-6: :tada:":            "👍🏿 🎉",
		":wave::skin-tone-2:hi":               "👋🏻hi",
		":heart::skin-tone-3:":                "❤️",
		":slightly_smiling_face:":             "🙂",
		":flag-de: :flag-us:":                 "🇩🇪 🇺🇸",
		":our_own_logo: stays":                ":our_own_logo: stays",
		"at 10:30:45, see https://x:8080/a:b": "at 10:30:45, see https://x:8080/a:b",
		"snssdk1180://ec/a?b=c:d&e":           "snssdk1180://ec/a?b=c:d&e",
		"❤️ as it is":                         "❤️ as it is",
	} {
		require.Equal(t, want, withEmoji(typed))
	}
}

func FuzzWithEmoji(f *testing.F) {
	f.Add(":heart::skin-tone-3:")
	f.Add(":flag-zz::")
	f.Fuzz(func(t *testing.T, s string) {
		if got := withEmoji(s); utf8.ValidString(s) {
			require.True(t, utf8.ValidString(got))
		}
	})
}
