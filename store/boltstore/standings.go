package boltstore

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"sampledesk/workflow"
)

// standingsBucket holds where the members of campaigns stand, as workflow.Furthest has it. A letter parts the keys:
//
//	m campaign 0 creator         -> the stage
//	n campaign 0 stage           -> how many stand there; no key where it is zero
//	s campaign 0 stage 0 creator -> creator
var standingsBucket = []byte("standings")

// standingsMade is the number of the rules by which standingsBucket is kept.
const standingsMade = 1

func standingKey(c workflow.CampaignID, creator workflow.CreatorKey) []byte {
	return joined("m"+string(c), string(creator))
}

func standingNumberKey(c workflow.CampaignID, stage string) []byte {
	return joined("n"+string(c), stage)
}

// standingEntries are the keys of where a member stands, but for the number.
func standingEntries(c workflow.CampaignID, creator workflow.CreatorKey, stage string) []pair {
	return []pair{
		{standingKey(c, creator), []byte(stage)},
		{joined("s"+string(c), stage, string(creator)), []byte(creator)},
	}
}

// stageKey is a stage as a part of a key: one that the desk does not know is TikTok's word.
func stageKey(s workflow.Stage) string {
	return strings.ToValidUTF8(strings.ReplaceAll(string(s), "\x00", ""), "\uFFFD")
}

// Standings is part of workflow.Tx.
func (t *transaction) Standings(c workflow.CampaignID) (map[workflow.Stage]int, error) {
	all, prefix := map[workflow.Stage]int{}, under("n"+string(c))
	cursor := t.bucket(standingsBucket).Cursor()
	for k, data := cursor.Seek(prefix); k != nil && bytes.HasPrefix(k, prefix); k, data = cursor.Next() {
		if len(data) != 8 {
			return nil, fmt.Errorf("%w: the number of the standing %q has %d bytes", errDamaged, k, len(data))
		}
		all[workflow.Stage(k[len(prefix):])] = int(binary.BigEndian.Uint64(data))
	}
	return all, t.alive()
}

// MembersAt is part of workflow.Tx. The cursor is the key of the last creator.
func (t *transaction) MembersAt(c workflow.CampaignID, stage workflow.Stage, after string, limit int) ([]workflow.Member, string, error) {
	return page(t.bucket(standingsBucket), under("s"+string(c), stageKey(stage)), after, limit, func(_, creator []byte) (workflow.Member, error) {
		data := t.bucket(membersBucket).Get(memberKey(c, workflow.CreatorKey(creator)))
		if data == nil {
			return workflow.Member{}, fmt.Errorf("%w: creator %q stands in campaign %q and is not there", errDamaged, creator, c)
		}
		return decode[workflow.Member](data)
	})
}

// standAnew brings up to date where the creators stand whose application was changed, and whose places these were and are.
func (t *transaction) standAnew(before, after workflow.Application, was, now []place) error {
	if memberPlace(before, was) == memberPlace(after, now) {
		return nil
	}
	for _, a := range []workflow.Application{before, after} {
		if a.Campaign == "" {
			continue
		}
		if err := t.stand(a.Campaign, a.Snapshot.Creator.KeyOf(a.Key.Shop)); err != nil {
			return err
		}
	}
	return nil
}

// memberPlace is where an application stands among its creator's in its campaign, and at which stage.
func memberPlace(a workflow.Application, places []place) [3]string {
	if a.Campaign == "" {
		return [3]string{}
	}
	l := workflow.MemberOf(a.Campaign, a.Snapshot.Creator.KeyOf(a.Key.Shop))
	for _, p := range places {
		if p.Listing == string(l) {
			return [3]string{p.Listing, p.Sort, string(a.Stage())}
		}
	}
	return [3]string{}
}

// standsAt works out where a member stands; the first application of the listing says it for all.
func (t *transaction) standsAt(m workflow.Member) (string, error) {
	p, err := t.Applications(workflow.MemberOf(m.Campaign, m.Creator), "", 1)
	return stageKey(workflow.Furthest(m, p.Applications)), err
}

// stand brings up to date where a creator stands in a campaign, who need not be a member.
func (t *transaction) stand(c workflow.CampaignID, creator workflow.CreatorKey) error {
	now := ""
	m, err := t.Member(c, creator)
	if err == nil {
		now, err = t.standsAt(m)
	}
	if err != nil && !errors.Is(err, workflow.ErrNotFound) {
		return err
	}
	b := t.bucket(standingsBucket)
	was := string(b.Get(standingKey(c, creator)))
	if was == now {
		return nil
	}
	if was != "" {
		for _, e := range standingEntries(c, creator, was) {
			if err := b.Delete(e.key); err != nil {
				return err
			}
		}
		if err := t.countStanding(c, was, -1); err != nil {
			return err
		}
	}
	if now == "" {
		return nil
	}
	for _, e := range standingEntries(c, creator, now) {
		if err := b.Put(e.key, e.value); err != nil {
			return err
		}
	}
	return t.countStanding(c, now, 1)
}

func (t *transaction) countStanding(c workflow.CampaignID, stage string, add int) error {
	b, key := t.bucket(standingsBucket), standingNumberKey(c, stage)
	n := add
	if data := b.Get(key); len(data) == 8 {
		n += int(binary.BigEndian.Uint64(data))
	}
	switch {
	case n < 0:
		return fmt.Errorf("%w: %d members of campaign %q stand at %q", errDamaged, n, c, stage)
	case n == 0:
		return b.Delete(key)
	}
	return b.Put(key, binary.BigEndian.AppendUint64(nil, uint64(n)))
}

// standings works out where all members stand.
func (r *rebuilding) standings() error {
	numbers := map[string]uint64{}
	var entries []pair
	flush := func() error {
		slices.SortFunc(entries, func(a, b pair) int { return bytes.Compare(a.key, b.key) })
		for _, e := range entries {
			if err := r.keep(standingsBucket, e.key, e.value); err != nil {
				return err
			}
		}
		entries = entries[:0]
		return nil
	}
	err := r.from.Bucket(membersBucket).ForEach(func(key, data []byte) error {
		m, err := decode[workflow.Member](data)
		if err != nil {
			return fmt.Errorf("reading member %q: %w", key, err)
		}
		stage, err := r.tx.standsAt(m)
		if err != nil {
			return err
		}
		numbers[string(standingNumberKey(m.Campaign, stage))]++
		if entries = append(entries, standingEntries(m.Campaign, m.Creator, stage)...); len(entries) >= listedAtOnce {
			return flush()
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := flush(); err != nil {
		return err
	}
	for _, key := range slices.Sorted(maps.Keys(numbers)) {
		if err := r.keep(standingsBucket, []byte(key), binary.BigEndian.AppendUint64(nil, numbers[key])); err != nil {
			return err
		}
	}
	return nil
}
