package workflow

import (
	"net/url"
	"strings"
	"time"
	"unicode"
)

// WebhookKind says what another system is told of.
type WebhookKind string

// What other systems are told of.
const (
	WebhookDecided  WebhookKind = "decision" // somebody approved or rejected; TikTok may not know it yet
	WebhookUndone   WebhookKind = "undone"   // somebody took a decision back before it was sent
	WebhookRefused  WebhookKind = "refused"  // TikTok refused a decision for good
	WebhookStage    WebhookKind = "stage"    // the request is in another stage
	WebhookShipment WebhookKind = "shipment" // its order or its tracking number is another, in the same stage
	WebhookTest     WebhookKind = "test"     // an admin tries the address out
)

// WebhookKinds are all of them, in the order in which they are documented.
var WebhookKinds = []WebhookKind{WebhookDecided, WebhookUndone, WebhookRefused, WebhookStage, WebhookShipment, WebhookTest}

// WebhookEvent is what another system is told of an application, as far as it may be another by the time it is sent. The
// rest (creator, product, the link to the card) is read then.
type WebhookEvent struct {
	Kind     WebhookKind `json:"kind"`
	At       time.Time   `json:"at"`
	Stage    Stage       `json:"stage,omitempty"`
	Verdict  Verdict     `json:"verdict,omitempty"` // of the desk's decision; empty: none was made here
	Reason   Reason      `json:"reason,omitempty"`  // of a rejection
	By       PersonID    `json:"by,omitempty"`      // who decided; of WebhookUndone: who took it back
	Rule     string      `json:"rule,omitempty"`    // the name of the shop's rule that decided, in place of a person
	OrderID  string      `json:"order_id,omitempty"`
	Tracking string      `json:"tracking,omitempty"`
	Failure  string      `json:"failure,omitempty"` // of WebhookRefused: TikTok's words
}

// MaxWebhook is how long the address of another system may be, in characters.
const MaxWebhook = 2000

// IsWebhook reports whether an address may be one that a shop's events are sent to: https, with a host and without a
// name or a password. Where it leads is looked at when it is called.
func IsWebhook(address string) bool {
	u, err := url.Parse(address)
	return err == nil && len(address) <= MaxWebhook && u.Scheme == "https" && u.Hostname() != "" && u.User == nil && u.Fragment == "" &&
		!strings.ContainsFunc(address, func(r rune) bool { return r > unicode.MaxASCII || unicode.IsSpace(r) || unicode.IsControl(r) })
}

// WebhookHost names the host of such an address: the rest of it is often a secret.
func WebhookHost(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// WebhookEvents returns what another system is told of a line of the history: of a decision, and of what it led to. It is
// pure. What was over when the desk first saw it is not told of.
func WebhookEvents(before, after Application, line Entry) (all []WebhookEvent) {
	e := WebhookEvent{
		At: line.At, Stage: after.Stage(), Verdict: after.Decision.Verdict, Reason: after.Decision.Reason, By: after.Decision.By,
		Rule:    after.Decision.RuleName,
		OrderID: after.Snapshot.OrderID, Tracking: after.Snapshot.Tracking,
	}
	switch line.Event {
	case OnApproved, OnRejected:
		e.Kind = WebhookDecided
	case OnUndone:
		e.Kind, e.Verdict, e.Reason, e.By = WebhookUndone, before.Decision.Verdict, before.Decision.Reason, line.By.Person
		e.Rule = before.Decision.RuleName
	case OnRefusedForGood:
		e.Kind, e.Failure = WebhookRefused, after.Decision.Failure.Message
	default: // nobody's decision
	}
	if e.Kind != "" {
		all = append(all, e)
	}
	e.Kind, e.Failure = "", ""
	switch {
	case before.State() == Unseen && !after.State().Live():
	case before.State() == Unseen || before.Stage() != after.Stage():
		e.Kind = WebhookStage
	case before.Snapshot.OrderID != after.Snapshot.OrderID || before.Snapshot.Tracking != after.Snapshot.Tracking:
		e.Kind = WebhookShipment
	}
	if e.Kind != "" {
		if after.Decision.Phase != DecisionConfirmed {
			e.Verdict, e.Reason, e.By, e.Rule = "", "", "", ""
		}
		all = append(all, e)
	}
	return all
}
