package affiliatesim

import (
	"bytes"
	"encoding/json"
	"maps"
	"math"
	"net/http"
	"slices"
	"strings"
)

// pageOddity is a way in which the pages of a listing come other than the documentation
// lets one expect. It travels in the page token, so that a listing is odd as a whole.
type pageOddity byte

const (
	pagesRepeat      pageOddity = iota + 1 // every page comes twice
	pagesEmptyMiddle                       // the second page holds nothing, and a third follows
	pagesSelf                              // every page names itself as the next
	pagesShrink                            // pages lack half of what they should hold
	pagesShuffle                           // every page has an order of its own, so records come twice or not at all
)

var pageOddities = map[string]pageOddity{
	"repeat": pagesRepeat, "empty_middle": pagesEmptyMiddle, "self": pagesSelf, "shrink": pagesShrink, "shuffle": pagesShuffle,
}

// oddListings is an order for the next listings.
type oddListings struct {
	oddity pageOddity
	path   string // any part of the path; empty: every listing
	times  int    // how many listings
}

const (
	maxOddRecords = 1000
	maxOddFields  = 100
)

// odd are the values that records answer with in place of their own: by the record's
// id and the path of the field, dots between its names. A nil value leaves the field out.
type odd map[string]map[string]json.RawMessage

// simOddities answers POST /sim/oddities: either odd fields of a record, whatever their
// type, or odd pages. "without" names fields that the record leaves out. Both add to what
// was ordered before; a record named with neither is as it should be again, and "times":0
// ends the odd pages.
func (c *Center) simOddities(_ *http.Request, body []byte) (any, error) {
	in, err := control[struct {
		ID      string                     `json:"id"`
		Fields  map[string]json.RawMessage `json:"fields"`
		Without []string                   `json:"without"`
		Pages   string                     `json:"pages"`
		Path    string                     `json:"path"`
		Times   *int                       `json:"times"`
	}](body)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	defer c.changed()
	switch {
	case in.ID != "" && (in.Pages != "" || in.Times != nil):
		return nil, badInput(`name either a record ("id") or "pages", not both`)
	case in.ID != "":
		return c.oddRecord(in.ID, in.Fields, in.Without)
	case in.Pages != "" || in.Times != nil:
		return c.oddPages(in.Pages, in.Path, given(in.Times, 1))
	default:
		return nil, badInput(`name a record ("id" with "fields" or "without") or "pages" (repeat, empty_middle, self, shrink, shuffle)`)
	}
}

func (c *Center) oddRecord(id string, fields map[string]json.RawMessage, without []string) (any, error) {
	if !c.knows(id) {
		return nil, missing("nothing here has the id %q: GET /sim/state lists what there is", clip(id, 40))
	}
	if len(fields) == 0 && len(without) == 0 {
		delete(c.odd, id)
		return map[string]any{"ok": true}, nil
	}
	known := maps.Clone(c.odd[id])
	if known == nil {
		known = map[string]json.RawMessage{}
	}
	for path, value := range fields {
		known[path] = bytes.Clone(value)
	}
	for _, path := range without {
		known[path] = nil
	}
	if len(known) > maxOddFields || len(c.odd) >= maxOddRecords {
		return nil, badInput("at most %d fields of %d records may be odd", maxOddFields, maxOddRecords)
	}
	c.odd[id] = known
	return map[string]any{"ok": true}, nil
}

func (c *Center) oddPages(pages, path string, times int) (any, error) {
	if times < 0 || times > math.MaxInt32 {
		return nil, badInput("times must be 0 (end it) or more, not %d", times)
	}
	if times == 0 {
		c.oddNext = nil
		return map[string]any{"ok": true}, nil
	}
	oddity, known := pageOddities[pages]
	if !known {
		return nil, badInput("pages must be one of repeat, empty_middle, self, shrink, shuffle; not %q", clip(pages, 40))
	}
	if len(c.oddNext) >= maxFaults {
		return nil, badInput(`%d orders wait already: end them with {"times":0}`, maxFaults)
	}
	c.oddNext = append(c.oddNext, &oddListings{oddity: oddity, path: path, times: times})
	return map[string]any{"ok": true}, nil
}

// knows tells whether an application, a conversation, a collaboration or a piece of
// content has that id.
func (c *Center) knows(id string) bool {
	_, known := c.applications[id]
	return known ||
		slices.ContainsFunc(c.conversations, func(v *conversation) bool { return v.id == id }) ||
		slices.ContainsFunc(c.collaborations, func(t *collaboration) bool { return t.id == id }) ||
		slices.ContainsFunc(c.listing, func(a *application) bool {
			return slices.ContainsFunc(a.contents, func(t content) bool { return t.id == id })
		})
}

// takeOddity takes one turn of the first order for odd pages that fits a listing's path.
func (c *Center) takeOddity(path string) pageOddity {
	for i, o := range c.oddNext {
		if !strings.Contains(path, o.path) {
			continue
		}
		oddity := o.oddity
		if o.times--; o.times == 0 {
			c.oddNext = slices.Delete(c.oddNext, i, i+1)
		}
		return oddity
	}
	return 0
}

// as is a record as it answers: with the odd values that were ordered for its id.
func (o odd) as(id string, record any) any {
	fields := o[id]
	if len(fields) == 0 {
		return record
	}
	text, err := json.Marshal(record)
	if err != nil {
		return record
	}
	var whole map[string]any
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&whole); err != nil {
		return record
	}
	for _, path := range slices.Sorted(maps.Keys(fields)) {
		put(whole, strings.Split(path, "."), fields[path])
	}
	return whole
}

// put sets or removes what a path leads to; objects on the way are made where there are none.
func put(into map[string]any, path []string, value json.RawMessage) {
	if len(path) > 1 {
		inner, ok := into[path[0]].(map[string]any)
		if !ok {
			inner = map[string]any{}
			into[path[0]] = inner
		}
		put(inner, path[1:], value)
		return
	}
	if value == nil {
		delete(into, path[0])
		return
	}
	into[path[0]] = value
}

// distort makes a page of an odd listing out of the one that would be right. from is
// where the page begins and next where the right one ends.
func distort[R numbered](page []R, from place, next *place) ([]R, *place) {
	if len(page) == 0 {
		return page, next
	}
	again := from
	again.lap++
	switch from.odd {
	case pagesRepeat:
		if from.lap == 0 {
			return page, &again
		}
	case pagesSelf:
		again.lap = 1
		return page, &again
	case pagesShrink:
		return page[:(len(page)+1)/2], next
	case pagesEmptyMiddle:
		switch from.lap {
		case 0:
			page = page[:(len(page)+1)/2]
			behind := from.behind(page[len(page)-1])
			behind.lap = 1
			return page, &behind
		case 1:
			return nil, &again
		}
	default: // the rest was done to the whole listing
	}
	return page, next
}
