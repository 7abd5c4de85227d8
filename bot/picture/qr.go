package picture

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/boombuler/barcode"
	"github.com/boombuler/barcode/qr"
)

// The measures of a QR code. The quiet zone is the standard's (ISO/IEC 18004): four modules on each side.
const (
	quietZone = 4
	// maxModules is the largest code that is drawn, without its quiet zone: at 300 pixels a module still has three,
	// below which a phone's camera begins to fail.
	maxModules = 89
	// maxLink is how many bytes such a code holds at the lowest level of correction.
	maxLink = 718
	// codeWidth is what the picture comes up to: three pixels for each of the 300 that are shown.
	codeWidth = 900
)

// Refusals to draw a QR code.
var (
	ErrNoLink      = errors.New("there is no link to draw")
	ErrLinkTooLong = fmt.Errorf("a link of more than %d bytes makes a QR code that phones cannot read", maxLink)
	ErrNotALink    = errors.New("what is to be drawn is not a link")
)

// QR draws a link as a QR code in black on white, quiet zone included, at most 900 pixels wide and readable when shown
// at 300. The link is drawn as it is given, byte for byte. What no phone would open (nothing, no scheme, spaces,
// control characters, invalid text) and what no phone could read is refused with ErrNoLink, ErrNotALink or
// ErrLinkTooLong; the link itself is not repeated in the error.
func QR(link string) ([]byte, error) {
	switch {
	case strings.TrimSpace(link) == "":
		return nil, ErrNoLink
	case len(link) > maxLink:
		return nil, ErrLinkTooLong
	case !openable(link):
		return nil, ErrNotALink
	}
	code, err := encode(link)
	if err != nil {
		return nil, err
	}
	return encodePNG(enlarge(code))
}

// openable tells whether a text is one link, with a scheme that says which app it is for.
func openable(link string) bool {
	if !utf8.ValidString(link) || strings.ContainsFunc(link, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }) {
		return false
	}
	u, err := url.Parse(link)
	return err == nil && u.Scheme != "" && (u.Host != "" || u.Opaque != "" || u.Path != "")
}

// encode makes the smallest code that holds the link, so that its modules are as large as can be, with the most
// correction that comes at that size for nothing.
func encode(link string) (barcode.Barcode, error) {
	var best barcode.Barcode
	for _, level := range []qr.ErrorCorrectionLevel{qr.L, qr.M, qr.Q, qr.H} {
		code, err := qr.Encode(link, level, qr.Unicode)
		if best != nil && (err != nil || code.Bounds().Dx() > best.Bounds().Dx()) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("drawing a link as a QR code: %w", err)
		}
		best = code
	}
	if best.Bounds().Dx() > maxModules {
		return nil, ErrLinkTooLong
	}
	return best, nil
}

// enlarge draws each module as a square of whole pixels and puts the quiet zone around them.
func enlarge(code barcode.Barcode) image.Image {
	modules := code.Bounds().Dx() + 2*quietZone
	scale := codeWidth / modules
	img := image.NewPaletted(image.Rect(0, 0, modules*scale, modules*scale), color.Palette{color.White, color.Black})
	for y := range code.Bounds().Dy() {
		for x := range code.Bounds().Dx() {
			if color.GrayModel.Convert(code.At(x, y)) == (color.Gray{}) {
				left, top := (x+quietZone)*scale, (y+quietZone)*scale
				blacken(img, image.Rect(left, top, left+scale, top+scale))
			}
		}
	}
	return img
}

func blacken(img *image.Paletted, r image.Rectangle) {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			img.SetColorIndex(x, y, 1)
		}
	}
}
