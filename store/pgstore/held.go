package pgstore

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"sampledesk/workflow"
)

var _ workflow.Holder = (*Store)(nil)

// handing makes a thing of a row.
type handing func(pgx.Rows) (any, error)

// handedOut are the statements that read what Held hands out, in its order.
var handedOut = []struct {
	what string
	sql  string
	make handing
}{
	{"authorisations", "SELECT record FROM authorisations ORDER BY open_id", recordOf[workflow.Authorisation]},
	{"apps", "SELECT record FROM apps ORDER BY name", recordOf[workflow.App]},
	{"shops", "SELECT record FROM shops ORDER BY id", recordOf[workflow.Shop]},
	{"templates", "SELECT record FROM templates ORDER BY shop", recordOf[workflow.Templates]},
	{"rules", "SELECT record FROM rules ORDER BY shop", recordOf[workflow.Rules]},
	{"lists", "SELECT record FROM listed ORDER BY shop, list, creator", recordOf[workflow.Listed]},
	{"costs", "SELECT record FROM costs ORDER BY shop, product, sku", recordOf[workflow.Cost]},
	{"tallies", "SELECT listing, part, sum(n)::bigint FROM counts WHERE starts_with(listing, '" + talliesPrefix + "') GROUP BY listing, part HAVING sum(n) <> 0 ORDER BY listing, part", tallyOf},
	{"campaigns", "SELECT record FROM campaigns ORDER BY id", recordOf[workflow.Campaign]},
	{"applications", "SELECT record FROM applications ORDER BY shop, id", recordOf[workflow.Application]},
	{"history", "SELECT record FROM history ORDER BY shop, application, sequence", recordOf[workflow.Entry]},
	{"members", "SELECT record FROM members ORDER BY campaign, creator", recordOf[workflow.Member]},
	{"products", "SELECT shop, record FROM products ORDER BY shop, id, sku", productOf},
	{"conversations", "SELECT record FROM conversations ORDER BY shop, creator", recordOf[workflow.Conversation]},
	{"runs", "SELECT record FROM runs ORDER BY id", recordOf[workflow.Run]},
	{"notices", "SELECT record FROM notices ORDER BY id", recordOf[workflow.Notice]},
	{"people", "SELECT record FROM people ORDER BY id", recordOf[workflow.Person]},
	{"deliveries", "SELECT id, day FROM deliveries ORDER BY day, id", deliveryOf},
	{"looks", "SELECT record FROM looks ORDER BY subject", recordOf[workflow.Look]},
	{"marks", "SELECT name, record FROM marks ORDER BY name", markOf},
	{"dead letters", "SELECT at, record FROM dead_letters ORDER BY at, id", deadLetterOf},
	{"outbox", "SELECT " + effectColumns + " FROM effects e ORDER BY e.sequence", effectOf},
}

func recordOf[T any](rows pgx.Rows) (any, error) {
	var text string
	if err := rows.Scan(&text); err != nil {
		return nil, err
	}
	return decode[T](text)
}

func tallyOf(rows pgx.Rows) (any, error) {
	var listing string
	var one workflow.Tally
	err := rows.Scan(&listing, &one.Name, &one.Count)
	return workflow.ShopTally{Shop: workflow.ShopID(strings.TrimPrefix(listing, talliesPrefix)), Tally: one}, err
}

func productOf(rows pgx.Rows) (any, error) {
	var shop, text string
	if err := rows.Scan(&shop, &text); err != nil {
		return nil, err
	}
	p, err := decode[workflow.Product](text)
	return workflow.ShopProduct{Shop: workflow.ShopID(shop), Product: p}, err
}

func deliveryOf(rows pgx.Rows) (any, error) {
	var d workflow.Delivery
	err := rows.Scan(&d.ID, &d.Day)
	d.Day = dayOf(d.Day)
	return d, err
}

func markOf(rows pgx.Rows) (any, error) {
	var name, text string
	if err := rows.Scan(&name, &text); err != nil {
		return nil, err
	}
	said, err := decode[string](text)
	return workflow.Mark{Name: name, Text: said}, err
}

func deadLetterOf(rows pgx.Rows) (any, error) {
	var at time.Time
	var text string
	if err := rows.Scan(&at, &text); err != nil {
		return nil, err
	}
	e, err := decode[workflow.Effect](text)
	return workflow.DeadLetter{Effect: e, At: at.UTC()}, err
}

func effectOf(rows pgx.Rows) (any, error) {
	var q queued
	err := scanEffect(rows, &q)
	return q.effect, err
}

// Held is part of workflow.Holder. Its snapshot lasts as long as the reading.
func (s *Store) Held(ctx context.Context, fn func(thing any) error) error {
	return pgx.BeginTxFunc(ctx, s.conns(), pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		for _, of := range handedOut {
			if err := handOut(ctx, tx, of.sql, of.make, fn); err != nil {
				return fmt.Errorf("reading the %s: %w", of.what, err)
			}
		}
		return nil
	})
}

func handOut(ctx context.Context, tx pgx.Tx, sql string, make handing, fn func(any) error) error {
	rows, err := tx.Query(ctx, sql)
	if err != nil {
		return sentence(err)
	}
	defer rows.Close()
	for rows.Next() {
		thing, err := make(rows)
		if err != nil {
			return err
		}
		if err := fn(thing); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return sentence(err)
	}
	return nil
}

// Fill is Update of a store into which all that it held elsewhere is put: of an application that fn puts, nothing is there
// yet, and nobody asks.
func (s *Store) Fill(ctx context.Context, fn func(workflow.Tx) error) error {
	return s.Update(ctx, func(tx workflow.Tx) error {
		tx.(*transaction).fresh = true
		return fn(tx)
	})
}

// filled are the tables that Clear empties: all but the schema's number.
const filled = `authorisations, apps, shops, applications, places, counts, facts, figures, campaigns, members, products, conversations, templates, rules,
	listed, costs, runs, notices, people, deliveries, looks, history, effects, dead_letters, marks, desks, turns, budgets, changes`

// Clear takes away all that the store holds, at once.
func (s *Store) Clear(ctx context.Context) error {
	if _, err := s.conns().Exec(ctx, "TRUNCATE "+filled); err != nil {
		return fmt.Errorf("emptying the store: %w", sentence(err))
	}
	return nil
}
