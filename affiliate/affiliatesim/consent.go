package affiliatesim

import (
	"bytes"
	"fmt"
	"html/template"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// pathConsent is the path of the consent page on both of the vendor's hosts:
// services.tiktokshop.com for the rest of the world, services.us.tiktokshop.com for the
// United States. Here the latter's is under /us, or on the vendor's own host where a
// client sends that.
const pathConsent = "/open/authorize"

// Who consents chooses how long it lasts. The vendor does not say between what: a year
// is what its answers have shown.
const (
	shortestConsent = time.Minute
	longestConsent  = refreshLife
)

// isConsent tells whether a path is the consent page's, and for which market.
func isConsent(r *http.Request) (market string, ok bool) {
	host, _, _ := strings.Cut(r.Host, ":")
	switch r.URL.Path {
	case pathConsent:
		if host == "services.us.tiktokshop.com" {
			return marketUS, true
		}
		return marketRow, true
	case "/us" + pathConsent:
		return marketUS, true
	default:
		return "", false
	}
}

// consentPage fills the page's template.
type consentPage struct {
	App, Market, ServiceID, State string
	Action                        string
	Scopes                        []string
	Accounts                      []consentAccount
	Days                          []int
	Complaint                     string
}

type consentAccount struct {
	ID, Name, Kind, Shops string
	First                 bool
}

// consentHandler serves the consent page of a market: it shows who asks for what, and
// takes the answer of whoever is logged in, for whom a list stands here.
func (c *Center) consentHandler() http.Handler {
	page := template.Must(template.ParseFS(webFiles, "web/consent.html"))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		market, _ := isConsent(r)
		header := w.Header()
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Referrer-Policy", "no-referrer")
		header.Set("Cache-Control", "no-store")
		show := func(status int, p consentPage, redirect string) {
			header.Set("Content-Security-Policy", consentPolicy(redirect))
			var out bytes.Buffer
			if err := page.Execute(&out, p); err != nil {
				c.logger.Error("could not write the consent page", "error", err)
				status = http.StatusInternalServerError
			}
			header.Set("Content-Type", "text/html; charset=utf-8")
			w.WriteHeader(status)
			_, _ = w.Write(out.Bytes())
		}
		if r.Method != http.MethodGet && r.Method != http.MethodHead && r.Method != http.MethodPost {
			header.Set("Allow", "GET, HEAD, POST")
			http.Error(w, "the consent page is read with GET and answered with POST", http.StatusMethodNotAllowed)
			return
		}
		query := r.URL.Query()
		c.mu.Lock()
		a, complaint := c.asking(market, query)
		var p consentPage
		if a != nil {
			p = c.consentPage(a, query.Get("state"), r.URL.RequestURI())
		}
		c.mu.Unlock()
		if complaint != "" {
			show(http.StatusBadRequest, consentPage{Complaint: complaint}, "")
			return
		}
		if r.Method != http.MethodPost {
			show(http.StatusOK, p, a.redirect)
			return
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		form, parseErr := url.ParseQuery(string(body))
		if err != nil || parseErr != nil {
			http.Error(w, "the form cannot be read", http.StatusBadRequest)
			return
		}
		days, _ := strconv.Atoi(form.Get("days"))
		location, _, err := c.consented(a.serviceID, form.Get("account"), query.Get("state"), form.Get("do"), time.Duration(days)*24*time.Hour)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		http.Redirect(w, r, location, http.StatusSeeOther)
	})
}

// consentPolicy is the page's content policy: its form leads to the app's address.
func consentPolicy(redirect string) string {
	target := "'self'"
	if u, err := url.Parse(redirect); err == nil && u.Host != "" {
		target += " " + u.Scheme + "://" + u.Host
	}
	return "default-src 'none'; style-src 'self'; img-src 'self'; form-action " + target + "; base-uri 'none'; frame-ancestors 'none'"
}

// asking finds the app that a link to the page names, or says what is wrong with the
// link. What the vendor does with parameters that it does not document is not known:
// they are refused, so that a redirect address in a link is found out, which it has none.
func (c *Center) asking(market string, query url.Values) (*app, string) {
	for name, values := range query {
		if name != "service_id" && name != "state" || len(values) > 1 {
			return nil, fmt.Sprintf("The link has a parameter that this page does not take: %s.", clip(name, 40))
		}
	}
	a, known := c.appOf(query.Get("service_id"))
	switch {
	case query.Get("service_id") == "" || !known || a.serviceID != query.Get("service_id"):
		return nil, "There is no app with this service_id."
	case a.market != market:
		return nil, "This app belongs to another market: open the link on that market's host."
	default:
		return a, ""
	}
}

func (c *Center) consentPage(a *app, state, action string) consentPage {
	p := consentPage{
		App: a.name, Market: map[string]string{marketRow: "rest of the world", marketUS: "United States"}[a.market],
		ServiceID: a.serviceID, State: state, Action: action, Scopes: allScopes(), Days: []int{365, 180, 90, 31, 7, 1},
	}
	for i, who := range c.accounts {
		p.Accounts = append(p.Accounts, consentAccount{ID: who.id, Name: who.name, Kind: who.kind(), Shops: who.shopNames(), First: i == 0})
	}
	return p
}

// consented carries out the answer on the page and returns where it leads: to the app's
// one redirect address, whatever else. A state is echoed with a code alone: what is
// documented of a refusal shows none. An install from the app store has none either.
func (c *Center) consented(serviceID, accountID, state, do string, lasts time.Duration) (location, code string, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	a, known := c.appOf(serviceID)
	if !known {
		return "", "", missing("there is no app %q: GET /sim/apps lists them", clip(serviceID, 40))
	}
	who, known := c.accountOf(accountID)
	if !known {
		return "", "", missing("there is no account %q: GET /sim/accounts lists them", clip(accountID, 40))
	}
	if lasts == 0 {
		lasts = refreshLife
	}
	answer := url.Values{}
	switch do {
	case "", "allow", "install":
		if lasts < shortestConsent || lasts > longestConsent {
			return "", "", badInput("an authorization lasts from %s to %s, not %s", shortestConsent, longestConsent, lasts)
		}
		code = c.newCode(a, who, lasts, time.Now())
		answer.Set("code", code)
		if state != "" && do != "install" {
			answer.Set("state", state)
		}
	case "decline":
		answer.Set("code", "null")
		answer.Set("error", "auth_denied")
	case "decline_access":
		answer.Set("code", "null")
		answer.Set("error", "access_denied")
	default:
		return "", "", badInput(`"do" must be allow, install, decline or decline_access`)
	}
	location = a.redirect
	if strings.Contains(location, "?") {
		location += "&"
	} else {
		location += "?"
	}
	return location + answer.Encode(), code, nil
}

// simConsent answers POST /sim/consent as the page does, without the page: it tells
// where whoever consents is led, and leads nobody.
func (c *Center) simConsent(_ *http.Request, body []byte) (any, error) {
	in, err := control[struct {
		ServiceID string `json:"service_id"`
		Account   string `json:"account"`
		State     string `json:"state"`
		Do        string `json:"do"`
		Lasts     string `json:"lasts"`
	}](body)
	if err != nil {
		return nil, err
	}
	lasts, err := window("lasts", in.Lasts)
	if err != nil {
		return nil, err
	}
	location, code, err := c.consented(in.ServiceID, in.Account, in.State, in.Do, lasts)
	if err != nil {
		return nil, err
	}
	return map[string]any{"location": location, "code": code}, nil
}
