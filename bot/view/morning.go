package view

import (
	"fmt"
	"strings"

	"github.com/slack-go/slack"

	"sampledesk/workflow"
)

// MorningFacts is what a morning message shows. It is edited through the day: the applications are those of the morning,
// as they are now.
type MorningFacts struct {
	Agenda workflow.Agenda
	Shop   string // named only where a channel serves several
	Rows   []MorningRow
}

// MorningRow is an application on a morning's agenda.
type MorningRow struct {
	Application workflow.Application
	Tomorrow    bool // due then, not today
}

// Morning is the message that tells what falls due today and tomorrow: what has to be decided, or what has to be shipped.
func Morning(f MorningFacts) Message {
	title := morningTitle(f.Agenda)
	blocks := []slack.Block{section("*"+title+"*"+forShop(f.Shop), dotted(morningOrder(f), handledCount(f)))}
	for _, tomorrow := range []bool{false, true} {
		if lines := dayLines(f, tomorrow); len(lines) > 0 {
			blocks = append(blocks, sections(lines)...)
		}
	}
	if more := f.Agenda.Today + f.Agenda.Tomorrow - len(f.Rows); more > 0 {
		blocks = append(blocks, aside(fmt.Sprintf("And %s more. ", grouped(float64(more)))+deadlinesHelp(f.Agenda.Deadline)))
	}
	text := title + spokenShop(f.Shop) + spokenFirst(f)
	if n := handledOf(f); n > 0 {
		text += "; " + handledCount(f)
	}
	return Message{Text: text, Blocks: blocks}
}

// spokenFirst names the first item that still needs somebody, with its deadline and, before a decision, its value.
func spokenFirst(f MorningFacts) string {
	for _, r := range f.Rows {
		a := r.Application
		switch who := spokenName(a.Snapshot.Creator); {
		case handled(f.Agenda.Deadline, a):
		case f.Agenda.Deadline == workflow.ShipDeadline:
			return "; first: " + who + ", ship by " + stamp(a.Snapshot.ShipBy)
		default:
			return "; first: " + who + spokenNumbers(a.Snapshot.Creator) + ", decide by " + stamp(a.Snapshot.ReviewBy)
		}
	}
	return ""
}

// morningTitle counts what is due: "3 requests expire today, 5 tomorrow".
func morningTitle(a workflow.Agenda) string {
	today, tomorrow := grouped(float64(a.Today)), grouped(float64(a.Tomorrow))
	switch ship := a.Deadline == workflow.ShipDeadline; {
	case ship && a.Tomorrow == 0:
		return "Ship " + many(a.Today, "sample") + " today"
	case ship && a.Today == 0:
		return "Ship " + many(a.Tomorrow, "sample") + " by tomorrow"
	case ship:
		return "Ship " + many(a.Today, "sample") + " today and " + tomorrow + " by tomorrow"
	case a.Today == 0 && a.Tomorrow > 0:
		return many(a.Tomorrow, "request") + " " + expires(a.Tomorrow) + " tomorrow"
	case a.Tomorrow == 0:
		return many(a.Today, "request") + " " + expires(a.Today) + " today"
	default:
		return today + " " + verb(a.Today, "request expires", "requests expire") + " today, " + tomorrow + " tomorrow"
	}
}

func morningOrder(f MorningFacts) string {
	if f.Agenda.Deadline == workflow.ShipDeadline {
		return "Grouped by product and variant, so you can pick them"
	}
	return "Most valuable first: by 30-day GMV, then median views, then followers"
}

func handledCount(f MorningFacts) string {
	switch n := handledOf(f); n {
	case 0:
		return ""
	case len(f.Rows):
		if f.Agenda.Today+f.Agenda.Tomorrow > n {
			return "all of these done"
		}
		return "all done"
	default:
		return fmt.Sprintf("%d of %d done", n, len(f.Rows))
	}
}

func handledOf(f MorningFacts) (n int) {
	for _, r := range f.Rows {
		if handled(f.Agenda.Deadline, r.Application) {
			n++
		}
	}
	return n
}

// handled tells whether an item needs nobody any more.
func handled(kind workflow.DeadlineKind, a workflow.Application) bool {
	if kind == workflow.ShipDeadline {
		return a.State() != workflow.AwaitingShipment
	}
	return !a.Decidable()
}

func dayLines(f MorningFacts, tomorrow bool) []string {
	var rows []workflow.Application
	for _, r := range f.Rows {
		if r.Tomorrow == tomorrow {
			rows = append(rows, r.Application)
		}
	}
	if len(rows) == 0 {
		return nil
	}
	lines := []string{"*Today*"}
	if tomorrow {
		lines = []string{"*Tomorrow*"}
	}
	if f.Agenda.Deadline == workflow.ShipDeadline {
		return append(lines, pickList(rows)...)
	}
	for _, a := range rows {
		lines = append(lines, agendaRow(a))
	}
	return lines
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
	return "• " + dotted("*"+who+"*", what, "GMV "+money(a.Snapshot.Creator.GMV), due(a.Snapshot.ReviewBy), refused)
}

// agendaName is the creator's name, linked to the card.
func agendaName(a workflow.Application) string {
	name := label(nameOf(a.Snapshot.Creator), maxAgendaName)
	if webAddress(a.Card.Link) && len(a.Card.Link) <= maxPermalink && !a.Card.Lost {
		return linkTo(a.Card.Link, name)
	}
	return name + " (" + shortID(a) + ")"
}

// outcome is how an item was handled.
func outcome(a workflow.Application) string {
	d := a.Decision
	switch s := a.State(); s {
	case workflow.Queued:
		return "*" + deed(d.Verdict) + "* by " + person(d.By) + ", can still be undone"
	case workflow.Sending, workflow.Unclear:
		return "*" + deed(d.Verdict) + "* by " + person(d.By) + ", being sent to TikTok"
	default:
		by := ""
		switch {
		case a.ChangedElsewhere:
			by = ", " + elsewhere
		case d.Phase == workflow.DecisionConfirmed && d.Verdict == workflow.Reject && s == workflow.Rejected,
			d.Phase == workflow.DecisionConfirmed && d.Verdict == workflow.Approve && s != workflow.Rejected:
			return "*" + deed(d.Verdict) + "* by " + person(d.By)
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
