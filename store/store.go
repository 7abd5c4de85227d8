// Package store opens the memory of a Sample Desk: it knows the engines by name, and everything else is theirs. What an
// engine promises is written on workflow.Store and held by store/storetest.
package store

import (
	"context"
	"fmt"
	"strings"

	"sampledesk/store/boltstore"
	"sampledesk/workflow"
)

// known tells an operator what a store's address may look like.
const known = `the one kind known is "bolt:PATH", a file of this machine`

// Open opens the store that the address names, and makes it if it is not there yet. Errors are sentences for the
// operator; as an address may hold a password, they do not repeat it.
func Open(ctx context.Context, address string) (workflow.Store, error) {
	scheme, rest, ok := strings.Cut(address, ":")
	switch {
	case !ok:
		return nil, fmt.Errorf("the store's address does not say what kind of store it is; %s", known)
	case scheme == "bolt" && rest == "":
		return nil, fmt.Errorf("the store's address %q names no file; %s", address, known)
	case scheme == "bolt":
		return openBolt(ctx, rest)
	default:
		return nil, fmt.Errorf("the store's address names a kind of store that this Sample Desk does not know; %s", known)
	}
}

// openBolt keeps a nil *boltstore.Store from becoming a workflow.Store that is not nil.
func openBolt(ctx context.Context, path string) (workflow.Store, error) {
	s, err := boltstore.Open(ctx, path)
	if err != nil {
		return nil, err
	}
	return s, nil
}
