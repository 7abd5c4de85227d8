package bot

import (
	"net/url"
	"regexp"
	"strings"
	"time"

	"sampledesk/bot/view"
	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

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

// nearName finds the user name that may have been meant, among those who wait and who came lately.
func nearName(tx workflow.Tx, shops []workflow.Shop, typed string) (string, error) {
	term := searchTerm(typed)
	if term.Word == "" {
		return "", nil
	}
	names, err := query.RecentNames(tx, shops, time.Now())
	near, _ := view.NearestName(term.Word, names)
	return near, err
}
