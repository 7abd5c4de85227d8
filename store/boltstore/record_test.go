package boltstore

import (
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
)

func TestWhatIsKeptHoldsNothingThatSettleDoesNotReach(t *testing.T) {
	for _, kind := range keptTypes {
		requireReached(t, kind, kind.Name())
	}
}

func requireReached(t *testing.T, kind reflect.Type, where string) {
	t.Helper()
	switch kind.Kind() {
	case reflect.Map:
		requireReached(t, kind.Key(), where)
		requireReached(t, kind.Elem(), where)
	case reflect.Interface, reflect.Array, reflect.Chan, reflect.Func:
		require.Fail(t, "settle does not look into it", "%s is a %s", where, kind)
	case reflect.Pointer, reflect.Slice:
		requireReached(t, kind.Elem(), where)
	case reflect.Struct:
		if kind == timeType {
			return
		}
		for f := range kind.Fields() {
			if f.Type == reflect.TypeFor[lease]() {
				continue // it is no part of what is kept
			}
			require.True(t, f.IsExported(), "%s.%s cannot be set", where, f.Name)
			requireReached(t, f.Type, where+"."+f.Name)
		}
	}
}

func TestKeptChangesNothingOfWhatItIsGiven(t *testing.T) {
	rough := time.Date(2026, 11, 22, 9, 0, 0, 999, time.FixedZone("east", 3600))
	given := workflow.Effect{Payload: &workflow.Payload{At: rough, Tracking: "\xff"}, NotBefore: rough}
	made := kept(given)
	require.Equal(t, &workflow.Payload{At: rough, Tracking: "\xff"}, given.Payload)
	smooth := time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)
	require.Equal(t, workflow.Effect{Payload: &workflow.Payload{At: smooth, Tracking: "\uFFFD"}, NotBefore: smooth}, made)
}

func TestKeptCopiesMaps(t *testing.T) {
	given := map[string]time.Time{"\xff": time.Date(2026, 11, 22, 9, 0, 0, 999, time.FixedZone("east", 3600))}
	made := kept(given)
	require.Equal(t, map[string]time.Time{"\uFFFD": time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)}, made)
	require.Contains(t, given, "\xff")

	again := apart(made)
	require.Equal(t, made, again)
	clear(again)
	require.Len(t, made, 1)
	require.Nil(t, kept(map[string]int(nil)))
}

func TestATimeBeforeAllTimesIsInOrder(t *testing.T) {
	times := []time.Time{{}, time.Date(1500, 1, 1, 0, 0, 0, 0, time.UTC), time.Unix(-1, 0), time.Unix(0, 0), begin, begin.Add(time.Microsecond), time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)}
	last := ""
	for _, at := range times {
		key := string(deadLetterKey(at, "1"))
		require.Greater(t, key, last)
		last = key
		due := time.UnixMicro(spotOf(queued{Effect: workflow.Effect{NotBefore: at}}).due)
		require.True(t, at.Equal(due), "%s came back as %s", at, due)
	}
}
