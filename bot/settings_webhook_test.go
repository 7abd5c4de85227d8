package bot_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/bot"
	"sampledesk/bot/view"
	"sampledesk/workflow"
)

func TestAnAdminGivesAShopAWebhookSeesItsSecretOnceAndTriesItOut(t *testing.T) {
	const address = "https://hooks.example/services/T0/very-secret"
	made, answers := 0, []bool{false, true}
	var w *world
	s := setup{webhooks: bot.Config{
		NewWebhookSecret: func(ctx context.Context, shop workflow.ShopID, by workflow.Actor) (string, error) {
			made++
			_, err := w.engine.KeepWebhookSecret(ctx, shop, []byte("sealed"), false, by, time.Now())
			return fmt.Sprintf("sdwh_SECRET%d", made), err
		},
		TestWebhook: func(_ context.Context, shop workflow.Shop) (string, bool) {
			require.Equal(t, address, shop.Settings.Webhook)
			time.Sleep(9 * time.Second) // longer than a trigger lives
			good := answers[0]
			answers = answers[1:]
			return "it answered something", good
		},
	}}
	inBubble(t, s, func(t *testing.T, world *world) {
		w = world
		field, said := complaint(t, w.send(admin, w.section(admin, view.SettingsOthers), object{view.ActionSettingsWebhook: "http://hooks.example/"}))
		require.Equal(t, []string{view.ActionSettingsWebhook, view.ErrorWebhook}, []string{field, said})

		overview := w.settings(admin)
		w.send(admin, w.sectionOf(admin, overview, view.SettingsOthers), object{view.ActionSettingsWebhook: " " + address + " "})
		shown := wording(t, w.dialog(overview).Blocks)
		require.Contains(t, shown, "• *Webhook*: none → decisions and stages go to `hooks.example`")
		require.Contains(t, shown, "`sdwh_SECRET1`")
		require.NotContains(t, shown, "very-secret")
		require.Equal(t, address, w.shopOf(shopID).Settings.Webhook)
		require.False(t, w.shopOf(shopID).WebhookSince.IsZero())

		overview = w.settings(admin)
		dialog := w.sectionOf(admin, overview, view.SettingsOthers)
		require.NotContains(t, wording(t, w.dialog(dialog).Blocks), "sdwh_", "it is shown once")
		for _, want := range []string{"*The test failed.* `hooks.example`: it answered something.", "*It works.*"} {
			test := w.act(object{"user": admin, "do": "click", "view_id": dialog, "action_id": view.ActionWebhookTest})
			require.True(t, test.OK, test.Error)
			require.Contains(t, wording(t, w.dialog(test.ViewID).Blocks), "Sending a test")
			time.Sleep(10 * time.Second)
			synctest.Wait()
			require.Contains(t, wording(t, w.dialog(test.ViewID).Blocks), want)
			require.True(t, w.act(object{"user": admin, "do": "close", "view_id": test.ViewID}).OK)
		}
		renewed := w.act(object{"user": admin, "do": "click", "view_id": dialog, "action_id": view.ActionWebhookSecret})
		require.True(t, renewed.OK, renewed.Error)
		synctest.Wait()
		require.Contains(t, wording(t, w.dialog(renewed.ViewID).Blocks), "`sdwh_SECRET2`")
		require.Equal(t, 2, made)
		history := w.shopHistory(shopID)
		require.Equal(t, "new webhook secret", history[len(history)-1].Text, "the shop's history tells who made a secret")
		require.Equal(t, workflow.PersonID(admin), history[len(history)-1].By.Person)

		for _, action := range []string{view.ActionWebhookTest, view.ActionWebhookSecret} {
			w.put(withSettings(workflow.Settings{Webhook: address, Admins: []workflow.PersonID{memberTwo}})...)
			w.act(object{"user": admin, "do": "click", "view_id": dialog, "action_id": action})
			synctest.Wait()
		}
		require.Equal(t, 2, made, "who is no admin any more makes none")
		require.Empty(t, answers)
		require.NotContains(t, w.log.String(), "very-secret")
		require.NotContains(t, w.log.String(), "sdwh_")
	})
}
