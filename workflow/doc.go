// Package workflow holds the rules of Sample Desk: what an application can become, who may make it so, what has to be
// said and done when it does, and what must never be lost.
//
// A rule is changed in one of three places. lifecycle.go is the table of transitions and quotes the sentence behind each
// row; guards.go holds the conditions the table names; step.go turns one event into a new state and the effects it calls
// for. All of that is pure: it reads no clock, no store and no network, and depends on the standard library alone.
//
// Engine wraps a step in one transaction (load, step, save, append history, enqueue effects). What the engine asks of a
// memory is Store and Tx; who delivers the effects is the courier in workflow/outbox.
package workflow
