package workflow

// Notice is a message of the desk's that is edited as its subject changes: the progress of a run, a question to the
// team, a message to a creator. It is rendered at delivery, like a card, so the newest state wins.
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
	Content  *Content   `json:"content,omitempty"` // of Application
	Stage    Stage      `json:"stage,omitempty"`   // that the content brought Application to, which the message announces

	Channel string       `json:"channel,omitempty"` // where it was posted
	TS      string       `json:"ts,omitempty"`      // Slack's id of it; empty until it was posted
	Hash    string       `json:"hash,omitempty"`
	Link    string       `json:"link,omitempty"`
	Pages   []NoticePage `json:"pages,omitempty"` // what of it goes on in the thread, the second page first
	Lost    bool         `json:"lost,omitempty"`  // the message or its channel is gone; nothing more is written there
}

// NoticePage is a further page of a message that is too long for one.
type NoticePage struct {
	TS   string `json:"ts"`
	Hash string `json:"hash"`
}

// Key returns the application in whose thread the notice is.
func (n Notice) Key() Key { return Key{Shop: n.Shop, ID: n.Application} }

// Posted reports whether the notice is in Slack.
func (n Notice) Posted() bool { return n.TS != "" && !n.Lost }

// Lane is the notice's lane: a thread is posted in order, and other notices wait for nothing.
func (n Notice) Lane() Lane {
	if n.Application != "" {
		return ThreadLane(n.Key())
	}
	return Lane("post/" + string(n.ID))
}

// RunNotice names the message about a run.
func RunNotice(id RunID) NoticeID { return NoticeID("run/" + string(id)) }

// QuestionNotice names the message that will ask whether a member needs a sample. Member.Question is the one that did:
// it keeps its name when the creator becomes known by another key.
func QuestionNotice(c CampaignID, creator CreatorKey) NoticeID {
	return NoticeID("question/" + string(c) + "/" + string(creator))
}
