package affiliate_test

import (
	"encoding/json"
	"math/big"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"sampledesk/affiliate"
)

func TestANumberTakesEveryFormThatTheVendorSends(t *testing.T) {
	for text, want := range map[string]string{
		`""`: "", `null`: "", `" "`: "", `"%"`: "",
		`0`: "0", `"0"`: "0", `"-0"`: "0", `0.00`: "0",
		`500`: "500", `"500"`: "500", `"500.00"`: "500", `"+7"`: "7", `" 7 "`: "7",
		`"60.85%"`: "60.85", `"60.50"`: "60.5", `"60.5 %"`: "60.5", `"0.01"`: "0.01", `".5"`: "0.5", `"007"`: "7",
		`9007199254740993`: "9007199254740993", `"18446744073709551615"`: "18446744073709551615",
		`1.5e3`: "1500", `1E-3`: "0.001", `12.345e1`: "123.45", `-2.50`: "-2.5", `123.45e-2`: "1.2345",
	} {
		var number affiliate.Number
		require.NoError(t, json.Unmarshal([]byte(text), &number), text)
		require.Equal(t, want, number.String(), text)
		require.Equal(t, want != "", number.Shared(), text)
	}
}

func TestANumberRefusesWhatIsNone(t *testing.T) {
	for _, text := range []string{
		`"many"`, `"1,000"`, `"1.2.3"`, `"--1"`, `"."`, `"1e"`, `"1e41"`, `1e999999999`, `"1.2K"`, `"0x10"`, `"NaN"`, `"Inf"`,
		`true`, `{}`, `[]`, `"١٢"`, `"` + strings.Repeat("9", 65) + `"`, strings.Repeat("9", 65),
	} {
		number := affiliate.NumberOf(7)
		require.Error(t, json.Unmarshal([]byte(text), &number), text)
		require.Equal(t, affiliate.NumberOf(7), number, "a failed decoding changes nothing")
	}
}

func TestABlankNumberIsNotZero(t *testing.T) {
	var blank affiliate.Number
	_, isInt := blank.Int()
	_, isFloat := blank.Float()
	require.False(t, isInt)
	require.False(t, isFloat)
	require.NotEqual(t, affiliate.NumberOf(0), blank)

	text, err := json.Marshal([]affiliate.Number{blank, affiliate.NumberOf(0)})
	require.NoError(t, err)
	require.JSONEq(t, `["","0"]`, string(text))
}

func TestANumberGivesItsValue(t *testing.T) {
	number, err := affiliate.ParseNumber("-1234.90")
	require.NoError(t, err)
	whole, ok := number.Int()
	require.True(t, ok)
	require.Equal(t, int64(-1234), whole)
	value, ok := number.Float()
	require.True(t, ok)
	require.InDelta(t, -1234.9, value, 1e-9)

	huge, err := affiliate.ParseNumber("18446744073709551615")
	require.NoError(t, err)
	_, ok = huge.Int()
	require.False(t, ok, "beyond 64 bits with a sign")
}

func FuzzNumber(f *testing.F) {
	for _, seed := range []string{"", "0", "-0.0", "60.85%", "1e40", "-1.5E-40", ".", "9007199254740993", "00.10", "1e-", "٣"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		number, err := affiliate.ParseNumber(text)
		if err != nil {
			return
		}
		again, err := affiliate.ParseNumber(number.String())
		require.NoError(t, err)
		require.Equal(t, number, again, "the canonical form is its own canonical form")
		require.Less(t, len(number.String()), 128)

		encoded, err := json.Marshal(number)
		require.NoError(t, err)
		var decoded affiliate.Number
		require.NoError(t, json.Unmarshal(encoded, &decoded))
		require.Equal(t, number, decoded)

		plain := strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(text), "%"))
		if !number.Shared() {
			require.Empty(t, plain)
			return
		}
		want, ok := new(big.Rat).SetString(plain)
		require.True(t, ok, "what is taken is a number: %q", text)
		got, ok := new(big.Rat).SetString(number.String())
		require.True(t, ok)
		require.Zero(t, want.Cmp(got), "%q became %s", text, number)
	})
}
