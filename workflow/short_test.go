package workflow

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAShortIDIsTheSameForEver(t *testing.T) {
	require.Equal(t, ShortID("P5VKP"), sample.Short())
	require.Equal(t, sample.Short(), sample.Short())
}

func TestAShortIDIsReadAsAPersonMayTypeIt(t *testing.T) {
	for typed, want := range map[string]ShortID{
		"7KQ2M": "7KQ2M", "7kq2m": "7KQ2M", "#7kq2m": "7KQ2M", "7kq-2m": "7KQ2M", "oIl00": "01100", "O1L0o": "01100",
	} {
		got, ok := ParseShort(typed)
		require.True(t, ok, typed)
		require.Equal(t, want, got)
	}
	for _, typed := range []string{"", "#", "7KQ2", "7KQ2MM", "7KQ2U", "7KQ 2", "é1234", "@glow", "\xff1234", "1729384756"} {
		_, ok := ParseShort(typed)
		require.False(t, ok, "%q", typed)
	}
}

func TestShortIDsHardlyEverMeet(t *testing.T) {
	seen, met := map[ShortID]bool{}, 0
	for i := range 5000 {
		id := Key{Shop: sample.Shop, ID: ApplicationID(strconv.Itoa(1729384756 + i))}.Short()
		require.Empty(t, strings.Trim(string(id), crockford))
		if seen[id] {
			met++
		}
		seen[id] = true
	}
	require.LessOrEqual(t, met, 3)
}

func TestApplicationsThatShareAShortIDAreListedTogether(t *testing.T) {
	by := map[ShortID]Key{}
	for i := 0; ; i++ {
		k := Key{Shop: sample.Shop, ID: ApplicationID(strconv.Itoa(i))}
		other, ok := by[k.Short()]
		if by[k.Short()] = k; !ok {
			continue
		}
		one, two := applicationIn(Pending), applicationIn(Pending)
		one.Key, two.Key = other, k
		require.Contains(t, one.Places(), Place{ShortOf(k.Short()), other.String()})
		require.Contains(t, two.Places(), Place{ShortOf(k.Short()), k.String()})
		return
	}
}
