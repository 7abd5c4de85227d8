package slacksim

import (
	"encoding/json"
	"math"
)

// layoutRules are the rows of the newer blocks, which hold other blocks, and of the table that sorts and turns pages.
//
// Whether a plain message may carry them is told in two ways: a client library's tests of April 2026 found card and its kin refused
// outside of streamed messages, while Slack's own SDK tries them with chat.postMessage and its pages give them limits. A stand-in that
// refused them all could not tell a good payload from a bad one, so they are taken in messages within their limits, and nowhere else;
// alert, which the SDK says is for modals only, is taken there alone. An app that wants to be sure keeps to section, context, actions,
// header and divider. task_card and plan belong to streamed messages and stay refused.
var layoutRules = []rule{
	{on: "block alert", field: "text", must: true, check: said(3000)},
	{on: "block alert", field: "level", check: oneOf("default", "info", "warning", "error", "success")},
	{on: "block card", field: "hero_image", check: element("image")},
	{on: "block card", field: "icon", check: element("image")},
	{on: "block card", field: "title", check: said(150)},
	{on: "block card", field: "subtitle", check: said(150)},
	{on: "block card", field: "body", check: said(200)},
	{on: "block card", field: "actions", check: list(1, 25, element("button"))}, // as many as an actions block takes: none is documented
	{on: "block card", check: anyOf("hero_image", "title", "actions", "body")},
	{on: "block carousel", field: "elements", must: true, check: list(1, 10, within("card"))},
	{on: "block container", field: "title", check: plain(150)},
	{on: "block container", field: "rich_text_title", check: part("rich value")},
	{on: "block container", check: anyOf("title", "rich_text_title")},
	{on: "block container", field: "subtitle", check: said(150)},
	{on: "block container", field: "icon", check: element("image")},
	{on: "block container", field: "width", check: oneOf("narrow", "standard", "wide", "full")},
	{on: "block container", field: "is_collapsible", check: truth},
	{on: "block container", field: "default_collapsed", check: truth},
	{on: "block container", check: collapses},
	{on: "block container", field: "has_header_divider", check: truth},
	{on: "block container", field: "child_blocks", must: true, check: list(1, 10, within(
		"actions", "context", "divider", "header", "image", "input", "rich_text", "section", "table"))},
	{on: "block data_table", field: "caption", must: true, check: chars(1, 3000)},
	{on: "block data_table", field: "page_size", check: whole(1, 100)},
	{on: "block data_table", field: "row_header_column_index", check: whole(0, 19)},
	{on: "block data_table", field: "rows", must: true, check: list(2, 101, list(1, 20, tableCell))}, // the first is the header
	{on: "block data_table", check: evenRows},
	{on: "cell raw_number", field: "value", must: true, check: finite},
	{on: "cell raw_number", field: "text", check: chars(1, 3000)},
}

// within is a block of one of these types inside another block.
func within(kinds ...string) check {
	return func(ck *checker, v any, at string) { ck.block(v, at, kinds) }
}

// anyOf wants at least one of the fields.
func anyOf(fields ...string) check {
	return func(ck *checker, v any, at string) {
		o := v.(object)
		for _, f := range fields {
			if o[f] != nil {
				return
			}
		}
		ck.complain(at, "must define at least one of %q", fields)
	}
}

// collapses lets only a container that can be collapsed begin so.
func collapses(ck *checker, v any, at string) {
	if o := v.(object); o["default_collapsed"] == true && o["is_collapsible"] != true {
		ck.complain(at, "default_collapsed requires is_collapsible")
	}
}

// evenRows wants every row of a data table to be as long as its header, and no rich text in that.
func evenRows(ck *checker, v any, at string) {
	rows, _ := v.(object)["rows"].([]any)
	if len(rows) == 0 {
		return
	}
	header, _ := rows[0].([]any)
	for i, cell := range header {
		if o, ok := cell.(object); ok && o["type"] == "rich_text" {
			ck.complain(pointer(at, "rows/0", i), "a header cell must not be rich_text")
		}
	}
	for i, row := range rows {
		if cells, ok := row.([]any); ok && len(cells) != len(header) {
			ck.complain(pointer(at, "rows", i), "all rows must have the same number of cells")
		}
	}
}

// finite is a number that is one.
func finite(ck *checker, v any, at string) {
	n, ok := v.(json.Number)
	f, err := n.Float64()
	if !ok || err != nil || math.IsInf(f, 0) {
		ck.complain(at, "must be a number")
	}
}
