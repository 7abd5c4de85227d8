package rules

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"sampledesk/bot/access"
	"sampledesk/bot/handle"
	"sampledesk/bot/view"
	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

// lists opens the dialog of the lists of creators.
func (d *Desk) lists() onClick[view.RulesMeta] {
	return onClick[view.RulesMeta]{
		Order: handle.AckFirst, Parse: listMeta, Scope: rulesScope,
		Do: func(ctx context.Context, c handle.Click, meta view.RulesMeta, _ handle.Grant) (handle.Answer, error) {
			f, err := d.listsFacts(ctx, view.ListsMeta{Shop: meta.Shop, List: workflow.BlockList, Rows: c.View.ID})
			return handle.Open(view.ListsModal(f)), err
		},
	}
}

// listsFacts gathers what the dialog shows of one list.
func (d *Desk) listsFacts(ctx context.Context, meta view.ListsMeta) (f view.ListsFacts, err error) {
	r, err := d.read(ctx, meta.Shop)
	if err != nil {
		return f, err
	}
	f = view.ListsFacts{Meta: meta, Shop: r.shop, Lists: r.lists, Shares: r.rules.ShareLists, Several: r.shop != ""}
	err = d.Store.View(ctx, func(tx workflow.Tx) (err error) {
		f.Listed, f.More, err = query.ListOf(tx, meta.Shop, r.rules.ShareLists, meta.List, view.MaxListed-1)
		return err
	})
	if err != nil {
		return f, fmt.Errorf("%w a list of creators: %w", access.ErrRead, err)
	}
	return f, nil
}

// chooseList shows another list in the dialog.
func (d *Desk) chooseList() onClick[view.ListsMeta] {
	return onClick[view.ListsMeta]{
		Order: handle.AckFirst,
		Parse: func(c handle.Click) (view.ListsMeta, error) {
			meta, err := view.ParseListsMeta(c.View.Metadata)
			meta.Look++
			if meta.New = c.Action.Chosen() == view.ListNew; !meta.New {
				meta.List = workflow.ListName(c.Action.Chosen())
			}
			return meta, err
		},
		Scope: listsScope,
		Do: func(ctx context.Context, c handle.Click, meta view.ListsMeta, _ handle.Grant) (handle.Answer, error) {
			latest := d.Latest(c.View.ID)
			f, err := d.listsFacts(ctx, meta)
			if err == nil {
				d.show(ctx, c.Interaction, view.ListsModal(f), latest)
			}
			return handle.Answer{}, err
		},
	}
}

// submitLists puts creators on the list that was chosen, and takes others off it. The dialog stays, and says what was done.
func (d *Desk) submitLists() onSubmit[view.ListsMeta] {
	return onSubmit[view.ListsMeta]{
		Parse: func(s handle.Submit) (view.ListsMeta, error) { return view.ParseListsMeta(s.View.Metadata) },
		Scope: listsScope,
		Do: func(ctx context.Context, s handle.Submit, meta view.ListsMeta, g handle.Grant) (handle.Answer, error) {
			change, wrong := readLists(s, meta)
			if wrong != nil {
				return *wrong, nil
			}
			added, removed, err := d.keepLists(ctx, g.Actor, change)
			if err != nil {
				return handle.Answer{}, err
			}
			meta.List, meta.New, meta.Look = change.list, false, meta.Look+1
			f, err := d.listsFacts(ctx, meta)
			f.Told = view.ListKept(change.list, added, removed)
			return handle.ShowOr(view.ListsModal(f), meta.Block(view.ActionListAdd), f.Told), err
		},
		Fail: func(ctx context.Context, _ handle.Submit, meta view.ListsMeta, _ handle.Grant, err error) handle.Answer {
			return handle.At(meta.Block(view.ActionListAdd), view.Plain(d.words(ctx, err)))
		},
	}
}

// listChange is what somebody wants of a list.
type listChange struct {
	shop        workflow.ShopID
	list        workflow.ListName
	add, remove []string // handles
	share       *bool
}

// readLists reads the dialog; the second result says what is wrong with what was typed.
func readLists(s handle.Submit, meta view.ListsMeta) (listChange, *handle.Answer) {
	wrong := func(block, sentence string) *handle.Answer {
		a := handle.At(meta.Block(block), sentence)
		return &a
	}
	c := listChange{shop: meta.Shop, list: meta.List}
	if meta.New {
		if c.list = workflow.CleanListName(s.Field(view.ActionListName).Text); c.list == "" {
			return c, wrong(view.ActionListName, view.NoListName)
		}
	}
	var line int
	for _, each := range []struct {
		action string
		into   *[]string
	}{{view.ActionListAdd, &c.add}, {view.ActionListRemove, &c.remove}} {
		if *each.into, line = view.ReadHandles(s.Field(each.action).Text); line > 0 {
			return c, wrong(each.action, view.WrongLine(line, view.NoHandle))
		}
		if len(*each.into) > view.MaxHandles {
			return c, wrong(each.action, view.TooManyHandles)
		}
	}
	if meta.New && len(c.add) == 0 {
		return c, wrong(view.ActionListAdd, view.NobodyAdded)
	}
	shares := s.Field(view.ActionListShare).Has(view.ListShare)
	c.share = &shares
	return c, nil
}

// cardLists opens the dialog in which a creator is put on lists, from a card.
func (d *Desk) cardLists() onClick[view.Target] {
	return onClick[view.Target]{
		Order: handle.AckFirst,
		Parse: func(c handle.Click) (view.Target, error) {
			if t, err := view.ParseTarget(c.Action.Block); err == nil {
				return t, nil
			}
			return view.ParseTarget(c.Action.Text)
		},
		Scope: handle.For(access.Reviewer, func(t view.Target) workflow.ShopID { return t.Key.Shop }),
		Do: func(ctx context.Context, _ handle.Click, t view.Target, _ handle.Grant) (handle.Answer, error) {
			a, on, all, err := d.onLists(ctx, t.Key)
			return handle.Open(view.CardListsModal(a, on, all)), err
		},
	}
}

// onLists reads on which lists the creator of an application is, and which lists there are.
func (d *Desk) onLists(ctx context.Context, k workflow.Key) (a workflow.Application, on, all []workflow.ListName, err error) {
	err = d.Store.View(ctx, func(tx workflow.Tx) error {
		if a, err = query.Application(tx, k); err != nil {
			return err
		}
		if all, err = query.ListNames(tx, k.Shop); err != nil {
			return err
		}
		on, err = query.OnLists(tx, k.Shop, a.Snapshot.Creator.KeyOf(k.Shop))
		return err
	})
	if err != nil {
		err = fmt.Errorf("%w a creator's lists: %w", access.ErrRead, err)
	}
	return a, on, all, err
}

// submitCardLists puts the creator on the lists that were chosen, and takes them off the others.
func (d *Desk) submitCardLists() onSubmit[view.Target] {
	return onSubmit[view.Target]{
		Parse: func(s handle.Submit) (view.Target, error) { return view.ParseTarget(s.View.Metadata) },
		Scope: handle.For(access.Reviewer, func(t view.Target) workflow.ShopID { return t.Key.Shop }),
		Do: func(ctx context.Context, s handle.Submit, t view.Target, g handle.Grant) (handle.Answer, error) {
			a, on, _, err := d.onLists(ctx, t.Key)
			if err != nil {
				return handle.Answer{}, err
			}
			var wanted []workflow.ListName
			for _, v := range s.Field(view.ActionCardLists).Values() {
				wanted = append(wanted, workflow.ListName(v))
			}
			if typed := s.Field(view.ActionListName).Text; typed != "" {
				name := workflow.CleanListName(typed)
				if name == "" {
					return handle.At(view.ActionListName, view.NoListName), nil
				}
				wanted = append(wanted, name)
			}
			var changes []workflow.ListChange
			for _, l := range slices.Concat(wanted, on) {
				changes = append(changes, workflow.ListChange{
					Actor: g.Actor, At: time.Now(), Shop: t.Key.Shop, List: l, Creator: a.Snapshot.Creator, Remove: !slices.Contains(wanted, l),
				})
			}
			if _, err := d.Engine.PutListed(ctx, changes); err != nil {
				return handle.Answer{}, err
			}
			return handle.Answer{}, nil
		},
		Fail: func(ctx context.Context, _ handle.Submit, _ view.Target, _ handle.Grant, err error) handle.Answer {
			return handle.At(view.ActionCardLists, view.Plain(d.words(ctx, err)))
		},
	}
}

// costs opens the dialog of costs and limits.
func (d *Desk) costs() onClick[view.RulesMeta] {
	return onClick[view.RulesMeta]{
		Order: handle.AckFirst, Parse: listMeta, Scope: rulesScope,
		Do: func(ctx context.Context, c handle.Click, meta view.RulesMeta, _ handle.Grant) (handle.Answer, error) {
			f, err := d.costsFacts(ctx, view.RuleMeta{Shop: meta.Shop, List: c.View.ID})
			f.Caps, f.All = view.CapDrafts(f.Rules.Caps)
			f.Meta.Seen = seenLimits(f.Rules)
			return handle.Open(view.CostsModal(f)), err
		},
	}
}

func (d *Desk) costsFacts(ctx context.Context, meta view.RuleMeta) (f view.CostsFacts, err error) {
	r, err := d.read(ctx, meta.Shop)
	if err != nil {
		return f, err
	}
	f = view.CostsFacts{Meta: meta, Shop: r.shop, Rules: r.rules}
	err = d.Store.View(ctx, func(tx workflow.Tx) (err error) {
		f.Costs, f.Known, f.More, err = query.CostsOf(ctx, tx, meta.Shop, view.MaxCosts-1)
		if err == nil && r.rules.Currency == "" {
			f.Guess, err = query.ShopCurrency(tx, meta.Shop)
		}
		return err
	})
	if err != nil {
		return f, fmt.Errorf("%w what samples cost: %w", access.ErrRead, err)
	}
	return f, nil
}

// lookCosts shows the dialog of costs again with another row of limits.
func (d *Desk) lookCosts(ctx context.Context, c handle.Click, l looked) (handle.Answer, error) {
	f, err := d.costsFacts(ctx, l.RuleMeta)
	if err != nil {
		return handle.Answer{}, err
	}
	f.Caps, f.All = l.draft.Caps, l.draft.People
	f.Typed = c.Field
	d.show(ctx, c.Interaction, view.CostsModal(f), l.latest)
	return handle.Answer{}, nil
}

// submitCosts keeps what samples cost, the shop's limits, and when two people have to agree.
func (d *Desk) submitCosts() onSubmit[view.RuleMeta] {
	return onSubmit[view.RuleMeta]{
		Parse: func(s handle.Submit) (view.RuleMeta, error) { return view.ParseRuleMeta(s.View.Metadata) },
		Scope: ruleScope,
		Do: func(ctx context.Context, s handle.Submit, meta view.RuleMeta, g handle.Grant) (handle.Answer, error) {
			given, typo, ok := view.ReadCostsModal(meta, s.Field)
			if !ok {
				return handle.At(typo.Block, typo.Sentence), nil
			}
			if err := d.keepCosts(ctx, g.Actor, meta, given); err != nil {
				return handle.Answer{}, err
			}
			return handle.Answer{Then: func(ctx context.Context) { d.showList(ctx, meta.Shop, meta.List, view.CostsKept(given)) }}, nil
		},
		Fail: func(ctx context.Context, _ handle.Submit, meta view.RuleMeta, _ handle.Grant, err error) handle.Answer {
			if p, ok := errors.AsType[workflow.RuleProblem](err); ok {
				return handle.At(view.CostsBlock(meta, p), view.Problem(p))
			}
			return handle.At(meta.RuleBlock(view.ActionCostCurrency), view.Plain(d.words(ctx, err)))
		},
	}
}
