package affiliatesim

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

const approval = `{"review_result":"APPROVE"}`

func TestAFaultAnswersInPlaceOfTheVendor(t *testing.T) {
	u := open(t, Options{})
	id := u.add(`{}`)
	u.order("/sim/faults", `{"path":"review","times":1,"do":"status","status":502}`)
	u.order("/sim/faults", `{"path":"review","do":"status","status":429,"retry_after":7}`)
	u.order("/sim/faults", `{"path":"review","do":"code","code":36009003}`)
	u.order("/sim/faults", `{"path":"review","do":"code","code":105002}`)
	u.order("/sim/faults", `{"path":"review","do":"code","code":16999999,"message":"not today","status":403}`)
	var got [][]any
	for range 5 {
		r := u.post(reviewPath(id), nil, approval)
		got = append(got, []any{r.Status, r.Code, r.Message, r.Header.Get("Retry-After")})
	}
	require.Equal(t, [][]any{
		{502, 0, "", ""}, {429, 36009002, "fault 36009002", "7"}, {200, 36009003, "fault 36009003", ""},
		{401, 105002, "fault 105002", ""}, {403, 16999999, "not today", ""},
	}, got)
	require.Equal(t, "PENDING", u.status(id))
	require.Zero(t, u.post(reviewPath(id), nil, approval).Code, "all faults are used up")
}

func TestADroppedCallDoesNothingAndAnAppliedOneDoesEverything(t *testing.T) {
	u := open(t, Options{})
	id := u.add(`{}`)
	for _, do := range []string{"drop", "apply_then_drop"} {
		u.order("/sim/faults", `{"path":"review","do":"`+do+`"}`)
		_, err := u.do(u.request(http.MethodPost, reviewPath(id), nil, approval))
		require.Error(t, err)
		want := map[string]string{"drop": "PENDING", "apply_then_drop": "AWAITING_SHIPMENT"}[do]
		require.Equal(t, want, u.status(id))
	}
}

func TestADelayedCallIsCarriedOutAlthoughItsCallerHasGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := open(t, Options{})
		id := u.add(`{}`)
		u.order("/sim/faults", `{"path":"review","do":"delay","delay_ms":3000}`)
		u.http.Timeout = time.Second
		_, err := u.do(u.request(http.MethodPost, reviewPath(id), nil, approval))
		require.Error(t, err)
		require.Equal(t, "PENDING", u.status(id))
		time.Sleep(2 * time.Second)
		synctest.Wait()
		require.Equal(t, "AWAITING_SHIPMENT", u.status(id))

		u.http.Timeout = 0
		u.order("/sim/faults", `{"path":"search","do":"delay","delay_ms":1500}`)
		start := time.Now()
		require.Len(t, u.found("{}"), 1)
		require.Equal(t, 1500*time.Millisecond, time.Since(start))
	})
}

func TestFaultsAreClearedByTheirPath(t *testing.T) {
	u := open(t, Options{})
	id := u.add(`{}`)
	u.order("/sim/faults", `{"path":"review","times":100,"do":"status","status":503}`)
	u.order("/sim/faults", `{"path":"search","times":100,"do":"status","status":503}`)
	require.Equal(t, 503, u.post(reviewPath(id), nil, approval).Status)
	require.EqualValues(t, 1, u.order("/sim/faults", `{"path":"review","times":0}`)["waiting"])
	require.Equal(t, 200, u.post(reviewPath(id), nil, approval).Status)
	require.Equal(t, 503, u.search(1, "", "{}").Status)
	require.EqualValues(t, 0, u.order("/sim/faults", `{"times":0}`)["waiting"])
	require.Equal(t, 200, u.search(1, "", "{}").Status)
}

func TestFaultsThatCannotBeMeantAreRefused(t *testing.T) {
	u := open(t, Options{})
	for _, body := range []string{
		``, `{"path":"review"}`, `{"do":"explode"}`, `{"do":"status","status":200}`, `{"do":"status","status":1000}`, `{"do":"drop","times":-1}`,
		`{"do":"delay","delay_ms":-5}`, `{"do":"delay","delay":5}`, `{"do":"code","retry_after":-1}`,
	} {
		status, got := u.control("/sim/faults", body)
		require.Equal(t, http.StatusBadRequest, status, body)
		require.NotEmpty(t, got["error"], body)
	}
}

func TestEveryCallIsLoggedWithoutItsSecrets(t *testing.T) {
	u := open(t, Options{})
	id := u.add(`{}`)
	u.order("/sim/faults", `{"path":"review","do":"apply_then_drop"}`)
	u.order("/sim/faults", `{"path":"review","do":"status","status":503}`)
	_, err := u.do(u.request(http.MethodPost, reviewPath(id), nil, approval))
	require.Error(t, err)
	u.post(reviewPath(id), nil, approval)
	u.post(reviewPath(id), nil, approval)
	u.get("/nowhere", nil)

	calls := u.calls(0)
	require.Len(t, calls, 6)
	require.Equal(t, "/api/v2/token/refresh", calls[0]["path"])
	query := calls[0]["query"].(map[string]any)
	require.Equal(t, []any{"***", "***", "refresh_token"}, []any{query["app_secret"], query["refresh_token"], query["grant_type"]})
	require.Nil(t, calls[0]["body"])
	var got [][]any
	for i, call := range calls {
		require.EqualValues(t, i+1, call["n"])
		got = append(got, []any{call["method"], call["status"], call["code"], call["fault"]})
	}
	require.Equal(t, [][]any{
		{"GET", 200.0, 0.0, ""}, {"GET", 200.0, 0.0, ""},
		{"POST", 0.0, 0.0, "apply_then_drop"}, {"POST", 503.0, 0.0, "status"}, {"POST", 200.0, float64(codeNotPending), ""}, {"GET", 404.0, 36009009.0, ""},
	}, got)
	require.Equal(t, map[string]any{"review_result": "APPROVE"}, calls[2]["body"])
	_, err = time.Parse(time.RFC3339, calls[2]["at"].(string))
	require.NoError(t, err)
	require.Equal(t, calls[4:], u.calls(4))
	require.Empty(t, u.calls(6))
	require.Empty(t, u.calls(600))
}

func TestTheLogKeepsTheLastCallsOnly(t *testing.T) {
	var l callLog
	numbers := func(n int) (numbers []int) {
		lines, err := l.since(n)
		require.NoError(t, err)
		for _, line := range lines { // read by hand: to decode it costs more than to log it, a hundred thousand times
			number, _, _ := strings.Cut(strings.TrimPrefix(string(line), `{"n":`), ",")
			n, err := strconv.Atoi(number)
			if err != nil {
				require.NoError(t, err, string(line))
			}
			numbers = append(numbers, n)
		}
		return numbers
	}
	require.Empty(t, numbers(0))
	for range keptCalls + 10 {
		if err := l.add(loggedCall{Path: searchPath}); err != nil {
			require.NoError(t, err)
		}
	}
	all := numbers(0)
	require.Len(t, all, keptCalls)
	require.Equal(t, []int{11, keptCalls + 10}, []int{all[0], all[len(all)-1]})
	require.True(t, slices.IsSorted(all))
	require.Equal(t, []int{keptCalls + 8, keptCalls + 9, keptCalls + 10}, numbers(keptCalls+7))
	require.Equal(t, keptCalls-bundleCalls+1, numbers(keptCalls - bundleCalls)[0], "from the midst of a packed bundle")
	require.Empty(t, numbers(keptCalls+10))
	require.Empty(t, numbers(keptCalls+1000))
}

func TestLargeCallsArePackedEarly(t *testing.T) {
	var l callLog
	body := json.RawMessage(`"` + strings.Repeat("x", keptBody) + `"`)
	for range 200 {
		require.NoError(t, l.add(loggedCall{Body: body}))
	}
	require.NotEmpty(t, l.packed)
	require.Less(t, l.size, bundleBytes)
	lines, err := l.since(0)
	require.NoError(t, err)
	require.Len(t, lines, 200)
}

func TestABodyThatIsTooLargeIsRefused(t *testing.T) {
	u := open(t, Options{})
	huge := `{"title":"` + strings.Repeat("x", maxBody) + `"}`
	require.Equal(t, 36009004, u.search(1, "", huge).Code)
	status, _ := u.control("/sim/applications", huge)
	require.Equal(t, http.StatusBadRequest, status)
}

func TestBrowsersOfOtherSitesCannotReachTheControls(t *testing.T) {
	u := open(t, Options{})
	r := newRequest(t, "/sim/applications")
	r.Header.Set("Origin", "https://elsewhere.example")
	response, err := u.http.Do(r)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, http.StatusForbidden, response.StatusCode)
	require.Empty(t, u.state()["applications"])
}
