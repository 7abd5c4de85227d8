package view

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/slack-go/slack"

	"sampledesk/workflow"
)

// The identifiers of the dialog that sends a member the link for their request: it chooses what the link is for, waits
// for TikTok, and then shows the message that is to go.
const (
	CallbackLink     = "request_link"      // the choice
	CallbackLinkWait = "request_link_wait" // TikTok is asked
	CallbackLinkSend = "request_link_send" // the message

	BlockLinkProduct  = "link_product"
	ActionLinkProduct = "link_product" // a menu; the value is a LinkProduct

	BlockLinkDays  = "link_days"
	ActionLinkDays = "link_days" // a menu; the value is a number

	BlockLinkText  = "link_text"
	ActionLinkText = "link_text" // the message

	BlockLinkPicture  = "link_picture"
	ActionLinkPicture = "link_picture" // a checkbox
	LinkPicture       = "picture"      // its value
)

// The days that a link can work, as the vendor has them for the request deep link: 1 to 14.
const (
	MaxLinkDays     = 14
	DefaultLinkDays = 7
)

// What the dialog says of its fields when it is sent back.
const (
	ErrorNoProduct   = "Please choose what the link is for."
	ErrorLinkMissing = "The link is missing from the message. Please put it back: "
)

// LinkProduct is a variant of a product, as an option of the menu names it.
type LinkProduct struct {
	Product workflow.ProductID
	SKU     string
}

// String is the value of an option.
func (p LinkProduct) String() string { return string(p.Product) + ":" + p.SKU }

// ParseLinkProduct reads what String wrote.
func ParseLinkProduct(s string) (LinkProduct, error) {
	id, sku, ok := strings.Cut(s, ":")
	if !ok || id == "" || sku == "" {
		return LinkProduct{}, fmt.Errorf("%q does not name a variant of a product", s)
	}
	return LinkProduct{Product: workflow.ProductID(id), SKU: sku}, nil
}

// LinkFacts is what the dialog shows at first.
type LinkFacts struct {
	To       Correspondent
	Creator  workflow.Creator
	Products []workflow.Product // variants; with more than MaxChoices the menu asks for them
	Chosen   workflow.Product   // to begin with; zero: none
	Days     int                // to begin with; 0: the default
	Failed   *workflow.Failure  // why TikTok gave no link; nil: it was not asked yet
}

// LinkModal is the dialog in which a person chooses what the link is for. Without products there is nothing to choose.
func LinkModal(f LinkFacts) slack.ModalViewRequest {
	m := slack.ModalViewRequest{
		Type: slack.VTModal, CallbackID: CallbackLink, Title: plainText("Request link"), Close: plainText("Cancel"),
		PrivateMetadata: f.To.String(),
	}
	var blocks []slack.Block
	if f.Failed != nil {
		blocks = append(blocks, section("*TikTok didn't give a link*: "+why(*f.Failed)+".", "Nothing was sent. Please try again, or choose another product."))
		if small := support(*f.Failed); small != "" {
			blocks = append(blocks, aside(small))
		}
	}
	blocks = append(blocks, section("The link opens the page in the TikTok app where *"+profile(f.Creator)+"* can request the sample."))
	if menu, some := linkMenu(f); some {
		m.Submit = plainText("Get the link")
		blocks = append(blocks,
			&slack.InputBlock{Type: slack.MBTInput, BlockID: BlockLinkProduct, Label: plainText("Product and variant"), Element: menu},
			&slack.InputBlock{Type: slack.MBTInput, BlockID: BlockLinkDays, Label: plainText("Link works for"), Element: daysMenu(f.Days)})
	} else {
		blocks = append(blocks, section("There are no products to choose from yet. Sample Desk learns them from the requests that come in."))
	}
	m.Blocks.BlockSet = blocks
	return m
}

func linkMenu(f LinkFacts) (*slack.SelectBlockElement, bool) {
	menu := &slack.SelectBlockElement{Type: slack.OptTypeStatic, ActionID: ActionLinkProduct, Placeholder: plainText("Choose a product")}
	for _, p := range f.Products {
		if o, ok := variantOption(p); ok {
			menu.Options = append(menu.Options, o)
		}
	}
	if o, ok := variantOption(f.Chosen); ok {
		menu.InitialOption = o
	} else if len(menu.Options) == 1 {
		menu.InitialOption = menu.Options[0]
	}
	if len(menu.Options) > MaxChoices {
		menu.Type, menu.Options, menu.MinQueryLength = slack.OptTypeExternal, nil, new(0)
		menu.Placeholder = plainText("Type part of the name")
		return menu, true
	}
	return menu, len(menu.Options) > 0
}

func variantOption(p workflow.Product) (*slack.OptionBlockObject, bool) {
	value := LinkProduct{Product: p.ID, SKU: p.SKU}.String()
	if p.ID == "" || p.SKU == "" || len(value) > maxOption {
		return nil, false
	}
	return option(value, raw(variantOf(p), maxOption)), true
}

// variantOf names a variant of a product, not yet escaped.
func variantOf(p workflow.Product) string {
	name := raw(productOf(p), 50)
	if variant := raw(p.Variant, 20); variant != "" {
		name += " (" + variant + ")"
	}
	return name
}

// VariantOptions answers the menu of variants that asks for its options.
func VariantOptions(all []workflow.Product) Options {
	var options []*slack.OptionBlockObject
	for _, p := range all {
		if o, ok := variantOption(p); ok {
			options = append(options, o)
		}
	}
	return optionsOf(options)
}

func daysMenu(chosen int) *slack.SelectBlockElement {
	if chosen < 1 || chosen > MaxLinkDays {
		chosen = DefaultLinkDays
	}
	menu := &slack.SelectBlockElement{Type: slack.OptTypeStatic, ActionID: ActionLinkDays, Placeholder: plainText("Choose how long")}
	for n := range MaxLinkDays {
		menu.Options = append(menu.Options, option(strconv.Itoa(n+1), many(n+1, "day")))
	}
	menu.InitialOption = menu.Options[chosen-1]
	return menu
}

// LinkWait is shown while TikTok is asked.
func LinkWait(to Correspondent) slack.ModalViewRequest {
	return slack.ModalViewRequest{
		Type: slack.VTModal, CallbackID: CallbackLinkWait, Title: plainText("Request link"), Close: plainText("Cancel"),
		PrivateMetadata: to.String(),
		Blocks:          slack.Blocks{BlockSet: []slack.Block{section("Getting the link from TikTok…", "The message will appear here in a moment. Nothing is sent until you send it.")}},
	}
}

// LinkMeta is what the dialog with the message carries unseen.
type LinkMeta struct {
	To      Correspondent      `json:"to"`
	Product workflow.ProductID `json:"product"`
	Link    string             `json:"link"`

	// What the dialog is shown again with where a template is chosen.
	Days     int                 `json:"days,omitempty"`
	Name     string              `json:"name,omitempty"` // of the product and its variant
	Template workflow.TemplateID `json:"template,omitempty"`
}

// String writes it, with brackets and ampersands as they are: a link is full of them, and there is little room.
func (m LinkMeta) String() string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(m) // texts can always be written
	return strings.TrimSpace(b.String())
}

// ParseLinkMeta reads what String wrote.
func ParseLinkMeta(s string) (LinkMeta, error) {
	var m LinkMeta
	if err := json.Unmarshal([]byte(s), &m); err != nil || m.To.Shop == "" || m.To.Creator == "" || m.To.Campaign == "" || m.Link == "" {
		return LinkMeta{}, fmt.Errorf("%q does not name a link and a creator", s)
	}
	return m, nil
}

// LinkSendFacts is what the dialog with the message shows.
type LinkSendFacts struct {
	LinkMeta
	Creator workflow.Creator
	For     workflow.Product // the variant that the link is for
	Days    int
	Choice  TemplateChoice
	Text    string // what a template was filled in to; empty: the desk's own
}

// LinkSend is the dialog with the message that holds the link. Ok is false for a link that is too long for a message.
func LinkSend(f LinkSendFacts) (m slack.ModalViewRequest, ok bool) {
	f.LinkMeta.Days, f.Template = f.Days, f.Choice.Chosen
	text := &slack.PlainTextInputBlockElement{
		Type: slack.METPlainTextInput, ActionID: ActionLinkText, Multiline: true, Placeholder: plainText("Your message"),
		MaxLength: workflow.MaxMessage, InitialValue: first(withLink(f.Text, f.Link), linkMessage(f)),
	}
	if f.Name == "" {
		f.Name = variantOf(f.For)
	}
	if utf8.RuneCountInString(f.String()) > maxMetadata {
		f.Name = "" // then a template does without the product
	}
	meta := f.String()
	if utf8.RuneCountInString(text.InitialValue) > workflow.MaxMessage || utf8.RuneCountInString(meta) > maxMetadata {
		return slack.ModalViewRequest{}, false
	}
	picture := &slack.CheckboxGroupsBlockElement{
		Type: slack.METCheckboxGroups, ActionID: ActionLinkPicture,
		Options: []*slack.OptionBlockObject{option(LinkPicture, "Also post the link here as a QR code")},
	}
	return slack.ModalViewRequest{
		Type: slack.VTModal, CallbackID: CallbackLinkSend, Title: plainText("Request link"), Submit: plainText("Send"), Close: plainText("Cancel"),
		PrivateMetadata: meta,
		Blocks: slack.Blocks{BlockSet: slices.Concat([]slack.Block{
			section("This goes to *" + profile(f.Creator) + "* through TikTok's Message Center."),
		}, f.Choice.blocks(ActionLinkTemplate), []slack.Block{
			&slack.InputBlock{
				Type: slack.MBTInput, BlockID: f.Choice.block(BlockLinkText), Label: plainText("Message"), Element: text,
				Hint: plainText("The link works for " + many(f.Days, "day") + ", in the TikTok app."),
			},
			&slack.InputBlock{Type: slack.MBTInput, BlockID: BlockLinkPicture, Label: plainText("Picture"), Optional: true, Element: picture},
		})},
	}, true
}

// LinkTextBlock is the block of the text in the dialog.
func LinkTextBlock(m LinkMeta) string { return templateBlock(BlockLinkText, m.Template) }

// withLink is a text that ends with the link, cut so that both fit a message.
func withLink(text, link string) string {
	if text == "" || strings.Contains(text, link) {
		return text
	}
	room := workflow.MaxMessage - utf8.RuneCountInString(link) - 2
	if room < 1 {
		return ""
	}
	return cut(text, room) + "\n\n" + link
}

// linkMessage is what the message says before anybody changes it. The creator reads it, so it says nothing of the
// campaign, which is a name of the team's.
func linkMessage(f LinkSendFacts) string {
	hello := "Hi!"
	if c := f.Creator; legible(clean(c.Nickname)) || legible(clean(c.Username)) {
		hello = "Hi " + raw(strings.TrimPrefix(nameOf(c), "@"), maxName) + "!"
	}
	return hello + " We would love to send you a sample: " + variantOf(f.For) + ". Please request it with this link in the TikTok app:\n\n" +
		f.Link + "\n\nIt works for " + many(f.Days, "day") + ". We look forward to what you make of it!"
}

// What is said where a picture could not be posted. The message with the link is on its way all the same.
const (
	LinkPictureFailed = "The message with the link is being sent, but the QR code couldn't be posted here. The link is in the message above."
	PictureFailed     = "The picture couldn't be posted. Please try again in a moment."
)

// PictureShared tells where a picture was posted.
func PictureShared(channel string) string {
	if !slackID.MatchString(channel) {
		return "The picture was posted."
	}
	return "The picture is being posted to <#" + channel + ">."
}

// LinkFailed tells, in plain text, why TikTok gave no link.
func LinkFailed(c workflow.Failure) string {
	reason := first(causes[c.Fault], raw(c.Message, maxWords), "no reason was given")
	return "TikTok didn't give a link: " + reason + ". Nothing was sent. Please try again, or choose another product."
}

// LinkPictureWords are the words with the picture of a link.
func LinkPictureWords(c workflow.Creator, by workflow.PersonID) (title, alt, comment string) {
	name := raw(strings.TrimPrefix(nameOf(c), "@"), maxName)
	return "Request link for " + name, "A QR code that opens the request page for " + name + " in the TikTok app",
		person(by) + " sent " + spokenName(c) + " this link to request the sample. It opens in the TikTok app."
}
