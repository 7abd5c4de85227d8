package boltstore

import (
	"encoding/json"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"

	"sampledesk/workflow"
)

// TestCampaignsOfAnOlderFileAreNamedAsNamesAreComparedToday opens a file whose names are told apart by their case alone,
// as they once were: two of them are one name today.
func TestCampaignsOfAnOlderFileAreNamedAsNamesAreComparedToday(t *testing.T) {
	path := filepath.Join(t.TempDir(), "desk.db")
	s := opened(t, path)
	campaign := func(id workflow.CampaignID, name string) workflow.Campaign {
		return workflow.Campaign{ID: id, Shop: "1", Name: name}
	}
	old := []workflow.Campaign{
		campaign("c1", "Ann’s spring"), campaign("c2", "Ann's Spring"), campaign("c3", "Winter – sale"), campaign("c4", "Plain"),
		campaign("c5", "ＳＡＬＥ"), campaign("c6", "ｓａｌｅ."), campaign("c7", "sale"),
	}
	require.NoError(t, s.Update(t.Context(), func(tx workflow.Tx) error {
		for _, c := range old {
			c.Name = string(c.ID) // until its name is set as it once was
			if err := tx.PutCampaign(c); err != nil {
				return err
			}
		}
		return nil
	}))
	require.NoError(t, s.Close())
	edit(t, path, func(tx *bbolt.Tx) error {
		names := tx.Bucket(campaignNamesBucket)
		for _, c := range old {
			data, err := json.Marshal(kept(c))
			if err == nil {
				err = errors.Join(
					names.Delete(joined("1", string(c.ID))), names.Put(joined("1", strings.ToLower(c.Name)), []byte(c.ID)),
					tx.Bucket(campaignsBucket).Put([]byte(c.ID), data),
				)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})

	for range 2 { // it is the same however often it is opened
		s = opened(t, path)
		require.NoError(t, s.View(t.Context(), func(tx workflow.Tx) error {
			for _, c := range old {
				found, err := tx.CampaignNamed("1", c.Name)
				require.NoError(t, err, c.Name)
				require.Equal(t, c, found, "each is found by its own spelling")
			}
			for typed, want := range map[string]workflow.CampaignID{"winter - SALE": "c3", "„sale“": "", "ann´s spring": "", "PLAIN.": "c4", "Sale.": "c7"} {
				found, err := tx.CampaignNamed("1", typed)
				if want == "" {
					require.ErrorIs(t, err, workflow.ErrNotFound, typed)
					continue
				}
				require.NoError(t, err, typed)
				require.Equal(t, want, found.ID, typed)
			}
			listed, _, err := tx.Campaigns("1", "", 99)
			require.NoError(t, err)
			require.ElementsMatch(t, old, listed, "each is listed once")
			return nil
		}))
		require.NoError(t, s.Close())
	}

	s = opened(t, path)
	for _, c := range old { // and each is kept on under its name
		c.Version++
		require.NoError(t, s.Update(t.Context(), func(tx workflow.Tx) error { return tx.PutCampaign(c) }))
	}
	require.ErrorIs(t, s.Update(t.Context(), func(tx workflow.Tx) error {
		return tx.PutCampaign(campaign("c8", "ANN‘S  SPRING"))
	}), workflow.ErrConflict)
	require.NoError(t, s.Update(t.Context(), func(tx workflow.Tx) error {
		return errors.Join(tx.PutCampaign(campaign("c1", "Summer")), tx.PutCampaign(campaign("c2", "Autumn")),
			tx.PutCampaign(campaign("c5", "A")), tx.PutCampaign(campaign("c6", "B")), tx.PutCampaign(campaign("c8", "ANN‘S  SPRING")))
	}))
	requireConsistent(t, s)
}
