// Package bot is the desk in Slack: it reads what people do into events, and writes what the workflow wants shown.
//
// It is the only package that speaks to Slack, and it decides nothing: a click becomes an event, the engine refuses or
// keeps it, and only then is the click acknowledged. What is shown comes back as effects that the dispatcher hands to this
// package (deliver.go for cards, replies and announcements, notice.go for messages that are edited later, clock.go for
// what deadlines say). The words are in bot/view, the pictures in bot/picture.
//
// Package socket keeps the connection and acknowledges each envelope. It is read in dispatch.go, and handled by whom
// routes.go names: each surface has its file, with its rows of the table at the top. Who may do what is asked in roles.go
// of the settings, and in people.go of Slack. What dialogs are answered with is in modal.go, how lists turn their pages in
// page.go.
//
// Package slackapi calls Slack: its rates, what its errors mean, and reads that slack-go cannot do. check.go is for the
// first day, and needs none of the others.
package bot
