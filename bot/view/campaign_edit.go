package view

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/slack-go/slack"

	"sampledesk/workflow"
)

// The identifiers of the dialog *Edit campaign*: of the view, and of its inputs with what they hold.
const (
	CallbackEdit = "campaign_edit"

	BlockEditName  = "edit_name"
	ActionEditName = "campaign_rename" // a text

	BlockEditChannel  = "edit_channel"
	ActionEditChannel = "campaign_channel" // a channel, or nothing: the shop's

	BlockEditProducts  = "edit_products"
	ActionEditProducts = "campaign_products" // products' ids
)

// ErrorEditedMeanwhile is said where somebody else changed the campaign while the dialog was open.
const ErrorEditedMeanwhile = "Someone else changed this campaign. Please close this and open it again."

// EditFacts is what the dialog shows.
type EditFacts struct {
	Campaign workflow.Campaign
	Shop     string             // named only where a channel serves several
	Products []workflow.Product // that are known to the shop, one of each id; with more than MaxChoices the menu asks for them
}

// EditMeta is what the dialog carries unseen.
type EditMeta struct {
	Campaign workflow.CampaignID `json:"campaign"`
	Shop     workflow.ShopID     `json:"shop"`
	Seen     int                 `json:"seen"` // the version that the person was shown
	Channel  string              `json:"channel,omitempty"`
}

// ParseEditMeta reads what the dialog carries.
func ParseEditMeta(s string) (EditMeta, error) {
	var m EditMeta
	if err := json.Unmarshal([]byte(s), &m); err != nil || m.Campaign == "" || m.Shop == "" {
		return EditMeta{}, fmt.Errorf("%q does not name a campaign", s)
	}
	return m, nil
}

// EditModal is the dialog in which a campaign is edited.
func EditModal(f EditFacts) slack.ModalViewRequest {
	c := f.Campaign
	meta, _ := json.Marshal(EditMeta{Campaign: c.ID, Shop: c.Shop, Seen: c.Version, Channel: c.Channel}) // texts can always be written
	name := &slack.PlainTextInputBlockElement{
		Type: slack.METPlainTextInput, ActionID: ActionEditName, Placeholder: plainText("Campaign name"),
		MaxLength: workflow.MaxCampaignName, InitialValue: raw(c.Name, workflow.MaxCampaignName),
	}
	channel := channelMenu(ActionEditChannel, c.Channel)
	channel.Placeholder = plainText("The shop's channel")
	blocks := []slack.Block{
		&slack.InputBlock{Type: slack.MBTInput, BlockID: BlockEditName, Label: plainText("Name"), Element: name},
		&slack.InputBlock{
			Type: slack.MBTInput, BlockID: BlockEditChannel, Label: plainText("Campaign channel"), Optional: true, Element: channel,
			Hint: plainText("Questions about this campaign's creators go here. Invite @Sample Desk to it first."),
		},
	}
	if menu, any := editProducts(f); any {
		blocks = append(blocks, &slack.InputBlock{
			Type: slack.MBTInput, BlockID: BlockEditProducts, Label: plainText("Products"), Optional: true, Element: menu,
			Hint: plainText("When a creator in this campaign requests one of these products, the request joins the campaign automatically."),
		})
	} else {
		blocks = append(blocks, aside("You can choose products here once someone has requested one."))
	}
	if about := shopOf(f.Shop); about != "" {
		blocks = append(blocks, aside(about))
	}
	return slack.ModalViewRequest{
		Type: slack.VTModal, CallbackID: CallbackEdit, Title: plainText("Edit campaign"), Submit: plainText("Save"), Close: plainText("Cancel"),
		Blocks: slack.Blocks{BlockSet: blocks}, PrivateMetadata: string(meta),
	}
}

// editProducts is the menu of products, with those of the campaign chosen; none if there is nothing to choose from.
func editProducts(f EditFacts) (*slack.MultiSelectBlockElement, bool) {
	menu := &slack.MultiSelectBlockElement{
		Type: slack.MultiOptTypeStatic, ActionID: ActionEditProducts, Placeholder: plainText("Choose products"), MaxSelectedItems: new(workflow.MaxCampaignProducts),
	}
	known := map[workflow.ProductID]bool{}
	for _, p := range f.Products {
		o, ok := productOption(p)
		if !ok || known[p.ID] {
			continue
		}
		known[p.ID] = true
		menu.Options = append(menu.Options, o)
		if slices.Contains(f.Campaign.Products, p.ID) {
			menu.InitialOptions = append(menu.InitialOptions, o)
		}
	}
	for _, id := range f.Campaign.Products {
		if o, ok := productOption(workflow.Product{ID: id}); ok && !known[id] {
			menu.Options, menu.InitialOptions = append(menu.Options, o), append(menu.InitialOptions, o)
		}
	}
	if len(menu.Options) > MaxChoices {
		menu.Type, menu.Options, menu.MinQueryLength = slack.MultiOptTypeExternal, nil, new(0)
		menu.Placeholder = plainText("Type part of a name")
	}
	return menu, len(menu.Options) > 0 || menu.Type == slack.MultiOptTypeExternal
}

func productOption(p workflow.Product) (*slack.OptionBlockObject, bool) {
	if p.ID == "" || len(p.ID) > maxOption {
		return nil, false
	}
	return option(string(p.ID), raw(productOf(p), maxOption)), true
}

// ProductOptions answers the menu of products that asks for its options.
func ProductOptions(all []workflow.Product) Options {
	var options []*slack.OptionBlockObject
	for _, p := range all {
		if o, ok := productOption(p); ok {
			options = append(options, o)
		}
	}
	return optionsOf(options)
}

// Mentions tells whether a product's name, variant or id holds what somebody typed.
func Mentions(p workflow.Product, typed string) bool {
	typed = strings.ToLower(workflow.Plain(typed))
	for _, text := range []string{p.Title, p.Variant, string(p.ID), p.SKU} {
		if strings.Contains(strings.ToLower(workflow.Plain(text)), typed) {
			return true
		}
	}
	return false
}

// EditError puts a refusal next to the input of the dialog that it is about.
func EditError(r workflow.Refusal) (block, text string) {
	switch r.Rule {
	case workflow.RuleCampaignName:
		return BlockEditName, badName(r.Name)
	case workflow.RuleNameTaken:
		return BlockEditName, "There is a campaign called “" + raw(r.Name, maxName) + "” already. Please choose another name."
	case workflow.RuleSettingsChanged:
		return BlockEditName, ErrorEditedMeanwhile
	case workflow.RuleArchived:
		return BlockEditName, "Someone archived this campaign, so it can't be edited any more."
	case workflow.RuleTooMany:
		return BlockEditProducts, fmt.Sprintf("A campaign can have at most %d products.", workflow.MaxCampaignProducts)
	default:
		return BlockEditName, "That campaign no longer exists."
	}
}
