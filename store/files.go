package store

import (
	"context"

	"sampledesk/store/boltstore"
)

// Contents is what Verify found in the file of a store.
type Contents = boltstore.Contents

// Verify reads the file of a store that nobody has open, from end to end, and changes nothing in it. Errors are sentences
// for the operator.
func Verify(ctx context.Context, path string, read func(done, all int64)) (Contents, error) {
	return boltstore.Verify(ctx, path, read)
}

// Sync makes lasting under which name a file is.
func Sync(path string) error { return boltstore.Sync(path) }

// Place puts the finished file at from under the name to, where nothing may be, lastingly: fs.ErrExist if something is.
func Place(from, to string) error { return boltstore.Place(from, to) }
