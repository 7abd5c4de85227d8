package bot

import (
	"cmp"
	"context"
	"regexp"
	"strings"
	"time"

	"sampledesk/workflow"
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
// then.
func (d *Desk) plainText(ctx context.Context, text string) string {
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
			return "@" + d.personName(ctx, workflow.PersonID(rest), asked <= namesAsked)
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
func (d *Desk) personName(ctx context.Context, who workflow.PersonID, ask bool) string {
	if !ask {
		return string(who)
	}
	user, err := d.access.Account(ctx, who)
	if err != nil {
		return string(who)
	}
	return cmp.Or(user.Profile.DisplayName, user.RealName, string(who))
}
