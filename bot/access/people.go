package access

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"sync"
	"time"

	"github.com/slack-go/slack"
	"golang.org/x/sync/singleflight"

	"sampledesk/bot/slackapi"
	"sampledesk/bot/view"
	"sampledesk/workflow"
)

const (
	// knownFor is how long what Slack said of a person or a channel is believed: a role that was taken away ends then.
	knownFor = 60 * time.Second

	// missedFor is how long it is believed that somebody is not in a channel: whoever is told to get invited there comes
	// back soon.
	missedFor = 5 * time.Second

	// Timeout is how long a click waits for Slack's word on who its person is. After that the answer is no.
	Timeout = 1500 * time.Millisecond
)

// people answers who may do what. It asks Slack on demand, remembers the answers for a while, and fails closed.
type people struct {
	api    *slackapi.Client
	flight singleflight.Group

	mu      sync.Mutex
	team    workspace
	users   map[workflow.PersonID]known[slackapi.Account]
	members map[string]known[map[workflow.PersonID]bool]
	groups  map[workflow.GroupID]known[map[workflow.PersonID]bool]
	named   known[[]view.UserGroup]   // the workspace's user groups
	roster  known[[]slackapi.Account] // everybody of the workspace, as far as was read
}

type known[T any] struct {
	value T
	at    time.Time
}

// maxKnown bounds how many people, channels and groups are remembered that are believed no longer.
const maxKnown = 1000

// keep remembers an answer, and makes room by forgetting those that are believed no longer.
func keep[K comparable, T any](all map[K]known[T], of K, value T) {
	if len(all) >= maxKnown {
		maps.DeleteFunc(all, func(_ K, k known[T]) bool { return time.Since(k.at) >= knownFor })
	}
	all[of] = known[T]{value, time.Now()}
}

func newPeople(api *slackapi.Client) *people {
	return &people{
		api: api, users: map[workflow.PersonID]known[slackapi.Account]{}, members: map[string]known[map[workflow.PersonID]bool]{},
		groups: map[workflow.GroupID]known[map[workflow.PersonID]bool]{},
	}
}

// maySee tells whether a person may see a channel's applications: its members may. The error is a Denied.
func (p *people) maySee(ctx context.Context, who workflow.PersonID, channel string) error {
	in, err := p.isMember(ctx, who, channel)
	switch {
	case err != nil:
		return Denied{Rule: view.DeniedUnchecked}
	case !in:
		return Denied{Rule: view.DeniedOutside}
	default:
		return nil
	}
}

// mayDecide tells whether a person may decide on a channel's applications: its members may, but for guests and people
// from other workspaces. The error is a Denied.
func (p *people) mayDecide(ctx context.Context, who workflow.PersonID, channel string) error {
	if err := p.maySee(ctx, who, channel); err != nil {
		return err
	}
	_, err := p.standing(ctx, who)
	return err
}

// standing returns an account. The error is a Denied where it never decides in this workspace, whatever the settings
// say, or where Slack does not tell.
func (p *people) standing(ctx context.Context, who workflow.PersonID) (slackapi.Account, error) {
	team, err := p.ownTeam(ctx)
	if err != nil {
		return slackapi.Account{}, Denied{Rule: view.DeniedUnchecked}
	}
	user, err := p.user(ctx, who)
	switch {
	case slackapi.UnknownPerson.Has(err):
		return user, Denied{Rule: view.DeniedElsewhere}
	case err != nil:
		return user, Denied{Rule: view.DeniedUnchecked}
	case !user.InTeam(team):
		return user, Denied{Rule: view.DeniedElsewhere}
	case user.IsRestricted || user.IsUltraRestricted:
		return user, Denied{Rule: view.DeniedGuest}
	case user.Deleted || user.IsBot:
		return user, Denied{Rule: view.DeniedOutside}
	default:
		return user, nil
	}
}

// ownTeam returns the id of the desk's own workspace.
func (p *people) ownTeam(ctx context.Context) (string, error) {
	own, err := p.own(ctx)
	return own.id, err
}

// own returns the desk's own workspace, which is asked for once.
func (p *people) own(ctx context.Context) (workspace, error) {
	p.mu.Lock()
	own := p.team
	p.mu.Unlock()
	if own.id != "" {
		return own, nil
	}
	return once(ctx, &p.flight, "team", func(ctx context.Context) (workspace, error) {
		answer, err := p.api.AuthTestContext(ctx)
		if err != nil {
			return workspace{}, fmt.Errorf("asking for the workspace: %w", err)
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		p.team = workspace{id: answer.TeamID, url: answer.URL}
		return p.team, nil
	})
}

func (p *people) user(ctx context.Context, who workflow.PersonID) (slackapi.Account, error) {
	p.mu.Lock()
	k, ok := p.users[who]
	p.mu.Unlock()
	if ok && time.Since(k.at) < knownFor {
		return k.value, nil
	}
	return once(ctx, &p.flight, "user "+string(who), func(ctx context.Context) (slackapi.Account, error) {
		user, err := p.api.Account(ctx, string(who))
		if err != nil {
			return slackapi.Account{}, fmt.Errorf("asking who a person is: %w", err)
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		keep(p.users, who, user)
		return user, nil
	})
}

func (p *people) isMember(ctx context.Context, who workflow.PersonID, channel string) (bool, error) {
	p.mu.Lock()
	k, ok := p.members[channel]
	p.mu.Unlock()
	if age := time.Since(k.at); ok && (age < missedFor || age < knownFor && k.value[who]) {
		return k.value[who], nil
	}
	members, err := once(ctx, &p.flight, "members "+channel, func(ctx context.Context) (map[workflow.PersonID]bool, error) {
		return p.fetchMembers(ctx, channel)
	})
	return members[who], err
}

func (p *people) fetchMembers(ctx context.Context, channel string) (map[workflow.PersonID]bool, error) {
	all := map[workflow.PersonID]bool{}
	for cursor := ""; ; {
		ids, next, err := p.api.GetUsersInConversationContext(ctx, &slack.GetUsersInConversationParameters{
			ChannelID: channel, Cursor: cursor, Limit: 1000,
		})
		if err != nil {
			return nil, fmt.Errorf("asking who is in the channel: %w", err)
		}
		for _, id := range ids {
			all[workflow.PersonID(id)] = true
		}
		if cursor = next; cursor == "" {
			break
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	keep(p.members, channel, all)
	return all, nil
}

// inGroup tells whether a person is in a user group.
func (p *people) inGroup(ctx context.Context, who workflow.PersonID, g workflow.GroupID) (bool, error) {
	p.mu.Lock()
	k, ok := p.groups[g]
	p.mu.Unlock()
	if age := time.Since(k.at); ok && (age < missedFor || age < knownFor && k.value[who]) {
		return k.value[who], nil
	}
	members, err := once(ctx, &p.flight, "group "+string(g), func(ctx context.Context) (map[workflow.PersonID]bool, error) {
		ids, err := p.api.GetUserGroupMembersContext(ctx, string(g))
		if err != nil {
			return nil, fmt.Errorf("asking who is in a user group: %w", err)
		}
		all := map[workflow.PersonID]bool{}
		for _, id := range ids {
			all[workflow.PersonID(id)] = true
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		keep(p.groups, g, all)
		return all, nil
	})
	return members[who], err
}

// allGroups returns the workspace's user groups.
func (p *people) allGroups(ctx context.Context) ([]view.UserGroup, error) {
	p.mu.Lock()
	k := p.named
	p.mu.Unlock()
	if !k.at.IsZero() && time.Since(k.at) < knownFor {
		return k.value, nil
	}
	return once(ctx, &p.flight, "groups", func(ctx context.Context) ([]view.UserGroup, error) {
		listed, err := p.api.GetUserGroupsContext(ctx)
		if err != nil {
			return nil, fmt.Errorf("listing the user groups: %w", err)
		}
		all := make([]view.UserGroup, len(listed))
		for i, g := range listed {
			all[i] = view.UserGroup{ID: workflow.GroupID(g.ID), Handle: g.Handle, Name: g.Name}
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		p.named = known[[]view.UserGroup]{all, time.Now()}
		return all, nil
	})
}

// everybody returns the people of the workspace.
func (p *people) everybody(ctx context.Context) ([]slackapi.Account, error) {
	p.mu.Lock()
	k := p.roster
	p.mu.Unlock()
	if !k.at.IsZero() && time.Since(k.at) < knownFor {
		return k.value, nil
	}
	return once(ctx, &p.flight, "everybody", func(ctx context.Context) ([]slackapi.Account, error) {
		all, err := p.api.Accounts(ctx)
		if err != nil {
			return nil, fmt.Errorf("listing the people of the workspace: %w", err)
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		p.roster = known[[]slackapi.Account]{all, time.Now()}
		return all, nil
	})
}

// called returns the members of a channel who bear a name: as they are called, by their handle or by their full name, and,
// where nobody is called so, those whose name begins so.
func (p *people) called(ctx context.Context, channel, name string) ([]workflow.PersonID, error) {
	all, err := p.everybody(ctx)
	if err != nil {
		return nil, err
	}
	var exact, near []workflow.PersonID
	for _, a := range all {
		fits, begins := false, false
		for _, n := range []string{a.Name, a.Profile.DisplayName, a.RealName, a.Profile.RealName} {
			fits = fits || n != "" && strings.EqualFold(n, name)
			begins = begins || len(n) > len(name) && strings.EqualFold(n[:len(name)], name)
		}
		if a.Deleted || a.IsBot || !fits && !begins {
			continue
		}
		in, err := p.isMember(ctx, workflow.PersonID(a.ID), channel)
		switch {
		case err != nil:
			return nil, err
		case in && fits:
			exact = append(exact, workflow.PersonID(a.ID))
		case in:
			near = append(near, workflow.PersonID(a.ID))
		}
	}
	if len(exact) > 0 {
		return exact, nil
	}
	return near, nil
}

// FewAtATime is how many people Slack is asked about at the same time.
const FewAtATime = 8

// AskAll asks about each of so many things, some at a time, and comes back once all were answered.
func AskAll(n, atATime int, ask func(n int)) {
	slots := make(chan struct{}, atATime)
	var asking sync.WaitGroup
	for i := range n {
		slots <- struct{}{}
		asking.Go(func() {
			defer func() { <-slots }()
			ask(i)
		})
	}
	asking.Wait()
}

// once makes one call out of many that ask the same at a time. The call goes on for the others, and for the memory,
// when one that asked gives up.
func once[T any](ctx context.Context, flight *singleflight.Group, key string, ask func(context.Context) (T, error)) (T, error) {
	answer := flight.DoChan(key, func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), slackapi.Timeout)
		defer cancel()
		return ask(ctx)
	})
	select {
	case <-ctx.Done():
		var zero T
		return zero, ctx.Err()
	case a := <-answer:
		value, _ := a.Val.(T)
		return value, a.Err
	}
}
