package picture

import (
	"math"
	"strconv"
)

// grouped writes a whole number with its thousands apart: 1,234.
func grouped(n int) string {
	s := strconv.Itoa(n)
	first := 0
	if n < 0 {
		first = 1
	}
	for at := len(s) - 3; at > first; at -= 3 {
		s = s[:at] + "," + s[at:]
	}
	return s
}

// short writes a number for a narrow place: three digits that count, from ten thousand on with a letter for the
// thousands (k), millions (M), billions (B) and trillions (T).
func short(v float64) string {
	if v == math.Trunc(v) && v < 10_000 {
		return grouped(int(v))
	}
	unit := 0
	if v >= 10_000 {
		for ; unit < len(units)-1 && v >= 999.5; unit++ {
			v /= 1000
		}
	}
	digits := 2 - int(math.Floor(math.Log10(v)))
	return strconv.FormatFloat(rounded(v, digits), 'f', -1, 64) + units[unit]
}

var units = []string{"", "k", "M", "B", "T"}

// rounded rounds to so many digits behind the point; a negative number of digits rounds whole places.
func rounded(v float64, digits int) float64 {
	shift := math.Pow(10, float64(digits))
	return math.Round(v*shift) / shift
}

// stepOf is the distance of a grid's lines for values up to the given one: 1, 2 or 5 times a power of ten, so that
// there are about four of them, and whole where the values are.
func stepOf(most float64, whole bool) float64 {
	rough := most / 4
	power := math.Pow(10, math.Floor(math.Log10(rough)))
	step := 10 * power
	for _, times := range []float64{1, 2, 5} {
		if times*power >= rough {
			step = times * power
			break
		}
	}
	if whole {
		return max(1, step)
	}
	return step
}
