package bot_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"sampledesk/bot/view"
	"sampledesk/workflow"
)

func TestOneSearchFindsByTheWordsOnTheScreenEverywhere(t *testing.T) {
	inBubble(t, setup{instant: true}, func(t *testing.T, w *world) {
		for id, of := range map[string][3]string{
			"1001": {"Desk Corner", "setups.uk", "Walnut Stand"}, "1002": {"Café Désk", "cafe_desk", "Glow Serum"}, "1003": {"Glow Daily", "glow.daily", "Glow Serum"},
		} {
			r := pending(id)
			r.Creator = workflow.Creator{OpenID: "open-" + id, Nickname: of[0], Username: of[1]}
			r.Product.ID, r.Product.Title = workflow.ProductID(id), of[2]
			w.report(id, r)
		}
		one := func(command string) { // of the first
			said := w.command(memberOne, view.CommandSamples, command)
			require.Contains(t, said, "Walnut Stand", command)
			require.NotContains(t, said, "Glow Serum", command)
		}
		for _, command := range []string{"find Desk Corner", "show desk corner", "find CORNER", "find setups", "find walnut", "show stand desk", "queue corner", "find 1001"} {
			one(command)
		}
		several := w.command(memberOne, view.CommandSamples, "find desk")
		require.Contains(t, several, "Desk Corner> @setups.uk")
		require.Contains(t, several, "Café Désk> @cafe")
		require.NotContains(t, several, "Glow Daily")
		require.Contains(t, w.command(memberOne, view.CommandSamples, "find ｃａｆｅ"), "Café Désk")

		require.Contains(t, w.command(memberOne, view.CommandSamples, "approve desk"), "which one should be approved?")
		require.Contains(t, w.command(memberOne, view.CommandSamples, "approve desk corner"), "Approved")
		require.Contains(t, w.command(memberOne, view.CommandSamples, "reject café dés oos"), "Rejected")
		require.Contains(t, w.command(memberOne, view.CommandSamples, "queue desk"), "Nothing found")

		w.home(memberOne)
		w.clickHome(memberOne, view.ActionHomeCreator, "Desk Cor")
		shown := w.reads(memberOne)
		require.Contains(t, shown, "Walnut Stand")
		require.NotContains(t, shown, "Glow Serum")
	})
}
