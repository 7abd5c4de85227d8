package engine_test

import (
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"sampledesk/store/boltstore"
	"sampledesk/workflow"
	"sampledesk/workflow/engine/monthtest"
)

// aMonth is a setting whose two desks work by turns on one file. Without COUNT it is short.
func aMonth(t *testing.T, seed uint64, rules bool) monthtest.Setting {
	bolt, err := boltstore.Open(t.Context(), filepath.Join(t.TempDir(), "desk.db"))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, bolt.Close()) })
	s := monthtest.Setting{Seed: seed, Days: 10, Requests: 60, Rules: rules, Stores: [2]workflow.Store{bolt, bolt}}
	if os.Getenv("SAMPLEDESK_MONTH_COUNT") != "" {
		s.Days, s.Requests = 30, 160
	}
	return s
}

func TestAMonthIsLivedTwice(t *testing.T) {
	t.Parallel()
	first, count := monthSetting(t, "SAMPLEDESK_MONTH_SEED", 1), monthSetting(t, "SAMPLEDESK_MONTH_COUNT", 1)
	for seed := first; seed < first+count; seed++ {
		t.Run(strconv.Itoa(seed), func(t *testing.T) {
			t.Parallel()
			before := monthtest.Live(t, aMonth(t, uint64(seed), false))
			after := monthtest.Live(t, aMonth(t, uint64(seed), true))
			t.Logf("without rules %+v; with rules %+v", before, after)
			require.Zero(t, before.ByRules+before.Held)
			require.Positive(t, after.ByRules)
			require.Positive(t, after.Looks)
			require.LessOrEqual(t, after.Expired, before.Expired, "rules decide what nobody looks at")
		})
	}
}

func monthSetting(t *testing.T, name string, unset int) int {
	text := os.Getenv(name)
	if text == "" {
		return unset
	}
	n, err := strconv.Atoi(text)
	require.NoError(t, err, name)
	return n
}
