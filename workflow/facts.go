package workflow

import (
	"slices"
	"time"
)

// KeptFacts are the facts about a request that change with time, as they were at one time. They are kept with the
// application as they were at first sight and at the decision, so that a rule can be tested on what was known then.
type KeptFacts struct {
	At          time.Time      `json:"at"`
	Followers   OptionalNumber `json:"followers,omitzero"`
	Posts       OptionalNumber `json:"posts,omitzero"`
	MedianViews OptionalNumber `json:"median_views,omitzero"`
	Fulfilment  OptionalNumber `json:"fulfilment,omitzero"`
	GMV         Money          `json:"gmv,omitzero"`

	Stock        int64        `json:"stock,omitempty"`
	StockUnknown bool         `json:"untold,omitempty"`
	ReviewBy     time.Time    `json:"review_by,omitzero"`
	Campaigns    []CampaignID `json:"campaigns,omitempty"` // that the creator was in, in order
	Lists        []ListName   `json:"lists,omitempty"`     // that they were on, in order
	Past         PastFacts    `json:"past,omitzero"`
}

// PastFacts are what a creator did with this desk's shops before a request: of the PastRequests latest of their others.
type PastFacts struct {
	Requests  int  `json:"requests,omitempty"`
	Samples   int  `json:"samples,omitempty"`    // that they got: it was delivered
	Posted    int  `json:"posted,omitempty"`     // of these
	NotPosted int  `json:"not_posted,omitempty"` // the time to post is over
	Orders    int  `json:"orders,omitempty"`
	Refused   int  `json:"refused,omitempty"`
	OnTheWay  int  `json:"on_the_way,omitempty"`
	Repeat    bool `json:"repeat,omitempty"`
}

// PastRequests is how many of a creator's latest requests count for what they did before.
const PastRequests = 200

// Same reports whether two tell the same, whenever they were taken.
func (f KeptFacts) Same(other KeptFacts) bool {
	return f.Followers == other.Followers && f.Posts == other.Posts && f.MedianViews == other.MedianViews &&
		f.Fulfilment == other.Fulfilment && f.GMV == other.GMV && f.Stock == other.Stock && f.StockUnknown == other.StockUnknown &&
		f.ReviewBy.Equal(other.ReviewBy) && slices.Equal(f.Campaigns, other.Campaigns) && slices.Equal(f.Lists, other.Lists) && f.Past == other.Past
}

// RuleFacts are all that the conditions of rules look at of a request at a time: what changes, and what does not.
type RuleFacts struct {
	KeptFacts
	Key     Key
	Creator CreatorKey
	Product Product
	Collab  Collab
	Agency  string

	// What people did with it, for what is left to suggest; no condition looks at it.
	Campaign CampaignID
	OnIt     PersonID

	words []string   // of the product's title and variant; nil: they were not parted yet
	sold  *FactValue // GMV as a number; nil: it was not read yet
}

func (f *RuleFacts) gmv() FactValue {
	if f.sold != nil {
		return *f.sold
	}
	n, ok := f.GMV.Number()
	return FactValue{Known: ok, Number: n, Money: f.GMV.Currency}
}

func (f *RuleFacts) titleWords() []string {
	if f.words == nil {
		return f.Product.Words()
	}
	return f.words
}

// FactsOf puts together what conditions look at of an application: what changes is as it was, or is, then.
func FactsOf(a Application, then KeptFacts) RuleFacts {
	return RuleFacts{
		KeptFacts: then, Key: a.Key, Creator: a.Snapshot.Creator.KeyOf(a.Key.Shop), Product: a.Snapshot.Product,
		Collab: a.Snapshot.Collab, Agency: a.Snapshot.Partner, Campaign: a.Campaign, OnIt: a.OnIt.By,
	}
}

// FirstFacts returns the facts as they were when the desk first saw the application; false of one that was seen before
// facts were kept.
func (a Application) FirstFacts() (RuleFacts, bool) {
	if a.First == nil {
		return RuleFacts{}, false
	}
	return FactsOf(a, *a.First), true
}

// DecisionFacts returns the facts as they were when the application was decided at this desk; false where it was not, or
// facts were not kept then.
func (a Application) DecisionFacts() (RuleFacts, bool) {
	switch {
	case a.Decision.Phase == Undecided:
		return RuleFacts{}, false
	case a.AtDecision == nil:
		return a.FirstFacts()
	}
	return FactsOf(a, *a.AtDecision), true
}
