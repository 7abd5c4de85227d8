package picture

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
	"github.com/stretchr/testify/require"
	"golang.org/x/image/draw"
)

// decoded is a picture as a reader gets it, within the limits that every picture has.
func decoded(t *testing.T, data []byte, err error) image.Image {
	t.Helper()
	require.NoError(t, err)
	require.Less(t, len(data), 500_000)
	img, err := png.Decode(bytes.NewReader(data))
	require.NoError(t, err)
	require.LessOrEqual(t, img.Bounds().Dx(), 2000)
	require.LessOrEqual(t, img.Bounds().Dy(), 2000)
	return img
}

func at(img image.Image, x, y int) color.RGBA {
	return color.RGBAModel.Convert(img.At(x, y)).(color.RGBA)
}

// hostile are texts that a layout breaks on.
var hostile = []string{
	"", " ", strings.Repeat("W", 4000), strings.Repeat("glow daily ", 200), "\u202eglow\u0000\n\tdaily", strings.Repeat("漢字✨", 60),
	"שלום glow (2026) עולם", strings.Repeat("ש", 500), strings.Repeat("\u0301", 500), "\xff\xfe\xfd", strings.Repeat("\ufdfa", 300), "<!channel>",
}

// clear tells that nothing was drawn into the margins.
func clear(t *testing.T, img image.Image) {
	t.Helper()
	// Letters may lean over their place by a pixel or two.
	b, rim := img.Bounds(), margin-4
	for _, r := range []image.Rectangle{
		image.Rect(0, 0, b.Dx(), rim), image.Rect(0, b.Dy()-rim, b.Dx(), b.Dy()),
		image.Rect(0, 0, rim, b.Dy()), image.Rect(b.Dx()-rim, 0, b.Dx(), b.Dy()),
	} {
		for y := r.Min.Y; y < r.Max.Y; y++ {
			for x := r.Min.X; x < r.Max.X; x++ {
				if at(img, x, y) != ground {
					require.FailNow(t, "the margin is drawn on", "at %d, %d of %v", x, y, b)
				}
			}
		}
	}
}

// sample is a funnel without words above it, so that its first bar is at a known height.
func sample(counts ...int) Funnel {
	var f Funnel
	for _, n := range counts {
		f.Bars = append(f.Bars, Bar{Label: "Stage", Count: n})
	}
	return f
}

// painted is how many pixels of a row of the funnel are bar.
func painted(img image.Image, row int) (n int) {
	y := margin + row*rowHeight + bodyLine + barHeight/2
	for x := range img.Bounds().Dx() {
		if at(img, x, y) == bar {
			n++
		}
	}
	return n
}

func TestBarsAreAsLongAsTheirShareOfTheLongest(t *testing.T) {
	data, err := sample(200, 100, 50, 1, 0).PNG()
	img := decoded(t, data, err)
	full := painted(img, 0)
	require.Greater(t, full, inner/2)
	require.InDelta(t, full/2, painted(img, 1), 1)
	require.InDelta(t, full/4, painted(img, 2), 1)
	require.Equal(t, leastBar, painted(img, 3), "one creator shows")
	require.Zero(t, painted(img, 4))
}

func TestAFunnelOfNobodyHasNoBars(t *testing.T) {
	data, err := sample(0, 0).PNG()
	require.Zero(t, painted(decoded(t, data, err), 0))
}

func TestCountsThatMakeNoFunnelAreRefused(t *testing.T) {
	_, err := Funnel{Title: "Spring launch"}.PNG()
	require.ErrorIs(t, err, ErrNoBars)
	_, err = sample(3, -1).PNG()
	require.ErrorIs(t, err, ErrNegative)
	data, err := sample(math.MaxInt, math.MaxInt/2).PNG()
	img := decoded(t, data, err)
	require.InDelta(t, painted(img, 0)/2, painted(img, 1), 1)
}

func TestColumnsAreAsHighAsTheirShareOfTheScale(t *testing.T) {
	data, err := Columns{Labels: []string{"Mon", "Tue", "Wed"}, Series: []Series{{Name: "received", Values: []float64{20, 10, 0}}}}.PNG()
	img := decoded(t, data, err)
	heights := make([]int, 3)
	for y := range img.Bounds().Dy() {
		if y < margin+keyLine+headGap {
			continue // the legend is of the same colour
		}
		third := inner / 3
		for i := range heights {
			seen := false
			for x := margin + i*third + 20; x < margin+(i+1)*third; x++ {
				seen = seen || at(img, x, y) == fills[0].colour
			}
			if seen {
				heights[i]++
			}
		}
	}
	// The foot of a column is below the axis, two pixels wide.
	require.InDeltaSlice(t, []float64{plotHeight, plotHeight / 2, 0}, []float64{float64(heights[0]), float64(heights[1]), float64(heights[2])}, 2)
}

func TestValuesThatMakeNoColumnsAreRefused(t *testing.T) {
	of := func(values ...float64) error {
		_, err := Columns{Labels: []string{"Mon", "Tue"}, Series: []Series{{Name: "received", Values: values}}}.PNG()
		return err
	}
	require.ErrorIs(t, of(1), ErrUneven)
	require.ErrorIs(t, of(1, 2, 3), ErrUneven)
	require.ErrorIs(t, of(1, -2), ErrNegative)
	require.ErrorIs(t, of(1, math.NaN()), ErrNoNumber)
	require.ErrorIs(t, of(1, math.Inf(1)), ErrNoNumber)
	require.ErrorIs(t, of(1, 2*MaxValue), ErrNoNumber)
	for _, fine := range [][]float64{{0, 0}, {MaxValue, 1}, {math.SmallestNonzeroFloat64, 0}, {0.5, 0.25}} {
		require.NoError(t, of(fine...))
	}
	_, err := Columns{Labels: []string{"Mon"}}.PNG()
	require.ErrorIs(t, err, ErrNoColumns)
	_, err = Columns{Series: []Series{{Name: "received"}}}.PNG()
	require.ErrorIs(t, err, ErrNoColumns)
}

func TestNoTextLeavesThePicture(t *testing.T) {
	f, c := Funnel{}, Columns{}
	for i, s := range hostile {
		f.Bars = append(f.Bars, Bar{Label: s, Count: i % 2 * math.MaxInt, Note: s})
		c.Labels = append(c.Labels, s)
	}
	for i, s := range hostile {
		if i < len(fills) {
			values := slices.Repeat([]float64{1, MaxValue, 0.001}, len(hostile)/3)
			c.Series = append(c.Series, Series{Name: s, Values: values})
		}
	}
	for i := 2; i+2 < len(hostile); i += 8 {
		f.Title, f.Subtitle, f.Footer = hostile[i], hostile[i+1], hostile[i+2]
		c.Title, c.Subtitle, c.Footer = f.Title, f.Subtitle, f.Footer
		data, err := f.PNG()
		clear(t, decoded(t, data, err))
		data, err = c.PNG()
		clear(t, decoded(t, data, err))
	}
}

func TestSillyAmountsAreBounded(t *testing.T) {
	f := Funnel{Title: "Spring launch", Subtitle: "10,000 stages", Footer: "now", Bars: make([]Bar, 10_000)}
	data, err := f.PNG()
	clear(t, decoded(t, data, err))
	c := Columns{Title: "A week", Subtitle: "of 10,000 days", Footer: "now", Labels: make([]string, 10_000)}
	for range 50 {
		c.Series = append(c.Series, Series{Name: strings.Repeat("W", 60), Values: make([]float64, 10_000)})
	}
	data, err = c.PNG()
	clear(t, decoded(t, data, err))
	require.Equal(t, "and 9,984 more", others(len(f.Bars)-maxBars, "more"))
	shown := Columns{Labels: c.Labels[:maxGroups], Series: c.Series[:len(fills)]}
	require.Equal(t, "and 9,986 more along the axis, and 44 more in each group", c.left(shown))
}

func TestEqualValuesGiveEqualBytes(t *testing.T) {
	f := sample(3, 2, 1)
	once, err := f.PNG()
	require.NoError(t, err)
	again, err := f.PNG()
	require.NoError(t, err)
	require.Equal(t, once, again)
	other, err := sample(3, 2, 2).PNG()
	require.NoError(t, err)
	require.NotEqual(t, once, other)
}

func TestThePictureHasItsOwnOpaqueGround(t *testing.T) {
	data, err := sample(1).PNG()
	img := decoded(t, data, err)
	require.True(t, img.(interface{ Opaque() bool }).Opaque())
	require.Equal(t, ground, at(img, 0, 0))
}

func TestLettersAndBarsStandOutFromTheGround(t *testing.T) {
	for _, c := range []color.RGBA{ink, soft, alert} {
		require.Greater(t, contrast(c, ground), 7.0)
	}
	require.Greater(t, contrast(bar, track), 4.5)
	for _, f := range fills {
		require.Greater(t, contrast(f.colour, ground), 4.5)
	}
}

// contrast is the ratio that WCAG 2 measures.
func contrast(a, b color.RGBA) float64 {
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func luminance(c color.RGBA) float64 {
	linear := func(v uint8) float64 {
		f := float64(v) / 255
		if f <= 0.03928 {
			return f / 12.92
		}
		return math.Pow((f+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(c.R) + 0.7152*linear(c.G) + 0.0722*linear(c.B)
}

func TestSeriesAreToldApartWithoutColour(t *testing.T) {
	seen := map[string]bool{}
	for _, f := range fills {
		shape := ""
		for y := range 2 * period {
			for x := range 2 * period {
				if f.pattern(x, y) {
					shape += "x"
				} else {
					shape += "."
				}
			}
		}
		require.False(t, seen[shape], "two fills have one pattern")
		seen[shape] = true
	}
}

// read decodes a QR code.
func read(t *testing.T, img image.Image) string {
	t.Helper()
	bitmap, err := gozxing.NewBinaryBitmapFromImage(img)
	require.NoError(t, err)
	result, err := qrcode.NewQRCodeReader().Decode(bitmap, nil)
	require.NoError(t, err)
	return result.GetText()
}

func TestAQRCodeIsReadBackAsTheLinkAtThePhonesWidthToo(t *testing.T) {
	for _, link := range []string{
		"snssdk1180://ec/affiliate/sample_request?product_id=1729384756&sku_id=1&valid_days=7",
		"snssdk1180://request?" + strings.Repeat("product=1729000000000&", 14),
		"snssdk1180://" + strings.Repeat("x", maxLink-len("snssdk1180://")),
	} {
		data, err := QR(link)
		img := decoded(t, data, err)
		require.Equal(t, link, read(t, img))
		phone := image.NewGray(image.Rect(0, 0, 300, 300))
		draw.CatmullRom.Scale(phone, phone.Bounds(), img, img.Bounds(), draw.Src, nil)
		require.Equal(t, link, read(t, phone))
	}
}

func TestFourWhiteModulesSurroundAQRCode(t *testing.T) {
	data, err := QR("snssdk1180://request?product=1729")
	img := decoded(t, data, err)
	black := color.RGBA{A: 0xff}
	first, module := image.Pt(-1, -1), 0
	for y := 0; y < img.Bounds().Dy() && first.X < 0; y++ {
		for x := range img.Bounds().Dx() {
			if at(img, x, y) == black {
				first = image.Pt(x, y)
				break
			}
		}
	}
	for at(img, first.X, first.Y+module) == black { // the finder pattern is seven modules high
		module++
	}
	module /= 7
	require.Positive(t, module)
	require.Equal(t, image.Pt(quietZone*module, quietZone*module), first)
}

func TestWhatMakesNoReadableQRCodeIsRefused(t *testing.T) {
	for link, want := range map[string]error{
		"": ErrNoLink, " \n": ErrNoLink, "request": ErrNotALink, "/page": ErrNotALink, "snssdk1180://": ErrNotALink,
		"snssdk1180://a b": ErrNotALink, "snssdk1180://a\x00": ErrNotALink, "snssdk1180://\xff": ErrNotALink, "://x": ErrNotALink,
		"snssdk1180://" + strings.Repeat("x", maxLink): ErrLinkTooLong,
	} {
		_, err := QR(link)
		require.ErrorIs(t, err, want, "%q", link)
	}
}
