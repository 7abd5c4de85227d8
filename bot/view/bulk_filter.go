package view

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/slack-go/slack"

	"sampledesk/workflow"
)

// The filters of the dialog *Decide several*: menus that report each change. The value of all is an option's.
const (
	ActionBulkShop      = "bulk_shop"      // a shop's id
	ActionBulkWithin    = "bulk_within"    // hours until the review deadline
	ActionBulkGMV       = "bulk_gmv"       // the least GMV of 30 days
	ActionBulkFollowers = "bulk_followers" // the least number of followers
	ActionBulkProduct   = "bulk_product"   // a product's id
	ActionBulkCollab    = "bulk_collab"    // BulkOpen or BulkTarget
	ActionBulkOnly      = "bulk_only"      // checkboxes: BulkApprovable and BulkKnown

	BulkAny        = "any"
	BulkOpen       = "open"
	BulkTarget     = "target"
	BulkApprovable = "approvable"
	BulkKnown      = "known"
)

// The steps of the filters by number.
var (
	bulkHours     = []int{24, 48}
	bulkGMV       = []int{100, 500, 1_000, 5_000, 10_000, 50_000}
	bulkFollowers = []int{1_000, 5_000, 10_000, 50_000, 100_000, 500_000}
)

// BulkFilter says which of the requests that wait are offered. The zero value lets all through.
type BulkFilter struct {
	Within     int                `json:"w,omitempty"` // hours until the review deadline at the most
	GMV        int                `json:"g,omitempty"` // of 30 days, in whatever currency it comes; not shared is never enough
	Followers  int                `json:"f,omitempty"` // the same of followers
	Product    workflow.ProductID `json:"p,omitempty"`
	Collab     string             `json:"c,omitempty"` // BulkOpen or BulkTarget; of a request whose origin is not known yet neither holds
	Approvable bool               `json:"a,omitempty"` // TikTok lets it be approved now
	Known      bool               `json:"k,omitempty"` // the creator has asked for a sample before
}

// Admits tells whether a request passes, but for Known: whether her creator asked before is not in it. One whose deadline
// is over never does, since nothing can be decided there.
func (f BulkFilter) Admits(a workflow.Application, now time.Time) bool {
	r := a.Report
	switch {
	case !r.ReviewBy.IsZero() && !now.Before(r.ReviewBy):
		return false
	case f.Within > 0 && (r.ReviewBy.IsZero() || r.ReviewBy.After(now.Add(time.Duration(f.Within)*time.Hour))):
		return false
	case f.GMV > 0 && !sold(r.Creator.GMV, f.GMV):
		return false
	case f.Followers > 0 && (!shared(r.Creator.Followers) || r.Creator.Followers.Value < float64(f.Followers)):
		return false
	case f.Product != "" && r.Product.ID != f.Product:
		return false
	case f.Collab != "" && (!r.Collab.Known || (r.Collab.Target == "") != (f.Collab == BulkOpen)):
		return false
	default:
		return !f.Approvable || r.Approvable
	}
}

func sold(m workflow.Money, least int) bool {
	if !decimal.MatchString(m.Amount) {
		return false
	}
	v, err := strconv.ParseFloat(m.Amount, 64)
	return err == nil && v >= float64(least)
}

// Set takes over what was chosen in one of the filters. A value that is none of its options takes the filter away.
func (f *BulkFilter) Set(action string, chosen []string) {
	value := ""
	if len(chosen) > 0 && chosen[0] != BulkAny {
		value = chosen[0]
	}
	switch action {
	case ActionBulkWithin:
		f.Within = rung(value, bulkHours)
	case ActionBulkGMV:
		f.GMV = rung(value, bulkGMV)
	case ActionBulkFollowers:
		f.Followers = rung(value, bulkFollowers)
	case ActionBulkProduct:
		f.Product = workflow.ProductID(value)
	case ActionBulkCollab:
		f.Collab = ""
		if value == BulkOpen || value == BulkTarget {
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

// BulkFilters lists the action ids that Set knows.
var BulkFilters = []string{
	ActionBulkWithin, ActionBulkGMV, ActionBulkFollowers, ActionBulkProduct, ActionBulkCollab, ActionBulkOnly,
}

// BulkMeta is what the dialog carries unseen.
type BulkMeta struct {
	Shop    workflow.ShopID `json:"s"`
	Channel string          `json:"h,omitempty"` // where it was opened: its shops are offered; empty: all
	Filter  BulkFilter      `json:"f,omitzero"`
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

// BulkProduct is a product in the menu, and how many requests for it wait.
type BulkProduct struct {
	workflow.Product
	Waiting int
}

// bulkFilters are the menus. Their block names the shop, so that no product goes on being chosen in another.
func bulkFilters(f BulkFacts) slack.Block {
	in := f.Filter
	elements := []slack.BlockElement{
		stepMenu(ActionBulkWithin, "Deadline", "Any deadline", bulkHours, in.Within, func(n int) string { return fmt.Sprintf("Ends within %d hours", n) }),
		stepMenu(ActionBulkGMV, "GMV", "Any GMV", bulkGMV, in.GMV, func(n int) string { return "GMV of 30 days from " + short(float64(n)) }),
		stepMenu(ActionBulkFollowers, "Followers", "Any followers", bulkFollowers, in.Followers, func(n int) string { return "From " + short(float64(n)) + " followers" }),
		productMenu(f),
		menu(ActionBulkCollab, "Collaboration", []*slack.OptionBlockObject{
			option(BulkAny, "Any collaboration"), option(BulkOpen, "Open collaboration"), option(BulkTarget, "Target collaboration"),
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

func onlyBoxes(in BulkFilter) slack.BlockElement {
	approvable, known := option(BulkApprovable, "Only what TikTok lets be approved"), option(BulkKnown, "Only creators who asked before")
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
