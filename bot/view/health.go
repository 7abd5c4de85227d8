package view

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/slack-go/slack"

	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

// HealthFacts is how the desk is, as `/samples status` tells it.
type HealthFacts struct {
	At      time.Time
	Version string
	Slack   HealthSlack
	Waiting []query.OnTheWay
	More    bool // more waits than was counted
	Dead    int  // effects that could never be delivered
	Shops   []HealthShop
	Store   []string // what is wrong with the store, in sentences

	Desks []workflow.Desk // those that share the store, the one that answers first; told where there are several
}

// HealthSlack is how the connection to Slack is.
type HealthSlack struct {
	Connected  bool
	Since      time.Time     // of the present link
	LastFrame  time.Time     // of anything that Slack sent
	LastEvent  time.Time     // of something that somebody did
	LastReason string        // why the last link ended
	LastError  string        // of the last attempt to connect
	Refused    string        // Slack's error for the last message that the desk wrote; empty: it took it
	Asked      time.Duration // for how long Slack asked not to be written to, where that is longer than is obeyed; below 0: too long to count
	Scopes     bool          // whether Slack told which scopes the desk has
	Missing    []string      // those that it lacks, by the names that the manifest has
}

// HealthShop is how a shop stands with TikTok.
type HealthShop struct {
	Shop    workflow.Shop
	Waiting int       // requests that wait for a decision
	Told    bool      // whether anything is known of looks at TikTok
	Synced  time.Time // the last look that went through; zero: there was none since the desk was opened
	Error   string    // of the last look; empty: it went through
	Running time.Time // since when a look is under way; zero: none is
	Read    int       // requests that the look under way has read so far

	MessagesError string // of the last look for creators' messages; empty: it went through
	ContentError  string // of the last look for what creators posted; empty: it went through

	Unreadable []string // ids of the requests that cannot be read, an empty one for those without

	Authorisation workflow.Authorisation // zero: not known
	Rules         workflow.Rules
	At            time.Time
}

// staleSync is how old the last good look at TikTok may be before it is a fault.
const staleSync = 5 * time.Minute

// maxStoreFault is the length of the longest store fault on screen, paths included, in code points.
const maxStoreFault = 400

// maxHealthShops is how many shops one answer tells of.
const maxHealthShops = 30

// Health is the answer to `/samples status`: first whether all is well, then what was looked at.
func Health(f HealthFacts) Message {
	faults := f.faults()
	m := Message{Text: "Sample Desk is working normally"}
	verdict := []string{"*Everything is working.*"}
	if len(faults) > 0 {
		m.Text = many(len(faults), "thing") + " " + verb(len(faults), "needs", "need") + " attention:" + inText(faults)
		verdict = []string{"*" + many(len(faults), "thing") + " " + verb(len(faults), "needs", "need") + " attention:*"}
		for _, fault := range faults {
			verdict = append(verdict, "• "+fault)
		}
	}
	m.Blocks = append(sections(verdict),
		aside(dotted("Sample Desk "+first(data(f.Version, maxID), "(unknown version)"), "as of "+stampSeconds(f.At))),
		section("*Slack*", f.Slack.link(), f.Slack.frames(), f.Slack.scopes()),
		section(f.outbox()...),
	)
	if len(f.Desks) > 1 {
		m.Blocks = append(m.Blocks, section(f.desks()...))
	}
	if more := len(f.Shops) - maxHealthShops; more > 0 {
		m.Blocks = append(m.Blocks, aside(many(more, "more shop")+" are not shown here. Run `/samples status` in their channels."))
	}
	for _, s := range f.Shops[:min(maxHealthShops, len(f.Shops))] {
		m = m.And(Message{Blocks: []slack.Block{section(s.lines()...)}})
	}
	return m
}

// maxDesks is how many desks one answer tells of.
const maxDesks = 8

// desks tells of each desk that shares the store.
func (f HealthFacts) desks() []string {
	lines := []string{"*Desks*"}
	for i, d := range f.Desks[:min(len(f.Desks), maxDesks)] {
		name := "`" + first(data(strings.ReplaceAll(d.Host, "`", ""), maxID), "unknown") + "`"
		if i == 0 {
			name += " (answers here)"
		}
		did := many(d.Did.Clicks, "click") + ", " + many(d.Did.Deliveries, "thing") + " sent, " + many(d.Did.Jobs, "job")
		lines = append(lines, "• "+name+": version "+first(data(d.Version, maxID), "unknown")+", last seen "+stampSeconds(d.SeenAt)+"; in the last minute "+did)
	}
	if more := len(f.Desks) - maxDesks; more > 0 {
		lines = append(lines, "and "+many(more, "more desk"))
	}
	return lines
}

// inText is as many of the faults as the text of a message has room for.
func inText(faults []string) (text string) {
	for _, f := range faults {
		if next := text + " " + deafener.Replace(strings.ReplaceAll(f, "`", "")); utf8.RuneCountInString(next) <= maxText/2 {
			text = next
		}
	}
	return text
}

// faults are what somebody has to see to, each with what to do.
func (f HealthFacts) faults() (all []string) {
	for _, s := range f.Store {
		all = append(all, capital(data(s, maxStoreFault))+".")
	}
	if !f.Slack.Connected {
		all = append(all, "Sample Desk is not connected to Slack.")
	}
	if f.Slack.Refused != "" {
		all = append(all, "Slack rejected our last message ("+data(f.Slack.Refused, maxID)+"). Run `sampledesk check` for details.")
	}
	if f.Slack.Asked != 0 {
		all = append(all, "Slack asked Sample Desk to pause "+longWait(f.Slack.Asked)+"; it still tries again every few minutes.")
	}
	if len(f.Slack.Missing) > 0 {
		all = append(all, "The Slack app is missing scopes. Load `manifest.yml` again and reinstall the app.")
	}
	if f.Dead > 0 {
		all = append(all, many(f.Dead, "thing")+" could not be delivered. See `/samples retry`.")
	}
	for _, s := range f.Shops[:min(maxHealthShops, len(f.Shops))] {
		if fault := s.fault(f.At); fault != "" {
			all = append(all, fault)
		}
	}
	return all
}

// longWait is a wait in words: "for 3 days".
func longWait(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d < 0 || d > 10_000*day:
		return "for years"
	case d >= 2*day:
		return fmt.Sprintf("for %d days", d/day)
	case d >= 2*time.Hour:
		return fmt.Sprintf("for %d hours", d/time.Hour)
	default:
		return fmt.Sprintf("for %d minutes", d/time.Minute)
	}
}

func (s HealthShop) fault(now time.Time) string {
	switch name := s.called(); {
	case s.Shop.SyncStopped != (workflow.Failure{}):
		return name + ": " + first(stoppedCall(s.Shop.SyncStopped), "TikTok is rejecting our requests") + "; see the reason below."
	case s.Shop.ReviewsStopped != (workflow.Failure{}):
		return name + ": " + first(stoppedCall(s.Shop.ReviewsStopped), "TikTok is not accepting decisions") + "; see the reason below."
	case s.Told && s.Error != "":
		return name + ": the last sync with TikTok failed."
	case s.Told && !s.Synced.IsZero() && now.Sub(s.Synced) > staleSync:
		return name + ": no recent sync with TikTok."
	case len(s.Unreadable) > 0:
		return name + ": " + many(len(s.Unreadable), "request") + " can't be read; see below."
	case s.MessagesError != "" && s.ContentError != "":
		return name + ": can't check for messages or content from creators; see the reasons below."
	case s.MessagesError != "":
		return name + ": can't check for messages from creators; see the reason below."
	case s.ContentError != "":
		return name + ": can't check for content from creators; see the reason below."
	default:
		return ""
	}
}

// stoppedCall tells what a fault stops that is one call's alone; empty: it is not.
func stoppedCall(c workflow.Failure) string {
	if c.Call == "" {
		return ""
	}
	return stoppedWhat(c)
}

// maxUnread is how many unreadable requests a shop's lines name.
const maxUnread = 5

func andMore(n int) string {
	if n <= 0 {
		return ""
	}
	return " and " + grouped(float64(n)) + " more"
}

func (s HealthShop) called() string {
	return first(data(s.Shop.Name, maxName), "Shop "+data(string(s.Shop.ID), maxID))
}

func (h HealthSlack) link() string {
	if h.Connected {
		return "Connected since " + due(h.Since) + endedWith(h.LastReason)
	}
	if h.LastError != "" {
		return "Not connected; the last attempt failed: " + quoted(h.LastError, maxWords)
	}
	return "Not connected" + endedWith(h.LastReason)
}

// endedWith tells why the link before ended.
func endedWith(reason string) string {
	if clean(reason) == "" {
		return ""
	}
	return "; the previous connection ended with " + quoted(reason, maxName)
}

func (h HealthSlack) frames() string {
	var lines []string
	if !h.LastFrame.IsZero() {
		lines = append(lines, "Last data from Slack "+due(h.LastFrame))
	}
	if !h.LastEvent.IsZero() {
		lines = append(lines, "Last event "+due(h.LastEvent))
	}
	return joinLines(lines)
}

func (h HealthSlack) scopes() string {
	switch {
	case !h.Scopes:
		return "Slack didn't answer in time which scopes we have."
	case len(h.Missing) == 0:
		return "All scopes are granted."
	}
	names := make([]string, len(h.Missing))
	for i, s := range h.Missing {
		names[i] = "`" + s + "`"
	}
	return "Missing scopes: " + strings.Join(names, ", ")
}

// waitingNames are the kinds of what waits, one and several.
var waitingNames = map[workflow.EffectKind][2]string{
	workflow.ReviewOnTikTok: {"decision for TikTok", "decisions for TikTok"},
	workflow.SendMessage:    {"message to a creator", "messages to creators"},
	workflow.CarryOn:        {"action on several requests", "actions on several requests"},
	workflow.MarkRead:       {"set of conversations to mark as read", "sets of conversations to mark as read"},
	workflow.CallWebhook:    {"event for another system", "events for other systems"},
	workflow.ImportCreators: {"import of a collaboration", "imports of collaborations"},
	workflow.ShowCard:       {"card", "cards"},
	workflow.ShowNotice:     {"message to update", "messages to update"},
	workflow.Reply:          {"reply in a thread", "replies in threads"},
	workflow.Announce:       {"notice to a channel", "notices to channels"},
	workflow.EraseReplies:   {"thread to erase a creator from", "threads to erase a creator from"},
}

func (f HealthFacts) outbox() []string {
	lines := []string{"*Waiting to be sent*"}
	for _, w := range f.Waiting {
		names, known := waitingNames[w.Kind]
		if !known {
			names = [2]string{data(string(w.Kind), maxID), data(string(w.Kind), maxID)}
		}
		name := names[0]
		if w.Count != 1 {
			name = names[1]
		}
		lines = append(lines, fmt.Sprintf("• %s %s, oldest from %s", grouped(float64(w.Count)), name, due(w.Oldest)))
	}
	if len(f.Waiting) == 0 {
		lines = append(lines, "Nothing is waiting to be sent.")
	}
	if f.More {
		lines = append(lines, "There are more than these.")
	}
	if f.Dead > 0 {
		lines = append(lines, "Could not be delivered: "+grouped(float64(f.Dead))+". See `/samples retry`.")
	}
	return lines
}

func (s HealthShop) lines() []string {
	lines := []string{"*" + s.called() + "*", many(s.Waiting, "pending request"), authorisedLine(s.Authorisation, s.At)}
	if s.Rules.PausedAll {
		lines = append(lines, pausedLine(s.Rules))
	}
	switch {
	case !s.Told:
	case s.Synced.IsZero() && !s.Running.IsZero():
		lines = append(lines, "The first look at TikTok is under way since "+due(s.Running)+": "+many(s.Read, "request")+" read so far.")
	case s.Synced.IsZero():
		lines = append(lines, "No sync with TikTok since Sample Desk started.")
	default:
		lines = append(lines, "Last sync "+due(s.Synced))
	}
	if s.Error != "" {
		lines = append(lines, "Last sync failed: "+quoted(s.Error, maxWords))
	}
	if n := len(s.Unreadable); n > 0 {
		lines = append(lines, fmt.Sprintf("Requests that can't be read: %d: %s%s", n, unreadableNames(s.Unreadable[:min(n, maxUnread)]), andMore(n-maxUnread)))
	}
	if s.MessagesError != "" {
		lines = append(lines, "Last check for messages from creators failed: "+quoted(s.MessagesError, maxWords))
	}
	if s.ContentError != "" {
		lines = append(lines, "Last check for content from creators failed: "+quoted(s.ContentError, maxWords))
	}
	for _, c := range []struct {
		cause workflow.Failure
		what  string
	}{{s.Shop.SyncStopped, "TikTok is rejecting our requests"}, {s.Shop.ReviewsStopped, "TikTok is not accepting decisions"}} {
		if c.cause != (workflow.Failure{}) {
			lines = append(lines, join(" ", first(stoppedCall(c.cause), c.what)+", because "+why(c.cause)+".", remedy(c.cause), support(c.cause)))
		}
	}
	return lines
}
