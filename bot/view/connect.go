package view

import (
	"fmt"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"sampledesk/workflow"
)

// The identifiers of connecting shops: the button that asks for a link, whose value is an app's name; the dialog with the
// link; what an admin says to shops that wait, whose value is an authorisation; and the dialog in which they are chosen.
const (
	ActionConnect       = "connect"
	CallbackConnect     = "connect"
	ActionConnectReturn = "connect_return" // a text: the address that TikTok sent somebody to
	BlockConnectReturn  = "connect_return"

	ActionConsentChoose  = "consent_choose"
	ActionConsentRefuse  = "consent_refuse"
	CallbackConsent      = "consent"
	ActionConsentShops   = "consent_shops" // checkboxes; the values are shops' ids
	BlockConsentShops    = "consent_shops"
	ActionConsentChannel = "consent_channel" // a channel
	BlockConsentChannel  = "consent_channel"
)

// ConnectAny is the value of ActionConnect where every app will do.
const ConnectAny = "*"

// connectThrough is the value of ActionConnect for one app.
func connectThrough(app string) string { return "=" + app }

// ParseConnect reads the value of ActionConnect: the app that it names, and whether every app will do.
func ParseConnect(value string) (app string, any bool) {
	app, named := strings.CutPrefix(value, "=")
	return app, !named
}

// ConsentLink is a link to the consent page of an app.
type ConsentLink struct{ App, URL string }

// ConnectModal gives an admin the links that connect shops. Without a way back to the desk it asks for the address that
// TikTok sends them to.
func ConnectModal(links []ConsentLink, comesBack bool) slack.ModalViewRequest {
	lines := []string{"Open TikTok's page as the *shop's owner*, choose for how long Sample Desk may work, and *Allow*. The link is for you alone and works once, for 30 minutes. For a shop that is connected already it renews."}
	for _, l := range links {
		name := "Open TikTok's page"
		if l.App != "" {
			name += " (app " + data(l.App, maxName) + ")"
		}
		lines = append(lines, "*<"+strings.ReplaceAll(l.URL, "&", "&amp;")+"|"+name+">*")
	}
	m := slack.ModalViewRequest{Type: slack.VTModal, CallbackID: CallbackConnect, Title: plainText("Connect a shop"), Close: plainText("Close"), PrivateMetadata: CallbackConnect}
	m.Blocks.BlockSet = []slack.Block{section(lines...)}
	if comesBack {
		m.Blocks.BlockSet = append(m.Blocks.BlockSet, aside("TikTok then leads back to Sample Desk, and you get a message here."))
		return m
	}
	m.Submit = plainText("Connect")
	m.Blocks.BlockSet = append(m.Blocks.BlockSet, &slack.InputBlock{
		Type: slack.MBTInput, BlockID: BlockConnectReturn, Label: plainText("The address that TikTok sent you to"),
		Hint:    plainText("Copy it from your browser's address bar. The page itself may well not open."),
		Element: &slack.PlainTextInputBlockElement{Type: slack.METPlainTextInput, ActionID: ActionConnectReturn, MaxLength: 3000, Placeholder: plainText("https://…/tiktok/callback?code=…")},
	})
	return m
}

// ConnectWorking stands in the dialog's place while TikTok is asked.
func ConnectWorking() slack.ModalViewRequest { return closing("Connect a shop", "Asking TikTok…") }

// ConnectEnd stands there afterwards.
func ConnectEnd(lines ...string) slack.ModalViewRequest { return closing("Connect a shop", lines...) }

// ConnectFailed is said where the desk could not get a link, or could not go on with what came back.
const ConnectFailed = "That couldn't be done. Whoever runs Sample Desk finds the cause in its log. Please try again in a moment."

// ConnectNotSetUp is said where the desk lacks what a link needs.
const ConnectNotSetUp = "Sample Desk doesn't know its app's service id yet. Whoever runs Sample Desk sets `TIKTOK_SERVICE_ID`."

// ConsentDone is said where shops were decided on by somebody else, or their authorisation is over.
const ConsentDone = "Nothing is left to decide here: someone decided already, or a newer consent replaced it."

// ConsentFacts is what an admin is told of an authorisation.
type ConsentFacts struct {
	Authorisation workflow.Authorisation
	Served        []workflow.Shop
	Channel       string // where the cards of a new shop go
	At            time.Time
}

func offeredNamed(s workflow.OfferedShop) string {
	name := first(data(s.Name, maxName), data(string(s.ID), maxID))
	if s.Region == "" {
		return name
	}
	return name + " (" + data(s.Region, 10) + ")"
}

// names lists shops that wait, a few of many.
func (f ConsentFacts) names() string {
	var names []string
	waiting := f.Authorisation.Waiting()
	for _, s := range waiting[:min(len(waiting), maxNamed)] {
		names = append(names, offeredNamed(s))
	}
	return strings.Join(names, ", ") + andMore(len(waiting)-maxNamed)
}

// Consent asks an admin what is to become of the shops of a consent, or says which were connected.
func Consent(f ConsentFacts) Message {
	id := f.Authorisation.OpenID
	if len(f.Authorisation.Waiting()) == 0 {
		var lines []string
		for _, s := range f.Served {
			lines = append(lines, "*"+first(data(s.Name, maxName), data(string(s.ID), maxID))+"* is connected. Its requests appear in "+channel(first(s.Settings.Channel, f.Channel))+".")
		}
		if until := f.Authorisation.Ends; !until.IsZero() {
			lines = append(lines, "TikTok's authorization lasts until "+day(until)+".")
		}
		return Message{Text: "Your shop is connected", Blocks: []slack.Block{section(lines...), aside("The channel and more: `/samples settings`")}}
	}
	title, why := "*Which shops should Sample Desk serve?*", "Your consent covers "+f.names()+". Nothing of them is read until you choose."
	if f.Authorisation.Unasked {
		title = "*A shop wants to be connected*"
		why = "At TikTok the app was installed for " + f.names() + ", and nobody here asked for it. Nothing of it is read until an admin says yes. If you don't know it, refuse."
	}
	yes := button(ActionConsentChoose, id, "Choose…", "Choose which shops to connect")
	yes.Style = slack.StylePrimary
	no := button(ActionConsentRefuse, id, "Refuse", "Refuse to connect these shops")
	no.Confirm = &slack.ConfirmationBlockObject{
		Title: plainText("Refuse?"), Text: plainText("They stay disconnected. The seller can remove the app in Seller Center."), Confirm: plainText("Refuse"), Deny: plainText("Back"),
	}
	if f.Authorisation.Unasked {
		yes.Text = plainText("Confirm…")
	}
	return Message{Text: "TikTok shops need your decision: " + f.names(), Blocks: []slack.Block{section(title, why), buttons(yes, no)}}
}

// ConsentRefused stands in place of what was refused.
func ConsentRefused(f ConsentFacts, by workflow.PersonID) Message {
	m := Aside(person(by) + " refused this. Nothing of the shop was read. To take the consent back, its seller removes the app in Seller Center, among the authorized apps.")
	return m
}

// ConsentModal asks which of the shops to connect, and where their cards go.
func ConsentModal(f ConsentFacts) slack.ModalViewRequest {
	boxes := &slack.CheckboxGroupsBlockElement{Type: slack.METCheckboxGroups, ActionID: ActionConsentShops}
	waiting := f.Authorisation.Waiting()
	for _, s := range waiting[:min(len(waiting), 10)] { // as many as a group takes
		boxes.Options = append(boxes.Options, option(string(s.ID), first(raw(s.Name, maxName), string(s.ID))+inRegion(s.Region)))
	}
	if !f.Authorisation.Unasked {
		boxes.InitialOptions = boxes.Options
	}
	return slack.ModalViewRequest{
		Type: slack.VTModal, CallbackID: CallbackConsent, Title: plainText("Connect shops"), Submit: plainText("Connect"), Close: plainText("Cancel"),
		PrivateMetadata: f.Authorisation.OpenID,
		Blocks: slack.Blocks{BlockSet: []slack.Block{
			&slack.InputBlock{Type: slack.MBTInput, BlockID: BlockConsentShops, Label: plainText("Shops"), Element: boxes},
			&slack.InputBlock{
				Type: slack.MBTInput, BlockID: BlockConsentChannel, Label: plainText("Channel for their cards"),
				Hint: plainText("Invite the bot there first. Each shop's settings can change it later."), Element: channelMenu(ActionConsentChannel, f.Channel),
			},
		}},
	}
}

func inRegion(region string) string {
	if region == "" {
		return ""
	}
	return " (" + raw(region, 10) + ")"
}

// EndingFacts is an authorisation that is about to end.
type EndingFacts struct {
	Shops []workflow.Shop
	App   string
	Ends  time.Time
	Days  int
}

// Ending tells an admin, in a direct message, that an authorisation ends, with the button that renews.
func Ending(f EndingFacts) Message {
	var names []string
	for _, s := range f.Shops[:min(len(f.Shops), maxNamed)] {
		names = append(names, first(data(s.Name, maxName), data(string(s.ID), maxID)))
	}
	shops := strings.Join(names, ", ") + andMore(len(f.Shops)-maxNamed)
	renew := button(ActionConnect, connectThrough(f.App), "Renew", "Renew TikTok's authorization")
	renew.Style = slack.StylePrimary
	return Message{
		Text: fmt.Sprintf("TikTok's authorization of %s ends within %s", shops, many(f.Days, "day")),
		Blocks: []slack.Block{
			section("*TikTok's authorization of "+shops+" ends "+due(f.Ends)+"*", "From then on nothing is synced and no decision is sent. Everything goes on until then. The shop's owner renews it with a link, in a minute."),
			buttons(renew),
		},
	}
}

// authorisedLine tells in the status until when a shop is authorised.
func authorisedLine(a workflow.Authorisation, now time.Time) string {
	switch left := a.Ends.Sub(now); {
	case a.OpenID == "" || a.Ends.IsZero():
		return ""
	case left <= 0:
		return "TikTok's authorization is over. Renew it with *Connect a shop* in the settings."
	default:
		return "Authorized until " + day(a.Ends) + " (" + many(int(left.Hours()/24), "day") + " left)"
	}
}
