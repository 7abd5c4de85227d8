package view

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"github.com/slack-go/slack"

	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

// The filters of the dialog *Decide several*: menus that report each change. The value of all is an option's.
const (
	ActionBulkShop      = "bulk_shop"      // a shop's id
	ActionBulkWithin    = "bulk_within"    // hours until the review deadline
	ActionBulkGMV       = "bulk_gmv"       // the least GMV of 30 days
	ActionBulkFollowers = "bulk_followers" // the least number of followers
	ActionBulkProduct   = "bulk_product"   // a product's id
	ActionBulkCollab    = "bulk_collab"    // query.OpenCollab or query.TargetCollab
	ActionBulkOnly      = "bulk_only"      // checkboxes: BulkApprovable and BulkKnown

	BulkAny        = "any"
	BulkApprovable = "approvable"
	BulkKnown      = "known"
)

// The steps of the filters by number.
var (
	bulkHours     = []int{24, 48}
	bulkGMV       = []int{100, 500, 1_000, 5_000, 10_000, 50_000}
	bulkFollowers = []int{1_000, 5_000, 10_000, 50_000, 100_000, 500_000}
)

// SetBulkFilter takes over what was chosen in one of the filters. A value that is none of its options takes the filter away.
func SetBulkFilter(f *query.Criteria, action string, chosen []string) {
	value := ""
	if len(chosen) > 0 && chosen[0] != BulkAny {
		value = chosen[0]
	}
	switch action {
	case ActionBulkWithin:
		f.Within = rung(value, bulkHours)
	case ActionBulkGMV:
		f.GMV.Least = rung(value, bulkGMV)
	case ActionBulkFollowers:
		f.Followers.Least = rung(value, bulkFollowers)
	case ActionBulkProduct:
		f.Product = workflow.ProductID(value)
	case ActionBulkCollab:
		f.Collab = ""
		if value == query.OpenCollab || value == query.TargetCollab {
			f.Collab = value
		}
	case ActionBulkOnly:
		f.Approvable, f.Known = slices.Contains(chosen, BulkApprovable), slices.Contains(chosen, BulkKnown)
	}
}

func rung(value string, of []int) int {
	n, err := strconv.Atoi(value)
	if err != nil || !slices.Contains(of, n) {
		return 0
	}
	return n
}

// BulkFilters lists the action ids that SetBulkFilter knows.
var BulkFilters = []string{
	ActionBulkWithin, ActionBulkGMV, ActionBulkFollowers, ActionBulkProduct, ActionBulkCollab, ActionBulkOnly,
}

// BulkMeta is what the dialog carries unseen.
type BulkMeta struct {
	Shop    workflow.ShopID `json:"s"`
	Channel string          `json:"h,omitempty"` // where it was opened: its shops are offered; empty: all
	Filter  query.Criteria  `json:"f,omitzero"`
}

// Encode writes the dialog's private metadata.
func (m BulkMeta) Encode() string {
	b, err := json.Marshal(m)
	if err != nil { // strings and numbers always can be written
		return ""
	}
	return string(b)
}

// ParseBulkMeta reads what Encode wrote.
func ParseBulkMeta(s string) (BulkMeta, error) {
	var m BulkMeta
	if err := json.Unmarshal([]byte(s), &m); err != nil || m.Shop == "" {
		return BulkMeta{}, fmt.Errorf("%q does not say which requests a dialog offers", s)
	}
	return m, nil
}

// bulkFilters are the menus. Their block names the shop, so that no product goes on being chosen in another.
func bulkFilters(f BulkFacts) slack.Block {
	in := f.Filter
	elements := []slack.BlockElement{
		stepMenu(ActionBulkWithin, "Deadline", "Any deadline", bulkHours, in.Within, func(n int) string { return fmt.Sprintf("Expires within %d hours", n) }),
		stepMenu(ActionBulkGMV, "GMV", "Any GMV", bulkGMV, in.GMV.Least, func(n int) string { return "30-day GMV of " + short(float64(n)) + " or more" }),
		stepMenu(ActionBulkFollowers, "Followers", "Any followers", bulkFollowers, in.Followers.Least, func(n int) string { return short(float64(n)) + " followers or more" }),
		productMenu(f),
		menu(ActionBulkCollab, "Collaboration", []*slack.OptionBlockObject{
			option(BulkAny, "Any collaboration"), option(query.OpenCollab, "Open collaboration"), option(query.TargetCollab, "Target collaboration"),
		}, in.Collab),
		onlyBoxes(in),
	}
	return actions(cut("bulk_filters@"+string(f.Shop.ID), 255), elements...)
}

func stepMenu(action, placeholder, whatever string, steps []int, chosen int, says func(int) string) slack.BlockElement {
	options := []*slack.OptionBlockObject{option(BulkAny, whatever)}
	for _, n := range steps {
		options = append(options, option(strconv.Itoa(n), says(n)))
	}
	return menu(action, placeholder, options, strconv.Itoa(chosen))
}

// productMenu offers the products that are waited for, the most asked first. The chosen one stays there also when nobody
// waits for it any more.
func productMenu(f BulkFacts) slack.BlockElement {
	chosen := f.Filter.Product
	options := []*slack.OptionBlockObject{option(BulkAny, "Any product")}
	there := chosen == "" || len(chosen) > maxOption
	for _, p := range f.Products {
		if p.ID == "" || len(p.ID) > maxOption || len(options) == MaxChoices-1 {
			continue
		}
		there = there || p.ID == chosen
		options = append(options, option(string(p.ID), raw(productOf(p.Product), 60)+fmt.Sprintf(" (%d)", p.Waiting)))
	}
	if !there {
		options = append(options, option(string(chosen), raw("Product "+string(chosen), 60)))
	}
	return menu(ActionBulkProduct, "Product", options, string(chosen))
}

func onlyBoxes(in query.Criteria) slack.BlockElement {
	approvable, known := option(BulkApprovable, "Only requests that can be approved"), option(BulkKnown, "Only creators who asked before")
	boxes := &slack.CheckboxGroupsBlockElement{
		Type: slack.METCheckboxGroups, ActionID: ActionBulkOnly, Options: []*slack.OptionBlockObject{approvable, known},
	}
	if in.Approvable {
		boxes.InitialOptions = append(boxes.InitialOptions, approvable)
	}
	if in.Known {
		boxes.InitialOptions = append(boxes.InitialOptions, known)
	}
	return boxes
}
