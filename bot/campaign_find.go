package bot

import (
	"context"
	"slices"
	"strings"

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
