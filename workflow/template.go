package workflow

import (
	"regexp"
	"slices"
	"strings"
	"time"
)

// TemplateID names a template.
type TemplateID string

// Template is a text that messages to creators can begin with.
type Template struct {
	ID      TemplateID `json:"id"`
	Name    string     `json:"name"` // the team's own, unique within a shop whatever its case
	Text    string     `json:"text"` // with TemplateWords in it
	Version int        `json:"version"`
	Key     string     `json:"key,omitempty"` // the dedup key of the action that changed it last
}

// Templates are those of a shop, by name.
type Templates struct {
	Shop ShopID     `json:"shop"`
	All  []Template `json:"all,omitempty"`
}

// The bounds of templates: a menu of Slack's holds a hundred, each of 75 characters, and the dialog that lists them a hundred
// blocks.
const (
	MaxTemplates    = 95
	MaxTemplateName = 75
)

// TemplateWords are what can stand in a template in braces.
var TemplateWords = []string{"creator", "product", "campaign"}

// TemplateChange makes, changes or removes a template.
type TemplateChange struct {
	Actor
	At   time.Time
	Shop ShopID
	ID   TemplateID // empty: a new one
	Seen int        // the version that the person was shown
	Name string     // as typed
	Text string     // as typed
}

// Named returns the template of that id.
func (t Templates) Named(id TemplateID) (Template, bool) {
	i := slices.IndexFunc(t.All, func(one Template) bool { return one.ID == id })
	if i < 0 {
		return Template{}, false
	}
	return t.All[i], true
}

// TemplateText cleans what was typed as a template's name and text. The error is a Refusal: RuleTemplateName for a name that
// is empty or too long, RuleTemplateWord with the word in braces that is not known, RuleEmptyNote or RuleTooLong for the text.
func TemplateText(name, text string) (string, string, error) {
	name, ok := nameWithin(name, MaxTemplateName)
	if !ok {
		return "", "", Refusal{Rule: RuleTemplateName, Name: name}
	}
	text, err := NoteText(text, MaxMessage)
	if err != nil {
		return "", "", err
	}
	for _, found := range braced.FindAllString(text, -1) {
		if !slices.Contains(TemplateWords, wordOf(found)) {
			return "", "", Refusal{Rule: RuleTemplateWord, Name: found}
		}
	}
	return name, text, nil
}

// braced is something in braces.
var braced = regexp.MustCompile(`\{[^{}\n]*\}`)

// wordOf is what stands in braces, whatever its case.
func wordOf(found string) string {
	return strings.ToLower(strings.TrimSpace(strings.Trim(found, "{}")))
}

// Fill returns the text with its words in place, and those of them that have no value: they are left out, with the space and
// the comma that would be left over. Nothing in a value is a word again.
func (t Template) Fill(values map[string]string) (text string, missing []string) {
	const gap = "\x00"
	text = braced.ReplaceAllStringFunc(t.Text, func(found string) string {
		word := wordOf(found)
		if !slices.Contains(TemplateWords, word) {
			return found
		}
		if v := strings.ReplaceAll(values[word], gap, ""); v != "" {
			return v
		}
		if !slices.Contains(missing, word) {
			missing = append(missing, word)
		}
		return gap
	})
	if len(missing) == 0 {
		return text, nil
	}
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if strings.Contains(line, gap) {
			line = gapAtStart.ReplaceAllString(line, "")
			lines[i] = strings.TrimRight(gapWithin.ReplaceAllString(line, ""), " ")
		}
	}
	return strings.TrimSpace(strings.Join(lines, "\n")), missing
}

// What goes with a word that is left out: at the start of a line what would follow it, elsewhere the space before it.
var (
	gapAtStart = regexp.MustCompile(`^[ \t]*\x00[ \t]*[,;:]?[ \t]*`)
	gapWithin  = regexp.MustCompile(`[ \t]*\x00`)
)
