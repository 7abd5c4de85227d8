package workflow

import (
	"cmp"
	"time"
)

// Post is a message of the desk's that is edited as its subject changes, as it stands in Slack: a card, or a notice. It
// is rendered at delivery, so that the newest state wins.
type Post struct {
	Channel string `json:"channel,omitempty"` // where it was posted
	TS      string `json:"ts,omitempty"`      // Slack's id of it; empty until it was posted
	Link    string `json:"link,omitempty"`    // Slack's permalink of it; empty while it is not known
	Hash    string `json:"hash,omitempty"`    // of what it shows, so that a repaint that changes nothing is not sent
	Lost    bool   `json:"lost,omitempty"`    // the message or its channel is gone; nothing more is written there
}

// Posted reports whether the message is in Slack.
func (p Post) Posted() bool { return p.TS != "" && !p.Lost }

// Shown returns the post as it was written.
func (p Post) Shown(e PostShown) Post {
	p.Channel, p.TS, p.Hash, p.Link = e.Channel, e.TS, e.Hash, cmp.Or(e.Link, p.Link)
	return p
}

// PostPage is a further page of a message that is too long for one.
type PostPage struct {
	TS   string `json:"ts"`
	Hash string `json:"hash"`
}

// PostShown says what a message in Slack shows now, and where it is: an application's card, or the notice that an effect
// was to show.
type PostShown struct {
	byNobody
	offTable
	At      time.Time
	Channel string
	TS      string
	Hash    string
	Link    string     // empty: as before
	Bare    bool       // a card without its picture, which Slack could not fetch
	Pages   []PostPage // of a notice
}

// Kind returns OnCardShown: only a card has a history.
func (PostShown) Kind() EventKind { return OnCardShown }

// apply keeps where the card is, and wakes the replies that waited for it.
func (e PostShown) apply(a Application) (Next, error) {
	was := a.Card
	a.Card.Post, a.Card.Bare = was.Shown(e), e.Bare
	if a.Card == was {
		return Next{Application: a}, nil
	}
	next := changed(a, e.At, Routine)
	if !was.Posted() && a.Card.Posted() {
		next.Wake = append(next.Wake, ThreadLane(a.Key))
	}
	return next, nil
}

// describe keeps it out of the history: what a card looks like is nothing to tell.
func (PostShown) describe(_, _ Application, _ *Entry) bool { return false }

// PostLost says that a message cannot be updated any more: it is gone, or its channel is. TS is the message that was
// tried; what is on record may be another by now.
type PostLost struct {
	byNobody
	offTable
	At      time.Time
	TS      string
	Failure Failure
}

// Kind returns OnCardLost: only a card has a history.
func (PostLost) Kind() EventKind { return OnCardLost }

func (e PostLost) apply(a Application) (Next, error) {
	if e.TS != a.Card.TS {
		return Next{Application: a}, nil
	}
	a.Card.Lost = true
	return changed(a, e.At, Routine).repaint(e.At), nil
}

func (e PostLost) describe(_, _ Application, h *Entry) bool {
	h.Failure = e.Failure
	return true
}

// Notice is a post that is no card: the progress of a run, a question to the team, a message to a creator.
type Notice struct {
	ID   NoticeID    `json:"id"`
	Shop ShopID      `json:"shop"`
	Kind PayloadKind `json:"kind"`

	// Application is the one in whose thread it is; empty: it is a message of a channel.
	Application ApplicationID `json:"application,omitempty"`

	// Its subject: one of these.
	Run      RunID      `json:"run,omitempty"`
	Campaign CampaignID `json:"campaign,omitempty"` // with Creator: a member; its channel is the campaign's, if that has one
	Creator  CreatorKey `json:"creator,omitempty"`
	Message  *Message   `json:"message,omitempty"`
	Agenda   *Agenda    `json:"agenda,omitempty"`
	Count    int        `json:"count,omitempty"`   // of KindBacklog: how many there were at first
	Day      string     `json:"day,omitempty"`     // of KindRuleDigest: the day that it tells of, in the shop's zone
	Content  *Content   `json:"content,omitempty"` // of Application
	Stage    Stage      `json:"stage,omitempty"`   // that the content brought Application to, which the message announces

	Post
	Pages []PostPage `json:"pages,omitempty"` // what of it goes on in the thread, the second page first
}

// Key returns the application in whose thread the notice is.
func (n Notice) Key() Key { return Key{Shop: n.Shop, ID: n.Application} }

// Lane is the notice's lane: a thread is posted in order, and other notices wait for nothing.
func (n Notice) Lane() Lane {
	if n.Application != "" {
		return ThreadLane(n.Key())
	}
	return Lane("post/" + string(n.ID))
}

// BacklogNotice names the message that counts a shop's applications without a card.
func BacklogNotice(s ShopID) NoticeID { return NoticeID("backlog/" + string(s)) }

// RuleDigestNotice names the message about what a shop's rules decided by themselves on a day.
func RuleDigestNotice(s ShopID, day string) NoticeID {
	return NoticeID("rules/" + string(s) + "/" + day)
}

// RunNotice names the message about a run.
func RunNotice(id RunID) NoticeID { return NoticeID("run/" + string(id)) }

// QuestionNotice names the message that will ask whether a member needs a sample. Member.Question is the one that did:
// it keeps its name when the creator becomes known by another key.
func QuestionNotice(c CampaignID, creator CreatorKey) NoticeID {
	return NoticeID("question/" + string(c) + "/" + string(creator))
}
