package view

import (
	"encoding/json"
	"fmt"

	"github.com/slack-go/slack"

	"sampledesk/workflow"
)

// The identifiers of the dialog *Add to campaign*: of the view, and of its inputs with what they hold.
const (
	CallbackCampaign = "campaign"

	BlockChoice  = "campaign"
	ActionChoice = "campaign_choice" // a menu; the value is a campaign's id

	BlockName  = "name"
	ActionName = "campaign_name" // a text; the name of a new campaign

	BlockAlso   = "also"
	ActionAlso  = "campaign_approve" // a checkbox
	AlsoApprove = "approve"          // its value
)

// What the dialog says of its fields when it is sent back.
const (
	ErrorNoChoice   = "Choose a campaign here, or name a new one below."
	ErrorTwoChoices = "You also chose a campaign above. Please clear one of the two."
)

// JoinFacts is what the dialog shows.
type JoinFacts struct {
	Application workflow.Application
	Round       int                 // the one printed on what the person clicked
	Campaigns   []workflow.Campaign // of the shop, not archived; with more than MaxChoices the menu asks for them as people type
	Current     string              // the name of the campaign it is in now; empty: none
}

// JoinMeta is what the dialog carries unseen: ids only.
type JoinMeta struct {
	Target Target
	Seen   workflow.CampaignID // the campaign that the person was shown the application in
}

type wireJoin struct {
	Target string              `json:"target"`
	Seen   workflow.CampaignID `json:"seen,omitempty"`
}

// Encode writes the dialog's private metadata.
func (m JoinMeta) Encode() string {
	b, err := json.Marshal(wireJoin{Target: m.Target.String(), Seen: m.Seen})
	if err != nil { // strings always can be written
		return ""
	}
	return string(b)
}

// ParseJoinMeta reads what Encode wrote.
func ParseJoinMeta(s string) (JoinMeta, error) {
	var w wireJoin
	if err := json.Unmarshal([]byte(s), &w); err != nil {
		return JoinMeta{}, fmt.Errorf("reading what the dialog is about: %w", err)
	}
	t, err := ParseTarget(w.Target)
	if err != nil {
		return JoinMeta{}, fmt.Errorf("reading what the dialog is about: %w", err)
	}
	return JoinMeta{Target: t, Seen: w.Seen}, nil
}

// CampaignShop returns the shop of whose campaigns a dialog offers a choice, by what it carries unseen: of this one, or of
// *Decide several*.
func CampaignShop(metadata string) (workflow.ShopID, error) {
	if chosen, err := ParseBulkDecision(metadata); err == nil && chosen.Joins {
		return chosen.Shop, nil
	}
	meta, err := ParseJoinMeta(metadata)
	return meta.Target.Key.Shop, err
}

// ChoiceError tells what is wrong with what was given of a campaign, if anything.
func ChoiceError(chosen, named bool) string {
	switch {
	case !chosen && !named:
		return ErrorNoChoice
	case chosen && named:
		return ErrorTwoChoices
	default:
		return ""
	}
}

// JoinModal is the dialog behind *Add to campaign*. It offers to approve as well only where the application can be
// approved now, and never by default.
func JoinModal(f JoinFacts) slack.ModalViewRequest {
	a := f.Application
	blocks := []slack.Block{section(about(f)...)}
	menu, any := choices(f)
	if any {
		blocks = append(blocks, menu)
	}
	blocks = append(blocks, nameInput(any))
	if a.Decidable() && a.Snapshot.Approvable {
		blocks = append(blocks, alsoApprove())
	}
	return slack.ModalViewRequest{
		Type: slack.VTModal, CallbackID: CallbackCampaign,
		Title: plainText("Add to campaign"), Submit: plainText("Add"), Close: plainText("Cancel"),
		Blocks: slack.Blocks{BlockSet: blocks},
		PrivateMetadata: JoinMeta{
			Target: Target{Key: a.Key, Round: f.Round}, Seen: a.Campaign,
		}.Encode(),
	}
}

func about(f JoinFacts) []string {
	r := f.Application.Snapshot
	product := "*" + data(productOf(r.Product), maxTitle) + "*"
	lines := []string{"*" + profile(r.Creator) + "* requests " + product, ""}
	if variant := data(r.Product.Variant, maxVariant); variant != "" {
		lines[0] += " (" + variant + ")"
	}
	if name := data(f.Current, workflow.MaxCampaignName); name != "" {
		lines[1] = "Now in the campaign *" + name + "*"
	}
	return lines
}

// choices is the menu of campaigns, with the present one chosen; none if there is nothing to choose from.
func choices(f JoinFacts) (slack.Block, bool) {
	if len(f.Campaigns) == 0 {
		return nil, false
	}
	menu := &slack.SelectBlockElement{Type: slack.OptTypeStatic, ActionID: ActionChoice, Placeholder: plainText("Choose a campaign")}
	for _, c := range f.Campaigns {
		o := campaignOption(c)
		menu.Options = append(menu.Options, o)
		if c.ID == f.Application.Campaign {
			menu.InitialOption = o
		}
	}
	if len(menu.Options) > MaxChoices {
		if current := f.Application.Campaign; menu.InitialOption == nil && current != "" && clean(f.Current) != "" {
			menu.InitialOption = campaignOption(workflow.Campaign{ID: current, Name: f.Current})
		}
		menu.Type, menu.Options, menu.MinQueryLength = slack.OptTypeExternal, nil, new(0)
		menu.Placeholder = plainText("Type part of the name")
	}
	return &slack.InputBlock{
		Type: slack.MBTInput, BlockID: BlockChoice, Label: plainText("Campaign"), Element: menu, Optional: true,
	}, true
}

func campaignOption(c workflow.Campaign) *slack.OptionBlockObject {
	return option(string(c.ID), first(raw(c.Name, workflow.MaxCampaignName), "Without a name"))
}

// CampaignOptions answers the menu of campaigns that asks for its options.
func CampaignOptions(all []workflow.Campaign) Options {
	options := make([]*slack.OptionBlockObject, len(all))
	for i, c := range all {
		options[i] = campaignOption(c)
	}
	return optionsOf(options)
}

// nameInput is where a new campaign is named. It may stay empty where there are campaigns to choose from.
func nameInput(optional bool) slack.Block {
	text := "New campaign name"
	if optional {
		text = "Or create a campaign"
	}
	return &slack.InputBlock{
		Type: slack.MBTInput, BlockID: BlockName, Label: plainText(text), Optional: optional,
		Element: &slack.PlainTextInputBlockElement{
			Type: slack.METPlainTextInput, ActionID: ActionName, Placeholder: plainText("New campaign name"), MaxLength: workflow.MaxCampaignName,
		},
	}
}

func alsoApprove() slack.Block {
	return &slack.InputBlock{
		Type: slack.MBTInput, BlockID: BlockAlso, Label: plainText("The sample"), Optional: true,
		Element: &slack.CheckboxGroupsBlockElement{
			Type: slack.METCheckboxGroups, ActionID: ActionAlso,
			Options: []*slack.OptionBlockObject{option(AlsoApprove, "Also approve this request")},
		},
	}
}

// JoinError puts a refusal next to the input it is about, in plain text: block is that input's. Ok is false for a
// refusal that is about the application; that one is told privately, by Refusal, once the dialog is closed. Chosen
// tells whether the campaign was chosen from the menu.
func JoinError(r workflow.Refusal, chosen bool) (block, text string, ok bool) {
	block = BlockName
	if chosen {
		block = BlockChoice
	}
	name := "“" + raw(r.Name, maxName) + "”"
	switch r.Rule {
	case workflow.RuleCampaignName:
		return BlockName, badName(r.Name), true
	case workflow.RuleNameTaken:
		return BlockName, "There is a campaign called " + name + " already. Choose it above, or use another name.", true
	case workflow.RuleNoCampaign:
		return block, "That campaign no longer exists. Please choose another.", true
	case workflow.RuleArchived:
		return block, "The campaign " + name + " is archived, so no one can be added to it. Please choose another.", true
	case workflow.RuleAlreadyInCampaign:
		return block, "The creator is in that campaign already.", true
	default:
		return "", "", false
	}
}

// leaveButton takes an application back out of the campaign that somebody added it to. There is none where it came there
// for its product, nor once the review is over: by then the campaign counts on it. One that came there since its creator
// answered can be taken out for as long as it goes on. Its value names the campaign that the
// person was shown.
func leaveButton(a workflow.Application) (*slack.ButtonBlockElement, bool) {
	byHand := a.Joined.By != "" && a.State().Reviewing()
	answered := a.Joined.Linked && a.State().Live()
	if a.Campaign == "" || !byHand && !answered {
		return nil, false
	}
	value := Correspondent{Shop: a.Key.Shop, Application: a.Key.ID, Campaign: a.Campaign}.String()
	who := called(a)
	return button(ActionLeave, value, "Remove from campaign", "Remove "+who+" from the campaign"), true
}
