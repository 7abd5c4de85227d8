package boltstore

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"

	"sampledesk/workflow"
)

// firstSchema makes a file of the first schema at path, with what a Sample Desk of that schema had written into one:
// testdata/schema1.txt holds a bucket, a key and a value in each line. An empty key stands for the bucket's sequence.
func firstSchema(t *testing.T, path string) {
	t.Helper()
	lines, err := os.Open("testdata/schema1.txt")
	require.NoError(t, err)
	defer func() { require.NoError(t, lines.Close()) }()
	db, err := bbolt.Open(path, 0o600, nil)
	require.NoError(t, err)
	require.NoError(t, db.Update(func(tx *bbolt.Tx) error {
		for _, name := range firstBuckets {
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
	}))
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
	firstSchema(t, path)
	before := heldBy(t, path)
	require.Equal(t, "1", before[string(schemaBucket)]["version"])
	s := opened(t, path)
	requireConsistent(t, s)
	after := wholeOf(t, s)
	require.Equal(t, "2", after[string(schemaBucket)]["version"])
	for _, kept := range [][]byte{
		authorisationsBucket, shopsBucket, applicationsBucket, campaignsBucket, campaignNamesBucket, membersBucket, historyBucket,
		lanesBucket, deadLettersBucket,
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

func TestAStoreOfTheFirstSchemaTellsItsCreatorsAndProductsWhenItIsOpened(t *testing.T) {
	path := filepath.Join(t.TempDir(), "desk.db")
	firstSchema(t, path)
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

func TestAStoreOfTheFirstSchemaGoesOnAsIfItHadAlwaysBeenOfTheSecond(t *testing.T) {
	path := filepath.Join(t.TempDir(), "desk.db")
	firstSchema(t, path)
	s := opened(t, path)
	for n := range 12 {
		require.NoError(t, s.Update(t.Context(), deed(n)))
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
	for _, claimed := range [][]byte{effectsBucket, headsBucket} { // claims are voided
		delete(before, string(claimed))
		delete(again, string(claimed))
	}
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
		`reading member "c-spring\x00id:9"`:   {{"members", "c-spring\x00id:9", "[]"}},
		"have the same place": {
			{"applications", "1\x002/3", alike("1", "2/3")}, {"applications", "1/2\x003", alike("1/2", "3")},
		},
	} {
		path := filepath.Join(t.TempDir(), "desk.db")
		firstSchema(t, path)
		db, err := bbolt.Open(path, 0o600, nil)
		require.NoError(t, err)
		require.NoError(t, db.Update(func(tx *bbolt.Tx) error {
			for _, s := range spoil {
				if err := tx.Bucket([]byte(s.bucket)).Put([]byte(s.key), []byte(s.value)); err != nil {
					return err
				}
			}
			return nil
		}))
		require.NoError(t, db.Close())
		before := bytesOf(t, path)
		_, err = Open(t.Context(), path)
		require.ErrorContains(t, err, path)
		require.ErrorContains(t, err, "bringing it to schema 2: ")
		require.ErrorContains(t, err, says)
		require.Equal(t, before, bytesOf(t, path))
	}
}
