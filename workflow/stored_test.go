package workflow

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestWhatIsStoredKeepsItsForm holds the JSON of all that a store keeps: a file of an earlier version has to open, so a
// line of the golden file may be added, and none may change.
func TestWhatIsStoredKeepsItsForm(t *testing.T) {
	stored := map[string]any{}
	for _, value := range []any{
		&Application{}, &Campaign{}, &Conversation{}, &DeadLetter{}, &Effect{}, &Entry{}, &Member{}, &Notice{}, &Product{}, &Run{}, &Shop{},
	} {
		fill(reflect.ValueOf(value).Elem())
		stored[reflect.TypeOf(value).Elem().Name()] = value
	}
	got, err := json.MarshalIndent(stored, "", "  ")
	require.NoError(t, err)
	golden := filepath.Join("testdata", "stored.json")
	if *update {
		require.NoError(t, os.WriteFile(golden, append(got, '\n'), 0o600))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	require.Equal(t, string(want), string(got)+"\n")
}

// fill puts something into every field, however deep.
func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString("text")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(1)
	case reflect.Uint8:
		v.SetUint(1)
	case reflect.Float64:
		v.SetFloat(1.25)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0))
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(noon))
			return
		}
		for i := range v.NumField() {
			fill(v.Field(i))
		}
	default:
		panic(fmt.Sprintf("there is no filling a %s yet", v.Type()))
	}
}
