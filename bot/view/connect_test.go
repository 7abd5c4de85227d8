package view

import (
	"testing"

	"github.com/slack-go/slack"

	"sampledesk/workflow"
)

func TestWhatIsSaidOfConnectingShopsLooksAsItsGoldenFiles(t *testing.T) {
	offered := []workflow.OfferedShop{{ID: "71", Name: "North", Region: "GB"}, {ID: "72", Name: hostile}, {ID: "73", Refused: true}}
	asked := workflow.Authorisation{OpenID: "seller", Offered: offered, Ends: noon.AddDate(1, 0, 0)}
	unasked := workflow.Authorisation{OpenID: "seller", Offered: offered[:1], Unasked: true}
	done := workflow.Authorisation{OpenID: "seller", Ends: noon.AddDate(1, 0, 0)}
	served := []workflow.Shop{{ID: "71", Name: "North"}, {ID: "72", Name: hostile, Settings: workflow.Settings{Channel: "C2"}}}
	crowd := []workflow.Shop{}
	for range 40 {
		crowd = append(crowd, workflow.Shop{ID: "7", Name: hostile})
	}
	for name, m := range map[string]Message{
		"consent_asked":   Consent(ConsentFacts{Authorisation: asked, Channel: "C1", At: noon}),
		"consent_unasked": Consent(ConsentFacts{Authorisation: unasked, Channel: "C1", At: noon}),
		"consent_done":    Consent(ConsentFacts{Authorisation: done, Served: served, Channel: "C1", At: noon}),
		"consent_refused": ConsentRefused(ConsentFacts{Authorisation: unasked}, admin),
		"consent_gone":    Aside(ConsentDone),
		"ending":          Ending(EndingFacts{Shops: served, App: "us", Ends: noon.AddDate(0, 0, 7), Days: 7}),
		"ending_crowd":    Ending(EndingFacts{Shops: crowd, Ends: noon.AddDate(0, 0, 1), Days: 1}),
	} {
		t.Run(name, func(t *testing.T) { requireGolden(t, name, m) })
	}
	link := "https://services.us.tiktokshop.com/open/authorize?service_id=7&state=x"
	for name, m := range map[string]slack.ModalViewRequest{
		"dialog_connect":       ConnectModal([]ConsentLink{{URL: link}, {App: "eu", URL: link}}, true),
		"dialog_connect_paste": ConnectModal([]ConsentLink{{URL: link}}, false),
		"dialog_consent":       ConsentModal(ConsentFacts{Authorisation: asked, Channel: "C1"}),
	} {
		t.Run(name, func(t *testing.T) {
			lintModal(t, m)
			compare(t, name, pretty(t, m))
		})
	}
	compare(t, "home_first", pretty(t, HomeFirst()))
}
