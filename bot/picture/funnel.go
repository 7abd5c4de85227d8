package picture

import (
	"errors"
	"fmt"
	"image"
	"math"
)

// Funnel is how many stand at each stage of a campaign: a bar for each, one below the other, with its number at its
// end. Any text may come from anybody: it is made legible, and cut with an ellipsis where it is too long for its place.
type Funnel struct {
	Title, Subtitle string
	Bars            []Bar // in the order of the way; of more than 16 the first are drawn, and the others counted
	Footer          string
}

// Bar is one stage.
type Bar struct {
	Label string
	Count int    // not negative
	Note  string // what of it needs a look, in a few words; may be empty
}

const (
	maxBars   = 16
	rowHeight = 102
	barHeight = 30
	barGap    = 16 // between a bar and its number
	leastBar  = 6  // of what is not nothing
)

// Refusals to draw a funnel.
var (
	ErrNoBars   = errors.New("a funnel needs at least one bar")
	ErrNegative = errors.New("a number to draw is negative")
)

// PNG draws the funnel. The errors are ErrNoBars and ErrNegative.
func (f Funnel) PNG() ([]byte, error) {
	if len(f.Bars) == 0 {
		return nil, ErrNoBars
	}
	l, err := newLetters()
	if err != nil {
		return nil, err
	}
	bars := f.Bars[:min(len(f.Bars), maxBars)]
	most, room := 0, 0
	for _, b := range bars {
		if b.Count < 0 {
			return nil, ErrNegative
		}
		most = max(most, b.Count)
		room = max(room, width(l.strong, grouped(b.Count)))
	}
	more := others(len(f.Bars)-len(bars), "more")
	c := newCanvas(l, 2*margin+headHeight(f.Title, f.Subtitle)+len(bars)*rowHeight+lineHeight(more)+lineHeight(f.Footer))
	c.head(f.Title, f.Subtitle)
	for _, b := range bars {
		c.bar(b, most, inner-room-barGap)
	}
	c.line(c.small, soft, more)
	c.line(c.small, soft, f.Footer)
	return encodePNG(c.img)
}

// bar draws one stage: its name and note, and below them the bar in a track as long as the longest bar.
func (c *canvas) bar(b Bar, most, full int) {
	note := c.fit(c.small, b.Note, inner*2/5)
	left := inner
	if note != "" {
		x := margin + inner - width(c.small, note)
		c.write(c.small, alert, x, c.y, bodyLine, note)
		left = x - margin - barGap
	}
	c.write(c.body, ink, margin, c.y, bodyLine, c.fit(c.body, b.Label, left))
	top := c.y + bodyLine
	length := share(b.Count, most, full)
	c.fill(image.Rect(margin, top, margin+full, top+barHeight), track)
	c.fill(image.Rect(margin, top, margin+length, top+barHeight), bar)
	count := grouped(b.Count)
	c.write(c.strong, ink, margin+inner-width(c.strong, count), top, barHeight, count)
	c.y += rowHeight
}

// share is how long a bar is: in proportion to the longest, and never nothing where somebody stands.
func share(n, most, full int) int {
	if n == 0 {
		return 0
	}
	return max(leastBar, int(math.Round(float64(n)/float64(most)*float64(full))))
}

// others tells how many were left out.
func others(n int, what string) string {
	if n <= 0 {
		return ""
	}
	return fmt.Sprintf("and %s %s", grouped(n), what)
}
