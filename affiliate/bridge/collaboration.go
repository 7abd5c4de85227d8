package bridge

import (
	"context"
	"errors"
	"time"

	"sampledesk/affiliate"
	"sampledesk/workflow"
	"sampledesk/workflow/engine"
)

// collaborate fetches a target collaboration for a run that imports its creators. A fault of the shop delays the run
// and nothing else: whether TikTok accepts decisions, the reviews find out themselves.
func (b *Bridge) collaborate(ctx context.Context, e workflow.Effect) engine.Outcome {
	var r workflow.Run
	var s workflow.Shop
	err := b.store.View(ctx, func(tx workflow.Tx) (err error) {
		if r, err = tx.Run(e.Run); err != nil {
			return err
		}
		s, err = tx.Shop(e.Shop)
		return err
	})
	switch {
	case errors.Is(err, workflow.ErrNotFound):
		return engine.Outcome{Then: engine.Buried, Failure: workflow.Failure{Message: "the run or its shop is not on record"}}
	case err != nil:
		return engine.Outcome{Then: engine.Again, Failure: failureOf(err)}
	case r.Ended():
		return engine.Outcome{}
	}
	detail, err := b.calls(s).TargetCollaboration(ctx, affiliate.CollaborationID(r.Collaboration))
	if err != nil {
		return importFailed(err)
	}
	return engine.Outcome{Result: imported(detail, appOf(s), time.Now())}
}

// importFailed is the outcome where nothing was imported. A failure that does not go away by itself ends the run.
func importFailed(err error) engine.Outcome {
	c, kind := failureOf(err), affiliate.KindOf(err)
	failed := engine.ImportFailed{At: time.Now(), Failure: c, ForGood: kind == affiliate.Refused || kind == affiliate.ScopeMissing}
	if failed.ForGood {
		return engine.Outcome{Result: failed}
	}
	return engine.Outcome{
		Result: failed, Then: engine.Again, AtLeast: affiliate.RetryAfter(err), Failure: c,
	}
}

func imported(d affiliate.CollaborationDetail, app string, at time.Time) engine.Imported {
	all := engine.Imported{At: at, Name: d.Name}
	for _, c := range d.Creators {
		all.Creators = append(all.Creators, workflow.Creator{
			OpenID: string(c.ID), App: app, Username: c.Username, Nickname: c.Nickname, Avatar: c.AvatarURL,
		})
	}
	for _, p := range d.Products {
		all.Products = append(all.Products, workflow.Product{ID: workflow.ProductID(p.ID), Title: p.Title})
	}
	return all
}
