package pgstore

import (
	"errors"

	"github.com/jackc/pgx/v5"

	"sampledesk/store/internal/value"
	"sampledesk/workflow"
)

// What is found by its name alone, and listed by it.

var (
	authorisationsTable = table{"authorisations", "authorisation", "SELECT record FROM authorisations WHERE open_id = $1"}
	appsTable           = table{"apps", "app", "SELECT record FROM apps WHERE name = $1"}
	shopsTable          = table{"shops", "shop", "SELECT record FROM shops WHERE id = $1"}
	templatesTable      = table{"templates", "templates", "SELECT record FROM templates WHERE shop = $1"}
	runsTable           = table{"runs", "run", "SELECT record FROM runs WHERE id = $1"}
	noticesTable        = table{"notices", "notice", "SELECT record FROM notices WHERE id = $1"}
	peopleTable         = table{"people", "person", "SELECT record FROM people WHERE id = $1"}
)

// put keeps a value under a key. The statement's first parameters are the key, the next is the record, and others follow.
func (t *transaction) put(in table, v any, sql string, key []string, others ...any) error {
	text, err := encode(v)
	if err != nil {
		return err
	}
	if err := t.alive(); err != nil {
		return err
	}
	args := make([]any, 0, len(key)+1+len(others))
	for _, k := range key {
		args = append(args, k)
	}
	t.write(sql, append(append(args, text), others...)...)
	t.remember(in, record{text, true}, key...)
	return nil
}

// Authorisation is part of workflow.Tx.
func (t *transaction) Authorisation(openID string) (workflow.Authorisation, error) {
	return read[workflow.Authorisation](t, authorisationsTable, openID)
}

// Authorisations is part of workflow.Tx.
func (t *transaction) Authorisations() ([]workflow.Authorisation, error) {
	return list[workflow.Authorisation](t, "SELECT record FROM authorisations ORDER BY open_id")
}

// PutAuthorisation is part of workflow.Tx.
func (t *transaction) PutAuthorisation(a workflow.Authorisation) error {
	if err := t.may("an authorisation", a.OpenID); err != nil {
		return err
	}
	t.touch("")
	return t.put(authorisationsTable, value.Kept(a), `INSERT INTO authorisations (open_id, record) VALUES ($1, $2::json)
		ON CONFLICT (open_id) DO UPDATE SET record = excluded.record`, []string{a.OpenID})
}

// App is part of workflow.Tx.
func (t *transaction) App(name string) (workflow.App, error) {
	if name != "" {
		return read[workflow.App](t, appsTable, name)
	}
	r, err := t.shows(appsTable, "")
	switch {
	case err != nil:
		return workflow.App{}, err
	case !r.there:
		return workflow.App{}, notFound("app", name)
	}
	return decode[workflow.App](r.text)
}

// Apps is part of workflow.Tx.
func (t *transaction) Apps() ([]workflow.App, error) {
	return list[workflow.App](t, "SELECT record FROM apps ORDER BY name")
}

// PutApp is part of workflow.Tx.
func (t *transaction) PutApp(a workflow.App) error {
	if err := errors.Join(t.may("an app"), value.Fitting("an app", a.Name)); err != nil {
		return err
	}
	return t.put(appsTable, value.Kept(a), `INSERT INTO apps (name, record) VALUES ($1, $2::json)
		ON CONFLICT (name) DO UPDATE SET record = excluded.record`, []string{a.Name})
}

// Shop is part of workflow.Tx.
func (t *transaction) Shop(id workflow.ShopID) (workflow.Shop, error) {
	return read[workflow.Shop](t, shopsTable, string(id))
}

// Shops is part of workflow.Tx.
func (t *transaction) Shops() ([]workflow.Shop, error) {
	return list[workflow.Shop](t, "SELECT record FROM shops ORDER BY id")
}

// PutShop is part of workflow.Tx.
func (t *transaction) PutShop(s workflow.Shop) error {
	if err := t.may("a shop", string(s.ID)); err != nil {
		return err
	}
	s = value.Kept(s)
	t.touch(s.ID)
	return t.put(shopsTable, s, `INSERT INTO shops (id, record, name, region, seen_at, disconnected_at) VALUES ($1, $2::json, $3, $4, $5, $6)
		ON CONFLICT (id) DO UPDATE SET record = excluded.record, name = excluded.name, region = excluded.region, seen_at = excluded.seen_at,
		disconnected_at = excluded.disconnected_at`, []string{string(s.ID)}, shown(s.Name), shown(s.Region), since(s.SeenAt), since(s.Disconnected))
}

// Templates is part of workflow.Tx.
func (t *transaction) Templates(s workflow.ShopID) (workflow.Templates, error) {
	all, err := read[workflow.Templates](t, templatesTable, string(s))
	if errors.Is(err, workflow.ErrNotFound) {
		return workflow.Templates{Shop: s}, nil
	}
	return all, err
}

// PutTemplates is part of workflow.Tx.
func (t *transaction) PutTemplates(all workflow.Templates) error {
	if err := t.may("templates", string(all.Shop)); err != nil {
		return err
	}
	t.touch(all.Shop)
	return t.put(templatesTable, value.Kept(all), `INSERT INTO templates (shop, record) VALUES ($1, $2::json)
		ON CONFLICT (shop) DO UPDATE SET record = excluded.record`, []string{string(all.Shop)})
}

// named reads a page of what is listed by its name: the query gives names with records.
func named[T any](t *transaction, sql string, limit int, args ...any) ([]T, string, error) {
	type row struct {
		name  string
		value T
	}
	var all []row
	err := t.each(func(rows pgx.Rows) error {
		var r row
		var text string
		err := rows.Scan(&r.name, &text)
		if err == nil && len(all) < max(limit, 0) { // the one behind them only tells that there are more
			r.value, err = decode[T](text)
		}
		all = append(all, r)
		return err
	}, sql, append(args, more(limit))...)
	if err != nil {
		return nil, "", err
	}
	all, next := page(all, limit, func(r row) string { return r.name })
	var values []T
	for _, r := range all {
		values = append(values, r.value)
	}
	return values, next, nil
}

// Run is part of workflow.Tx.
func (t *transaction) Run(id workflow.RunID) (workflow.Run, error) {
	return read[workflow.Run](t, runsTable, string(id))
}

// Runs is part of workflow.Tx.
func (t *transaction) Runs(after string, limit int) ([]workflow.Run, string, error) {
	return named[workflow.Run](t, "SELECT id, record FROM runs WHERE id > $1 ORDER BY id LIMIT $2", limit, cursor(after))
}

// PutRun is part of workflow.Tx.
func (t *transaction) PutRun(r workflow.Run) error {
	if err := t.may("a run", string(r.ID)); err != nil {
		return err
	}
	r = value.Kept(r)
	t.touch(r.Shop)
	return t.put(runsTable, r, `INSERT INTO runs (id, record, shop, kind, by, at) VALUES ($1, $2::json, $3, $4, $5, $6)
		ON CONFLICT (id) DO UPDATE SET record = excluded.record, shop = excluded.shop, kind = excluded.kind, by = excluded.by, at = excluded.at`,
		[]string{string(r.ID)}, shown(r.Shop), shown(r.Kind), shown(r.By), since(r.At))
}

// Notice is part of workflow.Tx.
func (t *transaction) Notice(id workflow.NoticeID) (workflow.Notice, error) {
	return read[workflow.Notice](t, noticesTable, string(id))
}

// Notices is part of workflow.Tx.
func (t *transaction) Notices(after string, limit int) ([]workflow.Notice, string, error) {
	return named[workflow.Notice](t, "SELECT id, record FROM notices WHERE id > $1 ORDER BY id LIMIT $2", limit, cursor(after))
}

// PutNotice is part of workflow.Tx.
func (t *transaction) PutNotice(n workflow.Notice) error {
	if err := t.may("a notice", string(n.ID)); err != nil {
		return err
	}
	n = value.Kept(n)
	t.touch(n.Shop)
	return t.put(noticesTable, n, `INSERT INTO notices (id, record, shop, kind) VALUES ($1, $2::json, $3, $4)
		ON CONFLICT (id) DO UPDATE SET record = excluded.record, shop = excluded.shop, kind = excluded.kind`,
		[]string{string(n.ID)}, shown(n.Shop), shown(n.Kind))
}

// Person is part of workflow.Tx.
func (t *transaction) Person(id workflow.PersonID) (workflow.Person, error) {
	return read[workflow.Person](t, peopleTable, string(id))
}

// PutPerson is part of workflow.Tx.
func (t *transaction) PutPerson(p workflow.Person) error {
	if err := t.may("a person", string(p.ID)); err != nil {
		return err
	}
	return t.put(peopleTable, value.Kept(p), `INSERT INTO people (id, record) VALUES ($1, $2::json)
		ON CONFLICT (id) DO UPDATE SET record = excluded.record`, []string{string(p.ID)})
}
