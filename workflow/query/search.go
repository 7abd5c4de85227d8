package query

import (
	"context"
	"slices"
	"strings"

	"sampledesk/workflow"
)

// The bounds of a search by words.
const (
	// MaxHits is how many requests a search finds at the most: the latest.
	MaxHits = 200

	// maxTried is how many requests of a shop are looked at for one search.
	maxTried = 2000

	// triedAtOnce is how many are read at a time.
	triedAtOnce = 50

	// triedFirst is how many are read to learn whether a word is rare.
	triedFirst = 10
)

// ByWords returns the requests of the shops for which each word typed begins a word of the creator's name, of their handle
// or of the product, the latest first. More is true where there may be others. It goes by the word that the fewest
// have, so that what is rare is found among any number.
func ByWords(ctx context.Context, tx workflow.Tx, shops []workflow.Shop, typed string) (found []workflow.Application, more bool, err error) {
	words := workflow.Words(typed)
	if len(words) == 0 {
		return nil, false, nil
	}
	for _, s := range shops {
		w := wordSearch{tx: tx, shop: s.ID, words: words, met: map[workflow.Key]bool{}}
		if err := w.run(ctx); err != nil {
			return nil, false, err
		}
		found, more = append(found, w.found...), more || w.more
	}
	slices.SortStableFunc(found, func(a, b workflow.Application) int { return b.SeenAt.Compare(a.SeenAt) })
	if len(found) > MaxHits {
		found, more = found[:MaxHits], true
	}
	return found, more, nil
}

// wordSearch is a search in one shop.
type wordSearch struct {
	tx    workflow.Tx
	shop  workflow.ShopID
	words []string

	tried int
	met   map[workflow.Key]bool
	found []workflow.Application
	more  bool
}

func (w *wordSearch) run(ctx context.Context) error {
	products, err := w.products(ctx)
	if err != nil {
		return err
	}
	rarest, least := 0, -1
	for n, word := range w.words {
		p, err := w.tx.Applications(workflow.WordsOf(w.shop), word, triedFirst)
		if err != nil {
			return err
		}
		cost := len(products[word]) * triedFirst
		for _, a := range p.Applications {
			if begun(a.Snapshot.Creator.Words(), word) {
				cost++
			}
		}
		if least < 0 || cost < least {
			rarest, least = n, cost
		}
	}
	word := w.words[rarest]
	if err := w.try(workflow.WordsOf(w.shop), word, word); err != nil {
		return err
	}
	for _, p := range products[word] {
		if err := w.try(workflow.ProductOf(w.shop, p), "", ""); err != nil {
			return err
		}
	}
	return nil
}

func begun(all []string, word string) bool {
	return slices.ContainsFunc(all, func(w string) bool { return strings.HasPrefix(w, word) })
}

// products are those of the shop that have a word which begins as one of those typed.
func (w *wordSearch) products(ctx context.Context) (map[string][]workflow.ProductID, error) {
	found, read := map[string][]workflow.ProductID{}, 0
	for p, err := range workflow.WalkProducts(ctx, w.tx, w.shop) {
		if err != nil {
			return nil, err
		}
		if read++; read > maxProducts {
			break
		}
		own := p.Words()
		for _, word := range w.words {
			if begun(own, word) && !slices.Contains(found[word], p.ID) {
				found[word] = append(found[word], p.ID)
			}
		}
	}
	return found, nil
}

// try looks at what follows a cursor in a listing, for as long as the places begin with a word.
func (w *wordSearch) try(l workflow.Listing, after, word string) error {
	for {
		if w.tried >= maxTried || len(w.found) > MaxHits {
			w.more = true
			return nil
		}
		p, err := w.tx.Applications(l, after, triedAtOnce)
		if err != nil {
			return err
		}
		w.tried += len(p.Applications)
		for _, a := range p.Applications {
			if !w.met[a.Key] && a.FoundBy(w.words) {
				w.found = append(w.found, a)
			}
			w.met[a.Key] = true
		}
		if after = p.Next; after == "" || !strings.HasPrefix(after, word) {
			return nil
		}
	}
}

// MaxCreators is how many creators a search by words offers to choose from.
const MaxCreators = 10

// CreatorsByWords returns the creators of a shop's requests for whom each of the words begins a word of their name or handle,
// those first who asked last: MaxCreators at the most, and more is true where there are others.
func CreatorsByWords(ctx context.Context, tx workflow.Tx, shop workflow.Shop, typed string) (found []workflow.Creator, more bool, err error) {
	all, more, err := ByWords(ctx, tx, []workflow.Shop{shop}, typed)
	if err != nil {
		return nil, false, err
	}
	words, met := workflow.Words(typed), map[workflow.CreatorKey]bool{}
	for _, a := range all {
		c := a.Snapshot.Creator
		only := workflow.Application{Snapshot: workflow.Snapshot{Creator: c}}
		if key := c.KeyOf(shop.ID); met[key] || c.Username == "" || !only.FoundBy(words) {
			continue
		} else if met[key] = true; len(found) == MaxCreators {
			return found, true, nil
		}
		found = append(found, c)
	}
	return found, more, nil
}

// maxLonger is how many creators with a longer name are offered beside the one who bears it as it was typed.
const maxLonger = 5

// LongerNames returns, where what is searched for is a creator's user name, the others for whom it begins a word of their
// name or handle.
func LongerNames(ctx context.Context, tx workflow.Tx, shops []workflow.Shop, t SearchTerm) (found []workflow.Creator, err error) {
	if t.Word == "" {
		return nil, nil
	}
	for _, s := range shops {
		exact, err := ByUsername(tx, []workflow.Shop{s}, t.Word)
		if err != nil {
			return nil, err
		}
		if len(exact) == 0 {
			continue
		}
		others, _, err := CreatorsByWords(ctx, tx, s, t.Word)
		if err != nil {
			return nil, err
		}
		for _, c := range others {
			if len(found) < maxLonger && !strings.EqualFold(c.Username, t.Word) {
				found = append(found, c)
			}
		}
	}
	return found, nil
}
