package affiliatesim

import (
	"net/http"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestARecordAnswersWithTheOddValuesThatWereOrdered(t *testing.T) {
	u := open(t, Options{})
	id, other := u.add(`{}`), u.add(`{}`)
	u.order("/sim/oddities", `{"id":"`+id+`","fields":{"creator.gmv.amount":"$1234.56","creator.follower_count":"12.3K","approve_expiration_time":-1,"product":[],"is_approvable":"yes","some.thing":{"new":1}}}`)
	u.order("/sim/oddities", `{"id":"`+id+`","fields":{"disapprovable_reasons":null},"without":["creator.username"]}`)
	record := func(id string) map[string]any {
		for _, r := range u.found(`{}`) {
			if r["id"] == id {
				return r
			}
		}
		require.Fail(t, "no such record")
		return nil
	}
	got := record(id)
	creator := got["creator"].(map[string]any)
	require.Equal(t, "$1234.56", creator["gmv"].(map[string]any)["amount"])
	require.NotEmpty(t, creator["gmv"].(map[string]any)["currency"], "what was not ordered stays")
	require.Equal(t, "12.3K", creator["follower_count"])
	require.NotContains(t, creator, "username")
	require.EqualValues(t, -1, got["approve_expiration_time"])
	require.Equal(t, []any{}, got["product"])
	require.Equal(t, "yes", got["is_approvable"])
	require.Contains(t, got, "disapprovable_reasons")
	require.Nil(t, got["disapprovable_reasons"])
	require.Equal(t, map[string]any{"thing": map[string]any{"new": 1.0}}, got["some"])
	require.NotContains(t, record(other), "some")

	u.order("/sim/oddities", `{"id":"`+id+`"}`)
	require.NotContains(t, record(id), "some", "it is as it should be again")
}

func TestTheNextListingsComeWithOddPages(t *testing.T) {
	u := open(t, Options{NoRateLimits: true})
	var all []string
	for range 6 {
		all = append(all, u.add(`{}`))
	}
	slices.Sort(all)
	for pages, check := range map[string]func(pages [][]string, ended bool){
		"repeat": func(pages [][]string, ended bool) {
			require.True(t, ended)
			require.Len(t, pages, 6)
			for i := 0; i < 6; i += 2 {
				require.Equal(t, pages[i], pages[i+1])
			}
			require.ElementsMatch(t, slices.Concat(all, all), slices.Concat(pages...))
		},
		"empty_middle": func(pages [][]string, ended bool) {
			require.True(t, ended)
			require.Len(t, pages[0], 1)
			require.Empty(t, pages[1])
			require.ElementsMatch(t, all, slices.Concat(pages...))
		},
		"self": func(pages [][]string, ended bool) {
			require.False(t, ended)
			require.Equal(t, pages[0], pages[len(pages)-1])
		},
		"shrink": func(pages [][]string, ended bool) {
			require.True(t, ended)
			require.Len(t, slices.Concat(pages...), 3, "half of each page is nowhere")
		},
		"shuffle": func(_ [][]string, ended bool) { require.True(t, ended) },
	} {
		t.Run(pages, func(t *testing.T) {
			u.order("/sim/oddities", `{"pages":"`+pages+`","times":1}`)
			check(u.listing(20))
			got, ended := u.listing(20)
			require.True(t, ended)
			require.Len(t, got, 3, "the listing after it is as it should be")
			require.ElementsMatch(t, all, slices.Concat(got...))
		})
	}
	u.order("/sim/oddities", `{"pages":"self","times":5,"path":"target_collaborations"}`)
	_, ended := u.listing(20)
	require.True(t, ended, "another listing was meant")
}

// listing reads pages of two until the listing ends, at most so many of them.
func (u *caller) listing(most int) (pages [][]string, ended bool) {
	token := ""
	for range most {
		data := u.search(2, token, "{}").data(u.t)
		var ids []string
		for _, r := range data["sample_applications"].([]any) {
			ids = append(ids, r.(map[string]any)["id"].(string))
		}
		slices.Sort(ids)
		pages = append(pages, ids)
		if token = data["next_page_token"].(string); token == "" {
			return pages, true
		}
	}
	return pages, false
}

func TestOdditiesThatCannotBeMeantAreRefused(t *testing.T) {
	u := open(t, Options{})
	id := u.add(`{}`)
	for body, want := range map[string]int{
		``: 400, `{"pages":"mixed"}`: 400, `{"pages":"self","times":-1}`: 400, `{"fields":{"status":1}}`: 400,
		`{"id":"` + id + `","pages":"self"}`: 400, `{"id":"1","fields":{"status":1}}`: 404, `{"id":` + strconv.Itoa(7) + `}`: 400,
	} {
		status, got := u.control("/sim/oddities", body)
		require.Equal(t, want, status, body)
		require.NotEmpty(t, got["error"], body)
	}
	require.Equal(t, http.StatusOK, u.get("/authorization/202309/shops", nil).Status)
}
