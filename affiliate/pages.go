package affiliate

import (
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
)

// maxPages ends a listing that has no end: half a million applications.
const maxPages = 10_000

// listing yields the records of all pages, each page as it is asked for. The
// fetch returns the page that a token names, the first one for "", and the token
// of the next, which is empty on the last. After an error nothing more comes.
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

// readRecords reads records one by one, so that one that cannot be read does not
// hide the others. If none can be, the error is that of the first: it is not one
// odd record then, but another language.
func readRecords[T any](records []json.RawMessage) (read []T, unreadable []error, err error) {
	for _, data := range records {
		var record T
		if err := json.Unmarshal(data, &record); err != nil {
			unreadable = append(unreadable, err)
			continue
		}
		read = append(read, record)
	}
	if len(read) == 0 && len(unreadable) > 0 {
		return nil, nil, unreadable[0]
	}
	return read, unreadable, nil
}

// passOver tells the log of the records of an answer that could not be read.
func (s *Shop) passOver(path string, unreadable []error) {
	for _, err := range unreadable {
		s.auth.client.log.Warn("a record of an answer cannot be read and is passed over",
			"shop", string(s.id), "path", path, "error", scrub(err.Error()))
	}
}

// paging is the end of a page of the Message Center's listings.
type paging struct {
	HasMore       *bool  `json:"has_more"`
	NextPageToken string `json:"next_page_token"`
}

// next returns the token of the next page, "" on the last. It refuses an answer
// that holds no list and does not say that this is all: to take that for an empty
// one would be to conclude that a message was never sent.
func (p paging) next(listed bool) (string, error) {
	switch more := p.HasMore; {
	case more != nil && !*more:
		return "", nil
	case !listed:
		return "", errors.New("the answer holds no list")
	case more != nil && p.NextPageToken == "":
		return "", errors.New("the answer tells of a next page and does not name it")
	}
	return p.NextPageToken, nil
}
