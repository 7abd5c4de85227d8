package pgstore_test

import (
	"os"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"sampledesk/store/pgstore/pgtest"
	"sampledesk/workflow"
	"sampledesk/workflow/engine/monthtest"
)

// TestTwoDesksLiveAMonthWithRules has two desks at work at the same time on one store: no cap is passed, and every count is
// that of a plain recount. SAMPLEDESK_MONTH_SEED and SAMPLEDESK_MONTH_COUNT choose long months (make month).
func TestTwoDesksLiveAMonthWithRules(t *testing.T) {
	first, count, long := 1, 1, false
	for name, n := range map[string]*int{"SAMPLEDESK_MONTH_SEED": &first, "SAMPLEDESK_MONTH_COUNT": &count} {
		if text := os.Getenv(name); text != "" {
			var err error
			*n, err = strconv.Atoi(text)
			require.NoError(t, err, name)
			long = true
		}
	}
	for seed := first; seed < first+count; seed++ {
		t.Run(strconv.Itoa(seed), func(t *testing.T) {
			t.Parallel()
			address := pgtest.Recycled(t)
			s := monthtest.Setting{
				Seed: uint64(seed), Days: 4, Requests: 40, Rules: true, Together: true,
				Stores: [2]workflow.Store{opened(t, address), opened(t, pooled(address))},
			}
			if long {
				s.Days, s.Requests = 30, 160
			}
			ends := monthtest.Live(t, s)
			t.Logf("%+v", ends)
			require.Positive(t, ends.ByRules)
		})
	}
}
