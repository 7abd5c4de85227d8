// Package rules is the rules of a shop in Slack: the list, the dialog in which an admin makes one, what is behind each,
// the lists of creators, the costs and limits, and `/samples rules`.
package rules

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/slack-go/slack"

	"sampledesk/bot/access"
	"sampledesk/bot/handle"
	"sampledesk/bot/slackapi"
	"sampledesk/bot/view"
	"sampledesk/workflow"
	"sampledesk/workflow/engine"
	"sampledesk/workflow/query"
)

// Desk is where admins keep the rules.
type Desk struct {
	API    *slackapi.Client
	Engine *engine.Engine
	Store  workflow.Store
	Reads  workflow.Store // for what takes long
	Access *access.Access
	Log    *slog.Logger

	// Long is Reads.View for what takes longer than somebody waits: one at a time.
	Long func(context.Context, func(workflow.Tx) error) error

	// Draw draws what a test found.
	Draw func(view.FunnelChart) ([]byte, error)

	// Latest begins another change of a view, and returns what tells whether it is still the latest.
	Latest func(view string) func() bool

	running *running
}

// Register adds the dialogs.
func (d *Desk) Register(m *handle.Mux) {
	d.running = &running{}
	handle.OnClick(m, view.ActionRules, d.open())
	handle.OnClick(m, view.ActionRulesPause, d.pauseAll())
	handle.OnClick(m, view.ActionRuleDo, d.do())
	handle.OnClick(m, view.ActionRuleNew, d.edit())
	handle.OnClick(m, view.ActionRuleStarter, d.start())
	for _, action := range view.RuleLooks() {
		handle.OnClick(m, action, d.look())
	}
	for _, action := range view.RuleHolds() {
		handle.OnClick(m, action, held())
	}
	for n := range workflow.MaxConditions {
		m.OnSuggest(fmt.Sprintf("%s%d%s", view.ActionRuleValue, n, view.RuleProducts), d.suggest(products))
		m.OnSuggest(fmt.Sprintf("%s%d%s", view.ActionRuleValue, n, view.RuleVariants), d.suggest(variants))
	}
	handle.OnSubmit(m, view.CallbackRule, d.submit())

	handle.OnClick(m, view.ActionRuleTest, d.showTest())
	handle.OnClick(m, view.ActionRuleAuto, d.automatic())
	handle.OnSubmit(m, view.CallbackRuleAuto, d.submitAutomatic())
	handle.OnClick(m, view.ActionRuleDemote, d.demote())
	handle.OnClick(m, view.ActionRuleDelete, d.delete())
	handle.OnClick(m, view.ActionRuleCopies, held())
	handle.OnClick(m, view.ActionRuleCopy, d.copy())

	handle.OnClick(m, view.ActionRuleLists, d.lists())
	handle.OnClick(m, view.ActionListChoose, d.chooseList())
	handle.OnSubmit(m, view.CallbackLists, d.submitLists())
	handle.OnClick(m, view.ActionCardLists, d.cardLists())
	handle.OnSubmit(m, view.CallbackCardLists, d.submitCardLists())
	handle.OnClick(m, view.ActionRuleCosts, d.costs())
	m.OnSuggest(view.ActionCostProduct, d.suggest(costed))
	handle.OnSubmit(m, view.CallbackCosts, d.submitCosts())
	handle.OnSubmit(m, view.CallbackRuleImport, d.submitImport())
}

type (
	onClick[T any]  = handle.Handler[handle.Click, T]
	onSubmit[T any] = handle.Handler[handle.Submit, T]
)

// What a person has to be allowed who keeps rules.
var (
	rulesScope = handle.For(access.Admin, func(m view.RulesMeta) workflow.ShopID { return m.Shop })
	ruleScope  = handle.For(access.Admin, func(m view.RuleMeta) workflow.ShopID { return m.Shop })
	listsScope = handle.For(access.Admin, func(m view.ListsMeta) workflow.ShopID { return m.Shop })
)

// held handles a control of a dialog that is read when the dialog is sent, or with another control.
func held() onClick[struct{}] {
	return onClick[struct{}]{
		Order: handle.AckFirst,
		Parse: func(handle.Click) (struct{}, error) { return struct{}{}, nil },
		Do: func(context.Context, handle.Click, struct{}, handle.Grant) (handle.Answer, error) {
			return handle.Answer{}, nil
		},
	}
}

// show shows a view in another's place; see slackapi.Client.ShowAgain.
func (d *Desk) show(ctx context.Context, i handle.Interaction, m slack.ModalViewRequest, latest func() bool) {
	if err := d.API.ShowAgain(ctx, m, i.View.ID, i.View.Hash, latest); err != nil {
		d.Log.WarnContext(ctx, "could not show a dialog of rules again", "person", i.User.ID, "view", m.CallbackID, "error", err)
	}
}

// refresh brings a view up to date that stands below another; who closed it looks at it no more.
func (d *Desk) refresh(ctx context.Context, id string, m slack.ModalViewRequest) {
	if id == "" {
		return
	}
	ctx, cancel := d.API.Detach(ctx, handle.AnswerTimeout)
	defer cancel()
	if _, err := d.API.UpdateViewContext(ctx, m, "", "", id); err != nil {
		d.Log.InfoContext(ctx, "could not bring the list of rules up to date", "view", id, "error", err)
	}
}

// read is what is known of a shop's rules.
type read struct {
	shop  string // named only where there are several
	rules workflow.Rules
	names query.RuleNames
	lists []workflow.ListName
	taken []workflow.Campaign // campaigns to choose from
}

// read reads a shop's rules, and what they name. Drafted are rules that are not kept yet.
func (d *Desk) read(ctx context.Context, shop workflow.ShopID, drafted ...workflow.ShopRule) (r read, err error) {
	err = d.Store.View(ctx, func(tx workflow.Tx) error {
		r = read{}
		shops, err := tx.Shops()
		if err != nil {
			return err
		}
		if s, ok := query.ShopAmong(shops, shop); ok {
			r.shop = query.ShopName(s, len(shops))
		}
		if r.rules, err = tx.Rules(shop); err != nil {
			return err
		}
		if r.names, err = query.RuleNamesOf(ctx, tx, shop, append(slices.Clone(r.rules.All), drafted...)); err != nil {
			return err
		}
		if r.lists, err = query.ListNames(tx, shop); err != nil {
			return err
		}
		r.taken, err = query.CampaignsTaking(ctx, tx, shop, "", view.MaxChoices)
		return err
	})
	if err != nil {
		return r, fmt.Errorf("%w the rules of a shop: %w", access.ErrRead, err)
	}
	return r, nil
}

// list is the list of a shop's rules as it is now.
func (d *Desk) list(ctx context.Context, meta view.RulesMeta, saved string) (slack.ModalViewRequest, error) {
	r, err := d.read(ctx, meta.Shop)
	return view.RulesModal(view.RulesFacts{Meta: meta, Shop: r.shop, Rules: r.rules, Names: r.names, Saved: saved}), err
}

// showList brings the list below a dialog up to date.
func (d *Desk) showList(ctx context.Context, shop workflow.ShopID, id, saved string) {
	m, err := d.list(ctx, view.RulesMeta{Shop: shop}, saved)
	if err != nil {
		d.Log.WarnContext(ctx, "could not read the rules", "shop", shop, "error", err)
		return
	}
	d.refresh(ctx, id, m)
}

// open opens the list.
func (d *Desk) open() onClick[view.RulesMeta] {
	return onClick[view.RulesMeta]{
		Order: handle.AckFirst,
		Parse: func(c handle.Click) (view.RulesMeta, error) {
			return view.RulesMeta{Shop: workflow.ShopID(c.Action.Text)}, nil
		},
		Scope: rulesScope,
		Do: func(ctx context.Context, _ handle.Click, meta view.RulesMeta, _ handle.Grant) (handle.Answer, error) {
			m, err := d.list(ctx, meta, "")
			return handle.Open(m), err
		},
	}
}

func listMeta(c handle.Click) (view.RulesMeta, error) { return view.ParseRulesMeta(c.View.Metadata) }

// pauseAll pauses all rules at once, or lets them work again.
func (d *Desk) pauseAll() onClick[view.RulesMeta] {
	return onClick[view.RulesMeta]{
		Order: handle.AckFirst, Parse: listMeta, Scope: rulesScope,
		Do: func(ctx context.Context, c handle.Click, meta view.RulesMeta, g handle.Grant) (handle.Answer, error) {
			if err := d.pause(ctx, g.Actor, meta.Shop, "", c.Action.Text == view.RulesPause); err != nil {
				return handle.Answer{}, err
			}
			return d.listed(ctx, c, meta, "")
		},
	}
}

// listed shows the list again in its place.
func (d *Desk) listed(ctx context.Context, c handle.Click, meta view.RulesMeta, saved string) (handle.Answer, error) {
	latest := d.Latest(c.View.ID)
	m, err := d.list(ctx, meta, saved)
	if err == nil {
		d.show(ctx, c.Interaction, m, latest)
	}
	return handle.Answer{}, err
}

// chosen is what is to be done with a rule of the list.
type chosen struct {
	view.RulesMeta
	rule workflow.RuleID
	what string
}

// do does what was chosen in the menu of a rule.
func (d *Desk) do() onClick[chosen] {
	return onClick[chosen]{
		Order: handle.AckFirst,
		Parse: func(c handle.Click) (chosen, error) {
			meta, err := listMeta(c)
			return chosen{RulesMeta: meta, rule: view.RuleOfRow(c.Action.Block), what: c.Action.Chosen()}, err
		},
		Scope: handle.For(access.Admin, func(m chosen) workflow.ShopID { return m.Shop }),
		Do: func(ctx context.Context, c handle.Click, m chosen, g handle.Grant) (handle.Answer, error) {
			meta := view.RuleMeta{Shop: m.Shop, List: c.View.ID, ID: m.rule}
			var err error
			switch m.what {
			case view.RuleEdit:
				return d.openEdit(ctx, meta, "")
			case view.RuleMore:
				return d.openBehind(ctx, c.User.ID, meta)
			case view.RuleUp:
				err = d.move(ctx, g.Actor, m.Shop, m.rule, -1)
			case view.RuleDown:
				err = d.move(ctx, g.Actor, m.Shop, m.rule, 1)
			case view.RulePause, view.RuleResume:
				err = d.pause(ctx, g.Actor, m.Shop, m.rule, m.what == view.RulePause)
			}
			if err != nil {
				return handle.Answer{}, err
			}
			return d.listed(ctx, c, m.RulesMeta, "")
		},
	}
}

// kinds of products that a menu offers.
type offered struct {
	same    func(workflow.Product) string
	options func([]workflow.Product) view.Options
}

var (
	products = offered{func(p workflow.Product) string { return string(p.ID) }, view.ProductOptions}
	variants = offered{func(p workflow.Product) string { return string(p.ID) + ":" + p.SKU }, view.RuleVariantOptions}
	costed   = offered{variants.same, view.CostOptions}
)

// suggest offers the products of the shop that a dialog is about.
func (d *Desk) suggest(of offered) func(context.Context, handle.Interaction) any {
	return func(ctx context.Context, i handle.Interaction) any {
		ctx, cancel := context.WithTimeout(ctx, handle.CommitBy)
		defer cancel()
		var found []workflow.Product
		meta, err := view.ParseRuleMeta(i.View.Metadata)
		if err == nil {
			_, err = d.Access.Guard(ctx, i.User.ID, meta.Shop, access.Admin)
		}
		if err == nil {
			err = d.Store.View(ctx, func(tx workflow.Tx) (err error) {
				wanted := func(p workflow.Product) bool { return view.Mentions(p, i.Typed) }
				found, err = query.Products(ctx, tx, meta.Shop, wanted, view.MaxChoices, of.same)
				return err
			})
		}
		if err != nil {
			d.Access.Log(ctx, i.User.ID, err)
		}
		return of.options(found)
	}
}

// detached is a context for what is done after an acknowledgement.
func (d *Desk) detached(ctx context.Context) (context.Context, context.CancelFunc) {
	return d.API.Detach(ctx, 30*time.Second)
}
