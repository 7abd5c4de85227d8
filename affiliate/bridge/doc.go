// Package bridge joins the workflow and TikTok Shop: sweeps become reports, and decisions become review calls.
//
// It is the one place that knows both vocabularies (translate.go). It keeps the tokens sealed in the store (vault.go),
// connects shops (connect.go), looks at TikTok on schedule (sweep.go), finds out where applications came from
// (origin.go), and carries decisions to TikTok (review.go). It decides nothing: what a report or an answer means for an
// application is the workflow's table.
package bridge
