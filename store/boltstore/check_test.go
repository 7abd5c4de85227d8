package boltstore

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/btree"
	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"

	"sampledesk/workflow"
)

// contradictions works every index and counter out again from the values, and tells where the file says otherwise.
func contradictions(t *transaction) []string {
	faults := []string{}
	differ := func(bucket []byte, want map[string]string) {
		got := dumped(t.bucket(bucket))
		for _, k := range slices.Sorted(maps.Keys(want)) {
			if have, ok := got[k]; !ok || have != want[k] {
				faults = append(faults, fmt.Sprintf("%s: %q should be %q, and is %q (%t)", bucket, k, want[k], have, ok))
			}
		}
		for _, k := range slices.Sorted(maps.Keys(got)) {
			if _, ok := want[k]; !ok {
				faults = append(faults, fmt.Sprintf("%s: %q should not be there", bucket, k))
			}
		}
	}
	listings, busy := wantListings(t)
	differ(listingsBucket, listings)
	differ(figuresBucket, wantFigures(t))
	differ(campaignNamesBucket, wantNames(t))
	differ(membershipsBucket, wantMemberships(t))
	differ(standingsBucket, wantStandings(t))
	differ(conversationIDsBucket, wantConversationIDs(t))
	differ(waitingBucket, wantWaiting(t))
	for key, data := range dumped(t.bucket(busyBucket)) {
		if strings.HasPrefix(key, string(effectPrefix)) {
			busy[key] = data
		}
	}
	differ(busyBucket, busy)
	return append(faults, strayEffects(t)...)
}

// wantListings returns what the listings should be, and the numbers of the long ones.
func wantListings(t *transaction) (listings, busy map[string]string) {
	listings, busy = map[string]string{}, map[string]string{}
	number := map[string]uint64{}
	for key, data := range dumped(t.bucket(applicationsBucket)) {
		if !isApplication([]byte(key)) {
			continue
		}
		a, err := decodeApplication([]byte(key), []byte(data))
		if err != nil {
			panic(err)
		}
		for _, p := range placesOf(a) {
			in := listings
			if isBusy(p.Listing) {
				in = busy
			}
			in[string(listingKey(p))] = string(reference(p, a.Key))
			number[p.Listing]++
		}
	}
	for l, n := range number {
		if workflow.Listing(l).Long() {
			busy[string(countKey(l))] = string(binary.BigEndian.AppendUint64(nil, n))
		}
	}
	return listings, busy
}

// wantFigures returns what the applications add to the figures, and the sums of each hour.
func wantFigures(t *transaction) map[string]string {
	figures, hours := map[string]string{}, map[string]workflow.Totals{}
	for key, data := range dumped(t.bucket(applicationsBucket)) {
		if !isApplication([]byte(key)) {
			continue
		}
		a, err := decodeApplication([]byte(key), []byte(data))
		if err != nil {
			panic(err)
		}
		for _, f := range a.Facts() {
			for _, e := range factEntries(a.Key, f) {
				figures[string(e.key)] = string(e.value)
			}
			at := string(figuresAt(hourLetter, a.Key.Shop, hourOf(f.At.UnixMicro())))
			sum := hours[at]
			sum.Add(f, 1)
			hours[at] = sum
		}
	}
	for at, sum := range hours {
		data, err := packedTotals(sum)
		if err != nil {
			panic(err)
		}
		figures[at] = string(data)
	}
	return figures
}

func wantMemberships(t *transaction) map[string]string {
	memberships := map[string]string{}
	for _, data := range dumped(t.bucket(membersBucket)) {
		m, err := decode[workflow.Member]([]byte(data))
		if err != nil {
			panic(err)
		}
		memberships[string(membershipKey(m.Campaign, m.Creator))] = string(m.Campaign)
	}
	return memberships
}

// wantStandings counts the members where they stand in the plainest way: by all applications of each.
func wantStandings(t *transaction) map[string]string {
	applications := map[string][]workflow.Application{}
	for key, data := range dumped(t.bucket(applicationsBucket)) {
		if !isApplication([]byte(key)) {
			continue
		}
		a, err := decodeApplication([]byte(key), []byte(data))
		if err != nil {
			panic(err)
		}
		at := string(memberKey(a.Campaign, a.Snapshot.Creator.KeyOf(a.Key.Shop)))
		if a.State() != workflow.Unseen {
			applications[at] = append(applications[at], a)
		}
	}
	standings, numbers := map[string]string{}, map[string]uint64{}
	for key, data := range dumped(t.bucket(membersBucket)) {
		m, err := decode[workflow.Member]([]byte(data))
		if err != nil {
			panic(err)
		}
		all := applications[key]
		slices.SortFunc(all, func(a, b workflow.Application) int { // of those that changed at once the first seen counts
			return cmp.Or(a.SeenAt.Compare(b.SeenAt), cmp.Compare(a.Key.String(), b.Key.String()))
		})
		stage := stageKey(workflow.Furthest(m, all))
		for _, e := range standingEntries(m.Campaign, m.Creator, stage) {
			standings[string(e.key)] = string(e.value)
		}
		numbers[string(standingNumberKey(m.Campaign, stage))]++
	}
	for key, n := range numbers {
		standings[key] = string(binary.BigEndian.AppendUint64(nil, n))
	}
	return standings
}

func wantConversationIDs(t *transaction) map[string]string {
	ids := map[string]string{}
	for _, data := range dumped(t.bucket(conversationsBucket)) {
		c, err := decode[workflow.Conversation]([]byte(data))
		if err != nil {
			panic(err)
		}
		if c.ID != "" {
			ids[string(conversationIDKey(c.Shop, c.ID))] = string(c.Creator)
		}
	}
	return ids
}

func wantWaiting(t *transaction) map[string]string {
	waiting, counts := map[string]string{}, map[workflow.ShopID]uint64{}
	for _, data := range dumped(t.bucket(conversationsBucket)) {
		c, err := decode[workflow.Conversation]([]byte(data))
		if err != nil {
			panic(err)
		}
		if sort := c.WaitingSort(); sort != "" {
			waiting[string(joined(string(c.Shop), sort))] = string(c.Creator)
			counts[c.Shop]++
		}
	}
	for s, n := range counts {
		waiting[string(s)] = string(binary.BigEndian.AppendUint64(nil, n))
	}
	return waiting
}

func wantNames(t *transaction) map[string]string {
	names := map[string]string{}
	for id, data := range dumped(t.bucket(campaignsBucket)) {
		c, err := decode[workflow.Campaign]([]byte(data))
		if err != nil {
			panic(err)
		}
		names[string(campaignNameKey(c.Shop, c.Name))] = id
	}
	return names
}

// strayEffects tells where the index in memory differs from what the effects in the file say, and which effects
// contradict themselves.
func strayEffects(t *transaction) (stray []string) {
	want, err := readEffectIndex(t.tx)
	if err != nil {
		return []string{err.Error()}
	}
	for name, pair := range map[string][2]*btree.BTreeG[*spot]{
		"ids": {want.byID, t.effects.byID}, "lanes": {want.lanes, t.effects.lanes}, "heads": {want.heads, t.effects.heads},
	} {
		if should, is := spotsOf(pair[0]), spotsOf(pair[1]); !slices.Equal(should, is) {
			stray = append(stray, fmt.Sprintf("%s: %v should be %v", name, is, should))
		}
	}
	for _, s := range spotsOf(want.byID) {
		if head, _ := want.head(s.lane); s.claimed && (head.id != s.id || s.parked) {
			stray = append(stray, fmt.Sprintf("effect %q is claimed, and no head or parked", s.id))
		}
	}
	return stray
}

func spotsOf(tree *btree.BTreeG[*spot]) (all []spot) {
	tree.Ascend(func(s *spot) bool {
		all = append(all, *s)
		return true
	})
	return all
}

// dumped returns what a bucket holds.
func dumped(b interface {
	ForEach(func(k, v []byte) error) error
}) map[string]string {
	all := map[string]string{}
	_ = b.ForEach(func(k, v []byte) error {
		all[string(k)] = string(v)
		return nil
	})
	return all
}

// wholeOf returns what every bucket of a store holds.
func wholeOf(t *testing.T, s *Store) map[string]map[string]string {
	t.Helper()
	tx, err := s.begin(t.Context(), false)
	require.NoError(t, err)
	defer tx.close()
	all := map[string]map[string]string{}
	require.NoError(t, tx.tx.ForEach(func(name []byte, b *bbolt.Bucket) error {
		all[string(name)] = dumped(b)
		return nil
	}))
	return all
}

func requireConsistent(t *testing.T, s *Store) {
	t.Helper()
	tx, err := s.begin(t.Context(), false)
	require.NoError(t, err)
	defer tx.close()
	require.Empty(t, contradictions(tx))
	for err := range tx.tx.Check() {
		require.NoError(t, err)
	}
}

func TestTheCheckFindsEveryKindOfContradiction(t *testing.T) {
	for name, spoil := range map[string]func(*transaction) error{
		"a counter": func(tx *transaction) error {
			return tx.bucket(busyBucket).Delete(countKey(string(workflow.QueueOf("1"))))
		},
		"a listing": func(tx *transaction) error {
			return tx.bucket(listingsBucket).Put(under("stray"), []byte("1"))
		},
		"a fact": func(tx *transaction) error {
			return tx.bucket(figuresBucket).Put(figuresAt(factLetter, "1", 5), []byte("1"))
		},
		"a campaign's name": func(tx *transaction) error {
			return tx.bucket(campaignNamesBucket).Delete(campaignNameKey("1", "Campaign 0"))
		},
		"a membership": func(tx *transaction) error {
			return tx.bucket(membershipsBucket).Delete(membershipKey(campaignOf(3), "id:open-3"))
		},
		"a conversation's id": func(tx *transaction) error {
			return tx.bucket(conversationIDsBucket).Put(conversationIDKey("1", "stray"), []byte("id:open-3"))
		},
		"a conversation that waits": func(tx *transaction) error {
			return tx.bucket(waitingBucket).Put(joined("1", "stray"), []byte("id:open-3"))
		},
		"an effect that the index does not know": func(tx *transaction) error {
			q := queued{Sequence: 1 << 40, Effect: thread(3, 7)}
			return write(tx.bucket(busyBucket), effectKey(q.Sequence), q)
		},
		"a lane": func(tx *transaction) error {
			tx.changing().lanes.DeleteMin()
			return nil
		},
		"a head": func(tx *transaction) error {
			tx.changing().heads.DeleteMin()
			return nil
		},
		"a claim": func(tx *transaction) error {
			list, err := tx.lane(workflow.ThreadLane(workflow.Key{Shop: "1", ID: "0"}))
			if err != nil {
				return err
			}
			tail := list[len(list)-1]
			return tx.replace(tail, tail.Effect, begin)
		},
	} {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			s := opened(t, t.TempDir()+"/desk.db")
			for i := range 4 {
				require.NoError(t, s.Update(t.Context(), change(i)))
			}
			requireConsistent(t, s)
			tx, err := s.begin(t.Context(), true)
			require.NoError(t, err)
			defer tx.close()
			require.NoError(t, spoil(tx))
			require.NotEmpty(t, contradictions(tx))
		})
	}
}
