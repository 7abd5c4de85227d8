package picture

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"

	"golang.org/x/image/font"
	"golang.org/x/image/math/fixed"
)

// The measures that all charts share, in pixels of the picture.
const (
	canvasWidth = 1120
	margin      = 48
	inner       = canvasWidth - 2*margin
	titleLine   = 60 // the height of a line in each size
	bodyLine    = 46
	smallLine   = 42
	headGap     = 26 // below the head
)

// The colours. Letters have a contrast of at least 7 to the ground (WCAG's AAA), bars and columns one of at least 4.5.
var (
	ground = color.RGBA{0xff, 0xff, 0xff, 0xff}
	ink    = color.RGBA{0x1a, 0x1d, 0x21, 0xff}
	soft   = color.RGBA{0x45, 0x4b, 0x54, 0xff}
	alert  = color.RGBA{0x82, 0x36, 0x00, 0xff} // of notes
	track  = color.RGBA{0xe7, 0xea, 0xee, 0xff} // what a bar lies in, and the lines of a grid
	bar    = color.RGBA{0x0b, 0x66, 0x6d, 0xff}
)

// canvas is a picture in the making. The pen moves down it, line by line.
type canvas struct {
	*letters
	img *image.RGBA
	y   int // the upper edge of what comes next
}

func newCanvas(l *letters, height int) *canvas {
	c := &canvas{letters: l, img: image.NewRGBA(image.Rect(0, 0, canvasWidth, height)), y: margin}
	c.fill(c.img.Bounds(), ground)
	return c
}

func (c *canvas) fill(r image.Rectangle, with color.Color) {
	draw.Draw(c.img, r, image.NewUniform(with), image.Point{}, draw.Src)
}

// write puts a text that fit has prepared so that its line begins at the given point.
func (c *canvas) write(face font.Face, with color.Color, x, top, line int, s string) {
	m := face.Metrics()
	base := fixed.I(top) + (fixed.I(line)-m.Ascent-m.Descent)/2 + m.Ascent
	d := font.Drawer{Dst: c.img, Src: image.NewUniform(with), Face: face, Dot: fixed.Point26_6{X: fixed.I(x), Y: base}}
	d.DrawString(s)
}

// headHeight is how much head takes.
func headHeight(title, subtitle string) (h int) {
	if title != "" {
		h += titleLine
	}
	if subtitle != "" {
		h += smallLine
	}
	if h > 0 {
		h += headGap
	}
	return h
}

// head writes what stands above a chart. What is empty takes no room.
func (c *canvas) head(title, subtitle string) {
	if title != "" {
		c.write(c.title, ink, margin, c.y, titleLine, c.fit(c.title, title, inner))
		c.y += titleLine
	}
	if subtitle != "" {
		c.line(c.small, soft, subtitle)
	}
	if title != "" || subtitle != "" {
		c.y += headGap
	}
}

// line writes one small line and moves below it; an empty one takes no room.
func (c *canvas) line(face font.Face, with color.Color, s string) {
	if s == "" {
		return
	}
	c.write(face, with, margin, c.y, smallLine, c.fit(face, s, inner))
	c.y += smallLine
}

// lineHeight is how much line takes.
func lineHeight(s string) int {
	if s == "" {
		return 0
	}
	return smallLine
}

func encodePNG(img image.Image) ([]byte, error) {
	var out bytes.Buffer
	e := png.Encoder{CompressionLevel: png.BestSpeed} // a twentieth larger than by default, in half the time
	if err := e.Encode(&out, img); err != nil {
		return nil, fmt.Errorf("encoding a picture: %w", err)
	}
	return out.Bytes(), nil
}
