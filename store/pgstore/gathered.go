package pgstore

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"sampledesk/workflow"
)

// gathered is what a transaction changed that is written in one statement for all: places, facts, and numbers.
type gathered struct {
	places  map[place]standing
	facts   map[factKey]*workflow.Fact // nil: it is taken out
	counts  map[counted]int
	figures map[figure]int
}

// place is a place in a listing.
type place struct{ listing, sort string }

// standing is who stood at a place when it was sent last, and who stands there now; the zero key is nobody.
type standing struct{ was, now workflow.Key }

// counted names a number that is kept.
type counted struct{ listing, part string }

// figure names a sum of an hour's facts.
type figure struct {
	shop workflow.ShopID
	hour int64 // when it began, in microseconds
	what int
}

// factKey names a fact.
type factKey struct {
	key  workflow.Key
	at   int64
	line workflow.Line
}

// count adds to a number.
func (t *transaction) count(listing, part string, add int) {
	if t.counts == nil {
		t.counts = map[counted]int{}
	}
	t.counts[counted{listing, part}] += add
}

// stand has somebody else at a place than before.
func (t *transaction) stand(p place, before, now workflow.Key) {
	if t.places == nil {
		t.places = map[place]standing{}
	}
	s, ok := t.places[p]
	if !ok {
		s.was = before
	}
	s.now = now
	t.places[p] = s
}

// dirty tells whether anything is to be sent.
func (t *transaction) dirty() bool {
	return len(t.pending)+len(t.places)+len(t.facts)+len(t.counts)+len(t.figures) > 0
}

// flush makes statements of what was gathered.
func (t *transaction) flush() {
	t.flushPlaces()
	t.flushFacts()
	t.flushNumbers()
	t.gathered = gathered{}
}

func (t *transaction) flushPlaces() {
	var goneFrom, goneSort, listings, sorts, shops, ids []string
	for p, s := range t.places {
		if s.was == s.now {
			continue
		}
		if s.was != (workflow.Key{}) {
			goneFrom, goneSort = append(goneFrom, p.listing), append(goneSort, p.sort)
		}
		if s.now != (workflow.Key{}) {
			listings, sorts = append(listings, p.listing), append(sorts, p.sort)
			shops, ids = append(shops, string(s.now.Shop)), append(ids, string(s.now.ID))
		}
	}
	if len(goneFrom) > 0 {
		t.write("DELETE FROM places p USING unnest($1::text[], $2::text[]) AS gone (listing, sort) WHERE p.listing = gone.listing AND p.sort = gone.sort", goneFrom, goneSort)
	}
	if len(listings) > 0 {
		t.write("INSERT INTO places (listing, sort, shop, application) SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[])", listings, sorts, shops, ids)
	}
}

func (t *transaction) flushFacts() {
	var goneShop, goneID, goneLine, shops, ids, lines []string
	var goneAt, at []time.Time
	var before []*time.Time
	var here, untold []bool
	var spans []int32
	var orders []int64
	for k, f := range t.facts {
		if f == nil {
			goneShop, goneID, goneLine = append(goneShop, string(k.key.Shop)), append(goneID, string(k.key.ID)), append(goneLine, string(k.line))
			goneAt = append(goneAt, time.UnixMicro(k.at).UTC())
			continue
		}
		shops, ids, lines = append(shops, string(k.key.Shop)), append(ids, string(k.key.ID)), append(lines, string(k.line))
		at, before = append(at, time.UnixMicro(k.at).UTC()), append(before, since(f.Before))
		here, untold = append(here, f.Here), append(untold, f.Untold)
		spans, orders = append(spans, int32(f.Span)), append(orders, int64(f.Orders))
	}
	if len(goneShop) > 0 {
		t.write(`DELETE FROM facts f USING unnest($1::text[], $2::timestamptz[], $3::text[], $4::text[]) AS gone (shop, at, line, application)
			WHERE f.shop = gone.shop AND f.at = gone.at AND f.line = gone.line AND f.application = gone.application`, goneShop, goneAt, goneLine, goneID)
	}
	if len(shops) > 0 {
		t.write(`INSERT INTO facts (shop, at, line, application, before, here, span, orders, untold)
			SELECT * FROM unnest($1::text[], $2::timestamptz[], $3::text[], $4::text[], $5::timestamptz[], $6::boolean[], $7::integer[], $8::bigint[], $9::boolean[])
			ON CONFLICT (shop, at, line, application) DO UPDATE SET before = excluded.before, here = excluded.here, span = excluded.span, orders = excluded.orders,
			untold = excluded.untold`, shops, at, lines, ids, before, here, spans, orders, untold)
	}
}

func (t *transaction) flushNumbers() {
	var listings, parts, shops []string
	var n, sums []int64
	var hours []time.Time
	var what []int32
	for _, c := range slices.SortedFunc(maps.Keys(t.counts), func(a, b counted) int {
		return cmp.Or(cmp.Compare(a.listing, b.listing), cmp.Compare(a.part, b.part))
	}) {
		if add := t.counts[c]; add != 0 {
			listings, parts, n = append(listings, c.listing), append(parts, c.part), append(n, int64(add))
		}
	}
	for f, add := range t.figures {
		if add != 0 {
			shops, hours = append(shops, string(f.shop)), append(hours, time.UnixMicro(f.hour).UTC())
			what, sums = append(what, int32(f.what)), append(sums, int64(add))
		}
	}
	if len(listings) > 0 {
		t.write("INSERT INTO counts (listing, part, n) SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[])", listings, parts, n)
	}
	if len(shops) > 0 {
		t.write("INSERT INTO figures (shop, hour, what, n) SELECT * FROM unnest($1::text[], $2::timestamptz[], $3::integer[], $4::bigint[])", shops, hours, what, sums)
	}
}
