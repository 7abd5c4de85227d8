// Package access tells who may do what with a shop: it asks the shop's settings, and Slack. "Not allowed" is a Denied.
package access

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"sampledesk/bot/slackapi"
	"sampledesk/bot/view"
	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

// Role is what a person may do with a shop. Each includes those before it.
type Role int

// The roles.
const (
	Viewer   Role = iota // sees: whoever is in the shop's channel
	Reviewer             // decides
	Admin                // changes settings, and undoes what others decided
)

// Access answers who may do what. It is safe for concurrent use.
type Access struct {
	store    workflow.Store
	people   *people
	defaults query.Defaults
	log      *slog.Logger
}

// New returns an Access. The defaults hold where a shop's own setting is unset.
func New(api *slackapi.Client, store workflow.Store, defaults query.Defaults, log *slog.Logger) *Access {
	return &Access{store: store, people: newPeople(api), defaults: defaults, log: log}
}

// May tells whether a person may do that with a shop. The settings are read as they are given, so what an admin changed
// holds at the next click. The error is a Denied.
func (a *Access) May(ctx context.Context, who workflow.PersonID, s workflow.Shop, r Role) error {
	ctx, cancel := context.WithTimeout(ctx, Timeout)
	defer cancel()
	err := a.may(ctx, who, s, r)
	if denied, ok := errors.AsType[Denied](err); ok {
		denied.Shop = s.ID
		switch denied.Rule {
		case view.DeniedAdmins:
			denied.Entitled = view.Entitled{People: a.defaults.AdminsOf(s)}
		case view.DeniedReviewers:
			denied.Entitled = view.Entitled{People: s.Settings.Reviewers, Groups: s.Settings.Groups}
		default: // the others name nobody
		}
		return denied
	}
	return err
}

func (a *Access) may(ctx context.Context, who workflow.PersonID, s workflow.Shop, r Role) error {
	channel := a.defaults.ChannelOf(s)
	if r == Viewer {
		return a.people.maySee(ctx, who, channel)
	}
	if err := a.people.mayDecide(ctx, who, channel); err != nil {
		return err
	}
	if !s.Disconnected.IsZero() {
		return Denied{Rule: view.DeniedDisconnected}
	}
	if a.IsAdmin(who, s) {
		return nil
	}
	if r == Admin {
		return Denied{Rule: view.DeniedAdmins}
	}
	return a.isReviewer(ctx, who, s)
}

// isReviewer tells whether a member of the channel decides there: until reviewers are named all do.
func (a *Access) isReviewer(ctx context.Context, who workflow.PersonID, s workflow.Shop) error {
	named := s.Settings.Reviewers
	if len(named) == 0 && len(s.Settings.Groups) == 0 || slices.Contains(named, who) {
		return nil
	}
	unsure := false
	for _, g := range s.Settings.Groups {
		in, err := a.people.inGroup(ctx, who, g)
		if in {
			return nil
		}
		unsure = unsure || err != nil
	}
	if unsure {
		return Denied{Rule: view.DeniedUnchecked}
	}
	return Denied{Rule: view.DeniedReviewers}
}

// IsAdmin tells whether a person is an admin of a shop. That they are in its channel, and no guest, is for May to see.
func (a *Access) IsAdmin(who workflow.PersonID, s workflow.Shop) bool {
	return slices.Contains(a.defaults.AdminsOf(s), who)
}

// Actor returns a person as the workflow has to know them. The key is Slack's id of what they did.
func (a *Access) Actor(who workflow.PersonID, s workflow.Shop, from workflow.Surface, key string) workflow.Actor {
	return workflow.Actor{Person: who, Admin: a.IsAdmin(who, s), Surface: from, DedupKey: key}
}

// MayDecide tells whether a person can decide in a channel at all: they are in it, and no guest or somebody from another
// workspace. The error is a Denied.
func (a *Access) MayDecide(ctx context.Context, who workflow.PersonID, channel string) error {
	return a.people.mayDecide(ctx, who, channel)
}

// Standing returns an account. The error is a Denied where it never decides in this workspace, whatever the settings
// say, or where Slack does not tell.
func (a *Access) Standing(ctx context.Context, who workflow.PersonID) (slackapi.Account, error) {
	return a.people.standing(ctx, who)
}

// Account returns what Slack tells of a person.
func (a *Access) Account(ctx context.Context, who workflow.PersonID) (slackapi.Account, error) {
	return a.people.user(ctx, who)
}

// Named returns the members of a channel who bear a name. The error is a Denied where Slack does not tell in time.
func (a *Access) Named(ctx context.Context, channel, name string) ([]workflow.PersonID, error) {
	ctx, cancel := context.WithTimeout(ctx, Timeout)
	defer cancel()
	found, err := a.people.called(ctx, channel, name)
	if err != nil {
		a.log.WarnContext(ctx, "could not look for a person by name", "channel", channel, "error", err)
		return nil, Denied{Rule: view.DeniedUnchecked}
	}
	return found, nil
}

// Groups returns the workspace's user groups.
func (a *Access) Groups(ctx context.Context) ([]view.UserGroup, error) {
	return a.people.allGroups(ctx)
}

// Shops returns the shops that the desk serves, by id. The error is an ErrRead.
func (a *Access) Shops(ctx context.Context) (shops []workflow.Shop, err error) {
	err = a.store.View(ctx, func(tx workflow.Tx) (err error) {
		shops, err = tx.Shops()
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("%w the shops: %w", ErrRead, err)
	}
	return slices.DeleteFunc(shops, func(s workflow.Shop) bool { return !s.Disconnected.IsZero() }), nil
}

// Shop returns a shop. One that is not on record is one of which nothing is set. The error is an ErrRead.
func (a *Access) Shop(ctx context.Context, id workflow.ShopID) (s workflow.Shop, err error) {
	err = a.store.View(ctx, func(tx workflow.Tx) error {
		s, err = query.Shop(tx, id)
		return err
	})
	if err != nil {
		return workflow.Shop{}, fmt.Errorf("%w shop %s: %w", ErrRead, id, err)
	}
	return s, nil
}

// Guard reads a shop and tells whether a person may do that with it. The error is a Denied or an ErrRead.
func (a *Access) Guard(ctx context.Context, who workflow.PersonID, id workflow.ShopID, r Role) (workflow.Shop, error) {
	s, err := a.Shop(ctx, id)
	if err != nil {
		return s, err
	}
	return s, a.May(ctx, who, s, r)
}

// Scope returns the shops that something said in a channel is about: those that live in it, or, where none does (as in a
// direct message), all that the person may see. The error is a Denied where there is none, or an ErrRead.
func (a *Access) Scope(ctx context.Context, who workflow.PersonID, channel string) ([]workflow.Shop, error) {
	all, err := a.Shops(ctx)
	if err != nil {
		return nil, err
	}
	return a.Seen(ctx, who, a.defaults.ShopsIn(channel, all))
}

// Allowed returns those of the shops with which a person may do that. They are asked about at the same time, as somebody
// waits for the answer; a shop of which Slack does not tell in time is left out.
func (a *Access) Allowed(ctx context.Context, who workflow.PersonID, all []workflow.Shop, r Role) []workflow.Shop {
	may := make([]bool, len(all))
	AskAll(len(all), len(all), func(n int) { may[n] = a.May(ctx, who, all[n], r) == nil })
	var shops []workflow.Shop
	for n, s := range all {
		if may[n] {
			shops = append(shops, s)
		}
	}
	return shops
}

// Deciding returns those of the shops in which a person decides. Where there is none, the error says why: a Denied of the
// shop that is wanted, or else of the first.
func (a *Access) Deciding(ctx context.Context, who workflow.PersonID, all []workflow.Shop, wanted workflow.ShopID) ([]workflow.Shop, error) {
	if shops := a.Allowed(ctx, who, all, Reviewer); len(shops) > 0 {
		return shops, nil
	}
	if len(all) == 0 {
		return nil, Denied{Rule: view.DeniedNoShop}
	}
	if !query.Holds(all, wanted) {
		wanted = all[0].ID
	}
	_, err := a.Guard(ctx, who, wanted, Reviewer)
	return nil, cmp.Or(err, error(Denied{Rule: view.DeniedUnchecked, Shop: wanted})) // they may after all, and did not a moment ago
}

// Administered returns the shops that a person is an admin of; one of which Slack does not tell in time is left out.
func (a *Access) Administered(ctx context.Context, who workflow.PersonID) []workflow.Shop {
	all, err := a.Shops(ctx)
	if err != nil {
		a.log.ErrorContext(ctx, "could not read the shops", "error", err)
		return nil
	}
	all = slices.DeleteFunc(all, func(s workflow.Shop) bool { return !a.IsAdmin(who, s) })
	return a.Allowed(ctx, who, all, Admin)
}

// Seen returns those of the shops that a person may see. The error is a Denied where there is none.
func (a *Access) Seen(ctx context.Context, who workflow.PersonID, all []workflow.Shop) ([]workflow.Shop, error) {
	var seen []workflow.Shop
	var denied error = Denied{Rule: view.DeniedNoShop}
	asked := map[string]error{}
	for _, s := range all {
		channel := a.defaults.ChannelOf(s)
		err, known := asked[channel]
		if !known {
			err = a.May(ctx, who, s, Viewer)
			asked[channel] = err
		}
		if err != nil {
			denied = err
			continue
		}
		seen = append(seen, s)
	}
	if len(seen) > 0 {
		return seen, nil
	}
	if len(all) == 0 { // before the first shop is connected the desk's own channel decides
		if err := a.May(ctx, who, workflow.Shop{}, Viewer); err != nil {
			return nil, err
		}
	}
	return nil, denied
}
