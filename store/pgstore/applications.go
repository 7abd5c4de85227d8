package pgstore

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"sampledesk/store/internal/value"
	"sampledesk/workflow"
)

var applicationsTable = table{"applications", "application", "SELECT record FROM applications WHERE shop = $1 AND id = $2"}

// Application is part of workflow.Tx.
func (t *transaction) Application(k workflow.Key) (workflow.Application, error) {
	if t.writable && !t.begun {
		if err := t.foresee(k); err != nil {
			return workflow.Application{}, err
		}
	}
	return read[workflow.Application](t, applicationsTable, string(k.Shop), string(k.ID))
}

// foresee reads at once what nearly every update reads that begins with an application: that, its shop with its rules, and
// what waits for its card.
func (t *transaction) foresee(k workflow.Key) error {
	if err := t.alive(); err != nil || !value.Nameable(string(k.Shop), string(k.ID)) {
		return err
	}
	var application, shop, rules record
	var line []workflow.InLine
	lane := workflow.CardLane(k)
	found := func(r *record) func(pgx.Rows) error {
		return func(rows pgx.Rows) error {
			r.there = true
			return rows.Scan(&r.text)
		}
	}
	err := t.ask(
		&query{sql: applicationsTable.get, args: []any{string(k.Shop), string(k.ID)}, rows: found(&application)},
		&query{sql: shopsTable.get, args: []any{string(k.Shop)}, rows: found(&shop)},
		&query{sql: rulesTable.get, args: []any{string(k.Shop)}, rows: found(&rules)},
		&query{sql: readLine, args: []any{scatter(lane), string(lane)}, rows: scanLine(&line)},
	)
	if err != nil {
		return err
	}
	t.remember(shopsTable, shop, string(k.Shop))
	t.remember(rulesTable, rules, string(k.Shop))
	t.remember(applicationsTable, application, string(k.Shop), string(k.ID))
	t.lines[lane] = line
	return nil
}

// PutApplication is part of workflow.Tx. Where it stood is worked out from the application as it was. Places that stay as
// they were are not touched.
func (t *transaction) PutApplication(a workflow.Application) error {
	if err := t.may("an application", string(a.Key.Shop), string(a.Key.ID)); err != nil {
		return err
	}
	a = value.Kept(a)
	before, err := t.Application(a.Key)
	there := err == nil
	if err != nil && !errors.Is(err, workflow.ErrNotFound) {
		return err
	}
	text, err := encode(a)
	if err != nil {
		return fmt.Errorf("writing application %s: %w", a.Key, err)
	}
	if was := t.records[keyed("applications", string(a.Key.Shop), string(a.Key.ID))]; there && was.text == text {
		return nil
	}
	t.saveApplication(a, text)
	was, now := before.Places(), a.Places()
	if err := t.list(a.Key, was, now); err != nil {
		return fmt.Errorf("listing application %s: %w", a.Key, err)
	}
	t.figure(a.Key, before.Facts(), a.Facts())
	if err := t.standAnew(before, a, was, now); err != nil {
		return fmt.Errorf("counting application %s in its campaign: %w", a.Key, err)
	}
	t.touched[a.Key] = true
	return nil
}

const putApplication = `INSERT INTO applications (shop, id, status, stage, phase, verdict, reason, decided_by, decided_at, looked_at_by, creator, username,
	nickname, product, product_title, sku, campaign, order_id, tracking, seen_at, changed_at, review_by, ship_by, content_at, stamp, record)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26::json)
	ON CONFLICT (shop, id) DO UPDATE SET status = excluded.status, stage = excluded.stage, phase = excluded.phase, verdict = excluded.verdict,
	reason = excluded.reason, decided_by = excluded.decided_by, decided_at = excluded.decided_at, looked_at_by = excluded.looked_at_by,
	creator = excluded.creator, username = excluded.username, nickname = excluded.nickname, product = excluded.product,
	product_title = excluded.product_title, sku = excluded.sku, campaign = excluded.campaign, order_id = excluded.order_id, tracking = excluded.tracking,
	seen_at = excluded.seen_at, changed_at = excluded.changed_at, review_by = excluded.review_by, ship_by = excluded.ship_by,
	content_at = excluded.content_at, stamp = excluded.stamp, record = excluded.record`

// saveApplication writes an application that has gone through value.Kept, and its record.
func (t *transaction) saveApplication(a workflow.Application, text string) {
	shot, d := a.Snapshot, a.Decision
	t.write(putApplication, string(a.Key.Shop), string(a.Key.ID), shown(shot.Status), shown(a.Stage()), shown(d.Phase), shown(d.Verdict), shown(d.Reason),
		shown(d.By), since(d.At), shown(a.OnIt.By), shown(shot.Creator.KeyOf(a.Key.Shop)), shown(shot.Creator.Username), shown(shot.Creator.Nickname),
		shown(shot.Product.ID), shown(shot.Product.Title), shown(shot.Product.SKU), shown(a.Campaign), shown(shot.OrderID), shown(shot.Tracking),
		since(a.SeenAt), since(a.ChangedAt), since(shot.ReviewBy), since(shot.ShipBy), since(a.ContentAt), stampOf(text), text)
	t.remember(applicationsTable, record{text, true}, string(a.Key.Shop), string(a.Key.ID))
}

// list moves an application from the places where it was to those where it is now.
func (t *transaction) list(key workflow.Key, was, now []workflow.Place) error {
	for _, p := range was {
		if !slices.Contains(now, p) {
			t.stand(place{string(p.Listing), p.Sort}, key, workflow.Key{})
			if p.Listing.Long() {
				t.count(string(p.Listing), "", -1)
			}
		}
	}
	for _, p := range now {
		if slices.Contains(was, p) {
			continue
		}
		if strings.Contains(string(p.Listing)+p.Sort, "\x00") {
			return fmt.Errorf("the place %q of listing %q holds a zero byte", p.Sort, p.Listing)
		}
		t.stand(place{string(p.Listing), p.Sort}, workflow.Key{}, key)
		if p.Listing.Long() {
			t.count(string(p.Listing), "", 1)
		}
	}
	return nil
}

// listed is a row of a listing.
type listed struct {
	sort  string
	key   workflow.Key
	text  string
	stamp int64
}

func (t *transaction) listed(scan func(pgx.Rows, *listed) error, sql string, args ...any) (all []listed, err error) {
	err = t.each(func(rows pgx.Rows) error {
		var l listed
		err := scan(rows, &l)
		all = append(all, l)
		return err
	}, sql, args...)
	return all, err
}

// fits tells whether a listing can have anything in it.
func fits(l workflow.Listing) bool { return value.Nameable(string(l)) }

// Applications is part of workflow.Tx. The cursor is the Sort of the last application's place.
func (t *transaction) Applications(l workflow.Listing, after string, limit int) (workflow.Page, error) {
	if !fits(l) {
		return workflow.Page{}, t.alive()
	}
	all, err := t.listed(func(rows pgx.Rows, l *listed) error { return rows.Scan(&l.sort, &l.text) },
		`SELECT p.sort, a.record FROM (SELECT sort, shop, application FROM places WHERE listing = $1 AND sort > $2 ORDER BY sort LIMIT $3) p
		JOIN applications a ON a.shop = p.shop AND a.id = p.application ORDER BY p.sort`, string(l), cursor(after), more(limit))
	if err != nil {
		return workflow.Page{}, fmt.Errorf("reading the listing %q: %w", l, err)
	}
	all, next := page(all, limit, func(l listed) string { return l.sort })
	found := workflow.Page{Next: next}
	found.Applications, err = decoded[workflow.Application](all)
	return found, err
}

func decoded[T any](all []listed) (values []T, err error) {
	if len(all) == 0 {
		return nil, nil
	}
	values = make([]T, len(all))
	for i, l := range all {
		if values[i], err = decode[T](l.text); err != nil {
			return nil, err
		}
	}
	return values, nil
}

// Latest is part of workflow.Tx.
func (t *transaction) Latest(l workflow.Listing, limit int) ([]workflow.Application, error) {
	all, err := t.latest(l, limit)
	if err != nil {
		return nil, err
	}
	return decoded[workflow.Application](all)
}

// Outlines is part of workflow.Tx.
func (t *transaction) Outlines(l workflow.Listing, limit int) ([]workflow.Outline, error) {
	all, err := t.latest(l, limit)
	if err != nil {
		return nil, err
	}
	return decoded[workflow.Outline](all)
}

func (t *transaction) latest(l workflow.Listing, limit int) ([]listed, error) {
	if !fits(l) {
		return nil, t.alive()
	}
	all, err := t.listed(func(rows pgx.Rows, l *listed) error { return rows.Scan(&l.text) },
		`SELECT a.record FROM (SELECT sort, shop, application FROM places WHERE listing = $1 ORDER BY sort DESC LIMIT $2) p
		JOIN applications a ON a.shop = p.shop AND a.id = p.application ORDER BY p.sort DESC`, string(l), more(limit)-1)
	if err != nil {
		return nil, fmt.Errorf("reading the listing %q from its end: %w", l, err)
	}
	return all, nil
}

// Stamp is part of workflow.Tx.
func (t *transaction) Stamp(k workflow.Key) (workflow.Stamp, error) {
	if err := t.alive(); err != nil {
		return 0, err
	}
	if !value.Nameable(string(k.Shop), string(k.ID)) {
		return 0, notFound("application", k)
	}
	var stamp int64
	found, err := t.one([]any{&stamp}, "SELECT stamp FROM applications WHERE shop = $1 AND id = $2", string(k.Shop), string(k.ID))
	if err == nil && !found {
		return 0, notFound("application", k)
	}
	return workflow.Stamp(stamp), err
}

// Stamps is part of workflow.Tx.
func (t *transaction) Stamps(l workflow.Listing, after string, limit int) ([]workflow.Stamped, string, error) {
	if !fits(l) {
		return nil, "", t.alive()
	}
	all, err := t.listed(func(rows pgx.Rows, l *listed) error { return rows.Scan(&l.sort, &l.key.Shop, &l.key.ID, &l.stamp) },
		`SELECT p.sort, a.shop, a.id, a.stamp FROM (SELECT sort, shop, application FROM places WHERE listing = $1 AND sort > $2 ORDER BY sort LIMIT $3) p
		JOIN applications a ON a.shop = p.shop AND a.id = p.application ORDER BY p.sort`, string(l), cursor(after), more(limit))
	if err != nil {
		return nil, "", fmt.Errorf("reading the stamps of the listing %q: %w", l, err)
	}
	all, next := page(all, limit, func(l listed) string { return l.sort })
	var stamps []workflow.Stamped
	for _, l := range all {
		stamps = append(stamps, workflow.Stamped{Key: l.key, Stamp: workflow.Stamp(l.stamp)})
	}
	return stamps, next, nil
}

// Count is part of workflow.Tx. A short listing is counted as it is asked for.
func (t *transaction) Count(l workflow.Listing) (int, error) {
	if l.Long() {
		return t.number(string(l), "")
	}
	if !fits(l) {
		return 0, t.alive()
	}
	var n int
	_, err := t.one([]any{&n}, "SELECT count(*) FROM places WHERE listing = $1", string(l))
	return n, err
}

// number returns a number that is kept.
func (t *transaction) number(listing, part string) (n int, err error) {
	if !value.Nameable(listing) || value.Fitting("", part) != nil {
		return 0, t.alive()
	}
	_, err = t.one([]any{&n}, "SELECT coalesce(sum(n), 0)::bigint FROM counts WHERE listing = $1 AND part = $2", listing, part)
	return n, err
}

// CountTo is part of workflow.Tx.
func (t *transaction) CountTo(l workflow.Listing, place string) (n int, err error) {
	if !fits(l) {
		return 0, t.alive()
	}
	_, err = t.one([]any{&n}, "SELECT count(*) FROM places WHERE listing = $1 AND sort < $2", string(l), cursor(place))
	return n, err
}
