package view

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

// The identifiers of the dialog *Decide several*: of the view, and of its inputs with what they hold.
const (
	CallbackBulk = "bulk"

	ActionBulkChosen = "bulk_chosen" // a menu of several; the values are what BulkChoice writes

	BlockBulkVerdict  = "bulk_verdict"
	ActionBulkVerdict = "bulk_verdict" // BulkApprove, or a reason
	BulkApprove       = "approve"
)

// maxPreview is how many of the requests are shown above the menu.
const maxPreview = 5

// BulkFacts is what the dialog shows.
type BulkFacts struct {
	query.BulkOffer
	Shop    workflow.Shop
	Shops   []workflow.Shop // those in which the person decides; with this one alone there is no menu of them
	Channel string          // where it was opened; empty: in App Home
	Filter  query.Criteria
	At      time.Time // tells how long the deadlines are away
}

// BulkModal is the first page of the dialog *Decide several*: which of the requests that wait, and what to do. All that
// the filters let through are chosen to start with.
func BulkModal(f BulkFacts) slack.ModalViewRequest {
	var blocks []slack.Block
	if len(f.Shops) > 1 {
		blocks = append(blocks, bulkShops(f))
	}
	blocks = append(blocks, bulkFilters(f), section(bulkCount(f)...))
	for _, r := range f.Rows[:min(maxPreview, len(f.Rows))] {
		blocks = append(blocks, aside(preview(r)...))
	}
	if more := len(f.Rows) - maxPreview; more > 0 {
		blocks = append(blocks, aside(fmt.Sprintf("and %d more in the list below", more)))
	}
	m := slack.ModalViewRequest{
		Type: slack.VTModal, CallbackID: CallbackBulk, Title: plainText("Decide several"), Close: plainText("Cancel"),
		PrivateMetadata: BulkMeta{Shop: f.Shop.ID, Channel: f.Channel, Filter: f.Filter}.Encode(),
	}
	if len(f.Rows) > 0 {
		blocks = append(blocks, bulkChosen(f), bulkVerdict())
		m.Submit = plainText("Next")
	}
	m.Blocks = slack.Blocks{BlockSet: blocks}
	return m
}

// preview is a request in two lines.
func preview(r query.Row) []string {
	lines := queueRow(r)
	return []string{lines[0], dotted(lines[1:]...)}
}

// bulkShops is the menu that chooses whose requests they are.
func bulkShops(f BulkFacts) slack.Block {
	var options []*slack.OptionBlockObject
	for _, s := range f.Shops[:min(MaxChoices, len(f.Shops))] {
		options = append(options, shopOption(s, f.Shops))
	}
	return actions("bulk_shop", menu(ActionBulkShop, "Shop", options, string(f.Shop.ID)))
}

// bulkCount tells how many match, and which of them are offered.
func bulkCount(f BulkFacts) []string {
	switch {
	case f.Waiting == 0:
		return []string{"*No pending requests*"}
	case f.Matching == 0:
		return []string{"*No pending request matches*", "Loosen the filters above."}
	}
	lines := []string{
		fmt.Sprintf("*%s of %s %s*", grouped(float64(f.Matching)), many(f.Waiting, "pending request"), verb(f.Matching, "matches", "match")),
		"Soonest deadline first. Creators who don't share a number are left out when you filter on it.",
	}
	if f.Matching > len(f.Rows) {
		lines = append(lines, fmt.Sprintf("Only the %d with the soonest deadlines are listed. Decide on these, then open this again for the rest.", len(f.Rows)))
	}
	return lines
}

// bulkChosen is the list to choose from. Its block id names what is offered, so that a list of others begins with all of
// its own chosen.
func bulkChosen(f BulkFacts) slack.Block {
	list := &slack.MultiSelectBlockElement{Type: slack.MultiOptTypeStatic, ActionID: ActionBulkChosen, Placeholder: plainText("Choose requests")}
	offered := sha256.New()
	for _, r := range f.Rows {
		o := option(BulkChoice(r.Application), called(r.Application)+" · "+raw(productOf(r.Application.Snapshot.Product), 40))
		o.Description = plainText(bulkNumbers(r.Application, f.At))
		list.Options = append(list.Options, o)
		_, _ = offered.Write([]byte(o.Value + " ")) // a hash never fails to write
	}
	list.InitialOptions = list.Options
	return &slack.InputBlock{
		Type: slack.MBTInput, BlockID: "bulk_chosen:" + hex.EncodeToString(offered.Sum(nil)[:8]), Element: list,
		Label: plainText("Requests"), Hint: plainText("Remove any you don't want to include."),
	}
}

// bulkNumbers are the numbers that decide, short enough for an option's description.
func bulkNumbers(a workflow.Application, now time.Time) string {
	c := a.Snapshot.Creator
	followers := "followers not shared"
	if shared(c.Followers) {
		followers = figure(c.Followers) + " followers"
	}
	return raw(dotted(timeLeft(a.Snapshot.ReviewBy, now), "GMV "+unescaper.Replace(money(c.GMV)), followers), 75)
}

// timeLeft is how long a deadline is away, where a text cannot count.
func timeLeft(by, now time.Time) string {
	left := by.Sub(now)
	switch {
	case by.IsZero():
		return "no deadline"
	case left < time.Hour:
		return fmt.Sprintf("%d min left", max(0, int(left.Minutes())))
	case left < 48*time.Hour:
		return fmt.Sprintf("%d h left", int(left.Hours()))
	default:
		return fmt.Sprintf("%d days left", int(left.Hours()/24))
	}
}

func bulkVerdict() slack.Block {
	options := []*slack.OptionBlockObject{option(BulkApprove, "Approve")}
	for _, r := range workflow.Reasons {
		options = append(options, option(string(r), "Reject: "+ReasonText(r)))
	}
	return &slack.InputBlock{
		Type: slack.MBTInput, BlockID: BlockBulkVerdict, Label: plainText("Decision"),
		Element: &slack.SelectBlockElement{
			Type: slack.OptTypeStatic, ActionID: ActionBulkVerdict, Placeholder: plainText("Approve or reject"), Options: options,
		},
	}
}

// ParseBulkVerdict reads what was chosen to be done.
func ParseBulkVerdict(value string) (workflow.Verdict, workflow.Reason, bool) {
	if value == BulkApprove {
		return workflow.Approve, "", true
	}
	for _, r := range workflow.Reasons {
		if value == string(r) {
			return workflow.Reject, r, true
		}
	}
	return "", "", false
}

// Errors of the dialog, beside its fields.
const (
	ErrorNoneChosen    = "Choose at least one request."
	ErrorNoVerdict     = "Choose a decision."
	ErrorNoneLeft      = "None of these can be decided that way any more. Please close this and open it again."
	ErrorTooManyChosen = "That's too many at once. Please remove some."
)

// BulkChoice is the value of a request in the list: it, and the round in which it is shown.
func BulkChoice(a workflow.Application) string {
	return string(a.Key.ID) + ":" + strconv.Itoa(a.Round)
}

// Choosable tells whether a request can be offered in the list. TikTok's ids are numbers of at most 20 digits; one that
// is no such id does not fit an option.
func Choosable(a workflow.Application) bool {
	return len(BulkChoice(a)) <= maxOption && !strings.ContainsAny(string(a.Key.ID), " :")
}

// ParseBulkChoice reads what BulkChoice wrote.
func ParseBulkChoice(shop workflow.ShopID, value string) (workflow.Target, error) {
	id, round, ok := strings.Cut(value, ":")
	n, err := strconv.Atoi(round)
	if !ok || err != nil || n < 0 || id == "" {
		return workflow.Target{}, fmt.Errorf("%q does not name a request", value)
	}
	return workflow.Target{Key: workflow.Key{Shop: shop, ID: workflow.ApplicationID(id)}, Round: n}, nil
}
