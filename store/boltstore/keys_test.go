package boltstore

import (
	"bytes"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
)

func TestTheNumbersOfAHistoryAreInByteOrder(t *testing.T) {
	numbers := []uint64{0, 1, 9, 10, 35, 36, 37, 1295, 1296, 60_000_000, math.MaxUint32, math.MaxInt64, math.MaxUint64}
	for i, n := range numbers[1:] {
		require.Negative(t, strings.Compare(sequenceText(numbers[i]), sequenceText(n)), "%d and %d", numbers[i], n)
	}
}

func TestAPlaceNamesItsApplicationWhateverItsSort(t *testing.T) {
	long := strings.Repeat("9", 300)
	for _, key := range []workflow.Key{{Shop: "1", ID: "2"}, {Shop: "7495540735365777507", ID: "576"}, {Shop: "1/2", ID: "3"}, {Shop: "1", ID: "2/3"}, {Shop: "1", ID: workflow.ApplicationID(long)}} {
		for _, sort := range []string{key.String(), "00001763802000000000/" + key.String(), "~/" + key.String(), "other", ""} {
			p := place{Listing: "seen", Sort: sort}
			got, err := referred(listingKey(p), reference(p, key))
			require.NoError(t, err)
			require.Equal(t, string(applicationKey(key)), string(got), "%q", sort)
		}
	}
	for _, damaged := range []string{"", "1", "\xff", "\x01\x7f", "\x7f\x01", "\x01\x01\x01", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x01"} {
		_, err := referred([]byte("seen\x001/2"), []byte(damaged))
		require.ErrorIs(t, err, errDamaged, "%q", damaged)
	}
}

func TestANameInAKeyIsReadAgainAndNoOtherIsTheSame(t *testing.T) {
	names := []string{"", "0", "00", "1", "01", "255", "256", "7495540735365777507", "18446744073709551615", "18446744073709551616", "-1", "+1", "1/2", "x", "\t", "9", "é"}
	for _, shop := range names {
		for _, id := range names {
			k := workflow.Key{Shop: workflow.ShopID(shop), ID: workflow.ApplicationID(id)}
			got, rest := keyOf(applicationKey(k))
			require.Equal(t, k, got)
			require.Empty(t, rest)
			require.True(t, isApplication(applicationKey(k)))
			got, sequence, isEntry := keyIn(schema, historyKey(k, 70))
			require.True(t, isEntry)
			require.Equal(t, k, got)
			require.Equal(t, sequenceText(70), string(sequence))
			for _, other := range names {
				if other != id {
					require.False(t, bytes.HasPrefix(applicationKey(workflow.Key{Shop: k.Shop, ID: workflow.ApplicationID(other)}), applicationKey(k)), "%q %q", id, other)
				}
			}
		}
	}
	for _, damaged := range []string{"", "\x05", "\x05\x01", "\x09abc", "\xff\xff", "\x00"} {
		_, _ = keyOf([]byte(damaged))
	}
}

// TestWhatAnApplicationsPlacesRestOnIsInTheValue lets a transaction remember an application whose slices others have. Of
// what is behind a pointer the places rest on the proposal alone, which is remembered as it was.
func TestWhatAnApplicationsPlacesRestOnIsInTheValue(t *testing.T) {
	for _, a := range probes() {
		alone := ownPlaces(a)
		if a.Proposal != nil {
			require.NotSame(t, a.Proposal, alone.Proposal)
		}
		proposal := alone.Proposal
		fields := reflect.ValueOf(&alone).Elem()
		for _, field := range fields.Fields() {
			forget(field)
		}
		alone.Proposal = proposal
		require.Equal(t, a.Places(), alone.Places())
	}
}

// forget empties every slice and pointer.
func forget(v reflect.Value) {
	switch v.Kind() {
	case reflect.Slice, reflect.Pointer:
		v.SetZero()
	case reflect.Struct:
		for _, field := range v.Fields() {
			if v.Type() != timeType {
				forget(field)
			}
		}
	}
}
