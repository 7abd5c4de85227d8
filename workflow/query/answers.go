package query

import (
	"cmp"
	"slices"
	"strings"

	"sampledesk/workflow"
)

// Answer is a creator who waits for one.
type Answer struct {
	workflow.Conversation
	Application workflow.Application // the latest that is live; zero: none
	Shop        string               // named only where there are several
}

// Creator is who waits, as they were last seen.
func (a Answer) Creator() workflow.Creator {
	if a.Application.Key != (workflow.Key{}) {
		return a.Application.Snapshot.Creator
	}
	return a.Shown
}

// AnswerList is a page of the creators who wait for an answer, longest first.
type AnswerList struct {
	Rows  []Answer
	Total int   // of all pages
	First int   // the number of the first row, from 1
	Page  Page  // that is shown: the first where nothing is left there
	Next  *Page // nil: there is none
}

// AnswersOf reads a page of the creators who wait for an answer in some shops, merged. It is an index read.
func AnswersOf(tx workflow.Tx, shops []workflow.Shop, page Page, size int) (l AnswerList, err error) {
	if l.Total, err = AnswersWaiting(tx, shops); err != nil {
		return l, err
	}
	l.Page = page
	found, err := waitingAfter(tx, shops, page.Cursor, size+1)
	if err == nil && len(found) == 0 && page != (Page{}) {
		l.Page = Page{}
		found, err = waitingAfter(tx, shops, "", size+1)
	}
	if err != nil {
		return l, err
	}
	l.First = l.Page.Number*size + 1
	if len(found) > size {
		found = found[:size]
		l.Next = &Page{Number: l.Page.Number + 1, Cursor: waitingCursor(found[size-1])}
	} else if l.Page.Number > 0 {
		l.First = max(1, l.Total-len(found)+1)
	}
	for _, c := range found {
		row := Answer{Conversation: c}
		if row.Application, err = liveAt(tx, c.Shop, c.Creator); err != nil {
			return l, err
		}
		if s, ok := ShopAmong(shops, c.Shop); ok {
			row.Shop = ShopName(s, len(shops))
		}
		l.Rows = append(l.Rows, row)
	}
	return l, nil
}

// AnswersWaiting counts the creators who wait for an answer in some shops.
func AnswersWaiting(tx workflow.Tx, shops []workflow.Shop) (n int, err error) {
	for _, s := range shops {
		count, err := tx.CountWaiting(s.ID)
		if err != nil {
			return n, err
		}
		n += count
	}
	return n, nil
}

// waitingCursor is where a conversation stands among those of several shops.
func waitingCursor(c workflow.Conversation) string {
	return c.WaitingSort() + "\x1f" + string(c.Shop)
}

// waitingAfter reads up to limit conversations that wait, from the first after a cursor on. Two shops may have the same
// place: each is read from just before it.
func waitingAfter(tx workflow.Tx, shops []workflow.Shop, after string, limit int) (all []workflow.Conversation, err error) {
	from, _, _ := strings.Cut(after, "\x1f")
	if from != "" {
		from = from[:len(from)-1]
	}
	for _, s := range shops {
		some, _, err := tx.WaitingConversations(s.ID, from, limit+2) // with what the shortened cursor lets in again
		if err != nil {
			return nil, err
		}
		for _, c := range some {
			if waitingCursor(c) > after {
				all = append(all, c)
			}
		}
	}
	slices.SortFunc(all, func(a, b workflow.Conversation) int { return cmp.Compare(waitingCursor(a), waitingCursor(b)) })
	return all[:min(len(all), limit)], nil
}

// liveAt returns the creator's latest application at a shop that is live, or the zero one.
func liveAt(tx workflow.Tx, shop workflow.ShopID, creator workflow.CreatorKey) (workflow.Application, error) {
	own, err := workflow.OfCreator(tx, creator)
	if err != nil {
		return workflow.Application{}, err
	}
	i := slices.IndexFunc(own, func(a workflow.Application) bool { return a.Key.Shop == shop && a.State().Live() })
	if i < 0 {
		return workflow.Application{}, nil
	}
	return own[i], nil
}
