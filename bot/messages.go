package bot

import (
	"cmp"
	"context"
	"strconv"
	"strings"
	"time"

	"sampledesk/bot/post"
	"sampledesk/bot/view"
	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

// messages render cards, replies and announcements.
type messages struct{ defaults query.Defaults }

// card renders an application's card.
func (m messages) card(_ context.Context, tx workflow.Tx, s post.Subject) (post.Rendered, error) {
	a := s.Application
	about := map[string]any{"stage": string(a.Stage())}
	if a.Decision.Phase != workflow.DecisionRefused {
		decisionKeys(about, a.Decision.Verdict, false)
	}
	c, err := query.CardOf(tx, m.defaults, a)
	if err != nil {
		return post.Rendered{}, err
	}
	caps, err := query.CapsLeftOf(tx, a, time.Now())
	return post.Rendered{About: about, Message: view.Card(view.CardFacts{
		Application: c.Application, Campaign: c.Campaign, Shop: c.Shop, Region: c.Region, Record: c.Record, Beside: c.Beside, QuickReject: c.QuickReject,
		Caps: caps, Now: time.Now(),
	})}, err
}

// reply renders what is said in the thread of a card.
func (messages) reply(_ context.Context, _ workflow.Tx, s post.Subject) (post.Rendered, error) {
	said := s.Payload
	said.Creator = &s.Application.Snapshot.Creator
	return post.Rendered{Message: view.Reply(said), About: replyKeys(said)}, nil
}

// heard renders, in the thread of their card, what a creator wrote.
func (messages) heard(_ context.Context, _ workflow.Tx, s post.Subject) (post.Rendered, error) {
	to := view.Correspondent{Shop: s.Effect.Shop, Application: s.Effect.Application}
	if s.Payload.Creator != nil {
		to.Creator = s.Payload.Creator.KeyOf(s.Effect.Shop)
	}
	return post.Rendered{Message: view.Heard(s.Payload, to), About: replyKeys(s.Payload)}, nil
}

// announcement renders what is said in a channel.
func (m messages) announcement(_ context.Context, _ workflow.Tx, s post.Subject) (post.Rendered, error) {
	return post.Rendered{Message: view.Notice(announced(s), m.defaults.AdminsOf(s.Shop))}, nil
}

// backlog renders the message that counts the requests without a card, as they are now.
func (m messages) backlog(_ context.Context, tx workflow.Tx, s post.Subject) (post.Rendered, error) {
	b, err := query.BacklogOf(tx, m.defaults, s.Notice.Shop, time.Now())
	return post.Rendered{
		Message: view.Backlog(view.BacklogFacts{
			Payload: workflow.Payload{Kind: workflow.KindBacklog, Shop: b.Shop, Waiting: b.Waiting, DueSoon: b.DueSoon, NextDue: b.NextDue}, Of: s.Notice.Count,
		}),
		About: map[string]any{"waiting": strconv.Itoa(b.Waiting)},
	}, err
}

// announced is what is said in a channel: a shop is named only where several live.
func announced(s post.Subject) workflow.Payload {
	if !s.Shared {
		s.Payload.Shop = ""
	}
	return s.Payload
}

// heardInChannel renders, in a channel, what a creator wrote who has no request, and where that was.
func (messages) heardInChannel(_ context.Context, tx workflow.Tx, s post.Subject) (post.Rendered, error) {
	s.Payload.Shop = cmp.Or(s.Shop.Name, string(s.Shop.ID))
	said := announced(s)
	var err error
	said.Campaign, err = query.CampaignName(tx, said.CampaignID)
	return post.Rendered{
		Message: view.Heard(said, view.Correspondent{Shop: s.Effect.Shop, Creator: said.CreatorKey, Campaign: said.CampaignID}),
	}, err
}

// decisionKeys adds to a message's metadata which decision of this desk it is about: `decision` is approve or reject, and
// `undone` is "true" where it was taken back. Nothing is added for a decision that was made elsewhere.
func decisionKeys(payload map[string]any, v workflow.Verdict, undone bool) {
	if v == "" {
		return
	}
	payload["decision"] = strings.ToLower(string(v))
	if undone {
		payload["undone"] = "true"
	}
}

// replyKeys are what a reply's metadata says of a stage and of a decision.
func replyKeys(s workflow.Payload) map[string]any {
	payload := map[string]any{}
	if s.Stage != "" {
		payload["stage"] = string(s.Stage)
	}
	if !s.Elsewhere {
		decisionKeys(payload, s.Verdict, s.Undone)
	}
	return payload
}

// digest renders what rules decided by themselves on a day.
func (m messages) digest(_ context.Context, tx workflow.Tx, s post.Subject) (post.Rendered, error) {
	d, err := query.RuleDigestOf(tx, m.defaults, s.Notice.Shop, s.Notice.Day)
	return post.Rendered{Message: view.RuleDigest(d), About: map[string]any{"day": s.Notice.Day}}, err
}
