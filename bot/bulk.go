package bot

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"github.com/slack-go/slack"

	"sampledesk/bot/access"
	"sampledesk/bot/handle"
	"sampledesk/bot/post"
	"sampledesk/bot/slackapi"
	"sampledesk/bot/view"
	"sampledesk/workflow"
	"sampledesk/workflow/engine"
	"sampledesk/workflow/query"
)

// bulkDesk is the dialog *Decide several*, and the message about what became of it.
type bulkDesk struct {
	api      *slackapi.Client
	engine   *engine.Engine
	store    workflow.Store
	reads    workflow.Store
	access   *access.Access
	defaults query.Defaults
	find     finder
	changes  viewSeq
	log      *slog.Logger
}

// register adds the dialog, and what is below its progress.
func (d *bulkDesk) register(r *routes) {
	handle.OnClick(r.Mux, view.ActionBulk, d.openBulk())
	handle.OnClick(r.Mux, view.ActionBulkShop, d.filterBulk())
	for _, action := range []string{view.ActionBulkMore, view.ActionBulkPage, view.ActionBulkBack} {
		handle.OnClick(r.Mux, action, d.filterBulk())
	}
	for _, action := range view.BulkFilters {
		handle.OnClick(r.Mux, action, d.filterBulk())
	}
	handle.OnClick(r.Mux, view.ActionApproveSuggested, d.openSuggested())
	handle.OnClick(r.Mux, view.ActionRejectSuggested, d.openRejections())
	handle.OnSubmit(r.Mux, view.CallbackRejectSuggested, d.submitRejections())
	handle.OnClick(r.Mux, view.ActionUndoRun, d.undoRun())
	handle.OnSubmit(r.Mux, view.CallbackBulk, d.submitBulk())
	handle.OnSubmit(r.Mux, view.CallbackBulkConfirm, d.submitBulkConfirm())
}

// openBulk opens the dialog: for the shop that the button names, or, where it names none, the first that has something
// for the person to decide.
func (d *bulkDesk) openBulk() onClick[workflow.ShopID] {
	return onClick[workflow.ShopID]{
		Order: handle.AckFirst, Parse: shopNamed,
		Do: func(ctx context.Context, c click, wanted workflow.ShopID, _ handle.Grant) (handle.Answer, error) {
			ctx, cancel := context.WithTimeout(ctx, handle.CommitBy)
			defer cancel()
			shops, err := d.offering(ctx, c.User.ID, c.Where(), wanted)
			if err != nil {
				return handle.Answer{}, err
			}
			facts, err := d.bulkFacts(ctx, d.find.firstWaiting(ctx, shops, wanted), shops, view.BulkMeta{Channel: c.Where()})
			return handle.Open(view.BulkModal(facts)), err
		},
	}
}

// offering returns the shops in which a person decides: of those that live in the channel where they are, or, where none
// does, as in App Home, of all. The error is a Denied where there is none.
func (d *bulkDesk) offering(ctx context.Context, who workflow.PersonID, channel string, wanted workflow.ShopID) ([]workflow.Shop, error) {
	all, err := d.access.Shops(ctx)
	if err != nil {
		return nil, err
	}
	return d.access.Deciding(ctx, who, d.defaults.ShopsIn(channel, all), wanted)
}

// bulkChange is a change of the dialog's filters, numbered so that of two the later one can be told.
type bulkChange struct {
	meta view.BulkMeta
	seq  uint64
}

// filterBulk shows what another filter, or another shop, lets through.
func (d *bulkDesk) filterBulk() onClick[bulkChange] {
	return onClick[bulkChange]{
		Order: handle.AckFirst,
		Parse: func(c click) (bulkChange, error) {
			seq := d.changes.next(c.View.ID)
			meta, err := view.ParseBulkMeta(c.View.Metadata)
			if c.Action.ID == view.ActionBulkShop {
				meta.Shop = workflow.ShopID(c.Action.Chosen())
			}
			return bulkChange{meta, seq}, err
		},
		Scope: handle.For(access.Reviewer, func(b bulkChange) workflow.ShopID { return b.meta.Shop }),
		Do: func(ctx context.Context, c click, b bulkChange, g handle.Grant) (handle.Answer, error) {
			shops, err := d.offering(ctx, c.User.ID, b.meta.Channel, g.Shop.ID)
			if err != nil {
				return handle.Answer{}, err
			}
			b.meta = bulkMetaOf(c, b.meta)
			facts, err := d.bulkFacts(ctx, g.Shop, shops, b.meta)
			if err != nil {
				return handle.Answer{}, err
			}
			d.updateBulk(ctx, c.Interaction, view.BulkModal(facts), b.seq)
			return handle.Answer{}, nil
		},
	}
}

// bulkMetaOf reads what the person has chosen by now, and where they go from there.
func bulkMetaOf(c click, was view.BulkMeta) view.BulkMeta {
	now := was
	now.Filter = bulkFilterOf(c, was.Filter)
	now.LeaveOut(c.Field(view.ActionBulkLeftOut).Checked)
	switch c.Action.ID {
	case view.ActionBulkMore:
		now.More = !was.More
	case view.ActionBulkPage, view.ActionBulkBack:
		now.Page = previewPage(c.Action.Text)
	case view.ActionBulkShop:
		now.Page, now.LeftOut = 0, nil
	default:
		now.Page = 0 // other requests
	}
	return now
}

// previewPage reads the page of the preview that a button leads to.
func previewPage(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return 0
	}
	return min(max(n, 0), workflow.MaxPlan)
}

// bulkFilterOf reads all filters as the person sees them. Of two that they changed quickly the second says both, whatever
// the desk had shown by then.
func bulkFilterOf(c click, was query.Criteria) query.Criteria {
	for _, id := range view.BulkFilters {
		for _, block := range c.View.State.Values {
			if v, ok := block[id]; ok {
				view.SetBulkFilter(&was, id, v.Values())
			}
		}
	}
	view.SetBulkFilter(&was, c.Action.ID, c.Action.Values())
	if c.Action.ID == view.ActionBulkShop {
		was.Product, was.Campaign = "", "" // they are of one shop
	}
	return was
}

// updateBulk shows the dialog again; see slackapi.Client.ShowAgain.
func (d *bulkDesk) updateBulk(ctx context.Context, i handle.Interaction, m slack.ModalViewRequest, seq uint64) {
	latest := func() bool { return d.changes.latest(i.View.ID) == seq }
	if err := d.api.ShowAgain(ctx, m, i.View.ID, i.View.Hash, latest); err != nil {
		d.log.WarnContext(ctx, "could not show other requests in the dialog", "person", i.User.ID, "error", err)
	}
}

// bulkFacts gathers what the dialog offers: of all that waits in a shop what the filter lets through, and the products
// that are waited for.
func (d *bulkDesk) bulkFacts(ctx context.Context, s workflow.Shop, shops []workflow.Shop, at view.BulkMeta) (view.BulkFacts, error) {
	facts := view.BulkFacts{Shop: s, Shops: shops, Meta: at}
	err := d.reads.View(ctx, func(tx workflow.Tx) (err error) {
		facts.At = time.Now()
		if at.More || at.Filter.Campaign != "" {
			if facts.Campaigns, err = query.CampaignsTaking(ctx, tx, s.ID, "", view.MaxChoices); err != nil {
				return err
			}
		}
		facts.BulkOffer, err = query.OfferBulk(ctx, tx, asking(s.ID, at, facts.At))
		return err
	})
	if err != nil {
		return facts, fmt.Errorf("%w what waits: %w", access.ErrRead, err)
	}
	return facts, nil
}

// asking is what the dialog asks of a shop's queue.
func asking(s workflow.ShopID, m view.BulkMeta, at time.Time) query.BulkAsk {
	return query.BulkAsk{Shop: s, Criteria: m.Filter, Now: at, From: view.BulkFrom(m.Page), Choosable: view.Choosable}
}

// runMessage renders the progress of a run. The metadata says its sort, and whether it is under_way or done.
func (d *bulkDesk) runMessage(ctx context.Context, tx workflow.Tx, s post.Subject) (post.Rendered, error) {
	progress, err := query.ProgressOf(ctx, tx, s.Notice.Run)
	if err != nil {
		return post.Rendered{}, err
	}
	r, facts := progress.Run, view.RunFacts{Run: progress.Run, Undoable: progress.Undoable}
	facts.Shop, err = d.defaults.ShopNamed(tx, s.Notice.Shop)
	state := "under_way"
	if !r.EndsAt.IsZero() {
		state = "done"
	}
	return post.Rendered{Message: view.RunProgress(facts), About: map[string]any{"run": string(r.Kind), "state": state}}, err
}
