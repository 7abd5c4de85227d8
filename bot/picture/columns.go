package picture

import (
	"errors"
	"fmt"
	"image"
	"math"
	"strings"
)

// Columns is several numbers for each of some days, or whatever the labels are: a group of columns for each label, with
// a column of every series in it. Each series has a colour and a pattern, and the legend shows both. Any text may come
// from anybody: it is made legible, and cut with an ellipsis where it is too long for its place.
type Columns struct {
	Title, Subtitle string
	Labels          []string // of more than 14 the first are drawn, and the others counted
	Series          []Series // of more than 6 the first are drawn, and the others counted
	Footer          string
}

// Series is one kind of number.
type Series struct {
	Name   string
	Values []float64 // one for each label, from 0 to MaxValue
}

// MaxValue is the highest number that columns are drawn for.
const MaxValue = 1e15

// leastScale is the least that a scale ends at; what is below is as good as nothing.
const leastScale = 1e-6

const (
	maxGroups   = 14
	plotHeight  = 560
	axisGap     = 16 // between the numbers at the side and the plot
	leastColumn = 4  // of what is not nothing
	widestSlot  = 96 // a column and the gap after it, where there are few
)

// Refusals to draw columns, besides ErrNegative.
var (
	ErrNoColumns = errors.New("columns need at least one label and one series")
	ErrUneven    = errors.New("a series has more values, or fewer, than there are labels")
	ErrNoNumber  = fmt.Errorf("a value to draw is no number up to %g", float64(MaxValue))
)

// PNG draws the columns. The errors are ErrNoColumns, ErrUneven, ErrNegative and ErrNoNumber.
func (f Columns) PNG() ([]byte, error) {
	most, whole, err := f.measured()
	if err != nil {
		return nil, err
	}
	l, err := newLetters()
	if err != nil {
		return nil, err
	}
	shown := f
	shown.Labels = f.Labels[:min(len(f.Labels), maxGroups)]
	shown.Series = f.Series[:min(len(f.Series), len(fills))]
	more := f.left(shown)
	key := l.legend(shown.Series)
	height := 2*margin + headHeight(f.Title, f.Subtitle) + keyHeight(key) + plotHeight + bodyLine + headGap + lineHeight(more) + lineHeight(f.Footer)
	c := newCanvas(l, height)
	c.head(f.Title, f.Subtitle)
	c.key(key)
	c.plot(shown, newScale(most, whole))
	c.line(c.small, soft, more)
	c.line(c.small, soft, f.Footer)
	return encodePNG(c.img)
}

// measured looks at what will be drawn: the highest value, and whether all are whole numbers.
func (f Columns) measured() (most float64, whole bool, err error) {
	if len(f.Labels) == 0 || len(f.Series) == 0 {
		return 0, false, ErrNoColumns
	}
	whole = true
	for _, s := range f.Series[:min(len(f.Series), len(fills))] {
		if len(s.Values) != len(f.Labels) {
			return 0, false, ErrUneven
		}
		for _, v := range s.Values[:min(len(s.Values), maxGroups)] {
			switch {
			case math.IsNaN(v) || v > MaxValue:
				return 0, false, ErrNoNumber
			case v < 0:
				return 0, false, ErrNegative
			}
			most = max(most, v)
			whole = whole && v == math.Trunc(v)
		}
	}
	return most, whole, nil
}

// left tells what is not in the picture.
func (f Columns) left(shown Columns) string {
	var parts []string
	for _, p := range []struct {
		n    int
		what string
	}{{len(f.Labels) - len(shown.Labels), "more along the axis"}, {len(f.Series) - len(shown.Series), "more in each group"}} {
		if said := others(p.n, p.what); said != "" {
			parts = append(parts, said)
		}
	}
	return strings.Join(parts, ", ")
}

// scale is what the height of the plot stands for.
type scale struct{ top, step float64 }

func newScale(most float64, whole bool) scale {
	if most < leastScale {
		most, whole = 1, true
	}
	step := stepOf(most, whole)
	return scale{top: math.Ceil(most/step) * step, step: step}
}

// height is how high a column is.
func (s scale) height(v float64) int {
	if v <= 0 {
		return 0
	}
	return max(leastColumn, int(math.Round(v/s.top*plotHeight)))
}

// lines are the values of the grid, from nothing to the top.
func (s scale) lines() []float64 {
	lines := make([]float64, int(math.Round(s.top/s.step))+1)
	for i := range lines {
		lines[i] = float64(i) * s.step
	}
	return lines
}

// plot draws the grid, the columns and what stands below them.
func (c *canvas) plot(f Columns, s scale) {
	lines := s.lines()
	side := 0
	for _, v := range lines {
		side = max(side, width(c.small, short(v)))
	}
	left, foot := margin+side+axisGap, c.y+plotHeight
	for _, v := range lines {
		y, said := foot-int(math.Round(v/s.top*plotHeight)), short(v)
		c.fill(image.Rect(left, y-1, margin+inner, y+1), track)
		c.write(c.small, soft, left-axisGap-width(c.small, said), y-smallLine/2, smallLine, said)
	}
	group := (margin + inner - left) / len(f.Labels)
	for i := range f.Labels {
		c.group(f.Series, i, s, image.Rect(left+i*group, c.y, left+(i+1)*group, foot))
	}
	c.fill(image.Rect(left, foot-1, margin+inner, foot+2), soft)
	c.below(f.Labels, left, group, foot+headGap/2)
	c.y = foot + bodyLine + headGap
}

// group draws the columns of one label, side by side in the middle of their place, each with its number above where
// there is room for the numbers of all.
func (c *canvas) group(all []Series, i int, s scale, place image.Rectangle) {
	slot := min(widestSlot, place.Dx()*17/20/len(all))
	gap := max(1, slot/8)
	left := place.Min.X + (place.Dx()-slot*len(all))/2
	numbered := true
	for _, each := range all {
		for _, v := range each.Values[:min(len(each.Values), maxGroups)] {
			numbered = numbered && width(c.count, short(v))+gap <= slot
		}
	}
	for n, each := range all {
		v := each.Values[i]
		column := image.Rect(left+n*slot, place.Max.Y-s.height(v), left+(n+1)*slot-gap, place.Max.Y)
		fills[n].paint(c.img, column)
		if numbered {
			said := short(v)
			c.write(c.count, ink, (column.Min.X+column.Max.X-width(c.count, said))/2, column.Min.Y-smallLine, smallLine, said)
		}
	}
}

// below writes the labels in the middle of their groups: all of them, or every second or third where they are too wide
// to stand side by side. One that is wider than all the room of its neighbours is cut.
func (c *canvas) below(labels []string, left, group, top int) {
	widest := 0
	for _, label := range labels {
		widest = max(widest, width(c.small, c.fit(c.small, label, 2*group)))
	}
	every := 1
	if widest > group-axisGap {
		every = 2
	}
	for i := 0; i < len(labels); i += every {
		said := c.fit(c.small, labels[i], every*group-axisGap)
		w := width(c.small, said)
		x := left + i*group + (group-w)/2
		x = min(max(x, margin), margin+inner-w)
		c.write(c.small, ink, x, top, bodyLine, said)
	}
}
