package query

import (
	"context"
	"errors"

	"sampledesk/workflow"
)

// RunProgress is a run as its message shows it.
type RunProgress struct {
	Run      workflow.Run // of one in parts, Items are those of which there is something to tell: workflow.MaxRun of a state at the most
	Undoable int          // how many can still be taken back; of one in parts at the most
}

// ProgressOf reads how far a run got.
func ProgressOf(ctx context.Context, tx workflow.Tx, id workflow.RunID) (p RunProgress, err error) {
	if p.Run, err = tx.Run(id); err != nil {
		return p, err
	}
	if p.Run.Parts == 0 {
		return p, p.follow(tx, p.Run.Items, true)
	}
	undoable := p.Run.Count(workflow.ItemPlanned) > 0
	listed := map[workflow.ItemState]int{}
	for n := range p.Run.Parts {
		part, err := tx.Run(p.Run.Part(n))
		if err = errors.Join(err, ctx.Err()); err != nil {
			return p, err
		}
		from := len(p.Run.Items)
		for _, i := range part.Items {
			if i.State == workflow.ItemWaiting && !undoable {
				a, err := tx.Application(i.Key)
				if err != nil {
					return p, err
				}
				undoable = waitsToBeSent(a, i)
			}
			if tellsSomething(i) && listed[i.State] < workflow.MaxRun {
				listed[i.State]++
				p.Run.Items = append(p.Run.Items, i)
			}
		}
		if err := p.follow(tx, p.Run.Items[from:], false); err != nil {
			return p, err
		}
	}
	if undoable && p.Run.Undoing.Person == "" {
		p.Undoable = p.Run.Count(workflow.ItemPlanned) + p.Run.Count(workflow.ItemWaiting)
	}
	return p, nil
}

// follow looks up where the cards of items are by now, since some may have been posted meanwhile, and counts what can be
// taken back if that is wanted.
func (p *RunProgress) follow(tx workflow.Tx, items []workflow.RunItem, count bool) error {
	for n, i := range items {
		a, err := tx.Application(i.Key)
		if errors.Is(err, workflow.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		if count && waitsToBeSent(a, i) {
			p.Undoable++
		}
		if a.Card.Link != "" {
			items[n].Link = a.Card.Link
		}
	}
	return nil
}

func waitsToBeSent(a workflow.Application, i workflow.RunItem) bool {
	return i.Review != "" && a.State() == workflow.Queued && a.Decision.Review == i.Review
}

// tellsSomething reports whether an item of a long run is told by itself: where it did not go as it was meant to.
func tellsSomething(i workflow.RunItem) bool {
	switch i.State {
	case workflow.ItemPlanned, workflow.ItemConfirmed, workflow.ItemAdded:
		return false
	case workflow.ItemWaiting:
		return i.Failure != (workflow.Failure{})
	default:
		return true
	}
}
