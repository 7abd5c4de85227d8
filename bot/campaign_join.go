package bot

import (
	"context"
	"errors"
	"fmt"
	"time"

	"sampledesk/bot/socket"
	"sampledesk/bot/view"
	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

// joinRoutes are the controls and the dialog with which an application comes into a campaign, and out of it.
func (d *Desk) joinRoutes(r *routes) {
	r.clicks[view.ActionCampaign] = d.openJoin
	r.clicks[view.ActionLeave] = d.leaveCampaign
	r.submissions[view.CallbackCampaign] = d.submitJoin
	r.suggestions[view.ActionChoice] = d.suggestCampaigns
}

// openJoin opens the dialog that adds the creator to a campaign. The trigger lives three seconds, so nothing slow
// comes before it; what the dialog shows is read from the store.
func (d *Desk) openJoin(ctx context.Context, i interaction, a action, ack socket.Ack) {
	ack(nil)
	target, err := view.ParseTarget(a.Block)
	if err != nil {
		d.log.WarnContext(ctx, "a control of a card does not say what it is about", "error", err)
		return
	}
	if _, no := d.guard(ctx, i.User.ID, target.Key.Shop, reviewer); no != "" {
		d.tell(ctx, i, no)
		return
	}
	facts, err := d.joinFacts(ctx, target)
	if err != nil {
		d.note(ctx, i.User.ID, err)
		d.tell(ctx, i, d.sentence(ctx, err))
		return
	}
	d.openModal(ctx, i, view.JoinModal(facts))
}

// joinFacts gathers what the dialog shows: the application as it is now, and the campaigns it can go to.
func (d *Desk) joinFacts(ctx context.Context, target view.Target) (facts view.JoinFacts, err error) {
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
func (d *Desk) suggestCampaigns(ctx context.Context, i interaction) any {
	ctx, cancel := context.WithTimeout(ctx, commitBy)
	defer cancel()
	meta, err := view.ParseJoinMeta(i.View.Metadata)
	if err != nil {
		d.log.WarnContext(ctx, "a dialog does not say what it is about", "error", err)
		return view.CampaignOptions(nil)
	}
	if _, no := d.guard(ctx, i.User.ID, meta.Target.Key.Shop, reviewer); no != "" {
		return view.CampaignOptions(nil)
	}
	var found []workflow.Campaign
	err = d.store.View(ctx, func(tx workflow.Tx) (err error) {
		found, err = query.CampaignsTaking(ctx, tx, meta.Target.Key.Shop, i.Typed, view.MaxChoices)
		return err
	})
	if err != nil {
		d.log.ErrorContext(ctx, "could not read the campaigns", "error", err)
	}
	return view.CampaignOptions(found)
}

// leaveCampaign takes an application out of the campaign that it was added to. It is kept before it is acknowledged.
func (d *Desk) leaveCampaign(ctx context.Context, i interaction, a action, ack socket.Ack) {
	ctx, cancel := context.WithTimeout(ctx, commitBy)
	defer cancel()
	about, err := view.ParseCorrespondent(a.Text)
	if err != nil || about.Application == "" {
		d.log.WarnContext(ctx, "a control does not say what is to leave which campaign", "error", err)
		return
	}
	shop, no := d.guard(ctx, i.User.ID, about.Shop, reviewer)
	if no != "" {
		ack(nil)
		d.tell(ctx, i, no)
		return
	}
	_, err = d.engine.Leave(ctx, workflow.Leaving{
		Actor: d.actor(i.User.ID, shop, i.surface(), i.TriggerID), At: time.Now(),
		Key: workflow.Key{Shop: about.Shop, ID: about.Application}, Seen: about.Campaign,
	})
	ack(nil)
	if err != nil {
		d.note(ctx, i.User.ID, err)
		d.tell(ctx, i, d.sentence(ctx, err))
	}
}

// submitJoin adds the creator to the campaign that was chosen or named, and approves if that was ticked, in one
// transaction. It is kept before the dialog closes.
func (d *Desk) submitJoin(ctx context.Context, i interaction, ack socket.Ack) {
	ctx, cancel := context.WithTimeout(ctx, commitBy)
	defer cancel()
	meta, err := view.ParseJoinMeta(i.View.Metadata)
	if err != nil {
		d.log.WarnContext(ctx, "a dialog does not say what it is about", "error", err)
		return
	}
	shop, no := d.guard(ctx, i.User.ID, meta.Target.Key.Shop, reviewer)
	join, complaint := d.join(i, meta, shop)
	switch {
	case no != "":
		ack(errorAt(blockOf(join), no))
		return
	case complaint != nil:
		ack(complaint)
		return
	}
	_, _, err = d.engine.Join(ctx, join)
	if err == nil {
		ack(nil)
		return
	}
	d.note(ctx, i.User.ID, err)
	d.complain(ctx, i, join, err, ack)
}

// join reads the dialog's inputs. The second result is what is wrong with them.
func (d *Desk) join(i interaction, meta view.JoinMeta, shop workflow.Shop) (workflow.Join, any) {
	values := i.View.State.Values
	choice := values[view.BlockChoice][view.ActionChoice].chosen()
	name := values[view.BlockName][view.ActionName].Text
	j := workflow.Join{
		Actor: d.actor(i.User.ID, shop, workflow.FromModal, i.View.ID),
		At:    time.Now(), Key: meta.Target.Key, Seen: meta.Seen, Round: meta.Target.Round, Undo: d.undoOf(shop),
		Campaign: workflow.CampaignID(choice), NewName: name,
	}
	for _, o := range values[view.BlockAlso][view.ActionAlso].Checked {
		j.Approve = j.Approve || o.Value == view.AlsoApprove
	}
	switch {
	case choice == "" && name == "":
		return j, errorAt(view.BlockName, view.ErrorNoChoice)
	case choice != "" && name != "" && j.Campaign == meta.Seen:
		j.Campaign = "" // the menu only shows where she is now; the name is what the person added
		return j, nil
	case choice != "" && name != "":
		return j, errorAt(view.BlockName, view.ErrorTwoChoices)
	default:
		return j, nil
	}
}

func blockOf(j workflow.Join) string {
	if j.Campaign != "" {
		return view.BlockChoice
	}
	return view.BlockName
}

// complain tells what was wrong: at the input that can be mended, or, where the application has moved on under the
// modal, by closing it and saying so.
func (d *Desk) complain(ctx context.Context, i interaction, j workflow.Join, err error, ack socket.Ack) {
	r, ok := errors.AsType[workflow.Refusal](err)
	if !ok {
		ack(errorAt(blockOf(j), view.Denied(view.DeniedUnsaved)))
		return
	}
	if block, text, ok := view.JoinError(r, j.Campaign != ""); ok {
		ack(errorAt(block, text))
		return
	}
	ack(nil)
	if shop, err := d.shop(ctx, j.Key.Shop); err == nil {
		i.Channel.ID = d.channelOf(shop)
	}
	d.tell(ctx, i, d.sentence(ctx, err))
}
