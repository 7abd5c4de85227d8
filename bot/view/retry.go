package view

import (
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/slack-go/slack"

	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

// The controls of what failed or waits.
const (
	ActionRetry     = "retry"      // tries it again; the value is what RetryTarget writes
	ActionRetryPage = "retry_page" // to the next page; the value holds its number
	ActionRetryBack = "retry_back"
)

// RetryPageSize is how much of what failed or waits is shown at a time.
const RetryPageSize = 8

// RetryTarget names what is to be tried again: a dead letter by its effect, anything else by its application.
type RetryTarget struct {
	Shop        workflow.ShopID        `json:"s"`
	Application workflow.ApplicationID `json:"a,omitempty"`
	Effect      workflow.EffectID      `json:"e,omitempty"`
	Page        int                    `json:"p,omitempty"` // the page that it stands on
}

// String is the value of a button.
func (t RetryTarget) String() string {
	text, _ := json.Marshal(t) // texts and numbers can always be written
	return string(text)
}

// ParseRetryTarget reads what String wrote.
func ParseRetryTarget(s string) (RetryTarget, error) {
	var t RetryTarget
	if err := json.Unmarshal([]byte(s), &t); err != nil || t.Shop == "" || t.Application == "" && t.Effect == "" || t.Page < 0 {
		return RetryTarget{}, fmt.Errorf("%q does not name what is to be tried again", s)
	}
	return t, nil
}

// RetryFacts is a page of what failed or waits after a failure.
type RetryFacts struct {
	Done  string // formatted: what has just been tried again; empty: nothing
	Rows  []query.FailedEffect
	Total int
	Page  int  // counted from 0
	More  bool // there may be more than were looked through
}

// Retry is the answer to `/samples retry`.
func Retry(f RetryFacts) Message {
	var blocks []slack.Block
	if f.Done != "" {
		blocks = append(blocks, section(f.Done))
	}
	if f.Total == 0 {
		return Message{Text: "No failed deliveries", Blocks: append(blocks, section(
			"*No failed deliveries*", "If TikTok refused a message to a creator, use *Try again* on that message.",
		))}
	}
	count := grouped(float64(f.Total))
	if f.More {
		count = "At least " + count
	}
	title := count + " failed deliveries"
	if f.Total == 1 && !f.More {
		title = "1 failed delivery"
	}
	where := part(f.Page*RetryPageSize+1, len(f.Rows), f.Total)
	blocks = append(blocks, header(title), aside(where+" · those that need you first"))
	for _, r := range f.Rows {
		blocks = append(blocks, retryRow(r, f.Page))
	}
	if paging := retryPaging(f); len(paging) > 0 {
		blocks = append(blocks, actions("", paging...))
	}
	return Message{Text: title, Blocks: blocks}
}

func retryRow(r query.FailedEffect, page int) slack.Block {
	lines := []string{
		dotted("*"+capital(owed(r.Effect))+"*", aboutWhom(r), shopOf(r.Shop)),
		"The reason: " + shortly(r.Failure) + ".",
		retryState(r),
	}
	if small := support(workflow.Failure{Code: r.Failure.Code, RequestID: r.Failure.RequestID}); small != "" {
		lines[1] += " " + small
	}
	s := section(lines...)
	if b, ok := retryButton(r, page); ok {
		s.Accessory = slack.NewAccessory(b)
	}
	return s
}

// owed is what an effect would have done, as a thing.
func owed(e workflow.Effect) string {
	switch e.Kind {
	case workflow.ReviewOnTikTok:
		if e.Review != nil {
			return "the " + noun(e.Review.Verdict) + " to TikTok"
		}
		return "a decision to TikTok"
	case workflow.ShowCard:
		return "the card"
	case workflow.Reply:
		return "a reply in the thread"
	case workflow.Announce:
		return "a message to the channel"
	case workflow.ShowNotice:
		return "an update of a message"
	case workflow.SendMessage:
		return "a message to the creator"
	case workflow.CarryOn:
		return "an action on several requests"
	case workflow.MarkRead:
		return "marking conversations as read"
	case workflow.CallWebhook:
		return "an event for another system"
	case workflow.ImportCreators:
		return "an import of creators"
	case workflow.EraseReplies:
		return "erasing a creator from the thread"
	default:
		return "something"
	}
}

func aboutWhom(r query.FailedEffect) string {
	if r.About.Key.ID == "" {
		return ""
	}
	c := r.About.Snapshot.Creator
	return dotted(linkTo(r.About.Card.Link, label(nameOf(c), maxName)), "request "+data(string(r.About.Key.Short()), maxID))
}

func retryState(r query.FailedEffect) string {
	if !r.Failed.IsZero() {
		return "Failed " + stamp(r.Failed) + ". Once that is fixed, try it again."
	}
	return "Tried " + many(r.Attempt, "time") + "; next automatic try " + stamp(r.NotBefore) + "."
}

// retryButton tries it at once. There is none where nothing can be hastened: what belongs to no application and was not
// given up goes on by itself.
func retryButton(r query.FailedEffect, page int) (*slack.ButtonBlockElement, bool) {
	t := RetryTarget{Shop: r.Effect.Shop, Application: r.Application, Page: page}
	if !r.Failed.IsZero() {
		t.Effect = r.ID
	}
	if r.Failed.IsZero() && r.Application == "" || len(t.String()) > maxValue {
		return nil, false
	}
	return button(ActionRetry, t.String(), "Try again", cut("Try again: "+owed(r.Effect)+" "+called(r.About), 75)), true
}

func retryPaging(f RetryFacts) (buttons []slack.BlockElement) {
	if f.Page > 0 {
		buttons = append(buttons, backButton(ActionRetryBack, strconv.Itoa(f.Page-1)))
	}
	if left := f.Total - f.Page*RetryPageSize - len(f.Rows); left > 0 && len(f.Rows) > 0 {
		buttons = append(buttons, nextButton(ActionRetryPage, strconv.Itoa(f.Page+1), min(left, RetryPageSize), "failed deliveries"))
	}
	return buttons
}

// Retried says that so many are tried again.
func Retried(tried int) string {
	if tried == 1 {
		return "Trying again now. The card shows the result."
	}
	return many(tried, "thing") + " are being tried again now. The cards show the result."
}
