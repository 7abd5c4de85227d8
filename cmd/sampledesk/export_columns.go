package main

import (
	"strings"

	"sampledesk/workflow"
)

// table is one thing that can be exported.
type table struct {
	says    string // what a row is, and the order
	columns []column
	walk    func(*exporter, workflow.Shop) error
}

// column is a column of a table. What it gives is text, a number, a time, true or false, or nil for nothing.
type column struct {
	name, says string
	of         func(*exportRow) any
}

// exportRow is what the columns of a row are taken from. What does not belong to the table is zero.
type exportRow struct {
	shop     workflow.Shop
	app      workflow.Application
	creator  workflow.Creator
	entry    workflow.Entry
	campaign workflow.Campaign
	member   workflow.Member
	stage    workflow.Stage // of the member
	rules    rulesRow
}

// tables are all of them. deploy/README.md documents the columns; a test holds it to this.
var tables = map[string]table{
	"applications": {
		says: "a row for each sample request that was ever seen, by shop and first sight",
		walk: walkApplications,
		columns: concat(ofShop, []column{
			{"application_id", "TikTok's id of the request", func(r *exportRow) any { return string(r.app.Key.ID) }},
			{"short_id", "as people type it in Slack", func(r *exportRow) any { return string(r.app.Key.Short()) }},
			{"stage", "its name on screen", func(r *exportRow) any { return string(r.app.Stage()) }},
			{"status", "as TikTok last reported it", func(r *exportRow) any { return string(r.app.Snapshot.Status) }},
			{"first_seen_at", "when the desk first saw it", func(r *exportRow) any { return r.app.SeenAt }},
			{"changed_at", "when its stage last changed", func(r *exportRow) any { return r.app.ChangedAt }},
			{"review_by", "the deadline to decide", func(r *exportRow) any { return r.app.Snapshot.ReviewBy }},
			{"ship_by", "the deadline to ship", func(r *exportRow) any { return r.app.Snapshot.ShipBy }},
		}, ofCreator, []column{
			{"followers", "", func(r *exportRow) any { return r.creator.Followers }},
			{"gmv_30d", "the creator's sales in 30 days", func(r *exportRow) any { return r.creator.GMV.Amount }},
			{"gmv_currency", "", func(r *exportRow) any { return r.creator.GMV.Currency }},
			{"product_id", "", func(r *exportRow) any { return string(r.app.Snapshot.Product.ID) }},
			{"product", "its title", func(r *exportRow) any { return r.app.Snapshot.Product.Title }},
			{"sku_id", "of the variant", func(r *exportRow) any { return r.app.Snapshot.Product.SKU }},
			{"variant", "", func(r *exportRow) any { return r.app.Snapshot.Product.Variant }},
			{"commission", "a share: 0.15 is 15 per cent", func(r *exportRow) any { return r.app.Snapshot.Commission }},
			{"collaboration_id", "of the target collaboration; empty: an open one, or not known yet", func(r *exportRow) any { return r.app.Snapshot.Collab.Target }},
			{"agency", "the partner that applied for the creator", func(r *exportRow) any { return r.app.Snapshot.Partner }},
			{"campaign_id", "", func(r *exportRow) any { return string(r.app.Campaign) }},
			{"campaign", "its name", func(r *exportRow) any { return r.campaign.Name }},
			{"decision", "APPROVE or REJECT, made at this desk; empty: none", func(r *exportRow) any { return string(r.app.Decision.Verdict) }},
			{"decision_phase", "queued, sending, unclear, refused or confirmed", func(r *exportRow) any { return string(r.app.Decision.Phase) }},
			{"reason", "of a rejection", func(r *exportRow) any { return string(r.app.Decision.Reason) }},
			{"decided_by", "Slack's id of the person", func(r *exportRow) any { return string(r.app.Decision.By) }},
			{"decided_at", "", func(r *exportRow) any { return r.app.Decision.At }},
			{"changed_elsewhere", "true where the present status came from no decision of this desk", func(r *exportRow) any { return r.app.ChangedElsewhere }},
			{"on_it", "Slack's id of who is on it", func(r *exportRow) any { return string(r.app.OnIt.By) }},
			{"order_id", "of the sample's order", func(r *exportRow) any { return r.app.Snapshot.OrderID }},
			{"tracking_number", "", func(r *exportRow) any { return r.app.Snapshot.Tracking }},
			{"content_at", "when content was found", func(r *exportRow) any { return r.app.ContentAt }},
			{"content_links", "one or several, with blanks between them", func(r *exportRow) any { return links(r.app) }},
			{"content_count", "", func(r *exportRow) any { return len(r.app.Contents) }},
			{"paid_orders", "through that content; empty: TikTok does not tell", func(r *exportRow) any { return paidOrders(r.app) }},
		}),
	},
	"decisions": {
		says: "a row for each step of a decision: made, undone, confirmed or refused by TikTok, or made elsewhere; by shop, request and time",
		walk: walkEntries(takesDecisions),
		columns: concat(ofEntry, ofShop, ofRequest, ofCreator, []column{
			{"product_id", "", func(r *exportRow) any { return string(r.app.Snapshot.Product.ID) }},
			{"decision", "APPROVE or REJECT", func(r *exportRow) any { return string(r.entry.Verdict) }},
			{"reason", "of a rejection", func(r *exportRow) any { return string(r.entry.Reason) }},
		}, ofAction, ofStates, ofFailure),
	},
	"campaigns": {
		says: "a row for each creator in each campaign, and one for a campaign without any; by shop, campaign's name and creator",
		walk: walkCampaigns,
		columns: concat(ofShop, []column{
			{"campaign_id", "", func(r *exportRow) any { return string(r.campaign.ID) }},
			{"campaign", "its name", func(r *exportRow) any { return r.campaign.Name }},
			{"created_at", "", func(r *exportRow) any { return r.campaign.CreatedAt }},
			{"created_by", "Slack's id of the person", func(r *exportRow) any { return string(r.campaign.CreatedBy) }},
			{"archived", "true or false", func(r *exportRow) any { return r.campaign.Archived }},
			{"product_ids", "with blanks between them", func(r *exportRow) any { return products(r.campaign) }},
		}, ofCreator, []column{
			{"stage", "where the creator stands in it", func(r *exportRow) any { return string(r.stage) }},
			{"added_at", "", func(r *exportRow) any { return r.member.AddedAt }},
			{"added_by", "Slack's id of the person; empty: by themselves", func(r *exportRow) any { return string(r.member.AddedBy) }},
			{"answered_at", "their first answer", func(r *exportRow) any { return r.member.Answered }},
			{"answer", "its text", func(r *exportRow) any { return r.member.Answer }},
			{"sample_needed", "true or false, as the team said; empty: not yet", func(r *exportRow) any { return needed(r.member) }},
			{"sample_needed_by", "Slack's id of who said so", func(r *exportRow) any { return string(r.member.SampleAnswerBy) }},
			{"sample_needed_at", "", func(r *exportRow) any { return r.member.SampleAnswerAt }},
			{"link_sent_at", "when they were last sent the request link", func(r *exportRow) any { return r.member.LinkedAt }},
		}),
	},
	"history": {
		says:    "a row for everything that happened: of each request by first sight and time, then of the shop itself",
		walk:    walkEntries(takesAll),
		columns: concat(ofEntry, ofShop, ofRequest, ofCreator, ofAction, ofStates, ofText, ofFailure),
	},
	"messages": {
		says: "a row for each message from or to a creator and what became of it; ordered like history",
		walk: walkEntries(takesMessages),
		columns: concat(ofEntry, ofShop, ofRequest, ofCreator, []column{
			{"direction", "in: from the creator; out: to them", func(r *exportRow) any { return direction(r.entry) }},
			{"text", "", func(r *exportRow) any { return r.entry.Text }},
		}, ofAction, ofFailure),
	},
	"audit": {
		says:    "a row for everything that a person did, from where: decisions, notes, messages, campaigns, settings, exports and erasures; ordered like history",
		walk:    walkEntries(takesActions),
		columns: concat(ofEntry, ofShop, ofRequest, ofCreator, ofAction, ofStates, ofText),
	},
	"rules": {
		says:    "a row for the shop's own part of its rules, for each rule, each creator on each list, each cost and each count; by shop and kind",
		walk:    walkRules,
		columns: concat(ofShop, ofRules, ofCreator),
	},
}

// The columns that several tables have.
var (
	ofShop = []column{
		{"shop_id", "", func(r *exportRow) any { return string(r.shop.ID) }},
		{"shop", "its name", func(r *exportRow) any { return r.shop.Name }},
	}
	ofCreator = []column{
		{"creator_open_id", "TikTok's id of the creator, for this app", func(r *exportRow) any { return r.creator.OpenID }},
		{"creator_handle", "their user name, without @", func(r *exportRow) any { return r.creator.Username }},
		{"creator_name", "as they call themselves", func(r *exportRow) any { return r.creator.Nickname }},
	}
	ofEntry = []column{
		{"at", "when", func(r *exportRow) any { return r.entry.At }},
		{"event", "what happened, as the desk calls it", func(r *exportRow) any { return string(r.entry.Event) }},
	}
	ofRequest = []column{
		{"application_id", "TikTok's id of the request; empty: of the shop itself", func(r *exportRow) any { return string(r.entry.Key.ID) }},
	}
	ofAction = []column{
		{"by", "Slack's id of the person; empty: nobody, or somebody at the machine", func(r *exportRow) any { return string(r.entry.By.Person) }},
		{"as_admin", "true where they acted as an admin", func(r *exportRow) any { return r.entry.By.Admin }},
		{"from", "where they acted: card, modal, command, home, thread, bulk; or sync, courier, clock, shell", func(r *exportRow) any { return string(r.entry.By.Surface) }},
	}
	ofStates = []column{
		{"state_before", "", func(r *exportRow) any { return stateIn(r, r.entry.From) }},
		{"state_after", "", func(r *exportRow) any { return stateIn(r, r.entry.To) }},
		{"status", "as TikTok reported it then", func(r *exportRow) any { return string(r.entry.Status) }},
	}
	ofText = []column{
		{"campaign_id", "", func(r *exportRow) any { return string(r.entry.Campaign) }},
		{"name", "of the campaign or the shop that it is about", func(r *exportRow) any { return r.entry.Name }},
		{"assigned_to", "Slack's id of who was asked to take it on", func(r *exportRow) any { return string(r.entry.Assigned) }},
		{"text", "of a note or a message, or what was done", func(r *exportRow) any { return r.entry.Text }},
	}
	ofFailure = []column{
		{"failure_code", "TikTok's code, where something failed", func(r *exportRow) any { return failureCode(r.entry.Failure) }},
		{"failure", "TikTok's words for it", func(r *exportRow) any { return r.entry.Failure.Message }},
	}
)

func concat(parts ...[]column) (all []column) {
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

func links(a workflow.Application) string {
	var all []string
	for _, c := range a.Contents {
		if c.Link != "" {
			all = append(all, c.Link)
		}
	}
	return strings.Join(all, " ")
}

func paidOrders(a workflow.Application) any {
	if orders, untold := a.PaidOrders(); !untold {
		return orders
	}
	return nil
}

func products(c workflow.Campaign) string {
	var all []string
	for _, p := range c.Products {
		all = append(all, string(p))
	}
	return strings.Join(all, " ")
}

func needed(m workflow.Member) any {
	if m.SampleAnswerAt.IsZero() {
		return nil
	}
	return m.State == workflow.MemberNeedsSample
}

func direction(e workflow.Entry) string {
	if e.Event == workflow.OnMessageReceived {
		return "in"
	}
	return "out"
}

// stateIn is empty for what happened to no request.
func stateIn(r *exportRow, s workflow.State) string {
	if r.entry.Key.ID == "" {
		return ""
	}
	return string(s)
}

func failureCode(f workflow.Failure) any {
	if f.Code == 0 {
		return nil
	}
	return f.Code
}
