package view

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/slack-go/slack"

	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

// homeFilters are the menus, the button that takes them all back, and the way to decide several at once. Slack keeps showing what was chosen in a menu as
// long as the block id stays, so the filters are part of it.
func homeFilters(f HomeFacts) slack.Block {
	var elements []slack.BlockElement
	if len(f.Shops) > 1 {
		elements = append(elements, shopMenu(f))
	}
	elements = append(elements, stageMenu(f), sortMenu(f.State.Sort))
	if b, ok := mineButton(f); ok {
		elements = append(elements, b)
	}
	if b, ok := suggestedButton(f); ok {
		elements = append(elements, b)
	}
	if b, ok := answersButton(f); ok {
		elements = append(elements, b)
	}
	if len(f.Campaigns) > 0 {
		elements = append(elements, campaignMenu(f))
	}
	elements = append(elements, button(ActionHomeFilter, "filter", filterButton(f.State.Only), "Filter by product, figures, samples had before"))
	if b, ok := approveSuggested(f.Suggestions); ok {
		elements = append(elements, b)
	}
	if b, ok := rejectSuggested(f.Suggestions); ok {
		elements = append(elements, b)
	}
	if f.Several != "" {
		elements = append(elements, button(ActionBulk, string(f.Several), "Decide several", "Choose several requests and decide on them at once"))
	}
	if f.State.Narrows() {
		elements = append(elements, button(ActionHomeClear, "clear", "Clear filters", "Show everything in review"))
	}
	return actions("home_filters:"+mark(f.State.Filter), elements...)
}

// mineButton lists what the reader is on, or everything again. There is none where they are on nothing.
func mineButton(f HomeFacts) (*slack.ButtonBlockElement, bool) {
	if f.State.Mine != "" {
		return button(ActionHomeMine, "all", "Everyone's", "Show everyone's requests again"), true
	}
	return button(ActionHomeMine, "mine", "Mine ("+grouped(float64(f.Mine))+")", "Show only the requests that you're on"), f.Mine > 0
}

// suggestedButton lists what rules suggest something for, or everything again. There is none where they suggest nothing.
func suggestedButton(f HomeFacts) (*slack.ButtonBlockElement, bool) {
	if f.State.Suggested {
		return button(ActionHomeSuggested, "all", "All requests", "Show all requests again"), true
	}
	n := f.Suggestions.All
	return button(ActionHomeSuggested, "suggested", "Suggested ("+grouped(float64(n))+")", "Show only the requests for which a rule suggests something"), n > 0
}

// mark is the same for the same filters.
func mark(f query.Filter) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%#v", f))
	return hex.EncodeToString(sum[:6])
}

func shopMenu(f HomeFacts) slack.BlockElement {
	options := []*slack.OptionBlockObject{option(HomeAny, "All shops")}
	for _, s := range f.Shops {
		if len(s.ID) <= maxOption && len(options) < MaxChoices {
			options = append(options, option(string(s.ID), first(raw(s.Name, maxName), raw(string(s.ID), maxName), "A shop")))
		}
	}
	return menu(ActionHomeShop, "Shop", options, string(f.State.Shop))
}

// stageMenu offers the states with how many stand there.
func stageMenu(f HomeFacts) slack.BlockElement {
	var options []*slack.OptionBlockObject
	for _, s := range workflow.Stages {
		options = append(options, option(string(s), string(s)+numbered(f, f.By[s])))
	}
	options = append(options, option(string(query.AllStages), "All states"+numbered(f, f.All())))
	chosen := f.State.Stage
	if chosen == "" {
		chosen = workflow.StageReview
	}
	return menu(ActionHomeStage, "State", options, string(chosen))
}

// numbered is how many there are of what a menu offers. Of what is sifted nobody knows.
func numbered(f HomeFacts, n int) string {
	if f.State.Only != (query.Criteria{}) {
		return ""
	}
	return " (" + grouped(float64(n)) + ")"
}

// sortMenu offers the orders.
func sortMenu(chosen query.Order) slack.BlockElement {
	var options []*slack.OptionBlockObject
	for _, o := range query.Orders {
		options = append(options, option(first(string(o), HomeAny), orderNames[o]))
	}
	return menu(ActionHomeSort, "Order", options, string(chosen))
}

// orderNames are what the orders are called.
var orderNames = map[query.Order]string{
	query.ByDeadline: "Soonest deadline", query.ByValue: "Highest GMV", query.ByNewest: "Newest",
}

// HomeOrder returns the order that was chosen.
func HomeOrder(chosen string) query.Order {
	if o := query.Order(chosen); slices.Contains(query.Orders, o) {
		return o
	}
	return query.ByDeadline
}

// campaignMenu offers the campaigns, or asks for them as people type where there are more than a menu takes.
func campaignMenu(f HomeFacts) slack.BlockElement {
	options := []*slack.OptionBlockObject{option(HomeAny, "All campaigns"), option(string(query.NoCampaign), "In no campaign")}
	for _, c := range f.Campaigns {
		options = append(options, homeCampaignOption(c))
	}
	m := menu(ActionHomeCampaign, "Campaign", options, first(string(f.Campaign.ID), string(f.State.Only.Campaign)))
	if f.Campaign.ID != "" && m.InitialOption == options[0] {
		m.InitialOption = homeCampaignOption(f.Campaign)
	}
	if len(options) > MaxChoices {
		m.Type, m.Options, m.MinQueryLength = slack.OptTypeExternal, nil, new(0)
		m.Placeholder = plainText("Type part of a campaign name")
	} else if f.Campaign.ID != "" && m.InitialOption.Value == string(f.Campaign.ID) && !offers(options, m.InitialOption) {
		m.Options = append(m.Options, m.InitialOption)
	}
	return m
}

func offers(options []*slack.OptionBlockObject, o *slack.OptionBlockObject) bool {
	return slices.Contains(options, o)
}

// HomeCampaignOptions answers the menu of campaigns that asks for its options.
func HomeCampaignOptions(all []query.CampaignItem) Options {
	options := []*slack.OptionBlockObject{option(HomeAny, "All campaigns"), option(string(query.NoCampaign), "In no campaign")}
	for _, c := range all {
		options = append(options, homeCampaignOption(c))
	}
	return optionsOf(options)
}

func homeCampaignOption(c query.CampaignItem) *slack.OptionBlockObject {
	name := first(raw(c.Name, workflow.MaxCampaignName), "Without a name")
	if c.Archived {
		name += " (archived)"
	}
	if shop := raw(c.Shop, maxName); shop != "" {
		name += " · " + shop
	}
	return option(string(c.ID), cut(name, maxOption))
}

// menu is a menu in which the option of that value is chosen, or the first where there is none.
func menu(action, placeholder string, options []*slack.OptionBlockObject, chosen string) *slack.SelectBlockElement {
	m := &slack.SelectBlockElement{
		Type: slack.OptTypeStatic, ActionID: action, Placeholder: plainText(placeholder), Options: options, InitialOption: options[0],
	}
	for _, o := range options {
		if o.Value == chosen {
			m.InitialOption = o
		}
	}
	return m
}

// creatorInput filters by words of a name, a handle or a product, at Enter.
func creatorInput(f query.Filter) slack.Block {
	return &slack.InputBlock{
		Type: slack.MBTInput, BlockID: "home_creator:" + mark(f), DispatchAction: true, Optional: true,
		Label: plainText("Find"),
		Element: &slack.PlainTextInputBlockElement{
			Type: slack.METPlainTextInput, ActionID: ActionHomeCreator, InitialValue: raw(f.Creator, maxName),
			Placeholder:          plainText("A creator's name or handle, or a product; press Enter"),
			DispatchActionConfig: &slack.DispatchActionConfig{TriggerActionsOn: []string{"on_enter_pressed"}},
		},
	}
}
