package bot

import (
	"context"
	"fmt"
	"sync"
	"time"

	"sampledesk/bot/picture"
	"sampledesk/bot/slackapi"
	"sampledesk/bot/view"
	"sampledesk/workflow"
	"sampledesk/workflow/engine"
	"sampledesk/workflow/query"
)

const (
	// pictureRests is how long a picture rests between its upload and the message that shows it: until Slack has looked at
	// a file, it refuses the message. Slack names no time; its people say that it takes moments.
	pictureRests = 5 * time.Second

	// pictureTries is how many attempts of a report wait for its picture. After that it goes without: the figures are in
	// its words too.
	pictureTries = 4
)

// report tells a shop's week, exactly once. The picture is uploaded before, to no channel, and the message shows it: so
// there is one message to look for after an unclear answer, and a second upload would be seen by nobody.
func (d *Desk) report(ctx context.Context, e workflow.Effect) engine.Outcome {
	channel, facts, err := d.reportFacts(ctx, e)
	if err != nil {
		return again(e, err)
	}
	if !facts.Quiet() {
		wait, err := d.drawReport(ctx, e, &facts)
		if err != nil {
			return again(e, err)
		}
		if wait {
			o := engine.Outcome{Then: engine.Again, After: pictureRests, Verifications: e.Verifications}
			if e.Begun {
				o.Verifications = max(o.Verifications, 1)
			}
			return o
		}
	}
	o := d.sayOnce(ctx, e, post{
		method: slackapi.MethodPost, channel: channel, home: true, message: view.Report(facts), event: eventNotice,
		payload: map[string]any{"effect": string(e.ID), "shop": string(e.Shop), "kind": string(e.Payload.Kind)},
	})
	if o.Then == engine.Done {
		d.drawn.forget(e.ID)
	}
	return o
}

// reportFacts gathers the week before the Monday that the report is of, and where it goes.
func (d *Desk) reportFacts(ctx context.Context, e workflow.Effect) (channel string, f view.ReportFacts, err error) {
	shops, err := d.access.Shops(ctx)
	if err != nil {
		return "", f, err
	}
	err = d.store.View(ctx, func(tx workflow.Tx) error {
		s, err := tx.Shop(e.Shop)
		if err != nil {
			return err
		}
		if _, channel, err = d.destination(tx, e); err != nil {
			return err
		}
		if f.Week, err = query.WeekBefore(ctx, tx, s, e.Payload.Day); err != nil {
			return err
		}
		f.File = weekFile(s.ID, f.Week)
		if d.defaults().Sharing(s, shops) > 1 {
			f.Shop = query.ShopName(s, len(shops))
		}
		return nil
	})
	if err != nil {
		err = fmt.Errorf("gathering the week of shop %s: %w", e.Shop, err)
	}
	return channel, f, err
}

// weekFile asks for the requests of a week as a file. Noon is in the week that begins with the Monday after, whatever the
// clocks do that night.
func weekFile(shop workflow.ShopID, w query.Week) view.StatsTarget {
	return view.StatsTarget{Shop: shop, Period: "last week", At: w.To.Add(12 * time.Hour).Unix()}
}

// drawReport draws the week and uploads the picture, unless this process has. Wait: the message has to rest until Slack
// has looked at it.
func (d *Desk) drawReport(ctx context.Context, e workflow.Effect, f *view.ReportFacts) (wait bool, err error) {
	if f.Picture = d.drawn.get(e.ID); f.Picture != "" {
		return false, nil
	}
	c := view.ReportChartOf(*f)
	png, err := drawWeek(c)
	if err != nil {
		return false, fmt.Errorf("drawing a week: %w", err)
	}
	id, err := d.api.UploadPrivate(ctx, slackapi.File{Name: "week.png", Title: c.Title, Alt: c.Alt, Data: png})
	switch {
	case err == nil:
		d.drawn.keep(e.ID, id)
		return true, nil
	case slackapi.ErrorName(err) == "missing_scope" || e.Attempt >= pictureTries:
		d.log.WarnContext(ctx, "a report goes without its picture", "shop", e.Shop, "effect", e.ID, "error", err)
		return false, nil
	default:
		return false, err
	}
}

// drawWeek draws a week as a PNG.
func drawWeek(c view.ReportChart) ([]byte, error) {
	chart := picture.Columns{Title: c.Title, Subtitle: c.Subtitle, Footer: c.Footer, Labels: c.Labels}
	for _, s := range c.Series {
		chart.Series = append(chart.Series, picture.Series{Name: s.Name, Values: s.Values})
	}
	return chart.PNG()
}

// drawn remembers which file holds the picture of a message that is still to come, so that an attempt that fails later
// uploads it no second time. The zero value is ready.
type drawn struct {
	mu    sync.Mutex
	files map[workflow.EffectID]string
}

func (d *drawn) get(id workflow.EffectID) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.files[id]
}

func (d *drawn) keep(id workflow.EffectID, file string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.files == nil {
		d.files = map[workflow.EffectID]string{}
	}
	d.files[id] = file
}

func (d *drawn) forget(id workflow.EffectID) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.files, id)
}
