package view

import (
	"strconv"

	"github.com/slack-go/slack"

	"sampledesk/workflow"
	"sampledesk/workflow/query"
)

// The action ids of the answers about campaigns.
const (
	ActionCampaignsPage = "campaigns_page" // to another page of the list; the value holds its number
	ActionCampaignsBack = "campaigns_back"
	ActionCampaignEdit  = "campaign_edit"    // opens the dialog to edit a campaign; the value holds its id, as of the next two
	ActionCampaignShare = "campaign_share"   // posts its funnel as a picture
	ActionCampaignEnd   = "campaign_archive" // archives it
)

// CampaignPageSize is how many campaigns a list shows at a time.
const CampaignPageSize = 20

// CampaignsFacts is a page of the list of campaigns.
type CampaignsFacts struct {
	Rows  []query.CampaignRow // at most CampaignPageSize
	Page  int                 // counted from 0
	Total int                 // of all pages
}

// Campaigns is the answer to `/campaign list`.
func Campaigns(f CampaignsFacts) Message {
	if f.Total == 0 && len(f.Rows) == 0 {
		return Message{
			Text: "No campaigns yet",
			Blocks: []slack.Block{section("*No campaigns yet*",
				"Create one with `/campaign create &lt;name&gt;`, or with *Add to campaign* on a card.")},
		}
	}
	shown := f.Rows[:min(CampaignPageSize, len(f.Rows))]
	total := max(f.Total, f.Page*CampaignPageSize+len(shown))
	title := many(total, "campaign")
	blocks := []slack.Block{header(title)}
	const perBlock = 5
	for rest := shown; len(rest) > 0; {
		n := min(perBlock, len(rest))
		lines := make([]string, n)
		for i, r := range rest[:n] {
			lines[i] = campaignLine(r)
		}
		blocks = append(blocks, section(lines...))
		rest = rest[n:]
	}
	where, buttons := campaignPages(f, len(shown), total)
	if len(buttons) > 0 {
		blocks = append(blocks, actions("campaigns:"+strconv.Itoa(f.Page), buttons...))
	}
	return Message{Text: title, Blocks: append(blocks, aside(dotted(where, "`/campaign status &lt;name&gt;` shows how many creators are at each stage.")))}
}

// campaignPages tells which part of the list is shown, and offers its neighbours. Buttons hold the number of a page.
func campaignPages(f CampaignsFacts, shown, total int) (where string, buttons []slack.BlockElement) {
	if f.Page == 0 && shown == total {
		return "", nil
	}
	from := f.Page * CampaignPageSize
	where = part(from+1, shown, total)
	if f.Page > 0 {
		buttons = append(buttons, backButton(ActionCampaignsBack, strconv.Itoa(f.Page-1)))
	}
	if left := total - from - shown; left > 0 {
		buttons = append(buttons, nextButton(ActionCampaignsPage, strconv.Itoa(f.Page+1), min(CampaignPageSize, left), "campaigns"))
	}
	return where, buttons
}

func campaignLine(r query.CampaignRow) string {
	creators, review, archived := many(r.Creators, "creator"), "", ""
	if r.Review > 0 {
		review = many(r.Review, "request") + " in review"
	}
	if r.Campaign.Archived {
		archived = "archived"
	}
	return dotted("*"+campaignName(r.Campaign.Name)+"*", creators, review, archived, shopOf(r.Shop))
}

// CampaignCreated is the answer to `/campaign create`. Shop is named only where a channel serves several.
func CampaignCreated(c workflow.Campaign, shop string) Message {
	name := campaignName(c.Name)
	return Message{
		Text: "The campaign " + spokenCampaign(c.Name) + " was created" + spokenShop(shop),
		Blocks: []slack.Block{section(
			"The campaign *"+name+"* was created"+forShop(shop)+".",
			"Add creators with *Add to campaign* on their cards, with `/campaign add`, or from a target collaboration with `/campaign import`.",
		)},
	}
}
