// Package bridge joins the workflow and TikTok Shop: sweeps become reports, decisions become review calls, and messages
// go both ways between the team and the creators.
//
// It is the one place that knows both vocabularies (translate.go). It keeps the tokens sealed in the store (vault.go),
// connects shops (connect.go), sweeps on schedule (sweep.go), finds out where applications came from (origin.go),
// carries decisions to TikTok (review.go) and messages to creators (messages.go), polls for their answers (poll.go),
// and fetches target collaborations and request links (collaboration.go, link.go). It decides nothing: what a report or
// an answer means for an application is the workflow's table.
package bridge
