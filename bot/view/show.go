package view

import (
	"slices"
	"strings"

	"github.com/slack-go/slack"

	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

// ShowPageSize is how many requests of one creator are listed at a time.
const ShowPageSize = 10

// ShowFacts is what is known of one application, or which ones were found if there are several.
type ShowFacts struct {
	Asked  string             // what was typed
	Found  []query.Row        // a page of them if there are several: the latest first
	Total  int                // how many there are, if not all are in Found
	More   bool               // there are others; Total are the latest
	Page   int                // counted from 0
	Longer []workflow.Creator // others for whom what was typed begins a word of their name or handle, where it is a user name
	Near   string             // the user name that may have been meant where nothing was found
	Queue  bool               // only those that wait for a decision
	Pick   *Pick              // what is to be done with one of several; nil: they are only shown
	Region string             // of the shop of the one that was found
	Record query.Record       // of the creator, where all that were found are theirs, or beside the one that was found
	Beside query.Beside       // what decides of the other requests of the creator of the one that was found

	// Of the one that was found:
	History   []workflow.Entry               // the last of it, oldest first
	Earlier   int                            // how many entries there are before
	Campaigns map[workflow.CampaignID]string // the names of those in the history, as far as they are known
}

// Show is the answer to `/samples show`, and to a command that has to ask which of several requests it means.
func Show(f ShowFacts) Message {
	switch {
	case len(f.Found) == 0 && f.Total > 0:
		return Aside("That page is now empty. Use `/samples show` again.")
	case len(f.Found) == 0:
		return nothingFound(f)
	case len(f.Found) > 1 || f.Pick != nil || f.Total > 1:
		return showSeveral(f)
	}
	return showOne(f)
}

func nothingFound(f ShowFacts) Message {
	sorry := "Nothing found for " + quoted(f.Asked, maxName) + ". "
	if f.Near != "" {
		return Aside(sorry + "Did you mean `@" + data(f.Near, maxName) + "`?")
	}
	return Aside(sorry + "Use the beginnings of words of a creator's name, their handle or a product, a request's ID or a link to a card, like " +
		"`/samples find glow serum`. `/samples queue` lists pending requests.")
}

func showOne(f ShowFacts) Message {
	a := f.Found[0].Application
	blocks := detailBlocks(f)
	if b, ok := messageButton(a); ok {
		blocks = append(blocks, actions("", b))
	}
	return Message{Text: headline(a), Blocks: append(append(blocks, aside(whereCard(f.Found[0]))), longerNames(f)...)}
}

// longerNames offers the creators whose names go on where what was typed ends.
func longerNames(f ShowFacts) []slack.Block {
	if len(f.Longer) == 0 {
		return nil
	}
	names := make([]string, len(f.Longer))
	for i, c := range f.Longer {
		names[i] = namedBoth(c) + " (`/samples show @" + data(c.Username, maxName) + "`)"
	}
	return []slack.Block{aside("Others whose name begins like that: " + strings.Join(names, ", "))}
}

// MoreModal is the dialog behind *More…* on a card: what the card has no room for.
func MoreModal(f ShowFacts) slack.ModalViewRequest {
	lists := actions(blockOf(f.Found[0].Application), button(ActionCardLists, targetOf(f.Found[0].Application).String(), "Lists…", "Put the creator on a list, or take them off"))
	m := NoticeModal(Message{Blocks: append(detailBlocks(f), lists, aside(whereCard(f.Found[0])))})
	m.Title = plainText("Request " + shortID(f.Found[0].Application))
	return m
}

// detailBlocks are all that is known of one application.
func detailBlocks(f ShowFacts) []slack.Block {
	row := f.Found[0]
	a := row.Application
	card := CardFacts{Application: a, Campaign: row.Campaign, Shop: row.Shop, Region: f.Region, Record: f.Record, Beside: f.Beside}
	blocks := []slack.Block{
		creatorBlock(card), exactNumbers(a.Snapshot.Creator), productBlock(a), section(status(a)...),
	}
	if small := support(a.Decision.Failure); small != "" {
		blocks = append(blocks, aside(small))
	}
	blocks = append(blocks, section(records(a)...), footer(card))
	if len(f.History) > 0 {
		blocks = append(blocks, divider())
		blocks = append(blocks, sections(historyLines(f))...)
	}
	return blocks
}

// Briefly tells where a request stands, in an answer that only its person sees. Note is what they typed that is kept with
// it; empty: nothing.
func Briefly(r query.Row, note string) Message {
	a := r.Application
	blocks := []slack.Block{
		section(dotted("*"+namedBoth(a.Snapshot.Creator)+"*", data(productOf(a.Snapshot.Product), maxTitle), "Request "+shortID(a)), ""),
		section(status(a)...),
	}
	if clean(note) != "" {
		blocks = append(blocks, section("Note for the team: "+quoted(note, maxWords)))
	}
	hint := ""
	if a.State() == workflow.Queued {
		hint = "*Undo* is on the card"
	}
	return Message{Text: headline(a), Blocks: append(blocks, aside(dotted(hint, shopOf(r.Shop), whereCard(r))))}
}

func exactNumbers(c workflow.Creator) slack.Block {
	return &slack.SectionBlock{Type: slack.MBTSection, Fields: []*slack.TextBlockObject{
		mrkdwn("GMV, 30 days: *" + exactMoney(c.GMV) + "*"),
		mrkdwn("Median views, 30 days: *" + exactly(c.MedianViews) + "*"),
		mrkdwn("Posts, 30 days: *" + exactly(c.Posts) + "*"),
		mrkdwn("Sample fulfilment, 90 days: *" + exactPercentage(c.Fulfilment) + "*"),
		mrkdwn("Followers: *" + exactly(c.Followers) + "*"),
	}}
}

// records are the plain facts that a card has no room for.
func records(a workflow.Application) []string {
	r := a.Snapshot
	dates := []string{"First seen " + stamp(a.SeenAt)}
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
	id := "request " + data(string(a.Key.ID), maxID)
	return []string{dotted(dates...), dotted(status, fulfilment), capital(dotted(id, product, sku, order(r), tracking(r)))}
}

func whereCard(r query.Row) string {
	if webAddress(r.Application.Card.Link) {
		return linkTo(r.Application.Card.Link, "Open the card")
	}
	if r.Application.Card.Lost {
		return "Its card was deleted in Slack."
	}
	if r.Application.Card.Wanted {
		return "Its card is being posted."
	}
	return "It has no card."
}

func showSeveral(f ShowFacts) Message {
	total := max(f.Total, len(f.Found))
	title := many(total, "request")
	if f.More {
		title = "the latest " + title
	}
	text := title + " found"
	if who := f.Found[0].Application.Snapshot.Creator; sameCreator(f.Found) {
		title, text = capital(title)+" of "+namedBoth(who), title+" of "+spokenName(who)
	} else {
		title = capital(title) + " found"
	}
	if f.Pick != nil {
		text += ": which one?"
	}
	blocks := []slack.Block{section("*" + title + "*" + f.Pick.question())}
	if f.Pick == nil && f.Record.Known() {
		blocks = append(blocks, section(recordLines(f.Record)...))
	}
	several := !sameCreator(f.Found)
	for _, r := range f.Found[:min(ShowPageSize, len(f.Found))] {
		lines := foundRow(r)
		if several {
			lines = append([]string{"*" + namedBoth(r.Application.Snapshot.Creator) + "*"}, lines...)
		}
		row := section(lines...)
		if b, ok := f.Pick.button(r.Application); ok {
			row.Accessory = slack.NewAccessory(b)
		}
		blocks = append(blocks, row)
	}
	return Message{Text: text, Blocks: append(append(blocks, longerNames(f)...), showPages(f, total)...)}
}

func sameCreator(found []query.Row) bool {
	first := found[0].Application
	return !slices.ContainsFunc(found, func(r query.Row) bool {
		return r.Application.Snapshot.Creator.KeyOf(first.Key.Shop) != first.Snapshot.Creator.KeyOf(first.Key.Shop)
	})
}

func foundRow(r query.Row) []string {
	a := r.Application
	when := "first seen " + stamp(a.SeenAt)
	if a.Decidable() && !a.Snapshot.ReviewBy.IsZero() {
		when = "decide by " + due(a.Snapshot.ReviewBy)
	}
	campaign := ""
	if name := data(r.Campaign, workflow.MaxCampaignName); name != "" {
		campaign = "campaign " + name
	}
	return []string{
		stageName(a.Stage()) + " · " + data(productOf(a.Snapshot.Product), maxName),
		dotted(when, campaign, shopOf(r.Shop)),
		dotted("`/samples show "+shortID(a)+"`", whereCard(r)),
	}
}
