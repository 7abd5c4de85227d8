package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"sampledesk/affiliate/bridge"
	"sampledesk/bot"
	"sampledesk/workflow"
	"sampledesk/workflow/desks"
	"sampledesk/workflow/engine"
)

// staleSweep is how old the last good sweep may be before the desk counts as not ready.
const staleSweep = 5 * time.Minute

// health answers /healthz, that the process lives, and /readyz, that the desk does its work.
type health struct {
	store  workflow.Store
	engine *engine.Engine
	slack  *bot.Desk
	tiktok *bridge.Bridge
	backup *nightly
	desks  *desks.Desks
}

// readiness is what /readyz answers, as JSON, with 503 while Ready is false.
type readiness struct {
	Ready       bool            `json:"ready"`
	Faults      []string        `json:"faults,omitempty"`
	Slack       slackReadiness  `json:"slack"`
	Shops       []shopReadiness `json:"shops"`
	DeadLetters int             `json:"dead_letters"` // effects that could never be delivered
	// TableFaults is how many steps since the start led to another state than the table of transitions says: a fault of
	// the desk's own, which keeps it from nothing.
	TableFaults int `json:"table_faults,omitempty"`

	Desks []deskReadiness `json:"desks,omitempty"` // those that share the store, this one first; where there are several

	Backup *backupReadiness `json:"backup,omitempty"` // nil: no nightly backups are asked for
}

type deskReadiness struct {
	ID      workflow.DeskID `json:"id"`
	Host    string          `json:"host"`
	Version string          `json:"version"`
	Started time.Time       `json:"started"`
	Seen    time.Time       `json:"seen"` // its last sign of life, by the store's clock
	Did     workflow.Did    `json:"last_minute"`
}

type slackReadiness struct {
	Connected  bool      `json:"connected"`
	Since      time.Time `json:"since,omitzero"`
	LastFrame  time.Time `json:"last_frame,omitzero"`
	LastReason string    `json:"last_reason,omitempty"`
	LastError  string    `json:"last_error,omitempty"`
	Refused    string    `json:"refused,omitempty"`
	// Asked is for how long Slack asked not to be written to, where that is longer than the desk obeys.
	Asked string `json:"asked_to_wait,omitempty"`
}

type shopReadiness struct {
	Shop      workflow.ShopID `json:"shop"`
	Name      string          `json:"name,omitempty"`
	LastSweep time.Time       `json:"last_sweep,omitzero"`
	Waiting   int             `json:"waiting"` // applications that wait for the team
	Error     string          `json:"error,omitempty"`
	// FirstSweep is how far the first sweep is since the desk was opened, while it is under way. It keeps nobody from
	// deciding on what is known from before.
	FirstSweep *sweepProgress `json:"first_sweep,omitempty"`
	// What the last looks for creators' messages and content failed with. Neither keeps the desk from its work.
	MessagesError string `json:"messages_error,omitempty"`
	ContentError  string `json:"content_error,omitempty"`
	// Unreadable are the requests that TikTok lists and the desk cannot read, by id as it came and empty for those
	// without. They keep the desk from no other.
	Unreadable []string `json:"unreadable,omitempty"`
}

// sweepProgress is how far a sweep is.
type sweepProgress struct {
	Since time.Time `json:"since"`
	Read  int       `json:"read"` // applications
}

// register puts the two paths on the desk's server.
func (h health) register(s *server) {
	s.handle("GET /healthz", 0, func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprintln(w, "ok") })
	s.handle("GET /readyz", 0, h.readyz)
}

func (h health) readyz(w http.ResponseWriter, r *http.Request) {
	report := h.report(r.Context(), time.Now())
	w.Header().Set("Content-Type", "application/json")
	if !report.Ready {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_ = json.NewEncoder(w).Encode(report)
}

func (h health) report(ctx context.Context, now time.Time) readiness {
	link := h.slack.Health()
	report := readiness{Shops: []shopReadiness{}, Slack: slackReadiness{
		Connected: link.Connected, Since: link.Since, LastFrame: link.LastFrame, LastReason: link.LastReason, LastError: link.LastError,
		Refused: link.Refused,
	}}
	if link.Asked != 0 {
		report.Slack.Asked = link.Asked.String()
	}
	if !link.Connected {
		report.Faults = append(report.Faults, "not connected to Slack")
	}
	if link.Refused != "" {
		report.Faults = append(report.Faults, fmt.Sprintf("Slack does not take what the desk writes: %s (sampledesk check tells more)", link.Refused))
	}
	if err := ill(ctx, h.store); err != nil {
		report.Faults = append(report.Faults, err.Error())
	} else if err := h.store.View(ctx, func(tx workflow.Tx) error { return h.read(tx, &report, now) }); err != nil {
		report.Faults = append(report.Faults, "the store does not answer: "+err.Error())
	}
	report.Backup = h.backup.readiness()
	if all := h.desks.All(); len(all) > 1 {
		for _, d := range all {
			report.Desks = append(report.Desks, deskReadiness{ID: d.ID, Host: d.Host, Version: d.Version, Started: d.StartedAt, Seen: d.SeenAt, Did: d.Did})
		}
	}
	report.TableFaults = h.engine.Faults()
	report.Ready = len(report.Faults) == 0
	return report
}

// read adds what the store knows.
func (h health) read(tx workflow.Tx, report *readiness, now time.Time) error {
	shops, err := tx.Shops()
	if err != nil {
		return err
	}
	if len(shops) == 0 {
		report.Faults = append(report.Faults, "no shop is connected")
	}
	sweeps, listens, watches := h.tiktok.Sweeps(), h.tiktok.MessagePolls(), h.tiktok.Watches()
	for _, s := range shops {
		waiting, err := tx.Count(workflow.QueueOf(s.ID))
		if err != nil {
			return err
		}
		last := sweeps[s.ID]
		line := shopReadiness{Shop: s.ID, Name: s.Name, LastSweep: last.Ended, Waiting: waiting, Unreadable: unreadableIDs(last)}
		line.Error, line.MessagesError, line.ContentError = words(last.Err), words(listens[s.ID].Err), words(watches[s.ID].Err)
		for _, stopped := range []workflow.Failure{s.SyncStopped, s.ReviewsStopped} {
			if stopped != (workflow.Failure{}) {
				report.Faults = append(report.Faults, fmt.Sprintf("the calls%s for shop %s do not go through: %s", ofCall(stopped), s.ID, stopped.Message))
				break // they mostly have one cause
			}
		}
		first := last.Ended.IsZero() && last.Err == nil
		if first && !last.Running.IsZero() {
			line.FirstSweep = &sweepProgress{Since: last.Running, Read: last.Read}
		}
		if !first && now.Sub(last.Ended) > staleSweep {
			report.Faults = append(report.Faults, fmt.Sprintf("shop %s was not swept lately", s.ID))
		}
		report.Shops = append(report.Shops, line)
	}
	dead, _, err := tx.DeadLetters("", maxDeadLetters)
	report.DeadLetters = len(dead)
	return err
}

// ofCall names the one call that a fault stops.
func ofCall(c workflow.Failure) string {
	if c.Call == "" {
		return ""
	}
	return " of " + c.Call
}

func words(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// maxDeadLetters is how far dead letters are counted.
const maxDeadLetters = 1000
