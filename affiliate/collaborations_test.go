package affiliate_test

import (
	"fmt"
	"net/http"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/affiliate"
	"sampledesk/affiliate/affiliatesim"
)

// collaborations reads a whole listing.
func collaborations(t *testing.T, shop *affiliate.Shop, filter affiliate.CollaborationFilter) ([]affiliate.TargetCollaboration, error) {
	t.Helper()
	var all []affiliate.TargetCollaboration
	for found, err := range shop.TargetCollaborations(t.Context(), filter) {
		if err != nil {
			return all, err
		}
		all = append(all, found)
	}
	return all, nil
}

var anyValid = affiliate.CollaborationFilter{Status: affiliate.CollaborationValid}

func TestTargetCollaborationsAreAskedForAsTheVendorDocuments(t *testing.T) {
	shop, v := newShop(t, plain(200, success(`{"total_count":0,"target_collaborations":[]}`)))
	_, err := collaborations(t, shop, affiliate.CollaborationFilter{})
	require.ErrorIs(t, err, affiliate.ErrInvalid, "a status is needed")
	require.Empty(t, v.seen())
	_, err = collaborations(t, shop, anyValid)
	require.NoError(t, err)
	_, err = collaborations(t, shop, affiliate.CollaborationFilter{
		Status: affiliate.CollaborationCompleted, Samples: affiliate.WithFreeSample, Creator: "open-1",
	})
	require.NoError(t, err)

	seen := v.seen()
	require.Len(t, seen, 2)
	require.Equal(t, http.MethodPost, seen[0].Method)
	require.Equal(t, "/affiliate_seller/202508/target_collaborations/search", seen[0].Path)
	require.Equal(t, "100", seen[0].Query.Get("page_size"))
	require.False(t, seen[0].Query.Has("page_token"))
	require.Equal(t, string(cipher), seen[0].Query.Get("shop_cipher"))
	require.JSONEq(t, `{"collaboration_status":"VALID"}`, seen[0].Body)
	require.JSONEq(t, `{"collaboration_status":"COMPLETED","free_sample_setting":"WITH_FREE_SAMPLE","creator_user_open_id":"open-1"}`, seen[1].Body)
}

func TestATargetCollaborationIsReadWhole(t *testing.T) {
	shop, _ := newShop(t, plain(200, success(`{"total_count":"2","next_page_token":"","target_collaborations":[
		{"id":"7290000000000000001","name":"Spring launch","start_time":1764000000,"end_time":"1766600000",
		 "free_sample_rule":{"has_free_sample":true,"is_sample_approval_exempt":true},
		 "creator_inivited_count":"12","product_count":3,"newly_invented":{}},
		{"id":7290000000000000002,"start_time":"soon","end_time":-1,"name":{},"free_sample_rule":[]},{"name":"no id"},"nonsense"]}`)))
	all, err := collaborations(t, shop, anyValid)
	require.NoError(t, err)
	require.Equal(t, []affiliate.TargetCollaboration{
		{
			ID: "7290000000000000001", Name: "Spring launch",
			Start: time.Unix(1764000000, 0).UTC(), End: time.Unix(1766600000, 0).UTC(),
			FreeSample: true, ApprovalExempt: true, Creators: 12, Products: 3,
		},
		{ID: "7290000000000000002"},
	}, all)
}

func TestAListingOfCollaborationsThatCannotBeReadIsNotTakenForNone(t *testing.T) {
	for _, body := range []string{
		success("null"), success(`[]`), success(`{}`), success(`{"total_count":3}`), success(`{"total_count":3,"target_collaborations":null}`),
		success(`{"total_count":"many","target_collaborations":""}`),
	} {
		shop, v := newShop(t, plain(200, body))
		_, err := collaborations(t, shop, anyValid)
		require.Equal(t, affiliate.Malformed, affiliate.KindOf(err), body)
		require.Len(t, v.seen(), 1, "asking again would bring the same")
	}
	shop, _ := newShop(t, plain(200, success(`{"total_count":0}`)))
	none, err := collaborations(t, shop, anyValid)
	require.NoError(t, err)
	require.Empty(t, none)
}

func TestAMissingScopeForCollaborationsIsSaid(t *testing.T) {
	shop, v := newShop(t, plain(403, refusal(105005, "access scope is not granted: seller.affiliate_collaboration.read")))
	_, err := collaborations(t, shop, anyValid)
	require.Equal(t, affiliate.ScopeMissing, affiliate.KindOf(err))
	require.ErrorContains(t, err, "searching target collaborations: ")
	require.ErrorContains(t, err, "seller.affiliate_collaboration.read")
	require.Len(t, v.seen(), 1)
}

func TestPagesOfCollaborationsEndWhereTheyGoInCircles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shop, v := newShop(t, plain(200, success(`{"next_page_token":"again","target_collaborations":[{"id":"1"}]}`)))
		_, err := collaborations(t, shop, anyValid)
		require.Equal(t, affiliate.Malformed, affiliate.KindOf(err), "there may be others")
		require.Len(t, v.seen(), 2)
	})
}

func TestPagesOfCollaborationsAreReadNoFurtherThanAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shop, v := newShop(t, func(w http.ResponseWriter, r request) {
			page, _ := strconv.Atoi(r.Query.Get("page_token"))
			reply(w, 200, success(fmt.Sprintf(`{"next_page_token":"%d","target_collaborations":[{"id":"%d"}]}`, page+1, page+1)))
		})
		var ids []affiliate.CollaborationID
		for found, err := range shop.TargetCollaborations(t.Context(), anyValid) {
			require.NoError(t, err)
			if ids = append(ids, found.ID); len(ids) == 3 {
				break
			}
		}
		require.Equal(t, []affiliate.CollaborationID{"1", "2", "3"}, ids)
		require.Len(t, v.seen(), 3)
	})
}

func TestEveryTargetCollaborationOfAShopIsFoundOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCenter(t, affiliatesim.Options{Shops: 2})
		shops := c.shops(t)
		want := map[affiliate.CollaborationID]string{}
		for i := range 130 {
			var made struct{ ID affiliate.CollaborationID }
			name := fmt.Sprintf("Collaboration %d", i)
			c.control(t, "/sim/collaborations", fmt.Sprintf(`{"name":%q,"shop_id":%q,"has_free_sample":%t}`, name, shops[0].ID(), i%2 == 0), &made)
			want[made.ID] = name
		}
		all, err := collaborations(t, shops[0], affiliate.CollaborationFilter{Status: affiliate.CollaborationValid, Samples: affiliate.AnySampleSetting})
		require.NoError(t, err)
		got := map[affiliate.CollaborationID]string{}
		for _, found := range all {
			got[found.ID] = found.Name
			require.Positive(t, time.Until(found.End))
		}
		require.Len(t, all, 130)
		require.Equal(t, want, got)

		offering, err := collaborations(t, shops[0], affiliate.CollaborationFilter{Status: affiliate.CollaborationOngoing, Samples: affiliate.WithFreeSample})
		require.NoError(t, err)
		require.Len(t, offering, 65)
		none, err := collaborations(t, shops[1], anyValid)
		require.NoError(t, err)
		require.Empty(t, none)
	})
}
