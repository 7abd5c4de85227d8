package bridge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"sampledesk/affiliate"
	"sampledesk/workflow"
)

// The pace at which origins are looked up.
const (
	// searchesPerSweep is how many collaborations are searched at one sweep's end; the next sweep goes on.
	searchesPerSweep = 20

	// originRest is how long nothing is asked about a shop's origins after a failure. They are a courtesy of the card:
	// a scope that is missing for them must not cost calls at each sweep.
	originRest = 30 * time.Minute
)

// unplaced is a live application of which it is not known where it came from.
type unplaced struct {
	id      workflow.ApplicationID
	creator affiliate.CreatorID
	product affiliate.ProductID
}

// origins is what was found out about a shop's applications and what is being found out. Only the shop's own sweep
// touches it, of which there is one at a time. It is kept in memory only: after a restart, those applications are looked
// up again that have a card and no origin on record.
type origins struct {
	found   map[workflow.ApplicationID]workflow.Collab // of applications without a card, who may get one
	quest   *quest                                     // what is under way; nil for nothing
	resting time.Time                                  // no calls before then
	failing bool                                       // a failure was logged, and nothing came to an end since
}

// quest goes through all target collaborations of a shop in search of some applications. The applications were met
// before the collaborations were listed, so one that none of them holds came through the open collaboration.
type quest struct {
	sought map[workflow.ApplicationID]bool
	filter affiliate.Filter
	left   []affiliate.TargetCollaboration
}

// originsOf returns what is known of a shop's origins.
func (b *Bridge) originsOf(s workflow.ShopID) *origins {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.origins[s] == nil {
		b.origins[s] = &origins{found: map[workflow.ApplicationID]workflow.Collab{}}
	}
	return b.origins[s]
}

// resolveOrigins finds out whether applications came through an open or a target collaboration, and which: no record
// tells, a search per target collaboration does. It is background work at a sweep's end. It makes calls only while an
// application with a card has no origin, a bounded number of them, and where it fails it is logged once, tried again
// much later, and no business of the sweep's.
func (b *Bridge) resolveOrigins(ctx context.Context, s workflow.Shop, calls *affiliate.Shop, all []unplaced) {
	o := b.originsOf(s.ID)
	o.keepOnly(all)
	err := b.pursue(ctx, s, calls, o, all)
	if err == nil || ctx.Err() != nil {
		return
	}
	o.quest, o.resting = nil, time.Now().Add(originRest)
	if !o.failing {
		b.log.WarnContext(ctx, "could not find out where applications came from", "shop", s.ID, "error", err, "again_after", originRest)
	}
	o.failing = true
}

// keepOnly forgets the applications that ended or whose origin is on record.
func (o *origins) keepOnly(all []unplaced) {
	live := make(map[workflow.ApplicationID]bool, len(all))
	for _, u := range all {
		live[u.id] = true
	}
	maps.DeleteFunc(o.found, func(id workflow.ApplicationID, _ workflow.Collab) bool { return !live[id] })
	if o.quest == nil {
		return
	}
	maps.DeleteFunc(o.quest.sought, func(id workflow.ApplicationID, _ bool) bool { return !live[id] })
	if len(o.quest.sought) == 0 {
		o.quest = nil
	}
}

// pursue puts on record what is known, and asks for more if a card waits for it.
func (b *Bridge) pursue(ctx context.Context, s workflow.Shop, calls *affiliate.Shop, o *origins, all []unplaced) error {
	waiting, err := b.place(ctx, s.ID, o, all)
	if err != nil || waiting == 0 || time.Now().Before(o.resting) {
		return err
	}
	if o.quest == nil {
		all = slices.DeleteFunc(slices.Clone(all), func(u unplaced) bool { return o.found[u.id].Known })
		if o.quest, err = newQuest(ctx, calls, all); err != nil {
			return err
		}
	}
	searchErr := o.search(ctx, calls)
	_, err = b.place(ctx, s.ID, o, all)
	return errors.Join(searchErr, err)
}

// place puts the origins found on record of the applications that have a card, and returns how many with a card have
// no origin yet. One that ended a moment ago is past caring.
func (b *Bridge) place(ctx context.Context, shop workflow.ShopID, o *origins, all []unplaced) (waiting int, err error) {
	var known []workflow.ApplicationID
	err = b.store.View(ctx, func(tx workflow.Tx) error {
		known, waiting = nil, 0
		for _, u := range all {
			a, err := tx.Application(workflow.Key{Shop: shop, ID: u.id})
			if err != nil {
				return err
			}
			switch {
			case !a.Card.Wanted || a.Report.Collab.Known || !a.State().Live():
			case o.found[u.id].Known:
				known = append(known, u.id)
			default:
				waiting++
			}
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("reading which cards lack an origin: %w", err)
	}
	for _, id := range known {
		found := workflow.OriginFound{At: time.Now(), Collab: o.found[id]}
		if _, err := b.engine.Apply(ctx, workflow.Key{Shop: shop, ID: id}, found); err != nil {
			return 0, err
		}
	}
	return waiting, nil
}

// newQuest lists the shop's target collaborations anew, as one may have been made since. Those that run come first and
// the youngest of them at the front: an application is most likely theirs.
func newQuest(ctx context.Context, calls *affiliate.Shop, sought []unplaced) (*quest, error) {
	q := &quest{sought: map[workflow.ApplicationID]bool{}, filter: common(sought)}
	for _, u := range sought {
		q.sought[u.id] = true
	}
	listed := map[affiliate.CollaborationID]bool{}
	for t, err := range calls.TargetCollaborations(ctx, affiliate.CollaborationFilter{}) {
		if err != nil {
			return nil, err
		}
		if !listed[t.ID] {
			listed[t.ID] = true
			q.left = append(q.left, t)
		}
	}
	now := time.Now()
	over := func(t affiliate.TargetCollaboration) int {
		if !t.End.IsZero() && !t.End.After(now) {
			return 1
		}
		return 0
	}
	slices.SortStableFunc(q.left, func(a, b affiliate.TargetCollaboration) int {
		return cmp.Or(cmp.Compare(over(a), over(b)), b.Start.Compare(a.Start))
	})
	return q, nil
}

// common narrows the searches to what all applications share: mostly one is new, and each search is then a page with
// one record at the most. The status is no part of it, since one that changed meanwhile would be missed.
func common(sought []unplaced) affiliate.Filter {
	filter := affiliate.Filter{CreatorID: sought[0].creator, ProductID: sought[0].product}
	for _, u := range sought[1:] {
		if u.creator != filter.CreatorID {
			filter.CreatorID = ""
		}
		if u.product != filter.ProductID {
			filter.ProductID = ""
		}
	}
	return filter
}

// search takes the quest further, to its end if the sweep's searches suffice.
func (o *origins) search(ctx context.Context, calls *affiliate.Shop) error {
	q := o.quest
	for range searchesPerSweep {
		if len(q.left) == 0 || len(q.sought) == 0 {
			break
		}
		if err := q.searchIn(ctx, calls, q.left[0], o.found); err != nil {
			return err
		}
		q.left = q.left[1:]
	}
	if len(q.left) > 0 && len(q.sought) > 0 {
		return nil
	}
	for id := range q.sought {
		o.found[id] = workflow.Collab{Known: true}
	}
	o.quest, o.failing = nil, false
	return nil
}

// searchIn adds to found which of the applications came through that collaboration.
func (q *quest) searchIn(ctx context.Context, calls *affiliate.Shop, t affiliate.TargetCollaboration, found map[workflow.ApplicationID]workflow.Collab) error {
	filter := q.filter
	filter.TargetCollaborationID = t.ID
	for a, err := range calls.Search(ctx, filter) {
		if err != nil {
			return err
		}
		id := workflow.ApplicationID(a.ID)
		if !q.sought[id] {
			continue
		}
		found[id] = workflow.Collab{Known: true, Target: string(t.ID), Name: t.Name}
		delete(q.sought, id)
		if len(q.sought) == 0 {
			break
		}
	}
	return nil
}
