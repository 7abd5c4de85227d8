package bot

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"sampledesk/bot/access"
	"sampledesk/bot/handle"
	"sampledesk/bot/post"
	"sampledesk/bot/view"
	"sampledesk/workflow"
	"sampledesk/workflow/engine"
	"sampledesk/workflow/query"
)

// questionDesk is the question whether a member of a campaign needs a sample.
type questionDesk struct {
	engine   *engine.Engine
	store    workflow.Store
	access   *access.Access
	defaults query.Defaults
	log      *slog.Logger
}

// register adds the answers.
func (d *questionDesk) register(r *routes) {
	handle.OnClick(r.Mux, view.ActionNeeded, d.sayNeed())
	handle.OnClick(r.Mux, view.ActionNotNeeded, d.sayNeed())
}

// questionMessage renders the question whether a member needs a sample, and what was said to it. The error is
// workflow.ErrNotFound where the member is no longer in the campaign, or is known by another key by now: then the notice
// has nothing to tell.
func (d *questionDesk) questionMessage(_ context.Context, tx workflow.Tx, s post.Subject) (post.Rendered, error) {
	n := s.Notice
	c, err := tx.Campaign(n.Campaign)
	if err != nil {
		return post.Rendered{}, err
	}
	facts := view.QuestionFacts{Campaign: c}
	if facts.Member, err = tx.Member(n.Campaign, n.Creator); err != nil {
		return post.Rendered{}, err
	}
	if facts.Applications, err = workflow.CurrentApplications(tx, n.Campaign, facts.Member.Creator); err != nil {
		return post.Rendered{}, err
	}
	if facts.Shop, err = d.defaults.ShopNamed(tx, n.Shop); err != nil {
		return post.Rendered{}, err
	}
	state := "open"
	switch {
	case len(facts.Applications) > 0:
		state = "requested"
	case facts.Member.SampleAnswerBy != "":
		state = "answered"
	}
	return post.Rendered{Message: view.Question(facts), About: map[string]any{"state": state}}, nil
}

// sayNeed takes over whether a member needs a sample: it is kept first and acknowledged then. To somebody whose word is
// on record already, be it by a second click, all is as wished.
func (d *questionDesk) sayNeed() onClick[view.Correspondent] {
	return onClick[view.Correspondent]{
		Parse: memberNamed, Scope: correspondentScope,
		Do: func(ctx context.Context, c click, about view.Correspondent, g handle.Grant) (handle.Answer, error) {
			about = asKnown(ctx, d.store, d.log, about)
			_, err := d.engine.AnswerSample(ctx, workflow.SampleAnswer{
				Actor: g.Actor, At: time.Now(), Campaign: about.Campaign, Creator: about.Creator, Needed: c.Action.ID == view.ActionNeeded,
				Seen: view.QuestionSeen(c.Action.Block),
			})
			return handle.Answer{}, err
		},
		Fail: func(ctx context.Context, c click, _ view.Correspondent, _ handle.Grant, err error) handle.Answer {
			r, ok := errors.AsType[workflow.Refusal](err)
			if ok && r.Rule == workflow.RuleAlreadyAnswered && r.Member.SampleAnswerBy == c.User.ID {
				return handle.Answer{}
			}
			return handle.Tell(questionWords(ctx, d.access, err))
		},
	}
}

// memberNamed reads which member of which campaign a button is about.
func memberNamed(c click) (view.Correspondent, error) {
	about, err := view.ParseCorrespondent(c.Action.Text)
	if err == nil && about.Campaign == "" {
		err = errors.New("it names no campaign")
	}
	return about, err
}

// questionWords puts an error about a member into words.
func questionWords(ctx context.Context, who *access.Access, err error) string {
	if r, ok := errors.AsType[workflow.Refusal](err); ok {
		return view.QuestionRefusal(r)
	}
	return who.Explain(ctx, err)
}

// asKnown returns whom a control means as they are known now: what was shown may name a member by their user name, and since
// then their id has become known. The question keeps its name and knows them by the new one.
func asKnown(ctx context.Context, store workflow.Store, log *slog.Logger, about view.Correspondent) view.Correspondent {
	err := store.View(ctx, func(tx workflow.Tx) error {
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
		log.WarnContext(ctx, "could not read a member", "shop", about.Shop, "error", err)
	}
	return about
}
