package workflow

import (
	"errors"
	"maps"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestATemplateIsFilledAndWhatHasNoValueIsLeftOut(t *testing.T) {
	all := map[string]string{"creator": "Ava", "product": "Glow Serum", "campaign": "Winter"}
	for _, c := range []struct {
		text, want string
		leave      []string
	}{
		{"Hi {creator}, thanks for {product} in {campaign}!", "Hi Ava, thanks for Glow Serum in Winter!", nil},
		{"{ Creator }: {PRODUCT}", "Ava: Glow Serum", nil},
		{"Hi {creator}, thanks!", "Hi, thanks!", []string{"creator"}},
		{"{creator}, thanks!", "thanks!", []string{"creator"}},
		{"Thanks for {product}, and see you in {campaign}.", "Thanks for, and see you in.", []string{"product", "campaign"}},
		{"Hi {creator}\n\n{campaign}\nBye {creator}", "Hi Ava\n\n\nBye Ava", []string{"campaign"}},
		{"50 % {off} } {", "50 % {off} } {", nil},
	} {
		values := map[string]string{}
		maps.Copy(values, all)
		for _, w := range c.leave {
			values[w] = ""
		}
		got, missing := Template{Text: c.text}.Fill(values)
		require.Equal(t, c.want, got, c.text)
		require.Equal(t, c.leave, missing, c.text)
	}
	got, missing := Template{Text: "{creator} and {product}"}.Fill(map[string]string{"creator": "{product}\x00", "product": "x"})
	require.Equal(t, "{product} and x", got, "a name is no word")
	require.Empty(t, missing)
}

func TestATemplateThatIsEmptyTooLongOrHasUnknownWordsIsRefused(t *testing.T) {
	for text, want := range map[string]Rule{
		"Hi {creator}":               "",
		"Hi {name}":                  RuleTemplateWord,
		"Hi {}":                      RuleTemplateWord,
		"Hi {creator":                "",
		" \n\u200b":                  RuleEmptyNote,
		strings.Repeat("ä", 2001):    RuleTooLong,
		strings.Repeat("ä", 2000):    "",
		"Hi {product}, {nonsense: }": RuleTemplateWord,
	} {
		_, _, err := TemplateText("Thanks", text)
		r, _ := errors.AsType[Refusal](err)
		require.Equal(t, want, r.Rule, text)
	}
	for name, want := range map[string]Rule{
		"": RuleTemplateName, "\u200b": RuleTemplateName, strings.Repeat("n", 76): RuleTemplateName, strings.Repeat("n", 75): "", " " + "Two \n words ": "",
	} {
		_, _, err := TemplateText(name, "Hi")
		r, _ := errors.AsType[Refusal](err)
		require.Equal(t, want, r.Rule, name)
	}
}
