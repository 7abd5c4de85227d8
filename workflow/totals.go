package workflow

import (
	"math/bits"
	"slices"
	"time"
)

// Totals are sums of figures.
type Totals struct {
	Of     [8]int // how many applications got into each of Lines
	There  int    // of those decided, those decided in the Affiliate Center or by TikTok's automation
	Orders int    // paid so far, through the content of those posted
	Untold int    // of those posted, those of whose orders TikTok tells nothing
	Took   Spans  // how long the decisions of this desk took
}

// In returns how many applications got into a line.
func (s Totals) In(l Line) int {
	if i := slices.Index(Lines, l); i >= 0 {
		return s.Of[i]
	}
	return 0
}

// Add adds what a fact counts so many times; -1 takes it out.
func (s *Totals) Add(f Fact, times int) {
	i := slices.Index(Lines, f.Line)
	if i < 0 {
		return
	}
	s.Of[i] += times
	switch {
	case f.Line == LinePosted:
		s.Orders += times * f.Orders
		if f.Untold {
			s.Untold += times
		}
	case f.Line != LineApproved && f.Line != LineRejected:
	case f.Here:
		s.Took.Add(f.Span, times)
	default:
		s.There += times
	}
}

// Fact is what one milestone of an application adds to the figures of every period that it is in and in which the
// application did not get into the line before.
type Fact struct {
	Line   Line
	At     time.Time
	Before time.Time // when the application had got into the line last; zero: never
	Here   bool      // of a decision: made at this desk
	Span   Span      // then: how long it took
	Orders int       // of what was posted: what has been bought through it so far
	Untold bool      // then: TikTok does not tell
}

// Again reports whether in a period that begins then the application was in the line before the fact.
func (f Fact) Again(from time.Time) bool { return !f.Before.IsZero() && !f.Before.Before(from) }

// Facts returns what the application adds to its shop's figures, line by line, in order of time. Every store keeps their
// sums, so that the figures of a period are not counted application by application.
func (a Application) Facts() []Fact {
	var all []Fact
	orders, untold := a.PaidOrders()
	for _, line := range Lines {
		from := len(all)
		for _, m := range a.Milestones {
			if m.Line != line {
				continue
			}
			f := Fact{Line: line, At: m.At}
			switch {
			case line == LinePosted:
				f.Orders, f.Untold = orders, untold
			case m.Took != nil:
				f.Here, f.Span = true, SpanOf(*m.Took)
			}
			all = append(all, f)
		}
		slices.SortStableFunc(all[from:], func(x, y Fact) int { return x.At.Compare(y.At) })
		own := slices.CompactFunc(all[from:], func(x, y Fact) bool { return x.At.Equal(y.At) })
		all = all[:from+len(own)]
		for i := range own[min(1, len(own)):] {
			own[i+1].Before = own[i].At
		}
	}
	return all
}

// Span is a duration, rounded: exactly to the second below 512 s, and then to within 0.2 %.
type Span int

// The spans: the first halves are counted in seconds, and each doubling has as many steps.
const (
	spanSteps = 256
	spanBits  = 8
)

// SpanOf returns the span of a duration. One below zero, as of clocks that differ, is zero.
func SpanOf(d time.Duration) Span {
	s := uint64(max(0, d) / time.Second)
	if s < 2*spanSteps {
		return Span(s)
	}
	doubled := bits.Len64(s) - spanBits - 1
	return Span(uint64(spanSteps*doubled) + s>>doubled)
}

// Exact reports whether the span is exact to the second.
func (s Span) Exact() bool { return s < 2*spanSteps }

// Duration is the middle of the durations of the span.
func (s Span) Duration() time.Duration {
	if s.Exact() {
		return time.Duration(s) * time.Second
	}
	doubled := int(s)/spanSteps - 1
	low := time.Duration(int(s)-spanSteps*doubled) << doubled * time.Second
	return low + time.Second<<doubled/2
}

// Spans count durations: how many there are of each Span. The zero value counts none.
type Spans []int

// Add counts a span so many times.
func (s *Spans) Add(span Span, times int) {
	if missing := int(span) + 1 - len(*s); missing > 0 {
		*s = append(*s, make([]int, missing)...)
	}
	if (*s)[span] += times; (*s)[span] == 0 {
		*s = s.trimmed()
	}
}

// trimmed leaves out what is not counted at the end, so that equal ones are equal.
func (s Spans) trimmed() Spans {
	for len(s) > 0 && s[len(s)-1] == 0 {
		s = s[:len(s)-1]
	}
	if len(s) == 0 {
		return nil
	}
	return s
}

// Median is the middle of the durations, of an even number the mean of the two in the middle, each as exact as a Span;
// zero of none.
func (s Spans) Median() time.Duration {
	n := 0
	for _, count := range s {
		n += count
	}
	if n == 0 {
		return 0
	}
	low, high := s.at((n-1)/2), s.at(n/2)
	return low + (high-low)/2
}

// at returns the duration that has so many before it.
func (s Spans) at(n int) time.Duration {
	for span, count := range s {
		if n -= count; n < 0 {
			return Span(span).Duration()
		}
	}
	return 0
}
