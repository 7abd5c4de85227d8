package view

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
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
	ActionBulkVerdict = "bulk_verdict" // BulkApprove, a reason, or BulkJoin
	BulkApprove       = "approve"
	BulkJoin          = "campaign"

	// ActionBulkLeftOut is a menu of several that is there where more match than a menu holds: what of this page is not
	// taken. The values are BulkChoice's. ActionBulkChosen then starts empty, and takes nothing but what is chosen in it.
	ActionBulkLeftOut = "bulk_left_out"
)

// BulkPreview is how many of the requests a page of the preview shows.
const BulkPreview = 10

// BulkFrom is how many that match come before the rows that the menus of a page of the preview offer.
func BulkFrom(page int) int { return page * BulkPreview / workflow.MaxRun * workflow.MaxRun }

// BulkFacts is what the dialog shows.
type BulkFacts struct {
	query.BulkOffer
	Shop      workflow.Shop
	Shops     []workflow.Shop     // those in which the person decides; with this one alone there is no menu of them
	Campaigns []workflow.Campaign // of the shop, to filter by
	Meta      BulkMeta            // what was chosen so far; its shop is Shop's
	At        time.Time           // tells how long the deadlines are away
}

// many reports whether more match than a menu holds.
func (f BulkFacts) many() bool { return f.Matching > workflow.MaxRun }

// page is the page of the preview that is shown, and its rows.
func (f BulkFacts) page() (number int, rows []query.Row) {
	number = max(f.Meta.Page, 0)
	if at := number*BulkPreview - f.From; at >= 0 && at < len(f.Rows) {
		return number, f.Rows[at:min(at+BulkPreview, len(f.Rows))]
	}
	return f.From / BulkPreview, f.Rows[:min(BulkPreview, len(f.Rows))]
}

// BulkModal is the first page of the dialog *Decide several*: which of the requests that wait, and what to do. All that
// the filters let through are taken, unless something is taken out.
func BulkModal(f BulkFacts) slack.ModalViewRequest {
	var blocks []slack.Block
	if len(f.Shops) > 1 {
		blocks = append(blocks, bulkShops(f))
	}
	blocks = append(blocks, bulkFilters(f), section(bulkCount(f)...))
	page, rows := f.page()
	for _, r := range rows {
		blocks = append(blocks, aside(preview(r)...))
	}
	if f.Matching > BulkPreview {
		blocks = append(blocks, bulkPages(f, page, len(rows)))
	}
	meta := f.Meta
	meta.Shop, meta.Page = f.Shop.ID, page
	m := slack.ModalViewRequest{
		Type: slack.VTModal, CallbackID: CallbackBulk, Title: plainText("Decide several"), Close: plainText("Cancel"),
	}
	if len(f.Rows) > 0 {
		blocks = append(blocks, bulkVerdict("Approve, reject, or add to a campaign", option(BulkJoin, "Add to a campaign…")), bulkChosen(f))
		if f.many() {
			blocks = append(blocks, bulkLeftOut(f, &meta))
		}
		m.Submit = plainText("Next")
	}
	m.PrivateMetadata = meta.Encode()
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
	labels := shopLabels(f.Shops)
	for _, s := range f.Shops[:min(MaxChoices, len(f.Shops))] {
		options = append(options, option(string(s.ID), labels[s.ID]))
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
	if out := len(f.Meta.LeftOut); out > 0 {
		lines = append(lines, fmt.Sprintf("%s left out below", many(out, "request")))
	}
	return lines
}

// bulkPages leads through the preview.
func bulkPages(f BulkFacts, page, shown int) slack.Block {
	from := page*BulkPreview + 1
	var elements []slack.BlockElement
	if page > 0 {
		elements = append(elements, backButton(ActionBulkBack, strconv.Itoa(page-1)))
	}
	if left := f.Matching - from + 1 - shown; left > 0 {
		elements = append(elements, nextButton(ActionBulkPage, strconv.Itoa(page+1), min(left, BulkPreview), "of those that match"))
	}
	if len(elements) == 0 {
		return aside(part(from, shown, f.Matching))
	}
	return actions("bulk_pages", elements...)
}

// bulkChosen is the list to choose from. Its block id names what is offered, so that a list of others begins with all of
// its own chosen; or, where more match than it holds, with none, which takes all of them.
func bulkChosen(f BulkFacts) slack.Block {
	if f.many() {
		return bulkList(f, ActionBulkChosen, fmt.Sprintf("Only these (empty: all %s that match)", grouped(float64(f.Matching))), bulkRange(f),
			func(query.Row) bool { return false })
	}
	return bulkList(f, ActionBulkChosen, "Requests", "Remove any you don't want to include.", func(r query.Row) bool { return !f.Meta.Leaves(r.Application.Key.ID) })
}

// bulkLeftOut is the list of what is not taken. What of it is on other pages goes on in the metadata.
func bulkLeftOut(f BulkFacts, meta *BulkMeta) slack.Block {
	meta.LeftOut = slices.Clone(meta.LeftOut)
	for _, r := range f.Rows {
		meta.LeftOut = slices.DeleteFunc(meta.LeftOut, func(packed string) bool { return packed == packID(r.Application.Key.ID) })
	}
	return bulkList(f, ActionBulkLeftOut, "All but these", bulkRange(f), func(r query.Row) bool { return f.Meta.Leaves(r.Application.Key.ID) })
}

// bulkRange tells which requests the lists of a page offer.
func bulkRange(f BulkFacts) string {
	return fmt.Sprintf("Lists %d to %d; turn the pages above for others.", f.From+1, f.From+len(f.Rows))
}

func bulkList(f BulkFacts, action, label, hint string, chosen func(query.Row) bool) slack.Block {
	list := &slack.MultiSelectBlockElement{Type: slack.MultiOptTypeStatic, ActionID: action, Placeholder: plainText("Choose requests")}
	offered := sha256.New()
	for _, r := range f.Rows {
		o := option(BulkChoice(r.Application), called(r.Application)+" · "+raw(productOf(r.Application.Snapshot.Product), 40))
		o.Description = plainText(bulkNumbers(r.Application, f.At))
		list.Options = append(list.Options, o)
		if chosen(r) {
			list.InitialOptions = append(list.InitialOptions, o)
		}
		_, _ = offered.Write([]byte(o.Value + " ")) // a hash never fails to write
	}
	return &slack.InputBlock{
		Type: slack.MBTInput, BlockID: action + ":" + hex.EncodeToString(offered.Sum(nil)[:8]), Element: list,
		Label: plainText(label), Hint: plainText(hint), Optional: f.many(),
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

// bulkVerdict asks what to do: approve, reject for a reason, or something further.
func bulkVerdict(placeholder string, further ...*slack.OptionBlockObject) slack.Block {
	options := []*slack.OptionBlockObject{option(BulkApprove, "Approve")}
	for _, r := range workflow.Reasons {
		options = append(options, option(string(r), "Reject: "+ReasonText(r)))
	}
	options = append(options, further...)
	return &slack.InputBlock{
		Type: slack.MBTInput, BlockID: BlockBulkVerdict, Label: plainText("Decision"),
		Element: &slack.SelectBlockElement{
			Type: slack.OptTypeStatic, ActionID: ActionBulkVerdict, Placeholder: plainText(placeholder), Options: options,
		},
	}
}

// ParseBulkVerdict reads what was chosen to be done.
func ParseBulkVerdict(value string) (query.BulkAction, bool) {
	switch value {
	case BulkApprove:
		return query.BulkAction{Verdict: workflow.Approve}, true
	case BulkJoin:
		return query.BulkAction{Joins: true}, true
	}
	for _, r := range workflow.Reasons {
		if value == string(r) {
			return query.BulkAction{Verdict: workflow.Reject, Reason: r}, true
		}
	}
	return query.BulkAction{}, false
}

// Errors of the dialog, beside its fields.
const (
	ErrorNoneChosen    = "Choose at least one request."
	ErrorNoVerdict     = "Choose a decision."
	ErrorNoneLeft      = "None of these can be decided that way any more. Please close this and open it again."
	ErrorTooManyChosen = "That's too many at once. Please remove some."
	ErrorBothChosen    = "You also left some out below. Please clear one of the two."
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
