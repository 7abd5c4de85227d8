package bot

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"sampledesk/bot/view"
	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

const (
	// maxFound bounds how many requests of one creator an answer reads.
	maxFound = 500

	// maxNear bounds how many requests of a shop are read for a name that may have been meant.
	maxNear = 300

	// nearSince is how long ago a request may have come to be offered then.
	nearSince = 30 * 24 * time.Hour
)

// clue is what a person gave to find requests by.
type clue struct {
	channel, ts string // of a card, by its link
	word        string // an id, a short id, or a user name
	name        bool   // it is a user name for certain
}

var (
	cardLink    = regexp.MustCompile(`/archives/([A-Z0-9]{1,40})/p([0-9]{10})([0-9]{6})`)
	messageTime = regexp.MustCompile(`^[0-9]{10}\.[0-9]{6}$`)
	profileLink = regexp.MustCompile(`(?i)tiktok\.com/@([A-Za-z0-9._]{1,40})`)
)

// readClue reads what was typed, forgivingly: an id, a short id, a user name with or without "@", a link to a card or
// anything in its thread, or the address of a creator's page; wrapped as Slack wraps links, or in quotation marks.
func readClue(typed string) clue {
	typed = strings.Trim(strings.TrimSpace(typed), "`\"'“”‘’,;")
	if inside, ok := strings.CutPrefix(typed, "<"); ok && strings.HasSuffix(inside, ">") {
		typed, _, _ = strings.Cut(strings.TrimSuffix(inside, ">"), "|")
	}
	if m := cardLink.FindStringSubmatch(typed); m != nil {
		c := clue{channel: m[1], ts: m[2] + "." + m[3]}
		if u, err := url.Parse(typed); err == nil && messageTime.MatchString(u.Query().Get("thread_ts")) {
			c.ts = u.Query().Get("thread_ts") // a link to something in the card's thread
		}
		return c
	}
	if m := profileLink.FindStringSubmatch(typed); m != nil {
		return clue{word: m[1], name: true}
	}
	word, name := strings.CutPrefix(typed, "@")
	return clue{word: word, name: name}
}

// cutClue parts what names a request from what follows it. "request 7KQ2M" is one name.
func cutClue(text string) (typed, rest string) {
	typed, rest = cutField(text)
	if strings.EqualFold(typed, "request") && rest != "" {
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

// find looks for the requests of the shops that something typed names, the latest first.
func find(tx workflow.Tx, shops []workflow.Shop, typed string) (found []workflow.Application, err error) {
	c := readClue(typed)
	switch {
	case c.ts != "":
		found, err = listed(tx, shops, workflow.ThreadOf(c.channel, c.ts))
	case !c.name:
		found, err = numbered(tx, shops, c.word)
	}
	if err != nil || len(found) > 0 || c.word == "" {
		return found, err
	}
	for _, s := range shops {
		own, err := listed(tx, shops, workflow.UsernameOf(s.ID, c.word))
		if err != nil {
			return nil, err
		}
		found = append(found, own...)
	}
	slices.SortStableFunc(found, func(a, b workflow.Application) int { return b.SeenAt.Compare(a.SeenAt) })
	return found, nil
}

// numbered finds requests by id or by short id.
func numbered(tx workflow.Tx, shops []workflow.Shop, typed string) (found []workflow.Application, err error) {
	id := strings.TrimPrefix(typed, "#")
	for _, s := range shops {
		a, err := tx.Application(workflow.Key{Shop: s.ID, ID: workflow.ApplicationID(id)})
		if err == nil {
			found = append(found, a)
		} else if query.UnlessMissing(err) != nil {
			return nil, err
		}
	}
	if short, ok := workflow.ParseShort(typed); ok && len(found) == 0 {
		return listed(tx, shops, workflow.ShortOf(short))
	}
	return found, nil
}

// listed reads a listing, and leaves out what is of other shops.
func listed(tx workflow.Tx, shops []workflow.Shop, l workflow.Listing) ([]workflow.Application, error) {
	page, err := tx.Applications(l, "", maxFound)
	return slices.DeleteFunc(page.Applications, func(a workflow.Application) bool {
		return !query.Holds(shops, a.Key.Shop)
	}), err
}

// nearName finds the user name that may have been meant, among those who wait and who came lately.
func nearName(tx workflow.Tx, shops []workflow.Shop, typed string) (string, error) {
	c := readClue(typed)
	if c.word == "" {
		return "", nil
	}
	known, err := recent(tx, shops)
	if err != nil {
		return "", err
	}
	var names []string
	for _, a := range known {
		names = append(names, a.Report.Creator.Username)
	}
	slices.Sort(names)
	near, _ := view.NearestName(c.word, slices.Compact(names))
	return near, nil
}

// recent reads the requests that people most likely mean: those that wait, soonest deadline first, and those that came
// lately.
func recent(tx workflow.Tx, shops []workflow.Shop) (all []workflow.Application, err error) {
	since := workflow.SeenSince(time.Now().Add(-nearSince))
	for _, s := range shops {
		waiting, err := tx.Applications(workflow.QueueOf(s.ID), "", maxNear)
		if err != nil {
			return nil, err
		}
		seen, err := tx.Applications(workflow.SeenOf(s.ID), since, maxNear)
		if err != nil {
			return nil, err
		}
		all = append(append(all, waiting.Applications...), seen.Applications...)
	}
	return all, nil
}
