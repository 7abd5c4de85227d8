package boltstore

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"

	"sampledesk/workflow"
)

// olderFile makes a file of an older schema at path, with what a Sample Desk of that schema had written into one:
// testdata/schemaN.txt holds a bucket, a key and a value in each line. An empty key stands for the bucket's sequence.
func olderFile(t *testing.T, schema int, path string) {
	t.Helper()
	lines, err := os.Open(fmt.Sprintf("testdata/schema%d.txt", schema))
	require.NoError(t, err)
	defer func() { require.NoError(t, lines.Close()) }()
	names := buckets // the third schema's are today's
	if schema < 3 {
		names = bucketsBefore(schema)
	}
	edit(t, path, func(tx *bbolt.Tx) error {
		for _, name := range names {
			if _, err := tx.CreateBucket(name); err != nil {
				return err
			}
		}
		for scan := bufio.NewScanner(lines); scan.Scan(); {
			if err := putLine(tx, scan.Text()); err != nil {
				return fmt.Errorf("%s: %w", scan.Text(), err)
			}
		}
		return nil
	})
}

// bucketsBefore are the buckets of schemas 1 and 2.
func bucketsBefore(schema int) [][]byte {
	names := [][]byte{
		schemaBucket, authorisationsBucket, shopsBucket, applicationsBucket, placesBucket, listingsBucket, countsBucket,
		campaignsBucket, campaignNamesBucket, membersBucket, historyBucket, effectsBucket, []byte("lanes"), []byte("heads"),
		deadLettersBucket,
	}
	if schema > 1 {
		names = append(names, membershipsBucket, productsBucket, conversationsBucket, conversationIDsBucket, runsBucket, noticesBucket)
	}
	return names
}

// edit changes a file behind the store's back.
func edit(t *testing.T, path string, fn func(tx *bbolt.Tx) error) {
	t.Helper()
	db, err := bbolt.Open(path, 0o600, nil)
	require.NoError(t, err)
	require.NoError(t, db.Update(fn))
	require.NoError(t, db.Close())
}

func putLine(tx *bbolt.Tx, line string) error {
	var bucket, key, value string
	if _, err := fmt.Sscanf(line, "%q %q %q", &bucket, &key, &value); err != nil {
		return err
	}
	b := tx.Bucket([]byte(bucket))
	if key != "" {
		return b.Put([]byte(key), []byte(value))
	}
	sequence, err := strconv.ParseUint(value, 10, 64)
	if err != nil {
		return err
	}
	return b.SetSequence(sequence)
}

// heldBy returns what every bucket of the file at path holds.
func heldBy(t *testing.T, path string) map[string]map[string]string {
	t.Helper()
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true})
	require.NoError(t, err)
	all := map[string]map[string]string{}
	require.NoError(t, db.View(func(tx *bbolt.Tx) error {
		return tx.ForEach(func(name []byte, b *bbolt.Bucket) error {
			all[string(name)] = dumped(b)
			return nil
		})
	}))
	require.NoError(t, db.Close())
	return all
}

func TestAStoreOfTheFirstSchemaIsListedAnewWhenItIsOpened(t *testing.T) {
	path := filepath.Join(t.TempDir(), "desk.db")
	olderFile(t, 1, path)
	before := heldBy(t, path)
	require.Equal(t, "1", before[string(schemaBucket)]["version"])
	s := opened(t, path)
	requireConsistent(t, s)
	after := wholeOf(t, s)
	require.Equal(t, strconv.Itoa(schema), after[string(schemaBucket)]["version"])
	before[string(applicationsBucket)] = asToday(t, before[string(applicationsBucket)], before[string(historyBucket)])
	for _, b := range takenOver {
		for key, data := range before[string(b.name)] {
			before[string(b.name)][key] = today(t, data, b.repack)
		}
	}
	for _, kept := range [][]byte{
		authorisationsBucket, shopsBucket, applicationsBucket, campaignsBucket, campaignNamesBucket, membersBucket, deadLettersBucket,
	} {
		require.NotEmpty(t, before[string(kept)], "%s", kept)
		require.Equal(t, before[string(kept)], after[string(kept)], "%s", kept)
	}
	require.NoError(t, s.View(t.Context(), func(tx workflow.Tx) error {
		for l, want := range map[workflow.Listing]string{
			workflow.SeenOf("1"):                                         "576 578 579 580 577 581",
			workflow.SeenOf("2"):                                         "576",
			workflow.StageOf("1", workflow.StageReject):                  "579 578",
			workflow.StageOf("1", workflow.StageReview):                  "576 577",
			workflow.QueueOf("1"):                                        "576 577",
			workflow.CampaignStageOf("c-spring", workflow.StageReview):   "576",
			workflow.CampaignStageOf("c-summer", workflow.StageAwaiting): "580",
			workflow.ShortOf(workflow.Key{Shop: "1", ID: "578"}.Short()): "578",
			workflow.ThreadOf("C1", "1763802000.000100"):                 "576",
			workflow.ThreadOf("C1", "1763802000.000200"):                 "",
		} {
			page, err := tx.Applications(l, "", 9)
			require.NoError(t, err)
			var got []string
			for _, a := range page.Applications {
				got = append(got, string(a.Key.ID))
			}
			require.Equal(t, want, strings.Join(got, " "), "%q", l)
			n, err := tx.Count(l)
			require.NoError(t, err)
			require.Equal(t, len(got), n, "%q", l)
		}
		return nil
	}))
}

// asToday returns what the applications and histories of an older schema are today: packed, with shorter numbers, and
// without saying twice whose they are.
func asToday(t *testing.T, applications, histories map[string]string) map[string]string {
	t.Helper()
	all := map[string]string{}
	for key, data := range applications {
		k, _, _ := keyIn(1, []byte(key))
		all[string(applicationKey(k))] = today(t, data, func(data []byte) ([]byte, error) {
			a, err := decode[workflow.Application](data)
			require.NoError(t, err)
			return packedApplication(a)
		})
	}
	for key, data := range histories {
		k, sequence, _ := keyIn(1, []byte(key))
		n, err := strconv.ParseUint(string(sequence), 16, 64)
		require.NoError(t, err)
		all[string(historyKey(k, n))] = today(t, data, repackEntry)
	}
	return all
}

func today(t *testing.T, data string, repack func([]byte) ([]byte, error)) string {
	t.Helper()
	packed, err := repack([]byte(data))
	require.NoError(t, err)
	return string(packed)
}

func TestAStoreOfTheFirstSchemaTellsItsCreatorsAndProductsWhenItIsOpened(t *testing.T) {
	path := filepath.Join(t.TempDir(), "desk.db")
	olderFile(t, 1, path)
	s := opened(t, path)
	require.NoError(t, s.View(t.Context(), func(tx workflow.Tx) error {
		for creator, want := range map[workflow.CreatorKey][]workflow.CampaignID{
			"id:open-1": {"c-spring", "c-summer"}, "name:1:kitchen_finds": {"c-summer"}, "id:open-2": nil,
		} {
			list, err := tx.Memberships(creator)
			require.NoError(t, err)
			var got []workflow.CampaignID
			for _, m := range list {
				require.Equal(t, workflow.Member{Campaign: m.Campaign, Creator: creator, AddedBy: "U1", AddedAt: begin}, m)
				got = append(got, m.Campaign)
			}
			require.Equal(t, want, got)
		}
		serum := func(hour int, sku, variant string) workflow.Product {
			return workflow.Product{ID: "1729", Title: fmt.Sprintf("Glow serum, as of hour %d", hour), SKU: sku, Variant: variant}
		}
		for shop, want := range map[workflow.ShopID][]workflow.Product{
			"1": {serum(5, "", ""), serum(6, "rose", "Rose")}, // one had no id, and one a variant that makes no key
			"2": {serum(8, "rose", "Rose")},
		} {
			list, next, err := tx.Products(shop, "", 9)
			require.NoError(t, err)
			require.Empty(t, next)
			require.Equal(t, want, list)
		}
		return nil
	}))
}

func TestAStoreOfTheFirstSchemaGoesOnAsIfItHadAlwaysBeenOfTodays(t *testing.T) {
	path := filepath.Join(t.TempDir(), "desk.db")
	olderFile(t, 1, path)
	s := opened(t, path)
	for n := range 12 {
		require.NoError(t, s.Update(t.Context(), change(n)))
	}
	require.NoError(t, s.Update(t.Context(), func(tx workflow.Tx) error {
		return tx.Revive("reply-1", at(0))
	}))
	require.NoError(t, s.View(t.Context(), func(tx workflow.Tx) error {
		lane, err := tx.Lane(workflow.ThreadLane(workflow.Key{Shop: "1", ID: "576"}))
		require.NoError(t, err)
		var got []workflow.EffectID
		for _, e := range lane {
			got = append(got, e.ID)
		}
		require.Equal(t, []workflow.EffectID{"reply-2", "reply-3", "reply-1"}, got)
		return nil
	}))
	requireConsistent(t, s)
	before := wholeOf(t, s)
	require.NoError(t, s.Close())
	s = opened(t, path)
	again := wholeOf(t, s)
	delete(before, string(busyBucket)) // claims are voided
	delete(again, string(busyBucket))
	require.Equal(t, before, again, "nothing was left to do")
}

func TestAStoreOfTheFirstSchemaThatCannotBeReadIsRefusedAndNotTouched(t *testing.T) {
	alike := func(shop workflow.ShopID, id workflow.ApplicationID) string {
		a := arrived(1)
		a.Key = workflow.Key{Shop: shop, ID: id} // which no vendor's ids are: they hold no slash
		data, err := json.Marshal(a)
		require.NoError(t, err)
		return string(data)
	}
	for says, spoil := range map[string][]struct{ bucket, key, value string }{
		`listing application "1\x00999" anew`: {{"applications", "1\x00999", "{"}},
		`under "c-spring\x00id:9" of members`: {{"members", "c-spring\x00id:9", "[]"}},
		"have the same place": {
			{"applications", "1\x002/3", alike("1", "2/3")}, {"applications", "1/2\x003", alike("1/2", "3")},
		},
	} {
		path := filepath.Join(t.TempDir(), "desk.db")
		olderFile(t, 1, path)
		edit(t, path, func(tx *bbolt.Tx) error {
			for _, s := range spoil {
				if err := tx.Bucket([]byte(s.bucket)).Put([]byte(s.key), []byte(s.value)); err != nil {
					return err
				}
			}
			return nil
		})
		before := bytesOf(t, path)
		_, err := Open(t.Context(), path)
		require.ErrorContains(t, err, path)
		require.ErrorContains(t, err, fmt.Sprintf("rebuilding it in schema %d: ", schema))
		require.ErrorContains(t, err, says)
		require.Equal(t, before, bytesOf(t, path))
		require.Equal(t, []string{"desk.db"}, filesIn(t, filepath.Dir(path)))
	}
}

// TestAStoreOfAnOlderSchemaEqualsItself compares a file in which a Sample Desk of that schema did twelve changes with one
// in which this one does.
func TestAStoreOfAnOlderSchemaEqualsItself(t *testing.T) {
	for _, older := range []int{2, 3} { // the fourth was in no release
		t.Run(strconv.Itoa(older), func(t *testing.T) {
			dir := t.TempDir()
			path, as := filepath.Join(dir, "desk.db"), fmt.Sprintf("desk.db.schema%d", older)
			olderFile(t, older, path)
			before := bytesOf(t, path)
			var log strings.Builder
			s, err := Open(t.Context(), path, WithLog(slog.New(slog.NewTextHandler(&log, nil))))
			require.NoError(t, err)
			requireConsistent(t, s)
			peace := peaceful{path: filepath.Join(dir, "peace.db")}
			peace.require(t, 12, s)
			require.Equal(t, before, bytesOf(t, filepath.Join(dir, as)), "as it was, it is kept")
			require.Equal(t, []string{"desk.db", as, "peace.db"}, filesIn(t, dir))
			require.Contains(t, log.String(), fmt.Sprintf("from_schema=%d to_schema=%d applications=12", older, schema))
			require.Contains(t, log.String(), "as_it_was="+filepath.Join(dir, as))

			for n := 12; n < 20; n++ { // and it goes on as itself, its numbers included
				require.NoError(t, s.Update(t.Context(), change(n)))
			}
			require.NoError(t, s.Close())
			s = opened(t, path)
			peace.require(t, 20, s)
			requireConsistent(t, s)
		})
	}
}

func filesIn(t *testing.T, dir string) (names []string) {
	t.Helper()
	list, err := os.ReadDir(dir)
	require.NoError(t, err)
	for _, e := range list {
		names = append(names, e.Name())
	}
	return names
}

func TestARebuildingThatIsKilledAnywhereChangesNothing(t *testing.T) {
	random := rand.New(rand.NewPCG(2026, 3))
	dir := t.TempDir()
	peace := peaceful{path: filepath.Join(dir, "peace.db")}
	for round := range 10 {
		home := filepath.Join(dir, strconv.Itoa(round))
		require.NoError(t, os.Mkdir(home, 0o700))
		path := filepath.Join(home, "desk.db")
		olderFile(t, 2, path)
		before := bytesOf(t, path)
		for range 3 {
			c := startChild(t, "holder", path)
			idle(random.IntN(10_000_000))
			c.kill(t)
		}
		s := opened(t, path)
		peace.require(t, 12, s)
		requireConsistent(t, s)
		require.Equal(t, before, bytesOf(t, path+".schema2"))
		require.Equal(t, []string{"desk.db", "desk.db.schema2"}, filesIn(t, home))
	}
}

func TestARebuildingThatBrokeOffAtTheLastStepIsDoneAgain(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "desk.db")
	olderFile(t, 2, path)
	before := bytesOf(t, path)
	require.NoError(t, os.Link(path, path+".schema2"))
	require.NoError(t, os.WriteFile(path+".rebuilding", noise(9_000), 0o600))
	s := opened(t, path)
	requireConsistent(t, s)
	require.Equal(t, before, bytesOf(t, path+".schema2"))
	require.NoError(t, s.Close())

	require.NoError(t, os.Remove(path))
	olderFile(t, 2, path) // another one, from a backup maybe
	s = opened(t, path)
	requireConsistent(t, s)
	require.Equal(t, []string{"desk.db", "desk.db.schema2", "desk.db.schema2.2"}, filesIn(t, dir))
}

func TestARebuildingThatIsGivenUpChangesNothing(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "desk.db")
	olderFile(t, 2, path)
	before := bytesOf(t, path)
	ctx, cancel := context.WithCancel(t.Context())
	gone := slog.New(slog.NewTextHandler(writing(func([]byte) { cancel() }), nil))
	_, err := Open(ctx, path, WithLog(gone))
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorContains(t, err, "was given up")
	require.Equal(t, before, bytesOf(t, path))
	require.Equal(t, []string{"desk.db"}, filesIn(t, dir))
}

// writing is a writer that calls a function.
type writing func([]byte)

func (w writing) Write(p []byte) (int, error) {
	w(p)
	return len(p), nil
}

func TestAFileThatIsListedByOtherRulesIsListedAnew(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "desk.db")
	s := opened(t, path)
	require.NoError(t, s.Update(t.Context(), everyChange(12)))
	require.NoError(t, s.Update(t.Context(), func(tx workflow.Tx) error {
		waits := func(creator workflow.CreatorKey, n int) workflow.Conversation {
			return workflow.Conversation{Shop: "1", Creator: creator, Waiting: workflow.WaitingAnswer{Since: at(n), Count: n}}
		}
		return errors.Join(tx.PutConversation(waits("id:open-1", 3)), tx.PutConversation(waits("id:open-2", 1)))
	}))
	require.NoError(t, s.Close())
	s = opened(t, path)
	want := wholeOf(t, s)
	require.NoError(t, s.Close())
	edit(t, path, func(tx *bbolt.Tx) error {
		busy := tx.Bucket(busyBucket)
		return errors.Join(
			tx.DeleteBucket(waitingBucket),
			tx.Bucket(schemaBucket).Put(rulesKey, []byte("those of another time")), busy.Put(countKey("old"), make([]byte, 8)),
			tx.Bucket(listingsBucket).Put(listingKey(place{Listing: "old", Sort: "1"}), []byte("1\x000")),
		)
	})
	s = opened(t, path)
	require.Equal(t, want, wholeOf(t, s))
	require.Equal(t, []string{"desk.db"}, filesIn(t, dir), "nothing but the listings was another")
}

// TestAFileOfTheFirstMakeOfTheSchemaKeepsItsOutbox opens one that kept the effects by their ids, with the indexes beside.
func TestAFileOfTheFirstMakeOfTheSchemaKeepsItsOutbox(t *testing.T) {
	path := filepath.Join(t.TempDir(), "desk.db")
	s := opened(t, path)
	require.NoError(t, s.Update(t.Context(), everyChange(12)))
	require.NoError(t, s.Close())
	s = opened(t, path)
	want := wholeOf(t, s)
	require.NoError(t, s.Close())
	edit(t, path, func(tx *bbolt.Tx) error {
		busy := tx.Bucket(busyBucket)
		for key, data := range dumped(busy) {
			if !strings.HasPrefix(key, string(effectPrefix)) {
				continue
			}
			q, err := decode[queued]([]byte(data))
			if err != nil {
				return err
			}
			lane := binary.BigEndian.AppendUint64([]byte("l"+string(q.Effect.Lane)+"\x00"), q.Sequence)
			err = errors.Join(busy.Delete([]byte(key)), busy.Put([]byte("e"+string(q.Effect.ID)), []byte(data)), busy.Put(lane, []byte(q.Effect.ID)))
			if err != nil {
				return err
			}
		}
		return tx.Bucket(schemaBucket).Put(rulesKey, []byte("those of the first make"))
	})
	s = opened(t, path)
	require.Equal(t, want, wholeOf(t, s))
	requireConsistent(t, s)
}

func TestTheRulesTellWhatEveryListingRestsOn(t *testing.T) {
	listed := map[string]bool{}
	for _, a := range probes() {
		for _, p := range a.Places() {
			kind, _, _ := strings.Cut(string(p.Listing), "\x1f")
			listed[kind] = true
		}
	}
	require.Equal(t, []string{
		"backlog", "campaign", "campaign queue", "campaign stage", "creator", "due", "live", "member", "news", "on it", "over cap",
		"product", "queue", "rule decided", "rule due", "second", "seen", "short", "stage", "suggested", "thread", "username", "words",
	}, slices.Sorted(maps.Keys(listed)))
}

// TestWhoeverWaitedForAFileThatWasReplacedGetsTheNewOne lets a second one wait while the first puts a new file in place.
func TestWhoeverWaitedForAFileThatWasReplacedGetsTheNewOne(t *testing.T) {
	path := filepath.Join(t.TempDir(), "desk.db")
	other := path + ".other"
	first, second := opened(t, path), opened(t, other)
	require.NoError(t, second.Update(t.Context(), change(0)))
	require.NoError(t, second.Close())
	var wg sync.WaitGroup
	wg.Go(func() {
		s, err := Open(t.Context(), path)
		if err != nil {
			t.Errorf("opening: %v", err)
			return
		}
		if n, err := changesIn(t.Context(), s); n != 1 || err != nil {
			t.Errorf("the old file was opened: %d %v", n, err)
		}
		if err := s.Close(); err != nil {
			t.Errorf("closing: %v", err)
		}
	})
	require.NoError(t, os.Rename(other, path))
	require.NoError(t, first.Close())
	wg.Wait()
}
