package slacksim

import "slices"

// Texts are always at least one character long, and never longer than 3,000.
var textRules = []rule{
	{on: "text plain_text", field: "text", must: true, check: chars(1, 3000)},
	{on: "text plain_text", field: "emoji", check: truth},
	{on: "text mrkdwn", field: "text", must: true, check: chars(1, 3000)},
	{on: "text mrkdwn", field: "verbatim", check: truth},
}

var objectRules = []rule{
	// Slack's page allows 150 characters for a value, its SDK's types 75: more than 150 is certainly refused.
	{on: "object option", field: "text", must: true, check: plain(75)},
	{on: "object option", field: "value", must: true, check: chars(1, 150)},
	{on: "object option", field: "description", check: plain(75)},
	{on: "object overflow option", field: "text", must: true, check: plain(75)},
	{on: "object overflow option", field: "value", must: true, check: chars(1, 150)},
	{on: "object overflow option", field: "description", check: plain(75)},
	{on: "object overflow option", field: "url", check: address},
	{on: "object box option", field: "text", must: true, check: said(75)},
	{on: "object box option", field: "value", must: true, check: chars(1, 150)},
	{on: "object box option", field: "description", check: said(75)},
	{on: "object group", field: "label", must: true, check: plain(75)},
	{on: "object group", field: "options", must: true, check: list(1, 100, part("option"))},
	{on: "object suggestion", field: "options", check: list(0, 100, part("option"))},
	{on: "object suggestion", field: "option_groups", check: list(0, 100, part("group"))},
	{on: "object suggestion", check: either("options", "option_groups")},
	{on: "object confirm", field: "title", must: true, check: plain(100)},
	{on: "object confirm", field: "text", must: true, check: said(300)},
	{on: "object confirm", field: "confirm", must: true, check: plain(30)},
	{on: "object confirm", field: "deny", must: true, check: plain(30)},
	{on: "object confirm", field: "style", check: oneOf("primary", "danger")},
	{on: "object filter", field: "include", check: list(1, 4, oneOf("im", "mpim", "private", "public"))},
	{on: "object filter", field: "exclude_external_shared_channels", check: truth},
	{on: "object filter", field: "exclude_bot_users", check: truth},
	{on: "object dispatch", field: "trigger_actions_on", must: true, check: list(1, 2, oneOf("on_enter_pressed", "on_character_entered"))},
	{on: "object slack_file", field: "id", check: chars(1, 255)},
	{on: "object slack_file", field: "url", check: address},
	{on: "object slack_file", check: either("id", "url")},
	{on: "object workflow", field: "trigger", must: true, check: part("workflow trigger")},
	{on: "object workflow trigger", field: "url", must: true, check: address},
	{on: "object workflow trigger", field: "customizable_input_parameters", check: list(0, 100, part("workflow parameter"))},
	{on: "object workflow parameter", field: "name", must: true, check: chars(1, 255)},
	{on: "object workflow parameter", field: "value", must: true, check: chars(0, 3000)},
	{on: "object feedback", field: "text", must: true, check: plain(75)},
	{on: "object feedback", field: "value", must: true, check: chars(1, 2000)},
	{on: "object feedback", field: "accessibility_label", check: chars(1, 75)},
}

var elementRules = slices.Concat(
	[]rule{
		{on: "element button", field: "text", must: true, check: plain(75)},
		{on: "element button", field: "action_id", check: chars(1, 255)},
		{on: "element button", field: "url", check: address},
		{on: "element button", field: "value", check: chars(1, 2000)},
		{on: "element button", field: "style", check: oneOf("primary", "danger")},
		{on: "element button", field: "confirm", check: part("confirm")},
		{on: "element button", field: "accessibility_label", check: chars(1, 75)},
		{on: "element workflow_button", field: "text", must: true, check: plain(75)},
		{on: "element workflow_button", field: "action_id", check: chars(1, 255)},
		{on: "element workflow_button", field: "workflow", must: true, check: part("workflow")},
		{on: "element workflow_button", field: "style", check: oneOf("primary", "danger")},
		{on: "element workflow_button", field: "accessibility_label", check: chars(1, 75)},
		{on: "element image", field: "image_url", check: address},
		{on: "element image", field: "slack_file", check: part("slack_file")},
		{on: "element image", field: "alt_text", must: true, check: chars(1, 2000)},
		{on: "element image", check: either("image_url", "slack_file")},
		{on: "element overflow", field: "action_id", check: chars(1, 255)},
		{on: "element overflow", field: "options", must: true, check: list(1, 5, part("overflow option"))},
		{on: "element overflow", field: "confirm", check: part("confirm")},
		{on: "element overflow", check: distinctValues},
		{on: "element feedback_buttons", field: "action_id", check: chars(1, 255)},
		{on: "element feedback_buttons", field: "positive_button", must: true, check: part("feedback")},
		{on: "element feedback_buttons", field: "negative_button", must: true, check: part("feedback")},
		{on: "element icon_button", field: "action_id", check: chars(1, 255)},
		{on: "element icon_button", field: "icon", must: true, check: oneOf("trash")},
		{on: "element icon_button", field: "text", must: true, check: plain(75)},
		{on: "element icon_button", field: "value", check: chars(1, 2000)},
		{on: "element icon_button", field: "confirm", check: part("confirm")},
		{on: "element icon_button", field: "accessibility_label", check: chars(1, 75)},
	},
	selectRules("static_select"), selectRules("multi_static_select"),
	selectRules("external_select"), selectRules("multi_external_select"),
	selectRules("users_select"), selectRules("multi_users_select"),
	selectRules("conversations_select"), selectRules("multi_conversations_select"),
	selectRules("channels_select"), selectRules("multi_channels_select"),
	boxRules("checkboxes"), boxRules("radio_buttons"),
	pickerRules("datepicker", "initial_date", matching(`^\d{4}-\d{2}-\d{2}$`, "a date such as 2026-11-22")),
	pickerRules("timepicker", "initial_time", matching(`^([01]\d|2[0-3]):[0-5]\d$`, "a time such as 09:30")),
	[]rule{
		{on: "element timepicker", field: "timezone", check: chars(1, 100)},
		{on: "element datetimepicker", field: "action_id", check: chars(1, 255)},
		{on: "element datetimepicker", field: "initial_date_time", check: whole(1_000_000_000, 9_999_999_999)},
		{on: "element datetimepicker", field: "confirm", check: part("confirm")},
		{on: "element datetimepicker", field: "focus_on_load", check: focus},
	},
)

func pickerRules(kind, initial string, check check) []rule {
	on := "element " + kind
	return []rule{
		{on: on, field: "action_id", check: chars(1, 255)},
		{on: on, field: "placeholder", check: plain(150)},
		{on: on, field: initial, check: check},
		{on: on, field: "confirm", check: part("confirm")},
		{on: on, field: "focus_on_load", check: focus},
	}
}

func boxRules(kind string) []rule {
	on := "element " + kind
	rows := []rule{
		{on: on, field: "action_id", check: chars(1, 255)},
		{on: on, field: "options", must: true, check: list(1, 10, part("box option"))},
		{on: on, field: "confirm", check: part("confirm")},
		{on: on, field: "focus_on_load", check: focus},
		{on: on, check: initialOffered},
		{on: on, check: distinctValues},
	}
	if kind == "checkboxes" {
		return append(rows, rule{on: on, field: "initial_options", check: list(1, 10, part("box option"))})
	}
	return append(rows, rule{on: on, field: "initial_option", check: part("box option")})
}

// selectRules are the rows of a menu. What it starts with is one thing, or a list for a menu of several choices.
func selectRules(kind string) []rule {
	on, source, many := "element "+kind, kind, false
	if len(kind) > 6 && kind[:6] == "multi_" {
		source, many = kind[6:], true
	}
	rows := []rule{
		{on: on, field: "placeholder", check: plain(150)},
		{on: on, field: "action_id", check: chars(1, 255)},
		{on: on, field: "confirm", check: part("confirm")},
		{on: on, field: "focus_on_load", check: focus},
		{on: on, field: slots[kind].initial, check: startsWith(source, many)},
	}
	if many {
		rows = append(rows, rule{on: on, field: "max_selected_items", check: whole(1, 1000)})
	}
	switch source {
	case "static_select":
		rows = append(rows,
			rule{on: on, field: "options", check: list(1, 100, part("option"))},
			rule{on: on, field: "option_groups", check: list(1, 100, part("group"))},
			rule{on: on, check: either("options", "option_groups")},
			rule{on: on, check: initialOffered},
			rule{on: on, check: distinctValues},
		)
	case "external_select":
		rows = append(rows, rule{on: on, field: "min_query_length", check: whole(0, 1000)})
	case "conversations_select":
		rows = append(rows,
			rule{on: on, field: "default_to_current_conversation", check: truth},
			rule{on: on, field: "filter", check: part("filter")},
		)
	}
	if kind == "conversations_select" || kind == "channels_select" {
		rows = append(rows, rule{on: on, field: "response_url_enabled", check: inModals})
	}
	return rows
}

func startsWith(source string, many bool) check {
	one := chars(1, 255)
	if source == "static_select" || source == "external_select" {
		one = part("option")
	}
	if many {
		return list(1, 100, one)
	}
	return one
}

// inModals is a truth value that only a modal may set.
func inModals(ck *checker, v any, at string) {
	truth(ck, v, at)
	if v == true && ck.surface != "modal" {
		ck.complain(at, "is allowed in modals only")
	}
}

var inputRules = slices.Concat(
	fieldRules("plain_text_input", chars(0, 3000)),
	[]rule{
		{on: "element plain_text_input", field: "multiline", check: truth},
		{on: "element plain_text_input", field: "min_length", check: whole(0, 3000)},
		{on: "element plain_text_input", field: "max_length", check: whole(1, 3000)},
		{on: "element plain_text_input", check: startsWithinLength},
	},
	fieldRules("email_text_input", chars(0, 3000)),
	fieldRules("url_text_input", chars(0, 3000)),
	fieldRules("number_input", matching(`^-?\d+(\.\d+)?$`, "a number as text")),
	[]rule{
		{on: "element number_input", field: "is_decimal_allowed", must: true, check: truth},
		{on: "element number_input", field: "min_value", check: matching(`^-?\d+(\.\d+)?$`, "a number as text")},
		{on: "element number_input", field: "max_value", check: matching(`^-?\d+(\.\d+)?$`, "a number as text")},
		{on: "element number_input", check: startsWithinBounds},
	},
	fieldRules("rich_text_input", part("rich value")),
	[]rule{
		{on: "element file_input", field: "action_id", check: chars(1, 255)},
		{on: "element file_input", field: "filetypes", check: list(1, 100, chars(1, 20))},
		{on: "element file_input", field: "max_files", check: whole(1, 10)},
	},
)

func fieldRules(kind string, initial check) []rule {
	on := "element " + kind
	return []rule{
		{on: on, field: "action_id", check: chars(1, 255)},
		{on: on, field: "initial_value", check: initial},
		{on: on, field: "dispatch_action_config", check: part("dispatch")},
		{on: on, field: "focus_on_load", check: focus},
		{on: on, field: "placeholder", check: plain(150)},
	}
}
