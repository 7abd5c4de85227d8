package view

import (
	"fmt"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

// CardFacts is what a card shows.
type CardFacts struct {
	Application workflow.Application
	Campaign    string             // the name of the campaign it belongs to; empty: none
	Shop        string             // named only where a channel serves several shops; empty otherwise
	Region      string             // the shop's, for the link to its Affiliate Center
	Record      query.Record       // what the creator had from us before
	Beside      query.Beside       // what of that decides: a repeat, the last outcome, what else is open
	Caps        []workflow.CapLeft // what is left of the limits that an approval would count for; those that are near are told
	QuickReject bool               // the shop's setting: choosing a reason rejects at once
	Now         time.Time          // a deadline that is near is marked; zero: none is
}

// Card is the application's message in the shop's channel. As long as somebody has to decide it shows what decides, and
// fits a phone's screen; afterwards it shrinks to who, what, where it stands and who decided. The rest is behind `···`
// and in the thread.
func Card(f CardFacts) Message {
	a := f.Application
	blocks := openBlocks
	if !undecided(a) {
		blocks = shrunkBlocks
	}
	return Message{Text: headline(a), Blocks: blocks(f)}
}

// undecided reports whether a card shows all that decides: the decision is open, or TikTok refused it.
func undecided(a workflow.Application) bool {
	s := a.State()
	return s == workflow.Pending || s == workflow.Refused
}

// openBlocks are a card that waits for a decision.
func openBlocks(f CardFacts) []slack.Block {
	a := f.Application
	blocks := []slack.Block{withMenu(section(creatorLines(f)...), f)}
	if trouble := joinLines(openTrouble(a)); trouble != "" {
		blocks = append(blocks, section(trouble))
	}
	if small := support(a.Decision.Failure); small != "" {
		blocks = append(blocks, aside(small))
	}
	if rules := joinLines([]string{proposalLine(a), secondLine(a), capsLine(f.Caps)}); rules != "" {
		line := section(rules)
		if b, ok := takeButton(a); ok {
			line.Accessory = slack.NewAccessory(b)
		}
		blocks = append(blocks, line)
	}
	numbers := section(deadlineLine(a, f.Now), looking(a.OnIt))
	if numbers.Fields = numberFields(a.Snapshot.Creator); numbers.Text.Text == "" {
		numbers.Text = nil
	}
	blocks = append(blocks, numbers, productBlock(a))
	if controls := cardControls(f); len(controls) > 0 {
		blocks = append(blocks, actions(blockOf(a), controls...))
	}
	return append(blocks, aside(dotted(campaignOf(f), shopOf(f.Shop), "Request "+shortID(a), found(a.Snapshot))))
}

// openTrouble is what stands in the way of a decision.
func openTrouble(a workflow.Application) []string {
	switch {
	case a.OfAgency():
		return []string{refusedForGood(a.Decision)}
	case a.State() == workflow.Refused:
		return []string{refused(a.Decision), hindrance(a)}
	case a.ChangedElsewhere:
		return []string{sentence(elsewhere), hindrance(a)}
	default:
		return []string{hindrance(a)}
	}
}

// deadlineLine tells until when to decide. What is near is marked, in words and with a sign.
func deadlineLine(a workflow.Application, now time.Time) string {
	by := a.Snapshot.ReviewBy
	switch {
	case a.OfAgency():
		return ""
	case by.IsZero() || now.IsZero() || by.Sub(now) >= deadlineNear:
		return reviewDeadline(a.Snapshot)
	case !by.After(now):
		return "⚠ *The deadline has passed:* " + due(by)
	default:
		return "⚠ *Under 24 h left:* decide by " + due(by)
	}
}

// deadlineNear is from when on a deadline is marked.
const deadlineNear = 24 * time.Hour

// shrunkBlocks are a card that waits for no decision. What can still be undone, and what went wrong, is on it in full.
func shrunkBlocks(f CardFacts) []slack.Block {
	a := f.Application
	product := data(productOf(a.Snapshot.Product), maxTitle)
	if v := data(a.Snapshot.Product.Variant, maxVariant); v != "" {
		product += " (" + v + ")"
	}
	blocks := []slack.Block{withMenu(section(dotted(creatorLine(a.Snapshot.Creator), product), standingLine(a), heldUp(a.Decision, a.State())), f)}
	if small := support(a.Decision.Failure); small != "" && a.State().Reviewing() {
		blocks = append(blocks, aside(small))
	}
	if controls := cardControls(f); len(controls) > 0 {
		blocks = append(blocks, actions(blockOf(a), controls...))
	}
	open := ""
	if a.State().Live() {
		open = openLine(f.Beside)
	}
	return append(blocks, aside(open, dotted(decidedBy(a), campaignOf(f), shopOf(f.Shop), "Request "+shortID(a))))
}

// withMenu puts the menu of what is rarely needed beside the first lines.
func withMenu(s *slack.SectionBlock, f CardFacts) *slack.SectionBlock {
	s.BlockID, s.Accessory = menuBlockOf(f.Application), slack.NewAccessory(moreMenu(f))
	return s
}

// creatorLine names a creator: as they call themselves, and by user name.
func creatorLine(c workflow.Creator) string {
	user := ""
	if shown := data(c.Username, maxName); shown != "" && nameOf(c) != "@"+clean(c.Username) {
		user = "@" + shown
	}
	return dotted("*"+profile(c)+"*", user)
}

// creatorLines are who asks, how many follow them, and what they had from us.
func creatorLines(f CardFacts) []string {
	c := f.Application.Snapshot.Creator
	followers := figure(c.Followers) + " followers"
	switch {
	case !shared(c.Followers):
		followers = "followers " + notShared
	case c.Followers.Value == 1:
		followers = "1 follower"
	}
	return append([]string{creatorLine(c), dotted(followers, recordLine(f.Record))}, besideLines(f.Beside)...)
}

func creatorBlock(f CardFacts) slack.Block { return section(creatorLines(f)...) }

// numberFields are the numbers that decide, each so short that it is one line on a phone. How they are counted is behind
// *More…*.
func numberFields(c workflow.Creator) []*slack.TextBlockObject {
	return []*slack.TextBlockObject{
		mrkdwn("GMV: *" + money(c.GMV) + "*"),
		mrkdwn("Views: *" + figure(c.MedianViews) + "*"),
		mrkdwn("Posts: *" + figure(c.Posts) + "*"),
		mrkdwn("Fulfilled: *" + percentage(c.Fulfilment) + "*"),
	}
}

func productBlock(a workflow.Application) *slack.SectionBlock {
	r := a.Snapshot
	left := ""
	if a.State().Reviewing() {
		left = strings.Replace(stock(r), " samples", "", 1)
	}
	s := section(dotted("*"+data(productOf(r.Product), maxTitle)+"*", data(r.Product.Variant, maxVariant)), capital(dotted(left, commission(r.Commission))))
	if webAddress(r.Product.Picture) {
		s.Accessory = slack.NewAccessory(&slack.ImageBlockElement{
			Type: slack.METImage, ImageURL: &r.Product.Picture, AltText: "Picture of " + raw(productOf(r.Product), maxTitle),
		})
	}
	return s
}

func footer(f CardFacts) slack.Block {
	return aside(dotted(campaignOf(f), shopOf(f.Shop), "Request "+shortID(f.Application), found(f.Application.Snapshot), requests(f.Region)))
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
// somebody has to, and where it stands. Without a decision that is the deadline, and not the stage's long name.
func headline(a workflow.Application) string {
	who := "Sample request from " + spokenName(a.Snapshot.Creator)
	what := " for " + spoken(productOf(a.Snapshot.Product), maxTitle) + ". "
	if undecided(a) {
		return who + spokenNumbers(a.Snapshot.Creator) + what + capital(spokenState(a))
	}
	return who + what + fmt.Sprintf("%s: %s", first(spoken(string(a.Stage()), maxID), "Unknown"), spokenState(a))
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
	by := verdictDone(d.Verdict) + " by " + spokenDecider(d)
	switch s := a.State(); s {
	case workflow.Pending:
		return spokenDeadline(a.Snapshot) + spokenLook(a.OnIt) + spokenProposal(a)
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
		return verdictDone(d.Verdict) + " by " + spokenDecider(d) + ", confirmed by TikTok"
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
