package view

import (
	"testing"

	"github.com/slack-go/slack"
	"github.com/stretchr/testify/require"
)

func TestTheSectionOfOtherSystemsLooksAsItsGoldenFile(t *testing.T) {
	f := settingsSamples()["several"]
	const host = "hooks.example"
	all := map[string]slack.ModalViewRequest{
		"section": SettingsModal(SettingsOthers, f), "testing": WebhookTesting(host), "good": WebhookTested(host, "it answered 200 OK, after 120ms", true),
		"failed": WebhookTested(host, "there is no host of that name, after 3ms", false), "secret": WebhookSecret("sdwh_ABC234"),
		"hostile": WebhookTested(hostile, hostile, false),
	}
	for name, m := range all {
		if name == "section" {
			lintModal(t, m)
		} else {
			lintClosing(t, m)
			require.NotContains(t, pretty(t, m), "very-secret", name)
		}
	}
	require.NotContains(t, pretty(t, SettingsOverview(f)), "very-secret", "only the dialog that changes the address shows all of it")
	delete(all, "hostile")
	compare(t, "settings_webhook", pretty(t, all))
}
