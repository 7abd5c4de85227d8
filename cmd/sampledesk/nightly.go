package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"sampledesk/workflow"
	"sampledesk/workflow/desks"
)

// backupPlan is what SAMPLEDESK_BACKUP says: where the nightly backups go, and how many are kept.
type backupPlan struct {
	folder string
	keep   int
}

// The nightly backups.
const (
	keptUnlessSaid = 14
	mostKept       = 3650
	nightHour      = 3             // when a night's backup is due, in the first shop's zone
	lookForNight   = time.Minute   // how often it is looked whether it is
	tryAgainAfter  = 1 * time.Hour // where it failed
)

// parseBackup reads SAMPLEDESK_BACKUP: PATH or PATH?keep=14.
func parseBackup(text string) (plan backupPlan, err error) {
	folder, query, asks := strings.Cut(text, "?")
	plan = backupPlan{folder: folder, keep: keptUnlessSaid}
	if folder == "" {
		return plan, errors.New("it names no folder; that is like /var/backups/sampledesk?keep=14")
	}
	if !asks {
		return plan, nil
	}
	said, err := url.ParseQuery(query)
	if err == nil {
		plan.keep, err = strconv.Atoi(said.Get("keep"))
	}
	if err != nil || len(said) != 1 || len(said["keep"]) != 1 || plan.keep < 1 || plan.keep > mostKept {
		return plan, fmt.Errorf("what follows the ? is not like keep=14, with a number from 1 to %d", mostKept)
	}
	return plan, nil
}

// nightly makes a backup each night. What was made is told by the files that are there, so a restart makes none twice and
// forgets none; a desk that was closed at night makes it when it is opened.
type nightly struct {
	plan  backupPlan
	at    place
	desks *desks.Desks
	log   *slog.Logger

	mu     sync.Mutex
	last   time.Time // when the last one of this process was made
	failed time.Time // when the first one failed since
	tried  time.Time
}

// run makes the backups until ctx ends.
func (n *nightly) run(ctx context.Context) error {
	if n.plan.folder == "" {
		<-ctx.Done()
		return nil
	}
	for {
		_, err := n.desks.Do(ctx, desks.Job{Name: "nightly backup", Do: func(ctx context.Context) (string, error) {
			n.look(ctx, time.Now())
			return "", nil
		}})
		if err != nil && ctx.Err() == nil {
			n.log.WarnContext(ctx, "could not look whether a nightly backup is due", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(lookForNight):
		}
	}
}

// look makes the backup of the night if it is due and not there.
func (n *nightly) look(ctx context.Context, now time.Time) {
	n.mu.Lock()
	tried, failed := n.tried, n.failed
	n.mu.Unlock()
	if !failed.IsZero() && now.Sub(tried) < tryAgainAfter {
		return
	}
	zone, err := n.zone(ctx)
	if err != nil || zone == nil {
		return // the store tells of itself elsewhere, and before there is a shop there is nothing to keep
	}
	path := filepath.Join(n.plan.folder, n.name(now.In(zone).Add(-nightHour*time.Hour)))
	if _, err := os.Stat(path); err == nil {
		return
	}
	err = n.make(ctx, path)
	if ctx.Err() != nil {
		return
	}
	n.record(ctx, now, err)
}

// name is how the backup of a night is called.
func (n *nightly) name(day time.Time) string {
	return n.prefix() + day.Format(time.DateOnly) + backupEnd
}

// backupEnd is what the names of nightly backups end in.
const backupEnd = ".backup"

func (n *nightly) prefix() string {
	base := filepath.Base(boltPath(n.at.flags.Store))
	return strings.TrimSuffix(base, filepath.Ext(base)) + "-"
}

// zone is that of the first shop, by id; nil where there is none.
func (n *nightly) zone(ctx context.Context) (zone *time.Location, err error) {
	err = n.at.store.View(ctx, func(tx workflow.Tx) error {
		shops, err := tx.Shops()
		if len(shops) > 0 {
			zone = shops[0].Settings.Location()
		}
		return err
	})
	return zone, err
}

// make makes a backup, and takes away the oldest beyond those that are kept.
func (n *nightly) make(ctx context.Context, path string) error {
	began := time.Now()
	if err := os.MkdirAll(n.plan.folder, 0o700); err != nil {
		return fmt.Errorf("making the backups' folder: %w", err)
	}
	s := streams{out: io.Discard, err: logLines{ctx, n.log, "nightly backup"}}
	made, err := writeBackup(ctx, path, s, func(w io.Writer) error {
		return new(snapshot).perform(ctx, n.at, streams{out: w, err: s.err})
	})
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	gone, err := n.prune()
	n.log.InfoContext(ctx, "nightly backup made", "path", path, "bytes", made.Bytes, "requests", made.Applications, "took", time.Since(began).Round(time.Millisecond).String(), "removed", gone)
	return err
}

// prune takes away the oldest of the backups that this desk made by their names, and nothing else.
func (n *nightly) prune() (gone int, err error) {
	entries, err := os.ReadDir(n.plan.folder) // in the order of the names, so the oldest come first
	if err != nil {
		return 0, fmt.Errorf("looking for old backups: %w", err)
	}
	var own []string
	for _, e := range entries {
		day, isOwn := strings.CutPrefix(e.Name(), n.prefix())
		day, ends := strings.CutSuffix(day, backupEnd)
		if _, err := time.Parse(time.DateOnly, day); isOwn && ends && err == nil && e.Type().IsRegular() {
			own = append(own, e.Name())
		}
	}
	for _, name := range own[:max(0, len(own)-n.plan.keep)] {
		if err := os.Remove(filepath.Join(n.plan.folder, name)); err != nil {
			return gone, fmt.Errorf("removing an old backup: %w", err)
		}
		gone++
	}
	return gone, nil
}

// record keeps how it went, and has the admins told once if it went wrong.
func (n *nightly) record(ctx context.Context, now time.Time, err error) {
	n.mu.Lock()
	n.tried = now
	if err == nil {
		n.last, n.failed = now, time.Time{}
	} else if n.failed.IsZero() {
		n.failed = now
	}
	n.mu.Unlock()
	if err != nil {
		n.log.ErrorContext(ctx, "nightly backup failed; the next try is in an hour", "error", err)
	}
	if err := n.at.engine.BackupEnded(ctx, now, err); err != nil && ctx.Err() == nil {
		n.log.ErrorContext(ctx, "could not tell the admins of the backup", "error", err)
	}
}

// backupReadiness is what /readyz tells of the nightly backups. A failed one keeps the desk from nothing; why it failed is
// in the log.
type backupReadiness struct {
	Last   time.Time `json:"last,omitzero"`   // made by this process
	Failed time.Time `json:"failed,omitzero"` // since when they fail
}

// readiness returns how it goes; nil where no backups are asked for.
func (n *nightly) readiness() *backupReadiness {
	if n == nil || n.plan.folder == "" {
		return nil
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	return &backupReadiness{Last: n.last, Failed: n.failed}
}

// trouble tells of backups that fail, in a sentence for the admins.
func (n *nightly) trouble() []string {
	if r := n.readiness(); r != nil && !r.Failed.IsZero() {
		return []string{"the nightly backups have failed since " + r.Failed.UTC().Format(time.RFC3339) + "; the log of Sample Desk tells why"}
	}
	return nil
}
