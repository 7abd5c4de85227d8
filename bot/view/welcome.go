package view

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/slack-go/slack"

	"sampledesk/workflow"
)

// The identifiers of the first-run welcome. Its fields are those of the settings dialog.
const (
	CallbackWelcome = "welcome"

	ActionWelcomeLater = "welcome_later" // puts it off; the value holds the shop's id, as of the next
	ActionWelcomeNever = "welcome_never" // ends it for good
	ActionWelcomeBack  = "welcome_back"  // to the page before
)

// WelcomePages is how many pages the welcome has: the channel, the reviewers, and the morning.
const WelcomePages = 3

// welcomePanel greets the admins of a shop that nobody has set up yet, at the top of App Home.
func welcomePanel(shop workflow.Shop) []slack.Block {
	id := string(shop.ID)
	named := first(data(shop.Name, maxName), "Your shop")
	begin := button(ActionWelcome, id, "Set up", "Set up Sample Desk for "+first(raw(shop.Name, 40), "your shop"))
	begin.Style = slack.StylePrimary
	return []slack.Block{
		section("*Welcome to Sample Desk.* " + named + " is connected. Set it up in three short steps: channel, reviewers, morning message."),
		actions("welcome:"+cut(id, 200), begin,
			button(ActionWelcomeLater, id, "Later", "Hide the welcome until you open App Home again"),
			button(ActionWelcomeNever, id, "Don't show again", "Never show the welcome again; settings stay as they are"),
		),
	}
}

// WelcomeMeta is what the dialog carries unseen from page to page.
type WelcomeMeta struct {
	Shop workflow.ShopID `json:"shop"`
	Page int             `json:"page"` // counted from 1

	workflow.Settings // what its pages ask for, and the version of the settings when it began
}

// maxWelcomed is how many reviewers the welcome takes: what it carries from page to page has to fit Slack's 3,000
// characters. The settings take more.
const maxWelcomed = 60

// Encode writes the dialog's private metadata.
func (m WelcomeMeta) Encode() string {
	b, err := json.Marshal(m)
	if err != nil { // strings and numbers always can be written
		return ""
	}
	return string(b)
}

// ParseWelcomeMeta reads what Encode wrote.
func ParseWelcomeMeta(s string) (WelcomeMeta, error) {
	var m WelcomeMeta
	if err := json.Unmarshal([]byte(s), &m); err != nil {
		return m, fmt.Errorf("reading how far a welcome got: %w", err)
	}
	if m.Shop == "" || m.Page < 1 || m.Page > WelcomePages {
		return m, fmt.Errorf("%q does not say how far a welcome got", s)
	}
	return m, nil
}

// WelcomeFacts is what a page of the welcome shows.
type WelcomeFacts struct {
	Meta   WelcomeMeta
	Shop   workflow.Shop
	Groups map[workflow.GroupID]string // what Slack calls the user groups, as far as that is known
	At     time.Time                   // tells how far zones are from UTC now
}

// WelcomeModal is one page of the first-run welcome.
func WelcomeModal(f WelcomeFacts) slack.ModalViewRequest {
	m := f.Meta
	blocks := []slack.Block{welcomeStep(m.Page, f.Shop.Name)}
	blocks = append(blocks, AllSettings.OnPage(m.Page).blocks(m.Shop, m.Settings, SettingsKnown{Groups: f.Groups, At: f.At, MaxPeople: maxWelcomed})...)
	submit := "Next"
	if m.Page == WelcomePages {
		submit = "Finish"
	}
	if m.Page > 1 {
		blocks = append(blocks, actions("", button(ActionWelcomeBack, string(m.Shop), "Back", "Back to the previous step")))
	}
	return slack.ModalViewRequest{
		Type: slack.VTModal, CallbackID: CallbackWelcome,
		Title: plainText("Welcome"), Submit: plainText(submit), Close: plainText("Cancel"),
		Blocks: slack.Blocks{BlockSet: blocks}, PrivateMetadata: m.Encode(),
	}
}

// welcomeStep says what a page asks for, and what for.
func welcomeStep(page int, shop string) slack.Block {
	asks, because := "When does your day start?",
		"In the morning the channel gets a list of what expires that day, most valuable first. Days follow this time zone."
	switch page {
	case 1:
		asks, because = "Where should requests appear?",
			"Each sample request"+whoseShop(shop)+" comes to one channel as a card with buttons. Only people in that channel see the requests."
	case 2:
		asks, because = "Who decides?",
			"Reviewers approve and reject. Without reviewers, everyone in the channel does. Guests and people from other workspaces can't."
	}
	return section(fmt.Sprintf("*Step %d of %d: %s*", page, WelcomePages, asks), because)
}

func whoseShop(name string) string {
	if name = data(name, maxName); name != "" {
		return " of " + name
	}
	return ""
}

// WelcomeDone is the end of the welcome: what holds now, and where to go on.
func WelcomeDone(s workflow.Shop) slack.ModalViewRequest {
	now := s.Settings
	return closing("Welcome",
		"*Sample Desk is ready"+forShop(s.Name)+".*",
		"• Requests appear in "+channel(now.Channel)+".",
		"• Reviewers: "+reviewersText(now)+".",
		"• Morning message: "+morningText(now)+".",
		"`/samples help` shows what you can do. The undo window, deadline reminders and more are in `/samples settings`.",
	)
}

// The ways in which a welcome ends that somebody else has ended, or overtaken.
const (
	WelcomeOver  = "This shop is already set up. Change it with `/samples settings`."
	WelcomeMoved = "Someone else changed this shop's settings, so nothing was saved. `/samples settings` shows the current ones."
)
