package view

import (
	"fmt"
	"strings"

	"github.com/slack-go/slack"

	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

// CardFacts is what a card shows.
type CardFacts struct {
	Application workflow.Application
	Campaign    string       // the name of the campaign it belongs to; empty: none
	Shop        string       // named only where a channel serves several shops; empty otherwise
	Region      string       // the shop's, for the link to its Affiliate Center
	Record      query.Record // what the creator had from us before
	QuickReject bool         // the shop's setting: choosing a reason rejects at once
}

// Card is the application's message in the shop's channel. It fits a phone's screen: seven blocks at the most.
func Card(f CardFacts) Message {
	a := f.Application
	blocks := []slack.Block{creatorBlock(f), numbersBlock(a.Snapshot.Creator), productBlock(a), section(status(a)...)}
	if small := support(a.Decision.Failure); small != "" && a.State().Reviewing() {
		blocks = append(blocks, aside(small))
	}
	if c, ok := cardControls(f); ok {
		blocks = append(blocks, c)
	}
	return Message{Text: headline(a), Blocks: append(blocks, footer(f))}
}

func creatorBlock(f CardFacts) slack.Block {
	c := f.Application.Snapshot.Creator
	user := ""
	if shown := data(c.Username, maxName); shown != "" && nameOf(c) != "@"+clean(c.Username) {
		user = "@" + shown
	}
	followers := figure(c.Followers) + " followers"
	switch {
	case !shared(c.Followers):
		followers = "followers " + notShared
	case c.Followers.Value == 1:
		followers = "1 follower"
	}
	return section(dotted("*"+profile(c)+"*", user, followers), recordLine(f.Record))
}

// numbersBlock shows the numbers that decide. Each is one line, so that a phone shows four lines and not eight.
func numbersBlock(c workflow.Creator) slack.Block {
	return &slack.SectionBlock{Type: slack.MBTSection, Fields: []*slack.TextBlockObject{
		mrkdwn("GMV, 30 days: *" + money(c.GMV) + "*"),
		mrkdwn("Median views, 30 days: *" + figure(c.MedianViews) + "*"),
		mrkdwn("Posts, 30 days: *" + figure(c.Posts) + "*"),
		mrkdwn("Sample fulfilment, 90 days: *" + percentage(c.Fulfilment) + "*"),
	}}
}

func productBlock(a workflow.Application) slack.Block {
	r := a.Snapshot
	left := ""
	if a.State().Reviewing() {
		left = stock(r)
	}
	variant := ""
	if v := data(r.Product.Variant, maxVariant); v != "" {
		variant = "Variant: " + v
	}
	s := section("*"+data(productOf(r.Product), maxTitle)+"*", variant, dotted(capital(commission(r.Commission)), left), found(r))
	if webAddress(r.Product.Picture) {
		s.Accessory = slack.NewAccessory(&slack.ImageBlockElement{
			Type: slack.METImage, ImageURL: &r.Product.Picture, AltText: "Picture of " + raw(productOf(r.Product), maxTitle),
		})
	}
	return s
}

func footer(f CardFacts) slack.Block {
	return aside(dotted(campaignOf(f), shopOf(f.Shop), "Request "+shortID(f.Application), requests(f.Region)))
}

// campaignOf tells which campaign the application is in, and who added it there.
func campaignOf(f CardFacts) string {
	name := data(f.Campaign, workflow.MaxCampaignName)
	if name == "" {
		return ""
	}
	if by := f.Application.Joined.By; by != "" {
		return "Campaign: *" + name + "*, added by " + person(by)
	}
	return "Campaign: *" + name + "*"
}

// shortID is the application's short id, which can be read out and typed.
func shortID(a workflow.Application) string { return string(a.Key.Short()) }

// headline is the card in one line, as notifications show it: who asks for what, with the numbers that decide as long as
// somebody has to, and where it stands.
func headline(a workflow.Application) string {
	numbers := ""
	if a.Decidable() {
		numbers = spokenNumbers(a.Snapshot.Creator)
	}
	return fmt.Sprintf("Sample request from %s%s for %s. %s: %s", spokenName(a.Snapshot.Creator), numbers,
		spoken(productOf(a.Snapshot.Product), maxTitle), first(spoken(string(a.Stage()), maxID), "Unknown"), spokenState(a))
}

// spokenNumbers are the two numbers that decide most often, as far as they are shared, in brackets and without formatting.
func spokenNumbers(c workflow.Creator) string {
	var said []string
	if gmv := money(c.GMV); gmv != notShared {
		said = append(said, "GMV "+deafener.Replace(gmv))
	}
	if shared(c.MedianViews) {
		said = append(said, "median views "+figure(c.MedianViews))
	}
	if len(said) == 0 {
		return ""
	}
	return " (" + strings.Join(said, ", ") + ")"
}

// spokenState is where the decision stands, in a few words without formatting.
func spokenState(a workflow.Application) string {
	d := a.Decision
	by := deed(d.Verdict) + " by " + person(d.By)
	switch s := a.State(); s {
	case workflow.Pending:
		return spokenDeadline(a.Snapshot) + spokenLook(a.OnIt)
	case workflow.Queued:
		return by + ", can still be undone"
	case workflow.Sending:
		return by + ", sending to TikTok"
	case workflow.Unclear:
		return by + ", TikTok has not answered yet"
	case workflow.Refused:
		if a.OfAgency() {
			return "TikTok refused the " + noun(d.Verdict) + " for good"
		}
		return "TikTok refused the " + noun(d.Verdict) + ", " + spokenDeadline(a.Snapshot) + spokenLook(a.OnIt)
	case workflow.Unrecognised:
		return "unknown TikTok status"
	default:
		return spokenEnd(a, s)
	}
}

func spokenEnd(a workflow.Application, s workflow.State) string {
	if e, ok := workflow.EndingOf(s); ok {
		return move(e)
	}
	d := a.Decision
	switch {
	case a.ChangedElsewhere:
		return elsewhere
	case d.Phase == workflow.DecisionConfirmed:
		return deed(d.Verdict) + " by " + person(d.By) + ", confirmed by TikTok"
	default:
		return "as TikTok reports"
	}
}

func spokenDeadline(r workflow.Snapshot) string {
	if r.ReviewBy.IsZero() {
		return "no deadline"
	}
	return "decide by " + stamp(r.ReviewBy)
}

func spokenLook(l workflow.OnIt) string {
	if l.By == "" {
		return ""
	}
	return ", " + person(l.By) + " is on it"
}
