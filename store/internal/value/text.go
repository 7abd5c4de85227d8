package value

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	jsonv1 "github.com/go-json-experiment/json/v1"
)

// FarMark is what a time begins with that has no form of RFC 3339.
const FarMark = "us:"

var writing = json.JoinOptions(jsonv1.DefaultOptionsV1(), jsontext.EscapeForHTML(false), json.WithMarshalers(json.JoinMarshalers(
	json.MarshalToFunc(func(to *jsontext.Encoder, f float64) error {
		if !math.IsNaN(f) && !math.IsInf(f, 0) {
			return json.SkipFunc
		}
		return to.WriteToken(jsontext.String(strconv.FormatFloat(f, 'g', -1, 64)))
	}),
	json.MarshalToFunc(func(to *jsontext.Encoder, t time.Time) error {
		if y := t.Year(); 0 <= y && y <= 9999 {
			return json.SkipFunc
		}
		return to.WriteToken(jsontext.String(FarMark + strconv.FormatInt(t.UnixMicro(), 10)))
	}),
)))

// Text writes a value that has gone through Kept as JSON: equal values as equal texts. What JSON has no form for has one of
// its own: numbers that are none are text, and so are times beyond the years 0 to 9999, in microseconds behind FarMark.
func Text(v any) (string, error) {
	data, err := json.Marshal(v, writing)
	if err != nil {
		return "", fmt.Errorf("writing a %T: %w", v, err)
	}
	return string(data), nil
}
