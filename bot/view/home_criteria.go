package view

import (
	"fmt"
	"strconv"

	"github.com/slack-go/slack"

	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

// The dialog of App Home's filters, and its menus. Their values are steps, an option of query.Criteria, or HomeAny.
const (
	CallbackHomeFilter = "home_filter"

	ActionHomeProduct         = "home_product"
	ActionHomeGMVLeast        = "home_gmv_least"
	ActionHomeGMVMost         = "home_gmv_most"
	ActionHomeFollowersLeast  = "home_followers_least"
	ActionHomeFollowersMost   = "home_followers_most"
	ActionHomeFulfilmentLeast = "home_fulfilment_least"
	ActionHomeFulfilmentMost  = "home_fulfilment_most"
	ActionHomeViewsLeast      = "home_views_least"
	ActionHomeViewsMost       = "home_views_most"
	ActionHomeShared          = "home_shared"
	ActionHomeRepeat          = "home_repeat"
)

// criteriaRange is a number that the dialog bounds on both sides.
type criteriaRange struct {
	least, most string // the menus' action ids
	name        string
	steps       []int
	says        func(int) string
	of          func(*query.Criteria) *query.Range
}

var criteriaRanges = []criteriaRange{
	{ActionHomeGMVLeast, ActionHomeGMVMost, "GMV", []int{100, 500, 1_000, 5_000, 10_000, 50_000}, shortStep,
		func(c *query.Criteria) *query.Range { return &c.GMV }},
	{ActionHomeFollowersLeast, ActionHomeFollowersMost, "Followers", []int{1_000, 5_000, 10_000, 50_000, 100_000, 500_000}, shortStep,
		func(c *query.Criteria) *query.Range { return &c.Followers }},
	{ActionHomeViewsLeast, ActionHomeViewsMost, "Views", []int{500, 1_000, 5_000, 10_000, 50_000, 100_000}, shortStep,
		func(c *query.Criteria) *query.Range { return &c.Views }},
	{ActionHomeFulfilmentLeast, ActionHomeFulfilmentMost, "Fulfilment", []int{25, 50, 60, 70, 80, 90, 95}, func(n int) string { return strconv.Itoa(n) + "%" },
		func(c *query.Criteria) *query.Range { return &c.Fulfilment }},
}

func shortStep(n int) string { return short(float64(n)) }

// HomeCriteriaMenus are the action ids of the dialog's menus.
func HomeCriteriaMenus() []string {
	ids := []string{ActionHomeProduct, ActionHomeShared, ActionHomeRepeat}
	for _, r := range criteriaRanges {
		ids = append(ids, r.least, r.most)
	}
	return ids
}

// HomeFilterModal is the dialog of App Home's filters. Its metadata is where the person is.
func HomeFilterModal(state HomeState, products []query.BulkProduct) slack.ModalViewRequest {
	c := state.Only
	blocks := []slack.Block{actions("home_only:product", criteriaProducts(products, c.Product))}
	for _, r := range criteriaRanges {
		in := *r.of(&c)
		blocks = append(blocks, actions("home_only:"+r.least,
			stepMenu(r.least, r.name, r.name+": any minimum", stepsWith(r.steps, in.Least), in.Least, func(n int) string { return r.name + " at least " + r.says(n) }),
			stepMenu(r.most, r.name, r.name+": any maximum", stepsWith(r.steps, in.Most), in.Most, func(n int) string { return r.name + " at most " + r.says(n) })))
	}
	blocks = append(blocks, actions("home_only:other",
		menu(ActionHomeShared, "Numbers", []*slack.OptionBlockObject{
			option(HomeAny, "Numbers shared or not"), option(query.SharedAll, "All numbers shared"), option(query.SharedSome, "Some numbers not shared"),
		}, c.Shared),
		menu(ActionHomeRepeat, "Had it before", []*slack.OptionBlockObject{
			option(HomeAny, "Had it before or not"), option(query.OnlyHad, "Had it before"), option(query.NotHad, "Didn't have it before"),
		}, c.Had)),
		aside("GMV and views are of 30 days. Creators who don't share a number are left out when you filter on it. Had it before: the creator got the same product and variant, or is to get it."))
	return slack.ModalViewRequest{
		Type: slack.VTModal, CallbackID: CallbackHomeFilter, PrivateMetadata: state.Encode(), Title: plainText("Filter requests"),
		Submit: plainText("Show"), Close: plainText("Cancel"), Blocks: slack.Blocks{BlockSet: blocks},
	}
}

// stepsWith returns the steps, with one more where a bound is none of them.
func stepsWith(steps []int, n int) []int {
	for i, step := range steps {
		switch {
		case n == 0 || n == step:
			return steps
		case n < step:
			return append(append(append([]int{}, steps[:i]...), n), steps[i:]...)
		}
	}
	if n == 0 {
		return steps
	}
	return append(append([]int{}, steps...), n)
}

func criteriaProducts(all []query.BulkProduct, chosen workflow.ProductID) slack.BlockElement {
	m, ok := productMenu(BulkFacts{Meta: BulkMeta{Filter: query.Criteria{Product: chosen}}, BulkOffer: query.BulkOffer{Products: all}}).(*slack.SelectBlockElement)
	if ok {
		m.ActionID = ActionHomeProduct
	}
	return m
}

// HomeCriteria reads what was chosen in the dialog's menus. What is none of their options is no filter.
func HomeCriteria(was query.Criteria, chosen func(action string) string) query.Criteria {
	value := func(action string) string {
		if v := chosen(action); v != HomeAny {
			return v
		}
		return ""
	}
	c := query.Criteria{Campaign: was.Campaign, Product: workflow.ProductID(value(ActionHomeProduct))}
	for _, r := range criteriaRanges {
		*r.of(&c) = query.Range{Least: positive(value(r.least)), Most: positive(value(r.most))}
	}
	if v := value(ActionHomeShared); v == query.SharedAll || v == query.SharedSome {
		c.Shared = v
	}
	if v := value(ActionHomeRepeat); v == query.OnlyHad || v == query.NotHad {
		c.Had = v
	}
	return c
}

func positive(text string) int {
	n, err := strconv.ParseUint(text, 10, 40)
	if err != nil {
		return 0
	}
	return int(n)
}

// filterButton tells how many of the dialog's filters are set.
func filterButton(c query.Criteria) string {
	if n := len(criteriaWords(c)); n > 0 {
		return fmt.Sprintf("Filter (%d)", n)
	}
	return "Filter"
}

// criteriaWords names what the criteria ask for, each once. A product is named by who knows its title.
func criteriaWords(c query.Criteria) (words []string) {
	if c.Product != "" {
		words = append(words, "one product")
	}
	for _, r := range criteriaRanges {
		in := *r.of(&c)
		switch {
		case in.Least > 0 && in.Most > 0:
			words = append(words, fmt.Sprintf("%s %s to %s", r.name, r.says(in.Least), r.says(in.Most)))
		case in.Least > 0:
			words = append(words, r.name+" at least "+r.says(in.Least))
		case in.Most > 0:
			words = append(words, r.name+" at most "+r.says(in.Most))
		}
	}
	switch c.Shared {
	case query.SharedAll:
		words = append(words, "all numbers shared")
	case query.SharedSome:
		words = append(words, "some numbers not shared")
	}
	switch c.Had {
	case query.OnlyHad:
		words = append(words, "had it before")
	case query.NotHad:
		words = append(words, "didn't have it before")
	}
	return words
}
