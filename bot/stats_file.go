package bot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"sampledesk/bot/access"
	"sampledesk/bot/handle"
	"sampledesk/bot/post"
	"sampledesk/bot/slackapi"
	"sampledesk/bot/view"
	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

// maxFileRows is how many requests one file takes. Spreadsheets open a million lines, and Slack takes a gigabyte; this
// keeps the desk's memory small.
const maxFileRows = 20_000

// maxFilesAtOnce is how many files are read and sent at a time, so that those who ask for many keep nobody waiting who
// clicks; the others wait for their turn.
const maxFilesAtOnce = 2

// sem lets as many files be made at a time as it has room for.
type sem chan struct{}

// run runs fn once there is room, unless ctx ends before.
func (s sem) run(ctx context.Context, fn func() error) error {
	select {
	case s <- struct{}{}:
	case <-ctx.Done():
		return fmt.Errorf("waiting for other files: %w", ctx.Err())
	}
	defer func() { <-s }()
	return fn()
}

// errNothing tells that there is nothing to put into a file.
var errNothing = errors.New("nothing happened in that time")

// cutFile parts what was typed into the period, and whether a file is asked for.
func cutFile(typed string) (span string, asFile bool) {
	words := strings.Fields(typed)
	n := len(words)
	switch {
	case n == 0:
		return typed, false
	case !strings.EqualFold(words[n-1], "csv") && !strings.EqualFold(words[n-1], "file"):
		return typed, false
	}
	for words = words[:n-1]; len(words) > 0; words = words[:len(words)-1] {
		if last := strings.ToLower(words[len(words)-1]); last != "as" && last != "a" {
			break
		}
	}
	return strings.Join(words, " "), true
}

// statsFileTyped answers at once and sends the file then.
func (d *statsDesk) statsFileTyped(ctx context.Context, c command, p query.Period, now time.Time) (reply, error) {
	shops, err := d.takers(ctx, c.User, c.Shops)
	if err != nil {
		d.access.Log(ctx, c.User, err)
		return reply{Message: view.Aside(d.fileWords(ctx, err))}, nil
	}
	return reply{Message: view.Aside(view.StatsFileComes), then: func(ctx context.Context) {
		err := d.sendStats(ctx, c.User, c.TriggerID, shops, p, now)
		if err == nil {
			return
		}
		if err := d.mux.Bring(ctx, c.addressee(), view.Aside(d.fileWords(ctx, err)).Answers()); err != nil {
			d.log.WarnContext(ctx, "could not send a private answer", "person", c.User, "error", err)
		}
	}}, nil
}

// fileTarget is the file that a button is for.
type fileTarget struct {
	view.StatsTarget
	query.Period
}

// statsFileClicked sends the requests of the period that a message is about.
func (d *statsDesk) statsFileClicked() onClick[fileTarget] {
	return onClick[fileTarget]{
		Order: handle.AckFirst,
		Parse: func(c click) (t fileTarget, err error) {
			t.StatsTarget, err = view.ParseStatsTarget(c.Action.Text)
			var ok bool
			if t.Period, ok = query.ParsePeriod(t.StatsTarget.Period); err == nil && !ok {
				err = fmt.Errorf("%q is no period", t.StatsTarget.Period)
			}
			return t, err
		},
		Do: func(ctx context.Context, c click, t fileTarget, _ handle.Grant) (handle.Answer, error) {
			shops, err := d.statsShops(ctx, c.Interaction, t.Shop)
			if err != nil || !d.sent.first(ctx, c.TriggerID) {
				return handle.Answer{}, err
			}
			if err := d.sendStats(ctx, c.User.ID, c.TriggerID, shops, t.Period, time.Unix(t.StatsTarget.At, 0)); err != nil {
				return handle.Tell(d.fileWords(ctx, err)), nil
			}
			return handle.Tell(view.StatsFileComes), nil
		},
		Fail: func(ctx context.Context, _ click, _ fileTarget, _ handle.Grant, err error) handle.Answer {
			return handle.Tell(d.fileWords(ctx, err))
		},
	}
}

// fileWords tells why there is no file.
func (d *statsDesk) fileWords(ctx context.Context, err error) string {
	denial := access.DenialOf(err)
	switch {
	case denial == view.DeniedGuest || denial == view.DeniedElsewhere:
		return view.StatsFileDenied
	case errors.Is(err, errNothing):
		return view.StatsFileEmpty
	case errors.Is(err, errNotSent):
		return view.StatsFileFailed
	default:
		return d.access.Explain(ctx, err)
	}
}

// statsShops returns the shops that a file is about. The error is a Denied or an ErrRead.
func (d *statsDesk) statsShops(ctx context.Context, i handle.Interaction, only workflow.ShopID) ([]workflow.Shop, error) {
	if only == "" {
		seen, err := d.access.Scope(ctx, i.User.ID, i.Where())
		if err != nil {
			return nil, err
		}
		return d.takers(ctx, i.User.ID, seen)
	}
	s, err := d.access.Guard(ctx, i.User.ID, only, access.Viewer)
	if err != nil {
		return nil, err
	}
	return d.takers(ctx, i.User.ID, []workflow.Shop{s})
}

// takers returns those of some shops, which a person may see, whose requests they may take away as a file: guests and
// people from other workspaces look on in Slack and do not. The error is a Denied where it is none.
func (d *statsDesk) takers(ctx context.Context, who workflow.PersonID, shops []workflow.Shop) (own []workflow.Shop, err error) {
	ctx, cancel := context.WithTimeout(ctx, access.Timeout)
	defer cancel()
	err = access.Denied{Rule: view.DeniedNoShop}
	for _, s := range shops {
		denied := d.access.MayDecide(ctx, who, d.defaults.ChannelOf(s))
		if denied == nil {
			own = append(own, s)
			continue
		}
		err = denied
	}
	if len(own) > 0 {
		return own, nil
	}
	return nil, err
}

// errNotSent tells that a file did not go.
var errNotSent = errors.New("the file was not sent")

// sendStats sends the requests of a period to a person, as a direct message with a file, at most once. The error is
// errNothing or errNotSent, and was logged.
func (d *statsDesk) sendStats(ctx context.Context, who workflow.PersonID, dedupKey string, shops []workflow.Shop, p query.Period, now time.Time) error {
	ctx, cancel := d.api.Detach(ctx, slackapi.UploadTimeout)
	defer cancel()
	err := d.files.run(ctx, func() error { return d.fileOfStats(ctx, who, dedupKey, shops, p, now) })
	switch {
	case err == nil:
		d.log.InfoContext(ctx, "sent a file of requests", "person", who, "period", p.Typed, "shops", len(shops))
		return nil
	case errors.Is(err, errNothing):
		return errNothing
	default:
		d.log.WarnContext(ctx, "could not send a file of requests", "person", who, "error", err)
		return errNotSent
	}
}

func (d *statsDesk) fileOfStats(ctx context.Context, who workflow.PersonID, dedupKey string, shops []workflow.Shop, p query.Period, now time.Time) error {
	facts := view.StatsFileFacts{Period: p.Words}
	rows, err := d.statsRows(ctx, shops, p, now)
	if err != nil {
		return err
	}
	if len(rows) == 0 {
		return errNothing
	}
	if facts.More = len(rows) > maxFileRows; facts.More {
		rows = rows[:maxFileRows]
	}
	facts.Rows = len(rows)
	d.nameDeciders(ctx, rows)
	data, err := view.StatsFile(rows)
	if err != nil {
		return err
	}
	direct, err := d.writeTo(ctx, who, view.StatsFileHere(facts), map[string]any{
		"effect": "file/" + dedupKey, "shop": string(shops[0].ID), "kind": string(workflow.KindWeeklyReport),
	})
	if err != nil {
		return err
	}
	from, to := p.At(shops[0], now)
	return d.api.Upload(ctx, slackapi.File{Channel: direct, Name: view.StatsFileName(from, to), Title: "Samples, " + p.Words, Data: data})
}

// writeTo writes to a person, and returns the channel that their direct messages are, which a file needs to know.
func (d *statsDesk) writeTo(ctx context.Context, who workflow.PersonID, m view.Message, payload map[string]any) (channel string, err error) {
	channel, _, err = d.api.PostMessageContext(ctx, string(who),
		slack.MsgOptionText(m.Text, false), slack.MsgOptionBlocks(m.Blocks...),
		slack.MsgOptionMetadata(slack.SlackMetadata{EventType: post.EventNotice, EventPayload: payload}),
		slack.MsgOptionDisableLinkUnfurl(), slack.MsgOptionDisableMediaUnfurl())
	if err != nil {
		return "", fmt.Errorf("writing to a person: %w", err)
	}
	return channel, nil
}

// statsRows gathers the requests of a period, shop by shop: those that came in it, or with which something happened. One
// more than a file takes tells that there are more.
func (d *statsDesk) statsRows(ctx context.Context, shops []workflow.Shop, p query.Period, now time.Time) (rows []view.StatsRow, err error) {
	err = d.store.Long(ctx, func(tx workflow.Tx) error {
		found, err := query.PeriodRows(ctx, tx, shops, p, now, maxFileRows+1)
		rows = make([]view.StatsRow, len(found))
		for i, r := range found {
			rows[i] = view.StatsRow{PeriodRow: r, By: string(r.Decision.By)}
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("%w the requests of a period: %w", access.ErrRead, err)
	}
	return rows, nil
}

// nameDeciders puts people's names in the place of their ids, as far as Slack tells them in time.
func (d *statsDesk) nameDeciders(ctx context.Context, rows []view.StatsRow) {
	ctx, cancel := context.WithTimeout(ctx, slackapi.Timeout)
	defer cancel()
	names := map[string]string{}
	for i, r := range rows {
		if r.By == "" {
			continue
		}
		name, asked := names[r.By]
		if !asked {
			name = r.By
			if u, err := d.access.Account(ctx, workflow.PersonID(r.By)); err == nil {
				name = cmp.Or(u.RealName, u.Name, r.By)
			}
			names[r.By] = name
		}
		rows[i].By = name
	}
}
