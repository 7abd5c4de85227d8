package view

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/slack-go/slack"
	"github.com/stretchr/testify/require"
)

// object is a JSON object.
type object = map[string]any

// linter holds a message to Slack's limits, read from its wire form and not from the types that made it: none of the
// limits is checked by the library.
type linter struct {
	found []string
	ids   map[string]bool // block ids
}

func (l *linter) complain(at, format string, args ...any) {
	l.found = append(l.found, at+": "+fmt.Sprintf(format, args...))
}

// lint fails the test for whatever Slack would refuse, or a reader would stumble over, on any page of a message: as it is
// posted, and as a private answer.
func lint(t testing.TB, m Message) {
	t.Helper()
	pages, answers := m.Pages(), m.Answers()
	for _, page := range pages {
		lintPage(t, page)
	}
	requireWhole(t, m, pages)
	requireWhole(t, m, answers)
	if len(answers) > 1 { // one page is the message itself, and so are both
		for _, page := range answers {
			lintPage(t, page)
		}
	} else if len(pages) > 1 {
		lintPage(t, answers[0])
	}
	for _, page := range answers {
		sent, err := json.Marshal(golden(page))
		require.NoError(t, err)
		require.Less(t, len(sent), 19_000, "Slack drops an acknowledgement of 20 KB without a word")
	}
}

// requireWhole holds the pages of a message to having every block of it, in its order.
func requireWhole(t testing.TB, m Message, pages []Message) {
	t.Helper()
	if len(pages) == 1 {
		require.Equal(t, m, pages[0])
		return
	}
	var all []slack.Block
	for n, page := range pages {
		blocks := page.Blocks
		if n == 0 {
			blocks = blocks[:len(blocks)-1]
		} else {
			blocks = blocks[1:]
		}
		require.NotEmpty(t, blocks)
		all = append(all, blocks...)
	}
	require.Equal(t, m.Blocks, all)
}

func lintPage(t testing.TB, m Message) {
	t.Helper()
	l := &linter{ids: map[string]bool{}}
	n := utf8.RuneCountInString(m.Text)
	if n < 1 || n > 4000 {
		l.complain("text", "%d code points", n)
	}
	l.markup("text", m.Text)
	l.wellFormed("text", m.Text)
	if len(m.Blocks) < 1 || len(m.Blocks) > 50 {
		l.complain("blocks", "%d of them", len(m.Blocks))
	}
	sent := wire(t, m.Blocks)
	for i, b := range sent.([]any) {
		l.block(fmt.Sprintf("block %d", i), b.(object), false)
	}
	if n := textIn(sent); n > 10_000 {
		l.complain("blocks", "%d code points of text together", n)
	}
	l.report(t, golden(m))
}

// report fails the test with all that was found, and shows what it was found in.
func (l *linter) report(t testing.TB, in any) {
	t.Helper()
	if len(l.found) > 0 {
		require.Empty(t, l.found, "%s", pretty(t, in))
	}
}

// lintModal does the same for a dialog.
func lintModal(t testing.TB, view any) {
	t.Helper()
	l := &linter{ids: map[string]bool{}}
	v := wire(t, view).(object)
	for _, part := range []string{"title", "submit", "close"} {
		if part == "submit" && v[part] == nil && !strings.Contains(pretty(t, v["blocks"]), `"type": "input"`) {
			continue // only a dialog with inputs has to be submitted
		}
		l.text(part, v[part], "plain_text", 24)
	}
	l.length("private_metadata", str(v["private_metadata"]), 3000)
	l.length("callback_id", str(v["callback_id"]), 255)
	blocks := v["blocks"].([]any)
	if len(blocks) < 1 || len(blocks) > 100 {
		l.complain("blocks", "%d of them", len(blocks))
	}
	for i, b := range blocks {
		l.block(fmt.Sprintf("block %d", i), b.(object), true)
	}
	l.report(t, view)
}

// textIn counts all that can be read in blocks.
func textIn(node any) (n int) {
	switch v := node.(type) {
	case []any:
		for _, each := range v {
			n += textIn(each)
		}
	case object:
		for k, each := range v {
			if said, ok := each.(string); ok && (k == "text" || k == "alt_text" || k == "title" || k == "accessibility_label") {
				n += utf8.RuneCountInString(said)
			} else {
				n += textIn(each)
			}
		}
	}
	return n
}

func wire(t testing.TB, v any) any {
	t.Helper()
	b, err := json.Marshal(v)
	require.NoError(t, err)
	var out any
	require.NoError(t, json.Unmarshal(b, &out))
	return out
}

func str(v any) string { s, _ := v.(string); return s }

// length holds a text to 1 to most code points.
func (l *linter) length(at, s string, most int) {
	if n := utf8.RuneCountInString(s); n < 1 || n > most {
		l.complain(at, "%d code points, 1 to %d are allowed: %q", n, most, s)
	}
}

func (l *linter) block(at string, b object, modal bool) {
	if id := str(b["block_id"]); id != "" {
		l.length(at+" block_id", id, 255)
		if l.ids[id] {
			l.complain(at, "block_id %q twice", id)
		}
		l.ids[id] = true
	}
	switch kind := str(b["type"]); kind {
	case "section":
		l.section(at, b)
	case "header":
		l.text(at, b["text"], "plain_text", 150)
	case "context":
		l.elements(at, b, 10)
	case "actions":
		l.elements(at, b, 25)
	case "divider":
	case "image":
		l.picture(at, b)
	case "input":
		if !modal {
			l.complain(at, "an input in a message")
		}
		l.text(at+" label", b["label"], "plain_text", 2000)
		if b["hint"] != nil {
			l.text(at+" hint", b["hint"], "plain_text", 2000)
		}
		l.element(at, b["element"].(object))
	default:
		l.complain(at, "unexpected type %q", kind)
	}
}

// picture holds an image of its own to what Slack takes of one in a file of its workspace.
func (l *linter) picture(at string, b object) {
	f, _ := b["slack_file"].(object)
	l.length(at+" slack_file id", str(f["id"]), 255)
	l.length(at+" alt_text", str(b["alt_text"]), 2000)
	l.wellFormed(at+" alt_text", str(b["alt_text"]))
	l.text(at+" title", b["title"], "plain_text", 2000)
}

func (l *linter) section(at string, b object) {
	fields, _ := b["fields"].([]any)
	if b["text"] == nil && len(fields) == 0 {
		l.complain(at, "neither text nor fields")
	}
	if b["text"] != nil {
		l.text(at, b["text"], "mrkdwn", 3000)
	}
	if len(fields) > 10 {
		l.complain(at, "%d fields", len(fields))
	}
	for i, f := range fields {
		l.text(fmt.Sprintf("%s field %d", at, i), f, "mrkdwn", 2000)
	}
	if b["accessory"] != nil {
		l.element(at+" accessory", b["accessory"].(object))
	}
}

func (l *linter) elements(at string, b object, most int) {
	all, _ := b["elements"].([]any)
	if len(all) < 1 || len(all) > most {
		l.complain(at, "%d elements", len(all))
	}
	ids := map[string]bool{}
	for i, e := range all {
		e := e.(object)
		l.element(fmt.Sprintf("%s element %d", at, i), e)
		if id := str(e["action_id"]); id != "" {
			if ids[id] {
				l.complain(at, "action_id %q twice", id)
			}
			ids[id] = true
		}
	}
}

func (l *linter) element(at string, e object) {
	switch kind := str(e["type"]); kind {
	case "mrkdwn":
		l.text(at, e, "mrkdwn", 3000)
	case "image":
		l.length(at+" image_url", str(e["image_url"]), 3000)
		l.length(at+" alt_text", str(e["alt_text"]), 2000)
		l.wellFormed(at+" alt_text", str(e["alt_text"]))
		if !strings.HasPrefix(str(e["image_url"]), "http://") && !strings.HasPrefix(str(e["image_url"]), "https://") {
			l.complain(at, "image from %q", e["image_url"])
		}
	case "button":
		l.button(at, e)
	case "static_select":
		l.action(at, e)
		l.text(at+" placeholder", e["placeholder"], "plain_text", 150)
		l.options(at, e, 100)
	case "checkboxes":
		l.action(at, e)
		l.options(at, e, 10)
	case "overflow":
		l.action(at, e)
		l.options(at, e, 5)
	case "multi_static_select":
		l.action(at, e)
		l.text(at+" placeholder", e["placeholder"], "plain_text", 150)
		l.options(at, e, 100)
	case "external_select", "multi_external_select", "conversations_select", "users_select", "multi_users_select":
		l.action(at, e)
		l.text(at+" placeholder", e["placeholder"], "plain_text", 150)
	case "radio_buttons":
		l.action(at, e)
		l.options(at, e, 10)
		if e["initial_option"] == nil {
			l.complain(at, "nothing chosen to start with")
		}
	case "number_input", "timepicker":
		l.action(at, e)
	case "plain_text_input":
		l.action(at, e)
		l.text(at+" placeholder", e["placeholder"], "plain_text", 150)
	default:
		l.complain(at, "unexpected type %q", kind)
	}
	if e["confirm"] != nil {
		l.confirm(at+" confirm", e["confirm"].(object))
	}
}

func (l *linter) action(at string, e object) { l.length(at+" action_id", str(e["action_id"]), 255) }

func (l *linter) button(at string, e object) {
	l.action(at, e)
	l.text(at, e["text"], "plain_text", 30) // 75 are taken, about 30 are shown
	l.length(at+" value", str(e["value"]), 2000)
	l.length(at+" accessibility_label", str(e["accessibility_label"]), 75)
	l.wellFormed(at+" accessibility_label", str(e["accessibility_label"]))
	if s := str(e["style"]); s != "" && s != "primary" && s != "danger" {
		l.complain(at, "style %q", s)
	}
}

func (l *linter) options(at string, e object, most int) {
	all, _ := e["options"].([]any)
	if len(all) < 1 || len(all) > most {
		l.complain(at, "%d options", len(all))
	}
	values := map[string]bool{}
	for i, o := range all {
		o := o.(object)
		l.text(fmt.Sprintf("%s option %d", at, i), o["text"], "plain_text", 75)
		l.length(fmt.Sprintf("%s option %d value", at, i), str(o["value"]), 75)
		if values[str(o["value"])] {
			l.complain(at, "option %q twice", o["value"])
		}
		values[str(o["value"])] = true
	}
}

func (l *linter) confirm(at string, c object) {
	l.text(at+" title", c["title"], "plain_text", 100)
	l.text(at+" text", c["text"], "plain_text", 300)
	l.text(at+" confirm", c["confirm"], "plain_text", 30)
	l.text(at+" deny", c["deny"], "plain_text", 30)
}

func (l *linter) text(at string, v any, kind string, most int) {
	o, ok := v.(object)
	if !ok || str(o["type"]) != kind {
		l.complain(at, "no %s text: %v", kind, v)
		return
	}
	s := str(o["text"])
	l.length(at, s, most)
	l.wellFormed(at, s)
	if strings.TrimSpace(s) == "" {
		l.complain(at, "nothing to read")
	}
	if kind == "plain_text" {
		if o["emoji"] != false {
			l.complain(at, "plain text in which emoji codes are parsed")
		}
		return
	}
	if o["verbatim"] != true {
		l.complain(at, "formatted text that is not verbatim")
	}
	l.markup(at, s)
}

// wellFormed finds characters that have no business in any message of ours.
func (l *linter) wellFormed(at, s string) {
	if !utf8.ValidString(s) {
		l.complain(at, "invalid UTF-8")
	}
	previous := ' '
	for _, r := range s {
		switch {
		case r == '\n' || ' ' <= r && r <= '~': // most are, and need no look into Unicode's tables
		case r == zwj || r == zwnj:
			if previous == ' ' || previous == '\n' || previous == zwj {
				l.complain(at, "a joiner that joins nothing in %q", s)
			}
		case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Cs, unicode.Zl, unicode.Zp):
			l.complain(at, "%U in %q", r, s)
		}
		previous = r
	}
}

// sequence is what may stand in angle brackets: our links, mentions of people, user groups and channels, and dates whose
// fallback names its zone.
var sequence = regexp.MustCompile(`<(https?://[!-;=?-{}~]+\|[^<>|\n]+|@[A-Z0-9]+|!subteam\^[A-Z0-9]+|#[A-Z0-9]+|!date\^-?[0-9]+\^[^<>|^]+\|[^<>|]+ UTC)>`)

// emojiCode is what Slack turns into an emoji if there is one of that name.
var emojiCode = regexp.MustCompile(`:[^\s:]+:`)

// quotation is how our own quotations begin a line.
var quotation = regexp.MustCompile(`(?m)^> `)

// codedAddress is an address that stands as code: in it Slack formats nothing.
var codedAddress = regexp.MustCompile("`[A-Za-z][A-Za-z0-9+.-]*://(&amp;|[^`&<>\\s])+`")

var entity = regexp.MustCompile(`&(amp|lt|gt);`)

// markup finds sequences that are not ours, stray brackets, unbalanced formatting, and quotations by accident.
func (l *linter) markup(at, s string) {
	rest := s
	if strings.Contains(s, "<") { // a look costs far less than an expression that finds nothing
		rest = sequence.ReplaceAllString(rest, "x")
	}
	if strings.Contains(rest, "> ") {
		rest = quotation.ReplaceAllString(rest, "x")
	}
	if strings.Contains(rest, "://") {
		rest = codedAddress.ReplaceAllString(rest, "x")
	}
	bare := entity.ReplaceAllString(rest, "")
	if strings.ContainsAny(bare, "<>&") {
		l.complain(at, "a stray bracket or ampersand in %q", s)
	}
	for line := range strings.SplitSeq(rest, "\n") {
		if strings.HasPrefix(line, "&gt;") {
			l.complain(at, "a quotation by accident: %q", line)
		}
		for _, mark := range []string{"*", "`"} {
			if strings.Count(line, mark)%2 != 0 {
				l.complain(at, "unbalanced %s in %q", mark, line)
			}
		}
		if strings.ContainsRune(line, '~') || strings.Contains(line, "```") {
			l.complain(at, "formatting that is not ours in %q", line)
		}
		if strings.Contains(line, "**") || strings.Contains(line, "* *") {
			l.complain(at, "an empty bold in %q", line)
		}
	}
	if strings.Count(rest, ":") > 1 && emojiCode.MatchString(rest) {
		l.complain(at, "an emoji code in %q", s)
	}
}

func pretty(t testing.TB, v any) string {
	t.Helper()
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	require.NoError(t, enc.Encode(v))
	return b.String()
}

// oldWords finds the words of testdata/oldwords.txt, which cmd/sampledesk reads too, and "the desk": of itself a screen says
// what happened. --help may name the desk, since who runs it reads that.
func oldWords(t *testing.T) *regexp.Regexp {
	t.Helper()
	content, err := os.ReadFile("testdata/oldwords.txt")
	require.NoError(t, err)
	var words []string
	for line := range strings.Lines(string(content)) {
		if word := strings.TrimSpace(line); word != "" && !strings.HasPrefix(word, "#") {
			words = append(words, word)
		}
	}
	require.NotEmpty(t, words)
	return regexp.MustCompile(`(?i)\b(` + strings.Join(append(words, "the desk"), "|") + `)\b`)
}

func TestNoScreenHasWordsThatNobodySaysAtWork(t *testing.T) {
	old := oldWords(t)
	files, err := filepath.Glob("testdata/*.json")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		content, err := os.ReadFile(file)
		require.NoError(t, err)
		require.Empty(t, old.FindAllString(string(content), -1), file)
	}
}
