package workflow

import (
	"encoding/json"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestASpanIsExactToTheSecondAtFirstAndThenToAFifthOfAPercent(t *testing.T) {
	last := Span(-1)
	for s := int64(0); s < math.MaxInt64/int64(time.Second)-1; s += 1 + s/1000 {
		d := time.Duration(s) * time.Second
		span := SpanOf(d)
		require.GreaterOrEqual(t, span, last, "the order is kept")
		last = span
		if s < 512 {
			require.Equal(t, d, span.Duration())
			continue
		}
		require.InDelta(t, d.Seconds(), span.Duration().Seconds(), d.Seconds()/500, "%s", d)
	}
	require.Equal(t, Span(0), SpanOf(-time.Hour))
	require.Positive(t, SpanOf(math.MaxInt64).Duration())
}

func TestTheMedianOfSpansIsTheirMiddle(t *testing.T) {
	var s Spans
	require.Zero(t, s.Median())
	for _, seconds := range []int{9, 1, 5} {
		s.Add(SpanOf(time.Duration(seconds)*time.Second), 1)
	}
	require.Equal(t, 5*time.Second, s.Median())
	s.Add(SpanOf(6*time.Second), 1)
	require.Equal(t, 5500*time.Millisecond, s.Median())
	for _, seconds := range []int{1, 5, 6, 9} {
		s.Add(SpanOf(time.Duration(seconds)*time.Second), -1)
	}
	require.Equal(t, Spans(nil), s)
}

func TestAMilestoneIsReadAsItWasWritten(t *testing.T) {
	at := time.Date(2026, 11, 22, 9, 0, 0, 123456000, time.UTC)
	for _, m := range []Milestone{
		{Line: LineReceived, At: at}, {Line: LineApproved, At: at, Took: new(90 * time.Minute)}, {Line: LineRejected, At: at, Took: new(-time.Second)},
		{Line: "to come", At: time.Unix(-5, 0).UTC()},
	} {
		data, err := json.Marshal(m)
		require.NoError(t, err)
		var again Milestone
		require.NoError(t, json.Unmarshal(data, &again))
		require.Equal(t, m, again)
	}
	for _, text := range []string{"", " ", "1/ a", "1/! a", "! a"} {
		require.Error(t, new(Milestone).UnmarshalText([]byte(text)), text)
	}
}
