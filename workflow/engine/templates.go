package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"sampledesk/workflow"
)

// PutTemplate makes or changes a template of messages. The error is a Refusal: what TemplateText refuses, a name that is
// taken, too many, or somebody changed or removed it meanwhile.
func (e *Engine) PutTemplate(ctx context.Context, c workflow.TemplateChange) (all workflow.Templates, err error) {
	return e.changeTemplates(ctx, "keeping a template", c, putTemplate)
}

// RemoveTemplate removes a template; one that is gone already is no error.
func (e *Engine) RemoveTemplate(ctx context.Context, c workflow.TemplateChange) (all workflow.Templates, err error) {
	return e.changeTemplates(ctx, "removing a template", c, removeTemplate)
}

func (e *Engine) changeTemplates(
	ctx context.Context, doing string, c workflow.TemplateChange, change func(*workflow.Templates, workflow.TemplateChange) (workflow.Entry, error),
) (all workflow.Templates, err error) {
	err = e.update(ctx, func(t *txn) error {
		if _, err := t.tx.Shop(c.Shop); err != nil {
			return err
		}
		if all, err = t.tx.Templates(c.Shop); err != nil {
			return err
		}
		all.All = slices.Clone(all.All)
		line, err := change(&all, c)
		if err != nil {
			return err
		}
		line.At, line.Key, line.By = c.At, workflow.Key{Shop: c.Shop}, c.Actor
		return errors.Join(t.tx.PutTemplates(all), t.tx.Append(line))
	})
	if err != nil && !errors.Is(err, errUnchanged) {
		return workflow.Templates{}, fmt.Errorf("%s of shop %s: %w", doing, c.Shop, err)
	}
	return all, nil
}

func putTemplate(all *workflow.Templates, c workflow.TemplateChange) (workflow.Entry, error) {
	name, text, err := workflow.TemplateText(c.Name, c.Text)
	if err != nil {
		return workflow.Entry{}, err
	}
	for _, other := range all.All {
		switch same := strings.EqualFold(other.Name, name); {
		case c.DedupKey != "" && other.Key == c.DedupKey, other.ID == c.ID && other.Name == name && other.Text == text:
			return workflow.Entry{}, errUnchanged // by whomever, and a second delivery of the same action included
		case same && other.ID != c.ID:
			return workflow.Entry{}, workflow.Refusal{Rule: workflow.RuleTemplateTaken, Name: other.Name}
		}
	}
	made := workflow.Template{ID: c.ID, Name: name, Text: text, Version: 1, Key: c.DedupKey}
	i := slices.IndexFunc(all.All, func(t workflow.Template) bool { return t.ID == c.ID })
	switch {
	case c.ID == "" && len(all.All) >= workflow.MaxTemplates:
		return workflow.Entry{}, workflow.Refusal{Rule: workflow.RuleTooMany, Name: name}
	case c.ID == "":
		made.ID = workflow.TemplateID(newEffectID())
		all.All = append(all.All, made)
	case i < 0:
		return workflow.Entry{}, workflow.Refusal{Rule: workflow.RuleNoTemplate, Name: name}
	case all.All[i].Version != c.Seen:
		return workflow.Entry{}, workflow.Refusal{Rule: workflow.RuleSettingsChanged, Name: all.All[i].Name}
	default:
		made.Version = c.Seen + 1
		all.All[i] = made
	}
	slices.SortFunc(all.All, func(a, b workflow.Template) int {
		return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name))
	})
	return workflow.Entry{Event: workflow.OnTemplateChanged, Name: name, Text: text}, nil
}

func removeTemplate(all *workflow.Templates, c workflow.TemplateChange) (workflow.Entry, error) {
	was, ok := all.Named(c.ID)
	if !ok {
		return workflow.Entry{}, errUnchanged
	}
	all.All = slices.DeleteFunc(all.All, func(t workflow.Template) bool { return t.ID == c.ID })
	return workflow.Entry{Event: workflow.OnTemplateRemoved, Name: was.Name, Text: was.Text}, nil
}
