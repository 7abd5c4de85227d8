package boltstore

import "sync"

// names are the names of fields that have a number, which is their place here, from 1. Files rest on it: a new name goes
// to the end and no other moves. One that is not here is written out, which takes only room. The first fifteen are a byte.
var names = []string{
	"at", "event", "by", "from", "to", "round", "status", "person", "value", "shared", "surface", "kind", "lane", "id",
	"application", "key", "shop", "admin", "origin", "verdict", "reason", "campaign", "cause", "code", "message",
	"request_id", "fault", "call", "text", "creator", "name", "to_person", "deadline", "step", "grouped", "report",
	"review_by", "ship_by", "order_id", "tracking", "fulfilment", "approvable", "obstacles", "stock", "untold",
	"commission", "partner", "collab", "known", "target", "open_id", "username", "nickname", "avatar", "followers",
	"posts", "median_views", "gmv", "amount", "currency", "product", "title", "sku", "variant", "picture", "decision",
	"phase", "send_at", "review", "run", "joined", "member", "linked", "was", "was_by", "was_at", "was_member", "looker",
	"card", "wanted", "channel", "ts", "link", "hash", "lost", "bare", "seen_at", "reported_at", "confirmed_at",
	"content_at", "changed_elsewhere", "changed_at", "moved_at", "clock", "next", "groups", "first", "told", "before",
	"news", "contents", "format", "views", "likes", "orders", "origins", "milestones", "Line", "At", "Took", "sequence",
	"until", "effect", "priority", "saying", "stage", "state", "elsewhere", "undone", "undelivered", "undone_by",
	"waiting", "due_soon", "next_due", "left", "back", "unsent", "written", "ID", "Index", "Kind", "Text", "FromCreator",
	"creator_key", "campaign_id", "voice", "items", "ids", "day", "notice", "made_at", "not_before", "attempt", "begun",
	"looks", "refusals", "parked", "seller", "region", "tokens", "exchanged", "saved_at", "cipher", "met", "stopped",
	"barred", "unreadable", "settings", "version", "reviewers", "admins", "in_turn", "undo", "quick_reject", "steps",
	"morning", "zone", "shipments", "shipment_channel", "hours_from", "hours_to", "weekends", "post_days", "move_days",
	"nudge", "weekly", "welcomed", "last_turn", "armed", "armed_to", "n", "open", "gathered", "count", "digest",
	"reported", "past", "done", "cursor", "heard", "created_by", "created_at", "archived", "products", "ended", "shown",
	"added_by", "added_at", "answered", "answer", "said_by", "said_at", "linked_at", "question", "last", "index", "unread",
	"unreplied", "ended_at", "rule", "of", "parts", "tally", "token", "undoing", "unwound", "collaboration", "added",
	"there", "failed", "sent", "again", "agenda", "audience", "keys", "ship", "worth", "content", "pages", "home",
	"keep_months", "retention", "through", "entries", "after", "aged",
}

// words are texts that have a number, which is their place here. Files rest on it as on that of names.
var words = []string{
	"PENDING", "APPROVE", "REJECT", "AWAITING_SHIPMENT", "SHIPPED", "CONTENT_PENDING", "COMPLETED", "reported", "claimed",
	"approved", "approval confirmed", "unseen", "pending", "queued", "sending", "awaiting shipment", "shipped",
	"delivered", "completed", "content found", "rejected", "rejection confirmed", "declined", "expired", "step due",
	"card shown", "card called for", "content", "review", "card", "reply", "announce", "notice", "message", "stage",
	"confirmed", "USD", "thread", "channel", "home", "message sent", "message written", "carry on", "run", "deadline",
	"shipment", "NOT_MATCH", "OFFLINE", "OUT_OF_STOCK", "OTHER", "refused", "unclear", "refused for good", "answer lost",
	"retried", "undone", "noted", "note", "campaign chosen", "campaign left", "campaign", "member added", "look began",
	"look ended", "assigned", "elsewhere", "ship", "post", "move", "backlog", "settings changed", "GBP", "EUR", "0.05",
	"0.1", "0.10", "0.12", "0.15", "0.2", "0.20", "0.25", "0.3", "0.30", "0", "1", "2", "3", "menu", "command", "dialog",
	"48h", "24h", "12h", "6h", "4h", "2h", "1h", "SELLER_NOT_SHIP_CANCELLED", "WITHDRAW_CANCELLED", "REJECT_CANCELLED",
	"OVERDUE_CANCELLED", "UNFULFILLABLE_CANCELLED", "OPS_CANCELLED", "OPS_COMPLETED", "withdrawn", "not shipped",
	"content not posted", "unfulfillable", "cancelled", "VIDEO", "LIVE",
}

// longestWord is the most letters that a word has.
const longestWord = 32

var nameNumbers = sync.OnceValue(func() map[string]uint64 { return numbered(names, 1) })

var wordNumbers = sync.OnceValue(func() map[string]uint64 { return numbered(words, 0) })

func numbered(list []string, from int) map[string]uint64 {
	numbers := make(map[string]uint64, len(list))
	for i, each := range list {
		numbers[each] = uint64(from + i)
	}
	return numbers
}
