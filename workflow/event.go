package workflow

// EventKind names what happened, for the table and the history.
type EventKind string

// The events of an application's life.
const (
	OnApproved           EventKind = "approved"
	OnRejected           EventKind = "rejected"
	OnUndone             EventKind = "undone"
	OnCampaignChosen     EventKind = "campaign chosen"
	OnClaimed            EventKind = "claimed"
	OnAnswerLost         EventKind = "answer lost"
	OnHeldUp             EventKind = "held up"
	OnApprovalConfirmed  EventKind = "approval confirmed"
	OnRejectionConfirmed EventKind = "rejection confirmed"
	OnRefusedForGood     EventKind = "refused for good"
	OnReported           EventKind = "reported"
	OnContentFound       EventKind = "content found"
	OnCampaignLeft       EventKind = "campaign left"
	OnOnItBegan          EventKind = "look began"
	OnOnItEnded          EventKind = "look ended"
	OnAssigned           EventKind = "assigned"
	OnNoted              EventKind = "noted"
	OnMessageWritten     EventKind = "message written" // by the team, to the creator
	OnMessageSent        EventKind = "message sent"    // TikTok took it
	OnMessageRefused     EventKind = "message refused" // TikTok will not take it
	OnMessageHeldUp      EventKind = "message held up"
	OnMessageReceived    EventKind = "heard" // from the creator
	OnAnswerDismissed    EventKind = "answer dismissed"
	OnCardRequested      EventKind = "card called for"
	OnCardShown          EventKind = "card shown"
	OnCardLost           EventKind = "card lost"
	OnOriginFound        EventKind = "origin found"
	OnStepDue            EventKind = "step due"
	OnMenuUsed           EventKind = "menu used"
	OnRetried            EventKind = "retried"          // by hand
	OnSecondAsked        EventKind = "second asked"     // an approval, which needs another person's
	OnSecondWithdrawn    EventKind = "second withdrawn" // by who asked, or an admin
)

// The events of a creator in a campaign, of campaigns, and of shops.
const (
	OnMemberAnswered   EventKind = "member answered"
	OnSampleNeeded     EventKind = "sample needed"
	OnSampleNotNeeded  EventKind = "sample not needed"
	OnMemberAdded      EventKind = "member added"
	OnMemberLeft       EventKind = "member left"
	OnCampaignArchived EventKind = "campaign archived"
	OnCampaignEdited   EventKind = "campaign edited"
	OnSettingsChanged  EventKind = "settings changed"
	OnShopConnected    EventKind = "shop connected"
	OnShopDisconnected EventKind = "shop disconnected"
	OnTemplateChanged  EventKind = "template changed"
	OnTemplateRemoved  EventKind = "template removed"
	OnKeyRotated       EventKind = "key rotated"
	OnExported         EventKind = "exported"       // what is kept was written to a file
	OnCreatorErased    EventKind = "creator erased" // for good, as they or the law asked
	OnRulesChanged     EventKind = "rules changed"
	OnRulePaused       EventKind = "rule paused"  // Name is the rule's; without one all were
	OnRuleResumed      EventKind = "rule resumed" // likewise
	OnRuleDemoted      EventKind = "rule demoted" // it went back to proposing by itself
	OnListed           EventKind = "listed"       // a creator was put on a list, which Name names
	OnUnlisted         EventKind = "unlisted"
	OnCostsChanged     EventKind = "costs changed"
)

// Surface is where a person acted.
type Surface string

// The surfaces.
const (
	FromCard       Surface = "card"
	FromModal      Surface = "modal"
	FromCommand    Surface = "command"
	FromDispatcher Surface = "courier" // the desk itself, sending a decision
	FromSync       Surface = "sync"    // TikTok, through a sweep or a single read
	FromHome       Surface = "home"
	FromThread     Surface = "thread"  // a mention of the bot
	FromTimer      Surface = "clock"   // the desk itself, as a shop's settings say
	FromBulk       Surface = "bulk"    // as part of a run
	FromShell      Surface = "shell"   // a command of the program, by whoever runs the machine
	FromConsent    Surface = "consent" // a consent on TikTok's page
	FromRule       Surface = "rule"    // the desk itself, as a rule of the shop's says
)

// Event is something that happened to one application. Each carries its own time; a step does not read the clock. An
// event embeds Actor if a person may be behind it, and byNobody otherwise; one that the table does not speak of embeds
// offTable besides.
type Event interface {
	Kind() EventKind

	// actor returns the person behind the event; zero for none.
	actor() Actor

	// refuse makes the error of an event that is not allowed; nil where nobody asked for it.
	refuse(Application, Rule) error

	// apply does what the event does, once the table allowed it.
	apply(Application) (Next, error)

	// describe adds to the history's entry what it tells of the event beyond who, when, and from where to where. It
	// returns false for an event that is not in the history.
	describe(before, after Application, h *Entry) (keep bool)
}

// aged is an event of a person who was shown the application in a round, and may have acted on what has changed since.
type aged interface {
	round() int
}

// offTable marks an event that changes no state, so that the table does not speak of it. It happens to any application
// that the desk knows.
type offTable struct{}

func (offTable) isOffTable() {}

// Actor is the person behind an event, or a rule of the shop's, and where they acted. Admin is their role, as checked when the event came in.
// DedupKey is Slack's own id of the action (a trigger, an event or a view), by which a second delivery of it is
// recognised: it changes nothing and is no error. Empty: it is not checked.
type Actor struct {
	Person   PersonID `json:"person,omitempty"`
	Admin    bool     `json:"admin,omitempty"`
	Surface  Surface  `json:"surface,omitempty"`
	DedupKey string   `json:"origin,omitempty"`
	Rule     RuleID   `json:"rule,omitempty"` // in place of a person: the rule that did it
}

func (a Actor) actor() Actor { return a }

func (Actor) refuse(a Application, rule Rule) error { return Refusal{Rule: rule, Application: a} }

func (Actor) describe(_, _ Application, _ *Entry) bool { return true }

// byNobody is embedded by events that no person is behind.
type byNobody struct{}

func (byNobody) actor() Actor { return Actor{} }

func (byNobody) refuse(Application, Rule) error { return nil }

func (byNobody) describe(_, _ Application, _ *Entry) bool { return true }
