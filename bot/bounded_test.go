package bot

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
)

func TestOfWhatIsRememberedTheOldestIsForgotten(t *testing.T) {
	var ids recentIDs
	for n := range maxRemembered {
		require.True(t, ids.first(t.Context(), fmt.Sprint(n)))
	}
	require.False(t, ids.first(t.Context(), "0"), "there is room for all of them")
	require.True(t, ids.first(t.Context(), "one more"))
	require.True(t, ids.first(t.Context(), "0"), "the oldest made room for it")
	require.False(t, ids.first(t.Context(), "2"), "and the next for that one")
	require.True(t, ids.first(t.Context(), ""))
	require.True(t, ids.first(t.Context(), ""), "what has no id is not remembered")

	var views viewSeq
	first := views.next("V")
	for n := range maxRemembered - 1 {
		views.next(fmt.Sprint(n))
	}
	require.Equal(t, first, views.latest("V"))
	second := views.next("V")
	require.Greater(t, second, first)
	require.Equal(t, second, views.latest("V"))
	views.next("another")
	require.Zero(t, views.latest("V"), "a change makes a view no younger")

	var away dismissed
	for n := range maxRemembered + 1 {
		away.later(workflow.PersonID(fmt.Sprint(n)))
	}
	require.False(t, away.is("0"))
	away.again("1")
	away.later("0")
	require.True(t, away.is("0") && away.is("2") && !away.is("1"))
}
