// Package bridge joins the workflow and TikTok Shop: sweeps become reports, decisions become review calls, and what the
// team and the creators write to each other finds its way.
//
// It is the one place that knows both vocabularies (translate.go). It keeps the tokens sealed in the store (vault.go),
// connects shops (connect.go), looks at TikTok on schedule (sweep.go), finds out where applications came from
// (origin.go), carries decisions to TikTok (review.go) and messages to creators (messages.go), listens to what they answer
// (listen.go), and fetches target collaborations and request links (collaboration.go, link.go). It decides nothing: what a report or an answer means for an
// application is the workflow's table.
package bridge
