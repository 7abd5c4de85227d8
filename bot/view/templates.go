package view

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/slack-go/slack"

	"sampledesk/workflow"
)

// The identifiers of the templates of messages: of the list, of the dialog that changes one, and of the menus that fill one in.
const (
	CallbackTemplates = "templates" // the list
	CallbackTemplate  = "template"  // one

	ActionTemplates      = "settings_templates" // opens the list
	ActionTemplateAdd    = "template_add"
	ActionTemplateEdit   = "template_edit" // the value is a template's id
	ActionTemplateRemove = "template_remove"
	ActionTemplateName   = "template_name"
	ActionTemplateText   = "template_text"
	BlockTemplateName    = "template_name"
	BlockTemplateText    = "template_text"

	// The menus: of the dialogs that write to a creator, of the one with a request link, and of a rejection. The value is a
	// template's id.
	ActionMessageTemplate = "message_template"
	ActionLinkTemplate    = "link_template"
	ActionRejectTemplate  = "reject_template"
)

// TemplateMeta is what the list and the dialog carry unseen.
type TemplateMeta struct {
	Shop     workflow.ShopID     `json:"shop"`
	Overview string              `json:"overview,omitempty"` // the settings' overview, below the list
	List     string              `json:"list,omitempty"`     // of the dialog: the list below it
	ID       workflow.TemplateID `json:"id,omitempty"`       // of the dialog: empty for a new one
	Seen     int                 `json:"seen,omitempty"`
}

// Encode writes the private metadata.
func (m TemplateMeta) Encode() string {
	b, err := json.Marshal(m)
	if err != nil { // strings and numbers always can be written
		return ""
	}
	return string(b)
}

// ParseTemplateMeta reads what Encode wrote.
func ParseTemplateMeta(s string) (m TemplateMeta, err error) {
	if err := json.Unmarshal([]byte(s), &m); err != nil || m.Shop == "" {
		return TemplateMeta{}, fmt.Errorf("%q does not say whose templates a dialog is about", s)
	}
	return m, nil
}

// maxTemplateExcerpt is how much of a template's text the list shows, in code points.
const maxTemplateExcerpt = 100

// TemplatesFacts is what the list shows.
type TemplatesFacts struct {
	Meta      TemplateMeta
	Shop      string // named only where there are several
	Templates []workflow.Template
}

// Templates lists a shop's templates, with a button to add one and one to change each.
func Templates(f TemplatesFacts) slack.ModalViewRequest {
	lead := "Texts that your team can start messages to creators with. They can still edit them before sending."
	blocks := []slack.Block{section("*Message templates*"+forShop(f.Shop), lead)}
	if len(f.Templates) < workflow.MaxTemplates {
		blocks = append(blocks, actions("template_add", button(ActionTemplateAdd, "add", "Add a template", "Add a message template")))
	} else {
		blocks = append(blocks, aside(fmt.Sprintf("A shop can have %d templates. Remove one to add another.", workflow.MaxTemplates)))
	}
	for _, t := range f.Templates {
		row := section("*"+data(t.Name, workflow.MaxTemplateName)+"*", quote(clean(t.Text), maxTemplateExcerpt))
		row.BlockID = "template:" + string(t.ID)
		row.Accessory = slack.NewAccessory(button(ActionTemplateEdit, string(t.ID), "Edit", "Edit the template "+raw(t.Name, 40)))
		blocks = append(blocks, row)
	}
	return slack.ModalViewRequest{
		Type: slack.VTModal, CallbackID: CallbackTemplates, Title: plainText("Message templates"), Close: plainText("Back"),
		Blocks: slack.Blocks{BlockSet: blocks}, PrivateMetadata: f.Meta.Encode(),
	}
}

// TemplateModal is the dialog in which an admin writes a template.
func TemplateModal(m TemplateMeta, t workflow.Template) slack.ModalViewRequest {
	title, words := "Add a template", make([]string, len(workflow.TemplateWords))
	if m.ID != "" {
		title = "Edit the template"
	}
	for i, w := range workflow.TemplateWords {
		words[i] = "{" + w + "}"
	}
	blocks := []slack.Block{
		&slack.InputBlock{
			Type: slack.MBTInput, BlockID: BlockTemplateName, Label: plainText("Name"), Hint: plainText("Only your team sees it."),
			Element: &slack.PlainTextInputBlockElement{
				Type: slack.METPlainTextInput, ActionID: ActionTemplateName, MaxLength: workflow.MaxTemplateName, InitialValue: t.Name, Placeholder: plainText("Thanks, in English"),
			},
		},
		&slack.InputBlock{
			Type: slack.MBTInput, BlockID: BlockTemplateText, Label: plainText("Text"),
			Hint: plainText("You can use " + strings.Join(words, ", ") + ". What has no value is left out."),
			Element: &slack.PlainTextInputBlockElement{
				Type: slack.METPlainTextInput, ActionID: ActionTemplateText, Multiline: true, MaxLength: workflow.MaxMessage, InitialValue: t.Text,
				Placeholder: plainText("Hi {creator}, thank you for your interest in {product}!"),
			},
		},
	}
	if m.ID != "" {
		remove := button(ActionTemplateRemove, string(m.ID), "Remove", "Remove this template")
		remove.Style = slack.StyleDanger
		remove.Confirm = &slack.ConfirmationBlockObject{
			Title: plainText("Remove this template?"), Text: plainText("Messages that were sent stay as they are."), Confirm: plainText("Remove"), Deny: plainText("Keep it"),
		}
		blocks = append(blocks, actions("template_remove", remove))
	}
	return slack.ModalViewRequest{
		Type: slack.VTModal, CallbackID: CallbackTemplate, Title: plainText(title), Submit: plainText("Save"), Close: plainText("Cancel"),
		Blocks: slack.Blocks{BlockSet: blocks}, PrivateMetadata: m.Encode(),
	}
}

// TemplateRemoved takes the dialog's place.
func TemplateRemoved() slack.ModalViewRequest {
	m := closing("Template removed", "The template was removed.")
	m.Close = plainText("Back")
	return m
}

// TemplateError tells, in plain text and at which block, why a template was not kept; ok is false for other rules.
func TemplateError(r workflow.Refusal) (block, sentence string, ok bool) {
	switch r.Rule {
	case workflow.RuleTemplateName:
		return BlockTemplateName, fmt.Sprintf("A template needs a name with 1 to %d characters.", workflow.MaxTemplateName), true
	case workflow.RuleTemplateTaken:
		return BlockTemplateName, "There is a template with that name already. Please use another.", true
	case workflow.RuleTooMany:
		return BlockTemplateName, fmt.Sprintf("A shop can have %d templates. Please remove one first.", workflow.MaxTemplates), true
	case workflow.RuleNoTemplate:
		return BlockTemplateName, "Someone removed this template meanwhile. Copy your text and add it as a new one.", true
	case workflow.RuleSettingsChanged:
		return BlockTemplateText, "Someone changed this template meanwhile. Copy your text, close this and edit it again.", true
	case workflow.RuleTemplateWord:
		return BlockTemplateText, "Sample Desk doesn't know " + raw(r.Name, 40) + ". Use only {creator}, {product} and {campaign}.", true
	case workflow.RuleEmptyNote:
		return BlockTemplateText, "Please write a text.", true
	case workflow.RuleTooLong:
		return BlockTemplateText, fmt.Sprintf("That's too long: a message can have at most %d characters. Please shorten it.", workflow.MaxMessage), true
	default:
		return "", "", false
	}
}

// templatesText names a shop's templates in the overview of the settings.
func templatesText(all []workflow.Template) string {
	const few = 5
	names := make([]string, 0, few+1)
	for _, t := range all[:min(few, len(all))] {
		names = append(names, data(t.Name, 40))
	}
	if more := len(all) - few; more > 0 {
		names = append(names, fmt.Sprintf("and %d more", more))
	}
	return first(strings.Join(names, ", "), "none")
}

// TemplateChoice is what a dialog that writes to a creator shows of templates.
type TemplateChoice struct {
	Templates []workflow.Template
	Chosen    workflow.TemplateID // the one that filled the text in; empty: none did
	Missing   []string            // of its words: those that have no value here
}

// Filled fills a template in: with what creators and products are called, cleaned and cut, as plain text of a message's length.
func (c TemplateChoice) Filled(t workflow.Template, creator workflow.Creator, product workflow.Product, campaign string) (TemplateChoice, string) {
	values := map[string]string{"campaign": raw(campaign, workflow.MaxCampaignName)}
	if name := strings.TrimPrefix(nameOf(creator), "@"); legible(clean(creator.Nickname)) || legible(clean(creator.Username)) {
		values["creator"] = raw(name, maxName)
	}
	if clean(product.Title) != "" {
		values["product"] = raw(productOf(product), maxTitle)
	}
	text, missing := t.Fill(values)
	c.Chosen, c.Missing = t.ID, missing
	return c, cut(text, workflow.MaxMessage)
}

// blocks are the menu of templates, if there are any, and what one that was chosen had to leave out.
func (c TemplateChoice) blocks(action string) (blocks []slack.Block) {
	if len(c.Templates) == 0 {
		return nil
	}
	menu := &slack.SelectBlockElement{Type: slack.OptTypeStatic, ActionID: action, Placeholder: plainText("Choose a template")}
	for _, t := range c.Templates[:min(MaxChoices, len(c.Templates))] {
		o := option(string(t.ID), first(raw(t.Name, maxOption), "Without a name"))
		menu.Options = append(menu.Options, o)
		if t.ID == c.Chosen {
			menu.InitialOption = o
		}
	}
	blocks = append(blocks, &slack.InputBlock{
		Type: slack.MBTInput, BlockID: action, Label: plainText("Template"), Element: menu, Optional: true, DispatchAction: true,
	})
	if len(c.Missing) > 0 {
		words := make([]string, len(c.Missing))
		for i, w := range c.Missing {
			words[i] = "{" + w + "}"
		}
		blocks = append(blocks, aside("The template has "+strings.Join(words, " and ")+", which has no value here and was left out. Please read it before you send it."))
	}
	return blocks
}

// block is the id of the text's block: another for each template, so that the field takes the text that it is filled with.
func (c TemplateChoice) block(plain string) string { return templateBlock(plain, c.Chosen) }

func templateBlock(plain string, id workflow.TemplateID) string {
	if id == "" {
		return plain
	}
	return plain + " " + string(id)
}
