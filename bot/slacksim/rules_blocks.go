package slacksim

import "slices"

// Which elements may stand where.
var (
	choosers  = []string{"static_select", "external_select", "users_select", "conversations_select", "channels_select"}
	multis    = []string{"multi_static_select", "multi_external_select", "multi_users_select", "multi_conversations_select", "multi_channels_select"}
	inActions = slices.Concat(choosers, multis, []string{
		"button", "overflow", "checkboxes", "radio_buttons", "datepicker", "timepicker", "datetimepicker", "workflow_button",
	})
	asAccessory = slices.Concat(choosers, multis, []string{
		"button", "image", "overflow", "checkboxes", "radio_buttons", "datepicker", "timepicker", "workflow_button",
	})
	asInput = slices.Concat(choosers, multis, []string{
		"checkboxes", "radio_buttons", "datepicker", "timepicker", "datetimepicker", "plain_text_input", "email_text_input", "url_text_input",
		"number_input", "rich_text_input", "file_input",
	})
)

var blockRules = slices.Concat(
	[]rule{
		{on: "block section", field: "text", check: said(3000)},
		{on: "block section", field: "fields", check: list(1, 10, said(2000))},
		{on: "block section", field: "accessory", check: element(asAccessory...)},
		{on: "block section", field: "expand", check: truth},
		{on: "block section", check: sectionSays},
		{on: "block header", field: "text", must: true, check: plain(150)},
		{on: "block header", field: "level", check: whole(1, 4)},
		{on: "block image", field: "image_url", check: address},
		{on: "block image", field: "slack_file", check: part("slack_file")},
		{on: "block image", field: "alt_text", must: true, check: chars(1, 2000)},
		{on: "block image", field: "title", check: plain(2000)},
		{on: "block image", check: either("image_url", "slack_file")},
		{on: "block context", field: "elements", must: true, check: list(1, 10, contextElement)},
		{on: "block actions", field: "elements", must: true, check: list(1, 25, element(inActions...))},
		{on: "block context_actions", field: "elements", must: true, check: list(1, 5, element("feedback_buttons", "icon_button"))},
		{on: "block input", field: "label", must: true, check: plain(2000)},
		{on: "block input", field: "element", must: true, check: inputElement},
		{on: "block input", field: "hint", check: plain(2000)},
		{on: "block input", field: "optional", check: truth},
		{on: "block input", field: "dispatch_action", check: truth},
		{on: "block rich_text", field: "elements", must: true, check: list(1, 100, richPart)},
		{on: "block markdown", field: "text", must: true, check: chars(1, mostMarkdown)},
		{on: "block table", field: "rows", must: true, check: list(1, 100, list(1, 20, tableCell))},
		{on: "block table", field: "column_settings", check: list(1, 20, columnSetting)},
	},
	blockIDRules("section", "header", "divider", "image", "context", "actions", "context_actions", "input", "rich_text", "markdown", "table",
		"alert", "card", "carousel", "container", "data_table"),
	[]rule{
		{on: "object rich value", field: "type", must: true, check: oneOf("rich_text")},
		{on: "object rich value", field: "elements", must: true, check: list(1, 100, richPart)},
		{on: "object column", field: "align", check: oneOf("left", "center", "right")},
		{on: "object column", field: "is_wrapped", check: truth},
		{on: "cell raw_text", field: "text", must: true, check: chars(1, 3000)},
		{on: "cell rich_text", field: "elements", must: true, check: list(1, 100, richPart)},
		{on: "rich rich_text_section", field: "elements", must: true, check: list(0, 1000, richPiece)},
		{on: "rich rich_text_preformatted", field: "elements", must: true, check: list(0, 1000, richPiece)},
		{on: "rich rich_text_preformatted", field: "border", check: whole(0, 1)},
		{on: "rich rich_text_preformatted", field: "language", check: chars(1, 50)},
		{on: "rich rich_text_quote", field: "elements", must: true, check: list(0, 1000, richPiece)},
		{on: "rich rich_text_quote", field: "border", check: whole(0, 1)},
		{on: "rich rich_text_list", field: "elements", must: true, check: list(1, 1000, richPart)},
		{on: "rich rich_text_list", field: "style", must: true, check: oneOf("bullet", "ordered")},
		{on: "rich rich_text_list", field: "indent", check: whole(0, 8)},
		{on: "rich rich_text_list", field: "offset", check: whole(0, 100_000)},
		{on: "rich rich_text_list", field: "border", check: whole(0, 1)},
	},
	pieceRules(),
)

func blockIDRules(kinds ...string) []rule {
	rows := make([]rule, 0, len(kinds))
	for _, kind := range kinds {
		rows = append(rows, rule{on: "block " + kind, field: "block_id", check: chars(1, 255)})
	}
	return rows
}

func sectionSays(ck *checker, v any, at string) {
	if o := v.(object); o["text"] == nil && o["fields"] == nil {
		ck.complain(at, "must define either `text` or `fields`")
	}
}

func contextElement(ck *checker, v any, at string) {
	if o, ok := v.(object); ok && o["type"] == "image" {
		ck.node("element image", v, at)
		return
	}
	said(3000)(ck, v, at)
}

// inputElement is an element of an input block; files are taken in modals only.
func inputElement(ck *checker, v any, at string) {
	allowed := asInput
	if ck.surface != "modal" {
		allowed = asInput[:len(asInput)-1]
	}
	element(allowed...)(ck, v, at)
}

func tableCell(ck *checker, v any, at string) {
	ck.typed("cell", v, at, "raw_text", "raw_number", "rich_text")
}

// columnSetting may be null, for a column that is left as it is.
func columnSetting(ck *checker, v any, at string) {
	if v != nil {
		part("column")(ck, v, at)
	}
}

func richPart(ck *checker, v any, at string) {
	ck.typed("rich", v, at, "rich_text_section", "rich_text_preformatted", "rich_text_quote", "rich_text_list")
}

func richPiece(ck *checker, v any, at string) {
	ck.typed("piece", v, at, "text", "link", "emoji", "user", "usergroup", "team", "channel", "broadcast", "date", "color")
}

// pieceRules are the rows of what a rich text is made of.
func pieceRules() []rule {
	rows := []rule{
		{on: "piece text", field: "text", must: true, check: chars(1, 12_000)},
		{on: "piece link", field: "url", must: true, check: address},
		{on: "piece link", field: "text", check: chars(0, 12_000)},
		{on: "piece link", field: "unsafe", check: truth},
		{on: "piece emoji", field: "name", must: true, check: chars(1, 255)},
		{on: "piece emoji", field: "unicode", check: chars(1, 255)},
		{on: "piece user", field: "user_id", must: true, check: chars(1, 255)},
		{on: "piece usergroup", field: "usergroup_id", must: true, check: chars(1, 255)},
		{on: "piece team", field: "team_id", must: true, check: chars(1, 255)},
		{on: "piece channel", field: "channel_id", must: true, check: chars(1, 255)},
		{on: "piece broadcast", field: "range", must: true, check: oneOf("here", "channel", "everyone")},
		{on: "piece date", field: "timestamp", must: true, check: whole(0, 1<<40)},
		{on: "piece date", field: "format", must: true, check: chars(1, 255)},
		{on: "piece date", field: "url", check: address},
		{on: "piece date", field: "fallback", check: chars(1, 255)},
		{on: "piece color", field: "value", must: true, check: matching(`^#[0-9A-Fa-f]{6}$`, "a colour such as #2eb886")},
	}
	for _, kind := range []string{"text", "link", "emoji", "user", "usergroup", "team", "channel", "broadcast", "date"} {
		rows = append(rows, rule{on: "piece " + kind, field: "style", check: part("style")})
	}
	for _, style := range []string{"bold", "italic", "strike", "code", "underline", "highlight", "client_highlight", "unlink"} {
		rows = append(rows, rule{on: "object style", field: style, check: truth})
	}
	return rows
}

var viewRules = []rule{
	{on: "view modal", field: "title", must: true, check: plain(24)},
	{on: "view modal", field: "blocks", must: true, check: viewBlocks},
	{on: "view modal", field: "close", check: plain(24)},
	{on: "view modal", field: "submit", check: plain(24)},
	{on: "view modal", field: "private_metadata", check: chars(0, 3000)},
	{on: "view modal", field: "callback_id", check: chars(0, 255)},
	{on: "view modal", field: "clear_on_close", check: truth},
	{on: "view modal", field: "notify_on_close", check: truth},
	{on: "view modal", field: "external_id", check: chars(0, 255)},
	{on: "view modal", check: submittable},
	{on: "view home", field: "blocks", must: true, check: viewBlocks},
	{on: "view home", field: "private_metadata", check: chars(0, 3000)},
	{on: "view home", field: "callback_id", check: chars(0, 255)},
	{on: "view home", field: "external_id", check: chars(0, 255)},
}

func viewBlocks(ck *checker, v any, at string) { ck.blocks(v, at, 100) }

// submittable wants a submit button where there is anything to fill in.
func submittable(ck *checker, v any, at string) {
	o := v.(object)
	blocks, _ := o["blocks"].([]any)
	if o["submit"] == nil && slices.ContainsFunc(blocks, func(b any) bool { b2, ok := b.(object); return ok && b2["type"] == "input" }) {
		ck.complain(at, "missing required field: submit, as there are input blocks")
	}
}
