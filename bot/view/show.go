package view

import (
	"fmt"

	"github.com/slack-go/slack"

	"sampledesk/workflow"
)

// maxShown is how many requests of one creator are listed.
const maxShown = 10

// ShowFacts is what is known of one application, or which ones were found if there are several.
type ShowFacts struct {
	Asked  string // what was typed
	Found  []Row  // the latest first, if there are several
	Total  int    // how many there are, if not all are in Found
	Region string // of the shop of the one that was found

	// Of the one that was found:
	Past      Past
	History   []workflow.Entry               // the last of it, oldest first
	Earlier   int                            // how many entries there are before
	Campaigns map[workflow.CampaignID]string // the names of those in the history, as far as they are known
}

// Show is the answer to `/samples show`.
func Show(f ShowFacts) Message {
	switch len(f.Found) {
	case 0:
		return nothingFound(f.Asked)
	case 1:
		return showOne(f)
	default:
		return showSeveral(f)
	}
}

func nothingFound(typed string) Message {
	return Aside("Nothing was found for " + quoted(typed, maxName) + ". Ask by a request's id or by a creator's user name, such as " +
		"`/samples show @glow.daily`; `/samples queue` lists what waits for a decision.")
}

func showOne(f ShowFacts) Message {
	row := f.Found[0]
	a := row.Application
	card := CardFacts{Application: a, Campaign: row.Campaign, Shop: row.Shop, Region: f.Region, Past: f.Past}
	blocks := []slack.Block{
		creatorBlock(card), exactNumbers(a.Report.Creator), productBlock(a), section(status(a)...),
	}
	if small := support(a.Decision.Cause); small != "" {
		blocks = append(blocks, aside(small))
	}
	blocks = append(blocks, section(records(a)...), footer(card))
	if len(f.History) > 0 {
		blocks = append(blocks, &slack.DividerBlock{Type: slack.MBTDivider}, section(historyLines(f)...))
	}
	return Message{Text: headline(a), Blocks: append(blocks, aside(whereCard(row)))}
}

func exactNumbers(c workflow.Creator) slack.Block {
	return &slack.SectionBlock{Type: slack.MBTSection, Fields: []*slack.TextBlockObject{
		mrkdwn("GMV, 30 days: *" + exactMoney(c.GMV) + "*"),
		mrkdwn("Median views, 30 days: *" + exactly(c.MedianViews) + "*"),
		mrkdwn("Posts, 30 days: *" + exactly(c.Posts) + "*"),
		mrkdwn("Sample fulfilment, 90 days: *" + percentage(c.Fulfilment) + "*"),
		mrkdwn("Followers: *" + exactly(c.Followers) + "*"),
	}}
}

// records are the plain facts that a card has no room for.
func records(a workflow.Application) []string {
	r := a.Report
	dates := []string{"Seen first " + stamp(a.SeenAt)}
	if !r.ReviewBy.IsZero() {
		dates = append(dates, "review deadline "+stamp(r.ReviewBy))
	}
	if !r.ShipBy.IsZero() {
		dates = append(dates, "ship-by deadline "+stamp(r.ShipBy))
	}
	fulfilment := ""
	if s := data(r.Fulfilment, maxID); s != "" {
		fulfilment = "fulfilment " + s
	}
	status := "TikTok's status " + first(data(string(r.Status), maxID), "unknown")
	product := ""
	if id := data(string(r.Product.ID), maxID); id != "" {
		product = "product " + id
	}
	sku := ""
	if id := data(r.Product.SKU, maxID); id != "" {
		sku = "SKU " + id
	}
	return []string{dotted(dates...), dotted(status, fulfilment), capital(dotted(product, sku, order(r), tracking(r)))}
}

func whereCard(r Row) string {
	if webAddress(r.Link) {
		return linkTo(r.Link, "Open the card")
	}
	if r.Application.Card.Lost {
		return "Its card is gone from Slack."
	}
	if r.Application.Card.Wanted {
		return "Its card is on its way to the channel."
	}
	return "It has no card."
}

func showSeveral(f ShowFacts) Message {
	total := max(f.Total, len(f.Found))
	who := f.Found[0].Application.Report.Creator
	title := many(total, "request") + " of "
	blocks := []slack.Block{section("*" + title + profile(who) + "*")}
	for _, r := range f.Found[:min(maxShown, len(f.Found))] {
		blocks = append(blocks, section(foundRow(r)...))
	}
	if more := total - min(maxShown, len(f.Found)); more > 0 {
		blocks = append(blocks, aside(fmt.Sprintf("and %d more", more)))
	}
	return Message{Text: title + spokenName(who), Blocks: blocks}
}

func foundRow(r Row) []string {
	a := r.Application
	when := "seen first " + stamp(a.SeenAt)
	if a.Decidable() && !a.Report.ReviewBy.IsZero() {
		when = "decide by " + due(a.Report.ReviewBy)
	}
	campaign := ""
	if name := data(r.Campaign, workflow.MaxCampaignName); name != "" {
		campaign = "campaign " + name
	}
	return []string{
		stageName(a.Stage()) + " · " + data(productOf(a.Report.Product), maxName),
		dotted(when, campaign, shopOf(r.Shop)),
		dotted("`/samples show "+data(string(a.Key.ID), maxID)+"`", whereCard(r)),
	}
}
