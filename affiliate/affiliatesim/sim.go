package affiliatesim

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// controlError is what a control answers when it does not do what it was told: 400
// for an order that cannot be meant, 404 for something that does not exist, 409 for
// an action that is impossible now.
type controlError struct {
	status  int
	message string
}

func (e *controlError) Error() string { return e.message }

// badInput refuses an order and says what to do.
func badInput(format string, args ...any) error {
	return &controlError{http.StatusBadRequest, fmt.Sprintf(format, args...)}
}

// impossible refuses an action for the state of things.
func impossible(format string, args ...any) error {
	return &controlError{http.StatusConflict, fmt.Sprintf(format, args...)}
}

// missing says that something does not exist.
func missing(format string, args ...any) error {
	return &controlError{http.StatusNotFound, fmt.Sprintf(format, args...)}
}

// control reads the order of a control into T. No body is an empty order.
func control[T any](body []byte) (T, error) {
	var in T
	if len(bytes.TrimSpace(body)) == 0 {
		return in, nil
	}
	if err := decodeStrictly(body, &in); err != nil {
		return in, badInput("the body must be one JSON object of this control's fields: %s", strings.TrimPrefix(err.Error(), "json: "))
	}
	return in, nil
}

// decodeStrictly reads exactly one JSON value without unknown fields.
func decodeStrictly(body []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows the JSON object")
	}
	return nil
}

// routes puts page, controls and Open API under one handler. The controls refuse
// browsers that come from another site: what listens on loopback can be reached by
// every page that its user has open.
func (c *Center) routes() http.Handler {
	controls := http.NewCrossOriginProtection().Handler(c.controls())
	page := c.pageHandler()
	consent := http.NewCrossOriginProtection().Handler(c.consentHandler())
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, isConsent := isConsent(r)
		switch path := r.URL.Path; {
		case isConsent:
			consent.ServeHTTP(w, r)
		case strings.HasPrefix(path, "/sim/"):
			controls.ServeHTTP(w, r)
		case path == "/" || strings.HasPrefix(path, "/web/"):
			page.ServeHTTP(w, r)
		default:
			c.serveVendor(w, r)
		}
	})
}

// controls serves everything under /sim/.
func (c *Center) controls() http.Handler {
	mux := http.NewServeMux()
	for pattern, do := range map[string]func(*http.Request, []byte) (any, error){
		"POST /sim/applications":                c.simApplications,
		"POST /sim/applications/{id}/{action}":  c.simAct,
		"POST /sim/messages":                    c.simMessages,
		"POST /sim/collaborations":              c.simCollaborations,
		"POST /sim/products/{id}":               c.simProducts,
		"POST /sim/automation":                  c.simAutomation,
		"POST /sim/authorization":               c.simAuthorization,
		"GET /sim/apps":                         c.simApps,
		"POST /sim/apps":                        c.simNewApp,
		"POST /sim/apps/{service_id}":           c.simApp,
		"GET /sim/accounts":                     c.simListAccounts,
		"POST /sim/accounts":                    c.simAccounts,
		"POST /sim/consent":                     c.simConsent,
		"POST /sim/clock":                       c.simClock,
		"POST /sim/lag":                         c.simLag,
		"POST /sim/limits":                      c.simLimits,
		"POST /sim/faults":                      c.simFaults,
		"POST /sim/oddities":                    c.simOddities,
		"POST /sim/webhooks":                    c.simWebhooks,
		"GET /sim/state":                        c.simState,
		"GET /sim/calls":                        c.simCalls,
		"GET /sim/rows":                         c.simRows,
		"GET /sim/conversations":                c.simConversations,
		"POST /sim/conversations/{id}/{action}": c.simConversationAct,
		"/sim/":                                 nowhere,
	} {
		mux.Handle(pattern, serveControl(do))
	}
	mux.HandleFunc("GET /sim/events", c.simEvents)
	mux.HandleFunc("GET /sim/pictures/{name}", simPicture)
	return mux
}

// serveControl reads the body, runs the control and answers in JSON.
func serveControl(do func(*http.Request, []byte) (any, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var result any
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		if err != nil {
			err = badInput("the body cannot be read or is larger than %d bytes", maxBody)
		} else {
			result, err = do(r, body)
		}
		status := http.StatusOK
		if err != nil {
			status = http.StatusInternalServerError
			if e, ok := errors.AsType[*controlError](err); ok {
				status = e.status
			}
			result = map[string]string{"error": err.Error()}
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(result) // a caller that has gone is no concern of ours
	})
}

func nowhere(r *http.Request, _ []byte) (any, error) {
	return nil, missing("there is no control %s %s", clip(r.Method, 12), clip(r.URL.Path, 120))
}

func (c *Center) simApplications(_ *http.Request, body []byte) (any, error) {
	in, err := control[Request](body)
	if err != nil {
		return nil, err
	}
	id, err := c.AddApplication(in)
	if err != nil {
		return nil, err
	}
	return map[string]string{"id": id}, nil
}

// simAct answers POST /sim/applications/{id}/{action} with the new status.
func (c *Center) simAct(r *http.Request, body []byte) (any, error) {
	p, err := control[particulars](body)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	c.expireDue(now)
	a, known := c.applications[r.PathValue("id")]
	if !known {
		return nil, missing("there is no application %q", clip(r.PathValue("id"), 40))
	}
	if err := c.act(a, r.PathValue("action"), p, now); err != nil {
		return nil, err
	}
	return map[string]any{"ok": true, "id": a.id, "status": a.status}, nil
}

// simProducts answers POST /sim/products/{id}. Switching a product off cancels the
// requests for it, as the vendor does with inactive and banned products; which status
// they get is not documented: the platform's own.
func (c *Center) simProducts(r *http.Request, body []byte) (any, error) {
	in, err := control[struct {
		AvailableQuantity *int   `json:"available_quantity"`
		Title             string `json:"title"`
		Active            *bool  `json:"active"`
	}](body)
	if err != nil {
		return nil, err
	}
	if in.AvailableQuantity == nil && in.Title == "" && in.Active == nil {
		return nil, badInput(`name what changes: "available_quantity", "title" or "active"`)
	}
	if given(in.AvailableQuantity, 0) < 0 || len(in.Title) > 2000 {
		return nil, badInput("available_quantity must not be negative, nor the title longer than 2000 bytes")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	p, known := c.products[r.PathValue("id")]
	if !known {
		return nil, missing("there is no product %q: GET /sim/state lists them", clip(r.PathValue("id"), 40))
	}
	p.quantity = given(in.AvailableQuantity, p.quantity)
	c.sellOut(p, time.Now())
	if in.Title != "" {
		p.title = in.Title
	}
	if in.Active != nil && !*in.Active {
		c.cancelRequests(p, time.Now())
	}
	c.changed()
	return map[string]any{"ok": true, "available_quantity": p.quantity}, nil
}

// cancelRequests ends the pending requests for a product that is switched off.
func (c *Center) cancelRequests(p *product, now time.Time) {
	for _, a := range c.listing {
		if a.product == p && a.status == Pending {
			c.become(a, PlatformCancelled, now)
		}
	}
}

// simAuthorization answers POST /sim/authorization.
func (c *Center) simAuthorization(_ *http.Request, body []byte) (any, error) {
	in, err := control[authorizationOrder](body)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	defer c.changed()
	return c.authorize(in, time.Now())
}

// simLag answers POST /sim/lag: from now on the search shows a review only after so
// long, as the vendor's search may.
func (c *Center) simLag(_ *http.Request, body []byte) (any, error) {
	in, err := control[struct {
		Lag string `json:"lag"`
	}](body)
	if err != nil {
		return nil, err
	}
	lag, err := window("lag", in.Lag)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lag = lag
	c.changed()
	return map[string]any{"ok": true, "lag": lag.String()}, nil
}
