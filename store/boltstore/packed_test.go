package boltstore

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
)

// keptTypes are all of which values are kept.
var keptTypes = []reflect.Type{
	reflect.TypeFor[workflow.Authorisation](), reflect.TypeFor[workflow.Shop](), reflect.TypeFor[workflow.Application](),
	reflect.TypeFor[workflow.Campaign](), reflect.TypeFor[workflow.Member](), reflect.TypeFor[workflow.Entry](),
	reflect.TypeFor[workflow.Product](), reflect.TypeFor[workflow.Conversation](), reflect.TypeFor[workflow.Run](),
	reflect.TypeFor[workflow.Notice](), reflect.TypeFor[workflow.Person](), reflect.TypeFor[queued](), reflect.TypeFor[deadLetter](),
	reflect.TypeFor[workflow.App](),
}

func TestWhatIsPackedIsUnpackedAsJSONWouldHaveIt(t *testing.T) {
	for _, kind := range keptTypes {
		for _, flag := range []bool{true, false} {
			given := reflect.New(kind)
			fillAll(given.Elem(), kind.Name(), flag)
			requireAsJSON(t, given)
		}
		requireAsJSON(t, reflect.New(kind))
	}
}

// requireAsJSON packs and unpacks a value and compares it with what JSON makes of it.
func requireAsJSON(t *testing.T, given reflect.Value) {
	t.Helper()
	data, err := pack(given.Elem().Interface())
	require.NoError(t, err)
	text, err := json.Marshal(given.Interface())
	require.NoError(t, err)
	want, got := reflect.New(given.Type().Elem()), reflect.New(given.Type().Elem())
	require.NoError(t, json.Unmarshal(text, want.Interface()))
	require.NoError(t, unpack(data, got.Interface()))
	require.Equal(t, want.Interface(), got.Interface())
	require.Less(t, len(data), max(len(text), 3))
	for n := range data { // breaks off anywhere
		_ = unpack(data[:max(n, 1)], reflect.New(given.Type().Elem()).Interface())
	}
}

// fillAll is fill for every type that is kept.
func fillAll(v reflect.Value, where string, flag bool) {
	switch {
	case v.Kind() == reflect.Map:
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fillAll(key, where, flag)
		fillAll(value, where, flag)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(key, value)
	case v.Kind() == reflect.Struct && v.Type() != timeType:
		for field := range v.Type().Fields() {
			if f := v.FieldByIndex(field.Index); f.CanSet() {
				fillAll(f, where+"."+field.Name, flag)
			}
		}
	case v.Type() == reflect.TypeFor[workflow.Line]():
		v.SetString("r")
	case v.Kind() == reflect.Float64:
		v.SetFloat(0.5)
	case v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Uint8:
		v.SetBytes([]byte{0, 1})
	case v.Kind() == reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fillAll(v.Index(1), where, flag)
	case v.Kind() == reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fillAll(v.Elem(), where, flag)
	default:
		fill(v, where, flag)
	}
}

func TestFieldsThatAProgramDoesNotKnowAreReadOver(t *testing.T) {
	type inner struct {
		Text string `json:"text"`
		Deep []struct {
			N float64 `json:"n"`
		} `json:"deep within"`
	}
	type newer struct {
		At    time.Time `json:"at"`
		New   string    `json:"a name without a number"`
		List  []inner   `json:"items"`
		Half  float64   `json:"value"`
		Flag  bool      `json:"shared"`
		Word  string    `json:"kind"`
		Inner inner     `json:"cause"`
		Last  int       `json:"round"`
	}
	type older struct {
		Last int `json:"round"`
		More int `json:"count"`
	}
	in := inner{Text: "1", Deep: []struct {
		N float64 `json:"n"`
	}{{0.5}, {math.Inf(1)}}}
	given := newer{At: begin, New: "x", List: []inner{in, {}}, Half: 0.5, Flag: true, Word: "review", Inner: in, Last: -7}
	data, err := pack(given)
	require.NoError(t, err)
	var same newer
	require.NoError(t, unpack(data, &same))
	require.Equal(t, given, same)
	var less older
	require.NoError(t, unpack(data, &less))
	require.Equal(t, older{Last: -7}, less)
}

func TestADamagedValueIsAnErrorAndNeverAPanic(t *testing.T) {
	whole, err := pack(kept(arrived(1)))
	require.NoError(t, err)
	for n := range whole {
		_, err := decode[workflow.Application](whole[:n])
		require.ErrorIs(t, err, errDamaged, "cut at %d", n)
		for _, b := range []byte{0, 1, 7, 0x7f, 0x80, 0xff} {
			other := slices.Clone(whole)
			other[n] = b
			_, _ = decode[workflow.Application](other)
		}
	}
	_, err = decode[workflow.Application](append(whole, 0))
	require.ErrorIs(t, err, errDamaged)
	deep := []byte{packedMark, 0<<3 | kindList, 1, 'x'}
	for range 200 {
		deep = append(deep, 1, kindList)
	}
	_, err = decode[workflow.Application](deep)
	require.ErrorIs(t, err, errDamaged)
}

// TestTheNumbersOfNamesAndWordsStay holds on to those that files may rest on, whatever is added behind them.
func TestTheNumbersOfNamesAndWordsStay(t *testing.T) {
	for _, list := range []struct {
		all   []string
		first int
		sum   string
	}{{names, 230, "9b56ce27d6fcc908"}, {words, 111, "af485e82c167085f"}} {
		sum := sha256.Sum256([]byte(strings.Join(list.all[:list.first], "\n")))
		require.Equal(t, list.sum, hex.EncodeToString(sum[:8]), "%q", list.all[:list.first])
		require.Len(t, slices.Compact(slices.Sorted(slices.Values(list.all))), len(list.all), "one is there twice")
	}
	for _, word := range words {
		require.LessOrEqual(t, len(word), longestWord, word)
	}
}

func BenchmarkPacked(b *testing.B) {
	a := kept(arrived(1))
	packed, err := pack(a)
	require.NoError(b, err)
	text, err := json.Marshal(a)
	require.NoError(b, err)
	b.Run("pack", func(b *testing.B) {
		for b.Loop() {
			_, _ = pack(a)
		}
		b.ReportMetric(float64(len(packed)), "B")
	})
	for name, data := range map[string][]byte{"unpack": packed, "from_JSON": text} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				_, _ = decode[workflow.Application](data)
			}
			b.ReportMetric(float64(len(data)), "B")
		})
	}
}
