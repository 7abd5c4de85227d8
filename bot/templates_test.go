package bot_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/bot/view"
	"sampledesk/workflow"
)

// template keeps one for the shop and returns its id.
func (w *world) template(name, text string) string {
	w.t.Helper()
	all, err := w.engine.PutTemplate(w.t.Context(), workflow.TemplateChange{At: time.Now(), Shop: shopID, Name: name, Text: text})
	require.NoError(w.t, err)
	for _, t := range all.All {
		if t.Name == name {
			return string(t.ID)
		}
	}
	return ""
}

// within uses a control of a dialog.
func (w *world) within(who, dialog, action string, value ...string) sight {
	w.t.Helper()
	act := object{"user": who, "do": "click", "view_id": dialog, "action_id": action}
	if len(value) > 0 {
		act["value"] = value[0]
	}
	seen := w.act(act)
	require.True(w.t, seen.OK, seen.Error)
	synctest.Wait()
	return seen
}

func TestAdminsKeepTemplatesInTheSettings(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		overview := w.act(object{"user": admin, "do": "command", "command": "/samples", "text": "settings"}).ViewID
		require.NotEmpty(t, overview)
		list := w.within(admin, overview, view.ActionTemplates).ViewID
		require.Contains(t, wording(t, w.view(list).Blocks), "Message templates")
		add := func() string { return w.within(admin, list, view.ActionTemplateAdd).ViewID }
		put := func(dialog, name, text string) sight {
			return w.submit(admin, dialog, object{view.ActionTemplateName: name, view.ActionTemplateText: text})
		}
		dialog := add()
		_, said := complaint(t, put(dialog, "Thanks", "Hi {name}"))
		require.Contains(t, said, "{name}")
		require.Nil(t, put(dialog, "Thanks <!channel>", "Hi {creator}, thanks!").Response)
		wait(time.Second)
		listed := wording(t, w.view(list).Blocks)
		require.Contains(t, listed, "Hi {creator}, thanks!")
		require.NotContains(t, listed, "<!channel>")
		require.Contains(t, wording(t, w.view(overview).Blocks), "Thanks")
		field, _ := complaint(t, put(add(), "thanks <!CHANNEL>", "Another"))
		require.Equal(t, view.BlockTemplateName, field)
		w.act(object{"user": admin, "do": "close", "view_id": w.state().Views[len(w.state().Views)-1].ID})

		id := w.template("Bye", "Bye!")
		list = w.within(admin, overview, view.ActionTemplates).ViewID
		edit := w.within(admin, list, view.ActionTemplateEdit, id).ViewID
		require.Equal(t, "Bye!", w.initials(edit)[view.ActionTemplateText])
		require.Nil(t, put(edit, "Bye", "Goodbye, {creator}!").Response)
		wait(time.Second)
		require.Contains(t, wording(t, w.view(list).Blocks), "Goodbye")
		edit = w.within(admin, list, view.ActionTemplateEdit, id).ViewID
		w.within(admin, edit, view.ActionTemplateRemove, id)
		wait(time.Second)
		require.NotContains(t, wording(t, w.view(list).Blocks), "Goodbye")
		require.Contains(t, wording(t, w.view(edit).Blocks), "removed")

		w.put(workflow.Shop{ID: shopID, Name: "Glow Shop", InitialSyncDone: true, Settings: workflow.Settings{Admins: []workflow.PersonID{memberOne}}})
		denied := w.within(admin, list, view.ActionTemplateAdd)
		require.Contains(t, wording(t, w.view(denied.ViewID).Blocks), "admins")
	})
}

func TestATemplateFillsTheMessageOfEachDialogThatWritesToCreators(t *testing.T) {
	inBubble(t, setup{}, func(t *testing.T, w *world) {
		w.request("1001")
		dialog := w.messageDialog(memberOne, "1001")
		require.NotContains(t, controls(t, w.view(dialog).Blocks), view.ActionMessageTemplate, "there are none yet")
		w.act(object{"user": memberOne, "do": "close", "view_id": dialog})
		id := w.template("Thanks", "Hi {creator}, about {product} in {campaign}!")

		dialog = w.messageDialog(memberOne, "1001")
		w.within(memberOne, dialog, view.ActionMessageTemplate, id)
		want := "Hi Glow Daily, about Glow Serum in!"
		require.Equal(t, want, w.initials(dialog)[view.ActionMessageText])
		require.Contains(t, wording(t, w.view(dialog).Blocks), "{campaign}, which has no value")
		require.Nil(t, w.submit(memberOne, dialog, object{}).Response)
		require.Equal(t, want, w.messagesWritten()[0])

		reject := w.rejectDialog(memberOne, "1001", workflow.OutOfStock)
		w.within(memberOne, reject, view.ActionRejectTemplate, id)
		require.Equal(t, want, w.initials(reject)[view.ActionWords])
		require.NotNil(t, w.initials(reject)[view.ActionSend], "choosing one means sending it")
		require.Nil(t, w.submit(memberOne, reject, object{}).Response)
		require.Equal(t, want, w.application("1001").Decision.Message)
	})
}

func TestATemplateOfARequestLinkEndsWithTheLink(t *testing.T) {
	s, _ := linked(func(context.Context, int) (string, error) { return deepLink, nil })
	inBubble(t, s, func(t *testing.T, w *world) {
		_, dialog := w.wants()
		id := w.template("Link", "Dear {creator}, for {campaign}: {product}")
		require.True(t, w.submit(memberOne, dialog, object{view.ActionLinkProduct: "1729:17290", view.ActionLinkDays: "3"}).OK)
		w.within(memberOne, dialog, view.ActionLinkTemplate, id)
		shown := w.initials(dialog)[view.ActionLinkText]
		require.Regexp(t, `^Dear glow.daily, for .+: Glow Serum \(30 ml\)\n\nsnssdk1180://`, shown)
		require.Nil(t, w.submit(memberOne, dialog, object{}).Response)
		wait(time.Minute)
		require.Len(t, w.said(workflow.KindMessage), 1)
	})
}

// messagesWritten are the messages to creators that wait to be sent or were, in order.
func (w *world) messagesWritten() (all []string) {
	w.t.Helper()
	for _, h := range w.history("1001") {
		if h.Event == workflow.OnMessageWritten {
			all = append(all, h.Text)
		}
	}
	return all
}
