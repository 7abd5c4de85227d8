package bridge

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"maps"
	"slices"
	"time"

	"sampledesk/affiliate"
	"sampledesk/workflow"
	"sampledesk/workflow/engine"
)

// The pace at which origins are looked up.
const (
	// searchesPerSweep is how many searches are made in one sweep, for collaborations and in them; the next sweep
	// goes on. It is enough for the cards of a backlog whose creators nobody invited.
	searchesPerSweep = workflow.MaxBacklogCards + 10

	// searchesBeforeCards is how many of them are made in a sweep before the cards of new requests are posted, and
	// cardsWait how long a page of cards waits for that.
	searchesBeforeCards = 10
	cardsWait           = 3 * time.Second

	// originPause is how long nothing is asked about a shop's origins after a failure. They are optional on the card: a
	// scope that is missing for them must not cost calls at each sweep.
	originPause = 30 * time.Minute
)

// unresolved is a live application with a card and of unknown origin.
type unresolved struct {
	id      workflow.ApplicationID
	creator affiliate.CreatorID
	product affiliate.ProductID
	pending bool // it waits for review
}

// unresolvedOf is what the search for an application's origin needs of it.
func unresolvedOf(a workflow.Application) unresolved {
	return unresolved{
		id: a.Key.ID, creator: affiliate.CreatorID(a.Snapshot.Creator.OpenID), product: affiliate.ProductID(a.Snapshot.Product.ID),
		pending: a.State() == workflow.Pending,
	}
}

// lacksOrigin reports whether a card waits for the origin of its application, and it can be asked for.
func lacksOrigin(a workflow.Application) bool {
	return a.Card.Wanted && !a.Snapshot.Collab.Known && a.Snapshot.Creator.OpenID != ""
}

// hashSeed makes the hashes of this process.
var hashSeed = maphash.MakeSeed()

// hashOf makes one number of an application as it is kept.
func hashOf(s workflow.Stamped) uint64 { return maphash.Comparable(hashSeed, s) }

// read takes note of an application that was read for something else.
func (o *origins) read(stamp workflow.Stamp, a workflow.Application) {
	if !lacksOrigin(a) {
		o.none[hashOf(workflow.Stamped{Key: a.Key, Stamp: stamp})] = struct{}{}
	}
}

// origins is what was found out about a shop's applications and what is being found out. Only the shop's own sweep
// touches it, of which there is one at a time. It is kept in memory only: after a restart, those applications are
// looked up again that have a card and no origin on record.
type origins struct {
	found  map[workflow.ApplicationID]workflow.Collab // not on record yet
	lookup *originLookup                              // what is under way; nil for nothing
	none   map[uint64]struct{}                        // hashes of the live applications of which nothing is to be asked, as they are kept
}

// originLookup looks for where some applications of one creator came from: first which target collaborations invited
// the creator, then which of these the applications came through, as being invited does not prove it. The applications
// were met before the collaborations were listed, so one that none of them holds came through the open collaboration.
type originLookup struct {
	wanted   map[workflow.ApplicationID]bool
	filter   affiliate.Filter
	statuses []affiliate.CollaborationStatus // that were not listed yet
	left     []affiliate.TargetCollaboration // that were not searched yet
	listed   map[affiliate.CollaborationID]bool
}

// resolveOrigins finds out whether applications came through an open or a target collaboration, and which: no record
// says it, a search per target collaboration does. It is background work at a sweep's end. It makes calls only while an
// application with a card has no origin, a bounded number of them, and a failure does not fail the sweep.
func (b *Bridge) resolveOrigins(ctx context.Context, shop workflow.ShopID, calls *affiliate.Shop, o *origins, all []unresolved, searches int) error {
	o.keepOnly(all)
	err := b.advance(ctx, shop, calls, o, all, searches)
	if err != nil {
		o.lookup = nil
	}
	return err
}

// findOrigins looks up where requests came from that the desk has not met yet, so that their cards tell it from the
// start: what is found out later waits for the next repaint. It is bounded; the sweep's end goes on where it left off.
func (l *sweepRun) findOrigins(ctx context.Context, batch []engine.Observation) {
	o := &l.state.origins
	waiting, err := l.unmet(ctx, batch)
	if err != nil || len(waiting) == 0 || o.lookup != nil || l.searched >= searchesBeforeCards || l.state.origin.rest.open() > 0 {
		return
	}
	soon, cancel := context.WithTimeout(ctx, cardsWait)
	defer cancel()
	now := &origins{found: map[workflow.ApplicationID]workflow.Collab{}}
	left := searchesBeforeCards - l.searched
	for left > 0 && len(waiting) > 0 && err == nil {
		now.lookup = newOriginLookup(waiting)
		asked := maps.Clone(now.lookup.wanted)
		err = now.search(soon, l.calls, &left)
		waiting = slices.DeleteFunc(waiting, func(u unresolved) bool { return asked[u.id] })
	}
	l.searched = searchesBeforeCards - left
	switch {
	case err != nil && soon.Err() == nil:
		o.lookup = nil
		l.bridge.jobFailed(ctx, l.shop.ID, &l.state.origin, err)
	case err != nil:
		l.searched = searchesBeforeCards // it takes too long for the cards
	default:
		o.lookup = now.lookup
	}
	for i, each := range batch {
		if found, ok := now.found[each.ID]; ok {
			batch[i].Snapshot.Collab = found
		}
	}
}

// unmet lists the applications of a batch that are not on record, as far as their origin can be asked for.
func (l *sweepRun) unmet(ctx context.Context, batch []engine.Observation) (all []unresolved, err error) {
	err = l.bridge.store.View(ctx, func(tx workflow.Tx) error {
		all = nil
		for _, each := range batch {
			_, err := tx.Stamp(workflow.Key{Shop: l.shop.ID, ID: each.ID})
			if err == nil || each.Snapshot.Creator.OpenID == "" {
				continue
			}
			if !errors.Is(err, workflow.ErrNotFound) {
				return err
			}
			all = append(all, unresolved{
				id: each.ID, creator: affiliate.CreatorID(each.Snapshot.Creator.OpenID),
				product: affiliate.ProductID(each.Snapshot.Product.ID), pending: true,
			})
		}
		return nil
	})
	return all, err
}

// keepOnly forgets the applications that ended or whose origin is on record.
func (o *origins) keepOnly(all []unresolved) {
	live := make(map[workflow.ApplicationID]bool, len(all))
	for _, u := range all {
		live[u.id] = true
	}
	maps.DeleteFunc(o.found, func(id workflow.ApplicationID, _ workflow.Collab) bool { return !live[id] })
	if o.lookup == nil {
		return
	}
	maps.DeleteFunc(o.lookup.wanted, func(id workflow.ApplicationID, _ bool) bool { return !live[id] })
	if len(o.lookup.wanted) == 0 {
		o.lookup = nil
	}
}

// advance records what is known, and searches on if a card waits for it. Of an application without a creator's id
// nothing can be asked.
func (b *Bridge) advance(ctx context.Context, shop workflow.ShopID, calls *affiliate.Shop, o *origins, all []unresolved, searches int) error {
	for {
		waiting, err := b.resolve(ctx, shop, o, all)
		if err != nil || len(waiting) == 0 || searches == 0 {
			return err
		}
		if o.lookup != nil && !slices.ContainsFunc(waiting, func(u unresolved) bool { return o.lookup.wanted[u.id] }) {
			o.lookup = nil
		}
		if o.lookup == nil {
			o.lookup = newOriginLookup(waiting)
		}
		if err := o.search(ctx, calls, &searches); err != nil {
			_, placing := b.resolve(ctx, shop, o, all)
			return errors.Join(err, placing)
		}
	}
}

// resolve records the origins found for the applications that have a card, and returns those with a card of which none
// was found yet and can be. One that ended a moment ago is ignored.
func (b *Bridge) resolve(ctx context.Context, shop workflow.ShopID, o *origins, all []unresolved) (waiting []unresolved, err error) {
	var known []workflow.ApplicationID
	err = b.store.View(ctx, func(tx workflow.Tx) error {
		known, waiting = nil, nil
		for _, u := range all {
			a, err := tx.Application(workflow.Key{Shop: shop, ID: u.id})
			if err != nil {
				return err
			}
			switch {
			case !a.Card.Wanted || a.Snapshot.Collab.Known || !a.State().Live():
			case o.found[u.id].Known:
				known = append(known, u.id)
			case u.creator != "":
				waiting = append(waiting, u)
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading which cards lack an origin: %w", err)
	}
	for _, id := range known {
		found := workflow.OriginFound{At: time.Now(), Collab: o.found[id]}
		if _, err := b.engine.Apply(ctx, workflow.Key{Shop: shop, ID: id}, found); err != nil {
			return nil, err
		}
	}
	return waiting, nil
}

// newOriginLookup begins with the creator of the first application, and takes on all that the creator asked for.
func newOriginLookup(waiting []unresolved) *originLookup {
	q := &originLookup{
		wanted: map[workflow.ApplicationID]bool{}, listed: map[affiliate.CollaborationID]bool{},
		filter:   affiliate.Filter{CreatorID: waiting[0].creator, ProductID: waiting[0].product},
		statuses: []affiliate.CollaborationStatus{affiliate.CollaborationValid},
	}
	pending := true
	for _, u := range waiting {
		if u.creator != q.filter.CreatorID {
			continue
		}
		q.wanted[u.id] = true
		pending = pending && u.pending
		if u.product != q.filter.ProductID { // mostly one is new, and each search is a page with one record at the most
			q.filter.ProductID = ""
		}
	}
	if !pending { // what waits for review came a few days ago at the most; of the rest the collaboration may be over
		q.statuses = append(q.statuses, affiliate.CollaborationCanceling, affiliate.CollaborationCompleted)
	}
	return q
}

// search takes the quest further, to its end if the searches that are left suffice.
func (o *origins) search(ctx context.Context, calls *affiliate.Shop, searches *int) error {
	q := o.lookup
	for ; *searches > 0 && q.open(); *searches-- {
		var err error
		if len(q.left) > 0 {
			if err = q.searchIn(ctx, calls, q.left[0], o.found); err == nil {
				q.left = q.left[1:]
			}
		} else if err = q.list(ctx, calls, q.statuses[0]); err == nil {
			q.statuses = q.statuses[1:]
		}
		if err != nil {
			return err
		}
	}
	if q.open() {
		return nil
	}
	for id := range q.wanted {
		o.found[id] = workflow.Collab{Known: true}
	}
	o.lookup = nil
	return nil
}

// open reports whether there is something to look for and somewhere to look.
func (q *originLookup) open() bool { return len(q.wanted) > 0 && len(q.left)+len(q.statuses) > 0 }

// list adds the target collaborations of a status that invited the creator, the youngest first: an application is most
// likely theirs.
func (q *originLookup) list(ctx context.Context, calls *affiliate.Shop, status affiliate.CollaborationStatus) error {
	var found []affiliate.TargetCollaboration
	filter := affiliate.CollaborationFilter{Status: status, Creator: q.filter.CreatorID}
	for t, err := range calls.TargetCollaborations(ctx, filter) {
		if err != nil {
			return err
		}
		if !q.listed[t.ID] {
			q.listed[t.ID] = true
			found = append(found, t)
		}
	}
	slices.SortStableFunc(found, func(a, b affiliate.TargetCollaboration) int { return b.Start.Compare(a.Start) })
	q.left = append(q.left, found...)
	return nil
}

// searchIn adds to found which of the applications came through that collaboration. The status is no part of the
// filter, since one that changed meanwhile would be missed.
func (q *originLookup) searchIn(ctx context.Context, calls *affiliate.Shop, t affiliate.TargetCollaboration, found map[workflow.ApplicationID]workflow.Collab) error {
	filter := q.filter
	filter.TargetCollaborationID = t.ID
	for a, err := range calls.Search(ctx, filter) {
		if err != nil {
			return err
		}
		id := workflow.ApplicationID(a.ID)
		if !q.wanted[id] {
			continue
		}
		found[id] = workflow.Collab{Known: true, Target: string(t.ID), Name: t.Name}
		delete(q.wanted, id)
		if len(q.wanted) == 0 {
			break
		}
	}
	return nil
}
