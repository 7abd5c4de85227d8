package engine_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
)

func TestTemplatesAreMadeChangedAndRemovedByOneAtATime(t *testing.T) {
	t.Parallel()
	d := newDesk(t, glow)
	change := func(key string, id workflow.TemplateID, seen int, name, text string) workflow.TemplateChange {
		return workflow.TemplateChange{Actor: action(admin, key), At: noon, Shop: sample.Shop, ID: id, Seen: seen, Name: name, Text: text}
	}
	refused := func(c workflow.TemplateChange) workflow.Refusal {
		_, err := d.PutTemplate(t.Context(), c)
		return rule(t, err)
	}
	all, err := d.PutTemplate(t.Context(), change("1", "", 0, "Thanks", "Thank you, {creator}!"))
	require.NoError(t, err)
	again, err := d.PutTemplate(t.Context(), change("1", "", 0, "Thanks", "Thank you, {creator}!"))
	require.NoError(t, err)
	require.Equal(t, all, again, "a second delivery")
	all, err = d.PutTemplate(t.Context(), change("2", "", 0, "bye", "Bye"))
	require.NoError(t, err)
	require.Equal(t, []string{"bye", "Thanks"}, []string{all.All[0].Name, all.All[1].Name}, "by name")
	thanks := all.All[1]

	require.Equal(t, workflow.RuleTemplateTaken, refused(change("3", "", 0, "THANKS", "x")).Rule)
	require.Equal(t, "{name}", refused(change("3", "", 0, "Other", "Hi {name}")).Name)
	_, err = d.PutTemplate(t.Context(), change("4", thanks.ID, 1, "Thanks", "Many thanks"))
	require.NoError(t, err)
	require.Equal(t, workflow.RuleSettingsChanged, refused(change("5", thanks.ID, 1, "Thanks", "Thx")).Rule, "somebody changed it meanwhile")
	for range 2 {
		all, err = d.RemoveTemplate(t.Context(), change("6", thanks.ID, 0, "", ""))
		require.NoError(t, err)
		require.Len(t, all.All, 1)
	}
	require.Equal(t, workflow.RuleNoTemplate, refused(change("7", thanks.ID, 2, "Thanks", "Thx")).Rule)
	for n := range workflow.MaxTemplates - 1 {
		_, err := d.PutTemplate(t.Context(), change(fmt.Sprint("n", n), "", 0, fmt.Sprint("T", n), "x"))
		require.NoError(t, err)
	}
	require.Equal(t, workflow.RuleTooMany, refused(change("8", "", 0, "One more", "x")).Rule)
	require.Contains(t, d.shopHistory(), workflow.OnTemplateRemoved)
}
