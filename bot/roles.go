package bot

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"sampledesk/bot/view"
	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

// role is what a person may do with a shop. Each includes those before it.
type role int

const (
	viewer   role = iota // sees: whoever is in the shop's channel
	reviewer             // decides
	admin                // changes settings, and undoes what others decided
)

// may tells whether a person may do that with a shop, and the denial where she may not. The settings are read as they
// are now, so what an admin changed holds at the next click.
func (d *Desk) may(ctx context.Context, who workflow.PersonID, s workflow.Shop, r role) (bool, view.Denial) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	channel := d.channelOf(s)
	if r == viewer {
		return d.people.maySee(ctx, who, channel)
	}
	if ok, denial := d.people.mayDecide(ctx, who, channel); !ok {
		return false, denial
	}
	if d.isAdmin(who, s) {
		return true, ""
	}
	if r == admin {
		return false, view.DeniedAdmins
	}
	return d.isReviewer(ctx, who, s)
}

// isReviewer tells whether a member of the channel decides there: until reviewers are named all do.
func (d *Desk) isReviewer(ctx context.Context, who workflow.PersonID, s workflow.Shop) (bool, view.Denial) {
	named := s.Settings.Reviewers
	if len(named) == 0 && len(s.Settings.Groups) == 0 || slices.Contains(named, who) {
		return true, ""
	}
	unsure := false
	for _, g := range s.Settings.Groups {
		in, err := d.people.inGroup(ctx, who, g)
		if in {
			return true, ""
		}
		unsure = unsure || err != nil
	}
	if unsure {
		return false, view.DeniedUnchecked
	}
	return false, view.DeniedReviewers
}

// actor returns a person as the workflow has to know her.
func (d *Desk) actor(who workflow.PersonID, s workflow.Shop, from workflow.Surface, origin string) workflow.Actor {
	return workflow.Actor{Person: who, Admin: d.isAdmin(who, s), Surface: from, DedupKey: origin}
}

// isAdmin tells whether a person is an admin of a shop. That she is in its channel, and no guest, is for may to see.
func (d *Desk) isAdmin(who workflow.PersonID, s workflow.Shop) bool {
	return slices.Contains(d.adminsOf(s), who)
}

// defaults are the settings that hold where a shop's own is unset.
func (d *Desk) defaults() query.Defaults {
	return query.Defaults{Channel: d.config.Channel, Admins: d.config.Admins, Undo: d.config.Undo}
}

func (d *Desk) adminsOf(s workflow.Shop) []workflow.PersonID { return d.defaults().AdminsOf(s) }
func (d *Desk) channelOf(s workflow.Shop) string             { return d.defaults().ChannelOf(s) }
func (d *Desk) undoOf(s workflow.Shop) time.Duration         { return d.defaults().UndoOf(s) }

// shop returns a shop. One that is not on record is one of which nothing is set.
func (d *Desk) shop(ctx context.Context, id workflow.ShopID) (s workflow.Shop, err error) {
	err = d.store.View(ctx, func(tx workflow.Tx) error {
		s, err = query.Shop(tx, id)
		return err
	})
	if err != nil {
		return workflow.Shop{}, fmt.Errorf("reading shop %s: %w", id, err)
	}
	return s, nil
}

// guard reads a shop and tells whether a person may do that with it; where she may not, or where that cannot be read,
// it says why, in formatted text.
func (d *Desk) guard(ctx context.Context, who workflow.PersonID, id workflow.ShopID, r role) (workflow.Shop, string) {
	s, err := d.shop(ctx, id)
	if err != nil {
		d.log.ErrorContext(ctx, "could not read a shop", "shop", id, "error", err)
		return s, view.Denied(view.DeniedUnread)
	}
	if ok, denial := d.may(ctx, who, s, r); !ok {
		d.log.InfoContext(ctx, "refused", "person", who, "rule", denial, "shop", id)
		return s, d.denied(denial, s)
	}
	return s, ""
}

// denied is the friendly no to somebody who may not do that with a shop. It names those who may.
func (d *Desk) denied(why view.Denial, s workflow.Shop) string {
	switch why {
	case view.DeniedAdmins:
		return view.DeniedBut(why, view.Entitled{People: d.adminsOf(s)})
	case view.DeniedReviewers:
		return view.DeniedBut(why, view.Entitled{People: s.Settings.Reviewers, Groups: s.Settings.Groups})
	default:
		return view.Denied(why)
	}
}

// scope returns the shops that something said in a channel is about: those that live in it, or, where none does (as in a
// direct message), all that the person may see. Where there is none, the denial says why.
func (d *Desk) scope(ctx context.Context, who workflow.PersonID, channel string) ([]workflow.Shop, view.Denial, error) {
	all, err := d.shops(ctx)
	if err != nil {
		return nil, "", err
	}
	return d.seenBy(ctx, who, d.defaults().ShopsIn(channel, all))
}

// scoped is scope for somebody who waits for an answer: where there is no shop, it says why, in formatted text.
func (d *Desk) scoped(ctx context.Context, who workflow.PersonID, channel string) ([]workflow.Shop, string) {
	shops, denial, err := d.scope(ctx, who, channel)
	switch {
	case err != nil:
		d.log.ErrorContext(ctx, "could not read the shops", "error", err)
		return nil, view.Denied(view.DeniedUnread)
	case denial != "":
		d.log.InfoContext(ctx, "refused", "person", who, "rule", denial, "channel", channel)
		return nil, view.Denied(denial)
	default:
		return shops, ""
	}
}

// allowed returns those of the shops with which a person may do that. They are asked about at the same time, as somebody
// waits for the answer; a shop of which Slack does not tell in time is left out.
func (d *Desk) allowed(ctx context.Context, who workflow.PersonID, all []workflow.Shop, r role) []workflow.Shop {
	may := make([]bool, len(all))
	askAll(len(all), len(all), func(n int) { may[n], _ = d.may(ctx, who, all[n], r) })
	var shops []workflow.Shop
	for n, s := range all {
		if may[n] {
			shops = append(shops, s)
		}
	}
	return shops
}

// deciding returns those of the shops in which a person decides. Where there is none, it says why, in formatted text: of
// the shop that is wanted, or else of the first.
func (d *Desk) deciding(ctx context.Context, who workflow.PersonID, all []workflow.Shop, wanted workflow.ShopID) ([]workflow.Shop, string) {
	if shops := d.allowed(ctx, who, all, reviewer); len(shops) > 0 {
		return shops, ""
	}
	if len(all) == 0 {
		return nil, view.Denied(view.DeniedNoShop)
	}
	if !query.Holds(all, wanted) {
		wanted = all[0].ID
	}
	_, no := d.guard(ctx, who, wanted, reviewer)
	return nil, cmp.Or(no, view.Denied(view.DeniedUnchecked)) // she may after all, and did not a moment ago
}

// seenBy returns those of the shops that a person may see.
func (d *Desk) seenBy(ctx context.Context, who workflow.PersonID, all []workflow.Shop) ([]workflow.Shop, view.Denial, error) {
	var seen []workflow.Shop
	denial := view.DeniedNoShop
	asked := map[string]bool{}
	for _, s := range all {
		channel := d.channelOf(s)
		ok, known := asked[channel]
		if !known {
			var why view.Denial
			if ok, why = d.may(ctx, who, s, viewer); !ok {
				denial = why
			}
			asked[channel] = ok
		}
		if ok {
			seen = append(seen, s)
		}
	}
	if len(seen) > 0 {
		return seen, "", nil
	}
	if len(all) == 0 { // before the first shop is connected the desk's own channel decides
		if ok, why := d.may(ctx, who, workflow.Shop{}, viewer); !ok {
			return nil, why, nil
		}
	}
	return nil, denial, nil
}
