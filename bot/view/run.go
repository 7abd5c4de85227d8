package view

import "sampledesk/workflow"

// RunFacts is what the message about a run shows.
type RunFacts struct {
	Run  workflow.Run
	Shop string // named only where a channel serves several
}

// RunProgress tells how far a run got.
func RunProgress(f RunFacts) Message { return Aside(person(f.Run.By)) }
