package view

import (
	"fmt"

	"github.com/slack-go/slack"

	"sampledesk/workflow"
)

// CallbackTogether is the callback id of the dialog with all open requests of a creator. What it holds is a BulkDecision
// without a verdict; its menu is that of *Decide several*.
const CallbackTogether = "together"

// TogetherFacts is what the dialog shows: the open requests of one creator in one shop, the first the one on whose card
// it was opened.
type TogetherFacts struct {
	Open  []workflow.Application
	Total int    // how many there are, if not all are in Open
	Undo  string // for how long a decision can be undone, in words; empty: not at all
}

// TogetherModal shows the open requests of a creator side by side. Where several are pending they can be decided
// together.
func TogetherModal(f TogetherFacts) slack.ModalViewRequest {
	c := f.Open[0].Snapshot.Creator
	blocks := []slack.Block{
		section(creatorLine(c), many(max(f.Total, len(f.Open)), "open request")),
		&slack.SectionBlock{Type: slack.MBTSection, Fields: numberFields(c)},
	}
	decision := BulkDecision{Shop: f.Open[0].Key.Shop}
	for _, a := range f.Open {
		product := productBlock(a)
		product.Text.Text += "\n" + togetherLine(a)
		blocks = append(blocks, product)
		if a.Decidable() {
			decision.Targets = append(decision.Targets, workflow.Target{Key: a.Key, Round: a.Round})
		}
	}
	m := slack.ModalViewRequest{Type: slack.VTModal, Title: plainText("Requests of one creator"), Close: plainText("Close")}
	meta, fits := decision.Encode()
	if n := len(decision.Targets); n > 1 && fits {
		blocks = append(blocks, bulkVerdict("Approve or reject"), aside(fmt.Sprintf("Decides on all %d pending requests above.", n), undoLine(f.Undo)))
		m.CallbackID, m.PrivateMetadata, m.Submit = CallbackTogether, meta, plainText(fmt.Sprintf("Decide %d", n))
	}
	m.Blocks = slack.Blocks{BlockSet: blocks}
	return m
}

// togetherLine is where one of them stands.
func togetherLine(a workflow.Application) string {
	stands := capital(stageWord(a.Stage()))
	if a.Decidable() {
		stands = reviewDeadline(a.Snapshot)
	}
	return dotted(stands, "Request "+shortID(a), linkTo(a.Card.Link, "Open the card"))
}

// NotAllDecided tells whoever decided on several that some were left out.
func NotAllDecided(done int, left []string) string {
	return fmt.Sprintf("Decided: %d. Not decided: %d. ", done, len(left)) + left[0]
}
