package bot

import (
	"context"
	"errors"
	"fmt"
	"time"

	"sampledesk/bot/view"
	"sampledesk/workflow"
)

// modalFacts gathers what the modal shows: the application as it is now, and the campaigns it can go to.
func (d *Desk) modalFacts(ctx context.Context, target view.Target) (facts view.ModalFacts, err error) {
	err = d.store.View(ctx, func(tx workflow.Tx) error {
		a, err := tx.Application(target.Key)
		if errors.Is(err, workflow.ErrNotFound) {
			return workflow.Refusal{Rule: workflow.RuleNoApplication, Name: string(target.Key.ID)}
		}
		if err != nil {
			return err
		}
		facts = view.ModalFacts{Application: a, Round: target.Round, Channel: d.config.Channel}
		facts.Campaigns, err = activeCampaigns(tx, target.Key.Shop)
		if err != nil || a.Campaign == "" {
			return err
		}
		c, err := tx.Campaign(a.Campaign)
		facts.Current = c.Name
		return err
	})
	if err != nil {
		return view.ModalFacts{}, fmt.Errorf("gathering what the modal shows: %w", err)
	}
	return facts, nil
}

// activeCampaigns returns a shop's campaigns that take creators, as many as a menu holds.
func activeCampaigns(tx workflow.Tx, shop workflow.ShopID) ([]workflow.Campaign, error) {
	var active []workflow.Campaign
	for after := ""; ; {
		page, next, err := tx.Campaigns(shop, after, view.MaxChoices)
		if err != nil {
			return nil, err
		}
		for _, c := range page {
			if !c.Archived && len(active) < view.MaxChoices {
				active = append(active, c)
			}
		}
		if after = next; after == "" || len(active) == view.MaxChoices {
			return active, nil
		}
	}
}

// errorsAnswer shows a sentence at an input of the modal, which stays open.
type errorsAnswer struct {
	Action string            `json:"response_action"`
	Errors map[string]string `json:"errors"`
}

func errorAt(block, sentence string) errorsAnswer {
	return errorsAnswer{Action: "errors", Errors: map[string]string{block: sentence}}
}

// submitCampaign adds the creator to the campaign that was chosen or named, and approves if that was ticked, in one
// transaction. It is kept before the modal closes.
func (d *Desk) submitCampaign(ctx context.Context, i interaction, ack ackFunc) {
	ctx, cancel := context.WithTimeout(ctx, commitBy)
	defer cancel()
	meta, err := view.ParseModalMeta(i.View.Metadata)
	if err != nil {
		d.log.WarnContext(ctx, "a modal does not say what it is about", "error", err)
		return
	}
	join, complaint := d.join(i, meta)
	if complaint != nil {
		ack(complaint)
		return
	}
	if ok, denial := d.people.mayDecide(ctx, i.User.ID, d.config.Channel); !ok {
		d.log.InfoContext(ctx, "refused", "person", i.User.ID, "rule", denial)
		ack(errorAt(blockOf(join), view.Denied(denial)))
		return
	}
	_, _, err = d.engine.Join(ctx, join)
	if err == nil || d.doneBefore(ctx, err, join) {
		ack(nil)
		return
	}
	d.note(ctx, i.User.ID, err)
	d.complain(ctx, i, join, err, ack)
}

// join reads the modal's inputs. The second result is what is wrong with them.
func (d *Desk) join(i interaction, meta view.ModalMeta) (workflow.Join, any) {
	values := i.View.State.Values
	choice := values[view.BlockChoice][view.ActionChoice].chosen()
	name := values[view.BlockName][view.ActionName].Text
	j := workflow.Join{
		Actor: workflow.Actor{Person: i.User.ID, Admin: d.admin(i.User.ID), Surface: workflow.FromModal},
		At:    time.Now(), Key: meta.Target.Key, Seen: meta.Seen, Round: meta.Target.Round, Undo: d.config.Undo,
		Campaign: workflow.CampaignID(choice), NewName: name, Origin: i.View.ID,
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

// doneBefore tells whether a refusal only says that all of this was kept already: Slack may deliver a submission twice,
// and a person whose answer was lost sends it again. What counts is what the store holds. The application in the
// refusal does not: it went some steps of the way that was then taken back as a whole.
func (d *Desk) doneBefore(ctx context.Context, err error, j workflow.Join) bool {
	if _, refused := errors.AsType[workflow.Refusal](err); !refused {
		return false
	}
	done := false
	err = d.store.View(ctx, func(tx workflow.Tx) error {
		a, err := tx.Application(j.Key)
		if err != nil || a.Campaign == "" {
			return err
		}
		c, err := tx.Campaign(a.Campaign)
		joined := c.ID == j.Campaign || j.Campaign == "" && c.Origin == j.Origin
		approved := a.Decision.Verdict == workflow.Approve && a.Decision.By == j.Person && a.Round == j.Round+1
		done = err == nil && joined && (j.Approve && approved || !j.Approve && a.Campaign != j.Seen)
		return err
	})
	if err != nil {
		d.log.WarnContext(ctx, "could not see whether a dialog was kept before", "error", err)
	}
	return done
}

// complain tells what was wrong: at the input that can be mended, or, where the application has moved on under the
// modal, by closing it and saying so.
func (d *Desk) complain(ctx context.Context, i interaction, j workflow.Join, err error, ack ackFunc) {
	r, ok := errors.AsType[workflow.Refusal](err)
	if !ok {
		ack(errorAt(blockOf(j), view.Denied(view.DeniedUnsaved)))
		return
	}
	if block, text, ok := view.ModalError(r, j.Campaign != ""); ok {
		ack(errorAt(block, text))
		return
	}
	ack(nil)
	i.Channel.ID = d.config.Channel
	d.tell(ctx, i, d.sentence(ctx, err))
}
