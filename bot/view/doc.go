// Package view holds every word that a person reads in Slack: it turns values of workflow into Block Kit, and decides
// nothing. It is pure: no store, no network, no clock; the times that it prints are in what it is given.
//
// What creators, products, shops and TikTok send is data. It is cleaned, cut, escaped and stripped of whatever Slack
// would take for formatting (text.go) before it meets a message, and people's own words are set off as quotations
// (quote.go); a linter in the tests holds every message to Slack's limits (limits.go), with hostile data too.
//
// The controls' identifiers and what they carry are in target.go, and beside each dialog and list of its own: the bot
// reads back what this package printed, and nothing else.
package view
