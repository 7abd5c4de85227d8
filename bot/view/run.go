package view

import (
	"fmt"
	"strings"

	"github.com/slack-go/slack"

	"sampledesk/workflow"
)

// RunFacts is what the message about a run shows.
type RunFacts struct {
	Run      workflow.Run
	Shop     string // named only where a channel serves several
	Undoable int    // how many of its decisions can still be taken back
}

// RunProgress tells how far a run got, and in the end what became of each of its requests.
func RunProgress(f RunFacts) Message {
	if f.Run.Kind == workflow.RunImport {
		return importProgress(f)
	}
	return decisionsProgress(f)
}

func decisionsProgress(f RunFacts) Message {
	r := f.Run
	total := r.Size()
	counted := dotted(runCounts(r)...)
	blocks := []slack.Block{section("*"+runTitle(r)+"*"+forShop(f.Shop), progressBar(total-r.Count(workflow.ItemWaiting)-r.Count(workflow.ItemPlanned), total), counted)}
	if held := heldRun(r); held != "" {
		blocks = append(blocks, section(held))
	}
	if b, ok := undoRunButton(f); ok {
		blocks = append(blocks, actions("", b))
	}
	blocks = append(blocks, sections(runLines(r))...)
	return Message{Text: runTitle(r) + spokenShop(f.Shop) + ": " + strings.ReplaceAll(counted, " · ", ", "), Blocks: blocks}
}

// runTitle is who does what: "@Member One approves 37 requests", and in the end what came of it.
func runTitle(r workflow.Run) string {
	does, wanted, did := "approves", "wanted to approve", verdictDone(r.Verdict)
	done, to := r.Count(workflow.ItemConfirmed), because(r.Verdict, r.Reason)
	switch {
	case r.Kind == workflow.RunJoins:
		does, wanted, did = "adds", "wanted to add", "added"
		done, to = r.Count(workflow.ItemAdded), " to the campaign "+first(spoken(r.Name, workflow.MaxCampaignName), "without a name")
	case r.Verdict == workflow.Reject:
		does, wanted = "rejects", "wanted to reject"
	}
	how := many(r.Size(), "request")
	if r.Ended() && done == 0 {
		does = wanted
	} else if r.Ended() {
		does = did
		if done < r.Size() {
			how = fmt.Sprintf("%d of %s", done, how)
		}
	}
	return person(r.By) + " " + does + " " + how + to
}

// runCounts are how many stand where, leaving out where none do.
func runCounts(r workflow.Run) (counts []string) {
	for _, c := range []struct {
		state workflow.ItemState
		says  string
	}{
		{workflow.ItemConfirmed, "confirmed by TikTok"},
		{workflow.ItemAdded, "added"},
		{workflow.ItemWaiting, "being sent"},
		{workflow.ItemPlanned, "to come"},
		{workflow.ItemRefused, "refused by TikTok"},
		{workflow.ItemDeclined, notDone(r)},
		{workflow.ItemUndone, "undone"},
		{workflow.ItemElsewhere, "changed in the Affiliate Center"},
	} {
		n := r.Count(c.state)
		if n > 0 {
			counts = append(counts, fmt.Sprintf("%d %s", n, c.says))
		}
	}
	return counts
}

// notDone is what became of requests that a run left out.
func notDone(r workflow.Run) string {
	if r.Kind == workflow.RunJoins {
		return "not added"
	}
	return "not decided"
}

// progressBar is how much is done, as a bar and in words.
func progressBar(done, total int) string {
	const wide = 20
	n := 0
	if total > 0 {
		n = done * wide / total
	}
	return "`" + strings.Repeat("▇", n) + strings.Repeat("░", wide-n) + "` " + fmt.Sprintf("%s of %s done", grouped(float64(done)), grouped(float64(total)))
}

// heldRun tells what decisions wait for, where TikTok or the way to it holds them up: the causes, most frequent first.
func heldRun(r workflow.Run) string {
	counts := map[string]int{}
	var causes []string
	for _, i := range r.Items {
		if i.State != workflow.ItemWaiting || i.Failure == (workflow.Failure{}) {
			continue
		}
		said := shortly(i.Failure)
		if counts[said]++; counts[said] == 1 {
			causes = append(causes, said)
		}
	}
	if len(causes) == 0 {
		return ""
	}
	const most = 3
	lines := []string{"What is delaying them (Sample Desk keeps trying):"}
	for _, said := range causes[:min(most, len(causes))] {
		lines = append(lines, fmt.Sprintf("• %s (%d)", said, counts[said]))
	}
	return joinLines(lines)
}

// undoRunButton takes back what was not sent yet.
func undoRunButton(f RunFacts) (*slack.ButtonBlockElement, bool) {
	id := string(f.Run.ID)
	if f.Undoable == 0 || len(id) > maxValue {
		return nil, false
	}
	text := fmt.Sprintf("Undo all %d", f.Undoable)
	switch {
	case f.Run.Parts > 0:
		text = "Undo what is not sent" // how many that are changes while it is read
	case f.Undoable == 1:
		text = "Undo 1"
	}
	return button(ActionUndoRun, id, text, "Undo what was not sent to TikTok yet"), true
}

// runGroup is what a message says of the requests with the same outcome.
type runGroup struct {
	state workflow.ItemState
	title string
	says  func(workflow.RunItem) string
}

// runLines tell of each request what became of it: what went wrong as soon as it did, and at the end what went well.
func runLines(r workflow.Run) (lines []string) {
	groups := []runGroup{
		{workflow.ItemRefused, "Refused by TikTok, and back in review", func(i workflow.RunItem) string { return shortly(i.Failure) }},
		{workflow.ItemDeclined, capital(notDone(r)), declined},
		{workflow.ItemAsked, "Asked for: each needs a second person", nil},
		{workflow.ItemElsewhere, "Changed in the Affiliate Center, not from this desk", func(i workflow.RunItem) string { return "in " + stageName(i.Stage) }},
		{workflow.ItemUndone, "Undone, and back in review", func(i workflow.RunItem) string { return "by " + person(i.By) }},
	}
	if r.Ended() {
		groups = append(groups, runGroup{workflow.ItemConfirmed, "Confirmed by TikTok", rejectedFor}, runGroup{workflow.ItemAdded, "Added", nil})
	}
	for _, g := range groups {
		n := r.Count(g.state)
		if n == 0 {
			continue
		}
		title := len(lines)
		lines = append(lines, fmt.Sprintf("*%s: %d*", g.title, n))
		for _, i := range r.Items {
			if i.State == g.state {
				lines = append(lines, runLine(i, g.says))
			}
		}
		switch listed := len(lines) - title - 1; {
		case listed == 0: // a long run's message tells only what did not go as it was meant to
			lines = lines[:title]
		case listed < n:
			lines = append(lines, fmt.Sprintf("and %d more", n-listed))
		}
	}
	return lines
}

// The longest that names are in a line of a run: a hundred lines have to fit a message.
const (
	maxRunName    = 30
	maxRunProduct = 24
)

func runLine(i workflow.RunItem, says func(workflow.RunItem) string) string {
	line := "• " + linkTo(i.Link, label(nameOf(i.Creator), maxRunName))
	if product := data(i.Product, maxRunProduct); product != "" {
		line += " · " + product
	}
	if says == nil {
		return line
	}
	if said := says(i); said != "" {
		line += ": " + said
	}
	return line
}

// rejectedFor is the reason of a request that has one of its own.
func rejectedFor(i workflow.RunItem) string {
	if i.Reason == "" {
		return ""
	}
	return data(ReasonText(i.Reason), maxID)
}

// declined tells why the desk did not decide on a request of a run.
func declined(i workflow.RunItem) string {
	switch i.Rule {
	case workflow.RuleDeadline:
		return "its review deadline has passed"
	case workflow.RuleAgency:
		return "it belongs to an agency"
	case workflow.RuleNoProposal:
		return "no rule suggested it any more"
	case workflow.RuleOverCap:
		return "it would have been over a limit"
	case workflow.RuleSamePerson:
		return "it needs a second person's approval"
	case workflow.RuleNotApprovable:
		return "TikTok doesn't allow approving it"
	case workflow.RuleNoApplication:
		return "Sample Desk doesn't know it"
	case workflow.RuleAlreadyInCampaign:
		return "it is in that campaign already"
	case workflow.RuleOtherCampaign:
		return "it is in another campaign"
	case workflow.RuleArchived, workflow.RuleNoCampaign:
		return "the campaign takes nobody any more"
	default: // below
	}
	switch {
	case i.By != "":
		return person(i.By) + " was faster"
	case i.Stage != "" && i.Stage != workflow.StageReview:
		return "it was in " + stageName(i.Stage) + " by then"
	default:
		return "it changed after you saw it"
	}
}

func importProgress(f RunFacts) Message {
	r := f.Run
	does := "imports creators"
	switch {
	case r.Failed:
		does = "could not import creators"
	case r.Ended():
		does = "imported creators"
	}
	from := " from the target collaboration " + first(spoken(r.Collaboration, maxID), "without a number")
	title, into := person(r.By)+" "+does, ""
	if name := spoken(r.Name, workflow.MaxCampaignName); name != "" {
		into = " into the campaign *" + name + "*"
	}
	counts := dotted(many(r.Added, "creator")+" added", fmt.Sprintf("%d already there", r.Existing), many(r.Products, "new product"))
	lines := []string{"*" + title + "*" + from + into + forShop(f.Shop), counts}
	text := title + from + ": " + counts
	switch {
	case r.Failed:
		lines[1] = sentence("the reason: " + importCause(r.Failure))
		text = title + from + ": " + importCause(r.Failure)
	case !r.Ended():
		lines[1], text = "Asking TikTok for them…", title+from
		if r.Failure != (workflow.Failure{}) {
			lines = append(lines, "Delayed: "+shortly(r.Failure)+". Sample Desk keeps trying.")
		}
	}
	return Message{Text: text, Blocks: []slack.Block{section(lines...)}}
}

// importCause tells why an import failed: for a reason of TikTok's, or by a rule of the desk's, which is then kept in the
// cause's words before the campaign's name.
func importCause(c workflow.Failure) string {
	rule, name, ok := strings.Cut(c.Message, ": ")
	if c.Code == 0 && ok {
		switch workflow.Rule(rule) {
		case workflow.RuleArchived:
			return "the campaign " + quoted(name, maxName) + " is archived, so no one can be added to it"
		case workflow.RuleNameTaken, workflow.RuleCampaignName:
			return "a campaign can't be called " + quoted(name, maxName)
		default: // below
		}
	}
	return shortly(c)
}
