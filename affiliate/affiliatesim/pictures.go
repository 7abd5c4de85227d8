package affiliatesim

import (
	"bytes"
	"hash/fnv"
	"image"
	"image/color"
	"image/png"
	"net/http"
	"regexp"
)

const pictureSize = 200

var pictureName = regexp.MustCompile(`^[a-z0-9-]{1,80}\.png$`)

// simPicture answers GET /sim/pictures/{name}.png: a soft two-tone picture whose
// colours and shape follow from its name, so that a product keeps its look.
func simPicture(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	if !pictureName.MatchString(name) {
		http.Error(w, "a picture's name is made of a-z, 0-9 and -, and ends in .png", http.StatusNotFound)
		return
	}
	var out bytes.Buffer
	if err := png.Encode(&out, paint(name)); err != nil {
		http.Error(w, "the picture could not be drawn", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "image/png")
	w.Header().Set("Cache-Control", "max-age=86400")
	_, _ = w.Write(out.Bytes())
}

// paint draws a disc or a rounded bottle on a plain ground, in a few tones of a palette.
func paint(name string) image.Image {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name))
	seed := mix(h.Sum64())
	ground, body, light := tones(seed)
	picture := image.NewPaletted(image.Rect(0, 0, pictureSize, pictureSize), color.Palette{ground, body, light})
	for y := range pictureSize {
		for x := range pictureSize {
			picture.SetColorIndex(x, y, tone(seed, x-pictureSize/2, y-pictureSize/2))
		}
	}
	return picture
}

// tone is the palette index at a point, seen from the middle.
func tone(seed uint64, x, y int) uint8 {
	var inside, shine bool
	switch seed >> 32 % 4 {
	case 0: // a disc
		inside, shine = x*x+y*y < 62*62, (x+20)*(x+20)+(y+22)*(y+22) < 18*18
	case 1: // a bottle
		inside = (abs(x) < 38 && y > -30 && y < 70) || (abs(x) < 14 && y > -70 && y <= -30)
		shine = abs(x+18) < 6 && y > -12 && y < 52
	case 2: // a box
		inside, shine = abs(x) < 60 && abs(y) < 48, abs(x) < 60 && abs(y+18) < 8
	default: // a bowl
		inside, shine = x*x+y*y < 68*68 && y > -6, abs(x) < 68 && abs(y) < 6
	}
	switch {
	case shine:
		return 2
	case inside:
		return 1
	default:
		return 0
	}
}

// tones picks three colours that go together.
func tones(seed uint64) (ground, body, light color.RGBA) {
	palettes := [][3]color.RGBA{
		{{0xf3, 0xe9, 0xdc, 0xff}, {0xc0, 0x85, 0x52, 0xff}, {0xe9, 0xc4, 0x9a, 0xff}},
		{{0xe3, 0xee, 0xe6, 0xff}, {0x4f, 0x8a, 0x6b, 0xff}, {0xa5, 0xcf, 0xb6, 0xff}},
		{{0xe6, 0xec, 0xf5, 0xff}, {0x4a, 0x6f, 0xa5, 0xff}, {0xa9, 0xc1, 0xe2, 0xff}},
		{{0xf7, 0xe6, 0xea, 0xff}, {0xb5, 0x5d, 0x77, 0xff}, {0xe6, 0xb3, 0xc2, 0xff}},
		{{0xf1, 0xec, 0xf7, 0xff}, {0x7d, 0x63, 0xa8, 0xff}, {0xc6, 0xb6, 0xe2, 0xff}},
		{{0xfb, 0xf1, 0xd5, 0xff}, {0xcf, 0x9b, 0x2e, 0xff}, {0xf0, 0xd4, 0x8c, 0xff}},
	}
	p := palettes[seed%uint64(len(palettes))]
	return p[0], p[1], p[2]
}

func abs(n int) int { return max(n, -n) }
