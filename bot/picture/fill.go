package picture

import (
	"image"
	"image/color"
)

// The measures of the legend and of patterns.
const (
	swatch   = 32
	keyGap   = 14 // between a swatch and its name
	entryGap = 36 // between two entries
	keyLine  = 48
	edge     = 3  // the line around a column
	period   = 12 // of a pattern
)

// fill is how a series is told from the others: by colour, and by a pattern that is there without colour too.
type fill struct {
	colour  color.RGBA
	pattern func(x, y int) bool // where the colour is, counted from the lower left corner inward
}

// fills are the six ways, from the darkest to the lightest, told apart in grey as well.
var fills = []fill{
	{color.RGBA{0x0b, 0x66, 0x6d, 0xff}, func(int, int) bool { return true }},
	{color.RGBA{0xa3, 0x48, 0x00, 0xff}, func(x, y int) bool { return (x+y)%period < period/2 }},
	{color.RGBA{0x43, 0x3f, 0x9c, 0xff}, func(_, y int) bool { return y%period < period/3 }},
	{color.RGBA{0x9b, 0x1f, 0x5f, 0xff}, func(int, int) bool { return false }},
	{color.RGBA{0x3d, 0x45, 0x4f, 0xff}, func(x, y int) bool { return (x/(period/2)+y/(period/2))%2 == 0 }},
	{color.RGBA{0x2f, 0x6b, 0x1d, 0xff}, func(x, _ int) bool { return x%period < period/3 }},
}

// paint draws a column or a swatch: an edge in the colour, and the pattern in it on the ground.
func (f fill) paint(img *image.RGBA, r image.Rectangle) {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			at := ground
			rim := min(x-r.Min.X, r.Max.X-1-x, y-r.Min.Y, r.Max.Y-1-y) < edge
			if rim || f.pattern(x-r.Min.X, r.Max.Y-1-y) {
				at = f.colour
			}
			img.SetRGBA(x, y, at)
		}
	}
}

// entry is one series in the legend, and where it stands.
type entry struct {
	fill fill
	name string
	x    int // from the left margin
	row  int
}

// legend places the names of the series, as many to a row as fit.
func (l *letters) legend(all []Series) (key []entry) {
	x, row := 0, 0
	for i, s := range all {
		name := l.fit(l.small, s.Name, inner/2-swatch-keyGap-entryGap)
		taken := swatch + keyGap + width(l.small, name)
		if x > 0 && x+taken > inner {
			x, row = 0, row+1
		}
		key = append(key, entry{fill: fills[i], name: name, x: x, row: row})
		x += taken + entryGap
	}
	return key
}

func keyHeight(key []entry) int { return (key[len(key)-1].row+1)*keyLine + headGap + smallLine }

// key draws the legend, and leaves room below it for the number above the highest column.
func (c *canvas) key(key []entry) {
	for _, e := range key {
		x, y := margin+e.x, c.y+e.row*keyLine
		e.fill.paint(c.img, image.Rect(x, y+(keyLine-swatch)/2, x+swatch, y+(keyLine+swatch)/2))
		c.write(c.small, ink, x+swatch+keyGap, y, keyLine, e.name)
	}
	c.y += keyHeight(key)
}
