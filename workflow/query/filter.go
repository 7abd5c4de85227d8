package query

import (
	"time"

	"sampledesk/workflow"
)

// AllStages is the stage of a Filter that lets all stages through.
const AllStages workflow.Stage = "all"

// Filter says which applications a person looks at. The zero value is all that are in review, of all shops that they
// may see.
type Filter struct {
	Shop     workflow.ShopID     `json:"shop,omitempty"`
	Stage    workflow.Stage      `json:"stage,omitempty"` // empty: StageReview
	Campaign workflow.CampaignID `json:"campaign,omitempty"`
	Creator  string              `json:"creator,omitempty"` // a user name in lower case, without the @, or words as ByWords takes them
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

// The kinds of collaborations that a BulkFilter distinguishes.
const (
	OpenCollab   = "open"
	TargetCollab = "target"
)

// BulkFilter says which of the requests that wait are offered to be decided together. The zero value lets all through.
type BulkFilter struct {
	Within     int                `json:"w,omitempty"` // hours until the review deadline at the most
	GMV        int                `json:"g,omitempty"` // of 30 days, in whatever currency it comes; not shared is never enough
	Followers  int                `json:"f,omitempty"` // the same of followers
	Product    workflow.ProductID `json:"p,omitempty"`
	Collab     string             `json:"c,omitempty"` // OpenCollab or TargetCollab; a request whose origin is not known yet is neither
	Approvable bool               `json:"a,omitempty"` // TikTok lets it be approved now
	Known      bool               `json:"k,omitempty"` // the creator has asked for a sample before
}

// Admits reports whether a request passes, but for Known: whether its creator asked before is not in it. One whose
// deadline is over never does, since nothing can be decided there.
func (f BulkFilter) Admits(a workflow.Application, now time.Time) bool {
	r := a.Snapshot
	switch {
	case !r.ReviewBy.IsZero() && !now.Before(r.ReviewBy):
		return false
	case f.Within > 0 && (r.ReviewBy.IsZero() || r.ReviewBy.After(now.Add(time.Duration(f.Within)*time.Hour))):
		return false
	case f.GMV > 0 && !atLeast(r.Creator.GMV, f.GMV):
		return false
	case f.Followers > 0 && (!r.Creator.Followers.Known() || r.Creator.Followers.Value < float64(f.Followers)):
		return false
	case f.Product != "" && r.Product.ID != f.Product:
		return false
	case f.Collab != "" && (!r.Collab.Known || (r.Collab.Target == "") != (f.Collab == OpenCollab)):
		return false
	default:
		return !f.Approvable || r.Approvable
	}
}

func atLeast(m workflow.Money, least int) bool {
	v, ok := m.Number()
	return ok && v >= float64(least)
}
