package access

import (
	"context"
	"errors"

	"sampledesk/bot/view"
	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

// Denied is the error that a person may not do something. Its rule names why.
type Denied struct {
	Rule     view.Denial
	Shop     workflow.ShopID // empty: it is about no shop in particular
	Entitled view.Entitled   // who may, where that is known
}

func (d Denied) Error() string { return "not allowed: " + string(d.Rule) }

// DenialOf returns the rule of an error that is a Denied, or "".
func DenialOf(err error) view.Denial {
	if d, ok := errors.AsType[Denied](err); ok {
		return d.Rule
	}
	return ""
}

// RuleOf returns the rule of an error that is a workflow.Refusal, or "".
func RuleOf(err error) workflow.Rule {
	if r, ok := errors.AsType[workflow.Refusal](err); ok {
		return r.Rule
	}
	return ""
}

// ErrRead marks an error of something that was only to be read: nothing was to be saved.
var ErrRead = errors.New("reading")

// ErrBusy marks an error of something that was to be read and had no turn in time.
var ErrBusy = errors.New("too much is being read")

// Explain puts an error into words for the person whose action met it, in formatted text: a Refusal by its rule, a Denied
// by its rule and with those who may, and anything else as something that could not be read, or was not saved, or perhaps was.
func (a *Access) Explain(ctx context.Context, err error) string {
	if r, ok := errors.AsType[workflow.Refusal](err); ok {
		return view.Refusal(r, a.campaignName(ctx, r.Application.Campaign))
	}
	if d, ok := errors.AsType[Denied](err); ok {
		return view.DeniedBut(d.Rule, d.Entitled)
	}
	if _, ok := errors.AsType[workflow.Uncertain](err); ok {
		return view.Denied(view.DeniedUncertain)
	}
	if errors.Is(err, ErrBusy) {
		return view.Denied(view.DeniedBusy)
	}
	if errors.Is(err, ErrRead) {
		return view.Denied(view.DeniedUnread)
	}
	return view.Denied(view.DeniedUnsaved)
}

// Log tells why a person's action was not done. Refusals are part of the day; what is none needs an operator.
func (a *Access) Log(ctx context.Context, who workflow.PersonID, err error) {
	if r, ok := errors.AsType[workflow.Refusal](err); ok {
		a.log.InfoContext(ctx, "refused", "person", who, "rule", r.Rule, "shop", r.Application.Key.Shop, "application", r.Application.Key.ID)
		return
	}
	if d, ok := errors.AsType[Denied](err); ok {
		a.log.InfoContext(ctx, "refused", "person", who, "rule", d.Rule, "shop", d.Shop)
		return
	}
	a.log.ErrorContext(ctx, "could not do what a person asked for", "person", who, "error", err)
}

func (a *Access) campaignName(ctx context.Context, id workflow.CampaignID) string {
	name := ""
	err := a.store.View(context.WithoutCancel(ctx), func(tx workflow.Tx) (err error) {
		name, err = query.CampaignName(tx, id)
		return err
	})
	if err != nil {
		a.log.WarnContext(ctx, "could not read a campaign", "error", err)
	}
	return name
}
