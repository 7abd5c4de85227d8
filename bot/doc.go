// Package bot is the desk in Slack: it reads what people do into events, and writes what the workflow wants shown.
//
// It is the only package that speaks to Slack, and it decides nothing: a click becomes an event, the engine refuses or
// keeps it, and only then is the click acknowledged. What is shown comes back as effects that the courier hands to this
// package (deliver.go for cards, replies and announcements, notice.go for messages that are edited later, clock.go for
// what deadlines say). The words are in bot/view, the pictures in bot/picture.
//
// socket.go keeps the connection. An envelope is set to work and acknowledged in envelope.go, read in dispatch.go, and
// handled by whom routes.go names: each surface has its file, with its rows of the table at the top. Who may do what is
// asked in roles.go of the settings, and in people.go of Slack. What dialogs are answered with is in modal.go, how lists
// turn their pages in page.go, what may be missing from the store in read.go.
//
// Slack's rates are in limits.go, and raw.go reads messages where slack-go cannot. check.go is for the first day, and
// needs none of the others.
package bot
