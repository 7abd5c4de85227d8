package main

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// creatorCmd is what can be done about a creator.
type creatorCmd struct {
	Erase eraseCmd `cmd:"" help:"Take out of the store and of Slack what tells of a creator, for good. What happened, and the figures, stay."`
}

// eraseCmd erases a creator.
type eraseCmd struct {
	storeFlags
	Creator string `arg:"" placeholder:"NAME" help:"Their handle, with or without @, or their open id."`
	Yes     bool   `env:"SAMPLEDESK_ERASE_YES" help:"Yes, for good."`
}

// Run erases the creator.
func (e *eraseCmd) Run(ctx context.Context, s streams) error {
	if !e.Yes {
		return usagef("what is erased of a creator cannot be brought back: add --yes if that is meant")
	}
	return performIn(ctx, e.storeFlags, "creator erase", &erasure{Creator: e.Creator, By: whoAsks()}, s)
}

// erasure is the task that erases a creator.
//
// # What it defends against
//
// A creator's right to be forgotten, and a leak of more than is needed. It reaches all that the desk can read: records,
// listings, histories, messages that wait, and what stands in Slack and is the desk's to edit. What is left, and is said
// each time: what people wrote in threads and what was announced to the channel (shipments, messages), which people delete
// in Slack; backups, which go by their age; exports; pages of the store's file that are not in use, until they are written
// again; and TikTok's own records. While an erasure goes on the shop's record holds whom it is about.
type erasure struct {
	existing
	Creator string
	By      string
}

// perform is part of task.
func (e *erasure) perform(ctx context.Context, at place, s streams) error {
	keys, err := at.engine.KnownAs(ctx, e.Creator)
	if err != nil {
		return err
	}
	if len(keys) == 0 {
		return fmt.Errorf("no creator is known as %q: give their handle as TikTok has it now, or their open id", e.Creator)
	}
	p, seen := newProgress(s, "erasing", 0, "records"), int64(0)
	defer p.end()
	done, err := at.engine.EraseCreator(ctx, keys, e.By, time.Now(), func(n int) { seen += int64(n); p.at(seen) })
	if err != nil {
		return fmt.Errorf("%w; what was erased stays so, and the same command goes on", err)
	}
	p.end()
	_, _ = fmt.Fprintf(s.out, "Erased: %d requests with %d entries of their history, %d memberships of campaigns, %d conversations, %d messages of the desk's.\n",
		done.Requests, done.Entries, done.Memberships, done.Conversations, done.Messages)
	_, _ = fmt.Fprintln(s.out, "Cards and messages in Slack are shown again without the name, and the desk's replies in their threads are emptied, within minutes while the desk runs. A request that TikTok still lists stays \"Erased creator\"; a new one is a new start.")
	if len(done.Threads) > 0 {
		_, _ = fmt.Fprintf(s.out, "To do: what people wrote in the threads of these cards, and what was announced to the channel (shipments, messages), stays in Slack until somebody deletes it there:\n  %s\n", strings.Join(done.Threads, "\n  "))
	}
	_, err = fmt.Fprintln(s.out, "Backups and exports made before still have it, until you delete them: backups go by their age.")
	return err
}
