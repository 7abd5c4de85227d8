// Package bot is the desk in Slack: it reads what people do into events, and writes what the workflow wants shown.

// It is the only package that speaks to Slack, and it decides nothing: a click becomes an event, the engine refuses or
// keeps it, and only then is the click acknowledged. What is shown comes back as effects that the dispatcher hands to this
// package (deliver.go for cards, replies and announcements, notice.go for messages that are edited later, clock.go for
// what deadlines say). The words are in bot/view, the pictures in bot/picture.
//
// Package socket keeps the connection and acknowledges each envelope. It is read in routes.go. Clicks, dialogs, menus and
// shortcuts go to the handle.Mux, commands and events to those whose rows are there: each surface is a small type, which
// registers its rows. A control or a dialog is a handle.Handler, which parses, asks access who may, commits and acknowledges in the
// right order and answers in private; the few that fit none are registered as Raw. Who may do what is package access, which
// asks the settings and Slack: "not allowed" is an access.Denied, and Access.Explain puts an error into words.
//
// Package slackapi calls Slack: its rates, what its errors mean, and reads that slack-go cannot do. check.go is for the
// first day, and needs none of the others.
package bot
