package boltstore

import (
	"fmt"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"

	"sampledesk/workflow"
)

// TestWhatIsReadAgainSharesNothingWithWhatWasReadBefore changes everything there is in what it read, and reads again.
func TestWhatIsReadAgainSharesNothingWithWhatWasReadBefore(t *testing.T) {
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "desk.db"))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	var a workflow.Application
	var shop workflow.Shop
	fill(reflect.ValueOf(&a).Elem(), "application", true)
	fill(reflect.ValueOf(&shop).Elem(), "shop", true)
	require.NoError(t, s.Update(t.Context(), func(tx workflow.Tx) error {
		if err := tx.PutShop(shop); err != nil {
			return err
		}
		return tx.PutApplication(a)
	}))
	read := func(tx workflow.Tx) (got workflow.Application, its workflow.Shop, err error) {
		if got, err = tx.Application(a.Key); err == nil {
			its, err = tx.Shop(shop.ID)
		}
		return got, its, err
	}
	for n := range 3 {
		require.NoError(t, s.View(t.Context(), func(tx workflow.Tx) error {
			got, its, err := read(tx)
			require.Equal(t, kept(a), got, "reading %d", n)
			require.Equal(t, kept(shop), its, "reading %d", n)
			spoil(reflect.ValueOf(&got).Elem())
			spoil(reflect.ValueOf(&its).Elem())
			return err
		}))
	}
	// Whoever changed it sees what they changed, and a snapshot of before what was there before.
	require.NoError(t, s.View(t.Context(), func(old workflow.Tx) error {
		changed := a
		changed.Round++
		require.NoError(t, s.Update(t.Context(), func(tx workflow.Tx) error {
			require.NoError(t, tx.PutApplication(changed))
			got, _, err := read(tx)
			require.Equal(t, kept(changed), got)
			return err
		}))
		got, _, err := read(old)
		require.Equal(t, kept(a), got)
		return err
	}))
}

// spoil changes whatever is behind a pointer or in a slice.
func spoil(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			v.Elem().SetZero()
		}
	case reflect.Slice:
		for i := range v.Len() {
			spoil(v.Index(i))
			v.Index(i).SetZero()
		}
	case reflect.Struct:
		if v.Type() == timeType {
			return
		}
		for _, field := range v.Fields() {
			spoil(field)
		}
	}
}

func TestOfWhatWasReadOnlySoMuchIsRemembered(t *testing.T) {
	var d decoded[workflow.Shop]
	for n := range 3 * keptRecent {
		shop, err := d.decode(fmt.Appendf(nil, "%d", n), fmt.Appendf(nil, `{"id":"%d"}`, n))
		require.NoError(t, err)
		require.Equal(t, workflow.ShopID(fmt.Sprint(n)), shop.ID)
	}
	require.Len(t, d.of, keptRecent)
}

// BenchmarkReadingAnApplication reads one that was read before, and one that was not.
func BenchmarkReadingAnApplication(b *testing.B) {
	s := filled(b, 2*keptRecent)
	for name, of := range map[string]int{"again": 1, "anew": 2 * keptRecent} {
		b.Run(name, func(b *testing.B) {
			require.NoError(b, s.View(b.Context(), func(tx workflow.Tx) error {
				for n := 0; b.Loop(); n++ {
					if _, err := tx.Application(arrived(n % of).Key); err != nil {
						return err
					}
				}
				return nil
			}))
		})
	}
}
