package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"sampledesk/workflow"
)

// BeginImport begins a run that makes the collaboration's creators members of a campaign of its name, which is made if
// there is none.
func (e *Engine) BeginImport(ctx context.Context, i workflow.Import) (r workflow.Run, err error) {
	err = e.update(ctx, func(t *txn) error {
		r = workflow.Run{ID: runID(i.Actor), Kind: workflow.RunImport, Shop: i.Shop, By: i.Person, At: i.At, Collaboration: i.Collaboration}
		if there, err := t.tx.Run(r.ID); !errors.Is(err, workflow.ErrNotFound) {
			r = there
			return cmp.Or(err, errUnchanged)
		}
		if err := t.tx.PutRun(r); err != nil {
			return err
		}
		if err := t.notify(workflow.Notice{ID: workflow.RunNotice(r.ID), Shop: r.Shop, Kind: workflow.KindRun, Run: r.ID}, i.At, workflow.ForPeople); err != nil {
			return err
		}
		return t.enqueue(workflow.Effect{Kind: workflow.ImportCreators, Lane: workflow.ImportLane(r.ID), Shop: i.Shop, Run: r.ID, NotBefore: i.At}, i.At)
	})
	if err != nil && !errors.Is(err, errUnchanged) {
		return workflow.Run{}, fmt.Errorf("beginning to import collaboration %q: %w", i.Collaboration, err)
	}
	return r, nil
}

// Imported is what TikTok reported of a target collaboration.
type Imported struct {
	At       time.Time
	Name     string
	Creators []workflow.Creator // by open id, and those without one by user name
	Products []workflow.Product // by id and title
}

// ImportFailed says that TikTok did not return a target collaboration, for good or for now.
type ImportFailed struct {
	At      time.Time
	Failure workflow.Failure
	ForGood bool
}

func (e Imported) record(t *txn, eff workflow.Effect) error {
	r, err := t.tx.Run(eff.Run)
	if err != nil || r.Ended() {
		return err
	}
	by := workflow.Actor{Person: r.By, Surface: workflow.FromCommand, DedupKey: "run " + string(r.ID)}
	c, err := campaignOfImport(t, r, e, by)
	if refused, ok := errors.AsType[workflow.Refusal](err); ok {
		return endImport(t, r, e.At, workflow.Failure{Message: string(refused.Rule) + ": " + refused.Name}, true)
	}
	if err != nil {
		return err
	}
	if err := addMembers(t, &r, c, e, by); err != nil {
		return err
	}
	if r.Products, err = addProducts(t, c, e.Products); err != nil {
		return err
	}
	r.Campaign, r.Name = c.ID, c.Name
	return endImport(t, r, e.At, workflow.Failure{}, false)
}

// addMembers makes the creators of a collaboration members of its campaign, and counts them. What is known of one under
// the user name alone becomes theirs by open id. One with neither cannot be told from others.
func addMembers(t *txn, r *workflow.Run, c workflow.Campaign, e Imported, by workflow.Actor) error {
	for _, creator := range e.Creators {
		creator, err := identified(t, r.Shop, creator, e.At)
		if err != nil {
			return err
		}
		if creator.OpenID == "" && creator.Username == "" {
			continue
		}
		m, isNew, err := joinMember(t.tx, c, creator, by, e.At)
		if err == nil && isNew {
			err = t.askAbout(m.Creator, e.At)
		}
		if err != nil {
			return err
		}
		if isNew {
			r.Added++
		} else {
			r.Existing++
		}
	}
	return nil
}

// identified returns a creator of a collaboration as the desk knows them.
func identified(t *txn, shop workflow.ShopID, creator workflow.Creator, at time.Time) (workflow.Creator, error) {
	if creator.OpenID == "" {
		return lookUpCreator(t.tx, shop, creator)
	}
	username := creator.Username
	last, err := workflow.LastOf(t.tx, workflow.CreatorOf(creator.KeyOf(shop)))
	if err == nil {
		creator = last.Snapshot.Creator
	} else if !errors.Is(err, workflow.ErrNotFound) {
		return creator, err
	}
	for _, name := range slices.Compact([]string{creator.Username, username}) { // it may be new since their last application
		if name == "" {
			continue
		}
		if err := mergeCreator(t, shop, workflow.Creator{Username: name}.KeyOf(shop), creator, at); err != nil {
			return creator, err
		}
		if err := rememberUsername(t, shop, name, creator); err != nil {
			return creator, err
		}
	}
	return creator, nil
}

// rememberUsername makes a creator whose open id is known findable by user name: TikTok's lists of conversations give
// only that, and so do people. Where an application tells the same, nothing is kept.
func rememberUsername(t *txn, shop workflow.ShopID, username string, creator workflow.Creator) error {
	byName := workflow.Creator{Username: username}
	if known, err := lookUpCreator(t.tx, shop, byName); err != nil || known.OpenID == creator.OpenID {
		return err
	}
	return t.tx.PutConversation(workflow.Conversation{Shop: shop, Creator: byName.KeyOf(shop), Shown: creator})
}

// addProducts puts a collaboration's products into its campaign, as far as there is room, and returns how many were
// new.
func addProducts(t *txn, c workflow.Campaign, products []workflow.Product) (added int, err error) {
	for _, p := range products {
		if p.Title != "" {
			if err := keepProduct(t.tx, c.Shop, p); err != nil {
				return added, err
			}
		}
		was := c.Version
		if c, err = addProduct(t.tx, c, p.ID); err != nil {
			return added, err
		}
		added += c.Version - was
	}
	return added, nil
}

// campaignOfImport returns the campaign of the collaboration's name, or makes it.
func campaignOfImport(t *txn, r workflow.Run, e Imported, by workflow.Actor) (workflow.Campaign, error) {
	name, err := workflow.CampaignName(cutName(e.Name))
	if err != nil {
		name = "Collaboration " + r.Collaboration
	}
	c, err := t.tx.CampaignNamed(r.Shop, name)
	if err == nil && c.Archived {
		return c, workflow.Refusal{Rule: workflow.RuleArchived, Name: c.Name}
	}
	if errors.Is(err, workflow.ErrNotFound) {
		return createCampaign(t.tx, workflow.Creation{Shop: r.Shop, Name: name, By: by.Person, At: e.At, DedupKey: by.DedupKey})
	}
	return c, err
}

func cutName(name string) string {
	runes := []rune(name)
	return string(runes[:min(len(runes), workflow.MaxCampaignName)])
}

func (e ImportFailed) record(t *txn, eff workflow.Effect) error {
	r, err := t.tx.Run(eff.Run)
	if err != nil || r.Ended() {
		return err
	}
	if !e.ForGood {
		if sameFailureCode(r.Failure, e.Failure) {
			return nil
		}
		r.Failure = e.Failure
		if err := t.tx.PutRun(r); err != nil {
			return err
		}
		return t.renotify(workflow.RunNotice(r.ID), e.At, workflow.Routine)
	}
	return endImport(t, r, e.At, e.Failure, true)
}

func endImport(t *txn, r workflow.Run, at time.Time, failure workflow.Failure, failed bool) error {
	r.EndsAt, r.Failure, r.Failed = at, failure, failed
	if err := t.tx.PutRun(r); err != nil {
		return err
	}
	return t.renotify(workflow.RunNotice(r.ID), at, workflow.ForPeople)
}
