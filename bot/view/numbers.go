package view

import (
	"math"
	"regexp"
	"strconv"
	"strings"

	"sampledesk/workflow"
)

// notShared stands for a number that a creator keeps to themselves: the vendor sends a blank, which is never zero.
const notShared = "not shared"

// figure is a number short enough for a phone: "12.4K", "2.0K".
func figure(f workflow.OptionalNumber) string {
	if !shared(f) {
		return notShared
	}
	return rounded(f.Value)
}

// exactly is the whole number: "12,408".
func exactly(f workflow.OptionalNumber) string {
	if !shared(f) {
		return notShared
	}
	return grouped(f.Value)
}

// percentage is a figure that is per cent already, without decimals: "61%". What is not nothing is never shown as 0%.
func percentage(f workflow.OptionalNumber) string {
	if !shared(f) {
		return notShared
	}
	if math.Abs(f.Value) < 1 {
		return trimmed(f.Value, 2) + "%"
	}
	return trimmed(f.Value, 0) + "%"
}

// exactPercentage is the same with its decimals: "60.85%".
func exactPercentage(f workflow.OptionalNumber) string {
	if !shared(f) {
		return notShared
	}
	return trimmed(f.Value, 2) + "%"
}

func shared(f workflow.OptionalNumber) bool {
	return f.Known()
}

// short writes a round number, such as a bound, in three digits or so: 999, 1K, 12.4K, 124K, 1.2M.
func short(v float64) string { return inUnits(v, trimmed) }

// rounded writes a measured number: as short does, with one decimal below a hundred of a unit, so that it can be seen
// that it is rounded: 999, 2.0K, 12.4K, 124K.
func rounded(v float64) string {
	return inUnits(v, func(v float64, decimals int) string { return strconv.FormatFloat(v, 'f', decimals, 64) })
}

func inUnits(v float64, write func(v float64, decimals int) string) string {
	sign := ""
	if v < 0 {
		sign, v = "−", -v
	}
	if v < 1000 {
		if s := trimmed(v, 1); s != "1000" {
			return sign + s
		}
	}
	for _, unit := range []string{"K", "M", "B", "T"} {
		v /= 1000
		s := write(v, 1)
		if v >= 99.95 {
			s = write(v, 0)
		}
		if v < 1000 && s != "1000" {
			return sign + s + unit
		}
	}
	return sign + "999T+"
}

// trimmed writes a number with so many decimals at the most.
func trimmed(v float64, decimals int) string {
	s := strconv.FormatFloat(v, 'f', decimals, 64)
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}

// grouped writes a number in full, in groups of three digits. Numbers beyond all sense are shortened all the same.
func grouped(v float64) string {
	if math.Abs(v) >= 1e15 {
		return short(v)
	}
	whole, rest, _ := strings.Cut(trimmed(math.Abs(v), 2), ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if rest != "" {
		whole += "." + rest
	}
	if v < 0 {
		return "−" + whole
	}
	return whole
}

var currency = regexp.MustCompile(`^[A-Z]{3}$`)

var symbols = map[string]string{"USD": "$", "GBP": "£", "EUR": "€"}

// money is an amount, short: "$286", "$4.1K", "IDR 4.1M". What is not a number is shown as it came.
func money(m workflow.Money) string { return amount(m, shortPrice) }

// exactMoney is an amount in full: "$4,120.50".
func exactMoney(m workflow.Money) string { return amount(m, price) }

// shortPrice leaves cents out where they do not matter.
func shortPrice(v float64) string {
	switch size := math.Abs(v); {
	case size < 10:
		return price(v)
	case size < 999.5:
		return trimmed(v, 0)
	default:
		return rounded(v)
	}
}

// price writes two decimals or none.
func price(v float64) string {
	s := grouped(v)
	if i := strings.IndexByte(s, '.'); i >= 0 && i == len(s)-2 {
		return s + "0"
	}
	return s
}

func amount(m workflow.Money, write func(float64) string) string {
	if clean(m.Amount) == "" {
		return notShared
	}
	unit := data(m.Currency, 8)
	v, ok := m.Number()
	if !ok {
		return join(" ", unit, data(m.Amount, 30))
	}
	if symbol, ok := symbols[m.Currency]; ok {
		if v < 0 {
			return "−" + symbol + write(-v)
		}
		return symbol + write(v)
	}
	if !currency.MatchString(m.Currency) {
		return join(" ", write(v), unit)
	}
	return m.Currency + " " + write(v)
}

// commission turns a share, "0.15", into "15% commission". One that is none is shown as it came; a blank says nothing.
func commission(share string) string {
	share = clean(share)
	if share == "" {
		return ""
	}
	if v, ok := (workflow.Money{Amount: share}).Number(); ok && v >= 0 && v <= 1 {
		return trimmed(v*100, 2) + "% commission"
	}
	return "commission " + data(share, 30)
}

// stock tells how many samples are left.
func stock(r workflow.Snapshot) string {
	switch {
	case r.StockUnknown:
		return ""
	case r.OutOfStock():
		return "*out of stock*"
	default:
		return many(int(min(r.Stock, math.MaxInt32)), "sample") + " left"
	}
}

// verb is the form of a verb that goes with a count.
func verb(n int, one, several string) string {
	if n == 1 {
		return one
	}
	return several
}

func isAre(n int) string { return verb(n, "is", "are") }

// many writes a count and its noun.
func many(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return grouped(float64(n)) + " " + noun + "s"
}
