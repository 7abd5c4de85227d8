package view

import (
	"fmt"

	"github.com/slack-go/slack"

	"sampledesk/workflow"
)

// CampaignsFacts is a list of campaigns.
type CampaignsFacts struct {
	Rows []CampaignRow
	More int // how many there are besides
}

// CampaignRow is a campaign in a list.
type CampaignRow struct {
	Campaign workflow.Campaign
	Shop     string // named only where a channel serves several shops
	Creators int
	Waiting  int // requests in it that wait for a decision
}

// maxCampaigns is how many campaigns a list shows.
const maxCampaigns = 20

// Campaigns is the answer to `/campaign list`.
func Campaigns(f CampaignsFacts) Message {
	if len(f.Rows) == 0 {
		return Message{
			Text: "There is no campaign yet",
			Blocks: []slack.Block{section("*There is no campaign yet*",
				"Create one with `/campaign create &lt;name&gt;`, or with *Add to campaign* on a card.")},
		}
	}
	shown := f.Rows[:min(maxCampaigns, len(f.Rows))]
	more := f.More + len(f.Rows) - len(shown)
	title := many(len(shown)+more, "campaign")
	blocks := []slack.Block{header(title)}
	const perBlock = 5
	for len(shown) > 0 {
		n := min(perBlock, len(shown))
		lines := make([]string, n)
		for i, r := range shown[:n] {
			lines[i] = campaignLine(r)
		}
		blocks = append(blocks, section(lines...))
		shown = shown[n:]
	}
	if more > 0 {
		blocks = append(blocks, aside(fmt.Sprintf("and %d more", more)))
	}
	return Message{Text: title, Blocks: append(blocks, aside("`/campaign status &lt;name&gt;` shows how many creators stand where."))}
}

func campaignLine(r CampaignRow) string {
	waiting, archived := "", ""
	if r.Waiting > 0 {
		waiting = many(r.Waiting, "request") + " to decide"
	}
	if r.Campaign.Archived {
		archived = "archived"
	}
	return dotted("*"+campaignName(r.Campaign.Name)+"*", many(r.Creators, "creator"), waiting, archived, shopOf(r.Shop))
}

// CampaignCreated is the answer to `/campaign create`. Shop is named only where a channel serves several.
func CampaignCreated(c workflow.Campaign, shop string) Message {
	name := campaignName(c.Name)
	return Message{
		Text: "The campaign " + first(spoken(c.Name, workflow.MaxCampaignName), "without a name") + " was created" + spokenShop(shop),
		Blocks: []slack.Block{section(
			"The campaign *"+name+"* was created"+forShop(shop)+".", "Add creators with *Add to campaign* on their cards.",
		)},
	}
}
