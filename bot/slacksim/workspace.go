// Package slacksim is a stand-in Slack workspace: the Web API, Socket Mode, signed HTTP delivery and the people who click.
//
// No test and no newcomer can reach Slack, so what is known of it is enforced here, stricter than the real thing and never kinder: a
// payload over a limit, a wrong type, a missing scope, a reused trigger or a call over its rate gets the documented error. The
// workspace keeps state, speaks the real wire protocols to any client in any language, and can be told to misbehave.
//
// What is kept is bounded: see the constants of this file. All times come from time.Now and the timers of package time, so that a
// workspace lives happily inside a testing/synctest bubble.
package slacksim

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// How much a workspace remembers. Beyond each number the oldest is forgotten, so memory stays flat however long it runs.
const (
	keptMessages   = 100_000 // of each channel
	keptVersions   = 50      // earlier layouts of each message
	keptEphemerals = 2_000   // messages that one person saw
	keptClosed     = 500     // views that nobody looks at any more
	keptOpen       = 1_000   // modals open at the same time; the oldest is closed for a newer one
	keptTriggers   = 10_000  // triggers, so that an old one can be told from one that never was
	keptURLs       = 10_000  // response_url addresses
	keptCalls      = 100_000 // Web API calls
	keptUploads    = 200     // files
	keptUndone     = 20_000  // deliveries that wait for their acknowledgement
)

// Options say what the workspace is like. The zero value is a workspace with every scope and event, over Socket Mode, with rate limits.
type Options struct {
	// Logger takes the workspace's own log; nil: nothing is logged.
	Logger *slog.Logger
	// NoRateLimits turns the limits on calls off, for load tests.
	NoRateLimits bool
	// HTTPURL gets every delivery as a signed HTTP request, in place of Socket Mode, once it has passed Slack's handshake. Empty: Socket Mode.
	HTTPURL string
	// Scopes are what the bot token was granted; nil: every scope that the workspace knows.
	Scopes []string
	// Events are the bot events that the app subscribed to; nil: every event that the workspace knows.
	Events []string
	// Commands are the app's slash commands; nil: /samples and /campaign.
	Commands []Command
	// Shortcuts are the app's shortcuts; nil: whatever callback_id somebody names exists.
	Shortcuts []Shortcut
	// Links are shown on the workspace's page, for instance to the other stand-in.
	Links []Link
	// FramedBy names whose pages may show the workspace's page in a frame, as the content policy's frame-ancestors has them:
	// 'self', or origins such as http://127.0.0.1:8484. None: nobody's.
	FramedBy []string
	// Transport carries what the workspace itself asks of others: signed deliveries and the pictures of messages. Nil: the usual one.
	Transport http.RoundTripper
}

// Command is one slash command as the app's manifest declares it.
type Command struct {
	Name         string `json:"command"` // with its slash
	Description  string `json:"description"`
	UsageHint    string `json:"usage_hint"`
	ShouldEscape bool   `json:"should_escape,omitempty"`
}

// Shortcut is one shortcut as the app's manifest declares it.
type Shortcut struct {
	Name       string `json:"name"`
	CallbackID string `json:"callback_id"`
	Type       string `json:"type"` // "global" or "message"
}

// Link is a line on the page that leads elsewhere.
type Link struct {
	Label string `json:"label"`
	URL   string `json:"url"`
}

// Details are what a client needs to know to work with the workspace.
type Details struct {
	APIURL        string   `json:"slack_api_url"` // ends in /api/
	Page          string   `json:"slack_page"`
	BotToken      string   `json:"slack_bot_token"`
	AppToken      string   `json:"slack_app_token"` // empty over HTTP, where nothing takes it
	SigningSecret string   `json:"slack_signing_secret"`
	Channel       string   `json:"slack_channel"`
	Users         []Person `json:"slack_users"`
}

// Person is somebody of the workspace, as Details lists them.
type Person struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Role string `json:"role"` // admin, member, guest, stranger (of another workspace), outsider (not in the channel) or grid (a member by way of an Enterprise Grid organisation)
}

// Workspace is one stand-in workspace with one app installed. It is safe for concurrent use.
type Workspace struct {
	log     *slog.Logger
	options Options
	scopes  map[string]bool
	events  map[string]bool
	secrets secrets
	team    team
	app     app

	ctx  context.Context // ends with Close
	stop context.CancelFunc
	work sync.WaitGroup // every goroutine of the workspace

	calls    *ledger
	limits   *limits
	faults   *faults
	hub      *hub
	watch    *watch
	picture  *http.Client
	poster   *http.Client
	untried  chan struct{} // holds whoever tries the request address
	verified chan struct{} // closed once it passed the handshake

	mu         sync.Mutex // guards everything below, and is never held while anybody outside is waited for
	closed     bool
	lastStamp  int64 // microseconds
	people     []*person
	groups     []*group
	channels   []*channel
	ephemerals []*ephemeral
	views      map[viewID]*view
	viewOrder  []viewID
	homes      map[userID]viewID
	triggers   kept[triggerID, *trigger]
	urls       kept[string, *responseURL]
	uploads    kept[string, *upload]
	scheduled  map[string]*scheduledMessage
	offered    map[string]map[string]object // options that external selects were offered, by control
}

type secrets struct{ bot, app, signing, verification string }

// team is a workspace's own name and address.
type team struct{ id, name, domain string }

// app is the one app that is installed, and the bot user that acts for it.
type app struct {
	id, name, display string
	botID             string
	user              userID
}

// New makes a workspace: a channel "samples" with the bot and everybody but the outsider in it, and a channel "general" without the bot.
// Tokens and secrets are new at each call.
func New(options Options) *Workspace {
	log := options.Logger
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	if options.Commands == nil {
		options.Commands = defaultCommands()
	}
	ctx, stop := context.WithCancel(context.Background())
	w := &Workspace{
		log: log, options: options, ctx: ctx, stop: stop,
		scopes: granted(options.Scopes, knownScopes), events: granted(options.Events, knownEvents),
		secrets: newSecrets(),
		team:    team{id: "T0DESK0001", name: "Sample Shop", domain: "sample-shop"},
		app:     app{id: "A0DESK0001", name: "sampledesk", display: "Sample Desk", botID: "B0DESK0001", user: "U0DESK0BOT"},
		calls:   newLedger(keptCalls), limits: newLimits(options.NoRateLimits), faults: newFaults(), watch: newWatch(),
		views: map[viewID]*view{}, homes: map[userID]viewID{}, scheduled: map[string]*scheduledMessage{},
		offered:  map[string]map[string]object{},
		triggers: newKept[triggerID, *trigger](keptTriggers),
		urls:     newKept[string, *responseURL](keptURLs),
		uploads:  newKept[string, *upload](keptUploads),
	}
	w.hub = newHub(w.ctx, log, w.app.id, w.faults, w.noteDroppedAck)
	w.picture, w.poster = newPictureClient(options.Transport), newPoster(options.Transport)
	w.untried, w.verified = make(chan struct{}, 1), make(chan struct{})
	w.settle()
	if options.HTTPURL != "" {
		w.launch(func() { _ = w.handshake(w.ctx) }) // it logs what came of it
	}
	return w
}

func defaultCommands() []Command {
	return []Command{
		{Name: "/samples", Description: "Sample requests: queue, decide, numbers", UsageHint: "queue | show <id> | approve <id> | reject <id> <reason> | stats | help"},
		{Name: "/campaign", Description: "Campaigns and who stands where in them", UsageHint: "list | status <name> | create <name> | add <name> <@creator> | help"},
	}
}

func newSecrets() secrets {
	return secrets{
		bot:     "xoxb-" + digits(12) + "-" + digits(12) + "-" + token(24),
		app:     "xapp-1-A0DESK0001-" + digits(12) + "-" + token(32),
		signing: token(32), verification: token(24),
	}
}

// Details tells a client how to reach the workspace when its handler is served at base, for instance "http://127.0.0.1:8484".
func (w *Workspace) Details(base string) Details {
	base = strings.TrimRight(base, "/")
	w.mu.Lock()
	defer w.mu.Unlock()
	d := Details{
		APIURL: base + "/api/", Page: base + "/", BotToken: w.secrets.bot, AppToken: w.secrets.app,
		SigningSecret: w.secrets.signing, Channel: string(w.channels[0].id),
	}
	if w.options.HTTPURL != "" {
		d.AppToken = ""
	}
	for _, p := range w.people {
		if p.role != roleBot {
			d.Users = append(d.Users, Person{ID: string(p.id), Name: p.name, Role: string(p.role)})
		}
	}
	return d
}

// Close ends every link, timer and delivery and waits until the last of them is gone. It is safe to call it twice.
func (w *Workspace) Close() error {
	w.mu.Lock()
	w.closed = true
	for _, s := range w.scheduled {
		s.timer.Stop()
	}
	w.mu.Unlock()
	w.stop()
	w.hub.close()
	w.work.Wait()
	w.picture.CloseIdleConnections()
	w.poster.CloseIdleConnections()
	return nil
}

// launch runs f in a goroutine that Close waits for. After Close it does nothing and says so.
func (w *Workspace) launch(f func()) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return false
	}
	w.work.Go(f)
	return true
}

// stampNow is the next message time stamp: seconds and microseconds, unique and rising in the whole workspace. The lock is held.
func (w *Workspace) stampNow() stamp {
	w.lastStamp = max(time.Now().UnixMicro(), w.lastStamp+1)
	return stamp(fmt.Sprintf("%d.%06d", w.lastStamp/1_000_000, w.lastStamp%1_000_000))
}

// token is n random hexadecimal digits.
func token(n int) string {
	b := make([]byte, (n+1)/2)
	_, _ = rand.Read(b) // crypto/rand never fails: it ends the program instead
	return hex.EncodeToString(b)[:n]
}

// digits is n random decimal digits, none of them a leading zero.
func digits(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b)
	for i := range b {
		b[i] = '0' + b[i]%10
	}
	b[0] = '1' + b[0]%9
	return string(b)
}

// name is a random identifier of capitals and digits behind a letter that tells its kind, as Slack's are.
func name(kind string) string { return kind + "0" + strings.ToUpper(token(9)) }

// kept is a map that forgets its oldest entries. The workspace's lock guards it.
type kept[K comparable, V any] struct {
	most  int
	order []K
	by    map[K]V
}

func newKept[K comparable, V any](most int) kept[K, V] {
	return kept[K, V]{most: most, by: map[K]V{}}
}

func (k *kept[K, V]) put(key K, value V) {
	if _, known := k.by[key]; !known {
		k.order = append(k.order, key)
	}
	k.by[key] = value
	if len(k.order) > k.most+k.most/4 { // in strides, so that dropping costs nothing worth naming
		for _, old := range k.order[:len(k.order)-k.most] {
			delete(k.by, old)
		}
		k.order = append([]K(nil), k.order[len(k.order)-k.most:]...)
	}
}

func (k *kept[K, V]) get(key K) (V, bool) {
	v, ok := k.by[key]
	return v, ok
}

// drop forgets an entry before its time.
func (k *kept[K, V]) drop(key K) {
	delete(k.by, key)
	k.order = slices.DeleteFunc(k.order, func(o K) bool { return o == key })
}
