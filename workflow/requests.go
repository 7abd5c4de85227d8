package workflow

import "time"

// Import fills a campaign from a target collaboration of TikTok's.
type Import struct {
	Actor
	At            time.Time
	Shop          ShopID
	Collaboration string // its id
}

// Leaving takes an application out of the campaign it was added to.
type Leaving struct {
	Actor
	At   time.Time
	Key  Key
	Seen CampaignID // the campaign that the person was shown it in
}

// Addition adds a creator to a campaign by hand. Creator holds at least a user name.
type Addition struct {
	Actor
	At       time.Time
	Campaign CampaignID
	Creator  Creator
}

// SettingsChange is an admin's change to the settings of one shop or several.
type SettingsChange struct {
	Actor
	At       time.Time
	Seen     int // the version of the first shop's that they were shown
	Settings Settings
	Copies   []ShopID // other shops that get the same, but for the channel
}

// OutboundMessage is a message that a person writes to a creator.
type OutboundMessage struct {
	Actor
	At          time.Time
	Shop        ShopID
	Creator     CreatorKey
	Application ApplicationID // in whose thread it is quoted; empty: the creator's latest that is live, or none
	Campaign    CampaignID    // in whose channel it is quoted where there is no application
	Text        string        // as typed
}

// SampleAnswer is the team's answer on whether a member needs a sample.
type SampleAnswer struct {
	Actor
	At       time.Time
	Campaign CampaignID
	Creator  CreatorKey
	Needed   bool

	// Seen is how the member stood on the question that the person answered. If somebody else answered in between,
	// their answer stands. Empty: not checked.
	Seen MemberState
}

// CampaignEdit is what a person makes of a campaign. Seen is the version that they were shown.
type CampaignEdit struct {
	Actor
	At       time.Time
	Campaign CampaignID
	Seen     int
	Name     string // as they typed it
	Channel  string
	Products []ProductID
}

// MaxCampaignProducts is how many products a campaign can have: as many as a Slack menu shows chosen.
const MaxCampaignProducts = 100

// Join adds an application's creator to a campaign, one that exists or a new one, and approves the application at the
// same time if asked to.
type Join struct {
	Actor
	At       time.Time
	Key      Key
	Campaign CampaignID // empty: NewName is created
	NewName  string
	Seen     CampaignID // the campaign that the person was shown the application in
	Approve  bool
	Round    int // for the approval: the one printed on what the person saw
	Undo     time.Duration
}

// Creation is a campaign to create. Name is as a person typed it.
type Creation struct {
	Shop     ShopID
	Name     string
	By       PersonID
	At       time.Time
	DedupKey string // as Campaign.DedupKey
}
