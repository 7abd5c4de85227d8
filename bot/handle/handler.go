// Package handle is the one way to handle a control and a dialog: time-out, parsing, authorisation, commit and
// acknowledgement in the right order, and the private answer.
package handle

import (
	"context"
	"errors"
	"time"

	"github.com/slack-go/slack"

	"sampledesk/bot/access"
	"sampledesk/bot/socket"
	"sampledesk/bot/view"
	"sampledesk/workflow"
)

// CommitBy is how long after its arrival a decision may still be kept. Past it the answer is "not saved, try again",
// and the transaction must not commit later: what a person was told has to be true.
const CommitBy = 2 * time.Second

// Click is one control that was used.
type Click struct {
	Interaction
	Action Action
}

// Submit is a dialog that was sent.
type Submit struct{ Interaction }

// In is what a Handler is for.
type In interface {
	Click | Submit
	source() (i Interaction, name string, from workflow.Surface, key string)
}

func (c Click) source() (Interaction, string, workflow.Surface, string) {
	return c.Interaction, c.Action.ID, c.Surface(), c.TriggerID
}

func (s Submit) source() (Interaction, string, workflow.Surface, string) {
	return s.Interaction, s.View.Callback, workflow.FromModal, s.View.ID
}

// Order is what comes first.
type Order int

// The orders.
const (
	CommitFirst Order = iota // Do, within CommitBy, and then the acknowledgement: what a person saw accepted is on disk
	AckFirst                 // the acknowledgement, and then Do: it opens a dialog, or shows something
)

// Scope is what a person has to be allowed.
type Scope struct {
	Shop workflow.ShopID
	Role access.Role
}

// Grant is what a person was allowed: the shop as it is now, and the person as the workflow knows them.
type Grant struct {
	Shop  workflow.Shop
	Actor workflow.Actor
}

// Answer is what a person gets to see. The zero value is an acknowledgement and nothing else, which closes a dialog.
type Answer struct {
	Errors map[string]string       // by block, at the fields of a dialog, which stays open
	View   *slack.ModalViewRequest // in the dialog's place; where it is too large for an acknowledgement, Errors, if there are any
	Push   bool                    // View stands above the dialog, which keeps what was entered
	Clear  bool                    // all pages of the dialog close

	Open    *slack.ModalViewRequest // a dialog that opens
	Tell    string                  // privately; formatted text
	Replace *view.Message           // in place of what was clicked
	Then    func(context.Context)   // last, after the acknowledgement
}

// At is an answer at a field of a dialog.
func At(block, sentence string) Answer { return Answer{Errors: map[string]string{block: sentence}} }

// Tell is an answer that only its person sees.
func Tell(sentence string) Answer { return Answer{Tell: sentence} }

// End puts a sentence in a dialog's place.
func End(sentence string) Answer { return Show(view.NoticeModal(view.Aside(sentence))) }

// Show puts another view in a dialog's place.
func Show(m slack.ModalViewRequest) Answer { return Answer{View: &m} }

// ShowOr is Show, and where the view is too large for an acknowledgement a sentence at a field.
func ShowOr(m slack.ModalViewRequest, block, sentence string) Answer {
	a := At(block, sentence)
	a.View = &m
	return a
}

// Open opens a dialog.
func Open(m slack.ModalViewRequest) Answer { return Answer{Open: &m} }

// Replace puts a message in place of what was clicked.
func Replace(m view.Message) Answer { return Answer{Replace: &m} }

// Handler says how a control or a dialog is handled. T is what its value or metadata names.
type Handler[I In, T any] struct {
	Order Order

	// Parse reads what it is about. Its error is a fault of our own: logged, and the interaction acknowledged.
	Parse func(I) (T, error)

	// Scope tells what the person has to be allowed. It may read the store, and keep what it read. Nil: nobody is asked,
	// and Do asks for itself.
	Scope func(context.Context, *T) (Scope, error)

	Do func(context.Context, I, T, Grant) (Answer, error)

	// Fail answers an error of Scope's, of the permission or of Do's. Nil: it is explained, privately.
	Fail func(context.Context, I, T, Grant, error) Answer
}

// For is the Scope of what is about a shop that its value names.
func For[T any](role access.Role, shop func(T) workflow.ShopID) func(context.Context, *T) (Scope, error) {
	return func(_ context.Context, t *T) (Scope, error) { return Scope{Shop: shop(*t), Role: role}, nil }
}

// OnClick has a control handled.
func OnClick[T any](m *Mux, action string, h Handler[Click, T]) {
	m.clicks[action] = func(ctx context.Context, c Click, ack socket.Ack) { Run(ctx, m, c, h, ack) }
}

// OnSubmit has a dialog handled.
func OnSubmit[T any](m *Mux, callback string, h Handler[Submit, T]) {
	m.submissions[callback] = func(ctx context.Context, s Submit, ack socket.Ack) { Run(ctx, m, s, h, ack) }
}

// Run handles a control or a dialog. It is exported for the few that choose a Handler by what they read.
func Run[I In, T any](ctx context.Context, m *Mux, in I, h Handler[I, T], ack socket.Ack) {
	i, name, _, _ := in.source()
	value, err := h.Parse(in)
	if err != nil {
		m.log.WarnContext(ctx, "invalid value of a control or a dialog", "name", name, "error", err)
		return // the socket acknowledges
	}
	if h.Order == AckFirst {
		ack(nil)
		m.follow(ctx, i, attempt(ctx, m, in, &value, h))
		return
	}
	limited, cancel := context.WithTimeout(ctx, CommitBy)
	defer cancel()
	answer := attempt(limited, m, in, &value, h)
	ack(answer.Ack())
	m.follow(context.WithoutCancel(ctx), i, answer)
}

// attempt asks whether the person may, does it, and tells what came of it.
func attempt[I In, T any](ctx context.Context, m *Mux, in I, value *T, h Handler[I, T]) Answer {
	i, _, from, key := in.source()
	grant := Grant{Actor: workflow.Actor{Person: i.User.ID, Surface: from, DedupKey: key}}
	answer, err := Answer{}, error(nil)
	if h.Scope != nil {
		grant, err = granted(ctx, m, in, value, h.Scope)
	}
	if err == nil {
		answer, err = h.Do(ctx, in, *value, grant)
	}
	if err == nil {
		return answer
	}
	m.access.Log(ctx, i.User.ID, err)
	if h.Fail != nil {
		answer = h.Fail(ctx, in, *value, grant, err)
	} else {
		answer = Tell(m.access.Explain(ctx, err))
	}
	if uncertain, ok := errors.AsType[workflow.Uncertain](err); ok && i.Where() != "" {
		answer.Then = func(ctx context.Context) { m.findOut(ctx, i, uncertain) }
	}
	return answer
}

// findOutWithin is how long it is tried to find out what became of something that may have been saved.
const findOutWithin = 3 * time.Minute

// findOut tells a person, once the store can be asked, whether what they did was saved. In a dialog they find out by sending
// it again, which counts once.
func (m *Mux) findOut(ctx context.Context, i Interaction, uncertain workflow.Uncertain) {
	select {
	case m.uncertain <- struct{}{}:
	default:
		return // so many wait that they have to look for themselves, as they were told
	}
	go func() {
		defer func() { <-m.uncertain }()
		asking, cancel := context.WithTimeout(context.WithoutCancel(ctx), findOutWithin)
		defer cancel()
		kept, err := uncertain.Find(asking)
		switch {
		case err != nil:
			m.log.WarnContext(ctx, "could not find out whether something was saved", "person", i.User.ID, "error", err)
		case kept:
			m.Tell(ctx, i, view.SavedAfterAll)
		default:
			m.Tell(ctx, i, view.Denied(view.DeniedUnsaved))
		}
	}()
}

func granted[I In, T any](ctx context.Context, m *Mux, in I, value *T, scope func(context.Context, *T) (Scope, error)) (Grant, error) {
	i, _, from, key := in.source()
	s, err := scope(ctx, value)
	if err != nil {
		return Grant{}, err
	}
	shop, err := m.access.Guard(ctx, i.User.ID, s.Shop, s.Role)
	return Grant{Shop: shop, Actor: m.access.Actor(i.User.ID, shop, from, key)}, err
}

// explained logs an error and tells its person.
func (m *Mux) explained(ctx context.Context, i Interaction, err error) Answer {
	m.access.Log(ctx, i.User.ID, err)
	return Tell(m.access.Explain(ctx, err))
}

// Finish does what of an answer comes after the acknowledgement; with an error it says that instead.
func (m *Mux) Finish(ctx context.Context, i Interaction, a Answer, err error) {
	if err != nil {
		a = m.explained(ctx, i, err)
	}
	m.follow(ctx, i, a)
}

// follow does what of an answer comes after the acknowledgement.
func (m *Mux) follow(ctx context.Context, i Interaction, a Answer) {
	if a.Open != nil {
		m.Open(ctx, i, *a.Open)
	}
	if a.Replace != nil {
		m.PutInPlace(ctx, i, *a.Replace)
	}
	if a.Tell != "" {
		m.Tell(ctx, i, a.Tell)
	}
	if a.Then != nil {
		a.Then(ctx)
	}
}
