package pgstore

import (
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"sampledesk/store/internal/value"
	"sampledesk/workflow"
)

// The sums that are kept of an hour's facts, beside those of the lines.
const (
	sumThere  = 8
	sumOrders = 9
	sumUntold = 10
	sumTook   = 1000 // and the span
)

const hour = int64(time.Hour / time.Microsecond)

// hourOf returns when the hour began in which a time is.
func hourOf(micro int64) int64 {
	n := micro / hour
	if micro%hour < 0 {
		n--
	}
	return n * hour
}

// figure takes what an application added to the figures out of them, and adds what it adds now.
func (t *transaction) figure(k workflow.Key, was, now []workflow.Fact) {
	for _, f := range was {
		if !slices.Contains(now, f) {
			t.sum(k, f, -1)
			t.fact(k, f, nil)
		}
	}
	for _, f := range now {
		if !slices.Contains(was, f) {
			t.sum(k, f, 1)
			t.fact(k, f, &f)
		}
	}
}

// fact keeps a fact, or takes it out.
func (t *transaction) fact(k workflow.Key, f workflow.Fact, now *workflow.Fact) {
	if t.facts == nil {
		t.facts = map[factKey]*workflow.Fact{}
	}
	t.facts[factKey{k, f.At.UnixMicro(), f.Line}] = now
}

// sum adds a fact so many times to the sums of its hour.
func (t *transaction) sum(k workflow.Key, f workflow.Fact, times int) {
	if t.figures == nil {
		t.figures = map[figure]int{}
	}
	var s workflow.Totals
	s.Add(f, times)
	at := figure{shop: k.Shop, hour: hourOf(f.At.UnixMicro())}
	add := func(what, n int) {
		if n != 0 {
			at.what = what
			t.figures[at] += n
		}
	}
	for i, n := range s.Of {
		add(i, n)
	}
	add(sumThere, s.There)
	add(sumOrders, s.Orders)
	add(sumUntold, s.Untold)
	for span, n := range s.Took {
		add(sumTook+span, n)
	}
}

// addSum adds a sum that was kept.
func addSum(s *workflow.Totals, what, n int) {
	switch {
	case n == 0:
	case what < len(s.Of):
		s.Of[what] += n
	case what == sumThere:
		s.There += n
	case what == sumOrders:
		s.Orders += n
	case what == sumUntold:
		s.Untold += n
	case what >= sumTook:
		s.Took.Add(workflow.Span(what-sumTook), n)
	}
}

// microUp is the number of the first microsecond that is not before a time.
func microUp(t time.Time) int64 {
	n := t.UnixMicro()
	if time.UnixMicro(n).Before(t) {
		n++
	}
	return n
}

// at is a microsecond as the database takes it.
func at(micro int64) time.Time { return time.UnixMicro(micro).UTC() }

// The statements of Totals. An hour in which the shop has no fact outside the period counts as one that is all in it.
const (
	noFact = `SELECT NOT EXISTS (SELECT FROM facts WHERE shop = $1 AND at >= $2 AND at < $3), NOT EXISTS (SELECT FROM facts WHERE shop = $1 AND at >= $4 AND at < $5)`
	facts  = `SELECT at, line, before, here, span, orders, untold FROM facts WHERE shop = $1 AND at >= $2 AND at < $3`
	again  = `SELECT at, line, before, here, span, orders, untold FROM facts WHERE shop = $1 AND at >= $2 AND at < $3 AND before IS NOT NULL AND before >= $4`
	sums   = `SELECT what, sum(n)::bigint FROM figures WHERE shop = $1 AND hour >= $2 AND hour < $3 GROUP BY what`
)

// Totals is part of workflow.Tx.
func (t *transaction) Totals(s workflow.ShopID, from, to time.Time) (sum workflow.Totals, err error) {
	if err := t.alive(); err != nil || !value.Nameable(string(s)) {
		return sum, err
	}
	begin, end := microUp(from), microUp(to)
	if begin >= end {
		return sum, nil
	}
	first, last := hourOf(begin+hour-1), hourOf(end)
	var behind, before bool
	if _, err := t.one([]any{&behind, &before}, noFact, string(s), at(end), at(last+hour), at(first-hour), at(begin)); err != nil {
		return sum, err
	}
	if behind {
		last += hour
	}
	if before {
		first -= hour
	}
	shop := string(s)
	if first >= last {
		return sum, t.each(factsTo(func(f workflow.Fact) {
			if !f.Again(from) {
				sum.Add(f, 1)
			}
		}), facts, shop, at(begin), at(end))
	}
	once := factsTo(func(f workflow.Fact) { sum.Add(f, 1) })
	queries := []*query{{sql: sums, args: []any{shop, at(first), at(last)}, rows: func(rows pgx.Rows) error {
		var what, n int
		err := rows.Scan(&what, &n)
		addSum(&sum, what, n)
		return err
	}}}
	for _, part := range [][2]int64{{begin, first}, {last, end}} {
		if part[0] < part[1] {
			queries = append(queries, &query{sql: facts, args: []any{shop, at(part[0]), at(part[1])}, rows: once})
		}
	}
	queries = append(queries, &query{sql: again, args: []any{shop, at(begin), at(end), at(begin)}, rows: factsTo(func(f workflow.Fact) { sum.Add(f, -1) })})
	return sum, t.ask(queries...)
}

// factsTo reads rows of facts.
func factsTo(fn func(workflow.Fact)) func(pgx.Rows) error {
	return func(rows pgx.Rows) error {
		var f workflow.Fact
		var before *time.Time
		if err := rows.Scan(&f.At, &f.Line, &before, &f.Here, &f.Span, &f.Orders, &f.Untold); err != nil {
			return err
		}
		f.At = f.At.UTC()
		if before != nil {
			f.Before = before.UTC()
		}
		fn(f)
		return nil
	}
}
