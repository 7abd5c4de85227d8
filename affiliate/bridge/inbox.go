package bridge

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
	"time"

	"sampledesk/affiliate"
	"sampledesk/workflow"
)

const (
	// MaxWebhook is the longest webhook that is read. A creator's message is the longest thing in one.
	MaxWebhook = 64 << 10

	// keepWithin is how long a webhook may take to be on disk: TikTok gives three seconds.
	keepWithin = 2 * time.Second

	// keptAtOnce is how many webhooks are kept in one transaction, and keepPause the time between two: so many that a
	// storm is kept, and so seldom that clicks have the store to themselves.
	keptAtOnce = 200
	keepPause  = 20 * time.Millisecond

	// maxArriving bounds the webhooks that wait for their transaction. Beyond it TikTok is asked to come again.
	maxArriving = 2000

	// maxLooks bounds the looks in the store, and notedPerDay the ids of a day: some 3 MB of disk in all. What is beyond
	// them is left to the next sweep.
	maxLooks    = 2000
	notedPerDay = 50_000

	// notedFor is how long an id is known: TikTok repeats for less than 16 hours.
	notedFor = 4 * 24 * time.Hour
)

// Inbox takes TikTok's webhooks. They change nothing but latency: each is a reason to look at one application, one
// conversation or one authorisation, and the looks are made from the store (looks.go), where they outlive a crash.
//
// # What it defends against
//
//   - Forged webhooks: the signature of one of the desk's apps is asked for, in constant time, before the body is read as
//     anything. What it says is not believed even then: TikTok is asked.
//   - Recorded and repeated ones: no time is signed, so that each id counts once in four days. A webhook that is older than
//     that leads to a look, and a look finds what is true now.
//   - Storms: webhooks are kept many in one transaction and few transactions a second; of one subject there is one look;
//     ids, looks and what waits are bounded; and a shop is looked at so often and no more. Shops and types that the desk
//     does not know cost no disk.
//
// What is left: whoever has an app's secret can make the desk look, within those bounds, and an app's secret lets them do
// worse elsewhere.
type Inbox struct {
	bridge *Bridge

	// Told is told what became of each webhook: kept, repeated, ignored, refused or failed. Nil tells nobody. It is set
	// before the first.
	Told func(outcome string)

	arrived chan arrival
	looked  chan struct{} // holds one once there is something to look at

	mu        sync.Mutex
	looks     int                           // in the store, about
	rests     map[workflow.ShopID]time.Time // until when nothing is looked at, after a failure
	renewed   map[workflow.ShopID]time.Time // when its authorisation was last looked at
	sweptSoon map[workflow.ShopID]time.Time // when so many applications changed that all were looked at
}

// arrival is a webhook on its way to the disk.
type arrival struct {
	affiliate.Webhook
	app    string // that signed it
	at     time.Time
	answer chan error // takes one
	first  bool       // it was not known
}

// NewInbox returns an inbox, which works while Run does.
func NewInbox(b *Bridge) *Inbox {
	return &Inbox{
		bridge: b, arrived: make(chan arrival, maxArriving), looked: make(chan struct{}, 1),
		rests: map[workflow.ShopID]time.Time{}, renewed: map[workflow.ShopID]time.Time{}, sweptSoon: map[workflow.ShopID]time.Time{},
	}
}

// ServeHTTP implements http.Handler, for POST requests: 200 with an empty body once the webhook is on disk or of no
// interest, 401 where nobody of ours signed it, 503 where TikTok should send it again.
func (i *Inbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxWebhook))
	if err != nil {
		http.Error(w, http.StatusText(http.StatusRequestEntityTooLarge), http.StatusRequestEntityTooLarge)
		return
	}
	app, ok, err := i.signedBy(r.Context(), r.Header.Get("Authorization"), body)
	switch {
	case err != nil:
		i.failed(w, r, err)
		return
	case !ok:
		i.told("refused")
		i.bridge.log.DebugContext(r.Context(), "refused a webhook that no app signed")
		http.Error(w, http.StatusText(http.StatusUnauthorized), http.StatusUnauthorized)
		return
	}
	hook, err := affiliate.ParseWebhook(body)
	if err != nil {
		i.bridge.log.WarnContext(r.Context(), "could not read a webhook", "error", err)
	}
	if err != nil || !interesting(hook) {
		i.told("ignored")
		return
	}
	a := arrival{Webhook: hook, app: app, at: i.bridge.store.Now(), answer: make(chan error, 1)}
	timer := time.NewTimer(keepWithin + 500*time.Millisecond)
	defer timer.Stop()
	select {
	case i.arrived <- a:
	default:
		i.failed(w, r, errors.New("too many webhooks are arriving"))
		return
	}
	select {
	case err := <-a.answer:
		if err != nil {
			i.failed(w, r, err)
		}
	case <-timer.C:
		i.failed(w, r, errors.New("a webhook could not be kept in time"))
	}
}

func (i *Inbox) failed(w http.ResponseWriter, r *http.Request, err error) {
	i.told("failed")
	i.bridge.log.WarnContext(r.Context(), "could not keep a webhook", "error", err)
	http.Error(w, http.StatusText(http.StatusServiceUnavailable), http.StatusServiceUnavailable)
}

func (i *Inbox) told(outcome string) {
	if i.Told != nil {
		i.Told(outcome)
	}
}

// interesting reports whether a webhook leads to a look.
func interesting(w affiliate.Webhook) bool {
	switch w.Type {
	case affiliate.WebhookDeauthorised, affiliate.WebhookEnding:
		return true
	case affiliate.WebhookMessage:
		return w.Shop != "" && w.Conversation != ""
	case affiliate.WebhookSampleChanged:
		return w.Shop != "" && w.Application != ""
	default:
		return false
	}
}

// signedBy finds the app whose signature a webhook carries.
func (i *Inbox) signedBy(ctx context.Context, authorization string, body []byte) (app string, ok bool, err error) {
	apps, err := i.bridge.Apps(ctx)
	if err != nil {
		return "", false, err
	}
	for _, a := range apps {
		client, err := i.bridge.clientOf(ctx, a.Name)
		if err != nil {
			i.bridge.log.WarnContext(ctx, "could not open an app's secret", "app", a.Name, "error", err)
			continue
		}
		if client.SignedWebhook(authorization, body) {
			return a.Name, true, nil
		}
	}
	return "", false, nil
}

// Run keeps what arrives and looks at what it is about, until ctx ends.
func (i *Inbox) Run(ctx context.Context) {
	var looking sync.WaitGroup
	looking.Go(func() { i.lookOn(ctx) })
	defer looking.Wait()
	for {
		select {
		case <-ctx.Done():
			return
		case a := <-i.arrived:
			i.keep(ctx, i.more(a))
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(keepPause):
		}
	}
}

// Wake has it looked soon whether another desk kept something to look at. It never blocks.
func (i *Inbox) Wake() {
	select {
	case i.looked <- struct{}{}:
	default:
	}
}

// more gathers what else has arrived.
func (i *Inbox) more(a arrival) (all []arrival) {
	all = []arrival{a}
	for len(all) < keptAtOnce {
		select {
		case a := <-i.arrived:
			all = append(all, a)
		default:
			return all
		}
	}
	return all
}

// keep puts webhooks on disk, in one transaction, and answers for each.
func (i *Inbox) keep(ctx context.Context, all []arrival) {
	ctx, cancel := context.WithTimeout(ctx, keepWithin)
	defer cancel()
	i.mu.Lock()
	looks := i.looks
	i.mu.Unlock()
	put := 0
	err := i.bridge.store.Update(ctx, func(tx workflow.Tx) error {
		put = 0
		for n := range all {
			a := &all[n]
			a.first = false
			found, err := looksOf(tx, *a)
			if err != nil {
				return err
			}
			if len(found) == 0 {
				continue
			}
			if a.first, err = tx.NoteDelivery(a.NotificationID, a.at, notedPerDay); err != nil || !a.first {
				if err != nil {
					return err
				}
				continue
			}
			for _, l := range found {
				if looks+put >= maxLooks {
					break
				}
				if err := tx.PutLook(l); err != nil {
					return err
				}
				put++
			}
		}
		return nil
	})
	if err == nil && put > 0 {
		i.mu.Lock()
		i.looks += put
		i.mu.Unlock()
		i.Wake()
	}
	for _, a := range all {
		switch {
		case err != nil: // told by the handler
		case a.first:
			i.told("kept")
		default:
			i.told("repeated")
		}
		a.answer <- err
	}
}

// looksOf returns what a webhook gives reason to look at, among the shops that the desk serves.
func looksOf(tx workflow.Tx, a arrival) (all []workflow.Look, err error) {
	look := workflow.Look{Shop: workflow.ShopID(a.Shop), At: a.at}
	switch a.Type {
	case affiliate.WebhookSampleChanged:
		look.Kind, look.ID, look.Creator, look.Product = workflow.LookAtApplication, string(a.Application), string(a.Creator), workflow.ProductID(a.Product)
	case affiliate.WebhookMessage:
		look.Kind, look.ID = workflow.LookAtConversation, string(a.Conversation)
	default:
		look.Kind = workflow.LookAtAuthorisation
	}
	if look.Shop != "" {
		s, err := tx.Shop(look.Shop)
		if errors.Is(err, workflow.ErrNotFound) || err == nil && !servedBy(s, a.app) {
			return nil, nil
		}
		return []workflow.Look{look}, err
	}
	shops, err := tx.Shops() // it is about an app's authorisations, and does not say which
	for _, s := range shops {
		if servedBy(s, a.app) {
			look.Shop = s.ID
			all = append(all, look)
		}
	}
	return all, err
}

// servedBy reports whether the desk serves a shop, by an app.
func servedBy(s workflow.Shop, app string) bool {
	of, _ := workflow.AppOf(s.OpenID)
	return s.Disconnected.IsZero() && of == app
}
