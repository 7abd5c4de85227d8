package affiliatesim

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// The webhooks that the vendor documents for these calls.
const (
	webhookDeauthorized = 6
	webhookExpiring     = 7
	webhookMessage      = 33
	webhookStatus       = 56
)

// Delivery: how many webhooks wait at most, and how long an answer may take. It has to be
// 200 with an empty body.
const (
	waitingWebhooks = 10_000
	webhookTimeout  = 3 * time.Second
)

// webhookRetries are the pauses after a delivery that failed. After the last it is lost.
// Others do not wait for it.
var webhookRetries = []time.Duration{2 * time.Minute, 30 * time.Minute, 3 * time.Hour, 12 * time.Hour}

// webhook is the body of one delivery.
type webhook struct {
	Type           int    `json:"type"`
	NotificationID string `json:"tts_notification_id"`
	ShopID         string `json:"shop_id"`
	Timestamp      int64  `json:"timestamp"`
	Data           any    `json:"data"`

	app        *app     // that it is for, which signs it
	registered *url.URL // where that app wants it; nil: where /sim/webhooks says
	tries      int      // that failed
}

// postman delivers webhooks one after the other, in order; what is tried again comes when
// it comes.
type postman struct {
	client *http.Client
	logger *slog.Logger

	mu      sync.Mutex
	url     string // as set in the partner center
	through string // where the registered addresses lead; empty: nowhere
	manner  manner
	aimed   int // counts the addresses, so that what was held back for an older one is dropped
	late    int // held back now
	queue   []webhook
	sent    int
	failed  int
	running bool
	closed  bool
	stop    context.CancelFunc
	ctx     context.Context
	done    sync.WaitGroup
}

func newPostman(client *http.Client, logger *slog.Logger) *postman {
	if client == nil {
		client = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	}
	p := &postman{client: client, logger: logger, manner: manner{times: 1}}
	p.ctx, p.stop = context.WithCancel(context.Background())
	return p
}

// close drops what waits and returns once the present delivery has ended.
func (p *postman) close() {
	p.mu.Lock()
	p.closed, p.queue = true, nil
	p.mu.Unlock()
	p.stop()
	p.done.Wait()
	p.client.CloseIdleConnections()
}

// aim sets the addresses for deliveries from now on, and their manner; no address: none.
// What waits for an older address is dropped.
func (p *postman) aim(url, through string, m manner) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.aimed++
	p.url, p.through, p.manner, p.queue, p.late = url, strings.TrimRight(through, "/"), m, nil, 0
}

// target is where a webhook goes, and under which host: to the address that the app
// registered for that event and shop, otherwise to that of the partner center. Which of the
// two the vendor prefers is not known: never both. Empty: nowhere. The caller holds mu.
func (p *postman) target(w webhook) (address, host string) {
	if w.registered == nil || p.through == "" {
		return p.url, ""
	}
	return p.through + w.registered.EscapedPath(), w.registered.Host
}

// post queues a webhook in the manner that was ordered.
func (p *postman) post(w webhook) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if to, _ := p.target(w); to == "" || p.closed {
		return
	}
	copies, late := p.manner.next()
	if copies == 0 {
		p.failed++
	}
	for range copies {
		if late > 0 {
			p.holdBack(w, late)
		} else {
			p.enqueue(w)
		}
	}
}

// holdBack queues a webhook after a while; younger ones overtake it. The caller holds mu.
func (p *postman) holdBack(w webhook, late time.Duration) {
	if p.late >= waitingWebhooks {
		p.failed++
		return
	}
	p.late++
	aimed := p.aimed
	time.AfterFunc(late, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if aimed == p.aimed && !p.closed {
			p.late--
			p.enqueue(w)
		}
	})
}

// enqueue adds a webhook, dropping the oldest when too many wait. The worker lives
// only while there is something to deliver. The caller holds mu.
func (p *postman) enqueue(w webhook) {
	if len(p.queue) >= waitingWebhooks {
		p.queue = p.queue[1:]
		p.failed++
	}
	p.queue = append(p.queue, w)
	if !p.running {
		p.running = true
		p.done.Go(p.work)
	}
}

// work delivers until nothing waits.
func (p *postman) work() {
	for {
		p.mu.Lock()
		if len(p.queue) == 0 || p.closed {
			p.running = false
			p.mu.Unlock()
			return
		}
		w := p.queue[0]
		url, host := p.target(w)
		p.queue = p.queue[1:]
		p.mu.Unlock()
		err := p.send(url, host, w)
		p.mu.Lock()
		switch {
		case err == nil:
			p.sent++
		case w.tries < len(webhookRetries):
			w.tries++
			p.holdBack(w, webhookRetries[w.tries-1])
		default:
			p.failed++
		}
		p.mu.Unlock()
		if err != nil && p.ctx.Err() == nil {
			p.logger.Warn("could not deliver a webhook", "type", w.Type, "notification", w.NotificationID, "tries", w.tries, "error", err)
		}
	}
}

// send makes one attempt, with the same notification id each time.
func (p *postman) send(url, host string, w webhook) error {
	body, err := compact(w)
	if err != nil {
		return fmt.Errorf("writing a webhook: %w", err)
	}
	ctx, cancel := context.WithTimeout(p.ctx, webhookTimeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("addressing a webhook: %w", err)
	}
	r.Host = host
	secret := w.app.secret
	p.mu.Lock()
	if p.manner.forged {
		secret = "nobody's"
	}
	p.mu.Unlock()
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", signWebhook(w.app.key, secret, body))
	response, err := p.client.Do(r)
	if err != nil {
		return fmt.Errorf("delivering a webhook: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	said, err := io.CopyN(io.Discard, response.Body, 64<<10)
	switch {
	case response.StatusCode != http.StatusOK:
		return fmt.Errorf("delivering a webhook: answered %s", response.Status)
	case said > 0 || !errors.Is(err, io.EOF):
		return errors.New("delivering a webhook: the answer has a body")
	}
	return nil
}

// announce queues a webhook for a shop, to every app that an authorisation of that shop
// holds for. The data may differ, as creators have another open id for each app. The caller
// holds mu.
func (c *Center) announce(kind int, s *shop, data func(*app) any, now time.Time) {
	for _, a := range c.apps {
		if a.covers(s, now) {
			c.announceTo(a, kind, s, data(a), now)
		}
	}
}

// announceTo queues a webhook for one app.
func (c *Center) announceTo(a *app, kind int, s *shop, data any, now time.Time) {
	c.deliveries++
	c.hooks.post(webhook{Type: kind, NotificationID: c.ids.next(), ShopID: s.ID, Timestamp: now.Unix(), Data: data, app: a, registered: a.registeredFor(kind, s.ID)})
}

// announceStatus tells of an application's status. The vendor documents creator and
// product as arrays in one place and as objects in another: they come by turns.
func (c *Center) announceStatus(a *application, now time.Time) {
	c.announce(webhookStatus, a.shop, func(to *app) any {
		var creator any = map[string]string{"creator_open_id": to.openIDOf(a.creator)}
		var product any = map[string]string{"id": a.product.id, "sku_id": a.variant.id}
		if c.deliveries%2 == 1 {
			creator, product = []any{creator}, []any{product}
		}
		return map[string]any{"application_id": a.id, "new_status": a.status, "creator": creator, "product": product}
	}, now)
}
