package bot

import (
	"context"
	"sync"

	"github.com/slack-go/slack"

	"sampledesk/bot/slackapi"
	"sampledesk/bot/socket"
	"sampledesk/bot/view"
	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

// bulkRoutes are the dialog *Decide several*, and what is below its progress.
func (d *Desk) bulkRoutes(r *routes) {
	r.clicks[view.ActionBulk] = d.openBulk
	r.clicks[view.ActionBulkShop] = d.filterBulk
	for _, action := range view.BulkFilters {
		r.clicks[action] = d.filterBulk
	}
	r.clicks[view.ActionUndoRun] = d.undoRun
	r.submissions[view.CallbackBulk] = d.submitBulk
	r.submissions[view.CallbackBulkConfirm] = d.submitBulkConfirm
}

// openBulk opens the dialog: for the shop that the button names, or, where it names none, the first that has something
// for the person to decide.
func (d *Desk) openBulk(ctx context.Context, i interaction, a action, ack socket.Ack) {
	ack(nil)
	ctx, cancel := context.WithTimeout(ctx, commitBy)
	defer cancel()
	shops, no := d.offering(ctx, i.User.ID, i.channel(), workflow.ShopID(a.Text))
	if no != "" {
		d.tell(ctx, i, no)
		return
	}
	facts, err := d.bulkFacts(ctx, d.firstWaiting(ctx, shops, workflow.ShopID(a.Text)), shops, view.BulkMeta{Channel: i.channel()})
	if err != nil {
		d.note(ctx, i.User.ID, err)
		d.tell(ctx, i, view.Denied(view.DeniedUnread))
		return
	}
	d.openModal(context.WithoutCancel(ctx), i, view.BulkModal(facts))
}

// offering returns the shops in which a person decides: of those that live in the channel where she is, or, where none
// does, as in App Home, of all. Where there is none, it says why.
func (d *Desk) offering(ctx context.Context, who workflow.PersonID, channel string, wanted workflow.ShopID) ([]workflow.Shop, string) {
	all, err := d.shops(ctx)
	if err != nil {
		d.log.ErrorContext(ctx, "could not read the shops", "error", err)
		return nil, view.Denied(view.DeniedUnread)
	}
	return d.deciding(ctx, who, d.defaults().ShopsIn(channel, all), wanted)
}

// firstWaiting returns the shop that is wanted, or else the first in which something waits.
func (d *Desk) firstWaiting(ctx context.Context, shops []workflow.Shop, wanted workflow.ShopID) workflow.Shop {
	chosen := shops[0]
	err := d.store.View(ctx, func(tx workflow.Tx) (err error) {
		chosen, err = query.FirstWaiting(tx, shops, wanted)
		return err
	})
	if err != nil {
		d.log.ErrorContext(ctx, "could not count what waits", "error", err)
	}
	return chosen
}

// filterBulk shows what another filter, or another shop, lets through.
func (d *Desk) filterBulk(ctx context.Context, i interaction, a action, ack socket.Ack) {
	turn := d.bulks.next(i.View.ID)
	ack(nil)
	meta, err := view.ParseBulkMeta(i.View.Metadata)
	if err != nil {
		d.log.WarnContext(ctx, "a dialog does not say which requests it offers", "error", err)
		return
	}
	if a.ID == view.ActionBulkShop {
		meta.Shop = workflow.ShopID(a.chosen())
	}
	shop, no := d.guard(ctx, i.User.ID, meta.Shop, reviewer)
	if no != "" {
		d.tell(ctx, i, no)
		return
	}
	shops, no := d.offering(ctx, i.User.ID, meta.Channel, shop.ID)
	if no != "" {
		d.tell(ctx, i, no)
		return
	}
	meta.Filter = bulkFilterOf(i, a, meta.Filter)
	facts, err := d.bulkFacts(ctx, shop, shops, meta)
	if err != nil {
		d.note(ctx, i.User.ID, err)
		d.tell(ctx, i, view.Denied(view.DeniedUnread))
		return
	}
	d.updateBulk(ctx, i, view.BulkModal(facts), turn)
}

// bulkFilterOf reads all filters as the person sees them. Of two that she changed quickly the second says both, whatever
// the desk had shown by then.
func bulkFilterOf(i interaction, a action, was query.BulkFilter) query.BulkFilter {
	for _, id := range view.BulkFilters {
		for _, block := range i.View.State.Values {
			if v, ok := block[id]; ok {
				view.SetBulkFilter(&was, id, v.values())
			}
		}
	}
	view.SetBulkFilter(&was, a.ID, a.values())
	if a.ID == view.ActionBulkShop {
		was.Product = "" // a product is of one shop
	}
	return was
}

// values are what was chosen in a control, one or several.
func (v value) values() (all []string) {
	if v.Selected != nil {
		all = append(all, v.Selected.Value)
	}
	for _, o := range v.Checked {
		all = append(all, o.Value)
	}
	return all
}

// updateBulk shows the dialog anew, if it still is as the person saw it. Where an earlier change of hers was shown
// meanwhile, the latest one is shown all the same.
func (d *Desk) updateBulk(ctx context.Context, i interaction, m slack.ModalViewRequest, turn uint64) {
	_, err := d.api.UpdateViewContext(ctx, m, "", i.View.Hash, i.View.ID)
	if slackapi.ErrorName(err) == "hash_conflict" && d.bulks.latest(i.View.ID) == turn {
		_, err = d.api.UpdateViewContext(ctx, m, "", "", i.View.ID)
	}
	if err != nil {
		d.log.WarnContext(ctx, "could not show other requests to decide on", "person", i.User.ID, "error", err)
	}
}

// turns number what happens to a view, so that of two changes the later one can be told.
type turns struct {
	mu   sync.Mutex
	last uint64
	by   map[string]uint64
}

// maxTurns is how many views are remembered. One that is forgotten only is not shown a second time.
const maxTurns = 1000

// next begins a turn.
func (t *turns) next(view string) uint64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.by == nil || len(t.by) >= maxTurns {
		t.by = map[string]uint64{}
	}
	t.last++
	t.by[view] = t.last
	return t.last
}

// latest returns the last turn of a view.
func (t *turns) latest(view string) uint64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.by[view]
}
