package view

import (
	"strings"
	"unicode"

	"github.com/slack-go/slack"

	"sampledesk/workflow"
)

// The controls of the section of other systems. The view that they stand in says which shop.
const (
	ActionSettingsWebhook = "settings_webhook"        // an address
	ActionWebhookTest     = "settings_webhook_test"   // sends an example there
	ActionWebhookSecret   = "settings_webhook_secret" // makes a new secret and shows it
)

// ErrorWebhook is said of an address that cannot be one of a webhook.
const ErrorWebhook = "Please enter an address that begins with https://, without a user name or password."

// webhookSetting is the row of what other systems are told.
var webhookSetting = Setting{
	Name: "Webhook", Section: SettingsOthers, Fields: []string{"Webhook"}, Words: webhookText,
	Inputs: []SettingInput{{
		Action: ActionSettingsWebhook, Label: "Webhook address", Optional: true,
		Hint:  "Each decision and each new stage is sent there: to a Slack workflow, Zapier or your own system. Leave empty to send nothing.",
		Check: workflow.FieldWebhook, Error: ErrorWebhook,
		Element: func(action string, s workflow.Settings, _ SettingsKnown) slack.BlockElement {
			return &slack.PlainTextInputBlockElement{
				Type: slack.METPlainTextInput, ActionID: action, Placeholder: plainText("https://"), InitialValue: s.Webhook, MaxLength: workflow.MaxWebhook,
			}
		},
		Read: func(form SettingsForm, s *workflow.Settings) bool {
			s.Webhook = workflow.Plain(form(ActionSettingsWebhook).Text)
			return true
		},
	}},
}

// webhookText names the host alone: the rest of such an address is often a secret.
func webhookText(s workflow.Settings) string {
	host := workflow.WebhookHost(s.Webhook)
	if host == "" {
		return "none"
	}
	return "decisions and stages go to " + code(host)
}

// webhookControls stand below the address once one is saved.
func webhookControls(s workflow.Shop) []slack.Block {
	if s.Settings.Webhook == "" {
		return nil
	}
	renew := button(ActionWebhookSecret, "new", "New secret", "Make a new secret for the webhook")
	renew.Confirm = &slack.ConfirmationBlockObject{
		Title: plainText("Make a new secret?"), Text: plainText("The old one stops working at once. The new one is shown only once."),
		Confirm: plainText("Make it"), Deny: plainText("Cancel"),
	}
	return []slack.Block{
		actions(SettingsBlock(ActionWebhookTest, s.ID), button(ActionWebhookTest, "test", "Send a test", "Send a test to the webhook"), renew),
		aside("The test goes to the saved address. Events are signed with a secret, so the receiver can check that they come from Sample Desk."),
	}
}

// WebhookTesting is shown while a test is under way.
func WebhookTesting(host string) slack.ModalViewRequest {
	return closing("Webhook", "Sending a test to "+code(host)+"…")
}

// WebhookTested tells what came back.
func WebhookTested(host, words string, good bool) slack.ModalViewRequest {
	if good {
		return closing("Webhook", "*It works.* "+code(host)+": "+data(words, maxWords)+".")
	}
	return closing("Webhook", "*The test failed.* "+code(host)+": "+data(words, maxWords)+".", "Correct the address, or the system there, and send another test.")
}

// WebhookSecret shows a secret, the only time.
func WebhookSecret(secret string) slack.ModalViewRequest {
	return closing("Webhook", WebhookSecretLine(secret))
}

// WebhookSecretLine shows a secret in a line of what was saved.
func WebhookSecretLine(secret string) string {
	return "*The secret that signs events*: " + code(secret) + ". Copy it now: it is not shown again. You can make a new one at any time."
}

// WebhookNoSecret is said where a secret was saved by nobody.
const WebhookNoSecret = "The secret could not be saved. Please use *New secret* in a moment."

// WebhookUnavailable is said where the desk calls nobody.
const WebhookUnavailable = "This desk can't call other systems."

func webhookFailed(s workflow.Payload, admins []workflow.PersonID) Message {
	const what = "Another system didn't take our events"
	where := ""
	if s.Text != "" {
		where = " (" + code(s.Text) + ")"
	}
	return Message{
		Text: what + spokenShop(s.Shop) + "; see /samples retry",
		Blocks: []slack.Block{section(
			"*"+what+"*"+forShop(s.Shop)+where,
			"We tried again and again. The reason: "+quoted(first(clean(s.Failure.Message), "none"), maxWords),
			first(people(admins), "An admin")+": *Send a test* under `/samples settings` tells how it is now, and `/samples retry` sends the events again. If more fail today, they are only listed there.",
		)},
	}
}

// code shows a host or a secret to be copied. What neither can hold is left out.
func code(s string) string {
	return "`" + cut(strings.Map(func(r rune) rune {
		if r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("-_.", r) {
			return -1
		}
		return r
	}, s), maxExcerpt) + "`"
}
