package slacksim

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func long(n int) string { return strings.Repeat("é", n) } // two bytes each: lengths are counted in code points

func plainText(n int) object { return object{"type": "plain_text", "text": long(n)} }

func markdown(n int) object { return object{"type": "mrkdwn", "text": long(n)} }

func times(n int, v any) []any {
	all := make([]any, n)
	for i := range all {
		all[i] = v
	}
	return all
}

func options(n int) []any {
	all := []any{}
	for i := range n {
		all = append(all, object{"text": plainText(1), "value": fmt.Sprint(i)})
	}
	return all
}

func confirmation() object {
	return object{"title": plainText(100), "text": markdown(300), "confirm": plainText(30), "deny": plainText(30), "style": "danger"}
}

func richSection(pieces ...any) object {
	return object{"type": "rich_text_section", "elements": pieces}
}

func link3000() string {
	return "https://example.test/" + strings.Repeat("a", 3000-len("https://example.test/"))
}

func picture3000() object {
	return object{"type": "image", "image_url": link3000(), "alt_text": long(2000)}
}

// sound are examples that the table takes: each of them goes to its limits where it has any.
func sound() map[string]object {
	piece := object{"type": "text", "text": "Hello"}
	all := map[string]object{
		"text plain_text":           {"type": "plain_text", "text": long(3000), "emoji": true},
		"text mrkdwn":               {"type": "mrkdwn", "text": long(3000), "verbatim": true},
		"object option":             {"text": plainText(75), "value": long(150), "description": plainText(75)},
		"object overflow option":    {"text": plainText(75), "value": long(150), "description": plainText(75), "url": link3000()},
		"object box option":         {"text": markdown(75), "value": long(150), "description": markdown(75)},
		"object group":              {"label": plainText(75), "options": options(100)},
		"object suggestion":         {"options": options(100)},
		"object confirm":            confirmation(),
		"object filter":             {"include": []any{"im", "mpim", "private", "public"}, "exclude_external_shared_channels": true, "exclude_bot_users": true},
		"object dispatch":           {"trigger_actions_on": []any{"on_enter_pressed", "on_character_entered"}},
		"object slack_file":         {"id": "F1"},
		"object feedback":           {"text": plainText(75), "value": long(2000), "accessibility_label": long(75)},
		"object workflow":           {"trigger": object{"url": link3000(), "customizable_input_parameters": []any{object{"name": "a", "value": ""}}}},
		"object workflow trigger":   {"url": link3000(), "customizable_input_parameters": []any{}},
		"object workflow parameter": {"name": "a", "value": "b"},
		"object style":              {"bold": true, "italic": true, "strike": true, "code": true, "underline": true, "highlight": true, "client_highlight": true, "unlink": true},
		"object rich value":         {"type": "rich_text", "elements": []any{richSection(piece)}},
		"object column":             {"align": "right", "is_wrapped": true},

		"element button": {
			"type": "button", "text": plainText(75), "action_id": long(255), "url": link3000(), "value": long(2000), "style": "primary",
			"confirm": confirmation(), "accessibility_label": long(75),
		},
		"element workflow_button": {
			"type": "workflow_button", "text": plainText(75), "action_id": long(255), "style": "danger", "accessibility_label": long(75),
			"workflow": object{"trigger": object{"url": link3000()}},
		},
		"element image":            {"type": "image", "image_url": link3000(), "alt_text": long(2000)},
		"element overflow":         {"type": "overflow", "action_id": long(255), "options": options(5), "confirm": confirmation()},
		"element feedback_buttons": {"type": "feedback_buttons", "action_id": long(255), "positive_button": object{"text": plainText(75), "value": "+"}, "negative_button": object{"text": plainText(75), "value": "-"}},
		"element icon_button":      {"type": "icon_button", "action_id": long(255), "icon": "trash", "text": plainText(75), "value": long(2000), "confirm": confirmation(), "accessibility_label": long(75)},
		"element datepicker":       {"type": "datepicker", "action_id": long(255), "placeholder": plainText(150), "initial_date": "2026-11-22", "confirm": confirmation(), "focus_on_load": true},
		"element timepicker":       {"type": "timepicker", "action_id": long(255), "placeholder": plainText(150), "initial_time": "09:30", "timezone": "Europe/Berlin", "confirm": confirmation(), "focus_on_load": true},
		"element datetimepicker":   {"type": "datetimepicker", "action_id": long(255), "initial_date_time": json.Number("1795346152"), "confirm": confirmation(), "focus_on_load": true},
		"element checkboxes":       {"type": "checkboxes", "action_id": long(255), "options": options(10), "initial_options": options(2), "confirm": confirmation(), "focus_on_load": true},
		"element radio_buttons":    {"type": "radio_buttons", "action_id": long(255), "options": options(10), "initial_option": options(1)[0], "confirm": confirmation(), "focus_on_load": true},
		"element plain_text_input": {"type": "plain_text_input", "multiline": true, "min_length": json.Number("0"), "max_length": json.Number("3000"), "initial_value": long(3000)},
		"element email_text_input": {"type": "email_text_input", "initial_value": "a@example.test"},
		"element url_text_input":   {"type": "url_text_input", "initial_value": "https://example.test"},
		"element number_input":     {"type": "number_input", "is_decimal_allowed": true, "min_value": "-1.5", "max_value": "10", "initial_value": "2"},
		"element rich_text_input":  {"type": "rich_text_input", "initial_value": object{"type": "rich_text", "elements": []any{richSection(piece)}}},
		"element file_input":       {"type": "file_input", "action_id": long(255), "filetypes": []any{"png"}, "max_files": json.Number("10")},

		"block section":         {"type": "section", "block_id": long(255), "text": markdown(3000), "fields": times(10, markdown(2000)), "accessory": object{"type": "image", "image_url": "https://example.test/a.png", "alt_text": "A"}, "expand": true},
		"block header":          {"type": "header", "block_id": long(255), "text": plainText(150), "level": json.Number("4")},
		"block divider":         {"type": "divider", "block_id": long(255)},
		"block image":           {"type": "image", "block_id": long(255), "image_url": link3000(), "alt_text": long(2000), "title": plainText(2000)},
		"block context":         {"type": "context", "block_id": long(255), "elements": times(10, markdown(10))},
		"block actions":         {"type": "actions", "block_id": long(255), "elements": times(25, object{"type": "button", "text": plainText(1)})},
		"block context_actions": {"type": "context_actions", "block_id": long(255), "elements": times(5, object{"type": "icon_button", "icon": "trash", "text": plainText(1)})},
		"block input": {
			"type": "input", "block_id": long(255), "label": plainText(2000), "hint": plainText(2000), "optional": true, "dispatch_action": true,
			"element": object{"type": "plain_text_input"},
		},
		"block rich_text": {"type": "rich_text", "block_id": long(255), "elements": []any{richSection(piece)}},
		"block markdown":  {"type": "markdown", "block_id": long(255), "text": long(12_000)},
		"block table": {
			"type": "table", "block_id": long(255), "rows": times(100, times(20, object{"type": "raw_text", "text": "A"})),
			"column_settings": []any{nil, object{"align": "left"}},
		},

		"block alert": {"type": "alert", "block_id": long(255), "text": markdown(3000), "level": "warning"},
		"block card": {
			"type": "card", "block_id": long(255), "hero_image": picture3000(), "icon": picture3000(), "title": markdown(150), "subtitle": markdown(150),
			"body": markdown(200), "actions": times(25, object{"type": "button", "text": plainText(1)}),
		},
		"block carousel": {"type": "carousel", "block_id": long(255), "elements": times(10, object{"type": "card", "title": markdown(150)})},
		"block container": {
			"type": "container", "block_id": long(255), "title": plainText(150), "subtitle": markdown(150), "icon": picture3000(), "width": "full",
			"rich_text_title": object{"type": "rich_text", "elements": []any{richSection(piece)}}, "is_collapsible": true, "default_collapsed": true,
			"has_header_divider": false, "child_blocks": times(10, object{"type": "divider"}),
		},
		"block data_table": {
			"type": "data_table", "block_id": long(255), "caption": long(3000), "page_size": json.Number("100"), "row_header_column_index": json.Number("19"),
			"rows": times(101, times(20, object{"type": "raw_number", "value": json.Number("1.5")})),
		},

		"cell raw_number":             {"type": "raw_number", "value": json.Number("-1.5"), "text": long(3000)},
		"cell raw_text":               {"type": "raw_text", "text": long(3000)},
		"cell rich_text":              {"type": "rich_text", "elements": []any{richSection(piece)}},
		"rich rich_text_section":      richSection(piece),
		"rich rich_text_preformatted": {"type": "rich_text_preformatted", "elements": []any{piece}, "border": json.Number("1"), "language": "go"},
		"rich rich_text_quote":        {"type": "rich_text_quote", "elements": []any{piece}, "border": json.Number("0")},
		"rich rich_text_list":         {"type": "rich_text_list", "style": "bullet", "indent": json.Number("8"), "offset": json.Number("3"), "border": json.Number("1"), "elements": []any{richSection(piece)}},
		"piece text":                  {"type": "text", "text": "Hello", "style": object{"bold": true}},
		"piece link":                  {"type": "link", "url": link3000(), "text": "here", "unsafe": false, "style": object{"bold": true}},
		"piece emoji":                 {"type": "emoji", "name": "wave", "unicode": "1f44b"},
		"piece user":                  {"type": "user", "user_id": "U1"},
		"piece usergroup":             {"type": "usergroup", "usergroup_id": "S1"},
		"piece team":                  {"type": "team", "team_id": "T1"},
		"piece channel":               {"type": "channel", "channel_id": "C1"},
		"piece broadcast":             {"type": "broadcast", "range": "here"},
		"piece date":                  {"type": "date", "timestamp": json.Number("1795346152"), "format": "{date}", "url": link3000(), "fallback": "then"},
		"piece color":                 {"type": "color", "value": "#2eb886"},

		"view modal": {
			"type": "modal", "title": plainText(24), "blocks": times(100, object{"type": "divider"}), "close": plainText(24), "submit": plainText(24),
			"private_metadata": long(3000), "callback_id": long(255), "clear_on_close": true, "notify_on_close": true, "external_id": long(255),
		},
		"view home": {"type": "home", "blocks": times(100, object{"type": "divider"}), "private_metadata": long(3000), "callback_id": long(255), "external_id": long(255)},
	}
	for _, kind := range slices.Concat(choosers, multis) {
		all["element "+kind] = soundSelect(kind)
	}
	return all
}

func soundSelect(kind string) object {
	o := object{"type": kind, "placeholder": plainText(150), "action_id": long(255), "confirm": confirmation(), "focus_on_load": true}
	var start any = "X1"
	switch {
	case strings.HasSuffix(kind, "static_select"):
		o["options"] = options(100)
		start = options(1)[0]
	case strings.HasSuffix(kind, "external_select"):
		o["min_query_length"] = json.Number("0")
		start = options(1)[0]
	case strings.HasSuffix(kind, "conversations_select"):
		o["default_to_current_conversation"], o["filter"] = true, object{"include": []any{"public"}}
	}
	if strings.HasPrefix(kind, "multi_") {
		o["max_selected_items"] = json.Number("1")
		start = []any{start}
	} else if kind == "conversations_select" || kind == "channels_select" {
		o["response_url_enabled"] = true
	}
	o[slots[kind].initial] = start
	return o
}

// unsound is one value that breaks a row, and the pointer that the complaint has to carry.
type unsound struct {
	value any
	at    string
}

// anywhere are values that break a field of this name wherever it stands.
var anywhere = map[string]unsound{
	"action_id": {long(256), "/action_id"}, "block_id": {long(256), "/block_id"}, "callback_id": {long(256), "/callback_id"},
	"external_id": {long(256), "/external_id"}, "placeholder": {plainText(151), "/placeholder/text"}, "confirm": {object{}, "/confirm"},
	"focus_on_load": {"yes", "/focus_on_load"}, "dispatch_action_config": {object{}, "/dispatch_action_config"}, "url": {link3000() + "a", "/url"},
	"image_url": {link3000() + "a", "/image_url"}, "slack_file": {object{"id": ""}, "/slack_file/id"}, "alt_text": {long(2001), "/alt_text"},
	"accessibility_label": {long(76), "/accessibility_label"}, "style": {"loud", "/style"}, "initial_option": {object{"text": plainText(1)}, "/initial_option"},
	"initial_options": {[]any{object{"value": "1"}}, "/initial_options/0"}, "initial_value": {long(3001), "/initial_value"},
	"initial_user": {"", "/initial_user"}, "initial_users": {[]any{""}, "/initial_users/0"}, "initial_channel": {"", "/initial_channel"},
	"initial_channels": {[]any{""}, "/initial_channels/0"}, "initial_conversation": {"", "/initial_conversation"},
	"initial_conversations": {[]any{""}, "/initial_conversations/0"}, "max_selected_items": {json.Number("0"), "/max_selected_items"},
	"min_query_length": {json.Number("-1"), "/min_query_length"}, "default_to_current_conversation": {"yes", "/default_to_current_conversation"},
	"filter": {object{"include": []any{"mars"}}, "/filter/include/0"}, "response_url_enabled": {"yes", "/response_url_enabled"},
	"private_metadata": {long(3001), "/private_metadata"}, "options": {options(101), "/options"},
	"option_groups": {times(101, object{"label": plainText(1), "options": options(1)}), "/option_groups"},
	"bold":          {"yes", "/bold"}, "italic": {"yes", "/italic"}, "strike": {"yes", "/strike"}, "code": {"yes", "/code"}, "underline": {"yes", "/underline"},
	"highlight": {"yes", "/highlight"}, "client_highlight": {"yes", "/client_highlight"}, "unlink": {"yes", "/unlink"},
	"border": {json.Number("2"), "/border"}, "multiline": {"yes", "/multiline"}, "emoji": {"yes", "/emoji"}, "verbatim": {"yes", "/verbatim"},
}

// broken are the values for single rows. A row about the thing as a whole gets fields to put into it.
var broken = map[string]unsound{
	"text plain_text: text": {"", "/text"}, "text mrkdwn: text": {json.Number("1"), "/text"},

	"object option: text": {markdown(1), "/text/type"}, "object option: value": {long(151), "/value"}, "object option: description": {plainText(76), "/description/text"},
	"object overflow option: text": {plainText(76), "/text/text"}, "object overflow option: value": {"", "/value"}, "object overflow option: description": {plainText(76), "/description/text"},
	"object box option: text": {markdown(76), "/text/text"}, "object box option: value": {long(151), "/value"}, "object box option: description": {markdown(76), "/description/text"},
	"object group: label": {plainText(76), "/label/text"}, "object group: options": {[]any{}, "/options"},
	"object suggestion":       {object{"options": nil}, ""},
	"object confirm: title":   {plainText(101), "/title/text"},
	"object confirm: text":    {markdown(301), "/text/text"},
	"object confirm: confirm": {plainText(31), "/confirm/text"}, "object confirm: deny": {plainText(31), "/deny/text"},
	"object filter: include": {[]any{}, "/include"}, "object filter: exclude_external_shared_channels": {"yes", "/exclude_external_shared_channels"},
	"object filter: exclude_bot_users": {"yes", "/exclude_bot_users"}, "object dispatch: trigger_actions_on": {[]any{"on_sight"}, "/trigger_actions_on/0"},
	"object slack_file: id": {"", "/id"}, "object slack_file": {object{"url": "https://example.test/f"}, ""},
	"object feedback: text": {plainText(76), "/text/text"}, "object feedback: value": {long(2001), "/value"},
	"object rich value: type": {"section", "/type"}, "object rich value: elements": {[]any{}, "/elements"},
	"object column: align": {"middle", "/align"}, "object column: is_wrapped": {"yes", "/is_wrapped"},

	"element button: text": {plainText(76), "/text/text"}, "element button: value": {long(2001), "/value"},
	"element image": {object{"slack_file": object{"id": "F1"}}, ""}, "element overflow: options": {options(6), "/options"},
	"element overflow":                          {object{"options": times(2, options(1)[0])}, ""},
	"element feedback_buttons: positive_button": {object{"text": plainText(76), "value": "+"}, "/positive_button/text/text"},
	"element feedback_buttons: negative_button": {object{"text": plainText(1)}, "/negative_button"},
	"element icon_button: icon":                 {"bomb", "/icon"}, "element icon_button: text": {plainText(76), "/text/text"}, "element icon_button: value": {long(2001), "/value"},
	"element datepicker: initial_date": {"22.11.2026", "/initial_date"}, "element timepicker: initial_time": {"24:00", "/initial_time"},
	"element timepicker: timezone": {"", "/timezone"}, "element datetimepicker: initial_date_time": {json.Number("1.5"), "/initial_date_time"},
	"element checkboxes: options": {options(11), "/options"}, "element radio_buttons: options": {options(11), "/options"},
	"element plain_text_input: min_length": {json.Number("3001"), "/min_length"}, "element plain_text_input: max_length": {json.Number("3001"), "/max_length"},
	"element number_input: initial_value": {"two", "/initial_value"}, "element number_input: is_decimal_allowed": {"yes", "/is_decimal_allowed"},
	"element plain_text_input":        {object{"max_length": json.Number("9"), "initial_value": long(10)}, "/initial_value"},
	"element number_input":            {object{"min_value": "3", "initial_value": "2"}, "/initial_value"},
	"element number_input: min_value": {"low", "/min_value"}, "element number_input: max_value": {json.Number("5"), "/max_value"},
	"element rich_text_input: initial_value": {object{"type": "section", "elements": []any{richSection()}}, "/initial_value/type"},
	"element file_input: filetypes":          {[]any{}, "/filetypes"}, "element file_input: max_files": {json.Number("11"), "/max_files"},

	"block section: text": {markdown(3001), "/text/text"}, "block section: fields": {times(10, markdown(2001)), "/fields/0/text"},
	"block section: accessory": {object{"type": "plain_text_input"}, "/accessory/type"}, "block section: expand": {"yes", "/expand"},
	"block section": {object{"text": nil, "fields": nil}, ""}, "block header: text": {plainText(151), "/text/text"}, "block header: level": {json.Number("5"), "/level"},
	"block image: title": {plainText(2001), "/title/text"}, "block image": {object{"image_url": nil}, ""},
	"block context: elements": {times(11, markdown(1)), "/elements"}, "block actions: elements": {times(26, object{"type": "button", "text": plainText(1)}), "/elements"},
	"block context_actions: elements": {times(6, object{}), "/elements"}, "block input: label": {markdown(1), "/label/type"}, "block input: hint": {plainText(2001), "/hint/text"},
	"block input: element": {object{"type": "button", "text": plainText(1)}, "/element/type"}, "block input: optional": {"yes", "/optional"},
	"block input: dispatch_action": {"yes", "/dispatch_action"}, "block rich_text: elements": {[]any{object{"type": "text", "text": "A"}}, "/elements/0/type"},
	"block markdown: text": {long(12_001), "/text"}, "block table: rows": {times(101, []any{}), "/rows"},
	"block table: column_settings": {times(21, nil), "/column_settings"},

	"object workflow: trigger": {object{"url": "nowhere"}, "/trigger/url"}, "object workflow parameter: name": {"", "/name"},
	"object workflow parameter: value":                       {long(3001), "/value"},
	"object workflow trigger: customizable_input_parameters": {times(101, object{"name": "a", "value": "b"}), "/customizable_input_parameters"},
	"element workflow_button: text":                          {plainText(76), "/text/text"},
	"element workflow_button: workflow":                      {object{}, "/workflow"},

	"block alert: text": {markdown(3001), "/text/text"}, "block alert: level": {"loud", "/level"},
	"block card: hero_image": {object{"type": "button", "text": plainText(1)}, "/hero_image/type"}, "block card: icon": {object{"type": "image", "image_url": link3000()}, "/icon"},
	"block card: title": {markdown(151), "/title/text"}, "block card: subtitle": {markdown(151), "/subtitle/text"}, "block card: body": {markdown(201), "/body/text"},
	"block card: actions":      {[]any{object{"type": "overflow", "options": options(1)}}, "/actions/0/type"},
	"block card":               {object{"hero_image": nil, "title": nil, "actions": nil, "body": nil}, ""},
	"block carousel: elements": {times(11, object{"type": "card", "title": markdown(1)}), "/elements"},
	"block container: title":   {plainText(151), "/title/text"}, "block container: rich_text_title": {markdown(1), "/rich_text_title/type"},
	"block container: subtitle": {markdown(151), "/subtitle/text"}, "block container: icon": {"icon.png", "/icon"}, "block container: width": {"huge", "/width"},
	"block container: is_collapsible": {"yes", "/is_collapsible"}, "block container: default_collapsed": {"yes", "/default_collapsed"},
	"block container": {object{"title": nil, "rich_text_title": nil}, ""}, "block container: has_header_divider": {"yes", "/has_header_divider"},
	"block container: child_blocks": {times(11, object{"type": "divider"}), "/child_blocks"},
	"block data_table: caption":     {"", "/caption"}, "block data_table: page_size": {json.Number("101"), "/page_size"},
	"block data_table: row_header_column_index": {json.Number("20"), "/row_header_column_index"},
	"block data_table: rows":                    {times(102, []any{object{"type": "raw_text", "text": "A"}}), "/rows"},
	"block data_table":                          {object{"rows": []any{[]any{object{"type": "rich_text", "elements": []any{richSection()}}}, []any{object{"type": "raw_text", "text": "A"}}}}, "/rows/0/0"},
	"cell raw_number: value":                    {"five", "/value"}, "cell raw_number: text": {"", "/text"},

	"cell raw_text: text": {long(3001), "/text"}, "cell rich_text: elements": {[]any{}, "/elements"},
	"rich rich_text_section: elements": {[]any{object{"type": "sound"}}, "/elements/0/type"}, "rich rich_text_preformatted: elements": {"text", "/elements"},
	"rich rich_text_preformatted: language": {"", "/language"}, "rich rich_text_quote: elements": {[]any{json.Number("1")}, "/elements/0"},
	"rich rich_text_list: elements": {[]any{}, "/elements"}, "rich rich_text_list: style": {"roman", "/style"}, "rich rich_text_list: indent": {json.Number("9"), "/indent"},
	"rich rich_text_list: offset": {json.Number("-1"), "/offset"},
	"piece text: text":            {"", "/text"}, "piece link: url": {"nowhere", "/url"}, "piece link: text": {long(12_001), "/text"}, "piece link: unsafe": {"yes", "/unsafe"},
	"piece emoji: name": {"", "/name"}, "piece emoji: unicode": {"", "/unicode"}, "piece user: user_id": {"", "/user_id"}, "piece usergroup: usergroup_id": {"", "/usergroup_id"},
	"piece team: team_id": {"", "/team_id"}, "piece channel: channel_id": {"", "/channel_id"}, "piece broadcast: range": {"world", "/range"}, "piece date: timestamp": {"now", "/timestamp"},
	"piece date: format": {"", "/format"}, "piece date: fallback": {"", "/fallback"}, "piece color: value": {"red", "/value"},

	"view modal: title": {plainText(25), "/title/text"}, "view modal: blocks": {times(101, object{"type": "divider"}), "/blocks"}, "view modal: close": {plainText(25), "/close/text"},
	"view modal: submit": {plainText(25), "/submit/text"}, "view modal: clear_on_close": {"yes", "/clear_on_close"}, "view modal: notify_on_close": {"yes", "/notify_on_close"},
	"view modal":        {object{"submit": nil, "blocks": []any{object{"type": "input", "label": plainText(1), "element": object{"type": "plain_text_input"}}}}, ""},
	"view home: blocks": {"blocks", "/blocks"},
}

// also are second rows about the thing as a whole, which share a name with a first.
var also = map[string][]unsound{
	"block container":             {{object{"title": nil, "rich_text_title": nil}, ""}, {object{"is_collapsible": false}, ""}},
	"element checkboxes":          {{object{"initial_options": []any{object{"text": plainText(1), "value": "x"}}}, "/initial_options/0"}, {object{"options": times(2, options(1)[0])}, ""}},
	"element radio_buttons":       {{object{"initial_option": object{"text": plainText(2), "value": "0"}}, "/initial_option"}, {object{"options": times(2, options(1)[0])}, ""}},
	"element static_select":       {{object{"options": nil, "initial_option": nil}, ""}, {object{"initial_option": object{"text": plainText(2), "value": "0"}}, "/initial_option"}, {object{"options": times(2, options(1)[0])}, ""}},
	"element multi_static_select": {{object{"option_groups": []any{object{"label": plainText(1), "options": options(1)}}}, ""}, {object{"initial_options": []any{object{"text": plainText(2), "value": "0"}}}, "/initial_options/0"}, {object{"options": times(2, options(1)[0])}, ""}},
}

func judge(kind string, o object) []string {
	ck := newChecker("modal")
	ck.node(kind, o, "")
	return lines(ck.found)
}

func TestTheTableTakesWhatKeepsToItsLimits(t *testing.T) {
	for kind, o := range sound() {
		require.Empty(t, judge(kind, o), kind)
	}
}

func TestEveryRowOfTheTableRefusesWhatBreaksIt(t *testing.T) {
	seen := map[string]int{}
	for _, r := range rules {
		turn := seen[r.name()]
		seen[r.name()]++
		t.Run(fmt.Sprintf("%s (%d)", r.name(), turn), func(t *testing.T) {
			good, ok := sound()[r.on]
			require.True(t, ok, "there is no sound example of %s", r.on)
			bad, ok := broken[r.name()]
			if all := also[r.name()]; turn < len(all) {
				bad, ok = all[turn], true
			}
			if !ok {
				bad, ok = anywhere[r.field]
			}
			require.True(t, ok, "there is no example that breaks %s", r.name())
			if r.field == "" {
				maps.Copy(good, bad.value.(object))
			} else {
				good[r.field] = bad.value
			}
			all := judge(r.on, good)
			require.True(t, slices.ContainsFunc(all, func(line string) bool { return strings.HasSuffix(line, "[json-pointer:"+bad.at+"]") }), "%q", all)
		})
	}
}

func TestEveryRequiredFieldIsMissed(t *testing.T) {
	for _, r := range rules {
		if !r.must {
			continue
		}
		t.Run(r.name(), func(t *testing.T) {
			o := sound()[r.on]
			delete(o, r.field)
			require.Contains(t, judge(r.on, o), fmt.Sprintf("[ERROR] missing required field: %s [json-pointer:]", r.field))
		})
	}
}

func TestAFieldThatNoRowNamesIsRefused(t *testing.T) {
	for kind, o := range sound() {
		o["colour"] = "red"
		require.Equal(t, []string{"[ERROR] invalid additional property: colour [json-pointer:]"}, judge(kind, o), kind)
	}
}

func TestAPayloadIsJudgedAsAWhole(t *testing.T) {
	divider := object{"type": "divider"}
	table := object{"type": "table", "rows": []any{[]any{object{"type": "raw_text", "text": "A"}}}}
	input := object{"type": "input", "label": plainText(1), "element": object{"type": "plain_text_input", "focus_on_load": true}}
	for name, c := range map[string]struct {
		blocks []any
		want   string
	}{
		"fifty-one blocks":               {times(51, divider), "[ERROR] no more than 50 items allowed [json-pointer:/blocks]"},
		"two tables":                     {[]any{table, table}, "[ERROR] no more than 1 table block allowed [json-pointer:/blocks]"},
		"too much markdown in sum":       {times(2, object{"type": "markdown", "text": long(6001)}), "[ERROR] markdown blocks must be less than 12001 characters in sum [json-pointer:/blocks]"},
		"two focused elements":           {times(2, input), "[ERROR] only one element may have focus_on_load [json-pointer:/blocks]"},
		"a block_id used twice":          {times(2, object{"type": "divider", "block_id": "a"}), `[ERROR] block_id "a" is used twice, first at /blocks/0 [json-pointer:/blocks/1/block_id]`},
		"an action_id twice in a block":  {[]any{object{"type": "actions", "elements": times(2, object{"type": "button", "text": plainText(1), "action_id": "a"})}}, `[ERROR] action_id "a" is used twice in one block [json-pointer:/blocks/0/elements/1/action_id]`},
		"a type that is not known":       {[]any{object{"type": "hologram"}}, "[ERROR] unsupported type: hologram [json-pointer:/blocks/0/type]"},
		"a block for modals only":        {[]any{object{"type": "alert"}}, "[ERROR] unsupported type: alert [json-pointer:/blocks/0/type]"},
		"a block for streams only":       {[]any{object{"type": "plan", "title": "A"}}, "[ERROR] unsupported type: plan [json-pointer:/blocks/0/type]"},
		"a carousel in a container":      {[]any{object{"type": "container", "title": plainText(1), "child_blocks": []any{object{"type": "carousel"}}}}, "[ERROR] unsupported type: carousel [json-pointer:/blocks/0/child_blocks/0/type]"},
		"a table too many, inside":       {[]any{table, object{"type": "container", "title": plainText(1), "child_blocks": []any{table}}}, "[ERROR] no more than 1 table block allowed [json-pointer:/blocks]"},
		"a block_id used twice, inside":  {[]any{object{"type": "divider", "block_id": "a"}, object{"type": "carousel", "elements": []any{object{"type": "card", "block_id": "a", "title": markdown(1)}}}}, `[ERROR] block_id "a" is used twice, first at /blocks/0 [json-pointer:/blocks/1/elements/0/block_id]`},
		"an action_id twice in a card":   {[]any{object{"type": "card", "actions": times(2, object{"type": "button", "text": plainText(1), "action_id": "a"})}}, `[ERROR] action_id "a" is used twice in one block [json-pointer:/blocks/0/actions/1/action_id]`},
		"rows of several lengths":        {[]any{object{"type": "data_table", "caption": "A", "rows": []any{times(1, object{"type": "raw_text", "text": "A"}), times(2, object{"type": "raw_text", "text": "A"})}}}, "[ERROR] all rows must have the same number of cells [json-pointer:/blocks/0/rows/1]"},
		"a file input outside of modals": {[]any{object{"type": "input", "label": plainText(1), "element": object{"type": "file_input"}}}, "[ERROR] unsupported type: file_input [json-pointer:/blocks/0/element/type]"},
		"a response_url outside of modals": {
			[]any{actions("a", object{"type": "channels_select", "response_url_enabled": true})}, "[ERROR] is allowed in modals only [json-pointer:/blocks/0/elements/0/response_url_enabled]",
		},
		"a block that is no object": {[]any{"divider"}, "[ERROR] must provide an object [json-pointer:/blocks/0]"},
		"a block without a type":    {[]any{object{}}, "[ERROR] missing required field: type [json-pointer:/blocks/0]"},
	} {
		t.Run(name, func(t *testing.T) {
			var blocks []any
			require.NoError(t, decode(encode(c.blocks), &blocks))
			require.Contains(t, lines(checkMessage(blocks)), c.want)
		})
	}
}

func TestThePointerLeadsThroughAMessage(t *testing.T) {
	b := outside(t, Options{})
	o := b.fails("invalid_blocks", "chat.postMessage", object{"channel": samples, "text": "Hello", "blocks": []object{
		{"type": "divider"}, actions("a", object{"type": "static_select", "placeholder": plainText(1), "options": []any{option("one"), object{"text": plainText(76), "value": "two"}}}),
	}})
	require.Equal(t, object{"messages": []any{"[ERROR] must be less than 76 characters [json-pointer:/blocks/1/elements/0/options/1/text/text]"}}, o["response_metadata"])
	o = b.fails("invalid_blocks", "chat.postMessage", object{"channel": samples, "attachments": []object{{"blocks": []object{{"type": "header", "text": plainText(151)}}}}})
	require.Equal(t, object{"messages": []any{"[ERROR] must be less than 151 characters [json-pointer:/attachments/0/blocks/0/text/text]"}}, o["response_metadata"])
	o = b.fails("invalid_arguments", "views.publish", object{"user_id": admin, "view": object{"type": "home", "blocks": []object{{"type": "header", "text": plainText(151)}}}})
	require.Equal(t, object{"messages": []any{"[ERROR] must be less than 151 characters [json-pointer:/view/blocks/0/text/text]"}}, o["response_metadata"])
}

func TestBlocksCanBeValidatedWithoutAToken(t *testing.T) {
	b := outside(t, Options{})
	_, o := b.callAs("", "blocks.validate", object{"blocks": []object{{"type": "header", "text": plainText(151)}}})
	require.Equal(t, []any{object{
		"code": "invalid_block", "message": "must be less than 151 characters", "field": "text", "pointer": "/blocks/0/text/text", "constraint": "",
	}}, o["errors"])
	_, o = b.callAs("", "blocks.validate", object{"blocks": []object{{"type": "divider"}}})
	require.Equal(t, object{"ok": true}, o)
}

func FuzzLayouts(f *testing.F) {
	for kind, o := range sound() {
		if strings.HasPrefix(kind, "block ") {
			f.Add([]byte(encode([]any{o})))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := readContent(arguments{"blocks": string(data)})
		if err != nil {
			require.NotEmpty(t, errorWord(err))
			return
		}
		require.True(t, c.blocks == nil || json.Valid(c.blocks))
		w := New(Options{})
		defer func() { require.NoError(t, w.Close()) }()
		w.stateOf(c.blocks, nil)
	})
}

func TestAFieldStartsWithWhatCouldBeTypedIntoIt(t *testing.T) {
	for field, bounds := range map[string]object{
		"/min_length": {"type": "plain_text_input", "min_length": json.Number("5"), "max_length": json.Number("4")},
		"/min_value":  {"type": "number_input", "is_decimal_allowed": true, "min_value": "5", "max_value": "4"},
	} {
		all := judge("element "+str(bounds, "type"), bounds)
		require.Len(t, all, 1)
		require.Contains(t, all[0], "[json-pointer:"+field+"]")
	}
	require.Equal(t, []string{"[ERROR] must be a whole number, as is_decimal_allowed is false [json-pointer:/initial_value]"},
		judge("element number_input", object{"type": "number_input", "is_decimal_allowed": false, "initial_value": "1.5"}))
	require.Empty(t, judge("element plain_text_input", object{"type": "plain_text_input", "min_length": json.Number("5")}), "an empty field is no text that is too short")
}
