package bot

import (
	"regexp"
	"strings"

	"github.com/kyokomi/emoji/v2"
)

// emojiCode is how Slack writes an emoji that a person types or picks, in a skin tone or in none.
var emojiCode = regexp.MustCompile(`:([a-z0-9_+'-]+):(?::skin-tone-([2-6]):)?`)

// flagCode is Slack's code for the flag of a country, by the two letters of ISO 3166.
var flagCode = regexp.MustCompile(`^flag-([a-z])([a-z])$`)

// withEmoji puts the emoji in place of their codes, in what is written to creators: only in Slack are the codes drawn. The
// names are those of the library's data, which has Slack's; what is not among them, such as a workspace's own, stays as it
// was typed.
func withEmoji(text string) string {
	return emojiCode.ReplaceAllStringFunc(text, func(code string) string {
		parts := emojiCode.FindStringSubmatch(code)
		name, tone := parts[1], parts[2]
		drawn := strings.TrimSpace(emoji.CodeMap()[":"+name+":"])
		if drawn == "" {
			if f := flagCode.FindStringSubmatch(name); f != nil {
				drawn = string([]rune{regional(f[1]), regional(f[2])})
			}
		}
		switch {
		case drawn == "":
			return code
		case tone == "":
			return drawn
		default:
			return toned(drawn, 0x1f3fb+rune(tone[0]-'2'))
		}
	})
}

// regional returns the letter that flags are spelled with.
func regional(letter string) rune { return 0x1f1e6 + rune(letter[0]-'a') }

// toned puts a skin tone behind the first character, where Unicode has it, in place of a selector of its looks. One that
// is not drawn in tones stays as it is.
func toned(drawn string, tone rune) string {
	runes := []rune(drawn)
	rest := runes[1:]
	if len(rest) > 0 && rest[0] == '\ufe0f' {
		rest = rest[1:]
	}
	if one := string([]rune{runes[0], tone}); len(emoji.RevCodeMap()[one]) > 0 {
		return one + string(rest)
	}
	return drawn
}
