package bot

import (
	"cmp"
	"context"
	"net/url"
	"regexp"
	"strings"
	"time"
	"unicode"

	"github.com/kyokomi/emoji/v2"

	"sampledesk/bot/access"
	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

const (
	// namesAsked bounds how many of the people named in a text Slack is asked about.
	namesAsked = 5

	// namesIn is how long that may take altogether.
	namesIn = 500 * time.Millisecond
)

// token is what Slack makes of mentions, links and dates in what people write.
var token = regexp.MustCompile(`<([^<>|]*)(?:\|([^<>]*))?>`)

var unescaper = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&")

// plainText writes what somebody wrote in Slack as they saw it: mentions and links by what they show. Nothing of it is markup
// then. People's names are asked of who.
func plainText(ctx context.Context, who *access.Access, text string) string {
	ctx, cancel := context.WithTimeout(ctx, namesIn)
	defer cancel()
	asked := 0
	return unescaper.Replace(token.ReplaceAllStringFunc(text, func(s string) string {
		parts := token.FindStringSubmatch(s)
		target, label := parts[1], parts[2]
		kind, rest := "", target
		if target != "" && strings.ContainsRune("@#!", rune(target[0])) {
			kind, rest = target[:1], target[1:]
		}
		switch {
		case kind == "@" && label != "":
			return "@" + strings.TrimPrefix(label, "@")
		case kind == "@":
			asked++
			return "@" + personName(ctx, who, workflow.PersonID(rest), asked <= namesAsked)
		case kind == "#":
			return "#" + cmp.Or(label, rest)
		case kind == "!" && strings.HasPrefix(rest, "date^"), kind == "!" && strings.HasPrefix(rest, "subteam^"):
			return cmp.Or(label, rest)
		case kind == "!":
			return "@" + rest
		default:
			return target // of a link the address tells more than what it shows
		}
	}))
}

// personName is what a person is called, or their id where Slack does not tell in time.
func personName(ctx context.Context, of *access.Access, who workflow.PersonID, ask bool) string {
	if !ask {
		return string(who)
	}
	user, err := of.Account(ctx, who)
	if err != nil {
		return string(who)
	}
	return cmp.Or(user.Profile.DisplayName, user.RealName, string(who))
}

// cutWord parts the first word, plain and in lower case, from the rest.
func cutWord(text string) (word, rest string) {
	text = strings.TrimSpace(text)
	i := strings.IndexFunc(text, unicode.IsSpace)
	if i < 0 {
		return strings.ToLower(workflow.Plain(text)), ""
	}
	return strings.ToLower(workflow.Plain(text[:i])), strings.TrimSpace(text[i:])
}

var (
	cardLink    = regexp.MustCompile(`/archives/([A-Z0-9]{1,40})/p([0-9]{10})([0-9]{6})`)
	messageTime = regexp.MustCompile(`^[0-9]{10}\.[0-9]{6}$`)
	profileLink = regexp.MustCompile(`(?i)tiktok\.com/@([A-Za-z0-9._]{1,40})`)
)

// searchTerm reads what was typed, forgivingly: an id, a short id, a user name with or without "@", a link to a card or
// anything in its thread, or the address of a creator's page; wrapped as Slack wraps links, or in quotation marks.
func searchTerm(typed string) query.SearchTerm {
	typed = strings.Trim(workflow.Plain(typed), "`\"',;")
	if inside, ok := strings.CutPrefix(typed, "<"); ok && strings.HasSuffix(inside, ">") {
		typed, _, _ = strings.Cut(strings.TrimSuffix(inside, ">"), "|")
	}
	if m := cardLink.FindStringSubmatch(typed); m != nil {
		term := query.SearchTerm{Channel: m[1], TS: m[2] + "." + m[3]}
		if u, err := url.Parse(typed); err == nil && messageTime.MatchString(u.Query().Get("thread_ts")) {
			term.TS = u.Query().Get("thread_ts") // a link to something in the card's thread
		}
		return term
	}
	if m := profileLink.FindStringSubmatch(typed); m != nil {
		return query.SearchTerm{Word: m[1], Name: true}
	}
	word, name := strings.CutPrefix(typed, "@")
	return query.SearchTerm{Word: word, Name: name}
}

// cutTerm parts what names a request from what follows it. "request 7KQ2M" is one name.
func cutTerm(text string) (typed, rest string) {
	typed, rest = cutField(text)
	if strings.EqualFold(workflow.Plain(typed), "request") && rest != "" {
		typed, rest = cutField(rest)
	}
	return typed, rest
}

// cutField parts the first word from the rest.
func cutField(text string) (word, rest string) {
	fields := strings.Fields(text)
	if len(fields) == 0 {
		return "", ""
	}
	return fields[0], strings.Join(fields[1:], " ")
}

// noteOf is what is kept of a text that may be empty. The fields hold no more than may be kept, of a note or of a message.
func noteOf(typed string) string {
	text, err := workflow.NoteText(typed, max(workflow.MaxNote, workflow.MaxMessage))
	if err != nil {
		return ""
	}
	return text
}

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
