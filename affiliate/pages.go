package affiliate

import (
	"errors"
	"fmt"
	"iter"
	"net/http"
)

// maxPages ends a listing that has no end: half a million applications.
const maxPages = 10_000

// barrenPages is after how many pages in a row that hold nothing new a listing ends.
// One may be empty or come twice in the middle; what was read counts.
const barrenPages = 2

// pages yields the pages of a listing up to its end: the last page, and also where pages
// name one that was there before, or hold nothing new any more. The vendor promises
// neither an order nor that nothing moves while pages are read, so such a listing is
// never proof that something is not there. The fetch returns the page that a token
// names, the first one for "", with the ids of its records and the token of the next,
// which is empty on the last. After an error nothing more comes.
func pages[P any](fetch func(token string) (page P, ids iter.Seq[string], next string, err error)) iter.Seq2[P, error] {
	return func(yield func(P, error) bool) {
		token, barren := "", 0
		tokens, met := map[string]bool{}, map[string]bool{}
		for range maxPages {
			page, ids, next, err := fetch(token)
			if !yield(page, err) || err != nil {
				return
			}
			barren++
			for id := range ids {
				if !met[id] {
					met[id], barren = true, 0
				}
			}
			if next == "" || tokens[next] || barren >= barrenPages {
				return
			}
			tokens[next], token = true, next
		}
	}
}

// listing yields the records of all pages, each page as it is asked for. The fetch
// returns the page that a token names, the first one for "", and the token of the
// next, which is empty on the last. After an error nothing more comes, and pages
// without an end are one: this is for listings in which something that is not there
// is a fact. [pages] is for the others.
func listing[T any](doing, path string, fetch func(token string) (found []T, next string, err error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		token := ""
		seen := map[string]bool{}
		for range maxPages {
			found, next, err := fetch(token)
			if err != nil {
				yield(none, err)
				return
			}
			for _, record := range found {
				if !yield(record, nil) {
					return
				}
			}
			if token = next; token == "" {
				return
			}
			if seen[token] {
				break
			}
			seen[token] = true
		}
		yield(none, fmt.Errorf("%s: %w", doing, &Error{
			HTTPStatus: http.StatusOK, Path: path, Message: "the pages have no end",
		}))
	}
}

// walked yields the records of [pages]. Named tells a record from the others.
func walked[T any](named func(T) string, fetch func(token string) (found []T, next string, err error)) iter.Seq2[T, error] {
	all := pages(func(token string) ([]T, iter.Seq[string], string, error) {
		found, next, err := fetch(token)
		return found, names(found, named), next, err
	})
	return records(all, func(found []T) []T { return found })
}

// records yields what stands on each of the pages.
func records[P, T any](all iter.Seq2[P, error], on func(P) []T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for page, err := range all {
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			for _, record := range on(page) {
				if !yield(record, nil) {
					return
				}
			}
		}
	}
}

// names lists what tells records apart.
func names[T any](records []T, named func(T) string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, r := range records {
			if !yield(named(r)) {
				return
			}
		}
	}
}

// readable is what a record of an answer can be read into.
type readable[T any] interface {
	*T
	read(v value) error
}

// readEach reads records one by one, so that one that cannot be read does not hide
// the others.
func readEach[T any, P readable[T]](records []value) (read []T, unreadable []error) {
	all := make([]T, len(records))
	n := 0
	for _, v := range records {
		if err := P(&all[n]).read(v); err != nil {
			unreadable = append(unreadable, err)
			continue
		}
		n++
	}
	if n == 0 {
		return nil, unreadable
	}
	return all[:n], unreadable
}

// readRecords is readEach for answers of which an empty list is a fact. If no record
// can be read, the error is that of the first: then it is not one odd record but
// another format.
func readRecords[T any, P readable[T]](records []value) (read []T, unreadable []error, err error) {
	read, unreadable = readEach[T, P](records)
	if len(read) == 0 && len(unreadable) > 0 {
		return nil, nil, unreadable[0]
	}
	return read, unreadable, nil
}

// logSkipped logs the records of an answer that could not be read.
func (s *Shop) logSkipped(path string, unreadable []error) {
	for _, err := range unreadable {
		s.auth.client.log.Warn("skipped an unreadable record of an answer",
			"shop", string(s.id), "path", path, "error", scrub(err.Error()))
	}
}

// readPage reads a page of the Message Center's listings: its records and the token
// of the next page, "" on the last. Whole is false where the answer tells of a next
// page and does not name it. It refuses an answer that holds no list and does not say
// that this is all: to take that for an empty one would be to conclude that a message
// was never sent.
func readPage(data []byte, list string) (records []value, next string, whole bool, err error) {
	f, err := openData(new(parser), data)
	if err != nil {
		return nil, "", false, err
	}
	records, next = f.list(list), f.loose("next_page_token")
	kind := f.get("has_more").kind()
	more, told := f.truth("has_more"), kind != 0 && kind != 'n'
	switch {
	case told && !more:
		return records, "", true, nil
	case records == nil:
		return nil, "", false, errors.New("the answer holds no list")
	default:
		return records, next, !more || next != "", nil
	}
}
