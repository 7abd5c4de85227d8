package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"sampledesk/affiliate/bridge"
	"sampledesk/bot"
	"sampledesk/store"
	"sampledesk/workflow"
)

// openMemory opens the store and reads the key that seals what is secret in it. The default key is made with a new store
// alone: another key than the one that sealed them opens none of the tokens.
func openMemory(ctx context.Context, f storeFlags, log *slog.Logger) (workflow.Store, bridge.Key, error) {
	if err := errors.Join(notEmptied(f), f.keyGiven()); err != nil {
		return nil, bridge.Key{}, err
	}
	db, err := store.Open(ctx, f.Store, log)
	if err != nil {
		return nil, bridge.Key{}, err
	}
	if err := errors.Join(wholeStore(ctx, f.Store, db), storeStill(ctx, f.Store, db)); err != nil {
		return nil, bridge.Key{}, errors.Join(err, db.Close())
	}
	key, err := keyFor(ctx, f, db)
	if shared, is := db.(workflow.Shared); is && err == nil {
		err = key.Check(ctx, shared)
	}
	if err != nil {
		return nil, bridge.Key{}, errors.Join(err, db.Close())
	}
	return db, key, nil
}

// keyGiven refuses a store that several desks share without a key that was given: a key that is made on one machine opens
// nothing on the others.
func (f storeFlags) keyGiven() error {
	if store.Shared(f.Store) && f.Key == "" {
		return usagef("SAMPLEDESK_KEY is not set: a store in PostgreSQL makes none by itself. Make one with: head -c 32 /dev/urandom | base64, and give the same to every desk")
	}
	return nil
}

// notEmptied refuses a store's file that holds nothing while its key is there: the key was made when the store held
// something, and a desk that began anew would forget all of it.
func notEmptied(f storeFlags) error {
	info, err := os.Stat(boltPath(f.Store))
	if err != nil || info.Size() > 0 || store.Shared(f.Store) {
		return nil //nolint:nilerr // what is not there yet is made, and everything else is told by the store
	}
	if _, err := os.Stat(boltPath(f.Store) + keyEnd); err != nil {
		return nil //nolint:nilerr // no key: nothing was kept yet
	}
	return fmt.Errorf("the store %s is empty, and its key is there: it held something once; restore a backup, or take both away to begin anew", boltPath(f.Store))
}

func keyFor(ctx context.Context, f storeFlags, db workflow.Store) (bridge.Key, error) {
	path := boltPath(f.Store) + keyEnd
	if _, err := os.Stat(path); f.Key == "" && errors.Is(err, fs.ErrNotExist) {
		sealed := false
		err := db.View(ctx, func(tx workflow.Tx) error {
			all, err := tx.Authorisations()
			if err != nil {
				return err
			}
			apps, err := tx.Apps()
			sealed = len(all) > 0 || slices.ContainsFunc(apps, func(a workflow.App) bool { return len(a.Secret) > 0 })
			return err
		})
		if err != nil {
			return bridge.Key{}, err
		}
		if sealed {
			return bridge.Key{}, fmt.Errorf("the store %s holds tokens, and the key that sealed them is not there: put %s back or set SAMPLEDESK_KEY to it; no other key opens them", boltPath(f.Store), path)
		}
	}
	if err := settleKey(ctx, f, db); err != nil {
		return bridge.Key{}, fmt.Errorf("finishing what was begun with the key: %w", err)
	}
	return loadKey(f.Key, f.Store)
}

// keyEnd is what the default key's file is called behind the store's.
const keyEnd = ".key"

func boltPath(store string) string { return strings.TrimPrefix(store, "bolt:") }

// storeName is what a store is called in front of people: its file, or its address without the password.
func (f storeFlags) storeName() string { return boltPath(store.Redacted(f.Store)) }

// exposed looks at who else can read or write the store and the key. Everybody of the machine is a fault; a group is
// often how a cluster gives a volume to its one user, and is told and no more.
func (f storeFlags) exposed() (findings []bot.Finding) {
	files := map[string]string{"key": boltPath(f.Store) + keyEnd, "store": boltPath(f.Store)}
	if store.Shared(f.Store) {
		delete(files, "store")
	}
	if f.Key != "" {
		delete(files, "key")
		if path, isFile := strings.CutPrefix(string(f.Key), "file:"); isFile {
			files["key"] = path
		}
	}
	for _, what := range []string{"store", "key"} {
		info, err := os.Stat(files[what])
		if files[what] == "" || err != nil || runtime.GOOS == "windows" { // whose modes tell nothing
			continue
		}
		switch mode := info.Mode().Perm(); {
		case mode&0o007 != 0:
			findings = append(findings, bot.Finding{
				What: what, Found: fmt.Sprintf("%s can be read or written by every user of this machine (mode %04o)", files[what], mode), Do: "chmod 600 " + files[what],
			})
		case mode&0o070 != 0:
			findings = append(findings, bot.Finding{What: what, Found: fmt.Sprintf("%s can be read or written by its group (mode %04o); that is well where the group is the desk's own", files[what], mode)})
		}
	}
	return findings
}

// troubles tells what is wrong with the store, in sentences: what keeps it from its work, and who else can read it.
func (f storeFlags) troubles(ctx context.Context, db workflow.Store) (all []string) {
	if sick := ill(ctx, db); sick != nil {
		all = append(all, sick.Error())
	}
	if ahead := time.Since(db.Now()).Round(time.Second); ahead.Abs() > clockFault {
		all = append(all, fmt.Sprintf("the clock of this desk's machine and that of its database are %s apart; have both set by NTP", ahead.Abs()))
	}
	for _, e := range f.exposed() {
		if !e.OK() {
			all = append(all, "the "+e.What+" "+e.Found+"; "+e.Do)
		}
	}
	return all
}

// clockFault is by how much the clocks of a desk's machine and of its store may differ: more is seen by people.
const clockFault = 5 * time.Second

// ill tells why a store cannot do its work, where its engine can tell.
func ill(ctx context.Context, db workflow.Store) error {
	if engine, ok := db.(interface{ Health(context.Context) error }); ok {
		return engine.Health(ctx)
	}
	return nil
}
