package bot

import (
	"context"
	"regexp"
	"strings"
	"time"

	"sampledesk/bot/access"
	"sampledesk/bot/view"
	"sampledesk/workflow"
	"sampledesk/workflow/engine"
	"sampledesk/workflow/query"
)

// assigner gives requests to people.
type assigner struct {
	engine   *engine.Engine
	access   *access.Access
	defaults query.Defaults
}

// errCannotTake tells that somebody cannot decide on a request, and so not take it on.
type errCannotTake struct {
	who workflow.PersonID
	why view.Denial
}

func (e errCannotTake) Error() string { return "cannot take a request on: " + string(e.why) }

// assign puts somebody's name on a request. Whoever gets it from another has to be able to decide on it; the error is an
// errCannotTake then, or a Refusal.
func (d assigner) assign(ctx context.Context, k workflow.Key, by workflow.Actor, shop workflow.Shop, to workflow.PersonID) (workflow.Application, error) {
	if to == by.Person {
		return d.engine.Apply(ctx, k, workflow.OnItBegan{Actor: by, At: time.Now()})
	}
	if err := d.access.May(ctx, to, shop, access.Reviewer); err != nil {
		return workflow.Application{}, errCannotTake{to, access.DenialOf(err)}
	}
	return d.engine.Apply(ctx, k, workflow.Assigned{Actor: by, At: time.Now(), To: to})
}

var (
	mentionedPerson = regexp.MustCompile(`^<@([UW][A-Z0-9]+)(?:\|[^<>]*)?>$`)
	personID        = regexp.MustCompile(`^@?([UW][A-Z0-9]{7,})$`)
)

// who returns the one person that something typed names: a mention, a user id, or a name among the members of the shop's
// channel. It is empty where that is nobody, or several.
func (d assigner) who(ctx context.Context, shop workflow.Shop, typed string) (workflow.PersonID, error) {
	typed = strings.TrimSpace(typed)
	if m := mentionedPerson.FindStringSubmatch(typed); m != nil {
		return workflow.PersonID(m[1]), nil
	}
	if m := personID.FindStringSubmatch(typed); m != nil {
		return workflow.PersonID(m[1]), nil
	}
	if typed = strings.TrimPrefix(typed, "@"); typed == "" {
		return "", nil
	}
	found, err := d.access.Named(ctx, d.defaults.ChannelOf(shop), typed)
	if err != nil || len(found) != 1 {
		return "", err
	}
	return found[0], nil
}

// cutPerson parts a colleague, at the end of what was typed, from what names the request: a mention, a user id, or a name
// behind an @. A creator's handle alone is no colleague.
func cutPerson(text string) (term, colleague string) {
	text = strings.TrimSpace(text)
	if i := strings.LastIndex(text, "<@"); i > 0 {
		return strings.TrimSpace(text[:i]), text[i:]
	}
	if i := strings.LastIndex(text, " @"); i > 0 {
		return strings.TrimSpace(text[:i]), strings.TrimSpace(text[i:])
	}
	if i := strings.LastIndex(text, " "); i > 0 && personID.MatchString(text[i+1:]) && !strings.EqualFold(text[:i], "request") {
		return strings.TrimSpace(text[:i]), text[i+1:]
	}
	return text, ""
}
