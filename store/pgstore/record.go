package pgstore

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	jsonv1 "github.com/go-json-experiment/json/v1"

	"sampledesk/store/internal/value"
	"sampledesk/workflow"
)

// Records are JSON, by the field names that workflow gives its values. What JSON has no form for has one of its own: numbers
// that are none are text, and so are times beyond the years 0 to 9999, in microseconds (value.Text).

var (
	reading = json.JoinOptions(jsonv1.DefaultOptionsV1(), json.WithUnmarshalers(json.JoinUnmarshalers(
		json.UnmarshalFromFunc(func(from *jsontext.Decoder, f *float64) (err error) {
			if from.PeekKind() != '"' {
				return json.SkipFunc
			}
			token, err := from.ReadToken()
			if err == nil {
				*f, err = strconv.ParseFloat(token.String(), 64)
			}
			return err
		}),
		json.UnmarshalFromFunc(func(from *jsontext.Decoder, t *time.Time) error {
			if from.PeekKind() != '"' {
				return json.SkipFunc
			}
			token, err := from.ReadToken()
			if err != nil {
				return err
			}
			return readTime(token.String(), t)
		}),
	)))
)

func readTime(text string, t *time.Time) (err error) {
	if micro, far := strings.CutPrefix(text, value.FarMark); far {
		n, err := strconv.ParseInt(micro, 10, 64)
		*t = time.UnixMicro(n).UTC()
		return err
	}
	*t, err = time.Parse(time.RFC3339Nano, text)
	return err
}

// encode writes a value, which has gone through value.Kept.
func encode(v any) (string, error) { return value.Text(v) }

// decode reads what encode wrote.
func decode[T any](record string) (v T, err error) {
	if err = json.Unmarshal([]byte(record), &v, reading); err != nil {
		return v, fmt.Errorf("%w: reading a %T: %w", errDamaged, v, err)
	}
	return v, nil
}

// shown is text as a column takes it that people read.
func shown[T ~string](s T) string { return strings.ReplaceAll(string(s), "\x00", "\uFFFD") }

// since is a time as a column takes it: null where there is none. PostgreSQL knows no time before 4713 BC.
func since(t time.Time) *time.Time {
	if t.IsZero() || t.Year() < -4000 || t.Year() > 200_000 {
		return nil
	}
	t = value.Moment(t)
	return &t
}

// stampOf is a digest of a record. It is kept beside it, so it must not change from one version to the next.
func stampOf(record string) int64 {
	sum := sha256.Sum256([]byte(record))
	return int64(binary.BigEndian.Uint64(sum[:]))
}

// cursor is what was given as a cursor, as the database takes it: it may come from anywhere.
func cursor(after string) string {
	after, _, _ = strings.Cut(after, "\x00")
	return strings.ToValidUTF8(after, "\uFFFD")
}

// page cuts what was read with one more than the limit, and returns the cursor of the last one.
func page[T any](list []T, limit int, at func(T) string) ([]T, string) {
	if len(list) <= limit {
		return list, ""
	}
	list = list[:max(limit, 0)]
	if len(list) == 0 {
		return nil, ""
	}
	return list, at(list[len(list)-1])
}

// more is how many rows are read for a page of a limit.
func more(limit int) int64 { return int64(min(max(limit, 0), math.MaxInt32)) + 1 }

// notFound says that there is no such thing.
func notFound(what string, name any) error {
	return fmt.Errorf("%s %q: %w", what, name, workflow.ErrNotFound)
}
