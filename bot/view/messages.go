package view

import "sampledesk/workflow"

// MessageFacts is what the quotation of a message to a creator shows.
type MessageFacts struct {
	Notice  workflow.Notice
	Creator workflow.Creator
	Shop    string // named only where a channel serves several
}

// MessageToCreator quotes a message to a creator and tells how far it got.
func MessageToCreator(f MessageFacts) Message { return Aside(profile(f.Creator)) }
