package bot

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"sampledesk/bot/access"
	"sampledesk/bot/handle"
	"sampledesk/bot/view"
	"sampledesk/workflow"
	"sampledesk/workflow/engine"
	"sampledesk/workflow/query"
)

// joinDesk is how an application comes into a campaign, and out of it.
type joinDesk struct {
	engine   *engine.Engine
	store    workflow.Store
	access   *access.Access
	mux      *handle.Mux
	defaults query.Defaults
	log      *slog.Logger
}

// register adds the controls and the dialog.
func (d *joinDesk) register(r *routes) {
	handle.OnClick(r.Mux, view.ActionCampaign, d.openJoin())
	handle.OnClick(r.Mux, view.ActionLeave, d.leaveCampaign())
	handle.OnSubmit(r.Mux, view.CallbackCampaign, d.submitJoin())
	r.OnSuggest(view.ActionChoice, d.suggestCampaigns)
}

// openJoin opens the dialog that adds the creator to a campaign. The trigger lives three seconds, so nothing slow
// comes before it; what the dialog shows is read from the store.
func (d *joinDesk) openJoin() onClick[view.Target] {
	return onClick[view.Target]{
		Order: handle.AckFirst, Parse: targetOf, Scope: cardScope,
		Do: func(ctx context.Context, _ click, t view.Target, _ handle.Grant) (handle.Answer, error) {
			facts, err := d.joinFacts(ctx, t)
			return handle.Open(view.JoinModal(facts)), err
		},
	}
}

// joinFacts gathers what the dialog shows: the application as it is now, and the campaigns it can go to.
func (d *joinDesk) joinFacts(ctx context.Context, target view.Target) (facts view.JoinFacts, err error) {
	err = d.store.View(ctx, func(tx workflow.Tx) error {
		a, err := tx.Application(target.Key)
		if errors.Is(err, workflow.ErrNotFound) {
			return workflow.Refusal{Rule: workflow.RuleNoApplication, Name: string(target.Key.ID)}
		}
		if err != nil {
			return err
		}
		facts = view.JoinFacts{Application: a, Round: target.Round}
		facts.Campaigns, err = query.CampaignsTaking(ctx, tx, target.Key.Shop, "", view.MaxChoices+1)
		if err != nil {
			return err
		}
		facts.Current, err = query.CampaignName(tx, a.Campaign)
		return err
	})
	if err != nil {
		return view.JoinFacts{}, fmt.Errorf("gathering what the dialog shows: %w", err)
	}
	return facts, nil
}

// suggestCampaigns answers the menu of campaigns where there are more than it holds. Slack waits three seconds.
func (d *joinDesk) suggestCampaigns(ctx context.Context, i handle.Interaction) any {
	ctx, cancel := context.WithTimeout(ctx, handle.CommitBy)
	defer cancel()
	shop, err := view.CampaignShop(i.View.Metadata)
	if err != nil {
		d.log.WarnContext(ctx, "invalid metadata of a dialog", "error", err)
		return view.CampaignOptions(nil)
	}
	if _, err := d.access.Guard(ctx, i.User.ID, shop, access.Reviewer); err != nil {
		d.access.Log(ctx, i.User.ID, err)
		return view.CampaignOptions(nil)
	}
	var found []workflow.Campaign
	err = d.store.View(ctx, func(tx workflow.Tx) (err error) {
		found, err = query.CampaignsTaking(ctx, tx, shop, i.Typed, view.MaxChoices)
		return err
	})
	if err != nil {
		d.log.ErrorContext(ctx, "could not read the campaigns", "error", err)
	}
	return view.CampaignOptions(found)
}

// leaveCampaign takes an application out of the campaign that it was added to. It is kept before it is acknowledged.
func (d *joinDesk) leaveCampaign() onClick[view.Correspondent] {
	return onClick[view.Correspondent]{
		Parse: func(c click) (view.Correspondent, error) {
			about, err := view.ParseCorrespondent(c.Action.Text)
			if err == nil && about.Application == "" {
				err = errors.New("it names no application")
			}
			return about, err
		},
		Scope: correspondentScope,
		Do: func(ctx context.Context, _ click, about view.Correspondent, g handle.Grant) (handle.Answer, error) {
			_, err := d.engine.Leave(ctx, workflow.Leaving{
				Actor: g.Actor, At: time.Now(), Key: workflow.Key{Shop: about.Shop, ID: about.Application}, Seen: about.Campaign,
			})
			return handle.Answer{}, err
		},
	}
}

// submitJoin adds the creator to the campaign that was chosen or named, and approves if that was ticked, in one
// transaction. It is kept before the dialog closes.
func (d *joinDesk) submitJoin() onSubmit[view.JoinMeta] {
	return onSubmit[view.JoinMeta]{
		Parse: func(s submit) (view.JoinMeta, error) { return view.ParseJoinMeta(s.View.Metadata) },
		Scope: handle.For(access.Reviewer, func(m view.JoinMeta) workflow.ShopID { return m.Target.Key.Shop }),
		Do: func(ctx context.Context, s submit, meta view.JoinMeta, g handle.Grant) (handle.Answer, error) {
			join := d.join(s, meta, g)
			if sentence := view.ChoiceError(join.Campaign != "", join.NewName != ""); sentence != "" {
				return handle.At(view.BlockName, sentence), nil
			}
			_, _, err := d.engine.Join(ctx, join)
			return handle.Answer{}, err
		},
		Fail: d.notJoined,
	}
}

// join reads the dialog's inputs.
func (d *joinDesk) join(s submit, meta view.JoinMeta, g handle.Grant) workflow.Join {
	values := s.View.State.Values
	j := workflow.Join{
		Actor: g.Actor, At: time.Now(), Key: meta.Target.Key, Seen: meta.Seen, Round: meta.Target.Round, Undo: d.defaults.UndoOf(g.Shop),
		Campaign: workflow.CampaignID(values[view.BlockChoice][view.ActionChoice].Chosen()), NewName: values[view.BlockName][view.ActionName].Text,
		Approve: values[view.BlockAlso][view.ActionAlso].Has(view.AlsoApprove),
	}
	if j.NewName != "" && j.Campaign == meta.Seen {
		j.Campaign = "" // the menu only shows where they are now; the name is what the person added
	}
	return j
}

func blockOf(j workflow.Join) string {
	if j.Campaign != "" {
		return view.BlockChoice
	}
	return view.BlockName
}

// notJoined tells what was wrong: at the input that can be mended, or, where the application has moved on under the
// modal, by closing it and saying so.
func (d *joinDesk) notJoined(ctx context.Context, s submit, meta view.JoinMeta, g handle.Grant, err error) handle.Answer {
	join, sentence := d.join(s, meta, g), d.access.Explain(ctx, err)
	r, ok := errors.AsType[workflow.Refusal](err)
	if !ok {
		return handle.At(blockOf(join), sentence)
	}
	if block, text, ok := view.JoinError(r, join.Campaign != ""); ok {
		return handle.At(block, text)
	}
	return handle.Answer{Then: func(ctx context.Context) {
		i := s.Interaction
		i.Channel.ID = d.defaults.ChannelOf(g.Shop)
		d.mux.Tell(ctx, i, sentence)
	}}
}
