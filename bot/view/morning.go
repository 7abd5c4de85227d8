package view

import (
	"fmt"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

// MorningFacts is what a day's message shows. It is edited through the day: the applications are those that it was made of,
// as they are now.
type MorningFacts struct {
	Shop   string                 // named only where a channel serves several
	Review []workflow.Application // to be decided, or what became of them, in the order in which they are shown
	Ship   []workflow.Application // to be shipped, or what became of them, in picking order

	Due, ShipDue DueCounts

	Waiting int            // how many creators wait for an answer
	Answers []query.Answer // those who have waited longest

	Named   Entitled // who is called, for the steps that it told when it was posted
	Unnamed string

	Quick bool // the shop's setting: choosing a reason rejects at once
	Past  bool // another day's message goes on with it: there are no controls any more
	Now   time.Time
}

// DueCounts is how many fall due, all that there are.
type DueCounts struct {
	Near, Far         int           // within NearSpan, and after that within FarSpan
	NearSpan, FarSpan time.Duration // from now on
}

func (d DueCounts) all() int { return d.Near + d.Far }

// Morning is the message of a day: what has to be decided and what has to be shipped soon, with the buttons to decide.
func Morning(f MorningFacts) Message {
	if f.Past {
		return pastMorning(f)
	}
	var blocks []slack.Block
	title := morningTitle(f)
	if f.Due.all()+len(f.Review) > 0 {
		blocks = append(blocks, section(dotted("*"+reviewTitle(f.Due)+"*"+forShop(f.Shop), handledCount(workflow.ReviewDeadline, f.Review)), "Most urgent first, then by 30-day GMV."))
		blocks = append(blocks, digestRows(f.Review, f.Due.all(), f.Quick)...)
	}
	blocks = append(blocks, calling(workflow.Payload{Deadline: workflow.ReviewDeadline}, f.Named, f.Unnamed)...)
	if f.ShipDue.all()+len(f.Ship) > 0 {
		blocks = append(blocks, section(dotted("*"+shipTitle(f.ShipDue)+"*"+forShop(f.Shop), handledCount(workflow.ShipDeadline, f.Ship)), "Grouped by product and variant, so you can pick them."))
		blocks = append(blocks, sections(pickList(f.Ship))...)
		if more := f.ShipDue.all() - stillOpen(workflow.ShipDeadline, f.Ship); more > 0 {
			blocks = append(blocks, aside(fmt.Sprintf("And %s more. ", grouped(float64(more)))+deadlinesHelp(workflow.ShipDeadline)))
		}
	}
	blocks = append(blocks, morningAnswers(f)...)
	if len(blocks) == 0 { // nothing of what it told needs anybody any more
		blocks = []slack.Block{section("*" + title + "*" + forShop(f.Shop))}
	}
	also := ""
	if counted := answersCount(f.Waiting); f.Waiting > 0 && title != counted {
		also = "; " + counted
	}
	return Message{Text: title + spokenShop(f.Shop) + spokenFirst(f) + also + spokenHandled(f), Blocks: blocks}
}

// pastMorning is a day's message once another day's goes on with what it told.
func pastMorning(f MorningFacts) Message {
	text := "What was due" + spokenShop(f.Shop) + spokenHandled(f)
	return Message{Text: text, Blocks: []slack.Block{
		section(dotted("*What was due*"+forShop(f.Shop), handledCount(workflow.ReviewDeadline, f.Review), handledCount(workflow.ShipDeadline, f.Ship)), "A newer message lists what is due now."),
	}}
}

// spokenFirst names the first item that still needs somebody, with its product, its figures and the time left.
func spokenFirst(f MorningFacts) string {
	for _, a := range f.Review {
		if !handled(workflow.ReviewDeadline, a) {
			return "; first: " + spokenItem(a, a.Snapshot.ReviewBy, f.Now, spokenNumbers(a.Snapshot.Creator))
		}
	}
	for _, a := range f.Ship {
		if !handled(workflow.ShipDeadline, a) {
			return "; first: " + spokenItem(a, a.Snapshot.ShipBy, f.Now, "")
		}
	}
	return ""
}

// spokenItem is an application in a notification: its name, figures and product, and the time left.
func spokenItem(a workflow.Application, by, now time.Time, figures string) string {
	return spokenName(a.Snapshot.Creator) + figures + ", " + spoken(productOf(a.Snapshot.Product), maxName) + spokenLeft(by.Sub(now))
}

func spokenHandled(f MorningFacts) string {
	all := dotted(handledCount(workflow.ReviewDeadline, f.Review), handledCount(workflow.ShipDeadline, f.Ship))
	if all == "" {
		return ""
	}
	return "; " + all
}

// morningTitle counts what is due, of both kinds where there are both.
func morningTitle(f MorningFacts) string {
	switch review, ship := f.Due.all()+len(f.Review) > 0, f.ShipDue.all()+len(f.Ship) > 0; {
	case review && ship:
		return reviewTitle(f.Due) + "; " + lower(shipTitle(f.ShipDue))
	case ship:
		return shipTitle(f.ShipDue)
	case !review && f.Waiting > 0:
		return answersCount(f.Waiting)
	default:
		return reviewTitle(f.Due)
	}
}

// reviewTitle counts what has to be decided: "2 requests expire within 6 hours, 3 more within 48".
func reviewTitle(d DueCounts) string {
	switch {
	case d.all() == 0:
		return "No request expires within " + lasting(d.FarSpan)
	case d.Near == 0:
		return many(d.Far, "request") + " " + expires(d.Far) + " within " + lasting(d.FarSpan)
	default:
		return many(d.Near, "request") + " " + expires(d.Near) + " within " + lasting(d.NearSpan) + furtherOff(d)
	}
}

func shipTitle(d DueCounts) string {
	switch {
	case d.all() == 0:
		return "Nothing to ship within " + lasting(d.FarSpan)
	case d.Near == 0:
		return "Ship " + many(d.Far, "sample") + " within " + lasting(d.FarSpan)
	default:
		return "Ship " + many(d.Near, "sample") + " within " + lasting(d.NearSpan) + furtherOff(d)
	}
}

// furtherOff counts those that are further off; the unit is not repeated where both are hours.
func furtherOff(d DueCounts) string {
	if d.Far == 0 {
		return ""
	}
	span := lasting(d.FarSpan)
	if d.NearSpan%time.Hour == 0 && d.FarSpan%time.Hour == 0 {
		span = grouped(d.FarSpan.Hours())
	}
	return ", " + grouped(float64(d.Far)) + " more within " + span
}

// lower writes a title as it goes on after another.
func lower(s string) string { return strings.ToLower(s[:1]) + s[1:] }

func handledCount(kind workflow.DeadlineKind, all []workflow.Application) string {
	switch n := len(all) - stillOpen(kind, all); n {
	case 0:
		return ""
	case len(all):
		return "all of these done"
	default:
		return fmt.Sprintf("%d of %d done", n, len(all))
	}
}

// stillOpen counts those that still need somebody.
func stillOpen(kind workflow.DeadlineKind, all []workflow.Application) (n int) {
	for _, a := range all {
		if !handled(kind, a) {
			n++
		}
	}
	return n
}

// handled tells whether an item needs nobody any more.
func handled(kind workflow.DeadlineKind, a workflow.Application) bool {
	switch kind {
	case workflow.ShipDeadline:
		return a.State() != workflow.AwaitingShipment
	case workflow.PostDeadline:
		return a.State() != workflow.Delivered
	default:
		return !a.Decidable()
	}
}

// How many rows with buttons a message has, and how many lines of what was handled.
const (
	maxDigestRows = 10
	maxDoneLines  = 10
)

// digestRows are requests with the controls of their cards, those first that still need somebody; what can still be undone
// keeps its button, and what was handled is a line. All is how many still need somebody, whether they are listed or not.
func digestRows(rows []workflow.Application, all int, quick bool) (blocks []slack.Block) {
	var done []string
	shown := 0
	for _, a := range rows {
		switch room := shown < maxDigestRows; {
		case handled(workflow.ReviewDeadline, a) && (a.State() != workflow.Queued || !room):
			done = append(done, agendaRow(a))
		case room:
			shown++
			blocks = append(blocks, section(agendaRow(a)))
			if controls := digestControls(a, quick); len(controls) > 0 {
				blocks = append(blocks, actions(blockOf(a), controls...))
			}
			if handled(workflow.ReviewDeadline, a) {
				all++ // it is shown, and not among those that need somebody
			}
		}
	}
	if more := all - shown; more > 0 {
		blocks = append(blocks, aside(fmt.Sprintf("And %s more. ", grouped(float64(more)))+deadlinesHelp(workflow.ReviewDeadline)))
	}
	if more := len(done) - maxDoneLines; more > 0 {
		done = append(done[:maxDoneLines:maxDoneLines], fmt.Sprintf("And %s more are done.", grouped(float64(more))))
	}
	return append(blocks, sections(done)...)
}

// digestControls are **Approve**, **Reject…** and **Open**, or **Undo** and **Open**.
func digestControls(a workflow.Application, quick bool) (kept []slack.BlockElement) {
	for _, e := range decisions(a, quick) {
		if b, ok := e.(*slack.ButtonBlockElement); !ok || b.ActionID != ActionCampaign {
			kept = append(kept, e)
		}
	}
	if len(kept) == 0 {
		return nil
	}
	open := button(ActionOpen, targetOf(a).String(), "Open", "Open the card of "+called(a))
	if hasCard(a) {
		open.URL = a.Card.Link
	}
	return append(kept, open)
}

// hasCard reports whether a card can be linked to.
func hasCard(a workflow.Application) bool {
	return webAddress(a.Card.Link) && len(a.Card.Link) <= maxPermalink && !a.Card.Lost
}

// The longest that names are on an agenda, in code points: forty lines have to fit a message.
const (
	maxAgendaName    = 40
	maxAgendaProduct = 50
)

// agendaRow is a request that has to be decided, or what became of it.
func agendaRow(a workflow.Application) string {
	who, what := agendaName(a), data(productOf(a.Snapshot.Product), maxAgendaProduct)
	if handled(workflow.ReviewDeadline, a) {
		return "• " + dotted(who, what) + ": " + outcome(a)
	}
	refused := ""
	if a.State() == workflow.Refused {
		refused = "TikTok refused the " + noun(a.Decision.Verdict)
	}
	handle := ""
	if name := data(a.Snapshot.Creator.Username, maxAgendaName); name != "" && nameOf(a.Snapshot.Creator) != "@"+clean(a.Snapshot.Creator.Username) {
		handle = "@" + name
	}
	return joinLines([]string{
		dotted("*"+who+"*", handle, what), dotted("GMV "+money(a.Snapshot.Creator.GMV), due(a.Snapshot.ReviewBy), refused),
	})
}

// agendaName is the creator's name, linked to the card.
func agendaName(a workflow.Application) string {
	name := label(nameOf(a.Snapshot.Creator), maxAgendaName)
	if hasCard(a) {
		return linkTo(a.Card.Link, name)
	}
	return name + " (" + shortID(a) + ")"
}

// outcome is how an item was handled.
func outcome(a workflow.Application) string {
	d := a.Decision
	switch s := a.State(); s {
	case workflow.Queued:
		return "*" + verdictDone(d.Verdict) + "* by " + decider(d) + ", can still be undone"
	case workflow.Sending, workflow.Unclear:
		return "*" + verdictDone(d.Verdict) + "* by " + decider(d) + ", being sent to TikTok"
	default:
		by := ""
		switch {
		case a.ChangedElsewhere:
			by = ", " + elsewhere
		case d.Phase == workflow.DecisionConfirmed && d.Verdict == workflow.Reject && s == workflow.Rejected,
			d.Phase == workflow.DecisionConfirmed && d.Verdict == workflow.Approve && s != workflow.Rejected:
			return "*" + verdictDone(d.Verdict) + "* by " + decider(d)
		}
		return stageName(a.Stage()) + by
	}
}

// pickList gathers samples of the same product and variant, in the order in which they come: one goes along a shelf with
// it.
func pickList(rows []workflow.Application) (lines []string) {
	for len(rows) > 0 {
		n := 1
		for n < len(rows) && sameVariant(rows[0], rows[n]) {
			n++
		}
		lines = append(lines, pickLine(rows[:n])...)
		rows = rows[n:]
	}
	return lines
}

func sameVariant(a, b workflow.Application) bool {
	x, y := a.Snapshot.Product, b.Snapshot.Product
	return x.ID == y.ID && x.SKU == y.SKU && x.Title == y.Title && x.Variant == y.Variant
}

// perPick is how many names a line of the pick list holds, so that a line fits a section.
const perPick = 5

// pickLine is one product and variant, with how many of it are still to be shipped and to whom, and what became of the
// others.
func pickLine(all []workflow.Application) []string {
	var open, done []string
	for _, a := range all {
		if handled(workflow.ShipDeadline, a) {
			done = append(done, agendaName(a)+" "+shippedOutcome(a))
		} else {
			open = append(open, agendaName(a)+" "+due(a.Snapshot.ShipBy))
		}
	}
	p := all[0].Snapshot.Product
	what := "• *" + dotted(data(productOf(p), maxAgendaProduct), data(p.Variant, maxAgendaName)) + fmt.Sprintf(" × %d*", len(open))
	if len(done) > 0 {
		what += fmt.Sprintf(" (%d of %d done)", len(done), len(all))
	}
	return append(append([]string{what}, named("To ship", open)...), named("Done", done)...)
}

// named lists names in lines that are short enough each.
func named(what string, all []string) (lines []string) {
	for n := len(all); n > 0; n = len(all) {
		lines = append(lines, what+": "+strings.Join(all[:min(perPick, n)], ", "))
		all = all[min(perPick, n):]
	}
	return lines
}

func shippedOutcome(a workflow.Application) string {
	switch a.State() {
	case workflow.Shipped:
		return "*shipped*"
	case workflow.Delivered, workflow.Completed:
		return "*shipped and delivered*"
	default:
		return stageName(a.Stage())
	}
}
