package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"sampledesk/workflow"
)

// rulesCmd moves rules in and out as text.
type rulesCmd struct {
	Import rulesImport `cmd:"" help:"Read a shop's rules from a file of text. A rule with the name of one that is there takes its place, the others come at the end; none becomes automatic by that. A wrong line is named, and nothing is changed."`
	Export rulesExport `cmd:"" help:"Write a shop's rules as text to standard output, as import reads them. deploy/README.md has the form."`
}

// rulesFlags are what both need.
type rulesFlags struct {
	storeFlags
	Shop string `env:"SAMPLEDESK_RULES_SHOP" placeholder:"ID" help:"Whose rules; needed where there are several shops."`
}

type rulesImport struct {
	rulesFlags
	File string `arg:"" placeholder:"FILE" help:"The file; - is standard input."`
}

type rulesExport struct{ rulesFlags }

// importing is rules import where the store is.
type importing struct {
	existing
	Shop string `json:"shop,omitempty"`
	Text string `json:"text"`
}

// writing is rules export where the store is.
type writing struct {
	existing
	Shop string `json:"shop,omitempty"`
}

// maxRulesFile is how many bytes of rules are read: more than MaxRules rules can have.
const maxRulesFile = 4 << 20

// Run imports.
func (c *rulesImport) Run(ctx context.Context, s streams) error {
	in := s.in
	if c.File != "-" {
		file, err := os.Open(c.File)
		if err != nil {
			return fmt.Errorf("reading rules: %w", err)
		}
		defer func() { _ = file.Close() }()
		in = file
	}
	text, err := io.ReadAll(io.LimitReader(orEmpty(in), maxRulesFile+1))
	switch {
	case err != nil:
		return fmt.Errorf("reading rules: %w", err)
	case len(text) > maxRulesFile:
		return fmt.Errorf("reading rules: %s is larger than rules can be", c.File)
	}
	return performIn(ctx, c.storeFlags, "rules import", &importing{Shop: c.Shop, Text: string(text)}, s)
}

// Run exports.
func (c *rulesExport) Run(ctx context.Context, s streams) error {
	return performIn(ctx, c.storeFlags, "rules export", &writing{Shop: c.Shop}, s)
}

// rulesShop is the shop whose rules are meant.
func rulesShop(ctx context.Context, at place, id string) (workflow.Shop, error) {
	var all []workflow.Shop
	err := at.store.View(ctx, func(tx workflow.Tx) (err error) {
		all, err = tx.Shops()
		return err
	})
	if err != nil {
		return workflow.Shop{}, err
	}
	var known []string
	for _, s := range all {
		if string(s.ID) == id || id == "" && len(all) == 1 {
			return s, nil
		}
		known = append(known, fmt.Sprintf("%s (%s)", s.ID, titled(s.Name, s.Region)))
	}
	switch {
	case len(all) == 0:
		return workflow.Shop{}, errors.New("no shop is connected, so there is none to have rules")
	case id == "":
		return workflow.Shop{}, usagef("--shop: which one? There are: %s", strings.Join(known, ", "))
	default:
		return workflow.Shop{}, usagef("--shop: no shop %q is known; there are: %s", id, strings.Join(known, ", "))
	}
}

// importAttempts is how often an import is made anew where somebody changes the rules meanwhile.
const importAttempts = 4

// perform is part of task.
func (t *importing) perform(ctx context.Context, at place, s streams) error {
	given, err := workflow.ReadRules(t.Text)
	if err != nil {
		return fmt.Errorf("%w\nNothing was changed", err)
	}
	shop, err := rulesShop(ctx, at, t.Shop)
	if err != nil {
		return err
	}
	for range importAttempts {
		var made, changed int
		if made, changed, err = t.put(ctx, at, shop.ID, given); err == nil {
			_, err = fmt.Fprintf(s.out, "%s (%s): %d rules are new, %d took the place of one of the same name. What waits is looked at again while the desk runs.\n", titled(shop.Name, shop.Region), shop.ID, made, changed)
			if slices.ContainsFunc(given.All, func(r workflow.ShopRule) bool { return r.Mode == workflow.ModeAutomatic }) {
				_, _ = fmt.Fprintln(s.out, "Rules in automatic mode only propose for now: an admin makes them automatic in Slack, where the test shows what they would do.")
			}
			return err
		}
		if r, is := errors.AsType[workflow.Refusal](err); !is || r.Rule != workflow.RuleSettingsChanged {
			return err
		}
	}
	return err
}

// put changes the rules as they are now. What the text names has to be there.
func (t *importing) put(ctx context.Context, at place, shop workflow.ShopID, given workflow.Rules) (made, changed int, err error) {
	var now workflow.Rules
	err = at.store.View(ctx, func(tx workflow.Tx) (err error) {
		if now, err = tx.Rules(shop); err != nil {
			return err
		}
		return t.campaigns(tx, shop, given)
	})
	if err != nil {
		return 0, 0, err
	}
	seen := now.Version
	now.Shop = shop
	after, made, changed := now.Import(given)
	if wrong := after.Check(); len(wrong) > 0 {
		return 0, 0, fmt.Errorf("together with the rules that are there: %w\nNothing was changed", wrong[0])
	}
	_, err = at.engine.PutRules(ctx, workflow.RulesChange{Actor: workflow.Actor{Surface: workflow.FromShell}, At: time.Now(), Seen: seen, Rules: after})
	return made, changed, err
}

// campaigns reports, as an error, the campaigns that the text names and the shop does not have.
func (t *importing) campaigns(tx workflow.Tx, shop workflow.ShopID, given workflow.Rules) error {
	var wrong []string
	for _, one := range given.All {
		if one.Action.Campaign == "" {
			continue
		}
		c, err := tx.Campaign(one.Action.Campaign)
		switch {
		case errors.Is(err, workflow.ErrNotFound), err == nil && c.Shop != shop:
			wrong = append(wrong, fmt.Sprintf("line %d: the shop has no campaign %q", lineWith(t.Text, string(one.Action.Campaign)), one.Action.Campaign))
		case err != nil:
			return err
		}
	}
	if len(wrong) == 0 {
		return nil
	}
	if more := len(wrong) - workflow.MaxWrongLines; more > 0 {
		wrong = append(wrong[:workflow.MaxWrongLines], fmt.Sprintf("and %d more", more))
	}
	return fmt.Errorf("%s\nNothing was changed", strings.Join(wrong, "\n"))
}

// lineWith is the number of the line that adds to a campaign of that id.
func lineWith(text, campaign string) int {
	for n, line := range strings.Split(text, "\n") {
		words := strings.Fields(line)
		if len(words) > 1 && words[0] == "then" && words[len(words)-1] == campaign {
			return n + 1
		}
	}
	return 1
}

// perform is part of task.
func (t *writing) perform(ctx context.Context, at place, s streams) error {
	shop, err := rulesShop(ctx, at, t.Shop)
	if err != nil {
		return err
	}
	var all workflow.Rules
	err = at.store.View(ctx, func(tx workflow.Tx) (err error) {
		all, err = tx.Rules(shop.ID)
		return err
	})
	if err != nil {
		return err
	}
	if _, err = io.WriteString(s.out, all.Text()); err != nil {
		return err
	}
	_, _ = fmt.Fprintf(s.err, "exported: %d rules of %s (%s)\n", len(all.All), titled(shop.Name, shop.Region), shop.ID)
	return nil
}
