package query

import (
	"fmt"
	"strconv"
	"strings"

	"sampledesk/workflow"
)

// Row is an application in a list.
type Row struct {
	Application workflow.Application
	Campaign    string // the name of the campaign it belongs to; empty: none
	Shop        string // named only where there are several
}

// RowOf returns an application's row in a list of those shops.
func RowOf(tx workflow.Tx, a workflow.Application, shops []workflow.Shop) (Row, error) {
	row := Row{Application: a}
	if s, ok := ShopAmong(shops, a.Key.Shop); ok {
		row.Shop = ShopName(s, len(shops))
	}
	var err error
	row.Campaign, err = CampaignName(tx, a.Campaign)
	return row, err
}

// RowsOf returns the rows of a list of those shops.
func RowsOf(tx workflow.Tx, all []workflow.Application, shops []workflow.Shop) (rows []Row, err error) {
	for _, a := range all {
		row, err := RowOf(tx, a, shops)
		if err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// Page names a page of a list.
type Page struct {
	Number int    // counted from 0
	Cursor string // what the page starts after, opaque; empty on page 0
}

// maxPage is the number of the last page that can be asked for.
const maxPage = 1_000_000

// pageOf cuts a page out of a list that was read whole.
func pageOf[T any](all []T, number, size int) []T {
	from := min(min(number, maxPage)*size, len(all))
	return all[from:min(from+size, len(all))]
}

// String writes a page so that a control can carry it.
func (p Page) String() string { return strconv.Itoa(p.Number) + ":" + p.Cursor }

// ParsePage reads what String wrote.
func ParsePage(s string) (Page, error) {
	number, cursor, ok := strings.Cut(s, ":")
	n, err := strconv.Atoi(number)
	if !ok || err != nil || n < 0 || n > maxPage {
		return Page{}, fmt.Errorf("%q does not name a page of a list", s)
	}
	return Page{Number: n, Cursor: cursor}, nil
}

// Tally is how many applications stand where.
type Tally struct {
	By    map[workflow.Stage]int
	Other int // in a status that this desk does not know
}

// All is how many there are in all.
func (t Tally) All() int {
	n := t.Other
	for _, each := range t.By {
		n += each
	}
	return n
}
