package view

import (
	"fmt"
	"strings"

	"github.com/slack-go/slack"

	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

// listTitle tells what is listed, how much of it this page shows, and in which order; or why there is nothing.
func listTitle(f HomeFacts) []string {
	what := "*" + shownStage(f.State.Stage) + "*" + homeWithin(f)
	if f.Total == 0 && len(f.Rows) == 0 {
		return []string{what, nothing(f)}
	}
	return []string{what, dotted(homeSpan(f), homeOrder(f))}
}

func shownStage(s workflow.Stage) string {
	switch s {
	case "":
		return string(workflow.StageReview)
	case query.AllStages:
		return "All states"
	default:
		return first(data(string(s), maxID), "Unknown")
	}
}

// homeWithin names the other filters.
func homeWithin(f HomeFacts) string {
	var text strings.Builder
	for _, s := range f.Shops {
		if s.ID == f.State.Shop && len(f.Shops) > 1 {
			text.WriteString(" in the shop " + first(data(s.Name, maxName), data(string(s.ID), maxName)))
		}
	}
	if f.Campaign.ID != "" {
		text.WriteString(" in the campaign " + campaignName(f.Campaign.Name))
	}
	if f.State.Mine != "" {
		text.WriteString(" that you're on")
	}
	if f.State.Suggested {
		text.WriteString(" with a suggestion")
	}
	if f.State.Only.Campaign == query.NoCampaign {
		text.WriteString(" in no campaign")
	}
	if words := criteriaWords(f.State.Only); len(words) > 0 {
		text.WriteString(": " + strings.Join(words, ", "))
	}
	if f.State.Creator != "" {
		if name := data(f.State.Creator, maxName); strings.Contains(name, " ") {
			text.WriteString(" for “" + name + "”")
		} else {
			text.WriteString(" for @" + name)
		}
	}
	return text.String()
}

// nothing says why a list is empty, and what to do then.
func nothing(f HomeFacts) string {
	switch {
	case f.State.Mine != "":
		return "None of these requests is yours. *Everyone's* shows all requests."
	case f.State.Suggested:
		return "No rule suggests anything right now. *All requests* shows all requests."
	case f.State.Only != (query.Criteria{}):
		return "No request matches. Loosen the filters."
	case f.State.Creator != "" && f.All() == 0:
		return "Nothing found for that. Check the spelling, or clear the filters."
	case f.State.Creator != "" || f.State.Campaign != "":
		if n := f.All(); n > 0 {
			return "None in this state, but there " + isAre(n) + " " + grouped(float64(n)) + " in others. Choose *All states* to see them."
		}
		return "No requests in this campaign yet."
	case f.State.Filter == query.Filter{Shop: f.State.Shop, Sort: f.State.Sort}:
		return "No pending requests. New ones appear here automatically."
	case f.State.Stage == query.AllStages:
		return "No requests yet. New ones appear here automatically."
	default:
		return "Nothing in this state right now."
	}
}

func homeSpan(f HomeFacts) string {
	listed := 0
	for _, r := range f.Rows {
		if !r.Stays {
			listed++
		}
	}
	if listed == 0 {
		return "Nothing else here now"
	}
	return span(f.First, listed, f.Total)
}

// homeOrder names the order: one that was asked for, or that of workflow.StageOf.
func homeOrder(f HomeFacts) string {
	var order string
	switch f.State.Sort {
	case query.ByValue:
		order = "highest GMV first"
	case query.ByNewest:
		order = "newest first"
	default:
		order = stageOrder(f.State.Stage)
	}
	if f.Partial {
		order += fmt.Sprintf(", among the first %s by deadline", grouped(query.MostSorted))
	}
	return order
}

func stageOrder(s workflow.Stage) string {
	switch s {
	case "", workflow.StageReview, workflow.StageAwaiting:
		return "soonest deadline first"
	case workflow.StageShipping, workflow.StageContent:
		return "oldest first"
	case query.AllStages:
		return "by state, soonest deadline first"
	default:
		return "newest first"
	}
}

// homeRow is one application: who asks for what, where it stands, the numbers that decide, and the buttons.
func homeRow(f HomeFacts, r HomeRow) []slack.Block {
	a := r.Application
	lines := status(a)
	if f.State.Stage != query.AllStages && !r.Stays {
		lines = lines[1:] // the title of the list names the stage
	}
	product := data(productOf(a.Snapshot.Product), maxName)
	if variant := data(a.Snapshot.Product.Variant, maxVariant); variant != "" {
		product += " (" + variant + ")"
	}
	numbers, left := "", ""
	if a.State().Reviewing() {
		c := a.Snapshot.Creator
		left = stock(a.Snapshot)
		numbers = dotted("GMV, 30 days: "+money(c.GMV), "median views: "+figure(c.MedianViews), "sample fulfilment: "+percentage(c.Fulfilment))
	}
	text := append([]string{dotted("*"+namedBoth(a.Snapshot.Creator)+"*", product, left)}, lines...)
	text = append(text, proposalLine(a), secondLine(a), numbers, dotted(campaignOf(CardFacts{Application: a, Campaign: r.Campaign}), shopOf(r.Shop), cardLink(r.Row), "Request "+shortID(a)))
	blocks := []slack.Block{section(text...)}
	if controls := homeControls(r); len(controls) > 0 {
		blocks = append(blocks, actions(blockOf(a), controls...))
	}
	return append(blocks, divider())
}

// homeControls are the card's controls, as far as the reader may use them: App Home is theirs alone.
func homeControls(r HomeRow) []slack.BlockElement {
	if !r.Decides {
		return nil
	}
	var kept []slack.BlockElement
	for _, e := range decisions(r.Application, r.Quick) {
		if b, ok := e.(*slack.ButtonBlockElement); !ok || b.ActionID != ActionUndo || r.Undoes {
			kept = append(kept, e)
		}
	}
	if b, ok := leaveButton(r.Application); ok && len(kept) > 0 {
		kept = append(kept, b)
	}
	return kept
}

func homePaging(f HomeFacts) []slack.BlockElement {
	var buttons []slack.BlockElement
	if n := f.State.Page.Number; n > 0 {
		back := backButton
		if len(f.State.Trail) == 0 && n > 1 {
			back = startButton
		}
		buttons = append(buttons, back(ActionHomeBack, "back"))
	}
	next, total, first, of := f.Next, f.Total, f.First, "requests"
	if f.State.Answers {
		next, total, first, of = f.Answers.Next, f.Answers.Total, f.Answers.First, "creators"
	}
	if next != nil && len(next.String()) <= maxValue {
		left := min(HomePageSize, max(1, total-first-HomePageSize+1))
		buttons = append(buttons, nextButton(ActionHomeNext, next.String(), left, of))
	}
	return buttons
}
