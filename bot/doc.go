// Package bot is the desk in Slack: it reads what people do into events, and writes what the workflow wants shown.
//
// It is the only package that speaks to Slack, and it decides nothing: a click becomes an event, the engine refuses or
// keeps it, and only then is the click acknowledged. What is shown comes back as effects that the courier hands to this
// package (deliver.go). The words are in bot/view.
//
// socket.go keeps the connection. An envelope is set to work and acknowledged in envelope.go, routed in dispatch.go, and
// handled in click.go, modal.go or command.go; queue.go, show.go, campaign.go and facts.go read what is shown; who may do
// what is asked in people.go. Slack's rates are in limits.go, and raw.go reads messages where slack-go cannot. check.go is
// for the first day, and needs none of the others.
package bot
