package main

import (
	"bytes"
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"sampledesk/bot/view"
)

//go:embed web/demo.html web/demo.css web/demo.js
var demoFiles embed.FS

// demoPath is where the demo's page is, on the stand-in workspace's address. There a page may follow the workspace's own
// events, and the workspace is no stranger in its frame.
const demoPath = "/demo/"

// demoPage shows both stand-ins side by side, with a strip that says what to try next and ticks what came about.
type demoPage struct {
	page      *template.Template
	policy    string
	facts     demoFacts
	elsewhere string   // the Affiliate Center's port, where it is reached under whatever name the visitor uses; or empty
	workspace string   // the workspace's /sim/state
	center    string   // the Affiliate Center's
	onlookers []string // users who may not decide
	client    *http.Client
	log       *slog.Logger
}

// demoZone is the zone of most people in the stand-in workspace. The Affiliate Center shows times as they see them.
const demoZone = "Europe/Berlin"

// demoFacts fill the page.
type demoFacts struct {
	Version   string
	Affiliate string // the Affiliate Center's page
	Undo      string // how long a decision can be undone, in words; empty: not at all
	Zone      string // in which both stand-ins show times
	Import    string // the command that imports the demo's target collaboration
}

// newDemoPage makes the page of a demo whose stand-ins listen already.
func newDemoPage(stage *simulation, undo time.Duration, collaboration string, log *slog.Logger) *demoPage {
	center := stage.listeners[1]
	p := &demoPage{
		page: template.Must(template.ParseFS(demoFiles, "web/demo.html")),
		policy: "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; frame-src 'self' " +
			strings.Join(sources(center), " ") + "; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; " +
			"require-trusted-types-for 'script'; trusted-types 'none'",
		facts:     demoFacts{Version: version(), Affiliate: stage.details.TikTok.Page, Undo: inWords(undo), Zone: demoZone, Import: view.CommandCampaign + " import " + collaboration},
		workspace: strings.TrimSuffix(stage.details.Slack.Page, "/") + "/sim/state",
		center:    strings.TrimSuffix(stage.details.TikTok.Page, "/") + "/sim/state",
		client:    &http.Client{Timeout: 5 * time.Second},
		log:       log,
	}
	for _, u := range stage.details.Slack.Users {
		if u.Role == "guest" || u.Role == "stranger" {
			p.onlookers = append(p.onlookers, u.ID)
		}
	}
	if host, port, err := net.SplitHostPort(center.Addr().String()); err == nil && net.ParseIP(host).IsUnspecified() {
		p.elsewhere = port
	}
	return p
}

// sources are the addresses of a listener as a content policy names them. Loopback has two names; what listens
// everywhere has any.
func sources(l net.Listener) []string {
	host, port, err := net.SplitHostPort(l.Addr().String())
	ip := net.ParseIP(host)
	switch {
	case err != nil || ip == nil:
		return []string{base(l)}
	case ip.IsUnspecified():
		return []string{"http://*:" + port}
	case ip.IsLoopback():
		return []string{base(l), "http://localhost:" + port}
	default:
		return []string{base(l)}
	}
}

// inWords tells a time as people do. None is empty.
func inWords(d time.Duration) string {
	if d == 0 {
		return ""
	}
	for _, unit := range []struct {
		length time.Duration
		name   string
	}{{time.Hour, "hour"}, {time.Minute, "minute"}, {time.Second, "second"}} {
		switch n := d / unit.length; {
		case d == unit.length:
			return "1 " + unit.name
		case n > 1 && d%unit.length == 0:
			return fmt.Sprintf("%d %ss", n, unit.name)
		}
	}
	return d.String()
}

// over serves the page under demoPath, and everything else as before.
func (p *demoPage) over(workspace http.Handler) http.Handler {
	own := http.NewServeMux()
	own.HandleFunc("GET "+demoPath+"{$}", p.serve)
	own.HandleFunc("GET "+demoPath+"demo.css", p.file("web/demo.css", "text/css; charset=utf-8"))
	own.HandleFunc("GET "+demoPath+"demo.js", p.file("web/demo.js", "text/javascript; charset=utf-8"))
	own.HandleFunc("GET "+demoPath+"steps", p.steps)
	own.HandleFunc("POST "+demoPath+"advance", p.advance)
	mux := http.NewServeMux()
	mux.Handle("/", workspace)
	mux.HandleFunc(demoPath, func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("Content-Security-Policy", p.policy)
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Content-Type-Options", "nosniff")
		own.ServeHTTP(w, r)
	})
	return mux
}

func (p *demoPage) serve(w http.ResponseWriter, r *http.Request) {
	facts := p.facts
	if p.elsewhere != "" {
		facts.Affiliate = "http://" + net.JoinHostPort(hostOf(r), p.elsewhere) + "/"
	}
	var out bytes.Buffer
	if err := p.page.Execute(&out, facts); err != nil {
		p.log.ErrorContext(r.Context(), "the demo's page could not be written", "error", err)
		http.Error(w, "could not write the page", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write(out.Bytes()) // a browser that went away has no use for an error
}

// hostOf is the name under which a visitor reached us, without the port.
func hostOf(r *http.Request) string {
	if host, _, err := net.SplitHostPort(r.Host); err == nil {
		return host
	}
	return strings.Trim(r.Host, "[]")
}

func (p *demoPage) file(name, kind string) http.HandlerFunc {
	content, err := demoFiles.ReadFile(name)
	if err != nil {
		panic(err) // the folder is embedded: this cannot be reached
	}
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		_, _ = w.Write(content)
	}
}

// steps answers which steps came about, as JSON.
func (p *demoPage) steps(w http.ResponseWriter, r *http.Request) {
	var state workspaceState
	var center clockState
	if err := errors.Join(p.read(r.Context(), p.workspace, &state), p.read(r.Context(), p.center, &center)); err != nil {
		p.log.WarnContext(r.Context(), "the demo's steps could not be read", "error", err)
		http.Error(w, "the stand-ins could not be read", http.StatusBadGateway)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(stepsOf(state, center, p.onlookers))
}

// advance lets a day pass in the Affiliate Center, at a click on the page: no other page may ask for it.
func (p *demoPage) advance(w http.ResponseWriter, r *http.Request) {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" {
		http.Error(w, "only the demo's own page may let time pass", http.StatusForbidden)
		return
	}
	request, err := http.NewRequestWithContext(r.Context(), http.MethodPost, strings.TrimSuffix(p.center, "state")+"clock", strings.NewReader(`{"advance":"24h"}`))
	if err == nil {
		request.Header.Set("Content-Type", "application/json")
		var done json.RawMessage
		err = fetch(p.client, request, &done)
	}
	if err != nil {
		p.log.WarnContext(r.Context(), "could not let time pass in the demo", "error", err)
		http.Error(w, "the Affiliate Center did not answer", http.StatusBadGateway)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// read asks a stand-in how it is, as any client would.
func (p *demoPage) read(ctx context.Context, address string, state any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return fmt.Errorf("asking a stand-in: %w", err)
	}
	return fetch(p.client, request, state)
}
