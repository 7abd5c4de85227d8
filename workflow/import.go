package workflow

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
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
	err = e.update(ctx, func(t *txn) error {
		r = Run{ID: runID(i.Actor), Kind: RunImport, Shop: i.Shop, By: i.Person, At: i.At, Collaboration: i.Collaboration}
		if there, err := t.tx.Run(r.ID); !errors.Is(err, ErrNotFound) {
			r = there
			return cmp.Or(err, errUnchanged)
		}
		if err := t.tx.PutRun(r); err != nil {
			return err
		}
		if err := t.notify(Notice{ID: RunNotice(r.ID), Shop: r.Shop, Kind: KindRun, Run: r.ID}, i.At, ForPeople); err != nil {
			return err
		}
		return t.enqueue(Effect{Kind: ImportCreators, Lane: ImportLane(r.ID), Shop: i.Shop, Run: r.ID, NotBefore: i.At}, i.At)
	})
	if err != nil && !errors.Is(err, errUnchanged) {
		return Run{}, fmt.Errorf("beginning to import collaboration %q: %w", i.Collaboration, err)
	}
	return r, nil
}

// Imported is what TikTok reported of a target collaboration.
type Imported struct {
	At       time.Time
	Name     string
	Creators []Creator // by open id, and those without one by user name
	Products []Product // by id and title
}

// ImportFailed says that TikTok did not return a target collaboration, for good or for now.
type ImportFailed struct {
	At      time.Time
	Failure Failure
	ForGood bool
}

func (e Imported) record(t *txn, eff Effect) error {
	r, err := t.tx.Run(eff.Run)
	if err != nil || r.Ended() {
		return err
	}
	by := Actor{Person: r.By, Surface: FromCommand, DedupKey: "run " + string(r.ID)}
	c, err := t.campaignOfImport(r, e, by)
	if refused, ok := errors.AsType[Refusal](err); ok {
		return t.endImport(r, e.At, Failure{Message: string(refused.Rule) + ": " + refused.Name}, true)
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
	return t.endImport(r, e.At, Failure{}, false)
}

// gather makes the creators of a collaboration members of its campaign, and counts them. What is known of one under
// the user name alone becomes theirs by open id. One with neither cannot be told from others.
func (t *txn) gather(r *Run, c Campaign, e Imported, by Actor) error {
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
			r.Existing++
		}
	}
	return nil
}

// identified returns a creator of a collaboration as the desk knows them.
func (t *txn) identified(shop ShopID, creator Creator, at time.Time) (Creator, error) {
	if creator.OpenID == "" {
		return t.lookUpCreator(shop, creator)
	}
	username := creator.Username
	last, err := lastOf(t.tx, CreatorOf(creator.KeyOf(shop)))
	if err == nil {
		creator = last.Snapshot.Creator
	} else if !errors.Is(err, ErrNotFound) {
		return creator, err
	}
	for _, name := range slices.Compact([]string{creator.Username, username}) { // it may be new since their last application
		if name == "" {
			continue
		}
		if err := t.merge(shop, Creator{Username: name}.KeyOf(shop), creator, at); err != nil {
			return creator, err
		}
		if err := t.rememberUsername(shop, name, creator); err != nil {
			return creator, err
		}
	}
	return creator, nil
}

// rememberUsername makes a creator whose open id is known findable by user name: TikTok's lists of conversations give
// only that, and so do people. Where an application tells the same, nothing is kept.
func (t *txn) rememberUsername(shop ShopID, username string, creator Creator) error {
	byName := Creator{Username: username}
	if known, err := t.lookUpCreator(shop, byName); err != nil || known.OpenID == creator.OpenID {
		return err
	}
	return t.tx.PutConversation(Conversation{Shop: shop, Creator: byName.KeyOf(shop), Shown: creator})
}

// addProducts puts a collaboration's products into its campaign, as far as there is room, and returns how many were
// new.
func (t *txn) addProducts(c Campaign, products []Product) (added int, err error) {
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
func (t *txn) campaignOfImport(r Run, e Imported, by Actor) (Campaign, error) {
	name, err := CampaignName(cutName(e.Name))
	if err != nil {
		name = "Collaboration " + r.Collaboration
	}
	c, err := t.tx.CampaignNamed(r.Shop, name)
	if err == nil && c.Archived {
		return c, Refusal{Rule: RuleArchived, Name: c.Name}
	}
	if errors.Is(err, ErrNotFound) {
		return t.createCampaign(Creation{Shop: r.Shop, Name: name, By: by.Person, At: e.At, DedupKey: by.DedupKey})
	}
	return c, err
}

func cutName(name string) string {
	runes := []rune(name)
	return string(runes[:min(len(runes), MaxCampaignName)])
}

func (e ImportFailed) record(t *txn, eff Effect) error {
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
		return t.renotify(RunNotice(r.ID), e.At, Routine)
	}
	return t.endImport(r, e.At, e.Failure, true)
}

func (t *txn) endImport(r Run, at time.Time, failure Failure, failed bool) error {
	r.EndsAt, r.Failure, r.Failed = at, failure, failed
	if err := t.tx.PutRun(r); err != nil {
		return err
	}
	return t.renotify(RunNotice(r.ID), at, ForPeople)
}
