package bot

import (
	"context"
	"errors"
	"time"

	"sampledesk/bot/socket"
	"sampledesk/bot/view"
	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

// questionMessage renders the question whether a member needs a sample, and what was said to it. The error is
// workflow.ErrNotFound where the member is no longer in the campaign, or is known by another key by now: then the notice
// has nothing to tell.
func (d *Desk) questionMessage(tx workflow.Tx, n workflow.Notice) (view.Message, error) {
	c, err := tx.Campaign(n.Campaign)
	if err != nil {
		return view.Message{}, err
	}
	facts := view.QuestionFacts{Campaign: c}
	if facts.Member, err = tx.Member(n.Campaign, n.Creator); err != nil {
		return view.Message{}, err
	}
	if facts.Applications, err = workflow.CurrentApplications(tx, n.Campaign, facts.Member.Creator); err != nil {
		return view.Message{}, err
	}
	if facts.Shop, err = d.defaults().ShopNamed(tx, n.Shop); err != nil {
		return view.Message{}, err
	}
	return view.Question(facts), nil
}

// sayNeed takes over whether a member needs a sample: it is kept first and acknowledged then. To somebody whose word is
// on record already, be it by a second click, all is as wished.
func (d *Desk) sayNeed(ctx context.Context, i interaction, a action, ack socket.Ack) {
	ctx, cancel := context.WithTimeout(ctx, commitBy)
	defer cancel()
	about, err := view.ParseCorrespondent(a.Text)
	if err != nil || about.Campaign == "" {
		d.log.WarnContext(ctx, "a control does not say of which member it is", "error", err)
		return
	}
	shop, no := d.guard(ctx, i.User.ID, about.Shop, reviewer)
	if no != "" {
		ack(nil)
		d.tell(ctx, i, no)
		return
	}
	about = d.asIs(ctx, about)
	needed := a.ID == view.ActionNeeded
	_, err = d.engine.AnswerSample(ctx, workflow.SampleAnswer{
		Actor: d.actor(i.User.ID, shop, i.surface(), i.TriggerID), At: time.Now(), Campaign: about.Campaign, Creator: about.Creator, Needed: needed,
		Seen: view.QuestionSeen(a.Block),
	})
	ack(nil)
	if err == nil {
		return
	}
	d.note(ctx, i.User.ID, err)
	r, ok := errors.AsType[workflow.Refusal](err)
	if ok && r.Rule == workflow.RuleAlreadyAnswered && r.Member.SampleAnswerBy == i.User.ID {
		return
	}
	if ok {
		d.tell(ctx, i, view.QuestionRefusal(r))
		return
	}
	d.tell(ctx, i, d.sentence(ctx, err))
}

// asIs returns whom a control means as she is known now: what was shown may name a member by her user name, and since
// then her id has become known. The question keeps its name and knows her by the new one.
func (d *Desk) asIs(ctx context.Context, about view.Correspondent) view.Correspondent {
	err := d.store.View(ctx, func(tx workflow.Tx) error {
		if _, err := tx.Member(about.Campaign, about.Creator); !errors.Is(err, workflow.ErrNotFound) {
			return err
		}
		n, err := tx.Notice(workflow.QuestionNotice(about.Campaign, about.Creator))
		if err == nil {
			about.Creator = n.Creator
		}
		return query.UnlessMissing(err)
	})
	if err != nil {
		d.log.WarnContext(ctx, "could not read a member", "shop", about.Shop, "error", err)
	}
	return about
}
