package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"reflect"
	"regexp"
	"strings"
	"time"
	"unicode"

	"github.com/alecthomas/kong"
	"github.com/robfig/cron/v3"

	"sampledesk/affiliate/bridge"
	"sampledesk/store"
	"sampledesk/webhook"
)

// problem is a variable whose value cannot be worked with, and what the matter is. It never repeats a secret.
type problem struct{ variable, says string }

// problems are what is wrong with a configuration. As an error they are one of usage.
type problems []problem

// find notes what is wrong with a variable; nil is nothing.
func (p *problems) find(variable string, err error) {
	if err != nil {
		*p = append(*p, problem{variable, err.Error()})
	}
}

// err returns the problems as one error, or nil where there are none.
func (p problems) err() error {
	var all []string
	for _, one := range p {
		all = append(all, one.variable+": "+one.says)
	}
	if len(all) == 0 {
		return nil
	}
	return usageError{errors.New(strings.Join(all, "\nsampledesk: "))}
}

// unwrapped takes off what surrounds a value that was copied with too much: blanks, newlines and quotes.
func unwrapped(s string) string {
	return strings.TrimFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.In(r, unicode.Cf) || strings.ContainsRune("\"'`“”‘’„", r)
	})
}

// reading are how values are read, from flags and from the environment alike. One that is set to nothing is not set.
func reading() []kong.Option {
	text := kong.MapperFunc(func(ctx *kong.DecodeContext, target reflect.Value) error {
		var s string
		if err := ctx.Scan.PopValueInto("string", &s); err != nil {
			return err
		}
		target.SetString(cmp.Or(unwrapped(s), ctx.Value.Default))
		return nil
	})
	duration := kong.MapperFunc(func(ctx *kong.DecodeContext, target reflect.Value) error {
		var s string
		if err := ctx.Scan.PopValueInto("duration", &s); err != nil {
			return err
		}
		d, err := time.ParseDuration(cmp.Or(unwrapped(s), ctx.Value.Default))
		if err != nil {
			return fmt.Errorf("%q is no length of time: a number with its unit, such as 10s or 2m", unwrapped(s))
		}
		target.SetInt(int64(d))
		return nil
	})
	return []kong.Option{kong.KindMapper(reflect.String, text), kong.TypeMapper(reflect.TypeFor[time.Duration](), duration)}
}

// named adds to kong's words on a flag the variable that it may have come from.
func named(model *kong.Application, err error) string {
	says := err.Error()
	for _, group := range append([]*kong.Node{model.Node}, model.Children...) {
		for _, flag := range group.Flags {
			if len(flag.Envs) > 0 && regexp.MustCompile(`--`+flag.Name+`\b[^-]`).MatchString(says+" ") {
				return fmt.Sprintf("%s (%s)", says, flag.Envs[0])
			}
		}
	}
	return says
}

// examine looks at what the flags and variables of Slack say.
func (f *slackFlags) examine(found *problems) {
	found.find("SLACK_BOT_TOKEN", token(string(f.SlackBotToken)))
	found.find("SLACK_APP_TOKEN", token(string(f.SlackAppToken)))
	found.find("SLACK_SIGNING_SECRET", token(string(f.SlackSigningSecret)))
	found.find("SLACK_API_URL", webAddress(f.SlackAPIURL, true, false))
	if f.SlackChannel != "" && !slackID.MatchString(f.SlackChannel) {
		found.find("SLACK_CHANNEL", fmt.Errorf("%q is no channel's id: it is like C0123456789, and stands at the very bottom of the channel's details in Slack", f.SlackChannel))
	}
	for _, id := range admins(f.SlackAdmins) {
		if !slackID.MatchString(string(id)) {
			found.find("SLACK_ADMINS", fmt.Errorf("%q is no user's id: it is like U0123456789, and stands in the person's profile in Slack", id))
		}
	}
}

// slackID is how Slack writes the ids of channels and people.
var slackID = regexp.MustCompile(`^[A-Z][A-Z0-9]+$`)

// examine looks at what the flags and variables of TikTok say.
func (f *tiktokFlags) examine(found *problems) {
	found.find("TIKTOK_APP_KEY", token(f.TiktokAppKey))
	found.find("TIKTOK_APP_SECRET", token(string(f.TiktokAppSecret)))
	found.find("TIKTOK_REFRESH_TOKEN", token(string(f.TiktokRefreshToken)))
	found.find("TIKTOK_API_URL", webAddress(f.TiktokAPIURL, false, false))
	found.find("TIKTOK_AUTH_URL", webAddress(f.TiktokAuthURL, false, false))
}

// maxUndo is the longest time to undo that flag and environment take. Scripts set more than people do in the dialog,
// which has a bound of its own.
const maxUndo = 24 * time.Hour

// examine looks at how the desk is to run, and returns when it is to look at TikTok.
func (f *deskFlags) examine(found *problems) (when schedules) {
	var err error
	when.sweep, err = parseSchedule(f.Sync)
	found.find("SAMPLEDESK_SYNC", err)
	when.messages, err = parseSchedule(f.SyncMessages)
	found.find("SAMPLEDESK_SYNC_MESSAGES", err)
	when.content, err = parseSchedule(f.SyncContent)
	found.find("SAMPLEDESK_SYNC_CONTENT", err)
	if f.Undo < 0 || f.Undo > maxUndo {
		found.find("SAMPLEDESK_UNDO", fmt.Errorf("%s is not between 0s and %s", f.Undo, maxUndo))
	}
	if f.Backup != "" {
		when.backup, err = parseBackup(f.Backup)
		found.find("SAMPLEDESK_BACKUP", err)
	}
	found.find("SAMPLEDESK_LISTEN", listens(f.Listen))
	_, err = webhook.ParseAllowed(f.WebhookAllow)
	found.find("SAMPLEDESK_WEBHOOK_ALLOW", err)
	return when
}

// examine looks at where the desk is to remember.
func (f *storeFlags) examine(found *problems) {
	found.find("SAMPLEDESK_STORE", store.Check(f.Store))
	if err := f.keyGiven(); err != nil {
		found.find("SAMPLEDESK_KEY", errors.New("it has to be set where the store is in PostgreSQL, the same on every desk"))
	}
	switch path, isFile := strings.CutPrefix(string(f.Key), "file:"); {
	case isFile && path == "":
		found.find("SAMPLEDESK_KEY", errors.New("file: names no file"))
	case !isFile && f.Key != "":
		if _, err := bridge.ParseKey(string(f.Key)); err != nil {
			found.find("SAMPLEDESK_KEY", fmt.Errorf("%w, or file:PATH", err))
		}
	}
}

// token looks at a secret or a key of a vendor's: those are of plain letters, digits and signs, so that whatever else is
// inside came there by copying. Empty is for required to tell.
func token(s string) error {
	for _, r := range s {
		switch {
		case unicode.IsSpace(r):
			return errors.New("there is a blank or a line break inside it; was it copied with something else?")
		case strings.ContainsRune("\"'`“”‘’„", r):
			return errors.New("there is a quote inside it; was it copied with something else?")
		case r > unicode.MaxASCII || unicode.IsControl(r):
			return errors.New("there is a character inside it that no token has; was it copied with something else?")
		}
	}
	return nil
}

// webAddress looks at an address. Whether a path may stand behind the host is the vendor's; of a base it ends in a slash, and
// of a page it is free.
func webAddress(s string, path, page bool) error {
	u, err := url.Parse(s)
	switch {
	case err != nil || strings.ContainsFunc(s, unicode.IsSpace):
		return errors.New("it is no address; that is like https://example.com")
	case u.Scheme != "https" && u.Scheme != "http":
		return errors.New("it begins with neither https:// nor http://")
	case u.Hostname() == "":
		return errors.New("it has no host")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.ForceQuery:
		return errors.New("nothing may stand before the host or behind the path")
	case !path && !page && u.Path != "" && u.Path != "/":
		return errors.New("only scheme and host are taken, as the signature covers the path")
	case path && !strings.HasSuffix(u.Path, "/"):
		return errors.New("it has to end in a slash")
	}
	return nil
}

// listens looks at an address to listen on.
func listens(s string) error {
	_, port, err := net.SplitHostPort(s)
	if err == nil {
		_, err = net.DefaultResolver.LookupPort(context.Background(), "tcp", port)
	}
	if err != nil || port == "" {
		return fmt.Errorf("%q is no address to listen on; that is like 127.0.0.1:8080, or :8080 for everybody", s)
	}
	return nil
}

// everyPattern is a schedule by a length of time, and zonePattern the time zone before any schedule.
var (
	everyPattern = regexp.MustCompile(`^@every\s+(\S+)$`)
	zonePattern  = regexp.MustCompile(`^(?:CRON_)?TZ=(\S*)(?:\s+(.*))?$`)
)

// parseSchedule reads a cron expression. It refuses what cron would panic at (a zone and nothing behind it), silently
// round (anything below a second, and fractions of one), or wait for until the end of days.
func parseSchedule(expression string) (cron.Schedule, error) {
	rest := strings.TrimSpace(expression)
	if m := zonePattern.FindStringSubmatch(rest); m != nil {
		if _, err := time.LoadLocation(m[1]); err != nil || m[1] == "" {
			return nil, fmt.Errorf("%q names no time zone; that is like TZ=Europe/Berlin", expression)
		}
		if rest = m[2]; rest == "" {
			return nil, fmt.Errorf("%q names a time zone and no time; that is like TZ=UTC 0 * * * *", expression)
		}
	}
	if m := everyPattern.FindStringSubmatch(rest); m != nil {
		every, err := time.ParseDuration(m[1])
		if err != nil || every < time.Second || every%time.Second != 0 {
			return nil, fmt.Errorf("%q has to be whole seconds, one at the least, such as @every 90s", expression)
		}
	}
	schedule, err := cron.ParseStandard(strings.TrimSpace(expression))
	if err != nil {
		return nil, fmt.Errorf("%q is no cron expression: %w", expression, err)
	}
	if schedule.Next(time.Now()).IsZero() {
		return nil, fmt.Errorf("%q never falls due", expression)
	}
	return schedule, nil
}
