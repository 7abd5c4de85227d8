package view

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"sampledesk/workflow"
)

// The action ids of the controls. Of those of a card, the block they stand in and (for buttons) their value hold a
// Target; the value of the menu's options is the Reason itself.
const (
	ActionApprove   = "approve"
	ActionCampaign  = "campaign"
	ActionReject    = "reject"
	ActionOpen      = "open" // leads to the card; where there is none yet it asks for one. The value holds a Target
	ActionMore      = "more" // the menu of what is rarely needed; its options name other controls, or what opens
	ActionUndo      = "undo"
	ActionLeave     = "campaign_undo"  // takes the application out of the campaign it was added to; the value holds a Correspondent
	ActionLook      = "look"           // *I'll look at it*
	ActionLookEnd   = "look_end"       // takes that back
	ActionMessage   = "message"        // opens the dialog to write to the creator; the value holds a Correspondent
	ActionReply     = "message_reply"  // the same, below their own words
	ActionResend    = "message_resend" // tries a message again that TikTok refused; the value holds the notice's id
	ActionNeeded    = "sample_needed"  // Yes, a member needs a sample; the value holds a Correspondent with a campaign
	ActionNotNeeded = "sample_not_needed"
	ActionLink      = "request_link"    // opens the dialog to send a member the link for their request; as ActionNeeded
	ActionUndoRun   = "run_undo"        // takes back what of a run was not sent; the value holds the run's id
	ActionBulk      = "bulk"            // opens the dialog to decide several requests
	ActionSettings  = "settings"        // opens the settings; the value holds a shop's id, or nothing
	ActionWelcome   = "welcome"         // begins the first-run welcome; as ActionSettings
	ActionQueuePage = "queue_page"      // to the next page of the queue; the value holds a query.Page
	ActionQueueBack = "queue_page_back" // to the one before: action ids are unique within a block
)

// Target is what a click on a card is about: the application, and the round that was printed there.
type Target struct {
	Key   workflow.Key
	Round int
}

const decide = "decide:"

// String is the block id of a card's controls, and the value of its buttons. Since the round is in it, a menu does not
// go on showing an old choice: Slack keeps that as long as the block id stays.
func (t Target) String() string { return decide + t.Key.String() + ":" + strconv.Itoa(t.Round) }

// ParseTarget reads what String wrote, and the block id of a card's controls.
func ParseTarget(s string) (Target, error) {
	s, _, _ = strings.Cut(s, markSeparator)
	rest, ok := strings.CutPrefix(s, decide)
	i := strings.LastIndexByte(rest, ':')
	if !ok || i < 0 {
		return Target{}, fmt.Errorf("%q does not say what a control is about", s)
	}
	round, err := strconv.Atoi(rest[i+1:])
	if err != nil || round < 0 {
		return Target{}, fmt.Errorf("%q does not say which round a control is of", s)
	}
	key, err := workflow.ParseKey(rest[:i])
	if err != nil {
		return Target{}, fmt.Errorf("reading what a control is about: %w", err)
	}
	return Target{Key: key, Round: round}, nil
}

// targetOf is what a click on the card as it is now would be about.
func targetOf(a workflow.Application) Target { return Target{Key: a.Key, Round: a.Round} }

// markSeparator parts a block id's target from the mark of the latest action.
const markSeparator = "~"

// blockOf is the block id of an application's controls: the target, and a mark of what a person did last. A dialog that
// was opened from a menu and closed again changes no round; with the mark the menu still forgets what was chosen in it.
func blockOf(a workflow.Application) string {
	id := targetOf(a).String()
	if n := len(a.DedupKeys); n > 0 {
		sum := sha256.Sum256([]byte(a.DedupKeys[n-1]))
		id += markSeparator + hex.EncodeToString(sum[:4])
	}
	return id
}

// menuBlockOf is the block id of the part of a card that holds its menu: block ids are unique within a message.
func menuBlockOf(a workflow.Application) string { return targetOf(a).String() + markSeparator + "menu" }

// Correspondent names a creator in a control that is about them rather than about one application.
type Correspondent struct {
	Shop        workflow.ShopID        `json:"s"`
	Creator     workflow.CreatorKey    `json:"c,omitempty"`
	Application workflow.ApplicationID `json:"a,omitempty"` // in whose thread what is written to them is quoted
	Campaign    workflow.CampaignID    `json:"p,omitempty"` // of which they are a member
	Template    workflow.TemplateID    `json:"t,omitempty"` // in a dialog: the one that filled its text in
	Seen        string                 `json:"w,omitempty"` // the id of their newest message that waited for an answer then
}

// String is the value of a button.
func (c Correspondent) String() string {
	text, _ := json.Marshal(c) // four texts can always be written
	return string(text)
}

// ParseCorrespondent reads what String wrote.
func ParseCorrespondent(s string) (Correspondent, error) {
	var c Correspondent
	if err := json.Unmarshal([]byte(s), &c); err != nil || c.Shop == "" || c.Creator == "" && c.Application == "" {
		return Correspondent{}, fmt.Errorf("%q does not name a creator", s)
	}
	return c, nil
}
