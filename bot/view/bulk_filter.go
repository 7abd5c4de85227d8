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

	// Those behind *More filters*.
	ActionBulkGMVMost        = "bulk_gmv_most"
	ActionBulkFollowersMost  = "bulk_followers_most"
	ActionBulkFulfilment     = "bulk_fulfilment" // per cent at least
	ActionBulkFulfilmentMost = "bulk_fulfilment_most"
	ActionBulkViews          = "bulk_views" // median views at least
	ActionBulkViewsMost      = "bulk_views_most"
	ActionBulkShared         = "bulk_shared"   // query.SharedAll or query.SharedSome
	ActionBulkRepeat         = "bulk_repeat"   // query.OnlyHad or query.NotHad
	ActionBulkCampaign       = "bulk_campaign" // a campaign's id, or query.NoCampaign

	ActionBulkMore = "bulk_more" // a button that shows them, or hides those that are not used
	ActionBulkPage = "bulk_page" // a button; the value is a page's number, from 0
	ActionBulkBack = "bulk_back" // the same

	BulkAny        = "any"
	BulkApprovable = "approvable"
	BulkKnown      = "known"
)

// The steps of the filters by number.
var (
	bulkHours     = []int{24, 48}
	bulkGMV       = []int{100, 500, 1_000, 5_000, 10_000, 50_000}
	bulkFollowers = []int{1_000, 5_000, 10_000, 50_000, 100_000, 500_000}
	bulkPerCent   = []int{10, 25, 50, 75, 90}
	bulkViews     = []int{500, 1_000, 5_000, 10_000, 50_000, 100_000}
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
	case ActionBulkGMVMost:
		f.GMV.Most = rung(value, bulkGMV)
	case ActionBulkFollowersMost:
		f.Followers.Most = rung(value, bulkFollowers)
	case ActionBulkFulfilment:
		f.Fulfilment.Least = rung(value, bulkPerCent)
	case ActionBulkFulfilmentMost:
		f.Fulfilment.Most = rung(value, bulkPerCent)
	case ActionBulkViews:
		f.Views.Least = rung(value, bulkViews)
	case ActionBulkViewsMost:
		f.Views.Most = rung(value, bulkViews)
	case ActionBulkShared:
		f.Shared = oneOf(value, query.SharedAll, query.SharedSome)
	case ActionBulkRepeat:
		f.Had = oneOf(value, query.OnlyHad, query.NotHad)
	case ActionBulkCampaign:
		f.Campaign = workflow.CampaignID(value)
	case ActionBulkProduct:
		f.Product = workflow.ProductID(value)
	case ActionBulkCollab:
		f.Collab = oneOf(value, query.OpenCollab, query.TargetCollab)
	case ActionBulkOnly:
		f.Approvable, f.Known = slices.Contains(chosen, BulkApprovable), slices.Contains(chosen, BulkKnown)
	}
}

func oneOf(value string, of ...string) string {
	if slices.Contains(of, value) {
		return value
	}
	return ""
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
	ActionBulkGMVMost, ActionBulkFollowersMost, ActionBulkFulfilment, ActionBulkFulfilmentMost, ActionBulkViews, ActionBulkViewsMost,
	ActionBulkShared, ActionBulkRepeat, ActionBulkCampaign,
}

// BulkMeta is what the dialog carries unseen.
type BulkMeta struct {
	Shop    workflow.ShopID `json:"s"`
	Channel string          `json:"h,omitempty"` // where it was opened: its shops are offered; empty: all
	Filter  query.Criteria  `json:"f,omitzero"`
	More    bool            `json:"o,omitempty"` // all filters are shown
	Page    int             `json:"n,omitempty"` // of the preview, from 0
	LeftOut []string        `json:"x,omitempty"` // the ids, packed, of what was left out and is not in the menu of this page
}

// LeaveOut reads what is left out in all: what is chosen in the menu, beside what of other pages was.
func (m *BulkMeta) LeaveOut(chosen []Option) {
	for _, o := range chosen {
		if t, err := ParseBulkChoice(m.Shop, o.Value); err == nil && !m.Leaves(t.Key.ID) {
			m.LeftOut = append(m.LeftOut, packID(t.Key.ID))
		}
	}
}

// Leaves reports whether a request is left out.
func (m BulkMeta) Leaves(id workflow.ApplicationID) bool {
	return slices.Contains(m.LeftOut, packID(id))
}

// Omitted are those that are left out.
func (m BulkMeta) Omitted() map[workflow.ApplicationID]bool {
	all := map[workflow.ApplicationID]bool{}
	for _, packed := range m.LeftOut {
		if id, err := unpackID(packed); err == nil {
			all[id] = true
		}
	}
	return all
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
	in := f.Meta.Filter
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
	elements = append(elements, furtherFilters(f)...)
	if f.Meta.More {
		elements = append(elements, button(ActionBulkMore, "less", "Fewer filters", "Hide the filters that are not used"))
	} else {
		elements = append(elements, button(ActionBulkMore, "more", "More filters", "Show all filters: maxima, fulfilment, views, samples had before, campaigns"))
	}
	return actions(cut("bulk_filters@"+string(f.Shop.ID), 255), elements...)
}

// furtherFilters are those that are shown when they are asked for, and those of them that are used.
func furtherFilters(f BulkFacts) (shown []slack.BlockElement) {
	in := f.Meta.Filter
	perCent := func(n int) string { return fmt.Sprintf("%d%%", n) }
	count := func(n int) string { return short(float64(n)) }
	for _, each := range []struct {
		used bool
		menu slack.BlockElement
	}{
		{in.GMV.Most > 0, stepMenu(ActionBulkGMVMost, "GMV at most", "GMV: no maximum", bulkGMV, in.GMV.Most, func(n int) string { return "30-day GMV of " + count(n) + " or less" })},
		{in.Followers.Most > 0, stepMenu(ActionBulkFollowersMost, "Followers at most", "Followers: no maximum", bulkFollowers, in.Followers.Most, func(n int) string { return count(n) + " followers or less" })},
		{in.Fulfilment.Least > 0, stepMenu(ActionBulkFulfilment, "Fulfilment at least", "Any fulfilment", bulkPerCent, in.Fulfilment.Least, func(n int) string { return "Fulfilment of " + perCent(n) + " or more" })},
		{in.Fulfilment.Most > 0, stepMenu(ActionBulkFulfilmentMost, "Fulfilment at most", "Fulfilment: no maximum", bulkPerCent, in.Fulfilment.Most, func(n int) string { return "Fulfilment of " + perCent(n) + " or less" })},
		{in.Views.Least > 0, stepMenu(ActionBulkViews, "Views at least", "Any views", bulkViews, in.Views.Least, func(n int) string { return count(n) + " median views or more" })},
		{in.Views.Most > 0, stepMenu(ActionBulkViewsMost, "Views at most", "Views: no maximum", bulkViews, in.Views.Most, func(n int) string { return count(n) + " median views or less" })},
		{in.Shared != "", menu(ActionBulkShared, "Numbers shared", []*slack.OptionBlockObject{
			option(BulkAny, "Numbers shared or not"), option(query.SharedAll, "Shares all numbers"), option(query.SharedSome, "Doesn't share some number"),
		}, in.Shared)},
		{in.Had != "", menu(ActionBulkRepeat, "Had it before", []*slack.OptionBlockObject{
			option(BulkAny, "Had it before or not"), option(query.OnlyHad, "Only who had this product and variant"), option(query.NotHad, "Not who had this product and variant"),
		}, in.Had)},
		{in.Campaign != "", bulkCampaigns(f)},
	} {
		if each.used || f.Meta.More {
			shown = append(shown, each.menu)
		}
	}
	return shown
}

// bulkCampaigns offers the shop's campaigns. The chosen one stays there also when it takes nobody any more.
func bulkCampaigns(f BulkFacts) slack.BlockElement {
	chosen := f.Meta.Filter.Campaign
	options := []*slack.OptionBlockObject{option(BulkAny, "Any campaign"), option(string(query.NoCampaign), "In no campaign")}
	there := chosen == "" || chosen == query.NoCampaign || len(chosen) > maxOption
	for _, c := range f.Campaigns {
		if len(options) < MaxChoices-1 && len(c.ID) <= maxOption {
			there = there || c.ID == chosen
			options = append(options, campaignOption(c))
		}
	}
	if !there {
		options = append(options, option(string(chosen), "Another campaign"))
	}
	return menu(ActionBulkCampaign, "Campaign", options, string(chosen))
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
	chosen := f.Meta.Filter.Product
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
