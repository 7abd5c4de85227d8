package workflow

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"
)

// Import fills a campaign from a target collaboration of TikTok's.
type Import struct {
	Actor
	At            time.Time
	Shop          ShopID
	Collaboration string // its id
}

// BeginImport begins a run that makes the collaboration's creators members of a campaign of its name, which is made if
// there is none.
func (e *Engine) BeginImport(ctx context.Context, i Import) (r Run, err error) {
	err = e.update(ctx, func(t *turn) error {
		r = Run{ID: runID(i.Actor), Kind: RunImport, Shop: i.Shop, By: i.Person, At: i.At, Collaboration: i.Collaboration}
		if there, err := t.tx.Run(r.ID); !errors.Is(err, ErrNotFound) {
			r = there
			return cmp.Or(err, errUnchanged)
		}
		if err := t.tx.PutRun(r); err != nil {
			return err
		}
		if err := t.notify(Notice{ID: RunNotice(r.ID), Shop: r.Shop, Kind: SayRun, Run: r.ID}, i.At, ForPeople); err != nil {
			return err
		}
		return t.enqueue(Effect{Kind: ImportCreators, Lane: ImportLane(r.ID), Shop: i.Shop, Run: r.ID, NotBefore: i.At}, i.At)
	})
	if err != nil && !errors.Is(err, errUnchanged) {
		return Run{}, fmt.Errorf("beginning to import collaboration %q: %w", i.Collaboration, err)
	}
	return r, nil
}

// Imported tells what TikTok said of a target collaboration.
type Imported struct {
	At       time.Time
	Name     string
	Creators []Creator // by open id, and those without one by user name
	Products []Product // by id and title
}

// ImportFailed tells that TikTok will not tell of a target collaboration, or not now.
type ImportFailed struct {
	At      time.Time
	Cause   Cause
	ForGood bool
}

// Kind returns OnImported.
func (Imported) Kind() EventKind { return OnImported }

// When returns the event's time.
func (e Imported) When() time.Time { return e.At }

// Kind returns OnImported.
func (ImportFailed) Kind() EventKind { return OnImported }

// When returns the event's time.
func (e ImportFailed) When() time.Time { return e.At }

func (t *turn) imported(eff Effect, e Imported) error {
	r, err := t.tx.Run(eff.Run)
	if err != nil || r.Ended() {
		return err
	}
	by := Actor{Person: r.By, Surface: FromCommand, Origin: "run " + string(r.ID)}
	c, err := t.campaignOfImport(r, e, by)
	if refused, ok := errors.AsType[Refusal](err); ok {
		return t.endImport(r, e.At, Cause{Message: string(refused.Rule) + ": " + refused.Name}, true)
	}
	if err != nil {
		return err
	}
	if err := t.gather(&r, c, e, by); err != nil {
		return err
	}
	if r.Products, err = t.addProducts(c, e.Products); err != nil {
		return err
	}
	r.Campaign, r.Name = c.ID, c.Name
	return t.endImport(r, e.At, Cause{}, false)
}

// gather makes the creators of a collaboration members of its campaign, and counts them. What is known of one under
// the user name alone becomes theirs by open id. One with neither cannot be told from others.
func (t *turn) gather(r *Run, c Campaign, e Imported, by Actor) error {
	for _, creator := range e.Creators {
		creator, err := t.identified(r.Shop, creator, e.At)
		if err != nil {
			return err
		}
		if creator.OpenID == "" && creator.Username == "" {
			continue
		}
		_, isNew, err := t.join(c, creator, by, e.At)
		if err != nil {
			return err
		}
		if isNew {
			r.Added++
		} else {
			r.There++
		}
	}
	return nil
}

// identified returns a creator of a collaboration as the desk knows them.
func (t *turn) identified(shop ShopID, creator Creator, at time.Time) (Creator, error) {
	if creator.OpenID == "" {
		return t.knownAs(shop, creator)
	}
	last, err := lastOf(t.tx, CreatorOf(creator.KeyOf(shop)))
	if err == nil {
		creator = last.Report.Creator
	} else if !errors.Is(err, ErrNotFound) {
		return creator, err
	}
	if creator.Username == "" {
		return creator, nil
	}
	return creator, t.merge(shop, Creator{Username: creator.Username}.KeyOf(shop), creator, at)
}

// addProducts puts a collaboration's products into its campaign, as far as there is room, and returns how many were new.
func (t *turn) addProducts(c Campaign, products []Product) (added int, err error) {
	for _, p := range products {
		if p.Title != "" {
			if err := t.keepProduct(c.Shop, p); err != nil {
				return added, err
			}
		}
		was := c.Version
		if c, err = t.addProduct(c, p.ID); err != nil {
			return added, err
		}
		added += c.Version - was
	}
	return added, nil
}

// campaignOfImport returns the campaign of the collaboration's name, or makes it.
func (t *turn) campaignOfImport(r Run, e Imported, by Actor) (Campaign, error) {
	name, err := CampaignName(cutName(e.Name))
	if err != nil {
		name = "Collaboration " + r.Collaboration
	}
	c, err := t.tx.CampaignNamed(r.Shop, name)
	if err == nil && c.Archived {
		return c, Refusal{Rule: RuleArchived, Name: c.Name}
	}
	if errors.Is(err, ErrNotFound) {
		return t.createCampaign(Creation{Shop: r.Shop, Name: name, By: by.Person, At: e.At, Origin: by.Origin})
	}
	return c, err
}

func cutName(name string) string {
	runes := []rune(name)
	return string(runes[:min(len(runes), MaxCampaignName)])
}

func (t *turn) importFailed(eff Effect, e ImportFailed) error {
	r, err := t.tx.Run(eff.Run)
	if err != nil || r.Ended() {
		return err
	}
	if !e.ForGood {
		if sameFault(r.Cause, e.Cause) {
			return nil
		}
		r.Cause = e.Cause
		if err := t.tx.PutRun(r); err != nil {
			return err
		}
		return t.renotify(RunNotice(r.ID), e.At, Routine)
	}
	return t.endImport(r, e.At, e.Cause, true)
}

func (t *turn) endImport(r Run, at time.Time, cause Cause, failed bool) error {
	r.EndsAt, r.Cause, r.Failed = at, cause, failed
	if err := t.tx.PutRun(r); err != nil {
		return err
	}
	return t.renotify(RunNotice(r.ID), at, ForPeople)
}
