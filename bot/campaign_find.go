package bot

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"sampledesk/bot/access"
	"sampledesk/bot/handle"
	"sampledesk/bot/view"
	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

// findCampaigns returns the campaigns that a name may mean: those of all the shops that bear it, or, where it ends in
// "for" and a shop, that shop's.
func findCampaigns(tx workflow.Tx, shops []workflow.Shop, typed string) ([]query.NamedCampaign, error) {
	found, err := query.CampaignsNamed(tx, shops, typed)
	if err != nil || len(found) > 0 || len(shops) < 2 {
		return found, err
	}
	if name, shop, ok := pickShop(typed, shops); ok {
		return query.CampaignsNamed(tx, []workflow.Shop{shop}, unquoted(name))
	}
	return nil, nil
}

// pickShop parts "Spring launch for My Shop" into a name and one of the shops. With one shop there is nothing to say.
// The longest name that fits counts, and a name that several shops bear names none of them.
func pickShop(typed string, shops []workflow.Shop) (name string, shop workflow.Shop, ok bool) {
	if len(shops) == 1 {
		return typed, shops[0], true
	}
	longest := 0
	for _, s := range shops {
		for _, called := range []string{strings.TrimSpace(s.Name), string(s.ID)} {
			suffix := " for " + called
			if called == "" || len(suffix) < longest || len(typed) <= len(suffix) || !strings.EqualFold(typed[len(typed)-len(suffix):], suffix) {
				continue
			}
			ok = len(suffix) > longest || shop.ID == s.ID
			name, shop, longest = strings.TrimSpace(typed[:len(typed)-len(suffix)]), s, len(suffix)
		}
	}
	return name, shop, ok
}

// noSuchCampaign tells that there is no campaign of that name, with the nearest name that exists. Rest is what follows
// the name in the command.
func noSuchCampaign(ctx context.Context, tx workflow.Tx, c command, word, typed, rest string) (view.Message, error) {
	names, err := query.CampaignNames(ctx, tx, c.Shops)
	if err != nil {
		return view.Message{}, err
	}
	instead := ""
	if name, ok := view.NearestName(typed, names); ok {
		instead = strings.Join(strings.Fields(c.Name+" "+word+" "+name+" "+rest), " ")
	}
	return view.NoSuchCampaign(typed, instead), nil
}

// quotes are the quotation marks that people, and the keyboards of their phones, put around a name.
var quotes = map[rune]string{'"': `"`, '\'': "'", '“': "”", '„': "“”", '‘': "’", '«': "»", '”': "”"}

// unquoted folds the space in a name, and takes away the quotation marks around it, be there "for" and a shop behind it
// or nothing.
func unquoted(typed string) string {
	typed = strings.Join(strings.Fields(typed), " ")
	inner, rest, ok := cutQuoted(typed)
	switch {
	case ok && rest == "":
		return inner
	case ok && strings.HasPrefix(strings.ToLower(rest), "for "):
		return inner + " " + rest
	default:
		return typed
	}
}

// cutQuoted parts what stands in quotation marks at the beginning from the rest.
func cutQuoted(typed string) (inner, rest string, ok bool) {
	runes := []rune(typed)
	if len(runes) < 2 || quotes[runes[0]] == "" {
		return "", "", false
	}
	end := slices.IndexFunc(runes[1:], func(r rune) bool { return strings.ContainsRune(quotes[runes[0]], r) })
	if end < 0 {
		return "", "", false
	}
	return strings.TrimSpace(string(runes[1 : 1+end])), strings.TrimSpace(string(runes[2+end:])), true
}

// campaignNamed reads which campaign a button is about.
func campaignNamed(c click) (workflow.Campaign, error) {
	return workflow.Campaign{ID: workflow.CampaignID(c.Action.Text)}, nil
}

// campaignScope reads the campaign that a control names: its shop's reviewers may.
func campaignScope(store workflow.Store) func(context.Context, *workflow.Campaign) (handle.Scope, error) {
	return func(ctx context.Context, c *workflow.Campaign) (handle.Scope, error) {
		err := store.View(ctx, func(tx workflow.Tx) (err error) {
			*c, err = tx.Campaign(c.ID)
			return err
		})
		switch {
		case errors.Is(err, workflow.ErrNotFound):
			err = workflow.Refusal{Rule: workflow.RuleNoCampaign}
		case err != nil:
			err = fmt.Errorf("%w a campaign: %w", access.ErrRead, err)
		}
		return handle.Scope{Shop: c.Shop, Role: access.Reviewer}, err
	}
}

// productMenu offers the products of a shop.
type productMenu struct {
	store  workflow.Store
	access *access.Access
	log    *slog.Logger
}

// offer reads the products that a menu asks for, for who may be told.
func (m productMenu) offer(
	ctx context.Context, i handle.Interaction, shop workflow.ShopID, only func(workflow.Product) bool, same func(workflow.Product) string,
) (found []workflow.Product) {
	ctx, cancel := context.WithTimeout(ctx, handle.CommitBy)
	defer cancel()
	if _, err := m.access.Guard(ctx, i.User.ID, shop, access.Reviewer); err != nil {
		m.access.Log(ctx, i.User.ID, err)
		return nil
	}
	err := m.store.View(ctx, func(tx workflow.Tx) (err error) {
		found, err = productsWith(ctx, tx, shop, i.Typed, only, view.MaxChoices, same)
		return err
	})
	if err != nil {
		m.log.ErrorContext(ctx, "could not read the products", "error", err)
	}
	return found
}

// productOnly and variant tell two products apart: by what they are, or by variant too.
func productOnly(p workflow.Product) string { return string(p.ID) }
func variant(p workflow.Product) string     { return string(p.ID) + ":" + p.SKU }

// productsWith returns up to limit of a shop's products whose name holds what was typed, each once as same tells them
// apart; with only, which may be nil, those of them.
func productsWith(
	ctx context.Context, tx workflow.Tx, shop workflow.ShopID, typed string, only func(workflow.Product) bool, limit int, same func(workflow.Product) string,
) ([]workflow.Product, error) {
	wanted := func(p workflow.Product) bool { return (only == nil || only(p)) && view.Mentions(p, typed) }
	return query.Products(ctx, tx, shop, wanted, limit, same)
}
