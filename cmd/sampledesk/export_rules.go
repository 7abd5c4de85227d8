package main

import (
	"strings"
	"time"

	"sampledesk/workflow"
)

// rulesRow is one thing of a shop's rules in an export.
type rulesRow struct {
	kind, name string
	position   any // of a rule, from 1
	text       string
	sku        string
	count      any
	amount     workflow.Money
	by         workflow.PersonID
	at         time.Time
}

// ofRules are the columns of what belongs to a shop's rules.
var ofRules = []column{
	{"kind", "shop, rule, list, cost or count", func(r *exportRow) any { return r.rules.kind }},
	{"name", "of the rule or list; the product's id of a cost; the name of a count", func(r *exportRow) any { return r.rules.name }},
	{"position", "of a rule, from 1: the first that fits speaks", func(r *exportRow) any { return r.rules.position }},
	{"text", "of a rule and of the shop's own part: their lines as sampledesk rules export has them, with semicolons; of a list: the note", func(r *exportRow) any { return r.rules.text }},
	{"sku_id", "of a cost: the variant; empty: of every one without its own", func(r *exportRow) any { return r.rules.sku }},
	{"amount", "of a cost", func(r *exportRow) any { return r.rules.amount.Amount }},
	{"currency", "", func(r *exportRow) any { return r.rules.amount.Currency }},
	{"count", "of a count", func(r *exportRow) any { return r.rules.count }},
	{"by", "Slack's id of who changed the rule, or entered it, last", func(r *exportRow) any { return string(r.rules.by) }},
	{"at", "when", func(r *exportRow) any { return r.rules.at }},
}

// walkRules puts the rows of a shop's rules, of its lists, costs and counts.
func walkRules(x *exporter, shop workflow.Shop) error {
	if _, err := x.page("", func(tx workflow.Tx, _ string) (string, error) { return "", putRules(x, tx, shop) }); err != nil {
		return err
	}
	var lists []workflow.ListSize
	err := x.store.View(x.ctx, func(tx workflow.Tx) (err error) {
		lists, err = workflow.ListNames(tx, shop.ID)
		return err
	})
	if err != nil {
		return err
	}
	for _, l := range lists {
		err := x.pages(func(tx workflow.Tx, after string) (string, error) {
			all, next, err := tx.Listed(shop.ID, l.List, after, exportPage)
			return next, putEach(x, shop, all, err, func(one workflow.Listed, r *exportRow) {
				r.creator, r.rules = one.Shown, rulesRow{kind: "list", name: string(one.List), text: one.Note, by: one.By, at: one.At}
			})
		})
		if err != nil {
			return err
		}
	}
	err = x.pages(func(tx workflow.Tx, after string) (string, error) {
		all, next, err := tx.Costs(shop.ID, after, exportPage)
		return next, putEach(x, shop, all, err, func(one workflow.Cost, r *exportRow) {
			r.rules = rulesRow{kind: "cost", name: string(one.Product), sku: one.SKU, amount: one.Amount, by: one.By, at: one.At}
		})
	})
	if err != nil {
		return err
	}
	return x.pages(func(tx workflow.Tx, after string) (string, error) {
		all, next, err := tx.Tallies(shop.ID, "", after, exportPage)
		return next, putEach(x, shop, all, err, func(one workflow.Tally, r *exportRow) {
			r.rules = rulesRow{kind: "count", name: strings.ReplaceAll(one.Name, "\x1f", "/"), count: one.Count}
		})
	})
}

// putEach puts a row for each of a page.
func putEach[T any](x *exporter, shop workflow.Shop, all []T, err error, fill func(T, *exportRow)) error {
	if err != nil {
		return err
	}
	for _, one := range all {
		r := &exportRow{shop: shop}
		fill(one, r)
		if err := x.put(r); err != nil {
			return err
		}
	}
	return nil
}

// putRules puts the rows of the rules themselves: first the shop's own part, if there ever was any.
func putRules(x *exporter, tx workflow.Tx, shop workflow.Shop) error {
	rules, err := tx.Rules(shop.ID)
	if err != nil || rules.Version == 0 {
		return err
	}
	own := rules
	own.All = nil
	text := linesOf(own)
	if rules.PausedAll {
		text = strings.TrimPrefix(text+"; all paused", "; ")
	}
	rows := []rulesRow{{kind: "shop", text: text, by: rules.PausedBy, at: rules.PausedAt}}
	for i, one := range rules.All {
		rows = append(rows, rulesRow{
			kind: "rule", name: one.Name, position: i + 1, text: linesOf(workflow.Rules{All: []workflow.ShopRule{one}}), by: one.ChangedBy, at: one.ChangedAt,
		})
	}
	return putEach(x, shop, rows, nil, func(one rulesRow, r *exportRow) { r.rules = one })
}

// linesOf are the lines of rules as text, without the first.
func linesOf(rules workflow.Rules) string {
	var lines []string
	for _, line := range strings.Split(rules.Text(), "\n")[1:] {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "; ")
}
