// Package query finds, lists and counts what the desk keeps: a request by what a person typed, the queue, the lists of
// App Home, what is known of a creator, what became of requests in a period, and a campaign's funnel. It reads a
// transaction and writes nothing, and knows neither Slack nor TikTok. The caller puts the answer into words.
package query
