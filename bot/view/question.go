package view

import "sampledesk/workflow"

// QuestionFacts is what the question about a member shows.
type QuestionFacts struct {
	Campaign workflow.Campaign
	Member   workflow.Member
	Shop     string // named only where a channel serves several
}

// Question asks whether a member needs a sample, and tells what was said to it.
func Question(f QuestionFacts) Message { return Aside(profile(f.Member.Shown)) }
