package bot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"sampledesk/bot/slackapi"
	"sampledesk/bot/socket"
	"sampledesk/bot/view"
	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

// maxFileRows is how many requests one file takes. Spreadsheets open a million lines, and Slack takes a gigabyte; this
// keeps the desk's memory small.
const maxFileRows = 20_000

// errNothing tells that there is nothing to put into a file.
var errNothing = errors.New("nothing happened in that time")

// cutFile parts what was typed into the period and the wish for a file.
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
func (d *Desk) statsFileTyped(ctx context.Context, c command, p query.Period, now time.Time) (reply, error) {
	shops, denial := d.takers(ctx, c.User, c.Shops)
	if denial != "" {
		return reply{Message: view.Aside(denial)}, nil
	}
	return reply{Message: view.Aside(view.StatsFileComes), then: func(ctx context.Context) {
		if no := d.sendStats(ctx, c.User, c.TriggerID, shops, p, now); no != "" {
			if err := d.bring(ctx, c.addressee(), view.Aside(no).Answers()); err != nil {
				d.log.WarnContext(ctx, "could not tell a person why", "person", c.User, "error", err)
			}
		}
	}}, nil
}

// statsFileClicked sends the requests of the period that a message is about.
func (d *Desk) statsFileClicked(ctx context.Context, i interaction, a action, ack socket.Ack) {
	ack(nil)
	target, err := view.ParseStatsTarget(a.Text)
	p, ok := query.ParsePeriod(target.Period)
	if err != nil || !ok {
		d.log.WarnContext(ctx, "a control does not name a period", "error", err)
		return
	}
	shops, no := d.statsShops(ctx, i, target.Shop)
	if no != "" {
		d.tell(ctx, i, no)
		return
	}
	if !d.shared.first(i.TriggerID) {
		return
	}
	if no := d.sendStats(ctx, i.User.ID, i.TriggerID, shops, p, time.Unix(target.At, 0)); no != "" {
		d.tell(ctx, i, no)
		return
	}
	d.tell(ctx, i, view.StatsFileComes)
}

// statsShops returns the shops that a file is about, or why there is none for that person.
func (d *Desk) statsShops(ctx context.Context, i interaction, only workflow.ShopID) ([]workflow.Shop, string) {
	var shops []workflow.Shop
	if only != "" {
		s, no := d.guard(ctx, i.User.ID, only, viewer)
		if no != "" {
			return nil, no
		}
		shops = []workflow.Shop{s}
	} else {
		seen, denial, err := d.scope(ctx, i.User.ID, i.channel())
		if err != nil {
			d.log.ErrorContext(ctx, "could not read the shops", "error", err)
			return nil, view.Denied(view.DeniedUnread)
		}
		if denial != "" {
			return nil, view.Denied(denial)
		}
		shops = seen
	}
	return d.takers(ctx, i.User.ID, shops)
}

// takers returns those of some shops, which a person may see, whose requests she may take away as a file: guests and
// people from other workspaces look on in Slack and do not. Where it is none, it says why.
func (d *Desk) takers(ctx context.Context, who workflow.PersonID, shops []workflow.Shop) (own []workflow.Shop, no string) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	no = view.Denied(view.DeniedNoShop)
	for _, s := range shops {
		ok, denial := d.people.mayDecide(ctx, who, d.channelOf(s))
		switch {
		case ok:
			own = append(own, s)
		case denial == view.DeniedGuest || denial == view.DeniedElsewhere:
			no = view.StatsFileDenied
		default:
			no = view.Denied(denial)
		}
	}
	if len(own) > 0 {
		return own, ""
	}
	d.log.InfoContext(ctx, "refused a file", "person", who)
	return nil, no
}

// sendStats sends the requests of a period to a person, as a direct message with a file, at most once. Where it cannot, it
// says why.
func (d *Desk) sendStats(ctx context.Context, who workflow.PersonID, origin string, shops []workflow.Shop, p query.Period, now time.Time) (no string) {
	ctx, cancel := d.api.Detach(ctx, slackapi.UploadTimeout)
	defer cancel()
	err := d.fileOfStats(ctx, who, origin, shops, p, now)
	switch {
	case err == nil:
		d.log.InfoContext(ctx, "sent a file of requests", "person", who, "period", p.Typed, "shops", len(shops))
		return ""
	case errors.Is(err, errNothing):
		return view.StatsFileEmpty
	default:
		d.log.WarnContext(ctx, "could not send a file of numbers", "person", who, "error", err)
		return view.StatsFileFailed
	}
}

func (d *Desk) fileOfStats(ctx context.Context, who workflow.PersonID, origin string, shops []workflow.Shop, p query.Period, now time.Time) error {
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
		"effect": "file/" + origin, "shop": string(shops[0].ID), "kind": string(workflow.KindWeeklyReport),
	})
	if err != nil {
		return err
	}
	from, to := p.At(shops[0], now)
	return d.api.Upload(ctx, slackapi.File{Channel: direct, Name: view.StatsFileName(from, to), Title: "Samples, " + p.Words, Data: data})
}

// writeTo writes to a person, and returns the channel that her direct messages are, which a file needs to know.
func (d *Desk) writeTo(ctx context.Context, who workflow.PersonID, m view.Message, payload map[string]any) (channel string, err error) {
	channel, _, err = d.api.PostMessageContext(ctx, string(who),
		slack.MsgOptionText(m.Text, false), slack.MsgOptionBlocks(m.Blocks...),
		slack.MsgOptionMetadata(slack.SlackMetadata{EventType: eventNotice, EventPayload: payload}),
		slack.MsgOptionDisableLinkUnfurl(), slack.MsgOptionDisableMediaUnfurl())
	if err != nil {
		return "", fmt.Errorf("writing to a person: %w", err)
	}
	return channel, nil
}

// statsRows gathers the requests of a period, shop by shop: those that came in it, or with which something happened. One
// more than a file takes tells that there are more.
func (d *Desk) statsRows(ctx context.Context, shops []workflow.Shop, p query.Period, now time.Time) (rows []view.StatsRow, err error) {
	err = d.store.View(ctx, func(tx workflow.Tx) error {
		found, err := query.PeriodRows(ctx, tx, shops, p, now, maxFileRows+1)
		rows = make([]view.StatsRow, len(found))
		for i, r := range found {
			rows[i] = view.StatsRow{PeriodRow: r, By: string(r.Decision.By)}
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("%w the requests of a period: %w", errRead, err)
	}
	return rows, nil
}

// nameDeciders puts people's names in the place of their ids, as far as Slack tells them in time.
func (d *Desk) nameDeciders(ctx context.Context, rows []view.StatsRow) {
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
			if u, err := d.people.user(ctx, workflow.PersonID(r.By)); err == nil {
				name = cmp.Or(u.RealName, u.Name, r.By)
			}
			names[r.By] = name
		}
		rows[i].By = name
	}
}
