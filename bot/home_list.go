package bot

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

// homeList is what App Home's filters let through: the stages one after the other, and within a stage the shops merged.
// It is read from the listings of the store, a page at a time; only of a single creator all is read, as she has few.
type homeList struct {
	filter query.Filter
	shops  []workflow.Shop // those that the person may see and the filter lets through
	hers   []workflow.Application
}

// placed is an application and where it stands in the list. Spots are in the list's order.
type placed struct {
	application workflow.Application
	spot        string
}

func newHomeList(tx workflow.Tx, shops []workflow.Shop, f query.Filter) (l homeList, err error) {
	l = homeList{filter: f}
	for _, s := range shops {
		if f.Shop == "" || f.Shop == s.ID {
			l.shops = append(l.shops, s)
		}
	}
	if f.Creator == "" {
		return l, nil
	}
	for _, s := range l.shops {
		own, err := tx.Latest(workflow.UsernameOf(s.ID, f.Creator), workflow.MaxOfCreator)
		if err != nil {
			return l, err
		}
		for _, a := range own {
			if f.Campaign == "" || f.Campaign == a.Campaign {
				l.hers = append(l.hers, a)
			}
		}
	}
	return l, nil
}

// listings are those of one stage, all in the same order.
func (l homeList) listings(stage workflow.Stage) []workflow.Listing {
	if l.filter.Campaign != "" {
		return []workflow.Listing{workflow.CampaignStageOf(l.filter.Campaign, stage)}
	}
	all := make([]workflow.Listing, len(l.shops))
	for i, s := range l.shops {
		all[i] = workflow.StageOf(s.ID, stage)
	}
	return all
}

// tally counts what the filters but the state let through.
func (l homeList) tally(tx workflow.Tx) (t query.Tally, err error) {
	t.By = map[workflow.Stage]int{}
	if l.filter.Creator != "" {
		for _, a := range l.hers {
			if stage := a.Stage(); slices.Contains(workflow.Stages, stage) {
				t.By[stage]++
			} else {
				t.Other++
			}
		}
		return t, nil
	}
	for _, stage := range workflow.Stages {
		for _, listing := range l.listings(stage) {
			n, err := tx.Count(listing)
			if err != nil {
				return t, err
			}
			t.By[stage] += n
		}
	}
	known := t.All()
	all, err := l.everything(tx)
	t.Other = max(0, all-known)
	return t, err
}

// everything counts what the filters but the state let through, statuses included that the desk does not know.
func (l homeList) everything(tx workflow.Tx) (total int, err error) {
	if l.filter.Campaign != "" {
		return tx.Count(workflow.CampaignOf(l.filter.Campaign))
	}
	for _, s := range l.shops {
		n, err := tx.Count(workflow.SeenOf(s.ID))
		if err != nil {
			return 0, err
		}
		total += n
	}
	return total, nil
}

// read returns up to limit applications of the stages, from the first after a spot on.
func (l homeList) read(tx workflow.Tx, stages []workflow.Stage, after string, limit int) (rows []placed, err error) {
	if l.filter.Creator != "" {
		return l.readHers(stages, after, limit), nil
	}
	part, sort := parseSpot(after)
	for ; part < len(stages) && len(rows) < limit; part++ {
		var merged []placed
		for _, listing := range l.listings(stages[part]) {
			page, err := tx.Applications(listing, sort, limit-len(rows))
			if err != nil {
				return nil, err
			}
			for _, a := range page.Applications {
				merged = append(merged, placed{a, spotOf(part, placeIn(a, listing))})
			}
		}
		slices.SortFunc(merged, bySpot)
		rows = append(rows, merged[:min(len(merged), limit-len(rows))]...)
		sort = ""
	}
	return rows, nil
}

func (l homeList) readHers(stages []workflow.Stage, after string, limit int) (rows []placed) {
	for _, a := range l.hers {
		stage := a.Stage()
		part := slices.Index(stages, stage)
		if part < 0 && l.filter.Stage == query.AllStages {
			part = len(stages) // a status that this desk does not know
		}
		if part < 0 {
			continue
		}
		spot := spotOf(part, placeIn(a, workflow.StageOf(a.Key.Shop, stage)))
		if spot > after {
			rows = append(rows, placed{a, spot})
		}
	}
	slices.SortFunc(rows, bySpot)
	return rows[:min(len(rows), limit)]
}

func bySpot(a, b placed) int { return cmp.Compare(a.spot, b.spot) }

func spotOf(part int, sort string) string { return fmt.Sprintf("%02d:%s", part, sort) }

// parseSpot reads what spotOf wrote; the empty text is the start.
func parseSpot(spot string) (part int, sort string) {
	number, sort, _ := strings.Cut(spot, ":")
	part, err := strconv.Atoi(number)
	if err != nil || part < 0 {
		return 0, ""
	}
	return part, sort
}
