// Package bot is the desk in Slack: it reads what people do into events, and writes what the workflow wants shown.
//
// It is the only package that speaks to Slack, and it decides nothing: a click becomes an event, the engine refuses or
// keeps it, and only then is the click acknowledged. What is shown comes back as effects that the dispatcher hands to package
// post, which writes and edits messages; what they say is rendered here, kind by kind. The words are in package view, the
// pictures in package picture.
//
// The package is made of surfaces, which are what people use: cardDesk, homeDesk, queueDesk, campaignDesk and so on. Each is a
// small type with the few things that it needs, and registers its controls, dialogs, commands and events itself. They do not
// use each other; what several need is below them, in find.go, typed.go, controls.go and memory.go. surfaces.go makes them,
// desk.go connects them, and rooms_test.go holds which part may use which.
//
// Package socket keeps the connection and acknowledges each envelope. routes.go hands what comes on: clicks, dialogs, menus
// and shortcuts to the handle.Mux, commands and events to those whose rows they are. A control or a dialog is a
// handle.Handler, which parses, asks access who may, commits and acknowledges in the right order and answers in private; the
// few that fit none are registered as Raw. Who may do what is package access, which asks the settings and Slack: "not allowed"
// is an access.Denied, and Access.Explain puts an error into words.
//
// Package slackapi calls Slack: its rates, what its errors mean, and reads that slack-go cannot do. check.go is for the
// first day, and needs none of the others.
package bot
