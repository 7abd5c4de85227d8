package bot

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"sampledesk/bot/picture"
	"sampledesk/bot/post"
	"sampledesk/bot/slackapi"
	"sampledesk/bot/view"
	"sampledesk/workflow"
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

// weekDesk renders the report of a shop's week.
type weekDesk struct {
	api      *slackapi.Client
	pictures uploads
	log      *slog.Logger
}

// report renders the week before the Monday that the report is of. The picture is uploaded before, to no channel, and the
// message shows it: so there is one message to look for after an unclear answer, and a second upload would be seen by
// nobody.
func (d *weekDesk) report(ctx context.Context, tx workflow.Tx, s post.Subject) (post.Rendered, error) {
	week, err := query.WeekBefore(ctx, tx, s.Shop, s.Payload.Day)
	if err != nil {
		return post.Rendered{}, fmt.Errorf("gathering the week of shop %s: %w", s.Shop.ID, err)
	}
	facts := view.ReportFacts{Week: week, File: weekFile(s.Shop.ID, week)}
	if s.Shared {
		facts.Shop = query.ShopName(s.Shop, 2)
	}
	if facts.Quiet() {
		return post.Rendered{Message: view.Report(facts)}, nil
	}
	return post.Rendered{Later: func(ctx context.Context) (post.Rendered, error) {
		wait, err := d.draw(ctx, s.Effect, &facts)
		if err != nil || wait {
			return post.Rendered{Rest: pictureRests}, err
		}
		return post.Rendered{Message: view.Report(facts)}, nil
	}}, nil
}

// weekFile asks for the requests of a week as a file. Noon is in the week that begins with the Monday after, whatever the
// clocks do that night.
func weekFile(shop workflow.ShopID, w query.Week) view.StatsTarget {
	return view.StatsTarget{Shop: shop, Period: "last week", At: w.To.Add(12 * time.Hour).Unix()}
}

// draw draws the week and uploads the picture, unless this process has. Wait: the message has to rest until Slack
// has looked at it.
func (d *weekDesk) draw(ctx context.Context, e workflow.Effect, f *view.ReportFacts) (wait bool, err error) {
	if f.Picture = d.pictures.get(e.ID); f.Picture != "" {
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
		d.pictures.keep(e.ID, id)
		return true, nil
	case slackapi.ErrorName(err) == "missing_scope" || e.Attempt >= pictureTries:
		d.log.WarnContext(ctx, "could not add the chart to a report", "shop", e.Shop, "effect", e.ID, "error", err)
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
