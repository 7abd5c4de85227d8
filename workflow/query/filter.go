package query

import "sampledesk/workflow"

// AllStages is the stage of a Filter that lets all stages through.
const AllStages workflow.Stage = "all"

// Filter says which applications a person looks at. The zero value is all that are in review, of all shops that they
// may see.
type Filter struct {
	Shop     workflow.ShopID     `json:"shop,omitempty"`
	Stage    workflow.Stage      `json:"stage,omitempty"` // empty: StageReview
	Campaign workflow.CampaignID `json:"campaign,omitempty"`
	Creator  string              `json:"creator,omitempty"` // a user name in lower case, without the @, or words as ByWords takes them
	Mine     workflow.PersonID   `json:"mine,omitempty"`    // only those in review that this person is on; no campaign is chosen then
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
