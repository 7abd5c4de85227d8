package rules

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"sampledesk/bot/access"
	"sampledesk/bot/handle"
	"sampledesk/bot/slackapi"
	"sampledesk/bot/view"
	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

// Asked is `/samples rules` as somebody typed it.
type Asked struct {
	Who   workflow.PersonID
	Key   string          // Slack's id of it
	Shops []workflow.Shop // those that it is about
	Word  string          // what is asked, in lower case; empty: the list
	Rest  string
}

// Told is the answer: a message, or a dialog, and what is done once it was acknowledged.
type Told struct {
	view.Message
	Open *slack.ModalViewRequest
	Then func(context.Context)
}

func told(m view.Message) (Told, error) { return Told{Message: m}, nil }

// Answer answers `/samples rules`.
func (d *Desk) Answer(ctx context.Context, a Asked) (Told, error) {
	switch a.Word {
	case "", "list":
		return d.listTyped(ctx, a)
	case "help":
		return told(view.RulesHelp())
	case "new", "import", "export":
		return d.ofShop(ctx, a)
	case "show", "test":
		return d.shown(ctx, a)
	case "pause", "resume":
		return d.paused(ctx, a)
	default:
		return told(view.RulesUnknown(a.Word))
	}
}

// listTyped lists the rules of the shops.
func (d *Desk) listTyped(ctx context.Context, a Asked) (Told, error) {
	var shops []view.ShopRules
	for _, s := range a.Shops {
		r, err := d.read(ctx, s.ID)
		if err != nil {
			return Told{}, err
		}
		shops = append(shops, view.ShopRules{
			ID: s.ID, Shop: query.ShopName(s, len(a.Shops)), Rules: r.rules, Names: r.names, Admin: d.Access.May(ctx, a.Who, s, access.Admin) == nil,
		})
	}
	return told(view.RulesList(shops))
}

// administered are those of the shops whose rules somebody may change. The error is a Denied where there is none.
func (d *Desk) administered(ctx context.Context, a Asked) ([]workflow.Shop, error) {
	mine := d.Access.Allowed(ctx, a.Who, a.Shops, access.Admin)
	if len(mine) > 0 {
		return mine, nil
	}
	if len(a.Shops) == 0 {
		return nil, access.Denied{Rule: view.DeniedNoShop}
	}
	err := d.Access.May(ctx, a.Who, a.Shops[0], access.Admin)
	return nil, cmp.Or(err, error(access.Denied{Rule: view.DeniedUnchecked, Shop: a.Shops[0].ID})) // they may after all, and did not a moment ago
}

// ofShop opens a dialog of a shop, or exports its rules.
func (d *Desk) ofShop(ctx context.Context, a Asked) (Told, error) {
	mine, err := d.administered(ctx, a)
	if err != nil {
		return Told{}, err
	}
	shop := mine[0]
	if len(mine) > 1 {
		found, ok := shopTyped(mine, a.Rest)
		if !ok {
			return told(view.WhichShop(view.CommandSamples+" rules "+a.Word, mine))
		}
		shop = found
	}
	meta := view.RuleMeta{Shop: shop.ID}
	switch a.Word {
	case "new":
		answer, err := d.openEdit(ctx, meta, view.Starters[0].Key)
		return Told{Open: answer.Open}, err
	case "import":
		m := view.RuleImportModal(meta, query.ShopName(shop, len(mine)))
		return Told{Open: &m}, nil
	default:
		return d.export(ctx, a, shop, query.ShopName(shop, len(mine)))
	}
}

// shopTyped is the shop that was named behind a command, "for" before it or not.
func shopTyped(shops []workflow.Shop, typed string) (workflow.Shop, bool) {
	typed = strings.TrimSpace(strings.TrimPrefix(typed+" ", "for "))
	for _, s := range shops {
		if typed != "" && (strings.EqualFold(typed, strings.TrimSpace(s.Name)) || typed == string(s.ID)) {
			return s, true
		}
	}
	return workflow.Shop{}, false
}

// named finds the rule of a name among some shops.
func (d *Desk) named(ctx context.Context, shops []workflow.Shop, name string) (shop workflow.Shop, rule workflow.ShopRule, all []workflow.ShopRule, err error) {
	name = strings.Trim(workflow.Plain(name), "\"“”'*`")
	for _, s := range shops {
		r, err := d.rules(ctx, s.ID)
		if err != nil {
			return shop, rule, nil, err
		}
		all = append(all, r.All...)
		for _, one := range r.All {
			if rule.ID == "" && strings.EqualFold(one.Name, name) {
				shop, rule = s, one
			}
		}
	}
	return shop, rule, all, nil
}

// shown tells of one rule, or tests it.
func (d *Desk) shown(ctx context.Context, a Asked) (Told, error) {
	name, days := a.Rest, testedDays
	if a.Word == "test" {
		for _, n := range query.BackTestDays {
			if rest, ok := strings.CutSuffix(name, fmt.Sprintf(" %d", n)); ok {
				name, days = rest, n
			}
		}
	}
	if strings.TrimSpace(name) == "" {
		return told(view.RulesUsage(a.Word))
	}
	shop, rule, all, err := d.named(ctx, a.Shops, name)
	if err != nil {
		return Told{}, err
	}
	if rule.ID == "" {
		return told(view.NoSuchRule(name, all))
	}
	f, _, err := d.behind(ctx, "", view.RuleMeta{Shop: shop.ID, ID: rule.ID})
	if err != nil || a.Word == "show" {
		return Told{Message: view.RuleShown(f)}, err
	}
	wanted := testing{who: a.Who, key: a.Key, shop: shop.ID, rule: f.Rule, days: days, file: d.Access.May(ctx, a.Who, shop, access.Reviewer) == nil}
	test, tooMany, err := d.test(ctx, wanted, maxTestRows)
	if err != nil {
		return Told{}, err
	}
	if tooMany > 0 {
		f.Test = view.TestComes(tooMany)
		return Told{Message: view.RuleShown(f), Then: func(ctx context.Context) { d.testLong(ctx, wanted, tooMany) }}, nil
	}
	f.Test = view.BackTestLines(test)
	if !wanted.file || len(test.Rows) == 0 {
		return told(view.RuleShown(f)) // who only looks on takes nothing away
	}
	f.Sent = true
	return Told{Message: view.RuleShown(f), Then: func(ctx context.Context) {
		ctx, cancel := d.API.Detach(ctx, slackapi.UploadTimeout)
		defer cancel()
		if err := d.sendTest(ctx, wanted, test); err != nil {
			d.Log.WarnContext(ctx, "could not send the test of a rule as a file", "person", a.Who, "shop", shop.ID, "error", err)
		}
	}}, nil
}

// paused pauses a rule or all, or lets them go on.
func (d *Desk) paused(ctx context.Context, a Asked) (Told, error) {
	mine, err := d.administered(ctx, a)
	if err != nil {
		return Told{}, err
	}
	by := func(s workflow.Shop) workflow.Actor { return d.Access.Actor(a.Who, s, workflow.FromCommand, a.Key) }
	if name := strings.TrimSpace(a.Rest); name != "" && !strings.EqualFold(name, "all") {
		shop, rule, all, err := d.named(ctx, mine, name)
		if err != nil {
			return Told{}, err
		}
		if rule.ID == "" {
			return told(view.NoSuchRule(name, all))
		}
		return Told{Message: view.RulePaused(rule.Name, a.Word == "pause")}, d.pause(ctx, by(shop), shop.ID, rule.ID, a.Word == "pause")
	}
	for _, s := range mine {
		if err := d.pause(ctx, by(s), s.ID, "", a.Word == "pause"); err != nil {
			return Told{}, err
		}
	}
	return told(view.RulePaused("", a.Word == "pause"))
}

// export sends a shop's rules as a file of text, in a direct message.
func (d *Desk) export(ctx context.Context, a Asked, shop workflow.Shop, name string) (Told, error) {
	rules, err := d.rules(ctx, shop.ID)
	if err != nil {
		return Told{}, err
	}
	if len(rules.All) == 0 {
		return told(view.Aside(view.RulesExportEmpty))
	}
	return Told{Message: view.Aside(view.RulesExportComes), Then: func(ctx context.Context) {
		ctx, cancel := d.API.Detach(ctx, slackapi.UploadTimeout)
		defer cancel()
		if err := d.send(ctx, a.Who, a.Key, shop.ID, view.RulesExported(name, len(rules.All)), slackapi.File{
			Name: "rules_" + time.Now().UTC().Format(time.DateOnly) + ".txt", Title: "Rules", Data: []byte(rules.Text()),
		}); err != nil {
			d.Log.WarnContext(ctx, "could not send the rules as a file", "person", a.Who, "shop", shop.ID, "error", err)
		}
	}}, nil
}

// send writes to a person, with files.
func (d *Desk) send(ctx context.Context, who workflow.PersonID, key string, shop workflow.ShopID, m view.Message, files ...slackapi.File) error {
	direct, _, err := d.write(ctx, testing{who: who, key: key, shop: shop}, m)
	if err != nil {
		return err
	}
	for _, f := range files {
		f.Channel = direct
		if err := d.API.Upload(ctx, f); err != nil {
			return err
		}
	}
	return nil
}

// submitImport keeps rules that were pasted as text. One with the name of one that is there takes its place.
func (d *Desk) submitImport() onSubmit[view.RuleMeta] {
	return onSubmit[view.RuleMeta]{
		Parse: func(s handle.Submit) (view.RuleMeta, error) { return view.ParseRuleMeta(s.View.Metadata) },
		Scope: ruleScope,
		Do: func(ctx context.Context, s handle.Submit, meta view.RuleMeta, g handle.Grant) (handle.Answer, error) {
			given, err := workflow.ReadRules(s.Field(view.ActionRuleText).Text)
			if err != nil {
				return handle.Answer{}, err
			}
			made, changed := 0, 0
			err = d.change(ctx, g.Actor, meta.Shop, func(r workflow.Rules) (workflow.Rules, error) {
				var after workflow.Rules
				after, made, changed = r.Import(given)
				if problems := after.Check(); len(problems) > 0 {
					return r, problems[0]
				}
				return after, nil
			})
			return handle.End(view.RulesImported(made, changed)), err
		},
		Fail: func(ctx context.Context, _ handle.Submit, _ view.RuleMeta, _ handle.Grant, err error) handle.Answer {
			if wrong, ok := errors.AsType[workflow.RuleTextErrors](err); ok {
				return handle.At(view.ActionRuleText, view.RuleTextWrong(wrong))
			}
			return handle.At(view.ActionRuleText, view.Plain(d.words(ctx, err)))
		},
	}
}
