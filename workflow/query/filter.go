package query

import "sampledesk/workflow"

// AllStages is the stage of a Filter that lets all stages through.
const AllStages workflow.Stage = "all"

// Order is the order of a list within each of its stages.
type Order string

// The orders.
const (
	ByDeadline Order = ""       // that of workflow.StageOf: where there are deadlines the soonest first
	ByValue    Order = "value"  // the creator's GMV of 30 days, in whatever currency it comes, the highest first; what is not shared last
	ByNewest   Order = "newest" // those first that came last
)

// Orders are all there are.
var Orders = []Order{ByDeadline, ByValue, ByNewest}

// Filter says which applications a person looks at, and in which order. The zero value is all that are in review, of all
// shops that they may see, soonest deadline first.
type Filter struct {
	Shop      workflow.ShopID     `json:"shop,omitempty"`
	Stage     workflow.Stage      `json:"stage,omitempty"` // empty: StageReview
	Campaign  workflow.CampaignID `json:"campaign,omitempty"`
	Creator   string              `json:"creator,omitempty"`   // a user name in lower case, without the @, or words as ByWords takes them
	Mine      workflow.PersonID   `json:"mine,omitempty"`      // only those in review that this person is on; no campaign is chosen then
	Suggested bool                `json:"suggested,omitempty"` // only those in review for which a rule suggests something; no campaign is chosen then
	Answers   bool                `json:"answers,omitempty"`   // the creators who wait for an answer, of the shops; nothing else filters
	Only      Criteria            `json:"only,omitzero"`       // its Campaign is NoCampaign or nothing
	Sort      Order               `json:"sort,omitempty"`
}

// Narrows reports whether the filter leaves anything out of a list of all that are in review.
func (f Filter) Narrows() bool {
	f.Sort = ByDeadline
	return f != Filter{}
}

// Stages are those that the filter lets through, in the order in which they are listed.
func (f Filter) Stages() []workflow.Stage {
	switch f.Stage {
	case "":
		return []workflow.Stage{workflow.StageReview}
	case AllStages:
		return workflow.Stages
	default:
		return []workflow.Stage{f.Stage}
	}
}
