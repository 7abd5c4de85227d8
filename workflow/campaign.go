package workflow

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// MaxCampaignName is the longest name of a campaign, in code points: it has to fit an option of a Slack menu (75).
const MaxCampaignName = 60

// Campaign is something the team gathers creators for.
type Campaign struct {
	ID        CampaignID `json:"id"`
	Shop      ShopID     `json:"shop"`
	Name      string     `json:"name"`
	CreatedBy PersonID   `json:"created_by,omitempty"`
	CreatedAt time.Time  `json:"created_at"`
	Archived  bool       `json:"archived,omitempty"`

	// Products are those that the campaign is about: a member's new application for one of them joins it by itself.
	Products []ProductID `json:"products,omitempty"`
	Channel  string      `json:"channel,omitempty"` // of its own, for what is about its members; empty: the shop's
	Version  int         `json:"version,omitempty"` // rises with each change, as that of Settings does

	// DedupKey identifies the command or the modal that created it, so that Slack's redelivery of the same one finds
	// what it made and not a name that is taken.
	DedupKey string `json:"origin,omitempty"`

	// ArchiveKey identifies the action that archived it, likewise.
	ArchiveKey string `json:"ended,omitempty"`
}

// Member is a creator in a campaign.
type Member struct {
	Campaign CampaignID `json:"campaign"`
	Creator  CreatorKey `json:"creator"`
	Shown    Creator    `json:"shown"` // as they were when they were added
	AddedBy  PersonID   `json:"added_by,omitempty"`
	AddedAt  time.Time  `json:"added_at"`

	// DedupKeys are the keys of the latest actions about them that were applied, as Application.DedupKeys; the first
	// added them.
	DedupKeys []string `json:"origins,omitempty"`

	State          MemberState `json:"state,omitempty"`
	Answered       time.Time   `json:"answered,omitzero"` // when they first answered
	Answer         string      `json:"answer,omitempty"`  // their first answer
	SampleAnswerBy PersonID    `json:"said_by,omitempty"` // who answered whether they need a sample
	SampleAnswerAt time.Time   `json:"said_at,omitzero"`
	LinkedAt       time.Time   `json:"linked_at,omitzero"` // when they were last sent a link for their request

	// Question names the message that asks whether they need a sample; empty: nothing was asked.
	Question NoticeID `json:"question,omitempty"`
}

// CampaignName makes a name out of what a person typed: space is folded, control characters go. The error is a
// Refusal for a name that shows nothing or is longer than MaxCampaignName.
func CampaignName(typed string) (string, error) {
	name, ok := nameWithin(typed, MaxCampaignName)
	if !ok {
		return "", Refusal{Rule: RuleCampaignName, Name: name}
	}
	return name, nil
}

// nameWithin cleans what a person typed as a name, on one line; ok is false if nothing would be seen of it, or it is longer
// than most code points.
func nameWithin(typed string, most int) (name string, ok bool) {
	name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) && r != '\u200d' {
			return ' '
		}
		return r
	}, Typed(typed))
	name = strings.Join(strings.Fields(name), " ")
	return name, strings.ContainsFunc(name, visible) && utf8.RuneCountInString(name) <= most
}

// visible reports whether a character shows something by itself. Fillers and the blank pattern of Braille do not,
// though Unicode counts them among letters and symbols.
func visible(r rune) bool {
	const brailleBlank = '\u2800'
	return unicode.In(r, unicode.L, unicode.N, unicode.P, unicode.S) && r != brailleBlank &&
		!unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r)
}

// FoldName is how two names of campaigns are compared: as Plain reads them, and without regard to case. It is the same
// as often as it is folded.
func FoldName(name string) string {
	for {
		folded := Plain(strings.ToLower(name))
		if folded == name {
			return folded
		}
		name = folded
	}
}

// furthest ranks the names on screen for a creator in a campaign. Endings count only if nothing else is left.
var furthest = []Stage{
	StageCompleted, StageContent, StageShipping, StageAwaiting, StageReview, StageReply, StageInvited,
}

// Furthest returns the stage that a member shows: the furthest of where they stand by themselves and of their
// applications there. Endings count only if nothing else is left, and then the latest to change, unless they moved to
// where they stand since, or stand where no application is asked for.
func Furthest(m Member, applications []Application) Stage {
	best, live, ended := m.State.Stage(), false, Application{}
	for _, a := range applications {
		rank := StageRank(a.Stage())
		switch {
		case rank < len(furthest):
			live = true
			if rank < StageRank(best) {
				best = a.Stage()
			}
		case ended.Key == (Key{}) || a.ChangedAt.After(ended.ChangedAt):
			ended = a
		}
	}
	if live || ended.Key == (Key{}) || m.State == MemberNeedsNone {
		return best
	}
	if m.State == MemberInvited || !m.since().After(ended.ChangedAt) {
		return ended.Stage()
	}
	return best
}

// StageRank orders the stages by how far somebody has come.
func StageRank(s Stage) int {
	if i := slices.Index(furthest, s); i >= 0 {
		return i
	}
	return len(furthest)
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

// Creation is a campaign to create. Name is as a person typed it.
type Creation struct {
	Shop     ShopID
	Name     string
	By       PersonID
	At       time.Time
	DedupKey string // as Campaign.DedupKey
}
