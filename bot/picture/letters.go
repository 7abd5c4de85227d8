package picture

import (
	"fmt"
	"sync"

	"github.com/go-fonts/liberation/liberationsansbold"
	"github.com/go-fonts/liberation/liberationsansregular"
	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/font/sfnt"
)

// The sizes of letters, in pixels of the picture.
const (
	titleSize = 46
	bodySize  = 36
	smallSize = 32
)

// typeface is a parsed font. Liberation Sans is taken since it has the whole of Latin (Vietnamese too), Greek, Cyrillic
// and Hebrew; Arabic, Thai and the scripts of East Asia it lacks, as every font does that is small enough to be carried
// in a program (see legible).
type typeface struct{ regular, bold *opentype.Font }

var loadTypeface = sync.OnceValues(func() (t typeface, err error) {
	if t.regular, err = opentype.Parse(liberationsansregular.TTF); err != nil {
		return t, fmt.Errorf("reading the regular font: %w", err)
	}
	if t.bold, err = opentype.Parse(liberationsansbold.TTF); err != nil {
		return t, fmt.Errorf("reading the bold font: %w", err)
	}
	return t, nil
})

// letters are the faces that one picture is written in. They keep what they have drawn, so that each drawing has its
// own.
type letters struct {
	font               *opentype.Font // what is asked whether it has a character; both weights have the same ones
	asked              sfnt.Buffer
	title, strong      font.Face
	body, small, count font.Face
}

func newLetters() (*letters, error) {
	t, err := loadTypeface()
	if err != nil {
		return nil, err
	}
	l := &letters{font: t.regular}
	for _, f := range []struct {
		to   *font.Face
		of   *opentype.Font
		size float64
	}{
		{&l.title, t.bold, titleSize}, {&l.strong, t.bold, bodySize}, {&l.body, t.regular, bodySize},
		{&l.small, t.regular, smallSize}, {&l.count, t.bold, smallSize},
	} {
		// At 72 dots to the inch a point is a pixel.
		if *f.to, err = opentype.NewFace(f.of, &opentype.FaceOptions{Size: f.size, DPI: 72, Hinting: font.HintingNone}); err != nil {
			return nil, fmt.Errorf("making letters of %g pixels: %w", f.size, err)
		}
	}
	return l, nil
}

// has tells whether the font has a character.
func (l *letters) has(r rune) bool {
	glyph, err := l.font.GlyphIndex(&l.asked, r)
	return err == nil && glyph != 0
}

// width is how many pixels a line of text takes, rounded up.
func width(face font.Face, s string) int { return font.MeasureString(face, s).Ceil() }
